"""Every exercise: its solution passes, its stub waits, its wrong answers are told what is wrong."""

import contextlib
import io
import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from lessons import Lesson, edited, last_expression

from scratch.course import git_filter
from scratch.exercises.asking import NOT_YET, run_part, solution, verdict
from scratch.exercises.cells import IMPORT, cells_of, places
from scratch.exercises.source import CHANGE, FOLDER, Exercise, Source, read

ROOT = Path(__file__).parents[1]
SOURCES = {path: read(path) for path in sorted(FOLDER.glob("*.py"))}
CHECKED = {
    path: [e for e in source.exercises.values() if "check" in e.parts]
    for path, source in SOURCES.items()
}
GENERAL = "another form than the task asks for"  # what a check says that was not prepared for it
WRONG_ANSWERS = 5  # at least, for each check
POINTS = 3  # of a rubric, at least
OF_A_FILE = (
    "it changes a file of the package, and so do its wrong answers: write `# %% solution in "
    "scratch/….py` and `# %% wrong in scratch/….py`, with the same file; each wrong answer is a "
    "text, the function as somebody might have saved it"
)
JUNK = [
    None, True, "", "an answer", float("nan"), float("inf"), -1, 1e300, 10**400, 1j, b"bytes", [],
    {}, (), set(), [[]], [1, "two"], [[1, 2], [3]], {"a": [1]}, range(3), object(), print, len, int,
    lambda: 1 / 0, lambda *_, **__: None, lambda *_, **__: "x", lambda *_: np.ones(3),
    np.array([]), np.ones((2, 3)), np.array(["a"]), np.array([None]), np.float64(np.nan),
    pd.Series(dtype=float), pd.DataFrame({"a": [1]}), torch.ones(2, requires_grad=True),
    torch.tensor(float("nan")), Exception("an error"), iter([1, 2]), dict.fromkeys(range(9), "x"),
]  # fmt: skip


def answers_in(code: str) -> str:
    """What the stub hands to check, as the code of a tuple."""
    found = re.search(r'^check\("[\dq.]+"(?:, (.*))?\)$', code, flags=re.MULTILINE | re.DOTALL)
    assert found, f"the stub does not end with check(…): {code}"
    return f"({found[1]},)" if found[1] else "()"


def without_check(code: str) -> str:
    return re.sub(r"^check\(.*", "", code, flags=re.MULTILINE | re.DOTALL)


