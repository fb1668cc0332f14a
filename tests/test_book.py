"""What the book's source is made of: links, hovers, chapters, boxes and the reference."""

import re
import zipfile
from pathlib import Path, PurePosixPath

import nbformat
import pytest

from scratch.exercises.source import Exercise, Part
from scratch.teaching import handout, pages
from scratch.teaching.book import boxes, reference, source
from scratch.teaching.book.chapters import (
    FOLDED,
    LEFT_OUT,
    NOT_STORED,
    RUN_IT,
    ChapterError,
    alternative,
    chapter,
)
from scratch.teaching.book.hovers import Hovers, slug, with_places
from scratch.teaching.book.links import LinkError, for_the_book, linked_files
from scratch.teaching.book.mentions import Mentions
from scratch.teaching.concepts import Term, lessons, read_terms

ROOT = Path(__file__).parents[1]
PAGE = PurePosixPath("notebooks/02_user_based.ipynb")
TERMS = [
    Term("neighbour", "Somebody near, by `cosine`.", 2, 4),
    Term("mean squared error (MSE)", "The mean of the squares.", 4, 3),
    Term("score", "What a list is sorted by.", 0, 1),
    Term("`U`", "A table.", 2, 1),
    Term("pull (regularization, L2)", "A push toward 0.", 1, 1),
    Term("p (of a test)", "How likely.", 1, 1),
]


def text(words):
    return nbformat.v4.new_markdown_cell(words)


def code(words, figure=False):
    data = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
    outputs = [nbformat.v4.new_output("display_data", data)] if figure else []
    return nbformat.v4.new_code_cell(words, outputs=outputs)


def chapter_of(*cells, number=2):
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    return chapter(notebook, "02_user_based", None, Hovers(TERMS, number, "g.html")).cells


@pytest.mark.parametrize(
    ("written", "in_the_book"),
    [
        ("[x](../scratch/pca.py)", "[x](../api/scratch.pca.md)"),
        ("[x](../scratch/plots/__init__.py)", "[x](../api/scratch.plots.md)"),
        ("[`pca`](../scratch/pca.py), `a`", "[`pca`](../api/scratch.pca.md), `a`"),
        ("`a` [`b`](../scratch/pca.py) `c`", "`a` [`b`](../api/scratch.pca.md) `c`"),
        ("[x](../exercises/solutions)", "x"),
        ("[x](01_popularity.ipynb#part)", "[x](01_popularity.ipynb#part)"),
        ("[x](https://example.org/a.py)", "[x](https://example.org/a.py)"),
        ("`[x](../scratch/nothing.py)`", "`[x](../scratch/nothing.py)`"),
        ("```\n[x](nothing.md)\n```", "```\n[x](nothing.md)\n```"),
    ],
)
def test_links_lead_where_the_book_has_a_page(written, in_the_book):
    assert for_the_book(written, PAGE, ROOT) == in_the_book


def test_a_link_to_nothing_is_named_with_its_page():
    with pytest.raises(LinkError, match=r"02_user_based.ipynb links to \.\./nothing.md"):
        for_the_book("[x](../nothing.md)", PAGE, ROOT)


def test_what_a_page_links_to_is_found_from_its_folder():
    words = "[a](../docs/map.md#x) ![b](b.png) [c](https://example.org) `[d](d.md)` [e](#e)"
    assert linked_files(words, PAGE) == {
        PurePosixPath("docs/map.md"),
        PurePosixPath("notebooks/b.png"),
    }


def hovering(words, meaning, slug):
    return (
        f'<a class="term" href="g.html#term-{slug}" data-bs-toggle="tooltip" '
        f'data-bs-title="{meaning}">{words}</a>'
    )


NEIGHBOUR = "Somebody near, by cosine."


