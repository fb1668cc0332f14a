"""What of the trials needs no Spark: how blocks fill, and what is made of what Spark tells."""

import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from scratch.machinery.sparse import Observed
from scratch.ratings import COLD, Ratings
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.scale import trials
from scratch.scale.cluster import LocalCluster
from scratch.scale.trials import skew


def test_skew_is_the_fullest_block_over_a_mean_one():
    sizes = [6, 1, 1, 2, 1, 1]  # pairs of the movies 0 to 5: 12 in all
    movies = np.repeat(np.arange(6), sizes)
    users = np.concatenate([np.arange(size) for size in sizes])
    found = skew(Observed.from_pairs(users, movies).by_movie, 3)
    # By hash: 0 and 3, 1 and 4, 2 and 5. In order: 0 and 1, 2 and 3, 4 and 5. A mean one has 4.
    assert found["by hash"] == 2 and found["in order"] == 1.75 and found["heaviest row"] == 1.5
    assert found["by work"] >= 1.5


def test_skew_has_three_digits():
    users, movies = [0, 1, 2, 3, 0, 0, 0], [0, 0, 0, 0, 1, 2, 3]
    found = skew(Observed.from_pairs(users, movies).by_movie, 3)  # 7 pairs: 4, 1, 1, 1
    assert found["heaviest row"] == 1.714 and found["by hash"] == 2.143


def test_shares_by_work_help_where_the_first_have_the_most():
    sizes = (200 / np.arange(1, 101) ** 0.5).astype(int)
    movies = np.repeat(np.arange(100), sizes)
    users = np.concatenate([np.arange(size) for size in sizes])
    found = skew(Observed.from_pairs(users, movies).by_movie, 4)
    assert 1 <= found["by work"] < 1.3 < found["in order"]


def test_there_is_a_block_and_something_to_put_into_it():
    rows = Observed.from_pairs([0, 1], [0, 1]).by_movie
    for wrong in (0, -1, 10**9):
        with pytest.raises(ValueError, match="blocks must be at least 1 and at most"):
            skew(rows, wrong)
    with pytest.raises(TypeError, match=r"blocks must be a whole number, got 2\.0"):
        skew(rows, 2.0)
    none = rows._replace(starts=np.zeros(3, int), indices=np.empty(0, np.int32))
    with pytest.raises(ValueError, match="the rows have no pairs"):
        skew(none, 2)


class Session:
    """What of Spark's session the trials look at: its page, which knows stages and jobs."""

    def __init__(self, monkeypatch):
        self.stages, self.jobs, self.looks = [stage(0)], [{"jobId": 0, "stageIds": [0] * 9}], 0
        self.sparkContext = SimpleNamespace(uiWebUrl="http://host:40:4040", applicationId="app-1")
        monkeypatch.setattr(trials, "asked", self.asked)

    def asked(self, address):
        place, _, what = address.rpartition("/")
        assert place == "http://127.0.0.1:4040/api/v1/applications/app-1"
        self.looks += 1
        return [*getattr(self, what)]

    def work(self, *stages):
        """A job with these stages is done."""
        self.stages[:0] = stages
        self.jobs[:0] = [{"jobId": len(self.jobs), "stageIds": [0] * len(stages)}]


def stage(number, *, attempt=0, status="COMPLETE", tasks=2, sent=0):
    return {
        "stageId": number, "attemptId": attempt, "status": status,
        "numCompleteTasks": tasks, "shuffleWriteBytes": sent,
    }  # fmt: skip


def test_what_a_fit_took_is_what_was_not_there_before(monkeypatch):
    spark, clock = Session(monkeypatch), iter([10.0, 11.234])
    monkeypatch.setattr(trials, "time", SimpleNamespace(perf_counter=lambda: next(clock)))

    def fit():
        spark.work(stage(1, tasks=3, sent=1_234_000_000), stage(2, status="SKIPPED", tasks=50))
        spark.work(stage(3, tasks=1))
        spark.work(stage(0, attempt=1, tasks=4, sent=600))  # what was lost is done again
        return "model"

    assert trials.fit_watched(spark, fit) == ("model", {
        "seconds": 1.23, "stages": 3, "stages run again": 1, "tasks": 8, "shuffled MB": 1234.001,
        "stages of the longest job": 2,
    })  # fmt: skip


def test_the_steps_of_a_history_are_its_lines():
    rdd = SimpleNamespace(toDebugString=lambda: "(2) users\n | cogroup\n | pairs")
    history = SimpleNamespace(userFactors=lambda: SimpleNamespace(rdd=lambda: rdd))
    assert trials.lineage(SimpleNamespace(_java_obj=history)) == 3


def wait_until(done):
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.001)


def killed(monkeypatch, spark, numbers, last_fit):
    """What `worker_killed` finds of two fits of five stages each and a last one, and who died.

    numbers: what each of the three learns. last_fit(victims) is in its midst when they die.
    """
    cluster, victims, fits = object.__new__(LocalCluster), [], iter(range(3))
    cluster.kill_worker, cluster.alive = victims.append, lambda: 2 - len(victims)

    def fit():
        if (number := next(fits)) == 2:
            last_fit(victims)
        else:
            spark.work(*(stage(5 * number + i) for i in range(1, 6)))
        return numbers[number]

    class Watched(threading.Thread):
        def join(self):
            joined.append(self)
            super().join(20)

    joined, slept = [], []
    monkeypatch.setattr(trials, "threading", SimpleNamespace(Thread=Watched))
    times = {"perf_counter": time.perf_counter, "sleep": slept.append}
    monkeypatch.setattr(trials, "time", SimpleNamespace(**times))
    factors = lambda number: (np.array([[number, -4.0]]), np.array([[0.5, 2.0]]))  # noqa: E731
    try:
        return trials.worker_killed(spark, cluster, 1, fit, factors), victims
    finally:
        assert len(joined) == 1 and set(slept) == {0.02}


