"""Which Python the course takes and how it is filled, with a pip that only notes what it is asked.

`test_course.py` does the same in earnest, which takes longer.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scratch.course import environment, git_filter, install, paths, spelling

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
    for name in ("TORCH", spelling.AS_IT_IS):
        monkeypatch.delenv(name, raising=False)
    return noted


def test_a_python_that_has_everything_is_taken(set_up, monkeypatch):
    monkeypatch.setattr(environment, "is_complete", lambda: True)
    assert environment.ready() == sys.executable
    assert set_up.told == [sys.executable] and not set_up.filled


def test_on_colab_the_python_at_hand_is_taken_as_it_is(set_up, monkeypatch):
    monkeypatch.setenv(spelling.AS_IT_IS, "1")
    assert environment.ready() == sys.executable
    assert not set_up.told and not set_up.filled


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


def fail_to_set_up(monkeypatch):
    def fail(python):
        raise install.SetupError("no network")

    monkeypatch.setattr(environment, "make", fail)
    monkeypatch.setattr(environment, "works", lambda python: False)
    with pytest.raises(install.SetupError):
        environment.ready()


def test_a_set_up_that_fails_is_not_taken_for_done(set_up, monkeypatch):
    environment.ready()

    fail_to_set_up(monkeypatch)
    assert not (set_up.venv / environment.MARK).exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_behind_a_link_the_mark_of_another_folder_stays(set_up, monkeypatch, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / environment.MARK).write_text("theirs", encoding="utf-8")
    set_up.venv.rmdir()
    set_up.venv.symlink_to(theirs)
    monkeypatch.setattr(environment, "works", lambda python: False)
    environment.unmark(set_up.venv)
    assert (theirs / environment.MARK).read_text(encoding="utf-8") == "theirs"
    monkeypatch.setattr(environment, "works", lambda python: True)  # it was only moved
    environment.unmark(set_up.venv)
    assert not (theirs / environment.MARK).exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
def test_a_set_up_behind_a_link_that_fails_leaves_the_mark_of_the_other_folder(
    set_up, monkeypatch, tmp_path
):
    set_up.venv.rename(tmp_path / "theirs")
    (tmp_path / "theirs" / environment.MARK).write_text("theirs", encoding="utf-8")
    set_up.venv.symlink_to(tmp_path / "theirs")

    fail_to_set_up(monkeypatch)
    assert (tmp_path / "theirs" / environment.MARK).is_file()


def test_the_set_up_depends_on_its_place_its_lists_and_the_build_of_pytorch(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "LOCK", tmp_path / "lock")
    (tmp_path / "lock").write_text("für\nmich==1", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("# für\n# dich", encoding="utf-8")
    monkeypatch.setenv("TORCH", "cpu")
    lines = environment.fingerprint().split("\n")
    assert lines == [str(tmp_path), "cpu", "für", "mich==1", "# für", "# dich"]


def test_it_is_in_a_folder_that_git_ignores():
    ignored = (paths.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert environment.VENV == paths.ROOT / ".venv" and ".venv/" in ignored


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
    monkeypatch.setattr(environment, "has_module", lambda name: name != "venv")
    with pytest.raises(install.SetupError, match=r"no venv\."):
        environment.make_venv(tmp_path / "venv")
    assert not (tmp_path / "venv").exists()


def test_modules_are_found_or_not():
    assert environment.has_module("venv") and not environment.has_module("no_such_module")


def test_a_folder_in_which_none_can_be_made_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    says = r"venv could not be made:\n.*Error: .*'\nCan you write into"  # as Python does
    with pytest.raises(install.SetupError, match=says):
        environment.make_venv(tmp_path / "file" / "venv")
    assert capsys.readouterr().out == "Making venv ...\n"


def test_a_python_in_an_environment_lets_the_one_make_it_that_it_was_made_from(
    monkeypatch, tmp_path
):
    asked = []
    done = SimpleNamespace(returncode=0)
    monkeypatch.setattr(sys, "_base_executable", "the base")
    monkeypatch.setattr(subprocess, "run", lambda words, **_: asked.append(words) or done)
    environment.make_venv(tmp_path / "venv")
    assert asked == [["the base", "-m", "venv", "--clear", str(tmp_path / "venv")]]


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
    assert environment.works(python) is False
    python.parent.mkdir(parents=True)
    about = tmp_path / "venv" / "pyvenv.cfg"
    about.write_text(f"command = python -m venv {tmp_path / 'venv'}\n", encoding="utf-8")
    assert environment.works(python) is False  # it is gone
    about.write_text("command = python -m venv elsewhere\n", encoding="utf-8")
    assert environment.works(python) is False


def test_a_python_works_that_has_pip(tmp_path, monkeypatch):
    (tmp_path / "pyvenv.cfg").write_bytes(b"command = python -m venv " + os.fsencode(tmp_path))
    python = tmp_path / "bin" / "python"
    asked, codes = [], iter([0, 1])

    def run(words, **how):
        asked.append((words, how))
        return SimpleNamespace(returncode=next(codes))

    monkeypatch.setattr(subprocess, "run", run)
    assert environment.works(python) is True and environment.works(python) is False
    # Of what is missing nothing is to be seen.
    assert asked == [([python, "-c", "import pip"], {"capture_output": True})] * 2


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
        text = address and json.dumps({} if address == "nowhere" else {"url": address})
        return SimpleNamespace(read_text=lambda file: text if file == "direct_url.json" else None)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(importlib.metadata, "distribution", distribution)
    monkeypatch.setattr(environment, "locked", lambda: {"numpy": "2.1", "torch": "2.13.0"})
    monkeypatch.chdir(environment.ROOT)
    return there


def test_with_all_versions_and_this_course_it_has(packages):
    assert environment.is_complete() is True


def test_the_course_may_lie_in_a_folder_of_any_name(packages, monkeypatch, tmp_path):
    root = (tmp_path / "Kurs für mich").resolve()
    monkeypatch.setattr(environment, "ROOT", root)
    assert not environment.is_complete()
    packages["scratch"] = root.as_uri()
    assert environment.is_complete()


@pytest.mark.parametrize(
    "other",
    [
        {"numpy": "2.0"},
        {"numpy": None},
        {"scratch": None},
        {"scratch": environment.ROOT.parent.as_uri()},
        {"scratch": ""},  # installed from a wheel
        {"scratch": "nowhere"},
        {"scratch": "file:"},  # which is no place, and not the current folder
    ],
    ids=str,
)
def test_with_another_version_or_another_course_it_has_not(packages, other):
    for name, version in other.items():
        if version is None:
            del packages[name]
        else:
            packages[name] = version
    assert environment.is_complete() is False


# Where things are, and what is to be installed


def test_the_python_of_a_virtual_environment_is_found_on_each_system():
    assert environment.venv_python(Path("v"), windows=True) == Path("v/Scripts/python.exe")
    assert environment.venv_python(Path("v"), windows=False) == Path("v/bin/python")
    here = "Scripts" if sys.platform == "win32" else "bin"
    assert environment.venv_python(Path("v")).parent == Path("v") / here


def test_the_lock_file_is_read_for_this_system():
    pins = environment.locked()
    assert pins["torch"] == "2.13.0"
    assert ("pywinpty" in pins) == (sys.platform == "win32")


def test_a_lock_file_may_hold_remarks_for_people_and_lines_for_other_systems(monkeypatch, tmp_path):
    here, there = (f'sys_platform == "{name}"' for name in (sys.platform, "elsewhere"))
    lines = ["# für alle", "", "a==1.0", f"b==2 ; {here}", f"c==3 ; {there}", "d==4"]
    (tmp_path / "lock").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(environment, "LOCK", tmp_path / "lock")
    assert environment.locked() == {"a": "1.0", "b": "2", "d": "4"}
