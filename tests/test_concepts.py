"""The map of the course: needs as the notebooks say them, words and functions where they come."""

import re
from pathlib import Path

import nbformat
import pytest

from scratch.plots.concepts import concept_map
from scratch.teaching import concepts, pages

ROOT = Path(__file__).parents[1]
LESSONS = concepts.lessons(ROOT / "notebooks")
TERMS = concepts.read_terms(ROOT / "docs" / "terms.tsv")
NEEDS = {lesson.number: lesson.needs for lesson in LESSONS}


def test_every_notebook_needs_earlier_ones_alone():
    assert [lesson.number for lesson in LESSONS] == list(range(len(LESSONS)))
    assert NEEDS[0] == [], "the first notebook needs none"
    problems = [
        f"{lesson.path.name}: **You need** names {lesson.needs}: name at least one notebook, and "
        "earlier ones alone"
        for lesson in LESSONS[1:]
        if not lesson.needs or max(lesson.needs) >= lesson.number
    ]
    assert not problems, "\n".join(problems)


def test_no_arrow_is_drawn_that_follows_from_others():
    drawn = concepts.direct_needs(NEEDS)
    reached = {}
    for number in sorted(drawn):
        reached[number] = set(drawn[number]).union(*(reached[n] for n in drawn[number]))
        assert set(NEEDS[number]) <= reached[number]
        for need in drawn[number]:
            others = set(drawn[number]) - {need}
            assert not any(need in reached[other] for other in others)


def sections_of(lesson: concepts.Lesson) -> set[int]:
    """The numbers of its sections, and 0 for the opening."""
    cells = nbformat.read(lesson.path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return {0, *map(int, re.findall(r"^## (\d+)\. ", text, flags=re.MULTILINE))}


def problems_of_terms(terms: list[concepts.Term], sections: dict[int, set[int]]) -> list[str]:
    """Each word comes first in a section that is there, and each notebook has one of its own."""
    problems = [
        f"docs/terms.tsv: {term.name!r} comes first in {term.number:02}.{term.section}, "
        "and there is no such section"
        for term in terms
        if term.section not in sections.get(term.number, ())
    ]
    problems += [
        f"docs/terms.tsv: the meaning of {term.name!r} does not end with a full stop"
        for term in terms
        if not term.meaning.endswith(".")
    ]
    return problems + [
        f"docs/terms.tsv has no word that comes first in notebook {number:02}"
        for number in sorted(set(sections) - {term.number for term in terms})
    ]


def test_every_notebook_has_words_and_every_word_a_section_that_is_there():
    sections = {lesson.number: sections_of(lesson) for lesson in LESSONS}
    problems = problems_of_terms(TERMS, sections)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (("word", "A word.", 1, 3), None),
        (("word", "A word.", 1, 0), None),
        (("word", "A word.", 1, 2), "'word' comes first in 01.2, and there is no such section"),
        (("word", "A word.", 2, 3), "'word' comes first in 02.3, and there is no such section"),
        (("word", "A word", 1, 3), "the meaning of 'word' does not end with a full stop"),
        (("word", "A word.", 0, 1), "no word that comes first in notebook 01"),
    ],
)
def test_what_is_wrong_with_a_word_is_said(term, message):
    terms = [concepts.Term("first", "The first.", 0, 1), concepts.Term(*term)]
    found = problems_of_terms(terms, {0: {0, 1}, 1: {0, 3}})
    assert any(message in problem for problem in found) if message else not found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cosine\tA number.\n", "line 1: not a name, a meaning and a place"),
        ("a\tOne.\t03.1\nb\tTwo.\tthree\n", "line 2"),
        ("a\tOne.\t03.1\na\tTwo.\t04.1\n", "line 2: a is there twice"),
    ],
)
def test_a_line_of_another_form_is_named(tmp_path, text, message):
    path = tmp_path / "terms.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        concepts.read_terms(path)


def test_functions_are_introduced_once_where_they_come_first():
    found = concepts.functions_by_lesson(LESSONS, ROOT / "scratch")
    names = [pair for pairs in found.values() for pair in pairs]
    assert len(names) == len(set(names)) > 80
    assert ("count_items", "scratch/recommenders/popularity.py") in found[1]  # defined in a cell
    assert ("transpose", "scratch/linear_algebra.py") in found[3]  # imported
    assert ("sgd_epoch", "scratch/factorization.py") in found[4]
    assert ("ItemBased", "scratch/recommenders/neighbors.py") in found[3]


