"""A notebook as an assignment for nbgrader: the learner answers, a locked cell gives the points.

    python -m scratch.teaching.assignment 03 course/source/week_3

https://nbgrader.readthedocs.io (version 0.9, notebooks of its schema 3).
"""

import sys
from pathlib import Path
from typing import Any

import nbformat

from scratch.course.notebook_files import read_notebook
from scratch.exercises.source import Exercise, path_of, read

POINTS = {"recall": 1, "by hand": 2, "change the package": 2, "experiment": 3, "open": 5}
ASSERT = (
    "from scratch.exercises.asking import verdict\n\n"
    "said = verdict({arguments})\nassert said.startswith('correct'), said"
)
SCHEMA = 3
BY_HAND = ("open", "change the package")  # a changed file is not in the notebook handed in


def assignment(notebook: nbformat.NotebookNode, exercises: dict[str, Exercise]) -> int:
    """Mark the exercises of a notebook for nbgrader, in place, and return the points they give.

    A cell to answer in keeps its stub; a locked cell after it asserts that its check says
    "correct". Open exercises and those that change a file of the package are graded by hand. Quiz
    and lesson stay as they are.
    """
    cells, points = [], 0
    for cell in notebook.cells:
        exercise = exercise_in(cell, exercises)
        cells.append(cell)
        if exercise is None:
            continue
        worth = POINTS[exercise.level]
        points += worth
        name = f"exercise-{exercise.id.replace('.', '-')}"
        if exercise.level in BY_HAND:
            cell.metadata["nbgrader"] = marks(name, worth, solution=True, grade=True)
            continue
        cell.metadata["nbgrader"] = marks(name, None, solution=True, grade=False)
        arguments = cell.source.rpartition("check(")[2].rstrip().removesuffix(")")
        test = nbformat.v4.new_code_cell(ASSERT.format(arguments=arguments))
        test.metadata["nbgrader"] = marks(f"{name}-test", worth, solution=False, grade=True)
        cells.append(test)
    notebook.cells = cells
    return points


def exercise_in(cell: nbformat.NotebookNode, exercises: dict[str, Exercise]) -> Exercise | None:
    """The exercise whose stub a cell is, or None; questions of the quiz are not graded."""
    if cell.cell_type != "code":
        return None
    return next(
        (e for e in exercises.values() if not e.is_quiz and e.text("stub") == cell.source), None
    )


def marks(name: str, points: int | None, *, solution: bool, grade: bool) -> dict[str, Any]:
    """What nbgrader wants to know about a cell."""
    known = {
        "grade": grade,
        "grade_id": name,
        "locked": not solution,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }
    return known if points is None else known | {"points": points}


def build(number: str, notebooks: Path, folder: Path) -> tuple[Path, int]:
    """Write the assignment of the notebook with this number into a folder; also its points.

    Raises ValueError where there is no such notebook or no exercises for it.
    """
    path = next(iter(sorted(notebooks.glob(f"{int(number):02}_*.ipynb"))), None)
    source = path_of(path.name) if path else None
    if path is None or source is None:
        raise ValueError(f"there is no notebook {number} with exercises")
    notebook = read_notebook(path)
    points = assignment(notebook, read(source).exercises)
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / path.name)
    return folder / path.name, points


def main(arguments: list[str]) -> int:
    """Make one assignment: the number of its notebook, and the folder to put it into."""
    if len(arguments) != 2 or not arguments[0].isdecimal():
        print("usage: python -m scratch.teaching.assignment 03 course/source/week_3")
        return 2
    notebooks = Path(__file__).resolve().parents[2] / "notebooks"
    try:
        path, points = build(arguments[0], notebooks, Path(arguments[1]))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path}: {points} points")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
