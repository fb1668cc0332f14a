"""Matrix factorization by stochastic gradient descent: three loops, and a model that runs them.

Funk, Netflix Update: Try This at Home, 2006; Koren, Bell and Volinsky, Matrix factorization
techniques for recommender systems, IEEE Computer 42(8), 2009. Built in notebooks 04 and 05.
"""

import copy
import math
from collections.abc import Callable
from typing import Annotated

import numpy as np
import pandas as pd

from scratch.checking import (
    Array,
    Count,
    IndexArray,
    Learner,
    NotNegative,
    Positive,
    Size,
    Within,
    checked,
)
from scratch.checking.room import check_room
from scratch.evaluation.metrics import mse
from scratch.machinery.blocks import Cores, Rounds, cut, run_rounds
from scratch.machinery.compiled import Indices, Numbers, Table, compiled, relaxed
from scratch.machinery.progress import progress_bar
from scratch.ratings import Ratings, check_columns, check_pairs, check_training_set

COLUMNS = ["epoch", "learning_rate", "train", "validation"]  # of a model's history


@compiled(
    "users(n) < u, movies(n) < m, ratings(n), U(u, k), V(m, k), n > 0",
    changes="U V",
)
def sgd_epoch(
    users: Indices, movies: Indices, ratings: Numbers, U: Table, V: Table, learning_rate: float
) -> float:
    """Visit every rating once and move its two vectors a step down the gradient of ½ error².

    users, movies, ratings: n entries each. U: users × k and V: movies × k, changed in place.
    Lists of lists run as plain Python, arrays are compiled; both to the same last bit. Returns the
    mean of error², each error measured just before its own step.

    Raises IndexError for an index without a row in U or V, before anything has changed; ValueError
    for arrays that do not fit together. A rating that is NaN makes NaN of all that it touches.
    """
    squared_errors = 0.0
    for i in range(len(ratings)):
        user, movie = U[users[i]], V[movies[i]]
        predicted = 0.0
        for f in range(len(user)):
            predicted += user[f] * movie[f]
        error = predicted - ratings[i]
        squared_errors += error * error
        for f in range(len(user)):
            user_gradient, movie_gradient = error * movie[f], error * user[f]
            user[f] -= learning_rate * user_gradient
            movie[f] -= learning_rate * movie_gradient
    return squared_errors / len(ratings)


@compiled(
    "users(n) < u, movies(n) < m, ratings(n), U(u, k), V(m, k), n > 0",
    changes="U V",
)
def sgd_epoch_with_l2(
    users: Indices, movies: Indices, ratings: Numbers,
    U: Table, V: Table, learning_rate: float, l2: float,
) -> float:  # fmt: skip
    """The loop of sgd_epoch, with a pull: at each step both vectors also shrink a little toward 0.

    The step goes down the gradient of ½ error² + ½ l2 (‖u‖² + ‖m‖²); the rest is as in sgd_epoch,
    whose steps these are when l2 is 0. Raises what sgd_epoch raises.
    """
    squared_errors = 0.0
    for i in range(len(ratings)):
        user, movie = U[users[i]], V[movies[i]]
        predicted = 0.0
        for f in range(len(user)):
            predicted += user[f] * movie[f]
        error = predicted - ratings[i]
        squared_errors += error * error
        for f in range(len(user)):
            user_gradient = error * movie[f] + l2 * user[f]
            movie_gradient = error * user[f] + l2 * movie[f]
            user[f] -= learning_rate * user_gradient
            movie[f] -= learning_rate * movie_gradient
    return squared_errors / len(ratings)


