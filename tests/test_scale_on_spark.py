"""All that needs Apache Spark: a real cluster, its ALS beside ours, a worker killed, figures."""

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from spark_here import needed

from scratch.datasets import load_movielens_100k
from scratch.evaluation import recommend
from scratch.machinery.sparse import Observed
from scratch.ratings import Ratings
from scratch.scale import spark_als, trials
from scratch.scale.cluster import LocalCluster
from scratch.scale.parquet import read_ratings, read_recommendations, write_ratings

pytestmark = [pytest.mark.scale, pytest.mark.slow, needed("pyspark")]
ROOT = Path(__file__).parents[1]
STORED = ROOT / "benchmarks" / "spark.json"
K, W0, L2, SWEEPS = 6, 0.1, 0.1, 4


@pytest.fixture(scope="module")
def pairs():
    """Who rated what: 200 users, 150 movies, of which one of each has nothing."""
    rng = np.random.default_rng(0)
    cells = np.unique((rng.random((2, 6_000)) ** 2 * [[199], [149]]).astype(int), axis=1)
    users, movies = rng.permutation(cells, axis=1).astype(np.int32)
    return Ratings(users, movies, np.ones(len(users), np.float32))


@pytest.fixture(scope="module")
def observed(pairs):
    return Observed.from_pairs(pairs.users, pairs.movies, num_users=200, num_movies=150)


@pytest.fixture(scope="module")
def work(tmp_path_factory, pairs):
    folder = tmp_path_factory.mktemp("spark")
    write_ratings(folder / "pairs.parquet", pairs, rows_per_group=1_000)
    return folder


@pytest.fixture(scope="module")
def cluster(work):
    with LocalCluster(work / "cluster", memory="1g") as cluster:
        yield cluster
    assert all(process.poll() is not None for process in cluster.processes.values())
    assert running(work) == [], "the cluster has left somebody behind"


@pytest.fixture(scope="module")
def spark(cluster, work):
    spark = spark_als.session(cluster.url, work / "driver", {"spark.executor.memory": "700m"})
    spark.sparkContext.setCheckpointDir(str(work / "checkpoints"))
    yield spark
    spark.stop()


@pytest.fixture(scope="module")
def table(spark, work):
    return spark.read.parquet(str(work / "pairs.parquet"))


@pytest.fixture(scope="module")
def model(table):
    return spark_als.fit(table, K, W0, L2, SWEEPS, seed=0)


def running(folder: Path) -> list[str]:
    """The cluster's processes, which work in its folder or below, where the system is a Linux.

    The Java of the program that uses the cluster is not one of them: it ends with the program.
    """
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = os.readlink(path.parent / "cwd")
        except OSError:
            continue  # it has just ended
        is_ours = place.startswith(str(folder)) and "java" in words and "SparkSubmit" not in words
        found += [words] if is_ours else []
    return found


def test_the_cluster_is_what_it_says(cluster, spark):
    assert cluster.alive() == 2 and re.fullmatch(r"spark://127\.0\.0\.1:\d+", cluster.url)
    assert spark.sparkContext.master == cluster.url
    assert spark.sparkContext.parallelize(range(100), 4).sum() == 4950


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who listens")
def test_nobody_listens_to_the_network(cluster, spark):
    assert spark.sparkContext.parallelize(range(4), 2).count() == 4  # both executors are there
    ports = {int(cluster.url.rsplit(":")[-1]), int(spark.sparkContext.uiWebUrl.rsplit(":")[-1])}
    open_ports = {}
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            (
                _,
                local,
                _,
                state,
                *_,
            ) = line.split()[:4]
            if state == "0A":
                address, port = local.split(":")
                open_ports[int(port, 16)] = address
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "0" * 24 + "01000000"}
    assert ports <= set(open_ports)
    assert {open_ports[port] for port in ports} <= loopback


def test_ratings_go_to_spark_and_come_back(pairs, table, work):
    assert dict(table.dtypes) == {"user": "int", "movie": "int", "rating": "float"}
    table.repartition(3).write.parquet(str(work / "again"))
    back = read_ratings(work / "again")
    cells = [np.sort(r.users * 1_000 + r.movies) for r in (pairs, back)]
    assert np.array_equal(*cells) and (back.ratings == 1).all()


def test_our_half_step_from_sparks_movies_gives_sparks_users(model, observed, work):
    U, V = (part.astype(float) for part in spark_als.factors(model, work, observed.shape))
    ours = np.zeros_like(U)
    spark_als.half_step(observed.by_user, ours, V, W0, L2)
    assert np.linalg.norm(ours - U) < 1e-6 * np.linalg.norm(ours)  # float32 has 6e-8
    for other in ((W0 * 1.01, L2), (W0, L2 * 1.01)):
        spark_als.half_step(observed.by_user, ours, V, *other)
        assert np.linalg.norm(ours - U) > 1e-4 * np.linalg.norm(ours)


def test_both_reach_the_same_loss(table, observed, work):
    reached = []
    for seed in range(3):
        model = spark_als.fit(table, 2, W0, L2, 20, seed, checkpoint_every=5)
        factors = spark_als.factors(model, work, observed.shape)
        ours = spark_als.fit_ours(observed, 2, W0, L2, 20, np.random.default_rng(seed))
        reached += [
            spark_als.loss(observed, *(part.astype(float) for part in sides), W0, L2)
            for sides in (factors, ours)
        ]
    assert max(reached) / min(reached) < 1.01


