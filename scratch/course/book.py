"""The command that builds the book: lays out its source, then lets Sphinx read it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scratch.course import extras
from scratch.course.kit import BUILD
from scratch.course.paths import LOGS, ROOT

BOOK = BUILD / "book"
SOURCE = LOGS / "book-source"
READ = LOGS / "book-read"  # what Sphinx remembers of the pages that have not changed
MATHJAX = extras.BOOK.folder / "mathjax" / "static" / "mathjax" / "es5"
OF_MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2")  # all that a page with formulas needs


def make(options: list[str]) -> int:
    """Build the book into build/book; Sphinx gets the options. A warning of Sphinx is an error."""
    from scratch.teaching.book.source import lay_out

    extras.fetch(extras.BOOK)
    try:
        lay_out(ROOT, SOURCE)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    copy_mathjax(MATHJAX, SOURCE / "_static" / "mathjax")
    if code := sphinx(SOURCE, BOOK, options):
        print("The book has not been built: see above what Sphinx found.", file=sys.stderr)
        return code
    print(f"Open {BOOK / 'index.html'}")
    return 0


def copy_mathjax(es5: Path, folder: Path) -> None:
    """Put what pages need of MathJax into a folder."""
    for name in OF_MATHJAX:
        if (es5 / name).is_dir():
            shutil.copytree(es5 / name, folder / name, dirs_exist_ok=True)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(es5 / name, folder / name)


def sphinx(source: Path, target: Path, options: list[str]) -> int:
    """Let Sphinx read a source and write the pages; returns its exit code."""
    path = os.pathsep.join(filter(None, [str(extras.BOOK.folder), os.environ.get("PYTHONPATH")]))
    command = ["-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-d", str(READ)]
    return subprocess.run(
        [sys.executable, *command, *options, str(source), str(target)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
    ).returncode
