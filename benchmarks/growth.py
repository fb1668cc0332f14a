"""Seconds of one sweep and of one epoch, by the number of ratings, of factors and of cores.

    python benchmarks/growth.py --store
    python benchmarks/growth.py --draw          # the figure again, from what is stored

A sweep of `WeightedFactorization` with three steps of conjugate gradient, and an epoch of the fast
loop of `MatrixFactorization` with biases, on generated ratings: a user for every twenty of them,
10,000 movies, both with a long tail. Each number of cores has a process of its own. An epoch (or
sweep) is a fit with several of them minus a fit with one, divided; of three such fits of each kind
the shortest counts, since it was disturbed the least. --store keeps the table in
benchmarks/growth.json and draws benchmarks/growth.png.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from netflix_scale import machine
from processes import environment

from scratch.factorization import MatrixFactorization
from scratch.machinery.sparse import Observed
from scratch.ratings import Ratings
from scratch.recommenders.weighted import WeightedFactorization

RATINGS = 100_000, 300_000, 1_000_000, 3_000_000
FACTORS = 16, 32, 64, 128
CORES = 1, 2
REPEATS = 3
STEPS = 10_000_000  # the ratings that a fit visits, as often as it takes
SWEEP, EPOCH = "sweep of weighted factorization", "epoch of biased factorization"
MOVIES, RATINGS_PER_USER = 10_000, 20
STORED = Path(__file__).with_suffix(".json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--draw", action="store_true", help="measure nothing, draw what is stored")
    parser.add_argument("--child", type=int, metavar="CORES", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        measure(options.child)
        return
    if not options.draw:
        rows = [row for cores in CORES for row in in_a_process_of_its_own(cores)]
        if options.store:
            stored = {"machine": machine(), "rows": rows}
            STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    if options.store or options.draw:
        draw(json.loads(STORED.read_text(encoding="utf-8"))["rows"])


def in_a_process_of_its_own(cores: int) -> list[dict]:
    """The rows that `measure` prints in a new process with so many threads."""
    command = [sys.executable, __file__, "--child", str(cores)]
    rows = []
    with subprocess.Popen(
        command, env=environment(cores), stdout=subprocess.PIPE, text=True
    ) as child:
        for text in child.stdout:
            print(text, end="", flush=True)
            rows.append(json.loads(text))
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return rows


def measure(cores: int) -> None:
    """Print a row for each number of ratings and of factors, of both models."""
    for size in RATINGS:
        ratings = generated(size)
        observed = Observed.from_pairs(ratings.users, ratings.movies)
        more = max(3, STEPS // size)
        for k in FACTORS:
            for name, fit in fits(ratings, observed, k, cores).items():
                row = {"what": name, "ratings": len(ratings.users), "k": k, "cores": cores}
                row["seconds"] = float(f"{seconds_of_one(fit, more):.3g}")
                print(json.dumps(row), flush=True)


def generated(size: int) -> Ratings:
    """About so many ratings, no pair twice, in random order."""
    rng = np.random.default_rng(0)
    num_users = size // RATINGS_PER_USER
    users = (num_users * rng.random(2 * size) ** 1.5).astype(np.int64)
    movies = (MOVIES * rng.random(2 * size) ** 3).astype(np.int64)
    _, first = np.unique(users * MOVIES + movies, return_index=True)
    chosen = rng.permutation(first)[:size]
    users, movies = (np.unique(c[chosen], return_inverse=True)[1] for c in (users, movies))
    stars = rng.integers(1, 6, len(chosen)).astype(float)
    return Ratings(users.astype(np.int32), movies.astype(np.int32), stars)


def fits(ratings: Ratings, observed: Observed, k: int, cores: int) -> dict[str, Callable]:
    """For each model a function that fits it with so many sweeps or epochs."""

    def weighted(sweeps: int) -> None:
        model = WeightedFactorization(k, num_sweeps=sweeps, num_steps=3)
        model.fit(observed, rng=np.random.default_rng(0), measure=False)

    def biased(epochs: int) -> None:
        settings = {"l2": 0.05, "learning_rate": 0.005, "num_epochs": epochs, "init_scale": 0.1}
        model = MatrixFactorization(k, biases=True, fast=True, cores=cores, **settings)
        model.fit(ratings, rng=np.random.default_rng(0), measure=False)

    return {SWEEP: weighted, EPOCH: biased}


def seconds_of_one(fit: Callable[[int], None], more: int) -> float:
    """Seconds of one sweep: (1 + more) of them minus one of them, divided by more."""
    fit(1)  # compiles
    shortest = []
    for count in (1, 1 + more):
        times = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            fit(count)
            times.append(time.perf_counter() - start)
        shortest.append(min(times))
    return (shortest[1] - shortest[0]) / more


def draw(rows: list[dict]) -> None:
    """A panel for each model: seconds by ratings, a colour for each k, dashes for two cores."""
    import matplotlib.pyplot as plt

    from scratch.plots import COLORS

    fig, axes = plt.subplots(1, 2, figsize=(12, 4.8), sharey=True, layout="constrained")
    for ax, what in zip(axes, (SWEEP, EPOCH), strict=True):
        for k, color in zip(FACTORS, COLORS, strict=False):
            for cores, style in zip(CORES, ("-", "--"), strict=True):
                chosen = [
                    row for row in rows if (row["what"], row["k"], row["cores"]) == (what, k, cores)
                ]
                ax.plot(
                    [row["ratings"] for row in chosen], [row["seconds"] for row in chosen],
                    f"o{style}", color=color, markersize=5,
                    label=f"k {k}, {cores} core{'s' * (cores > 1)}",
                )  # fmt: skip
        ax.set_title(f"One {what}", loc="left")
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xticks(RATINGS, [f"{size:,}" for size in RATINGS])
        ax.set_xlabel("ratings")
        ax.minorticks_off()
        ax.grid(color="0.9")
        ax.spines[["top", "right"]].set_visible(False)
    ticks = [m * 10.0**e for e in range(-4, 3) for m in (1, 3)]
    low, high = axes[0].get_ylim()
    ticks = [tick for tick in ticks if low <= tick <= high]
    axes[0].set_yticks(ticks, [f"{tick:g} s" for tick in ticks])
    handles, labels = axes[1].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside right upper", frameon=False)
    fig.savefig(STORED.with_suffix(".png"), dpi=100)


if __name__ == "__main__":
    main()
