"""Reads and stores the files of notebooks as the course does it."""

from pathlib import Path
from typing import Any

import nbformat

from scratch.course import git_filter
from scratch.machinery.whole import replaced


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook; raises ValueError, with its name, for a file that is none."""
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
