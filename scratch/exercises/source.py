"""Reads `exercises/solutions/`: one file for each notebook, the source of all its exercises.

A file is Python in cells, as editors know it by `# %%`. What stands above the first cell (imports,
functions) is there for its checks. An exercise begins with its id, and its parts follow:

    # %% [markdown] 03.1 · by hand · 5 minutes     the task; of the quiz: 03.q1 · quiz
    # %% [markdown] hint
    # %% stub                                      the cell that the learner fills in
    # %% solution                                  or: solution in scratch/similarity.py
    # %% check                                     def check(…): raises Wrong, or returns a remark
    # %% wrong                                     or: wrong in scratch/similarity.py
    # %% [markdown] rubric                         of an open exercise, in the place of a check

The wrong answers end with a dict: the mistake in words, and its answer (or a tuple, where the stub
hands over several). Where an exercise changes the package, solution and wrong answers say in which
file, and each answer is a text: the function as somebody might have saved it.

Where an exercise asks for a prediction, the stub hands it over first, `check("03.1", prediction_x,
x)`, and the first parameter of the check is called `prediction`, as in `def check(prediction, x)`:
whoever has only predicted is then told to find out. If it changes the package as well, the solution
begins with a comment that predicts, `# prediction_x = 10`: the tests answer with it.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "exercises" / "solutions"
CHANGE = "change the package"
LEVELS = ("recall", "by hand", CHANGE, "experiment", "open")
QUIZ = "quiz"
TEACHERS = ("solution", "wrong")  # the parts that a learner's edition lacks
PARTS = ("hint", "stub", "solution", "check", "wrong", "rubric")
MARK = re.compile(r"# %% ?(?P<markdown>\[markdown\])? ?(?P<title>.*)")
HEAD = re.compile(r"(?P<id>\d\d\.q?\d) · (?P<level>[a-z ]+?)(?: · (?P<minutes>\d+) minutes)?")
PART = re.compile(rf"(?P<name>{'|'.join(PARTS)})(?: in (?P<place>scratch/\S+\.py))?")


class SourceError(ValueError):
    """A file of exercises is not written as it should be."""


@dataclass
class Part:
    """A piece of the file: its text, the line its text begins on, and a file of the package.

    Of a markdown part the text is what a notebook shows. place: the file that the code belongs
    into, such as scratch/similarity.py, or "" for a cell of the notebook.
    """

    text: str
    line: int
    place: str = ""


@dataclass
class Exercise:
    """One exercise or question: its id, such as 03.1 or 03.q1, its level, minutes and parts."""

    id: str
    level: str
    minutes: int | None
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def is_quiz(self) -> bool:
        """Whether it is a question of the quiz."""
        return self.level == QUIZ

    def text(self, part: str) -> str:
        """The text of a part, or "" where it has none."""
        return self.parts[part].text if part in self.parts else ""


@dataclass
class Source:
    """The exercises of one notebook by id, and the code that stands above them."""

    path: Path
    preamble: Part
    exercises: dict[str, Exercise]


def path_of(identifier: str, folder: Path = FOLDER) -> Path | None:
    """Return the file with the exercises of this id's notebook: 03.1 is in 03_….py; or None."""
    if not re.match("[0-9]{2}", identifier):  # a pattern would find what it does not name
        return None
    return next(iter(sorted(folder.glob(f"{identifier[:2]}_*.py"))), None)


def read(path: Path) -> Source:
    """Read one file of exercises.

    Raises SourceError, with file and line, for a cell that is none of those named above, an id
    that comes twice, or a part that does.
    """
    blocks = split(path.read_text(encoding="utf-8"))
    source = Source(path, Part(*blocks[0][1:]), {})
    exercise = None
    for title, text, line in blocks[1:]:
        where = f"{path.name}, line {line - 1}"
        mark = MARK.fullmatch(title)
        assert mark is not None  # for it was cut there
        if head := HEAD.fullmatch(mark["title"]):
            if head["level"] not in (*LEVELS, QUIZ):
                raise SourceError(f"{where}: no level is called {head['level']!r}")
            minutes = int(head["minutes"]) if head["minutes"] else None
            exercise = Exercise(head["id"], head["level"], minutes)
            if source.exercises.setdefault(exercise.id, exercise) is not exercise:
                raise SourceError(f"{where}: {exercise.id} is there twice")
            name, place = "task", ""
        elif exercise and (part := PART.fullmatch(mark["title"])):
            name, place = part["name"], part["place"] or ""
        else:
            raise SourceError(f"{where}: {title!r} is neither an exercise nor a part of one")
        if name in exercise.parts:
            raise SourceError(f"{where}: {exercise.id} has two parts called {name}")
        exercise.parts[name] = Part(as_markdown(text) if mark["markdown"] else text, line, place)
    return source


def read_without_solutions(path: Path) -> str:
    """Return the text of a file without solutions and wrong answers: enough for the checks."""
    kept = []
    for mark, text, _ in split(path.read_text(encoding="utf-8")):
        found = MARK.fullmatch(mark)
        part = PART.fullmatch(found["title"]) if found else None
        if part is None or part["name"] not in TEACHERS:
            kept.append(f"{mark}\n{text}\n" if mark else f"{text}\n")
    return "\n".join(kept)


def split(text: str) -> list[tuple[str, str, int]]:
    """Cut a file at its marks: (the mark, the text below it, the line where that text begins)."""
    blocks: list[tuple[str, str, int]] = []
    lines: list[str] = []
    mark, first = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        if MARK.fullmatch(line):
            blocks.append((mark, "\n".join(lines).rstrip(), first))
            lines, mark, first = [], line, number + 1
        else:
            lines.append(line)
    blocks.append((mark, "\n".join(lines).rstrip(), first))
    return blocks


def as_markdown(comment: str) -> str:
    """Take the `#` off each line, and make one line of each paragraph, as notebooks have them.

    >>> as_markdown("# One\\n# line.\\n#\\n# - a\\n# - b")
    'One line.\\n\\n- a\\n- b'
    """
    lines: list[str] = []
    is_code = False
    for line in (raw.removeprefix("#").removeprefix(" ") for raw in comment.split("\n")):
        is_fence = line.startswith("```")
        starts = line == "" or is_fence or re.match(r"\s*(- |\||> |\d+\. |\$\$)", line) is not None
        if not lines or is_code or starts or lines[-1] == "" or lines[-1].startswith("```"):
            lines.append(line)
        else:
            lines[-1] += " " + line.strip()
        is_code ^= is_fence
    return "\n".join(lines)
