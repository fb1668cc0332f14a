"""Our code beside the libraries that people would pick instead, side by side in one run.

    python benchmarks/peers.py --store

For one thread and for two, each work of `contestants.py` and `contestants_of_reading.py` in a
process of its own: all contestants once to warm up (ours compile then), then in turn, five times.
Then in another process once to warm up and once for the memory. Printed and stored, as
benchmarks/peers.md and benchmarks/peers.json: the median of the seconds, the shortest and the
longest, those of the first time, the most memory that it took beyond what lay in memory before
(MB), and how good each result was. Needs the packages of benchmarks/requirements.txt; `make bench`
makes an environment for them.
"""

import argparse
import importlib.metadata
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from processes import environment

HERE = Path(__file__).parent
STORED = HERE / "peers.json"
REPEATS = 5
THREADS = 1, 2
PEERS = (
    "scikit-surprise", "cornac", "implicit", "scikit-learn", "numba", "numpy", "scipy", "pandas",
    "polars",
)  # fmt: skip
# Where memory is measured, what is freed goes back to the system at once: else the second run would
# be given what the first left. Of the C library (Linux), and of the library that polars has.
GIVE_BACK = {
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--only", help="works whose name contains this")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, work, threads = options.child
        contestants = works()[work][1](int(threads))
        print(json.dumps({"seconds": seconds, "memory": memory}[what](contestants)))
        return
    sys.path.insert(0, str(HERE.parent))  # the peers' environment does not have the course in it
    from netflix_scale import machine

    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PEERS)
    stored = {"machine": machine(), "versions": versions, "rows": []}
    if options.only and STORED.is_file():  # the other works stay as they were
        before = json.loads(STORED.read_text(encoding="utf-8"))["rows"]
        stored["rows"] = [row for row in before if options.only not in row["work"]]
    for work in works():
        if options.only and options.only not in work:
            continue
        for threads in THREADS:
            megabytes = run_in_a_process("memory", work, threads)
            for row in run_in_a_process("seconds", work, threads):
                row = {"work": work, "threads": threads, **row, "MB": megabytes[row["name"]]}
                stored["rows"].append(row)
                print(line(row), flush=True)
    order = list(works())
    stored["rows"].sort(key=lambda row: order.index(row["work"]))
    if options.store:
        STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        STORED.with_suffix(".md").write_text(table(stored), encoding="utf-8")


def table(stored: dict) -> str:
    """All that is stored, work by work."""
    lines = [
        f"Measured on {stored['machine']}; {stored['versions']}. Seconds are medians of "
        f"{REPEATS} (from the shortest to the longest). The first time stands apart: "
        "our loops are compiled then, or their machine code is loaded from the disk."
    ]
    for work, (measure_of, _) in works().items():
        lines += ["", f"### {work}", ""]
        lines += [f"| contestant | threads | seconds | first time | MB | {measure_of} |"]
        lines += ["|---|---|---|---|---|---|"]
        lines += [line(row) for row in stored["rows"] if row["work"] == work]
    return "\n".join(lines) + "\n"


def line(row: dict) -> str:
    """One contestant of one work."""
    return (
        f"| {row['name']} | {row['threads']} | {row['median']:.4f} "
        f"({row['shortest']:.4f} to {row['longest']:.4f}) | {row['first']:.2f} | "
        f"{row['MB']:.1f} | {in_digits(row['quality'])} |"
    )


def in_digits(quality: float) -> str:
    """Six digits; of what counts millions all, since it must agree to the last."""
    return f"{quality:.6g}" if quality < 1e6 else f"{quality:.0f}"


def works() -> dict:
    """All works by their names."""
    import contestants
    import contestants_of_reading

    return contestants.WORKS | contestants_of_reading.WORKS


def run_in_a_process(what: str, work: str, threads: int) -> Any:
    """What the function of this name finds in a new process that may use so many threads."""
    env = environment(threads) | (GIVE_BACK if what == "memory" else {})
    command = [sys.executable, "-W", "ignore", __file__, "--child", what, work, str(threads)]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def seconds(contestants: list) -> list[dict]:
    """Run the contestants of a work in turn; a row for each."""
    first, times = {}, {contestant.name: [] for contestant in contestants}
    for contestant in contestants:
        start = time.perf_counter()
        result = contestant.run()
        first[contestant.name] = time.perf_counter() - start, float(contestant.quality(result))
    del result
    for _ in range(REPEATS):
        for contestant in contestants:
            start = time.perf_counter()
            contestant.run()
            times[contestant.name].append(time.perf_counter() - start)
    return [
        {
            "name": name, "median": statistics.median(some), "shortest": min(some),
            "longest": max(some), "first": first[name][0], "quality": first[name][1],
        }
        for name, some in times.items()
    ]  # fmt: skip


def memory(contestants: list) -> dict[str, float]:
    """The most memory of each by its name, in MB, when it runs a second time."""
    from memory import most_megabytes

    found = {}
    for contestant in contestants:
        contestant.run()
        found[contestant.name] = most_megabytes(contestant.run)
    return found


if __name__ == "__main__":
    main()
