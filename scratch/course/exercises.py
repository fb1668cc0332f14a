"""Writes the cells that `exercises/solutions/` makes into the notebooks."""

import os
import sys
from pathlib import Path

import nbformat

from scratch.course import git_filter
from scratch.course.paths import NOTEBOOKS
from scratch.course.refresh import chosen
from scratch.exercises.cells import put_into
from scratch.exercises.source import path_of, read


def main(asked: list[str]) -> int:
    """Write the exercises of the notebooks with these numbers (all, if none)."""
    try:
        for path in chosen(asked, sorted(NOTEBOOKS.glob("*.ipynb"))):
            if (solutions := path_of(path.name)) is not None:
                write(path, solutions)
                print(f"{path.name}: as {solutions.name} has it")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write(path: Path, solutions: Path) -> None:
    """Replace the exercises of one notebook; what is stored of all its other cells stays."""
    notebook = put_into(nbformat.read(path, as_version=4), read(solutions))
    notebook = nbformat.from_dict(git_filter.normalise(notebook))
    temporary = path.with_suffix(".tmp")
    temporary.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    os.replace(temporary, path)
