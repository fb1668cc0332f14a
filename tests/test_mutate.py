"""Mutation testing itself: what it changes, whose tests it runs, and that it does no harm."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import mutate
import pytest
import walled
from mutants import mutants

ROOT = Path(__file__).parents[1]


def changed(text: str) -> set[str]:
    """The lines that mutants put in the place of this one, which stands alone in a function."""
    found = mutants(f"def f(a, b):\n    {text}\n")
    assert all(m.line == 2 and m.place == "f" and m.before == " ".join(text.split()) for m in found)
    return {mutant.after for mutant in found}


# What is changed


@pytest.mark.parametrize(
    ("line", "others"),
    [
        ("a(b < 1)", {"pass", "a(b <= 1)", "a(b >= 1)", "a(b < 2)", "a(b < 0)"}),
        ("b = a is not b", {"pass", "b = a is b"}),
        ("yield a + b", {"yield a - b"}),
        ("yield (a) ** (b)", {"yield (a) * (b)"}),
        ("a += b", {"pass", "a -= b", "a = b"}),
        ("yield -b", {"yield b"}),
        ("yield not b", {"yield b"}),
        ("yield a and b", {"yield a or b", "yield True and b", "yield a and True"}),
        ("yield b if a else 0.5", {
            "yield b if not (a) else 0.5", "yield b if a else 1.5", "yield b if a else 0.0",
        }),
        ("yield [c for c in a if c]", {"yield [c for c in a if not (c)]"}),
        ("yield a[1:]", {"yield a[:]", "yield a[2:]", "yield a[0:]"}),
        ("yield min(a)", {"yield max(a)"}),
        ("yield a.any(b=a)", {"yield a.all(b=a)", "yield a.any()"}),
        ("yield a(a, b=a, c=b)", {"yield a(a, c=b)", "yield a(a, b=a)"}),
        ("yield zip(a, b, strict=True)", set()),
        ("yield a(color=b[1])", {"yield a()", "yield a(color=b[2])", "yield a(color=b[0])"}),
        ("yield a, True", {"yield a, False"}),
        ("yield 'name'", {"yield \"XX\" 'name'"}),
        ("return a", {"return None"}),
        ("return None", set()),
        ("raise a", {"pass"}),
        ("del a", {"pass"}),
        ("a = 'ÿ' + b", {"pass", "a = \"XX\" 'ÿ' + b", "a = 'ÿ' - b"}),
    ],
)  # fmt: skip
def test_mutants_of_a_line(line, others):
    assert changed(line) == others


@pytest.mark.parametrize(
    "text",
    [
        '"""Text."""',
        "__all__ = ['a']",
        "if TYPE_CHECKING:\n    a = 1",
        "Pairs = tuple[int, Literal[1]] | None",
        "T = TypeVar('T', bound=int)",
        "@overload\ndef f(a=1): ...",
        "def f(a: Literal[1] = None) -> Literal[1]:\n    '''Text.'''\n    b: Literal[1]",
        "a = 'This is a sentence.'\nb = f'and so is {this} one'",
        "a = ValueError('x', 1)",
        "assert a > 1, 'x'",
        "a = plot(b, color='red', linewidth=2, bbox={'pad': -1})",
    ],
)
def test_what_no_test_should_notice_stays_as_it_is(text):
    assert mutants(text) == []


def test_of_a_message_nothing_changes_but_whether_it_comes():
    assert changed("raise ValueError(f'{a}', a + 1) from None") == {"pass"}
    assert changed("print('x', 1)") == changed("warn('x', 1)") == {"pass"}


def test_a_change_is_said_without_comments_and_keeps_the_number_of_lines():
    text = "def f():\n    return g(\n        1,  # one\n        2,\n    )\n\n\nx = 3\n"
    found = mutants(text)
    assert all(mutant.text.count("\n") == text.count("\n") for mutant in found)
    first, second, *_ = (mutant.shown() for mutant in found)
    assert first == "f: return g( 1, 2, ) → return None"
    assert second == "f: 1, → 2,"
    assert found[-1].shown() == "x = 3 → x = 2" and found[-1].line == 8


@pytest.mark.parametrize("module", ["pca", "machinery/compiled"])
def test_mutants_of_a_module_can_be_read_and_are_all_different(module):
    text = (ROOT / "scratch" / f"{module}.py").read_text(encoding="utf-8")
    found = mutants(text)
    trees = {ast.dump(ast.parse(mutant.text)) for mutant in found}
    assert len(found) > 100
    assert len(trees | {ast.dump(ast.parse(text))}) == len(found) + 1
    assert {mutant.text.count("\n") for mutant in found} == {text.count("\n")}


# Whose tests


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("pca", ["test_pca"]),
        ("exercises/source", ["test_exercises_source"]),
        ("plots/scale", ["test_plots_scale", "test_figures", "test_plots_odd_data"]),
        (
            "plots/maps",
            ["test_plots", "test_plots_style", "test_figures", "test_plots_odd_data"],
        ),  # which calls plots.labelled_map
        ("course/cli", ["test_commands"]),
    ],
)
def test_the_tests_of_a_module(module, tests):
    assert [path.stem for path in mutate.tests_of(ROOT, module)] == tests


def test_what_is_listed_by_hand_is_there():
    assert {*mutate.ELSEWHERE} <= {*mutate.modules_of(ROOT, [])}
    names = {name for names in mutate.ELSEWHERE.values() for name in names}
    assert all((ROOT / "tests" / f"test_{name}.py").exists() for name in names)


@pytest.mark.parametrize(
    ("stem", "left"),
    [("b", "cb"), ("a", "caa"), ("c", "caab")],  # for c no test is marked: all are run
)
def test_the_quickest_first_and_none_that_is_about_the_rooms_others(stem, left, tmp_path):
    for name in "abc":
        (tmp_path / "room").mkdir(exist_ok=True)
        (tmp_path / "room" / f"{name}.py").touch()
    ids = {"a": "t.py::t[a.f-x b.g]", "b": "t.py::t[room.b.f]", "c": "t.py::t[1.5 a.f]"}
    items = [SimpleNamespace(nodeid=node) for node in [*ids.values(), ids["a"]]]
    order = mutate.InOrder({ids["a"]: 2.0, ids["b"]: 3.0}, tmp_path / "room" / f"{stem}.py")
    order.pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == [ids[name] for name in left]


def test_modules_are_named_by_their_ends_or_by_their_room():
    assert mutate.modules_of(ROOT, ["scale"])[0] == "course/scale"
    assert mutate.modules_of(ROOT, ["evaluation/lists", "pca"]) == ["evaluation/lists", "pca"]
    assert "serving/exact" in mutate.modules_of(ROOT, ["serving"])
    assert len(mutate.modules_of(ROOT, [])) > 100
    with pytest.raises(SystemExit, match="no module or room nothing"):
        mutate.modules_of(ROOT, ["nothing"])


JUDGED = sorted((ROOT / "tests" / "equivalent_mutants").glob("*.txt"))


@pytest.mark.parametrize("path", JUDGED, ids=lambda path: path.stem)
def test_each_mutant_that_is_judged_to_change_nothing_has_a_reason(path):
    for part in path.read_text(encoding="utf-8").strip().split("\n\n"):
        reason, *lines = part.split("\n")
        assert reason.startswith("# ") and len(reason.split()) > 3, part
        for key in lines:
            if not key.startswith("#"):
                assert (ROOT / key.split()[0]).exists() and " → " in key, key
                assert key.startswith((f"scratch/{path.stem}/", f"scratch/{path.stem}.py")), key


# A run


needs_walls = pytest.mark.skipif(bool(why := mutate.no_walls()), reason=why or "there are walls")

TINY = '''\
"""A package."""


def last(values):
    """The last that is left.

    >>> last([5])
    5
    """
    while values[1:]:
        values.pop()
    return values[0]


def test(values):
    """What is called so, and is none."""
'''
TEST = """
from scratch.tiny import last