@pytest.mark.parametrize(("last", "is_same"), [(0.5, False), (1.0, True)])
def test_a_worker_dies_when_half_of_the_stages_are_done(monkeypatch, last, is_same):
    spark = Session(monkeypatch)

    def last_fit(victims):
        spark.work(stage(10, attempt=1))  # its number is an old one
        spark.work(stage(11), stage(12, status="ACTIVE"))
        looks = spark.looks
        wait_until(lambda: spark.looks >= looks + 3)
        assert victims == []
        spark.work(stage(13))
        wait_until(lambda: victims)

    found, victims = killed(monkeypatch, spark, [1.0, 1.25, last], last_fit)
    undisturbed, disturbed = found.pop("undisturbed"), found.pop("with a worker killed")
    assert (victims, undisturbed["stages"], disturbed["stages"]) == ([1], 5, 3)
    assert found == {
        "killed after stages": 2, "workers left": 1, "largest number": 4.0,
        "difference of two undisturbed": 0.25, "difference of the killed": 1 - last,
        "to the last bit": is_same,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("problem", "error"), [(None, RuntimeError), (ZeroDivisionError(), ZeroDivisionError)]
)
def test_a_fit_that_ends_before_half_of_the_stages_is_no_trial(monkeypatch, problem, error):
    spark = Session(monkeypatch)

    def last_fit(_):
        spark.work(stage(11))
        looks = spark.looks
        wait_until(lambda: spark.looks > looks + 1)
        if problem is not None:  # then, too, nobody is left who waits for more stages
            raise problem

    words = "over before a worker could be killed" if problem is None else None
    with pytest.raises(error, match=words):
        killed(monkeypatch, spark, [1.0, 1.0, 1.0], last_fit)


class Predicted(list):
    """Pairs of a prediction and of the stars, as Spark would have them in a table."""

    cache, count = lambda self: self, list.__len__


class Als:
    """Stands in for Spark's: whatever it was fitted to, it predicts three stars."""

    def __init__(self, **settings):
        assert settings == {
            "rank": 10, "regParam": 0.1, "seed": 0,
            "userCol": "user", "itemCol": "movie", "ratingCol": "rating",
        }  # fmt: skip

    def fit(self, train):
        self.train = train
        return self

    def setColdStartStrategy(self, strategy):
        self.strategy = strategy
        return self

    def transform(self, test):
        known = np.isin(test.users, self.train.users) & np.isin(test.movies, self.train.movies)
        rows = zip(np.where(known, 3.0, np.nan), test.ratings, strict=True)
        return Predicted(row for row in rows if self.strategy == "nan" or row[0] == 3)


class Evaluator:
    def __init__(self, **settings):
        assert settings == {
            "labelCol": "rating",
            "predictionCol": "prediction",
            "metricName": "rmse",
        }

    def evaluate(self, predicted):
        return float(np.sqrt(np.mean([(one - stars) ** 2 for one, stars in predicted])))


def test_the_biases_answer_also_those_whom_spark_leaves_out(monkeypatch, tmp_path):
    files = {}
    spark = SimpleNamespace(read=SimpleNamespace(parquet=files.__getitem__))
    monkeypatch.setattr(
        trials, "write_ratings", lambda path, table: files.update({str(path): table})
    )
    for name, part in (("evaluation", Evaluator), ("recommendation", Als)):
        holder = SimpleNamespace(ALS=part, RegressionEvaluator=part)
        monkeypatch.setitem(sys.modules, f"pyspark.ml.{name}", holder)
    train = Ratings(np.array([70, 70, 80, 80]), np.array([5, 6, 6, 9]), np.array([5, 4, 2, 1]))
    # Of the test rows one has a new user, one a new film, and one both.
    users, movies = np.array([70, 80, 90, 70, 91]), np.array([9, 5, 5, 7, 8])
    stars = np.array([4.6, 2.0, 5.0, 3.5, 1.0])
    found = trials.cold_start(spark, train, Ratings(users, movies, stars), tmp_path)
    assert set(files) == {str(tmp_path / "train.parquet"), str(tmp_path / "test.parquet")}

    biases = ShrunkenBiases(
        Ratings(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2]), train.ratings * 1.0)
    )
    answers = biases.predict(np.array([0, 1, COLD, 0, COLD]), np.array([2, 0, 0, COLD, COLD]))
    off = answers - stars
    mixed = np.array([-1.6, 1.0, *off[2:]])  # Spark's, where it has any
    assert found == {
        "rows": 5, "dropped": 3, "Spark, nan": "nan", "Spark, drop": 1.3342,  # √1.78
        "biases, rows that are kept": round(np.sqrt(np.mean(off[:2] ** 2)), 4),
        "biases, rows that are dropped": round(np.sqrt(np.mean(off[2:] ** 2)), 4),
        "biases, all rows": round(np.sqrt(np.mean(off**2)), 4),
        "Spark, biases for the dropped": round(np.sqrt(np.mean(mixed**2)), 4),
    }  # fmt: skip