class OfOneNotebook:
    """The tests of one file of exercises; made into a class for each, so that they run apart."""

    path: Path

    def run(self, lesson: Lesson, exercise: Exercise, *parts: str) -> dict:
        """The notebook's names after these parts of an exercise; those for a file stay out."""
        source = SOURCES[self.path]
        texts = {name: without_check(exercise.text(name)) for name in parts}
        space = lesson.names_for("\n".join([*texts.values(), exercise.text("stub")]))
        with contextlib.redirect_stdout(io.StringIO()):
            for name, text in texts.items():
                if not exercise.parts[name].place:
                    run_part(source, text, exercise.parts[name].line, space)
        plt.close("all")
        return space

    def solved(self, lesson: Lesson, exercise: Exercise) -> dict:
        """The names after the solution, which is run once for all tests of an exercise."""
        if exercise.id not in lesson.solved:
            lesson.solved[exercise.id] = self.run(lesson, exercise, "solution")
        return dict(lesson.solved[exercise.id])

    def ask(self, exercise: Exercise, space: dict) -> str:
        given = eval(answers_in(exercise.text("stub")), space)
        return verdict(exercise.id, *given)

    @pytest.mark.slow
    def test_the_solution_passes(self, lesson, exercise):
        part = exercise.parts["solution"]
        change = edited(part.place, part.text) if part.place else contextlib.nullcontext()
        with change:
            if part.place:
                space = self.run(lesson, exercise, "stub")
                space |= prediction_for(exercise, space)
            else:
                space = self.solved(lesson, exercise)
            said = self.ask(exercise, space)
            assert said.startswith("correct"), f"the check says of the solution: {said}"

    def test_the_stub_waits(self, lesson, exercise):
        said = self.ask(exercise, self.run(lesson, exercise, "stub"))
        assert said == NOT_YET, f"the check says of the untouched stub: {said}"

    @pytest.mark.slow
    def test_wrong_answers_are_told_what_is_wrong(self, lesson, exercise):
        said = self.said_to_wrong_answers(lesson, exercise)
        assert len(said) >= WRONG_ANSWERS, f"{len(said)} wrong answers: write {WRONG_ANSWERS}"
        for mistake, words in said.items():
            assert words.startswith("not yet: ") and GENERAL not in words, (mistake, words)
            assert len(words) < 400, words
        assert len(set(said.values())) > 1, "every mistake is told the same"

    def said_to_wrong_answers(self, lesson: Lesson, exercise: Exercise) -> dict[str, str]:
        part = exercise.parts["wrong"]
        assert part.place == exercise.parts["solution"].place, OF_A_FILE
        if part.place:
            space = dict(lesson.names_for(exercise.text("stub")))
            code, table = last_expression(part.text)
            texts = eval(table, {"__builtins__": {}} | definitions_of(code))
            assert all(isinstance(text, str) for text in texts.values()), OF_A_FILE
            said = {}
            for mistake, text in texts.items():
                with edited(part.place, text):
                    run_part(SOURCES[self.path], without_check(exercise.text("stub")), 1, space)
                    said[mistake] = self.ask(exercise, space | prediction_for(exercise, space))
            return said
        space = self.solved(lesson, exercise)
        code, table = last_expression(part.text)
        lesson_names = lesson.names_for(part.text)
        space = lesson_names | space
        with contextlib.redirect_stdout(io.StringIO()):
            run_part(SOURCES[self.path], code, part.line, space)
            wrong = eval(table, space)
        expected = len(eval(answers_in(exercise.text("stub")), space))
        given = (
            wrong if expected != 1 else {mistake: (answer,) for mistake, answer in wrong.items()}
        )
        for mistake, answers in given.items():
            form = f"{mistake!r}: the stub hands over {expected} answers: write a tuple of them"
            assert isinstance(answers, tuple), form
        return {mistake: verdict(exercise.id, *answers) for mistake, answers in given.items()}

    @pytest.mark.slow
    @pytest.mark.filterwarnings("ignore")  # what numpy and torch say of such values
    def test_no_junk_is_accepted_or_raises(self, exercise):
        stub = exercise.text("stub")
        number = answers_in(stub).count(",") if answers_in(stub) != "()" else 0
        for junk in JUNK if number else ():
            words = verdict(exercise.id, *[junk] * number)
            assert not words.startswith("correct"), (junk, words)
            assert "\n" not in words and len(words) < 500, (junk, words)


@pytest.fixture(scope="class")
def lesson(request) -> Lesson:
    return Lesson(ROOT / "notebooks" / f"{request.cls.path.stem}.ipynb")


def prediction_for(exercise: Exercise, space: dict) -> dict:
    """Of an exercise about a file of the package: the prediction that its solution begins with."""
    found = re.search(
        r"^# (\w*prediction\w*) = (.*)$", exercise.text("solution"), flags=re.MULTILINE
    )
    return {found[1]: eval(found[2], space)} if found else {}


def definitions_of(code: str) -> dict:
    space = {}
    exec(code, space)
    return space


for _path in SOURCES:
    _name = f"TestExercisesOf{_path.stem[:2]}"
    globals()[_name] = type(_name, (OfOneNotebook,), {"path": _path})


def pytest_generate_tests(metafunc):
    if "exercise" in metafunc.fixturenames:
        exercises = CHECKED[metafunc.cls.path]
        metafunc.parametrize("exercise", exercises, ids=[e.id for e in exercises])


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request):
    return SOURCES[request.param]


