"""What each command of the course does or hands on, in this process: nothing is installed."""

import errno
import os
import runpy
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scratch.course import (
    cli,
    environment,
    extras,
    git_filter,
    install,
    kit,
    paths,
    refresh,
    scale,
    spelling,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture
def asked(monkeypatch):
    """The modules that a command runs, with their arguments; `failing` ones return 3."""
    modules = Modules()
    monkeypatch.setattr(cli, "module", modules)
    for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "unset")  # so that it is put back
    return modules


class Modules(list):
    failing = ()

    def __call__(self, *words):
        self.append(words)
        return 3 if words[: len(self.failing)] == self.failing and self.failing else 0


# What runs in a module of its own


def test_test_runs_all_tests_after_it_has_looked_for_the_data(asked):
    assert cli.test(["-x"]) == 0
    data, (program, *words) = asked
    assert data == ("scratch.datasets", "--or-stand-in")
    assert program == "pytest" and "--nbval" in words and words[-1] == "-x"
    assert "not slow" not in words


@pytest.fixture
def spark_there(monkeypatch):
    """Spark is beside the course, as far as the commands know."""
    monkeypatch.setenv("PYTHONPATH", "unset")  # so that it is put back
    monkeypatch.setattr(scale, "ready", lambda: "beside")


def test_scale_runs_its_script_where_spark_is_found(asked, spark_there, monkeypatch):
    ran = []
    monkeypatch.setattr(cli, "run", lambda *words: ran.append(words) or 5)
    assert cli.scale(["--only", "skew"]) == 5
    assert asked == [("scratch.datasets", "--or-stand-in")]
    assert ran == [(sys.executable, "benchmarks/spark.py", "--only", "skew")]
    assert os.environ["PYTHONPATH"] == "beside"


def test_the_tests_that_need_spark_run_one_after_the_other(asked, spark_there):
    assert cli.test_scale(["-x"]) == 0
    data, words = asked
    assert data == ("scratch.datasets", "--or-stand-in")
    assert words == ("pytest", "-m", "scale", "tests", "-x")
    assert os.environ["PYTHONPATH"] == "beside"


def test_without_java_nothing_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(extras, "fetch", lambda extra: pytest.fail("half a gigabyte for nothing"))
    with pytest.raises(install.SetupError, match="Spark needs Java 17 or newer"):
        scale.ready()


def test_spark_is_found_before_what_was_found_already(monkeypatch):
    monkeypatch.setattr(scale, "find_java", lambda: "java")
    monkeypatch.setattr(extras, "fetch", lambda extra: None)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert scale.ready() == str(extras.SCALE.folder)
    monkeypatch.setenv("PYTHONPATH", "mine")
    assert scale.ready() == f"{extras.SCALE.folder}{os.pathsep}mine"


def test_a_long_test_goes_on_to_odd_arguments_whatever_became_of_the_mutants(monkeypatch, tmp_path):
    ran = []
    monkeypatch.setattr(cli, "run", lambda *words: ran.append(words[1:]) or int(len(ran) == 1))
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(cli, "LOGS", tmp_path / "logs")
    (tmp_path / "tests" / "calls").mkdir(parents=True)
    for name in ("calls/pca", "calls/machinery__rows", "calls/machinery__runs"):
        (tmp_path / "tests" / f"{name}.py").touch()
    mutate = ("tests/mutate.py", "--json", str(tmp_path / "logs" / "mutants.json"), "-j", "1")
    assert cli.test_long(["-j", "1"]) == 1
    assert ran == [mutate] and (tmp_path / "logs").is_dir()
    (tmp_path / "tests" / "attack.py").touch()
    ran.clear()
    assert cli.test_long(["-j", "1"]) == 1
    attacks = [("tests/attack.py", room, "--odd", "1000") for room in ("machinery", "pca")]
    assert ran == [mutate, *attacks]


@pytest.mark.parametrize(
    "command", [cli.test, cli.lab, cli.bench, cli.scale, cli.test_scale], ids=lambda c: c.__name__
)
def test_without_data_and_stand_in_nothing_begins(asked, command):
    asked.failing = ("scratch.datasets",)
    assert command([]) == 3 and len(asked) == 1


