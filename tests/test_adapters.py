"""Each adapter answers as the class that its notebook builds, fitted to the same split."""

import dataclasses
from dataclasses import FrozenInstanceError, asdict

import numpy as np
import pytest
from make_splits import part, table_of

from scratch.evaluation import split_ratings
from scratch.factorization import MatrixFactorization
from scratch.machinery.sparse import Observed
from scratch.ratings import Ratings
from scratch.recommenders import adapters
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.recommenders.bpr import BPR
from scratch.recommenders.ease import ease_weights
from scratch.recommenders.fitted import Recommender
from scratch.recommenders.folding import fold_in
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


@pytest.mark.parametrize("center", [None, 2.0, 2])
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
    assert own.tolist() == fold_in(V, movies, 0.5, 4.0).tolist()  # four stars are a like
    np.testing.assert_allclose(model.vector(V, movies, stars, V.T @ V), own)
    assert np.abs(model.vector(V, movies, stars, 2 * V.T @ V) - own).max() > 1e-3


# Somebody new, and a new movie


def random_likes(seed, users=40, movies=30):
    """Likes of which many tie, one user who likes nothing and one movie that nobody likes."""
    likes = (np.random.default_rng(seed).random((users, movies)) < 0.1).astype(float)
    likes[0], likes[:, 0] = 0, 0
    return likes


def learned_from(model, likes):
    users, movies = np.nonzero(likes)
    train = Ratings(users, movies, np.full(len(users), 4.0))
    return model.learn(train, *likes.shape, np.random.default_rng(0))


@pytest.mark.parametrize("num_neighbors", [1, 5, 100])
@pytest.mark.parametrize("seed", range(4))
def test_somebody_new_gets_the_scores_of_a_user_who_was_there_from_the_start(num_neighbors, seed):
    likes = random_likes(seed)
    new = np.arange(30) % (seed + 3) == 1
    stars = np.where(new, 4.0, 3.0)  # to all movies: those not liked count for nothing
    for model, kind in (
        (adapters.UserNeighbors(num_neighbors), UserBased(np.vstack([likes, new]), num_neighbors)),
        (adapters.ItemNeighbors(num_neighbors), ItemBased(likes, num_neighbors)),
    ):
        found = model.fold_in(learned_from(model, likes), np.arange(30), stars)
        if isinstance(kind, UserBased):
            expected = kind.scores(np.array([40]))[0]
        else:
            expected = np.where(new, 1.0, 0.0) @ kind.similarities.T
        expected[expected < 1e-9] = -np.inf
        np.testing.assert_allclose(found, expected, atol=2e-9)


def test_neighbours_of_somebody_new_by_hand():
    # Users who like 0; 0 and 1; 1 and 2; nothing. The new one likes 0: cosines 1, √½, 0, 0.
    likes = np.array([[1.0, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 0]])
    of_two = [1 + 0.5**0.5, 0.5**0.5, -np.inf]
    for num_neighbors, expected in ((1, [1, -np.inf, -np.inf]), (2, of_two), (9, of_two)):
        model = adapters.UserNeighbors(num_neighbors)
        found = model.fold_in(learned_from(model, likes), [0, 2], [4.0, 3.9])
        np.testing.assert_allclose(found, expected, atol=1e-9)
        found = model.fold_in(learned_from(model, likes), [], [])
        assert (found == -np.inf).all()