def test_the_notebook_has_the_cells_that_the_file_makes(source):
    notebook = nbformat.read(ROOT / "notebooks" / f"{source.path.stem}.ipynb", as_version=4)
    begin, end = places(notebook.cells)
    made = git_filter.normalise(
        {"cells": [nbformat.v4.new_code_cell() for _ in notebook.cells[:begin]] + cells_of(source)}
    )["cells"][begin:]
    stored = notebook.cells[begin:end]
    for cell in [*made, *stored]:
        cell["execution_count"] = None
    assert stored == made, "`python -m scratch.course exercises` writes the cells"


def problems_of_files(notebooks: set[str], files: set[str]) -> list[str]:
    """Each notebook has its file of exercises, of the same name, and no file is left over."""
    lacking = [
        f"exercises/solutions has no file for notebook {name[:2]}: {name}.py is to be written"
        for name in sorted(notebooks - files)
    ]
    return lacking + [
        f"exercises/solutions/{name}.py is for no notebook: notebooks has no {name}.ipynb"
        for name in sorted(files - notebooks)
    ]


def problems_of_source(source: Source) -> list[str]:
    """A file has a quiz and exercises as agreed, with all their parts."""
    number = source.path.name[:2]
    quiz = [e.id for e in source.exercises.values() if e.is_quiz]
    others = [e for e in source.exercises.values() if not e.is_quiz]
    ids = [e.id for e in others]
    problems = []
    if quiz != (wanted := [f"{number}.q{i}" for i in (1, 2, 3)]):
        problems.append(f"the questions of the quiz are {quiz}, and should be {wanted}")
    if ids != (wanted := [f"{number}.{i}" for i in range(1, len(ids) + 1)]):
        problems.append(f"the exercises are numbered {ids}, and should be {wanted}")
    if not 4 <= len(others) <= 6:
        problems.append(f"{len(others)} exercises: write four to six")
    if CHANGE not in {e.level for e in others}:
        problems.append(f"no exercise is of the level {CHANGE!r}")
    if not any(re.search(r"^def check\(prediction\b", e.text("check"), re.M) for e in others):
        problems.append(
            "no exercise asks for a prediction: its stub hands it over first, and its check is "
            "spelled `def check(prediction, …)`"
        )
    for exercise in source.exercises.values():
        problems += [f"{exercise.id}: {problem}" for problem in problems_of_exercise(exercise)]
    return problems


def problems_of_exercise(exercise: Exercise) -> list[str]:
    """An exercise has the parts that its level needs."""
    needed = {"task", "stub", "solution", "check", "wrong"}
    needed |= set() if exercise.is_quiz else {"hint"}
    if exercise.level == "open":
        needed = {"task", "stub", "rubric"}
    problems = [f"it has no part {part}" for part in sorted(needed - set(exercise.parts))]
    if not (exercise.is_quiz or 2 <= (exercise.minutes or 0) <= 180):
        problems.append("its head does not end with its minutes, 2 to 180, as ` · 10 minutes`")
    if exercise.level == "open":
        points = len(re.findall(r"^- ", exercise.text("rubric"), flags=re.MULTILINE))
        if points < POINTS:
            problems.append(f"its rubric has {points} points (lines with `- `): write {POINTS}")
        return problems
    if f'check("{exercise.id}"' not in exercise.text("stub"):
        problems.append(f'its stub does not end with check("{exercise.id}", …)')
    files = {exercise.parts[name].place for name in ("solution", "wrong") if name in exercise.parts}
    if exercise.level == CHANGE and ("" in files or len(files) > 1):
        problems.append(OF_A_FILE)
    return problems


def test_every_notebook_has_its_file_of_exercises():
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    problems = problems_of_files(notebooks, {path.stem for path in SOURCES})
    assert not problems, "\n".join(problems)


def test_the_exercises_of_a_notebook_are_as_agreed(source):
    problems = problems_of_source(source)
    assert not problems, "\n".join(problems)


# The checks themselves: a file that is as agreed, and one change that breaks each.


