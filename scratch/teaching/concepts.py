"""The map of the course: which notebook needs which, and where each word and function comes first.

The words are in `docs/terms.tsv`: a term, what it means, and the notebook and section that
introduce it. What needs what is read from the notebooks' openings, functions from their cells.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from scratch.course.notebook_files import numbered, read_notebook
from scratch.course.unchanged import without_magics

NEEDS = "**You need** "
HERE = "__main__"  # where a cell's own functions are
SYMBOL = "`"  # with which a term begins that is a symbol or a name in the code


class Lesson(NamedTuple):
    """What a notebook says of itself: its file, number, title, and the numbers it builds on."""

    path: Path
    number: int
    title: str
    needs: list[int]


class Term(NamedTuple):
    """A word or a symbol, what it means, and the notebook and section that introduce it."""

    name: str
    meaning: str
    number: int
    section: int


def lessons(folder: Path) -> list[Lesson]:
    """Read the openings of all notebooks in a folder, in order; may raise ValueError."""
    found = []
    for number, path in numbered(folder).items():
        opening = next((cell.source for cell in read_notebook(path).cells), "")
        line = next((line for line in opening.split("\n") if line.startswith(NEEDS)), None)
        if line is None:
            raise ValueError(f"{path.name}: no line of its first cell begins with {NEEDS.strip()}")
        title = opening.split("\n")[0].removeprefix("# ")
        found.append(Lesson(path, number, title, numbers_in(line)))
    return found


def numbers_in(text: str) -> list[int]:
    """The notebooks that a text names, with those between the ends of a range.

    >>> numbers_in("You need notebooks 01–03, 05 and 07 to 08, and 2 hours.")
    [1, 2, 3, 5, 7, 8]
    """
    named = set()
    for first, last in re.findall(r"\b(\d\d)\b(?: ?(?:–|to) ?(\d\d)\b)?", text):
        named |= set(range(int(first), int(last or first) + 1))
    return sorted(named)


def direct_needs(needs: dict[int, list[int]]) -> dict[int, list[int]]:
    """The needs without those that another need brings along: what arrows are drawn for.

    >>> direct_needs({1: [], 2: [1], 3: [1, 2]})
    {1: [], 2: [1], 3: [2]}
    """

    def brought_along(number: int) -> set[int]:
        return set().union(*({need} | brought_along(need) for need in needs[number]))

    return {
        number: [n for n in wanted if not any(n in brought_along(o) for o in wanted)]
        for number, wanted in needs.items()
    }


def read_terms(path: Path) -> list[Term]:
    """Read the file of terms: name, meaning and place, such as 03.4, with tabs between them.

    A symbol may mean something else in another notebook, and so come again; a word may not. Raises
    ValueError, with the line, for a line of another form or a name that comes twice.
    """
    terms: dict[tuple[str, str], Term] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = re.fullmatch(r"([^\t]+)\t([^\t]+)\t(\d\d)\.(\d+)", line)
        if found is None:
            raise ValueError(f"{path.name}, line {number}: not a name, a meaning and a place")
        key = found[1], found[3] if SYMBOL in found[1] else ""
        if key in terms:
            raise ValueError(f"{path.name}, line {number}: {found[1]} is there twice")
        terms[key] = Term(found[1], found[2], int(found[3]), int(found[4]))
    return list(terms.values())


def functions_by_lesson(found: list[Lesson], package: Path) -> dict[int, list[tuple[str, str]]]:
    """The public functions and classes that each notebook is the first to define or to import.

    As (name, file of the package), sorted by file; those for figures and data are left out.
    """
    rooms = ("course", "datasets", "exercises", "plots", "teaching")
    home = {
        (name, ".".join(path.relative_to(package.parent).with_suffix("").parts)): path
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] not in rooms
        for name in public_names(path)
    }
    seen: set[tuple[str, str]] = set()
    result = {}
    for lesson in found:
        imported = imports_of(lesson.path)
        new = {key for key in home if is_imported(key, imported)} - seen
        seen |= new
        files = ((name, home[name, module].relative_to(package.parent)) for name, module in new)
        result[lesson.number] = sorted(
            ((name, path.as_posix()) for name, path in files), key=lambda pair: pair[::-1]
        )
    return result


def public_names(path: Path) -> list[str]:
    """The functions and classes of a module whose names do not begin with an underscore."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = ast.FunctionDef | ast.ClassDef
    return [node.name for node in body if isinstance(node, kinds) and node.name[0] != "_"]


def is_imported(key: tuple[str, str], imported: set[tuple[str, str]]) -> bool:
    """Whether a name of a module is defined in a cell, or imported from it or from its room."""
    name, module = key
    return bool({key, (name, module.rpartition(".")[0]), (name, HERE)} & imported)


def imports_of(notebook: Path) -> set[tuple[str, str]]:
    """What the cells of a notebook define or take out of the package, as (name, module)."""
    cells = read_notebook(notebook).cells
    return taken_by(without_magics(cell.source) for cell in cells if cell.cell_type == "code")


def taken_by(codes: Iterable[str]) -> set[tuple[str, str]]:
    """What pieces of code, one after the other, define or take out of the package.

    As (name, module). An attribute of an imported module counts: of `from scratch import pca`,
    `pca.center` does.
    """
    taken: set[tuple[str, str]] = set()
    modules: dict[str, str] = {}
    for code in codes:
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                taken.add((node.name, HERE))
            elif isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("scratch."):
                taken |= {(alias.name, str(node.module)) for alias in node.names}
                modules |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
                taken.add((node.attr, modules[ast.unparse(node.value)]))
    return taken
