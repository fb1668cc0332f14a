"""The learner's edition: the whole course without solutions, as a zip that runs elsewhere."""

import re
import subprocess
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from scratch.course.notebook_files import read_notebook
from scratch.exercises.source import read, read_without_solutions
from scratch.machinery.whole import replaced

NAME = "recommenders-from-scratch"
SOLUTIONS = PurePosixPath("exercises/solutions")
# What is for the teacher, or is of no use without the solutions.
LEFT_OUT = ("docs/teach.md", "tests/test_exercises.py", ".ci/")
FOR_TEACHERS = re.compile(
    r"<!-- for teachers: begin -->.*?<!-- for teachers: end -->\n*", re.DOTALL
)
EDITION = (
    "> This is the learner's edition: everything but the solutions of the exercises. The checks "
    "work as they do in the course itself. It is no git checkout: keep the zip, to take a file of "
    "`scratch/` out of it again when you want your edits undone.\n\n"
)
DATE = (1980, 1, 1, 0, 0, 0)  # of every file: the same course makes the same zip


class HandoutError(RuntimeError):
    """There is no telling which files belong to the course, or one of them is damaged."""


def build(root: Path, folder: Path) -> Path:
    """Write the zip of the course in `root` into a folder, and return where it is.

    Raises HandoutError where git does not know the files, or one of them is damaged.
    """
    names = kept(tracked(root))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.zip"
    with replaced(path) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            information = zipfile.ZipInfo(f"{NAME}/{name}", DATE)
            information.compress_type = zipfile.ZIP_DEFLATED
            information.external_attr = (root / name).stat().st_mode << 16
            archive.writestr(information, content(root, name))
    return path


def tracked(root: Path) -> list[str]:
    """The files of the course: those that git tracks; may raise HandoutError.

    What lies beside them may be anything: an editor's copy of a solution, a password.
    """
    names = {name for name in listed(root, "--cached") if (root / name).is_file()}
    if not names:
        raise HandoutError(f"git tracks no file in {root}: `git add` those of the course.")
    return sorted(names)


def left_out(root: Path) -> dict[str, str]:
    """The files that a teacher may miss in the learner's edition, and why they are not in it."""
    beside = {name: "it would hand out a solution" for name in tracked(root) if is_beside(name)}
    new = listed(root, "--others", "--exclude-standard", "--directory", "--no-empty-directory")
    return beside | dict.fromkeys(new, "git does not track it: `git add` what belongs in")


def listed(root: Path, *which: str) -> list[str]:
    """What `git ls-files` lists in a folder; may raise HandoutError."""
    # Between names a zero: otherwise git would quote those that are not plain ASCII.
    command = ["git", "ls-files", "-z", *which]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8")
    except OSError as error:
        raise HandoutError(f"git is needed to list the files of the course: {error}") from None
    if done.returncode:
        raise HandoutError(
            f"{root} is no git checkout, so nobody knows which of its files belong to the course."
        )
    return [name for name in done.stdout.split("\0") if name]


def kept(names: Iterable[str]) -> list[str]:
    """The files that learners get."""
    return [name for name in names if not name.startswith(LEFT_OUT) and not is_beside(name)]


def has_solutions(name: str) -> bool:
    """Whether a file is a lesson's source of exercises, which is handed out without solutions."""
    path = PurePosixPath(name)
    return path.parent == SOLUTIONS and path.match("[0-9][0-9]_*.py")


def is_beside(name: str) -> bool:
    """Whether a file lies among those with solutions, and nobody knows how to take any out."""
    return SOLUTIONS in PurePosixPath(name).parents and not has_solutions(name)


def content(root: Path, name: str) -> bytes:
    """What the learner's edition has in a file: no solutions, and no word to teachers.

    Raises HandoutError for a file that is damaged.
    """
    try:
        return stripped(root, name)
    except ValueError as error:
        raise HandoutError(f"{name} is not as it should be: {error}") from error


def stripped(root: Path, name: str) -> bytes:
    """The content of a file, which may raise ValueError."""
    path = root / name
    if has_solutions(name):
        read(path)  # what has no proper parts may hold a solution in any of them
        return read_without_solutions(path).encode("utf-8")
    if path.suffix == ".ipynb":
        read_notebook(path)
    if name == "README.md":
        return for_learners(path.read_text(encoding="utf-8")).encode("utf-8")
    if path.suffix == ".md":
        return FOR_TEACHERS.sub("", path.read_text(encoding="utf-8")).encode("utf-8")
    return path.read_bytes()


def for_learners(readme: str) -> str:
    """The README without what is for teachers, and with a word on which edition this is."""
    title, _, rest = FOR_TEACHERS.sub("", readme).partition("\n\n")
    return f"{title}\n\n{EDITION}{rest}"
