"""The package alone: a source archive that builds it, and a wheel that works without the course."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest

from scratch.datasets import locate
from scratch.teaching.handout import HandoutError, tracked

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
SDIST = "from setuptools import build_meta; build_meta.build_sdist({!r})"
# What only the extras of pyproject.toml bring, and the modules that cannot do without: those that
# work on the course's notebooks, and the sliders.
EXTRAS = ("IPython", "hypothesis", "ipywidgets", "jupyter_server", "jupyterlab", "nbclient",
          "nbformat", "numba", "pytest", "traitlets", "yaml")  # fmt: skip
WITH_EXTRAS = ("scratch.course", "scratch.teaching", "scratch.plots.panel")
FACTORIZE = f"""
import importlib, pkgutil, sys
from pathlib import Path

for name in {EXTRAS}:
    sys.modules[name] = None

import numpy as np
import scratch

assert Path(scratch.__file__).parents[1] == Path(sys.argv[1]), scratch.__file__
for module in pkgutil.walk_packages(scratch.__path__, "scratch."):
    if not module.name.startswith({WITH_EXTRAS}) and not module.name.endswith("__main__"):
        importlib.import_module(module.name)

from scratch.datasets import load_movielens_100k
from scratch.evaluation.protocol import split_ratings
from scratch.exercises import check
from scratch.factorization import MatrixFactorization

movielens = load_movielens_100k()
parts = split_ratings(movielens.ratings, rng=np.random.default_rng(1))
model = MatrixFactorization(k=2, biases=True, num_epochs=3, init_scale=0.1)
model.fit(parts.train, parts.validation, rng=np.random.default_rng(2))
variance = parts.validation.ratings.var()
assert model.history["validation"].iloc[-1] < 0.95 * variance, (model.history, variance)
print(movielens.source)
check("03.1", 0.5)
"""


def run(*words: str, **options) -> subprocess.CompletedProcess:
    done = subprocess.run(words, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the archive of the source, and the wheel that was built from it alone."""
    for name in ("pip", "setuptools"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"there is no {name} to build with")
    folder = tmp_path_factory.mktemp("built")
    try:
        names = tracked(ROOT)
    except HandoutError as error:
        pytest.skip(str(error))
    for name in names:
        target = folder / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    run(sys.executable, "-c", SDIST.format(str(folder)), cwd=folder / "source")
    (archive,) = folder.glob("*.tar.gz")
    pip(folder, "wheel", "--no-build-isolation", "-w", str(folder), str(archive))
    return folder


def pip(folder: Path, *words: str) -> None:
    alone = os.environ | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    run(sys.executable, "-m", "pip", *words, "--no-deps", cwd=folder, env=alone)


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Path:
    """A folder in which nothing lies but the package, as its wheel installs it."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = built.glob("*.whl")
    pip(built, "install", "--target", str(folder), str(wheel))
    return folder


def without_the_course(installed: Path) -> dict[str, str]:
    names = {name: value for name, value in os.environ.items() if name != "SCRATCH_DATA"}
    return names | {"PYTHONPATH": str(installed)}


def test_the_wheel_holds_the_whole_package_and_nothing_else(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = set(wheel.namelist())
    info = {name for name in names if ".dist-info/" in name}
    assert names - info == {name for name in tracked(ROOT) if name.startswith("scratch/")}
    assert {"LICENSE", "LICENSE-TEXT"} <= {Path(name).name for name in info}


def test_the_archive_of_the_source_holds_no_data_tests_or_notebooks(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    top = {name.partition("/")[0] for name in names} - {""}
    ours = {"scratch", "pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT", "MANIFEST.in",
            "CHANGELOG.md", "CITATION.cff"}  # fmt: skip
    assert top == ours | {"PKG-INFO", "setup.cfg", "scratch.egg-info"}


def test_the_wheel_says_what_it_needs_and_how_it_may_be_used(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
        about = BytesParser().parsebytes(wheel.read(name))
    assert about["Requires-Python"] == ">=3.11"
    assert about["License-Expression"] == "MIT AND CC-BY-4.0"
    needs = [text for text in about.get_all("Requires-Dist") if "extra" not in text]
    assert {"numpy", "torch"} < {text.partition(">")[0] for text in needs}
    assert about.get_payload().startswith("# Recommenders from Scratch")


def test_the_package_works_without_the_course(installed, tmp_path):
    words = [sys.executable, "-c", FACTORIZE, str(installed)]
    done = run(*words, cwd=tmp_path, env=without_the_course(installed))
    source, verdict = done.stdout.splitlines()
    assert source == "stand-in"
    assert verdict.startswith("03.1: the exercises are not here")
    # What is made lies where one is, and nothing beside the packages of other people.
    assert (tmp_path / "datasets" / "stand-in").is_dir()
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {"scratch"}


@pytest.mark.parametrize("word", ["lab", "test", "data", "setup"])
def test_a_command_of_the_course_says_what_it_lacks_there(installed, tmp_path, word):
    done = subprocess.run(
        [sys.executable, "-m", "scratch.course", word],
        cwd=tmp_path, env=without_the_course(installed), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1 and done.stdout == "" and "Traceback" not in done.stderr
    assert str(installed) in done.stderr and "python -m scratch.datasets" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_data_can_be_had_there(installed, tmp_path):
    words = [sys.executable, "-m", "scratch.datasets", "--list"]
    done = run(*words, cwd=tmp_path, env=without_the_course(installed))
    assert "MovieLens 100K: missing" in done.stdout


def test_here_data_lie_in_the_course():
    assert locate.home_folder() == ROOT / "datasets"
