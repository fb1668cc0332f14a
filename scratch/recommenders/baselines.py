"""Predictions that need no learning: the means, and shrunken biases. Every model must beat them.

All work on index arrays (`scratch.ratings.Ratings`). An index of −1 (cold) is a user or a movie
without training ratings; each baseline then falls back on what it does know. Notebook 04.
"""

import numpy as np

from scratch.checking import IndexArray, NotNegative, Positive, checked, finite
from scratch.checking.room import MOST_ROWS, check_room
from scratch.ratings import Ratings, check_indices, check_pairs, check_training_set

MOST_TURNS = 10_000  # that users and movies take in ShrunkenBiases; a thousand are many


class GlobalMean:
    """r̂ = μ, the mean of all training ratings.

    Raises what `check_training_set` raises, as do the others here.
    """

    @checked
    def __init__(self, train: Ratings):
        self.mean = _mean(check_training_set(train))

    @checked
    def predict(self, users: IndexArray, movies: IndexArray) -> np.ndarray:
        """The same number for every pair; users and movies are (n,), the result (n,) in stars.

        Whoever and whatever they are. Raises ValueError for different lengths.
        """
        _check_lengths(users, movies)
        return np.full(len(users), self.mean)


class UserMean:
    """r̂ = the mean of the ratings that the user gave; μ for a cold user."""

    @checked
    def __init__(self, train: Ratings):
        train = _looked_at(train)
        self.means = _group_means(train.users, train.ratings, _mean(train))

    @checked
    def predict(self, users: IndexArray, movies: IndexArray) -> np.ndarray:
        """One number per user; users and movies are (n,), the result (n,) in stars.

        Raises ValueError for different lengths, IndexError for a user who is not there.
        """
        _check_lengths(users, movies)
        check_indices("user", users, len(self.means) - 1)
        return self.means[users]


class MovieMean:
    """r̂ = the mean of the ratings that the movie got; μ for a cold movie."""

    @checked
    def __init__(self, train: Ratings):
        train = _looked_at(train)
        self.means = _group_means(train.movies, train.ratings, _mean(train))

    @checked
    def predict(self, users: IndexArray, movies: IndexArray) -> np.ndarray:
        """One number per movie; users and movies are (n,), the result (n,) in stars.

        Raises ValueError for different lengths, IndexError for a movie that is not there.
        """
        _check_lengths(users, movies)
        check_indices("movie", movies, len(self.means) - 1)
        return self.means[movies]


class ShrunkenBiases:
    """r̂ = μ + b_u + b_m: how far a user, and a movie, lies above or below the mean.

    A bias is the average of what the other terms leave over, shrunk toward 0 as if `shrinkage`
    further ratings with nothing left over had been seen:

        b_m = Σ (r − μ − b_u) / (n_m + shrinkage)      b_u = Σ (r − μ − b_m) / (n_u + shrinkage)

    Each formula needs the other's result, so they take turns until nothing moves. What all users
    might have more and all movies less is held by the shrinkage alone, and comes to rest slowly
    where there is little: the 100,000 ratings of MovieLens take forty times as long with 0.1 as
    with 10. A cold user or movie has bias 0. Koren, Bell and Volinsky, Matrix factorization
    techniques for recommender systems, IEEE Computer 42(8), 2009.

    Raises ValueError for a negative shrinkage, for a tolerance that is finer than the numbers can
    tell apart, and when something still moves by more than it after MOST_TURNS turns.
    """

    @checked
    def __init__(self, train: Ratings, shrinkage: NotNegative = 10.0, tolerance: Positive = 1e-6):
        train = _looked_at(train)
        self.mean = _mean(train)
        users, movies = train.users, train.movies
        self.user_biases = np.zeros(int(users.max()) + 2)
        leftover, change = train.ratings - self.mean, np.inf
        _check_tolerance(tolerance, leftover)
        for _ in range(MOST_TURNS):
            previous = self.user_biases
            without_users = leftover - self.user_biases[users]
            self.movie_biases = _shrunken_means(movies, without_users, shrinkage)
            without_movies = leftover - self.movie_biases[movies]
            self.user_biases = _shrunken_means(users, without_movies, shrinkage)
            change = np.abs(self.user_biases - previous).max()
            if change <= tolerance:
                return
        raise ValueError(
            f"after {MOST_TURNS} turns a bias still moves by {change:.1g}, more than the tolerance "
            f"of {tolerance:g}: give a larger tolerance, or more shrinkage"
        )

    @checked
    def predict(self, users: IndexArray, movies: IndexArray) -> np.ndarray:
        """Users and movies are (n,), the result (n,) in stars.

        Raises ValueError for different lengths, IndexError for who or what is not there.
        """
        check_pairs(users, movies, len(self.user_biases) - 1, len(self.movie_biases) - 1)
        return self.mean + self.user_biases[users] + self.movie_biases[movies]


def _mean(train: Ratings) -> float:
    with np.errstate(over="ignore"):  # infinity is refused
        # No sum of some of them is larger.
        finite("their mean", np.abs(train.ratings).sum(dtype=float), of="the ratings of train")
        return float(finite("their mean", train.ratings.mean(), of="the ratings of train"))


def _check_tolerance(tolerance: float, leftover: np.ndarray) -> None:
    """Raise ValueError for one that rounding would never let the biases reach."""
    finest = 8 * np.finfo(float).eps * np.abs(leftover).max()
    if tolerance < finest:
        raise ValueError(
            f"tolerance must be at least {finest:.1g}, since rounding moves the biases by as much, "
            f"got {tolerance:g}: give a larger one, or divide all ratings by the same number"
        )


def _check_lengths(users: np.ndarray, movies: np.ndarray) -> None:
    if len(users) != len(movies):
        raise ValueError(f"every pair needs both: {len(users)} users and {len(movies)} movies")


def _looked_at(train: Ratings) -> Ratings:
    """The training set, if there is room for a number for each index up to its largest."""
    users, movies, ratings = check_training_set(train)
    for what, indices in (("users", users), ("movies", movies)):
        largest = int(indices.max())
        check_room(f"the largest index in the {what} of train", largest + 2, most=MOST_ROWS)
    return Ratings(users, movies, ratings)


def _group_means(indices: np.ndarray, values: np.ndarray, empty: float) -> np.ndarray:
    """The mean of the values of each index; `empty` where there are none, and in the last place."""
    sums, counts = _sums_and_counts(indices, values)
    return np.where(counts > 0, sums / np.maximum(counts, 1), empty)


def _shrunken_means(indices: np.ndarray, values: np.ndarray, shrinkage: float) -> np.ndarray:
    """As if each index had `shrinkage` further values of 0; 0 in the last place."""
    sums, counts = _sums_and_counts(indices, values)
    return sums / np.maximum(counts + shrinkage, 1)  # without any, 0 / 1


def _sums_and_counts(indices: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # One place more than there are indices: the last, index −1, is the cold one, always empty.
    size = int(indices.max()) + 2
    indices = indices.astype(np.int64, copy=False)  # NumPy 2.0 counts with no unsigned ones
    return np.bincount(indices, weights=values, minlength=size), np.bincount(
        indices, minlength=size
    )
