"""Each adapter answers as the class that its notebook builds, fitted to the same split."""

import numpy as np
import pytest
from make_splits import table_of

from scratch.evaluation import split_ratings
from scratch.factorization import MatrixFactorization
from scratch.machinery.sparse import Observed
from scratch.recommenders import adapters
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.recommenders.bpr import BPR
from scratch.recommenders.ease import ease_weights
from scratch.recommenders.fitted import Recommender
from scratch.recommenders.neighbors import ItemBased, UserBased
from scratch.recommenders.weighted import WeightedFactorization, als_half_step

USERS = np.array([3, 0, 3])


@pytest.fixture(scope="module")
def split():
    return split_ratings(table_of(30, 25, 0.4, 6), rng=np.random.default_rng(6))


def scores(model, split):
    return Recommender(model, seed=5).fit_split(split).scores(USERS)


def observed(split):
    users, movies = np.nonzero(split.likes)
    size = {"num_users": len(split.users), "num_movies": len(split.movies)}
    return Observed.from_pairs(users, movies, **size)


def test_popular_counts_ratings_or_likes(split):
    rated = np.bincount(split.train.movies, minlength=len(split.movies))
    np.testing.assert_array_equal(scores(adapters.Popular(), split), np.tile(rated, (3, 1)))
    liked = split.likes.sum(axis=0)
    np.testing.assert_array_equal(scores(adapters.Popular("liked"), split)[1], liked)


@pytest.mark.parametrize("center", [None, 2.0])
def test_damped_mean_by_hand(split, center):
    around = split.train.ratings.mean() if center is None else center
    stars = split.train.ratings[split.train.movies == 4]
    found = scores(adapters.DampedMean(7.0, center), split)
    np.testing.assert_allclose(found[:, 4], (stars.sum() + 7 * around) / (len(stars) + 7))


def test_neighbours(split):
    by_users, by_items = UserBased(split.likes, 4), ItemBased(split.likes, 5, shrinkage=2.0)
    np.testing.assert_array_equal(scores(adapters.UserNeighbors(4), split), by_users.scores(USERS))
    np.testing.assert_array_equal(
        scores(adapters.ItemNeighbors(5, 2.0), split), by_items.scores(USERS)
    )


def test_what_counts_as_a_one(split):
    rated = np.zeros_like(split.likes)
    rated[split.train.users, split.train.movies] = 1
    expected = rated[USERS] @ ease_weights(rated, 3.0)
    np.testing.assert_allclose(scores(adapters.Ease(3.0, "rated"), split), expected)
    expected = split.likes[USERS] @ ease_weights(split.likes, 3.0)
    np.testing.assert_allclose(scores(adapters.Ease(3.0), split), expected)


@pytest.mark.parametrize("scaling", [0.0, 1.0])
def test_weighted(split, scaling):
    settings = {"w0": 0.2, "l2": 0.5, "scaling": scaling, "num_sweeps": 3}
    model = WeightedFactorization(4, **settings).fit(observed(split), rng=np.random.default_rng(5))
    found = scores(adapters.Weighted(4, **settings), split)
    np.testing.assert_allclose(found, model.scores(USERS), atol=1e-8)


@pytest.mark.parametrize("scaling", [0.0, 1.0])
def test_somebody_new_gets_what_one_exact_half_step_gives_a_known_user(split, scaling):
    model = adapters.Weighted(4, w0=0.2, l2=0.5, scaling=scaling, num_sweeps=3)
    fitted = Recommender(model, seed=5).fit_split(split)
    U, V = fitted.arrays["U"].copy(), fitted.arrays["V"]
    als_half_step(observed(split).by_user, U, V, 0.2, 0.5, scaling)
    own = split.train.users == 3
    found = model.fold_in(fitted.arrays, split.train.movies[own], split.train.ratings[own])
    np.testing.assert_allclose(found, V @ U[3], atol=1e-10)


def test_pairwise_ranking(split):
    model = BPR(4, num_epochs=3, l2=0.02).fit(observed(split), rng=np.random.default_rng(5))
    found = scores(adapters.PairwiseRanking(4, num_epochs=3, l2=0.02), split)
    np.testing.assert_allclose(found, model.scores(USERS), rtol=1e-12)


def test_biases(split):
    model = ShrunkenBiases(split.train, 3.0)
    users, movies = np.repeat(USERS, len(split.movies)), np.tile(np.arange(len(split.movies)), 3)
    expected = model.predict(users, movies).reshape(3, -1)
    np.testing.assert_allclose(scores(adapters.Biases(3.0), split), expected)
    fitted = Recommender(adapters.Biases(3.0)).fit_split(split)
    cold = np.array([-1, 2, -1]), np.array([1, -1, -1])
    np.testing.assert_allclose(fitted.model.stars(fitted.arrays, *cold), model.predict(*cold))


def test_factorization_and_its_cold_sides(split):
    model = MatrixFactorization(4, biases=True, l2=0.05, num_epochs=4)
    size = {"num_users": len(split.users), "num_movies": len(split.movies)}
    model.fit(split.train, rng=np.random.default_rng(5), **size)
    own = adapters.Factorization(
        4, l2=0.05, num_epochs=4, init_scale=model.init_scale,
        learning_rate=model.learning_rate, decay=model.decay,
    )  # fmt: skip
    fitted = Recommender(own, seed=5).fit_split(split)
    users, movies = np.array([3, -1, 2, -1]), np.array([4, 4, -1, -1])
    np.testing.assert_allclose(
        own.stars(fitted.arrays, users, movies), model.predict(users, movies)
    )
    assert fitted.scores(USERS)[0, 4] == pytest.approx(model.predict(users[:1], movies[:1])[0])


def test_a_ridge_over_many_ratings_finds_the_stars_that_were_given():
    rng = np.random.default_rng(0)
    V, biases = rng.normal(size=(60, 3)), rng.normal(size=60)
    arrays = {"mean": np.array(3.0), "V": V, "movie_biases": biases}
    stars = 3.0 + 0.5 + biases + V @ [1.0, -2.0, 0.5]
    found = adapters.fold_in_stars(arrays, np.arange(40), stars[:40], l2=1e-9)
    np.testing.assert_allclose(found, stars, atol=1e-5)


def test_the_gram_that_is_handed_over_is_used():
    V = np.random.default_rng(0).normal(size=(9, 3))
    model = adapters.Weighted(3, w0=0.5)
    movies, stars = np.array([1, 2]), np.array([5.0, 4.0])
    own = model.vector(V, movies, stars)
    np.testing.assert_allclose(model.vector(V, movies, stars, V.T @ V), own)
    assert np.abs(model.vector(V, movies, stars, 2 * V.T @ V) - own).max() > 1e-3
