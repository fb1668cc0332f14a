"""Slides: one reveal.js deck for each notebook, from the cells that are tagged for it.

The tags are slide, subslide, fragment and notes, as nbconvert's types of slides are called; a cell
without one is left out. What fits a projector is shown: headings, short text, formulas, lists,
code with what it printed, and figures without their code. Longer text becomes the speaker's notes.
"""

import math
import re
import shutil
from pathlib import Path

import nbformat
from nbconvert.exporters import SlidesExporter
from traitlets.config import Config

from scratch.course.notebook_files import read_notebook

TYPES = ("slide", "subslide", "fragment", "notes")
SHOWN_WORDS = 45  # of a paragraph; a longer one is for the speaker
FIRST_WORDS = 35  # of the first sentence of a section, which is shown if nothing else is
TEXT_SIZE = 30  # of letters of text, in pixels
TEXT_SIZES = {95: TEXT_SIZE, 130: 26, math.inf: 22}  # up to so many words: so large
WIDTH, HEIGHT = 1280, 720
TEMPLATE = Path(__file__).parent / "deck"
SIZES = range(12, 31, 2)  # of letters of code, in pixels: as large as a slide can hold
LETTER, LINE = 0.61, 1.32  # how wide a letter of code is, and how high a line, per size
FIGURE_ALONE = "figure-alone"


def build(notebook: Path, folder: Path) -> Path:
    """Write the deck of one notebook into a folder, and return where it is.

    reveal.js and MathJax are meant to lie in that folder: see `copy_parts`. Raises ValueError for a
    notebook in which no cell is tagged.
    """
    cells = read_notebook(notebook)
    slides = deck(cells)
    if not slides.cells:
        raise ValueError(f"{notebook.name}: no cell is tagged {', '.join(TYPES)}")
    slides.metadata["title"] = notebook.stem
    config = Config()
    config.SlidesExporter.reveal_url_prefix = "reveal"
    config.SlidesExporter.reveal_width, config.SlidesExporter.reveal_height = (
        str(WIDTH),
        str(HEIGHT),
    )
    config.SlidesExporter.exclude_anchor_links = True
    config.SlidesExporter.mathjax_url = "mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full"
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {FIGURE_ALONE}
    exporter = SlidesExporter(
        config=config, template_name=TEMPLATE.name, extra_template_basedirs=[str(TEMPLATE.parent)]
    )
    css = (TEMPLATE / "deck.css").read_text(encoding="utf-8")
    css += "".join(
        f".reveal .celltag_size-{n} .highlight, .reveal .celltag_size-{n} pre "
        f"{{ font-size: {n}px; line-height: {LINE - 0.04:.2f}; }}\n"
        for n in SIZES
    )
    css += "".join(
        f".reveal .jp-RenderedHTMLCommon .text-{n} {{ font-size: {n}px; }}\n"
        for n in TEXT_SIZES.values()
    )
    text, _ = exporter.from_notebook_node(slides, resources={"deck_css": css})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{notebook.stem}.html"
    path.write_text(text, encoding="utf-8")
    return path


def copy_parts(reveal: Path, mathjax: Path, folder: Path) -> None:
    """Put reveal.js and MathJax beside the decks, from where they are installed."""
    for name, source in (("reveal", reveal), ("mathjax", mathjax)):
        shutil.copytree(source, folder / name, dirs_exist_ok=True)


