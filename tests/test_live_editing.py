"""Edits of a module's file show in the next cell of a real kernel, without a restart.

All edits of a file happen within one second and keep its size: then Python takes a cached .pyc of
the old source for the new one. %autoreload must not fall for it, in the way the course uses it.
"""

import os
import re
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

import scratch.factorization
from scratch.machinery.compiled import numba_is_available

needs_numba = pytest.mark.skipif(not numba_is_available(), reason="numba is not installed")

LESSON = """
from scratch.machinery.compiled import compiled

def function():
    return 1

class Model:
    def method(self):
        return 1

@compiled
def loop(numbers):
    total = 0.0
    for i in range(len(numbers)):
        total += 1 * numbers[i]
    return total
"""
SEE_ALL = "print(function(), model.method(), loop(np.ones(1)), loop([1.0]))"


class Kernel:
    """A kernel, and files whose every edit is 10 ms younger than the one before."""

    def __init__(self, folder: Path):
        env = os.environ | {"IPYTHONDIR": str(folder / "ipython")}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # the trap with the .pyc is part of the test
        self.folder = folder
        self.manager, self.client = start_new_kernel(cwd=str(folder), env=env)

    def run(self, code: str) -> str:
        """Run a cell; returns what it printed, fails when it raised."""
        printed = []

        def keep(message):
            printed.append(message["content"].get("text", ""))

        reply = self.client.execute_interactive(code, timeout=60, output_hook=keep)["content"]
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        return "".join(printed).strip()

    def error(self, code: str) -> str:
        """Run a cell that fails; returns what the learner sees, without colours."""
        reply = self.client.execute_interactive(code, timeout=60)["content"]
        assert reply["status"] == "error", code
        return without_colours("\n".join(reply["traceback"]))

    def question(self, code: str) -> str:
        """Run a cell like `name??`; returns what the learner sees, without colours."""
        reply = self.client.execute_interactive(code, timeout=60)["content"]
        return without_colours(reply["payload"][0]["data"]["text/plain"])

    def write(self, module: str, source: str) -> None:
        path = self.folder / f"{module}.py"
        written_at = path.stat().st_mtime_ns + 10**7 if path.exists() else 10**18
        path.write_text(source, encoding="utf-8")
        os.utime(path, ns=(written_at, written_at))

    def shut_down(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("notebooks"))
    try:
        kernel.run("import numpy as np\nimport scratch")
        kernel.run("%load_ext autoreload\n%autoreload 2 --full")
        yield kernel
    finally:
        kernel.shut_down()


def test_every_edit_of_a_function_a_method_and_a_compiled_loop_is_seen(kernel):
    kernel.write("lesson", LESSON)
    kernel.run("from lesson import Model, function, loop")
    kernel.run("model = Model()")
    assert kernel.run(SEE_ALL) == "1 1 1.0 1.0"
    for digit in "234":
        kernel.write("lesson", LESSON.replace("1", digit))
        assert kernel.run(SEE_ALL) == f"{digit} {digit} {digit}.0 {digit}.0"
        if numba_is_available():  # the array really went through machine code, of the new source
            assert (
                kernel.run("print(loop.machine.signatures)")
                == "[(Array(float64, 1, 'C', False, aligned=True),)]"
            )


def test_an_edit_is_seen_after_a_syntax_error_was_saved_and_repaired(kernel):
    kernel.write("repaired", LESSON)
    kernel.run("from repaired import Model, function, loop")
    kernel.run("model = Model()")
    kernel.write("repaired", LESSON.replace("1", "("))
    complaint = kernel.run("1 + 1")
    assert complaint.count("SyntaxError: ") == 1 and "repaired.py" in complaint
    kernel.write("repaired", LESSON.replace("1", "2"))
    assert kernel.run(SEE_ALL) == "2 2 2.0 2.0"


def test_nothing_is_left_behind_by_an_edit_that_is_not_a_definition(kernel):
    kernel.write("reloaded", LESSON)
    kernel.run("from reloaded import Model, function, loop")
    kernel.run("model = Model()")
    # A new statement at the top level that is neither a definition nor a constant: without --full,
    # IPython 9.18 shows that edit, but no later one to a plain function imported by name before.
    for digit in "234":
        kernel.write("reloaded", LESSON.replace("1", digit) + "len([])\n")
        assert kernel.run(SEE_ALL) == f"{digit} {digit} {digit}.0 {digit}.0"


