"""Our half of the contest with Spark: the same loss as it reads, and where it is smallest."""

import os
import sys
import warnings
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from scratch.evaluation import evaluate, recommend, split_ratings
from scratch.machinery.sparse import Observed
from scratch.recommenders.weighted import als_half_step, drawn_vectors
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


# Spark's side, as far as it is only told something


def test_a_session_stays_on_this_machine_and_may_be_told_more(monkeypatch, tmp_path):
    told = {}

    class Builder:
        def master(self, address):
            told["master"] = address
            return self

        def appName(self, name):
            told["name"] = name
            return self

        def config(self, *, map):
            told["settings"] = map
            return self

        def getOrCreate(self):
            warnings.warn("PySpark does not yet fully support pandas 3, it says", stacklevel=1)
            return "session"

    holder = SimpleNamespace(SparkSession=SimpleNamespace(builder=Builder()))
    monkeypatch.setitem(sys.modules, "pyspark.sql", holder)
    monkeypatch.setenv("SPARK_LOCAL_IP", "0.0.0.0")
    own = {
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
        "spark.ui.port": 0, "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(tmp_path), "spark.sql.warehouse.dir": str(tmp_path / "warehouse"),
        "spark.log.level": "ERROR",
    }  # fmt: skip
    for more in ({}, {"spark.log.level": "WARN", "spark.executor.memory": "1g"}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert spark_als.session("spark://here:7077", tmp_path, more) == "session"
        name = "Recommenders from Scratch"
        assert told == {"master": "spark://here:7077", "name": name, "settings": own | more}
    assert os.environ["SPARK_LOCAL_IP"] == "127.0.0.1"


def test_what_sparks_als_is_told(monkeypatch):
    told = []

    class Als:
        def __init__(self, **settings):
            told.append(settings)

        def fit(self, pairs):
            return pairs

    class Constant(float):
        def alias(self, name):
            return name, float(self)

    monkeypatch.setitem(sys.modules, "pyspark.ml.recommendation", SimpleNamespace(ALS=Als))
    monkeypatch.setitem(sys.modules, "pyspark.sql.functions", SimpleNamespace(lit=Constant))
    pairs = SimpleNamespace(select=lambda *columns: columns)
    expected = {
        "rank": 3, "maxIter": 7, "seed": 11, "implicitPrefs": True, "alpha": 4.0, "regParam": 2.5,
        "userCol": "user", "itemCol": "movie", "ratingCol": "one",
    }  # fmt: skip
    for more, blocks, every in (({}, 2, -1), ({"blocks": 5, "checkpoint_every": 3}, 5, 3)):
        fitted = spark_als.fit(pairs, 3, 0.2, 0.5, 7, 11, **more)
        assert fitted == ("user", "movie", ("one", 1.0))
        cut = {"numUserBlocks": blocks, "numItemBlocks": blocks, "checkpointInterval": every}
        assert told.pop() == expected | cut


def test_sparks_factors_come_through_two_folders_that_are_written_anew(monkeypatch, tmp_path):
    written = []

    def side(name):
        def mode(word):
            return SimpleNamespace(parquet=lambda path: written.append((name, word, path)))

        return SimpleNamespace(write=SimpleNamespace(mode=mode))

    monkeypatch.setattr(spark_als, "read_factors", lambda path, size: (path.name, size))
    model = SimpleNamespace(userFactors=side("U"), itemFactors=side("V"))
    assert spark_als.factors(model, tmp_path, (8, 5)) == (("user", 8), ("item", 5))
    assert written == [
        ("U", "overwrite", str(tmp_path / "user")), ("V", "overwrite", str(tmp_path / "item"))
    ]  # fmt: skip


class Frame(list):
    """What `write_lists` needs of a table of Spark: a list of rows, each of them a dictionary."""

    def select(self, *columns):
        rows, names = self, [getattr(column, "name", column) for column in columns]
        for column in columns:
            if not isinstance(column, str):  # exploded: a row for each of its parts
                rows = [row | {column.name: one} for row in rows for one in row[column.of]]
        found = Frame({} for _ in rows)
        for row, new in zip(rows, found, strict=True):
            for name in names:
                whole, _, part = name.partition(".")
                new[part or whole] = row[whole][part] if part else row[whole]
        return found

    def groupBy(self, name):
        most = max(Counter(row[name] for row in self).values())
        agg = {("max", "count"): SimpleNamespace(first=lambda: (most,))}
        return SimpleNamespace(count=lambda: SimpleNamespace(agg=agg.__getitem__))

    def join(self, other, on, how):
        assert how == "left_anti"
        left_out = [[row[name] for name in on] for row in other]
        return Frame(row for row in self if [row[name] for name in on] not in left_out)

    def withColumn(self, name, window):
        (of, orders), found = window, Frame()
        for value in dict.fromkeys(row[of] for row in self):
            mine = [row for row in self if row[of] == value]
            mine.sort(key=lambda row: [-row[o[1]] if o[0] == "desc" else row[o] for o in orders])
            found += [row | {name: place} for place, row in enumerate(mine, 1)]
        return found

    def where(self, is_kept):
        return Frame(filter(is_kept, self))

    @property
    def write(self):
        return SimpleNamespace(
            mode=lambda word: SimpleNamespace(
                parquet=lambda path: WRITTEN.update({(word, path): self})
            )
        )


WRITTEN = {}


class Column(str):
    def __le__(self, most):
        return lambda row: row[self] <= most


class Window:
    @staticmethod
    def partitionBy(name):
        return SimpleNamespace(orderBy=lambda *orders: (name, orders))


FUNCTIONS = SimpleNamespace(
    max=lambda name: ("max", name), desc=lambda name: ("desc", name), col=Column,
    explode=lambda of: SimpleNamespace(alias=lambda name: SimpleNamespace(name=name, of=of)),
    row_number=lambda: SimpleNamespace(over=lambda window: window),
)  # fmt: skip


@pytest.mark.parametrize(
    ("known", "places", "offered", "lists"),
    [
        # Film 2 before film 3, which scores as much.
        (None, 2, 2, [(1, 1, 4), (1, 2, 2), (2, 1, 3), (2, 2, 4)]),
        ([(1, 4), (1, 9), (2, 3)], 1, 3, [(1, 1, 2), (2, 1, 4)]),
        ([(1, 4)], None, 11, [(1, 1, 2), (1, 2, 3), (2, 1, 3), (2, 2, 4)]),
    ],
)
def test_lists_are_the_best_without_what_is_known(
    monkeypatch, tmp_path, known, places, offered, lists
):
    asked = []
    scores = {1: [(3, 0.5), (4, 0.9), (2, 0.5)], 2: [(4, 0.1), (3, 0.2)]}
    rows = Frame(
        {"user": user, "recommendations": [{"movie": m, "rating": r} for m, r in best]}
        for user, best in scores.items()
    )
    monkeypatch.setitem(
        sys.modules, "pyspark.sql", SimpleNamespace(Window=Window, functions=FUNCTIONS)
    )
    model = SimpleNamespace(recommendForAllUsers=lambda count: asked.append(count) or rows)
    settings = {} if places is None else {"places": places}
    if known is not None:
        settings["known"] = Frame({"user": u, "movie": m, "rating": 5.0} for u, m in known)
    spark_als.write_lists(model, tmp_path / "lists", **settings)
    written = WRITTEN.pop(("overwrite", str(tmp_path / "lists")))
    assert asked == [offered] and not WRITTEN
    assert [(row["user"], row["place"], row["movie"]) for row in written] == lists
    assert all(set(row) == {"user", "place", "movie"} for row in written)


# What else our half does


def test_sweeps_begin_with_the_movies_from_vectors_of_length_1(matrix):
    observed, rng = Observed.from_matrix(matrix), np.random.default_rng(0)
    U, V = spark_als.fit_ours(observed, 2, W0, L2, 1, np.random.default_rng(0))
    first = [drawn_vectors(rng, (size, 2), 1.0, np.float64) for size in matrix.shape]
    X, Y = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in first)
    spark_als.half_step(observed.by_movie, Y, X, W0, L2)
    spark_als.half_step(observed.by_user, X, Y, W0, L2)
    np.testing.assert_array_equal(U, X)
    np.testing.assert_array_equal(V, Y)