QUESTION = """
# %% [markdown] 03.{number}
# What is it?

# %% [markdown] hint
# Look.

# %% stub
answer = ...
check("03.{number}", answer)

# %% solution{place}
answer = 1

# %% check
def check({name}): ...

# %% wrong{place}
{{}}
"""


def good_file() -> str:
    heads = [f"q{i} · quiz" for i in (1, 2, 3)] + ["1 · by hand · 5 minutes"]
    questions = [("answer", "", head) for head in heads]
    questions.append(("prediction, answer", "", "2 · experiment · 10 minutes"))
    questions.append(("", " in scratch/pca.py", f"3 · {CHANGE} · 20 minutes"))
    text = ""
    for name, place, head in questions:
        made = QUESTION.format(number=head, place=place, name=name)
        text += made.replace(f'check("03.{head}"', f'check("03.{head.split()[0]}"')
    return text + (
        "\n# %% [markdown] 03.4 · open · 60 minutes\n# Think.\n\n# %% stub\n# 03.4: your code\n"
        "\n# %% [markdown] rubric\n# - one\n# - two\n# - three\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("", "", []),
        ("03.q3", "03.q4", ["the questions of the quiz are ['03.q1', '03.q2', '03.q4']"]),
        ("03.4", "03.5", ["the exercises are numbered ['03.1', '03.2', '03.3', '03.5']"]),
        ("03.1 · by hand · 5 minutes", "03.q4 · quiz",
         ["questions of the quiz", "the exercises are numbered", "3 exercises", "03.q4: its stub"]),
        (CHANGE, "experiment", ["no exercise is of the level 'change the package'"]),
        ("def check(prediction, answer)", "def check(guess, answer)",
         ["no exercise asks for a prediction"]),
        ("def check(prediction, answer)", "def check(predictions, answer)", ["`def check(predict"]),
        ("by hand · 5 minutes", "by hand", ["03.1: its head does not end with its minutes"]),
        ("by hand · 5 minutes", "by hand · 500 minutes", ["03.1: its head"]),
        ("# %% [markdown] rubric\n", "#\n", ["03.4: it has no part rubric", "0 points"]),
        ("# - three", "", ["03.4: its rubric has 2 points (lines with `- `): write 3"]),
        ('check("03.1"', 'check("03.2"', ['03.1: its stub does not end with check("03.1", …)']),
        ("# %% wrong in scratch/pca.py", "# %% wrong", ["03.3: it changes a file of the package"]),
        (" in scratch/pca.py", "", ["`# %% wrong in scratch/….py`, with the same file"]),
        ("# %% wrong in scratch/pca.py", "# %% wrong in scratch/ratings.py", ["the same file"]),
        ("# %% wrong in scratch/pca.py\n{}", "", ["03.3: it has no part wrong"]),
    ],
)  # fmt: skip
def test_what_is_not_as_agreed_is_said(tmp_path, old, new, problems):
    path = tmp_path / "03_lesson.py"
    path.write_text(good_file().replace(old, new) if old else good_file(), encoding="utf-8")
    found = problems_of_source(read(path))
    assert len(found) == len(problems), found
    for text, problem in zip(found, problems, strict=True):
        assert problem in text


def test_a_notebook_without_exercises_and_exercises_without_a_notebook_are_named():
    assert problems_of_files({"03_a", "04_b"}, {"03_a", "05_c"}) == [
        "exercises/solutions has no file for notebook 04: 04_b.py is to be written",
        "exercises/solutions/05_c.py is for no notebook: notebooks has no 05_c.ipynb",
    ]


def test_solutions_are_shown_folded(source):
    for identifier, exercise in source.exercises.items():
        if "solution" in exercise.parts:
            shown = solution(identifier)
            assert exercise.text("solution") in repr(shown)
            assert shown._repr_html_().startswith("<details><summary>")


def test_the_import_of_the_notebooks_is_what_it_says():
    space = {}
    exec(IMPORT, space)
    assert callable(space["check"]) and callable(space["solution"])
