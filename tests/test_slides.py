"""The decks of slides: made of the tagged cells, fit for a projector, nothing from elsewhere."""

from pathlib import Path

import browsers
import nbformat
import pytest

from scratch.course import extras, kit
from scratch.course.install import SetupError
from scratch.teaching import slides

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FEWEST_PAGES = 20
LONG = " ".join(["word"] * (slides.SHOWN_WORDS + 1))


def text(source, *tags):
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def code(source, output="", image=False, tags=("subslide",)):
    outputs = [nbformat.v4.new_output("stream", text=output)] if output else []
    if image:
        data = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
        outputs.append(nbformat.v4.new_output("display_data", data))
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata={"tags": list(tags)})


def deck_of(*cells):
    made = slides.deck(nbformat.v4.new_notebook(cells=list(cells))).cells
    return [(cell.metadata["slideshow"]["slide_type"], cell.source) for cell in made]


def test_a_slide_shows_what_is_short_and_the_speaker_says_the_rest():
    shown = f"## Stars\n\nA sentence.\n\n{LONG}\n\n$$x^2$$\n\n- one\n- two"
    assert deck_of(text("# T", "slide"), text(shown, "slide")) == [
        ("slide", "# T"),
        ("slide", "## Stars\n\nA sentence.\n\n$$x^2$$\n\n- one\n- two"),
        ("notes", LONG),
    ]


def test_where_a_section_has_long_text_alone_its_first_sentence_is_shown():
    long = f"Look here. {LONG}"
    assert deck_of(text("# T", "slide"), text(f"## A puzzle\n\n{long}", "slide"))[1:] == [
        ("slide", "## A puzzle\n\nLook here."), ("notes", long),
    ]  # fmt: skip


def test_a_first_sentence_that_is_cut_out_of_emphasis_closes_it():
    shown, _ = slides.parted("## Time" + "\n\n" + "*Short? Long?* " + "More words follow. " * 20)
    assert shown == "## Time\n\n*Short?*"


def test_cells_without_a_tag_are_left_out_and_notes_are_said():
    cells = text("# T", "slide"), text("left out"), text("said", "notes"), code("x = 1", tags=())
    assert deck_of(*cells) == [("slide", "# T"), ("notes", "said")]


def test_what_stands_above_a_heading_belongs_to_the_slide_before():
    assert deck_of(text("# T", "slide"), text("The end.\n\n## Next\n\nGo on.", "slide")) == [
        ("slide", "# T"), ("notes", "The end."), ("slide", "## Next\n\nGo on."),
    ]  # fmt: skip


def test_the_first_slide_has_the_title_and_the_question():
    opening = f"# Recommend\n\n[Next](x.ipynb)\n\n*Why?*\n\n{LONG}\n\n**You need** a pencil."
    assert deck_of(text(opening, "slide")) == [("slide", "# Recommend\n\n*Why?*"), ("notes", LONG)]


def test_a_figure_is_shown_without_its_code_and_its_caption_is_said():
    made = deck_of(
        text("# T", "slide"), code("plot()", "text", image=True),
        text("**Figure:** a line.", "subslide"),
    )  # fmt: skip
    assert made[1:] == [("subslide", ""), ("notes", "**Figure:** a line.")]


@pytest.mark.parametrize(
    ("source", "output", "size"),
    [("x = 1", "1\n", 30), ("y" * 99, "", 20), ("x = 1", "1\n" * 27, 16), ("z" * 300, "", 12)],
)
def test_letters_of_code_are_as_large_as_a_slide_can_hold(source, output, size):
    assert slides.size_of_letters(code(source, output)) == size


def test_hints_are_not_on_slides():
    assert (
        "Hint"
        not in slides.parted("Compute.\n\n<details><summary>Hint</summary>\n\nx</details>")[0]
    )


@pytest.mark.parametrize(
    "fetching",
    [
        '<script src="https://example.org/a.js"></script>', "<link href='//example.org/a.css'>",
        "<script>import mermaid from 'https://example.org/m.mjs';</script>",
        "<style>@font-face {src: url(https://example.org/f.woff)}</style>",
    ],
)  # fmt: skip
def test_what_would_be_fetched_is_found(fetching):
    assert len(slides.problems(f"<p>{fetching}</p>")) == 1


