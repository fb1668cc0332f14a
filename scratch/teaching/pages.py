"""Makes the pages of `docs/` that follow from the notebooks: the glossary and the map."""

import itertools
import re
from pathlib import Path

from scratch.teaching.concepts import (
    SYMBOL,
    Lesson,
    Term,
    direct_needs,
    functions_by_lesson,
    lessons,
    read_terms,
)

PARTS = {
    "Counting and neighbours": (0, 1, 2, 3),
    "Factorizing stars": (4, 5, 6, 7, 8),
    "From stars to who rated what": (9, 10, 11),
    "Recommending for real": (12, 13, 14, 15),
    "Beyond one machine": (16, 17),
}
# Where the boxes stand on the map, as (column, row): a column for each step of the road.
PLACES = {number: (float(number), 0.0) for number in range(7)} | {
    7: (7.1, 1.2), 8: (7.1, 0.0), 9: (7.1, -1.2), 10: (8.2, -1.2), 11: (8.2, -2.4),
    12: (8.2, 0.0), 13: (9.2, 0.0), 14: (10.2, 0.0), 15: (6.0, -2.4), 16: (9.3, -2.4),
    17: (11.2, 0.0),
}  # fmt: skip
MAP = "map.png"
NAME = re.compile(r"`[A-Za-z.][\w.]{2,}(\(.*\))?`")  # of a function, a class or a variable


def glossary(terms: list[Term], found: list[Lesson]) -> str:
    """The page of words and symbols, each with its meaning and where it comes first."""
    files = {lesson.number: lesson.path.name for lesson in found}
    words = sorted((t for t in terms if SYMBOL not in t.name), key=lambda term: in_order(term.name))
    symbols = [t for t in terms if SYMBOL in t.name and not NAME.match(t.name)]
    names = [t for t in terms if NAME.match(t.name)]
    lines = [
        "# Words and symbols",
        "",
        "What the course calls things, and where it says so first. Made from "
        "[terms.tsv](terms.tsv); [the map](map.md) has them by notebook.",
        "",
        "## Notation",
        "",
        "Symbols of formulas, in the order in which they come. What comes again with another "
        "meaning says so.",
        "",
        *table(symbols, files),
        "",
        "## Names in the code",
        "",
        *table(sorted(names, key=lambda term: in_order(term.name)), files),
    ]
    lines += ["", "## Glossary"]
    for letter, group in itertools.groupby(words, key=lambda term: in_order(term.name)[0].upper()):
        lines += ["", f"### {letter}", ""]
        lines += [f"- **{t.name}**: {t.meaning} ({place(t, files)})" for t in group]
    return "\n".join(lines) + "\n"


def table(terms: list[Term], files: dict[int, str]) -> list[str]:
    """The lines of a table of symbols or names."""
    rows = [f"| {escaped(t.name)} | {escaped(t.meaning)} | {place(t, files)} |" for t in terms]
    return ["| | meaning | first in |", "|---|---|---|", *rows]


def in_order(name: str) -> str:
    """What a name is sorted by: its letters and digits, without signs and capitals."""
    return re.sub(r"[^a-z0-9 ]", "", name.lower())


def escaped(text: str) -> str:
    """A text for a cell of a table, in which a bar is a border."""
    return text.replace("|", "\\|")


def place(term: Term, files: dict[int, str]) -> str:
    """A link to the notebook that introduces a term, and the section."""
    section = f", section\N{NO-BREAK SPACE}{term.section}" if term.section else ""
    return f"[{term.number:02}](../notebooks/{files[term.number]}){section}"


def map_page(terms: list[Term], found: list[Lesson], package: Path) -> str:
    """The page with the figure, and for each notebook what it needs and brings."""
    functions = functions_by_lesson(found, package)
    lines = [
        "# The map of the course",
        "",
        f"![Which notebook builds on which]({MAP})",
        "",
        "**Figure:** a box for each notebook, coloured by the part of the course it belongs to, "
        "and an arrow from each to those that build on it; what follows from other arrows is not "
        "drawn. From 00 to 06 it is one road. There it parts: the network (07), mini-batches (08), "
        "and who rated what (09), from which the optimizers (10) and all of Netflix (11) go off; "
        "12 to 14 need everything, and 17, at the right end, needs them too. 15 needs no more than "
        "05. 16, at the bottom right, goes on from 11.",
        "",
        "What each notebook needs, which words and symbols it introduces ([what they mean]"
        "(glossary.md)), and which functions of `scratch` it is the first to use.",
    ]
    for lesson in found:
        needs = ", ".join(f"{number:02}" for number in lesson.needs) or "nothing"
        words = ", ".join(term.name for term in terms if term.number == lesson.number)
        lines += [
            "",
            f"## [{lesson.number:02} {lesson.title}](../notebooks/{lesson.path.name})",
            "",
        ]
        lines += [f"- **needs** {needs}"]
        lines += [f"- **words** {words}"] if words else []
        if new := functions[lesson.number]:
            lines.append("- **functions** " + ", ".join(f"[`{n}`](../{file})" for n, file in new))
    return "\n".join(lines) + "\n"


def texts(root: Path) -> dict[str, str]:
    """The pages that follow from the notebooks, by the name of their file in `docs/`."""
    found, terms = lessons(root / "notebooks"), read_terms(root / "docs" / "terms.tsv")
    return {
        "glossary.md": glossary(terms, found),
        "map.md": map_page(terms, found, root / "scratch"),
    }


def unplaced(found: list[Lesson]) -> list[str]:
    """Say what PLACES and PARTS lack, for the map to have each of these notebooks and no other."""
    numbers = {lesson.number for lesson in found}
    in_parts = {number for part in PARTS.values() for number in part}
    problems = [
        f"PLACES has no place for notebook {number:02}: say in which column and row of the map "
        "its box stands"
        for number in sorted(numbers - set(PLACES))
    ]
    problems += [
        f"PARTS has no part for notebook {number:02}: put its number into the part of the course "
        "that it belongs to"
        for number in sorted(numbers - in_parts)
    ]
    problems += [
        f"PLACES or PARTS names notebook {number:02}, which is not there"
        for number in sorted((set(PLACES) | in_parts) - numbers)
    ]
    return [f"scratch/teaching/pages.py: {problem}" for problem in problems]


def build(root: Path) -> list[Path]:
    """Write the glossary, the map and its figure into `docs/`, and return where they are.

    Raises ValueError, before anything is written, where a notebook has no place on the map.
    """
    docs, found = root / "docs", lessons(root / "notebooks")
    if problems := unplaced(found):
        raise ValueError("\n".join(problems))
    made = texts(root)
    for name, text in made.items():
        (docs / name).write_text(text, encoding="utf-8")
    draw(found, docs / MAP)
    return [*(docs / name for name in made), docs / MAP]


def draw(found: list[Lesson], path: Path) -> None:
    """Draw the map and write it as a PNG."""
    import matplotlib.pyplot as plt

    from scratch.plots.concepts import concept_map

    needs = {lesson.number: lesson.needs for lesson in found}
    titles = {lesson.number: lesson.title.partition(":")[0] for lesson in found}
    figure, _ = concept_map(titles, direct_needs(needs), PLACES, PARTS)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
