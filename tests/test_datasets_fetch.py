"""Downloading, unpacking and the course's command `data`, against servers started here."""

import contextlib
import gzip
import hashlib
import io
import logging
import os
import re
import runpy
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shutil import which
from types import SimpleNamespace
from urllib.parse import urlsplit

import pooch
import pytest
import requests
from pins import movies_in

from scratch.course.spelling import MADE_BY
from scratch.datasets import DatasetError, __main__, fetch, leftovers, loaders, locate, stand_in
from scratch.datasets.registry import (
    ML_100K,
    ML_LATEST_SMALL,
    NETFLIX,
    SETS,
    DataFile,
    DataSet,
    Movie,
    Source,
)

NOWHERE = "http://127.0.0.1:9/"  # the discard port: nobody listens


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """No test sees or changes the project's own datasets/, or leaves this machine."""
    monkeypatch.delenv("SCRATCH_DATA", raising=False)
    monkeypatch.setenv(MADE_BY, "1")  # the course was started with make
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(locate, "home_folder", lambda: tmp_path / "home")
    return tmp_path / "home"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


ARCHIVE = make_zip({"tiny/": b"", "tiny/a.txt": b"hello\n" * 2_000, "tiny/README": b"more"})


BLOCK = b"x" * 2**16
# What is sent first, what is sent again and again, and how many seconds lie between.
WITHOUT_END = {
    "/endless": (b"200 OK\r\n\r\n", BLOCK, 0),
    "/announced": (b"200 OK\r\nContent-Length: 100000000000\r\n\r\n", BLOCK, 0),
    "/zipped": (b"200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(BLOCK * 99), b"", 1),
    "/moving": (b"302 Found\r\nLocation: /wrong\r\n\r\n", BLOCK, 0),
    "/slow": (b"200 OK\r\n\r\n", b"x", 0.01),
    "/slow-heads": (b"200 OK\r\nX-Long: ", b"x", 0.01),
}
MOVED = {"/moved": "tiny.zip", "/circle": "/circle", "/away": "http://[", "/disk": "file:///etc/x"}


@pytest.fixture
def server():
    """Return a server: /tiny.zip and /moved are right, /wrong, /cut, /html and the rest are not."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path in WITHOUT_END:
                with contextlib.suppress(OSError):  # the other side has had enough
                    self.answer_without_end(*WITHOUT_END[self.path])
                return
            if self.path in MOVED:
                self.send_response(302)
                self.send_header("Location", MOVED[self.path])
                self.end_headers()
                return
            content = {"/wrong": ARCHIVE[:-1] + b"!", "/html": b"<html>log in first</html>"}
            content = content.get(self.path, ARCHIVE)
            if self.path == "/silent":
                time.sleep(1)
            self.send_response(404 if self.path == "/missing" else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:300] if self.path == "/cut" else content)

        def answer_without_end(self, first, again, pause):
            self.wfile.write(b"HTTP/1.0 " + first)
            while not end.wait(pause):
                self.wfile.write(again)

        def log_message(self, *_):
            pass

    asked, end = [], threading.Event()
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.asked = asked
    threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
    yield serving
    end.set()
    serving.shutdown()
    serving.server_close()


@pytest.fixture
def address(server):
    return f"http://127.0.0.1:{server.server_port}"


def tiny_set(*urls: str, archive: bytes = ARCHIVE, verify: bool = True) -> DataSet:
    return DataSet(
        folder="tiny",
        title="Tiny",
        files=(DataFile("a.txt", sha256(b"hello\n" * 2_000)),),
        archive=DataFile("tiny.zip", sha256(archive)),
        sources=tuple(Source(url, verify) for url in urls),
    )


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(fetch, "READ_SECONDS", 0.2)


def get(data_set: DataSet, home):
    return fetch.fetch(data_set, home, progress=False)


def test_an_archive_is_downloaded_checked_and_put_in_place(home, address):
    place = get(tiny_set(f"{address}/tiny.zip"), home)
    assert place == home / "tiny"
    assert (place / "a.txt").read_bytes() == b"hello\n" * 2_000
    assert [path.name for path in home.iterdir()] == ["tiny"]  # nothing else is left


def test_a_server_that_was_silent_is_not_asked_again_but_the_next_one_is(home, address):
    silent = {"one.test": "no answer"}
    urls = "http://one.test/tiny.zip", f"{address}/tiny.zip"
    assert fetch.fetch(tiny_set(*urls), home, progress=False, silent=silent).is_dir()


def test_a_server_that_breaks_off_is_no_trouble_with_the_disk(home, monkeypatch):
    def send(self, asking, **how):
        raise OSError(28, "as the system says it of a disk")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with pytest.raises(requests.ConnectionError, match="as the system says it"):
        next(fetch._body("http://one.test/", True))


def test_what_is_never_late_comes_to_its_end_in_time():
    def work():
        for _ in range(10**9):
            yield b"x"

    with pytest.raises(TimeoutError):
        for _ in fetch._in_time(work, 0.02):
            pass


@pytest.mark.parametrize("bad", ["wrong", "cut", "missing", "html", "silent"])
def test_a_bad_source_is_passed_over_for_the_next(home, address, capsys, impatient, bad):
    assert get(tiny_set(f"{address}/{bad}", f"{address}/tiny.zip"), home).is_dir()
    printed = capsys.readouterr().out
    assert printed.count("\n") == printed.count("fetching it from") == 1
    assert [path.name for path in home.iterdir()] == ["tiny"]


@pytest.mark.parametrize("bad", ["wrong", "cut", "missing", "html"])
def test_when_all_sources_fail_nothing_is_left_and_the_way_out_is_named(home, address, bad):
    with pytest.raises(DatasetError) as error:
        get(tiny_set(f"{address}/{bad}", NOWHERE), home)
    message = str(error.value)
    assert f"{address}/{bad}" in message and "tiny.zip" in message and str(home) in message
    assert list(home.iterdir()) == []


WHY = {
    "wrong": "not the published file (its SHA-256 is another)",
    "html": "not the published file (its SHA-256 is another)",
    "cut": "the connection broke off",
    "missing": "it answered 404 Not Found",
    "silent": "timed out",
}


@pytest.mark.parametrize(("bad", "why"), WHY.items())
def test_why_a_source_failed_is_said_in_a_few_words(home, address, impatient, bad, why):
    with pytest.raises(DatasetError) as error:
        get(tiny_set(f"{address}/{bad}", NOWHERE), home)
    first, second, advice = str(error.value).split("\n")
    assert first == f"{address.removeprefix('http://')}: {why}"
    assert second == "127.0.0.1:9: no answer (connection refused)"
    assert advice == (
        f"Fetch {address}/{bad} by hand (with a browser, on another network), put tiny.zip or the "
        f"folder tiny that is in it into {home}, and run `make data` again."
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(28, "No space left on device", "/tmp/some"), "No space left on device"),
        (OSError(28), os.strerror(28)),
        (PermissionError(13, "Permission denied", "/some/where"), "Permission denied"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
        (socket.gaierror(-2, "Name or service not known"), "its name is not known"),
        (TimeoutError(), "timed out"),
        (ConnectionResetError(104, "Connection reset by peer"), "the connection broke off"),
        (DatasetError("a.txt: wrong checksum.\nDelete it."), "a.txt: wrong checksum."),
        (OSError(), "OSError"),
    ],
)
def test_errors_of_the_system_are_said_in_words(error, words):
    assert fetch.cause_of(error) == words
    outer = RuntimeError("HTTPSConnectionPool(host=...)")
    outer.__cause__ = error
    assert fetch.cause_of(outer) == fetch.cause_of(OSError(outer)) == words


def test_an_error_that_is_wrapped_in_itself_is_said_too():
    error = RuntimeError("round and round")
    error.__cause__ = OSError(error)
    assert fetch.cause_of(error) == "round and round"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one\ntwo", "one"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200),
        (" \n", "RuntimeError"),
    ],
)
def test_of_an_error_in_many_words_the_first_line_is_said(text, words):
    assert fetch.cause_of(RuntimeError(text)) == words


def test_an_answer_is_said_with_its_number_and_reason_if_it_has_one():
    for reason, words in (("Gone", "it answered 410 Gone"), ("", "it answered 410")):
        error = RuntimeError("at length")
        error.response = SimpleNamespace(status_code=410, reason=reason)
        assert fetch.cause_of(error) == words


def test_of_a_proxy_the_error_itself_is_said_if_it_wraps_none():
    class ProxyError(Exception):
        pass

    assert fetch.cause_of(ProxyError("no such proxy")) == "no such proxy"
    outer = ProxyError("at length")
    outer.__cause__ = OSError(28, "No space left")
    assert fetch.cause_of(outer) == "the proxy of this network: No space left"


def test_a_bar_is_shown_unless_it_is_not_wanted(home, address, capsys):
    pooch.get_logger().setLevel("DEBUG")
    get(tiny_set(f"{address}/tiny.zip"), home / "one")
    assert "B/s" not in capsys.readouterr().err
    assert pooch.get_logger().level == logging.WARNING
    data_set = tiny_set(f"{address}/tiny.zip")
    archive = replace(data_set.archive, length=len(ARCHIVE))
    fetch.fetch(replace(data_set, archive=archive), home / "deep" / "down")
    printed = capsys.readouterr()
    size = f"{len(ARCHIVE) / 1000:.1f}k"
    assert f"100%|██████████| {size}/{size}" in printed.err and re.search(
        r"\d[kMG]?B/s", printed.err
    )
    assert printed.out == f"  fetching it from {address.removeprefix('http://')}\n"


def test_how_many_seconds_are_waited_for_what(home, address, monkeypatch):
    waited = []

    def told(what, wait, seconds):
        def noting(*arguments, **options):
            waited.append((what, seconds(*arguments, **options)))
            return wait(*arguments, **options)

        return noting

    create, send = socket.create_connection, requests.adapters.HTTPAdapter.send
    monkeypatch.setattr(fetch, "_in_time", told("all", fetch._in_time, lambda _, end: end))
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter,
        "send",
        told("answer", send, lambda *_, timeout, **__: timeout),
    )
    monkeypatch.setattr(socket, "create_connection", told("reach", create, lambda _, end: end))
    get(tiny_set(f"{address}/tiny.zip"), home)
    assert waited == [("all", 8), ("reach", 4), ("all", 1_800), ("answer", (4, 30))]


def test_a_server_is_reached_at_the_port_of_its_address_or_the_usual_one(monkeypatch):
    reached = []

    def connect(address, _):
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    for start in ("http://a.test", "https://a.test", "https://a.test:7"):
        with pytest.raises(ConnectionRefusedError):
            fetch._reach(f"{start}/x.zip")
    assert reached == [("a.test", 80), ("a.test", 443), ("a.test", 7)]


# --- without an end -------------------------------------------------------------------------------


class Huge(bytes):
    """A part of an archive that says to be larger than it is."""

    size = 0

    def __len__(self):
        return self.size


def test_an_archive_of_unknown_length_may_have_a_gigabyte(home, address, monkeypatch):
    monkeypatch.setattr(fetch, "_body", lambda *_: iter([Huge()]))
    for size, words in (
        (2**30 + 2**16, "not the published file"),
        (2**30 + 2**16 + 1, "the archive had no end after 1,073,807,360 bytes"),
    ):
        monkeypatch.setattr(Huge, "size", size)
        with pytest.raises(DatasetError, match=words):
            get(tiny_set(f"{address}/tiny.zip"), home)


@pytest.mark.parametrize("bad", ["endless", "announced", "zipped"])
def test_more_bytes_than_the_archive_has_are_not_taken(home, server, address, monkeypatch, bad):
    monkeypatch.setattr(fetch, "MARGIN_BYTES", 1_000)
    data_set = tiny_set(f"{address}/{bad}", f"{address}/tiny.zip")
    length = len(ARCHIVE)
    data_set = replace(data_set, archive=replace(data_set.archive, length=length))
    assert get(data_set, home).is_dir()
    assert server.asked == [f"/{bad}", "/tiny.zip"]
    shutil.rmtree(home)
    words = f"the archive had no end after {length + 1_000:,} bytes"
    with pytest.raises(DatasetError, match=f"127.0.0.1:{server.server_port}: {words}\nFetch"):
        get(replace(data_set, sources=data_set.sources[:1]), home)
    assert list(home.iterdir()) == []


def test_an_archive_of_unknown_length_has_an_end_too(home, address, monkeypatch):
    monkeypatch.setattr(fetch, "LARGEST_BYTES", 10**5)
    with pytest.raises(DatasetError, match="the archive had no end after 165,536 bytes"):
        get(tiny_set(f"{address}/endless"), home)
    assert list(home.iterdir()) == []


def test_work_that_is_given_up_ends():
    has_ended = threading.Event()

    def work():
        try:
            while True:
                yield b"x"
        finally:
            has_ended.set()

    parts = fetch._in_time(work, 60)
    assert next(parts) == b"x"
    parts.close()
    assert has_ended.wait(60)


def test_the_time_is_over_even_where_more_is_there(monkeypatch):
    now, has_ended, daemons = [0.0], threading.Event(), []

    def work():
        daemons.append(threading.current_thread().daemon)
        yield from (b"one", b"two")
        has_ended.set()

    monkeypatch.setattr(fetch, "time", SimpleNamespace(monotonic=lambda: now[0]))
    parts = fetch._in_time(work, 5)
    assert next(parts) == b"one" and has_ended.wait(60)
    now[0] = 5.1
    with pytest.raises(TimeoutError):
        next(parts)
    assert daemons == [True]  # or a download that hangs would keep Python from ending


def test_of_warnings_only_that_of_the_certificate_is_hidden(home, address, monkeypatch):
    retrieve = pooch.retrieve

    def warning(*given, **named):
        warnings.warn("Unverified HTTPS request is being made", UserWarning, stacklevel=1)
        warnings.warn("another one", UserWarning, stacklevel=1)
        return retrieve(*given, **named)

    monkeypatch.setattr(pooch, "retrieve", warning)
    with pytest.warns(UserWarning) as seen:
        get(tiny_set(f"{address}/tiny.zip"), home)
    assert [str(one.message) for one in seen] == ["another one"]


@pytest.mark.parametrize("bad", ["slow", "slow-heads", "moving"])
def test_a_download_has_an_end_in_time(home, server, address, monkeypatch, bad):
    monkeypatch.setattr(fetch, "DOWNLOAD_SECONDS", 0.3)
    if bad == "moving":  # what it says beside the new address is not waited for at all
        words = r"not the published file \(its SHA-256 is another\)"
    else:
        words = r"the archive had no end after 0\.3 seconds, with [\d,]+ bytes"
    with pytest.raises(DatasetError, match=f"^127.0.0.1:{server.server_port}: {words}\nFetch"):
        get(tiny_set(f"{address}/{bad}"), home)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("circle", "it sends us from one address to the next, 10 times"),
        ("away", "it sends us to an address that is none"),
        ("disk", "No connection adapters were found"),
    ],
)
def test_a_server_may_send_us_elsewhere_but_not_anywhere(home, server, address, bad, words):
    assert get(tiny_set(f"{address}/moved"), home).is_dir()
    assert server.asked == ["/moved", "/tiny.zip"]
    shutil.rmtree(home)
    with pytest.raises(DatasetError, match=f"127.0.0.1:{server.server_port}: {words}"):
        get(tiny_set(f"{address}/{bad}"), home)
    assert server.asked[2:] == [f"/{bad}"] * (10 if bad == "circle" else 1)


def test_a_proxy_that_fails_is_named_as_such(home, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", NOWHERE)
    with pytest.raises(DatasetError) as error:
        get(tiny_set("http://example.org/tiny.zip"), home)
    first, _ = str(error.value).split("\n")
    assert first == "example.org: the proxy of this network: connection refused"


def test_a_disk_that_is_full_is_no_fault_of_the_sources(home, server, address, monkeypatch):
    def disk_is_full(*_):
        raise OSError(28, "No space left on device")

    for place, name in ((fetch.zipfile.ZipFile, "extractall"), (fetch.os, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, disk_is_full)
            with pytest.raises(DatasetError, match=rf"^it cannot be put into {home}: No space lef"):
                get(tiny_set(f"{address}/tiny.zip", f"{address}/other"), home)
        assert list(home.iterdir()) == []
    assert server.asked == ["/tiny.zip", "/tiny.zip"]


def test_a_folder_that_cannot_be_written_is_said_with_what_to_do(home, address, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "some/where")

    for module, name in ((fetch.Path, "mkdir"), (tempfile, "mkdtemp")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, refuse)
            with pytest.raises(DatasetError) as error:
                get(tiny_set(f"{address}/tiny.zip"), home)
        assert str(error.value) == (
            f"it cannot be put into {home}: Permission denied\n"
            "Make room there or make it writable, and run `make data` again."
        )


def test_a_folder_of_other_content_is_in_the_way_before_anything_is_fetched(home, server, address):
    (home / "tiny").mkdir(parents=True)
    (home / "tiny" / "README").write_text("what I know of it")
    with pytest.raises(DatasetError) as error:
        get(tiny_set(f"{address}/tiny.zip", f"{address}/other"), home)
    assert str(error.value) == (
        f"{home / 'tiny' / 'a.txt'}: the file is missing.\n"
        "Delete the folder tiny and run `make data`."
    )
    assert server.asked == [] and [path.name for path in home.iterdir()] == ["tiny"]
    (home / "tiny" / "README").unlink()
    assert (get(tiny_set(f"{address}/tiny.zip"), home) / "a.txt").is_file()  # an empty one is none


def test_a_folder_that_comes_while_we_fetch_is_no_fault_of_the_sources(
    home, server, address, monkeypatch
):
    unpack = fetch.unpack_safely

    def slowly(*arguments):
        unpack(*arguments)
        (home / "tiny").mkdir()
        (home / "tiny" / "README").write_text("what I know of it")

    monkeypatch.setattr(fetch, "unpack_safely", slowly)
    with pytest.raises(DatasetError, match=r"a\.txt: the file is missing(.|\n)*Delete the folder"):
        get(tiny_set(f"{address}/tiny.zip", f"{address}/other"), home)
    assert server.asked == ["/tiny.zip"]


def stale(home, name):
    """A folder that was left by a killed process, long ago."""
    left = home / name
    left.mkdir(parents=True)
    os.utime(left, (0, time.time() - 2 * leftovers.STALE_SECONDS))
    return left


def test_what_a_killed_download_left_is_removed(home, address):
    left = stale(home, f"{fetch.FETCHING}old")
    get(tiny_set(f"{address}/tiny.zip"), home)
    assert not left.exists()


# --- without a network ----------------------------------------------------------------------------


@pytest.fixture
def hanging(monkeypatch):
    """Let looking up a name take half a minute, as on some networks that are down."""
    asked, end = [], threading.Event()

    def getaddrinfo(host, *_, **__):
        asked.append(host)
        end.wait(30)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(fetch, "REACH_SECONDS", 0.2)
    yield asked
    end.set()


def test_a_name_that_takes_long_to_look_up_is_given_up(home, hanging):
    start = time.perf_counter()
    with pytest.raises(DatasetError, match=r"^one\.test: no answer \(timed out\)\ntwo\.test: no"):
        get(tiny_set("https://one.test/tiny.zip", "https://two.test/tiny.zip"), home)
    assert time.perf_counter() - start < 25  # it takes 30 to look up one
    assert hanging == ["one.test", "two.test"]


def test_a_server_that_did_not_answer_is_not_waited_for_again(home, hanging, capsys):
    silent = {}
    for urls in (["https://one.test/a", "https://two.test/a"], ["https://one.test/b"]):
        with pytest.raises(DatasetError, match=r"one\.test: no answer \(timed out\)"):
            fetch.fetch(tiny_set(*urls), home, progress=False, silent=silent)
    assert hanging == list(silent) == ["one.test", "two.test"]
    assert capsys.readouterr().out == "  fetching it from one.test, or else two.test\n"


@pytest.mark.parametrize("url", [NOWHERE, "/missing", "/wrong"])
def test_without_a_bad_certificate_every_certificate_is_checked(home, server, address, url):
    url = url if url == NOWHERE else address + url
    sources = (Source(url), Source(f"{address}/tiny.zip", verify=False))
    with pytest.raises(DatasetError):
        get(replace(tiny_set(url), sources=sources), home)
    assert "/tiny.zip" not in server.asked


def test_behind_a_source_without_a_certificate_the_others_are_asked(home, server, address):
    sources = (Source(f"{address}/missing", verify=False), Source(f"{address}/tiny.zip"))
    get(replace(tiny_set(address), sources=sources), home)
    assert server.asked == ["/tiny.zip"]


# --- certificates ---------------------------------------------------------------------------------


@pytest.fixture
def self_signed(server, tmp_path):
    """The address of the server, now with a certificate that nobody else has signed."""
    if which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    pem = tmp_path / "server.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost"
    make += f" -addext subjectAltName=IP:127.0.0.1 -keyout {pem} -out {pem}.crt"
    subprocess.run(make.split(), capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{pem}.crt", pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return f"https://127.0.0.1:{server.server_port}"


def checked_then_unchecked(url: str, between: str = NOWHERE) -> DataSet:
    """A set with sources as the real ones have them: the first again, without the check."""
    sources = (Source(url), Source(between), Source(url, verify=False))
    return replace(tiny_set(url), sources=sources)


def test_a_bad_certificate_stops_all_but_the_unverified_source(
    home, self_signed, server, capsys, recwarn
):
    url = f"{self_signed}/tiny.zip"
    with pytest.raises(DatasetError, match=r"^127\.0\.0\.1:\d+: self-signed certificate\nFetch"):
        get(tiny_set(url), home)
    assert server.asked == []
    assert "without checking" not in capsys.readouterr().out
    assert get(checked_then_unchecked(url), home).is_dir()
    printed = capsys.readouterr()
    assert f"  {fetch.UNVERIFIED}" in printed.out.splitlines()
    assert "without checking" in printed.out and "SHA-256 pinned" in printed.out
    assert [str(one.message) for one in recwarn] == []
    assert "InsecureRequestWarning" not in printed.err


def test_what_goes_wrong_elsewhere_after_a_bad_certificate_does_not_hide_it(
    home, self_signed, server
):
    no_tls = f"http://127.0.0.1:{server.server_port}/tiny.zip"  # it does not speak plainly
    assert get(checked_then_unchecked(f"{self_signed}/tiny.zip", no_tls), home).is_dir()


def test_the_pinned_sha256_decides_even_without_a_certificate(home, self_signed, server, capsys):
    with pytest.raises(DatasetError) as error:
        get(checked_then_unchecked(f"{self_signed}/wrong"), home)
    assert server.asked == ["/wrong"] and not (home / "tiny").exists()
    one, other, advice = str(error.value).split("\n")
    assert one == (
        f"{self_signed.removeprefix('https://')}: self-signed certificate; not checking it: "
        "not the published file (its SHA-256 is another)"
    )
    assert other == "127.0.0.1:9: no answer (connection refused)" and advice.startswith("Fetch")
    assert "without checking" not in capsys.readouterr().out


def test_a_set_without_an_archive_is_put_there_by_hand(home):
    with pytest.raises(
        DatasetError, match="Netflix Prize cannot be downloaded: it comes from http"
    ):
        fetch.fetch(NETFLIX, home)
    assert not home.exists()


# --- archives -------------------------------------------------------------------------------------


def test_a_zip_put_there_by_hand_is_checked_and_unpacked(home):
    home.mkdir()
    (home / "tiny.zip").write_bytes(ARCHIVE)
    assert (get(tiny_set(NOWHERE), home) / "a.txt").is_file()


def test_a_wrong_zip_put_there_by_hand_is_named_and_not_used(home, address, capsys):
    home.mkdir()
    (home / "tiny.zip").write_bytes(ARCHIVE[:-1])
    with pytest.raises(DatasetError):
        get(tiny_set(NOWHERE), home)
    printed = capsys.readouterr().out
    assert printed.startswith(f"  {home / 'tiny.zip'}: wrong checksum: ")
    assert f"\n  Delete {home / 'tiny.zip'} and run `make data` again.\n" in printed
    assert not (home / "tiny").exists()
    assert get(tiny_set(f"{address}/tiny.zip"), home).is_dir()


def link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    "name",
    ["/etc/evil", "../evil", "tiny/../../evil", "..\\evil", "C:\\evil", "C:evil", link("tiny/a")],
)
def test_no_path_of_an_archive_leaves_the_target(home, tmp_path, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tiny/a.txt", b"hello\n" * 2_000)
        archive.writestr(name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name), "/")
    home.mkdir()
    (home / "tiny.zip").write_bytes(buffer.getvalue())
    target = tmp_path / "target"
    with pytest.raises(DatasetError, match="is not safe to unpack"):
        fetch.unpack_safely(home / "tiny.zip", target, "Delete it.")
    assert not target.exists()  # not even the good members before the bad one
    with pytest.raises(DatasetError):
        get(tiny_set(NOWHERE, archive=buffer.getvalue()), home)
    assert [path.name for path in home.iterdir()] == ["tiny.zip"]


def test_plain_files_and_folders_are_safe_and_nothing_else():
    def is_safe(name, kind=0):
        member = zipfile.ZipInfo(name)
        member.external_attr = (kind | 0o644) << 16
        return fetch._is_safe(member)

    for kind in (0, stat.S_IFREG, stat.S_IFDIR):
        assert is_safe("tiny/a..b.txt", kind)
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK):
        assert not is_safe("tiny/a.txt", kind)
    for name in ("/tiny", "..", "tiny/..", "a\0b", "a\\b", "a:b"):
        assert not is_safe(name)


@pytest.mark.parametrize("flipped", [0x01, 0x08, 0x80, 0xFF])
def test_a_damaged_zip_is_called_one(home, flipped):
    home.mkdir()
    (home / "tiny.zip").write_bytes(ARCHIVE[:-30])
    with pytest.raises(DatasetError, match=r"tiny\.zip: this is no zip file \(.*\)\.\nDelete it"):
        fetch.unpack_safely(home / "tiny.zip", home / "target", "Delete it.")
    found = set()
    for position in (*range(40), *range(-260, 0)):  # where it says what is in it
        raw = bytearray(ARCHIVE)
        raw[position] ^= flipped
        (home / "tiny.zip").write_bytes(raw)
        try:
            fetch.unpack_safely(home / "tiny.zip", home / f"{position}", "Delete it.")
        except DatasetError as error:
            found.add(str(error))
    assert len(found) > 10


def test_what_is_no_zip_or_lacks_a_file_or_has_a_wrong_one_is_not_put_in_place(home, capsys):
    home.mkdir()
    for archive, problem in (
        (b"no zip at all", "no zip file"),
        (make_zip({"tiny/README": b""}), "a.txt: the file is missing"),
        (make_zip({"tiny/a.txt": b"hello?\n"}), "a.txt: wrong checksum"),
    ):
        (home / "tiny.zip").write_bytes(archive)
        with pytest.raises(DatasetError):
            get(tiny_set(NOWHERE, archive=archive), home)
        assert problem in capsys.readouterr().out
        assert [path.name for path in home.iterdir()] == ["tiny.zip"]


def test_where_another_process_was_first_its_files_are_taken_if_right(home, address):
    (home / "tiny").mkdir(parents=True)
    (home / "tiny" / "a.txt").write_bytes(b"hello\n" * 2_000)
    assert get(tiny_set(f"{address}/tiny.zip"), home) == home / "tiny"
    (home / "tiny" / "a.txt").write_bytes(b"something else\n")
    with pytest.raises(DatasetError):
        get(tiny_set(f"{address}/tiny.zip"), home)
    assert (home / "tiny" / "a.txt").read_bytes() == b"something else\n"


def test_every_set_to_download_has_several_sources_and_pinned_sums():
    for data_set in (ML_100K, ML_LATEST_SMALL):
        assert len({source.url for source in data_set.sources}) >= 2
        assert [source.verify for source in data_set.sources] == [True, True, False]
        assert all(len(file.sha256) == 64 for file in (*data_set.files, data_set.archive))
        assert data_set.archive.name == f"{data_set.folder}.zip"
        assert all(source.url.endswith(f"/{data_set.archive.name}") for source in data_set.sources)


def test_sets_have_the_names_of_their_publishers():
    assert {data_set.folder: data_set.title for data_set in SETS} == {
        "ml-100k": "MovieLens 100K",
        "ml-latest-small": "MovieLens latest-small",
        "netflix": "Netflix Prize",
    }
    for data_set, copy in ((ML_100K, "huggingface.co"), (ML_LATEST_SMALL, "web.archive.org")):
        servers = [urlsplit(source.url).hostname for source in data_set.sources]
        assert servers == ["files.grouplens.org", copy, "files.grouplens.org"]


def test_what_is_pinned_is_what_the_published_files_were_compared_with():
    """Whoever changes a sum or a size needs the real files, and writes this one anew."""
    pinned = [(s.files, s.any_of, s.beside, s.archive) for s in SETS]
    assert sha256(repr(pinned).encode())[:16] == "6c8e7c8791260eac"


ADDRESSES = ["", "x", "ftp://a/b", "http://", "http://[", "http://a:x/", "http://a:0/b"]


@pytest.mark.parametrize("url", [*ADDRESSES, "http://a/b c", "http://a/b\x07", "://a/b"])
def test_an_address_that_nothing_can_be_fetched_from_is_refused(url):
    with pytest.raises(ValueError, match="url must begin with http:// and a server's name"):
        Source(url)


def test_a_checksum_is_refused_that_none_can_be():
    for wrong in ("ab" * 31, "ab" * 33, "AB" * 32, "g" + "a" * 63):
        with pytest.raises(ValueError, match="sha256 must be 64 hexadecimal digits, got"):
            DataFile("f", wrong)
    for crc32 in (0, 2**32 - 1):
        assert Movie(1, 0, 3, crc32).crc32 == crc32
    for crc32 in (-1, 2**32):
        with pytest.raises(ValueError, match="crc32 must be at least 0 and at most 4,294,967,295"):
            Movie(1, 0, 3, crc32)


def test_all_parts_with_a_checksum_are_named():
    first = NETFLIX.any_of[0]
    data_set = replace(NETFLIX, any_of=(first, replace(first, name="b"), DataFile("c")))
    assert data_set.what_is_checked == (
        "only the first 20 movies of combined_data_1.txt and the first 20 movies of b have a "
        "checksum here"
    )


def test_an_archive_has_a_source():
    with pytest.raises(ValueError, match=r"sources must name one at least for tiny\.zip"):
        tiny_set()


def test_what_is_pinned_of_movies_is_what_is_pinned_in_all():
    with pytest.raises(ValueError, match="size of f must be that of its movies, got 3"):
        DataFile("f", "ab" * 32, 3, movies_in("1:\n7,5,2004-02-29\n"))


# --- the command data ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generated():
    """Return the files of the stand-in for ml-100k, to be served as if they were the real ones."""
    return stand_in.make_ml_100k()


@pytest.fixture
def instant(monkeypatch):
    """Let every stand-in be made in no time."""
    for name in stand_in.GENERATORS:
        monkeypatch.setitem(stand_in.GENERATORS, name, lambda: {"a.txt": b"x"})


@pytest.fixture
def offline(monkeypatch):
    """Let every source be an address where nobody answers."""
    sets = [replace(s, sources=s.sources and (Source(NOWHERE + s.folder),)) for s in __main__.SETS]
    monkeypatch.setattr(__main__, "SETS", sets)


@pytest.fixture
def published(monkeypatch, server, generated):
    """Let the server publish "the real" ml-100k.zip, the only set there is."""
    archive = make_zip({f"ml-100k/{name}": content for name, content in generated.items()})
    data_set = replace(
        ML_100K,
        files=tuple(DataFile(file.name, sha256(generated[file.name])) for file in ML_100K.files),
        beside=tuple(DataFile(file.name, sha256(generated[file.name])) for file in ML_100K.beside),
        archive=DataFile("ml-100k.zip", sha256(archive)),
        sources=(Source(f"http://127.0.0.1:{server.server_port}/ml-100k.zip"),),
    )
    monkeypatch.setattr(f"{__name__}.ARCHIVE", archive)
    monkeypatch.setattr(__main__, "SETS", (data_set,))
    monkeypatch.setattr(loaders, "ML_100K", data_set)


def test_list_says_what_is_there_and_changes_nothing(home, instant, offline, capsys):
    titles = [data_set.title for data_set in SETS]
    assert __main__.main(["--list"]) == 0
    assert capsys.readouterr().out == "".join(f"{title}: missing\n" for title in titles)
    assert not home.exists()
    left = stale(home, f"{fetch.FETCHING}old")
    assert __main__.main(["--list"]) == 0 and left.exists()
    assert __main__.main(["--stand-in"]) == 0 and not left.exists()
    capsys.readouterr()
    assert __main__.main(["--list"]) == 0
    assert capsys.readouterr().out == "".join(f"{t}: a generated stand-in\n" for t in titles)


def test_what_is_done_without_the_real_data_is_said_in_full(tmp_path, instant, offline, capsys):
    making = f"  making a STAND-IN of the same size in {tmp_path / 'mine' / 'stand-in'}\n"
    instead = "  run `make data` to download the real data\n"
    options = ["--folder", str(tmp_path / "mine")]
    for words, end in (("missing", making), ("a generated stand-in", "")):
        assert __main__.main(["--stand-in", *options]) == 0
        assert capsys.readouterr().out == (
            f"MovieLens 100K: {words}\n{instead}{end}"
            f"MovieLens latest-small: {words}\n{instead}{end}"
            f"Netflix Prize: {words}\n  {NETFLIX.by_hand}\n{end}"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    (tmp_path / "mine" / "stand-in" / "netflix" / "a.txt").unlink()
    assert __main__.main(["--list", "--or-stand-in", *options]) == 0
    assert capsys.readouterr().out.endswith("Netflix Prize: missing\n")


def test_a_failed_download_is_reported_and_the_others_still_tried(home, offline, capsys):
    assert __main__.main([]) == 1
    printed = capsys.readouterr().out
    no_answer = "  127.0.0.1:9: no answer (connection refused)\n"
    for data_set, before in ((ML_100K, "  fetching it from 127.0.0.1:9\n"), (ML_LATEST_SMALL, "")):
        advice = f"  Fetch {NOWHERE}{data_set.folder} by hand (with a browser"
        assert f"{data_set.title}: missing\n{before}{no_answer}{advice}" in printed
    assert "kaggle.com" in printed
    assert list(home.iterdir()) == []


def test_commands_are_spelled_as_the_course_was_started(home, offline, capsys, monkeypatch):
    for made, words in (("", "`python -m scratch.course data`"), ("1", "`make data`")):
        monkeypatch.setenv(MADE_BY, made)
        __main__.main([])
        assert capsys.readouterr().out.count(f"run {words} again.") == 2
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        __main__.main(["--help"])
    printed = capsys.readouterr().out
    assert "usage: python -m scratch.course data [-h] [--list]" in printed
    assert __main__.DESCRIPTION in printed
    for option, words in (
        ("--list ", "only list, do not download"),
        ("--or-stand-in ", "make a generated stand-in for what cannot be fetched"),
        ("--stand-in ", "as --or-stand-in, and nothing is fetched"),
        ("--folder FOLDER ", "look and write here, not in SCRATCH_DATA"),
    ):
        assert re.search(f"\n  {option} *{words}", printed)


def test_what_only_a_person_can_fetch_is_no_failure(home, monkeypatch, capsys):
    monkeypatch.setattr(__main__, "SETS", [NETFLIX])
    assert __main__.main([]) == 0
    assert capsys.readouterr().out == f"Netflix Prize: missing\n  {NETFLIX.by_hand}\n"


def test_the_command_ends_with_a_code_or_with_a_word_if_it_is_interrupted(monkeypatch, home):
    monkeypatch.setattr(sys, "argv", ["data", "--list"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(__main__.__file__, run_name="__main__")
    assert ended.value.code == 0

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(locate, "search_folders", interrupt)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(__main__.__file__, run_name="__main__")
    assert ended.value.code == "\nInterrupted."


def test_a_folder_of_data_that_is_none_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SCRATCH_DATA", str(tmp_path / "none"))
    assert __main__.main([]) == 1
    assert "error: the environment variable SCRATCH_DATA names" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said_without_numbers(home, published, capsys):
    home.write_text("a file where a folder should be")
    assert __main__.main([]) == 1
    assert f"  it cannot be put into {home}: File exists\n" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--list", "--or-stand-in"])
def test_netflix_files_without_a_checksum_are_not_announced_as_real(
    home, monkeypatch, capsys, option
):
    place = home / "netflix"
    place.mkdir(parents=True)
    (place / "movie_titles.csv").write_text("1,2003,One\n2,2003,Two\n")
    (place / "combined_data_1.txt").write_text("1:\n7,5,2004-02-29\n2:\n7,5,2004-02-29\n")
    files = (DataFile("movie_titles.csv"),)
    for text, line in (
        ("1:\n7,5,2004-02-29\n2:\n7,5,2004-02-29\n", f"Netflix Prize: real, in {place}\n"),
        (
            "1:\n7,5,2004-02-29\n",
            f"Netflix Prize: not checked, in {place}\n"
            "  (only the first 1 movies of combined_data_1.txt have a checksum here)\n",
        ),
    ):
        pinned = sha256(text.encode()), len(text), movies_in(text)
        first = DataFile("combined_data_1.txt", *pinned)
        data_set = replace(NETFLIX, files=files, any_of=(first,))
        monkeypatch.setattr(__main__, "SETS", [data_set])
        monkeypatch.setattr(loaders, "NETFLIX", data_set)
        assert __main__.main([option]) == 0
        assert capsys.readouterr().out == line


def test_or_stand_in_makes_what_is_missing_and_says_so(home, instant, offline, capsys):
    assert __main__.main(["--or-stand-in"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("making a STAND-IN") == 3 and "no answer" in printed
    for name in ("ml-100k", "ml-latest-small", "netflix"):
        assert stand_in.is_current(home / "stand-in" / name)
    assert __main__.main(["--or-stand-in"]) == 0
    printed = capsys.readouterr().out
    assert "fetching" not in printed  # a second run does not wait for the network again
    assert "MovieLens 100K: a generated stand-in" in printed and "`make data`" in printed
    assert __main__.main([]) == 1  # but `make data` does try
    assert "fetching" in capsys.readouterr().out


def test_one_stand_in_that_cannot_be_made_does_not_stop_the_others(
    home, offline, monkeypatch, capsys
):
    made = []

    def ensure(name, folder):
        made.append(name)
        if len(made) == 1:
            raise OSError(28, "No space left on device")
        if len(made) == 2:
            raise DatasetError("it cannot be written.\nMake room.")

    monkeypatch.setattr(stand_in, "ensure", ensure)
    assert __main__.main(["--stand-in"]) == 1
    printed = capsys.readouterr().out
    assert len(made) == 3 and "\n  No space left on device\n" in printed
    assert "\n  it cannot be written.\n  Make room.\n" in printed


def test_stand_in_makes_what_is_missing_and_fetches_nothing(home, instant, published, capsys):
    assert __main__.main(["--stand-in"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("making a STAND-IN") == 1 and "fetching" not in printed
    assert [path.name for path in home.iterdir()] == ["stand-in"]
    assert __main__.main(["--or-stand-in"]) == 0  # which is what `make test` calls after it
    assert "fetching" not in capsys.readouterr().out


def test_data_is_downloaded_once_and_then_found_real(home, published, capsys):
    assert __main__.main([]) == 0
    fetching, end = "fetching it from 127.0.0.1:", f"  real, now in {home / 'ml-100k'}\n"
    printed = capsys.readouterr().out
    assert printed.startswith(f"MovieLens 100K: missing\n  {fetching}") and printed.endswith(end)
    assert __main__.main(["--or-stand-in"]) == 0
    assert capsys.readouterr().out == f"MovieLens 100K: real, in {home / 'ml-100k'}\n"
    assert loaders.load_movielens_100k().source == "real"


def test_there_is_no_stand_in_for_what_was_fetched(home, published):
    assert __main__.main(["--or-stand-in"]) == 0
    assert [path.name for path in home.iterdir()] == ["ml-100k"]


@pytest.mark.parametrize("option", ["--list", "--or-stand-in"])
def test_damage_is_reported_with_its_line_and_never_hidden(home, published, capsys, option):
    assert __main__.main([]) == 0
    with (home / "ml-100k" / "u.data").open("a") as stream:
        stream.write("1\t2\n")
    capsys.readouterr()
    assert __main__.main([option]) == 1
    printed = capsys.readouterr().out
    damaged = f"MovieLens 100K: DAMAGED\n  {home / 'ml-100k' / 'u.data'}, line 100001: 2 fields"
    assert printed.startswith(damaged)
    assert printed.endswith("\n  Delete the folder ml-100k and run `make data`.\n")
    assert not (home / "stand-in").exists()


def test_damage_is_looked_for_in_the_folder_that_was_named(tmp_path, capsys):
    (tmp_path / "mine" / "ml-100k").mkdir(parents=True)
    (tmp_path / "mine" / "ml-100k" / "u.item").write_text("1\n")
    assert __main__.main(["--list", "--folder", str(tmp_path / "mine")]) == 1
    missing = tmp_path / "mine" / "ml-100k" / "u.data"
    words = f"MovieLens 100K: DAMAGED\n  {missing}: the file is missing.\n"
    assert capsys.readouterr().out.startswith(words)


def test_a_scratch_data_that_is_not_there_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SCRATCH_DATA", str(tmp_path / "gone"))
    assert __main__.main([]) == 1
    assert "SCRATCH_DATA" in capsys.readouterr().err


def test_scratch_data_is_never_written(monkeypatch, tmp_path, home, instant, offline, capsys):
    place = tmp_path / "mine"
    place.mkdir()
    monkeypatch.setenv("SCRATCH_DATA", str(place))
    monkeypatch.setattr(__main__, "SETS", [NETFLIX])
    assert __main__.main(["--or-stand-in"]) == 0
    assert list(place.iterdir()) == [] and (home / "stand-in" / "netflix").is_dir()
    left, theirs = (stale(folder, f"{fetch.FETCHING}old") for folder in (home, place))
    assert __main__.main(["--or-stand-in"]) == 0
    assert not left.exists() and theirs.exists()
