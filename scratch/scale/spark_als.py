"""Weighted factorization by Apache Spark, with the same loss as ours.

    L(U, V) = Σ observed (1 − u·v)² + w0 · Σ unobserved (u·v)² + l2 · Σ rows n·‖row‖²

over the rows of U and of V; n is how many pairs a row has. Spark's ALS has the same loss divided by
w0: there an unobserved pair counts 1, an observed one 1 + alpha, and the pull is regParam · n. So
    alpha = 1 / w0 − 1  and  regParam = l2 / w0.
Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets, 2008. Built in
notebook 16.
"""

import math
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from scratch.evaluation.protocol import PLACES, Recommender
from scratch.machinery.sparse import Observed, Rows
from scratch.recommenders.conjugate_gradient import move_down
from scratch.recommenders.weighted import (
    WeightedFactorization,
    check_factors,
    drawn_vectors,
    gram,
    pulls,
    solve_rows,
    sparse_loss,
)
from scratch.scale.cluster import HOST
from scratch.scale.parquet import read_factors

if TYPE_CHECKING:  # pyspark is an extra: whoever has none can still read this, and use our half
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame, SparkSession

# 1. Spark's side


def session(
    master: str, folder: Path, settings: Mapping[str, str | int] | None = None
) -> "SparkSession":
    """A program's connection to the cluster whose address is `master`.

    folder: where this side of it may write. settings: more of Spark's own, by their names.
    """
    from pyspark.sql import SparkSession

    own: dict[str, str | int] = {
        "spark.driver.bindAddress": HOST,
        "spark.driver.host": HOST,
        "spark.ui.port": 0,  # any free one; it answers how far the work is
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.log.level": "ERROR",
    }
    os.environ["SPARK_LOCAL_IP"] = HOST  # else its web page would listen to the whole network
    builder = SparkSession.builder.master(master).appName("Recommenders from Scratch")
    with warnings.catch_warnings():
        # It warns of pandas 3, with which it cannot exchange tables yet. We exchange Parquet.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        return builder.config(map=own | dict(settings or {})).getOrCreate()


def settings_of_spark(w0: float, l2: float) -> dict[str, float | bool]:
    """What to tell Spark's ALS, so that its loss is ours divided by w0.

    Raises ValueError for a w0 that is not between 0 and 1, or a negative l2.

    >>> settings_of_spark(w0=0.25, l2=0.5)
    {'implicitPrefs': True, 'alpha': 3.0, 'regParam': 2.0}
    """
    if not 0 < w0 < 1 or not (l2 >= 0 and math.isfinite(l2)):
        raise ValueError(f"w0 must be between 0 and 1 and l2 not negative, got {w0} and {l2}")
    return {"implicitPrefs": True, "alpha": 1 / w0 - 1, "regParam": l2 / w0}


def fit(
    pairs: "DataFrame",
    k: int,
    w0: float,
    l2: float,
    num_sweeps: int,
    seed: int,
    *,
    blocks: int = 2,
    checkpoint_every: int = -1,
) -> "ALSModel":
    """Fit Spark's ALS to a table with the columns user and movie, a row for each observed pair.

    A sweep solves for the movies, then for the users. blocks: in how many parts each side is cut.
    checkpoint_every: after so many sweeps vectors are written to the session's checkpoint folder,
    if it has one; −1 for never.
    """
    from pyspark.ml.recommendation import ALS
    from pyspark.sql.functions import lit

    als = ALS(
        rank=k, maxIter=num_sweeps, seed=seed, numUserBlocks=blocks, numItemBlocks=blocks,
        checkpointInterval=checkpoint_every,
        userCol="user", itemCol="movie", ratingCol="one", **settings_of_spark(w0, l2),
    )  # fmt: skip
    return als.fit(pairs.select("user", "movie", lit(1.0).alias("one")))


