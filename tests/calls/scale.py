"""Good calls of `scratch.scale`; what needs Apache Spark is tested in test_scale_on_spark."""

import contextlib
import functools
import http.server
import importlib.util
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

from scratch.machinery.sparse import Observed
from scratch.ratings import Ratings
from scratch.scale.costs import Machine, Task

WEIGHTS = {"w0": 0.2, "l2": 0.05}


@functools.cache
def folder() -> Path:
    place = Path(tempfile.mkdtemp(prefix="attack"))
    (place / "jars").mkdir()
    (place / "jars" / "spark-core_2.13-4.3.0.jar").touch()
    return place


class Page(http.server.BaseHTTPRequestHandler):
    """A page of Spark's, as far as anybody asks."""

    def do_GET(self) -> None:
        with contextlib.suppress(ConnectionError):  # whoever asked waits no longer
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"aliveworkers": 1}')

    def log_message(self, *_: object) -> None:
        pass


@functools.cache
def page() -> str:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/json/"


def ended() -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-S", "-c", ""], start_new_session=True)
    process.wait()
    return process


def observed() -> Observed:
    return Observed.from_pairs([0, 0, 1, 2], [0, 1, 1, 2], num_users=3, num_movies=3)


def vectors() -> dict[str, np.ndarray]:
    U, V = np.random.default_rng(0).normal(size=(2, 3, 2))
    return {"U": U, "V": V}


def ratings() -> Ratings:
    return Ratings(np.array([0, 1, 1]), np.array([0, 0, 2]), np.array([1.0, 2.5, 5.0]))


TASK = {"pairs": 1e6, "users": 1e4, "movies": 1e3, "k": 8, "bytes_of_number": 4}
MACHINE = {
    "cores": 2, "adds_per_second": 1e9, "bytes_per_second": 1e8, "memory": 1e9,
    "price_per_hour": 3.0,
}  # fmt: skip

CALLS = {
    "scale.cluster.asked": lambda: {"address": page(), "seconds": 5.0},
    "scale.cluster.scala_of": lambda: {"spark_home": folder()},
    "scale.cluster.end_process": lambda: {"process": ended(), "seconds": 1.0},
    "scale.cluster.kill_process": lambda: {"process": ended()},
    "scale.costs.adds_of_sweep": lambda: {"task": Task(**TASK)},
    "scale.costs.vectors_fetched": lambda: {"rows": 1e3, "pairs": 1e4, "workers": 4},
    "scale.costs.sweep_cost": lambda: {
        "task": Task(**TASK), "machine": Machine(**MACHINE), "workers": 4,
    },
    "scale.spark_als.settings_of_spark": lambda: dict(WEIGHTS),
    "scale.spark_als.half_step": lambda: {"rows": observed().by_user, **vectors(), **WEIGHTS},
    "scale.spark_als.loss": lambda: {"observed": observed(), **vectors(), **WEIGHTS},
    "scale.spark_als.fit_ours": lambda: {
        "observed": observed(), "k": 2, **WEIGHTS, "num_sweeps": 1,
        "rng": np.random.default_rng(0), "num_steps": 2,
    },
    "scale.spark_als.from_lists": lambda: {
        "shown": np.array([[0, 2], [1, -1]]), "num_movies": 3,
    },
    "scale.trials.skew": lambda: {"rows": observed().by_user, "blocks": 2},
}  # fmt: skip

CLUSTER, SPARK = "it needs Java, and starts processes", "it needs Apache Spark"
EXCUSED = {
    "scale.cluster.LocalCluster": CLUSTER,
    "scale.cluster.LocalCluster.start_worker": CLUSTER,
    "scale.cluster.LocalCluster.kill_worker": CLUSTER,
    "scale.cluster.LocalCluster.alive": CLUSTER,
    "scale.cluster.find_java": "it takes no arguments, and needs Java",
    "scale.cluster.find_spark": "it takes no arguments, and needs Apache Spark",
    "scale.spark_als.session": SPARK,
    "scale.spark_als.fit": SPARK,
    "scale.spark_als.factors": SPARK,
    "scale.spark_als.write_lists": SPARK,
    "scale.trials.pages": SPARK,
    "scale.trials.fit_watched": SPARK,
    "scale.trials.lineage": SPARK,
    "scale.trials.worker_killed": SPARK,
    "scale.trials.cold_start": SPARK,
}


def written(name: str, **columns: object) -> Path:
    """A folder as Spark leaves it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = folder() / name
    if not place.exists():
        place.mkdir()
        pq.write_table(pa.table(columns), place / "part-0.parquet")
        (place / "_SUCCESS").touch()
    return place


OF_PARQUET = {
    "scale.parquet.write_ratings": lambda: {
        "path": folder() / "written.parquet", "ratings": ratings(), "rows_per_group": 2,
    },
    "scale.parquet.read_ratings": lambda: {
        "path": written("ratings", user=[0, 1], movie=[1, 1], rating=[2.0, 5.0]),
    },
    "scale.parquet.read_factors": lambda: {
        "path": written("U", id=[1, 0], features=[[1.0, 2.0], [0.0, 0.5]]), "num_rows": 3,
    },
    "scale.parquet.read_recommendations": lambda: {
        "path": written("lists", user=[0, 0], place=[1, 2], movie=[3, 1]),
        "num_users": 2, "places": 2,
    },
}  # fmt: skip
if importlib.util.find_spec("pyarrow") is None:
    EXCUSED |= dict.fromkeys(OF_PARQUET, "it needs pyarrow, which comes with Apache Spark")
else:
    CALLS |= OF_PARQUET
