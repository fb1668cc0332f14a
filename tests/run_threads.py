"""Runs a computation with one thread and with two."""

from collections.abc import Callable
from typing import Any

import pytest


def with_one_thread_and_two(compute: Callable[[], Any]) -> list[Any]:
    """The results with one thread, with two, and with two again; skips the test on one core."""
    import numba

    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one core")
    results, threads = [], numba.get_num_threads()
    try:
        for count in (1, 2, 2):
            numba.set_num_threads(count)
            results.append(compute())
    finally:
        numba.set_num_threads(threads)
    return results
