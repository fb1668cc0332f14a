"""Which Python runs the course: the one at hand if it has all packages, else one in .venv."""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from scratch.course import git_filter, install
from scratch.course.paths import ROOT
from scratch.course.spelling import AS_IT_IS

VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
MARK = ".installed"  # in .venv, written last: an interrupted set-up is done again
MARK_OF_PLACE = "pyvenv.cfg"  # Python writes the command that made the environment into it
NEWEST_TRIED = (3, 13)
IS_WINDOWS = os.name == "nt"


def ready() -> str:
    """Return the Python of the course, after installing what it lacks.

    Raises SetupError if that cannot be done.
    """
    if os.environ.get(AS_IT_IS):
        return sys.executable
    if is_complete():
        git_filter.install(ROOT, sys.executable)
        return sys.executable
    python, mark, wanted = venv_python(VENV), VENV / MARK, fingerprint()
    if not (works(python) and mark.is_file() and mark.read_text(encoding="utf-8") == wanted):
        unmark(VENV)
        make(python)
        mark.write_text(wanted, encoding="utf-8")
        print("Installed.", flush=True)
    git_filter.install(ROOT, str(python))
    return str(python)


def venv_python(venv: Path, windows: bool = IS_WINDOWS) -> Path:
    """Return where the Python of a virtual environment is."""
    return venv / "Scripts" / "python.exe" if windows else venv / "bin" / "python"


def unmark(venv: Path) -> None:
    """Take the mark off an environment that is to be filled anew.

    Behind a link to one that was made for another folder lies the mark of that folder: it stays.
    """
    if not venv.is_symlink() or works(venv_python(venv)):
        (venv / MARK).unlink(missing_ok=True)


def make(python: Path) -> None:
    """Make .venv if need be, and install all packages of the lock file and the course into it."""
    if sys.version_info[:2] > NEWEST_TRIED:
        newest = ".".join(map(str, NEWEST_TRIED))
        print(f"(The course was tried on Python 3.11 to {newest}; this one is newer.)")
    if not works(python):
        make_venv(VENV)
    install.all_packages(python, locked())


def make_venv(venv: Path) -> None:
    """Make a new virtual environment in a folder, whatever was there; may raise SetupError."""
    if missing := [name for name in ("ensurepip", "venv") if not has_module(name)]:
        raise install.SetupError(
            f"{sys.executable} cannot make virtual environments: it has no {missing[0]}.\n"
            "On Debian and Ubuntu install the package python3-venv "
            "(sudo apt install python3-venv), then try again."
        )
    print(f"Making {venv.name} ...", flush=True)
    if venv.is_symlink():  # to clear it would empty somebody else's
        venv.unlink()
    base = getattr(sys, "_base_executable", sys.executable)  # never a .venv inside itself
    made = subprocess.run(
        [base, "-m", "venv", "--clear", str(venv)], capture_output=True, text=True
    )
    if made.returncode:
        raise install.SetupError(
            f"{venv.name} could not be made:\n{made.stdout}{made.stderr}"
            f"Can you write into {ROOT}? If not, copy the course to a place that is yours."
        )


def has_module(name: str) -> bool:
    """Whether this Python has a module (Debian takes ensurepip out of its own)."""
    return importlib.util.find_spec(name) is not None


def works(python: Path) -> bool:
    """Whether there is a Python with pip there that was made for this folder.

    It is of no use if the Python it was made from is gone, or if the folder has been moved: the
    scripts beside it hold the old path.
    """
    home = python.parent.parent
    try:
        if os.fsencode(home) not in (home / MARK_OF_PLACE).read_bytes():
            return False
        return subprocess.run([python, "-c", "import pip"], capture_output=True).returncode == 0
    except OSError:
        return False


def fingerprint() -> str:
    """Return what the set-up depends on; when it has changed, it is done again."""
    wanted = [
        LOCK.read_text(encoding="utf-8"),
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
    ]
    return "\n".join([str(ROOT), install.wanted_torch(), *wanted])


def locked() -> dict[str, str]:
    """Return the packages of the lock file that this system needs: name and version."""
    pins = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        requirement, _, marker = line.partition(";")
        if requirement and not requirement.startswith("#") and applies(marker):
            name, version = requirement.strip().split("==")
            pins[name] = version
    return pins


def applies(marker: str, platform: str = sys.platform) -> bool:
    """Whether a line of the lock file with this marker is for this system.

    >>> applies(""), applies(' sys_platform == "win32"', platform="linux")
    (True, False)
    """
    return not marker.strip() or marker.strip() == f'sys_platform == "{platform}"'


def is_complete() -> bool:
    """Whether the Python at hand has this course and every package at its locked version.

    So an environment of the learner's own, made with conda for example, is used as it is.
    """
    try:
        course = importlib.metadata.distribution("scratch").read_text("direct_url.json")
        address = urlsplit(json.loads(course or "")["url"])  # ValueError: installed from a wheel
        # Without a path it would be the current folder.
        if not address.path or Path(url2pathname(unquote(address.path))).resolve() != ROOT:
            return False  # it belongs to another copy of the course
        for name, version in locked().items():
            if importlib.metadata.version(name).partition("+")[0] != version:
                return False
    except (importlib.metadata.PackageNotFoundError, KeyError, ValueError, OSError):
        return False
    return True
