"""Good calls of `scratch.serving`."""

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from scratch.recommenders.adapters import Weighted
from scratch.recommenders.fitted import Recommender
from scratch.serving.answers import Answers
from scratch.serving.exact import ExactSearch
from scratch.serving.inverted_lists import InvertedLists
from scratch.serving.running import Running
from scratch.serving.service import Model, listen

NOBODY = "http://127.0.0.1:1"  # no service has this port: the connection is refused at once
MODEL = "monday.npz"


@functools.cache
def fitted() -> Recommender:
    ratings = [(user, movie) for user in (7, 8, 9) for movie in (1, 2, 3, 4) if user + movie != 10]
    table = pd.DataFrame(ratings, columns=["user_id", "movie_id"]).assign(rating=5.0)
    return Recommender(Weighted(k=2, num_sweeps=1)).fit(table)


@functools.cache
def folder() -> Path:
    place = Path(tempfile.mkdtemp(prefix="attack"))
    fitted().save(place / MODEL)
    return place


def items() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((6, 2)).astype(np.float32)


def queries() -> np.ndarray:
    return np.array([[1.0, 0.5], [0.0, 2.0]])


def answers() -> Answers:
    return Answers(fitted(), "monday")


def lists() -> InvertedLists:
    return InvertedLists(items(), 3, rng=np.random.default_rng(0))


def ended() -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-S", "-c", ""], stdin=subprocess.PIPE)
    process.communicate()
    return process


def running() -> dict[str, object]:
    return {"address": NOBODY, "token": "secret", "process": ended(), "said": Path("said.txt")}


def listen_and_close(port: int) -> None:
    listen(port).close()


CALLS = {
    "serving.addresses.check_address": lambda: {"address": NOBODY},
    "serving.addresses.check_token": lambda: {"token": "secret"},
    "serving.answers.Answers": lambda: {
        "recommender": fitted(), "name": "monday", "num_cells": 2, "num_probed": 1, "seed": 0,
    },
    "serving.answers.Answers.top": lambda: (answers().top, {"user_id": 7, "n": 2}),
    "serving.answers.Answers.fold_in": lambda: (
        answers().fold_in, {"stars": {1: 5.0, 2: 4.0}, "n": 2},
    ),
    "serving.answers.Answers.popular": lambda: (answers().popular, {"n": 2}),
    "serving.door.of_form": lambda: {"pattern": "[0-9]+", "words": "a number"},
    "serving.door.told": lambda: {"status": 200, "what": {"a": 1}, "headers": {"x": "y"}},
    "serving.door.refusal": lambda: {"status": 404, "sentence": "no", "headers": {"x": "y"}},
    "serving.door.Guard": lambda: {"app": print, "token": "secret"},
    "serving.exact.Searchable": lambda: {"items": items()},
    "serving.exact.ExactSearch": lambda: {"items": items(), "at_a_time": 4},
    "serving.exact.ExactSearch.search": lambda: (
        ExactSearch(items()).search, {"queries": queries(), "n": 3, "without": np.array([0])},
    ),
    "serving.exact.places": lambda: {"n": 3},
    "serving.inverted_lists.lifted": lambda: {"items": items()},
    "serving.inverted_lists.nearest": lambda: {"points": items(), "middles": queries()},
    "serving.inverted_lists.k_means": lambda: {
        "points": items(), "num_cells": 2, "rng": np.random.default_rng(0), "num_rounds": 2,
    },
    "serving.inverted_lists.InvertedLists": lambda: {
        "items": items(), "num_cells": 2, "rng": np.random.default_rng(0), "num_rounds": 2,
    },
    "serving.inverted_lists.InvertedLists.search": lambda: (
        lists().search,
        {"queries": queries(), "n": 3, "num_probed": 2, "without": np.array([0])},
    ),
    "serving.load.arrivals": lambda: {
        "rate": 20.0, "seconds": 0.5, "rng": np.random.default_rng(0),
    },
    "serving.load.ask_at": lambda: {
        "service_address": NOBODY, "token": "secret", "paths": ["/popular"],
        "times": np.array([0.0, 0.01]), "connections": 2,
    },
    "serving.load.ask_in_turn": lambda: {
        "service_address": NOBODY, "token": "secret", "paths": ["/popular"], "seconds": 0.01,
        "clients": 2,
    },
    "serving.load.percentiles": lambda: {
        "frame": pd.DataFrame({"scheduled": [0.0, 0.1], "seconds": [0.01, 0.02], "status": 200}),
    },
    "serving.running.Running": running,
    "serving.running.client": lambda: {"service": Running(**running())},
    "serving.running.stop": lambda: {"process": ended()},
    "serving.service.Model": lambda: {"folder": folder(), "num_cells": 2, "num_probed": 1},
    "serving.service.Model.read": lambda: (Model(folder(), 2, 1).read, {"name": MODEL}),
    "serving.service.make_app": lambda: {
        "folder": folder(), "name": MODEL, "token": "secret", "num_cells": 2, "num_probed": 1,
    },
    "serving.service.listen": lambda: (listen_and_close, {"port": 0}),
    "serving.two_stages.two_stages": lambda: {
        "retrieve": lambda count: np.arange(9)[:count],
        "rank": lambda some: some * 0.5,
        "known": np.array([2, 4]), "n": 2, "num_candidates": 4,
    },
}  # fmt: skip

EXCUSED = {
    **dict.fromkeys(
        [
            f"serving.connections.Connection.{name}"
            for name in (
                "connection_made",
                "connection_lost",
                "data_received",
                "pause_writing",
                "resume_writing",
                "send_400_response",
                "timeout_keep_alive_handler",
            )
        ],
        "a framework calls it",
    ),
    "serving.door.Careful.get_route_handler": "a framework calls it",
    "serving.door.refuse": "a framework calls it, and waits for what it returns",
    "serving.door.refuse_form": "a framework calls it, and waits for what it returns",
    "serving.running.running": "it starts the service as a process",
    "serving.service.serve": "it serves, until a signal comes",
    "serving.service.end_with_whoever_started": "it ends this process with the standard input",
    "serving.service.main": "it is given words by people, and serves",
}

MAY_HOLD = dict.fromkeys(
    ["serving.exact.ExactSearch.search", "serving.inverted_lists.InvertedLists.search"],
    "the product of a place for which there is no item is −inf",
)
