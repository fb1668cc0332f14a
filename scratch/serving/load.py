"""Asks a service at a stated rate, and keeps how long each answer took.

People do not wait with their question until others have their answer. So the moments are drawn
beforehand, and the time of an answer counts from the moment when it should have been asked for, not
from when a client was free to send it. Otherwise a service that stops for a second delays one
question for each client, and all those that would have come meanwhile are never counted: Gil Tene
calls it coordinated omission (How NOT to measure latency, Strange Loop 2015). Used in notebook 17.
"""

import contextlib
import http.client
import math
import queue
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Annotated
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from scratch.checking import Column, Positive, Within, checked, columns_of
from scratch.checking.room import check_room
from scratch.serving.addresses import check_address, check_token

TIMEOUT_SECONDS = 10
LEAD_SECONDS = 0.1  # so that all threads have started when the first question is due
PERCENTILES = (50, 90, 99, 99.9)
MOST_QUESTIONS, MOST_SECONDS, MOST_THREADS = 10_000_000, 86_400, 1_000
Row = tuple[float, float, int]  # scheduled, seconds, status
Seconds = Annotated[float, Within(0, MOST_SECONDS, low_is_open=True)]
Threads = Annotated[int, Within(1, MOST_THREADS)]  # each has a connection of its own


@checked
def arrivals(
    rate: Positive, seconds: Positive, rng: np.random.Generator | None = None
) -> np.ndarray:
    """When questions come, in seconds from the start, ascending: `rate` a second for `seconds`.

    With rng, as people come who do not know of one another: the gaps are exponential (a Poisson
    process). Without, evenly spaced. Raises TypeError for what is no number; ValueError for a rate
    or seconds not above 0, and for more than MOST_QUESTIONS.
    """
    check_room("rate times seconds", math.ceil(min(rate * seconds, 1e300)), most=MOST_QUESTIONS)
    if rng is None:
        times = np.arange(math.ceil(rate * seconds)) / rate
        return times[times < seconds]  # the product may have been rounded up
    enough = 2 * int(rate * seconds) + 100  # fewer would be needed in any case but a miracle
    times = np.cumsum(rng.exponential(1 / rate, enough))
    return times[times < seconds]


@checked
def ask_at(
    service_address: str, token: str, paths: Sequence[str], times: Column, *,
    connections: Threads = 16,
) -> pd.DataFrame:  # fmt: skip
    """Ask at these times (n,), in seconds from now, whether there are answers or not: an open loop.

    Question i is GET paths[i % len(paths)]. connections: at most so many questions are on their way
    at once; one that must wait for a free connection has been asked already, and its time runs.
    A row for each: scheduled (s), seconds until the answer was there, and its status; 0 where the
    connection failed. Raises ValueError for an address, a token or paths that can't be sent, for
    times before 0 or after a day (MOST_SECONDS), and for more than MOST_THREADS connections;
    TypeError for what is of another kind.
    """
    _check_what_is_sent(service_address, token, paths)
    if times.size and not (times.min() >= 0 and times.max() <= MOST_SECONDS):
        wrong = times[(times < 0) | (times > MOST_SECONDS)][0]
        raise ValueError(f"times must be from 0 to {MOST_SECONDS:,} seconds from now, got {wrong}")
    due: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
    for i, moment in enumerate(np.sort(times).tolist()):
        due.put((paths[i % len(paths)], moment))
    over, start = threading.Event(), time.perf_counter() + LEAD_SECONDS

    def ask(connection: "_Connection", _: int) -> list[Row]:
        rows: list[Row] = []
        while True:
            try:
                path, scheduled = due.get_nowait()
            except queue.Empty:
                return rows
            time.sleep(max(0.0, start + scheduled - time.perf_counter()))
            if over.is_set():
                return rows
            status = connection.get(path)
            rows.append((scheduled, time.perf_counter() - start - scheduled, status))

    return _all_at_once(ask, over, service_address, token, connections)


