import contextlib
import threading

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from run_threads import with_one_thread_and_two
from test_weighted import Case, cases, digest

from scratch.machinery.compiled import numba_is_available, relaxed
from scratch.machinery.sparse import Observed
from scratch.recommenders.conjugate_gradient import cg_rows, in_parts, move_down, turn_axes
from scratch.recommenders.weighted import (
    WeightedFactorization,
    als_half_step,
    cg_half_step,
    drawn_vectors,
    pulls,
    sparse_loss,
)

needs_numba = pytest.mark.skipif(not numba_is_available(), reason="numba is not installed")
ROWS = Observed.from_pairs([0, 1, 2], [0, 1, 2], num_users=3, num_movies=3).by_user
held = st.sampled_from([(0.005, 0.1), (1.0, 0.1), (0.5, 0.5), (0.0, 0.1)])


@given(case=cases)
def test_turned_axes_change_no_product_and_no_length(case):
    U, V = case.U.copy(), case.V.copy()
    diagonal = turn_axes(U, V)
    np.testing.assert_allclose(U @ V.T, case.U @ case.V.T, atol=1e-9)
    np.testing.assert_allclose((U**2).sum(axis=1), (case.U**2).sum(axis=1))
    np.testing.assert_allclose((V**2).sum(axis=1), (case.V**2).sum(axis=1))
    np.testing.assert_allclose(V.T @ V, np.diag(diagonal), atol=1e-5 * diagonal.max())


@pytest.mark.slow
def test_thousands_of_rows_are_turned_part_by_part_as_if_at_once():
    rng = np.random.default_rng(0)
    U, V = rng.normal(size=(5000, 3)), rng.normal(size=(4097, 3))
    products = U @ V.T
    diagonal = turn_axes(U, V)
    np.testing.assert_allclose(V.T @ V, np.diag(diagonal), atol=1e-8)
    np.testing.assert_allclose(U @ V.T, products, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vectors_drawn_part_by_part_are_those_drawn_at_once(dtype):
    drawn = drawn_vectors(np.random.default_rng(7), (5000, 3), 0.1, dtype)
    at_once = np.random.default_rng(7).normal(0.0, 0.1, (5000, 3))
    assert drawn.dtype == dtype and np.array_equal(drawn, at_once.astype(dtype))


def test_one_user_and_one_movie_by_hand():
    # k = 1: one step solves it. A = w0 v² + (1 − w0) v² + l2 = 4 + 1, b = 2.
    case = Case(1, 1, 1, 1.0)
    U, V = np.array([[7.0]]), np.array([[2.0]])
    cg_half_step(case.observed.by_user, U, V, 0.5, 1.0, num_steps=1)
    assert abs(U[0, 0]) == pytest.approx(2 / 5)
    assert U[0, 0] * V[0, 0] == pytest.approx(4 / 5)


def best_after(A, b, D, start, num_steps):
    """The least of ½ u·Au − b·u among all that so many steps can reach, start + their ways."""
    ways = [(b - A @ start) / D]
    while len(ways) < num_steps:
        ways.append(A @ ways[-1] / D)
    ways = np.linalg.qr(np.array(ways).T)[0]
    return start + ways @ np.linalg.solve(ways.T @ A @ ways, ways.T @ (b - A @ start))


@pytest.mark.parametrize("num_steps", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True], ids=["c = 1", "confidence"])
@pytest.mark.parametrize("size", [1.0, 0.003])
def test_each_row_ends_at_the_best_that_so_many_steps_can_reach(num_steps, weighted, size):
    case, w0 = Case(8, 7, 5, 0.5, weighted), 0.3
    case.V *= size
    pull = np.linspace(0.5, 2.0, 8) * size**2
    everywhere = w0 * turn_axes(case.U, case.V)
    c = case.matrix if case.confidence is None else case.confidence
    expected = []
    for seen, of_cells, l2, start in zip(case.matrix == 1, c, pull, case.U, strict=True):
        V, D = case.V[seen], everywhere + l2
        A = np.diag(D) + V.T * (of_cells[seen] - w0) @ V
        expected.append(best_after(A, of_cells[seen] @ V, D, start, num_steps))
    rows = case.observed.by_user
    arguments = rows.shares(3), *rows[:3], case.U, case.V, everywhere, w0, pull, num_steps
    lists = [part.tolist() if isinstance(part, np.ndarray) else part for part in arguments]
    cg_rows(*arguments)
    np.testing.assert_allclose(case.U, expected, rtol=1e-7, atol=1e-9)
    cg_rows(*lists)
    np.testing.assert_allclose(lists[4], case.U, rtol=1e-12, atol=1e-14)


