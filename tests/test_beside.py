"""The environments of the peers, beside the course's own."""

from pathlib import Path

import pytest

from scratch.course import beside, environment, install


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What is done to the environment of a place in a folder of its own; nothing is installed."""
    asked = []
    monkeypatch.setattr(beside, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(install, "torch", lambda *words: asked.append(("torch", *words)))
    monkeypatch.setattr(install, "pip", lambda *words: asked.append(("pip", *words)))
    monkeypatch.setattr(environment, "works", lambda python: python.parents[1].is_dir())

    def make_venv(venv):
        venv.mkdir(exist_ok=True)
        asked.append(("make", venv))

    monkeypatch.setattr(environment, "make_venv", make_venv)
    return asked


@pytest.fixture
def place(tmp_path):
    (tmp_path / "pins.txt").write_text("# für alle\na==1\n", encoding="utf-8")
    return beside.Beside(tmp_path / ".venv-bench", tmp_path / "pins.txt")


def test_the_peers_get_an_environment_once(asked, place, tmp_path, capsys):
    python = str(environment.venv_python(place.venv))
    assert beside.ready(place) == beside.ready(place) == python
    log = tmp_path / "logs" / "bench.log"
    words = ["install", "-r", str(place.pins)]
    assert asked == [("make", place.venv), ("pip", Path(python), words, log)]
    assert capsys.readouterr().out == "Installing the libraries to compare with ...\n"


def change_the_versions(place, monkeypatch):
    place.pins.write_text("# für alle\na==2\n", encoding="utf-8")


def break_it(place, monkeypatch):
    monkeypatch.setattr(environment, "works", lambda python: False)


def interrupt_it(place, monkeypatch):
    (place.venv / environment.MARK).unlink()


def move_the_course(place, monkeypatch):
    monkeypatch.setattr(beside, "ROOT", place.venv.parent)


@pytest.mark.parametrize("happens", [change_the_versions, break_it, interrupt_it, move_the_course])
def test_they_get_it_again_when(asked, place, monkeypatch, tmp_path, happens):
    beside.ready(place)
    log = tmp_path / "logs" / "bench.log"
    log.write_text("of the last time", encoding="utf-8")
    happens(place, monkeypatch)
    beside.ready(place)
    assert [step for step, *_ in asked] == ["make", "pip"] * 2 and log.read_text(
        encoding="utf-8"
    ) == ""


def test_an_environment_that_could_not_be_filled_is_not_taken_for_done(asked, place, monkeypatch):
    beside.ready(place)
    place.pins.write_text("a==3\n", encoding="utf-8")

    def fail(*_):
        raise install.SetupError("no network")

    monkeypatch.setattr(install, "pip", fail)
    for _ in range(2):
        with pytest.raises(install.SetupError):
            beside.ready(place)
    assert not (place.venv / environment.MARK).exists()


def test_pytorch_comes_in_its_build_before_the_library_that_needs_it(asked, place, tmp_path):
    place.pins.write_text("# A remark.\nlenskit==1\ntorch==2.0\n", encoding="utf-8")
    python = Path(beside.ready(place))
    torch, pip = asked[1:]
    assert torch == ("torch", python, "2.0", tmp_path / "logs" / "bench.log")
    assert pip[0] == "pip"


@pytest.mark.slow
def test_an_environment_is_made_in_earnest(monkeypatch, tmp_path, place):
    monkeypatch.setattr(beside, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(install, "pip", lambda *words: None)
    python = beside.ready(place)
    assert environment.works(Path(python))


@pytest.mark.parametrize(
    ("place", "name", "apart"),  # apart is what a library wants in another version
    [
        (beside.PEERS, ".venv-bench", "setuptools"),
        (beside.LENSKIT, ".venv-bench-lenskit", "pandas"),
    ],
    ids=["peers", "lenskit"],
)
def test_the_peers_run_beside_the_versions_of_the_course(place, name, apart):
    assert place.venv == environment.ROOT / name  # .gitignore has it
    pins = dict(
        line.split("==")
        for line in place.pins.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    shared = pins.keys() & environment.locked().keys()
    assert apart in shared and len(shared) >= 7
    assert {n for n in shared if environment.locked()[n] != pins[n]} == {apart}
