"""Lays out what Sphinx reads: the tree of the course, with its pages as the book needs them."""

import base64
import itertools
import re
import shutil
from pathlib import Path, PurePosixPath

import nbformat

from scratch.exercises.source import path_of, read
from scratch.teaching.book import reference
from scratch.teaching.book.chapters import ChapterError, alternative, chapter
from scratch.teaching.book.hovers import Hovers, with_places
from scratch.teaching.book.links import for_the_book, linked_files
from scratch.teaching.concepts import lessons, read_terms
from scratch.teaching.pages import PARTS

FRAME = PurePosixPath("docs/book")  # what is written by hand: landing page, settings, style
GLOSSARY = PurePosixPath("docs/glossary.md")
# Pages beside the lessons, in the order of the book, and the title of those that have another one
# there, or none. The one for teachers is not there in the learner's edition.
PAGES = {
    "README.md": "On your machine",
    "docs/glossary.md": "",
    "docs/map.md": "",
    "datasets/README.md": "",
    "benchmarks/README.md": "",
    "benchmarks/peers.md": "Beside other libraries",
    "benchmarks/folds.md": "How well they predict, when tuned",
    "benchmarks/peak.md": "How near the machine's limits",
    "CONTRIBUTING.md": "",
    "CODE_OF_CONDUCT.md": "",
    "CHANGELOG.md": "",
    "docs/teach.md": "",
}
PICTURE = "picture.png"  # of the landing page
LESSONS = re.compile(r"(?ms)^\| notebook \|.*?(?=\n\n)")  # the README's table of notebooks


def lay_out(root: Path, folder: Path) -> None:
    """Fill a folder with the source of the book about the course in `root`; empties it before.

    Raises LinkError for a link to a file that is not there, ChapterError for a figure that nothing
    describes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    texts = notebooks(root) | pages(root) | reference.pages(root / "scratch")
    texts["index.md"] = landing(root)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / PICTURE).write_bytes(first_figure(root)[0])
    for name in linked(root, texts):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, folder / name)
    (folder / "_static").mkdir()
    shutil.copy(root / FRAME / "conf.py", folder)
    shutil.copy(root / FRAME / "book.css", folder / "_static")


def notebooks(root: Path) -> dict[str, str]:
    """The chapters, by path."""
    terms = read_terms(root / "docs" / "terms.tsv")
    made = {}
    for lesson in lessons(root / "notebooks"):
        name = PurePosixPath("notebooks") / lesson.path.name
        file = path_of(f"{lesson.number:02}", root / "exercises" / "solutions")
        hovers = Hovers(terms, lesson.number, f"../{GLOSSARY.with_suffix('.html')}")
        notebook = nbformat.read(lesson.path, as_version=4)
        made_of = chapter(notebook, name.stem, read(file) if file else None, hovers)
        for cell in made_of.cells:
            if cell.cell_type == "markdown":
                cell.source = for_the_book(cell.source, name, root)
        made[str(name)] = nbformat.writes(made_of) + "\n"
    return made


def pages(root: Path) -> dict[str, str]:
    """The pages beside the lessons, by path."""
    made = {}
    for name, title in PAGES.items():
        page = PurePosixPath(name)
        if not (root / page).is_file():
            continue
        text = (root / page).read_text(encoding="utf-8")
        if title and text.startswith("# "):
            text = f"# {title}\n" + text.partition("\n")[2]
        elif title:
            text = f"# {title}\n\n" + text.replace("\n### ", "\n## ")
        if page == GLOSSARY:
            text = with_places(text)
        made[name] = for_the_book(text, page, root)
    return made


def landing(root: Path) -> str:
    """The first page: what is written by hand, the README's table of lessons, and all contents."""
    text = (root / FRAME / "index.md").read_text(encoding="utf-8")
    readme = (root / "README.md").read_text(encoding="utf-8")
    found = LESSONS.search(readme)
    if found is None:
        raise ChapterError("README.md has no table that begins `| notebook |`, to show on page one")
    table = for_the_book(found[0], PurePosixPath("README.md"), root)
    text = text.replace("<!-- the table of lessons -->", table)
    text = text.replace("<!-- the picture -->", f"![{first_figure(root)[1]}]({PICTURE})")
    return text + contents(root)


def first_figure(root: Path) -> tuple[bytes, str]:
    """The first figure of the first lesson, as a PNG, and what it shows."""
    cells = nbformat.read(lessons(root / "notebooks")[0].path, as_version=4).cells
    for cell, below in itertools.pairwise(cells):
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                return base64.b64decode(png), alternative(below.source)
    raise ChapterError("the first lesson has no figure for the landing page")


def contents(root: Path) -> str:
    """The book's table of contents, which the page's margin shows."""
    files = {lesson.number: lesson.path.stem for lesson in lessons(root / "notebooks")}
    parts = {
        part: [f"notebooks/{files[number]}" for number in numbers if number in files]
        for part, numbers in PARTS.items()
    }
    parts["Beside the lessons"] = [
        name.removesuffix(".md") for name in PAGES if (root / name).is_file()
    ]
    parts["The package"] = ["api/index"]
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {part}\n\n" + "\n".join(names) + "\n```\n"
        for part, names in parts.items()
    )


def linked(root: Path, texts: dict[str, str]) -> list[PurePosixPath]:
    """What else the pages link to and show: files that go into the book as they are."""
    found = set()
    for name, text in texts.items():
        if name.endswith(".ipynb"):
            cells = nbformat.reads(text, as_version=4).cells
            text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
        found |= linked_files(text, PurePosixPath(name))
    return sorted(path for path in found if str(path) not in texts and (root / path).is_file())
