"""Decides for each notebook how it is tested: outputs compared on the real data, only run without.

What a notebook needs is what it loads: the stored outputs come from the real data of those sets.
"""

from pathlib import Path

import pytest

from scratch.datasets.errors import DatasetError
from scratch.datasets.locate import find_real, search_folders
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL, NETFLIX, DataSet

LOADERS = {
    "load_movielens_100k": ML_100K,
    "load_movielens_small": ML_LATEST_SMALL,
    "load_netflix": NETFLIX,
}
NOTEBOOKS = Path(__file__).parent / "notebooks"
MISSING = pytest.StashKey[list[DataSet]]()
VERDICT = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Under --nbval, find out which data sets are missing, and for which notebooks."""
    if not (config.option.nbval or config.option.nbval_lax):
        return
    try:
        folders = search_folders()
    except DatasetError as error:
        raise pytest.UsageError(str(error)) from None
    missing = [data_set for data_set in LOADERS.values() if find_real(data_set, folders) is None]
    config.stash[MISSING] = missing
    lax = [path.stem[:2] for path in sorted(NOTEBOOKS.glob("*.ipynb")) if lacks(path, missing)]
    names = " and ".join(data_set.folder for data_set in missing)
    why = f"{names} not found: see datasets/README.md, or set SCRATCH_DATA"
    if config.option.nbval_lax:
        verdict = "stored outputs not compared (--nbval-lax was given)"
    elif lax:
        verdict = f"{', '.join(lax)} run on the stand-in, stored outputs NOT compared ({why})"
    else:
        verdict = "run on the real data, stored outputs compared strictly"
    config.stash[VERDICT] = f"notebooks: {verdict}"


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Compare the outputs of a notebook only where the data are there that they came from."""
    missing = collector.config.stash.get(MISSING, None)
    if missing and collector.path.suffix == ".ipynb" and lacks(collector.path, missing):
        collector.compare_outputs = False


def lacks(notebook: Path, missing: list[DataSet]) -> bool:
    """Whether the notebook loads one of the missing data sets."""
    if not notebook.is_file():
        return False
    text = notebook.read_text(encoding="utf-8")
    return any(loader in text and data_set in missing for loader, data_set in LOADERS.items())


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the verdict below pytest's own last line, once: workers of xdist have no terminal."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or VERDICT not in config.stash:
        return
    reports = [report for group in terminal.stats.values() for report in group]
    if any(isinstance(r, pytest.TestReport) and ".ipynb" in r.nodeid for r in reports):
        print(config.stash[VERDICT])
    else:
        print("notebooks: none was run")