def test_a_link_that_a_reader_may_follow_fetches_nothing():
    assert slides.problems('<a href="https://example.org">paper</a><img src="data:,x">') == []


def test_a_notebook_without_tags_makes_no_deck(tmp_path):
    path = tmp_path / "01_x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[text("# T")]), path)
    with pytest.raises(ValueError, match="no cell is tagged"):
        slides.build(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def decks(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("slides")
    for path in NOTEBOOKS:
        slides.build(path, folder)
    return folder


@pytest.mark.slow
def test_every_deck_begins_with_its_title_and_fetches_nothing(decks):
    problems = []
    for path in NOTEBOOKS:
        made = (decks / f"{path.stem}.html").read_text(encoding="utf-8")
        problems += [f"{path.name}: its deck would fetch {p}" for p in slides.problems(made)]
        if (pages := made.count("<section")) < FEWEST_PAGES:
            problems.append(f"{path.name} has {pages} slides: tag cells for {FEWEST_PAGES}")
        title = nbformat.read(path, as_version=4).cells[0].source.split("\n")[0]
        if title.removeprefix("# ").split()[-1] not in made:
            problems.append(f"{path.name}: the title is on no slide: tag the first cell `slide`")
    assert not problems, "\n".join(problems)


# Every page as it is shown, one above the other: reveal hides all but the one that is looked at.
MEASURE = """
    const style = document.createElement("style");
    style.textContent = `.reveal .slides section { display: block !important;
        position: static !important; transform: none !important; visibility: visible !important; }
        .reveal .fragment { visibility: visible !important; opacity: 1 !important; }`;
    document.head.append(style);
    const scale = Reveal.getScale();
    return [...document.querySelectorAll(".slides section")]
        .filter(section => !section.querySelector("section"))
        .map(section => {
            const box = section.getBoundingClientRect();
            const shown = [...section.querySelectorAll("*")].filter(e => !e.closest("aside"));
            const right = Math.max(0, ...shown.map(e => e.getBoundingClientRect().right));
            return {
                height: section.scrollHeight, width: (right - box.left) / scale,
                words: [...section.innerText.trim()].slice(0, 60).join(""),
                images: section.querySelectorAll("img").length,
            };
        });
"""


@pytest.mark.slow
@pytest.mark.skipif(not browsers.IS_THERE, reason=browsers.MISSING)
def test_no_page_of_any_deck_is_larger_than_a_slide(decks):
    try:
        extras.fetch(extras.DECK)
    except SetupError as error:
        pytest.skip(f"reveal.js and MathJax are not here, and cannot be installed: {error}")
    slides.copy_parts(kit.REVEAL, kit.MATHJAX, decks)
    too_large = []
    with browsers.a_browser(slides.WIDTH, slides.HEIGHT + 140) as browser:
        for path in NOTEBOOKS:
            browser.get((decks / f"{path.stem}.html").as_uri())
            browser.set_script_timeout(60)
            # It answers when all formulas are set.
            browser.execute_async_script(
                "const answer = arguments[0]; MathJax.Hub.Queue(() => { answer(true) })"
            )
            pages = browser.execute_script(MEASURE)
            assert len(pages) >= 15
            for number, page in enumerate(pages, 1):
                if page["height"] > slides.HEIGHT or page["width"] > slides.WIDTH + 4:
                    size = f"{page['width']:.0f} × {page['height']:.0f}"
                    words = page["words"].replace("\n", " ")
                    too_large.append(
                        f"{path.name}, slide {number} is {size}, and a slide "
                        f"{slides.WIDTH} × {slides.HEIGHT}: {words}"
                    )
                assert page["words"] or page["images"], f"{path.name}, slide {number} is empty"
                assert "$$" not in page["words"], f"{path.name}, slide {number}: a formula is raw"
            fetched = "return performance.getEntriesByType('resource').map(entry => entry.name)"
            assert all(name.startswith("file:") for name in browser.execute_script(fetched))
    assert not too_large, "\n".join(too_large)
