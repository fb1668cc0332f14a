"""Which Python the course takes and how it is filled, with a pip that only notes what it is asked.

`test_course.py` does the same in earnest, which takes longer.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from scratch.course import environment, git_filter, install

# Is the set-up to be done, and is it done again?


@pytest.fixture
def set_up(monkeypatch, tmp_path):
    """The set-up of a folder of its own; notes which Pythons were filled and told to git."""
    noted = SimpleNamespace(filled=[], told=[], venv=tmp_path / ".venv")
    noted.venv.mkdir()
    monkeypatch.setattr(environment, "VENV", noted.venv)
    monkeypatch.setattr(environment, "is_complete", lambda: False)
    monkeypatch.setattr(environment, "works", lambda python: True)
    monkeypatch.setattr(environment, "make", noted.filled.append)
    monkeypatch.setattr(git_filter, "install", lambda root, python: noted.told.append(python))
    monkeypatch.delenv("TORCH", raising=False)
    return noted


def test_a_python_that_has_everything_is_taken(set_up, monkeypatch):
    monkeypatch.setattr(environment, "is_complete", lambda: True)
    assert environment.ready() == sys.executable
    assert set_up.told == [sys.executable] and not set_up.filled


def test_another_is_filled_once(set_up, capsys):
    python = environment.venv_python(set_up.venv)
    assert environment.ready() == environment.ready() == str(python)
    assert set_up.filled == [python] and set_up.told == [str(python)] * 2
    assert capsys.readouterr().out == "Installed.\n"


def change_the_lock(set_up, monkeypatch, tmp_path):
    (tmp_path / "requirements.lock").write_text("numpy==1\n", encoding="utf-8")
    monkeypatch.setattr(environment, "LOCK", tmp_path / "requirements.lock")


def break_the_python(set_up, monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "works", lambda python: False)


def ask_for_another_pytorch(set_up, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH", "cpu")


def interrupt_it(set_up, monkeypatch, tmp_path):
    (set_up.venv / environment.MARK).unlink()


@pytest.mark.parametrize(
    "happens", [change_the_lock, break_the_python, ask_for_another_pytorch, interrupt_it]
)
def test_it_is_filled_again_when(set_up, monkeypatch, tmp_path, happens):
    environment.ready()
    happens(set_up, monkeypatch, tmp_path)
    environment.ready()
    assert len(set_up.filled) == 2


def test_a_set_up_that_fails_is_not_taken_for_done(set_up, monkeypatch):
    environment.ready()

    def fail(python):
        raise install.SetupError("no network")

    monkeypatch.setattr(environment, "make", fail)
    monkeypatch.setattr(environment, "works", lambda python: False)
    with pytest.raises(install.SetupError):
        environment.ready()
    assert not (set_up.venv / environment.MARK).exists()


# Making it


@pytest.mark.parametrize("is_there", [True, False])
def test_an_environment_that_works_is_filled_as_it_is(monkeypatch, is_there):
    made, filled = [], []
    monkeypatch.setattr(environment, "works", lambda python: is_there)
    monkeypatch.setattr(environment, "make_venv", made.append)
    monkeypatch.setattr(install, "all_packages", lambda python, pins: filled.append((python, pins)))
    environment.make(Path("python"))
    assert made == ([] if is_there else [environment.VENV])
    assert filled == [(Path("python"), environment.locked())]


@pytest.mark.parametrize(("version", "is_newer"), [((3, 13), False), ((3, 14), True)])
def test_a_python_newer_than_those_tried_is_told(monkeypatch, capsys, version, is_newer):
    monkeypatch.setattr(environment, "works", lambda python: True)
    monkeypatch.setattr(install, "all_packages", lambda python, pins: None)
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    environment.make(Path("python"))
    assert ("tried on Python 3.11 to 3.13" in capsys.readouterr().out) == is_newer


def test_a_python_that_can_make_none_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "has_module", lambda name: name != "ensurepip")
    with pytest.raises(install.SetupError, match=r"no ensurepip.*\n.*python3-venv"):
        environment.make_venv(tmp_path / "venv")
    assert not (tmp_path / "venv").exists()


def test_modules_are_found_or_not():
    assert environment.has_module("venv") and not environment.has_module("no_such_module")


def test_a_folder_in_which_none_can_be_made_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(install.SetupError, match=r"(?s)venv could not be made.*Can you write into"):
        environment.make_venv(tmp_path / "file" / "venv")
    assert capsys.readouterr().out == "Making venv ...\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_an_environment_that_is_a_link_to_another_copys_is_not_emptied(tmp_path, capsys):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    (theirs / "kept").write_text("", encoding="utf-8")
    ours.symlink_to(theirs)
    environment.make_venv(ours)
    assert (theirs / "kept").exists() and not ours.is_symlink()
    assert environment.venv_python(ours).exists()


def test_a_python_that_is_gone_or_was_made_for_another_folder_does_not_work(tmp_path):
    python = environment.venv_python(tmp_path / "venv")
    assert not environment.works(python)
    python.parent.mkdir(parents=True)
    about = tmp_path / "venv" / environment.MARK_OF_PLACE
    about.write_text(f"command = python -m venv {tmp_path / 'venv'}\n", encoding="utf-8")
    assert not environment.works(python)  # it is gone
    about.write_text("command = python -m venv elsewhere\n", encoding="utf-8")
    assert not environment.works(python)


def test_a_python_works_that_has_pip(tmp_path, monkeypatch):
    (tmp_path / environment.MARK_OF_PLACE).write_bytes(os.fsencode(tmp_path))
    for code in (0, 1):
        done = SimpleNamespace(returncode=code)
        monkeypatch.setattr(subprocess, "run", lambda words, done=done, **_: done)
        assert environment.works(tmp_path / "bin" / "python") == (code == 0)


# Has the Python at hand everything?


@pytest.fixture
def packages(monkeypatch):
    """What is installed: versions by name, and the address that this course came from."""
    there = {"numpy": "2.1", "torch": "2.13.0+cpu", "scratch": environment.ROOT.as_uri()}

    def version(name):
        if name not in there:
            raise importlib.metadata.PackageNotFoundError(name)
        return there[name]

    def distribution(name):
        address = version(name)
        return SimpleNamespace(read_text=lambda file: address and json.dumps({"url": address}))

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(importlib.metadata, "distribution", distribution)
    monkeypatch.setattr(environment, "locked", lambda: {"numpy": "2.1", "torch": "2.13.0"})
    return there


def test_with_all_versions_and_this_course_it_has(packages):
    assert environment.is_complete()


@pytest.mark.parametrize(
    "other",
    [
        {"numpy": "2.0"},
        {"numpy": None},
        {"scratch": None},
        {"scratch": environment.ROOT.parent.as_uri()},
        {"scratch": ""},  # installed from a wheel
    ],
    ids=str,
)
def test_with_another_version_or_another_course_it_has_not(packages, other):
    for name, version in other.items():
        if version is None:
            del packages[name]
        else:
            packages[name] = version
    assert not environment.is_complete()


# Filling it


@pytest.fixture
def pips(monkeypatch, tmp_path):
    """What pip is asked for, word by word; a log, and no program is run."""
    asked = []
    monkeypatch.setattr(install, "pip", lambda python, words, log: asked.append(words))
    monkeypatch.setattr(install, "torch", lambda python, version, log: asked.append(version))
    monkeypatch.setattr(install, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(subprocess, "run", lambda words, **_: asked.append(words[1:]))
    return asked


def test_pytorch_comes_first_then_the_lock_file_then_the_course_alone(pips, tmp_path):
    install.all_packages(tmp_path / "bin" / "python", {"numpy": "2.1", "torch": "2.13.0"})
    torch, lock, course, fonts = pips
    assert torch == "2.13.0"
    assert lock == ["install", "-r", str(environment.LOCK)]
    assert course[-2:] == ["-e", str(environment.ROOT)] and "--no-deps" in course
    assert "matplotlib.font_manager" in fonts[-1]
    assert (tmp_path / "logs" / "install.log").read_text(encoding="utf-8") == ""


def test_a_lock_file_without_pytorch_is_installed_as_it_is(pips, tmp_path, capsys):
    install.all_packages(tmp_path / "bin" / "python", {"numpy": "2.1"})
    assert pips[0][:2] == ["install", "-r"]
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


def test_any_other_torch_is_refused(monkeypatch):
    monkeypatch.setenv("TORCH", "rocm")
    with pytest.raises(install.SetupError, match="TORCH is 'rocm': set it to cpu or cuda"):
        install.wanted_torch()


def test_cuda_for_a_system_that_has_none_is_said_not_to_come(pips, monkeypatch, capsys):
    asked = []
    monkeypatch.undo()
    monkeypatch.setattr(install, "pip", lambda python, words, log: asked.append(words))
    monkeypatch.setattr(install, "installed_torch", lambda python, version: "")
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("TORCH", "cuda")
    install.torch(Path("python"), "2.13.0", Path("log"))
    assert asked == [["install", "torch==2.13.0"]]
    assert "only on Linux" in capsys.readouterr().out


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


@pytest.mark.parametrize("program", ["/usr/bin/nvidia-smi", None])
def test_a_driver_is_known_by_its_file_or_its_program(monkeypatch, program):
    monkeypatch.setattr(install.shutil, "which", lambda name: program)
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert install.has_nvidia_driver() == (program is not None)


# What pip says, and what is passed on


def pip_that_says(monkeypatch, *lines):
    monkeypatch.setattr(install, "lines_of", lambda program: iter(lines))


COLLECTS = "Collecting numpy\n"
FETCHES = "  Downloading numpy-2.1-cp311-manylinux.whl (16.4 MB)\n"
FAILS = "ERROR: No matching distribution found for thinky==3.0\n"


def test_what_pip_says_is_in_the_log(monkeypatch, tmp_path, capsys):
    pip_that_says(monkeypatch, COLLECTS, None, FETCHES, "exit code 0\n")
    assert install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log")
    assert (tmp_path / "log").read_text("utf-8") == f"{COLLECTS}{FETCHES}exit code 0\n"
    assert capsys.readouterr().out == ""


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
    assert not install.pip(tmp_path / "bin/python", ["install"], tmp_path / "log", may_fail=True)


def test_lines_come_when_they_are_printed_and_silence_is_told():
    program = "import time; print('one'); time.sleep(1.3); print('two'); raise SystemExit(5)"
    heard = list(install.lines_of([sys.executable, "-c", program]))
    assert [line for line in heard if line] == ["one\n", "two\n", "exit code 5\n"]
    assert heard.index("one\n") < heard.index(None) < heard.index("two\n")


def test_a_program_that_nobody_listens_to_is_ended():
    lines = install.lines_of(
        [sys.executable, "-c", "import os, time; print(os.getpid()); time.sleep(600)"]
    )
    process = int(next(line for line in lines if line))
    start = time.monotonic()
    lines.close()
    assert time.monotonic() - start < 300
    if os.name == "posix":
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "looking for packages"),
        (["Requirement already satisfied: numpy\n"], "looking for packages"),
        (["  Downloading a-1.whl.metadata (62 kB)\n"], "fetching a; 0 MB so far"),
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
    assert said in line and re.search(r"\d+ s", line)
