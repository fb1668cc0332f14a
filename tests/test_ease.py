import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array

from scratch.recommenders.ease import ease_weights


def random_likes(users=30, movies=8, seed=0):
    return (np.random.default_rng(seed).random((users, movies)) < 0.3).astype(float)


def test_every_column_is_the_ridge_regression_of_a_movie_on_all_others():
    likes = random_likes()
    B = ease_weights(likes, l2=2.5)
    for movie in range(8):
        others = np.delete(np.arange(8), movie)
        X = likes[:, others]
        w = np.linalg.solve(X.T @ X + 2.5 * np.eye(7), X.T @ likes[:, movie])
        np.testing.assert_allclose(B[others, movie], w, rtol=1e-10, atol=1e-12)
        assert B[movie, movie] == 0


def test_against_scikit_learn():
    from sklearn.linear_model import Ridge

    likes = random_likes(seed=3)
    B = ease_weights(likes, l2=0.7)
    others = np.delete(np.arange(8), 5)
    ridge = Ridge(alpha=0.7, fit_intercept=False).fit(likes[:, others], likes[:, 5])
    np.testing.assert_allclose(B[others, 5], ridge.coef_, rtol=1e-8)


def test_nothing_near_the_weights_costs_less():
    likes, rng = random_likes(), np.random.default_rng(1)

    def cost(B):
        return ((likes - likes @ B) ** 2).sum() + 2.0 * (B**2).sum()

    B = ease_weights(likes, l2=2.0)
    for _ in range(20):
        change = rng.normal(0, 0.01, B.shape)
        np.fill_diagonal(change, 0)
        assert cost(B + change) > cost(B)


def test_two_movies_by_hand():
    # Three like both, one the first alone: likesᵀ likes = [[4, 3], [3, 3]]. With l2 = 1 the first
    # explains the second by 3 / (4 + 1), the second the first by 3 / (3 + 1).
    likes = np.array([[1.0, 1], [1, 1], [1, 1], [1, 0]])
    np.testing.assert_allclose(ease_weights(likes, 1.0), [[0, 0.6], [0.75, 0]], atol=1e-15)


def test_a_movie_that_nobody_likes_has_no_weights():
    likes = random_likes()
    likes[:, 2] = 0
    B = ease_weights(likes, l2=1.0)
    assert (B[2] == 0).all() and (B[:, 2] == 0).all()


@pytest.mark.parametrize("kind", [csr_array, csc_array, coo_array])
def test_sparse_likes_give_the_same_to_the_last_bit(kind):
    likes = random_likes(200, 40, seed=2)
    found = ease_weights(kind(likes), l2=3.0)
    assert type(found) is np.ndarray and np.array_equal(found, ease_weights(likes, l2=3.0))
    with pytest.raises(ValueError, match=r"likes must hold zeros and ones only, got 2\.0"):
        ease_weights(kind(2 * likes), l2=3.0)


@pytest.mark.parametrize(
    ("l2", "words"),
    [
        (0, "a positive number, got 0"),
        (-1, "a positive number, got -1"),
        (1e-300, "at least 1e-09, got 1e-300"),
        (np.nan, "a finite number, got nan"),
        (np.inf, "a finite number, got inf"),
    ],
)
def test_an_l2_that_is_not_positive_raises(l2, words):
    with pytest.raises(ValueError, match=f"l2 must be {words}"):
        ease_weights(random_likes(), l2)


def test_the_smallest_l2_is_one_in_a_billion():
    likes = np.array([[1.0, 1], [1, 1], [1, 1], [1, 0]])
    np.testing.assert_allclose(ease_weights(likes, 1e-9), [[0, 3 / 4], [1, 0]], atol=1e-8)
    with pytest.raises(ValueError, match="l2 must be at least 1e-09"):
        ease_weights(likes, np.nextafter(1e-9, 0))


@pytest.mark.parametrize("kind", [np.int8, np.uint8, bool])
def test_likes_of_any_kind_of_number_do_not_overflow(kind):
    likes = np.ones((300, 2))
    likes[:100, 1] = 0
    assert np.array_equal(ease_weights(likes.astype(kind), 5.0), ease_weights(likes, 5.0))


@pytest.mark.parametrize("bad", [np.nan, 2.0, -1.0])
def test_likes_other_than_0_and_1_are_refused_with_their_place(bad):
    likes = random_likes()
    likes[3, 4] = bad
    with pytest.raises(ValueError, match=rf"likes\[3, 4\] is {bad}"):
        ease_weights(likes, 1.0)


def test_more_movies_than_there_is_room_for_are_refused():
    with pytest.raises(ValueError, match="the number of movies in likes asks for 40,000 × 40,000"):
        ease_weights(np.zeros((1, 40_000)), 1.0)
