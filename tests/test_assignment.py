"""Assignments for nbgrader: every exercise has its points, and what gives them is locked."""

import runpy
from pathlib import Path

import nbformat
import pytest

from scratch.exercises.source import FOLDER, Exercise, Part, read
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


def test_how_the_cells_are_marked():
    stubs = {
        "07.q1": ("quiz", 'check("07.q1", 1)'),
        "07.1": ("recall", 'a = check(2)\ncheck("07.1", a, f(b)) '),
        "07.2": ("by hand", 'check("07.2", b)'), "07.3": ("experiment", 'check("07.3", c)'),
        "07.4": ("change the package", 'check("07.4")'), "07.5": ("open", "# 07.5: your code"),
    }  # fmt: skip
    exercises = {
        name: Exercise(name, level, None, {"stub": Part(stub, 1)})
        for name, (level, stub) in stubs.items()
    }
    given = [nbformat.v4.new_code_cell(stub) for _, stub in stubs.values()]
    given.append(nbformat.v4.new_markdown_cell(stubs["07.2"][1]))  # it shows one, and is none
    notebook = nbformat.v4.new_notebook(cells=list(given))
    assert assignment.assignment(notebook, exercises) == 1 + 2 + 3 + 2 + 5

    def marks(name, grade, solution, **points):
        return {
            "grade": grade, "grade_id": name, "locked": not solution, "schema_version": 3,
            "solution": solution, "task": False, **points,
        }  # fmt: skip

    assert [cell.metadata.get("nbgrader") for cell in notebook.cells] == [
        None,
        marks("exercise-07-1", grade=False, solution=True),
        marks("exercise-07-1-test", grade=True, solution=False, points=1),
        marks("exercise-07-2", grade=False, solution=True),
        marks("exercise-07-2-test", grade=True, solution=False, points=2),
        marks("exercise-07-3", grade=False, solution=True),
        marks("exercise-07-3-test", grade=True, solution=False, points=3),
        marks("exercise-07-4", grade=True, solution=True, points=2),
        marks("exercise-07-5", grade=True, solution=True, points=5),
        None,
    ]
    assert [cell for i, cell in enumerate(notebook.cells) if i not in (2, 4, 6)] == given
    asked = assignment.ASSERT.format(arguments='"07.1", a, f(b)')
    assert notebook.cells[2].source == asked


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


USAGE = "usage: python -m scratch.teaching.assignment 03 course/source/week_3\n"


@pytest.mark.parametrize("words", [[], ["03"], ["03", "a", "b"], ["three", "a"], ["three", "5"]])
def test_it_is_said_how_to_call_it(words, capsys):
    assert assignment.main(words) == 2 and capsys.readouterr().out == USAGE


def test_it_is_a_program(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["assignment"])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(assignment.__file__, run_name="__main__")
    assert capsys.readouterr().out == USAGE


def test_what_is_missing_is_said_and_what_was_made(tmp_path, capsys):
    folder = tmp_path / "not" / "there"
    assert assignment.main(["77", str(folder)]) == 1 and not folder.parent.exists()
    assert capsys.readouterr().err == "there is no notebook 77 with exercises\n"
    for number in ("3", "03"):  # the second over the first
        assert assignment.main([number, str(folder)]) == 0
    made, points = assignment.build("03", ROOT / "notebooks", folder)
    assert made == folder / "03_item_based.ipynb"
    assert capsys.readouterr().out == f"{made}: {points} points\n" * 2


def test_a_notebook_without_exercises_is_no_assignment(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "77_alone.ipynb")
    with pytest.raises(ValueError, match="there is no notebook 77 with exercises"):
        assignment.build("77", tmp_path, tmp_path / "out")
