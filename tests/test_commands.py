"""What each command of the course does or hands on, in this process: nothing is installed."""

import ast
import errno
import os
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scratch.course import (
    beside,
    cli,
    environment,
    extras,
    git_filter,
    install,
    paths,
    scale,
    spelling,
)

ROOT = Path(__file__).parents[1]
MAIN = str(ROOT / "scratch" / "course" / "__main__.py")  # what `python -m scratch.course` runs


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


WORKERS = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder", "--durations=10")


def test_test_runs_all_tests_after_it_has_looked_for_the_data(asked):
    assert cli.test(["-x"]) == 0
    tests = ("pytest", *WORKERS, "--nbval", "--nbval-current-env", "-x")
    assert asked == [("scratch.datasets", "--or-stand-in"), tests]


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
    fetched = []
    monkeypatch.setattr(scale, "find_java", lambda: "java")
    monkeypatch.setattr(extras, "fetch", fetched.append)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert scale.ready() == str(extras.SCALE.folder) and fetched == [extras.SCALE]
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
def test_without_data_and_stand_in_nothing_begins(asked, monkeypatch, command):
    for name in (
        "scratch.course.lab.serve",
        "scratch.course.cli.run",
        "scratch.course.scale.ready",
    ):
        monkeypatch.setattr(name, lambda *_: pytest.fail("without data"))
    asked.failing = ("scratch.datasets",)
    assert command([]) == 3 and asked == [("scratch.datasets", "--or-stand-in")]


def test_check_runs_the_tests_but_not_the_slow_ones(asked):
    assert cli.check(["-x", "tests/test_pca.py"]) == 0
    # No data are fetched before.
    assert asked == [("pytest", *WORKERS, "-m", "not slow", "-x", "tests/test_pca.py")]
    assert os.environ["OMP_NUM_THREADS"] == "1" and os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.parametrize(("options", "report"), [(["-x"], ["--fail-under=0"]), ([], [])])
def test_coverage_measures_what_check_runs_and_not_all_if_it_is_told_what(
    asked, monkeypatch, tmp_path, options, report
):
    monkeypatch.setattr(cli, "LOGS", tmp_path / "logs")
    for _ in range(2):
        asked.clear()
        assert cli.coverage(options) == 0 and (tmp_path / "logs").is_dir()
    erase, run, combine, told = asked
    assert erase == ("coverage", "erase") and combine == ("coverage", "combine", "--quiet")
    assert told == ("coverage", "report", *report)
    asked.clear()
    cli.check(options)
    assert [run] == [("coverage", "run", "-m", *words) for words in asked]


@pytest.mark.parametrize("fails", ["erase", "run", "combine", "report"])
def test_coverage_fails_where_a_test_does_or_too_little_is_run(
    asked, monkeypatch, tmp_path, capsys, fails
):
    monkeypatch.setattr(cli, "LOGS", tmp_path)
    asked.failing = ("coverage", fails)
    assert cli.coverage([]) == 3
    assert asked[-1][1] == fails
    assert ("Tests have failed" in capsys.readouterr().err) == (fails in ("erase", "run"))


def test_data_hands_its_options_on(asked):
    assert cli.data(["--stand-in"]) == 0
    assert asked == [("scratch.datasets", "--stand-in")]


def test_lint_stops_at_the_first_complaint(asked):
    assert cli.lint(["--fix"]) == 0
    folders = ("scratch", "tests", "benchmarks", "exercises", "conftest.py")
    steps = [("ruff", "check", ".", "--fix"), ("ruff", "format", "--check", *folders), ("mypy",)]
    assert asked == steps
    for number, step in enumerate(steps):
        asked.clear()
        asked.failing = step
        assert cli.lint(["--fix"]) == 3 and asked == steps[: number + 1]


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


# Refreshing


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


