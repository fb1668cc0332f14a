"""What the machine could do, and how much of it an epoch of SGD and a sweep of weights use.

    python benchmarks/peak.py --store

Measured with one thread: how many float32 multiplications and additions a second this machine
reaches in a large matrix product, and how many bytes a second it copies from memory to memory.
Counted: the multiplications and additions of one epoch and of one sweep, and the bytes of the
vectors that they must at least look at. --store keeps all in benchmarks/peak.json, and a paragraph
for each in benchmarks/peak.md.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
from growth import generated, seconds_of_one
from netflix_scale import machine
from threadpoolctl import threadpool_limits

from scratch.factorization import MatrixFactorization
from scratch.machinery.sparse import Observed
from scratch.recommenders.weighted import WeightedFactorization

STORED = Path(__file__).with_suffix(".json")
SIZE, K, STEPS = 1_000_000, 64, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    numba.set_num_threads(1)
    with threadpool_limits(1):
        found = measure()
    text = in_words(found)
    print(text)
    if options.store:
        STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        STORED.with_suffix(".md").write_text(text, encoding="utf-8")


def measure() -> dict:
    """The peaks, and of both works the seconds, the operations and the bytes."""
    ratings = generated(SIZE)
    observed = Observed.from_pairs(ratings.users, ratings.movies)
    n, (num_users, num_movies) = observed.num_pairs, observed.shape

    def epochs(count: int) -> None:
        settings = {"l2": 0.05, "learning_rate": 0.005, "num_epochs": count, "init_scale": 0.1}
        model = MatrixFactorization(K, biases=True, fast=True, cores=1, **settings)
        model.fit(ratings, rng=np.random.default_rng(0), measure=False)

    def sweeps(count: int) -> None:
        model = WeightedFactorization(K, num_sweeps=count, num_steps=STEPS)
        model.fit(observed, rng=np.random.default_rng(0), measure=False)

    # A rating: u·v (2k), two gradients with their pull and two steps (4k each, one fused with the
    # other at best). Read and written: two vectors.
    epoch = {
        "operations": 10 * K * n,
        "bytes": 2 * 2 * 4 * K * n,
        "seconds": seconds_of_one(epochs, 9),
    }
    # A pair in a step: v·step (2k), and that much of v (2k); for users and for movies, and once
    # more to find what is left. A row in a step: about 10 operations a number. Read: v.
    rounds = 2 * (STEPS + 1)
    sweep = {
        "operations": rounds * 4 * K * n + (STEPS + 1) * 10 * K * (num_users + num_movies),
        "bytes": rounds * 4 * K * n,
        "seconds": seconds_of_one(sweeps, 9),
    }
    return {
        "machine": machine(), "ratings": n, "users": num_users, "movies": num_movies, "k": K,
        "operations a second": operations_a_second(), "bytes a second": bytes_a_second(),
        "epoch": epoch, "sweep": sweep,
    }  # fmt: skip


def shortest(run: Callable[[], object], repeats: int = 7) -> float:
    """The shortest of some times, in seconds: it was disturbed the least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def operations_a_second(n: int = 2048) -> float:
    """Multiplications and additions of float32 in a matrix product, by one thread."""
    left, right = np.random.default_rng(0).random((2, n, n), np.float32)
    return 2 * n**3 / shortest(lambda: left @ right)


def bytes_a_second(size: int = 2**28) -> float:
    """Bytes read and written by a copy that no cache holds, by one thread."""
    source = np.ones(size // 4, np.float32)
    target = np.zeros_like(source)
    return 2 * size / shortest(lambda: np.copyto(target, source))


def in_words(found: dict) -> str:
    """The table, and what it says."""
    peak, memory = found["operations a second"], found["bytes a second"]
    lines = [
        f"Measured on {found['machine']}, with one thread: {peak / 1e9:.0f} billion float32 "
        f"operations a second in a matrix product, {memory / 1e9:.1f} GB a second in a copy.",
        "",
        f"{found['ratings']:,} generated ratings of {found['movies']:,} movies by "
        f"{found['users']:,} users, k {found['k']}.",
        "",
        "| work | seconds | operations | of the peak | bytes looked at | of what a copy moves |",
        "|---|---|---|---|---|---|",
    ]
    for name, what in (("epoch", "an epoch of SGD"), ("sweep", "a sweep, 3 steps")):
        work = found[name]
        lines.append(
            f"| {what} | {work['seconds']:.3f} | {work['operations'] / 1e9:.2f} billion "
            f"| {work['operations'] / work['seconds'] / peak:.0%} "
            f"| {work['bytes'] / 1e9:.2f} GB | {work['bytes'] / work['seconds'] / memory:.0%} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
