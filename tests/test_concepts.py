"""The map of the course: needs as the notebooks say them, words and functions where they come."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from PIL import Image

from scratch.plots.concepts import concept_map
from scratch.teaching import concepts, pages

pytestmark = pytest.mark.usefixtures("ascii_by_default")

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


def test_words_and_symbols_are_read_as_they_stand(tmp_path):
    path = tmp_path / "terms.tsv"
    lines = "café\tOf `U`.\t03.14", "`U`\tUsers.\t04.5", "`U`\tUnits.\t05.0", "tea\tIt.\t04.5"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert concepts.read_terms(path) == [
        concepts.Term("café", "Of `U`.", 3, 14), concepts.Term("`U`", "Users.", 4, 5),
        concepts.Term("`U`", "Units.", 5, 0), concepts.Term("tea", "It.", 4, 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cosine\tA number.\n", "line 1: not a name, a meaning and a place$"),
        ("a\tOne.\t03.1\nb\tTwo.\tthree\n", "line 2: not a name"),
        ("a\tOne.\t03.1\na\tTwo.\t04.1\n", "line 2: a is there twice$"),
        ("a\tOf `U`.\t03.1\na\tOf `U`.\t04.1\n", "line 2: a is there twice$"),
        ("`U`\tOne.\t03.1\n`U`\tTwo.\t03.4\n", "line 2: `U` is there twice$"),
    ],
)
def test_a_line_of_another_form_is_named(tmp_path, text, message):
    path = tmp_path / "terms.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"^terms.tsv, {message}"):
        concepts.read_terms(path)


def test_what_code_takes_out_of_the_package():
    first = (
        "from scratch.ratings import mean, spread as s\nfrom scratch import pca as p, tensors\n"
        "from numpy import sort\nfrom . import near\nfrom os.scratch import file\nimport scratch"
    )
    second = (
        "class Model:\n    def fit(self): ...\np.center(s)\ntensors.cp(p.a.b).c\n"
        "mean().far\nsort.out\nasync def soon(): ..."
    )
    here = concepts.HERE
    assert concepts.taken_by([first, second]) == {
        ("mean", "scratch.ratings"), ("spread", "scratch.ratings"), ("pca", "scratch"),
        ("tensors", "scratch"), ("Model", here), ("fit", here), ("center", "scratch.pca"),
        ("cp", "scratch.tensors"), ("a", "scratch.pca"),
    }  # fmt: skip


def test_a_name_is_imported_from_its_module_from_its_room_or_defined_in_a_cell():
    key = ("ItemBased", "scratch.recommenders.neighbors")
    for module in ("scratch.recommenders.neighbors", "scratch.recommenders", concepts.HERE):
        assert concepts.is_imported(key, {("ItemBased", module)}) is True
    for other in (("ItemBased", "scratch"), ("UserBased", key[1]), ("ItemBased", "neighbors")):
        assert concepts.is_imported(key, {other}) is False
    assert concepts.is_imported(key, {("ItemBased", ""), ("ItemBased", ".")}) is False


def test_public_names_are_functions_and_classes_alone(tmp_path):
    path = tmp_path / "it.py"
    code = "é = 1\ndef a(): ...\ndef b_(): ...\nclass C: ...\nclass _D: ...\ndef _e(): ...\n"
    path.write_text(code, encoding="utf-8")
    assert concepts.public_names(path) == ["a", "b_", "C"]


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


ON_THE_MAP = """
                     07
00 01 02 03 04 05 06 08 12 13 14 17
                     09 10
                  15    11 16
