"""The commands of the course and their options; each first makes what it needs."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scratch.course import environment, git_filter, install
from scratch.course.paths import ROOT, described
from scratch.course.spelling import command


def lab(options: list[str]) -> int:
    """Open the course in JupyterLab; the options go to JupyterLab."""
    from scratch.course.lab import serve

    if code := module("scratch.datasets", "--or-stand-in"):
        return code
    return serve(options)


def test(options: list[str]) -> int:
    """Run the tests, the examples in docstrings and all notebooks; the options go to pytest."""
    if code := module("scratch.datasets", "--or-stand-in"):
        return code
    # Two workers: more threads than one for each would only wait for one another.
    os.environ["OMP_NUM_THREADS"] = "1"
    flags = ["--nbval", "--nbval-current-env", "-n", "2", "--dist", "loadscope"]
    return module("pytest", *flags, *options)


def data(options: list[str]) -> int:
    """List the data sets, and download what is missing (only list: --list)."""
    return module("scratch.datasets", *options)


def refresh(options: list[str]) -> int:
    """Run notebooks on the real data and store their outputs (some only: refresh 04 05)."""
    from scratch.course.refresh import main as refresh_notebooks

    return refresh_notebooks(options)


def bench(options: list[str]) -> int:
    """Measure reading and factorizing as the data grow (some minutes)."""
    scripts = [
        ["benchmarks/make_netflix.py", "datasets/bench", "--ratings", "3000000"],
        ["benchmarks/reading.py", "datasets/bench"],
        ["benchmarks/als_scale.py", *options],
    ]
    return next((code for script in scripts if (code := run(sys.executable, *script))), 0)


def lint(options: list[str]) -> int:
    """Check the style of the code."""
    checked = ["scratch", "tests", "benchmarks", "conftest.py"]
    return module("ruff", "check", ".", *options) or module("ruff", "format", "--check", *checked)


def setup(options: list[str]) -> int:
    """Install the versions of requirements.lock into .venv, if they are not there."""
    del options
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "lab": lab,
    "test": test,
    "data": data,
    "refresh": refresh,
    "bench": bench,
    "lint": lint,
    "setup": setup,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command in the course's own Python and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["clean"]:  # what git calls for every notebook: no set-up, no questions
        return git_filter.clean(sys.stdin.buffer, sys.stdout.buffer)
    parser = argparse.ArgumentParser(
        usage=f"{command('COMMAND')} [options]",
        description="Recommenders from Scratch: the commands of the course.",
        epilog=described({name: function.__doc__ for name, function in COMMANDS.items()}),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=bool({"-h", "--help"} & set(given[:1])),  # later it belongs to the command
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args(given)
    settle_data_folder()
    try:
        python = environment.ready()
        if Path(python) != Path(sys.executable):
            return go_on(python, "-m", "scratch.course", options.command, *rest)
        return COMMANDS[options.command](rest)
    except install.SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


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


def module(*arguments: str) -> int:
    """Run a module with its arguments in this Python; returns its exit code."""
    return run(sys.executable, "-m", *arguments)


def run(*arguments: str) -> int:
    """Run a program in the course's folder; returns its exit code, also after Ctrl+C."""
    process = subprocess.Popen(arguments, cwd=ROOT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # it has had the same Ctrl+C: let it end in its own way
            continue
