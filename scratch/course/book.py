"""The command that builds the book: lays out its source, lets Sphinx read it, checks the links."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scratch.course import extras
from scratch.course.kit import BUILD
from scratch.course.paths import LOGS, ROOT

WORK = LOGS / "book-work"  # the source, and what Sphinx makes of it on the way
MATHJAX = extras.BOOK.folder / "mathjax" / "static" / "mathjax" / "es5"
OF_MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2")  # all that a page with formulas needs
LINKS = "links-out.txt"


def make(options: list[str]) -> int:
    """Build the book into build/book; Sphinx gets the options."""
    extras.fetch(extras.BOOK)
    try:
        if build(ROOT, WORK, BUILD / "book", options):
            raise ValueError("Sphinx has found what is named above.")
        report(BUILD / "book")
    except ValueError as error:
        print(f"{error}\nThe book is not as it should be.", file=sys.stderr)
        return 1
    print(f"Open {(BUILD / 'book' / 'index.html').relative_to(ROOT)}")
    return 0


def build(root: Path, work: Path, site: Path, options: list[str]) -> int:
    """Build the book of the course in `root` anew; returns Sphinx's exit code, 1 for any warning.

    Raises ValueError for a page that cannot be laid out.
    """
    from scratch.teaching.book.source import lay_out

    for old in (work, site):  # nothing of an earlier edition may stay
        shutil.rmtree(old, ignore_errors=True)
    source = work / "source"
    lay_out(root, source)
    copy_mathjax(MATHJAX, source / "_static" / "mathjax")
    path = os.pathsep.join(filter(None, [str(extras.BOOK.folder), os.environ.get("PYTHONPATH")]))
    command = ["-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-d", str(work / "read")]
    return subprocess.run(
        [sys.executable, *command, *options, str(source), str(site)],
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
    """Say where links lead out of the book; raises ValueError if one leads nowhere inside it."""
    from scratch.teaching.book import checks

    pages = checks.read(site)
    if broken := checks.broken(pages):
        raise ValueError("\n".join(["Links that lead nowhere:", *broken]))
    lines = [f"{to}  ({', '.join(names)})" for to, names in checks.leading_out(pages).items()]
    (site.parent / LINKS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(pages)} pages; {len(lines)} links out of them, for you to try: build/{LINKS}")
