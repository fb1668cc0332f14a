"""How a file of exercises is read, and what becomes of it in a notebook and in a hand-out."""

import re

import nbformat
import pytest

from scratch.exercises import cells, source

pytestmark = pytest.mark.usefixtures("ascii_by_default")

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
    assert found.preamble == source.Part('"""Exercises of a lesson."""\n\nimport math', 1, "")
    assert {part.place for part in (*question.parts.values(), *think.parts.values())} == {""}


def test_a_part_knows_its_line(path):
    part = source.read(path).exercises["07.q1"].parts["check"]
    assert FILE.split("\n")[part.line - 1] == "def check(answer):"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("07.2 · open", "07.1 · open", "line 38: 07.1 is there twice"),
        ("07.2 · open", "07.2 · hard", "line 38: no level is called 'hard'"),
        ("# %% wrong", "# %% check", "line 19: 07.q1 has two parts called check"),
        ("# %% wrong", "# %% wrongs",
         "line 19: '# %% wrongs' is neither an exercise nor a part of one"),
        ("# %% [markdown] 07.q1 · quiz", "# %% stub",
         "line 5: '# %% stub' is neither an exercise nor a part of one"),
    ],
)  # fmt: skip
def test_what_is_written_wrongly_is_named_with_its_line(path, old, new, message):
    path.write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(source.SourceError, match=f"^07_lesson.py, {re.escape(message)}$"):
        source.read(path)


@pytest.mark.parametrize(
    "level", ["recall", "by hand", "change the package", "experiment", "open", "quiz"]
)
def test_every_level_is_known(path, level):
    path.write_text(f"# %% [markdown] 07.1 · {level}\n# Think.\n", encoding="utf-8")
    assert source.read(path).exercises["07.1"].level == level


def test_code_in_a_task_keeps_its_lines():
    comment = "# Run\n# this:\n#\n# ```python\n# x = 1\n# y = 2\n# ```\n# and\n# see."
    text = "Run this:\n\n```python\nx = 1\ny = 2\n```\nand see."
    assert source.as_markdown(comment) == text


def test_a_paragraph_ends_where_a_line_is_empty_or_code_begins_or_ends():
    assert source.as_markdown("# One\n# line.\n#\n# Two\n# lines.\n#\n# Three\n# lines.") == (
        "One line.\n\nTwo lines.\n\nThree lines."
    )
    assert source.as_markdown("# Run\n# ```\n# x\n# y\n# ```\n# now\n# and here") == (
        "Run\n```\nx\ny\n```\nnow and here"
    )
    assert source.as_markdown("# Say ```x```\n# here.") == "Say ```x``` here."


@pytest.mark.parametrize("start", ["- a", "| a", "> a", "1. a", "$$a", "  - a"])
def test_what_begins_a_line_of_its_own_stays_there(start):
    assert source.as_markdown(f"# A\n# {start}\n# b") == f"A\n{start} b"


def test_a_number_at_the_beginning_of_a_line_is_no_list():
    assert source.as_markdown("# a rate of\n# 0.01. Or\n# -1, or 2.\n#\n# 1. one\n# 2. two") == (
        "a rate of 0.01. Or -1, or 2.\n\n1. one\n2. two"
    )


def test_the_file_of_an_id_is_found(path):
    assert source.path_of("07.q1", path.parent) == path
    assert source.path_of("08.1", path.parent) is None
    of_the_course = source.path_of("03.1")
    assert of_the_course is not None and of_the_course.name.startswith("03_")


def test_without_solutions_nothing_else_is_lost(path):
    short = path.with_name("07_short.py")
    short.write_text(source.read_without_solutions(path), encoding="utf-8")
    for before, after in zip(
        source.read(path).exercises.values(), source.read(short).exercises.values(), strict=True
    ):
        left = {n: p.text for n, p in before.parts.items() if n not in ("solution", "wrong")}
        assert {name: part.text for name, part in after.parts.items()} == left
    text = short.read_text(encoding="utf-8")
    assert text.startswith('"""Exercises of a lesson."""\n\nimport math\n\n# %% [markdown] 07.q1')
    assert "sum_of_ones = 2" not in text and '{"three": 3}' not in text


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


def test_what_a_cell_holds_besides_its_text(path):
    made = cells.cells_of(source.read(path))
    task, stub, _, _, _, open_task, open_stub = made[2:]
    assert task["metadata"] == made[1]["metadata"] == {}
    assert {name: value for name, value in stub.items() if name not in ("source", "id")} == {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"tags": ["exercise"]},
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": "07.q1: not answered yet\n"}
        ],
    }
    assert open_stub["metadata"] == stub["metadata"] and made[1]["outputs"] == []
    folded = "<details><summary>What a good answer has</summary>\n\n- It is thought.\n\n</details>"
    assert open_task["source"] == (f"**Exercise 07.2** · open · 60 minutes\n\nThink.\n\n{folded}")


def test_the_same_place_in_the_same_notebook_has_the_same_id(path):
    made = cells.cells_of(source.read(path))
    # As the notebooks have stored them: with others, every cell would count as a new one.
    assert [cell["id"] for cell in made[:2]] == ["4c85da16", "4828d43e"]
    assert len({cell["id"] for cell in made}) == len(made)


def test_a_quiz_alone_names_no_first_exercise(path):
    path.write_text(FILE[: FILE.index("# %% [markdown] 07.1")], encoding="utf-8")
    assert '`solution("")`' in cells.cells_of(source.read(path))[-1]["source"]


@pytest.mark.parametrize(
    "headings", [["## Further reading", "## Quiz"], ["## Quiz"], ["## Further reading"], []]
)
def test_a_notebook_without_the_headings_is_left_alone(path, headings):
    given = notebook("# Title", *headings)
    with pytest.raises(ValueError, match="no cells that begin ## Quiz and ## Further reading"):
        cells.put_into(given, source.read(path))
    assert [cell.source for cell in given.cells] == ["# Title", *headings]
