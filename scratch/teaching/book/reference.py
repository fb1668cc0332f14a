"""The reference of the book: a page for each module, and docstrings as Sphinx reads them."""

import ast
import itertools
import re
from pathlib import Path, PurePosixPath

from scratch.teaching.book.links import API, module_of

# Rooms in the order of the house, the ground floor first; what a room is for, its package says.
ROOMS = ("", "recommenders", "evaluation", "machinery", "plots", "datasets", "exercises",
         "teaching", "course")  # fmt: skip
# A pair of stars stays what it is; no other sign is to mean anything to Sphinx.
SIGN = re.compile(r"((?<![\w*])\*[^\s*][^*]*\*(?![\w*]))|[*|_\\]")
GROUND = "What the course builds first: modules at the top of the package."


def pages(package: Path) -> dict[str, str]:
    """The pages about a package, by their paths in the book: one for each module, and an index.

    Raises ValueError, with the file and its line, for a module that is no Python.
    """
    modules = {
        module_of(PurePosixPath(package.name) / path.relative_to(package).as_posix()): path
        for path in sorted(package.rglob("*.py"))
        if path.stem not in ("__main__", "conf")
    }
    made = {f"{API}/{name}.md": page(name, modules) for name in modules}
    return made | {f"{API}/index.md": index(package.name, modules)}


def page(name: str, modules: dict[str, Path]) -> str:
    """The page about one module; of a package also where what it only hands on is at home."""
    lines = [f"# {name}", "", "```{eval-rst}", f".. automodule:: {name}", ""]
    if handed_on := homes_in(name, modules[name]):
        lines += [f"What you may import from here: {', '.join(map(link, handed_on.values()))}.", ""]
    lines += ["```", ""]
    if inside := [module for module in modules if module.rpartition(".")[0] == name]:
        lines += table(inside, modules)
    return "\n".join(lines)


def table(names: list[str], modules: dict[str, Path]) -> list[str]:
    """Lines that list modules, and say what each of them is for."""
    rows = [f"| [`{name}`]({name}.md) | {summary(modules[name])} |" for name in names]
    return ["| module | what it is for |", "|---|---|", *rows, ""]


def link(name: str) -> str:
    """A link to a name of the package, which shows its last part."""
    return f":py:obj:`~{name}`"


def homes(package: Path) -> dict[str, str]:
    """Where the names that a package's `__init__.py` files hand on are at home, by full names."""
    found: dict[str, str] = {}
    for path in sorted(package.rglob("__init__.py")):
        relative = PurePosixPath(package.name) / path.relative_to(package).as_posix()
        found |= homes_in(module_of(relative), path)
    return found


def homes_in(name: str, path: Path) -> dict[str, str]:
    """The same of one module; only a package hands names on."""
    if path.name != "__init__.py":
        return {}
    return {
        f"{name}.{alias.name}": f"{node.module}.{alias.name}"
        for node in parsed(path).body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{name}.")
        for alias in node.names
    }


def parsed(path: Path) -> ast.Module:
    """A module's code as a tree; raises ValueError, with its line, for what is no Python."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(f"{path}, line {error.lineno}: {error.msg}") from error


def index(package: str, modules: dict[str, Path]) -> str:
    """The page that lists all modules, by room."""
    lines = [
        "# The package, name by name",
        "",
        "Every module of `scratch` with its public functions and classes: what each takes, gives "
        "and refuses, its source code, and the sections of the course that use it. Names in the "
        "course's code lead here.",
        "",
    ]
    for room in ROOMS:
        home = f"{package}.{room}" if room else package
        inside = [module for module in modules if room_of(module) == room]
        title = f"`{home}`" if room else "The ground floor"
        lines += [f"## {title}", "", summary(modules[home]) if room else GROUND, ""]
        entries = [f"{m.removeprefix(f'{package}.')} <{m}>" for m in inside]
        lines += ["```{toctree}", ":maxdepth: 1", ":hidden:", "", *entries, "```", ""]
        lines += table(inside, modules)
    return "\n".join(lines)


def room_of(module: str) -> str:
    """The room of a module, "" for the ground floor.

    >>> room_of("scratch.plots.maps"), room_of("scratch.plots"), room_of("scratch.pca")
    ('plots', 'plots', '')
    """
    room = f"{module}.".split(".")[1]
    return room if room in ROOMS else ""


def summary(path: Path) -> str:
    """The first line of a module's docstring."""
    text = ast.get_docstring(parsed(path)) or ""
    return text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def as_rst(lines: list[str]) -> list[str]:
    """A docstring of this package, which is plain text, as Sphinx wants it.

    Names between backticks become links where there is something to link to; examples stay as they
    are; what is indented is shown as it stands; and no sign but a pair of stars means anything.

    >>> as_rst(["The *sum* of a_ and `b`.", "", ">>> 1 * 2  # doctest: +SKIP", "2"])
    ['The *sum* of a\\\\_ and :py:obj:`b`.', '', '>>> 1 * 2', '2', '']
    """
    made: list[str] = []
    for block in re.split(r"\n\s*\n", "\n".join(lines).strip("\n")):
        if block.startswith(">>>"):
            made += [re.sub(r"\s+# doctest: \+\w+$", "", line) for line in block.split("\n")] + [""]
            continue
        for is_shown, group in itertools.groupby(block.split("\n"), is_indented):
            if is_shown:
                made += [".. code-block:: text", "", *group, ""]
            else:
                made += [*text_as_rst("\n".join(group)).split("\n"), ""]
    return made


def is_indented(line: str) -> bool:
    """Whether a line is to be shown as it stands."""
    return line.startswith("    ")


def text_as_rst(text: str) -> str:
    """A paragraph of running text."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(
        f":py:obj:`{part}`" if i % 2 else SIGN.sub(lambda match: match[1] or f"\\{match[0]}", part)
        for i, part in enumerate(parts)
    )
