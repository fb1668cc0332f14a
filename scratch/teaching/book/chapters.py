"""A chapter of the book: a notebook as it is stored, made to be read where nothing can be run."""

import re

import nbformat

from scratch.exercises.cells import places
from scratch.exercises.source import Source
from scratch.teaching.book import boxes
from scratch.teaching.book.hovers import Hovers

FIGURE = "**Figure:** "
# The line with the notebook before and the one after: the book has buttons for that.
ROAD = re.compile(r"(?m)^\[[^\]]*\]\(\S+\.ipynb\)( · \[[^\]]*\]\(\S+\.ipynb\))?$\n\n")
AUTORELOAD = "%load_ext autoreload"
FOLDED, LEFT_OUT = "hide-input", "remove-cell"  # as MyST-NB calls them


class ChapterError(ValueError):
    """A notebook lacks something that a reader of the book needs."""


def chapter(
    notebook: nbformat.NotebookNode, name: str, source: Source | None, hovers: Hovers
) -> nbformat.NotebookNode:
    """The notebook as the book shows it.

    Every figure gets the reading under it as its text alternative, imports are folded, exercises
    stand in boxes, and where a section first uses a word of the glossary, its meaning hovers over
    it. source: the exercises of the notebook, if it has any.

    name: of the notebook, which begins with its number. Raises ChapterError, with that name, for a
    figure without a reading.
    """
    begin, end = places(notebook.cells) if source else (len(notebook.cells),) * 2
    cells: list[nbformat.NotebookNode] = []
    seen: set[str] = set()
    for place, cell in enumerate(notebook.cells):
        if begin <= place < end:
            if place == begin and source:
                cells.append(text_cell(boxes.text_of(source), cell.id))
        elif cell.cell_type == "code":
            below = notebook.cells[place + 1].source if place + 1 < len(notebook.cells) else ""
            cells.append(code_cell(cell, below, f"{name}, cell {place}"))
        else:
            text = opening(cell.source, name[:2]) if place == 0 else cell.source
            cells.append(text_cell(as_caption(explained(text, hovers, seen)), cell.id))
    return nbformat.v4.new_notebook(cells=cells, metadata=dict(notebook.metadata))


def explained(text: str, hovers: Hovers, seen: set[str]) -> str:
    """The text with words of the glossary explained, each where a section first uses it."""
    parts = re.split(r"(?m)^(?=##)", text)
    made = [hovers.explain(parts[0], seen)]
    for part in parts[1:]:
        seen.clear()
        made.append(hovers.explain(part, seen))
    return "".join(made)


def opening(text: str, number: str) -> str:
    """The first cell of a notebook as the first words of a chapter.

    >>> opening("# Beat them\\n\\n[← One](04_one.ipynb)\\n\\n*Why?*", "05")
    '# 05 · Beat them\\n\\n*Why?*'
    """
    return ROAD.sub("", text, count=1).replace("# ", f"# {number} · ", 1)


def text_cell(text: str, identifier: str) -> nbformat.NotebookNode:
    """A cell of text."""
    return nbformat.v4.new_markdown_cell(text, id=identifier)


def code_cell(cell: nbformat.NotebookNode, below: str, where: str) -> nbformat.NotebookNode:
    """A cell of code and its outputs, with the text below as what a figure shows.

    Raises ChapterError for a figure over any other text.
    """
    made = nbformat.v4.new_code_cell(
        cell.source, outputs=cell.outputs, execution_count=cell.execution_count, id=cell.id
    )
    if cell.source.startswith(AUTORELOAD):
        made.metadata["tags"] = [LEFT_OUT]
    elif is_imports(cell.source):
        made.metadata["tags"] = [FOLDED]
    if any("image/png" in output.get("data", {}) for output in cell.outputs):
        if not below.startswith(FIGURE):
            raise ChapterError(f"{where}: no {FIGURE.strip()} under the figure says what it shows")
        made.metadata["mystnb"] = {"image": {"alt": alternative(below)}}
    return made


def is_imports(code: str) -> bool:
    """Whether a cell does no more than import what the lesson uses."""
    lines = [line for line in code.split("\n") if line and line[0] not in " )"]
    return len(lines) > 2 and all(line.startswith(("import ", "from ")) for line in lines)


def alternative(text: str) -> str:
    """What a figure shows, in plain words: the first paragraph of the text under it.

    >>> alternative("**Figure:** a line of `x`, *rising* to $y = 1$.\\n\\nSo it rises.")
    'A line of x, rising to y = 1.'
    """
    words = text.removeprefix(FIGURE).partition("\n\n")[0].replace("\n", " ")
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    words = re.sub(r"[*`$]", "", words)
    return words[0].upper() + words[1:]


def as_caption(text: str) -> str:
    """A figure's reading in the form of a caption; any other text as it is."""
    return "{.reading}\n" + text if text.startswith(FIGURE) else text
