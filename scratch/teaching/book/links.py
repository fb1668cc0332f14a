"""Links between the files of the course, as the book needs them.

Where a page links to a file of the package, the book has a page about that module; a folder has no
page; whatever else is linked goes into the book beside the page, under its own name.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

API = "api"  # the folder of the book with a page for each module
# What looks like a link inside of code is none, so code is looked for first; but a link may have
# code in its text.
LINK = re.compile(
    r"(?ms)^ *```.*?^ *```|(?P<text>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<to>[^()\s]+)\)|`+[^`\n]+`+"
)


class LinkError(ValueError):
    """A page links to a file that is not there."""


def module_of(path: PurePosixPath) -> str:
    """The name of the module in a file of the package.

    >>> module_of(PurePosixPath("scratch/plots/__init__.py"))
    'scratch.plots'
    """
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def linked_files(text: str, page: PurePosixPath) -> set[PurePosixPath]:
    """The files of the course that a page links to: page and result are paths from its folder."""
    targets = {(match["to"] or "").partition("#")[0] for match in LINK.finditer(text)}
    inside = {target for target in targets if target and not is_outside(target)}
    return {PurePosixPath(normpath(page.parent / target)) for target in inside}


def is_outside(target: str) -> bool:
    """Whether a link leads out of the course."""
    return re.match(r"[a-z]+:", target) is not None


def for_the_book(text: str, page: PurePosixPath, root: Path) -> str:
    """The text of a page with its links as the book needs them.

    page: its path from `root`, the course's folder. Raises LinkError for a file that is not there.
    """

    def replaced(match: re.Match[str]) -> str:
        target, _, _ = (match["to"] or "").partition("#")
        if is_outside(target) or not target:
            return match[0]
        path = PurePosixPath(normpath(page.parent / target))
        if not (root / path).exists():
            raise LinkError(f"{page} links to {target}, and there is no {path}")
        if (root / path).is_dir():
            return match["text"][1:-1]
        if path.parts[0] == "scratch" and path.suffix == ".py":
            return f"{match['text']}({relpath(f'{API}/{module_of(path)}.md', page.parent)})"
        return match[0]

    return LINK.sub(replaced, text)
