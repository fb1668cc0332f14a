"""What the book's source is made of: links, hovers, chapters, boxes and the reference."""

import base64
import re
import zipfile
from pathlib import Path, PurePosixPath

import nbformat
import pytest

from scratch.exercises.source import Exercise, Part, Source
from scratch.teaching import handout, pages
from scratch.teaching.book import boxes, reference, source
from scratch.teaching.book.chapters import (
    NOT_STORED,
    RUN_IT,
    ChapterError,
    alternative,
    chapter,
    is_imports,
    opening,
)
from scratch.teaching.book.hovers import Hovers, slug, spellings, with_places
from scratch.teaching.book.links import LinkError, for_the_book, linked_files
from scratch.teaching.book.mentions import Mentions, looked_for
from scratch.teaching.concepts import Lesson, Term, lessons, read_terms

pytestmark = pytest.mark.usefixtures("ascii_by_default")

ROOT = Path(__file__).parents[1]
PAGE = PurePosixPath("notebooks/02_user_based.ipynb")
TERMS = [
    Term("neighbour", "Somebody near, by `cosine`.", 2, 4),
    Term("mean squared error (MSE)", "The mean of the squares.", 4, 3),
    Term("score", "What a list is sorted by.", 0, 1),
    Term("`U`", "A table.", 2, 1),
    Term("pull (regularization, L2)", "A push toward 0.", 1, 1),
    Term("p (of a test)", "How likely.", 1, 1),
    Term("split", "Two parts.", 1, 1),
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
        ("[x](../scratch/teaching/deck/deck.css)", "[x](../scratch/teaching/deck/deck.css)"),
        ("[x](../conftest.py)", "[x](../conftest.py)"),
        ("[x](#part)", "[x](#part)"),
        ("[a [x] b](../exercises/solutions)", "a [x] b"),
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
    said = "^notebooks/02_user_based.ipynb links to ../nothing.md, and there is no nothing.md$"
    with pytest.raises(LinkError, match=said):
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


def test_of_words_that_begin_alike_the_longest_is_explained():
    hovers = Hovers([Term("mean", "A sum.", 0, 1), *TERMS], 5, "g.html")
    squared = hovering("mean squared error", "The mean of the squares.", "mean-squared-error-mse")
    mean = hovering("means", "A sum.", "mean")
    assert hovers.explain("Its mean squared error, its means, means and MSE.") == (
        f"Its {squared}, its {mean}, means and MSE."
    )


def test_a_meaning_stands_in_quotes_without_ending_them():
    hovers = Hovers([Term("cut", 'A "cut" < `b`.', 1, 1)], 1, "g.html")
    assert hovers.explain("cut") == hovering("cut", "A &quot;cut&quot; &lt; b.", "cut")


def test_symbols_have_no_place_in_the_glossary_and_are_not_explained():
    words = "The rank, `k`."
    assert Hovers([Term("rank (`k`)", "How many.", 1, 1)], 1, "g.html").explain(words) == words


def test_how_words_are_spelled_and_their_places_called():
    names = (
        "pull (L2)",
        "pull (regularization, L2)",
        "p (of a test)",
        "ab (of it)",
        "p",
        "a (B) (C)",
    )
    assert list(map(spellings, names)) == [
        ["pull", "L2"], ["pull"], [], ["ab"], ["p"], ["B) (C"],
    ]  # fmt: skip
    assert slug("(User-based) k") == "term-user-based-k"
    assert with_places("- **a b**: It.\n- **`k`**: It.\n- x **c**: It.") == (
        '- <span id="term-a-b"></span>**a b**: It.\n- **`k`**: It.\n- x **c**: It.'
    )


@pytest.mark.parametrize("number", [1, 3])
def test_a_word_that_means_something_else_elsewhere_is_explained_at_home_only(number):
    assert Hovers(TERMS, number, "g.html").explain("A neighbour.") == "A neighbour."


@pytest.mark.parametrize(
    "words", ["It pulls.", "They pull.", "a hit at p", "Pull the door!", "Pull the ", "They split."]
)
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


@pytest.fixture(scope="module")
def mentions(tmp_path_factory) -> Mentions:
    """Of six notebooks, each with three sections."""
    folder, found = tmp_path_factory.mktemp("notebooks"), []
    names = (
        "start_here", "popularity", "user_based", "item_based", "factors", "beat_the_averages",
    )  # fmt: skip
    for number, name in enumerate(names):
        path = folder / f"{number:02}_{name}.ipynb"
        cells = [text("# T"), text("## 1. A\n\na\n\n## 2. B"), text("## 3. C"), code("## 4. D")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        found.append(Lesson(path, number, name, []))
    return Mentions(found, ["04.3", "02.q1"], TERMS)


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
        ("notebook 02", "notebook 02"),
        ("notebooks 02 and 03", "notebooks 02 and [03](03_item_based.ipynb)"),
        (
            "notebooks 04 or 05",
            "notebooks [04](04_factors.ipynb) or [05](05_beat_the_averages.ipynb)",
        ),
        ("section 4", "section 4"),
        ("notebook 04, section 1", "[notebook 04, section 1](#section-04-1)"),
        ("section 1 of 05", "[section 1 of 05](#section-05-1)"),
        (
            "sections 1, 2 and 3",
            "sections [1](#section-02-1), [2](#section-02-2) and [3](#section-02-3)",
        ),
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
def test_places_that_a_text_mentions_become_links(mentions, written, in_the_book):
    assert mentions.linked(written, PAGE, "02") == in_the_book


def test_beside_the_lessons_a_section_is_named_with_its_notebook_or_is_no_link(mentions):
    page = PurePosixPath("docs/teach.md")
    assert mentions.linked("section 3", page) == "section 3"
    assert mentions.linked("notebook 00", page) == "[notebook 00](../notebooks/00_start_here.ipynb)"


def test_a_section_has_a_name_and_the_words_under_which_a_search_finds_it(mentions):
    assert mentions.named("## 4. Vote\n\nSo.", "02") == (
        "(section-02-4)=\n## 4. Vote\n```{index} ! single: neighbour\n```\n\n\nSo."
    )
    assert mentions.named("A.\n\n## 1. Pull\n\nSo.\n\n## 2. B", "01") == (
        "A.\n\n(section-01-1)=\n## 1. Pull\n```{index} ! single: pull\n```\n"
        "```{index} ! single: regularization\n```\n```{index} ! single: L2\n```\n"
        "```{index} ! single: split\n```\n\n\nSo.\n\n(section-01-2)=\n## 2. B\n"
    )
    assert mentions.named("## 1. A", "02") == "(section-02-1)=\n## 1. A\n"  # a symbol has none
    assert mentions.named("## Summary\n\nSo.", "02") == "## Summary\n\nSo."


def test_the_words_under_which_somebody_looks_for_a_term():
    assert looked_for("p (of a test)") == [] and looked_for("sum (a, X)") == ["sum", "a", "X"]
    assert looked_for("k-fold test (CV)") == ["k-fold test", "CV", "k fold test"]


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


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (f"{'a' * 59}. Then.", f"A{'a' * 58}."), (f"{'a' * 58}. Then.", f"A{'a' * 57}. Then."),
        ("a [link](x.md)\nwith *two*\n`ends`: here", "A link with two ends: here"),
        (f"{'a' * 60}. then.", f"A{'a' * 59}. then."), (f"{'a' * 60}!” “So.", f"A{'a' * 59}!”"),
    ],
)  # fmt: skip
def test_the_alternative_of_a_figure_in_plain_words(reading, said):
    assert alternative(f"**Figure:** {reading}\n\nMore.") == said


