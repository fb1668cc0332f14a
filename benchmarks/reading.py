"""How fast the Netflix files are read, and in how much memory.

    python benchmarks/make_netflix.py FOLDER
    python benchmarks/reading.py FOLDER [--cache CACHE]

Prints the lines per second of the usual loop (`re.search` and `split` for every line) on two
million lines and of `load_netflix_arrays` on all of them: the first time, in which numba compiles
the loop for about a second, from the cache, and a second time without it. Each is measured in a
process of its own, with the most memory it ever held.
"""

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np

from scratch.datasets import load_netflix_arrays

SAMPLE = 2_000_000


def read_with_split(folder: Path) -> tuple[int, float]:
    """(lines, seconds) of the loop that one writes first, on the first SAMPLE lines."""
    file = sorted((folder / "stand-in" / "netflix").glob("combined_data_*.txt"))[0]
    with file.open() as stream:
        lines = list(islice(stream, SAMPLE))
    start = time.perf_counter()
    ratings = []
    for line in lines:
        heading = re.search(r"(\d+):", line)
        if heading:
            movie = int(heading[1])
        else:
            user, rating, date = line.split(",")
            ratings.append((movie, int(user), int(rating), date))
    return len(lines), time.perf_counter() - start


def read_with_numpy(folder: Path, cache: Path) -> tuple[int, float]:
    """(lines, seconds) of load_netflix_arrays, in which compiling the loop is counted too."""
    start = time.perf_counter()
    data = load_netflix_arrays(folder=folder, cache=cache)
    seconds = time.perf_counter() - start
    return len(data) + int(np.count_nonzero(np.diff(data.movie_ids))) + 1, seconds


def read_twice(folder: Path, cache: Path) -> tuple[int, float]:
    """(lines, seconds) of the second time, without a cache as the first."""
    read_with_numpy(folder, cache)
    shutil.rmtree(cache, ignore_errors=True)  # of small files none is made
    return read_with_numpy(folder, cache)


def measure(way: str, folder: Path, cache: Path) -> tuple[int, float, float]:
    """(lines, seconds, GB at the most) of one way, in a process of its own."""
    command = [sys.executable, __file__, str(folder), "--cache", str(cache), "--way", way]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines, seconds, memory = json.loads(done.stdout)
    return lines, seconds, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, help="by default FOLDER/cache; emptied first")
    parser.add_argument("--way", choices=["split", "arrays", "twice"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    cache = options.cache or options.folder / "cache"
    if options.way:
        if options.way == "split":
            result = read_with_split(options.folder)
        else:
            read = read_with_numpy if options.way == "arrays" else read_twice
            result = read(options.folder, cache)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        print(json.dumps([*result, peak]))
        return
    rates = {}
    rows = (
        ("split", "split"),
        ("first time", "arrays"),
        ("from the cache", "arrays"),
        ("second time", "twice"),
    )
    for name, way in rows:
        if name != "from the cache":
            shutil.rmtree(cache, ignore_errors=True)
        lines, seconds, memory = measure(way, options.folder, cache)
        rates[name] = lines / seconds
        print(
            f"{name:15s} {lines:12,} lines in {seconds:7.2f} s: {rates[name]:12,.0f} per second, "
            f"at most {memory:.2f} GB"
        )
    first, second = (rates[f"{time} time"] / rates["split"] for time in ("first", "second"))
    print(f"times as fast as split: {first:.1f} the first time, {second:.1f} the second")


if __name__ == "__main__":
    main()
