"""Execute notebooks on the real data, top to bottom, and store their outputs."""

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from nbclient import NotebookClient
from traitlets.config import Config

from scratch.course.notebook_files import numbered, read_notebook, store_notebook
from scratch.course.paths import NOTEBOOKS
from scratch.course.spelling import command

# What the first line about the data says when they are not the real ones.
NOT_REAL = "(a generated STAND-IN", "(not checked", "(stand-in data)", "(unchecked data)"
LONGEST = 20  # letters of a wrong number that a message repeats


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
        for path in chosen(asked, numbered(folder)):
            print(work(path), flush=True)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def chosen(asked: list[str], by_number: Mapping[int, Path]) -> list[Path]:
    """Return the notebooks with these numbers: 4 and 04 are both 04_…, and never 40_….

    Raises ValueError for what is no number of a notebook.
    """
    if not asked:
        return list(by_number.values())
    paths = []
    for text in asked:
        digits = re.fullmatch(r"0*(\d{1,2})", text)  # int would refuse thousands of them
        if digits is None or int(digits[1]) not in by_number:
            numbers = f"{min(by_number):02} to {max(by_number):02}"
            told = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
            raise ValueError(
                f"There is no notebook {told}: say its number, {numbers}. Nothing was done."
            )
        paths.append(by_number[int(digits[1])])
    return paths


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
