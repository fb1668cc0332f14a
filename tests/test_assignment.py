"""Assignments for nbgrader: every exercise has its points, and what gives them is locked."""

from pathlib import Path

import nbformat
import pytest

from scratch.exercises.source import FOLDER, read
from scratch.teaching import assignment

ROOT = Path(__file__).parents[1]
NUMBERS = [path.name[:2] for path in sorted(FOLDER.glob("*.py"))]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_exercise_gives_points_once(number, tmp_path):
    path, points = assignment.build(number, ROOT / "notebooks", tmp_path)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    exercises = [e for e in read(FOLDER / f"{path.stem}.py").exercises.values() if not e.is_quiz]
    marks = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    graded = [mark for mark in marks if mark["grade"]]
    cure = f"`python -m scratch.course exercises {number}` writes them into the notebook"
    assert len(graded) == len(exercises), f"{len(graded)} exercises are there: {cure}"
    assert sum(mark["points"] for mark in graded) == points
    assert len({mark["grade_id"] for mark in marks}) == len(marks)
    assert all(mark["locked"] != mark["solution"] for mark in marks)


def test_what_gives_the_points_asks_the_check(tmp_path):
    path, _ = assignment.build("3", ROOT / "notebooks", tmp_path)
    tests = [
        cell.source
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "exercise-03-1-test"
    ]
    space = {"similarity_by_hand": 2**-0.5}
    exec(tests[0], space)
    space["similarity_by_hand"] = 0.5
    with pytest.raises(AssertionError, match="take its square root"):
        exec(tests[0], space)


def test_the_rest_of_the_notebook_stays(tmp_path):
    path, _ = assignment.build("03", ROOT / "notebooks", tmp_path)
    made = nbformat.read(path, as_version=4)
    sources = [c.source for c in made.cells if not c.source.startswith(assignment.ASSERT[:40])]
    original = nbformat.read(ROOT / "notebooks" / path.name, as_version=4)
    assert sources == [cell.source for cell in original.cells]


def test_it_is_said_how_to_call_it_and_what_is_missing(tmp_path, capsys):
    assert assignment.main(["03"]) == 2 and "usage" in capsys.readouterr().out
    assert assignment.main(["77", str(tmp_path / "out")]) == 1
    assert "no notebook 77" in capsys.readouterr().err and not (tmp_path / "out").exists()
    assert assignment.main(["3", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.endswith("points\n")
