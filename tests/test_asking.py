"""`check` and `solution` as a learner meets them: words, never an error, never the answer."""

import collections
import html
import linecache
import traceback
from unittest import mock

import pytest

from scratch.exercises import asking, check, judging, solution, source
from scratch.exercises.asking import broken_file, verdict

pytestmark = pytest.mark.usefixtures("ascii_by_default")

FILE = '''"""Exercises of a lesson."""

from scratch.exercises.judging import NotYet, Wrong, close, predicted, run


# %% [markdown] 07.q1 · quiz
# How much is 1 + 1?

# %% stub
counted = ...
check("07.q1", counted)

# %% solution
2  # < 3

# %% check
def check(answer):
    close(answer, 2, tolerance=0.1)
    return "Well counted."

# %% [markdown] 07.1 · experiment · 10 minutes
# Guess, then measure.

# %% stub
prediction_of_five, five = ..., {"a": ..., "b": ...}
check("07.1", prediction_of_five, five)

# %% check
def check(prediction, measured):
    predicted(prediction, ("more", "less"))
    close(measured["a"] + measured["b"], 5, tolerance=0)

# %% [markdown] 07.2 · by hand · 10 minutes
# A check with a mistake of ours.

# %% stub
check("07.2", ...)

# %% check
def check(answer):
    answer["key"].upper()

# %% [markdown] 07.3 · open · 60 minutes
# Think.

# %% stub
# 07.3: your code

# %% [markdown] rubric
# - It is thought.

# %% [markdown] 07.4 · change the package · 10 minutes
# Change it.

# %% stub
check("07.4")

# %% check
def check():
    raise NotYet

# %% [markdown] 07.5 · change the package · 10 minutes
# Change it.

# %% stub
check("07.5", ...)

# %% check
def check(prediction):
    undefined

# %% [markdown] 07.6 · change the package · 10 minutes
# Change it.

# %% stub
check("07.6")

# %% check
def check():
    return "Look at it."

# %% solution in scratch/pca.py
def center(): ...

# %% [markdown] 07.7 · by hand · 10 minutes
# Two answers, to a check that waits.

# %% stub
one = two = ...
check("07.7", one, two)

# %% check
def check(one, two):
    if one == "wait":
        raise NotYet
    return one + two

# %% [markdown] 07.8 · by hand · 10 minutes
# A function, whose result the check counts.

# %% stub
check("07.8", f)

# %% check
def check(answer):
    return f"{len(set(run(answer)))} are there."
'''
FORM = "not yet: your answer has another form than the task asks for"
FORMS = "The task says what it should be: a number, a text, a list of these, a table, a function"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "07_lesson.py").write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(asking, "path_of", lambda identifier: source.path_of(identifier, tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("07.q1", ...), "not answered yet"),
        (("07.q1", 2), "correct. Well counted."),
        (("07.q1", 4), "not yet: your number is too large"),
        (("07.q1",), "check takes 1 answer here (counted), and got 0"),
        (("07.1", ..., ...), "not answered yet"),
        (("07.1", "more", ...), "your prediction is noted: now find out"),
        (("07.1", "more", {"a": 2, "b": ...}), "not answered yet: five['b'] still to do"),
        (("07.1", ..., {"a": 2, "b": 3}), "write down your prediction too: what did you expect?"),
        (("07.1", "less", {"a": 2, "b": 3}), "correct"),
        (("07.1", "equal", {"a": 2, "b": 3}), "not yet: your prediction should be one of 'more', "
                                              "'less', and is 'equal'"),
        (("07.2", 5), f"{FORM}: ... is 5. {FORMS}"),
        (("07.3",), "an open exercise, which no program can judge: its rubric stands under the "
                    "task"),
        (("07.4",), "not answered yet"),
        (("07.9", 1), "there is no such exercise; notebook 07 has 07.q1, 07.1, 07.2, 07.3, 07.4, "
                      "07.5, 07.6, 07.7, 07.8"),
        (("07.5", 1), "not yet: your change stops with NameError: name 'undefined' is not "
                      "defined"),
        (("07.6",), f"correct. Look at it. {judging.undo()}"),
        (("07.6", 1), "check takes 0 answers here (), and got 1"),
        (("07.7", 1), "check takes 2 answers here (one, two), and got 1"),
        (("07.7", 1, ...), "not answered yet: two still to do"),
        (("07.7", "wait", 1), "not answered yet"),
        (("07.7", "a", 5), f"{FORM}: one is 'a', and two is 5. {FORMS}"),
        (("07.8", lambda: [[1], [2]]), f"{FORM}: f is the function <lambda>, and your function has "
                                       f"returned [[1], [2]]. {FORMS}"),
        (("**", 1), "there is no such exercise: an id is a text such as '03.1' or '03.q1'"),
        (("/x", 1), "there is no such exercise: an id is a text such as '03.1' or '03.q1'"),
        (("", 1), "there is no such exercise: an id is a text such as '03.1' or '03.q1'"),
        (("7", 1), "there is no such exercise: an id is a text such as '03.1' or '03.q1'"),
        ((7.1, 1), "there is no such exercise: an id is a text such as '03.1' or '03.q1'"),
    ],
)  # fmt: skip
def test_what_is_said(asked, said, capsys):
    check(*asked)
    assert capsys.readouterr().out == f"{asked[0]}: {said}\n"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((1, 2, 3), ("", "")),
        ((..., ..., ...), ("not answered yet", "not answered yet")),
        (("more", ..., ...), ("not answered yet: b and c still to do",
                              "your prediction is noted: now find out")),
        (("more", 1, ...), ("not answered yet: c still to do", "not answered yet: c still to do")),
        ((..., 1, ...), ("not answered yet: a and c still to do",
                         "write down your prediction too: what did you expect?")),
        (("more", {}, {"x": ..., "y": 1}), ("not answered yet: c['x'] still to do",
                                            "not answered yet: c['x'] still to do")),
        (("more", [..., 1], (..., ...)), ("not answered yet: b[0] and c still to do",
                                          "not answered yet: b[0] and c still to do")),
    ],
)  # fmt: skip
def test_what_is_still_open_is_said_and_what_was_predicted(answers, said):
    assert asking.unanswered(answers, "abc") == said[0]
    assert asking.unanswered(answers, "abc", predicts=True) == said[1]