@checked
def ask_in_turn(
    service_address: str, token: str, paths: Sequence[str], *, seconds: Seconds,
    clients: Threads = 16,
) -> pd.DataFrame:  # fmt: skip
    """Each client asks as soon as it has its last answer, for some seconds: a closed loop.

    The time of an answer counts from its own sending, so a slow service is asked less, and what it
    kept waiting does not show. The table is that of `ask_at`; scheduled is when it was sent. Raises
    what `ask_at` raises, and ValueError for more than a day.
    """
    _check_what_is_sent(service_address, token, paths)
    over, start = threading.Event(), time.perf_counter()

    def ask(connection: "_Connection", i: int) -> list[Row]:
        rows: list[Row] = []
        while (sent := time.perf_counter() - start) < seconds and not over.is_set():
            status = connection.get(paths[i % len(paths)])
            rows.append((sent, time.perf_counter() - start - sent, status))
            i += clients
        return rows

    return _all_at_once(ask, over, service_address, token, clients)


@checked
def percentiles(frame: pd.DataFrame) -> dict[str, float]:
    """Of a table of answers: p50, p90, p99, p99.9 and max of their times, in milliseconds.

    p99 = 8.1 says that of a hundred answers one took longer than 8.1 ms. All rows count, refused
    and failed ones as well: look at their status too. Raises ValueError for a table without rows,
    or without seconds in each of them, from 0 to MOST_SECONDS; TypeError if these are no numbers.
    """
    seconds = columns_of(frame, seconds="number")["seconds"].astype(float)
    if len(seconds) == 0:
        raise ValueError("nothing was asked, so there are no times in the frame")
    if not 0 <= seconds.min() <= seconds.max() <= MOST_SECONDS:
        raise ValueError(
            f"seconds must be from 0 to {MOST_SECONDS:g}, got {seconds.tolist()[:3]} …"
        )
    times = 1000 * seconds
    found = {f"p{q:g}": float(np.percentile(times, q)) for q in PERCENTILES}
    return found | {"max": float(times.max())}


class _Connection:
    """A connection that is kept, and made anew after a failure."""

    def __init__(self, address: str, token: str):
        where = urlsplit(address).netloc
        self._connection = http.client.HTTPConnection(where, timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> int:
        """The status of the answer, when all of it is there; 0 for none."""
        try:
            self._connection.request("GET", path, headers=self._headers)
            response = self._connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0

    def close(self) -> None:
        """Close it."""
        self._connection.close()


def _all_at_once(
    ask: Callable[[_Connection, int], list[Row]],
    over: threading.Event,
    address: str,
    token: str,
    count: int,
) -> pd.DataFrame:
    """The rows of so many threads, each with a connection of its own, in order of their times."""
    found: queue.SimpleQueue[list[Row] | BaseException] = queue.SimpleQueue()

    def work(number: int) -> None:
        try:
            with contextlib.closing(_Connection(address, token)) as connection:
                found.put(ask(connection, number))
        except BaseException as problem:
            found.put(problem)

    rows: list[Row] = []
    try:
        # Daemons: Ctrl+C is for this thread alone, which need not wait until all are answered.
        for number in range(count):
            threading.Thread(target=work, args=(number,), daemon=True).start()
        for _ in range(count):
            some = found.get()
            if isinstance(some, BaseException):
                raise some
            rows += some
    finally:
        over.set()
    return pd.DataFrame(sorted(rows), columns=["scheduled", "seconds", "status"])


def _check_what_is_sent(address: str, token: str, paths: Sequence[str]) -> None:
    """Raise ValueError for what could not be sent, before anybody waits for the answer."""
    check_address(address)
    check_token(token)
    if len(paths) == 0:
        raise ValueError("paths must name at least one to ask for, such as /popular, and is empty")
    for path in paths:
        if not re.fullmatch("/[!-~]*", path):
            raise ValueError(f"paths must begin with / and have only signs of ASCII, got {path!r}")
