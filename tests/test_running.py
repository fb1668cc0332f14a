import dataclasses
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from test_answers import SETTINGS, table

from scratch.recommenders.fitted import Recommender
from scratch.serving import running as module
from scratch.serving.running import Running, client, running, stop

slow = pytest.mark.slow  # a process takes a second to start
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    Recommender(SETTINGS["scaled"]).fit(table()).save(place / "monday.npz")
    return place


def is_free(address):
    port = int(address.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)) as listening:
        return listening.getsockname()[1] == port


@slow
def test_it_answers_as_long_as_the_block_lasts(folder):
    with running(folder, "monday.npz") as service, client(service) as ask:
        assert ask.get("/popular").json()["model"] == "monday.npz"
        assert service.process.poll() is None
        said = service.said.read_text(encoding="utf-8")
        assert service.address in said and service.token not in said
    assert service.process.returncode is not None and is_free(service.address)
    assert not service.said.exists()


@slow
def test_no_proxy_hears_of_it(folder, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody is there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running(folder, "monday.npz") as service, client(service) as ask:
        assert ask.get("/health").status_code == 200


@slow
def test_it_is_stopped_when_the_block_fails(folder):
    with pytest.raises(ZeroDivisionError), running(folder, "monday.npz") as service:
        1 / 0  # noqa: B018
    assert service.process.returncode is not None and is_free(service.address)


@slow
def test_one_that_does_not_end_when_asked_is_ended(folder, monkeypatch):
    monkeypatch.setattr(module, "END_SECONDS", 0.2)
    with running(folder, "monday.npz") as service:
        monkeypatch.setattr(service.process, "terminate", lambda: None)
    assert service.process.returncode is not None


@slow
@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("friday.npz", {}, r"exit code 1\):\nThe service can't begin: there is no file"),
        ("monday.npz", {"num_cells": 99}, "24 items make 1 to 24 cells, not 99"),
        ("--port", {}, "a model is named by its file alone .* not '--port'"),
    ],
)  # fmt: skip
def test_one_that_cannot_start_says_why_without_a_traceback(folder, name, options, words):
    with pytest.raises(RuntimeError, match=words) as failed, running(folder, name, **options):
        pass
    assert "Traceback" not in str(failed.value)