"""


def test_the_boxes_stand_where_the_text_of_the_map_says():
    columns, rows = range(12), (1, 0, -1, -2)
    places = {(int(x), round(y / 1.2)): n for n, (x, y) in pages.PLACES.items()}
    lines = [
        " ".join(f"{places[x, y]:02}" if (x, y) in places else "  " for x in columns) for y in rows
    ]
    assert [line.rstrip() for line in lines] == ON_THE_MAP.strip("\n").split("\n")
    assert len(places) == len(LESSONS)


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course of two notebooks, both on the map."""
    for folder in ("notebooks", "docs", "scratch"):
        (tmp_path / folder).mkdir()
    for number, needs in enumerate(("nothing", "notebook 00")):
        title = f"# Lesson {number}: the {number + 1}st"
        cells = [
            nbformat.v4.new_markdown_cell(f"{title}\n\nText.\n\n**You need** {needs}."),
            nbformat.v4.new_code_cell(f"%time\nfrom scratch.b import second{number}"),
            nbformat.v4.new_markdown_cell("From a, `one` and `two`: import them."),
        ]
        path = tmp_path / "notebooks" / f"{number:02}_lesson.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    files = {
        "b.py": "def second0(): ...\ndef second1(): ...\n",
        "a.py": "def second1(): ...\ndef third(): ...\n",
    }
    files |= {
        f"{room}/c.py": "def second0(): ...\n"
        for room in ("course", "datasets", "exercises", "plots", "teaching")
    }
    for name, code in files.items():
        (tmp_path / "scratch" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "scratch" / name).write_text(code, encoding="utf-8")
    terms = "word\tA wórd.\t00.1\nZeal\tIt.\t00.0\n`U`\tA | B.\t01.2\n`run()`\tIt runs.\t01.0\n"
    terms += "`Zed`\tLast.\t00.0\n`pca`\tParts.\t00.1\n*a* word\tAnother.\t00.1\n"
    (tmp_path / "docs" / "terms.tsv").write_text(terms, encoding="utf-8")
    monkeypatch.setattr(pages, "PLACES", {0: (0.0, 0.0), 1: (1.0, 0.0)})
    monkeypatch.setattr(pages, "PARTS", {"Beginning": (0,), "End": (1,)})
    return tmp_path


def test_the_openings_of_all_notebooks_are_read(course):
    for name in ("notes.md", "Untitled.ipynb"):  # as JupyterLab calls a new one
        (course / "notebooks" / name).write_text("no lesson", encoding="utf-8")
    first, second = (course / "notebooks" / f"{name}_lesson.ipynb" for name in ("00", "01"))
    assert concepts.lessons(course / "notebooks") == [
        concepts.Lesson(first, 0, "Lesson 0: the 1st", []),
        concepts.Lesson(second, 1, "Lesson 1: the 2st", [0]),
    ]


def test_functions_are_sorted_by_their_file_and_rooms_beside_the_course_are_left_out(course):
    code = "from scratch.b import second1\nfrom scratch.a import third, second1"
    cells = [
        nbformat.v4.new_markdown_cell("# T\n\n**You need** 00"),
        nbformat.v4.new_code_cell(code),
    ]
    path = course / "notebooks" / "01_lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    for room in ("course", "datasets", "exercises", "plots", "teaching"):
        code = f"from scratch.{room}.c import second0\nfrom scratch.b import second1"
        cells[1] = nbformat.v4.new_code_cell(code)
        path = course / "notebooks" / f"02_{room}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        found = concepts.lessons(course / "notebooks")
        assert concepts.functions_by_lesson(found, course / "scratch") == {
            0: [("second0", "scratch/b.py")],
            1: [
                ("second1", "scratch/a.py"),
                ("third", "scratch/a.py"),
                ("second1", "scratch/b.py"),
            ],
            2: [],
        }
        path.unlink()


