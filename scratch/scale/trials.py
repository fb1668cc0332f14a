"""What happens when: a worker dies, nothing is written down, somebody is new, a block is heavy.

Each function tries one thing on a running cluster and returns what was seen, as numbers to print.
Zaharia et al., Resilient distributed datasets, NSDI 2012. Used in notebook 16.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from scratch.checking import Count, Size, Within, checked
from scratch.evaluation.metrics import rmse
from scratch.machinery.sparse import MOST_SHARES, Rows, check_rows
from scratch.ratings import COLD, IdMap, Ratings
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.scale.cluster import HOST, LocalCluster, asked
from scratch.scale.parquet import write_ratings

if TYPE_CHECKING:
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import SparkSession

POLL_SECONDS = 0.02
Blocks = Annotated[int, Within(1, MOST_SHARES)]
Fit = Callable[[], "ALSModel"]
Factors = Callable[["ALSModel"], tuple[np.ndarray, np.ndarray]]


def pages(spark: "SparkSession", what: str) -> Any:
    """What the session's own web page knows of its "stages" or "jobs", newest first."""
    port = spark.sparkContext.uiWebUrl.rsplit(":", 1)[1]
    of_this = f"api/v1/applications/{spark.sparkContext.applicationId}"
    return asked(f"http://{HOST}:{port}/{of_this}/{what}")


def fit_watched(spark: "SparkSession", fit: Fit) -> tuple["ALSModel", dict[str, float]]:
    """Run `fit`; what it took: seconds, stages, tasks, MB shuffled, and the last job's stages.

    A stage is work that needs nothing from other machines; between two of them rows are shuffled:
    each goes to the machine that needs it. The stages of a job count the skipped ones too, whose
    results are still there: so they grow with the history that a result has.
    """
    before = {(stage["stageId"], stage["attemptId"]) for stage in pages(spark, "stages")}
    jobs = {job["jobId"] for job in pages(spark, "jobs")}
    start = time.perf_counter()
    model = fit()
    seconds = time.perf_counter() - start
    new = [s for s in pages(spark, "stages") if (s["stageId"], s["attemptId"]) not in before]
    done = [stage for stage in new if stage["status"] == "COMPLETE"]
    return model, {
        "seconds": round(seconds, 2),
        "stages": len(done),
        "stages run again": sum(stage["attemptId"] > 0 for stage in done),
        "tasks": sum(stage["numCompleteTasks"] for stage in done),
        "shuffled MB": round(sum(stage["shuffleWriteBytes"] for stage in done) / 1e6, 3),
        "stages of the longest job": max(
            len(job["stageIds"]) for job in pages(spark, "jobs") if job["jobId"] not in jobs
        ),
    }


def lineage(model: "ALSModel") -> int:
    """How many steps Spark remembers of how the users' vectors came to be: it would repeat them."""
    history = model._java_obj.userFactors().rdd().toDebugString()
    return len(history.splitlines())


@checked
def worker_killed(
    spark: "SparkSession", cluster: LocalCluster, victim: Size, fit: Fit, factors: Factors
) -> dict[str, Any]:
    """Fit three times: undisturbed, undisturbed again, and with a worker killed in the middle.

    victim: its number. It is killed when half as many stages are done as the second fit needed, and
    not replaced. Returns what each took, and the largest differences of their vectors from the
    first. Raises RuntimeError if the fit was over before that.
    """
    first = np.concatenate(factors(fit()))  # and Java has compiled what it needs
    model, undisturbed = fit_watched(spark, fit)
    again = np.concatenate(factors(model))
    ids = {stage["stageId"] for stage in pages(spark, "stages")}
    told: dict[str, Any] = {}

    def kill_in_the_middle() -> None:
        while not told.get("is over"):
            new = [s for s in pages(spark, "stages") if s["stageId"] not in ids]
            done = sum(stage["status"] == "COMPLETE" for stage in new)
            if done >= undisturbed["stages"] // 2:
                cluster.kill_worker(victim)
                told["after stages"] = done
                return
            time.sleep(POLL_SECONDS)

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    try:
        model, disturbed = fit_watched(spark, fit)
    finally:
        told["is over"] = True
        killer.join()
    if "after stages" not in told:
        raise RuntimeError("the fit was over before a worker could be killed: let it take longer")
    bereft = np.concatenate(factors(model))
    largest = float(np.abs(first).max())
    return {
        "undisturbed": undisturbed,
        "with a worker killed": disturbed,
        "killed after stages": told["after stages"],
        "workers left": cluster.alive(),
        "largest number": largest,
        "difference of two undisturbed": float(np.abs(again - first).max()),
        "difference of the killed": float(np.abs(bereft - first).max()),
        "to the last bit": bool(np.array_equal(bereft, first)),
    }