def test_the_opening_of_a_chapter_has_its_number_and_no_road():
    road = "[← a](01_a.ipynb) · [b →](03_b.ipynb)\n\n"
    assert opening(f"# T # 2\n\n{road}Why?\n\n{road}", "02") == f"# 02 · T # 2\n\nWhy?\n\n{road}"


@pytest.mark.parametrize(
    ("lines", "are_imports"),
    [
        ("import a\nimport b\nimport c", True), ("import a\nimport b", False),
        ("import a\n\nfrom b import c\nos.environ['N'] = '1'", True),
        ("import a\nfrom b import (\n    c,\n)\nimport d", True),
        ("import a\nimport b\nimport c\nx = 1", False), ("x = 1\nimport b\nimport c", False),
        ("import a\nimport b\nXX = 1", False), ("x\ny\nfrom z import ", False),
    ],
)  # fmt: skip
def test_what_is_a_cell_of_imports(lines, are_imports):
    assert is_imports(lines) is are_imports


def test_a_cell_of_code_keeps_its_number_its_outputs_and_its_name():
    printed = nbformat.v4.new_output("stream", text="1\n")
    cell = code("plot()", figure=True)
    cell.outputs, cell.execution_count = [printed, *cell.outputs], 7
    notebook = nbformat.v4.new_notebook(
        cells=[text("# T"), cell, text("**Figure:** two."), text("## 1. S")],
        metadata={"language_info": {"name": "python"}},
    )
    made = chapter(notebook, "02_a", None, Hovers([], 2, "g.html"))
    assert made.metadata == notebook.metadata
    assert [c.id for c in made.cells] == [c.id for c in notebook.cells]
    assert (made.cells[1].outputs, made.cells[1].execution_count) == (cell.outputs, 7)
    assert made.cells[1].metadata == {"mystnb": {"image": {"alt": "Two."}}}
    assert made.cells[3].source == "## 1. S"


