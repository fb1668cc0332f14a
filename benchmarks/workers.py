"""Seconds and bytes of a sweep of alternating least squares, by the number of worker processes.

    python benchmarks/workers.py --store

A sweep of `Crew` with 1, 2 and 4 workers, and one of `als_half_step` in this process with one
thread and with two, on MovieLens 100K and on generated ratings (those of growth.py); k = 32. All
take turns in one run, and of several sweeps of each the shortest counts. Bytes are counted, so
they are the same on any machine: what one worker fetches of the vectors of others, the messages
(questions, with VᵀV, and answers), and the data that are sent once. --store keeps the table in
benchmarks/workers.json, which notebook 16 shows.

Beside it, seconds of a torch model that is trained in batches by one process and by two.
"""

import argparse
import datetime
import json
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import torch
from growth import generated
from netflix_scale import machine
from peak import shortest

from scratch.datasets import load_movielens_100k
from scratch.machinery.sparse import Observed
from scratch.ratings import IdMap, encode
from scratch.recommenders.als_in_blocks import Crew
from scratch.recommenders.torch_models import BiasedDotProduct
from scratch.recommenders.torch_sharded import fit_on_processes
from scratch.recommenders.weighted import als_half_step, drawn_vectors

SIZES = 1_000_000, 10_000_000
WORKERS = 1, 2, 4
K, WEIGHTS = 32, (0.005, 0.1)
REPEATS = 5
STORED = Path(__file__).with_suffix(".json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    rows = []
    for observed in (movielens(), *(pairs_of(size) for size in SIZES)):
        for row in measure(observed):
            print(json.dumps(row), flush=True)
            rows.append(row)
    steps = by_steps()
    if options.store:
        today = datetime.date.today().isoformat()
        stored = {"machine": machine(), "date": today, "k": K, "rows": rows, "steps": steps}
        STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def movielens() -> Observed:
    ratings = load_movielens_100k().ratings
    ids = ratings["user_id"], ratings["movie_id"]
    return Observed.from_pairs(*(IdMap(column).encode(column) for column in ids))


def pairs_of(size: int) -> Observed:
    ratings = generated(size)
    return Observed.from_pairs(ratings.users, ratings.movies)


def measure(observed: Observed) -> list[dict]:
    """A row for each way to make a sweep."""
    rng = np.random.default_rng(0)
    U, V = (drawn_vectors(rng, (rows, K), 0.1) for rows in observed.shape)
    own = U.copy(), V.copy()

    def alone(threads: int) -> None:
        numba.set_num_threads(threads)
        als_half_step(observed.by_user, own[0], own[1], *WEIGHTS)
        als_half_step(observed.by_movie, own[1], own[0], *WEIGHTS)

    def together(crew: Crew) -> None:
        crew.half_step("U", *WEIGHTS)
        crew.half_step("V", *WEIGHTS)

    rows = []
    numba.set_num_threads(1)
    for threads in (1, 2):
        rows.append({"who": "one process", "cores": threads})
        rows[-1]["seconds"] = seconds_of(lambda threads=threads: alone(threads))
    numba.set_num_threads(1)
    for count in WORKERS:
        begin = time.perf_counter()
        with Crew(observed, U, V, num_workers=count) as crew:
            together(crew)
            first = time.perf_counter() - begin
            told = [worker.sent for worker in crew.workers]
            before = crew.bytes_fetched, sum(w.sent + w.received for w in crew.workers)
            together(crew)
            after = crew.bytes_fetched, sum(w.sent + w.received for w in crew.workers)
            row = {"who": "workers", "cores": count, "seconds": seconds_of(lambda: together(crew))}
            row["seconds_first"] = round(first, 2)  # with the start of the processes
            row["bytes_fetched"], row["bytes_of_messages"] = np.subtract(after, before).tolist()
            row["bytes_of_data"] = sum(told)
            rows.append(row)
    size = {"pairs": observed.num_pairs, "users": len(U), "movies": len(V)}
    return [size | row for row in rows]


def by_steps() -> list[dict]:
    """Seconds of five epochs of a torch model by one process and by two, by the size of a batch."""
    table = load_movielens_100k().ratings
    maps = IdMap(table["user_id"]), IdMap(table["movie_id"])
    ratings = encode(table, *maps)
    rows = []
    for batch_size in (2_000, 20_000):
        row: dict = {"batch": batch_size}
        for processes in (1, 2):
            times = []
            for _ in range(3):
                generator = torch.Generator().manual_seed(0)
                model = BiasedDotProduct(
                    len(maps[0]), len(maps[1]), 16, mean=ratings.ratings.mean(), generator=generator
                )
                report = fit_on_processes(
                    model, ratings, processes, l2=0.1, generator=generator, num_epochs=5,
                    batch_size=batch_size,
                )  # fmt: skip
                times.append(report.seconds)
            row[f"seconds, {processes}"] = float(f"{min(times):.3g}")
        print(json.dumps(row), flush=True)
        rows.append(row)
    return rows


def seconds_of(work: Callable[[], object]) -> float:
    work()  # compiles, or begins to hold the data
    return float(f"{shortest(work, REPEATS):.3g}")


if __name__ == "__main__":
    main()
