"""The teacher's commands, and the one that writes exercises into notebooks."""

import shutil
from pathlib import Path

import nbformat
import pytest

from scratch.course import cli, exercises, kit

ROOT = Path(__file__).parents[1]


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.setattr(kit, "BUILD", tmp_path / "build")
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    return tmp_path / "build"


def test_recall_makes_the_sheets_asked_for(build, capsys):
    assert cli.recall(["3", "04"]) == 0
    assert [path.name[:2] for path in sorted((build / "recall").iterdir())] == ["03", "04"]
    assert capsys.readouterr().out.startswith("build/recall/03_item_based.ipynb")


@pytest.mark.parametrize("command", [cli.recall, cli.slides, cli.exercises])
def test_a_number_without_a_notebook_is_named(command, build, capsys):
    assert command(["77"]) == 1
    assert "There is no notebook 77" in capsys.readouterr().err
    assert not build.exists()


def test_handout_takes_no_options(build, capsys):
    assert cli.handout(["3"]) == 2 and "takes no options" in capsys.readouterr().err


def test_docs_say_which_notebook_has_no_place_on_the_map(build, tmp_path, capsys):
    (tmp_path / "notebooks").mkdir()
    opening = nbformat.v4.new_markdown_cell("# More\n\n**You need** notebook 15.")
    nbformat.write(
        nbformat.v4.new_notebook(cells=[opening]), tmp_path / "notebooks" / "77_more.ipynb"
    )
    assert cli.docs([]) == 1
    assert "pages.py: PLACES has no place for notebook 77" in capsys.readouterr().err
    assert not (tmp_path / "docs").exists()
    assert cli.docs(["3"]) == 2 and "takes no options" in capsys.readouterr().err


def test_handout_says_where_git_does_not_know_the_files(build, capsys):
    assert cli.handout([]) == 1 and "no git checkout" in capsys.readouterr().err


def test_slides_take_reveal_and_mathjax_along(build, tmp_path, monkeypatch):
    for name in ("REVEAL", "MATHJAX"):
        place = tmp_path / name
        place.mkdir()
        (place / "it.js").write_text("it", encoding="utf-8")
        monkeypatch.setattr(kit, name, place)
    monkeypatch.setattr(kit.extras, "fetch", lambda extra: None)
    assert cli.slides(["3"]) == 0
    made = build / "slides"
    assert (made / "reveal" / "it.js").is_file() and (made / "mathjax" / "it.js").is_file()
    assert (made / "03_item_based.html").is_file()


def test_exercises_are_written_and_nothing_else_changes(tmp_path, monkeypatch, capsys):
    original = ROOT / "notebooks" / "03_item_based.ipynb"
    path = tmp_path / original.name
    notebook = nbformat.read(original, as_version=4)
    place = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("**Question"))
    notebook.cells[place].source = "changed by hand"
    del notebook.cells[place + 3 : place + 5]
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    monkeypatch.setattr(exercises, "NOTEBOOKS", tmp_path)
    assert cli.exercises([]) == 0
    assert path.read_bytes() == original.read_bytes()
    assert "as 03_item_based.py has it" in capsys.readouterr().out
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_notebook_without_the_place_for_exercises_is_left_as_it_is(tmp_path, monkeypatch, capsys):
    path = tmp_path / "03_item_based.ipynb"
    shutil.copy(ROOT / "notebooks" / path.name, path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = notebook.cells[:5]
    nbformat.write(notebook, path)
    before = path.read_bytes()
    monkeypatch.setattr(exercises, "NOTEBOOKS", tmp_path)
    assert cli.exercises(["3"]) == 1 and "has no cells that begin" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_notebook_for_which_there_are_no_exercises_is_named(tmp_path, monkeypatch, capsys):
    path = tmp_path / "77_more.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    before = path.read_bytes()
    monkeypatch.setattr(exercises, "NOTEBOOKS", tmp_path)
    assert cli.exercises(["77"]) == 1
    assert "exercises/solutions has no file for 77_more.ipynb" in capsys.readouterr().err
    assert path.read_bytes() == before
