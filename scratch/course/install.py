"""Installs the packages: PyTorch first, in the build that fits the machine, then all the others."""

import contextlib
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from scratch.course.paths import LOGS, ROOT

# PyTorch's own index of builds without GPU libraries: https://pytorch.org/get-started/locally/
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
REACH_SECONDS = 6  # how long an index may take to answer before we do without it
QUIET_SECONDS = 8  # how long the set-up may work without a word
# Measured on Linux with Python 3.11 to 3.13: what is fetched, what lies on the disk afterwards.
SIZE_OF_ALL = "about 0.4 GB to fetch, 1.8 GB on the disk"
SIZE_OF_CUDA = "about 3 GB to fetch, 5.6 GB on the disk"


class SetupError(RuntimeError):
    """The set-up cannot go on: what is missing or has failed, and what to do."""


def all_packages(python: Path, pins: dict[str, str]) -> None:
    """Install the pinned packages (name: version) and this course for `python`.

    Raises SetupError; what was installed before that is kept, and need not be fetched again.
    """
    LOGS.mkdir(exist_ok=True)
    log = LOGS / "install.log"
    log.write_text("", encoding="utf-8")
    remove_half_installed(python.parent.parent)
    print(f"Installing {len(pins)} packages: some minutes, once ({SIZE_OF_ALL}).", flush=True)
    if "torch" in pins:
        torch(python, pins["torch"], log)
    pip(python, ["install", "-r", str(ROOT / "requirements.lock")], log)
    ours = ["install", "--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    pip(python, ours, log)
    # Matplotlib looks at all fonts of a machine once, which takes a while: better now than in 01.
    subprocess.run([python, "-c", "import matplotlib.font_manager"], capture_output=True)


def remove_half_installed(home: Path) -> None:
    """Make pip forget packages in whose installation it was killed, so that it does them again.

    It writes what it knows of a package first and INSTALLER last; by itself it trusts the former.
    """
    for known in home.rglob("site-packages/*.dist-info"):
        if not (known / "INSTALLER").exists():
            shutil.rmtree(known)


def wanted_torch() -> str:
    """Return "cpu", "cuda" or "" (what fits the machine), as the variable TORCH says.

    Raises SetupError if it says anything else.
    """
    wanted = os.environ.get("TORCH", "").strip().lower()
    if wanted not in ("", "cpu", "cuda"):
        raise SetupError(f"TORCH is {wanted!r}: set it to cpu or cuda, or leave it unset.")
    return wanted


def torch(python: Path, version: str, log: Path) -> None:
    """Install PyTorch, without GPU libraries where there is no NVIDIA driver to use them.

    Only Linux has the choice: elsewhere the plain package is the build without them. What is
    installed already, or lies on the disk as a wheel where pip looks, is taken before anything is
    fetched.
    """
    wanted, pin = wanted_torch(), f"torch=={version}"
    installed = installed_torch(python, version)
    if installed and wanted in ("", installed):
        print(f"  PyTorch {version} is there already and is kept.", flush=True)
        return
    if sys.platform != "linux":
        if wanted == "cuda":
            print("  TORCH=cuda: only on Linux does pip's PyTorch bring CUDA; see pytorch.org.")
        pip(python, ["install", pin], log)
        return
    again = ["--force-reinstall"] if installed else []
    if wanted == "cuda" or (not wanted and has_nvidia_driver()):
        print(f"  PyTorch with CUDA ({SIZE_OF_CUDA}); without: TORCH=cpu.", flush=True)
        # Three signs: the plain build itself, not one with a local version such as +cpu.
        pip(python, ["install", *again, f"torch==={version}"], log)
    elif pip(python, ["install", "--no-index", "--no-deps", *again, pin], log, may_fail=True):
        print("  PyTorch: from a wheel on this machine's disk.", flush=True)
    elif can_reach(f"{CPU_BUILDS}/torch/") and pip(
        python, ["install", "--no-deps", *again, "-i", CPU_BUILDS, pin], log, may_fail=True
    ):
        print("  PyTorch without GPU libraries, which this machine could not use.", flush=True)
    elif wanted == "cpu":
        raise SetupError(
            f"TORCH=cpu: {CPU_BUILDS} cannot be reached, and no wheel of {pin} lies where pip\n"
            "looks. Fetch one from there by hand, install it into .venv with pip, and try again."
        )
    else:
        print(
            f"  {CPU_BUILDS} cannot be reached, so the plain PyTorch is taken:\n"
            f"  it brings GPU libraries that nobody needs here, {SIZE_OF_CUDA}.",
            flush=True,
        )
        pip(python, ["install", pin], log)


def installed_torch(python: Path, version: str) -> str:
    """Return "cpu" or "cuda" if that build of this version is installed, else ""."""
    ask = "import importlib.metadata as m; print(m.version('torch'))"
    found = subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout.strip()
    public, _, build = found.partition("+")
    if public != version:
        return ""
    return "cpu" if build == "cpu" or sys.platform != "linux" else "cuda"


def has_nvidia_driver() -> bool:
    """Whether this machine has the driver without which CUDA is of no use."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def can_reach(address: str, seconds: float = REACH_SECONDS) -> bool:
    """Whether a web address answers well within some seconds, name look-up included."""
    answers: list[int] = []

    def ask() -> None:
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(address) as reply:
            answers.append(reply.status)

    # In a thread, because a look-up of a name heeds no time limit.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answers == [200]


def pip(python: Path, arguments: list[str], log: Path, may_fail: bool = False) -> bool:
    """Run pip, its words in `log`; returns whether it succeeded, or raises SetupError."""
    own = ["-m", "pip", "--disable-pip-version-check", "--no-color", "--no-input"]
    progress = Progress(python.parent.parent)
    with log.open("ab") as file:
        for line in lines_of([str(python), *own, *arguments]):
            if line is not None:
                file.write(line.encode())
                file.flush()
                progress.hear(line)
            if time.monotonic() - progress.said_at > QUIET_SECONDS:
                progress.say()
    if progress.exit_code and not may_fail:
        told = log.read_text(encoding="utf-8")
        complaints = [line for line in told.splitlines() if "ERROR" in line]
        raise SetupError(
            "\n".join(complaints[-4:])
            + f"\nThe packages could not be installed; the whole story is in {log}.\n"
            + remedy(told)
        )
    return progress.exit_code == 0


def remedy(told: str) -> str:
    """Return what to do next, after what pip has told before it gave up."""
    if "conflicting dependencies" in told or "ResolutionImpossible" in told:
        return "Their versions do not fit together: the log says which, under 'The conflict'."
    if "No space left on device" in told:
        return "The disk is full. Make room, and try again."
    if "Permission denied" in told:
        return "A folder cannot be written: the log names it. Make it yours, and try again."
    return "Is there a network? Then try again: what has been fetched is kept."


def lines_of(program: list[str]) -> Iterator[str | None]:
    """Yield what a program prints, line by line, and None whenever a second passes without.

    The last line is "exit code n". The program is ended if nobody wants to hear more.
    """
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    heard: queue.Queue[str | None] = queue.Queue()
    process = subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        encoding="utf-8", errors="replace", env=environment,
    )  # fmt: skip

    def listen() -> None:
        for line in process.stdout or ():
            heard.put(line)
        heard.put(None)

    threading.Thread(target=listen, daemon=True).start()
    try:
        while True:
            try:
                line = heard.get(timeout=1)
            except queue.Empty:
                yield None
                continue
            if line is None:
                break
            yield line
        yield f"exit code {process.wait()}\n"
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


class Progress:
    """What pip is doing, gathered from its lines, in one short line every few seconds."""

    def __init__(self, home: Path):
        self.home = home  # of the environment that is being filled
        self.doing, self.megabytes, self.exit_code = "looking for packages", 0.0, -1
        self.started_at = self.said_at = time.monotonic()

    def hear(self, line: str) -> None:
        """Take in one line that pip printed."""
        if line.startswith("exit code "):
            self.exit_code = int(line.split()[-1])
        elif match := re.match(r"\s+Downloading (\S+?)-\d\S* \(([\d.]+) (kB|MB|GB)\)", line):
            size = float(match[2]) * {"kB": 0.001, "MB": 1, "GB": 1000}[match[3]]
            self.megabytes += size
            self.doing = f"fetching {match[1]}" + (f" ({size:,.0f} MB)" if size >= 1 else "")
        elif line.startswith("Installing collected packages"):
            self.doing = "unpacking"

    def say(self) -> None:
        """Print the state of things."""
        self.said_at = time.monotonic()
        doing = f"{self.doing}; {self.megabytes:,.0f} MB so far"
        if self.doing == "unpacking":
            there = list(self.home.rglob("site-packages/*.dist-info"))
            doing = f"unpacking; {len(there)} packages are there"
        print(f"  {self.said_at - self.started_at:4.0f} s: {doing}", flush=True)
