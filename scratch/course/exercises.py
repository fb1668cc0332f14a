"""Writes the cells that `exercises/solutions/` makes into the notebooks."""

from pathlib import Path

from scratch.course.notebook_files import read_notebook, store_notebook
from scratch.course.paths import NOTEBOOKS
from scratch.course.refresh import for_each
from scratch.exercises.cells import put_into
from scratch.exercises.source import path_of, read


def main(asked: list[str]) -> int:
    """Write the exercises of the notebooks with these numbers (all, if none)."""
    return for_each(asked, NOTEBOOKS, write)


def write(path: Path) -> str:
    """Replace the exercises of one notebook; what is stored of all its other cells stays.

    Returns in words what was done. Raises ValueError where there are no exercises for it.
    """
    solutions = path_of(path.name)
    if solutions is None:
        raise ValueError(f"exercises/solutions has no file for {path.name}")
    store_notebook(put_into(read_notebook(path), read(solutions)), path)
    return f"{path.name}: as {solutions.name} has it"
