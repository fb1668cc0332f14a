"""The arrays answer as the PyTorch model that they are taken from."""

import numpy as np
import pytest
import torch
from make_splits import table_of

from scratch.evaluation import split_ratings
from scratch.machinery.training import fit_in_batches
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
        own = AveragesAndVectors(4, num_epochs=2)
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
