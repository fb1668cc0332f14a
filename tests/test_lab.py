"""The command `lab`, with a program in JupyterLab's place that is there at once.

`test_course.py` starts the real one.
"""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scratch.course import lab

ROOT = Path(__file__).parents[1]
# Says what it was started with, then does what it is told, as the program `jupyterlab`.
PROGRAM = """
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
print("a line of the log", flush=True)
print("and a complaint", file=sys.stderr, flush=True)
about = {"words": sys.argv[1:], "token": os.environ["JUPYTER_TOKEN"], "pid": os.getpid(),
         "settings": os.environ["JUPYTER_CONFIG_PATH"], "folder": os.getcwd(),
         "apart": not hasattr(os, "getsid") or os.getsid(0) == os.getpid()}
(here / "about.tmp").write_text(json.dumps(about))
(here / "about.tmp").replace(here / "about.json")
if "--fail" in sys.argv:
    print(*range(20), sep="\\n", flush=True)
    sys.exit("an option that is none")
while not (here / "end").exists():
    time.sleep(0.02)
"""


class Server:
    """The program, and what the course is told of it."""

    def __init__(self, folder: Path):
        self.folder = folder / "jupyterlab"
        self.folder.mkdir()
        (self.folder / "__init__.py").write_text("", encoding="utf-8")
        (self.folder / "__main__.py").write_text(PROGRAM, encoding="utf-8")

    def about(self) -> dict:
        return json.loads((self.folder / "about.json").read_text(encoding="utf-8"))

    def running(self) -> list[dict]:
        """In the place of jupyter_server's list; when the program is on it, it may end."""
        if not (self.folder / "about.json").exists():
            return [{"token": "another's", "pid": -1, "url": "http://127.0.0.1:1/"}]
        (self.folder / "end").touch()
        return [self.about() | {"url": "http://127.0.0.1:8888/X/"}]

    def has_ended(self) -> bool:
        try:
            os.kill(self.about()["pid"], 0)
        except ProcessLookupError:
            return True
        return False


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A program that runs in JupyterLab's place; signals are handled afterwards as before."""
    program = Server(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "LOGS", tmp_path / ".course")
    monkeypatch.setattr(lab, "list_running_servers", program.running)
    monkeypatch.setattr(lab, "START_SECONDS", 30)
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has none
    yield program
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


def test_signals_are_handled_afterwards_as_before(server):
    handlers = {"SIGTERM": signal.SIG_IGN, "SIGHUP": signal.SIG_DFL}
    there = {getattr(signal, name): handlers[name] for name in handlers if hasattr(signal, name)}
    for number, handler in there.items():
        signal.signal(number, handler)
    for words in ([], ["--fail"]):
        lab.serve(words)
        assert {number: signal.getsignal(number) for number in there} == there


def test_the_last_line_is_the_address_and_the_rest_is_in_a_log(server, capsys):
    assert lab.serve(["--port=8899"]) == 0
    about, said = server.about(), capsys.readouterr().out.splitlines()
    assert said[-1] == f"http://127.0.0.1:8888/X{lab.FIRST_PAGE}&token={about['token']}"
    name = Path(".course", "lab.log")
    assert said[-3] == f"JupyterLab runs until Ctrl+C; its log is {name}. Open" and said[-2] == ""
    log = server.folder.parent / name
    assert log.read_text(encoding="utf-8").split("\n") == [
        "a line of the log",
        "and a complaint",
        "",
    ]
    assert about["words"][-1] == "--port=8899" and about["words"][:-1] == lab.flags([])
    assert about["settings"].split(os.pathsep)[0] == str(lab.CONFIGURATION)
    assert Path(about["folder"]).samefile(server.folder.parent) and about["apart"]
    assert re.fullmatch("[0-9a-f]{48}", about["token"])


def test_a_log_begins_anew_and_nobody_answers_what_the_server_asks(server, monkeypatch):
    start, started = subprocess.Popen, []

    def popen(words, **how):
        started.append(how["stdin"])
        return start(words, **how)

    monkeypatch.setattr(subprocess, "Popen", popen)
    lab.LOGS.mkdir()
    (lab.LOGS / "lab.log").write_text("of the last time", encoding="utf-8")
    assert lab.serve([]) == 0 and started == [subprocess.DEVNULL]
    assert (lab.LOGS / "lab.log").read_text(encoding="utf-8").startswith("a line of the log\n")


