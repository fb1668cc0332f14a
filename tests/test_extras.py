"""What a command needs beside the course is installed once, and again when its versions change."""

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scratch.course import extras
from scratch.course.environment import locked
from scratch.course.install import SetupError
from scratch.course.paths import LOGS

pytestmark = pytest.mark.usefixtures("ascii_by_default")

PINS = "one==1  # für das Buch\n"
EXTRAS = {"deck": extras.DECK, "book": extras.BOOK, "scale": extras.SCALE}


@pytest.fixture
def an_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "LOGS", tmp_path / "logs")
    (tmp_path / "pins.txt").write_text(PINS, encoding="utf-8")
    (tmp_path / "one").mkdir()  # as pip does
    return extras.Extra(tmp_path / "pins.txt", tmp_path / "one", "one")


def test_an_extra_is_installed_once_beside_the_course(an_extra, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(extras.install, "pip", lambda *words: asked.append(words))
    extras.fetch(an_extra), extras.fetch(an_extra)
    ((python, words, log),) = asked
    assert python == Path(sys.executable) and capsys.readouterr().out == "Installing one ...\n"
    beside = ["--no-deps", "--upgrade", "--target", str(an_extra.folder)]
    assert words == ["install", *beside, "-r", str(an_extra.pins)]
    assert (an_extra.folder / ".installed").read_text(encoding="utf-8") == PINS
    assert log == extras.LOGS / "one.log" and log.read_text(encoding="utf-8") == ""
    log.write_text("of the last time", encoding="utf-8")
    an_extra.pins.write_text(PINS.replace("1", "2"), encoding="utf-8")
    extras.fetch(an_extra)
    assert len(asked) == 2 and log.read_text(encoding="utf-8") == ""


def test_an_installation_that_failed_is_done_again(an_extra, monkeypatch):
    def fail(*_):
        raise SetupError("no network")

    monkeypatch.setattr(extras.install, "pip", fail)
    for _ in range(2):
        with pytest.raises(SetupError):
            extras.fetch(an_extra)


@pytest.mark.parametrize("name", EXTRAS)
def test_each_has_a_folder_of_its_name_among_what_git_ignores(name):
    assert EXTRAS[name].folder == LOGS / name


@pytest.mark.parametrize("name", EXTRAS)
def test_the_pins_are_exact_and_sorted(name):
    lines = EXTRAS[name].pins.read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins and all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    assert pins == sorted(pins, key=lambda pin: canonicalize_name(pin.partition("==")[0]))


@pytest.mark.parametrize("name", ["book", "scale"])
def test_whatever_an_extra_needs_is_pinned_for_it_or_for_the_course(name):
    folder = EXTRAS[name].folder
    if not (folder / ".installed").is_file():
        pytest.skip(f"it is not installed beside the course: `make {name}` does that")
    pins = {
        canonicalize_name(found.name): found
        for found in importlib.metadata.distributions(path=[str(folder)])
    }
    versions = {canonicalize_name(name): version for name, version in locked().items()}
    versions |= {name: found.version for name, found in pins.items()}
    for name, found in pins.items():
        for text in found.requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                version = versions.get(canonicalize_name(needed.name))
                assert version and needed.specifier.contains(version), f"{name} needs {text}"