def test_check_runs_the_tests_but_not_the_slow_ones(asked):
    assert cli.check(["-x", "tests/test_pca.py"]) == 0
    ((program, *words),) = asked  # no data are fetched before
    assert program == "pytest" and words[-4:] == ["-m", "not slow", "-x", "tests/test_pca.py"]
    assert not any("nbval" in word for word in words)
    assert os.environ["OMP_NUM_THREADS"] == "1" and os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_coverage_measures_what_check_runs(asked, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "LOGS", tmp_path / "logs")
    assert cli.coverage(["-x"]) == 0
    assert [words[:2] for words in asked] == [
        ("coverage", step) for step in ("erase", "run", "combine", "report")
    ]
    measured = asked[1][asked[1].index("pytest") :]
    del asked[:]
    cli.check(["-x"])
    assert [measured] == asked
    assert (tmp_path / "logs").is_dir()


def test_coverage_of_some_tests_need_not_be_of_everything(asked, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "LOGS", tmp_path)
    assert cli.coverage(["tests/test_pca.py"]) == 0
    assert asked[-1] == ("coverage", "report", "--fail-under=0")
    cli.coverage([])
    assert asked[-1] == ("coverage", "report")


@pytest.mark.parametrize("fails", ["run", "report"])
def test_coverage_fails_where_a_test_does_or_too_little_is_run(asked, monkeypatch, tmp_path, fails):
    monkeypatch.setattr(cli, "LOGS", tmp_path)
    asked.failing = ("coverage", fails)
    assert cli.coverage([]) == 3
    assert asked[-1][1] == fails


def test_data_hands_its_options_on(asked):
    assert cli.data(["--stand-in"]) == 0
    assert asked == [("scratch.datasets", "--stand-in")]


def test_lint_stops_at_the_first_complaint(asked):
    assert cli.lint([]) == 0
    assert asked[0][:2] == ("ruff", "check") and len(asked) >= 2
    for complained in list(asked):
        del asked[:]
        asked.failing = complained
        assert cli.lint([]) == 3 and asked[-1] == complained


# What runs in this process


@pytest.mark.parametrize(
    ("command", "function"),
    [
        (cli.lab, "scratch.course.lab.serve"),
        (cli.refresh, "scratch.course.refresh.main"),
        (cli.exercises, "scratch.course.exercises.main"),
        (cli.handout, "scratch.course.kit.make_handout"),
        (cli.recall, "scratch.course.kit.make_recall"),
        (cli.slides, "scratch.course.kit.make_slides"),
        (cli.colab, "scratch.course.copies.make"),
        (cli.docs, "scratch.course.kit.make_docs"),
        (cli.book, "scratch.course.book.make"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_command_hands_its_options_on_and_returns_the_code(asked, monkeypatch, command, function):
    got = []
    monkeypatch.setattr(function, lambda options: got.append(options) or 7)
    assert command(["04"]) == 7 and got == [["04"]]


def test_the_pages_of_docs_are_made_and_named(monkeypatch, tmp_path, capsys):
    for name in ("notebooks", "scratch"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs/terms.tsv", tmp_path / "docs")
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    assert cli.docs([]) == 0
    for name in ("glossary.md", "map.md"):
        assert (tmp_path / "docs" / name).read_bytes() == (ROOT / "docs" / name).read_bytes()
    assert (tmp_path / "docs/map.png").read_bytes()[:4] == b"\x89PNG"
    lines = capsys.readouterr().out.splitlines()
    assert [Path(line.split()[0]).name for line in lines] == ["glossary.md", "map.md", "map.png"]


def test_docs_say_what_is_wrong(monkeypatch, tmp_path, capsys):
    assert cli.docs(["04"]) == 2 and "docs takes no options" in capsys.readouterr().err
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/terms.tsv").write_text("a line without tabs\n", encoding="utf-8")
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    assert cli.docs([]) == 1 and "terms.tsv" in capsys.readouterr().err


def test_the_handout_is_named_with_its_size(monkeypatch, tmp_path, capsys):
    (tmp_path / "a.zip").write_bytes(b"0" * 260_000)
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    monkeypatch.setattr("scratch.teaching.handout.build", lambda root, folder: root / "a.zip")
    assert cli.handout([]) == 0
    assert capsys.readouterr().out == "a.zip  (0.3 MB)\n"


# Refreshing


class Client:
    """Stands for nbclient's: every cell prints its own source."""

    def __init__(self, notebook, resources, **_):
        self.cells, self.folder = notebook.cells, Path(resources["metadata"]["path"])

    def execute(self):
        assert self.folder.is_dir()
        for cell in self.cells:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=cell.source)]
            cell.execution_count = 5


@pytest.fixture
def a_notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "NotebookClient", Client)
    monkeypatch.setattr(refresh, "NOTEBOOKS", tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "unset")

    def write(said):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(said)])
        path = tmp_path / "04_short.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