def test_exercises_take_the_place_of_the_cells_from_quiz_to_further_reading():
    exercises = Source(Path("02_a.py"), Part("", 1), {"02.q1": Exercise("02.q1", "quiz", None)})
    cells = [text("# T"), text("## Quiz"), code("q1"), text("## Exercises"), code("1"),
             text("## Further reading"), code("last")]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=cells)
    made = chapter(notebook, "02_a", exercises, Hovers([], 2, "g.html")).cells
    assert [(cell.id, cell.source) for cell in made] == [
        (cells[0].id, "# 02 · T"), (cells[1].id, boxes.text_of(exercises)),
        (cells[5].id, "## Further reading"), (cells[6].id, "last"),
    ]  # fmt: skip


def test_what_is_not_stored_is_said_to_be_missing():
    cell = code("seconds()")
    cell.metadata["tags"] = [NOT_STORED]
    cells = chapter_of(text("# T"), cell, text("Is it much?"))
    assert [c.source for c in cells[1:]] == ["seconds()", RUN_IT, "Is it much?"]
    assert cells[2].id == f"{cell.id}-run-it"


@pytest.mark.parametrize("below", [[], [text("Something else.")]])
def test_a_figure_without_a_reading_is_named(below):
    said = r"^02_user_based, cell 1: no \*\*Figure:\*\* under the figure says what it shows$"
    with pytest.raises(ChapterError, match=said):
        chapter_of(text("# T"), code("plot()", figure=True), *below)


def test_imports_are_folded_and_autoreload_is_left_out():
    imports = "import a\nimport b\n\nos.environ['N'] = '1'\n\nfrom c import (\n    d,\n)"
    cells = chapter_of(
        text("# T"), code(imports), code("%load_ext autoreload"), code("import a\n1")
    )
    assert [c.metadata.get("tags") for c in cells[1:]] == [["hide-input"], ["remove-cell"], None]


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


def test_quiz_and_exercises_stand_one_after_the_other():
    question = Exercise("02.q1", "quiz", None)
    question.parts["solution"] = Part("x = 1\n", 1)
    think = Exercise("02.1", "open", 60)
    think.parts["rubric"] = Part("- one\n", 1)
    exercises = {"02.1": think, "02.q1": question}
    assert boxes.text_of(Source(Path("02_a.py"), Part("", 1), exercises)) == "\n\n".join(
        [boxes.QUIZ, boxes.box(question), boxes.EXERCISES, boxes.box(think)]
    )
    head = "```{index} ! single: exercise 02.q1\n```\n\n(exercise-02-q1)=\n::::{div} admonition"
    asked = boxes.box(question)
    assert asked.startswith(f"{head} exercise\n\n{{.admonition-title}}\nQuestion 02.q1\n\n")
    assert asked.endswith(":::{dropdown} Solution\n```python\nx = 1\n```\n:::\n\n::::")
    assert boxes.box(think).endswith(":::{dropdown} What a good answer has\n- one\n:::\n\n::::")


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


def test_a_docstring_of_several_kinds_of_lines():
    written = [
        "X of `a` and `b`", "c_.", " ", ">>> f(1)  # doctest: +SKIP", ">>> 2", "2", "", "So",
        "    a_b", "    c", "ends X",
    ]  # fmt: skip
    assert reference.as_rst([*written, ""]) == [
        "X of :py:obj:`a` and :py:obj:`b`", r"c\_.", "", ">>> f(1)", ">>> 2", "2", "", "So", "",
        ".. code-block:: text", "", "    a_b", "    c", "", "ends X", "",
    ]  # fmt: skip


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
    try:
        made = handout.build(ROOT, tmp_path)
    except handout.HandoutError as error:
        pytest.skip(str(error))
    with zipfile.ZipFile(made) as archive:
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
    (tmp_path / source.FRAME / "index.md").write_text(
        "<!-- the table of lessons -->", encoding="utf-8"
    )
    (tmp_path / "README.md").write_text("| lesson |\n\nNone yet.\n", encoding="utf-8")
    with pytest.raises(ChapterError, match=r"README\.md has no table that begins `\| notebook"):
        source.landing(tmp_path, [], "")


