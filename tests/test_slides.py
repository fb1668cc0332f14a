"""The decks of slides: made of the tagged cells, fit for a projector, nothing from elsewhere."""

from pathlib import Path
from unittest.mock import ANY

import browsers
import nbformat
import pytest

from scratch.course import extras, kit
from scratch.course.install import SetupError
from scratch.teaching import slides

pytestmark = pytest.mark.usefixtures("ascii_by_default")

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FEWEST_PAGES = 20
LONG = " ".join(["word"] * 46)


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


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (LONG.removesuffix(" word"), True), (LONG, False),
        *((f"{begin}{LONG}", True) for begin in ("# ", "$$", "| ", "- ", "1. ", "```\n")),
        (f"*Why,\n{LONG}?*", True), (f"**Why** {LONG} *so*", False), (f"*So* {LONG}", False),
        ("**Figure:** a line.", False), ("**Bold** is short.", True), (f"{LONG} #", False),
    ],
)  # fmt: skip
def test_what_a_slide_shows_of_a_text_and_what_is_said(written, shown):
    assert slides.parted(f"Short.\n\n\n{written}") == (
        (f"Short.\n\n{written}", "") if shown else ("Short.", written)
    )


@pytest.mark.parametrize(
    ("begin", "shown"),
    [
        ("One\nline. Two.", "One\nline."), ("One? No.", "One?"), ("One.", "One."), ("1.5 is", ""),
        ("**One.** Two.", ""), ("*One. Two.*", "*One.*"), ("*One* two. Three.", "*One* two."),
        ("*One* *two. Three.*", "*One* *two.*"), ("word " * 34 + "end. So.", "word " * 34 + "end."),
        ("word " * 35 + "end. So.", ""),
    ],
)  # fmt: skip
def test_the_first_sentence_that_a_section_shows(begin, shown):
    spoken = f"{begin} {LONG}\n\nAnother. {LONG}"
    assert slides.parted(f"## A\n\n{spoken}") == (
        f"## A\n\n{shown}" if shown else "## A", spoken,
    )  # fmt: skip
    assert slides.parted(f"## A\n\nB.\n\n{spoken}") == ("## A\n\nB.", spoken)


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


def test_only_the_first_heading_of_a_cell_ends_the_slide_before():
    assert deck_of(text("# T", "slide"), text("Aa.\n\n### B\n\nC.\n\n## D\n\nE.", "fragment")) == [
        ("slide", "# T"), ("notes", "Aa."), ("fragment", "### B\n\nC.\n\n## D\n\nE."),
    ]  # fmt: skip
    cells = text(LONG, "slide"), text("[all](a.md)", "subslide"), text("#### E", "slide")
    assert deck_of(*cells) == [
        ("notes", LONG), ("subslide", "all"), ("slide", "#### E"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "size"), [(95, None), (96, 26), (130, 26), (131, 22), (10_001, 22)]
)
def test_long_text_is_set_in_smaller_letters_and_notes_are_not(words, size):
    many = " ".join(["word"] * words)
    for kind in ("slide", "subslide"):
        cell = slides.text_cell(many, kind)
        assert cell.metadata == {"slideshow": {"slide_type": kind}}
        assert cell.source == (f'<div class="text-{size}">\n\n{many}\n\n</div>' if size else many)
    assert slides.text_cell(many, "notes").source == many


def test_the_first_slide_has_the_title_and_the_question():
    opening = f"# Recommend\n\n[Next](x.ipynb)\n\n*Why?*\n\n{LONG}\n\n**You need** a pencil."
    assert deck_of(text(opening, "slide")) == [("slide", "# Recommend\n\n*Why?*"), ("notes", LONG)]


def test_a_figure_is_shown_without_its_code_and_its_caption_is_said():
    made = deck_of(
        text("# T", "slide"), code("plot()", "text", image=True),
        text("**Figure:** a line.", "subslide"),
    )  # fmt: skip
    assert made[1:] == [("subslide", ""), ("notes", "**Figure:** a line.")]


def test_a_cell_of_code_has_what_it_printed_and_a_figure_is_alone():
    printed = code("x = 1", "1\n")
    assert slides.code_on_slide(printed, "fragment") == {
        "cell_type": "code", "execution_count": None, "id": ANY, "outputs": printed.outputs,
        "metadata": {"slideshow": {"slide_type": "fragment"}, "tags": ["size-30"]},
        "source": "x = 1",
    }  # fmt: skip
    drawn = code("plot()", "printed", image=True)
    made = slides.code_on_slide(drawn, "slide")
    assert (made.source, made.outputs) == ("", drawn.outputs[1:])
    assert made.metadata == {"slideshow": {"slide_type": "slide"}, "tags": ["figure-alone"]}


