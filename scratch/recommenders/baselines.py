"""Predictions that need no learning: the means, and shrunken biases. Every model must beat them.

All work on index arrays (`scratch.ratings.Ratings`). An index of −1 (cold) is a user or a movie
without training ratings; each baseline then falls back on what it does know. Notebook 04.
"""

import numpy as np

from scratch.ratings import Ratings, check_indices, check_training_set


class GlobalMean:
    """r̂ = μ, the mean of all training ratings."""

    def __init__(self, train: Ratings):
        self.mean = _mean(train)

    def predict(self, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        """The same number for every pair; users and movies are (n,), the result (n,) in stars."""
        return np.full(len(users), self.mean)


class UserMean:
    """r̂ = the mean of the ratings that the user gave; μ for a cold user."""

    def __init__(self, train: Ratings):
        self.means = _group_means(train.users, train.ratings, _mean(train))

    def predict(self, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        """One number per user; users and movies are (n,), the result (n,) in stars."""
        check_indices("user", users, len(self.means) - 1)
        return self.means[users]


class MovieMean:
    """r̂ = the mean of the ratings that the movie got; μ for a cold movie."""

    def __init__(self, train: Ratings):
        self.means = _group_means(train.movies, train.ratings, _mean(train))

    def predict(self, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        """One number per movie; users and movies are (n,), the result (n,) in stars."""
        check_indices("movie", movies, len(self.means) - 1)
        return self.means[movies]


class ShrunkenBiases:
    """r̂ = μ + b_u + b_m: how far a user, and a movie, lies above or below the mean.

    A bias is the average of what the other terms leave over, shrunk toward 0 as if `shrinkage`
    further ratings with nothing left over had been seen:

        b_m = Σ (r − μ − b_u) / (n_m + shrinkage)      b_u = Σ (r − μ − b_m) / (n_u + shrinkage)

    Each formula needs the other's result, so they take turns until nothing moves. A cold user or
    movie has bias 0. Koren, Bell and Volinsky, Matrix factorization techniques for recommender
    systems, IEEE Computer 42(8), 2009.

    Raises ValueError for a negative shrinkage or an empty training set.
    """

    def __init__(self, train: Ratings, shrinkage: float = 10.0, tolerance: float = 1e-6):
        if not 0 <= shrinkage < np.inf:
            raise ValueError(f"shrinkage must be a number from 0 up, got {shrinkage}")
        self.mean = _mean(train)
        users, movies = train.users, train.movies
        self.user_biases = np.zeros(users.max() + 2)
        leftover, change = train.ratings - self.mean, np.inf
        while change > tolerance:
            previous = self.user_biases
            without_users = leftover - self.user_biases[users]
            self.movie_biases = _shrunken_means(movies, without_users, shrinkage)
            without_movies = leftover - self.movie_biases[movies]
            self.user_biases = _shrunken_means(users, without_movies, shrinkage)
            change = np.abs(self.user_biases - previous).max()

    def predict(self, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        """Users and movies are (n,), the result (n,) in stars."""
        check_indices("user", users, len(self.user_biases) - 1)
        check_indices("movie", movies, len(self.movie_biases) - 1)
        return self.mean + self.user_biases[users] + self.movie_biases[movies]


def _mean(train: Ratings) -> float:
    check_training_set(train)
    return float(train.ratings.mean())


def _group_means(indices: np.ndarray, values: np.ndarray, empty: float) -> np.ndarray:
    """The mean of the values of each index; `empty` where there are none, and in the last place."""
    sums, counts = _sums_and_counts(indices, values)
    return np.where(counts > 0, sums / np.maximum(counts, 1), empty)


def _shrunken_means(indices: np.ndarray, values: np.ndarray, shrinkage: float) -> np.ndarray:
    """As if each index had `shrinkage` further values of 0; 0 in the last place."""
    sums, counts = _sums_and_counts(indices, values)
    return sums / np.maximum(counts + shrinkage, 1e-12)


def _sums_and_counts(indices: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # One place more than there are indices: the last, index −1, is the cold one, always empty.
    size = indices.max() + 2
    return np.bincount(indices, weights=values, minlength=size), np.bincount(
        indices, minlength=size
    )
