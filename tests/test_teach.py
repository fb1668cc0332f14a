"""The teacher's guide: a page for each notebook, exercises that exist, an exam that is right."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from scratch.exercises.source import FOLDER, read
from scratch.recommenders.folding import ridge

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


def page_of(path: Path) -> str:
    heading = rf"^### \[{path.name[:2]} .*\]\(\.\./notebooks/{path.name}\)$"
    found = re.split(heading, TEXT, flags=re.MULTILINE)
    assert len(found) == 2, f"{path.name} has no page"
    return re.split(r"^##", found[1], flags=re.MULTILINE)[0]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_a_page_that_says_how_to_teach_it(path):
    page = page_of(path)
    assert all(f"**{words}" in page or words in page for words in ASKED_OF_A_PAGE)
    assert page.count("?") >= 3, "hardly anything is asked"
    assert 200 <= len(page.split()) <= 500


def test_every_exercise_and_link_that_is_named_exists():
    known = {name for path in FOLDER.glob("*.py") for name in read(path).exercises}
    named = set(re.findall(r"(?<![\d.−+-])\b(?:0\d|1[0-5])\.(?:q\d|\d)\b(?!\d)", TEXT))
    assert named <= known and len(named) > 60, sorted(named - known)
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT):
        assert (GUIDE.parent / link).exists(), link


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