def test_the_names_of_the_answers_are_those_that_the_stub_hands_over():
    def names(stub):
        parts = {"stub": source.Part(stub, 1)}
        return asking.names_in_stub(source.Exercise("07.1", "by hand", 5, parts))

    assert names('a = f(x, y)\ncheck("07.1", a, b["c"])') == ["a", "b['c']"]
    assert names('check("07.1")') == names("a = f(x, y)") == names("a") == []


def test_a_function_without_code_is_no_answer():
    def stub(x): ...

    def described(x):
        """What it should do."""
        ...

    class Stub:
        def scores(self): ...

    assert {verdict("07.q1", answer) for answer in (stub, described, Stub)} == {"not answered yet"}


class Answers:
    """Answers whatever it is asked for with itself."""

    def __getattr__(self, name):
        return self


class Closed(collections.UserDict):
    """Lets nobody look into it."""

    def __iter__(self):
        raise RuntimeError("closed")


@pytest.mark.parametrize("odd", [mock.Mock(), mock.MagicMock(), mock.ANY, Answers(), Closed(a=1)])
def test_whatever_the_answer_is_nothing_is_raised(odd):
    said = [verdict("07.q1", odd), verdict("07.1", odd, odd), verdict("07.2", odd),
            verdict("07.7", odd, odd), verdict("07.8", odd)]  # fmt: skip
    assert all(words.startswith(("not yet", "correct", "not answered")) for words in said)
    assert not said[1].startswith("correct")


def test_code_of_a_cell_that_stops_is_told_from_an_answer_of_another_form():
    class Cell:
        def __init__(self, error):
            self.error = error

    space = {"__name__": "__main__", "Cell": Cell}
    exec("def look(self, key):\n    raise self.error\nCell.__getitem__ = look", space)
    assert verdict("07.2", Cell(ValueError("mine"))) == (
        "not yet: your code stops with ValueError: mine"
    )
    assert verdict("07.2", Cell(SystemExit(3))) == "not yet: your code stops with SystemExit: 3"
    with pytest.raises(KeyboardInterrupt):
        verdict("07.2", Cell(KeyboardInterrupt()))


def test_a_package_that_stops_as_it_loads_is_told_in_words(folder):
    path = folder / "07_lesson.py"
    first = "# %% [markdown] 07.q1"
    path.write_text(FILE.replace(first, f"undefined\n\n{first}", 1), encoding="utf-8")
    assert verdict("07.q1", 2) == (
        "not yet: scratch does not load as it is now: NameError: name 'undefined' is not defined"
    )


