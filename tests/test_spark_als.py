"""Our half of the contest with Spark: the same loss as it reads, and where it is smallest."""

import numpy as np
import pytest

from scratch.evaluation import evaluate, recommend, split_ratings
from scratch.machinery.sparse import Observed
from scratch.recommenders.weighted import als_half_step
from scratch.scale import spark_als

W0, L2 = 0.2, 0.05


@pytest.fixture
def matrix():
    rng = np.random.default_rng(3)
    matrix = (rng.random((12, 9)) < 0.3).astype(float)
    matrix[4], matrix[:, 2] = 0, 0  # a user and a movie without pairs
    return matrix


@pytest.fixture
def factors(matrix):
    rng = np.random.default_rng(4)
    return tuple(rng.normal(size=(size, 3)) for size in matrix.shape)


def as_it_reads(matrix, U, V):
    x, counts = U @ V.T, (matrix.sum(axis=1), matrix.sum(axis=0))
    pulled = [
        (n.clip(min=1) * (rows**2).sum(1)).sum() for n, rows in zip(counts, (U, V), strict=True)
    ]
    return np.where(matrix > 0, (1 - x) ** 2, W0 * x**2).sum() + L2 * sum(pulled)


def as_spark_reads(matrix, U, V):
    """The loss of Spark's ALS: confidence 1 + alpha·r, preference r > 0, regParam times counts."""
    settings = spark_als.settings_of_spark(W0, L2)
    x, counts = U @ V.T, (matrix.sum(axis=1), matrix.sum(axis=0))
    held = [(n * (rows**2).sum(axis=1)).sum() for n, rows in zip(counts, (U, V), strict=True)]
    cells = (1 + settings["alpha"] * matrix) * ((matrix > 0) - x) ** 2
    return cells.sum() + settings["regParam"] * sum(held)


def test_the_loss_is_what_it_reads(matrix, factors):
    observed = Observed.from_matrix(matrix)
    found = spark_als.loss(observed, *factors, W0, L2)
    assert found == pytest.approx(as_it_reads(matrix, *factors), rel=1e-12)


def test_ours_is_sparks_times_w0(matrix, factors):
    known = [
        rows * (matrix.sum(axis=axis) > 0)[:, None]
        for rows, axis in zip(factors, (1, 0), strict=True)
    ]
    observed = Observed.from_matrix(matrix)
    ours = spark_als.loss(observed, *known, W0, L2)
    assert ours == pytest.approx(W0 * as_spark_reads(matrix, *known), rel=1e-12)


def test_vectors_and_weights_that_do_not_fit_are_refused(matrix, factors):
    U, V = factors
    rows = Observed.from_matrix(matrix).by_user
    for wrong in ((U[:5].copy(), V), (U, V[:2].copy()), (U.astype(np.float32), V)):
        with pytest.raises(ValueError, match="factors"):
            spark_als.half_step(rows, *wrong, W0, L2)
    for w0 in (-1.0, np.nan):
        with pytest.raises(ValueError, match="w0 must be"):
            spark_als.half_step(rows, U, V, w0, L2)
    with pytest.raises(ValueError, match="num_sweeps must be at least 1 and at most"):
        spark_als.fit_ours(Observed.from_matrix(matrix), 2, W0, L2, 0, np.random.default_rng(0))


def test_a_half_step_goes_to_where_the_loss_is_smallest(matrix, factors):
    U, V = factors
    observed = Observed.from_matrix(matrix)
    spark_als.half_step(observed.by_user, U, V, W0, L2)
    best = spark_als.loss(observed, U, V, W0, L2)
    for row, axis in np.ndindex(U.shape):
        for step in (-1e-3, 1e-3):
            other = U.copy()
            other[row, axis] += step
            assert spark_als.loss(observed, other, V, W0, L2) > best
    constant = U.copy()
    als_half_step(observed.by_user, constant, V, W0, L2)
    assert np.abs(constant - U).max() > 0.01  # with one l2 for all it is another model


