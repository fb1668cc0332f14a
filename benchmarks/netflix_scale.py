"""Time and memory of weighted factorization from 100,000 to 100 million ratings.

    python benchmarks/make_netflix.py FOLDER        # the generated set, of the size of Netflix
    python benchmarks/netflix_scale.py FOLDER --store

Reads the set once, keeps as many users (drawn at random) as give each number of ratings, and works
on these in a process of its own: index the pairs, one sparse gradient, one sweep of alternating
least squares (both half-steps) at k = 32, and one with three steps of conjugate gradient in place
of solving, at k = 64. The peak memory of that process is given, Python and the
compiler (some 0.2 GiB) included. --store keeps the table, with the machine it was made on, in
benchmarks/netflix_scale.json, which notebook 11 shows.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from scratch.datasets import load_netflix_arrays
from scratch.machinery.sparse import Observed
from scratch.recommenders.weighted import (
    als_half_step,
    cg_half_step,
    sparse_gradient,
    sparse_loss,
)

SIZES = 100_000, 1_000_000, 10_000_000, 100_000_000
STORED = Path(__file__).with_suffix(".json")
K, W0, L2 = 32, 0.005, 0.1
K_STEPS, STEPS = 64, 3  # of the sweep that does not solve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("ratings", nargs="*", type=int, default=SIZES)
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    rows = []
    # This process reads nothing: Linux counts the memory of a parent as that of its children.
    with tempfile.TemporaryDirectory() as place:
        in_a_process_of_its_own(
            "prepare", str(options.folder.resolve()), place, *map(str, options.ratings)
        )
        for pairs in sorted(Path(place).glob("*.npz")):
            rows.append(json.loads(in_a_process_of_its_own("measure", str(pairs))))
            print("  ".join(f"{name} {value:,}" for name, value in rows[-1].items()), flush=True)
    if options.store:
        settings = {"k": K, "k of the steps": K_STEPS}
        result = {"machine": machine(), **settings, "rows": rows}
        STORED.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def some_users(user_ids: np.ndarray, movie_ids: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """The pairs of the first users, in random order, who together have so many ratings."""
    counts = np.bincount(user_ids)
    order = np.random.default_rng(0).permutation(np.flatnonzero(counts))
    enough = np.searchsorted(np.cumsum(counts[order]), size) + 1
    place = np.full(len(counts), -1, np.int32)
    place[order[:enough]] = np.arange(enough)
    users = place[user_ids]
    kept = users >= 0
    has_movie = np.bincount(movie_ids[kept]) > 0
    movies = (np.cumsum(has_movie) - 1).astype(np.int32)[movie_ids[kept]]
    return {"users": users[kept], "movies": movies}


def in_a_process_of_its_own(function: str, *arguments: str) -> str:
    """Call a function of this file with these strings; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import netflix_scale as s; s.{function}{arguments!r}"],
        cwd=Path(__file__).parent, env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def prepare(folder: str, place: str, *sizes: str) -> None:
    """Write the pairs of each size that the set in `folder` has into a file in `place`."""
    netflix = load_netflix_arrays(folder=Path(folder))
    for size in map(int, sizes):
        if size > len(netflix):
            print(f"{size:,} ratings are more than there are: left out", file=sys.stderr)
            continue
        pairs = some_users(netflix.user_ids, netflix.movie_ids, size)
        np.savez(Path(place) / f"{size:012}.npz", **pairs)


def measure(pairs: str) -> None:
    """One size, in this process: print its row."""
    rng = np.random.default_rng(0)
    tiny = Observed.from_pairs([0, 1, 1], [0, 0, 1])
    work(tiny, rng)  # compiles
    steps(tiny, rng)
    with np.load(pairs) as arrays:
        users, movies = arrays["users"], arrays["movies"]
    observed, indexing = timed(Observed.from_pairs, users, movies)
    del users, movies
    gradient, sweep = work(observed, rng)
    by_steps = steps(observed, rng)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB; bytes on a Mac
    row = {
        "ratings": observed.num_pairs,
        "users": observed.shape[0],
        "movies": observed.shape[1],
        "index seconds": round(indexing, 3),
        "gradient seconds": round(gradient, 3),
        "sweep seconds": round(sweep, 3),
        "steps seconds": round(by_steps, 3),
        "peak GiB": round(peak / (2**30 if sys.platform == "darwin" else 2**20), 3),
    }
    print(json.dumps(row))


def work(observed: Observed, rng: np.random.Generator) -> tuple[float, float]:
    """Seconds of a gradient and of a sweep."""
    U, V = (rng.normal(0, 0.1, (rows, K)) for rows in observed.shape)
    before = sparse_loss(observed, U, V, W0, L2)
    _, gradient = timed(sparse_gradient, observed, U, V, W0, L2)
    _, by_user = timed(als_half_step, observed.by_user, U, V, W0, L2)
    _, by_movie = timed(als_half_step, observed.by_movie, V, U, W0, L2)
    if not sparse_loss(observed, U, V, W0, L2) < before:
        raise RuntimeError("a sweep did not lower the loss: nothing here can be believed")
    return gradient, by_user + by_movie


def steps(observed: Observed, rng: np.random.Generator) -> float:
    """Seconds of a sweep that takes steps instead of solving, in single precision."""
    U, V = (rng.normal(0, 0.1, (rows, K_STEPS)).astype(np.float32) for rows in observed.shape)
    before = sparse_loss(observed, U.astype(float), V.astype(float), W0, L2)
    _, by_user = timed(cg_half_step, observed.by_user, U, V, W0, L2, num_steps=STEPS)
    _, by_movie = timed(cg_half_step, observed.by_movie, V, U, W0, L2, num_steps=STEPS)
    if not sparse_loss(observed, U.astype(float), V.astype(float), W0, L2) < before:
        raise RuntimeError("a sweep did not lower the loss: nothing here can be believed")
    return by_user + by_movie


def timed(function, *arguments, **named):
    start = time.perf_counter()
    result = function(*arguments, **named)
    return result, time.perf_counter() - start


def machine() -> str:
    """Processor, cores, memory and versions, in a line."""
    processor = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).is_file():
        names = [line for line in info.read_text().split("\n") if line.startswith("model name")]
        processor = names[0].split(": ")[1] if names else processor
    memory = ""
    if hasattr(os, "sysconf"):
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        memory = f", {size / 2**30:.0f} GiB of memory"
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    return f"{processor}, {os.cpu_count()} cores{memory}, {platform.system()}, {versions}"


if __name__ == "__main__":
    main()