def test_a_new_word_is_explained_where_a_section_first_uses_it():
    cells = chapter_of(text("# T\n\nNeighbours, a neighbour."), text("A neighbour."),
                       text("## 1. S\n\nA neighbour."))  # fmt: skip
    first = hovering("Neighbours", NEIGHBOUR, "neighbour")
    again = hovering("neighbour", NEIGHBOUR, "neighbour")
    assert [cell.source for cell in cells] == [
        f"# 02 · T\n\n{first}, a neighbour.", "A neighbour.", f"## 1. S\n\nA {again}.",
    ]  # fmt: skip


def test_a_word_of_an_earlier_lesson_is_explained_once():
    hovers = Hovers(TERMS, 5, "g.html")
    assert "title" in hovers.explain("The MSE.")
    assert hovers.explain("The MSE.\n\n## 1. S\n\nThe MSE.").count("title") == 0


@pytest.mark.parametrize("number", [1, 3])
def test_a_word_that_means_something_else_elsewhere_is_explained_at_home_only(number):
    assert Hovers(TERMS, number, "g.html").explain("A neighbour.") == "A neighbour."


@pytest.mark.parametrize("words", ["It pulls.", "They pull.", "a hit at p", "Pull the door!"])
def test_no_verb_and_no_single_letter_is_explained(words):
    assert Hovers(TERMS, 2, "g.html").explain(words) == words
    assert "title" in Hovers(TERMS, 2, "g.html").explain("Give it a pull, or the pull.")


def test_titles_of_other_texts_are_left_alone():
    words = "## Further reading\n\nThe MSE."
    assert Hovers(TERMS, 5, "g.html").explain(words) == words
    assert "title" in Hovers(TERMS, 5, "g.html").explain(f"{words}\n\n## Next\n\nThe MSE.")


def test_a_word_is_not_explained_before_it_is_introduced_nor_if_it_is_an_everyday_word():
    assert (
        chapter_of(text("# T\n\nThe score, the MSE."))[0].source
        == "# 02 · T\n\nThe score, the MSE."
    )
    later = chapter_of(text("# T\n\nThe score, the MSE."), number=4)[0].source
    assert later.endswith(
        f"The score, the {hovering('MSE', 'The mean of the squares.', 'mean-squared-error-mse')}."
    )


@pytest.mark.parametrize(
    "words",
    ["`neighbour`", "$neighbour$", "[neighbour](x.md)", "## A neighbour", "| neighbour |",
     "```\nneighbour\n```", "<b title='neighbour'>", "neighbourhood", "next-neighbour"],
)  # fmt: skip
def test_no_word_is_explained_in_code_formulas_links_headings_and_tables(words):
    assert Hovers(TERMS, 2, "g.html").explain(words) == words


