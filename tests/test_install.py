"""What is installed and in which build, with a pip that only notes what it is asked, or only talks.

`test_course.py` does the same in earnest, which takes longer.
"""

import contextlib
import http.server
import importlib.metadata
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from scratch.course import environment, install

# Everything, in its order


@pytest.fixture
def noted(monkeypatch, tmp_path):
    """What pip is asked for, word by word; a log, and no program is run."""
    asked = []
    monkeypatch.setattr(install, "pip", lambda python, words, log: asked.append(words))
    monkeypatch.setattr(install, "torch", lambda python, version, log: asked.append(version))
    monkeypatch.setattr(install, "remove_half_installed", asked.append)
    monkeypatch.setattr(install, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(subprocess, "run", lambda words, **how: asked.append((words[1:], how)))
    return asked


def test_pytorch_comes_first_then_the_lock_file_then_the_course_alone(noted, tmp_path):
    course = ["--no-deps", "--no-build-isolation", "-e", str(environment.ROOT)]
    log = tmp_path / "logs" / "install.log"
    for _ in range(2):
        install.all_packages(tmp_path / "bin" / "python", {"numpy": "2.1", "torch": "2.13.0"})
        assert noted == [
            tmp_path,  # is cleaned of what is half there
            "2.13.0",
            ["install", "-r", str(environment.LOCK)],
            ["install", *course],
            (["-c", "import matplotlib.font_manager"], {"capture_output": True}),
        ]
        assert log.read_text(encoding="utf-8") == ""
        log.write_text("of the last time", encoding="utf-8")
        noted.clear()


def test_a_lock_file_without_pytorch_is_installed_as_it_is(noted, tmp_path, capsys):
    install.all_packages(tmp_path / "bin" / "python", {"numpy": "2.1"})
    assert noted[1][:2] == ["install", "-r"]
    assert "Installing 1 packages" in capsys.readouterr().out


def test_what_pip_had_not_finished_is_forgotten(tmp_path):
    for name, is_whole in (("one-1.dist-info", True), ("two-1.dist-info", False)):
        known = tmp_path / "lib" / "site-packages" / name
        known.mkdir(parents=True)
        (known / "METADATA").write_text("", encoding="utf-8")
        if is_whole:
            (known / "INSTALLER").write_text("pip", encoding="utf-8")
    install.remove_half_installed(tmp_path)
    assert [p.name for p in (tmp_path / "lib" / "site-packages").iterdir()] == ["one-1.dist-info"]


@pytest.mark.parametrize(("says", "means"), [("", ""), (" CUDA ", "cuda"), ("cpu", "cpu")])
def test_torch_is_cpu_or_cuda_or_what_fits(monkeypatch, says, means):
    monkeypatch.setenv("TORCH", says)
    assert install.wanted_torch() == means


def test_without_a_word_about_torch_what_fits_is_taken(monkeypatch):
    monkeypatch.delenv("TORCH", raising=False)
    assert install.wanted_torch() == ""


def test_any_other_torch_is_refused(monkeypatch):
    monkeypatch.setenv("TORCH", "rocm")
    with pytest.raises(install.SetupError, match="TORCH is 'rocm': set it to cpu or cuda"):
        install.wanted_torch()


@pytest.mark.parametrize(
    ("found", "system", "build"),
    [
        ("2.13.0+cpu", "linux", "cpu"),
        ("2.13.0", "linux", "cuda"),
        ("2.13.0+cu130", "linux", "cuda"),
        ("2.13.0", "darwin", "cpu"),
        ("2.12.0+cpu", "linux", ""),
        ("", "linux", ""),
    ],
)
def test_the_build_of_pytorch_is_known_by_its_version(monkeypatch, found, system, build):
    done = SimpleNamespace(stdout=f"{found}\n")
    monkeypatch.setattr(subprocess, "run", lambda words, **_: done)
    monkeypatch.setattr(sys, "platform", system)
    assert install.installed_torch(Path("python"), "2.13.0") == build


def test_the_build_that_is_installed_here_is_found():
    version = importlib.metadata.version("torch").partition("+")[0]
    assert install.installed_torch(Path(sys.executable), version) in ("cpu", "cuda")


@pytest.mark.parametrize("program", ["nvidia-smi", None])
@pytest.mark.parametrize("file", ["/proc/driver/nvidia/version", None])
def test_a_driver_is_known_by_its_file_or_its_program(monkeypatch, file, program):
    monkeypatch.setattr(install.shutil, "which", lambda name: program if name == program else None)
    monkeypatch.setattr(Path, "exists", lambda path: path.as_posix() == file)
    assert install.has_nvidia_driver() is bool(file or program)


# Which PyTorch


@pytest.fixture
def pips(monkeypatch):
    """What pip is asked for, with an answer for each kind of question."""
    asked = []
    answers = {"disk": False, "index": True, "reach": True, "driver": False, "installed": ""}

    def pip(python, arguments, log, may_fail=False):
        asked.append(" ".join(arguments))
        assert may_fail == ("--no-index" in arguments or "-i" in arguments)  # all that is tried
        if "--no-index" in arguments:
            return answers["disk"]
        return answers["index"] if "-i" in arguments else True

    monkeypatch.setattr(install, "pip", pip)
    index = f"{CPU_BUILDS}/torch/"
    monkeypatch.setattr(install, "can_reach", lambda address: answers["reach"] or address != index)
    monkeypatch.setattr(install, "has_nvidia_driver", lambda: answers["driver"])
    monkeypatch.setattr(install, "installed_torch", lambda python, version: answers["installed"])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("TORCH", raising=False)
    return asked, answers


def last_choice(pips, **answers) -> str:
    asked, known = pips
    known.update(answers)
    install.torch(Path("python"), "2.13.0", Path("log"))
    return asked[-1] if asked else "nothing"


CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
FROM_DISK = "install --no-index --no-deps torch==2.13.0"
FROM_INDEX = f"install --no-deps -i {CPU_BUILDS} torch==2.13.0"


def test_without_a_driver_the_build_without_gpu_libraries_is_taken(pips, capsys):
    assert last_choice(pips) == FROM_INDEX
    assert "PyTorch without GPU libraries" in capsys.readouterr().out


def test_a_wheel_on_the_disk_is_taken_before_anything_is_fetched(pips, capsys):
    assert last_choice(pips, disk=True) == FROM_DISK
    assert "from a wheel on this machine's disk" in capsys.readouterr().out


def test_with_a_driver_the_plain_package_is_taken_and_its_size_named(pips, capsys):
    assert last_choice(pips, driver=True, disk=True) == "install torch===2.13.0"
    assert f"PyTorch with CUDA ({install.SIZE_OF_CUDA})" in capsys.readouterr().out


def test_an_index_that_does_not_answer_is_not_asked(pips):
    assert last_choice(pips, reach=False) == "install torch==2.13.0"
    assert pips[0][:-1] == [FROM_DISK]


@pytest.mark.parametrize("broken", [{"reach": False}, {"index": False}])
def test_without_the_index_the_plain_package_is_taken_and_its_size_named(pips, broken, capsys):
    assert last_choice(pips, **broken) == "install torch==2.13.0"
    assert install.SIZE_OF_CUDA in capsys.readouterr().out


@pytest.mark.parametrize("build", ["cpu", "cuda"])
def test_what_is_installed_is_kept(pips, build, monkeypatch, capsys):
    assert last_choice(pips, installed=build, driver=True) == "nothing"
    assert capsys.readouterr().out == "  PyTorch 2.13.0 is there already and is kept.\n"
    monkeypatch.setenv("TORCH", build)
    assert last_choice(pips) == "nothing"


def test_torch_overrides_what_is_installed_and_what_the_machine_has(pips, monkeypatch):
    monkeypatch.setenv("TORCH", "cuda")
    chosen = last_choice(pips, installed="cpu")
    assert chosen == "install --force-reinstall torch===2.13.0"
    monkeypatch.setenv("TORCH", "cpu")
    chosen = last_choice(pips, installed="cuda", driver=True)
    assert chosen == FROM_INDEX.replace("-deps", "-deps --force-reinstall")


def test_who_asks_for_the_cpu_build_never_gets_gigabytes_instead(pips, monkeypatch):
    monkeypatch.setenv("TORCH", "cpu")
    with pytest.raises(install.SetupError, match="cannot be reached, and no wheel"):
        last_choice(pips, reach=False)


@pytest.mark.parametrize("wanted", ["", "cpu", "cuda"])
def test_elsewhere_than_on_linux_there_is_one_build(pips, monkeypatch, capsys, wanted):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("TORCH", wanted)
    assert last_choice(pips) == "install torch==2.13.0" and len(pips[0]) == 1
    said = capsys.readouterr().out
    assert "only on Linux" in said if wanted == "cuda" else said == ""


@contextlib.contextmanager
def server(status: int, wait: float = 0):
    """A web server on this machine that answers everything alike, after some seconds."""
    over = threading.Event()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            over.wait(wait)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/"
    finally:
        over.set()
        running.shutdown()
        running.server_close()


def test_whether_an_index_can_be_reached_is_known_in_seconds():
    with server(200) as address:
        assert install.can_reach(address) is True
    assert install.can_reach(address) is False  # nobody listens any more
    assert not install.can_reach("nonsense")
    with server(404) as address:
        assert not install.can_reach(address)
    before = {*threading.enumerate()}
    with server(200, wait=60) as address:
        start = time.monotonic()
        assert not install.can_reach(address, seconds=0.2)
        assert time.monotonic() - start < 30
        # Whoever still waits for the answer keeps nobody from ending.
        assert all(thread.daemon for thread in {*threading.enumerate()} - before)


# What pip says, and what is passed on


def pip_that_says(monkeypatch, *lines):
    asked = []
    monkeypatch.setattr(install, "lines_of", lambda program: asked.append(program) or iter(lines))
    return asked


COLLECTS = "Collecting numpy\n"
FETCHES = "  Downloading numpy-2.1-cp311-manylinux.whl (16.4 MB)\n"
FAILS = "ERROR: No matching distribution found for thinky==3.0\n"


def test_what_pip_says_is_in_the_log(monkeypatch, tmp_path, capsys):
    (tmp_path / "log").write_text("Before: für mich\n", encoding="utf-8")
    asked = pip_that_says(monkeypatch, COLLECTS, None, "zurück\n", "exit code 0\n")
    assert install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log") is True
    said = f"Before: für mich\n{COLLECTS}zurück\nexit code 0\n"
    assert (tmp_path / "log").read_text(encoding="utf-8") == said
    assert capsys.readouterr().out == ""
    options = ["--disable-pip-version-check", "--no-color", "--no-input"]
    assert asked == [[str(tmp_path / "bin/python"), "-m", "pip", *options, "install"]]


def test_each_line_is_in_the_log_before_pip_goes_on(monkeypatch, tmp_path):
    def lines(program):
        yield COLLECTS
        assert (tmp_path / "log").read_text(encoding="utf-8") == COLLECTS
        yield "exit code 0\n"

    monkeypatch.setattr(install, "lines_of", lines)
    assert install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log")


def test_a_pip_that_works_for_long_is_heard_of_every_nine_seconds(monkeypatch, tmp_path, capsys):
    clock = SimpleNamespace(now=100)

    def lines(program):
        for clock.now in range(100, 127):
            yield None
        yield "exit code 0\n"

    monkeypatch.setattr(install, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(install, "lines_of", lines)
    install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log")
    said = "looking for packages; 0 MB so far\n"
    assert capsys.readouterr().out == f"     9 s: {said}    18 s: {said}"


def test_a_pip_that_takes_long_says_what_it_does(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(install, "QUIET_SECONDS", -1)
    pip_that_says(monkeypatch, COLLECTS, FETCHES, None, "exit code 0\n")
    install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log")
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 4
    assert "looking for packages" in said[0]
    assert "fetching numpy (16 MB); 16 MB so far" in said[1] and said[1:3] == [said[1]] * 2


def test_a_pip_that_fails_names_its_complaint_and_the_log(monkeypatch, tmp_path):
    pip_that_says(monkeypatch, COLLECTS, FAILS, "exit code 1\n")
    with pytest.raises(install.SetupError) as error:
        install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log")
    assert str(error.value).startswith(FAILS) and str(tmp_path / "log") in str(error.value)
    assert COLLECTS not in str(error.value)


@pytest.mark.parametrize(
    ("told", "remedy"),
    [
        (FAILS, "Is there a network?"),
        ("ERROR: ResolutionImpossible: for help visit ...\n", "do not fit together: the log says"),
        ("ERROR: ... have conflicting dependencies.\n", "do not fit together: the log says"),
        ("ERROR: ... an OSError: [Errno 28] No space left on device\n", "The disk is full."),
        ("ERROR: ... an OSError: [Errno 13] Permission denied: 'x'\n", "cannot be written"),
    ],
)
def test_a_pip_that_fails_says_what_to_do_next(monkeypatch, tmp_path, told, remedy):
    pip_that_says(monkeypatch, told, "exit code 1\n")
    with pytest.raises(install.SetupError) as error:
        install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log")
    assert remedy in str(error.value).splitlines()[-1]


def test_a_pip_that_may_fail_says_no(monkeypatch, tmp_path):
    pip_that_says(monkeypatch, FAILS, "exit code 1\n")
    log = tmp_path / "log"
    assert install.pip(tmp_path / "bin/python", ["install"], log, may_fail=True) is False


def test_lines_come_when_they_are_printed_and_silence_is_told(monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "")
    program = "import time; print('one'); time.sleep(1.3); print('two'); raise SystemExit(5)"
    heard = list(install.lines_of([sys.executable, "-c", program]))
    assert [line for line in heard if line] == ["one\n", "two\n", "exit code 5\n"]
    assert heard.index("one\n") < heard.index(None) < heard.index("two\n")
    assert heard.count(None) < 100  # one a second


def test_whatever_a_program_writes_is_heard_and_nobody_answers_it(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    program = "import os, sys; print('\\u00fc', flush=True); os.write(2, bytes([255, 10]))"
    start, started = subprocess.Popen, []

    def popen(words, **how):
        started.append(how)
        return start(words, **how)

    monkeypatch.setattr(subprocess, "Popen", popen)
    heard = [line for line in install.lines_of([sys.executable, "-c", program]) if line]
    assert heard == ["ü\n", "\ufffd\n", "exit code 0\n"]
    # Whatever the system's own encoding is; and a program that asks something is told at once
    # that nobody is there.
    assert started[0]["encoding"] == "utf-8" and started[0]["stdin"] == subprocess.DEVNULL


def test_a_program_that_nobody_listens_to_is_ended():
    before = {*threading.enumerate()}
    lines = install.lines_of(
        [sys.executable, "-c", "import os, time; print(os.getpid()); time.sleep(600)"]
    )
    process = int(next(line for line in lines if line))
    (listens,) = {*threading.enumerate()} - before
    assert listens.daemon  # who gives up need not wait for it
    start = time.monotonic()
    lines.close()
    assert time.monotonic() - start < 300
    if os.name == "posix":
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "looking for packages; 0 MB so far"),
        (["Requirement already satisfied: numpy\n"], "looking for packages; 0 MB so far"),
        (["  Downloading a-1.whl.metadata (62 kB)\n"], "fetching a; 0 MB so far"),
        (["  Downloading a-1.whl (600 kB)\n"], "fetching a; 1 MB so far"),
        (["  Downloading a-1.whl (1.0 MB)\n"], "fetching a (1 MB); 1 MB so far"),
        (["  Downloading a-1.whl (1.5 GB)\n", FETCHES], "fetching numpy (16 MB); 1,516 MB so far"),
        ([FETCHES, "Installing collected packages: numpy\n"], "unpacking; 2 packages are there"),
    ],
)
def test_progress_is_one_short_line(tmp_path, capsys, lines, said):
    for name in ("one", "two"):
        (tmp_path / "lib" / "site-packages" / f"{name}-1.dist-info").mkdir(parents=True)
    progress = install.Progress(tmp_path)
    for line in lines:
        progress.hear(line)
    progress.say()
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf" +\d+ s: {re.escape(said)}", line)


def test_a_long_installation_says_what_it_is_doing(monkeypatch, tmp_path, capsys):
    printed = ["Collecting torch==2.13.0", "  Downloading torch-2.13.0-cp311-x.whl (191.8 MB)"]
    printed += ["  Downloading six-1.17.0-py2.py3-none-any.whl (11 kB)"]
    pretend = tmp_path / "pretend.py"
    pretend.write_text("\n".join(f"print({line!r})" for line in printed), encoding="utf-8")
    monkeypatch.setattr(install, "QUIET_SECONDS", -1)
    real = install.lines_of
    monkeypatch.setattr(install, "lines_of", lambda program: real([sys.executable, str(pretend)]))
    assert install.pip(Path("python"), ["install"], tmp_path / "log")
    shown = capsys.readouterr().out
    assert re.search(r"\d s: fetching torch \(192 MB\); 192 MB so far", shown)
    assert "fetching six;" in shown
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines()[:3] == printed
