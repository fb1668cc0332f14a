"""Download an archive, check its SHA-256, unpack it, and put its folder in place as a whole."""

import http.client
import os
import queue
import socket
import ssl
import stat
import struct
import threading
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from textwrap import indent
from urllib.parse import urljoin, urlsplit

from scratch.checking import checked
from scratch.course.spelling import command
from scratch.datasets.errors import DatasetError
from scratch.datasets.leftovers import workplace
from scratch.datasets.reading import check_sha256, read_file
from scratch.datasets.registry import DataFile, DataSet, Source

# The seconds for each address of a server, for all it takes to connect to it, for each answer.
CONNECT_SECONDS, REACH_SECONDS, READ_SECONDS = 4, 8, 30
# And for all of a download, which is so slow only if something is wrong: 3 kB in a second.
DOWNLOAD_SECONDS = 1_800
MARGIN_BYTES = 2**16  # by so much a server may send more than the archive: then its SHA-256 decides
LARGEST_BYTES = 2**30  # of an archive whose length is not known
PART_BYTES, QUEUED_PARTS = 2**10, 2**10  # what is taken at once, and what waits to be written
REDIRECTS = 10
FETCHING = ".fetching-"  # how the name of the folder begins in which an archive is unpacked

UNVERIFIED = (
    "(Fetched without checking the server's certificate, which is not in order. That is safe: not "
    "the server decides whether the file is right, but the SHA-256 pinned in this course's code.)"
)


@checked
def fetch(
    data_set: DataSet, home: Path, progress: bool = True, silent: dict[str, str] | None = None
) -> Path:
    """Return the folder of `data_set` in `home`, from a zip put there by hand or downloaded.

    The sources are tried in order, those without a check of the certificate only after a server
    was reached whose certificate is bad. `silent` says of servers that nobody answered, and why:
    nobody waits for them again, and those found here are added. Raises DatasetError, with what
    failed and what to do, if no source gives the archive with the pinned SHA-256, if this machine
    cannot store it, and if a folder of other content is in its place.
    """
    archive_file = _archive_of(data_set)
    silent = {} if silent is None else silent
    try:
        home.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # it can be removed only if there is nothing in it
            (home / data_set.folder).rmdir()
        if (home / data_set.folder).exists():
            return _already_there(data_set, home)
        # Everything happens in a folder that is thrown away: what a cut leaves is never read.
        with workplace(home, FETCHING) as temporary:
            by_hand = home / archive_file.name
            if by_hand.is_file():
                try:
                    return _unpack(data_set, by_hand, temporary, home)
                except DatasetError as error:
                    print(indent(str(error), "  "))
            archive = _downloaded(data_set, home, temporary, progress, silent)
            return _unpack(data_set, archive, temporary, home)
    except OSError as error:
        raise DatasetError(
            f"it cannot be put into {home}: {cause_of(error)}\n"
            f"Make room there or make it writable, and run `{command('data')}` again."
        ) from error


def _archive_of(data_set: DataSet) -> DataFile:
    """What is published of the archive; raises DatasetError for a set that has none."""
    if data_set.archive is None:
        raise DatasetError(f"{data_set.title} cannot be downloaded: {data_set.by_hand}")
    return data_set.archive


def _already_there(data_set: DataSet, home: Path) -> Path:
    """The folder of the set, which another process has put there, if its files are in it.

    Raises DatasetError if one is missing or another: then the folder is in the way.
    """
    target = home / data_set.folder
    for file in data_set.files:
        check_sha256(read_file(target / file.name, data_set.remedy), file)
    return target