def test_the_pages_and_the_figure_are_written(course):
    written = pages.build(course)
    assert [path.name for path in written] == ["glossary.md", "map.md", "map.png"]
    assert all(path.parent == course / "docs" for path in written)
    glossary, page, picture = written
    head, notation, names, words = glossary.read_text(encoding="utf-8").split("\n\n## ")
    assert head == (
        "# Words and symbols\n\nWhat the course calls things, and where it says so first. Made "
        "from [terms.tsv](terms.tsv); [the map](map.md) has them by notebook."
    )
    table = "| | meaning | first in |\n|---|---|---|\n"
    zero, one = "[00](../notebooks/00_lesson.ipynb)", "[01](../notebooks/01_lesson.ipynb)"
    section = ", section\N{NO-BREAK SPACE}"
    assert notation == (
        "Notation\n\nSymbols of formulas, in the order in which they come. What comes again with "
        f"another meaning says so.\n\n{table}| `U` | A \\| B. | {one}{section}2 |"
    )
    assert names == (
        f"Names in the code\n\n{table}| `pca` | Parts. | {zero}{section}1 |\n"
        f"| `run()` | It runs. | {one} |\n| `Zed` | Last. | {zero} |"
    )
    assert words == (
        f"Glossary\n\n### A\n\n- ***a* word**: Another. ({zero}{section}1)\n\n"
        f"### W\n\n- **word**: A wórd. ({zero}{section}1)\n\n### Z\n\n- **Zeal**: It. ({zero})\n"
    )
    head, *about = page.read_text(encoding="utf-8").split("\n\n## ")
    assert head.startswith(
        "# The map of the course\n\n![Which notebook builds on which](map.png)\n\n**Figure:** a box"
    )
    figure, _, below = head.partition("\n\nWhat each notebook needs, which")
    assert figure.endswith("goes on from 11.") and below.endswith("the first to use.")
    assert about == [
        "[00 Lesson 0: the 1st](../notebooks/00_lesson.ipynb)\n\n- **needs** nothing\n"
        "- **words** word, Zeal, `Zed`, `pca`, *a* word\n"
        "- **functions** [`second0`](../scratch/b.py)",
        "[01 Lesson 1: the 2st](../notebooks/01_lesson.ipynb)\n\n- **needs** 00\n"
        "- **words** `U`, `run()`\n- **functions** [`second1`](../scratch/b.py)\n",
    ]
    with Image.open(picture) as image:
        assert [round(dots) for dots in image.info["dpi"]] == [110, 110]
        assert "Software" not in image.info


def test_a_lesson_that_brings_no_word_and_no_function_says_nothing_of_them(course):
    (course / "docs" / "terms.tsv").write_text("word\tA word.\t00.1\n", encoding="utf-8")
    (course / "scratch" / "b.py").unlink()
    page = pages.texts(course)["map.md"]
    assert page.endswith("](../notebooks/01_lesson.ipynb)\n\n- **needs** 00\n")


def test_the_map_is_drawn_with_short_titles_and_only_the_arrows_that_it_needs(
    tmp_path, monkeypatch
):
    asked = []

    def concept_map(*words):
        asked.append(words)
        return plt.subplots()

    monkeypatch.setattr("scratch.plots.concepts.concept_map", concept_map)
    titles = ("One: more", "Two", "Three")
    found = [concepts.Lesson(Path(), n, titles[n], [*range(n)]) for n in range(3)]
    pages.draw(found, tmp_path / "map.png")
    needs = {0: [], 1: [0], 2: [1]}
    short = {0: "One", 1: "Two", 2: "Three"}
    assert asked == [(short, needs, pages.PLACES, pages.PARTS)]
    assert not plt.get_fignums()


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


def test_a_notebook_without_a_cell_does_not_say_it_either(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "16_two_tastes.ipynb")
    with pytest.raises(ValueError, match=r"16_two_tastes\.ipynb: no line .* \*\*You need"):
        concepts.lessons(tmp_path)


def test_a_notebook_that_does_not_say_what_it_needs_is_named(tmp_path):
    opening = nbformat.v4.new_markdown_cell("# A title\n\nNo word of that.")
    nbformat.write(nbformat.v4.new_notebook(cells=[opening]), tmp_path / "16_two_tastes.ipynb")
    with pytest.raises(ValueError, match=r"16_two_tastes\.ipynb: no line .* \*\*You need"):
        concepts.lessons(tmp_path)
