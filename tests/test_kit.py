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


def test_what_is_made_lies_where_git_looks_away_and_the_readme_looks():
    assert kit.BUILD == ROOT / "build"
    # Where the packages have them: test_slides builds a deck from them where they are installed.
    deck = ROOT / ".course" / "deck"
    assert deck / "sphinx_revealjs/_static/revealjs" == kit.REVEAL
    assert deck / "jupyter_server_mathjax/static" == kit.MATHJAX


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


def test_slides_take_reveal_and_mathjax_along(build, tmp_path, monkeypatch, capsys):
    for name in ("REVEAL", "MATHJAX"):
        place = tmp_path / name
        place.mkdir()
        (place / "it.js").write_text("it", encoding="utf-8")
        monkeypatch.setattr(kit, name, place)
    fetched = []
    monkeypatch.setattr(kit.extras, "fetch", fetched.append)
    assert cli.slides(["3"]) == 0
    assert fetched == [kit.extras.DECK] and capsys.readouterr().out.startswith("build/slides/03_")
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


def test_the_pages_of_docs_are_made_and_named(monkeypatch, tmp_path, capsys):
    for name in ("notebooks", "scratch"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs/terms.tsv", tmp_path / "docs")
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    assert cli.docs([]) == 0
    for name in ("glossary.md", "map.md"):
        assert (tmp_path / "docs" / name).read_bytes() == (ROOT / "docs" / name).read_bytes()
    assert (tmp_path / "docs/map.png").read_bytes()[:4] == b"\x89PNG"
    lines = capsys.readouterr().out.splitlines()
    assert [Path(line.split()[0]).name for line in lines] == ["glossary.md", "map.md", "map.png"]


def test_docs_say_what_is_wrong(monkeypatch, tmp_path, capsys):
    assert cli.docs(["04"]) == 2 and "docs takes no options" in capsys.readouterr().err
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/terms.tsv").write_text("a line without tabs\n", encoding="utf-8")
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    assert cli.docs([]) == 1 and "terms.tsv" in capsys.readouterr().err


def test_the_handout_is_named_with_its_size(monkeypatch, tmp_path, capsys):
    (tmp_path / "a.zip").write_bytes(b"0" * 260_000)
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    monkeypatch.setattr("scratch.teaching.handout.build", lambda root, folder: root / "a.zip")
    monkeypatch.setattr("scratch.teaching.handout.left_out", lambda root: {".env": "not tracked"})
    assert cli.handout([]) == 0
    assert capsys.readouterr().out == "a.zip  (0.3 MB)\nleft out: .env (not tracked)\n"