def test_the_pages_are_those_that_follow_from_the_notebooks():
    docs, hint = ROOT / "docs", "run `python -m scratch.course docs`"
    texts = pages.texts(ROOT)
    assert set(texts) == {"glossary.md", "map.md"}
    for name, text in texts.items():
        assert (docs / name).read_text(encoding="utf-8") == text, hint


def test_the_map_has_a_box_and_a_place_for_every_notebook():
    problems = pages.unplaced(LESSONS)
    assert not problems, "\n".join(problems)
    titles = {lesson.number: lesson.title for lesson in LESSONS}
    parted = [number for part in pages.PARTS.values() for number in part]
    assert len(set(parted)) == len(parted), f"a notebook is in two parts: {sorted(parted)}"
    drawn = concepts.direct_needs(NEEDS)
    _, ax = concept_map(titles, drawn, pages.PLACES, pages.PARTS)
    assert len(ax.patches) == len(titles)
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == sum(map(len, drawn.values()))
    assert len(set(pages.PLACES.values())) == len(pages.PLACES), "two boxes stand at one place"


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course of two notebooks, both on the map."""
    for folder in ("notebooks", "docs", "scratch"):
        (tmp_path / folder).mkdir()
    for number, needs in enumerate(("nothing", "notebook 00")):
        opening = nbformat.v4.new_markdown_cell(f"# Lesson {number}\n\n**You need** {needs}.")
        path = tmp_path / "notebooks" / f"{number:02}_lesson.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[opening]), path)
    (tmp_path / "docs" / "terms.tsv").write_text("word\tA word.\t00.1\n", encoding="utf-8")
    monkeypatch.setattr(pages, "PLACES", {0: (0.0, 0.0), 1: (1.0, 0.0)})
    monkeypatch.setattr(pages, "PARTS", {"Beginning": (0,), "End": (1,)})
    return tmp_path


def test_the_pages_and_the_figure_are_written(course):
    written = pages.build(course)
    assert [path.name for path in written] == ["glossary.md", "map.md", "map.png"]
    assert all(path.parent == course / "docs" and path.stat().st_size for path in written)


@pytest.mark.parametrize(
    ("name", "value", "messages"),
    [
        ("PLACES", {0: (0.0, 0.0)}, ["PLACES has no place for notebook 01"]),
        ("PARTS", {"All": (0,)}, ["PARTS has no part for notebook 01"]),
        (
            "PLACES",
            {1: (1.0, 0.0), 2: (2.0, 0.0)},
            ["no place for notebook 00", "names notebook 02"],
        ),
        ("PARTS", {"All": (0, 1, 2)}, ["names notebook 02, which is not there"]),
    ],
)
def test_a_map_that_would_lack_a_notebook_is_refused_before_anything_is_written(
    course, monkeypatch, name, value, messages
):
    monkeypatch.setattr(pages, name, value)
    with pytest.raises(ValueError) as refused:
        pages.build(course)
    lines = str(refused.value).split("\n")
    assert all(line.startswith("scratch/teaching/pages.py: ") for line in lines)
    for line, message in zip(lines, messages, strict=True):
        assert message in line
    assert [path.name for path in (course / "docs").iterdir()] == ["terms.tsv"]


def test_words_are_sorted_as_a_reader_looks_for_them():
    terms = [
        concepts.Term("Zipf's law", "A law.", 0, 0), concepts.Term("*a priori*", "Before.", 0, 1),
        concepts.Term("`U`", "Users | rows.", 0, 2),
    ]  # fmt: skip
    page = pages.glossary(terms, LESSONS[:1])
    assert page.index("a priori") < page.index("Zipf")
    place = "[00](../notebooks/00_start_here.ipynb), section\N{NO-BREAK SPACE}2"
    assert f"| `U` | Users \\| rows. | {place} |" in page


def test_a_notebook_that_does_not_say_what_it_needs_is_named(tmp_path):
    opening = nbformat.v4.new_markdown_cell("# A title\n\nNo word of that.")
    nbformat.write(nbformat.v4.new_notebook(cells=[opening]), tmp_path / "16_two_tastes.ipynb")
    with pytest.raises(ValueError, match=r"16_two_tastes\.ipynb: no line .* \*\*You need"):
        concepts.lessons(tmp_path)
