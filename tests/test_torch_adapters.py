"""The arrays answer as the PyTorch model that they are taken from."""

import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from make_splits import table_of

from scratch.evaluation import split_ratings
from scratch.machinery.training import fit_in_batches
from scratch.ratings import Ratings
from scratch.recommenders.adapters import fold_in_stars
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.recommenders.fitted import Recommender
from scratch.recommenders.torch_adapters import AveragesAndVectors, Network
from scratch.recommenders.torch_models import BiasedDotProduct, ResidualNetwork


@pytest.fixture(scope="module")
def split():
    return split_ratings(table_of(30, 25, 0.4, 6), rng=np.random.default_rng(6))


def generator():
    return torch.Generator().manual_seed(int(np.random.default_rng(5).integers(2**62)))


@pytest.mark.parametrize("kind", ["vectors", "network"])
def test_stars_and_scores_are_those_of_the_torch_model(split, kind):
    draws, mean = generator(), split.train.ratings.mean()
    size = len(split.users), len(split.movies)
    if kind == "vectors":
        model = BiasedDotProduct(*size, 4, mean=mean, generator=draws)
        model.biases.hold(ShrunkenBiases(split.train, 3.0))
        own = AveragesAndVectors(4, num_epochs=2, learning_rate=0.02)
    else:
        model = ResidualNetwork(*size, 4, mean=mean, generator=draws, dropout=0.5)
        own = Network(4, num_epochs=2)
    fit_in_batches(
        model, split.train, l2=own.l2, generator=draws, num_epochs=2,
        learning_rate=own.learning_rate,
    )  # fmt: skip
    fitted = Recommender(own, seed=5).fit_split(split)
    users, movies = np.array([3, 0, -1, 2, -1]), np.array([4, 7, 4, -1, -1])
    np.testing.assert_allclose(
        own.stars(fitted.arrays, users, movies), model.predict(users, movies), atol=1e-10
    )
    everything = np.repeat(users[:2], size[1]), np.tile(np.arange(size[1]), 2)
    np.testing.assert_allclose(
        fitted.scores(users[:2]).ravel(), model.predict(*everything), atol=1e-10
    )


def test_settings_that_are_not_given_are_those_of_the_notebooks():
    assert AveragesAndVectors() == AveragesAndVectors(
        k=30, shrinkage=3.0, l2=0.15, num_epochs=10, learning_rate=0.01
    )
    assert Network() == Network(k=30, l2=0.01, dropout=0.5, num_epochs=6, learning_rate=0.005)


def test_somebody_new_is_folded_in_with_the_l2_of_the_settings(split):
    own = AveragesAndVectors(2, l2=0.7, num_epochs=1)
    arrays = own.learn(split.train, len(split.users), len(split.movies), np.random.default_rng(0))
    movies, stars = np.array([3, 0, 7]), np.array([5.0, 1.0, 2.0])
    found = own.fold_in(arrays, movies, stars)
    assert np.array_equal(found, fold_in_stars(arrays, movies, stars, 0.7))
    assert not np.allclose(found, fold_in_stars(arrays, movies, stars, 0.15))


BOTH = pytest.mark.parametrize("kind", [AveragesAndVectors, Network])


@BOTH
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"k": 0}, ValueError, "k must be at least 1, got 0"),
        ({"k": 2.0}, TypeError, r"k must be a whole number, got 2\.0: write 2"),
        ({"l2": -0.1}, ValueError, "l2 must be at least 0"),
        ({"l2": np.nan}, ValueError, "l2 must be a finite number"),
        ({"num_epochs": 0}, ValueError, "num_epochs must be at least 1"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be above 0"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be a number, got 'fast'"),
    ],
    ids=str,
)
def test_settings_that_cannot_be(kind, wrong, error, message):
    with pytest.raises(error, match=message):
        kind(**wrong)


@BOTH
def test_settings_stay_as_they_are(kind):
    with pytest.raises(FrozenInstanceError):
        kind().k = 3


def test_stars_that_are_too_large_are_refused_in_a_sentence(split):
    own = Network(2, num_epochs=1)
    arrays = own.learn(split.train, len(split.users), len(split.movies), np.random.default_rng(0))
    huge = {name: np.full_like(array, 1e200, dtype=float) for name, array in arrays.items()}
    signs = (-1.0) ** np.arange(len(huge["output"]))
    against = huge | {"output": 1e200 * signs}  # ∞ − ∞
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for wrong in (huge, against):
            with pytest.raises(
                ValueError,
                match=r"^the stars can.t be computed, (inf|nan) came out: the numbers in arrays",
            ):
                own.scores(wrong, np.array([0]))


def test_settings_of_one_of_them():
    with pytest.raises(ValueError, match="shrinkage must be at least 0"):
        AveragesAndVectors(shrinkage=-1.0)
    for dropout in (1.0, -0.1):
        with pytest.raises(ValueError, match="dropout must be at least 0 and below 1"):
            Network(dropout=dropout)


@BOTH
def test_what_is_learned_from_and_what_is_asked_must_fit(kind, split):
    size, rng = (len(split.users), len(split.movies)), np.random.default_rng(0)
    own = kind(2, num_epochs=1)
    with pytest.raises(IndexError, match="user index 29 is out of range: the model has 29"):
        own.learn(split.train, size[0] - 1, size[1], rng)
    with pytest.raises(ValueError, match="ratings need a user, a movie and stars in every row"):
        own.learn(split.train._replace(users=split.train.users[1:]), *size, rng)
    arrays = own.learn(split.train, *size, rng)
    pair = np.array([0]), np.array([1])
    with pytest.raises(IndexError, match=rf"users\[0\] is {size[0]}, but"):
        own.scores(arrays, np.array([size[0]]))
    if kind is Network:
        with pytest.raises(IndexError, match=r"users\[0\] is -1, but"):
            own.scores(arrays, np.array([-1]))
    with pytest.raises(IndexError, match=rf"movies\[0\] is {size[1]}, but"):
        own.stars(arrays, pair[0], np.array([size[1]]))
    with pytest.raises(IndexError, match=r"movies\[0\] is -2, but"):
        own.stars(arrays, pair[0], np.array([-2]))
    with pytest.raises(TypeError, match="users must be an array of whole numbers"):
        own.stars(arrays, np.array([0.5]), pair[1])
    with pytest.raises(ValueError, match="movies has shape"):
        own.stars(arrays, pair[0], np.array([1, 2]))
    short = {name: array for name, array in arrays.items() if name != "user_biases"}
    with pytest.raises(ValueError, match="those that learn has returned: they have no user_biases"):
        own.scores(short, pair[0])


def test_there_may_be_more_users_and_movies_than_have_ratings():
    model = AveragesAndVectors(2, num_epochs=1)
    train = Ratings([0, 1], [0, 1], [3.0, 4.0])
    arrays = model.learn(train, 3, 4, np.random.default_rng(0))
    assert arrays["user_biases"].shape == (3,) and arrays["user_biases"][2] == 0
    assert arrays["movie_biases"].tolist()[2:] == [0, 0]