def _downloaded(
    data_set: DataSet, home: Path, temporary: Path, progress: bool, silent: dict[str, str]
) -> Path:
    """The archive from the first source that has it; raises DatasetError if none has."""
    from requests import RequestException  # here: loading data needs no network

    failed: dict[str, str] = {}  # server: why, in the order in which they were tried
    has_bad_certificate = False
    asked = [_server_of(source) for source in data_set.sources]
    if new := [server for server in dict.fromkeys(asked) if server not in silent]:
        print(f"  fetching it from {', or else '.join(new)}")
    for server, source in zip(asked, data_set.sources, strict=True):
        if not source.verify and not has_bad_certificate:
            continue
        if server in silent:
            failed[server] = silent[server]
            continue
        try:
            _reach(source.url)
        except OSError as error:
            failed[server] = silent[server] = f"no answer ({cause_of(error)})"
            continue
        try:
            archive = _download(data_set, source, temporary, progress)
        except (RequestException, ValueError) as error:  # ValueError: not the right file
            why = cause_of(error) if source.verify else f"not checking it: {cause_of(error)}"
            failed[server] = f"{failed[server]}; {why}" if server in failed else why
            has_bad_certificate |= _is_of_the_certificate(error)
            continue
        if not source.verify:
            print(f"  {UNVERIFIED}")
        return archive
    raise DatasetError(
        "".join(f"{server}: {why}\n" for server, why in failed.items())
        + f"Fetch {data_set.sources[0].url} by hand (with a browser, on another network), put "
        f"{_archive_of(data_set).name} or the folder {data_set.folder} that is in it into {home}, "
        f"and run `{command('data')}` again."
    )


def _server_of(source: Source) -> str:
    """The name of the server of a source, with its port if there is one in the address."""
    return urlsplit(source.url).netloc


def _reach(url: str) -> None:
    """Raise OSError unless the server of `url` lets us connect within REACH_SECONDS.

    To look up a name takes as long as the system likes, a minute on some networks that are down.
    """
    from requests.utils import get_environ_proxies, select_proxy

    if select_proxy(url, get_environ_proxies(url)):
        return  # then not we connect to the server, but the proxy does
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]

    def connect() -> Iterator[bytes]:
        socket.create_connection((parts.hostname, port), CONNECT_SECONDS).close()
        yield b""

    for _ in _in_time(connect, REACH_SECONDS):
        pass


def _in_time(work: Callable[[], Iterator[bytes]], seconds: float) -> Iterator[bytes]:
    """Yield what `work` yields, in a thread that nobody waits for longer than so many seconds.

    Raises what `work` raises, and TimeoutError when the time is over.
    """
    outcome: queue.Queue[bytes | BaseException | None] = queue.Queue(QUEUED_PARTS)
    is_given_up = threading.Event()

    def run() -> None:
        try:
            for part in work():
                outcome.put(part)
                if is_given_up.is_set():
                    return
            outcome.put(None)
        except BaseException as error:
            outcome.put(error)

    end = time.monotonic() + seconds
    threading.Thread(target=run, daemon=True).start()
    try:
        while True:
            try:
                part = outcome.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError from None
            if part is None:
                return
            if isinstance(part, BaseException):
                raise part
            yield part
            if time.monotonic() > end:
                raise TimeoutError
    finally:
        is_given_up.set()
        while not outcome.empty():  # else the thread would wait for a place for its next part
            outcome.get_nowait()


def _download(data_set: DataSet, source: Source, temporary: Path, progress: bool) -> Path:
    """The archive, downloaded into `temporary`, its SHA-256 checked.

    Raises OSError when the network fails and ValueError when the SHA-256 is wrong; DatasetError
    when there is no end of it, in bytes or in time.
    """
    import pooch  # here, so that loading data needs neither it nor its import time
    from tqdm import tqdm

    published = _archive_of(data_set)
    largest = (published.length or LARGEST_BYTES) + MARGIN_BYTES

    def get(url: str, file: str, _: object) -> None:
        total = 0
        with (
            open(file, "wb") as stream,
            tqdm(total=published.length, unit="B", unit_scale=True, disable=not progress) as bar,
        ):
            try:
                for part in _in_time(lambda: _body(url, source.verify), DOWNLOAD_SECONDS):
                    total += len(part)
                    if total > largest:
                        raise DatasetError(f"the archive had no end after {largest:,} bytes")
                    stream.write(part)
                    bar.update(len(part))
            except TimeoutError:
                words = f"after {DOWNLOAD_SECONDS:g} seconds, with {total:,} bytes"
                raise DatasetError(f"the archive had no end {words}") from None

    pooch.get_logger().setLevel("WARNING")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        known = f"sha256:{published.sha256}"
        name = pooch.retrieve(source.url, known, published.name, temporary, downloader=get)
    return Path(name)