def test_last():
    assert last([3, 1]) == 3
"""


@pytest.fixture
def tiny(tmp_path):
    """A course with one module."""
    for name, text in {
        "scratch/__init__.py": "", "scratch/tiny.py": TINY, "tests/test_tiny.py": TEST,
        "tests/equivalent_mutants/tiny.txt":
            "# One is left.\nscratch/tiny.py last: return values[0] → return values[-1]\n",
        "pytest.ini": "[pytest]\naddopts = --doctest-modules\n",
    }.items():  # fmt: skip
        (tmp_path / "course" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "course" / name).write_text(text, encoding="utf-8")
    try:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path / "course", check=True)
    except OSError:
        pytest.skip("git is not here")
    return tmp_path / "course"


def test_a_run_that_goes_on_draws_what_the_one_before_had_no_time_for():
    first = mutate.drawn([*range(30)], 20, 0, 0)
    assert len({*first}) == 20 and mutate.drawn([*range(30)], 20, 0, 12) == first[12:]
    assert mutate.drawn([*range(30)], 20, 1, 0) != first


@pytest.mark.slow
@needs_walls
def test_a_run_says_what_was_caught_and_leaves_nothing_behind(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "copies"))
    (tmp_path / "copies").mkdir()
    words = ["--patience", "2", "--json", str(tmp_path / "found.json")]
    assert mutate.main(words, tiny) == 1
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["tiny"]
    assert found["mutants"] == found["tried"] == 8
    assert found["survivors"] == [[10, "last: while values[1:]: → while values[2:]:"]]
    assert found["equivalent"] == [[12, "last: return values[0] → return values[-1]"]]
    assert found["hung"] == 1  # without values.pop()
    said = capsys.readouterr().out
    assert "8 mutants, 6 caught (1 by their hanging), 1 equal, 1 survive: 85.7 %" in said
    assert "  scratch/tiny.py:10 last: while values[1:]: → while values[2:]:\n" in said
    assert (tiny / "scratch" / "tiny.py").read_text(encoding="utf-8") == TINY
    assert [*(tmp_path / "copies").iterdir()] == []

    better = f"{TEST}    left = [3, 1]\n    last(left)\n    assert left == [3]\n"
    (tiny / "tests" / "test_tiny.py").write_text(better, encoding="utf-8")
    assert mutate.main(["--again", str(tmp_path / "found.json")], tiny) == 0
    assert "1 of 8 mutants, 1 caught, 0 equal, 0 survive: 100.0 %" in capsys.readouterr().out


@pytest.mark.slow
@needs_walls
@pytest.mark.parametrize(
    ("test", "told", "code"),
    [
        (f"{TEST}    assert last([1]) == 2\n", "its tests fail (1):", 1),
        ("", "it has no test of its own", 1),
        ("import pytest\npytest.skip(allow_module_level=True)", "all of its tests are skipped", 0),
    ],
)
def test_without_tests_that_pass_as_they_are_nothing_is_tried(test, told, code, tiny, capsys):
    (tiny / "scratch" / "tiny.py").write_text(TINY.replace(">>>", ""), encoding="utf-8")
    (tiny / "tests" / "test_tiny.py").unlink()
    if test:
        (tiny / "tests" / "test_tiny.py").write_text(test, encoding="utf-8")
    assert mutate.main([], tiny) == code
    said = capsys.readouterr().out
    assert f"scratch/tiny.py: {told}" in said
    assert ("assert 1 == 2" in said) == ("fail" in told)
    assert "Not tried, or in vain: tiny" in said


def test_a_survivor_is_missed_and_a_judgement_that_fits_no_more_is_named():
    found = {"mutants": 4, "tried": 4, "hung": 0, "problem": "", "seconds": 5}
    found["survivors"] = [[1, "f: a → b"], [2, "g: a → b"]]
    equal = {"scratch/m.py f: a → b", "scratch/m.py f: a → c", "scratch/n.py f: a → c"}
    assert mutate.report("m", found, equal).split("\n") == [
        "scratch/m.py: 4 mutants, 2 caught, 1 equal, 1 survive: 66.7 % (5 s)",
        "  scratch/m.py:2 g: a → b",
        "  judged to change nothing, and no survivor: scratch/m.py f: a → c",
    ]


IN_THERE = """
import os, pathlib, signal, socket, subprocess, sys, time
sys.path.append(sys.argv[1])
import walled
folder, log = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[2]) / "log"
os.environ["TMPDIR"] = str(folder / "tmp")
walled.close(folder)
def write():
    for path in (folder / "mine", folder / "tmp" / "mine", "/dev/shm/mine", sys.argv[3]):
        pathlib.Path(path).write_text("changed")