FAILING = """
from scratch.machinery.compiled import compiled

def function(x):
    return 1 / x

class Model:
    def method(self, x):
        return 1 / x

@compiled
def loop(numbers):
    for i in range(len(numbers)):
        if numbers[i] == 0:
            raise ZeroDivisionError("1 / 0")
    return 1
"""
MORE = "# one line\n# and another\n"
CALLS = {
    "function": "function(0)",
    "method": "model.method(0)",
    "loop": "loop([0])",
    "compiled loop": "loop(np.zeros(1))",
}
NAMES = {"function": "function", "method": "model.method", "loop": "loop", "compiled loop": "loop"}
# What happens to the file, in order: its sources, each followed by a cell.
EDITS = {
    "an edit": [FAILING.replace("1", "2")],
    "an edit and its undo": [FAILING.replace("1", "2"), FAILING],
    "a line added above": [MORE + FAILING],
    "lines added above and taken away": [MORE + FAILING, FAILING],
    "a syntax error and its repair": [FAILING.replace("return 1", "return ("), FAILING + "# end"],
    "another statement at the top": ["len([])\n" + FAILING, MORE + FAILING.replace("1", "3")],
}


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_tracebacks_and_sources_show_the_file_as_it_is(kernel, edit):
    module = "failing_" + edit.replace(" ", "_")
    kernel.write(module, FAILING)
    kernel.run(f"from {module} import Model, function, loop\nmodel = Model()")
    for call in CALLS.values():
        kernel.error(call)  # so that whatever remembers sources has something to forget
    for source in EDITS[edit]:
        kernel.write(module, source)
        kernel.run("1 + 1")
    lines = source.split("\n")
    for what, call in CALLS.items():
        shown = kernel.error(call)
        assert "Error retrieving source" not in shown, shown
        frame = shown[shown.rindex("File ") :]  # the innermost one
        place = re.match(r"File (.*):(\d+), in ", frame)
        arrow = re.search(r"-> (\d+) (.*)", frame)
        assert Path(place[1]) == kernel.folder / f"{module}.py"
        assert place[2] == arrow[1]
        line = lines[int(arrow[1]) - 1]
        assert line.strip() == arrow[2].strip(), (what, shown)
        assert re.search(r"\d / ", line) and (("raise" in line) == ("loop" in what))
        asked = kernel.question(NAMES[what] + "??")
        definition = re.search(r"Source: *\n(.*?)\nFile: ", asked, re.DOTALL)[1].strip("\n")
        assert definition in source and line in definition


@needs_numba
def test_the_loop_of_the_course_is_edited_live(kernel):
    source = Path(scratch.factorization.__file__).read_text(encoding="utf-8")
    kernel.write("factorization_copy", source)
    kernel.run("from factorization_copy import MatrixFactorization, Ratings, sgd_epoch")
    # Predicted 1, rated 3: the squared error is 4 and the step of 0.1 leads from 1 to 1.2.
    one = "np.array([0]), np.array([0]), np.array([3.0])"
    kernel.run("model = MatrixFactorization(1, num_epochs=1, init_scale=0, learning_rate=0.1)")
    see = f"""
U, V = np.ones((1, 1)), np.ones((1, 1))
print(sgd_epoch({one}, U, V, 0.1), U[0, 0].round(9), V[0, 0].round(9))"""
    assert kernel.run(see) == "4.0 1.2 1.2"

    def edit(old, new):
        assert old in source and len(old) == len(new)
        kernel.write("factorization_copy", source.replace(old, new, 1))

    edit("return squared_errors / len(ratings)", "return squared_errors + len(ratings)")
    assert kernel.run(see) == "5.0 1.2 1.2"
    edit("user[f] -= learning_rate", "user[f] += learning_rate")
    assert kernel.run(see) == "4.0 0.8 1.2"
    edit("error = predicted - ratings[i]", "error = predicted * ratings[i]")
    assert kernel.run(see) == "9.0 0.7 0.7"
    assert kernel.run("print(len(sgd_epoch.machine.signatures))") == "1"
    # A model made before the edit runs the edited loop.
    edit("user[f] -= learning_rate * user_gradient", "user[f] -= learning_rate - user_gradient")
    kernel.run(f"model.fit(Ratings({one}), rng=np.random.default_rng(0))")
    assert kernel.run("print(model.U[0, 0])") == "-0.1"


@needs_numba
def test_the_trap_that_compiled_avoids_is_real(kernel):
    trap = LESSON + "\nfrom numba import njit\n\ndef plain():\n    return 1\n\nfast = njit(plain)\n"
    kernel.write("trap", trap)
    kernel.run("from trap import fast, loop, plain")
    see = "print(plain(), loop(np.ones(1)), fast())"
    assert kernel.run(see) == "1 1.0 1"
    kernel.write("trap", trap.replace("1", "2"))
    assert kernel.run(see) == "2 2.0 1"  # `fast` is stale
