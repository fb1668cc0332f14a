"""The map of the course: needs as the notebooks say them, words and functions where they come."""

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
    assert NEEDS[0] == [] and all(NEEDS[n] and max(NEEDS[n]) < n for n in NEEDS if n)


def test_no_arrow_is_drawn_that_follows_from_others():
    drawn = concepts.direct_needs(NEEDS)
    reached = {}
    for number in sorted(drawn):
        reached[number] = set(drawn[number]).union(*(reached[n] for n in drawn[number]))
        assert set(NEEDS[number]) <= reached[number]
        for need in drawn[number]:
            others = set(drawn[number]) - {need}
            assert not any(need in reached[other] for other in others)


def test_every_word_comes_first_in_a_section_that_is_there():
    for term in TERMS:
        cells = nbformat.read(LESSONS[term.number].path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert term.section == 0 or f"\n## {term.section}. " in f"\n{text}", term
        assert term.meaning.endswith("."), term


def test_every_notebook_has_words_of_its_own():
    assert {term.number for term in TERMS} == set(NEEDS)


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
    titles = {lesson.number: lesson.title for lesson in LESSONS}
    assert set(pages.PLACES) == set(titles)
    assert sorted(n for part in pages.PARTS.values() for n in part) == sorted(titles)
    drawn = concepts.direct_needs(NEEDS)
    _, ax = concept_map(titles, drawn, pages.PLACES, pages.PARTS)
    assert len(ax.patches) == len(titles)
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == sum(map(len, drawn.values()))
    assert len(set(pages.PLACES.values())) == len(pages.PLACES)


def test_words_are_sorted_as_a_reader_looks_for_them():
    terms = [
        concepts.Term("Zipf's law", "A law.", 0, 0), concepts.Term("*a priori*", "Before.", 0, 1),
        concepts.Term("`U`", "Users | rows.", 0, 2),
    ]  # fmt: skip
    page = pages.glossary(terms, LESSONS[:1])
    assert page.index("a priori") < page.index("Zipf")
    place = "[00](../notebooks/00_start_here.ipynb), section\N{NO-BREAK SPACE}2"
    assert f"| `U` | Users \\| rows. | {place} |" in page
