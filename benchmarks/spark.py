"""Apache Spark's ALS beside ours, on a cluster of one machine: the same loss, measures, seconds.

    python -m scratch.course scale --store      # installs Spark beside the course, and runs this

Generates a set in the form of the Netflix Prize, writes it and MovieLens 100K as Parquet, starts a
standalone cluster (one master, two workers with a core each) and prints: whether the loss is the
same; the measures of the course for both; seconds of every part from 10⁵ to 10⁷ ratings; and what
happens when a worker is killed, checkpoints are written, somebody is new, or blocks are cut finer.
Every number of seconds is from one run, of Spark and of ours in turn, each size in a process of its
own. --store keeps all in benchmarks/spark.json, which notebook 16 shows. --only NAME runs a part.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from make_netflix import write_set
from memory import in_use
from netflix_scale import machine, some_users, timed
from processes import environment
from py4j.protocol import Py4JError

from scratch.course.paths import LOGS
from scratch.datasets import load_movielens_100k, load_netflix_arrays
from scratch.evaluation import LIKED, Split, evaluate, recommend, split_ratings
from scratch.machinery.sparse import Observed
from scratch.machinery.whole import replaced
from scratch.ratings import Ratings, split, split_by_time
from scratch.recommenders.adapters import Popular, Weighted
from scratch.recommenders.fitted import Recommender
from scratch.scale import spark_als, trials
from scratch.scale.cluster import ClusterError, LocalCluster, find_java
from scratch.scale.parquet import read_ratings, read_recommendations, write_ratings

STORED = Path(__file__).with_suffix(".json")
FOLDER = LOGS / "spark"
NUM_GENERATED = 30_000_000  # the beginning of the generated Netflix: some 5,000 films
SIZES = 100_000, 1_000_000, 10_000_000
CLUSTER = {"workers": 2, "cores": 1, "memory": "3g"}
SESSION = {"spark.executor.memory": "2560m", "spark.driver.memory": "2g"}
# Of MovieLens, where "1" is a like: what notebook 12 gives `Weighted`, pulled as Spark does it.
K, W0, L2, SWEEPS = 30, 0.1, 0.1, 8
SEEDS, TO_CONVERGE = range(5), 40
# Of the contest, where "1" is any rating.
CONTEST = {"k": 32, "w0": 0.005, "l2": 0.005, "num_sweeps": 5}
STEPS = 3  # of conjugate gradient


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--store", type=Path, nargs="?", const=STORED, metavar="FILE",
        help="keep the numbers in benchmarks/spark.json, or in another file",
    )  # fmt: skip
    parser.add_argument("--only", choices=PARTS, action="append", help="a part, or several")
    options = parser.parse_args()
    # Whoever asks this process to end gets the cluster ended as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        found = measured(options.only or list(PARTS))
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    if options.store:
        path = options.store.absolute()
        is_added_to = path.exists() and options.only
        kept = json.loads(path.read_text(encoding="utf-8")) if is_added_to else {}
        with replaced(path) as new:
            new.write_text(json.dumps(kept | found, indent=1) + "\n", encoding="utf-8")
        print(f"Kept in {path}.")
    return 0


def measured(parts: list[str]) -> dict[str, Any]:
    """What the parts find, with the day, the machine, and what kind of data it was."""
    find_java()  # before anything that takes long
    FOLDER.mkdir(parents=True, exist_ok=True)
    movielens = load_movielens_100k()
    found: dict[str, Any] = {
        "date": date.today().isoformat(), "machine": machine() + versions(),
        "MovieLens": movielens.source, "cluster": CLUSTER,
    }  # fmt: skip
    prepare(movielens.ratings)
    start = time.perf_counter()
    with LocalCluster(FOLDER / "cluster", **CLUSTER) as cluster:
        found["cluster"] = CLUSTER | {"seconds to start": round(time.perf_counter() - start, 1)}
        print(f"A cluster of two workers listens at {cluster.url}.", flush=True)
        for name in parts:
            print(f"\n{name}", flush=True)
            found[name] = PARTS[name](cluster)
    return found


def versions() -> str:
    said = subprocess.run([find_java(), "-version"], capture_output=True, text=True).stderr
    from pyspark.version import __version__

    (java,) = re.findall(r'version "([^"]+)"', said)
    return f", Java {java}, Spark {__version__}"


# The data, as Parquet


def prepare(table: pd.DataFrame) -> None:
    """Write the likes of MovieLens' training part, and of the generated set what is missing."""
    write_ratings(FOLDER / "likes.parquet", likes(parts_of(table)))
    if all(netflix(size).is_file() for size in SIZES):
        return
    print(f"Generating {NUM_GENERATED:,} ratings, once: a minute, and 0.9 GB for that long ...")
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        place = Path(folder) / "stand-in" / "netflix"
        place.mkdir(parents=True)
        write_set(place, NUM_GENERATED)
        arrays = load_netflix_arrays(folder=Path(folder))
        for size in SIZES:
            pairs = some_users(arrays.user_ids, arrays.movie_ids, size)
            write_ratings(netflix(size), Ratings(**pairs, ratings=np.ones(len(pairs["users"]))))


