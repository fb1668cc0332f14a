"""How long an answer takes, by the requests a second: the service of notebook 17 under load.

    python benchmarks/service.py --store

One process of scratch/serving/service.py holds a model of 17,770 films and 10,000 people, k = 32,
and looks at all films for each list of ten; this one asks it over HTTP on 127.0.0.1, for people
drawn by lot. Each of the two has a core of its own, so it runs on Linux. First at a stated rate,
whether there are answers or not (an open loop; the times between questions are drawn); then by
clients that each wait for their answer before they ask again (a closed loop); then at a rate while
the model is swapped twice a second; and a service that stops for half a second, asked in both ways.
--store keeps the table in benchmarks/service.json, which notebook 17 shows.
"""

import argparse
import contextlib
import datetime
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from generated_films import fitted
from netflix_scale import machine
from peak import shortest

from scratch.serving.answers import Answers
from scratch.serving.load import arrivals, ask_at, ask_in_turn, percentiles
from scratch.serving.running import Running, client, running

RATES = 100, 200, 400, 800, 1_000, 1_200, 1_600, 2_000, 2_400, 2_800, 3_200
CLIENTS = 1, 2, 4, 16
SECONDS, CONNECTIONS = 20, 64
STATED = 1_000  # requests a second, at which the other things are tried
SWAPS_EVERY, PAUSE = 0.5, 0.5  # seconds
STORED = Path(__file__).with_suffix(".json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        model = fitted()
        for name in ("monday.npz", "tuesday.npz"):
            model.save(Path(folder) / name)
        people = np.random.default_rng(0).choice(model.users.ids, 5_000)
        paths = [f"/users/{user_id}/top?n=10" for user_id in people]
        answers = Answers(model, "here")
        alone = shortest(lambda: [answers.top(user_id, 10) for user_id in people], 3) / len(people)
        with running(Path(folder), "monday.npz") as service:
            a_core_each(service)
            ask_in_turn(service.address, service.token, paths, seconds=2, clients=4)  # warm
            for row in measured(service, paths):
                print(json.dumps(row), flush=True)
                rows.append(row)
    if options.store:
        about = {"machine": machine(), "date": datetime.date.today().isoformat()}
        about |= {"films": len(model.movies), "people": len(model.users), "seconds": SECONDS}
        about["ms of a list, without HTTP"] = float(f"{1e3 * alone:.3g}")
        STORED.write_text(json.dumps(about | {"rows": rows}, indent=1) + "\n", encoding="utf-8")


def measured(service: Running, paths: list[str]) -> Iterator[dict]:
    """The rows, one after the other."""
    where = service.address, service.token, paths

    def at_a_rate(rate: int) -> pd.DataFrame:
        return ask_at(
            *where, arrivals(rate, SECONDS, np.random.default_rng(rate)), connections=CONNECTIONS
        )

    for rate in RATES:
        before = processor_seconds(service)
        row = summary("open", rate, at_a_rate(rate))
        busy = (processor_seconds(service) - before) / (row["asked"] / row["a second"])
        yield row | {"busy": round(busy, 3)}
    for clients in CLIENTS:
        yield summary("closed", clients, ask_in_turn(*where, seconds=SECONDS, clients=clients))
    with disturbed(swap, service):
        yield summary("open, swaps", STATED, at_a_rate(STATED))
    with disturbed(pause, service):
        yield summary("open, a pause", STATED, at_a_rate(STATED))
    with disturbed(pause, service):
        yield summary("closed, a pause", 1, ask_in_turn(*where, seconds=SECONDS, clients=1))


def a_core_each(service: Running) -> None:
    """One core for the service, the others for whoever asks."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(service.process.pid, cores[:1])
    os.sched_setaffinity(0, cores[1:])


def summary(loop: str, load: int, table: pd.DataFrame) -> dict:
    """A row: how many were asked and answered, how many a second, percentiles in milliseconds."""
    took = float((table.scheduled + table.seconds).max())
    row = {"loop": loop, "load": load, "asked": len(table)}
    row |= {"answered": int((table.status == 200).sum()), "a second": round(len(table) / took, 1)}
    return row | {name: float(f"{value:.3g}") for name, value in percentiles(table).items()}


@contextlib.contextmanager
def disturbed(disturb: Callable[[Running, threading.Event], None], service: Running):
    """Do something to the service in another thread, for as long as the block lasts."""
    over = threading.Event()
    thread = threading.Thread(target=disturb, args=(service, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def swap(service: Running, over: threading.Event) -> None:
    """Another model twice a second."""
    with client(service) as http:
        turn = 0
        while not over.wait(SWAPS_EVERY):
            turn += 1
            name = ("monday.npz", "tuesday.npz")[turn % 2]
            http.put("/model", json={"name": name}).raise_for_status()


def pause(service: Running, over: threading.Event) -> None:
    """Stop the process for half a second, once, in the middle."""
    over.wait(SECONDS / 2)
    os.kill(service.process.pid, signal.SIGSTOP)
    time.sleep(PAUSE)
    os.kill(service.process.pid, signal.SIGCONT)


def processor_seconds(service: Running) -> float:
    """Of the service's process, so far; Linux says it."""
    fields = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
