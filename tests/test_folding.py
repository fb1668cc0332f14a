import numpy as np
import pytest

from scratch.machinery.sparse import Observed
from scratch.recommenders.folding import fold_in, ridge
from scratch.recommenders.weighted import als_half_step


def case(users=7, movies=9, k=3, seed=0):
    rng = np.random.default_rng(seed)
    matrix = (rng.random((users, movies)) < 0.4).astype(float)
    matrix[:, 0] = 1
    return matrix, rng.normal(size=(users, k)), rng.normal(size=(movies, k))


@pytest.mark.parametrize(("w0", "l2"), [(0.05, 0.7), (0.5, 0.5), (1.5, 0.0), (0.0, 1.0)])
def test_a_known_user_gets_exactly_one_half_step(w0, l2):
    matrix, U, V = case()
    als_half_step(Observed.from_matrix(matrix).by_user, U, V, w0, l2)
    for user, row in enumerate(matrix):
        np.testing.assert_allclose(fold_in(V, np.flatnonzero(row), w0, l2), U[user], rtol=1e-10)


def test_a_known_movie_too():
    matrix, U, V = case()
    als_half_step(Observed.from_matrix(matrix).by_movie, V, U, 0.05, 0.7)
    found = fold_in(U, np.flatnonzero(matrix[:, 4]), 0.05, 0.7)
    np.testing.assert_allclose(found, V[4], rtol=1e-10)


def test_someone_who_chose_nothing_is_at_0():
    _, _, V = case()
    assert fold_in(V, np.array([], int), 0.1, 0.5).tolist() == [0, 0, 0]


def test_with_the_gram_at_hand_it_is_not_computed_again():
    _, _, V = case()
    chosen = np.array([1, 4, 6])
    given = fold_in(V, chosen, 0.05, 0.7, gram=V.T @ V)
    np.testing.assert_allclose(given, fold_in(V, chosen, 0.05, 0.7), rtol=1e-12)
    # It is the one that counts, even where it is another: nobody looks at the other rows of V.
    other = fold_in(V, chosen, 0.05, 0.7, gram=2 * V.T @ V)
    half = fold_in(np.vstack([V, V]), chosen, 0.05, 0.7)
    np.testing.assert_allclose(other, half, rtol=1e-12)


def test_a_gram_of_another_shape_raises():
    with pytest.raises(ValueError, match=r"of shape \(3, 3\) for this V, got \(9, 9\)"):
        fold_in(np.ones((9, 3)), np.array([0]), 0.1, 0.7, gram=np.ones((9, 9)))


def test_ridge_against_scikit_learn():
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(12, 4)), rng.normal(size=12)
    theirs = Ridge(alpha=0.3, fit_intercept=False).fit(X, y)
    np.testing.assert_allclose(ridge(X, y, 0.3), theirs.coef_, rtol=1e-8)


def test_ridge_of_no_rows_is_0():
    assert ridge(np.empty((0, 3)), np.empty(0), 0.1).tolist() == [0, 0, 0]


@pytest.mark.parametrize("l2", [0, -1, np.nan, np.inf])
def test_ridge_without_a_pull_raises(l2):
    with pytest.raises(ValueError, match=r"l2 must be (above 0|a finite number)"):
        ridge(np.eye(2), np.ones(2), l2)


