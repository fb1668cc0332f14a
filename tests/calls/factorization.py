"""Good calls of `scratch.factorization`."""

from typing import Any

import numpy as np

from scratch.factorization import MatrixFactorization
from scratch.ratings import Ratings


def ratings() -> Ratings:
    users, movies = np.array([0, 0, 1, 2, 2], np.int32), np.array([0, 1, 1, 0, 2], np.int32)
    return Ratings(users, movies, np.array([5.0, 3, 4, 1, 2]))


def vectors() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"U": rng.normal(size=(3, 2)), "V": rng.normal(size=(3, 2))}


def model() -> MatrixFactorization:
    found = MatrixFactorization(2, biases=True, num_epochs=1)
    return found.fit(ratings(), rng=np.random.default_rng(0))


CALLS = {
    "factorization.sgd_epoch": lambda: ratings()._asdict() | vectors() | {"learning_rate": 0.1},
    "factorization.sgd_epoch_with_l2": lambda: (
        ratings()._asdict() | vectors() | {"learning_rate": 0.1, "l2": 0.01}
    ),
    "factorization.sgd_epoch_with_biases": lambda: (
        ratings()._asdict()
        | {"mean": 3.0, "user_biases": np.zeros(3), "movie_biases": np.zeros(3)}
        | vectors()
        | {"learning_rate": 0.1, "l2": 0.01}
    ),
    "factorization.MatrixFactorization": lambda: {
        "k": 2,
        "biases": True,
        "l2": 0.01,
        "learning_rate": 0.05,
        "decay": 0.9,
        "num_epochs": 1,
        "init_scale": 0.1,
        "patience": 1,
        "fast": True,
        "cores": 2,
    },
    "factorization.MatrixFactorization.fit": lambda: (
        MatrixFactorization(2, biases=True, num_epochs=1, patience=1).fit,
        {
            "train": ratings(),
            "validation": ratings(),
            "rng": np.random.default_rng(0),
            "num_users": 3,
            "num_movies": 4,
            "measure": True,
            "progress": False,
        },
    ),
    "factorization.MatrixFactorization.predict": lambda: (
        model().predict,
        {"users": np.array([0, -1]), "movies": np.array([1, 2])},
    ),
}

MAY_HOLD = dict.fromkeys(
    [
        "factorization.sgd_epoch",
        "factorization.sgd_epoch_with_l2",
        "factorization.sgd_epoch_with_biases",
    ],
    "a loop makes NaN of ratings or vectors that are NaN; `fit` refuses such ratings",
) | {
    "factorization.MatrixFactorization.fit": "its history has NaN where nothing was measured",
}