def test_before_a_command_the_streams_and_the_folder_of_the_data_are_settled(
    python, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCRATCH_DATA", "my data")
    assert cli.main(["setup"]) == 0
    assert os.environ["SCRATCH_DATA"] == str(tmp_path / "my data")
    assert os.environ["PYTHONIOENCODING"].endswith(":backslashreplace")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (install.SetupError("no network"), 1, "no network\n"),
        (PermissionError(13, "Permission denied", "a/file"), 1, "a/file: Permission denied. The c"),
        (OSError(errno.EROFS, "Read-only", "a/file"), 1, "a/file: Read-only. The course writes"),
        (OSError(errno.ENOSPC, "No space left", "a/file"), 1, "a/file: No space left. Make room"),
        (FileNotFoundError(2, "No such file", "docs/terms.tsv"), 1, "docs/terms.tsv: No such file"),
        (
            NotADirectoryError(20, "No folder", "build/a"),
            1,
            "build/a: No folder. Above it a file",
        ),
        (FileExistsError(17, "There is one", "build"), 1, "build: There is one. It lies where"),
        (IsADirectoryError(21, "A folder", "a/file"), 1, "a/file: A folder. A folder lies where"),
        (IsADirectoryError("build/a.zip is a folder"), 1, "build/a.zip is a folder.\n"),
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


@pytest.mark.parametrize(
    "error", [OSError(errno.EBADF, "Bad file", "a/file"), OSError(errno.EACCES, "Bad file")]
)
def test_what_is_a_mistake_of_ours_keeps_its_traceback(python, monkeypatch, error):
    monkeypatch.setitem(cli.COMMANDS, "lab", raises(error))
    with pytest.raises(OSError, match="Bad file"):
        cli.main(["lab"])


@pytest.mark.parametrize("words", [[], ["help"], ["-h"], ["--help"]])
def test_help_lists_the_commands_and_sets_nothing_up(monkeypatch, capsys, words):
    monkeypatch.setattr(environment, "ready", raises(AssertionError))
    monkeypatch.setenv("PYTHONIOENCODING", "")
    monkeypatch.delenv(spelling.MADE_BY, raising=False)
    monkeypatch.setattr(sys, "argv", ["scratch.course", *words])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(MAIN, run_name="__main__")
    assert end.value.code == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "usage: python -m scratch.course COMMAND"
    examples = (
        f"`python -m scratch.course {words}`" for words in ("lab --port=8899", "refresh 04 05")
    )
    assert last == f"Options, for example: {', '.join(examples)}"


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
    did = []
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as here:
        here.setattr(os, "execv", lambda *words: did.append((os.getcwd(), *words)))
        here.setattr(sys, "stdout", SimpleNamespace(flush=lambda: did.append("flush")))
        here.setattr(cli, "run", lambda *words: did.append(words) or 4)
        here.setattr(os, "name", "posix")
        cli.go_on("python", "-V")
        here.setattr(os, "name", "nt")
        code = cli.go_on("python", "-V")
    assert did == ["flush", (str(ROOT), "python", ("python", "-V")), ("python", "-V")]
    assert code == 4


def test_a_module_is_run_in_the_folder_of_the_course(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for words, code in (("help",), 0), (("no-such-command",), 2):
        assert cli.module("scratch.course.__main__", *words) == code
    assert cli.run(sys.executable, "-c", "import os, sys; sys.exit(os.path.isdir('scratch'))") == 1


@pytest.mark.parametrize(("code", "returned"), [(6, 6), (0, 0), (-1, 129), (-15, 143)])
def test_after_ctrl_c_a_program_may_end_in_its_own_way(monkeypatch, code, returned):
    class Program:
        answers = iter([KeyboardInterrupt, KeyboardInterrupt, cli.Ended, code])
        asked_to_end = 0

        def wait(self):
            answer = next(self.answers)
            if isinstance(answer, int):
                return answer
            raise answer

        def terminate(self):
            self.asked_to_end += 1

    program = Program()
    monkeypatch.setattr(subprocess, "Popen", lambda words, cwd: program)
    assert cli.run("program") == returned and program.asked_to_end == 1


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
def test_who_is_asked_to_end_asks_the_program_to_end_that_was_started():
    asks = (
        "import os, signal, time; print('there', flush=True);"
        "os.kill(os.getppid(), signal.SIGTERM); time.sleep(600)"
    )
    program = (
        "from scratch.course import cli\n"
        "with cli.ending_together():\n"
        f"    print(cli.run({sys.executable!r}, '-c', {asks!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["there", str(128 + signal.SIGTERM)], done.stderr


def test_a_signal_means_afterwards_what_it_meant_before():
    before = signal.getsignal(signal.SIGTERM)
    with cli.ending_together():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_a_terminal_cannot_show_is_written_as_it_can(monkeypatch):
    class Stream:
        encoding, errors = "ascii", "strict"

        def reconfigure(self, errors):
            self.errors = errors

    monkeypatch.setattr(sys, "stdout", Stream())
    monkeypatch.setattr(sys, "stderr", Stream())
    monkeypatch.setenv("PYTHONIOENCODING", "")
    cli.speak_plainly()
    assert sys.stdout.errors == sys.stderr.errors == "backslashreplace"
    assert os.environ["PYTHONIOENCODING"] == "ascii:backslashreplace"


def test_a_stream_that_cannot_be_set_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(encoding="utf-8"))
    monkeypatch.setenv("PYTHONIOENCODING", "")
    cli.speak_plainly()
    assert os.environ["PYTHONIOENCODING"] == "utf-8:backslashreplace"


# The steps of `bench`


def test_bench_stores_all_tables_but_the_one_that_needs_all_of_netflix(monkeypatch, capsys):
    scripts = []
    monkeypatch.setattr(beside, "ready", lambda: "python-of-the-peers")
    monkeypatch.setattr(cli, "module", lambda *words: 0)
    monkeypatch.setattr(cli, "run", lambda *words: scripts.append(words))
    assert cli.bench(["--fast"]) == 2 and not scripts
    assert "bench takes no options" in capsys.readouterr().out
    assert cli.bench([]) == 0
    (peers, *of_peers), *others = scripts
    assert peers == "python-of-the-peers" and {words[0] for words in others} == {sys.executable}
    assert all((paths.ROOT / words[1]).is_file() for words in scripts)
    assert [*of_peers] == ["benchmarks/peers.py", "--store"]
    netflix = "datasets/bench"
    assert [f"{Path(name).stem} {' '.join(words)}".strip() for _, name, *words in others] == [
        "plot_peers", "readme_table --store", "growth --store", "peak --store", "folds --store",
        f"make_netflix {netflix} --ratings 3000000", f"reading {netflix}",
        f"netflix_scale {netflix}",
    ]  # fmt: skip


@pytest.mark.parametrize("fails", range(9))
def test_bench_stops_at_the_first_script_that_fails(monkeypatch, fails):
    codes = [0] * fails + [3] + [0] * 9
    scripts = []
    monkeypatch.setattr(beside, "ready", lambda: "python-of-the-peers")
    monkeypatch.setattr(cli, "module", lambda *words: 0)
    monkeypatch.setattr(cli, "run", lambda *words: scripts.append(words) or codes[len(scripts) - 1])
    assert cli.bench([]) == 3 and len(scripts) == fails + 1


# How a command is spelled, and what any Python can do with it


def test_messages_name_the_form_that_the_learner_used(monkeypatch):
    for name in (spelling.MADE_BY, spelling.AS_IT_IS):
        monkeypatch.delenv(name, raising=False)
    assert spelling.command("data") == "python -m scratch.course data"
    monkeypatch.setenv(spelling.MADE_BY, "1")
    assert spelling.command("data") == "make data"
    assert f"export {spelling.MADE_BY} := 1" in (ROOT / "Makefile").read_text(encoding="utf-8")
    monkeypatch.setenv(spelling.AS_IT_IS, "1")
    assert spelling.command("data") == "!python -m scratch.course data"


def test_logs_are_in_a_folder_that_git_ignores():
    assert paths.ROOT == ROOT and paths.NOTEBOOKS == ROOT / "notebooks"
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{paths.LOGS.relative_to(ROOT).as_posix()}/" in ignored


def test_make_and_python_have_the_same_commands():
    readme, makefile = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile")
    )
    rule = re.compile(r"^(.*):\n\t@\$\(PYTHON\) -m scratch.course \$@", re.MULTILINE)
    (targets,) = rule.findall(makefile)
    assert targets.split() == list(cli.COMMANDS)
    assert all(f"`{name}`" in readme for name in cli.COMMANDS)


@pytest.mark.parametrize("version", [(3, 10, 9), (2, 7, 18), (3, 11, 0), (4, 0, 0)])
def test_python_3_11_or_newer_is_needed(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    monkeypatch.setattr(sys, "argv", ["scratch.course", "help"])
    monkeypatch.setenv("PYTHONIOENCODING", "")
    with pytest.raises(SystemExit) as end:
        runpy.run_path(MAIN, run_name="__main__")
    if version < (3, 11):
        told, *ways = end.value.code.split("\n")
        here = ".".join(map(str, version))
        assert told == f"This course needs Python 3.11 or newer, and this is Python {here}."
        assert all("3.12 -m scratch.course lab" in way or "python3.12" in way for way in ways)
    else:
        assert end.value.code == 0


def test_who_only_imports_the_main_module_starts_nothing(monkeypatch):
    monkeypatch.setattr(cli, "main", lambda: pytest.fail("it was only imported"))
    runpy.run_path(MAIN, run_name="scratch.course.__main__")


def test_an_old_python_is_told_what_is_needed():
    program = (
        "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv[1:] = ['lab'];"
        "runpy.run_module('scratch.course', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and this is Python 3.9.2" in done.stderr
    # That Python must be able to read so far.
    for file in ("scratch/__init__.py", "scratch/course/__init__.py", "scratch/course/__main__.py"):
        ast.parse((ROOT / file).read_text(encoding="ascii"), feature_version=(3, 4))


def test_before_anything_is_installed_the_standard_library_is_enough():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '');"
         "from scratch.course.cli import main; main(['help'])"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(f"\n  {name} " in done.stdout for name in cli.COMMANDS)


@pytest.mark.parametrize("made", ["", "1"])
def test_a_word_that_is_no_command_is_refused_with_those_that_are(capsys, monkeypatch, made):
    monkeypatch.setenv(spelling.MADE_BY, made)
    monkeypatch.setenv("PYTHONIOENCODING", "")
    assert cli.main(["labb"]) == 2
    error = capsys.readouterr().err
    assert "There is no command 'labb'" in error and "  lab " in error
    assert ("NB=" in error) == bool(made)


def test_the_folder_of_the_data_is_meant_from_here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCRATCH_DATA", "my data")
    cli.settle_data_folder()
    assert os.environ["SCRATCH_DATA"] == str(tmp_path / "my data")
