"""The lists of packages agree, the code keeps its style, and nothing licensed is in git."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scratch.datasets.registry import SETS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK_LINES = [
    line
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").split("\n")
    if line and not line.startswith("#")
]
LOCK = {canonicalize_name(name): version for name, version in (x.split("==") for x in LOCK_LINES)}
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
MODULES = sorted(
    p.relative_to(ROOT / "scratch") for p in (ROOT / "scratch").rglob("*.py") if p.stem[0] != "_"
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\n") if name and (path := ROOT / name).is_file()]


def test_the_lock_names_one_exact_version_of_each_package():
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line) for line in LOCK_LINES)
    assert len(LOCK) == len(LOCK_LINES)
    assert list(LOCK) == sorted(LOCK)
    assert LOCK["torch"] == "2.13.0"


def test_every_dependency_is_locked_within_its_bounds():
    extras = PROJECT["optional-dependencies"]
    wanted = [Requirement(text) for text in sum(extras.values(), PROJECT["dependencies"])]
    assert len(wanted) > 12
    for requirement in wanted:
        version = LOCK[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} but locked at {version}"


def test_conda_installs_the_locked_packages_and_ours():
    conda = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-r requirements.lock", "-e ."]
    assert "pip" in conda
    assert "python" + PROJECT["requires-python"] in conda
    assert len(conda) == 2, "a package pinned here could disagree with requirements.lock"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_says_what_it_is_for_in_one_line(module):
    tree = ast.parse((ROOT / "scratch" / module).read_text(encoding="utf-8"))
    first_line = (ast.get_docstring(tree) or "").split("\n")[0]
    assert first_line.endswith(".")


@pytest.mark.parametrize("module", [m for m in MODULES if len(m.parts) == 1], ids=str)
def test_every_module_has_its_test(module):
    assert (ROOT / "tests" / f"test_{module.name}").is_file()


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_style(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--quiet", "."],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_names_a_place_on_one_machine():
    place = re.compile(rb"(?<![\w.~])/(?:work|root|home)/\w")
    named = [p.name for p in tracked_files() if place.search(p.read_bytes())]
    assert set(named) <= {"test_house.py", "test_notebooks.py"}


def test_no_licensed_file_is_tracked():
    pinned = {file.sha256 for data_set in SETS for file in (*data_set.files, *data_set.any_of)}
    for path in tracked_files():
        assert hashlib.sha256(path.read_bytes()).hexdigest() not in pinned, path.name
    ours = {"README.md", "interests.txt", "tiny_ratings.csv"}
    assert {path.name for path in tracked_files() if path.parent.name == "datasets"} - ours <= {
        path.name for path in (ROOT / "scratch" / "datasets").iterdir()
    }
