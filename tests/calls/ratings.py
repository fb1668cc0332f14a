"""Good calls of `scratch.ratings`."""

import numpy as np
import pandas as pd

from scratch.ratings import IdMap, Ratings, encode


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user_id": [7, 7, 7, 8, 8, 8, 9, 9, 9, 9],
            "movie_id": [1, 2, 3, 1, 2, 4, 1, 3, 4, 5],
            "rating": [5.0, 4, 3, 2, 1, 5, 4, 3, 2, 1],
            "timestamp": np.arange(10),
        }
    )


def ratings() -> Ratings:
    return encode(table(), IdMap([7, 8, 9]), IdMap([1, 2, 3, 4, 5]))


CALLS = {
    "ratings.IdMap": lambda: {"ids": [3, 1, 2]},
    "ratings.IdMap.encode": lambda: (IdMap([3, 1, 2]).encode, {"ids": [1, 3], "unknown": "raise"}),
    "ratings.IdMap.decode": lambda: (IdMap([3, 1, 2]).decode, {"indices": [0, 2]}),
    "ratings.encode": lambda: {
        "table": table(),
        "user_map": IdMap([7, 8, 9]),
        "movie_map": IdMap([1, 2, 3, 4, 5]),
        "unknown": "raise",
    },
    "ratings.check_training_set": lambda: {"train": ratings()},
    "ratings.check_indices": lambda: {"name": "user", "indices": np.array([0, -1]), "size": 3},
    "ratings.split": lambda: {
        "table": table(),
        "fractions": (0.5, 0.5),
        "rng": np.random.default_rng(0),
    },
    "ratings.split_by_time": lambda: {
        "table": table(),
        "fractions": (0.5, 0.5),
        "time": "timestamp",
    },
    "ratings.split_last": lambda: {"table": table(), "time": "timestamp"},
    "ratings.check_columns": lambda: {
        "users": np.array([0, 1]),
        "movies": np.array([1, -1]),
        "ratings": np.array([1.0, 5]),
    },
    "ratings.check_pairs": lambda: {
        "users": np.array([0, 1]),
        "movies": np.array([1, -1]),
        "num_users": 2,
        "num_movies": 2,
    },
}

MAY_HOLD = dict.fromkeys(
    ["ratings.split", "ratings.split_by_time", "ratings.split_last"],
    "rows come out as they went in; whoever learns from them looks at their ratings",
)
