"""The PyTorch models as settings that a `Recommender` fits; what they learn is plain arrays.

As in `scratch.recommenders.adapters`. Introduced in notebook 12.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from scratch.checking import (
    Column,
    Count,
    IndexArray,
    NotNegative,
    Positive,
    TableSize,
    checked,
    finite,
)
from scratch.machinery.training import Epochs, fit_in_batches
from scratch.ratings import Ratings
from scratch.recommenders.adapters import biases_of_all, fold_in_stars, stars_of, stars_of_all
from scratch.recommenders.learned import Arrays, Learned, Settings, check_learned, check_sizes
from scratch.recommenders.torch_models import BiasedDotProduct, Dropout, ResidualNetwork


@dataclass(frozen=True)
class AveragesAndVectors(Settings):
    """Notebook 06: shrunken biases held fixed, and beside them u · m by Adam in mini-batches."""

    k: Count = 30
    shrinkage: NotNegative = 3.0
    l2: NotNegative = 0.15
    num_epochs: Epochs = 10
    learning_rate: Positive = 0.01

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        mean, size = train.ratings.mean(), (num_users, num_movies)
        model = BiasedDotProduct(*size, self.k, mean=mean, generator=generator)
        model.biases.hold(biases_of_all(train, self.shrinkage, num_users, num_movies))
        fit_in_batches(
            model, train, l2=self.l2, generator=generator, num_epochs=self.num_epochs,
            learning_rate=self.learning_rate,
        )  # fmt: skip
        return {
            "mean": np.array(model.mean), "U": _array(model.U), "V": _array(model.V),
            "user_biases": _array(model.biases.users)[:, 0],
            "movie_biases": _array(model.biases.movies)[:, 0],
        }  # fmt: skip

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        return stars_of_all(arrays, users)

    @checked
    def stars(self, arrays: Arrays, users: IndexArray, movies: IndexArray) -> np.ndarray:
        return stars_of(arrays, users, movies)

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        return fold_in_stars(arrays, movies, stars, self.l2)


OF_NETWORK = (
    "mean(), of_users(u+1, h), of_movies(m+1, h), output(h), constant(1), user_biases(u+1), "
    "movie_biases(m+1)"
)


@dataclass(frozen=True)
class Network(Settings):
    """Notebook 07: biases, and a small network that speaks of what they leave over."""

    k: Count = 30
    l2: NotNegative = 0.01
    dropout: Dropout = 0.5
    num_epochs: Epochs = 6
    learning_rate: Positive = 0.005

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        model = ResidualNetwork(
            num_users, num_movies, self.k, mean=train.ratings.mean(), generator=generator,
            dropout=self.dropout,
        )  # fmt: skip
        fit_in_batches(
            model, train, l2=self.l2, generator=generator, num_epochs=self.num_epochs,
            learning_rate=self.learning_rate,
        )  # fmt: skip
        U, V = _array(model.U), _array(model.V)
        W_users, W_movies = np.hsplit(_array(model.hidden), [self.k])
        # What a side contributes to the hidden layer; a cold one that of an average vector, and a
        # bias of 0, in the last place, where index −1 finds them.
        return {
            "mean": np.array(model.mean),
            "of_users": _with_average(U) @ W_users.T + model.hidden.bias.detach().numpy(),
            "of_movies": _with_average(V) @ W_movies.T,
            "output": _array(model.output)[0], "constant": model.output.bias.detach().numpy(),
            "user_biases": np.append(_array(model.biases.users)[:, 0], 0.0),
            "movie_biases": np.append(_array(model.biases.movies)[:, 0], 0.0),
        }  # fmt: skip

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        check_learned(arrays, f"{OF_NETWORK}, users(n) < u", users=users)
        all_movies = np.arange(len(arrays["movie_biases"]) - 1)
        return _stars(arrays, users[:, None], all_movies[None, :])

    @checked
    def stars(self, arrays: Arrays, users: IndexArray, movies: IndexArray) -> np.ndarray:
        fits = f"{OF_NETWORK}, users(n) < u or -1, movies(n) < m or -1"
        check_learned(arrays, fits, users=users, movies=movies)
        return _stars(arrays, users, movies)


def _stars(arrays: Arrays, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
    """What a `Network` says of pairs, in whichever shape users and movies have together."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes inf
        stars = arrays["user_biases"][users] + arrays["movie_biases"][movies]
        stars = stars + arrays["mean"] + arrays["constant"]
        # One hidden number at a time: all at once would be fifty tables of users × movies.
        for weight, of_users, of_movies in zip(
            arrays["output"], arrays["of_users"].T, arrays["of_movies"].T, strict=True
        ):
            stars += weight * np.maximum(of_users[users] + of_movies[movies], 0.0)
    return np.asarray(finite("the stars", stars, "arrays"))


def _array(layer: nn.Embedding | nn.Linear) -> np.ndarray:
    return layer.weight.detach().numpy().copy()


def _with_average(vectors: np.ndarray) -> np.ndarray:
    return np.vstack([vectors, vectors.mean(axis=0)])