@pytest.mark.parametrize("shrinkage", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("num_neighbors", [1, 4, 100])
@pytest.mark.parametrize("seed", range(3))
def test_a_new_movie_gets_the_scores_of_one_that_was_there_from_the_start(
    shrinkage, num_neighbors, seed
):
    likes = random_likes(seed)
    fans = np.arange(40) % 7 == seed
    whole = ItemBased(np.column_stack([likes, fans]), num_neighbors, shrinkage)
    expected = whole.likes @ whole.similarities.toarray()[30]
    model = adapters.ItemNeighbors(num_neighbors, shrinkage)
    found = model.fold_in_movie(learned_from(model, likes), np.flatnonzero(fans))
    expected[expected < 1e-9] = -np.inf
    np.testing.assert_allclose(found, expected, atol=2e-9)


def test_a_movie_with_one_fan_is_like_what_that_one_likes():
    model = adapters.ItemNeighbors()
    learned = learned_from(model, np.array([[1.0, 0], [0, 1], [0, 1]]))
    found = model.fold_in_movie(learned, [0])
    assert found.tolist() == [1.0, -np.inf, -np.inf]
    assert (model.fold_in_movie(learned, []) == -np.inf).all()


def test_the_bias_of_somebody_new_by_hand():
    learned = {"mean": np.array(3.0), "movie_biases": np.array([0.5, -0.5, 0.25, 0.0])}
    learned["user_biases"] = np.zeros(2)
    # 5 − 3.5 and 4 − 2.5 are left over: 3 stars, over two ratings and two ghosts.
    found = adapters.Biases(2.0).fold_in(learned, [0, 1], [5.0, 4.0])
    np.testing.assert_allclose(found, [4.25, 3.25, 4.0], rtol=1e-14)
    found = adapters.Biases(0.0).fold_in(learned, [0], [5.0])
    np.testing.assert_allclose(found, [5.0, 4.0, 4.75], rtol=1e-14)
    for shrinkage in (0.0, 2.0):
        assert adapters.Biases(shrinkage).fold_in(learned, [], []).tolist() == [3.5, 2.5, 3.25]


@pytest.mark.parametrize("num_ratings", [0, 1, 3])
def test_somebody_new_is_pulled_once_by_each_rating(num_ratings):
    rng = np.random.default_rng(1)
    V, biases, stars = rng.normal(size=(5, 2)), rng.normal(size=5), np.array([5.0, 1, 4])
    movies = np.array([3, 0, 1])[:num_ratings]
    # A ridge regression is least squares with further rows: √l2 · I, whose targets are 0.
    rows = np.column_stack([np.ones(num_ratings), V[movies]])
    rows = np.vstack([rows, (0.3 * num_ratings) ** 0.5 * np.eye(3)])
    left = stars[:num_ratings] - 2.5 - biases[movies]
    bias, *vector = np.linalg.lstsq(rows, np.append(left, np.zeros(3)))[0]
    learned = {"mean": np.array(2.5), "V": V, "movie_biases": biases, "user_biases": np.zeros(1)}
    for found in (
        adapters.fold_in_stars(learned, movies, stars[:num_ratings], 0.3),
        adapters.Factorization(2, l2=0.3).fold_in(learned, movies, stars[:num_ratings]),
    ):
        np.testing.assert_allclose(found, 2.5 + biases + bias + V @ vector, rtol=1e-12)


def test_means_without_ghosts_and_with_half_a_one():
    train = part((0, 0, 5), (0, 1, 4), (1, 1, 2))
    for damping, center, expected in [
        (0.0, None, [5, 3, 11 / 3]),
        (0.0, 2.5, [5, 3, 2.5]),
        (0.5, 2.0, [6 / 1.5, 7 / 2.5, 2]),
    ]:
        learned = adapters.DampedMean(damping, center).learn(train, 2, 3, np.random.default_rng(0))
        np.testing.assert_allclose(learned["means"], expected, rtol=1e-14)


# The settings

CHOSEN = {  # where nothing else is said; and the notebook that they are from
    adapters.Popular: {"ones": "rated"},  # 12
    adapters.DampedMean: {"damping": 30_000, "center": None},  # 01
    adapters.UserNeighbors: {"num_neighbors": 50, "ones": "liked"},  # 12
    adapters.ItemNeighbors: {"num_neighbors": 200, "shrinkage": 0, "ones": "liked"},  # 12
    adapters.Ease: {"l2": 300, "ones": "liked"},  # between the 200 and the 400 of 13
    adapters.Weighted: {
        "k": 30, "w0": 0.1, "l2": 4, "scaling": 0, "num_sweeps": 8, "ones": "liked",
    },  # 09
    adapters.PairwiseRanking: {
        "k": 32, "learning_rate": 0.05, "l2": 0.01, "num_epochs": 30, "popularity": 0,
        "ones": "liked",
    },  # 13, the class itself
    adapters.Biases: {"shrinkage": 3},  # 04
    adapters.Factorization: {
        "k": 20, "l2": 0.07, "init_scale": 0.01, "num_epochs": 40, "learning_rate": 0.045,
        "decay": 0.9,
    },  # 05
}  # fmt: skip


@pytest.mark.parametrize("kind", CHOSEN)
def test_settings_are_those_that_the_lessons_have_chosen_and_stay_so(kind):
    model = kind()
    assert asdict(model) == CHOSEN[kind]
    with pytest.raises(FrozenInstanceError):
        setattr(model, next(iter(CHOSEN[kind])), 1)


# What does not fit


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: adapters.Popular("foo"), ValueError, "ones must be 'liked' or 'rated', got 'foo'"),
        (lambda: adapters.DampedMean(-1), ValueError, "damping must be at least 0"),
        (lambda: adapters.DampedMean(center="x"), TypeError, "center must be a number"),
        (lambda: adapters.UserNeighbors(0), ValueError, "num_neighbors must be at least 1"),
        (lambda: adapters.ItemNeighbors(5, -1), ValueError, "shrinkage must be at least 0"),
        (lambda: adapters.Ease(0), ValueError, "l2 must be at least 1e-09"),
        (lambda: adapters.Weighted(2.5), TypeError, "k must be a whole number"),
        (lambda: adapters.Weighted(w0=np.inf), ValueError, "w0 must be a finite number"),
        (lambda: adapters.Weighted(ones=None), ValueError, "ones must be 'liked' or 'rated'"),
        (lambda: adapters.PairwiseRanking(learning_rate=0), ValueError, "learning_rate must be"),
        (lambda: adapters.PairwiseRanking(popularity=-1), ValueError, "popularity must be"),
        (lambda: adapters.Biases(True), TypeError, "shrinkage must be a number, got True"),
        (lambda: adapters.Factorization(num_epochs=0), ValueError, "num_epochs must be at least 1"),
        (lambda: adapters.Factorization(decay=0.0), ValueError, "decay must be above 0"),
        (lambda: adapters.Factorization(decay=2.0), ValueError, "decay must be .*at most 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused_at_once(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()


ALL = {
    "Popular": adapters.Popular(), "DampedMean": adapters.DampedMean(),
    "UserNeighbors": adapters.UserNeighbors(4), "ItemNeighbors": adapters.ItemNeighbors(4),
    "Ease": adapters.Ease(3.0), "Weighted": adapters.Weighted(3, num_sweeps=1),
    "PairwiseRanking": adapters.PairwiseRanking(3, num_epochs=1), "Biases": adapters.Biases(),
    "Factorization": adapters.Factorization(3, num_epochs=1),
}  # fmt: skip


@pytest.fixture(scope="module")
def arrays(split):
    return {name: dict(Recommender(model).fit_split(split).arrays) for name, model in ALL.items()}


@pytest.mark.parametrize("name", ALL)
def test_arrays_that_are_missing_or_do_not_fit_are_named(name, arrays):
    model, learned = ALL[name], arrays[name]
    for key in set(learned) - {"likes_width", "similarities_width", "mean"}:
        without = {other: array for other, array in learned.items() if other != key}
        with pytest.raises(ValueError, match=f"learn has returned: they have no {key}"):
            model.scores(without, np.array([0]))
        if hasattr(model, "fold_in"):
            try:
                model.fold_in(without, [0], [5.0])
            except ValueError as error:  # unless it asks for no such array
                assert str(error).endswith(f"they have no {key}")
        for wrong in (learned[key][None], learned[key][:0]):
            try:
                model.scores(learned | {key: wrong}, np.array([0]))
            except (IndexError, TypeError, ValueError) as error:
                assert str(error) and type(error).__module__ == "builtins"
    with pytest.raises(TypeError, match="arrays must be a dictionary"):
        model.scores([1], np.array([0]))


@pytest.mark.parametrize("name", sorted(set(ALL) - {"Popular", "DampedMean"}))
@pytest.mark.parametrize("user", [-1, 30])
def test_a_user_who_is_not_there_is_named(name, user, arrays):
    with pytest.raises(IndexError, match=rf"^users?\b.* {user}"):
        ALL[name].scores(arrays[name], np.array([0, user]))
    if hasattr(ALL[name], "fold_in_movie"):
        with pytest.raises(IndexError, match=rf"^users?\b.* {user}"):
            ALL[name].fold_in_movie(arrays[name], np.array([0, user]))


@pytest.mark.parametrize("name", sorted(set(ALL) - {"PairwiseRanking"}))
def test_movies_that_are_not_there_and_stars_that_are_none_are_named(name, arrays):
    model, learned = ALL[name], arrays[name]
    for movies, stars, error, message in [
        ([0, -1], [5.0, 4.0], IndexError, r"^movies?\b.* -1"),
        ([0, 99], [5.0, 4.0], IndexError, r"^movies?\b.* 99"),
        ([0, 1], [5.0], ValueError, "movies|stars"),
        ([0, 1], [5.0, np.nan], ValueError, r"stars\[1\] is nan"),
        ([0.5], [5.0], TypeError, "movies must be an array of whole numbers"),
    ]:
        with pytest.raises(error, match=message):
            model.fold_in(learned, movies, stars)


@pytest.mark.parametrize("name", ALL)
def test_more_than_can_be_learned_from_is_refused(name, split):
    model, rng = ALL[name], np.random.default_rng(0)
    for sizes, error, message in [
        ((2**33, 25), ValueError, "^num_users must be at least 1 and at most"),
        ((30, 2 * 10**9), ValueError, "^num_movies asks for 2,000,000,000 numbers"),
        ((3, 25), IndexError, "user index .* is out of range: the model has 3"),
        ((30, 3), IndexError, "movie index .* is out of range: the model has 3"),
        ((30.0, 25), TypeError, "num_users must be a whole number, got 30.0: write 30"),
    ]:
        with pytest.raises(error, match=message):
            model.learn(split.train, *sizes, rng)
    nothing = Ratings(*[np.array([], int)] * 3)
    with pytest.raises(ValueError, match="the training set is empty"):
        model.learn(nothing, 30, 25, rng)


@pytest.mark.parametrize(
    ("kind", "room", "sizes", "words"),
    [
        ("UserNeighbors", "UserBased", (10**6, 2), "num_users asks for 1,000,001 × 1,000,001 num"),
        ("ItemNeighbors", "ItemBased", (2, 10**6), "num_movies asks for 1,000,001 × 1,000,001 num"),
    ],
)
def test_a_million_are_the_most_that_are_compared(kind, room, sizes, words, monkeypatch):
    class Reached(Exception):
        pass

    def reached(*_):
        raise Reached

    monkeypatch.setattr(adapters, room, reached)
    train, model = part((0, 0, 5)), ALL[kind]
    with pytest.raises(Reached):
        model.learn(train, *sizes, np.random.default_rng(0))
    more = [size + (size == 10**6) for size in sizes]
    with pytest.raises(ValueError, match=f"^{words}"):
        model.learn(train, *more, np.random.default_rng(0))


def test_stars_too_large_to_be_added_are_refused():
    learned = {"mean": np.array(0.0), "movie_biases": np.array([0.0, 1.7e308, 0.0])}
    with pytest.raises(ValueError, match=r"^the result of fold_in .* the numbers in stars are too"):
        adapters.Biases(0.0).fold_in(learned, [0], [1e308])
    learned = {"mean": np.array(0.0), "V": np.array([[1.0], [1e10]]), "movie_biases": np.zeros(2)}
    with pytest.raises(ValueError, match=r"^the result of fold_in_.* the numbers in stars are too"):
        adapters.fold_in_stars(learned, [0], [1e305], 0.1)


@pytest.mark.parametrize(("damping", "center"), [(1e308, 1e5), (0.0, None)])
@np.errstate(over="raise", invalid="raise")  # and no warning comes before
def test_means_too_large_to_be_numbers_are_refused(damping, center):
    train = part((0, 0, 1e308), (1, 0, 1e308))
    with pytest.raises(ValueError, match=r"^a mean can't be computed, .* damping or center"):
        adapters.DampedMean(damping, center).learn(train, 2, 3, np.random.default_rng(0))


def test_movies_and_users_without_ratings_are_no_harm(split):
    for name, model in ALL.items():
        learned = model.learn(split.train, 40, 33, np.random.default_rng(0))
        scores = model.scores(learned, np.array([3, 39]))
        assert scores.shape == (2, 33) and not np.isnan(scores).any(), name
    means = adapters.DampedMean(0.0, 3.5).learn(split.train, 40, 33, np.random.default_rng(0))
    assert (means["means"][25:] == 3.5).all()


def test_a_movie_without_a_vector_is_named():
    with pytest.raises(IndexError, match=r"^movie index 9 is out of range: V has 9"):
        adapters.Weighted(2).vector(np.ones((9, 2)), [0, 9], [5.0, 1.0])


def test_a_pull_that_is_no_number_is_said():
    V = np.ones((9, 2))
    model = adapters.Weighted(2, scaling=1e6)
    with pytest.raises(ValueError, match=r"scaling = 1e\+06 is too large: 1.9 to this power"):
        model.vector(V, [1], [5.0])
    with pytest.raises(ValueError, match=r"scaling = -1e\+06 is too large: 0.9 to this power"):
        adapters.Weighted(2, scaling=-1e6).vector(V, [], [])
    # As in training, l2 itself pulls whoever has no part in the loss.
    alone = adapters.Weighted(2, w0=0.0, l2=3.0, scaling=1.0)
    assert alone.vector(V, [], []).tolist() == [0, 0]


def test_neighbours_whose_tables_do_not_fit_are_refused(arrays):
    learned = arrays["UserNeighbors"] | {
        key: array for key, array in arrays["ItemNeighbors"].items() if key.startswith("simil")
    }
    with pytest.raises(ValueError, match=r"similarities of shape \(25, 25\) and likes of"):
        ALL["UserNeighbors"].scores(learned, np.array([0]))
    for key, wrong, error, message in [
        ("likes_columns", -1, IndexError, "^likes_columns index -1 is .* likes_width has 25"),
        ("likes_starts", 10**6, ValueError, "the starts of rows must go up"),
        ("likes", np.nan, ValueError, r"confidence\[1\] is nan"),
    ]:
        changed = arrays["UserNeighbors"][key].copy()
        changed[1] = wrong
        with pytest.raises(error, match=message):
            ALL["UserNeighbors"].scores(arrays["UserNeighbors"] | {key: changed}, np.array([0]))


def test_what_ease_keeps_grows_with_the_likes_and_not_with_users_times_movies():
    rng = np.random.default_rng(0)
    users, movies = rng.choice(100_000, 200), rng.integers(0, 30, 200)
    train = Ratings(users, movies, np.full(200, 5.0))
    learned = adapters.Ease(l2=3.0).learn(train, 100_000, 30, rng)
    assert sum(array.nbytes for array in learned.values()) < 1e6
    full = np.zeros((100_000, 30))
    full[users, movies] = 1
    expected = full[users[:9]] @ ease_weights(full, 3.0)
    np.testing.assert_array_equal(adapters.Ease(l2=3.0).scores(learned, users[:9]), expected)


def test_weights_of_other_movies_are_refused(arrays):
    learned = arrays["Ease"] | {"weights": np.zeros((7, 7))}
    with pytest.raises(ValueError, match=r"weights has shape \(7, 7\), .* likes: m is 25"):
        ALL["Ease"].scores(learned, np.array([0]))
    for user in (-1, 10**6):
        with pytest.raises(IndexError, match=f"^user index {user} is out of range"):
            ALL["Ease"].scores(arrays["Ease"], np.array([0, user]))


@pytest.mark.parametrize("kind", ["f2", "g", ">f8", ">i4", "u1"])
@pytest.mark.parametrize("name", ["DampedMean", "Biases", "Factorization"])
def test_stars_of_any_kind_of_numbers_are_learned_from(name, kind):
    """In 16 bits, 30,000 ratings would add up to infinity."""
    rng = np.random.default_rng(0)
    users, movies = rng.integers(0, 50, 30_000), rng.integers(0, 40, 30_000)
    stars = rng.integers(1, 6, 30_000).astype(float)
    train = Ratings(users, movies, stars)
    usual = ALL[name].learn(train, 50, 40, np.random.default_rng(0))
    train = Ratings(users.astype(">i4"), movies, stars.astype(kind))
    found = ALL[name].learn(train, 50, 40, np.random.default_rng(0))
    assert all(np.array_equal(usual[part], found[part]) for part in usual)


def test_a_factorization_without_l2_says_why_it_cannot_answer_somebody_new(split):
    model = dataclasses.replace(ALL["Factorization"], l2=0.0)
    arrays = model.learn(split.train, len(split.users), len(split.movies), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"^l2 is 0 in this model, .*: fit one with an l2 above 0"):
        model.fold_in(arrays, [0], [5.0])


@pytest.mark.parametrize("name", ["UserNeighbors", "ItemNeighbors", "Ease"])
def test_a_pair_that_is_there_twice_is_named_as_such(name):
    train = Ratings([0, 0, 1], [0, 0, 1], [5.0, 5.0, 5.0])
    with pytest.raises(ValueError, match=r"^a user in train has rated a movie more than once"):
        ALL[name].learn(train, 2, 2, np.random.default_rng(0))
