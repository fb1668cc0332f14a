"""`check("03.1", answer)` says whether it is right; `solution("03.1")` shows ours, folded."""

import ast
import html
import inspect
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scratch.exercises.judging import (
    STOPS,
    NotYet,
    Wrong,
    described,
    is_untouched,
    returned,
    short,
    undo,
)
from scratch.exercises.source import CHANGE, FOLDER, Exercise, Source, path_of, read

NOT_YET = "not answered yet"
PACKAGE = Path(__file__).parents[1]


def check(identifier: str, *answers: object) -> None:
    """Print whether the answers to an exercise are right, or else what is wrong with them.

    identifier: such as "03.1", or "03.q1" for a question of the quiz. Answers that are still
    `...`, as the stub has them, are "not answered yet". Nothing is raised, whatever the answers
    are (but for Ctrl+C), and the right one is never told: `solution` does that.
    """
    print(f"{identifier}: {verdict(identifier, *answers)}")


def solution(identifier: str) -> "Solution | None":
    """Show our solution of an exercise, folded: a click on it opens it."""
    found = find(identifier)
    if isinstance(found, str):
        print(f"{identifier}: {found}")
        return None
    _, exercise = found
    if "solution" not in exercise.parts:
        print(f"{identifier}: this edition has no solutions; they are in the course's repository")
        return None
    return Solution(exercise)


def verdict(identifier: str, *answers: object) -> str:
    """Return in words what `check` prints about the answers."""
    found = find(identifier)
    if isinstance(found, str):
        return found
    source, exercise = found
    if "check" not in exercise.parts:
        return "an open exercise, which no program can judge: its rubric stands under the task"
    told = names_in_stub(exercise)
    try:
        judge = function_in(source, exercise)
    except STOPS as error:  # of a package that was changed
        return (
            f"not yet: scratch does not load as it is now: {type(error).__name__}: {short(error)}"
        )
    names = list(inspect.signature(judge).parameters)
    if len(answers) != len(names):
        wanted = f"{len(names)} answer{'s' * (len(names) != 1)} here ({', '.join(told)})"
        return f"check takes {wanted}, and got {len(answers)}"
    returned.clear()
    try:
        if waiting := unanswered(answers, told, predicts=names[:1] == ["prediction"]):
            return waiting
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they would show a line of the check
            remark = judge(*answers)
    except NotYet:
        return (broken_file() if exercise.level == CHANGE else "") or NOT_YET
    except Wrong as wrong:
        return f"not yet: {wrong}"
    except STOPS as error:
        stopped = f"stops with {type(error).__name__}: {short(error)}"
        if set(names) <= {"prediction"}:
            return f"not yet: your change {stopped}"
        if is_of_a_cell(error):
            return f"not yet: your code {stopped}"
        return f"not yet: {another_form(answers, told)}"
    said = remark if isinstance(remark, str) else ""
    remark = " ".join(filter(None, [said, undo() if exercise.level == CHANGE else ""]))
    return f"correct. {remark}" if remark else "correct"


def is_of_a_cell(error: BaseException) -> bool:
    """Whether an error comes out of code of the notebook, and not only out of what looks at it."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_globals.get("__name__") == "__main__" for frame, _ in frames)


def another_form(answers: Sequence[object], told: Sequence[str]) -> str:
    """What to say of answers that a check cannot even look at; told: how the stub calls them."""
    came = [f"{name} is {described(a)}" for name, a in zip(told, answers, strict=True)]
    came += [f"your function has returned {described(result)}" for result in returned]
    return (
        f"your answer has another form than the task asks for: {', and '.join(came)}. The task "
        "says what it should be: a number, a text, a list of these, a table, a function"
    )


def unanswered(answers: Sequence[object], told: Sequence[str], predicts: bool = False) -> str:
    """Return what to say while some of the answers are still as in the stub, or "".

    told: how the stub calls them; predicts: whether the first is a prediction.
    """
    places = [still_open(answer, name) for answer, name in zip(answers, told, strict=True)]
    waiting = [place for of_answer in places for place in of_answer]
    if not waiting:
        return ""
    if waiting == list(told):
        return NOT_YET
    if predicts and places[0]:
        return "write down your prediction too: what did you expect?"
    if predicts and waiting == list(told[1:]):
        return "your prediction is noted: now find out"
    return f"{NOT_YET}: {' and '.join(waiting)} still to do"


def still_open(answer: object, name: str) -> list[str]:
    """What of an answer with this name is still `...`: nothing, all of it, or parts by their key.

    >>> still_open({"mean": 3.5, "people": ...}, "found"), still_open([..., ...], "found")
    (["found['people']"], ['found'])
    >>> still_open([], "found")
    []
    """
    if answer is ... or is_untouched(answer):
        return [name]
    if isinstance(answer, Mapping):
        parts = dict(answer)
    elif isinstance(answer, list | tuple):
        parts = dict(enumerate(answer))
    else:
        return []
    waiting = [key for key, value in parts.items() if value is ...]
    if waiting and len(waiting) == len(parts):
        return [name]
    return [f"{name}[{key!r}]" for key in waiting]


def names_in_stub(exercise: Exercise) -> list[str]:
    """How the stub calls the answers that it hands to check."""
    last = ast.parse(exercise.text("stub")).body[-1]
    if not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)):
        return []
    return [ast.unparse(argument) for argument in last.value.args[1:]]


def broken_file(folder: Path = PACKAGE) -> str:
    """What to say of a file that was saved with an error of syntax, or "".

    A running notebook keeps the code from before, so that nothing else would tell.
    """
    for path in sorted(folder.rglob("*.py")):
        try:
            ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError) as error:
            place = path.relative_to(folder.parent).as_posix()
            return f"not yet: {place} cannot be loaded: {short(error)}"
    return ""


def find(identifier: str) -> tuple[Source, Exercise] | str:
    """Return the exercise with this id and the source it is from, or why there is none."""
    if not FOLDER.is_dir():
        return "the exercises are not here: they are in the course's folder, beside the package"
    path = path_of(identifier) if isinstance(identifier, str) else None
    if path is None:
        return "there is no such exercise: an id is a text such as '03.1' or '03.q1'"
    source = read(path)
    if identifier not in source.exercises:
        return f"there is no such exercise; notebook {path.name[:2]} has " + ", ".join(
            source.exercises
        )
    return source, source.exercises[identifier]


def function_in(source: Source, exercise: Exercise) -> Callable[..., Any]:
    """Return the function `check` of an exercise, made anew from its file: edits show at once."""
    space: dict[str, Any] = {"__name__": f"exercises_{exercise.id.replace('.', '_')}"}
    for part in (source.preamble, exercise.parts["check"]):
        run_part(source, part.text, part.line, space)
    return space["check"]


def run_part(source: Source, text: str, line: int, space: dict[str, Any]) -> None:
    """Run a piece of a file in a namespace, so that errors name its file and line."""
    exec(compile("\n" * (line - 1) + text, str(source.path), "exec"), space)


class Solution:
    """How a notebook shows a solution: the folded code, or the text of an open exercise."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise

    def __repr__(self) -> str:
        part = self.exercise.parts["solution"]
        place = f"# in {part.place}\n" if part.place else ""
        return place + part.text

    def _repr_html_(self) -> str:
        title = f"Solution of {self.exercise.id}"
        style = "white-space: pre-wrap; margin-left: 1em"
        return (
            f"<details><summary>{title}</summary>"
            f'<pre style="{style}">{html.escape(repr(self))}</pre></details>'
        )
