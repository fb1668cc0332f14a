"""Finds, reads and stores the files of notebooks as the course does it."""

import re
from pathlib import Path
from typing import Any

import nbformat

from scratch.course import git_filter
from scratch.machinery.whole import replaced

LESSON = re.compile(r"([0-9]{2})_.*\.ipynb")  # and not Untitled.ipynb, as JupyterLab calls new ones


def numbered(folder: Path) -> dict[int, Path]:
    """Return the notebooks of a folder by the numbers of their lessons, in order.

    What does not begin with two digits and an underscore is no lesson. Raises ValueError where two
    have the same number, or where there is none.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.glob("*.ipynb")):
        if match := LESSON.fullmatch(path.name):
            first = found.setdefault(int(match[1]), path)
            if first is not path:
                raise ValueError(
                    f"In {folder} are two notebooks {match[1]}: {first.name} and {path.name}. "
                    "Rename the one that is no lesson, to my_copy.ipynb, say. Nothing was done."
                )
    if not found:
        raise ValueError(
            f"In {folder} is no notebook of a lesson, such as 00_start_here.ipynb: "
            "`git status` says which are missing."
        )
    return found


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook; raises ValueError, with its name, for a file that is none."""
    if path.exists() and not path.is_file():  # to open a pipe would wait for ever
        raise ValueError(f"{path} is no notebook but a folder, a device or a pipe: move it away.")
    found: dict[str, Exception] = {}
    try:
        notebook = nbformat.read(path, as_version=4, capture_validation_error=found)
        if found:
            raise found["ValidationError"]
    except (*git_filter.NOT_A_NOTEBOOK, nbformat.ValidationError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path} is no notebook: {told[:100]}\n`git restore {path.name}` in its folder brings "
            "back the one that was committed."
        ) from error
    return notebook


def store_notebook(notebook: dict[str, Any], path: Path) -> None:
    """Write a notebook as the course stores it, in one step."""
    with replaced(path) as new:
        nbformat.write(nbformat.from_dict(git_filter.normalise(notebook)), new)
