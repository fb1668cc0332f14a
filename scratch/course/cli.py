"""The commands of the course; each first makes what it needs."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scratch.course import beside, environment, git_filter, install
from scratch.course.paths import LOGS, ROOT, described, is_whole
from scratch.course.spelling import MADE_BY, command


def lab(options: list[str]) -> int:
    """Open the course in JupyterLab, which gets the options."""
    from scratch.course.lab import serve

    if code := module("scratch.datasets", "--or-stand-in"):
        return code
    return serve(options)


def test(options: list[str]) -> int:
    """Run the tests, the examples in docstrings and all notebooks; pytest gets the options."""
    if code := module("scratch.datasets", "--or-stand-in"):
        return code
    return tests("--nbval", "--nbval-current-env", *options)


def check(options: list[str]) -> int:
    """Run the tests that are quick, a minute or two, while you work; pytest gets the options."""
    return tests(*QUICK, *options)


def coverage(options: list[str]) -> int:
    """Run them, and list the lines of scratch that none of them ran; pytest gets the options."""
    LOGS.mkdir(exist_ok=True)  # where pyproject.toml puts what is measured
    code = module("coverage", "erase") or tests(*QUICK, *options, under=("coverage", "run", "-m"))
    if code:
        print("Tests have failed, so there is no telling what they reach.", file=sys.stderr)
        return code
    enough = ["--fail-under=0"] if options else []  # some of the tests need not reach everything
    return module("coverage", "combine", "--quiet") or module("coverage", "report", *enough)


def data(options: list[str]) -> int:
    """List the data sets, and download what is missing."""
    return module("scratch.datasets", *options)


def refresh(options: list[str]) -> int:
    """Run notebooks on the real data and store their outputs: all, or those you number."""
    from scratch.course.refresh import main as refresh_notebooks

    return refresh_notebooks(options)


def exercises(options: list[str]) -> int:
    """Write the exercises of exercises/solutions into notebooks: all, or those you number."""
    from scratch.course.exercises import main as write_exercises

    return write_exercises(options)


def handout(options: list[str]) -> int:
    """Make the learner's edition: the course without solutions, as a zip."""
    from scratch.course.kit import make_handout

    return make_handout(options)


def recall(options: list[str]) -> int:
    """Make sheets to explain from memory: code and headings alone."""
    from scratch.course.kit import make_recall

    return make_recall(options)


def slides(options: list[str]) -> int:
    """Make a deck of slides of each notebook: all, or those you number."""
    from scratch.course.kit import make_slides

    return make_slides(options)


def colab(options: list[str]) -> int:
    """Make copies of notebooks for Colab: all, or those you number."""
    from scratch.course.copies import make

    return make(options)


def docs(options: list[str]) -> int:
    """Make the pages of docs that follow from the notebooks: the glossary and the map."""
    from scratch.course.kit import make_docs

    return make_docs(options)


def book(options: list[str]) -> int:
    """Build the course as a website from the stored notebooks; it needs no network."""
    from scratch.course.book import make

    return make(options)


def bench(options: list[str]) -> int:
    """Measure our code beside other libraries, and as the data grow; about an hour."""
    if options:
        print(f"{command('bench')} takes no options; its scripts do: see benchmarks/README.md.")
        return 2
    if code := module("scratch.datasets", "--or-stand-in"):
        return code
    set_of_netflix = "datasets/bench"
    scripts = [
        [beside.ready(), "benchmarks/peers.py", "--store"],
        [sys.executable, "benchmarks/plot_peers.py"],
        [sys.executable, "benchmarks/readme_table.py", "--store"],
        [sys.executable, "benchmarks/growth.py", "--store"],
        [sys.executable, "benchmarks/peak.py", "--store"],
        [sys.executable, "benchmarks/folds.py", "--store"],
        [sys.executable, "benchmarks/make_netflix.py", set_of_netflix, "--ratings", "3000000"],
        [sys.executable, "benchmarks/reading.py", set_of_netflix],
        [sys.executable, "benchmarks/netflix_scale.py", set_of_netflix],  # its table needs them all
    ]
    return next((code for script in scripts if (code := run(*script))), 0)


def scale(options: list[str]) -> int:
    """Train on a cluster of Apache Spark, and by ours beside it; Spark is installed for that."""
    if code := module("scratch.datasets", "--or-stand-in"):
        return code
    with_spark()
    return run(sys.executable, "benchmarks/spark.py", *options)


def test_scale(options: list[str]) -> int:
    """Run the tests that need Apache Spark, some minutes; pytest gets the options."""
    if code := module("scratch.datasets", "--or-stand-in"):
        return code
    with_spark()
    return module("pytest", "-m", "scale", "tests", *options)  # one cluster at a time


def test_long(options: list[str]) -> int:
    """Try the tests on mutants of the package, and the package on odd arguments; a night."""
    LOGS.mkdir(exist_ok=True)
    code = run(sys.executable, "tests/mutate.py", "--json", str(LOGS / "mutants.json"), *options)
    calls = (ROOT / "tests" / "calls").glob("*.py")
    attack = "tests/attack.py"
    for room in sorted({path.stem.partition("__")[0] for path in calls}):
        if (ROOT / attack).is_file():
            code = run(sys.executable, attack, room, "--odd", "1000") or code  # that is all of them
    return code


def lint(options: list[str]) -> int:
    """Check the style of the code, and the types of the package; ruff's check gets the options."""
    checked = ["scratch", "tests", "benchmarks", "exercises", "conftest.py"]
    return (
        module("ruff", "check", ".", *options)
        or module("ruff", "format", "--check", *checked)
        or module("mypy")
    )


def setup(options: list[str]) -> int:
    """Install the versions of requirements.lock into .venv, if they are not there."""
    return 0


