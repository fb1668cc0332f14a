"""What the book's source is made of: links, hovers, chapters, boxes and the reference."""

import zipfile
from pathlib import Path, PurePosixPath

import nbformat
import pytest

from scratch.exercises.source import Exercise, Part
from scratch.teaching import handout
from scratch.teaching.book import boxes, reference, source
from scratch.teaching.book.chapters import FOLDED, LEFT_OUT, ChapterError, chapter
from scratch.teaching.book.hovers import Hovers, slug, with_places
from scratch.teaching.book.links import LinkError, for_the_book, linked_files
from scratch.teaching.concepts import Term, read_terms

ROOT = Path(__file__).parents[1]
PAGE = PurePosixPath("notebooks/02_user_based.ipynb")
TERMS = [
    Term("neighbour", "Somebody near, by `cosine`.", 2, 4),
    Term("mean squared error (MSE)", "The mean of the squares.", 4, 3),
    Term("score", "What a list is sorted by.", 0, 1),
    Term("`U`", "A table.", 2, 1),
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


def test_a_word_is_explained_where_a_section_first_uses_it():
    cells = chapter_of(text("# T\n\nNeighbours, a neighbour."), text("A neighbour."),
                       text("## 1. S\n\nA neighbour."))  # fmt: skip
    meaning = "Somebody near, by cosine."
    first = hovering("Neighbours", meaning, "neighbour")
    again = hovering("neighbour", meaning, "neighbour")
    assert [cell.source for cell in cells] == [
        f"# 02 · T\n\n{first}, a neighbour.", "A neighbour.", f"## 1. S\n\nA {again}.",
    ]  # fmt: skip


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
    assert Hovers(TERMS, 15, "g.html").explain(words, set()) == words


def test_every_explained_word_of_the_glossary_has_a_place_there():
    page = with_places((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    for term in read_terms(ROOT / "docs" / "terms.tsv"):
        if "`" not in term.name:
            assert f'<span id="{slug(term.name)}"></span>**{term.name}**' in page


def test_a_figure_gets_its_reading_as_alternative_and_as_caption():
    _, figure, below = chapter_of(
        text("# T"), code("plot()", figure=True), text("**Figure:** a *line*, `x`.\n\nMore.")
    )
    assert figure.metadata["mystnb"] == {"image": {"alt": "A line, x."}}
    assert below.source.startswith("{.reading}\n**Figure:** a *line*")


@pytest.mark.parametrize("below", [[], [text("Something else.")]])
def test_a_figure_without_a_reading_is_named(below):
    with pytest.raises(ChapterError, match="02_user_based, cell 1: no "):
        chapter_of(text("# T"), code("plot()", figure=True), *below)


def test_imports_are_folded_and_autoreload_is_left_out():
    imports = "import a\nimport b\n\nfrom c import (\n    d,\n)"
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
        "::::{div} admonition exercise\n\n{.admonition-title}\nExercise 02.1 · by hand · 5 minutes"
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


def test_a_readme_without_the_table_of_lessons_is_named(tmp_path):
    (tmp_path / source.FRAME).mkdir(parents=True)
    (tmp_path / source.FRAME / "index.md").write_text("<!-- the table of lessons -->", "utf-8")
    (tmp_path / "README.md").write_text("| lesson |\n\nNone yet.\n", "utf-8")
    with pytest.raises(ChapterError, match=r"README\.md has no table that begins `\| notebook"):
        source.landing(tmp_path)