@pytest.mark.parametrize(
    ("w0", "l2", "message"),
    [
        (-0.1, 1, "w0 must be at least 0"),
        (0.1, -1, "l2 must be at least 0"),
        (0, 0, "w0 and l2 must not be negative, nor both 0"),
        (np.nan, 1, "w0 must be a finite number"),
        (np.inf, 1, "w0 must be a finite number"),
        (0.1, np.inf, "l2 must be a finite number"),
    ],
)
def test_weights_that_make_no_sense_raise(w0, l2, message):
    with pytest.raises(ValueError, match=message):
        fold_in(np.eye(2), np.array([0]), w0, l2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("chosen", [0, 1])
def test_a_number_that_is_not_finite_makes_no_vector(bad, chosen):
    V = np.ones((3, 2))
    V[0, 1] = bad  # in the row that is chosen, or among the others
    with pytest.raises(ValueError, match=r"^the vector can't be computed, .* in V, gram, w0 or l2"):
        fold_in(V, [chosen], 0.1, 0.5)
    with pytest.raises(ValueError, match=r"X\[0, 1\] is|the vector can't be computed"):
        ridge(V, np.ones(3), 0.5)


@pytest.mark.parametrize(
    "V",
    [
        [[1e200]],  # its square is infinity, by which the vector would be 0
        [[1e200, 1e200], [1e200, -1e200]],  # infinity less infinity
        [[1.2e154, 1.2e154]],  # only the sum of the squares is infinity
    ],
)
@np.errstate(over="raise", invalid="raise")
def test_numbers_too_large_to_be_squared_are_refused_without_a_warning(V):
    chosen = np.arange(len(V))
    for w0 in (0.0, 1.0):
        with pytest.raises(ValueError, match=r"^the vector can't be .* in V, gram, w0 or l2"):
            fold_in(V, chosen, w0, 0.5)
    with pytest.raises(ValueError, match=r"^the vector can't be computed, .* in X, y or l2"):
        ridge(V, np.full(len(V), 1e200), 0.5)


@np.errstate(invalid="raise")
def test_infinity_times_0_is_refused_without_a_warning():
    with pytest.raises(ValueError, match=r"^the vector can't be .* in V, gram, w0 or l2"):
        fold_in([[np.inf, 0.0]], [0], 0.5, 0.5)


def test_a_vector_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match=r"^the vector can't be computed, inf .* in X, y or l2"):
        ridge([[1e-150]], [1e300], 1e-320)


def test_a_weight_that_rounding_hides_is_said():
    with pytest.raises(ValueError, match="many fit as well: among V, gram, w0 or l2 is a weight"):
        fold_in(np.full((3, 2), 1e5), [0], 0.0, 1e-300)
    with pytest.raises(ValueError, match="many fit as well: among X, y or l2 is a weight"):
        ridge(np.full((3, 2), 1e5), np.ones(3), 1e-300)


@pytest.mark.parametrize("l2", [1e-10, 1e-13, 1e-15, 1e-17, 1e-18])
def test_a_weight_so_small_that_no_digit_is_right_is_said(l2):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(2, 5)), rng.normal(size=2)
        if l2 > 1e-12:
            np.testing.assert_allclose(ridge(X, y, l2), np.linalg.pinv(X) @ y, rtol=1e-3, atol=1e-3)
            continue
        with pytest.raises(ValueError, match="many fit as well: among X, y or l2 is a weight"):
            ridge(X, y, l2)


def test_columns_of_any_scale_are_solved():
    X, y = np.random.default_rng(0).normal(size=(9, 3)), np.arange(9.0)
    scales = [1.0, 1e9, 1e-9]
    w = ridge(X * scales, y, 1e-30)
    np.testing.assert_allclose(w * scales, np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-9)


def test_a_row_that_is_not_there_is_named():
    for wrong in (-1, 3):
        with pytest.raises(IndexError, match=f"^chosen index {wrong} is out of range: V has 3"):
            fold_in(np.ones((3, 2)), [0, wrong], 0.1, 0.5)
    with pytest.raises(ValueError, match="X and y must have as many rows, got 3 and 2"):
        ridge(np.ones((3, 2)), np.ones(2), 0.5)


def test_lists_and_whole_numbers_of_few_bits_will_do():
    V = np.array([[100, 1], [2, 100], [3, 4]])
    wanted = fold_in(V.astype(float), np.array([0, 1]), 1, 2)
    for form in (V.astype(np.int8), V.tolist()):
        assert fold_in(form, [0, 1], np.int8(1), np.int8(2)).tolist() == wanted.tolist()
        y = np.array([100, 100, 100], np.int8)
        assert ridge(form, y, np.int8(1)).tolist() == ridge(V.astype(float), y.tolist(), 1).tolist()
