"""How notebooks are tested: each cell twice, outputs compared on the real data, only run without.

A cell that takes long is run once, if it has changed nothing of what it uses.

What a notebook needs is what it loads: the stored outputs come from the real data of those sets.
"""

import ast
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from hypothesis import settings

from scratch.course.spelling import command
from scratch.datasets.errors import DatasetError
from scratch.datasets.locate import find_real, search_folders
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL, NETFLIX, DataSet

LOADERS = {
    "load_movielens_100k": ML_100K,
    "load_movielens_small": ML_LATEST_SMALL,
    "load_netflix": NETFLIX,
}
LONG_SECONDS = 1  # a cell that takes longer need not be run twice, if it leaves all as it was
ANSWER_SECONDS = 60
BROWSER = "test_sliders_in_a_browser.py"
matplotlib.use("Agg")  # a test draws, and opens no window
# The same examples in every run, so that a test does not fail for once; others by
# HYPOTHESIS_PROFILE=default.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
MISSING = pytest.StashKey[dict[DataSet, str]]()


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Leave no figure of one test to the next."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(autouse=True)
def handlers_stay() -> Iterator[None]:
    """Leave no handler of a signal to the next test: a process of its own would inherit it."""
    before = [signal.getsignal(number) for number in sorted(signal.valid_signals())]
    yield
    after = [signal.getsignal(number) for number in sorted(signal.valid_signals())]
    assert after == before, "a test has left another handler of a signal behind"


@pytest.fixture
def ascii_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files that are opened without an encoding be ASCII, as on some machines they are."""
    monkeypatch.setattr("io.text_encoding", lambda encoding, *_: encoding or "ascii")


def pytest_configure(config: pytest.Config) -> None:
    """Under --nbval, find out which data sets are missing. What is collected is no garbage."""
    gc.disable()
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return  # nor are there such options with -p no:nbval
    try:
        config.stash[MISSING] = missing_sets(search_folders())
    except DatasetError as error:
        raise pytest.UsageError(str(error)) from None


def missing_sets(folders: list[Path]) -> dict[DataSet, str]:
    """Return the sets whose real data are not in the folders, and what there is instead of each.

    That is "stand-in" or, of Netflix files that are not known as the real ones, "unchecked" or
    "damaged".
    """
    missing = {s: "stand-in" for s in LOADERS.values() if find_real(s, folders) is None}
    if NETFLIX not in missing and (source := source_of_netflix()) != "real":
        missing[NETFLIX] = source
    return missing


def source_of_netflix() -> str:
    """Return what the notebooks get when they read the first movies of Netflix, as above."""
    from scratch.datasets import load_netflix  # here, so that only tests of notebooks wait for it

    movies = next(len(file.movies) for file in NETFLIX.any_of if file.movies)
    try:
        return load_netflix(max_movies=movies).source
    except ValueError:  # the notebooks will say more, with file and line
        return "damaged"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that of two workers none has it left at the end.

    These are the notebooks, and then the files that have slow tests.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.suffix != ".ipynb", item.path not in slow))


def pytest_collection_finish() -> None:
    """Let Python never look for garbage among all that was collected, and seldom elsewhere."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Compare the outputs of a notebook only where the data are there that they came from."""
    missing = collector.config.stash.get(MISSING, {})
    if collector.path.suffix == ".ipynb" and lacks(collector.path, missing):
        collector.compare_outputs = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Run every cell of a notebook twice in a row: the second time it must do the same.

    So a learner can run any cell again without changing what comes after it. Of a cell that takes
    long it is enough to see that everything it uses is as it was before. Random generators that
    everybody shares are set anew before each run: what is printed may not depend on them.
    """
    if type(item).__name__ != "IPyNbCell" or item.cell.source.startswith("%load_ext"):
        return (yield)
    from nbval.plugin import NbCellError  # here: without nbval the other tests run all the same

    fingerprints = f"fingerprints({item.cell.source!r}, get_ipython().user_ns)"
    before, _ = told_by_kernel(item, fingerprints, "stir(1)")
    start = time.perf_counter()
    yield
    if time.perf_counter() - start > LONG_SECONDS:
        (after,) = told_by_kernel(item, fingerprints)
        if before.items() <= after.items():
            return
    told_by_kernel(item, "stir(2)")
    try:
        item.runtest()
    except NbCellError as error:
        item.raise_cell_error(
            "The cell was fine; run a second time it fails or prints something else",
            error.inner_traceback or str(error),
        )


def told_by_kernel(item: Any, *calls: str) -> list[object]:
    """What functions of scratch.course.unchanged return, called in the kernel of a cell."""
    module = "__import__('scratch.course.unchanged', fromlist=['stir'])"
    asked = {str(number): f"{module}.{call}" for number, call in enumerate(calls)}
    client = item.parent.kernel.kc
    message = client.execute("", silent=True, user_expressions=asked)
    while True:
        reply = client.get_shell_msg(timeout=ANSWER_SECONDS)
        if reply["parent_header"].get("msg_id") == message:
            told = reply["content"]["user_expressions"]
            if failed := [answer for answer in told.values() if answer["status"] != "ok"]:
                raise RuntimeError(f"no answer about {item.name}: {failed[0]}")
            return [ast.literal_eval(told[name]["data"]["text/plain"]) for name in asked]


def lacks(notebook: Path, missing: dict[DataSet, str]) -> set[DataSet]:
    """Return which of the missing data sets the notebook loads."""
    text = notebook.read_text(encoding="utf-8") if notebook.is_file() else ""
    return {LOADERS[loader] for loader in LOADERS if loader in text} & set(missing)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the verdict below pytest's own last line, once: workers of xdist have no terminal."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or MISSING not in config.stash:
        return
    reports = [report for group in terminal.stats.values() for report in group]
    names = {r.nodeid.split("::")[0] for r in reports if isinstance(r, pytest.TestReport)}
    ran = [config.rootpath / name for name in sorted(names) if name.endswith(".ipynb")]
    is_lax = config.getoption("nbval_lax")
    print(f"notebooks: {verdict(ran, config.stash[MISSING], is_lax)}")
    skipped = [report for report in terminal.stats.get("skipped", []) if BROWSER in report.nodeid]
    for report in skipped[:1]:
        print(f"sliders: not tried in a browser ({report.longrepr[2].removeprefix('Skipped: ')})")


def verdict(ran: list[Path], missing: dict[DataSet, str], is_lax: bool) -> str:
    """Return in a line on which data the notebooks ran, and what was done with their outputs."""
    if not ran:
        return "none was run"
    if is_lax:
        return "stored outputs not compared (--nbval-lax was given)"
    lacking = {path.stem[:2]: sets for path in ran if (sets := lacks(path, missing))}
    strictly = "run on the real data, stored outputs compared strictly"
    if not lacking:
        return strictly
    needed = set().union(*lacking.values())
    absent = [s.folder for s in missing if s in needed and missing[s] == "stand-in"]
    why = []
    if absent:
        how = f"run `{command('data')}`, or set SCRATCH_DATA"
        why.append(f"on the stand-in for {' and '.join(absent)}: {how}")
    if NETFLIX in needed and missing[NETFLIX] == "unchecked":
        why.append(f"{NETFLIX.folder} is not checked: {NETFLIX.what_is_checked}")
    if NETFLIX in needed and missing[NETFLIX] == "damaged":
        why.append(f"{NETFLIX.folder} is damaged")
    others = f"; the others {strictly}" if len(lacking) < len(ran) else ""
    return f"{', '.join(lacking)} run, stored outputs NOT compared ({'; '.join(why)}){others}"
