"""A chapter of the book: a notebook as it is stored, made to be read where nothing can be run."""

import re

import nbformat

from scratch.course.git_filter import NOT_STORED
from scratch.exercises.cells import places
from scratch.exercises.source import Source
from scratch.teaching.book import boxes
from scratch.teaching.book.hovers import Hovers

FIGURE = "**Figure:** "
# The line with the notebook before and the one after: the book has buttons for that.
ROAD = re.compile(r"(?m)^\[[^\]]*\]\(\S+\.ipynb\)( · \[[^\]]*\]\(\S+\.ipynb\))?$\n\n")
AUTORELOAD = "%load_ext autoreload"
FOLDED, LEFT_OUT = "hide-input", "remove-cell"  # as MyST-NB calls them
RUN_IT = (
    "{.reading}\nWhat this cell shows differs from one reader to the next, so it is not stored: "
    "run it in the notebook to see yours."
)
SHORTEST = 60  # characters that a text alternative has, if its figure's reading has as many


class ChapterError(ValueError):
    """A notebook lacks something that a reader of the book needs."""


def chapter(
    notebook: nbformat.NotebookNode, name: str, source: Source | None, hovers: Hovers
) -> nbformat.NotebookNode:
    """The notebook as the book shows it.

    Every figure gets the reading under it as its text alternative, imports are folded, exercises
    stand in boxes, and the meanings of words of the glossary hover over them.

    name: of the notebook, which begins with its number. source: the exercises of the notebook, if
    it has any. Raises ChapterError, with the name, for a figure without a reading.
    """
    begin, end = places(notebook.cells) if source else (len(notebook.cells),) * 2
    cells: list[nbformat.NotebookNode] = []
    for place, cell in enumerate(notebook.cells):
        if begin <= place < end:
            if place == begin and source:
                cells.append(text_cell(boxes.text_of(source), cell.id))
        elif cell.cell_type == "code":
            below = notebook.cells[place + 1].source if place + 1 < len(notebook.cells) else ""
            cells.append(code_cell(cell, below, f"{name}, cell {place}"))
            if NOT_STORED in cell.metadata.get("tags", []):
                cells.append(text_cell(RUN_IT, f"{cell.id}-run-it"))
        else:
            text = opening(cell.source, name[:2]) if place == 0 else cell.source
            cells.append(text_cell(as_caption(hovers.explain(text)), cell.id))
    return nbformat.v4.new_notebook(cells=cells, metadata=dict(notebook.metadata))


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
    """Whether a cell does no more than import what the lesson uses, and prepare for it."""
    lines = [line for line in code.split("\n") if line and line[0] not in " )"]
    return len(lines) > 2 and all(line.startswith(("import ", "from ", "os.env")) for line in lines)


def alternative(text: str) -> str:
    """What a figure shows, in plain words: the first sentence of the text under it.

    The rest can be read there. A sentence that says very little has the next one with it.

    >>> alternative("**Figure:** a line of `x`, *rising* from the left to $y = 1$ at the right end"
    ...             ".\\n\\nSo it rises.")
    'A line of x, rising from the left to y = 1 at the right end.'
    """
    words = text.removeprefix(FIGURE).partition("\n\n")[0].replace("\n", " ")
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    words = re.sub(r"[*`$]", "", words)
    ends = [m.end() for m in re.finditer(r"[.!?:][”)]?(?= [A-Z“(])", words)]
    end = next((end for end in ends if end >= SHORTEST), len(words))
    return words[0].upper() + words[1:end]


def as_caption(text: str) -> str:
    """A figure's reading in the form of a caption; any other text as it is."""
    return "{.reading}\n" + text if text.startswith(FIGURE) else text
