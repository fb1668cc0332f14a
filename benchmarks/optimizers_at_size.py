"""Sections 6 to 8 of notebook 10 on larger matrices: is what it says true of 260 users alone?

    python benchmarks/optimizers_at_size.py

The notebook races optimizers on the matrix of 260 users. This repeats, with nine tries for each
rate, what it says of larger ones: how far SGD is behind Adam at a rate of 0.01 and with both tuned,
what a rate for each side changes, and what starts ten times smaller change. Some minutes.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when NumPy is imported

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from scratch.datasets import load_netflix
from scratch.machinery.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSProp,
    tune_rate,
)
from scratch.ratings import IdMap, encode

W0, STEPS = 0.005, 400
ADAPTIVE = (Adagrad, RMSProp, Adam, AdamW)


def matrix_of(at_least: int, every: int = 1) -> np.ndarray:
    """1 where a user rated one of the twenty films; users with at_least ratings, every so many."""
    ratings = load_netflix(max_movies=20).ratings
    several = ratings[ratings.groupby("user_id")["movie_id"].transform("size") >= at_least]
    users, movies = IdMap(several["user_id"]), IdMap(several["movie_id"])
    rated = encode(several, users, movies)
    matrix = np.zeros((len(users), len(movies)))
    matrix[rated.users, rated.movies] = 1
    return matrix[::every]


def descend(optimizer: SGD, matrix: np.ndarray, k: int, scale: float) -> float:
    """The loss per cell after 400 steps on all cells at once; inf if it diverges."""
    rng = np.random.default_rng(0)
    U, V = (scale * rng.normal(size=(rows, k)) for rows in matrix.shape)
    weights = W0 + (1 - W0) * matrix
    for step in range(STEPS + 1):
        error = U @ V.T - matrix
        loss = (weights * error**2).mean()
        if not loss < 1e6:
            return np.inf
        if step < STEPS:
            slope = 2 / matrix.size * weights * error
            optimizer.step([U, V], [slope @ V, slope.T @ U])
    return loss


def tuned(make: Callable[[float], SGD], rates: list[float], *start: object) -> float:
    """The lowest loss of nine tries."""
    return min(tune_rate(lambda rate: descend(make(rate), *start), rates, 3).values())


def measure(matrix: np.ndarray, k: int) -> pd.Series:
    """Everything that the notebook says of a matrix, by name."""
    sides = matrix.shape[0] / matrix.shape[1]
    found = {}
    for scale, starts in ((1.0, "N(0, 1)"), (0.1, "N(0, 0.1²)")):
        for kind in (SGD, Momentum, Nesterov, *ADAPTIVE):
            rates = [0.01, 0.1, 1.0] if kind in ADAPTIVE else [1.0, 10.0, 100.0]
            found[f"{kind.__name__}, starts {starts}"] = tuned(kind, rates, matrix, k, scale)
    shorter = partial(AdamW, betas=(0.9, 0.99))
    name = "AdamW with a shorter memory, starts N(0, 1)"
    found[name] = tuned(shorter, [0.01, 0.1, 1.0], matrix, k, 1.0)
    for kind in (SGD, Momentum, Adam):
        rates = [0.01, 0.1, 1.0] if kind is Adam else [1.0, 10.0, 100.0]

        def two(rate: float, kind: type = kind) -> SGD:
            return kind([rate * sides, rate])

        found[f"{kind.__name__}, a rate for each side"] = tuned(two, rates, matrix, k, 1.0)
    at_one_rate = descend(SGD(0.01), matrix, k, 1.0) / descend(Adam(0.01), matrix, k, 1.0)
    both_tuned = found["SGD, starts N(0, 1)"] / found["Adam, starts N(0, 1)"]
    found["SGD / Adam at 0.01, powers of ten"] = np.log10(at_one_rate)
    found["SGD / Adam, both tuned, powers of ten"] = np.log10(both_tuned)
    return pd.Series(found)


def main() -> None:
    print(load_netflix(max_movies=20).describe())
    cases = {
        "260 users, k 72": (matrix_of(3, every=2), 72),
        "520 users, k 200": (matrix_of(3), 200),
        "3,845 users, k 72": (matrix_of(2), 72),
    }
    table = pd.DataFrame({name: measure(*case) for name, case in cases.items()})
    print(table.map("{:.2g}".format).to_string())


if __name__ == "__main__":
    main()