def test_what_is_moved_must_be_floats_that_can_be_changed():
    U, one = np.ones((1, 1)), np.ones(1)
    U.flags.writeable = False
    places = np.array([0, 1]), np.array([0, 1]), np.array([0]), one
    with pytest.raises(ValueError, match=r"^U is changed in place, and this array is read-only"):
        cg_rows(*places, U, np.ones((1, 1)), one, 0.5, one, 1)


def test_a_row_where_nothing_is_left_to_do_stays_as_it_is():
    case = Case(4, 5, 3, 0.05, seed=1)
    without = np.diff(case.observed.by_user.starts) == 0
    case.U[without] = 0
    cg_half_step(case.observed.by_user, case.U, case.V, 0.5, 0.1, num_steps=3)
    assert not case.U[without].any() and np.isfinite(case.U).all()


def test_where_there_is_no_extent_a_tiny_number_stands_for_it():
    # VᵀV has the eigenvalues 9 + 16 and 0.
    diagonal = turn_axes(np.ones((1, 2)), np.array([[3.0, 4.0]]))
    np.testing.assert_allclose(sorted(diagonal), [25e-7, 25], rtol=1e-12)


def test_parts_are_views_of_so_many_rows_each():
    vectors = np.arange(2 * 4097.0).reshape(4097, 2)
    vectors[0] = np.nan  # nobody computes with them
    assert [len(part) for part in in_parts(vectors)] == [2048, 2048, 1]
    parts = in_parts(vectors, 3000)
    assert [len(part) for part in parts] == [3000, 1097]
    assert np.array_equal(np.concatenate(parts), vectors, equal_nan=True)
    assert all(np.shares_memory(part, vectors) for part in parts)


@settings(deadline=None)
@given(case=cases, weights=held)
def test_with_k_steps_it_is_the_exact_half_step(case, weights):
    for rows, moved, other in case.half_steps():
        exact, U, V = moved.copy(), moved.copy(), other.copy()
        als_half_step(rows, exact, other, *weights, 0.7)
        # Rounding can cost a step: a few more than k, as in every book on the method.
        cg_half_step(rows, U, V, *weights, 0.7, num_steps=U.shape[1] + 3)
        np.testing.assert_allclose(U @ V.T, exact @ other.T, atol=1e-5)


@settings(deadline=None)
@given(case=cases, weights=held, num_steps=st.integers(1, 4))
def test_the_loss_never_grows_and_more_steps_go_further(case, weights, num_steps):
    losses = []
    for steps in (0, num_steps, num_steps + 1):
        U, V = case.U.copy(), case.V.copy()
        if steps:
            cg_half_step(case.observed.by_user, U, V, *weights, num_steps=steps)
        losses.append(sparse_loss(case.observed, U, V, *weights))
    slack = 1e-9 * losses[0]
    assert losses[0] + slack >= losses[1] and losses[1] + slack >= losses[2]


@pytest.mark.parametrize("w0", [0.005, 0.5])
def test_fewer_movies_than_numbers_and_no_pull_do_no_harm(w0):
    case = Case(6, 3, 8, 0.5)
    before = case.dense_loss(w0, 0.0)
    cg_half_step(case.observed.by_user, case.U, case.V, w0, num_steps=8)
    assert np.isfinite(case.U).all()
    exact = Case(6, 3, 8, 0.5)
    als_half_step(exact.observed.by_user, exact.U, exact.V, w0)
    assert case.dense_loss(w0, 0.0) < before
    assert case.dense_loss(w0, 0.0) == pytest.approx(exact.dense_loss(w0, 0.0), abs=1e-4)


def test_a_user_without_pairs_goes_to_zero():
    case = Case(4, 5, 3, 0.05, seed=1)
    without = np.diff(case.observed.by_user.starts) == 0
    assert without.any()
    cg_half_step(case.observed.by_user, case.U, case.V, 0.5, 0.1, num_steps=1)
    np.testing.assert_allclose(case.U[without], 0, atol=1e-12)


