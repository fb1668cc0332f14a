"""Quiz and exercises of a chapter, in boxes: hint, solution and rubric wait folded."""

from collections.abc import Iterator

from scratch.exercises.source import Exercise, Source
from scratch.teaching.book.mentions import place_of_exercise

QUIZ = (
    "## Quiz\n\nThree questions, to see what has stayed. Answer each before you open anything. In "
    "the notebook itself, `check` tells you what is wrong with an answer."
)
EXERCISES = (
    "## Exercises\n\nThese are meant to be done in the notebook, where `check` says whether you "
    "have it, or what is still wrong. Here you can read them, and think."
)


def text_of(source: Source) -> str:
    """The quiz and the exercises of a lesson, as one text."""
    exercises = source.exercises.values()
    quiz = [box(exercise) for exercise in exercises if exercise.is_quiz]
    others = [box(exercise) for exercise in exercises if not exercise.is_quiz]
    return "\n\n".join([QUIZ, *quiz, EXERCISES, *others])


def box(exercise: Exercise) -> str:
    """One exercise: its task, the cell to fill in, and folded whatever helps."""
    title = f"Question {exercise.id}"
    if not exercise.is_quiz:
        title = f"Exercise {exercise.id} · {exercise.level} · {exercise.minutes} minutes"
    parts = [
        f"```{{index}} ! single: exercise {exercise.id}\n```",
        # No admonition: its title would count as that of a section from there on.
        f"({place_of_exercise(exercise.id)})=\n"
        f"::::{{div}} admonition exercise\n\n{{.admonition-title}}\n{title}",
        exercise.text("task").strip(),
        fenced(exercise.text("stub")),
        *(f":::{{dropdown}} {name}\n{text}\n:::" for name, text in folded(exercise)),
        "::::",
    ]
    return "\n\n".join(parts)


def folded(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """What a reader may open under an exercise: its name and text."""
    if hint := exercise.text("hint"):
        yield "Hint", hint.strip()
    if solution := exercise.parts.get("solution"):
        where = f" (in `{solution.place}`)" if solution.place else ""
        yield f"Solution{where}", fenced(solution.text)
    if rubric := exercise.text("rubric"):
        yield "What a good answer has", rubric.strip()


def fenced(code: str) -> str:
    """A block of code."""
    return f"```python\n{code.strip()}\n```"