@pytest.mark.parametrize(
    ("outputs", "size"),
    [
        ([], 30), ([("stream", {"text": "X" * 99})], 20), ([("error", {})], 30),
        ([("execute_result", {"data": {"text/plain": "X" * 99}})], 20),
        ([("display_data", {"data": {"text/html": "X" * 99}})], 30),
        ([("stream", {"text": "1\n"}), ("execute_result", {"data": {"text/plain": "2"}})], 26),
    ],
)  # fmt: skip
def test_what_a_cell_printed_counts_for_the_size_of_its_letters(outputs, size):
    made = [nbformat.v4.new_output(kind, **values) for kind, values in outputs]
    cell = nbformat.v4.new_code_cell("\n".join("abcdefghijklmnop"), outputs=made)
    assert slides.size_of_letters(cell) == size


@pytest.mark.parametrize(
    ("source", "output", "size"),
    [
        ("x = 1", "1\n", 30), ("Y" * 99, "", 20), ("x = 1", "1\n" * 27, 16), ("z" * 300, "", 12),
        ("", "", 30), ("", "\n", 30), ("x", "", 30),
        # 2000 letters in a line of size 1, and 500 lines.
        ("y" * 66, "", 30), ("y" * 67, "", 28), ("y" * 100, "", 20), ("y" * 101, "", 18),
        ("y" * 142, "", 14), ("y" * 143, "", 12), ("y\n" * 16, "", 30), ("y\n" * 17, "", 28),
        ("y\n" * 25, "", 20), ("y\n" * 26, "", 18), ("y\n" * 35, "", 14), ("y\n" * 36, "", 12),
        ("y\n" * 19 + "y" * 90, "", 22), ("y" * 80, "1\n" * 19, 24),
    ],
)  # fmt: skip
def test_letters_of_code_are_as_large_as_a_slide_can_hold(source, output, size):
    assert slides.size_of_letters(code(source, output)) == size


def test_hints_are_not_on_slides():
    folded = "<details><summary>Hint</summary>\n\nx\n\n</details>"
    assert slides.parted(f"Compute.\n\n{folded}") == ("Compute.", "")
    assert slides.parted(f"{folded}\n\nOne.\n\n{folded}\n\nTwo.") == ("One.\n\nTwo.", "")


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


def test_all_that_would_be_fetched_is_listed():
    tag, code, url = (
        "<img src='//a.org/a.png'>", "import a from 'https://a.org/a.js'", "url(//a.org/a.woff)",
    )  # fmt: skip
    assert slides.problems(f"{url} {code}; {tag} <img src='a.png'>") == [tag, code, url]


def test_a_deck_as_it_is_written(tmp_path):
    path, folder = tmp_path / "01_sums.ipynb", tmp_path / "not" / "there"
    cells = [
        text("# Café\n\n[on](a.ipynb)", "slide"), nbformat.v4.new_code_cell("untagged()"),
        code("plot()", "printed", image=True), code("y" * 99),
        text(" ".join(["word"] * 46), "notes"),
    ]  # fmt: skip
    kernel = {"language_info": {"name": "python", "file_extension": ".of_python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    assert slides.deck(nbformat.read(path, as_version=4)).metadata == kernel
    for _ in range(2):  # over the one of before
        made = slides.build(path, folder)
    assert made == folder / "01_sums.html"
    page = made.read_text(encoding="utf-8")
    assert "<title>01_sums slides</title>" in page and "<h1>Café</h1>" in page
    assert "¶" not in page and "untagged" not in page and "plot()" not in page
    assert 'src="mathjax/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full"' in page
    assert 'src="reveal/dist/reveal.js"' in page and 'href="reveal/dist/theme/simple.css"' in page
    assert "width: 1280,\n  height: 720,\n" in page and slides.problems(page) == []
    figure, _, rest = page.partition("celltag_figure-alone")[2].partition("celltag_size-20")
    assert "jp-InputArea" not in figure and "image/png;base64" in figure and "jp-InputArea" in rest
    css = (slides.TEMPLATE / "deck.css").read_text(encoding="utf-8")
    of_code = "".join(
        f".reveal .celltag_size-{n} .highlight, .reveal .celltag_size-{n} pre "
        f"{{ font-size: {n}px; line-height: 1.28; }}\n"
        for n in (12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
    )
    of_text = "".join(
        f".reveal .jp-RenderedHTMLCommon .text-{n} {{ font-size: {n}px; }}\n" for n in (30, 26, 22)
    )
    assert f"<style>\n{css}{of_code}{of_text}" in page


def test_reveal_and_mathjax_are_put_beside_the_decks(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.js").write_text(name, encoding="utf-8")
    for _ in range(2):  # over those of before
        slides.copy_parts(tmp_path / "a", tmp_path / "b", tmp_path / "decks")
    found = (tmp_path / "decks").rglob("*.js")
    names = sorted(path.relative_to(tmp_path / "decks").as_posix() for path in found)
    assert names == ["mathjax/b.js", "reveal/a.js"]


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