# A course of two lessons


FILES = {
    "README.md": "# Course\n\nHé. [map](docs/map.md) [terms](LICENSE) [a](notes/sub/a.txt) "
                 "![it](docs/it.png) [x](docs/book)\n\n"
                 "| notebook | what |\n|---|---|\n"
                 "| [00 Ay](notebooks/00_a.ipynb) | [pca](scratch/pca.py) |\n"
                 "| [99 No](notebooks/01_b.ipynb) | |\n\n| other |\n",
    "docs/glossary.md": "# Words\n\n- **word**: A wórd. ([00](../notebooks/00_a.ipynb), "
                        "section\N{NO-BREAK SPACE}1)\n",
    "docs/map.md": "# Map\n\n### S\n\nnotebook 01, [pca](../scratch/pca.py)\n",
    "datasets/README.md": "# Data\n", "benchmarks/README.md": "# Speed\n",
    "benchmarks/peers.md": "Of peers.\n\n### One\n\n#### Two\n",
    "benchmarks/folds.md": "# Folds\n\n### One\n", "benchmarks/peak.md": "Peak.\n",
    "CONTRIBUTING.md": "# Contribute\n", "CODE_OF_CONDUCT.md": "# Conduct\n",
    "SECURITY.md": "# Safe\n", "CHANGELOG.md": "# Changes\n", "docs/teach.md": "# Teach\n",
    "docs/book/index.md": "# Hé\n\n<!-- the table of lessons -->\n\n<!-- the picture -->\n\n"
                          "<!-- where the course is -->\n",
    "docs/book/conf.py": "", "docs/book/search.js": "", "docs/book/book.css": "",
    "docs/book/book.js": "", "docs/book/icon.svg": "", "docs/book/draft.md": "",
    "docs/terms.tsv": "word\tA wórd.\t00.1\n", "LICENSE": "Free.\n", "notes/sub/a.txt": "a\n",
    "docs/it.png": "png", "notebooks/b.png": "png", "notebooks/c.png": "png",
    "exercises/solutions/01_b.py": "# %% [markdown] 01.1 · open · 5 minutes\n# Think.\n",
    "scratch/__init__.py": '"""The\npackage | all.\n\nMore."""\n',
    "scratch/pca.py": '"""Parts."""\n',
    "scratch/__main__.py": "", "scratch/course/conf.py": "", "scratch/none.py": "",
    "scratch/plots/__init__.py": '"""Figures."""\nfrom os import sep\n'
                                 "from scratch.plots.maps import a, b\nfrom scratch import pca\n"
                                 "from . import maps\n",
    "scratch/datasets/__init__.py": '"""Data."""\nfrom scratch.datasets.own import c\n',
    "scratch/plots/maps.py": '"""Maps."""\nfrom scratch.plots.maps import a\n',
}  # fmt: skip
ROOMS = (
    "recommenders", "evaluation", "machinery", "plots", "datasets", "exercises", "teaching",
    "course",
)  # fmt: skip
API_OF_ROOMS = """# The package, name by name

Every module of `scratch` with its public functions and classes: what each takes, gives and \
refuses, its source code, and the sections of the course that use it. Names in the course's code \
lead here.

## The ground floor

What the course builds first: modules at the top of the package.

```{toctree}
:maxdepth: 1
:hidden:

scratch <scratch>
none <scratch.none>
pca <scratch.pca>
```

| module | what it is for |
|---|---|
| [`scratch`](scratch.md) | The package \\| all. |
| [`scratch.none`](scratch.none.md) |  |
| [`scratch.pca`](scratch.pca.md) | Parts. |

## `scratch.recommenders`

Of recommenders.
"""
API_OF_PLOTS = """# scratch.plots

```{eval-rst}
.. automodule:: scratch.plots

What you may import from here: :py:obj:`~scratch.plots.maps.a`, :py:obj:`~scratch.plots.maps.b`.

```

| module | what it is for |
|---|---|
| [`scratch.plots.maps`](scratch.plots.maps.md) | Maps. |
"""
LANDING = """# Hé

| notebook | what |
|---|---|
| [00 · Ay: one](notebooks/00_a.ipynb) | [pca](api/scratch.pca.md) |
| [99 No](notebooks/01_b.ipynb) | |

![A line.](picture.png)

`git clone https://a.org/c`
"""