def test_what_ran_on_the_real_data_is_stored_as_the_course_does_it(a_notebook, capsys):
    path = a_notebook("MovieLens 100K (the real data)")
    assert cli.refresh(["4"]) == 0
    assert capsys.readouterr().out == "04_short.ipynb: 0 s\n"
    (cell,) = nbformat.read(path, as_version=4).cells
    assert cell.outputs[0].text == "MovieLens 100K (the real data)" and cell.execution_count == 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("data", ["(a generated STAND-IN, not the real data)", "(not checked: 1)"])
def test_what_ran_on_other_data_is_not_stored(a_notebook, capsys, data):
    path = a_notebook(f"MovieLens 100K {data}")
    before = path.read_bytes()
    assert cli.refresh([]) == 1
    assert "04_short.ipynb did not run on the real data" in capsys.readouterr().err
    assert path.read_bytes() == before


# From the words to a command


@pytest.fixture
def python(monkeypatch):
    """The set-up is there already, in this Python; `main` changes nothing that outlives a test."""
    monkeypatch.setattr(environment, "ready", lambda: sys.executable)
    monkeypatch.setenv("PYTHONIOENCODING", "")


def raises(error):
    def command(options):
        raise error

    return command


def test_a_command_gets_the_words_after_its_name(python, monkeypatch):
    monkeypatch.setitem(cli.COMMANDS, "lab", lambda options: len(options))
    assert cli.main(["lab", "--port=8899", "-y"]) == 2
    monkeypatch.setattr(sys, "argv", ["scratch.course", "lab", "one"])
    assert cli.main() == 1
    assert cli.main(["setup"]) == 0


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (install.SetupError("no network"), 1, "no network\n"),
        (PermissionError(13, "Permission denied", "a/file"), 1, "a/file: Permission denied. The c"),
        (OSError(errno.EROFS, "Read-only", "a/file"), 1, "a/file: Read-only. The course writes"),
        (OSError(errno.ENOSPC, "No space left", "a/file"), 1, "a/file: No space left. Make room"),
        (FileNotFoundError(2, "No such file", "docs/terms.tsv"), 1, "docs/terms.tsv: No such file"),
        (KeyboardInterrupt(), 130, "\nInterrupted. Give the same command again"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_cannot_go_on_is_said_without_a_traceback(
    python, monkeypatch, capsys, error, code, said
):
    monkeypatch.setitem(cli.COMMANDS, "lab", raises(error))
    assert cli.main(["lab"]) == code
    assert capsys.readouterr().err.startswith(said)


def test_what_is_a_mistake_of_ours_keeps_its_traceback(python, monkeypatch):
    monkeypatch.setitem(cli.COMMANDS, "lab", raises(OSError(errno.EBADF, "Bad file", "a/file")))
    with pytest.raises(OSError, match="Bad file"):
        cli.main(["lab"])


@pytest.mark.parametrize("words", [[], ["help"], ["-h"], ["--help"]])
def test_help_lists_the_commands_and_sets_nothing_up(monkeypatch, capsys, words):
    monkeypatch.setattr(environment, "ready", raises(AssertionError))
    monkeypatch.setenv("PYTHONIOENCODING", "")
    monkeypatch.delenv(spelling.MADE_BY, raising=False)
    monkeypatch.setattr(sys, "argv", ["scratch.course", *words])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("scratch.course", run_name="__main__")
    assert not end.value.code
    assert "usage: python -m scratch.course COMMAND" in capsys.readouterr().out


def test_the_package_alone_has_no_commands(monkeypatch, capsys):
    monkeypatch.setattr(cli, "is_whole", lambda: False)
    monkeypatch.setenv("PYTHONIOENCODING", "")
    monkeypatch.setattr(environment, "ready", raises(AssertionError))
    assert cli.main(["lab"]) == 1
    assert "lies the package alone" in capsys.readouterr().err
    assert paths.is_whole(ROOT) and not paths.is_whole(ROOT / "scratch")


def test_clean_sets_nothing_up(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(environment, "ready", raises(AssertionError))
    path = tmp_path / "none.ipynb"
    path.write_text("[]", encoding="utf-8")
    assert cli.main(["clean", str(path)]) == 1
    assert "none.ipynb is no notebook" in capsys.readouterr().err
    monkeypatch.setattr(git_filter, "clean", lambda source, target: 7)
    assert cli.main(["clean"]) == 7


def test_what_the_python_at_hand_lacks_another_goes_on_with(monkeypatch):
    went = []
    monkeypatch.setattr(environment, "ready", lambda: "another/python")
    monkeypatch.setattr(cli, "go_on", lambda *words: went.append(words) or 5)
    monkeypatch.setenv("PYTHONIOENCODING", "")
    assert cli.main(["test", "-x"]) == 5
    assert went == [("another/python", "-m", "scratch.course", "test", "-x")]


def test_the_other_python_takes_the_place_of_this_one_where_the_system_can(monkeypatch, tmp_path):
    became, ran = [], []
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as here:
        here.setattr(os, "execv", lambda program, words: became.append((os.getcwd(), words)))
        here.setattr(cli, "run", lambda *words: ran.append(words) or 4)
        here.setattr(os, "name", "posix")
        cli.go_on("python", "-V")
        here.setattr(os, "name", "nt")
        code = cli.go_on("python", "-V")
    assert became == [(str(ROOT), ("python", "-V"))]
    assert code == 4 and ran == [("python", "-V")]


def test_a_module_is_run_in_the_folder_of_the_course(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert cli.module("scratch.course.__main__", "no-such-command") == 2
    assert cli.run(sys.executable, "-c", "import os, sys; sys.exit(os.path.isdir('scratch'))") == 1


def test_after_ctrl_c_a_program_may_end_in_its_own_way(monkeypatch):
    class Program:
        answers = iter([KeyboardInterrupt, KeyboardInterrupt, 6])

        def wait(self):
            answer = next(self.answers)
            if answer is KeyboardInterrupt:
                raise answer
            return answer

    monkeypatch.setattr(subprocess, "Popen", lambda words, cwd: Program())
    assert cli.run("program") == 6


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
def test_who_is_asked_to_end_asks_the_program_to_end_that_was_started(monkeypatch):
    asleep = [sys.executable, "-c", "import time; print('there', flush=True); time.sleep(600)"]
    program = (
        "import os, signal, threading\nfrom scratch.course import cli\n"
        "with cli.ending_together():\n"
        "    threading.Timer(1, os.kill, [os.getpid(), signal.SIGTERM]).start()\n"
        f"    print(cli.run(*{asleep!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["there", str(128 + signal.SIGTERM)], done.stderr


def test_a_signal_means_afterwards_what_it_meant_before():
    before = signal.getsignal(signal.SIGTERM)
    with cli.ending_together():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_stream_that_cannot_be_set_is_left_as_it_is(monkeypatch):
    class Plain:
        encoding = "utf-8"

    monkeypatch.setattr(sys, "stdout", Plain())
    monkeypatch.setenv("PYTHONIOENCODING", "")
    cli.speak_plainly()
    assert os.environ["PYTHONIOENCODING"] == "utf-8:backslashreplace"
