"""The lists of packages agree, the code keeps its style, and nothing licensed is in git."""

import ast
import hashlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from scratch.datasets.registry import SETS

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, CHECKED = SETTINGS["project"], SETTINGS["tool"]["mypy"]["packages"]
LOCK_LINES = [
    line
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").split("\n")
    if line and not line.startswith("#")
]
PINS = [Requirement(line) for line in LOCK_LINES]
LOCK = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in PINS}
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
    # Only such a marker: the set-up reads it without any package to help.
    line_form = r'[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*(; sys_platform == "(win32|darwin)")?'
    assert all(re.fullmatch(line_form, line) for line in LOCK_LINES)
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


PROMISED = sorted(
    classifier.rpartition(" ")[2] + ".0"
    for classifier in PROJECT["classifiers"]
    if re.search(r"Python :: 3\.\d+$", classifier)
)
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}


def installed_pins() -> list[Requirement]:
    return [pin for pin in PINS if pin.marker is None or pin.marker.evaluate()]


def test_the_oldest_promised_python_is_the_oldest_that_is_allowed():
    assert PROMISED[0] == "3.11.0" and PROJECT["requires-python"] == ">=3.11"
    assert len(installed_pins()) > 100


@pytest.mark.parametrize("python", [PROMISED[0], PROMISED[-1]])
def test_every_pin_installs_on_the_oldest_and_newest_promised_python(python):
    for pin in installed_pins():
        requires = importlib.metadata.metadata(pin.name).get("Requires-Python") or ""
        assert SpecifierSet(requires).contains(python), f"{pin} requires Python {requires}"


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", [PROMISED[0], PROMISED[-1]])
def test_whatever_a_pin_needs_there_is_pinned_for_that_python_and_system(python, system):
    short = python.removesuffix(".0")
    machine = {"python_version": short, "python_full_version": python, "extra": ""}
    machine |= SYSTEMS[system]
    pinned = {
        canonicalize_name(pin.name)
        for pin in PINS
        if pin.marker is None or pin.marker.evaluate(machine)
    }
    for pin in installed_pins():
        for text in importlib.metadata.requires(pin.name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate(machine):
                name = canonicalize_name(needed.name)
                if pin.name == "torch" and re.match("nvidia-|cuda-|triton", name):
                    continue  # the plain build's GPU libraries, of which torch has pins of its own
                assert name in pinned, f"{pin.name} needs {text} on {system}"
                assert needed.specifier.contains(LOCK[name]), f"{pin.name} needs {text}"


def test_the_licences_are_there_and_named():
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Creative Commons" in (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"].split(" AND ")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(LICENSE)" in readme and "(LICENSE-TEXT)" in readme and "(CITATION.cff)" in readme


def test_conda_installs_the_locked_packages_and_ours():
    conda = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-r requirements.lock", "-e ."]
    assert "pip" in conda
    assert len(conda) == 2, "a package pinned here could disagree with requirements.lock"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_says_what_it_is_for_in_one_line(module):
    tree = ast.parse((ROOT / "scratch" / module).read_text(encoding="utf-8"))
    first_line = (ast.get_docstring(tree) or "").split("\n")[0]
    assert first_line.endswith(".")


# The package from the ground up; each name is a module of it or a room, that is, a folder.
FLOORS = [
    {"checking"},
    {"linear_algebra", "tensors", "ratings"},
    {"similarity", "pca"},
    {"machinery"},
    {"evaluation"},
    {"factorization"},
    {"recommenders"},
    {"scale", "serving"},
]
BESIDE = {
    "course",
    "datasets",
    "exercises",
    "plots",
    "teaching",
}  # what the lessons use, and no floor stands on
LESSONS = [m for m in MODULES if m.parts[0] not in BESIDE]


@pytest.mark.parametrize("module", LESSONS, ids=str)
def test_every_module_has_its_test(module):
    assert (ROOT / "tests" / f"test_{module.name}").is_file()


