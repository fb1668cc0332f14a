"""The most memory that a call takes beyond what its process held before: Linux tells it."""

import ctypes
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROCESSES = Path("/proc")


def most_megabytes(run: Callable[[], Any]) -> float:
    """Peak of the memory in use while `run` runs, minus what was in use before, in MB (10⁶ bytes).

    Counts all that lies in memory, also of C code and of files that are mapped into it. NaN where
    the system does not tell. Let the call have run before, so that no compiling is counted, in a
    process that gives back what it frees (see GIVE_BACK in `peers.py`).
    """
    if not sys.platform.startswith("linux"):
        return math.nan
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before goes back to the system
    (PROCESSES / "self" / "clear_refs").write_text("5")  # from here on the peak is counted anew
    before = in_use("VmRSS")
    run()
    return (in_use("VmHWM") - before) / 1e6


def in_use(name: str, process: int | str = "self") -> int:
    """A line of a process's status, in bytes."""
    status = (PROCESSES / str(process) / "status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    return 1024 * int(found[1])
