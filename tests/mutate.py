"""Mutation testing: change the package in small ways, and see whether its tests notice each.

    python tests/mutate.py                                     all modules, some hours
    python tests/mutate.py --only pca evaluation/lists plots   two modules and a room
    python tests/mutate.py --only plots --json found.json      to keep what was found, and then
    python tests/mutate.py --again found.json                  only those that were not noticed

Each module is tried in a copy of the course, by its own tests and the examples in its docstrings:
the quickest test first, up to the first that fails; and last, by a few odd arguments to each public
name of it, as tests/test_attacks.py does. One process loads what the tests need from
other packages; for each mutant it makes a copy of itself, in which pytest runs. That needs Linux:
tests/walled.py keeps mutants from doing harm. With PYTHONPATH=$PWD/.course/scale, what `test-scale`
has installed there is found, so that scale/parquet is not skipped.

The files in tests/equivalent_mutants/ have those that somebody has looked at, and that change
nothing.
"""

import argparse
import ast
import contextlib
import gc
import importlib.util
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pytest
import walled
from mutants import Mutant, any_mutants, mutants

ROOT = Path(__file__).resolve().parents[1]
GOAL = 92  # per cent, of those that change anything
AT_MOST = 200  # mutants of a module
FEW = 4  # odd values for each argument
NOT_HERE = "all of its tests are skipped here"
START = """
import os, sys
sys.path[0] = os.getcwd()  # the copy comes first, wherever a test goes
sys.path.append(sys.argv[1])
import mutate
mutate.inside(*sys.argv[2:])
"""


# Which modules, and whose tests


# The tests of modules whose name no file of tests has, where looking for all users is not enough,
# or far too much.
ELSEWHERE = {
    "__init__": ["imports", "live_editing"],
    "course/__main__": ["commands"],
    "course/book": ["book_links"],
    "course/cli": ["commands"],
    "course/colab": ["course_colab"],
    "course/exercises": ["kit"],
    "course/paths": ["commands"],
    "course/spelling": ["commands"],
    "datasets/loaders": ["datasets", "folds", "netflix"],
    "datasets/locate": ["datasets", "datasets_fetch"],
    "datasets/registry": ["datasets", "datasets_fetch", "netflix"],
    "datasets/tiny": ["datasets"],
    "exercises/cells": ["exercises_source"],
    "recommenders/adapters": ["adapters", "fitted"],
    "teaching/book/chapters": ["book"],
    "teaching/book/checks": ["book_links"],
    "teaching/book/links": ["book"],
    "teaching/book/prose": ["book"],
}


def modules_of(root: Path, wanted: list[str]) -> list[str]:
    """The modules, as evaluation/lists: all, or those of these names or rooms."""
    paths = sorted((root / "scratch").rglob("*.py"))
    names = [path.relative_to(root / "scratch").with_suffix("").as_posix() for path in paths]
    chosen: set[str] = set()
    for word in wanted:
        meant = {n for n in names if f"/{n}".endswith(f"/{word}") or n.startswith(f"{word}/")}
        if not meant:
            sys.exit(f"There is no module or room {word} in scratch/: write evaluation/lists, say.")
        chosen |= meant
    return [name for name in names if name in chosen or not wanted]


def tests_of(root: Path, module: str) -> list[Path]:
    """The file of tests that is called after a module; without one, all that use the module."""
    *rooms, stem = module.split("/")
    own = {*ELSEWHERE.get(module, ["_".join([*rooms[-1:], stem])])}
    if module not in ELSEWHERE and rooms != ["plots"]:
        own.add(stem)
    tests = sorted((root / "tests").glob("test_*.py"))
    named = [path for path in tests if path.stem.removeprefix("test_") in own]
    names = names_of(root, module)
    named = named or [path for path in tests if names & names_in(path)]
    of_room = {"plots": ["figures", "plots_odd_data"]}.get(rooms[0] if rooms else "", [])
    return named + [path for path in tests if path.stem.removeprefix("test_") in of_room]