@needs_numba
@settings(deadline=None, max_examples=25)
@given(case=cases, weights=held, single=st.booleans())
def test_relaxed_and_strict_differ_by_rounding_only(case, weights, single):
    dtype = np.float32 if single else np.float64
    w0, l2 = weights
    rows, results = case.observed.by_user, []
    U0, V = case.U.astype(dtype), case.V.astype(dtype)
    everywhere = dtype(w0) * turn_axes(U0, V)
    assume(everywhere.max() > 0 or l2 > 0)
    pull = pulls(rows, w0, l2).astype(dtype)
    for loop in (cg_rows.__wrapped__, cg_rows, relaxed(cg_rows)):
        U = U0.copy()
        loop(rows.shares(3), *rows[:3], U, V, everywhere, dtype(w0), pull, 2)
        results.append(U)
    assert np.array_equal(results[0], results[1])
    size = np.abs(results[0]).max() + 1
    np.testing.assert_allclose(results[2], results[0], atol=size * (2e-3 if single else 1e-9))
    assert results[2].dtype == dtype


@needs_numba
def test_one_thread_and_two_give_the_same_to_the_last_bit():
    case = Case(300, 200, 5, 0.2, weighted=True)

    def compute():
        model = WeightedFactorization(5, num_sweeps=3, num_steps=2)
        model.fit(case.observed, rng=np.random.default_rng(0))
        return digest(model.U, model.V, model.history.to_numpy())

    results = with_one_thread_and_two(compute)
    assert results[0] == results[1] == results[2]
    assert cg_rows.relaxed.targetoptions["parallel"].prange


def test_the_model_comes_as_far_as_the_exact_one():
    case = Case(60, 40, 4, 0.2, seed=3)
    settings = {"k": 4, "w0": 0.1, "l2": 0.5, "num_sweeps": 30}
    ends = []
    for num_steps in (None, 3):
        model = WeightedFactorization(**settings, num_steps=num_steps)
        model.fit(case.observed, rng=np.random.default_rng(0))
        ends.append(model.history.loss.iloc[-1])
        assert model.U.dtype == (np.float64 if num_steps is None else np.float32)
        assert model.history.loss.is_monotonic_decreasing
    assert ends[1] == pytest.approx(ends[0], rel=1e-3)


def test_without_measuring_the_vectors_are_the_same_and_the_losses_unknown():
    case, vectors = Case(20, 10, 3, 0.3), []
    for measure in (True, False):
        model = WeightedFactorization(3, num_sweeps=3, num_steps=2)
        model.fit(case.observed, rng=np.random.default_rng(0), measure=measure)
        assert model.history.loss.isna().tolist() == [not measure] * 3
        vectors.append(digest(model.U, model.V))
    assert vectors[0] == vectors[1]


def test_what_makes_no_sense_raises():
    with pytest.raises(ValueError, match="num_steps must be at least 1, got 0"):
        WeightedFactorization(num_steps=0)
    with pytest.raises(ValueError, match="w0 or l2 must be positive"):
        WeightedFactorization(w0=0.0, l2=0.0, num_steps=3)
    case = Case(5, 4, 3, 0.5)
    with pytest.raises(ValueError, match="w0 or l2 must be positive"):
        cg_half_step(case.observed.by_user, case.U, case.V, 0.0)
    with pytest.raises(ValueError, match="float32 or float64, row by row"):
        cg_half_step(case.observed.by_user, case.U.astype(np.float32), case.V, 0.5)
    with pytest.raises(ValueError, match="float32 or float64, row by row"):
        cg_half_step(case.observed.by_user, case.U.astype(np.float16), case.V.astype("f2"), 0.5)


@pytest.mark.parametrize("turn", [turn_axes, lambda U, V: cg_half_step(ROWS, U, V, 0.1, 0.1)])
def test_what_shares_memory_is_refused_before_anything_is_turned(turn):
    table = np.random.default_rng(0).normal(size=(4, 3))
    kept = table.copy()
    for U, V in ((table[:3], table[1:]), (table[:3], table[:3])):
        with pytest.raises(ValueError, match="U and V share memory, and both are turned: give"):
            turn(U, V)
        assert np.array_equal(table, kept)


