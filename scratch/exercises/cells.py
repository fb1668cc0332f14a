"""The cells of a notebook that its file of exercises makes: the quiz, and the exercises."""

import hashlib
import re
from typing import Any

from scratch.exercises.asking import NOT_YET
from scratch.exercises.source import Exercise, Source

Cell = dict[str, Any]  # as JSON has it
Notebook = dict[str, Any]

BEGIN, END = "## Quiz", "## Further reading"
IMPORT = "from scratch.exercises import check, solution"
TAG = "exercise"
QUIZ = (
    "## Quiz\n\nThree questions, to see what has stayed. Put your answer in the place of `...` and "
    "run the cell. First, what looks at the answers:"
)
EXERCISES = (
    "## Exercises\n\nFill in the cell under each, and run it: `check` says whether you have it, or "
    'what is still wrong. `solution("{first}")`, in a cell of your own, shows our solution, '
    "folded (the learner's edition goes without). An open exercise no program can judge; it comes "
    "with a list of what to look for."
)


def cells_of(source: Source) -> list[Cell]:
    """Return the cells as nbformat 4 stores them, run: every check says "not answered yet"."""
    quiz = [e for e in source.exercises.values() if e.is_quiz]
    others = [e for e in source.exercises.values() if not e.is_quiz]
    cells = [markdown(QUIZ), code(IMPORT)]
    for exercise in quiz:
        cells += of_exercise(exercise)
    cells.append(markdown(EXERCISES.format(first=others[0].id if others else "")))
    for exercise in others:
        cells += of_exercise(exercise)
    return with_ids(cells, source.path.name[:2])


def of_exercise(exercise: Exercise) -> list[Cell]:
    """The cell with the task, and the cell to answer in."""
    stub = exercise.text("stub")
    waits = re.search(r"^check\(", stub, flags=re.MULTILINE) is not None
    output = f"{exercise.id}: {NOT_YET}\n" if waits else ""
    return [markdown(task_of(exercise)), code(stub, output, [TAG])]


def task_of(exercise: Exercise) -> str:
    """The text of a task: what it is, what to do, and folded the hint and the rubric."""
    title = f"**Question {exercise.id}**"
    if not exercise.is_quiz:
        title = f"**Exercise {exercise.id}** · {exercise.level} · {exercise.minutes} minutes"
    text = f"{title}\n\n{exercise.text('task').strip()}"
    for part, summary in (("hint", "Hint"), ("rubric", "What a good answer has")):
        if part in exercise.parts:
            inside = exercise.text(part).strip()
            text += f"\n\n<details><summary>{summary}</summary>\n\n{inside}\n\n</details>"
    return text


def put_into(notebook: Notebook, source: Source) -> Notebook:
    """Put the cells into a notebook (as JSON has it), in the place of those between the headings.

    From "## Quiz", or "## Exercises" where there is none, up to "## Further reading". Raises
    ValueError for a notebook without such headings.
    """
    cells = notebook["cells"]
    begin, end = places(cells)
    notebook["cells"] = cells[:begin] + cells_of(source) + cells[end:]
    return notebook


def places(cells: list[Cell]) -> tuple[int, int]:
    """Where the generated cells of a notebook begin, and where they end (not included)."""
    starts = ["".join(cell["source"]).split("\n")[0] for cell in cells]
    begin = next((i for i, s in enumerate(starts) if s in (BEGIN, "## Exercises")), None)
    end = next((i for i, s in enumerate(starts) if s == END), None)
    if begin is None or end is None or begin > end:
        raise ValueError(f"the notebook has no cells that begin {BEGIN} and {END}, in this order")
    return begin, end


def markdown(source: str) -> Cell:
    """A cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, output: str = "", tags: list[str] | None = None) -> Cell:
    """A cell of code that has been run, with what it printed."""
    printed = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    metadata = {"tags": tags} if tags else {}
    return {
        "cell_type": "code",
        "execution_count": 1,  # numbered from the top when the notebook is stored
        "metadata": metadata,
        "outputs": printed,
        "source": source,
    }


def with_ids(cells: list[Cell], number: str) -> list[Cell]:
    """Give each cell the id that nbformat asks for: always the same for the same place."""
    for place, cell in enumerate(cells):
        cell["id"] = hashlib.sha256(f"exercises {number} {place}".encode()).hexdigest()[:8]
    return cells