def test_with_steps_it_computes_in_float32_and_solves_in_float64(matrix):
    observed = Observed.from_matrix(matrix)
    for steps, dtype in ((None, np.float64), (2, np.float32)):
        found = spark_als.fit_ours(observed, 2, W0, L2, 1, np.random.default_rng(0), steps)
        assert [part.dtype for part in found] == [dtype, dtype]
    with pytest.raises(ValueError, match="num_steps must be at least 1"):
        spark_als.fit_ours(observed, 2, W0, L2, 1, np.random.default_rng(0), 0)


def test_scores_of_a_list_fall_by_its_places():
    scores = spark_als.from_lists(np.array([[2, 0, -1], [-1, -1, -1], [1, -1, 0]]), 3)
    nothing = -np.inf
    found = scores(np.array([2, 0, 1]))
    np.testing.assert_array_equal(
        found, [[-2, 0, nothing], [-1, nothing, 0], [nothing, nothing, nothing]]
    )
    assert spark_als.from_lists(np.empty((0, 2), int), 3)(np.empty(0, int)).shape == (0, 3)
    with pytest.raises(ValueError, match=r"^shown has movie 4, but num_movies is 4: they are"):
        spark_als.from_lists(np.array([[3, 4]]), 4)


def test_weights_of_spark_are_those_of_the_formula():
    assert spark_als.settings_of_spark(0.5, 0) == {
        "implicitPrefs": True, "alpha": 1.0, "regParam": 0.0
    }  # fmt: skip