def imports_of(module: Path) -> set[tuple[str, ...]]:
    """The modules of the package that it imports, wherever in its text."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / "scratch" / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {tuple(name.split(".")[1:]) for name in names if name.startswith("scratch.")}


def floor_of(name: str) -> int:
    return next(i for i, names in enumerate(FLOORS) if name in names)


@pytest.mark.parametrize("module", LESSONS, ids=str)
def test_arrows_of_the_package_point_down(module):
    here = floor_of(module.with_suffix("").parts[0])
    for target in imports_of(module):
        same_room = len(module.parts) > 1 and target[0] == module.parts[0]
        assert same_room or floor_of(target[0]) < here, f"{module} imports {'.'.join(target)}"


@pytest.mark.parametrize(
    "room", ["evaluation", "machinery", "recommenders", "scale", "serving", "plots", "datasets"]
)
def test_no_two_modules_of_a_room_import_each_other(room):
    arrows = {
        m.stem: {t[1] for t in imports_of(m) if t[0] == room and len(t) > 1}
        for m in MODULES
        if m.parts[0] == room
    }
    while free := {name for name, targets in arrows.items() if not targets & set(arrows)}:
        arrows = {name: targets for name, targets in arrows.items() if name not in free}
    assert arrows == {}, "these stand in a circle"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_style(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--quiet", "."],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_checked_in_the_whole_package_and_strictly(tmp_path):
    wrong = {
        "a wrong type": ("def f(x: int) -> str:\n    return x", "return-value"),
        "no types": ("def f(x):\n    return x", "no-untyped-def"),
        "None by default": ("def f(x: int = None) -> int:\n    return x", "assignment"),
        "no reason any more": ("x = 1  # type: ignore[operator]", "unused-ignore"),
        "no code": ("x: int = 'one'  # type: ignore", "ignore-without-code"),
    }
    for i, (text, _) in enumerate(wrong.values()):
        (tmp_path / f"wrong_{i}.py").write_text(text + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml",
         "--cache-dir", tmp_path / "cache", *sorted(tmp_path.glob("*.py"))],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    for i, (what, (_, code)) in enumerate(wrong.items()):
        assert any(f"wrong_{i}.py" in line and f"[{code}]" in line for line in lines), what
    assert CHECKED == ["scratch"]  # what is checked where no file is named: `lint` names none


IGNORED = re.compile(r"#\s*type:\s*ignore(?P<code>\[[a-z, -]+\])?(?:\s*#\s*(?P<reason>.*))?")


def unexplained(source: str) -> list[str]:
    """The complaints about types that are silenced without their code or without a reason."""
    found = [match for line in source.split("\n") if (match := IGNORED.search(line))]
    return [m[0] for m in found if not m["code"] or len((m["reason"] or "").split()) < 3]


@pytest.mark.parametrize(
    ("line", "is_explained"),
    [
        ("x = 1  # type: ignore[operator]  # the stubs know no such thing", True),
        ("x = 1  # type: ignore[operator]", False),
        ("x = 1  # type: ignore  # the stubs know no such thing", False),
        ("x = 1  # type:ignore[operator]  # stubs", False),
        ("x = 1  # the type is ignored", True),
    ],
)
def test_a_silenced_complaint_needs_its_code_and_a_reason(line, is_explained):
    assert (unexplained(line) == []) == is_explained


def test_no_complaint_about_types_is_silenced_without_a_reason():
    for path in sorted((ROOT / "scratch").rglob("*.py")):
        assert unexplained(path.read_text(encoding="utf-8")) == [], path.name


def test_no_file_names_a_place_on_one_machine():
    place = re.compile(rb"(?<![\w.~])/(?:work|root|home)/\w")
    named = [p.name for p in tracked_files() if place.search(p.read_bytes())]
    assert set(named) <= {"test_house.py", "test_notebooks.py"}


def test_no_licensed_file_is_tracked():
    pinned = {
        file.sha256
        for data_set in SETS
        for file in (*data_set.files, *data_set.any_of, *data_set.beside)
    }
    for path in tracked_files():
        assert hashlib.sha256(path.read_bytes()).hexdigest() not in pinned, path.name
    ours = {"README.md", "interests.txt", "tiny_ratings.csv"}
    assert {path.name for path in tracked_files() if path.parent.name == "datasets"} - ours <= {
        path.name for path in (ROOT / "scratch" / "datasets").iterdir()
    }
