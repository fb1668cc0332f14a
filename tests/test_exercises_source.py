"""How a file of exercises is read, and what becomes of it in a notebook and in a hand-out."""

import nbformat
import pytest

from scratch.exercises import cells, source

FILE = '''"""Exercises of a lesson."""

import math

# %% [markdown] 07.q1 · quiz
# How much is 1 + 1?

# %% stub
sum_of_ones = ...
check("07.q1", sum_of_ones)

# %% solution
sum_of_ones = 2

# %% check
def check(answer):
    assert answer == 2

# %% wrong
{"three": 3}

# %% [markdown] 07.1 · change the package · 10 minutes
# A paragraph
# of two lines.
#
# - a list
# - of two

# %% [markdown] hint
# Look.

# %% stub
check("07.1")

# %% solution in scratch/similarity.py
def cosine(): ...

# %% [markdown] 07.2 · open · 60 minutes
# Think.

# %% stub
# 07.2: your code

# %% [markdown] rubric
# - It is thought.
'''


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "07_lesson.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_file_becomes_exercises(path):
    found = source.read(path)
    assert list(found.exercises) == ["07.q1", "07.1", "07.2"]
    question, change, think = found.exercises.values()
    assert question.is_quiz and question.minutes is None and not change.is_quiz
    assert (change.level, change.minutes) == ("change the package", 10)
    assert change.text("task") == "A paragraph of two lines.\n\n- a list\n- of two"
    assert change.parts["solution"].place == "scratch/similarity.py"
    assert think.text("rubric") == "- It is thought." and think.text("check") == ""
    assert "import math" in found.preamble.text


def test_a_part_knows_its_line(path):
    part = source.read(path).exercises["07.q1"].parts["check"]
    assert FILE.split("\n")[part.line - 1] == "def check(answer):"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("07.2 · open", "07.1 · open", r"line 38: 07\.1 is there twice"),
        ("07.2 · open", "07.2 · hard", "no level is called 'hard'"),
        ("# %% wrong", "# %% check", "07.q1 has two parts called check"),
        ("# %% wrong", "# %% wrongs", "is neither an exercise nor a part of one"),
        ("# %% [markdown] 07.q1 · quiz", "# %% stub", "line 5: .* is neither an exercise"),
    ],
)
def test_what_is_written_wrongly_is_named_with_its_line(path, old, new, message):
    path.write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(source.SourceError, match=message):
        source.read(path)


def test_code_in_a_task_keeps_its_lines():
    comment = "# Run\n# this:\n#\n# ```python\n# x = 1\n# y = 2\n# ```\n# and\n# see."
    text = "Run this:\n\n```python\nx = 1\ny = 2\n```\nand see."
    assert source.as_markdown(comment) == text


def test_a_number_at_the_beginning_of_a_line_is_no_list():
    assert source.as_markdown("# a rate of\n# 0.01. Or\n# -1, or 2.\n#\n# 1. one\n# 2. two") == (
        "a rate of 0.01. Or -1, or 2.\n\n1. one\n2. two"
    )


def test_the_file_of_an_id_is_found(path):
    assert source.path_of("07.q1", path.parent) == path
    assert source.path_of("08.1", path.parent) is None


def test_without_solutions_nothing_else_is_lost(path):
    short = path.with_name("07_short.py")
    short.write_text(source.read_without_solutions(path), encoding="utf-8")
    for before, after in zip(
        source.read(path).exercises.values(), source.read(short).exercises.values(), strict=True
    ):
        left = {n: p.text for n, p in before.parts.items() if n not in ("solution", "wrong")}
        assert {name: part.text for name, part in after.parts.items()} == left
    assert "sum_of_ones = 2" not in short.read_text(encoding="utf-8")


def notebook(*sources):
    made = [nbformat.v4.new_markdown_cell(s) for s in sources]
    return nbformat.v4.new_notebook(cells=made)


@pytest.mark.parametrize("before", [["## Quiz"], ["## Quiz", "old"], ["## Exercises", "old", "x"]])
def test_the_cells_take_the_place_of_the_old_ones(path, before):
    made = cells.put_into(notebook("# Title", *before, "## Further reading"), source.read(path))
    sources = [cell["source"] for cell in made["cells"]]
    assert sources[0] == "# Title" and sources[-1] == "## Further reading" and "old" not in sources
    assert sources[1].startswith("## Quiz") and sources[2] == cells.IMPORT
    assert sources[3] == "**Question 07.q1**\n\nHow much is 1 + 1?"
    assert made["cells"][4]["outputs"][0]["text"] == "07.q1: not answered yet\n"
    assert sources[5].startswith("## Exercises") and 'solution("07.1")' in sources[5]
    assert sources[6].startswith("**Exercise 07.1** · change the package · 10 minutes\n\nA para")
    assert sources[6].endswith("<summary>Hint</summary>\n\nLook.\n\n</details>")
    assert sources[9] == "# 07.2: your code" and made["cells"][9]["outputs"] == []
    assert "sum_of_ones = 2" not in "".join(sources)
    nbformat.validate(nbformat.from_dict(dict(made)))
    assert cells.put_into(made, source.read(path)) == made


def test_a_notebook_without_the_headings_is_left_alone(path):
    with pytest.raises(ValueError, match="no cells that begin ## Quiz and ## Further reading"):
        cells.put_into(notebook("# Title", "## Further reading", "## Quiz"), source.read(path))