def contents_of(**parts):
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {part.replace('_', ' ')}\n\n{names}\n```\n"
        for part, names in parts.items()
    )


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course of two lessons, with every page that a book may have."""
    root = tmp_path / "course"
    for room in ROOMS:
        (root / "scratch" / room).mkdir(parents=True)
        (root / "scratch" / room / "__init__.py").write_text(
            f'"""Of {room}."""\n', encoding="utf-8"
        )
    for name, words in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(words, encoding="utf-8")
    lesson = "# Ay: one\n\n[One →](01_b.ipynb)\n\n**You need** nothing. A word."
    mentioned = "Section 1 of 01, [pca](../scratch/pca.py), ![b](b.png), exercise 01.1."
    first = [
        text(lesson), code("'[c](c.png)'"), code("plot()", figure=True),
        text("**Figure:** a line."),
        text(f"## 1. Start\n\n{mentioned}"),
    ]  # fmt: skip
    second = [
        text("# Bee\n\n**You need** 00."), text("## 1. Go"), text("## Quiz"),
        text("## Further reading"),
    ]  # fmt: skip
    for name, cells in (("00_a", first), ("01_b", second)):
        path = root / "notebooks" / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    parts = {"Begin": (0,), "End": (1,)}
    monkeypatch.setattr(source, "PARTS", parts)
    monkeypatch.setattr(pages, "PARTS", parts)
    monkeypatch.setattr(pages, "PLACES", {0: (0.0, 0.0), 1: (1.0, 0.0)})
    return root


def test_a_book_as_it_is_laid_out(course, tmp_path):
    folder = tmp_path / "not" / "there"
    source.lay_out(course, folder)
    assert "whoever gave you these pages has it\n" in (folder / "index.md").read_text(
        encoding="utf-8"
    )
    (folder / "old.md").write_text("old", encoding="utf-8")
    source.lay_out(course, folder, "https://a.org/c")
    made = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    modules = {"scratch", "scratch.pca", "scratch.none", "scratch.plots.maps", "index"}
    assert set(made) == {
        *(f"api/{name}.md" for name in modules | {f"scratch.{room}" for room in ROOMS}),
        *source.PAGES, "index.md", "picture.png", "conf.py", "search.js", "_static/book.css",
        "_static/book.js", "_static/icon.svg", "notebooks/00_a.ipynb", "notebooks/01_b.ipynb",
        "notebooks/b.png", "docs/it.png", "LICENSE", "notes/sub/a.txt",
    }  # fmt: skip
    assert made["picture.png"].read_bytes() == base64.b64decode("iVBORw0KGgo=")
    assert made["index.md"].read_text(encoding="utf-8") == LANDING + contents_of(
        Begin="notebooks/00_a", End="notebooks/01_b",
        Beside_the_lessons="README\ndocs/glossary\ndocs/map\ndatasets/README\nbenchmarks/README\n"
                           "CONTRIBUTING\ndocs/teach",
        The_package="api/index",
    )  # fmt: skip
    assert made["notebooks/00_a.ipynb"].read_text(encoding="utf-8").endswith("}\n")
    first, second = (
        [cell.source for cell in nbformat.read(made[f"notebooks/{name}.ipynb"], 4).cells]
        for name in ("00_a", "01_b")
    )
    word = hovering("word", "A wórd.", "word").replace("g.html", "../docs/glossary.html")
    assert first == [
        f"# 00 · Ay: one\n\n**You need** nothing. A {word}.", "'[c](c.png)'", "plot()",
        "{.reading}\n**Figure:** a line.",
        "(section-00-1)=\n## 1. Start\n```{index} ! single: word\n```\n\n\n"
        "[Section 1 of 01](#section-01-1), [pca](../api/scratch.pca.md), ![b](b.png), "
        "[exercise 01.1](#exercise-01-1).",
    ]  # fmt: skip
    assert first[0].count("\n") == 2 and second[1] == "(section-01-1)=\n## 1. Go\n"
    assert second[2].startswith("## Quiz") and "(exercise-01-1)=" in second[2]


def test_the_pages_beside_the_lessons(course):
    found = lessons(course / "notebooks")
    made = source.pages(course, Mentions(found, [], []))
    under = "\n```{toctree}\n:hidden:\n\n"
    assert made == {
        "README.md": FILES["README.md"].replace("# Course", "# On your machine")
        .replace("[x](docs/book)", "x").replace("scratch/pca.py", "api/scratch.pca.md"),
        "docs/glossary.md": '# Words\n\n- <span id="term-word"></span>**word**: A wórd. '
        "([00, section 1](#section-00-1))\n",
        "docs/map.md": "# Map\n\n### S\n\n[notebook 01](../notebooks/01_b.ipynb), "
        "[pca](../api/scratch.pca.md)\n",
        "datasets/README.md": "# Data\n",
        "benchmarks/README.md": f"# Speed\n{under}/benchmarks/peers\n/benchmarks/folds\n"
        "/benchmarks/peak\n```\n",
        "benchmarks/peers.md": "# Beside other libraries\n\nOf peers.\n\n## One\n\n#### Two\n",
        "benchmarks/folds.md": "# How well they predict, when tuned\n\n### One\n",
        "benchmarks/peak.md": "# How near the machine's limits\n\nPeak.\n",
        "CONTRIBUTING.md": f"# Contribute\n{under}/CODE_OF_CONDUCT\n/SECURITY\n/CHANGELOG\n```\n",
        "CODE_OF_CONDUCT.md": "# Conduct\n", "SECURITY.md": "# Safe\n",
        "CHANGELOG.md": "# Changes\n", "docs/teach.md": "# Teach\n",
    }  # fmt: skip


