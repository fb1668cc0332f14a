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
from scratch.exercises.source import FOLDER, LEVELS, Exercise, read

ROOT = Path(__file__).parents[1]
SOURCES = {path: read(path) for path in sorted(FOLDER.glob("*.py"))}
CHECKED = {
    path: [e for e in source.exercises.values() if "check" in e.parts]
    for path, source in SOURCES.items()
}
GENERAL = "another form than the task asks for"  # what a check says that was not prepared for it
WRONG_ANSWERS = 5  # at least, for each check
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
            assert self.ask(exercise, space).startswith("correct")

    def test_the_stub_waits(self, lesson, exercise):
        assert self.ask(exercise, self.run(lesson, exercise, "stub")) == NOT_YET

    @pytest.mark.slow
    def test_wrong_answers_are_told_what_is_wrong(self, lesson, exercise):
        said = self.said_to_wrong_answers(lesson, exercise)
        assert len(said) >= WRONG_ANSWERS
        for mistake, words in said.items():
            assert words.startswith("not yet: ") and GENERAL not in words, (mistake, words)
            assert len(words) < 400, words
        assert len(set(said.values())) > 1, "every mistake is told the same"

    def said_to_wrong_answers(self, lesson: Lesson, exercise: Exercise) -> dict[str, str]:
        part = exercise.parts["wrong"]
        if part.place:
            space = dict(lesson.names_for(exercise.text("stub")))
            code, table = last_expression(part.text)
            texts = eval(table, {"__builtins__": {}} | definitions_of(code))
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
        given = {m: a if expected != 1 else (a,) for m, a in wrong.items()}
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


def test_the_exercises_of_a_notebook_are_as_agreed(source):
    number = source.path.name[:2]
    quiz = [e for e in source.exercises.values() if e.is_quiz]
    others = [e for e in source.exercises.values() if not e.is_quiz]
    assert [e.id for e in quiz] == [f"{number}.q{i}" for i in (1, 2, 3)]
    assert [e.id for e in others] == [f"{number}.{i}" for i in range(1, len(others) + 1)]
    assert 4 <= len(others) <= 6
    assert {e.level for e in others} <= set(LEVELS)
    assert "change the package" in {e.level for e in others}
    assert any("def check(prediction" in e.text("check") for e in others)
    assert all(2 <= e.minutes <= 180 for e in others)
    for exercise in source.exercises.values():
        needed = {"task", "stub", "solution", "check", "wrong"}
        needed |= set() if exercise.is_quiz else {"hint"}
        if exercise.level == "open":
            needed = {"task", "stub", "rubric"}
        assert needed <= set(exercise.parts), exercise.id
        if exercise.level != "open":
            assert f'check("{exercise.id}"' in exercise.text("stub")
        else:
            assert exercise.text("rubric").count("\n- ") >= 2


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
