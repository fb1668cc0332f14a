"""Good calls of `scratch.evaluation`."""

import numpy as np
import pandas as pd
from make_splits import split_of, table_of

from scratch.evaluation import Split, split_ratings
from scratch.ratings import Ratings


def some_split() -> Split:
    return split_ratings(table_of(6, 8, 0.8, 0), (0.5, 0.2, 0.3), rng=np.random.default_rng(0))


def two_likes() -> Split:
    return split_of([(0, 0, 5), (1, 1, 4)], [(0, 1, 4)], [(1, 0, 5)])


def falling(split: Split):
    """The same scores for everybody, the first movie first."""
    return lambda users: np.tile(np.arange(len(split.movies), 0.0, -1), (len(users), 1))


def three_scores(users: np.ndarray) -> np.ndarray:
    return np.tile([1.0, 3.0, 2.0], (len(users), 1))


def shown() -> np.ndarray:
    return np.array([[0, 1], [2, -1], [1, 2]])


def hits() -> np.ndarray:
    return np.array([[True, False], [False, False], [False, True]])


def columns() -> pd.DataFrame:
    return pd.DataFrame({"user_id": [1, 2, 3], "movie_id": [5, 6, 5], "rating": [4.0, 5.0, 3.0]})


OF_HITS = ("precision", "hit_rate", "reciprocal_rank")
OF_RELEVANT = ("recall", "average_precision", "ndcg")

CALLS = {
    **{f"evaluation.lists.{name}": lambda: {"hits": hits()} for name in OF_HITS},
    **{
        f"evaluation.lists.{name}": lambda: {"hits": hits(), "num_relevant": np.array([1, 2, 3])}
        for name in OF_RELEVANT
    },
    "evaluation.lists.find_hits": lambda: {
        "shown": shown(),
        "rows": np.array([0, 0, 2]),
        "movies": np.array([1, -1, 2]),
    },
    "evaluation.lists.auc": lambda: {
        "scores": np.array([[0.3, 0.2, -np.inf], [0.1, 0.5, 0.5]]),
        "relevant": np.array([[True, False, False], [False, True, False]]),
        "candidates": np.array([[True, True, False], [True, True, True]]),
    },
    "evaluation.lists.coverage": lambda: {"shown": shown(), "num_movies": 4},
    "evaluation.lists.gini": lambda: {"shown": shown(), "num_movies": 4},
    "evaluation.lists.novelty": lambda: {
        "shown": shown(),
        "counts": np.array([3, 2, 1, 0]),
        "num_users": 4,
    },
    "evaluation.lists.popularity_lift": lambda: {
        "shown": shown(),
        "readers": np.array([0, 1, 1]),
        "movies": np.array([3, 0, 1]),
        "counts": np.array([3.0, 2, 1, 4]),
    },
    "evaluation.lists.miscalibration": lambda: {
        "shown": shown(),
        "readers": np.array([0, 1, 2]),
        "movies": np.array([3, 0, 1]),
        "genres": np.array([[1, 0], [0, 1], [1, 1], [1, 0]]),
        "alpha": 0.01,
    },
    "evaluation.metrics.mse": lambda: {
        "predicted": np.array([3.0, 4, 2]),
        "actual": np.array([3.5, 4, 1]),
    },
    "evaluation.metrics.rmse": lambda: {"predicted": [3.0, 4, 2], "actual": [3.5, 4, 1]},
    **{
        f"evaluation.metrics.{name}_at_k": lambda: {
            "recommended": ["a", "b", "c"],
            "relevant": {"b", "x"},
            "k": 2,
        }
        for name in ("precision", "recall", "ndcg")
    },
    "evaluation.protocol.Split.part": lambda: (some_split().part, {"name": "train"}),
    "evaluation.protocol.Split.known": lambda: (some_split().known, {"on": "test"}),
    "evaluation.protocol.split_ratings": lambda: {
        "table": columns(),
        "fractions": (0.34, 0.33, 0.33),
        "rng": np.random.default_rng(0),
    },
    "evaluation.protocol.refuse_repeated": lambda: {"table": columns()},
    "evaluation.protocol.encode_split": lambda: {
        "train": columns(),
        "validation": columns().assign(user_id=[11, 12, 13]),
        "test": columns().assign(user_id=[2, 1, 14]),
    },
    "evaluation.protocol.recommend": lambda: {
        "recommender": three_scores,
        "users": np.array([0, 2]),
        "known": [
            Ratings(np.array([0, 1], np.int32), np.array([1, 2], np.int32), np.array([5.0, 3]))
        ],
        "num_movies": 3,
        "places": 2,
    },
    "evaluation.protocol.put_highest": lambda: {
        "scores": np.array([[0.1, 0.3, 0.2], [0.3, 0.2, 0.1]]),
        "rated": np.array([1, 2], np.int32),
        "begin": np.array([0, 1]),
        "end": np.array([1, 2]),
        "shown": np.full((2, 2), -1),
    },
    "evaluation.protocol.checked_scores": lambda: {
        "recommender": three_scores,
        "users": np.array([0, 2]),
        "num_movies": 3,
    },
    "evaluation.protocol.relevant_pairs": lambda: {"split": two_likes(), "on": "validation"},
    "evaluation.protocol.evaluate_users": lambda: {
        "recommender": falling(two_likes()),
        "split": two_likes(),
        "on": "validation",
    },
    "evaluation.protocol.evaluate": lambda: {
        "recommenders": {"falling": falling(two_likes())},
        "split": two_likes(),
        "on": "test",
    },
    "evaluation.protocol.evaluate_on_splits": lambda: {
        "build": lambda split: {"falling": falling(split)},
        "table": table_of(12, 9, 0.9, 0),
        "seeds": [1, 2],
        "on": "test",
        "measure": "recall",
    },
    "evaluation.report.judge": lambda: {
        "recommender": falling(two_likes()),
        "split": two_likes(),
        "on": "validation",
        "places": 1,
        "genres": np.array([[1, 0], [1, 1]]),
    },
    "evaluation.uncertainty.bootstrap_interval": lambda: {
        "values": np.array([0.1, 0.3, 0.2, 0.5]),
        "rng": np.random.default_rng(0),
        "level": 0.9,
        "num_draws": 30,
    },
    "evaluation.uncertainty.paired_test": lambda: {
        "first": np.array([0.1, 0.3, 0.2]),
        "second": np.array([0.2, 0.3, 0.1]),
        "rng": np.random.default_rng(0),
        "num_draws": 30,
    },
}

MAY_HOLD = {
    "evaluation.lists.auc": "NaN for a user whose candidates are all relevant, or none",
    "evaluation.lists.miscalibration": "NaN where the list or its reader has no genre",
    "evaluation.protocol.split_ratings": "an id may be any value that is not missing, inf too",
    "evaluation.protocol.encode_split": "an id may be any value that is not missing, inf too",
    "evaluation.protocol.checked_scores": "−inf for what shall not be recommended at all",
    "evaluation.report.judge": "NaN for the AUC and the miscalibration of some users",
}
