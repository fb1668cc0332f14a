"""Under nbval every cell is run twice in a row, so that a learner may run any cell again."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scratch.course.unchanged import looked_up

ROOT = Path(__file__).parents[1]


def run_notebook(folder: Path, *cells: tuple[str, str]) -> subprocess.CompletedProcess:
    """Test a notebook of (source, stored output) as the course does, with the course's conftest."""
    conftest = (ROOT / "conftest.py").read_text(encoding="utf-8")
    conftest = re.sub(r"^LONG_SECONDS = .*", "LONG_SECONDS = 0.2", conftest, flags=re.MULTILINE)
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    notebook = nbformat.v4.new_notebook()
    for number, (source, text) in enumerate(cells, 1):
        stored = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
        notebook.cells.append(nbformat.v4.new_code_cell(source, outputs=stored))
        notebook.cells[-1].execution_count = number
    nbformat.write(notebook, folder / "lesson.ipynb")
    # -rN: the summary at the end repeats every message in full where the variable CI is set.
    command = [sys.executable, "-m", "pytest", "-rN", "--nbval", "--nbval-current-env"]
    return subprocess.run([*command, "lesson.ipynb"], cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_a_cell_that_does_something_else_the_second_time_fails(tmp_path):
    start = (
        "import numpy as np\nnumbers, open = [], {'key': 'here'}\nrng = np.random.default_rng(0)"
    )
    done = run_notebook(
        tmp_path,
        (start, ""),
        ("numbers.append(1)\nprint(len(numbers))", "1\n"),
        ("print(rng.random() > 2, round(rng.random(), 3))", "False 0.27\n"),
        ("print(open.pop('key', 'gone'))", "here\n"),
        ("print('well')", "well\n"),
        ("del numbers", ""),
    )
    assert done.returncode == 1 and "4 failed, 2 passed" in done.stdout, done.stdout
    assert done.stdout.count("run a second time it fails or prints something else") == 4


@pytest.mark.slow
def test_cells_that_can_be_run_again_pass(tmp_path):
    done = run_notebook(
        tmp_path,
        ("%load_ext autoreload\n%autoreload 2 --full", ""),
        ("numbers = [1]\nnumbers.append(2)\nprint(numbers)", "[1, 2]\n"),
        ("# 00.1: your code", ""),
    )
    assert "3 passed" in done.stdout, done.stdout


LONG = "import time\nnumbers = [1]\nwait = 0.3"


@pytest.mark.slow
def test_a_long_cell_that_changes_nothing_it_uses_is_run_once(tmp_path):
    # What it leaves in a file nobody sees: so the test can count how often it ran.
    mark = "with open('runs.txt', 'a') as file:\n    file.write('x')"
    done = run_notebook(
        tmp_path, (LONG, ""), (f"time.sleep(wait)\nprint(len(numbers))\n{mark}", "1\n")
    )
    assert "2 passed" in done.stdout, done.stdout
    assert (tmp_path / "runs.txt").read_text(encoding="utf-8") == "x"


@pytest.mark.slow
def test_a_long_cell_that_changes_what_it_uses_is_run_twice(tmp_path):
    done = run_notebook(
        tmp_path,
        (LONG, ""),
        ("def add():\n    numbers.append(1)", ""),
        ("time.sleep(wait)\nnumbers.append(1)\nprint(len(numbers))", "2\n"),
        ("time.sleep(wait)\nadd()\nprint(len(numbers))", "4\n"),
        ("time.sleep(wait)\nnumbers = [*numbers, 1]\nprint(len(numbers))", "6\n"),
    )
    assert "3 failed, 2 passed" in done.stdout, done.stdout
    assert done.stdout.count("run a second time it fails or prints something else") == 3


@pytest.mark.slow
def test_what_is_printed_may_not_depend_on_generators_that_everybody_shares(tmp_path):
    seeds = "random.seed(0)\nnp.random.seed(0)\n_ = torch.manual_seed(0)"
    drawn = ("random.random()", "np.random.random()", "torch.rand(1).item()")
    values = ("0.844\n", "0.549\n", "0.496\n")  # after these seeds
    cells = [(f"print(round({call}, 3))", value) for call, value in zip(drawn, values, strict=True)]
    done = run_notebook(tmp_path, (f"import random, numpy as np, torch\n{seeds}", ""), *cells)
    assert "3 failed, 1 passed" in done.stdout and "second time" not in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x = y", "y"),
        ("x = x", "x"),
        ("x = 1\nx", ""),
        ("x += 1", "x"),
        ("for x in x: pass", "x"),
        ("for x in y: x\nx", "x y"),
        ("[x for x in y if x > z]", "y z"),
        ("{x: w for x in y for w in x}", "y"),
        ("if y:\n    x = 1\nx", "x y"),
        ("x[0] = y", "x y"),
        ("def f(): return x", "x"),
        ("del x", "x"),
    ],
)
def test_what_a_cell_looks_up_before_it_binds_it_itself(code, names):
    assert looked_up(code) == set(names.split())


@pytest.mark.slow
def test_a_wrong_output_is_told_apart(tmp_path):
    done = run_notebook(tmp_path, ("print(1)", "2\n"))
    assert done.returncode == 1 and "second time" not in done.stdout


@pytest.mark.slow
def test_the_last_lines_say_that_the_sliders_were_not_tried(tmp_path):
    (tmp_path / "test_sliders_in_a_browser.py").write_text(
        "import pytest\n\n\n@pytest.mark.skip(reason='no such browser')\ndef test_it(): ...\n",
        encoding="utf-8",
    )
    shutil.copy(ROOT / "conftest.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-rN", "--nbval", "test_sliders_in_a_browser.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    last = done.stdout.rstrip().split("\n")[-2:]
    assert last == ["notebooks: none was run",
                    "sliders: not tried in a browser (no such browser)"], done.stdout  # fmt: skip
