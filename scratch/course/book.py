"""The command that builds the book: lays out its source, lets Sphinx read it, checks the links."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scratch.course import extras
from scratch.course.kit import BUILD
from scratch.course.paths import LOGS, ROOT
from scratch.course.repository import published_at

MATHJAX = extras.BOOK.folder / "mathjax" / "static" / "mathjax" / "es5"
OF_MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2")  # all that a page with formulas needs
LINKS = "links-out.txt"


def make(options: list[str]) -> int:
    """Build the book into build/book; what it does not know of the options, Sphinx gets.

    The book that is there is replaced by a whole one only.
    """
    asked, for_sphinx = parse(options)
    extras.fetch(extras.BOOK)
    site = BUILD / "book"
    LOGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=LOGS, prefix="book-") as work:
        new = Path(work) / "site"
        try:
            if build(ROOT, Path(work), asked.address, for_sphinx):
                raise ValueError("What Sphinx complains about is above.")
            report(new)
        except ValueError as error:
            kept = f" {site.relative_to(ROOT)} is still the one before." if site.exists() else ""
            print(f"{error}\nThe book is not as it should be.{kept}", file=sys.stderr)
            return 1
        shutil.rmtree(site, ignore_errors=True)
        shutil.move(new, site)
    print(f"Open {(site / 'index.html').relative_to(ROOT)}")
    return 0


def parse(options: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the options of the command line, and those that are Sphinx's."""
    parser = argparse.ArgumentParser(
        prog="python -m scratch.course book",
        description="Build the course as a website from the stored notebooks.",
        epilog="All other options are Sphinx's: -j 2 builds with two processes.",
    )
    parser.add_argument("--address", help="from which readers clone the course; else git's origin")
    asked, others = parser.parse_known_args(options)
    try:
        asked.address = published_at(ROOT, asked.address)
    except ValueError as error:
        if asked.address:
            parser.error(str(error))
        asked.address = ""  # nobody else can clone this one
    return asked, others


def build(root: Path, work: Path, address: str, options: list[str]) -> int:
    """Build the book of the course in `root`, as the folder `site` of an empty folder `work`.

    Returns Sphinx's exit code, 1 for any warning. Raises ValueError for a page that cannot be laid
    out.
    """
    from scratch.teaching.book.source import lay_out

    source = work / "source"
    lay_out(root, source, address)
    copy_mathjax(MATHJAX, source / "_static" / "mathjax")
    path = os.pathsep.join(filter(None, [str(extras.BOOK.folder), os.environ.get("PYTHONPATH")]))
    command = ["-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-d", str(work / "read")]
    return subprocess.run(
        [sys.executable, *command, *options, str(source), str(work / "site")],
        cwd=root,
        env=os.environ | {"PYTHONPATH": path},
    ).returncode


def copy_mathjax(es5: Path, folder: Path) -> None:
    """Put what pages need of MathJax into a folder."""
    for name in OF_MATHJAX:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (es5 / name).is_dir() else shutil.copy
        copy(es5 / name, folder / name)


def report(site: Path) -> None:
    """Say where links lead out of the book; raises ValueError if one leads nowhere inside it.

    The list of them is written beside the book.
    """
    from scratch.teaching.book import checks

    pages = checks.read(site)
    if broken := checks.broken(pages):
        raise ValueError("\n".join(["Links that lead nowhere:", *broken]))
    lines = [f"{to}  ({', '.join(names)})" for to, names in checks.leading_out(pages).items()]
    BUILD.mkdir(exist_ok=True)
    (BUILD / LINKS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(pages)} pages; {len(lines)} links out of them, for you to try: build/{LINKS}")
