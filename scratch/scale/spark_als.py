"""Weighted factorization by Apache Spark, with the same loss as ours.

    L(U, V) = Σ observed (1 − u·v)² + w0 · Σ unobserved (u·v)² + l2 · Σ rows n·‖row‖²

over the rows of U and of V; n is how many pairs a row has. Spark's ALS has the same loss divided by
w0: there an unobserved pair counts 1, an observed one 1 + alpha, and the pull is regParam · n. So
    alpha = 1 / w0 − 1  and  regParam = l2 / w0.
Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets, 2008. Built in
notebook 16.
"""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from threadpoolctl import threadpool_limits

from scratch.checking import Array, Count, NotNegative, TableArray, Within, checked, finite
from scratch.checking.room import check_room
from scratch.evaluation.lists import EMPTY
from scratch.evaluation.protocol import PLACES, Recommender
from scratch.machinery.sparse import Observed, Rows, check_observed, check_rows
from scratch.recommenders.conjugate_gradient import ChangedVectors, move_down
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

TOO_LARGE = "U, V, w0 or l2"
BetweenZeroAndOne = Annotated[float, Within(0, 1, low_is_open=True, high_is_open=True)]
Sweeps = Annotated[int, Within(1, 10_000)]
Lists = Annotated[np.ndarray, Array(2, "whole")]

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


@checked
def settings_of_spark(w0: BetweenZeroAndOne, l2: NotNegative) -> dict[str, float | bool]:
    """What to tell Spark's ALS, so that its loss is ours divided by w0.

    Raises ValueError for a w0 that is not between 0 and 1, a negative l2, and two of which one is
    too small for the other; TypeError for what is no number.

    >>> settings_of_spark(w0=0.25, l2=0.5)
    {'implicitPrefs': True, 'alpha': 3.0, 'regParam': 2.0}
    """
    alpha, pull = 1 / w0 - 1, l2 / w0
    finite("what Spark calls alpha and regParam", [alpha, pull], of="w0 or l2")
    return {"implicitPrefs": True, "alpha": alpha, "regParam": pull}


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


@checked
def half_step(
    rows: Rows, U: ChangedVectors, V: TableArray, w0: NotNegative, l2: NotNegative
) -> None:
    """`als_half_step`, in place, where the pull of each row is l2 times its number of pairs.

    Raises what that raises.
    """
    rows = check_rows(rows)
    check_factors(rows, U, V)
    by_count = pulls(rows, 0.0, l2, scaling=1.0)
    solve_rows(rows.shares(), *rows[:3], U, V, gram(V), float(w0), by_count)
    finite("the half-step", U, of=TOO_LARGE)


@checked
def loss(
    observed: Observed, U: TableArray, V: TableArray, w0: NotNegative, l2: NotNegative
) -> float:
    """The loss above, of factors in float64; raises what `sparse_loss` raises."""
    observed = check_observed(observed)
    without_pull = sparse_loss(observed, U, V, w0)
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes inf
        held = [
            (pulls(rows, 0.0, l2, scaling=1.0) * (part**2).sum(axis=1)).sum()
            for rows, part in ((observed.by_user, U), (observed.by_movie, V))
        ]
        total = without_pull + float(sum(held))
    return float(finite("the loss", total, of=TOO_LARGE))


@checked
def fit_ours(
    observed: Observed,
    k: Count,
    w0: NotNegative,
    l2: NotNegative,
    num_sweeps: Sweeps,
    rng: np.random.Generator,
    num_steps: Count | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(U, V) after so many sweeps in one process, as Spark does it.

    That is, the movies first, from random vectors of length 1: how long they are at the start shows
    in the loss for many sweeps. num_steps: None solves, in float64; else so many steps of conjugate
    gradient, in float32. Raises what `WeightedFactorization` raises for such settings, and
    ValueError for more than 10,000 sweeps.
    """
    observed = check_observed(observed)
    WeightedFactorization(k, w0, l2=l2, num_sweeps=num_sweeps, num_steps=num_steps)
    check_room("k", k, max(k, *observed.shape))
    dtype = np.float64 if num_steps is None else np.float32
    with np.errstate(over="ignore"):  # what is too large becomes inf
        for rows in observed:
            finite("the pull", pulls(rows, 0.0, l2, scaling=1.0).astype(dtype), of="l2")
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


@checked
def from_lists(shown: Lists, num_movies: Count) -> Recommender:
    """Lists that somebody else has made, (users, places), as `scratch.evaluation` takes scores.

    What is not on a user's list is scored −inf; a known movie on it leaves its place empty. Raises
    ValueError for a movie that is none of num_movies.
    """
    check_room("num_movies", num_movies)
    if shown.size and not (shown.min() >= EMPTY and shown.max() < num_movies):
        wrong = shown[(shown < EMPTY) | (shown >= num_movies)][0]
        raise ValueError(
            f"shown has movie {wrong}, but num_movies is {num_movies}: they are counted from 0, "
            f"and {EMPTY} is for an empty place"
        )

    def scores(users: np.ndarray) -> np.ndarray:
        row, place = np.nonzero(shown[users] >= 0)
        table = np.full((len(users), num_movies), -np.inf)
        table[row, shown[users[row], place]] = -place
        return table

    return scores
