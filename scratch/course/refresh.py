"""Execute notebooks on the real data, top to bottom, and store their outputs."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nbclient import NotebookClient
from traitlets.config import Config

from scratch.course.notebook_files import read_notebook, store_notebook
from scratch.course.paths import NOTEBOOKS
from scratch.course.spelling import command

# What the first line about the data says when they are not the real ones.
NOT_REAL = "(a generated STAND-IN", "(not checked", "(stand-in data)", "(unchecked data)"


def main(asked: list[str]) -> int:
    """Refresh the notebooks with the numbers asked for (all, if none); returns the exit code."""

    def timed(path: Path) -> str:
        start = time.perf_counter()
        refresh(path)
        return f"{path.name}: {time.perf_counter() - start:.0f} s"

    return for_each(asked, NOTEBOOKS, timed)


def for_each(asked: list[str], folder: Path, work: Callable[[Path], str]) -> int:
    """Do some work on the notebooks with these numbers (all, if none), and print what it returns.

    Returns the exit code: 1 where a ValueError has ended the work, whose words are printed.
    """
    try:
        for path in chosen(asked, sorted(folder.glob("*.ipynb"))):
            print(work(path), flush=True)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def chosen(asked: list[str], paths: list[Path]) -> list[Path]:
    """Return the notebooks with these numbers: 4 and 04 are both 04_…, and never 40_….

    Raises ValueError for what is no number of a notebook.
    """
    by_number = {int(path.name.split("_")[0]): path for path in paths}
    if not asked:
        return list(by_number.values())
    unknown = [text for text in asked if not text.isdecimal() or int(text) not in by_number]
    if unknown:
        numbers = f"{min(by_number):02} to {max(by_number):02}"
        raise ValueError(
            f"There is no notebook {unknown[0]}: say its number, {numbers}. Nothing was done."
        )
    return [by_number[int(text)] for text in asked]


def refresh(path: Path) -> None:
    """Execute one notebook in a fresh kernel; replace the file only when every cell succeeded.

    Raises ValueError if it did not run on the real data.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # as the tests run it
    notebook = read_notebook(path)
    resources = {"metadata": {"path": str(path.parent)}}
    # As in JupyterLab, see jupyter/: else each kernel warns that others could listen.
    quiet = Config({"KernelManager": {"transport_encryption": "auto"}})
    client = NotebookClient(notebook, resources=resources, coalesce_streams=True, config=quiet)
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    if any(words in output.get("text", "") for words in NOT_REAL for output in outputs):
        raise ValueError(
            f"{path.name} did not run on the real data and was not stored: "
            f"`{command('data')}` says what is missing."
        )
    store_notebook(notebook, path)