def names_of(root: Path, module: str) -> set[str]:
    """A module's name, and those of what its room hands on: `scratch.datasets.load_netflix`."""
    path = root / "scratch" / f"{module}.py"
    dotted = f"scratch.{module}".replace("/", ".").removesuffix(".__init__")
    room, names = dotted.rpartition(".")[0], {dotted}
    for node in ast.walk(ast.parse((path.parent / "__init__.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == dotted:
            names |= {f"{room}.{alias.name}" for alias in node.names}
    return names


def names_in(path: Path) -> set[str]:
    """What a file imports, with all dots, and what it takes from that by one dot more."""
    tree, meant = ast.parse(path.read_text(encoding="utf-8")), dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            meant |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            meant |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            meant[f"from {node.module}"] = str(node.module)
    further = {
        f"{meant[node.value.id]}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in meant
    }
    return {*meant.values()} | further


# Within the walls: one module, in a copy of the course


def inside(folder: str, module: str, *limits: str) -> None:
    """Try the mutants of a module; what was found goes into found.json."""
    place = Path(folder)
    walled.close(place)
    os.chdir(place / "course")
    package = importlib.util.find_spec("scratch")
    if package is None or not Path(str(package.origin)).is_relative_to(place):
        raise RuntimeError("this would try another copy of the package")
    found = Trial(place, module).found(*map(int, limits))
    (place / "found.json").write_text(json.dumps(found), encoding="utf-8")


def drawn(every: list[Any], most: int, seed: int, skip: int) -> list[Any]:
    """So many of them by chance, without the first ones that were drawn."""
    return random.Random(seed).sample(every, min(most, len(every)))[skip:]


class Trial:
    """The tests of a module, run on one mutant of it after the other."""

    def __init__(self, place: Path, module: str):
        self.place, self.module, course = place, module, place / "course"
        self.path = course / "scratch" / f"{module}.py"
        self.text = self.path.read_text(encoding="utf-8")
        self.files = [str(path) for path in (*tests_of(course, module), self.path)]
        if (course / "tests" / "figures" / f"{self.path.stem}.txt").exists():  # its own are enough
            only = f"test_figures.py::test_figures_are_as_told[{self.path.stem}]"
            self.files = [name.replace("test_figures.py", only) for name in self.files]
        self.seconds: dict[str, float] = {}  # of each test
        self.took = 0.0  # seconds of all

    def found(self, most: int, minutes: int, seed: int, skip: int, patience: int) -> dict[str, Any]:
        """What became of the mutants: of so many by chance, or as many as there was time for."""
        every = mutants(self.text)
        chosen = drawn(every, most, seed, skip)
        if (again := self.place / "again.json").exists():
            wanted = json.loads(again.read_text(encoding="utf-8"))
            chosen = [mutant for mutant in every if mutant.shown() in wanted]
        found = {"mutants": len(every), "tried": 0, "hung": 0, "survivors": [], "problem": ""}
        for _ in range(2):  # the second time it is all loaded and compiled, and in its order
            if not found["problem"]:
                found["problem"] = self.run(self.text, limit=3600)[1]
        if found["problem"]:
            return found
        found["took"] = round(self.took, 1)  # seconds of all tests, without mutation
        limit = patience + 5 * self.took
        end = time.monotonic() + 60 * minutes
        for mutant in chosen:
            if time.monotonic() > end:
                break
            code, _ = self.run(mutant.text, limit, mutant)
            found["tried"] += 1
            found["hung"] += code is None
            if code == pytest.ExitCode.OK:
                found["survivors"].append((mutant.line, mutant.shown()))
        found["survivors"].sort()
        if problem := self.run(self.text, limit)[1]:
            found["problem"] = f"afterwards, {problem}"
        return found

    def run(self, text: str, limit: float, mutant: Mutant | None = None) -> tuple[int | None, str]:
        """Run the tests on this source: the exit code, and what is wrong if it is no mutant."""
        self.path.write_text(text, encoding="utf-8")
        for kept in (self.path.parent / "__pycache__").glob(f"{self.path.stem}.*.pyc"):
            kept.unlink()  # of another source, maybe from the same second
        log, notes = self.place / "log", self.place / "notes.json"
        log.unlink(missing_ok=True)
        code, self.took = walled.run(lambda: self.tests(mutant, notes), limit, log)
        if mutant is not None:
            return code, ""
        if code == pytest.ExitCode.NO_TESTS_COLLECTED:
            return code, NOT_HERE if self.files[1:] else "it has no test of its own"
        if code != pytest.ExitCode.OK:
            said = "\n".join(log.read_text(encoding="utf-8", errors="replace").split("\n")[-30:])
            return code, f"its tests fail ({'they hang' if code is None else code}):\n{said}"
        told = json.loads(notes.read_text(encoding="utf-8"))
        self.seconds = told["seconds"]
        for name in told["modules"]:  # in the order in which they came
            with contextlib.suppress(Exception), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        gc.freeze()  # pytest collects garbage as it ends: not all of this, each time
        return code, "" if told["passed"] else NOT_HERE

    def tests(self, mutant: Mutant | None, notes: Path) -> int:
        """Run pytest, in this process; returns its exit code."""
        from hypothesis import HealthCheck, Phase, settings

        settings.register_profile(  # the same examples for each, and none that an earlier one left
            "mutants", derandomize=True, database=None, deadline=None,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow],
        )  # fmt: skip
        settings.load_profile("mutants")
        if mutant is not None:
            os.environ["PYTHONDONTWRITEBYTECODE"], sys.dont_write_bytecode = "1", True
        with contextlib.suppress(ImportError, AttributeError):
            from numba.core import caching, config

            # Machine code that is kept in files is used again: each has the fingerprint of its
            # loop, so the rest of the module may change. But what stands outside of functions may
            # be part of it, as a number; and one module decides how it is made.
            caching._SourceFileBackedLocatorMixin.get_source_stamp = lambda _: ""
            if mutant is not None and (not mutant.place or "import numba" in mutant.text):
                config.CACHE_DIR = str(Path(os.environ["TMPDIR"]) / "numba")
        order = InOrder(self.seconds, self.path)
        words = ["-x", "-q", "-p", "no:cacheprovider", f"--tb={'no' if mutant else 'short'}"]
        # Of the module itself the examples: what is called `test` there may be a command.
        words += ["--deselect", f"scratch/{self.module}.py::test"]
        code = pytest.main([*words, *self.files], plugins=[order])
        if code == pytest.ExitCode.OK and (problems := self.attacked()):
            print("\n".join(problems))
            code = pytest.ExitCode.TESTS_FAILED
        if mutant is None:
            told = {"seconds": order.took, "passed": order.passed, "modules": self.others()}
            notes.write_text(json.dumps(told), encoding="utf-8")
        return int(code)

    def attacked(self) -> list[str]:
        """What is wrong with the module's answers to odd arguments."""
        room, _, rest = self.module.partition("/")
        tests = self.place / "course" / "tests"
        if not [*tests.glob(f"calls/{room}*.py")]:
            return []
        sys.path.insert(0, str(tests))
        attack = importlib.import_module("attack")
        if tests not in Path(str(attack.__file__)).parents:
            raise RuntimeError("this would attack another copy of the package")
        only = f"{room}.{rest}.".replace("/", ".").replace("..", ".").replace("__init__.", "")
        return [*attack.Room(room).problems(only, odd=FEW)]

    def others(self) -> list[str]:
        """The modules of other packages that are loaded."""
        files = {name: getattr(part, "__file__", None) for name, part in [*sys.modules.items()]}
        return [n for n, file in files.items() if file and self.place not in Path(file).parents]


class InOrder:
    """A plugin of pytest: the quickest test first, and none that is about the room's others.

    Which module a test is about is what its id begins with: `[curves.learning_curves-…]`.
    """

    def __init__(self, seconds: dict[str, float], path: Path):
        self.seconds, self.took, self.passed = seconds, dict[str, float](), 0
        self.stem, stems = path.stem, "|".join(sorted(m.stem for m in path.parent.glob("*.py")))
        self.about = re.compile(rf"\[(?:{path.parent.name}\.)?({stems})\.\w")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        about = [self.about.search(item.nodeid) for item in items]
        stems = [found[1] if found else "" for found in about]
        if self.stem in stems:
            items[:] = [i for i, stem in zip(items, stems, strict=True) if stem in ("", self.stem)]
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.took[report.nodeid] = self.took.get(report.nodeid, 0.0) + report.duration
        self.passed += report.when == "call" and report.passed


# Outside: copies, and what is said


def snapshot(root: Path, target: Path) -> None:
    """Copy what git knows, or could: so no data."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in listed.split("\0")[:-1]:
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target / name)


class Trials:
    """Trials of modules, each in a copy of one state of the course."""

    def __init__(self, course: Path, again: dict[str, list[str]], *limits: int):
        self.course, self.again, self.limits = course, again, limits
        self.running: set[subprocess.Popen[bytes]] = set()

    def of(self, module: str) -> dict[str, Any]:
        """What was found of a module."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
            place = Path(folder).resolve()
            course = place / "course"
            shutil.copytree(self.course, course)
            path = os.pathsep.join(filter(None, [str(course), os.environ.get("PYTHONPATH")]))
            settings = {
                "HOME": place / "home", "TMPDIR": place / "tmp", "SCRATCH_DATA": place / "data",
                "PYTHONPATH": path, "PYTHONHASHSEED": 0, "MPLBACKEND": "agg",
                "OMP_NUM_THREADS": 1, "OMP_WAIT_POLICY": "passive",
            }  # fmt: skip
            if module in self.again:
                again = json.dumps(self.again[module])
                (place / "again.json").write_text(again, encoding="utf-8")
            for name in ("home", "tmp", "data"):
                (place / name).mkdir()
            words = [str(Path(__file__).parent), folder, module, *map(str, self.limits)]
            with (place / "said").open("wb") as said:
                process = subprocess.Popen(
                    [*walled.WALLS, sys.executable, "-c", START, *words], cwd=course,
                    env=os.environ | {key: str(value) for key, value in settings.items()},
                    stdin=subprocess.PIPE,  # it ends when this is closed
                    stdout=said, stderr=said, start_new_session=True,
                )  # fmt: skip
                self.running.add(process)
                code = process.wait()
                self.running.discard(process)
            try:
                found = json.loads((place / "found.json").read_text(encoding="utf-8"))
            except OSError:
                said_last = (place / "said").read_text(encoding="utf-8", errors="replace")[-2000:]
                found = {"mutants": 0, "tried": 0, "hung": 0, "survivors": []}
                found["problem"] = f"the trial has ended with {code}:\n{said_last}"
        return found | {"seconds": round(time.monotonic() - started)}

    def end(self) -> None:
        """End those that are running."""
        for process in [*self.running]:
            process.kill()


def survivors_in(file: Path) -> dict[str, list[str]]:
    """By module, what survived a run whose --json this is."""
    results = json.loads(file.read_text(encoding="utf-8"))
    survived = {name: [change for _, change in r["survivors"]] for name, r in results.items()}
    return {name: changes for name, changes in survived.items() if changes}


def judged(folder: Path) -> set[str]:
    """The mutants that change nothing, as `file function: before → after`."""
    files = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
    lines = [line for text in files for line in text.split("\n")]
    return {line for line in lines if line and not line.startswith("#")}


def report(module: str, found: dict[str, Any], equivalent: set[str]) -> str:
    """What was found of a module, in words; sorts the survivors that change nothing out."""
    file = f"scratch/{module}.py"
    survivors = found["survivors"]
    found["equivalent"] = [s for s in survivors if f"{file} {s[1]}" in equivalent]
    found["survivors"] = survivors = [s for s in survivors if s not in found["equivalent"]]
    if found["problem"]:
        return f"{file}: {found['problem']}"
    lines = [f"{file}: {summary([found])} ({found['seconds']} s)"]
    lines += [f"  {file}:{line} {change}" for line, change in survivors]
    if found["tried"] == found["mutants"]:
        noticed = {key for key in equivalent if key.startswith(f"{file} ")}
        noticed -= {f"{file} {change}" for _, change in found["equivalent"]}
        lines += [f"  judged to change nothing, and no survivor: {key}" for key in sorted(noticed)]
    return "\n".join(lines)


def summary(results: list[dict[str, Any]]) -> str:
    """How many there were, and became of them."""
    every, tried, hung = (sum(r[key] for r in results) for key in ("mutants", "tried", "hung"))
    nothing, left = (sum(len(r[key]) for r in results) for key in ("equivalent", "survivors"))
    of = f"{tried} of {every}" if tried < every else f"{every}"
    caught = f"{tried - nothing - left} caught" + (f" ({hung} by their hanging)" if hung else "")
    return f"{of} mutants, {caught}, {nothing} equal, {left} survive: {share(results):.1f} %"


def share(results: list[dict[str, Any]]) -> float:
    """Per cent caught, of those that change anything."""
    counted = sum(r["tried"] - len(r["equivalent"]) for r in results)
    return 100 - 100 * sum(len(r["survivors"]) for r in results) / max(counted, 1)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Try the modules; 0 if enough mutants were caught."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="MODULE", help="or rooms")
    parser.add_argument("--most", type=int, default=AT_MOST, help="mutants of a module, by chance")
    parser.add_argument("--minutes", type=int, default=30, help="of a module, at most")
    parser.add_argument("--seed", type=int, default=0, help="of that chance")
    parser.add_argument("--skip", type=int, default=0, help="so many, for which there was time")
    words = "seconds in which tests end, beside five times what they take"
    parser.add_argument("--patience", type=int, default=10, help=words)
    parser.add_argument("-j", type=int, default=os.cpu_count(), help="so many modules at once")
    parser.add_argument("--json", type=Path, help="a file for what is found")
    parser.add_argument("--again", type=Path, help="such a file: only what survived there")
    given = parser.parse_args(arguments)
    if problem := no_walls():
        print(problem, file=sys.stderr)
        return 2
    again = survivors_in(given.again) if given.again is not None else {}
    modules = [m for m in modules_of(root, given.only) if m in again or given.again is None]
    equivalent = judged(root / "tests" / "equivalent_mutants")
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        snapshot(root, Path(folder))
        copied = {m: Path(folder) / "scratch" / f"{m}.py" for m in modules}
        modules = [m for m, path in copied.items() if any_mutants(path.read_text(encoding="utf-8"))]
        limits = given.most, given.minutes, given.seed, given.skip, given.patience
        trials = Trials(Path(folder), again, *limits)
        with ThreadPoolExecutor(given.j) as pool:
            waiting = {pool.submit(trials.of, module): module for module in modules}
            try:
                for done in as_completed(waiting):
                    results[waiting[done]] = done.result()
                    print(report(waiting[done], done.result(), equivalent), flush=True)
                    if given.json is not None:
                        text = json.dumps(results, indent=1, ensure_ascii=False)
                        given.json.write_text(text + "\n", encoding="utf-8")
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                trials.end()
                raise
    found = [*results.values()]
    print(f"\nAll: {summary(found)} of those that change anything (wanted: {GOAL} %)")
    problems = {name: result["problem"] for name, result in results.items() if result["problem"]}
    if problems:
        print(f"Not tried, or in vain: {', '.join(sorted(problems))}")
    return int(share(found) < GOAL or bool({*problems.values()} - {NOT_HERE}))


def no_walls() -> str:
    """Why mutants cannot be kept within walls here, if they can't."""
    try:
        done = subprocess.run([*walled.WALLS, "true"], capture_output=True, text=True)
        why = done.returncode and (done.stderr.strip() or f"unshare ended with {done.returncode}")
    except OSError as error:
        why = str(error)
    needs = "Mutants run within walls that need Linux, and the right to make a user namespace"
    return f"{needs}: {why}" if why else ""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and end what runs, too
    sys.exit(main())