@compiled(
    "users(n) < u, movies(n) < m, ratings(n), user_biases(u), movie_biases(m), U(u, k), V(m, "
    "k), n > 0",
    changes="user_biases movie_biases U V",
)
def sgd_epoch_with_biases(
    users: Indices, movies: Indices, ratings: Numbers,
    mean: float, user_biases: Numbers, movie_biases: Numbers,
    U: Table, V: Table, learning_rate: float, l2: float,
) -> float:  # fmt: skip
    """The loop of sgd_epoch_with_l2 for r̂ = mean + b_u + b_m + u · m.

    The step goes down the gradient of ½ error² + ½ l2 (b_u² + b_m² + ‖u‖² + ‖m‖²). user_biases
    (users,) and movie_biases (movies,) are changed in place too. Raises what sgd_epoch raises.
    """
    squared_errors = 0.0
    for i in range(len(ratings)):
        u, m = users[i], movies[i]
        user, movie = U[u], V[m]
        predicted = mean + user_biases[u] + movie_biases[m]
        for f in range(len(user)):
            predicted += user[f] * movie[f]
        error = predicted - ratings[i]
        squared_errors += error * error
        user_biases[u] -= learning_rate * (error + l2 * user_biases[u])
        movie_biases[m] -= learning_rate * (error + l2 * movie_biases[m])
        for f in range(len(user)):
            user_gradient = error * movie[f] + l2 * user[f]
            movie_gradient = error * user[f] + l2 * movie[f]
            user[f] -= learning_rate * user_gradient
            movie[f] -= learning_rate * movie_gradient
    return squared_errors / len(ratings)


