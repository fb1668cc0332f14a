"""Packages that one command needs and the course does not: installed beside it, once."""

import sys
from pathlib import Path
from typing import NamedTuple

from scratch.course import install
from scratch.course.paths import LOGS, ROOT


class Extra(NamedTuple):
    """A list of exact versions, the folder they are installed into, and what they are for."""

    pins: Path
    folder: Path
    what: str


DECK = Extra(
    ROOT / "scratch" / "teaching" / "deck" / "requirements.txt",
    LOGS / "deck",
    "reveal.js and MathJax for the slides",
)
SCALE = Extra(
    ROOT / "scratch" / "scale" / "requirements.txt",
    LOGS / "scale",
    "Apache Spark (once: 0.5 GB to fetch, 0.7 GB on the disk)",
)
BOOK = Extra(ROOT / "docs" / "book" / "requirements.txt", LOGS / "book", "Sphinx for the book")


def fetch(extra: Extra) -> None:
    """Install the packages into their folder, unless they are there; may raise SetupError.

    What they need has to be among the pins, or in the course's own environment: so nothing in that
    one changes.
    """
    pins = extra.pins.read_text(encoding="utf-8")
    mark = extra.folder / ".installed"  # written last: an interrupted installation is done again
    if mark.is_file() and mark.read_text(encoding="utf-8") == pins:
        return
    LOGS.mkdir(exist_ok=True)
    log = LOGS / f"{extra.folder.name}.log"
    log.write_text("", encoding="utf-8")
    print(f"Installing {extra.what} ...", flush=True)
    where = ["--no-deps", "--upgrade", "--target", str(extra.folder)]
    install.pip(Path(sys.executable), ["install", *where, "-r", str(extra.pins)], log)
    mark.write_text(pins, encoding="utf-8")