def _body(url: str, verify: bool) -> Iterator[bytes]:
    """Yield what a server answers, in small parts; raises RequestException."""
    import requests

    with requests.Session() as session:
        try:
            for _ in range(REDIRECTS):
                # One by one and without session.get, which reads all that a redirect says.
                asking = session.prepare_request(requests.Request("GET", url))
                how = session.merge_environment_settings(url, {}, True, verify, None)
                timeout = CONNECT_SECONDS, READ_SECONDS
                with session.get_adapter(url).send(asking, timeout=timeout, **how) as answer:
                    elsewhere = session.get_redirect_target(answer)
                    if elsewhere is None:
                        answer.raise_for_status()
                        yield from answer.iter_content(PART_BYTES)
                        return
                    url = urljoin(url, elsewhere)
        except requests.RequestException:
            raise
        except OSError as error:  # else it would be taken for one of this machine's disk
            raise requests.ConnectionError(error) from error
        except ValueError:
            problem = "it sends us to an address that is none"
            raise requests.exceptions.InvalidURL(problem) from None
    raise requests.TooManyRedirects(f"it sends us from one address to the next, {REDIRECTS} times")


def _unpack(data_set: DataSet, archive: Path, temporary: Path, home: Path) -> Path:
    """The folder of the set, moved into `home` from the checked archive.

    Raises DatasetError for a wrong SHA-256, a path that leaves the target, or a missing file.
    """
    remedy = f"Delete {archive} and run `{command('data')}` again."
    check_sha256(read_file(archive, remedy), _archive_of(data_set))
    unpacked = temporary / "unpacked"
    unpack_safely(archive, unpacked, remedy)
    for file in data_set.files:
        check_sha256(read_file(unpacked / data_set.folder / file.name, remedy), file)
    target = home / data_set.folder
    try:
        os.replace(unpacked / data_set.folder, target)
    except OSError:
        if not target.exists():
            raise
        return _already_there(data_set, home)
    return target


@checked
def unpack_safely(archive: Path, target: Path, remedy: str) -> None:
    """Unpack a zip into `target`.

    Raises DatasetError if it is none or is damaged, and if a path or a link could leave the target.
    """
    file = read_file(archive, remedy)
    try:
        with zipfile.ZipFile(BytesIO(file.raw)) as opened:
            for member in opened.infolist():
                if not _is_safe(member):
                    name = member.orig_filename
                    raise file.damaged(None, f"{name!r} is not safe to unpack")
            opened.extractall(target)
    except DatasetError:
        raise
    except DAMAGED_ZIP as error:
        raise file.damaged(None, f"this is no zip file ({error})") from None


# What the library raises for zips that are none: it trusts what they say of themselves.
DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OverflowError, RuntimeError, ValueError
)  # fmt: skip


def _is_safe(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a plain file or folder below the target, on any system."""
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


@checked
def cause_of(error: BaseException) -> str:
    """Return in a few words why a server, an archive or this machine failed us."""
    *_, inner = chain = list(_wrapped_in(error))
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
    if isinstance(inner, OSError):
        number = next(iter(inner.args), None)  # OSError(28) has no errno
        if isinstance(number, int):
            return str(inner.strerror or os.strerror(number))
    text = str(inner).strip() or type(inner).__name__
    return text.splitlines()[0][:200]


def _is_of_the_certificate(error: BaseException) -> bool:
    """Whether a server was reached but its certificate is expired or otherwise bad."""
    return any(isinstance(inner, ssl.SSLCertVerificationError) for inner in _wrapped_in(error))


def _wrapped_in(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, the one that it wraps, and so on: libraries of the network wrap theirs."""
    seen: list[BaseException] = []
    while error not in seen:
        yield error
        seen.append(error)
        inside = (getattr(error, "reason", None), *error.args, error.__cause__)
        error = next((other for other in inside if isinstance(other, BaseException)), error)
