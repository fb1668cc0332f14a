"""Importing a module of the package only defines things."""

import json
import os
import pkgutil
import subprocess
import sys

import pytest

import scratch

# The libraries that are slow to import, and the modules that cannot do without.
HEAVY = ["numba", "matplotlib.pyplot", "torch"]
NEEDED = {
    "scratch.plots": ["matplotlib.pyplot"],
    "scratch.plots.ablation": ["matplotlib.pyplot"],
    "scratch.plots.clusters": ["matplotlib.pyplot"],
    "scratch.plots.concepts": ["matplotlib.pyplot"],
    "scratch.plots.curves": ["matplotlib.pyplot"],
    "scratch.plots.descent": ["matplotlib.pyplot"],
    "scratch.plots.dots": ["matplotlib.pyplot"],
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
    "scratch.plots.style": ["matplotlib.pyplot"],
    "scratch.plots.tables": ["matplotlib.pyplot"],
    "scratch.recommenders.torch_adapters": ["torch"],
    "scratch.recommenders.torch_models": ["torch"],
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
