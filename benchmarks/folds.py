"""How well our code and the libraries predict stars, each with the settings that suit it.

    python benchmarks/folds.py --store
    python benchmarks/folds.py --store --only myFM

MovieLens 100K in its five published folds u1 to u5. A rival of `rivals.py` chooses its settings
fold by fold: it learns from nine tenths of the training part, drawn at random, with each of them,
and the remaining tenth says which was best. With that it learns from the whole training part; the
test part is asked once. Stars are clipped to 1 to 5.

The settings to choose from are few, so that all of it takes half an hour: SVD++ and the Bayesian
models take seconds to minutes for one fit. Each library's own defaults are among them, except for
the Bayesian models: these draw the strengths of their pulls themselves, and have only rank 10
(alone, also 20) and 300 sweeps. Each throws away as many first sweeps as it does by itself: myFM 5,
ours 50.

Each rival has a process of its own with one thread, in an environment that has its library, made
when needed. Seconds are those of learning, from the table on, the median of the folds. --store
keeps all in benchmarks/folds.json, and tables in benchmarks/folds.md; with --only, the rivals whose
names contain that are measured anew and the others are kept.
"""

import argparse
import importlib.metadata
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from netflix_scale import machine
from processes import environment
from rivals import OURS, RIVALS, Predict, Rival

from scratch.course import beside
from scratch.datasets import load_folds_100k, load_movielens_100k
from scratch.evaluation.metrics import rmse

HERE = Path(__file__).parent
STORED, TABLES = HERE / "folds.json", HERE / "folds.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--only", default="", help="rivals whose name contains this")
    parser.add_argument("--child", metavar="RIVAL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(RIVALS[options.child])))
        return
    source = load_movielens_100k().source
    print(f"MovieLens 100K: {source}", flush=True)
    rows = json.loads(STORED.read_text(encoding="utf-8"))["rows"] if STORED.is_file() else {}
    for name, rival in RIVALS.items():
        if options.only not in name:
            continue
        rows[name] = in_a_process_of_its_own(rival)
        print(line(name, rows[name]), flush=True)
        if options.store:
            rows = {known: rows[known] for known in RIVALS if known in rows}
            stored = {"data": source, "rows": rows}
            STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
            TABLES.write_text(tables(rows), encoding="utf-8")


def in_a_process_of_its_own(rival: Rival) -> dict:
    """What `measure` finds of a rival in its environment, with one thread."""
    command = [beside.ready(rival.home), "-W", "ignore", __file__, "--child", rival.name]
    done = subprocess.run(
        command, env=environment(1), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure(rival: Rival) -> dict:
    """Choose settings, learn and predict, in each fold."""
    folds = []
    for number, (train, test) in enumerate(load_folds_100k(), 1):
        tenth = train.sample(frac=0.1, random_state=number - 1)
        rest = train.drop(tenth.index)
        choices = rival.grid if len(rival.grid) > 1 else []  # else there is nothing to choose
        errors = [error(rival.learn(rest, **settings), tenth) for settings in choices]
        best = int(np.argmin(errors)) if errors else 0
        start = time.perf_counter()
        predict = rival.learn(train, **rival.grid[best])
        seconds = time.perf_counter() - start
        folds.append(
            {
                "fold": f"u{number}",
                "rmse": error(predict, test),
                "seconds": seconds,
                "settings": rival.grid[best],
                "validation": errors,
            }
        )
        print(rival.name, folds[-1], file=sys.stderr, flush=True)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in rival.packages]
    return {"versions": versions, "machine": machine(), "tried": rival.grid, "folds": folds}


def error(predict: Predict, part: pd.DataFrame) -> float:
    """RMSE of clipped predictions of a table of ratings."""
    return rmse(np.clip(predict(part[["user_id", "movie_id"]]), 1, 5), part["rating"].to_numpy())


def line(name: str, row: dict) -> str:
    """A row of the table of errors."""
    errors = [fold["rmse"] for fold in row["folds"]]
    seconds = np.median([fold["seconds"] for fold in row["folds"]])
    cells = [name, *(f"{value:.4f}" for value in [*errors, np.mean(errors)]), f"{seconds:.2f}"]
    return f"| {' | '.join(cells)} |"


def apart(name: str, rows: dict[str, dict]) -> str:
    """How far a rival's errors are above ours, fold by fold: the mean and its standard error."""
    errors, ours = (
        np.array([fold["rmse"] for fold in rows[which]["folds"]]) for which in (name, OURS[0].name)
    )
    if name == OURS[0].name:
        return ""
    apart = errors - ours
    return f"{apart.mean():+.4f} ± {apart.std(ddof=1) / np.sqrt(len(apart)):.4f}"


def tables(rows: dict[str, dict]) -> str:
    """The content of folds.md: errors and seconds, and what each rival chose."""
    machines = list(dict.fromkeys(row["machine"] for row in rows.values()))
    versions = list(dict.fromkeys(text for row in rows.values() for text in row["versions"]))
    folds = [fold["fold"] for fold in next(iter(rows.values()))["folds"]]
    best_first = sorted(rows, key=lambda name: np.mean([f["rmse"] for f in rows[name]["folds"]]))
    lines = [
        f"Measured on {'; '.join(machines)}. {', '.join(versions)}.",
        "",
        "RMSE on each test part, the lowest mean first, and the median of the seconds to learn.",
        f"Apart: how far above {OURS[0].name}, the mean of the folds ± its standard error.",
        "",
        f"| rival | {' | '.join(folds)} | mean | seconds | apart |",
        "|---" * (len(folds) + 4) + "|",
        *(f"{line(name, rows[name])} {apart(name, rows)} |" for name in best_first),
        "",
        "What each chose, and in how many folds, of how many.",
        "",
        "| rival | chose | of |",
        "|---|---|---|",
    ]
    for name in best_first:
        chosen = Counter(in_words(fold["settings"]) for fold in rows[name]["folds"])
        words = "; ".join(f"{text} ({times})" for text, times in chosen.most_common())
        lines.append(f"| {name} | {words} | {len(rows[name]['tried'])} |")
    return "\n".join(lines) + "\n"


def in_words(settings: dict) -> str:
    """Settings in a line."""
    return ", ".join(
        f"{name.replace('_', ' ')} {' and '.join(map(str, v)) if isinstance(v, list) else v}"
        for name, v in settings.items()
    )


if __name__ == "__main__":
    main()
