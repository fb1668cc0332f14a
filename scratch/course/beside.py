"""The environments of the peers that `bench` compares with: they lie beside the course's own."""

from pathlib import Path
from typing import NamedTuple

from scratch.course import environment, install
from scratch.course.paths import LOGS, ROOT


class Beside(NamedTuple):
    """An environment and the list of what is installed into it."""

    venv: Path
    pins: Path


PEERS = Beside(ROOT / ".venv-bench", ROOT / "benchmarks" / "requirements.txt")
# One that PEERS cannot hold: it wants an older pandas, and a newer setuptools than myfm bears.
LENSKIT = Beside(ROOT / ".venv-bench-lenskit", ROOT / "benchmarks" / "requirements-lenskit.txt")


def ready(beside: Beside = PEERS) -> str:
    """Return the Python that has these peers, after installing what it lacks.

    They would drag other versions into the course's own environment. Raises SetupError if it can't
    be made.
    """
    python, mark = environment.venv_python(beside.venv), beside.venv / environment.MARK
    wanted = f"{ROOT}\n{beside.pins.read_text('utf-8')}"
    if environment.works(python) and mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return str(python)
    environment.unmark(beside.venv)
    environment.make_venv(beside.venv)
    LOGS.mkdir(exist_ok=True)
    log: Path = LOGS / "bench.log"
    log.write_text("", encoding="utf-8")
    print("Installing the libraries to compare with ...", flush=True)
    for line in beside.pins.read_text(encoding="utf-8").splitlines():
        if line.startswith("torch=="):
            install.torch(python, line.removeprefix("torch=="), log)
    install.pip(python, ["install", "-r", str(beside.pins)], log)
    mark.write_text(wanted, encoding="utf-8")
    return str(python)