def remove():
    pathlib.Path(sys.argv[3]).unlink()
def fill():
    return len(b"x" * 2**33)
def start_and_kill():
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    os.kill(-1, signal.SIGKILL)  # all but this one
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    return 3
def serve():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            return 4
def ask():
    socket.create_connection(("192.0.2.1", 80))
works = {write: 99, remove: 99, fill: 99, start_and_kill: 3, serve: 4, ask: 99}
assert {work: walled.run(work, 60, log)[0] for work in works} == works
assert walled.run(lambda: time.sleep(600), 1, log)[0] is None
assert [name for name in os.listdir("/proc") if name.isdigit()] == ["1"]
assert os.listdir("/dev/shm") == os.listdir(folder / "tmp") == []
"""


@needs_walls
def test_within_the_walls_no_harm_can_be_done(tmp_path):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.write_text("as it was")
    (ours / "tmp").mkdir(parents=True)
    words = [sys.executable, "-c", IN_THERE, str(ROOT / "tests"), str(ours), str(theirs)]
    with subprocess.Popen(
        [*walled.WALLS, *words], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        said = process.stderr.read()  # until its end
    assert (process.returncode, said) == (0, "")
    assert theirs.read_text() == "as it was" and (ours / "mine").read_text() == "changed"
    log = (ours / "log").read_text()
    errors = re.findall(r"^(?:\w+Error.*)", log, flags=re.MULTILINE)
    assert [error.partition(":")[0] for error in errors] == [
        "OSError", "OSError", "MemoryError", "OSError",
    ]  # fmt: skip
    assert log.count("Read-only file system") == 2 and "Network is unreachable" in log


@needs_walls
def test_who_is_left_alone_within_the_walls_ends():
    program = "import walled, time; walled.run(lambda: time.sleep(600), 600, '/dev/null')"
    process = subprocess.Popen(
        [*walled.WALLS, sys.executable, "-c", program], cwd=ROOT / "tests", stdin=subprocess.PIPE
    )
    process.stdin.close()
    assert process.wait(60) == 1
