"""Download an archive, check its SHA-256, unpack it, and put its folder in place as a whole."""

import http.client
import os
import queue
import socket
import ssl
import stat
import tempfile
import threading
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from urllib.parse import urlsplit

from scratch.course.spelling import command
from scratch.datasets.errors import DatasetError
from scratch.datasets.reading import check_sha256, read_file
from scratch.datasets.registry import DataFile, DataSet, Source

# The seconds for each address of a server, for all it takes to connect to it, for each answer.
CONNECT_SECONDS, REACH_SECONDS, READ_SECONDS = 4, 8, 30

UNVERIFIED = (
    "(Fetched without checking the server's certificate, which is not in order. That is safe: not "
    "the server decides whether the file is right, but the SHA-256 pinned in this course's code.)"
)


def fetch(
    data_set: DataSet, home: Path, progress: bool = True, silent: dict[str, str] | None = None
) -> Path:
    """Return the folder of `data_set` in `home`, from a zip put there by hand or downloaded.

    The sources are tried in order, those without a check of the certificate only after a server
    was reached whose certificate is bad. `silent` says of servers that nobody answered, and why:
    nobody waits for them again, and those found here are added. Raises DatasetError, with what
    failed, what to fetch by hand and where to put it, if no source gives the archive with the
    pinned SHA-256; OSError if this machine cannot store it.
    """
    from requests import RequestException  # here: loading data needs no network

    archive_file = archive_of(data_set)
    silent = {} if silent is None else silent
    failed: dict[str, str] = {}  # server: why, in the order in which they were tried
    has_bad_certificate = False
    home.mkdir(parents=True, exist_ok=True)
    by_hand = home / archive_file.name
    # Everything happens in a folder that is thrown away, so that what a cut leaves is never read.
    with tempfile.TemporaryDirectory(dir=home, prefix=".fetching-") as temporary:
        if by_hand.is_file():
            try:
                return unpack(data_set, by_hand, Path(temporary), home)
            except DatasetError as error:
                print(indent(str(error), "  "))
        asked = [server_of(source) for source in data_set.sources]
        if new := [server for server in dict.fromkeys(asked) if server not in silent]:
            print(f"  fetching it from {', or else '.join(new)}")
        for server, source in zip(asked, data_set.sources, strict=True):
            if not source.verify and not has_bad_certificate:
                continue
            if server in silent:
                failed[server] = silent[server]
                continue
            try:
                reach(source.url)
            except OSError as error:
                failed[server] = silent[server] = f"no answer ({cause_of(error)})"
                continue
            try:
                archive = download(data_set, source, Path(temporary), progress)
                place = unpack(data_set, archive, Path(temporary), home)
            except (RequestException, ValueError) as error:  # ValueError: not the right file
                why = cause_of(error) if source.verify else f"not checking it: {cause_of(error)}"
                failed[server] = f"{failed[server]}; {why}" if server in failed else why
                has_bad_certificate |= is_of_the_certificate(error)
                continue
            if not source.verify:
                print(f"  {UNVERIFIED}")
            return place
    raise DatasetError(
        "".join(f"{server}: {why}\n" for server, why in failed.items())
        + f"Fetch {data_set.sources[0].url} by hand (with a browser, on another network), put "
        f"{archive_file.name} or the folder {data_set.folder} that is in it into {home}, "
        f"and run `{command('data')}` again."
    )


def archive_of(data_set: DataSet) -> DataFile:
    """Return what is published of the archive; raises DatasetError for a set that has none."""
    if data_set.archive is None:
        raise DatasetError(f"{data_set.title} cannot be downloaded: {data_set.by_hand}")
    return data_set.archive


def server_of(source: Source) -> str:
    """Return the name of the server of a source, with its port if there is one in the address."""
    return urlsplit(source.url).netloc


def reach(url: str) -> None:
    """Raise OSError unless the server of `url` lets us connect within REACH_SECONDS.

    To look up a name takes as long as the system likes, a minute on some networks that are down:
    so that is done in a thread, which nobody waits for longer.
    """
    from requests.utils import get_environ_proxies, select_proxy

    if select_proxy(url, get_environ_proxies(url)):
        return  # then not we connect to the server, but the proxy does
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    outcome: queue.SimpleQueue[OSError | None] = queue.SimpleQueue()

    def connect() -> None:
        try:
            socket.create_connection((parts.hostname, port), CONNECT_SECONDS).close()
            outcome.put(None)
        except OSError as error:
            outcome.put(error)

    threading.Thread(target=connect, daemon=True).start()
    try:
        error = outcome.get(timeout=REACH_SECONDS)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error


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
        published = archive_of(data_set)
        known = f"sha256:{published.sha256}"
        name = pooch.retrieve(source.url, known, published.name, temporary, downloader=get)
    return Path(name)


def unpack(data_set: DataSet, archive: Path, temporary: Path, home: Path) -> Path:
    """Return the folder of the set, moved into `home` from the checked archive.

    Raises DatasetError for a wrong SHA-256, a path that leaves the target, or a missing file.
    """
    remedy = f"Delete {archive} and run `{command('data')}` again."
    check_sha256(read_file(archive, remedy), archive_of(data_set))
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


# What an error is called, by its kind; an error wrapped in others says more than they do.
WORDS = (
    (socket.gaierror, "its name is not known"),
    (TimeoutError, "timed out"),
    (ConnectionRefusedError, "connection refused"),
    ((ConnectionError, http.client.HTTPException), "the connection broke off"),
)


def cause_of(error: BaseException) -> str:
    """Return in a few words why a server, an archive or this machine failed us."""
    *_, inner = chain = list(wrapped_in(error))
    if any(type(outer).__name__ == "ProxyError" for outer in chain[:-1]):
        return f"the proxy of this network: {cause_of(inner)}"
    for kind, words in WORDS:
        if isinstance(inner, kind):
            return words
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    response = getattr(error, "response", None)
    if response is not None:
        return f"it answered {response.status_code} {response.reason}".rstrip()
    if type(inner) is ValueError:  # what pooch raises, at length
        return "not the published file (its SHA-256 is another)"
    text = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return text.splitlines()[0][:200]


def is_of_the_certificate(error: BaseException) -> bool:
    """Return whether a server was reached but its certificate is expired or otherwise bad."""
    return any(isinstance(inner, ssl.SSLCertVerificationError) for inner in wrapped_in(error))


def wrapped_in(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, the one that it wraps, and so on: libraries of the network wrap theirs."""
    while error is not None:
        yield error
        inside = (getattr(error, "reason", None), *error.args, error.__cause__)
        error = next((other for other in inside if isinstance(other, BaseException)), None)
