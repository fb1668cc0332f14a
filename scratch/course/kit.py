"""The teacher's commands: hand-out, recall sheets and slides, into build/; the pages of docs/."""

import sys
from pathlib import Path

from scratch.course import extras
from scratch.course.paths import NOTEBOOKS, ROOT
from scratch.course.refresh import for_each

BUILD = ROOT / "build"
REVEAL = extras.DECK.folder / "sphinx_revealjs" / "_static" / "revealjs"
MATHJAX = extras.DECK.folder / "jupyter_server_mathjax" / "static"


def make_handout(options: list[str]) -> int:
    """Make the zip of the learner's edition; takes no options."""
    from scratch.teaching.handout import HandoutError, build, left_out

    if options:
        print("handout takes no options: it is the whole course.", file=sys.stderr)
        return 2
    try:
        print(described(build(ROOT, BUILD)))
        for name, why in left_out(ROOT).items():
            print(f"left out: {name} ({why})")
    except HandoutError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make_recall(asked: list[str]) -> int:
    """Make the recall sheets of the notebooks with these numbers (all, if none)."""
    from scratch.teaching.recall import build

    return for_each(asked, NOTEBOOKS, lambda path: described(build(path, BUILD / "recall")))


def make_slides(asked: list[str]) -> int:
    """Make the decks of the notebooks with these numbers (all, if none)."""
    from scratch.teaching.slides import build, copy_parts

    folder = BUILD / "slides"

    def deck(path: Path) -> str:
        extras.fetch(extras.DECK)  # once; here, so that a wrong number is named before anything
        return described(build(path, folder))

    code = for_each(asked, NOTEBOOKS, deck)
    if code == 0:
        copy_parts(REVEAL, MATHJAX, folder)
    return code


def make_docs(options: list[str]) -> int:
    """Make the glossary and the map in docs/; takes no options."""
    from scratch.teaching.pages import build

    if options:
        print("docs takes no options.", file=sys.stderr)
        return 2
    try:
        for path in build(ROOT):
            print(described(path))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def described(path: Path) -> str:
    """Where something was put, from the course's folder, and how large it is."""
    return f"{path.relative_to(ROOT)}  ({path.stat().st_size / 1e6:.1f} MB)"
