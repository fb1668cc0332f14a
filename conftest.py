"""Decides how the notebooks are tested: outputs compared on the real data, only run without it."""

import pytest

from scratch.datasets.errors import DatasetError
from scratch.datasets.locate import find_real, search_folders
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL

NEEDED = (ML_100K, ML_LATEST_SMALL)  # the sets whose figures stand in the stored outputs
VERDICT = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Under --nbval, switch to --nbval-lax when a data set is missing; remember why."""
    if not (config.option.nbval or config.option.nbval_lax):
        return
    try:
        folders = search_folders()
    except DatasetError as error:
        raise pytest.UsageError(str(error)) from None
    missing = [data_set.folder for data_set in NEEDED if find_real(data_set, folders) is None]
    if missing:
        config.option.nbval, config.option.nbval_lax = False, True
        why = f"{' and '.join(missing)} not found: run `make data`, or set SCRATCH_DATA"
        verdict = f"run on the stand-in, stored outputs NOT compared ({why})"
    elif config.option.nbval_lax:
        verdict = "run on the real data, stored outputs not compared (--nbval-lax was given)"
    else:
        verdict = "run on the real data, stored outputs compared strictly"
    config.stash[VERDICT] = f"notebooks: {verdict}"


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
