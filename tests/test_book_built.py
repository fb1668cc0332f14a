"""The book as it is built: nothing is missing, nothing is fetched, and it can be read anywhere."""

import functools
import importlib
import inspect
import itertools
import re
import zlib
from pathlib import Path
from urllib.parse import quote_plus

import browsers
import nbformat
import pytest
from bs4 import BeautifulSoup
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from scratch.course import book, extras
from scratch.course.install import SetupError
from scratch.teaching.book import checks
from scratch.teaching.book.chapters import FIGURE, alternative
from scratch.teaching.concepts import functions_by_lesson, imports_of, lessons, public_names

ROOT = Path(__file__).parents[1]
LESSONS = lessons(ROOT / "notebooks")
PHONE, DESKTOP = 390, 1280  # pixels
WORDS = """
    const article = document.querySelector("article").cloneNode(true);
    article.querySelectorAll("pre, code").forEach(element => element.remove());
    return article.textContent;
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    try:
        extras.fetch(extras.BOOK)
    except SetupError as error:
        pytest.skip(f"Sphinx is not here, and cannot be installed: {error}")
    folder = tmp_path_factory.mktemp("book")
    assert book.build(ROOT, folder, "", []) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site):
    return checks.read(site)


@functools.cache  # a second or two for the larger ones, and nobody changes them
def soup_of(site, name):
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def test_no_link_leads_nowhere_and_no_page_loads_anything_from_elsewhere(pages):
    assert len(pages) > 150
    assert checks.broken(pages) == []
    assert checks.loaded_from_elsewhere(pages) == []


def test_every_figure_says_in_words_what_it_shows(site):
    for lesson in LESSONS:
        cells = nbformat.read(lesson.path, as_version=4).cells
        readings = [alternative(cell.source) for cell in cells if cell.source.startswith(FIGURE)]
        article = soup_of(site, f"notebooks/{lesson.path.stem}.html").find("article")
        shown = [" ".join(image["alt"].split()) for image in article.find_all("img")]
        assert shown == [" ".join(text.split()) for text in readings], lesson.path.name
        assert shown


def test_what_cells_printed_stands_there_to_the_letter_and_makes_no_html(site):
    letters = ""
    for lesson in LESSONS:
        cells = nbformat.read(lesson.path, as_version=4).cells
        cells = [
            c for c in cells if "check(" not in c.source and "%env" not in c.source
        ]  # left out
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        printed = [output.text.strip("\n") for output in outputs if "text" in output]
        article = soup_of(site, f"notebooks/{lesson.path.stem}.html").find("article")
        blocks = [block.get_text().strip("\n") for block in article.select(".cell_output pre")]
        assert [text for text in printed if text and text not in blocks] == [], lesson.path.name
        letters += "".join(printed)
    assert "Batman & Robin" in letters and "<token>" in letters  # there is something to escape


def test_every_public_name_is_described_with_its_source(site):
    inventory = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    described = {line.split(" ")[0] for line in zlib.decompress(inventory).decode().split("\n")}
    missing = []
    for path in (ROOT / "scratch").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if path.stem == "__main__":
            continue
        for name in public_names(path):
            thing = getattr(importlib.import_module(module), name)
            if inspect.getdoc(thing) and f"{module}.{name}" not in described:
                missing.append(f"{module}.{name}")
        sources = site / "_modules" / path.relative_to(ROOT).with_suffix(".html")
        assert not public_names(path) or sources.is_file() or path.stem == "__init__", sources
    assert missing == []


def test_names_in_code_lead_to_the_reference_and_back(site):
    """Whatever a lesson is the first to take from the package: there, and back, by links."""
    lost, count = [], 0
    for number, names in functions_by_lesson(LESSONS, ROOT / "scratch").items():
        lesson = next(lesson for lesson in LESSONS if lesson.number == number)
        chapter = soup_of(site, f"notebooks/{lesson.path.stem}.html")
        targets = {link["href"] for link in chapter.select("a.sphinx-codeautolink-a")}
        taken = imports_of(lesson.path)
        for name, file in names:
            module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if not {(name, module), (name, module.rpartition(".")[0])} & taken:
                continue  # the lesson itself defines it
            count += 1
            if f"../api/{module}.html#{module}.{name}" not in targets:
                lost.append(f"{lesson.path.name}: {name} of {file} is no link")
                continue
            users = soup_of(site, f"api/{module}.html").find(id=f"{module}.{name}").parent
            links = [link.get("href", "") for link in users.select("details a")]
            if not any(link.startswith(f"../notebooks/{lesson.path.stem}.html#") for link in links):
                lost.append(f"{module}: {name} does not lead back to {lesson.path.name}")
    assert lost == [] and count > 100


def test_each_lesson_leads_to_the_one_before_and_the_one_after(site):
    for before, after in itertools.pairwise(LESSONS):
        ahead = soup_of(site, f"notebooks/{before.path.stem}.html").find("a", class_="right-next")
        back = soup_of(site, f"notebooks/{after.path.stem}.html").find("a", class_="left-prev")
        assert ahead["href"] == f"{after.path.stem}.html", before.path.name
        assert back["href"] == f"{before.path.stem}.html", after.path.name


def test_solutions_are_there_and_folded(site):
    for lesson in LESSONS:
        chapter = soup_of(site, f"notebooks/{lesson.path.stem}.html")
        solutions = [
            fold for fold in chapter.select("div.exercise details")
            if fold.summary.get_text(strip=True).startswith("Solution")
        ]  # fmt: skip
        assert len(solutions) >= 5 and not any(fold.has_attr("open") for fold in solutions)


@pytest.fixture(scope="module")
def browser():
    if not browsers.IS_THERE:
        pytest.skip(browsers.MISSING)
    with browsers.a_browser() as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0,
        })  # fmt: skip
        yield driver


def opened(browser, path):
    browser.get(path.as_uri())
    browser.set_script_timeout(60)
    browser.execute_async_script(
        "const answer = arguments[0];"
        "if (window.MathJax && MathJax.startup)"
        "  MathJax.startup.promise.then(() => { answer(true) });"
        "else answer(true);"
    )
    return browser


def test_pages_are_whole_without_a_network_and_fit_a_phone(site, browser):
    names = ["index", "docs/glossary", "docs/map", "README", "benchmarks/peers", "api/index",
             "api/scratch.recommenders.weighted"]  # fmt: skip
    names += [f"notebooks/{lesson.path.stem}" for lesson in LESSONS]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": PHONE, "height": 844, "deviceScaleFactor": 1, "mobile": True,
    })  # fmt: skip
    wrong = []
    for name in names:
        opened(browser, site / f"{name}.html")
        entries = "return performance.getEntriesByType('resource').map(entry => entry.name)"
        wrong += [f"{name} loads {e}" for e in browser.execute_script(entries) if e[:5] != "file:"]
        wrong += [
            f"{name}: {entry['message']}"
            for entry in browser.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]
        width = browser.execute_script("return document.documentElement.scrollWidth")
        wrong += [f"{name} is {width} pixels wide"] if width > PHONE else []
        text = browser.execute_script(WORDS)
        wrong += [f"{name}: a formula is not set"] if re.search(r"\\\(|\\\[|\$\$", text) else []
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wrong == []


def test_formulas_are_set_in_letters_that_lie_beside_the_page(site, browser):
    opened(browser, site / "notebooks" / "02_user_based.html")
    loaded = "return [...document.fonts].filter(f => f.status == 'loaded').map(f => f.family)"
    assert browser.find_elements(By.CSS_SELECTOR, "article mjx-container")
    WebDriverWait(browser, 10).until(
        lambda b: any("MJX" in family for family in b.execute_script(loaded))
    )


def test_the_meaning_of_a_word_appears_where_one_points_at_it(site, browser):
    opened(browser, site / "notebooks" / "02_user_based.html")
    word = browser.find_element(By.CSS_SELECTOR, "article a.term")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", word)
    ActionChains(browser).move_to_element(word).perform()
    shown = WebDriverWait(browser, 10).until(
        lambda b: b.find_element(By.CSS_SELECTOR, ".tooltip-inner").text
    )
    assert shown == word.get_attribute("data-bs-original-title") or shown == word.get_attribute(
        "data-bs-title"
    )
    assert len(shown) > 20


def results(browser, site, words):
    """The addresses that a search finds, best first."""
    browser.get((site / "search.html").as_uri() + f"?q={quote_plus(words)}")
    WebDriverWait(browser, 20).until(
        lambda b: b.find_elements(By.CSS_SELECTOR, "#search-results li a")
    )
    links = browser.find_elements(By.CSS_SELECTOR, "#search-results li > a")
    return [link.get_attribute("href") for link in links]


def test_a_tap_shows_the_meaning_of_a_word_and_only_the_next_one_leaves_the_page(site, browser):
    opened(browser, site / "notebooks" / "02_user_based.html")
    word = browser.find_element(By.CSS_SELECTOR, "article a.term")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", word)
    page = browser.current_url

    def tap():
        finger = ActionBuilder(browser, mouse=PointerInput(POINTER_TOUCH, "finger"))
        finger.pointer_action.move_to(word).pointer_down().pointer_up()
        finger.perform()

    tap()
    WebDriverWait(browser, 10).until(lambda b: b.find_elements(By.CSS_SELECTOR, ".tooltip-inner"))
    assert browser.current_url == page
    tap()
    WebDriverWait(browser, 10).until(lambda b: "docs/glossary.html#term-" in b.current_url)


def test_code_fits_a_desktop(site, browser):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": DESKTOP, "height": 900, "deviceScaleFactor": 1, "mobile": False,
    })  # fmt: skip
    wide = count = 0
    for lesson in LESSONS[5], LESSONS[12]:
        opened(browser, site / "notebooks" / f"{lesson.path.stem}.html")
        blocks, too_wide = browser.execute_script(
            "const all = [...document.querySelectorAll('article pre')];"
            "return [all.length, all.filter(e => e.scrollWidth > e.clientWidth + 1).length];"
        )
        wide, count = wide + too_wide, count + blocks
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert count > 200 and wide / count < 0.02


@pytest.mark.parametrize(
    ("words", "first"),
    [("cosine", "00_start_here"), ("cold start", "14_your_own"), ("overfitting", "04_matrix")],
)
def test_a_search_begins_with_the_section_that_introduces_the_word(site, browser, words, first):
    found = results(browser, site, words)
    assert f"notebooks/{first}" in found[0] and "#index-" in found[0]


def test_a_search_finds_pages_without_a_network(site, browser):
    assert any("02_user_based.html" in link for link in results(browser, site, "GroupLens"))


def test_it_can_be_read_in_the_dark(site, browser):
    opened(browser, site / "notebooks" / "02_user_based.html")
    colours = (
        "const shade = e => getComputedStyle(e)[arguments[0]].match(/[\\d.]+/g).slice(0, 3)"
        ".reduce((sum, n) => sum + Number(n), 0) / 765;"
        "return shade(document.querySelector(arguments[1]))"
    )

    def shade(what, of):
        return browser.execute_script(colours, what, of)

    for theme, is_dark in (("light", False), ("dark", True)):
        browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        assert (shade("backgroundColor", "body") < 0.5) == is_dark
        assert (shade("color", "article p") > 0.5) == is_dark
