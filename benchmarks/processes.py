"""What tells a new process how many threads its libraries may use."""

import os
from pathlib import Path

LIMITS = (
    "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS",
    "LK_NUM_THREADS", "POLARS_MAX_THREADS",
)  # fmt: skip


def environment(threads: int) -> dict[str, str]:
    """The variables of a process that may use so many threads, and finds the course's package.

    BLAS has one: implicit asks for that, and with more it would wait for the others' threads.
    """
    limits = dict.fromkeys(LIMITS, str(threads)) | {"OPENBLAS_NUM_THREADS": "1"}
    return os.environ | limits | {"PYTHONPATH": str(Path(__file__).parents[1])}