def test_a_page_that_is_not_there_is_in_no_part_of_the_contents(course):
    for name in ("docs/map.md", "SECURITY.md", "docs/teach.md"):
        (course / name).unlink()
    (course / "README.md").write_text("# It\n", encoding="utf-8")
    found = lessons(course / "notebooks")
    made = source.pages(course, Mentions(found, [], []))
    assert [*made][1:4] == ["docs/glossary.md", "datasets/README.md", "benchmarks/README.md"]
    assert made["CONTRIBUTING.md"].endswith("\n/CODE_OF_CONDUCT\n/CHANGELOG\n```\n")
    assert source.contents(course, found[:1]) == contents_of(
        Begin="notebooks/00_a", End="",
        Beside_the_lessons="README\ndocs/glossary\ndatasets/README\nbenchmarks/README\nCONTRIBUTING",
        The_package="api/index",
    )  # fmt: skip


def test_a_link_to_nothing_in_the_table_of_lessons_is_named(course):
    words = "| notebook |\n|---|\n| [00 Ay](notebooks/none.ipynb) |\n\n"
    (course / "README.md").write_text(words, encoding="utf-8")
    with pytest.raises(LinkError, match=r"^README\.md links to notebooks/none\.ipynb, and there"):
        source.landing(course, lessons(course / "notebooks"), "")


def test_a_first_lesson_without_a_figure_is_named(course):
    with pytest.raises(ChapterError, match="the first lesson has no figure for the landing page"):
        source.first_figure(lessons(course / "notebooks")[1:])


def test_the_room_of_a_module():
    names = (
        "scratch",
        "scratch.pca",
        "scratch.plots",
        "scratch.plots.maps",
        "scratch.teaching.book.a",
    )
    assert [reference.room_of(name) for name in names] == ["", "", "plots", "plots", "teaching"]


def test_the_pages_of_a_package(course):
    made = reference.pages(course / "scratch")
    assert made["api/index.md"].startswith(API_OF_ROOMS)
    assert re.findall(r"^## (.*)$", made["api/index.md"], re.MULTILINE) == [
        "The ground floor", *(f"`scratch.{room}`" for room in ROOMS),
    ]  # fmt: skip
    assert made["api/scratch.plots.md"] == API_OF_PLOTS
    assert made["api/scratch.pca.md"] == (
        "# scratch.pca\n\n```{eval-rst}\n.. automodule:: scratch.pca\n\n```\n"
    )
    assert "api/scratch.__main__.md" not in made and "api/scratch.course.conf.md" not in made
    assert reference.homes(course / "scratch") == {
        "scratch.datasets.c": "scratch.datasets.own.c",
        "scratch.plots.a": "scratch.plots.maps.a", "scratch.plots.b": "scratch.plots.maps.b",
    }  # fmt: skip