def test_a_server_that_cannot_start_is_told_with_the_end_of_its_log(server, capsys, monkeypatch):
    monkeypatch.setattr(lab, "list_running_servers", list)
    assert lab.serve(["--fail"]) == 1
    log = lab.LOGS / "lab.log"
    end = [*map(str, range(9, 20)), "an option that is none"]
    assert capsys.readouterr().err.splitlines() == [
        f"JupyterLab did not start; the end of {log}:", "", *end,
    ]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_whoever_ends_the_command_ends_the_server(server, capsys, monkeypatch, how):
    def running():
        if (server.folder / "about.json").exists():
            signal.raise_signal(getattr(signal, how))
        return []

    monkeypatch.setattr(lab, "list_running_servers", running)
    assert lab.serve([]) == 0
    assert capsys.readouterr().out == "\nJupyterLab has been stopped.\n"
    assert server.has_ended()


def test_who_waits_too_long_gets_no_address(server, monkeypatch, capsys):
    monkeypatch.setattr(lab, "START_SECONDS", -1)
    assert lab.serve([]) == 1
    assert "did not start" in capsys.readouterr().err


class Process:
    """Stands for a server that runs and has the number 7."""

    pid = 7

    def poll(self):
        return None


@pytest.mark.parametrize(
    ("token", "pid", "secret"),
    [
        ("", 7, ""),
        ("mine", 7, "&token=mine"),  # which a learner has set
        ("ours", 8, "&token=ours"),  # on Windows, the Python of an environment starts another one
    ],
)
def test_a_server_is_known_by_its_number_or_its_token(monkeypatch, token, pid, secret):
    others = [{"token": "another's", "pid": 9, "url": "http://127.0.0.1:1/"}]
    ours = {"token": token, "pid": pid, "url": "http://127.0.0.1:8888/X/"}
    monkeypatch.setattr(lab, "list_running_servers", lambda: [*others, ours])
    page = "/lab/tree/notebooks/00_start_here.ipynb?file-browser-path=/"
    address = f"http://127.0.0.1:8888/X{page}{secret}"
    assert lab.wait_for_address(Process(), "ours") == address


def test_a_server_that_does_not_listen_is_killed():
    class Deaf:
        did = ()

        def poll(self):
            return None

        def terminate(self):
            self.did += ("terminate",)

        def kill(self):
            self.did += ("kill",)

        def wait(self, seconds=None):
            self.did += (f"wait {seconds}",)
            if "kill" not in self.did:
                raise subprocess.TimeoutExpired("jupyterlab", seconds)

    server = Deaf()
    lab.stop(server)
    assert server.did == ("terminate", "wait 10", "kill", "wait None")


@pytest.mark.parametrize(
    ("system", "variable", "has_one"),
    [
        ("linux", None, False),
        ("linux", "DISPLAY", True),
        ("linux", "WAYLAND_DISPLAY", True),
        ("linux", "BROWSER", True),
        ("darwin", None, True),
        ("win32", None, True),
    ],
)
def test_a_browser_is_opened_where_there_is_a_screen(monkeypatch, system, variable, has_one):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    if variable:
        monkeypatch.setenv(variable, ":0")
    assert lab.has_screen() is has_one
    assert ("--no-browser" in lab.flags([])) != has_one


def test_the_course_is_served_to_this_machine_alone_and_opens_at_its_first_page(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(lab, "has_screen", lambda: True)
    assert lab.flags(["--port=8899"]) == [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={lab.ROOT}",
        f"--LabApp.default_url={lab.FIRST_PAGE}",
        f"--LabApp.workspaces_dir={lab.LOGS / 'workspaces'}",
    ]


def test_a_system_without_numbers_of_users_has_no_root(monkeypatch):
    monkeypatch.delattr(os, "geteuid", raising=False)
    assert "--allow-root" not in lab.flags([])


@pytest.mark.parametrize("option", ["--ServerApp.root_dir=here", "--root_dir=here"])
def test_what_the_learner_sets_is_not_set_twice(option):
    left_out = set(lab.flags([])) - set(lab.flags([option]))
    assert left_out == {f"--ServerApp.root_dir={lab.ROOT}"}
    assert lab.flags(["--port=8899"]) == lab.flags([])


@pytest.mark.parametrize("user", [0, 1, 1000])
def test_root_is_let_in(monkeypatch, user):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab.flags([])) == (user == 0)


def test_settings_of_ones_own_come_after_those_of_the_course(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    assert lab.variables("t")["JUPYTER_CONFIG_PATH"] == f"{lab.CONFIGURATION}{os.pathsep}mine"
    monkeypatch.delenv("JUPYTER_CONFIG_PATH")
    assert lab.variables("t")["JUPYTER_CONFIG_PATH"] == str(lab.CONFIGURATION)
    assert lab.variables("t") == os.environ | {
        "JUPYTER_TOKEN": "t", "JUPYTER_CONFIG_PATH": str(ROOT / "scratch" / "course" / "jupyter"),
    }  # fmt: skip
