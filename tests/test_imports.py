"""Importing a module of the package only defines things."""

import json
import logging
import os
import pkgutil
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import scratch
from scratch.teaching.concepts import HERE, imports_of, taken_by

ROOT = Path(__file__).parents[1]

# The libraries that are slow to import, and the modules that cannot do without.
HEAVY = ["numba", "matplotlib.pyplot", "torch"]
NEEDED = {
    "scratch.plots": ["matplotlib.pyplot"],
    "scratch.plots.ablation": ["matplotlib.pyplot"],
    "scratch.plots.clusters": ["matplotlib.pyplot"],
    "scratch.plots.concepts": ["matplotlib.pyplot"],
    "scratch.plots.crews": ["matplotlib.pyplot"],
    "scratch.plots.curves": ["matplotlib.pyplot"],
    "scratch.plots.descent": ["matplotlib.pyplot"],
    "scratch.plots.dots": ["matplotlib.pyplot"],
    "scratch.plots.drawable": ["matplotlib.pyplot"],
    "scratch.plots.factors": ["matplotlib.pyplot"],
    "scratch.plots.implicit": ["matplotlib.pyplot"],
    "scratch.plots.maps": ["matplotlib.pyplot"],
    "scratch.plots.neighbourhoods": ["matplotlib.pyplot"],
    "scratch.plots.networks": ["matplotlib.pyplot"],
    "scratch.plots.panel": ["matplotlib.pyplot"],
    "scratch.plots.posteriors": ["matplotlib.pyplot"],
    "scratch.plots.rankings": ["matplotlib.pyplot"],
    "scratch.plots.rates": ["matplotlib.pyplot"],
    "scratch.plots.rivals": ["matplotlib.pyplot"],
    "scratch.plots.scale": ["matplotlib.pyplot"],
    "scratch.plots.searches": ["matplotlib.pyplot"],
    "scratch.plots.style": ["matplotlib.pyplot"],
    "scratch.plots.tables": ["matplotlib.pyplot"],
    "scratch.recommenders.torch_adapters": ["torch"],
    "scratch.machinery.torch_processes": ["torch"],
    "scratch.recommenders.torch_models": ["torch"],
    "scratch.recommenders.torch_sharded": ["torch"],
    "scratch.machinery.pairs": ["torch"],
    "scratch.machinery.minibatches": ["torch"],
    "scratch.machinery.training": ["torch"],
}

MODULES = [
    module.name
    for module in pkgutil.walk_packages(scratch.__path__, "scratch.")
    if not module.name.endswith("__main__")
]

PROGRAM = """
import contextlib, importlib, io, json, os, random, sys
import numpy as np

heavy, modules = json.loads(sys.argv[1])
importing = None

def watch(event, arguments):
    if importing is None:
        return
    if event.startswith("socket."):
        raise SystemExit(f"{importing} opens a socket")
    if event == "os.mkdir" or event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        raise SystemExit(f"{importing} writes {arguments[0]}")
    if event == "import" and arguments[0] in heavy:
        raise SystemExit(f"{importing} imports {arguments[0]}")

sys.addaudithook(watch)

def random_state():
    return random.getstate(), str(np.random.get_state())

for name, needed in modules:
    importing = None
    for library in needed:
        importlib.import_module(library)
    before, importing = random_state(), name
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        importlib.import_module(name)
    if printed.getvalue():
        raise SystemExit(f"{name} prints {printed.getvalue()}")
    if random_state() != before:
        raise SystemExit(f"{name} changes the global random state")
"""


def import_all(modules, folder):
    """Import the modules one by one, watched, in a process of their own."""
    # Modules that need a heavy library come last, so that nobody else finds it loaded already.
    modules = sorted(((name, NEEDED.get(name, [])) for name in modules), key=lambda m: len(m[1]))
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps([HEAVY, modules])],
        cwd=folder,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


def test_all_modules_are_found():
    assert {"scratch.linear_algebra", "scratch.datasets.loaders", "scratch.plots"} < set(MODULES)


@pytest.mark.slow
def test_importing_prints_and_writes_nothing_and_opens_no_connection(tmp_path):
    done = import_all(MODULES, tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "bad opens a socket"),
        ("open('made.txt', 'w')", "bad writes made.txt"),
        ("import pathlib; pathlib.Path('made').mkdir()", "bad writes made"),
        ("import numpy; numpy.random.seed(0)", "bad changes the global random state"),
        ("import random; random.random()", "bad changes the global random state"),
        ("import matplotlib.pyplot", "bad imports matplotlib.pyplot"),
        ("import torch", "bad imports torch"),
        ("print('hello')", "bad prints hello"),
    ],
)
def test_the_watch_sees_a_module_that_does_more(tmp_path, source, complaint):
    (tmp_path / "bad.py").write_text(source)
    done = import_all(["bad"], tmp_path)
    assert complaint in done.stderr and done.returncode == 1


@pytest.mark.parametrize("is_notebook", [True, False])
def test_only_notebooks_leave_no_compiled_file_that_could_be_older_than_an_edit(is_notebook):
    under = "sys.modules['IPython'] = sys; " if is_notebook else ""
    program = f"import sys; {under}import scratch; print(sys.dont_write_bytecode)"
    variables = {name: value for name, value in os.environ.items() if "BYTECODE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True
    )
    assert done.stdout == f"{is_notebook}\n", done.stderr


# What notebooks, exercises and benchmarks take from the package is there: they run in the long
# tests, or in none.


def missing(path):
    """What a notebook or a module takes from the package that is not there."""
    is_notebook = path.suffix == ".ipynb"
    taken = imports_of(path) if is_notebook else taken_by([path.read_text(encoding="utf-8")])
    lost = []
    for name, module in sorted(key for key in taken if key[1] != HERE):
        try:
            pkgutil.resolve_name(f"{module}.{name}")
        except (ImportError, AttributeError):
            lost.append(f"{path.name} takes {module}.{name}, which is not there")
    return lost


def adds(code, problem):
    """Whether the code defines the name that a problem is about."""
    name = problem.partition(" takes ")[2].partition(",")[0].rpartition(".")[2]
    return f"def {name}(" in code


USERS = [
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
    *sorted((ROOT / "exercises" / "solutions").glob("*.py")),
    *sorted((ROOT / "benchmarks").glob("*.py")),
]


@pytest.mark.parametrize("path", USERS, ids=lambda path: path.name)
def test_what_is_taken_from_the_package_is_there(path):
    own = path.read_text(encoding="utf-8")  # an exercise may ask learners to add a function
    problems = [text for text in missing(path) if not adds(own, text)]
    assert not problems, "\n".join(problems)


def test_a_name_that_is_gone_is_found(tmp_path):
    path = tmp_path / "mine.py"
    imports = "from scratch.similarity import cosine_of\nfrom scratch import plots\n"
    path.write_text(f"{imports}plots.gone(plots.BLUE)", encoding="utf-8")
    assert missing(path) == [
        "mine.py takes scratch.similarity.cosine_of, which is not there",
        "mine.py takes scratch.plots.gone, which is not there",
    ]


@pytest.mark.parametrize("in_a_notebook", [True, False])
def test_only_a_notebook_writes_no_cache_and_has_autoreload_complain_once(
    monkeypatch, in_a_notebook
):
    log = logging.getLogger("autoreload")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    if in_a_notebook:
        monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    else:
        monkeypatch.delitem(sys.modules, "IPython", raising=False)
    runpy.run_path(scratch.__file__)
    assert sys.dont_write_bytecode is in_a_notebook
    assert [type(handler) for handler in log.handlers] == [logging.NullHandler] * in_a_notebook
