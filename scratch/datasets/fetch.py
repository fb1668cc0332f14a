"""Download an archive, check its SHA-256, unpack it, and put its folder in place as a whole."""

import os
import stat
import tempfile
import warnings
import zipfile
from pathlib import Path
from textwrap import indent

from scratch.datasets.errors import DatasetError
from scratch.datasets.reading import check_sha256, read_file
from scratch.datasets.registry import DataSet, Source

CONNECT_SECONDS, READ_SECONDS = 5, 30


def fetch(data_set: DataSet, home: Path, progress: bool = True) -> Path:
    """Return the folder of `data_set` in `home`, from a zip put there by hand or downloaded.

    The sources are tried in order. Raises DatasetError, naming what to fetch by hand and where to
    put it, if none of them gives the archive with the pinned SHA-256.
    """
    home.mkdir(parents=True, exist_ok=True)
    by_hand = home / data_set.archive.name
    # Everything happens in a folder that is thrown away, so that what a cut leaves is never read.
    with tempfile.TemporaryDirectory(dir=home, prefix=".fetching-") as temporary:
        if by_hand.is_file():
            try:
                return unpack(data_set, by_hand, Path(temporary), home)
            except DatasetError as error:
                print(indent(str(error), "  "))
        for source in data_set.sources:
            print(f"  fetching {source.url}")
            if not source.verify:
                print(
                    "  (without checking the server's certificate, which has been expired since "
                    "28 August 2026. That is safe: not the server decides whether the file is "
                    "right, but the SHA-256 pinned in this course's code)"
                )
            try:
                archive = download(data_set, source, Path(temporary), progress)
                return unpack(data_set, archive, Path(temporary), home)
            except (OSError, ValueError) as error:  # of the network; a wrong SHA-256 or archive
                print(f"  failed: {cause_of(error)}")
    raise DatasetError(
        f"{data_set.title} could not be fetched.\n"
        f"Fetch {data_set.sources[0].url} by hand (with a browser, on another network), put "
        f"{data_set.archive.name} or the folder {data_set.folder} that is in it into {home}, "
        "and run `make data` again."
    )


def download(data_set: DataSet, source: Source, temporary: Path, progress: bool) -> Path:
    """Return the archive, downloaded into `temporary`, its SHA-256 checked.

    Raises OSError when the network fails and ValueError when the SHA-256 is wrong.
    """
    import pooch  # here, so that loading data needs neither it nor its import time

    pooch.get_logger().setLevel("WARNING")
    get = pooch.HTTPDownloader(
        progressbar=progress, timeout=(CONNECT_SECONDS, READ_SECONDS), verify=source.verify
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        known = f"sha256:{data_set.archive.sha256}"
        name = pooch.retrieve(source.url, known, data_set.archive.name, temporary, downloader=get)
    return Path(name)


def unpack(data_set: DataSet, archive: Path, temporary: Path, home: Path) -> Path:
    """Return the folder of the set, moved into `home` from the checked archive.

    Raises DatasetError for a wrong SHA-256, a path that leaves the target, or a missing file.
    """
    remedy = f"Delete {archive} and run `make data` again."
    check_sha256(read_file(archive, remedy), data_set.archive)
    unpacked = temporary / "unpacked"
    unpack_safely(archive, unpacked, remedy)
    for file in data_set.files:
        check_sha256(read_file(unpacked / data_set.folder / file.name, remedy), file)
    target = home / data_set.folder
    try:
        os.replace(unpacked / data_set.folder, target)
    except OSError:
        # Another process may have been first: its files are as good, if they are the right ones.
        for file in data_set.files:
            check_sha256(read_file(target / file.name, data_set.remedy), file)
    return target


def unpack_safely(archive: Path, target: Path, remedy: str) -> None:
    """Unpack a zip into `target`; raises DatasetError if a path or a link could leave it."""
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                if not is_safe(member):
                    name = member.orig_filename
                    raise DatasetError(f"{archive}: {name!r} is not safe to unpack.\n{remedy}")
            opened.extractall(target)
    except zipfile.BadZipFile as error:
        raise DatasetError(f"{archive}: this is no zip file ({error}).\n{remedy}") from None


def is_safe(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a plain file or folder below the target, on any system."""
    name = member.orig_filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    return (
        kind in (0, stat.S_IFREG, stat.S_IFDIR)
        and not name.startswith("/")
        and not set(name) & {"\\", ":", "\0"}
        and ".." not in name.split("/")
    )


def cause_of(error: Exception) -> str:
    """Return the first line of what a chain of network errors is about."""
    wrapped = error.args[0] if error.args else error
    text = str(getattr(wrapped, "reason", wrapped)) or type(error).__name__
    return text.splitlines()[0][:200]
