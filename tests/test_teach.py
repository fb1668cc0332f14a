"""The teacher's guide: a page for each notebook, exercises that exist, an exam that is right."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from scratch.exercises.source import FOLDER, read
from scratch.recommenders.folding import ridge
from scratch.teaching.concepts import numbers_in

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "teach.md"
if not GUIDE.is_file():
    pytest.skip("the learner's edition has no guide", allow_module_level=True)
TEXT = GUIDE.read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ASKED_OF_A_PAGE = (
    "Goals",
    "On the projector",
    "Ask the class",
    "Common mistakes",
    "splits",
    "skip",
)
SOLUTIONS = TEXT.partition("### Solutions")[2].partition("## Grading")[0]


def problems_of_page(name: str, text: str) -> list[str]:
    """The guide has a page for this notebook, which says how to teach it."""
    heading = rf"^### \[{name[:2]} .*\]\(\.\./notebooks/{re.escape(name)}\)$"
    found = re.split(heading, text, flags=re.MULTILINE)
    if len(found) != 2:
        wanted = f"`### [{name[:2]} …](../notebooks/{name})`"
        return [f"docs/teach.md has {len(found) - 1} pages for it: one is to be headed {wanted}"]
    page = re.split(r"^##", found[1], flags=re.MULTILINE)[0]
    problems = [f"it does not say {words!r}" for words in ASKED_OF_A_PAGE if words not in page]
    if (asked := page.count("?")) < 3:
        problems.append(f"it asks {asked} questions: three or more are to be asked")
    if not 200 <= (words := len(page.split())) <= 500:
        problems.append(f"it has {words} words, and should have 200 to 500")
    return [f"docs/teach.md, the page of {name[:2]}: {problem}" for problem in problems]


def exercises_named(text: str, notebooks: list[str]) -> set[str]:
    """The ids of exercises in a text, of any notebook in this list of files."""
    numbers = "|".join(name[:2] for name in notebooks)
    return set(re.findall(rf"(?<![\d.−+-])\b(?:{numbers})\.(?:q\d|\d)\b(?!\d)", text))


def notebooks_planned(text: str) -> set[int]:
    """The notebooks that have a place in the plans: not the weeks on the left, nor minutes."""
    plans = text.partition("\n## Plans\n")[2].partition("\n## ")[0]
    cells = re.sub(r"^\|[^|]*\|", "|", plans, flags=re.MULTILINE)
    return set(numbers_in(re.sub(r"\d+ minutes", "", cells)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_a_page_that_says_how_to_teach_it(path):
    problems = problems_of_page(path.name, TEXT)
    assert not problems, "\n".join(problems)


def test_every_notebook_has_a_place_in_the_plans():
    missing = {int(path.name[:2]) for path in NOTEBOOKS} - notebooks_planned(TEXT)
    problems = [f"docs/teach.md: no plan has a place for notebook {n:02}" for n in sorted(missing)]
    assert not problems, "\n".join(problems)


def test_every_exercise_and_link_that_is_named_exists():
    known = {name for path in FOLDER.glob("*.py") for name in read(path).exercises}
    named = exercises_named(TEXT, [path.name for path in NOTEBOOKS])
    problems = [f"docs/teach.md names {name}, which is no exercise" for name in named - known]
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT):
        if not (GUIDE.parent / link).exists():
            problems.append(f"docs/teach.md links {link}, which is not there")
    assert not problems, "\n".join(sorted(problems))
    assert len(named) > 60


# The checks themselves


GOOD_PAGE = (
    "### [03 Items](../notebooks/03_items.ipynb)\n\n**Goals.** **On the projector** "
    "**Ask the class** Why? How? When? **Common mistakes** **Where the class splits.** "
    "**What to skip.** "
) + "word " * 200


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("", "", []),
        ("03 Items", "04 Items", ["has 0 pages for it: one is to be headed `### [03 …](../notebo"]),
        ("**Goals.**", "", ["the page of 03: it does not say 'Goals'"]),
        ("splits", "parts", ["it does not say 'splits'"]),
        ("When?", "When.", ["it asks 2 questions"]),
        ("word word ", "word ", ["words, and should have 200 to 500"]),
        ("word ", "word word word ", ["words, and should have 200 to 500"]),
        ("skip.**", "\n## Another", ["'skip'", "it has 18 words"]),
    ],
)
def test_what_a_page_lacks_is_said(old, new, problems):
    found = problems_of_page("03_items.ipynb", GOOD_PAGE.replace(old, new) if old else GOOD_PAGE)
    assert len(found) == len(problems), found
    for text, problem in zip(found, problems, strict=True):
        assert problem in text


def test_exercises_of_a_new_notebook_are_seen_and_numbers_are_not():
    text = "16.2 and 16.q1, 17.3, 03.4; not 0.583, 16.25, −16.2 or 1.16.3"
    assert exercises_named(text, ["03_a.ipynb", "16_b.ipynb"]) == {"16.2", "16.q1", "03.4"}


def test_only_what_is_done_has_a_place_in_a_plan():
    table = "| week | notebook |\n|---|---|\n| 12 | 01 in 25 minutes; 04 to 06 |\n"
    text = f"15\n\n## Plans\n\nFirst, 00.\n\n{table}\n## An exam\n\n14"
    assert notebooks_planned(text) == {0, 1, 4, 5, 6}


def test_the_exam_has_ten_tasks_ten_solutions_and_sixty_points():
    exam = TEXT.partition("## An exam")[2]
    tasks = re.findall(r"^\*\*(\d+)\.\*\* \*\((\d+)", exam, flags=re.MULTILINE)
    assert [int(number) for number, _ in tasks] == list(range(1, 11))
    assert sum(int(points) for _, points in tasks) == 60
    assert re.findall(r"^(\d+)\. ", SOLUTIONS, flags=re.MULTILINE) == [str(n) for n in range(1, 11)]
    points = re.search(r"\*\*Points\.\*\* (.*?)\. From", SOLUTIONS)[1]
    given = {n: sum(map(int, p.split("+"))) for n, p in re.findall(r"(\d+): ([\d +]+)", points)}
    assert given == {number: int(points) for number, points in tasks}


def numbers_of_the_exam() -> dict[str, list[str]]:
    """Each number of the solutions, computed again, as it is printed there."""
    dcg, ideal = 1 + 1 / math.log2(5), 1 + 1 / math.log2(3) + 1 / 2
    u, m, rate = np.array([1, 0.5]), np.array([0.5, 1]), 0.1
    error = u @ m - 4
    new_u, new_m = u - rate * error * m, m - rate * error * u
    late_m = m - rate * error * new_u
    batch = np.array([5, 3, 4, 1, 2.0])
    best = 3 / (3 + 0.1 * 3)
    leads = np.array([0.011, 0.005, 0.012, -0.003, 0.017])
    liked = np.array([[1, 0], [1, 1.0]])
    found = ridge(liked, np.ones(2), 1.0)
    return {
        "1": [f"{25 / 6:.2f}", f"{(10 + 70) / 22:.3f}", f"{(25 + 70) / 26:.3f}", f"{45 / 12:.2f}"],
        "2": [f"{2 / 5}", f"{2 / 3:.3f}", f"{dcg:.3f}", f"{ideal:.3f}", f"{dcg / ideal:.3f}"],
        "3": [f"{2 / 3:.3f}", f"{1 / math.sqrt(3):.3f}", f"{1 / 2}"],
        "4": [f"{60 / math.sqrt(100 * 144)}", f"{1 / 11:.3f}", f"{0.5 * 60 / 70:.3f}"],
        "5": [f"({new_u[0]:.2f}, {new_u[1]:.1f})", f"({new_m[0]:.1f}, {new_m[1]:.2f})",
              f"{new_u @ new_m:.2f}", f"({late_m[0]:.3f}, {late_m[1]:.2f})",
              f"{new_u @ late_m:.3f}"],
        "7": [f"{batch.mean():.0f}", f"{batch.var():.0f}"],
        "8": [f"{3 * 0.25 + 0.1 * 3 * 0.25:.3f}", f"{best:.3f}",
              f"{3 * (1 - best) ** 2 + 0.3 * best**2:.3f}"],
        "9": [f"{leads.mean():.4f}", f"{leads.std(ddof=1):.4f}"],
        "10": [f"({found[0]:.1f}, {found[1]:.1f})", f"{found @ [0, 1]:.1f}",
               f"{found @ [1, 0.5]:.1f}"],
    }  # fmt: skip


@pytest.mark.parametrize(("task", "numbers"), numbers_of_the_exam().items())
def test_the_numbers_of_the_solutions_are_those_that_come_out(task, numbers):
    (solution,) = re.findall(rf"^{task}\. (.*)$", SOLUTIONS, flags=re.MULTILINE)
    assert all(number in solution for number in numbers), numbers


def test_equally_many_ghosts_make_the_two_films_of_the_first_task_equal():
    assert (10 + 3.5 * 10) / (2 + 10) == (25 + 3.5 * 10) / (6 + 10)