@checked
def cold_start(
    spark: "SparkSession", train: Ratings, test: Ratings, folder: Path, *, k: Count = 10
) -> dict[str, Any]:
    """Stars predicted by Spark's ALS for test ratings, of which some are of new users or films.

    train and test: with the ids of the tables, not indices. coldStartStrategy says what Spark does
    with a pair of which it knows one side not at all: "nan" predicts no number, "drop" leaves it
    out of the table. Beside it the shrunken biases, which answer all: errors in stars, of all rows,
    of those that Spark keeps, and of those it drops.
    """
    from pyspark.ml.evaluation import RegressionEvaluator
    from pyspark.ml.recommendation import ALS

    tables = []
    for name, ratings in (("train", train), ("test", test)):
        write_ratings(folder / f"{name}.parquet", ratings)
        tables.append(spark.read.parquet(str(folder / f"{name}.parquet")))
    als = ALS(rank=k, regParam=0.1, seed=0, userCol="user", itemCol="movie", ratingCol="rating")
    model = als.fit(tables[0])
    judge = RegressionEvaluator(labelCol="rating", predictionCol="prediction", metricName="rmse")
    errors, rows = {}, {}
    for strategy in ("nan", "drop"):
        predicted = model.setColdStartStrategy(strategy).transform(tables[1]).cache()
        errors[strategy], rows[strategy] = judge.evaluate(predicted), predicted.count()

    users, movies = IdMap(train.users), IdMap(train.movies)
    biases = ShrunkenBiases(Ratings(
        users.encode(train.users), movies.encode(train.movies), train.ratings.astype(float)
    ))  # fmt: skip
    known = users.encode(test.users, "cold"), movies.encode(test.movies, "cold")
    answers, kept = biases.predict(*known), np.minimum(*known) != COLD
    together = np.square(answers - test.ratings)[~kept].sum() + kept.sum() * errors["drop"] ** 2
    return {
        "rows": rows["nan"],
        "dropped": rows["nan"] - rows["drop"],
        "Spark, nan": str(errors["nan"]),  # JSON has no word for it
        "Spark, drop": round(errors["drop"], 4),
        "biases, rows that are kept": round(rmse(answers[kept], test.ratings[kept]), 4),
        "biases, rows that are dropped": round(rmse(answers[~kept], test.ratings[~kept]), 4),
        "biases, all rows": round(rmse(answers, test.ratings), 4),
        "Spark, biases for the dropped": round(float(np.sqrt(together / len(kept))), 4),
    }


@checked
def skew(rows: Rows, blocks: Blocks) -> dict[str, float]:
    """The pairs of the fullest of so many blocks, divided by those of a mean one.

    by hash: row r in block r mod blocks, as Spark's ALS deals whole numbers out. in order: blocks
    of as many rows each, one after the other. by work: the shares of `Rows`. Whoever has the
    fullest block is waited for by all others. heaviest row: the pairs of that row alone, in the
    same measure; no way to cut can bring the fullest block below it. Raises ValueError for no
    block, more than a million, or rows without pairs; TypeError or ValueError for what are no rows.
    """
    rows = check_rows(rows)
    if len(rows.indices) == 0:
        raise ValueError("the rows have no pairs, so no block is fuller than the others")
    sizes, numbers = np.diff(rows.starts), np.arange(len(rows.starts) - 1)
    cuts = rows.shares(blocks)
    in_blocks = {
        "by hash": np.bincount(numbers % blocks, sizes, blocks),
        "in order": np.bincount(numbers * blocks // len(sizes), sizes, blocks),
        "by work": np.diff(rows.starts[cuts]),
        "heaviest row": sizes,
    }
    mean = sizes.sum() / blocks
    return {name: round(float(pairs.max() / mean), 3) for name, pairs in in_blocks.items()}