QUICK = ("-m", "not slow")
OWN_FOLDER = "The course writes into its own folder: copy it to a place that is yours."
ROOM = "Make room on this disk, and give the same command again."
OUTSIDE = {  # what is wrong with the machine, and no mistake of the course, by error numbers
    errno.EACCES: OWN_FOLDER,
    errno.EPERM: OWN_FOLDER,
    errno.EROFS: OWN_FOLDER,
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: "No file here may be as large as that: see `ulimit -f`.",
    errno.ENOENT: "A file of the course is missing: `git status` says which are.",
    errno.ENOTDIR: "Above it a file lies where a folder should be: move that away, and try again.",
    errno.EEXIST: "It lies where a folder should be: move it away, and try again.",
    errno.EISDIR: "A folder lies where a file should be: move it away, and try again.",
}
ALONE = """\
The course's commands need all of its folder, with the notebooks and requirements.lock: get that
(clone its repository, or unpack its zip) and type the same in it. Without it you can still
`import scratch`, and `python -m scratch.datasets` puts the data into datasets/ where you are."""
COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "lab": lab,
    "test": test,
    "check": check,
    "coverage": coverage,
    "data": data,
    "refresh": refresh,
    "exercises": exercises,
    "handout": handout,
    "recall": recall,
    "slides": slides,
    "colab": colab,
    "docs": docs,
    "book": book,
    "bench": bench,
    "scale": scale,
    "test-scale": test_scale,
    "test-long": test_long,
    "lint": lint,
    "setup": setup,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command in the course's own Python and return its exit code."""
    name, *options = (sys.argv[1:] if arguments is None else arguments) or ["help"]
    if name == "clean":  # what git calls for every notebook: no set-up, no questions
        if options:
            return git_filter.clean_files(options)
        return git_filter.clean(sys.stdin.buffer, sys.stdout.buffer)
    speak_plainly()
    if name in ("help", "-h", "--help"):
        print(usage())
        return 0
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n\n{usage()}", file=sys.stderr)
        return 2
    if not is_whole():
        print(f"In {ROOT} lies the package alone. {ALONE}", file=sys.stderr)
        return 1
    settle_data_folder()
    try:
        with ending_together():
            python = environment.ready()
            if Path(python) != Path(sys.executable):
                return go_on(python, "-m", "scratch.course", name, *options)
            return COMMANDS[name](options)
    except install.SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno is None:  # in words of the course, as whole.py has them
            print(f"{error}.", file=sys.stderr)
            return 1
        if error.errno not in OUTSIDE or error.filename is None:
            raise  # a mistake of ours
        print(f"{error.filename}: {error.strerror}. {OUTSIDE[error.errno]}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Give the same command again: what is whole is kept.", file=sys.stderr)
        return 130


def usage() -> str:
    """Return the list of commands, as the learner at hand types them."""
    commands = described({name: function.__doc__ for name, function in COMMANDS.items()})
    examples = f"`{command('lab --port=8899')}`, `{command('refresh 04 05')}`"
    if os.environ.get(MADE_BY):
        examples = '`make lab LAB_FLAGS="--port=8899"`, `make refresh NB="04 05"`'
    return f"usage: {command('COMMAND')}\n\n{commands}\n\nOptions, for example: {examples}"


def speak_plainly() -> None:
    """Let letters that a terminal cannot show be written as it can, here and in what we start."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    os.environ["PYTHONIOENCODING"] = f"{sys.stdout.encoding}:backslashreplace"


def settle_data_folder() -> None:
    """Make SCRATCH_DATA absolute: it is meant from here, but notebooks run in notebooks/."""
    if named := os.environ.get("SCRATCH_DATA"):
        os.environ["SCRATCH_DATA"] = str(Path(named).expanduser().absolute())


def go_on(*arguments: str) -> int:
    """Become another program, where the system can do that; else run it to its end."""
    if os.name != "posix":
        return run(*arguments)
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(arguments[0], arguments)  # so that whoever ends this process ends that program


def tests(*options: str, under: tuple[str, ...] = ()) -> int:
    """Run pytest with two workers, under another module if it is named; returns the exit code.

    It names the ten tests that took the longest.
    """
    # Two workers: more threads than one for each would only wait for one another.
    os.environ["OMP_NUM_THREADS"] = "1"
    # Loops that take all cores all the same must not spin while they wait for a core: that made
    # two notebooks beside one another five to ten times slower.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    # File by file, in the order of conftest.py: what takes longest comes first.
    workers = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")
    return module(*under, "pytest", *workers, "--durations=10", *options)


def with_spark() -> None:
    """Install Spark beside the course, for what is started from here; may raise SetupError."""
    from scratch.course import scale

    os.environ["PYTHONPATH"] = scale.ready()


def module(*arguments: str) -> int:
    """Run a module with its arguments in this Python; returns its exit code."""
    return run(sys.executable, "-m", *arguments)


class Ended(KeyboardInterrupt):
    """Somebody has asked this process to end, and none of those that it has started."""


@contextmanager
def ending_together() -> Iterator[None]:
    """Whoever is asked to end meanwhile (SIGTERM) takes along what they have started."""

    def end(*_: object) -> None:
        raise Ended

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run(*arguments: str) -> int:
    """Run a program in the course's folder; returns its exit code, also after Ctrl+C."""
    process = subprocess.Popen(arguments, cwd=ROOT)
    while True:
        try:
            code = process.wait()
        except Ended:
            process.terminate()
        except KeyboardInterrupt:  # it has had the same Ctrl+C: let it end in its own way
            continue
        else:
            return 128 - code if code < 0 else code  # as shells write the number of a signal