def deck(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook with the tagged cells alone, each as a slide shows it."""
    cells = []
    for place, cell in enumerate(notebook.cells):
        kind = next((tag for tag in TYPES if tag in cell.metadata.get("tags", [])), None)
        if kind is None:
            continue
        if cell.cell_type == "code":
            cells.append(code_on_slide(cell, kind))
        elif kind == "notes":
            cells.append(text_cell(cell.source, "notes"))
        else:
            cells += text_on_slide(opening(cell.source) if place == 0 else cell.source, kind)
    return nbformat.v4.new_notebook(cells=cells, metadata=dict(notebook.metadata))


def text_on_slide(text: str, kind: str) -> list[nbformat.NotebookNode]:
    """The cells that a cell of text becomes: what is shown, and what is said about it.

    What stands above a heading belongs to the slide before, and is said there.
    """
    above, _, below = re.sub(r"(?m)^(?=#{1,3} )", "\0", text, count=1).partition("\0")
    cells = [text_cell(above.strip(), "notes")] if below and above.strip() else []
    shown, spoken = parted(below or above)
    if shown:
        cells.append(text_cell(shown, kind))
    return cells + ([text_cell(spoken, "notes")] if spoken else [])


def opening(text: str) -> str:
    """Of the first cell of a notebook, its title, its question and its story."""
    blocks = re.split(r"\n\n+", text)
    return "\n\n".join(b for b in blocks if not b.startswith(("[", "**")))


def parted(text: str) -> tuple[str, str]:
    """Part the text of a cell into what a slide shows and what its speaker says.

    >>> parted("## Stars" + "\\n\\n" + "many words " * 30)[0]
    '## Stars'
    """
    shown: list[str] = []
    spoken: list[str] = []
    for block in re.split(r"\n\n+", without_details(text)):
        block = without_links(block)
        is_shown = block.startswith(("#", "$$", "|", "- ", "1. ", "```"))
        is_shown |= re.fullmatch(r"\*[^*].*\*", block, flags=re.DOTALL) is not None  # a question
        is_shown |= len(block.split()) <= SHOWN_WORDS and not block.startswith("**Figure:**")
        (shown if is_shown else spoken).append(block)
    if spoken and all(block.startswith("#") for block in shown):
        sentence = re.match(r".*?[.?!](?=\s|$)", spoken[0], flags=re.DOTALL)
        if sentence and len(sentence[0].split()) <= FIRST_WORDS and spoken[0][:2] != "**":
            shown.append(sentence[0] + "*" * (sentence[0].count("*") % 2))  # close what it opened
    return "\n\n".join(shown), "\n\n".join(spoken)


def without_details(text: str) -> str:
    """The text without what is folded, such as hints."""
    return re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL).strip()


def without_links(text: str) -> str:
    """The text, in the place of links to files, which lead nowhere from a deck.

    >>> without_links("[scratch/pca.py](../scratch/pca.py) and [a paper](https://example.org)")
    'scratch/pca.py and [a paper](https://example.org)'
    """
    return re.sub(r"\[([^\]]+)\]\((?!https?://)[^)]*\)", r"\1", text)


def text_cell(text: str, kind: str) -> nbformat.NotebookNode:
    """A cell of text of this type of slide, in smaller letters where it is long."""
    size = next(size for words, size in TEXT_SIZES.items() if len(text.split()) <= words)
    if kind != "notes" and size < TEXT_SIZE:
        text = f'<div class="text-{size}">\n\n{text}\n\n</div>'
    return nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})


def code_on_slide(cell: nbformat.NotebookNode, kind: str) -> nbformat.NotebookNode:
    """A cell of code as a slide shows it: figures without code, else code with what it printed."""
    figures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
    shown = nbformat.v4.new_code_cell(
        "" if figures else cell.source, outputs=figures or cell.outputs, metadata={"tags": []}
    )
    shown.metadata["slideshow"] = {"slide_type": kind}
    shown.metadata["tags"] = [FIGURE_ALONE] if figures else [f"size-{size_of_letters(cell)}"]
    return shown


def size_of_letters(cell: nbformat.NotebookNode) -> int:
    """The size, in pixels, in which the code of a cell and what it printed fit on a slide."""
    texts = [cell.source]
    for output in cell.outputs:
        texts.append(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
    lines = [line for text in texts if text for line in text.rstrip("\n").split("\n")]
    fitting = min(
        (WIDTH - 60) / (LETTER * max([1, *map(len, lines)])),
        (HEIGHT - 60) / (LINE * max(1, len(lines))),
    )
    return max((size for size in SIZES if size <= fitting), default=SIZES[0])


def problems(text: str) -> list[str]:
    """Return every place in a deck that would fetch something from the network."""
    tags = re.findall(r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*>", text)
    found = [tag for tag in tags if re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", tag)]
    found += re.findall(r"""import\s[^;\n]*['"]https?://[^'"]*['"]""", text)
    return found + re.findall(r"""url\(\s*['"]?(?:https?:)?//[^)]*\)""", text)