def netflix(size: int) -> Path:
    return FOLDER / f"netflix-{size}.parquet"


def parts_of(table: pd.DataFrame) -> Split:
    return split_ratings(table, rng=np.random.default_rng(0))  # as in notebooks 11 to 13


def likes(parts: Split) -> Ratings:
    return Ratings(*(column[parts.train.ratings >= LIKED] for column in parts.train))


def observed_of(ratings: Ratings, parts: Split | None = None) -> Observed:
    size = (None, None) if parts is None else (len(parts.users), len(parts.movies))
    return Observed.from_pairs(*ratings[:2], num_users=size[0], num_movies=size[1])


@contextlib.contextmanager
def connected(cluster: LocalCluster, **settings: Any) -> Iterator[Any]:
    """A session of its own for a part."""
    spark = spark_als.session(cluster.url, FOLDER / "driver", SESSION | settings)
    try:
        yield spark
    finally:
        spark.stop()


def printed(rows: Any) -> Any:
    """Print a table or a dictionary, and hand it on."""
    table = pd.DataFrame(rows) if isinstance(rows, list) else pd.Series(rows)
    print(table.to_string(), flush=True)
    return rows


# 1. Is it the same loss?


def objective(cluster: LocalCluster) -> dict[str, Any]:
    """Our half-step from Spark's vectors, and the losses that both reach from several starts."""
    parts = parts_of(load_movielens_100k().ratings)
    observed = observed_of(likes(parts), parts)
    with connected(cluster) as spark:
        spark.sparkContext.setCheckpointDir(str(FOLDER / "checkpoints"))
        pairs = spark.read.parquet(str(FOLDER / "likes.parquet"))

        def spark_side(seed: int, num_sweeps: int) -> tuple[np.ndarray, np.ndarray]:
            model = spark_als.fit(pairs, K, W0, L2, num_sweeps, seed, checkpoint_every=10)
            found = spark_als.factors(model, FOLDER / "factors", observed.shape)
            return tuple(part.astype(float) for part in found)

        U, V = spark_side(0, SWEEPS)
        ours = np.zeros_like(U)
        spark_als.half_step(observed.by_user, ours, V, W0, L2)
        losses = {
            f"{name}, {num_sweeps} sweeps": [
                round(spark_als.loss(observed, *fit(seed, num_sweeps), W0, L2), 3) for seed in SEEDS
            ]
            for num_sweeps in (SWEEPS, TO_CONVERGE)
            for name, fit in (("Spark", spark_side), ("ours", partial(our_side, observed)))
        }
    shown = pd.DataFrame(losses).agg(["mean", "min", "max"]).T.round(1)
    found = {
        "k": K, "w0": W0, "l2": L2, "pairs": observed.num_pairs,
        "largest number": float(np.abs(ours).max()),
        "largest difference": float(np.abs(ours - U).max()),
        "relative difference": float(np.linalg.norm(ours - U) / np.linalg.norm(ours)),
    }  # fmt: skip
    printed(found)
    print(shown.to_string())
    return found | {"losses": losses}


def our_side(observed: Observed, seed: int, num_sweeps: int) -> tuple[np.ndarray, np.ndarray]:
    return spark_als.fit_ours(observed, K, W0, L2, num_sweeps, np.random.default_rng(seed))


# 2. The same measures


