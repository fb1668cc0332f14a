"""Lays out what Sphinx reads: the tree of the course, with its pages as the book needs them."""

import base64
import itertools
import re
import shutil
from pathlib import Path, PurePosixPath

import nbformat

from scratch.course.notebook_files import read_notebook
from scratch.exercises.source import Source, path_of, read
from scratch.teaching.book import reference
from scratch.teaching.book.chapters import ChapterError, alternative, chapter
from scratch.teaching.book.hovers import Hovers, with_places
from scratch.teaching.book.links import for_the_book, linked_files
from scratch.teaching.book.mentions import Mentions, place_of_section
from scratch.teaching.concepts import Lesson, Term, lessons, read_terms
from scratch.teaching.pages import PARTS, unplaced

FRAME = PurePosixPath("docs/book")  # what is written by hand: landing page, settings, style
STATIC = ("book.css", "book.js", "icon.svg")  # of these, what pages load
SETTINGS = ("conf.py", "search.js")  # and what Sphinx reads
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
    "SECURITY.md": "",
    "CHANGELOG.md": "",
    "docs/teach.md": "",
}
# Pages that stand under another one, and are folded away in the page's margin.
UNDER = {
    "benchmarks/README.md": ["benchmarks/peers.md", "benchmarks/folds.md", "benchmarks/peak.md"],
    "CONTRIBUTING.md": ["CODE_OF_CONDUCT.md", "SECURITY.md", "CHANGELOG.md"],
}
PICTURE = "picture.png"  # of the landing page
TABLE = re.compile(r"(?ms)^\| notebook \|.*?(?=\n\n)")  # the README's table of notebooks
ROW = re.compile(r"\[(\d\d) [^\]]*\](?=\(notebooks/)")  # how one of its rows begins
INTRODUCED = re.compile(r"\[(\d\d)\]\(\S+\.ipynb\), section\s(\d+)")  # so the glossary says where


def lay_out(root: Path, folder: Path, address: str = "") -> None:
    """Fill a folder with the source of the book about the course in `root`; empties it before.

    address: from which everybody can clone the course, if there is one. Raises LinkError for a link
    to a file that is not there, ChapterError for a figure that nothing describes, or a lesson that
    belongs to no part of the course.
    """
    shutil.rmtree(folder, ignore_errors=True)
    found = lessons(root / "notebooks")
    if problems := unplaced(found):
        raise ChapterError("\n".join(problems))
    exercises = exercises_of(root, found)
    terms = read_terms(root / "docs" / "terms.tsv")
    mentions = Mentions(found, (name for of in exercises.values() for name in of.exercises), terms)
    texts = pages(root, mentions) | {
        f"notebooks/{lesson.path.name}": lesson_page(root, lesson, exercises, terms, mentions)
        for lesson in found
    }
    texts |= reference.pages(root / "scratch")
    texts["index.md"] = landing(root, found, address)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / PICTURE).write_bytes(first_figure(found)[0])
    for name in linked(root, texts):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, folder / name)
    (folder / "_static").mkdir()
    for name in SETTINGS:
        shutil.copy(root / FRAME / name, folder)
    for name in STATIC:
        shutil.copy(root / FRAME / name, folder / "_static")


def lesson_page(
    root: Path, lesson: Lesson, exercises: dict[str, Source], terms: list[Term], mentions: Mentions
) -> str:
    """The chapter of a lesson, as a notebook."""
    name, number = PurePosixPath("notebooks") / lesson.path.name, f"{lesson.number:02}"
    hovers = Hovers(terms, lesson.number, f"../{GLOSSARY.with_suffix('.html')}")
    notebook = read_notebook(lesson.path)
    made = chapter(notebook, name.stem, exercises.get(number), hovers)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            text = mentions.linked(for_the_book(cell.source, name, root), name, number)
            cell.source = mentions.named(text, number)
    return nbformat.writes(made) + "\n"


def exercises_of(root: Path, found: list[Lesson]) -> dict[str, Source]:
    """The exercises by the number of their lesson, of those that have some."""
    numbers = (f"{lesson.number:02}" for lesson in found)
    files = {number: path_of(number, root / "exercises" / "solutions") for number in numbers}
    return {number: read(path) for number, path in files.items() if path}


def pages(root: Path, mentions: Mentions) -> dict[str, str]:
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
            text = INTRODUCED.sub(linked_place, with_places(text))
        if under := [other for other in UNDER.get(name, []) if (root / other).is_file()]:
            text += toctree("", [f"/{other.removesuffix('.md')}" for other in under])
        made[name] = mentions.linked(for_the_book(text, page, root), page)
    return made


def linked_place(match: re.Match[str]) -> str:
    """Where a word of the glossary is introduced, as a link to the section itself."""
    return f"[{match[1]}, section {match[2]}](#{place_of_section(match[1], match[2])})"


def landing(root: Path, found: list[Lesson], address: str) -> str:
    """The first page: what is written by hand, the README's table of lessons, and all contents."""
    text = (root / FRAME / "index.md").read_text(encoding="utf-8")
    readme = (root / "README.md").read_text(encoding="utf-8")
    table = TABLE.search(readme)
    if table is None:
        raise ChapterError("README.md has no table that begins `| notebook |`, to show on page one")
    titles = {f"{lesson.number:02}": lesson.title for lesson in found}
    rows = ROW.sub(lambda m: f"[{m[1]} · {titles[m[1]]}]" if m[1] in titles else m[0], table[0])
    where = f"`git clone {address}`" if address else "whoever gave you these pages has it"
    for mark, words in {
        "the table of lessons": for_the_book(rows, PurePosixPath("README.md"), root),
        "the picture": f"![{first_figure(found)[1]}]({PICTURE})",
        "where the course is": where,
    }.items():
        text = text.replace(f"<!-- {mark} -->", words)
    return text + contents(root, found)


def first_figure(found: list[Lesson]) -> tuple[bytes, str]:
    """The first figure of the first lesson, as a PNG, and what it shows."""
    cells = read_notebook(found[0].path).cells
    for cell, below in itertools.pairwise(cells):
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                return base64.b64decode(png), alternative(below.source)
    raise ChapterError("the first lesson has no figure for the landing page")


def contents(root: Path, found: list[Lesson]) -> str:
    """The book's table of contents, which the page's margin shows."""
    files = {lesson.number: lesson.path.stem for lesson in found}
    parts = {
        part: [f"notebooks/{files[number]}" for number in numbers if number in files]
        for part, numbers in PARTS.items()
    }
    folded = {name for under in UNDER.values() for name in under}
    parts["Beside the lessons"] = [
        name.removesuffix(".md") for name in PAGES if (root / name).is_file() and name not in folded
    ]
    parts["The package"] = ["api/index"]
    return "".join(toctree(part, names) for part, names in parts.items())


def toctree(caption: str, names: list[str]) -> str:
    """A part of the table of contents."""
    head = f":caption: {caption}\n" if caption else ""
    return f"\n```{{toctree}}\n:hidden:\n{head}\n" + "\n".join(names) + "\n```\n"


def linked(root: Path, texts: dict[str, str]) -> list[PurePosixPath]:
    """What else the pages link to and show: files that go into the book as they are."""
    found = set()
    for name, text in texts.items():
        if name.endswith(".ipynb"):
            cells = nbformat.reads(text, as_version=4).cells
            text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
        found |= linked_files(text, PurePosixPath(name))
    return sorted(path for path in found if str(path) not in texts and (root / path).is_file())
