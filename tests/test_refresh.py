"""Which notebooks are run anew, and when what they have printed is stored."""

import os
import re
from pathlib import Path

import nbformat
import pytest

from scratch.course import cli, refresh

# Which

PATHS = {number: Path(f"{number:02}_name.ipynb") for number in range(12)}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["1"], ["01"]),
        (["01"], ["01"]),
        (["10", "4"], ["10", "04"]),
        (["0"], ["00"]),
        (["0" * 5000 + "4"], ["04"]),
        ([], [path.name[:2] for path in PATHS.values()]),
    ],
)
def test_a_number_means_its_notebook(asked, names):
    assert [path.name[:2] for path in refresh.chosen(asked, PATHS)] == names


@pytest.mark.parametrize("asked", [["12"], ["x"], ["-1"], ["4", "1_"], [""], ["1,2"]])
def test_what_is_no_number_of_a_notebook_is_refused(asked):
    wrong = re.escape(asked[-1])
    says = f"There is no notebook {wrong}: say its number, 00 to 11. Nothing was done."
    with pytest.raises(ValueError, match=f"^{says}$"):
        refresh.chosen(asked, PATHS)


def test_of_a_number_of_thousands_of_digits_the_first_are_named():
    with pytest.raises(ValueError, match=r"^There is no notebook 1{20}…: say its number, 00 to"):
        refresh.chosen(["1" * 5000], PATHS)


def test_a_copy_with_the_number_of_a_lesson_stops_the_work_and_both_are_named(tmp_path, capsys):
    for name in ("04_short.ipynb", "04_my_copy.ipynb", "05_more.ipynb"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    done = []
    for asked in (["4"], ["5"], []):
        assert refresh.for_each(asked, tmp_path, lambda path: done.append(path) or "") == 1
        said = capsys.readouterr().err
        assert "two notebooks 04: 04_my_copy.ipynb and 04_short.ipynb. Rename" in said
    assert not done


def test_what_is_no_lesson_is_left_out_and_without_one_that_is_said(tmp_path, capsys):
    for name in ("Untitled.ipynb", "4_a.ipynb", "004_a.ipynb", "04.ipynb", "04_a.txt"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    for asked in (["4"], []):
        assert refresh.for_each(asked, tmp_path, str) == 1
        assert f"In {tmp_path} is no notebook of a lesson" in capsys.readouterr().err
    (tmp_path / "04_a.ipynb").write_text("{}", encoding="utf-8")
    assert refresh.for_each([], tmp_path, lambda path: path.name) == 0
    assert capsys.readouterr().out == "04_a.ipynb\n"


# When they are stored


class Client:
    """Stands for nbclient's: every cell prints its own source."""

    def __init__(self, notebook, resources, coalesce_streams, config):
        assert coalesce_streams  # else what a cell prints at once may be stored in pieces
        assert config == {"KernelManager": {"transport_encryption": "auto"}}
        self.cells, self.folder = notebook.cells, Path(resources["metadata"]["path"])

    def execute(self):
        assert self.folder.is_dir() and os.environ["OMP_NUM_THREADS"] == "1"
        for cell in self.cells[1:]:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=cell.source)]
            cell.execution_count = 5


@pytest.fixture
def a_notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "NotebookClient", Client)
    monkeypatch.setattr(refresh, "NOTEBOOKS", tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "unset")

    def write(said):
        cells = [
            nbformat.v4.new_markdown_cell("(a generated STAND-IN"),
            nbformat.v4.new_code_cell(said),
        ]
        notebook = nbformat.v4.new_notebook(cells=cells)
        path = tmp_path / "04_short.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


def test_what_ran_on_the_real_data_is_stored_as_the_course_does_it(a_notebook, capsys):
    path = a_notebook("MovieLens 100K (the real data)")
    assert cli.refresh(["4"]) == 0
    assert capsys.readouterr().out == "04_short.ipynb: 0 s\n"
    _, cell = nbformat.read(path, as_version=4).cells
    assert cell.outputs[0].text == "MovieLens 100K (the real data)" and cell.execution_count == 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_every_notebook_says_which_data_it_ran_on_in_words_that_refresh_knows():
    for path in sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        said = "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", []))
        assert "(the real data)" in said or "(real data)" in said, path.name


@pytest.mark.parametrize(
    "data",
    [
        "(a generated STAND-IN, not the real data)",
        "(not checked: 1)",
        "(stand-in data)",
        "(unchecked data)",
    ],
)
def test_what_ran_on_other_data_is_not_stored(a_notebook, capsys, data):
    path = a_notebook(f"MovieLens 100K {data}")
    before = path.read_bytes()
    assert cli.refresh([]) == 1
    assert "04_short.ipynb did not run on the real data" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_notebook_on_the_stand_in_is_never_stored(tmp_path):
    path = tmp_path / "00_short.ipynb"
    show = "from scratch.datasets import load_interests\nprint('MovieLens\\n(a generated {}')"
    for word, is_real in (("STAND-IN, not the real data)", False), ("list)", True)):
        cells = [nbformat.v4.new_code_cell(show.format(word))]
        written = nbformat.writes(nbformat.v4.new_notebook(cells=cells)) + "\n"
        path.write_text(written, encoding="utf-8")
        if is_real:
            refresh.refresh(path)
            assert nbformat.read(path, as_version=4).cells[0].outputs[0].text.endswith("list)\n")
        else:
            with pytest.raises(ValueError, match="did not run on the real data"):
                refresh.refresh(path)
            assert path.read_text(encoding="utf-8") == written
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