def test_lists_leave_out_what_is_known(table, model, pairs, observed, work):
    U, V = spark_als.factors(model, work, observed.shape)
    for name, known in (("offered", None), ("new", pairs)):
        spark_als.write_lists(model, work / name, 5, None if known is None else table)
        shown = read_recommendations(work / name, 200, 5)
        someone = np.unique(pairs.users)
        ours = recommend(
            lambda users: np.where(V.any(axis=1), U[users] @ V.T, -np.inf), someone,
            [] if known is None else [known], num_movies=150, places=5,
        )  # fmt: skip
        assert (shown[np.setdiff1d(np.arange(200), someone)] == -1).all()
        assert (shown[someone] == ours).mean() > 0.99  # but for equal scores


def test_checkpoints_cut_the_history(table):
    lines = {
        (every, sweeps): trials.lineage(
            spark_als.fit(table, 2, W0, L2, sweeps, 0, checkpoint_every=every)
        )
        for every in (-1, 2)
        for sweeps in (4, 8)
    }
    assert lines[-1, 8] > 1.5 * lines[-1, 4] and lines[2, 8] == lines[2, 4] < lines[-1, 4]


def test_somebody_new_has_no_number_or_is_left_out(spark, work):
    rng = np.random.default_rng(1)
    users, movies = rng.integers(0, 30, (2, 400)).astype(np.int32)
    stars = rng.integers(1, 6, 400).astype(np.float32)
    test = Ratings(users[:100] + 5 * (users[:100] > 27), movies[:100], stars[:100])
    found = trials.cold_start(spark, Ratings(users, movies, stars), test, work, k=2)
    assert found["rows"] == 100 and found["dropped"] == (users[:100] > 27).sum() > 0
    assert found["Spark, nan"] == "nan" and 0.1 < found["Spark, drop"] < 3
    answered = found["Spark, biases for the dropped"]
    assert min(found["Spark, drop"], found["biases, rows that are dropped"]) < answered


def test_a_worker_killed_in_training_changes_no_more_than_rounding(cluster, spark, table, work):
    fit = partial(spark_als.fit, table, K, W0, L2, 8, 0)
    factors = partial(spark_als.factors, folder=work, shape=(200, 150))
    found = trials.worker_killed(spark, cluster, 0, fit, factors)
    assert found["workers left"] == 1
    stages = found["undisturbed"]["stages"]
    assert 0 < stages // 2 <= found["killed after stages"] < stages
    assert found["with a worker killed"]["stages"] > stages  # some were done again
    assert found["difference of the killed"] < 1e-3 * found["largest number"]
    assert cluster.start_worker() == 2 and cluster.alive() == 2


def test_a_fit_that_is_over_too_soon_is_no_trial(cluster, spark, table, model, monkeypatch):
    monkeypatch.setattr(trials, "fit_watched", lambda spark, fit: (model, {"stages": 1_000}))
    nothing = lambda _: (np.zeros((2, 2)), np.zeros((2, 2)))  # noqa: E731
    with pytest.raises(RuntimeError, match="take longer"):
        trials.worker_killed(spark, cluster, 0, lambda: model, nothing)


PROGRAM = """
import signal, sys, time
from pathlib import Path
from scratch.scale.cluster import LocalCluster
from scratch.scale.spark_als import session
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
folder = Path(sys.argv[1])
with LocalCluster(folder, memory="1g") as cluster:
    spark = session(cluster.url, folder / "driver", {"spark.executor.memory": "700m"})
    print("counted", spark.range(10).count(), flush=True)
    spark.range(10**15).selectExpr("sum(id)").collect()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a program without asking it")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT"])
def test_a_program_that_is_ended_in_mid_work_takes_the_cluster_along(tmp_path, how):
    import signal

    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert program.stdout.readline() == "counted 10\n"
    assert len(running(tmp_path)) >= 3  # a master and two workers
    program.send_signal(getattr(signal, how))
    assert program.wait(60) != 0
    assert running(tmp_path) == []


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A new run of what the notebook shows and is no time."""
    if load_movielens_100k().is_stand_in:
        pytest.skip("the stored figures are those of the real MovieLens 100K")
    path = tmp_path_factory.mktemp("fresh") / "spark.json"
    parts = ("objective", "measures", "cold start", "skew")
    words = [word for name in parts for word in ("--only", name)]
    done = subprocess.run(
        [sys.executable, "benchmarks/spark.py", *words, "--store", str(path)],
        cwd=ROOT, env=os.environ, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(path.read_text(encoding="utf-8"))


def numbers(found, path=()):
    """All numbers in nested tables, with the way to them; no times, no rounding errors."""
    if isinstance(found, dict):
        found = found.items()
    elif isinstance(found, list):
        found = enumerate(found)
    else:
        return {path: found}
    return {
        key: value
        for name, inner in found
        if name not in ("seconds", "largest difference", "relative difference")
        for key, value in numbers(inner, (*path, name)).items()
    }


@pytest.mark.parametrize("name", ["measures", "cold start", "skew", "objective"])
def test_the_stored_figures_are_those_of_a_fresh_run(fresh, name):
    stored = numbers(json.loads(STORED.read_text(encoding="utf-8"))[name])
    found = numbers(fresh[name])
    assert found.keys() == stored.keys()
    for key, value in stored.items():
        if isinstance(value, float):
            assert found[key] == pytest.approx(value, rel=1e-5, abs=6e-4), key
        else:
            assert found[key] == value, key
