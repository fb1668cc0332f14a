"""Sheets to explain from memory: a notebook's headings and code, without its text and outputs."""

import re
from pathlib import Path

import nbformat

from scratch.course.notebook_files import read_notebook

ENDS = ("## Summary", "## Quiz", "## Exercises")  # what is above the first of these is the lesson
ASKED = (
    "Explain this page from memory: before each cell, say what it asks; run it; then say what you "
    "see, and why. The page with its text is {name}."
)


def build(notebook: Path, folder: Path) -> Path:
    """Write the sheet of one notebook into a folder, and return where it is."""
    sheet = nbformat.from_dict(recall(read_notebook(notebook), notebook.name))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / notebook.name
    path.write_text(nbformat.writes(sheet) + "\n", encoding="utf-8")
    return path


def recall(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Return a notebook with the headings and the code of this one, not run.

    name: the notebook's, to lead back to its text.
    """
    cells = []
    for cell in notebook.cells:
        if cell.source.startswith(ENDS):
            break
        if cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(cell.source, id=cell.id))
        elif headings := re.findall(r"^#+ .*$", cell.source, flags=re.MULTILINE):
            cells.append(nbformat.v4.new_markdown_cell("\n\n".join(headings), id=cell.id))
    if cells:
        cells[0].source += f"\n\n*{ASKED.format(name=name)}*"
    return nbformat.v4.new_notebook(cells=cells, metadata=dict(notebook.metadata))