@compiled(
    "users(n) < u or -1, movies(n) < m or -1, user_biases(u), movie_biases(m), U(u, k), V(m, "
    "k), predicted(n)",
    changes="predicted",
)
def _predictions(
    users: np.ndarray, movies: np.ndarray,
    mean: float | np.float32, user_biases: np.ndarray, movie_biases: np.ndarray,
    U: np.ndarray, V: np.ndarray, biased: bool, predicted: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """What `predict` says of each pair (users[i], movies[i]), written into predicted (n,)."""
    # As U[users] and V[movies] in NumPy, this would first copy two rows for every rating.
    for i in range(len(users)):
        u, m = users[i], movies[i]
        warm = u >= 0 and m >= 0
        product = U.dtype.type(0)
        if warm:
            for f in range(U.shape[1]):
                product += U[u, f] * V[m, f]
        rating = product if warm or biased else mean
        if biased:
            rating = mean + rating
            rating += user_biases[u] if u >= 0 else 0.0
            rating += movie_biases[m] if m >= 0 else 0.0
        predicted[i] = rating
    return predicted


class MatrixFactorization(Learner):
    """r̂ = u · m, or with biases r̂ = mean + b_u + b_m + u · m.

    k: numbers per user and movie. Steps have learning_rate · decay^epoch, epochs counted from 0.
    l2 pulls all parameters but the mean toward 0. U and V start as N(0, init_scale²).
    patience: stop after so many epochs without a better validation error, and go back to the best
    epoch; None runs all num_epochs. fast: the same loops with float32 parameters and relaxed sums,
    two to three times as fast; the last digits are then those of the machine. cores: how many take
    part, each with ratings of its own (see `machinery.blocks`); more than 1 needs fast. After
    `fit`: U (users, k), V (movies, k), mean, user_biases (users,), movie_biases (movies,) and
    `history`, a table with a row per epoch: epoch (from 1), learning_rate, train and validation
    MSE. Both are measured by the same rule, after the epoch.

    Raises ValueError for numbers outside of what makes sense: k, num_epochs, patience and cores
    from 1, decay from above 0 to 1, a learning_rate above 0, l2 and init_scale not below 0.
    """

    learned = ("U", "V", "mean", "user_biases", "movie_biases", "history")

    @checked
    def __init__(
        self,
        k: Count = 2,
        *,
        biases: bool = False,
        l2: NotNegative = 0.0,
        learning_rate: Positive = 0.045,
        decay: Annotated[float, Within(0, 1, low_is_open=True)] = 0.9,
        num_epochs: Count = 20,
        init_scale: NotNegative = 1.0,
        patience: Count | None = None,
        fast: bool = False,
        cores: Cores = 1,
    ):
        self.k, self.biases, self.l2 = k, biases, l2
        self.learning_rate, self.decay, self.num_epochs = learning_rate, decay, num_epochs
        if cores > 1 and not fast:
            raise ValueError(f"more than 1 of cores needs fast=True, got {cores}")
        self.init_scale, self.patience = init_scale, patience
        self.fast, self.cores = fast, cores

    @checked
    def fit(
        self,
        train: Ratings,
        validation: Ratings | None = None,
        *,
        rng: np.random.Generator,
        num_users: Size = 0,
        num_movies: Size = 0,
        measure: bool = True,
        progress: bool = False,
    ) -> "MatrixFactorization":
        """Learn from train, visiting its rows in their order; returns the model itself.

        rng draws the starting vectors. num_users and num_movies: make at least that many vectors
        (a vector without training ratings stays as it was drawn). measure: the training error
        after every epoch; without it the history has NaN there, and a third of the time is saved.
        progress: show a bar.

        Raises ValueError for an empty or cold training set, for patience without validation, and
        when training diverges: then the message names the learning rate. Of validation, whose rows
        may be cold, ValueError when it is empty, when a rating is not finite or too large to be
        squared, or a column has another length, and IndexError for an index beyond the model's. A
        training that fails or is interrupted leaves the model as it was.
        """
        train = check_training_set(train)
        if self.patience is not None and validation is None:
            raise ValueError("patience needs a validation part to watch")
        num_users = max(num_users, int(train.users.max()) + 1)
        num_movies = max(num_movies, int(train.movies.max()) + 1)
        check_room("num_users (or an index in train) × k", num_users, self.k)
        check_room("num_movies (or an index in train) × k", num_movies, self.k)
        if validation is not None:
            validation = _check_validation(validation, num_users, num_movies)
        # Another one learns, so that this one is whole even when its training is interrupted.
        trained = copy.copy(self)
        trained._start(train, num_users, num_movies, rng)
        trained._train(train, validation, measure, progress)
        vars(self).update({name: vars(trained)[name] for name in self.learned})
        return self

    def _train(
        self, train: Ratings, validation: Ratings | None, measure: bool, progress: bool
    ) -> None:
        if not self._can_be_squared():
            raise ValueError(
                f"init_scale is {self.init_scale:g}, and the ratings in train go up to "
                f"{np.abs(train.ratings).max():g}: such numbers are too large to be multiplied"
            )
        rows, best_epoch, best, best_loss = [], 0, self._parameters(), math.inf
        if self.fast:
            train = train._replace(ratings=train.ratings.astype(np.float32))
        rounds = cut(train, self.cores) if self.cores > 1 else None
        with progress_bar(self.num_epochs, progress) as bar:
            for epoch in range(1, self.num_epochs + 1):
                rate = self.learning_rate * self.decay ** (epoch - 1)
                if not (
                    math.isfinite(self._run_epoch(rounds or train, rate)) and self._can_be_squared()
                ):
                    raise ValueError(
                        f"training diverged in epoch {epoch} with learning rate {rate:g}: the "
                        "errors grow without bound; start with a smaller learning_rate, "
                        f"e.g. {rate / 10:g}" + (" (or with less l2)" if rate * self.l2 > 1 else "")
                    )
                train_loss = self._loss(train) if measure else math.nan
                loss = self._loss(validation)
                rows.append((epoch, rate, train_loss, loss))
                losses = f"train {train_loss:.4f}"
                if validation is not None:
                    losses += f", validation {loss:.4f}"
                bar.set_description_str(losses, refresh=False)
                bar.update()
                if self.patience is not None:
                    if loss < best_loss:
                        best_epoch, best, best_loss = epoch, self._parameters(), loss
                    elif epoch - best_epoch >= self.patience:
                        break
        if self.patience is not None:
            self.U, self.V, self.user_biases, self.movie_biases = best
        self.history = pd.DataFrame(rows, columns=COLUMNS)

    @checked
    def predict(self, users: IndexArray, movies: IndexArray) -> np.ndarray:
        """Predicted stars; users and movies are (n,) indices, the result (n,).

        A cold user or movie (index −1) contributes nothing: what is left is mean plus the other
        side's bias, or without biases the mean. Raises IndexError for an index out of range,
        ValueError when there are not as many movies as users, and NotFitted before `fit`.
        """
        check_pairs(users, movies, len(self.U), len(self.V))
        biases, predicted = (self.user_biases, self.movie_biases), np.empty(len(users))
        loop = relaxed(_predictions) if self.fast else _predictions
        return loop(users, movies, self.mean, *biases, self.U, self.V, self.biases, predicted)

    def _start(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> None:
        self.mean: float | np.float32 = float(train.ratings.mean())
        self.user_biases, self.movie_biases = np.zeros(num_users), np.zeros(num_movies)
        # The numbers of random_tensor, without its lists.
        self.U = rng.normal(0.0, self.init_scale, (num_users, self.k))
        self.V = rng.normal(0.0, self.init_scale, (num_movies, self.k))
        if self.fast:
            parameters = self.U, self.V, self.user_biases, self.movie_biases
            with np.errstate(over="ignore"):  # `fit` looks at them
                self.mean = np.float32(self.mean)
                self.U, self.V, self.user_biases, self.movie_biases = (
                    p.astype(np.float32) for p in parameters
                )

    def _loop(self) -> Callable[..., float]:
        if self.biases:
            return sgd_epoch_with_biases
        return sgd_epoch_with_l2 if self.l2 > 0 else sgd_epoch

    def _run_epoch(self, train: Ratings | Rounds, rate: float) -> float:
        """The mean of error², each just before its own step."""
        loop, vectors, rates = self._loop(), (self.U, self.V), (rate, self.l2)
        if self.biases:
            vectors = self.mean, self.user_biases, self.movie_biases, *vectors
        elif self.l2 == 0:
            rates = (rate,)
        # Machine code overflows without a warning, so let the plain loop do too: `fit` checks.
        with np.errstate(over="ignore", invalid="ignore"):
            if self.fast:
                rates = [np.float32(r) for r in rates]
                if not np.isfinite(rates).all():  # with such steps, no number stays finite
                    return math.inf
            if isinstance(train, Rounds):
                return run_rounds(loop, train, *vectors, *rates)
            return (relaxed(loop) if self.fast else loop)(*train, *vectors, *rates)

    def _can_be_squared(self) -> bool:
        # With few ratings the running loss is still finite when the last steps have overshot.
        parameters = self.U, self.V, self.user_biases, self.movie_biases, self.mean
        largest = 1e9 if self.fast else 1e75
        return all(np.abs(p).max() < largest for p in parameters)  # False for NaN too

    def _loss(self, part: Ratings | None) -> float:
        return (
            math.nan if part is None else mse(self.predict(part.users, part.movies), part.ratings)
        )

    def _parameters(self) -> tuple[np.ndarray, ...]:
        return tuple(p.copy() for p in (self.U, self.V, self.user_biases, self.movie_biases))


def _check_validation(part: Ratings, num_users: int, num_movies: int) -> Ratings:
    """The part as arrays; raises TypeError, ValueError or IndexError, which says of what."""
    try:
        part = check_columns(*part)
        if len(part.ratings) == 0:
            raise ValueError("it is empty: there is nothing to measure on")
        Array(squared=True).check("ratings", part.ratings)
        check_pairs(part.users, part.movies, num_users, num_movies)
    except (TypeError, ValueError, IndexError) as problem:
        raise type(problem)(f"in the validation part, {problem}") from None
    return part