def test_ten_thousand_sweeps_are_not_too_many(matrix, monkeypatch):
    observed, rng, done = Observed.from_matrix(matrix), np.random.default_rng(0), []
    monkeypatch.setattr(spark_als, "half_step", lambda *given: done.append(given[1].shape))
    spark_als.fit_ours(observed, 1, W0, L2, 10_000, rng)
    assert done == [(9, 1), (12, 1)] * 10_000
    with pytest.raises(ValueError, match="num_sweeps must be at least 1 and at most 10000, got"):
        spark_als.fit_ours(observed, 1, W0, L2, 10_001, rng)


def test_rows_may_be_lists(matrix, factors):
    observed, (U, V) = Observed.from_matrix(matrix), factors
    as_lists = Observed(*(
        rows._replace(starts=rows.starts.tolist(), indices=rows.indices.tolist())
        for rows in observed
    ))  # fmt: skip
    assert spark_als.loss(as_lists, U, V, W0, L2) == spark_als.loss(observed, U, V, W0, L2)
    other = U.copy()
    spark_als.half_step(observed.by_user, U, V, W0, L2)
    spark_als.half_step(as_lists.by_user, other, V, W0, L2)
    np.testing.assert_array_equal(U, other)


@pytest.mark.filterwarnings("error")
def test_what_is_too_large_is_named_where_it_is(matrix):
    observed, rng = Observed.from_matrix(np.ones((5, 5))), np.random.default_rng(0)
    # Five pairs a row: 5 · 6e37 is a float32, 5 · 7e37 is none.
    assert spark_als.fit_ours(observed, 1, W0, 6e37, 1, rng, 1)[0].shape == (5, 1)
    with pytest.raises(ValueError, match=r"^the pull can't be computed, inf came .* in l2 are"):
        spark_als.fit_ours(observed, 1, W0, 7e37, 1, rng, 1)
    with pytest.raises(ValueError, match=r"^k asks for"):
        spark_als.fit_ours(observed, 10**6, W0, L2, 1, rng)
    with pytest.raises(ValueError, match=r"^num_movies asks for"):
        spark_als.from_lists(np.zeros((1, 1), int), 10**12)
    with pytest.raises(ValueError, match=r"^shown has movie 5, but"):
        spark_als.from_lists(np.array([[-1, 5, -2]]), 4)
    with pytest.raises(ValueError, match=r"^the half-step can't be .* in U, V, w0 or l2 are too"):
        spark_als.half_step(observed.by_user, np.ones((5, 1)), np.full((5, 1), 1e200), W0, L2)


def test_steps_need_weights_that_hold_the_vectors(matrix):
    observed, rng = Observed.from_matrix(matrix), np.random.default_rng(0)
    with pytest.raises(ValueError, match="w0"):
        spark_als.fit_ours(observed, 2, 0.0, 0.0, 1, rng, 2)
