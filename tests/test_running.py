import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from test_answers import SETTINGS, table

from scratch.recommenders.fitted import Recommender
from scratch.serving import running as module
from scratch.serving.running import client, running

pytestmark = pytest.mark.slow  # a process takes a second to start
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


def test_it_answers_as_long_as_the_block_lasts(folder):
    with running(folder, "monday.npz") as service, client(service) as ask:
        assert ask.get("/popular").json()["model"] == "monday.npz"
        assert service.process.poll() is None
        said = service.said.read_text(encoding="utf-8")
        assert service.address in said and service.token not in said
    assert service.process.returncode is not None and is_free(service.address)
    assert not service.said.exists()


def test_it_is_stopped_when_the_block_fails(folder):
    with pytest.raises(ZeroDivisionError), running(folder, "monday.npz") as service:
        1 / 0  # noqa: B018
    assert service.process.returncode is not None and is_free(service.address)


def test_one_that_does_not_end_when_asked_is_ended(folder, monkeypatch):
    monkeypatch.setattr(module, "END_SECONDS", 0.2)
    with running(folder, "monday.npz") as service:
        monkeypatch.setattr(service.process, "terminate", lambda: None)
    assert service.process.returncode is not None


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("friday.npz", {}, r"exit code 1\):\nThe service can't begin: there is no file"),
        ("monday.npz", {"num_cells": 99}, "24 items make 1 to 24 cells, not 99"),
        ("monday.npz", {"port": 99_999}, "Port 99999 can't be had .*: --port 0 takes a free one"),
    ],
)  # fmt: skip
def test_one_that_cannot_start_says_why_without_a_traceback(folder, name, options, words):
    with pytest.raises(RuntimeError, match=words) as failed, running(folder, name, **options):
        pass
    assert "Traceback" not in str(failed.value)


def test_a_folder_that_is_not_there(tmp_path):
    with (
        pytest.raises(RuntimeError, match=r"There is no folder .*nowhere\."),
        running(tmp_path / "nowhere", "monday.npz"),
    ):
        pass


def test_a_port_that_is_taken(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(RuntimeError, match=f"Port {port} can't be had"),
            running(folder, "monday.npz", port=port),
        ):
            pass


def test_one_that_says_nothing_in_time_is_given_up(folder, monkeypatch):
    monkeypatch.setattr(module, "START_SECONDS", 0)
    with (
        pytest.raises(RuntimeError, match="does not answer after 0 seconds"),
        running(folder, "monday.npz"),
    ):
        pass


def test_cells_are_asked_for(folder):
    with running(folder, "monday.npz", num_cells=6, num_probed=6) as service:
        with client(service) as ask:
            found = [one["movie_id"] for one in ask.get("/users/103/top").json()["movies"]]
        words = service.process.args
    assert words[words.index("--cells") + 1] == words[words.index("--probed") + 1] == "6"
    model = Recommender(SETTINGS["scaled"]).fit(table())
    assert found == model.recommend([103], 10)["movie_id"].tolist()


@on_linux
def test_nobody_reads_the_token_off_the_command_line(folder):
    with running(folder, "monday.npz") as service:
        line = Path(f"/proc/{service.process.pid}/cmdline").read_bytes()
    assert b"scratch.serving.service" in line and service.token.encode() not in line


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