def test_one_thread_at_a_time_changes_how_many_threads_blas_has(monkeypatch):
    """A second one would take the limit of the first for what was there before it."""
    waits, inside = [], threading.Event()

    class Libraries:
        @contextlib.contextmanager
        def limit(self, limits, user_api):
            assert (limits, user_api) == (1, "blas")
            if not waits:
                waits.append(threading.Thread(target=work))
                waits[0].start()
                assert not inside.wait(0.2)
            else:
                inside.set()
            yield

    def work():
        cg_half_step(ROWS, np.ones((3, 2)), np.ones((3, 2)), 0.1, 0.1)

    monkeypatch.setattr("scratch.recommenders.weighted._libraries", Libraries)
    work()
    waits[0].join()
    assert inside.is_set()


def test_factors_of_which_nothing_can_be_turned_are_refused_and_stay():
    U, V, long = np.ones((3, 2)), np.ones((4, 2)), np.zeros((2049, 2))
    long[0], long[-1] = (1e200, 1e200), (1e200, -1e200)  # one in each part: inf and −inf
    for one, other, error, message in [
        (U, np.ones((4, 3)), ValueError, "U and V must have as many columns"),
        (U, np.empty((0, 2)), ValueError, r"V at least one row, got \(3, 2\) and \(0, 2\)"),
        (U, V.astype(np.float32), ValueError, "floats of one kind, got float64 and float32"),
        (U.astype(int), V.astype(int), ValueError, "floats of one kind, got int64 and int64"),
        (U, 1e200 * V, ValueError, "^VᵀV can't be computed, inf came out: the numbers in V are"),
        (U, long, ValueError, "VᵀV can't be computed, (inf|nan) came out"),
        (U, V.tolist(), TypeError, "V is changed in place"),
        (np.ones(3), V, ValueError, "U must have two axes"),
    ]:
        kept = np.copy(one), np.copy(other)
        with pytest.raises(error, match=message):
            turn_axes(one, other)
        assert np.array_equal(kept[0], one) and np.array_equal(kept[1], other)


def test_steps_to_nowhere_are_refused():
    case = Case(5, 4, 3, 0.5)
    rows, sides = case.observed.by_user, (case.U, case.V)
    with pytest.raises(ValueError, match="pull must have a number for each row of U, got 4 of 5"):
        move_down(rows, *sides, 0.5, np.ones(4), 2)
    with pytest.raises(ValueError, match="num_steps must be at least 1, got 0"):
        move_down(rows, *sides, 0.5, np.ones(5), 0)
    with pytest.raises(ValueError, match="rows must be at least 1, got 0"):
        in_parts(case.U, 0)
    with pytest.raises(ValueError, match="floats of one kind, got int64 and int64"):
        move_down(rows, case.U.astype(int), case.V.astype(int), 1e300, np.ones(5), 2)
    with pytest.raises(ValueError, match="indices of rows, but 1 numbers of confidence"):
        move_down(rows._replace(confidence=np.ones(1)), *sides, 0.5, np.ones(5), 2)


def test_a_half_step_of_numbers_that_are_too_large_says_so():
    rows = Observed.from_pairs([0], [0]).by_user
    for u, v, w0, pull in [
        (1.0, 1.0, 1e39, 1.0),
        (1.0, 0.0, 1e39, 1.0),
        (1.0, 1.0, 0.1, 1e39),
        (3e38, 1e10, 0.5, 1.0),
    ]:
        U, V = np.array([[u]], np.float32), np.array([[v]], np.float32)
        with pytest.raises(ValueError, match=r"^the half-step can't be computed.*U, V, w0, pull"):
            move_down(rows, U, V, w0, np.array([pull]), 2)


def test_far_more_steps_than_are_left_end_as_well():
    case = Case(60, 40, 6, 0.3, weighted=True)
    exact = case.U.copy()
    als_half_step(case.observed.by_user, exact, case.V, 0.1, 0.5)
    products = exact @ case.V.T
    cg_half_step(case.observed.by_user, case.U, case.V, 0.1, 0.5, num_steps=10**15)
    np.testing.assert_allclose(case.U @ case.V.T, products, atol=1e-8)