def test_every_explained_word_of_the_glossary_has_a_place_there():
    page = with_places((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    for term in read_terms(ROOT / "docs" / "terms.tsv"):
        if "`" not in term.name:
            assert page.count(f'<span id="{slug(term.name)}"></span>**{term.name}**') == 1
    places = re.findall(r'id="([^"]*)"', page)
    assert len(places) == len(set(places))


MENTIONS = Mentions(lessons(ROOT / "notebooks"), ["04.3", "02.q1"], TERMS)


@pytest.mark.parametrize(
    ("written", "in_the_book"),
    [
        (
            "notebook 05, of notebook 02",
            "[notebook 05](05_beat_the_averages.ipynb), of notebook 02",
        ),
        (
            "Notebooks 00 and 01 to 03",
            "Notebooks [00](00_start_here.ipynb) and [01](01_popularity.ipynb) to "
            "[03](03_item_based.ipynb)",
        ),
        ("notebook 99", "notebook 99"),
        ("as in section 3.", "as in [section 3](#section-02-3)."),
        ("section 2 of notebook 04", "[section 2 of notebook 04](#section-04-2)"),
        ("(04, section 2)", "([04, section 2](#section-04-2))"),
        ("section 77", "section 77"),
        ("sections 3 and 77", "sections [3](#section-02-3) and 77"),
        ("{.admonition-title}\nExercise 04.3", "{.admonition-title}\nExercise 04.3"),
        ("Its section 3 asks", "Its section 3 asks"),
        ("(Exercise 04.3)", "([Exercise 04.3](#exercise-04-3))"),
        ("exercise 04.9", "exercise 04.9"),
        ("`section 3` and [section 3](a.md)", "`section 3` and [section 3](a.md)"),
    ],
)
def test_places_that_a_text_mentions_become_links(written, in_the_book):
    assert MENTIONS.linked(written, PAGE, "02") == in_the_book


def test_beside_the_lessons_a_section_is_named_with_its_notebook_or_is_no_link():
    page = PurePosixPath("docs/teach.md")
    assert MENTIONS.linked("section 3", page) == "section 3"
    assert MENTIONS.linked("notebook 00", page) == "[notebook 00](../notebooks/00_start_here.ipynb)"


def test_a_section_has_a_name_and_the_words_under_which_a_search_finds_it():
    assert MENTIONS.named("## 4. Vote\n\nSo.", "02") == (
        "(section-02-4)=\n## 4. Vote\n```{index} ! single: neighbour\n```\n\n\nSo."
    )
    assert MENTIONS.named("## Summary\n\nSo.", "02") == "## Summary\n\nSo."


def test_a_figure_gets_its_reading_as_alternative_and_as_caption():
    _, figure, below = chapter_of(
        text("# T"), code("plot()", figure=True), text("**Figure:** a *line*, `x`.\n\nMore.")
    )
    assert figure.metadata["mystnb"] == {"image": {"alt": "A line, x."}}
    assert below.source.startswith("{.reading}\n**Figure:** a *line*")


def test_the_alternative_of_a_figure_is_its_first_sentence_or_two_if_that_is_short():
    long = "a line that rises from the lower left to the upper right, and ends there"
    assert alternative(f"**Figure:** {long}. It rises.") == f"A{long[1:]}."
    assert alternative("**Figure:** two. They rise. And fall.") == "Two. They rise. And fall."
    assert alternative(f"**Figure:** two. There is {long}. So.") == f"Two. There is {long}."


def test_what_is_not_stored_is_said_to_be_missing():
    cell = code("seconds()")
    cell.metadata["tags"] = [NOT_STORED]
    cells = chapter_of(text("# T"), cell, text("Is it much?"))
    assert [c.source for c in cells[1:]] == ["seconds()", RUN_IT, "Is it much?"]


@pytest.mark.parametrize("below", [[], [text("Something else.")]])
def test_a_figure_without_a_reading_is_named(below):
    with pytest.raises(ChapterError, match="02_user_based, cell 1: no "):
        chapter_of(text("# T"), code("plot()", figure=True), *below)


def test_imports_are_folded_and_autoreload_is_left_out():
    imports = "import a\nimport b\n\nos.environ['N'] = '1'\n\nfrom c import (\n    d,\n)"
    cells = chapter_of(
        text("# T"), code(imports), code("%load_ext autoreload"), code("import a\n1")
    )
    assert [c.metadata.get("tags") for c in cells[1:]] == [[FOLDED], [LEFT_OUT], None]


def test_an_exercise_stands_in_a_box_with_hint_and_solution_folded():
    exercise = Exercise("02.1", "by hand", 5)
    for name in ("task", "hint", "stub"):
        exercise.parts[name] = Part(f"the {name}", 1)
    exercise.parts["solution"] = Part("x = 1", 1, "scratch/pca.py")
    assert boxes.box(exercise) == (
        "```{index} ! single: exercise 02.1\n```\n\n(exercise-02-1)=\n"
        "::::{div} admonition exercise\n\n{.admonition-title}\n"
        "Exercise 02.1 · by hand · 5 minutes"
        "\n\nthe task\n\n"
        "```python\nthe stub\n```\n\n:::{dropdown} Hint\nthe hint\n:::\n\n"
        ":::{dropdown} Solution (in `scratch/pca.py`)\n```python\nx = 1\n```\n:::\n\n::::"
    )
    del exercise.parts["solution"], exercise.parts["hint"]
    assert "dropdown" not in boxes.box(exercise)


@pytest.mark.parametrize(
    ("written", "for_sphinx"),
    [
        ("a * b, |c|, d_ and `e`", r"a \* b, \|c\|, d\_ and :py:obj:`e`"),
        ("of *one book*", "of *one book*"),
        (">>> a_ * 2  # doctest: +SKIP\n4", ">>> a_ * 2\n4\n"),
        ("loss,\n    a_b\nof", "loss,\n\n.. code-block:: text\n\n    a_b\n\nof\n"),
    ],
)
def test_docstrings_are_plain_text(written, for_sphinx):
    assert "\n".join(reference.as_rst(written.split("\n"))).strip("\n") == for_sphinx.strip("\n")


def test_a_name_that_a_room_hands_on_is_at_home_in_its_module():
    homes = reference.homes(ROOT / "scratch")
    at_home = "scratch.datasets.loaders.load_movielens_100k"
    assert homes["scratch.datasets.load_movielens_100k"] == at_home
    assert at_home not in homes and len(homes) > 30
    for name, place in homes.items():
        assert place.rpartition(".")[2] == name.rpartition(".")[2]
        assert place.startswith(name.rpartition(".")[0] + ".")


def test_every_module_of_the_package_has_a_page_and_a_place_in_its_room():
    made = reference.pages(ROOT / "scratch")
    index = made["api/index.md"]
    for path in (ROOT / "scratch").rglob("*.py"):
        if path.stem == "__main__":
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        assert f"automodule:: {name}\n" in made[f"api/{name}.md"]
        assert index.count(f"({name}.md)") == 1


def test_a_book_is_laid_out_without_the_guide_and_without_solutions(tmp_path):
    edition, laid_out = tmp_path / "edition", tmp_path / "laid out"
    with zipfile.ZipFile(handout.build(ROOT, tmp_path)) as archive:
        archive.extractall(tmp_path)
    (tmp_path / handout.NAME).rename(edition)
    source.lay_out(edition, laid_out)
    assert not (laid_out / "docs" / "teach.md").exists()
    assert "teach" not in (laid_out / "index.md").read_text(encoding="utf-8")
    chapters = list((laid_out / "notebooks").glob("*.ipynb"))
    assert len(chapters) >= 16
    for path in chapters:
        page = path.read_text(encoding="utf-8")
        assert "{dropdown} Hint" in page and "{dropdown} Solution" not in page


def test_a_module_that_is_no_python_is_named_with_its_line(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "pca.py").write_text('"""It."""\n\ndef broken(:\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"pca\.py, line 3: invalid syntax"):
        reference.pages(tmp_path / "scratch")


def test_a_package_lists_its_modules():
    page = reference.pages(ROOT / "scratch")["api/scratch.evaluation.md"]
    assert "| [`scratch.evaluation.metrics`](scratch.evaluation.metrics.md) | " in page


@pytest.mark.parametrize("address", ["", "https://example.org/course.git"])
def test_the_first_page_has_the_titles_of_the_lessons_and_says_where_the_course_is(address):
    found = lessons(ROOT / "notebooks")
    page = source.landing(ROOT, found, address)
    for lesson in found:
        name = f"[{lesson.number:02} · {lesson.title}](notebooks/{lesson.path.name})"
        assert page.count(name) == 1
    assert ("git clone https://example.org/course.git" in page) == bool(address)
    assert "<!-- where" not in page and "<!-- the" not in page


def test_a_lesson_of_no_part_of_the_course_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "PARTS", {})
    with pytest.raises(ChapterError, match="PARTS has no part for notebook 00"):
        source.lay_out(ROOT, tmp_path / "book")
    assert not (tmp_path / "book").exists()


def test_a_readme_without_the_table_of_lessons_is_named(tmp_path):
    (tmp_path / source.FRAME).mkdir(parents=True)
    (tmp_path / source.FRAME / "index.md").write_text("<!-- the table of lessons -->", "utf-8")
    (tmp_path / "README.md").write_text("| lesson |\n\nNone yet.\n", "utf-8")
    with pytest.raises(ChapterError, match=r"README\.md has no table that begins `\| notebook"):
        source.landing(tmp_path, [], "")