def measures(cluster: LocalCluster) -> dict[str, Any]:
    """Both behind the course's protocol, on MovieLens and on the generated set."""
    parts = parts_of(load_movielens_100k().ratings)
    observed = observed_of(likes(parts), parts)
    found: dict[str, Any] = {}
    with connected(cluster) as spark:
        pairs = spark.read.parquet(str(FOLDER / "likes.parquet"))
        rows: dict[str, Any] = {"most liked": Recommender(Popular("liked")).fit_split(parts).scores}
        for seed in SEEDS:
            model = spark_als.fit(pairs, K, W0, L2, SWEEPS, seed)
            sides = {"Spark": spark_als.factors(model, FOLDER / "factors", observed.shape)}
            sides["ours, Spark's pull"] = our_side(observed, seed, SWEEPS)
            for name, (U, V) in sides.items():
                rows[f"{name}: {seed}"] = partial(scores, U, V)
            weighted = Recommender(Weighted(K, W0, 4.0, num_sweeps=SWEEPS), seed=seed)
            rows[f"ours, one l2 for all: {seed}"] = weighted.fit_split(parts).scores
        table = evaluate(rows, parts, "test")
        found["MovieLens 100K"] = as_table(table)
        found["lists"] = lists(spark, model, rows[f"Spark: {SEEDS[-1]}"], parts)
        found["Netflix, generated"] = on_generated(spark)
    return found


def scores(U: np.ndarray, V: np.ndarray, users: np.ndarray) -> np.ndarray:
    return U[users] @ V.T