def factors(
    model: "ALSModel", folder: Path, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(U, V) of Spark's model as float32 arrays, through Parquet in `folder`.

    On many machines this must be a place that all of them reach. shape: (users, movies).
    """
    sides = []
    for name, size in (("user", shape[0]), ("item", shape[1])):
        getattr(model, f"{name}Factors").write.mode("overwrite").parquet(str(folder / name))
        sides.append(read_factors(folder / name, size))
    return sides[0], sides[1]


def write_lists(
    model: "ALSModel", folder: Path, places: int = PLACES, known: "DataFrame | None" = None
) -> None:
    """Write each user's list as Parquet: user, place (from 1), movie.

    Spark recommends whatever scores best, also what the user has seen. known: a table with the
    columns user and movie of what to leave out. Then every user is offered so many movies more as
    anybody knows, the known ones are taken out, and the first `places` of the others are left.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    seen = 0
    if known is not None:
        seen = known.groupBy("user").count().agg(f.max("count")).first()[0]
    offered = model.recommendForAllUsers(places + seen)
    lists = offered.select("user", f.explode("recommendations").alias("one"))
    lists = lists.select("user", "one.movie", "one.rating")
    if known is not None:
        lists = lists.join(known.select("user", "movie"), ["user", "movie"], "left_anti")
    best_first = Window.partitionBy("user").orderBy(f.desc("rating"), "movie")
    lists = lists.withColumn("place", f.row_number().over(best_first))
    lists = lists.where(f.col("place") <= places).select("user", "place", "movie")
    lists.write.mode("overwrite").parquet(str(folder))


# 2. Our side, with the pull of Spark


def half_step(rows: Rows, U: np.ndarray, V: np.ndarray, w0: float, l2: float) -> None:
    """`als_half_step`, in place, where the pull of each row is l2 times its number of pairs.

    Raises what that raises.
    """
    check_factors(rows, U, V)
    pulls(rows, w0, l2)  # its complaints
    by_count = pulls(rows, 0.0, l2, scaling=1.0)
    solve_rows(rows.shares(), *rows[:3], U, V, gram(V), float(w0), by_count)


def loss(observed: Observed, U: np.ndarray, V: np.ndarray, w0: float, l2: float) -> float:
    """The loss above, of factors in float64."""
    held = [
        (pulls(rows, 0.0, l2, scaling=1.0) * (part**2).sum(axis=1)).sum()
        for rows, part in ((observed.by_user, U), (observed.by_movie, V))
    ]
    return sparse_loss(observed, U, V, w0) + float(sum(held))


def fit_ours(
    observed: Observed,
    k: int,
    w0: float,
    l2: float,
    num_sweeps: int,
    rng: np.random.Generator,
    num_steps: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(U, V) after so many sweeps in one process, as Spark does it.

    That is, the movies first, from random vectors of length 1: how long they are at the start shows
    in the loss for many sweeps. num_steps: None solves, in float64; else so many steps of conjugate
    gradient, in float32. Raises what `WeightedFactorization` raises for such settings.
    """
    WeightedFactorization(k, w0, l2=l2, num_sweeps=num_sweeps, num_steps=num_steps)
    dtype = np.float64 if num_steps is None else np.float32
    U, V = (drawn_vectors(rng, (size, k), 1.0, dtype) for size in observed.shape)
    for part in (U, V):
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    sides = (observed.by_movie, V, U), (observed.by_user, U, V)
    with threadpool_limits(1, user_api="blas"):  # its threads and ours would wait for one another
        for rows, one, other in num_sweeps * sides:
            if num_steps is None:
                half_step(rows, one, other, w0, l2)
            else:
                move_down(rows, one, other, w0, pulls(rows, 0.0, l2, scaling=1.0), num_steps)
    return U, V


# 3. The same measures for both


def from_lists(shown: np.ndarray, num_movies: int) -> Recommender:
    """Lists that somebody else has made, (users, places), as `scratch.evaluation` takes scores.

    What is not on a user's list is scored −inf; a known movie on it leaves its place empty.
    """

    def scores(users: np.ndarray) -> np.ndarray:
        row, place = np.nonzero(shown[users] >= 0)
        table = np.full((len(users), num_movies), -np.inf)
        table[row, shown[users[row], place]] = -place
        return table

    return scores
