"""The environment of the peers that `bench` compares with: it lies beside the course's own."""

import subprocess
import sys
from pathlib import Path

from scratch.course import environment, install
from scratch.course.paths import LOGS, ROOT

VENV = ROOT / ".venv-bench"
PINS = ROOT / "benchmarks" / "requirements.txt"


def ready() -> str:
    """Return the Python that has the peers, after installing what it lacks.

    They would drag other versions into the course's own environment. Raises SetupError if it can't
    be made.
    """
    python, mark = environment.venv_python(VENV), VENV / environment.MARK
    wanted = f"{ROOT}\n{PINS.read_text('utf-8')}"
    if environment.works(python) and mark.is_file() and mark.read_text("utf-8") == wanted:
        return str(python)
    mark.unlink(missing_ok=True)
    print(f"Making {VENV.name} for the libraries to compare with ...", flush=True)
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run(
        [base, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
    )
    if made.returncode:
        raise install.SetupError(f"{VENV.name} could not be made:\n{made.stdout}{made.stderr}")
    LOGS.mkdir(exist_ok=True)
    log: Path = LOGS / "bench.log"
    log.write_text("", "utf-8")
    install.pip(python, ["install", "-r", str(PINS)], log)
    mark.write_text(wanted, "utf-8")
    return str(python)