def as_table(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Means over the seeds, and how far the seeds are from each other."""
    names = table.index.str.partition(":").get_level_values(0)
    groups = table.groupby(names, sort=False)
    spread = groups["NDCG"].std().rename("NDCG, sd of seeds").fillna(0)
    means = pd.concat([groups.mean(), spread], axis=1).round(4)
    rows = [{"model": name, **row} for name, row in means.to_dict("index").items()]
    return printed(rows)


def lists(spark: Any, model: Any, scores: Any, parts: Split) -> dict[str, Any]:
    """Lists that Spark has written, read back: with what the users know, and without."""
    known = spark.read.parquet(str(FOLDER / "likes.parquet"))
    rated = FOLDER / "rated.parquet"
    together = (np.concatenate(c) for c in zip(*parts.known("test"), strict=True))
    both = Ratings(*together)
    warm = np.minimum(both.users, both.movies) >= 0
    write_ratings(rated, Ratings(*(column[warm] for column in both)))
    known = spark.read.parquet(str(rated))
    users, num_movies = np.arange(len(parts.users)), len(parts.movies)
    ours = recommend(scores, users, parts.known("test"), num_movies=num_movies)
    found: dict[str, Any] = {}
    for name, left_out in (("as Spark recommends", None), ("without the known", known)):
        _, seconds = timed(spark_als.write_lists, model, FOLDER / "lists", known=left_out)
        shown = read_recommendations(FOLDER / "lists", len(users), 10)
        (row,) = evaluate(
            {"": spark_als.from_lists(shown, num_movies)}, parts, "test"
        ).to_dict("records")  # fmt: skip
        pairs = both.users.astype(np.int64) * num_movies + both.movies
        is_known = np.isin(users[:, None] * num_movies + shown, pairs) & (shown >= 0)
        found[name] = {
            "seconds": round(seconds, 2),
            "places with a known film": round(float(is_known.mean()), 4),
            "places as in our lists": round(float((shown == ours).mean()), 4),
            **{measure: round(value, 4) for measure, value in row.items()},
        }
    print(pd.DataFrame(found).T.to_string())
    return found


def on_generated(spark: Any) -> list[dict[str, Any]]:
    """The measures where nobody has a taste: who rates what was drawn by popularity alone."""
    pairs = read_ratings(netflix(SIZES[0]))
    table = pd.DataFrame({"user_id": pairs.users, "movie_id": pairs.movies, "rating": LIKED})
    parts = parts_of(table)
    write_ratings(FOLDER / "train.parquet", parts.train)
    train = spark.read.parquet(str(FOLDER / "train.parquet"))
    observed = observed_of(parts.train, parts)
    rows: dict[str, Any] = {"most liked": Recommender(Popular("liked")).fit_split(parts).scores}
    for seed in SEEDS[:3]:
        model = spark_als.fit(train, K, W0, L2, SWEEPS, seed)
        sides = spark_als.factors(model, FOLDER / "factors", observed.shape)
        rows[f"Spark: {seed}"] = partial(scores, *sides)
        rows[f"ours, Spark's pull: {seed}"] = partial(scores, *our_side(observed, seed, SWEEPS))
    return as_table(evaluate(rows, parts, "test"))


# 3. Seconds


def contest(cluster: LocalCluster) -> dict[str, Any]:
    """Every size by Spark and by ours, each in a process of its own."""
    rows = []
    for size in SIZES:
        rows.append(in_a_process_of_its_own("by_spark", str(size), cluster.url))
        for threads in (1, 2):
            rows.append(in_a_process_of_its_own("by_ours", str(size), str(threads)))
    print(pd.DataFrame(rows).T.to_string())
    return {**CONTEST, "steps": STEPS, "rows": rows}


def in_a_process_of_its_own(function: str, *arguments: str) -> dict[str, Any]:
    """Call a function of this file with these strings and the time; returns what it printed."""
    threads = int(arguments[1]) if function == "by_ours" else 1
    call = f"import spark; spark.{function}{(*arguments, time.time())!r}"
    done = subprocess.run(
        [sys.executable, "-c", call],
        env=environment(threads) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    row = json.loads(done.stdout.splitlines()[-1])
    print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return row


def by_spark(size: str, url: str, launched: float) -> None:
    """Print the row of Spark's for one size."""
    spark = spark_als.session(url, FOLDER / "driver", SESSION)
    started = time.time() - launched
    table = spark.read.parquet(str(netflix(int(size)))).cache()
    count, reading = timed(table.count)
    settings = CONTEST | {"pairs": table, "seed": 0}
    model, training = timed(spark_als.fit, **settings)
    model, again = timed(spark_als.fit, **settings)
    _, listing = timed(spark_als.write_lists, model, FOLDER / "lists")
    memory, new_only = of_the_jvms(), None
    if int(size) < SIZES[-1]:  # some users know so much that this would take the longest of all
        _, new_only = timed(spark_als.write_lists, model, FOLDER / "lists", known=table)
    observed = observed_of(read_ratings(netflix(int(size))))
    factors = spark_als.factors(model, FOLDER / "factors", observed.shape)
    tell({
        "who": "Spark", "threads": 2, "ratings": count, "users": observed.shape[0],
        "movies": observed.shape[1], "start": started, "read": reading, "first training": training,
        "training": again, "lists": listing, "lists without the known": new_only,
        "loss": loss(observed, *factors), "peak GB": memory,
    })  # fmt: skip


def by_ours(size: str, threads: str, launched: float) -> None:
    """Print the row of ours for one size: solving, and with steps of conjugate gradient."""
    tiny = Observed.from_pairs(np.array([0, 1, 1]), np.array([0, 0, 1]))
    for steps in (None, STEPS):
        U, V = spark_als.fit_ours(tiny, 2, 0.1, 0.1, 1, np.random.default_rng(0), steps)
        recommend(partial(scores, U, V), np.arange(2), num_movies=2)  # compiles
    started = time.time() - launched
    ratings, reading = timed(read_ratings, netflix(int(size)))
    observed, indexing = timed(observed_of, ratings)
    fit = partial(spark_als.fit_ours, observed, **CONTEST)
    (U, V), training = timed(fit, rng=np.random.default_rng(0))
    by_steps, with_steps = timed(fit, rng=np.random.default_rng(0), num_steps=STEPS)
    users, size_of = np.arange(len(U)), {"num_movies": len(V)}
    _, listing = timed(recommend, partial(scores, U, V), users, **size_of)
    _, new_only = timed(recommend, partial(scores, U, V), users, [ratings], **size_of)
    tell({
        "who": "ours", "threads": int(threads), "ratings": observed.num_pairs,
        "users": observed.shape[0], "movies": observed.shape[1], "start": started,
        "read": reading + indexing, "training": training, "training by steps": with_steps,
        "lists": listing, "lists without the known": new_only, "loss": loss(observed, U, V),
        "loss by steps": loss(observed, *by_steps), "peak GB": peak(os.getpid()),
    })  # fmt: skip


def loss(observed: Observed, U: np.ndarray, V: np.ndarray) -> float:
    return spark_als.loss(observed, U.astype(float), V.astype(float), CONTEST["w0"], CONTEST["l2"])


def tell(row: dict[str, Any]) -> None:
    print(json.dumps({n: float(f"{v:.4g}") if type(v) is float else v for n, v in row.items()}))


def peak(process: int | str) -> float | None:
    """The most memory that a process has held, in 10⁹ bytes, where the system is a Linux."""
    try:
        return in_use("VmHWM", process) / 1e9
    except OSError:
        return None


def of_the_jvms() -> float | None:
    """That of the driver's and the executors' Java together, as long as they run."""
    names = ("CoarseGrainedExecutorBackend", "SparkSubmit")
    found = [
        peak(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if any(name in path.read_text(errors="replace") for name in names)
    ]
    return sum(filter(None, found)) or None


# 4. What happens when


def killed(cluster: LocalCluster) -> dict[str, Any]:
    """A worker dies in mid-training, without checkpoints and with them."""
    found: dict[str, Any] = {}
    victim, shape = 0, observed_of(read_ratings(netflix(SIZES[1]))).shape
    for every in (-1, 2):
        name = "without checkpoints" if every < 0 else f"a checkpoint every {every} sweeps"
        with connected(cluster) as spark:
            spark.sparkContext.setCheckpointDir(str(FOLDER / "checkpoints"))
            table = spark.read.parquet(str(netflix(SIZES[1])))
            settings = CONTEST | {"num_sweeps": 8, "seed": 0, "checkpoint_every": every}
            found[name] = trials.worker_killed(
                spark, cluster, victim, partial(spark_als.fit, table, **settings),
                partial(spark_als.factors, folder=FOLDER / "factors", shape=shape),
            )  # fmt: skip
            victim = cluster.start_worker()
        print(name)
        printed(found[name])
    return found


def checkpoints(cluster: LocalCluster) -> list[dict[str, Any]]:
    """How the history of a result grows with the sweeps until it fails; checkpoints cut it."""
    rows = []
    for folder in (None, FOLDER / "checkpoints"):
        with connected(cluster) as spark:
            spark.sparkContext.setLogLevel("OFF")  # what fails fills thousands of lines
            pairs = spark.read.parquet(str(FOLDER / "likes.parquet")).cache()
            spark_als.fit(pairs, K, W0, L2, 2, 0)  # warms up
            if folder:
                spark.sparkContext.setCheckpointDir(str(folder))
            for num_sweeps in (5, 10, 20, 40, 80):
                fit = partial(spark_als.fit, pairs, K, W0, L2, num_sweeps, 0, checkpoint_every=5)
                row = {"checkpoint folder": folder is not None, "sweeps": num_sweeps}
                try:
                    model, took = trials.fit_watched(spark, fit)
                    row |= {"lines of lineage": trials.lineage(model), **took}
                except Py4JError as error:
                    row["failed"] = re.findall(r"[\w.]+Error\b", str(error))[-1]
                rows.append(row)
                if "failed" in row:
                    break
    return printed(rows)


def cold(cluster: LocalCluster) -> dict[str, Any]:
    """What Spark predicts for users and films that it has not met."""
    table = load_movielens_100k().ratings
    found = {}
    with connected(cluster) as spark:
        for name, parts in {
            "split at random": split(table, rng=np.random.default_rng(0)),
            "split in time": split_by_time(table),
        }.items():  # fmt: skip
            train, _, test = (
                Ratings(*(part[column].to_numpy() for column in ("user_id", "movie_id", "rating")))
                for part in parts
            )
            found[name] = trials.cold_start(spark, train, test, FOLDER)
    print(pd.DataFrame(found).to_string())
    return found


def blocks(cluster: LocalCluster) -> list[dict[str, Any]]:
    """The same training, cut into more and more blocks."""
    rows = []
    with connected(cluster) as spark:
        pairs = spark.read.parquet(str(netflix(SIZES[1]))).cache()
        settings = CONTEST | {"num_sweeps": 3, "seed": 0}
        spark_als.fit(pairs, **settings)  # warms up
        for count in (1, 2, 4, 10, 40):
            _, took = trials.fit_watched(
                spark, partial(spark_als.fit, pairs, blocks=count, **settings)
            )
            rows.append({"blocks": count, **took})
    return printed(rows)


def skew(cluster: LocalCluster) -> dict[str, Any]:
    """How unevenly the pairs of films fall into blocks."""
    found = {}
    for name, path in {
        "MovieLens 100K": FOLDER / "likes.parquet", "Netflix, generated": netflix(SIZES[-1])
    }.items():  # fmt: skip
        observed = observed_of(read_ratings(path))
        sizes = np.diff(observed.by_movie.starts)
        found[name] = {
            "movies": len(sizes), "pairs": observed.num_pairs, "heaviest": int(sizes.max()),
            "rows": [{"blocks": b, **trials.skew(observed.by_movie, b)} for b in (2, 10, 100)],
        }  # fmt: skip
        print(f"{name}: {sizes.max():,} of {observed.num_pairs:,} pairs are of one film")
        printed(found[name]["rows"])
    return found


PARTS = {
    "objective": objective, "measures": measures, "contest": contest, "killed": killed,
    "checkpoints": checkpoints, "cold start": cold, "blocks": blocks, "skew": skew,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
