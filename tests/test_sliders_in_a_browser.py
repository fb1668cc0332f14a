"""The sliders of notebook 14 in a real JupyterLab and a real browser: move, look, come back."""

import os
import sys
import time

import browsers
import nbformat
import pytest
from run_lab import ROOT, Lab
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from scratch.course import environment
from scratch.datasets import load_movielens_100k
from scratch.datasets.own import load_own_ratings

PATIENCE = 180  # seconds for a kernel to start and the models to learn
HANDLE = ".widget-slider .noUi-handle"
LISTS = ".widget-html-content table"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not browsers.IS_THERE, reason=browsers.MISSING),
    pytest.mark.skipif(not environment.is_complete(), reason="not the packages of the lock file"),
    pytest.mark.skipif(os.name == "nt", reason="JupyterLab is ended by a signal"),
]


@pytest.fixture
def browser():
    with browsers.a_browser() as driver:
        yield driver


@pytest.fixture
def notebook(tmp_path):
    """Notebook 14 up to its sliders, with a file of its own for the stars."""
    book = nbformat.read(ROOT / "notebooks" / "14_your_own_movies.ipynb", as_version=4)
    shows = next(i for i, cell in enumerate(book.cells) if cell.source.endswith("panel.widget"))
    book.cells = [cell for cell in book.cells[: shows + 1] if cell.cell_type == "code"]
    stars = tmp_path / "my_ratings.csv"
    book.cells[-1].source = book.cells[-1].source.replace("../datasets/my_ratings.csv", str(stars))
    assert str(stars) in book.cells[-1].source
    path = ROOT / "datasets" / f"sliders_of_a_test_{os.getpid()}.ipynb"  # which git ignores
    nbformat.write(book, path)
    yield path, stars
    path.unlink()


@pytest.fixture
def jupyter():
    flags = "--port=0", "--expose-app-in-browser"
    running = Lab(sys.executable, "-m", "scratch.course", "lab", *flags)
    yield running
    running.stop()


def run_all_cells(browser, jupyter, path):
    """Open the notebook and run it; returns when the sliders and the lists are there."""
    browser.get(f"{jupyter.base}/lab/tree/datasets/{path.name}?token={jupyter.token}&reset")
    ready = f"""
        const shown = window.jupyterapp?.shell.currentWidget;
        return shown?.context?.path.endsWith("{path.name}") && shown.context.isReady
            && shown.sessionContext.session?.kernel?.status == "idle"
    """
    wait = WebDriverWait(browser, PATIENCE, ignored_exceptions=[WebDriverException])
    wait.until(lambda page: page.execute_script(ready))
    browser.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, LISTS))
    wait.until(lambda page: len(page.find_elements(By.CSS_SELECTOR, HANDLE)) == 20)


def move(browser, number, steps, reason):
    """Move a slider by the keyboard, and return when the lists give this reason and rest."""
    handle = browser.find_elements(By.CSS_SELECTOR, HANDLE)[number]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", handle)
    for _ in range(steps):
        handle.send_keys(Keys.ARROW_RIGHT)
    # Every step sends its stars, and on a busy machine the lists of the last come late.
    WebDriverWait(browser, 60).until(lambda page: reason in lists(page))
    before, since = lists(browser), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.2)
        if (now := lists(browser)) != before:
            before, since = now, time.monotonic()


# Both are read in one step inside the page: between finding an element and asking for its
# text the panel may put a new one in its place.
def lists(browser):
    return browser.execute_script(
        "return document.querySelector(arguments[0])?.innerText ?? ''", LISTS
    )


def stars_shown(browser):
    values = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(h => h.ariaValueNow)", HANDLE
    )
    return [round(float(value)) for value in values]


def test_sliders_change_the_lists_and_are_found_again(browser, jupyter, notebook):
    path, stars = notebook
    movies = load_movielens_100k().movies
    run_all_cells(browser, jupyter, path)
    assert stars_shown(browser) == [0] * 20
    assert "nothing to go by yet" in lists(browser) and not stars.exists()

    move(browser, 0, 5, "because of Star Wars")
    assert stars_shown(browser) == [5] + [0] * 19
    assert "nothing to go by yet" not in lists(browser)

    of_star_wars = lists(browser)
    move(browser, 17, 4, "because of Casablanca")
    assert lists(browser) != of_star_wars

    give_up = time.monotonic() + 30
    while len(kept := load_own_ratings(stars, movies)) < 2 and time.monotonic() < give_up:
        time.sleep(0.1)
    titles = dict(zip(movies["movie_id"], movies["title"], strict=True))
    assert {titles[movie]: given for movie, given in kept.items()} == {
        "Star Wars (1977)": 5.0, "Casablanca (1942)": 4.0,
    }  # fmt: skip

    found = lists(browser)
    run_all_cells(browser, jupyter, path)  # the page is loaded anew
    assert stars_shown(browser) == [5] + [0] * 16 + [4, 0, 0]
    assert lists(browser) == found