@pytest.mark.parametrize(
    ("odd", "error", "words"),
    [
        ({"port": 99_999}, ValueError, "port must be at least 0 and at most 65535, got 99999"),
        ({"port": -1}, ValueError, "port must be at least 0"),
        ({"port": "80"}, TypeError, "port must be a whole number, got '80'"),
        ({"num_cells": 2.0}, TypeError, "num_cells must be a whole number, got 2.0: write 2"),
        ({"num_cells": 0}, ValueError, "num_cells must be at least 1"),
        ({"num_probed": True}, TypeError, "num_probed must be a whole number"),
        ({"name": None}, TypeError, "name must be a str, got None"),
        ({"folder": None}, TypeError, "folder must be a Path, got None"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_anything_starts(odd, error, words, monkeypatch):
    monkeypatch.setattr(module.subprocess, "Popen", None)
    good = {"folder": Path("models"), "name": "monday.npz"}
    with pytest.raises(error, match=words), running(**good | odd):
        pass


@pytest.mark.parametrize(
    ("odd", "error"),
    [
        ({"address": "127.0.0.1:80"}, ValueError),
        ({"address": None}, TypeError),
        ({"token": "two words"}, ValueError),
        ({"token": None}, TypeError),
        ({"process": None}, TypeError),
        ({"said": "said.txt"}, TypeError),
    ],
    ids=str,
)
def test_a_service_is_somewhere_has_a_word_and_is_a_process(odd, error):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    good = {"address": "http://127.0.0.1:80", "token": "t", "process": process, "said": Path("s")}
    assert Running(**good).address == good["address"]
    (name,) = odd
    with pytest.raises(error, match=name):
        Running(**good | odd)


@slow
def test_a_folder_that_looks_like_an_option(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-models").mkdir()
    shutil.copy(folder / "monday.npz", "-models")
    for there in (Path("-models"), "-models"):
        with running(there, "monday.npz") as service:
            assert httpx.get(f"{service.address}/health").json()["model"] == "monday.npz"


@slow
def test_it_is_the_package_of_whoever_starts_it(folder, tmp_path, monkeypatch):
    def put(place, words):
        (place / "scratch" / "serving").mkdir(parents=True)
        for path in (place / "scratch", place / "scratch" / "serving"):
            (path / "__init__.py").touch()
        text = f"import os, sys; sys.exit({words!r} + os.environ['PYTHONPATH'])"
        (place / "scratch" / "serving" / "service.py").write_text(text)

    put(tmp_path / "here", "where one stands ")
    put(tmp_path / "there", "that of this process ")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(module.scratch, "__file__", str(tmp_path / "there/scratch/__init__.py"))
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    path = re.escape(str(tmp_path / "there") + os.pathsep + "elsewhere")
    with (
        pytest.raises(RuntimeError, match=f"that of this process {path}"),
        running(folder, "monday.npz"),
    ):
        pass


@slow
def test_a_folder_that_is_not_there(tmp_path):
    with (
        pytest.raises(RuntimeError, match=r"There is no folder .*nowhere\."),
        running(tmp_path / "nowhere", "monday.npz"),
    ):
        pass


@slow
def test_a_port_that_is_taken(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(
                RuntimeError,
                match=f"can't begin: port {port} can't be had .*: port 0 takes a free one",
            ),
            running(folder, "monday.npz", port=port),
        ):
            pass


@slow
def test_one_that_says_nothing_in_time_is_given_up(folder, monkeypatch):
    monkeypatch.setattr(module, "START_SECONDS", 0)
    with (
        pytest.raises(RuntimeError, match="does not answer after 0 seconds"),
        running(folder, "monday.npz"),
    ):
        pass


@slow
def test_cells_are_asked_for(folder):
    with running(folder, "monday.npz", num_cells=6, num_probed=6) as service:
        with client(service) as ask:
            found = [one["movie_id"] for one in ask.get("/users/103/top").json()["movies"]]
        words = service.process.args
    assert words[words.index("--cells") + 1] == words[words.index("--probed") + 1] == "6"
    model = Recommender(SETTINGS["scaled"]).fit(table())
    assert found == model.recommend([103], 10)["movie_id"].tolist()


@slow
@on_linux
def test_nobody_reads_the_token_off_the_command_line(folder):
    with running(folder, "monday.npz") as service:
        line = Path(f"/proc/{service.process.pid}/cmdline").read_bytes()
    assert b"scratch.serving.service" in line and service.token.encode() not in line


@slow
@on_linux
def test_it_listens_on_this_machine_alone(folder):
    with running(folder, "monday.npz") as service:
        port = int(service.address.rpartition(":")[2])
        lines = [
            line.split()
            for table_of in ("tcp", "tcp6") if (path := Path(f"/proc/net/{table_of}")).exists()
            for line in path.read_text().splitlines()[1:]
        ]  # fmt: skip
    listening = [words[1] for words in lines if words[3] == "0A"]
    assert [place for place in listening if place.endswith(f":{port:04X}")] == [
        f"0100007F:{port:04X}"
    ]


KILLED = """
import os, signal, sys
from pathlib import Path
from scratch.serving.running import running

with running(Path(sys.argv[1]), "monday.npz") as service:
    print(service.process.pid, service.address, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_it_ends_with_whoever_started_it_however_that_ends(folder):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    address = killed.stdout.split()[1]
    with pytest.raises(httpx.ConnectError):
        for _ in range(200):  # it takes some moments
            httpx.get(f"{address}/health")
            time.sleep(0.05)


class Stood(subprocess.Popen):
    """Stands in for a process: says its words, and ends when it is told to, unless it is deaf."""

    _child_created = False  # there is none to wait for

    def __init__(self, command, words=b"", deaf=False, code=None, **given):
        self.args, self.given, self.deaf, self.returncode = command, given, deaf, code
        self.done, self.stdin = [], io.BytesIO()
        if "stdout" in given:
            given["stdout"].write(words)
            given["stdout"].flush()

    def poll(self):
        return self.returncode

    def terminate(self):
        self.done.append("asked")

    def kill(self):
        self.done.append("killed")
        self.deaf = False

    def wait(self, seconds=None):
        self.done.append(seconds)
        if self.deaf:
            raise subprocess.TimeoutExpired(self.args, seconds)
        self.returncode = 0


class Clock:
    """A time that passes only where somebody sleeps."""

    def __init__(self, at_each_sleep=lambda: None):
        self.now, self.slept, self.at_each_sleep = 100.0, [], at_each_sleep

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.slept.append(seconds)
        self.at_each_sleep()


@pytest.fixture
def stands(monkeypatch):
    """Let the service be such a process, and look at what is asked of it."""
    seen = SimpleNamespace(asked=[], process=None)

    def put(
        words=b"\xff monday.npz answers at http://127.0.0.1:5\n", clock=None, refuses=0, code=None
    ):
        def start(command, **given):
            seen.process = Stood(command, words, code=code, **given)
            return seen.process

        def get(address, trust_env):
            assert not trust_env
            seen.asked.append(address)
            if len(seen.asked) <= refuses:
                raise httpx.ConnectError("refused")
            return SimpleNamespace(raise_for_status=lambda: None)

        names = {"PIPE": subprocess.PIPE, "TimeoutExpired": subprocess.TimeoutExpired}
        monkeypatch.setattr(module, "subprocess", SimpleNamespace(Popen=start, **names))
        monkeypatch.setattr(module, "time", clock or Clock())
        monkeypatch.setattr(module.httpx, "get", get)
        return seen

    return put


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, ["--port", "0", "--probed", "1", "--while-stdin"]),
        (
            {"port": 80, "num_probed": 3, "num_cells": 6},
            ["--port", "80", "--probed", "3", "--while-stdin", "--cells", "6"],
        ),
    ],
)
def test_what_is_started_and_what_it_is_told(stands, tmp_path, monkeypatch, settings, more):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("OTHER", "as it was")
    seen = stands()
    with running("models", "monday.npz", **settings) as service, client(service) as ask:
        process, own = service.process, service.process.given["env"]
        assert (service.address, service.said.is_file()) == ("http://127.0.0.1:5", True)
        assert service.said.name == "said.txt"
        with pytest.raises(dataclasses.FrozenInstanceError):  # it was looked at when it was made
            service.address = "nowhere"
        assert str(ask.base_url).rstrip("/") == service.address
        assert ask.headers["Authorization"] == f"Bearer {service.token}"
    assert seen.asked == ["http://127.0.0.1:5/health"]
    program = [sys.executable, "-P", "-m", "scratch.serving.service"]
    assert process.args == [*program, str(tmp_path / "models"), "--model=monday.npz", *more]
    assert own["SCRATCH_TOKEN"] == service.token and len(service.token) == 32
    assert own["OTHER"] == "as it was"
    package = str(Path(module.scratch.__file__).parent.parent)
    assert own["PYTHONPATH"] == os.pathsep.join([package, "elsewhere"])
    given = process.given
    assert given["stdin"] == subprocess.PIPE and given["stdout"] is given["stderr"]
    assert given["stdout"].closed and not service.said.parent.exists()
    # Asked to end, it has done so, and nothing more was needed.
    assert process.done == ["asked", 10] and process.stdin.closed


def test_no_other_path_of_packages_is_made_up(stands, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    stands()
    with running("models", "monday.npz") as service:
        path = service.process.given["env"]["PYTHONPATH"]
    assert path == str(Path(module.scratch.__file__).parent.parent)


def test_a_deaf_one_has_ten_seconds_and_is_killed():
    process = Stood(["deaf"], deaf=True)
    stop(process)
    assert process.done == ["asked", 10, "killed", None] and process.stdin.closed
    without = Stood(["no input"])
    without.stdin = None
    stop(without)
    assert without.done == ["asked", 10]


def test_it_is_there_when_it_has_said_a_whole_line_and_answers(stands):
    lines = iter([b" at http://127.0.0.1:8", b"0", b"17\nThe token", b" is a secret\n"])

    def say():
        with Path(seen.process.given["stdout"].name).open("ab") as said:
            said.write(next(lines))

    clock = Clock(say)
    seen = stands(b"monday.npz answers", clock, refuses=1)
    with running("models", "monday.npz") as service:
        assert service.address == "http://127.0.0.1:8017"
    assert seen.asked == ["http://127.0.0.1:8017/health"] * 2 and clock.slept == [0.05] * 4


def test_one_that_says_nothing_for_a_minute_is_given_up(stands):
    clock = Clock()
    stands("so far: é".encode(), clock)
    with (
        pytest.raises(RuntimeError, match=r"does not answer after 60 seconds:\nso far: é$"),
        running("models", "monday.npz"),
    ):
        pass
    assert clock.now == pytest.approx(160, abs=0.06)


def test_without_any_time_there_is_no_look_at_it(stands, monkeypatch):
    stands()
    monkeypatch.setattr(module, "START_SECONDS", 0)
    with (
        pytest.raises(RuntimeError, match=r"does not answer after 0 seconds:\n$"),
        running("models", "monday.npz"),
    ):
        pass


@pytest.mark.usefixtures("ascii_by_default")
def test_what_it_said_before_it_ended_is_all_told(stands):
    stands("wie schön\n".encode(), code=3)
    with (
        pytest.raises(RuntimeError, match=r"has ended \(exit code 3\):\nwie schön\n$"),
        running("models", "monday.npz"),
    ):
        pass


def test_a_folder_that_cannot_be_removed_is_no_reason_to_fail(stands):
    stands()
    with running("models", "monday.npz") as service:
        place = service.said.parent
        shutil.rmtree(place)
        place.touch()  # of a file, the folder that it was can't be removed
    place.unlink()