@pytest.mark.parametrize("steps", [None, 3])
def test_sweeps_end_where_no_half_step_leads_further(matrix, steps):
    observed = Observed.from_matrix(matrix)
    U, V = spark_als.fit_ours(observed, 3, W0, L2, 60, np.random.default_rng(0), steps)
    U, V = (part.astype(float) for part in (U, V))
    reached = spark_als.loss(observed, U, V, W0, L2)
    spark_als.half_step(observed.by_movie, V, U, W0, L2)
    assert reached == pytest.approx(spark_als.loss(observed, U, V, W0, L2), rel=1e-5)
    assert reached < 0.8 * matrix.sum()  # zeros everywhere would cost 1 for each pair


@pytest.mark.parametrize(("w0", "l2"), [(0, 1), (1, 1), (-0.1, 1), (0.1, -1), (0.1, np.nan)])
def test_weights_that_spark_cannot_have_are_refused(w0, l2):
    words = "w0 must be above 0 and below 1|l2 must be"
    with pytest.raises(ValueError, match=words):
        spark_als.settings_of_spark(w0, l2)


def test_weights_that_are_too_small_for_one_another_are_refused():
    with pytest.raises(
        ValueError, match=r"alpha and regParam can't be computed, inf came out: .*w0"
    ):
        spark_als.settings_of_spark(1e-300, 1e300)
    with pytest.raises(ValueError, match="the numbers in w0 or l2 are too large"):
        spark_als.settings_of_spark(5e-324, 1.0)


@pytest.mark.filterwarnings("error")
def test_weights_that_are_too_large_are_refused(matrix, factors):
    observed, rng = Observed.from_matrix(matrix), np.random.default_rng(0)
    for steps in (None, 2):
        with pytest.raises(ValueError, match=r"can't be computed, inf came out: .* l2"):
            spark_als.fit_ours(observed, 2, W0, 1e308, 1, rng, steps)
    with pytest.raises(
        ValueError, match=r"the loss can't be computed, inf came out: .* U, V, w0 or"
    ):
        spark_als.loss(observed, *factors, W0, 2e307)
    for wrong in (0, 10**6):
        with pytest.raises(ValueError, match="num_sweeps must be at least 1 and at most 10000"):
            spark_als.fit_ours(observed, 2, W0, L2, wrong, rng)
    with pytest.raises(ValueError, match="k asks for"):
        spark_als.fit_ours(observed, 10**6, W0, L2, 1, rng)


@pytest.mark.parametrize(
    ("shown", "error", "words"),
    [
        ([[0, 3]], ValueError, "shown has movie 3, but num_movies is 3"),
        ([[0, -2]], ValueError, "shown has movie -2"),
        ([0, 1], ValueError, "shown must have two axes"),
        ([[0.0, 1.0]], TypeError, "shown must be an array of whole numbers"),
    ],
)
def test_lists_of_movies_that_are_not_there_are_refused(shown, error, words):
    with pytest.raises(error, match=words):
        spark_als.from_lists(shown, 3)


def test_lists_of_others_are_judged_by_the_same_protocol():
    import pandas as pd

    rng = np.random.default_rng(5)
    cells = rng.permutation(20 * 30)[:300]
    table = pd.DataFrame({"user_id": cells // 30, "movie_id": cells % 30, "rating": 4.0})
    parts = split_ratings(table, rng=rng)
    scores = rng.random((len(parts.users), len(parts.movies)))
    users, num_movies = np.arange(len(scores)), len(parts.movies)
    own = recommend(lambda u: scores[u], users, parts.known("test"), num_movies=num_movies)
    offered = recommend(lambda u: scores[u], users, num_movies=num_movies)
    tables = evaluate({
        "scores": lambda u: scores[u],
        "lists": spark_als.from_lists(own, num_movies),
        "with known": spark_als.from_lists(offered, num_movies),
    }, parts, "test")  # fmt: skip
    assert tables.loc["scores"].equals(tables.loc["lists"])
    assert tables.loc["with known", "precision"] < tables.loc["scores", "precision"]