def test_a_package_that_does_not_load_is_told_in_words(folder):
    path = folder / "07_lesson.py"
    code = "from scratch.similarity import of_another_name"
    first = "# %% [markdown] 07.q1"
    path.write_text(FILE.replace(first, f"{code}\n\n{first}", 1), encoding="utf-8")
    said = verdict("07.q1", 2)
    assert said.startswith(
        "not yet: scratch does not load as it is now: ImportError: cannot import"
    )


def test_a_file_with_an_error_of_syntax_is_named(tmp_path, monkeypatch):
    package = tmp_path / "scratch"
    package.mkdir()
    (package / "similarity.py").write_text("def angle(v, w:\n", encoding="utf-8")
    monkeypatch.setattr(asking, "broken_file", lambda: broken_file(package))
    said = verdict("07.4")
    assert said.startswith("not yet: scratch/similarity.py cannot be loaded: '(' was never closed")


def test_of_the_files_that_cannot_be_loaded_the_first_is_named(tmp_path):
    package = tmp_path / "scratch"
    (package / "plots").mkdir(parents=True)
    (package / "pca.py").write_text("é = 'é'\n", encoding="utf-8")
    (package / "notes.txt").write_text("(", encoding="utf-8")
    assert broken_file(package) == ""
    (package / "ratings.py").write_text("(", encoding="utf-8")
    (package / "plots" / "maps.py").write_text("a\0", encoding="utf-8")
    assert broken_file(package).startswith("not yet: scratch/plots/maps.py cannot be loaded: ")


def test_the_package_at_hand_can_be_loaded():
    assert (asking.PACKAGE / "pca.py").is_file() and broken_file() == ""


@pytest.mark.filterwarnings("error")
def test_warnings_of_a_check_are_not_shown(folder):
    path = folder / "07_lesson.py"
    path.write_text(FILE.replace("    close(answer, 2", "    import numpy; numpy.array([]).mean()\n"
                                 "    close(answer, 2"), encoding="utf-8")  # fmt: skip
    assert verdict("07.q1", 2).startswith("correct")


def test_an_edit_of_the_check_shows_at_once(folder):
    path = folder / "07_lesson.py"
    path.write_text(FILE.replace("answer, 2,", "answer, 3,"), encoding="utf-8")
    assert verdict("07.q1", 3).startswith("correct")


def test_an_error_in_a_check_shows_its_line_as_it_is_now(folder):
    path = folder / "07_lesson.py"
    number = FILE.split("\n").index('    answer["key"].upper()') + 1
    assert 'answer["key"]' in linecache.getline(str(path), number)
    path.write_text(FILE.replace('answer["key"]', 'answer["another"]'), encoding="utf-8")
    judge = asking.function_in(*asking.find("07.2"))
    assert judge.__module__ == "exercises_07_2"
    with pytest.raises(TypeError) as caught:
        judge(5)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(path), number)
    assert last.line == 'answer["another"].upper()'


def test_a_solution_is_shown_folded_and_escaped():
    shown = solution("07.q1")
    assert repr(shown) == "2  # < 3"
    folded = shown._repr_html_()
    assert folded.startswith("<details><summary>Solution of 07.q1</summary><pre style=")
    assert folded.endswith('">2  # &lt; 3</pre></details>')


def test_a_solution_that_belongs_into_a_file_says_so():
    code = "# in scratch/pca.py\ndef center(): ..."
    assert repr(solution("07.6")) == code
    assert f">{html.escape(code)}</pre>" in solution("07.6")._repr_html_()


def test_where_there_is_no_solution_it_is_said(capsys):
    assert solution("07.2") is None and solution("07.9") is None
    first, second = capsys.readouterr().out.splitlines()
    assert first == ("07.2: this edition has no solutions; they are in the course's repository")
    assert second.startswith("07.9: there is no such exercise")


@pytest.mark.parametrize("identifier", ["**", "/x", ""])
def test_a_solution_is_not_looked_for_by_a_pattern(identifier, capsys):
    assert solution(identifier) is None
    assert capsys.readouterr().out.startswith(f"{identifier}: there is no such exercise: an id is")


def test_where_the_package_lies_alone_it_is_said_where_the_exercises_are(monkeypatch, tmp_path):
    monkeypatch.setattr(asking, "FOLDER", tmp_path / "none")
    said = verdict("07.1", 2)
    assert said == "the exercises are not here: they are in the course's folder, beside the package"
