import functools
import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from run_threads import with_one_thread_and_two
from threadpoolctl import threadpool_info, threadpool_limits

from scratch.checking import NotFitted
from scratch.machinery.compiled import numba_is_available
from scratch.machinery.sparse import Observed
from scratch.recommenders import weighted
from scratch.recommenders.weighted import (
    WeightedFactorization,
    als_half_step,
    cg_half_step,
    check_factors,
    dense_gradient,
    dense_loss,
    drawn_vectors,
    gram,
    pulls,
    row_gradients,
    row_losses,
    solve_rows,
    sparse_gradient,
    sparse_loss,
)

needs_numba = pytest.mark.skipif(not numba_is_available(), reason="numba is not installed")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """On cores that are busy with other tests, threads would mostly wait for one another."""
    if not numba_is_available():
        yield
        return
    import numba

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


EVERY_WEIGHT = [(w0, l2) for w0 in (0.0, 0.005, 1.0) for l2 in (0.0, 0.1)]


class Case:
    """One problem, written as a dense matrix and as an index."""

    def __init__(self, num_users, num_movies, k, density, weighted=False, seed=0):
        rng = np.random.default_rng(seed)
        self.matrix = (rng.random((num_users, num_movies)) < density).astype(float)
        self.matrix[rng.integers(num_users), rng.integers(num_movies)] = 1  # at least one pair
        users, movies = np.nonzero(self.matrix)
        # Numbers that float32, in which confidence is kept, holds exactly.
        confidence = rng.integers(1, 41, len(users)) / 8 if weighted else None
        self.confidence = None
        if weighted:
            self.confidence = np.zeros(self.matrix.shape)
            self.confidence[users, movies] = confidence
        self.largest_confidence = confidence.max() if weighted else 1.0
        self.observed = Observed.from_pairs(
            users, movies, confidence, num_users=num_users, num_movies=num_movies
        )
        self.U, self.V = rng.normal(size=(num_users, k)), rng.normal(size=(num_movies, k))

    def dense_loss(self, w0, l2):
        return dense_loss(self.matrix, self.U, self.V, w0, l2, self.confidence)

    def dense_gradient(self, w0, l2):
        return dense_gradient(self.matrix, self.U, self.V, w0, l2, self.confidence)

    def half_steps(self):
        """(rows, moved factor, the other factor) of either half."""
        return [
            (self.observed.by_user, self.U, self.V),
            (self.observed.by_movie, self.V, self.U),
        ]


# Densities of 0.05 and 0.2 leave users and movies without any pair; 1 leaves nothing unobserved.
cases = st.builds(
    Case,
    num_users=st.integers(1, 9),
    num_movies=st.integers(1, 9),
    k=st.integers(1, 12),
    density=st.sampled_from([0.05, 0.2, 0.6, 1.0]),
    weighted=st.booleans(),
    seed=st.integers(0, 10_000),
)
weights = st.sampled_from(EVERY_WEIGHT)
WEIGHTS = pytest.mark.parametrize(("w0", "l2"), EVERY_WEIGHT)


def largest(*arrays):
    return max(np.abs(a).max() for a in arrays)


# One loss, three forms


def test_the_loss_of_three_cells_worked_out():
    observed, U, V = np.array([[1, 0, 1]]), np.array([[1.0]]), np.array([[0.5], [2.0], [3.0]])
    # Observed: (1 − 0.5)² + (1 − 3)² = 4.25; unobserved: 2² = 4; squares of 1, 0.5, 2, 3: 14.25.
    assert dense_loss(observed, U, V, w0=0.5, l2=2.0) == 4.25 + 0.5 * 4 + 2 * 14.25
    # With confidence 3 and 5 (the 7 is of a cell that was not observed): 3·0.25 + 5·4 = 20.75.
    c = np.array([[3.0, 7.0, 5.0]])
    assert dense_loss(observed, U, V, 0.5, confidence=c) == 20.75 + 0.5 * 4
    # ∂/∂u = Σ 2·c·(x − 1)·v + 2·w0·x·v + 2·l2·u = −0.5 + 12 + 4 + 4; ∂/∂v₂ = 2·0.5·2·1 + 2·2·2.
    dU, dV = dense_gradient(observed, U, V, 0.5, 2.0)
    assert dU.tolist() == [[19.5]] and dV[1].tolist() == [10.0]


def test_the_only_pair_by_hand_with_its_confidence():
    # x = 6: the loss is 3·(1 − 6)²; ∂/∂u = 2·3·(6 − 1)·3, and u = 1 / 3 would make x = 1.
    observed = Observed.from_pairs([0], [0], [3.0])
    U, V = np.array([[2.0]]), np.array([[3.0]])
    assert sparse_loss(observed, U, V, 0.5) == pytest.approx(75)
    dU, dV = sparse_gradient(observed, U, V, 0.5)
    assert (dU[0, 0], dV[0, 0]) == pytest.approx((90, 60))
    for half_step in (als_half_step, cg_half_step):
        moved = U.copy()
        half_step(observed.by_user, moved, V.copy(), 0.5)
        assert abs(moved[0, 0]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("as_lists", [True, False])
@pytest.mark.parametrize("weighted", [False, True], ids=["c = 1", "confidence"])
def test_the_loops_row_by_row_are_what_the_whole_table_says(as_lists, weighted):
    case, w0, l2 = Case(6, 5, 3, 0.5, weighted), 0.3, np.linspace(0.5, 2, 6)
    seen, U, V = case.matrix == 1, case.U, case.V
    c = case.matrix if case.confidence is None else case.confidence
    x, weight = U @ V.T, np.where(seen, c, w0)
    losses = np.where(seen, c * (1 - x) ** 2 - w0 * x**2, 0).sum(axis=1)
    gradients = 2 * ((weight * x - c) @ V + l2[:, None] * U)
    solved = [
        np.linalg.solve(V.T * of_cells @ V + pull * np.eye(3), of_pairs @ V)
        for of_cells, of_pairs, pull in zip(weight, c, l2, strict=True)
    ]
    rows = case.observed.by_user
    given = [*rows[:3], U.copy(), V]
    if as_lists:
        given = [part.tolist() for part in given]
    np.testing.assert_allclose(row_losses(*given, w0), losses, rtol=1e-12)
    found = row_gradients(*given, V.T @ V, w0, l2)
    np.testing.assert_allclose(found, gradients, rtol=1e-11, atol=1e-12)
    solve_rows(rows.shares(4), *given, V.T @ V, w0, l2)
    np.testing.assert_allclose(given[3], solved, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(gram.__wrapped__(V), V.T @ V, rtol=1e-13)


def test_what_is_not_given_pulls_nothing_and_takes_three_steps():
    case = Case(6, 5, 6, 0.5)
    U, V, pairs, rows = case.U, case.V, case.observed, case.observed.by_user

    def moved(half_step, *weights, **how):
        one = U.copy()
        half_step(rows, one, V.copy(), *weights, **how)
        return one

    assert dense_loss(case.matrix, U, V, 0.5) == dense_loss(case.matrix, U, V, 0.5, 0.0)
    assert sparse_loss(pairs, U, V, 0.5) == sparse_loss(pairs, U, V, 0.5, 0.0)
    assert sparse_loss(pairs, U, V, 0.5, 0.1) == sparse_loss(pairs, U, V, 0.5, 0.1, 0.0)
    assert np.array_equal(pulls(rows, 0.5, 0.1), pulls(rows, 0.5, 0.1, 0.0))
    for short, in_full in [
        (dense_gradient(case.matrix, U, V, 0.5), dense_gradient(case.matrix, U, V, 0.5, 0.0)),
        (sparse_gradient(pairs, U, V, 0.5), sparse_gradient(pairs, U, V, 0.5, 0.0)),
        (sparse_gradient(pairs, U, V, 0.5, 0.1), sparse_gradient(pairs, U, V, 0.5, 0.1, 0.0)),
        ([moved(als_half_step, 0.5)], [moved(als_half_step, 0.5, 0.0)]),
        ([moved(als_half_step, 0.5, 0.1)], [moved(als_half_step, 0.5, 0.1, 0.0)]),
        ([moved(cg_half_step, 0.5)], [moved(cg_half_step, 0.5, 0.0)]),
        ([moved(cg_half_step, 0.5, 0.1)], [moved(cg_half_step, 0.5, 0.1, 0.0, num_steps=3)]),
    ]:
        assert all(np.array_equal(a, b) for a, b in zip(short, in_full, strict=True))


@settings(deadline=None)
@given(case=cases, weights=weights)
def test_dense_and_sparse_are_equal(case, weights):
    dense = case.dense_loss(*weights)
    # Where all terms but rounding cancel out, there is nothing to compare relatively.
    scale = max(dense, weights[0] * ((case.U @ case.V.T) ** 2).sum())
    loss = sparse_loss(case.observed, case.U, case.V, *weights)
    assert loss == pytest.approx(dense, rel=1e-12, abs=1e-12 * scale)
    gradients = sparse_gradient(case.observed, case.U, case.V, *weights)
    expected = case.dense_gradient(*weights)
    for gradient, same in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, same, rtol=1e-10, atol=1e-12 * largest(*expected))


@settings(deadline=None)
@given(case=cases, weights=weights)
def test_the_gradient_is_that_of_autograd(case, weights):
    w0, l2 = weights
    U, V = (torch.tensor(factor, requires_grad=True) for factor in (case.U, case.V))
    seen, x = torch.tensor(case.matrix), U @ V.T
    c = torch.tensor(case.confidence) if case.confidence is not None else seen
    loss = (c * (1 - x) ** 2 + w0 * (1 - seen) * x**2).sum() + l2 * (
        U.pow(2).sum() + V.pow(2).sum()
    )
    loss.backward()
    assert loss.item() == pytest.approx(case.dense_loss(w0, l2), rel=1e-12)
    expected = U.grad.numpy(), V.grad.numpy()
    for gradient, same in zip(case.dense_gradient(w0, l2), expected, strict=True):
        np.testing.assert_allclose(gradient, same, rtol=1e-10, atol=1e-13 * largest(*expected))


# A pull that grows with what is known


def test_what_pulls_a_row_by_hand():
    observed = Observed.from_pairs(np.array([0, 0, 1]), np.array([0, 2, 2]), num_movies=4)
    # Users with 2 and 1 pairs of 4 movies, w0 = 0.5: parts of 2 + 2 and 1 + 2.
    assert pulls(observed.by_user, 0.5, 3.0).tolist() == [3, 3]
    assert pulls(observed.by_user, 0.5, 3.0, 1.0).tolist() == [12, 9]
    assert pulls(observed.by_user, 0.5, 3.0, 0.5) == pytest.approx([6, 3 * 3**0.5])
    assert pulls(observed.by_movie, 0.0, 3.0, 1.0).tolist() == [3, 3, 6, 3]  # no part: l2 itself
    one = Observed.from_pairs([0], [0], num_users=2, num_movies=2)  # parts of 1 + 0.5 and 0.5
    assert pulls(one.by_user, 0.25, 3.0, 1.0).tolist() == [4.5, 1.5]


@settings(deadline=None, max_examples=40)
@given(case=cases, weights=weights)
def test_with_scaling_the_gradient_is_that_of_autograd_and_a_half_step_makes_it_zero(case, weights):
    w0, l2 = weights
    scaled = *weights, 0.6
    U, V = (torch.tensor(factor, requires_grad=True) for factor in (case.U, case.V))
    seen, x = torch.tensor(case.matrix), U @ V.T
    c = torch.tensor(case.confidence) if case.confidence is not None else seen
    of_users, of_movies = (torch.tensor(pulls(rows, w0, l2, 0.6)) for rows in case.observed)
    loss = (c * (1 - x) ** 2 + w0 * (1 - seen) * x**2).sum()
    loss = loss + (of_users @ U**2).sum() + (of_movies @ V**2).sum()
    loss.backward()
    scale = max(loss.item(), w0 * ((case.U @ case.V.T) ** 2).sum())
    found = sparse_loss(case.observed, case.U, case.V, *scaled)
    assert found == pytest.approx(loss.item(), rel=1e-12, abs=1e-12 * scale)
    expected = U.grad.numpy(), V.grad.numpy()
    gradients = sparse_gradient(case.observed, case.U, case.V, *scaled)
    for gradient, same in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, same, rtol=1e-10, atol=1e-12 * largest(*expected))
    if w0 + l2 > 0:
        als_half_step(case.observed.by_user, case.U, case.V, *scaled)
        left = largest(sparse_gradient(case.observed, case.U, case.V, *scaled)[0])
        assert left <= 1e-8 * max(largest(gradients[0]), 1.0) * case.largest_confidence


def test_a_scaling_that_is_no_number_raises():
    observed = Observed.from_pairs(np.array([0]), np.array([0]))
    with pytest.raises(ValueError, match="scaling must be a finite number, got nan"):
        WeightedFactorization(2, scaling=float("nan")).fit(observed, rng=np.random.default_rng(0))


# A half-step


@settings(deadline=None, max_examples=200)
@given(case=cases, weights=weights)
def test_a_half_step_never_increases_the_loss_and_ends_with_zero_gradient(case, weights):
    start = case.dense_loss(*weights)
    for _ in range(3):
        for half, (rows, moved, other) in enumerate(case.half_steps()):
            before, slope = case.dense_loss(*weights), case.dense_gradient(*weights)[half]
            kept = other.copy()
            als_half_step(rows, moved, other, *weights)
            assert np.array_equal(other, kept)
            assert case.dense_loss(*weights) <= before + 1e-10 * max(before, 1e-5 * start)
            # Rounding of the terms that cancel out, A u and b, remains; A may be far from regular.
            rounding = 1e-14 * largest(other) * (1 + largest(other) * largest(moved)) * other.size
            left = largest(case.dense_gradient(*weights)[half])
            assert left <= 1e-10 * largest(slope) + rounding * case.largest_confidence


@WEIGHTS
@pytest.mark.parametrize("weighted", [False, True], ids=["c = 1", "confidence"])
def test_nothing_near_the_solution_has_a_smaller_loss(w0, l2, weighted):
    case = Case(12, 8, 3, 0.4, weighted)
    rng = np.random.default_rng(1)
    for rows, moved, other in case.half_steps():
        als_half_step(rows, moved, other, w0, l2)
        solution, least = moved.copy(), case.dense_loss(w0, l2)
        for size in (1e-3, 1.0):
            moved[:] = solution + size * rng.normal(size=moved.shape)
            assert case.dense_loss(w0, l2) > least
        moved[:] = solution


def test_one_user_solved_by_hand():
    # (0.5·(1 + 4 + 9) + (1 − 0.5)·(1 + 9) + 2) u = 1 + 3, so u = 4 / 14.
    observed = Observed.from_pairs(np.array([0, 0]), np.array([0, 2]))
    U, V = np.array([[5.0]]), np.array([[1.0], [2.0], [3.0]])
    als_half_step(observed.by_user, U, V, w0=0.5, l2=2.0)
    assert U[0, 0] == pytest.approx(4 / 14, rel=1e-10)


@pytest.mark.parametrize(
    ("size", "w0", "confidence"),
    [
        (1e-6, 0.5, None),  # numbers so small that no fixed ε would be small
        (1.0, 1.0, 0.25),  # 1·VᵀV − (1 − 0.25)·VᵀV: the terms are larger than what is left
        (1.0, 0.0, None),
    ],
)
def test_hard_equations_are_solved_as_well(size, w0, confidence):
    V = size * np.random.default_rng(0).normal(size=(6, 3))
    V[:, 2] = 0  # of which nothing can be learned
    users, movies = np.divmod(np.arange(12 if confidence else 10), 6)
    c = confidence or 1.0
    pairs = Observed.from_pairs(users, movies, np.full(len(users), c), num_movies=6)
    U = np.full((2, 3), 7.0)
    als_half_step(pairs.by_user, U, V, w0)
    for user, count in enumerate(np.bincount(users)):
        weight = np.where(np.arange(6) < count, c, w0)[:, None]
        A, b = (weight * V[:, :2]).T @ V[:, :2], c * V[:count, :2].sum(axis=0)
        np.testing.assert_allclose(U[user, :2], np.linalg.solve(A, b), rtol=1e-9)
        assert U[user, 2] == 7.0


def test_what_is_solved_for_must_be_floats_that_can_be_changed():
    U, one = np.ones((1, 1)), np.ones(1)
    U.flags.writeable = False
    places = np.array([0, 1]), np.array([0, 1]), np.array([0]), one
    with pytest.raises(ValueError, match=r"^U is changed in place, and this array is read-only"):
        solve_rows(*places, U, np.ones((1, 1)), np.ones((1, 1)), 0.5, one)


def test_blas_has_one_thread_in_a_half_step_and_our_loops_have_theirs(monkeypatch):
    seen = {}

    def look(*_):
        seen.update({library["user_api"]: library["num_threads"] for library in threadpool_info()})

    case = Case(5, 4, 3, 0.5)
    monkeypatch.setattr(weighted, "move_down", look)
    with threadpool_limits(2):
        cg_half_step(case.observed.by_user, case.U, case.V, 0.5)
    assert seen.get("blas", 1) == 1 and seen.get("openmp", 2) == 2


def test_a_user_without_pairs_goes_to_zero_if_anything_pulls_and_stays_if_nothing_does():
    observed = Observed.from_pairs(np.array([0]), np.array([0]), num_users=2, num_movies=3)
    V = np.random.default_rng(0).normal(size=(3, 2))
    for w0, l2, expected in ((0.5, 0.0, 0.0), (0.0, 0.1, 0.0), (0.0, 0.0, 7.0)):
        U = np.full((2, 2), 7.0)
        als_half_step(observed.by_user, U, V, w0, l2)
        np.testing.assert_allclose(U[1], expected, atol=1e-9)


def test_vectors_that_almost_depend_on_each_other_do_no_harm():
    for nearness in 10.0 ** -np.arange(1, 17):
        case = Case(9, 6, 4, 0.5)
        case.V[:, 3] = case.V[:, 0] + nearness * case.V[:, 3]
        case.V[:, 2] = 2 * case.V[:, 1]
        for w0 in (0.0, 0.005, 1.0):
            before = case.dense_loss(w0, 0.0)
            als_half_step(case.observed.by_user, case.U, case.V, w0)
            assert case.dense_loss(w0, 0.0) <= before * (1 + 1e-10)
            assert largest(case.U) < 1e9


# Alternating


@WEIGHTS
@pytest.mark.parametrize("weighted", [False, True], ids=["c = 1", "confidence"])
def test_many_sweeps_end_where_both_gradients_are_zero(w0, l2, weighted):
    # From some other starts, with w0 = l2 = 0, the loss falls for ever while U and V grow.
    case = Case(12, 8, 2, 0.5, weighted, seed=1)
    start = largest(*case.dense_gradient(w0, l2))
    for _ in range(1000):
        for rows, moved, other in case.half_steps():
            als_half_step(rows, moved, other, w0, l2)
    assert largest(*case.dense_gradient(w0, l2)) < 1e-8 * start
    assert sparse_loss(case.observed, case.U, case.V, w0, l2) == pytest.approx(
        case.dense_loss(w0, l2), rel=1e-10, abs=1e-12
    )


@pytest.mark.parametrize("k", [1, 3, 7, 9, 15])
def test_with_equal_weights_it_finds_the_truncated_svd(k):
    case = Case(12, 7, k, 0.5)
    model = WeightedFactorization(k, 1.0, l2=0.0, num_sweeps=300)
    model.fit(case.observed, rng=np.random.default_rng(0))
    U, sigma, Vt = np.linalg.svd(case.matrix, full_matrices=False)
    assert model.history["loss"].iloc[-1] == pytest.approx(
        (sigma[k:] ** 2).sum(), rel=1e-9, abs=1e-10
    )
    best = (U[:, :k] * sigma[:k]) @ Vt[:k]
    np.testing.assert_allclose(model.scores(np.arange(12)), best, atol=1e-6)


# Threads and machine code


def digest(*arrays):
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()


@needs_numba
def test_one_thread_and_two_give_the_same_to_the_last_bit():
    case = Case(300, 200, 5, 0.2, weighted=True)

    def compute():
        model = WeightedFactorization(5, num_sweeps=3)
        model.fit(case.observed, rng=np.random.default_rng(0))
        gradients = sparse_gradient(case.observed, model.U, model.V, 0.005, 0.1)
        return digest(model.U, model.V, model.history.to_numpy(), *gradients)

    results = with_one_thread_and_two(compute)
    assert results[0] == results[1] == results[2]
    for loop in (row_losses, row_gradients, solve_rows):
        assert loop.machine.targetoptions["parallel"].prange


@needs_numba
@settings(deadline=None, max_examples=25)
@given(case=cases, weights=weights)
def test_plain_python_and_machine_code_agree_to_the_last_bit(case, weights):
    w0, l2 = weights
    for rows, moved, other in case.half_steps():
        products = gram(other)
        assert np.array_equal(gram.__wrapped__(other), products)
        arguments = *rows[:3], moved, other
        assert np.array_equal(row_losses.__wrapped__(*arguments, w0), row_losses(*arguments, w0))
        last = products, w0, pulls(rows, w0, l2, 0.7)
        slopes = row_gradients(*arguments, *last)
        assert np.array_equal(row_gradients.__wrapped__(*arguments, *last), slopes)
        plain = moved.copy()
        solve_rows.__wrapped__(rows.shares(), *rows[:3], plain, other, *last)
        solve_rows(rows.shares(), *arguments, *last)
        assert np.array_equal(plain, moved)


# The model


def fitted(**settings):
    case = Case(30, 20, 4, 0.2, seed=3)
    return case, WeightedFactorization(4, **settings).fit(
        case.observed, rng=np.random.default_rng(0)
    )


def test_the_history_holds_the_loss_after_each_sweep():
    case, model = fitted(num_sweeps=6)
    assert list(model.history.columns) == ["sweep", "loss"]
    assert model.history["sweep"].tolist() == [1, 2, 3, 4, 5, 6]
    assert (model.history["loss"].diff().iloc[1:] < 0).all()
    last = dense_loss(case.matrix, model.U, model.V, 0.005, 0.1)
    assert model.history["loss"].iloc[-1] == pytest.approx(last, rel=1e-12)
    assert (model.U.shape, model.V.shape) == ((30, 4), (20, 4))


def test_the_generator_decides_the_result_and_the_order_of_the_pairs_does_not():
    case = Case(30, 20, 4, 0.2)
    users, movies = np.nonzero(case.matrix)
    order = np.random.default_rng(5).permutation(len(users))
    shuffled = Observed.from_pairs(users[order], movies[order], num_users=30, num_movies=20)
    first, same, other = (
        WeightedFactorization(4).fit(observed, rng=np.random.default_rng(seed))
        for observed, seed in ((case.observed, 1), (shuffled, 1), (case.observed, 2))
    )
    assert digest(first.U, first.V) == digest(same.U, same.V) != digest(other.U, other.V)
    assert first.history.equals(same.history)


def test_without_settings_it_is_the_model_that_is_described():
    assert vars(WeightedFactorization()) == {
        "k": 32, "w0": 0.005, "l2": 0.1, "scaling": 0.0, "num_sweeps": 10, "num_steps": None,
        "init_scale": 0.1,
    }  # fmt: skip
    _, model = fitted(num_sweeps=1)
    assert len(model.recommend(0)) == 10


@pytest.mark.parametrize("num_steps", [None, 1])
def test_a_sweep_is_a_half_step_for_each_side_from_what_was_drawn(num_steps):
    case, rng = Case(6, 5, 4, 0.5), np.random.default_rng(9)
    weights = {"w0": 0.3, "l2": 0.7, "scaling": 0.5}
    model = WeightedFactorization(4, **weights, num_sweeps=1, num_steps=num_steps, init_scale=3.0)
    model.fit(case.observed, rng=np.random.default_rng(9))
    U, V = rng.normal(0.0, 3.0, (6, 4)), rng.normal(0.0, 3.0, (5, 4))
    half_step = als_half_step
    if num_steps is not None:
        U, V = U.astype(np.float32), V.astype(np.float32)
        half_step = functools.partial(cg_half_step, num_steps=1)
    half_step(case.observed.by_user, U, V, **weights)
    half_step(case.observed.by_movie, V, U, **weights)
    is_seen = [np.diff(rows.starts) > 0 for rows in case.observed]
    assert not is_seen[0].all(), "there is a user without pairs"
    assert np.array_equal(model.U, U * is_seen[0][:, None])
    assert np.array_equal(model.V, V * is_seen[1][:, None])
    loss = sparse_loss(case.observed, U.astype(float), V.astype(float), **weights)
    assert model.history.to_numpy().tolist() == [[1, loss]]


def test_a_row_that_nothing_holds_keeps_no_other_from_its_place():
    """Many rows, so that several of them belong to the same core."""
    users = np.arange(1, 300, 2)
    observed = Observed.from_pairs(users, users % 3, num_users=300, num_movies=3)
    U, V = (np.random.default_rng(0).normal(size=(rows, 3)) for rows in (300, 3))
    before = U.copy()
    als_half_step(observed.by_user, U, V, 0.0)
    assert np.array_equal(U[::2], before[::2])
    np.testing.assert_allclose((U[users] * V[users % 3]).sum(axis=1), 1.0)


@pytest.mark.parametrize("w0, l2, is_held", [(0.3, 0.7, 1), (0.3, 0, 1), (0, 0.7, 1), (0, 0, 0)])
def test_whoever_has_no_pairs_is_at_0_if_anything_holds_them(w0, l2, is_held):
    observed = Observed.from_pairs([0, 0, 2], [0, 1, 1], num_users=3, num_movies=4)
    model = WeightedFactorization(2, w0, l2=l2, num_sweeps=2).fit(
        observed, rng=np.random.default_rng(3)
    )
    assert model.U[[0, 2]].all() and model.V[:2].all()
    assert (not model.U[1].any()) == (not model.V[2:].any()) == is_held


def test_what_fails_leaves_a_fitted_model_as_it_was():
    _, model = fitted(num_sweeps=1)
    before = model.recommend(0, 20)
    model.init_scale = 1e200
    with pytest.raises(ValueError, match="can't be computed"):
        model.fit(Case(3, 4, 4, 0.5).observed, rng=np.random.default_rng(0))
    assert model.recommend(0, 20) == before and model.U.shape == (30, 4)


def test_the_settings_reach_the_solution():
    weights = {"w0": 0.3, "l2": 0.7}
    case, model = fitted(num_sweeps=2000, **weights)
    case.U, case.V = model.U, model.V
    assert largest(*case.dense_gradient(**weights)) < 1e-8
    rng = np.random.default_rng(9)
    model = WeightedFactorization(50, l2=1e9, init_scale=3.0, num_sweeps=1)
    model.fit(case.observed, rng=rng)  # draws U, then V
    again = np.random.default_rng(9)
    again.normal(0.0, 3.0, (30, 50)), again.normal(0.0, 3.0, (20, 50))
    assert rng.random() == again.random()


def test_confidence_draws_the_scores_of_its_pairs_toward_1():
    users, movies = np.nonzero(Case(30, 20, 4, 0.3).matrix)
    confidence = np.ones(len(users))
    confidence[0] = 100.0
    for c, (low, high) in ((None, (0.0, 0.8)), (confidence, (0.95, 1.05))):
        model = WeightedFactorization(2, w0=0.3).fit(
            Observed.from_pairs(users, movies, c), rng=np.random.default_rng(0)
        )
        assert low < model.scores(users[:1])[0, movies[0]] < high


def test_scores_and_recommendations():
    case, model = fitted()
    users = np.array([7, 0, 7])
    scores = model.scores(users)
    np.testing.assert_allclose(scores, model.U[users] @ model.V.T)
    seen = set(np.flatnonzero(case.matrix[7]).tolist())
    listed = model.recommend(7, 100)
    assert {movie for movie, _ in listed} == set(range(20)) - seen
    assert [score for _, score in listed] == sorted((s for _, s in listed), reverse=True)
    assert all(score == pytest.approx(scores[0, movie]) for movie, score in listed)
    assert model.recommend(7, 3) == listed[:3]
    everything = model.recommend(7, 20, exclude_seen=False)
    assert {movie for movie, _ in everything} == set(range(20)) > seen > set()


def test_ties_go_to_the_lower_index():
    _, model = fitted()
    model.V[:] = model.V[0]
    assert [m for m, _ in model.recommend(0, 20, exclude_seen=False)] == list(range(20))


def test_the_progress_bar_says_the_same_run_after_run(capsys):
    case = Case(30, 20, 4, 0.2)
    texts = []
    for _ in range(2):
        model = WeightedFactorization(4, num_sweeps=2)
        model.fit(case.observed, rng=np.random.default_rng(0), progress=True)
        texts.append(capsys.readouterr().out)
    said = [text.split("|") for text in texts[0].strip().split("\r")]
    first, last = (f" loss {loss:.4f}" for loss in model.history["loss"])
    steps = [("sweep 0/2 ", ""), ("sweep 1/2 ", first), ("sweep 2/2 ", last)]
    assert [(step, text.rstrip()) for step, _, text in said] == [*steps, steps[-1]]
    assert texts[0] == texts[1]
    model.fit(case.observed, rng=np.random.default_rng(0))
    assert capsys.readouterr() == ("", "")


# Errors


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"num_sweeps": 0}, "num_sweeps must be at least 1"),
        ({"init_scale": 0.0}, "init_scale must be above 0"),
        ({"init_scale": np.inf}, "init_scale must be a finite number"),
        ({"w0": -0.1}, "w0 must be at least 0, got -0.1"),
        ({"w0": np.nan}, "w0 must be"),
        ({"l2": -1.0}, "l2 must be"),
        ({"l2": np.inf}, "l2 must be"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_raise(settings, message):
    with pytest.raises(ValueError, match=message):
        WeightedFactorization(**settings)


def test_either_weight_is_enough_to_hold_a_step():
    case = Case(5, 4, 3, 0.5)
    for w0, l2 in ((0.5, 0.0), (0.0, 0.5)):
        model = WeightedFactorization(2, w0, l2=l2, num_sweeps=1, num_steps=1)
        assert np.isfinite(model.fit(case.observed, rng=np.random.default_rng(0)).U).all()


@pytest.mark.parametrize("weights", [(-1.0, 0.0), (0.0, -1.0)])
def test_negative_weights_raise_in_every_form(weights):
    case = Case(3, 4, 2, 0.5)
    for call in (
        lambda: case.dense_loss(*weights),
        lambda: case.dense_gradient(*weights),
        lambda: sparse_loss(case.observed, case.U, case.V, *weights),
        lambda: sparse_gradient(case.observed, case.U, case.V, *weights),
        lambda: als_half_step(case.observed.by_user, case.U, case.V, *weights),
    ):
        with pytest.raises(ValueError, match=r"(w0|l2) must be at least 0, got -1"):
            call()


@pytest.mark.parametrize(
    "change",
    [
        lambda U, V: (V, U),
        lambda U, V: (U, V[:-1]),
        lambda U, V: (U, V[:, :-1]),
        lambda U, V: (U[:, 0], V[:, 0]),
        lambda U, V: (U.astype(np.float32), V),
        lambda U, V: (U.astype(np.float32), V.astype(np.float32)),
        lambda U, V: (U, np.asfortranarray(V)),
        lambda U, V: (np.asfortranarray(U), V),
    ],
    ids=[
        "sides swapped",
        "a movie too few",
        "two k",
        "no k",
        "one of float32",
        "float32",
        "V in order F",
        "U in order F",
    ],
)
def test_factors_that_do_not_fit_raise(change):
    case = Case(5, 4, 3, 0.5)
    U, V = change(case.U, case.V)
    for call in (
        lambda: sparse_loss(case.observed, U, V, 0.5),
        lambda: sparse_gradient(case.observed, U, V, 0.5),
        lambda: als_half_step(case.observed.by_user, U, V, 0.5),
    ):
        with pytest.raises(
            ValueError, match=r"the matrix is 5 × 4|must have two axes|arrays of float64, row by"
        ):
            call()


def test_factors_that_fit_only_one_side_of_what_was_observed_raise():
    case, other = Case(5, 4, 3, 0.5), Case(6, 7, 3, 0.5)
    for form in (sparse_loss, sparse_gradient):
        for by_user, by_movie, size in [
            (case.observed.by_user, other.observed.by_movie, "7 × 6"),
            (other.observed.by_user, case.observed.by_movie, "6 × 7"),
        ]:
            with pytest.raises(ValueError, match=f"^the matrix is {size}, which factors of shapes"):
                form(Observed(by_user, by_movie), case.U, case.V, 0.5)
    with pytest.raises(ValueError, match="by_movie of what was observed are of different shapes"):
        wrong = Observed(case.observed.by_user, other.observed.by_movie)
        WeightedFactorization(2).fit(wrong, rng=np.random.default_rng(0))


def test_factors_are_looked_at_for_those_who_ask():
    case = Case(5, 4, 3, 0.5)
    rows, single = case.observed.by_user, (case.U.astype(np.float32), case.V.astype(np.float32))
    check_factors(rows, case.U, case.V)
    check_factors(rows, *single, (np.float32, np.float64))
    with pytest.raises(ValueError, match=r"^the factors U and V must be arrays of float64, row"):
        check_factors(rows, *single)
    with pytest.raises(ValueError, match="must be arrays of float32 or float64, row by row"):
        check_factors(rows, case.U, single[1], (np.float32, np.float64))
    with pytest.raises(ValueError, match=r"^the matrix is 5 × 4, .* U \(4, 3\) and V \(4, 3\)"):
        check_factors(rows, case.U[:4], case.V)


def test_factors_that_are_no_array_raise():
    case = Case(5, 4, 3, 0.5)
    with pytest.raises(TypeError, match="U is changed in place: it must be an array"):
        als_half_step(case.observed.by_user, 0.5, case.V, 0.5)


def test_a_matrix_that_does_not_fit_raises():
    case = Case(5, 4, 3, 0.5)
    for function in (dense_loss, dense_gradient):
        with pytest.raises(
            ValueError, match=r"the matrix is \(1, 4\), but there are 5 users and 4"
        ):
            function(case.matrix[:1], case.U, case.V, 0.5)
        with pytest.raises(ValueError, match="U and V must have as many columns, got 3 and 2"):
            function(case.matrix, case.U, case.V[:, :2], 0.5)


@pytest.mark.parametrize("user", [-1, 30])
def test_an_unknown_user_raises(user):
    _, model = fitted(num_sweeps=1)
    with pytest.raises(IndexError, match=f"^user index {user} is out of range: the model has 30"):
        model.scores(np.array([0, user]))
    with pytest.raises(IndexError, match=f"^user index {user} is out of range"):
        model.recommend(user)


def test_a_list_of_no_movies_raises():
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        fitted(num_sweeps=1)[1].recommend(0, 0)


def test_a_list_for_somebody_who_can_not_be_or_of_no_whole_number_raises():
    _, model = fitted(num_sweeps=1)
    for call, error, message in [
        (lambda: model.recommend(0, 2.5), TypeError, "n must be a whole number"),
        (lambda: model.recommend("x"), TypeError, "user must be a whole number"),
        (lambda: model.recommend(2**70), IndexError, "user index 1180591620717411303424 is out"),
        (lambda: model.scores([0.5]), TypeError, "users must be an array of whole numbers"),
        (lambda: model.scores([[0]]), ValueError, "users must have one axis"),
    ]:
        with pytest.raises(error, match=message):
            call()
    assert len(model.recommend(np.int8(7), 10**12, exclude_seen=False)) == 20


def test_before_fit_it_says_so():
    for call in (lambda m: m.scores([0]), lambda m: m.recommend(0), lambda m: m.history):
        with pytest.raises(NotFitted, match="this WeightedFactorization has learned nothing yet"):
            call(WeightedFactorization())
    for name in ("U", "V", "history"):
        with pytest.raises(NotFitted, match=f"so it has no {name}: call fit"):
            getattr(WeightedFactorization(), name)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_factors_that_are_not_finite_or_too_large_are_refused(bad):
    case = Case(5, 4, 3, 0.5)
    for factor in (case.U, case.V):
        kept, factor[1, 2] = factor[1, 2], bad
        calls = [
            lambda: case.dense_loss(0.5, 0.1),
            lambda: case.dense_gradient(0.5, 0.1),
            lambda: sparse_loss(case.observed, case.U, case.V, 0.5),
            lambda: sparse_gradient(case.observed, case.U, case.V, 0.5),
        ]
        if factor is case.V or not np.isfinite(bad):  # a half-step solves for whatever U was
            calls += [
                lambda: als_half_step(case.observed.by_user, case.U.copy(), case.V, 0.5),
                lambda: cg_half_step(case.observed.by_user, case.U.copy(), case.V.copy(), 0.5),
            ]
        for call in calls:
            with pytest.raises(ValueError, match=r"[UV]\[1, 2\] is|too large|can't be computed"):
                call()
        factor[1, 2] = kept


def test_weights_that_are_too_large_are_said():
    case = Case(5, 4, 3, 0.5, weighted=True)
    rows, rng = case.observed.by_user, np.random.default_rng(0)
    model = WeightedFactorization(2, init_scale=1e200)
    dense, sparse = "U, V, w0, l2 or confidence", "U, V, w0, l2, scaling, or the confidence of"
    for call, what, of in [
        (lambda: case.dense_loss(1e308, 1e308), "dense_loss", dense),
        (lambda: case.dense_gradient(1e308, 1e308), "dense_gradient", dense),
        (lambda: sparse_loss(case.observed, case.U, case.V, 1e308), "sparse_loss", sparse),
        (
            lambda: sparse_gradient(case.observed, 1e9 * case.U, case.V, 1e307),
            "sparse_gradient",
            sparse,
        ),
        (lambda: pulls(rows, 0.5, 1.0, 1e300), "pulls", "w0, l2, scaling or the rows"),
        (lambda: als_half_step(rows, case.U.copy(), 1e160 * case.V, 0.5), "the half-step", sparse),
        (lambda: model.fit(case.observed, rng=rng, measure=False), "the half-step", sparse),
    ]:
        said = rf"^(the result of )?{what}.* can't be computed, (-?inf|nan) came out: .* in {of}"
        with pytest.raises(ValueError, match=said):
            call()
    U, V = case.U.astype(np.float32), case.V.astype(np.float32)
    with pytest.raises(ValueError, match="the half-step can't be computed, inf came out"):
        cg_half_step(rows, U, V, 1e39)
    with pytest.raises(ValueError, match="the half-step can't be computed"):
        cg_half_step(rows, U, V, 0.1, 1e39)


def test_whole_numbers_of_few_bits_do_not_overflow():
    case = Case(5, 4, 2, 0.5)
    case.U, case.V = np.full((5, 2), 100.0), np.full((4, 2), 3.0)
    expected = case.dense_loss(100, 100)
    slopes = case.dense_gradient(100, 100)
    case.U, case.V = case.U.astype(np.int8), case.V.astype(np.int8)
    assert case.dense_loss(np.int8(100), np.int8(100)) == expected
    for slope, same in zip(case.dense_gradient(np.int8(100), 100), slopes, strict=True):
        assert np.array_equal(slope, same)
    wide = Observed.from_pairs(np.array([0]), np.array([0]), num_movies=300).by_user
    assert pulls(wide, np.int8(1), np.int8(2), np.int8(1)).tolist() == [2 * 301]


def test_confidence_that_does_not_fit_or_is_negative_raises():
    case = Case(5, 4, 3, 0.5)
    where = tuple(np.argwhere(case.matrix == 1)[0])
    for wrong, message in [(-0.5, "must not be negative .*, got -0.5"), (np.nan, "got nan")]:
        confidence = np.ones((5, 4))
        confidence[where] = wrong
        for function in (dense_loss, dense_gradient):
            with pytest.raises(ValueError, match=message):
                function(case.matrix, case.U, case.V, 0.5, confidence=confidence)
    ones, confidence = np.ones((1, 5)), np.array([[0.0, 5.0, 0.5, -0.5, -2.0]])
    with pytest.raises(ValueError, match=r"where observed is 1, got -0\.5"):  # the first of them
        dense_loss(ones, case.U[:1], case.U, 0.5, confidence=confidence)
    assert dense_loss(ones, case.U[:1], case.U, 0.5, confidence=0 * ones) == 0
    with pytest.raises(ValueError, match=r"the matrix is \(5, 4\), the confidence \(4, 5\)"):
        dense_loss(case.matrix, case.U, case.V, 0.5, confidence=np.ones((4, 5)))
    elsewhere = np.where(case.matrix == 1, 2.0, np.nan)  # which nobody reads
    assert dense_loss(case.matrix, case.U, case.V, 0.5, confidence=elsewhere) == dense_loss(
        case.matrix, case.U, case.V, 0.5, confidence=2.0
    )


def test_rows_that_do_not_fit_together_are_refused():
    case = Case(5, 4, 3, 0.5)
    rows = case.observed.by_user
    for wrong, error, message in [
        (rows._replace(starts=rows.starts[:-1]), ValueError, "starts of rows must go up from 0"),
        (
            rows._replace(indices=rows.indices + 9),
            IndexError,
            r"indices\[\d+\] is \d+, but V has 4",
        ),
        (rows._replace(confidence=None), TypeError, "confidence must be an array of numbers"),
        (rows._replace(confidence=np.ones(1)), ValueError, "indices of rows, but 1 numbers of con"),
        (tuple(rows), TypeError, "rows must be a Rows"),
    ]:
        for half_step in (als_half_step, cg_half_step):
            with pytest.raises(error, match=message):
                half_step(wrong, case.U, case.V, 0.5)
    with pytest.raises(ValueError, match="indices of rows, but 1 numbers of confidence"):
        pulls(rows._replace(confidence=np.ones(1)), 0.5, 0.1)


def test_vectors_are_drawn_where_there_is_room_and_a_dtype_for_them():
    rng, largest = np.random.default_rng(0), float(np.finfo(np.float32).max) / 100
    for arguments, message in [
        (((10**6, 10**6), 0.1), r"^shape asks for 1,000,000 × 1,000,000 numbers"),
        (((2, 3), 1e300, np.float32), r"scale 1e\+300 is too large for float32"),
        (((2, 3), np.nextafter(largest, np.inf), np.float32), r"scale .* is too large for float32"),
        (((2, 3), 0.1, int), "dtype must be np.float64 or another kind of floats"),
        (((2, -1), 0.1), r"shape\[1\] must be at least 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            drawn_vectors(rng, *arguments)
    drawn = drawn_vectors(rng, (2, 3), largest, np.float32)
    again = np.random.default_rng(0).normal(0.0, largest, (2, 3))
    assert np.array_equal(drawn, again.astype(np.float32)) and np.isfinite(drawn).all()


def test_vectors_that_have_no_room_are_refused_before_they_are_drawn():
    observed = Observed.from_pairs([0, 1], [0, 1], num_movies=3)
    with pytest.raises(ValueError, match=r"^k asks for [\d,]+ × 10,000,000,000 numbers"):
        weighted.WeightedFactorization(10**10).fit(observed, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"^k asks for 100,000 × 100,000 numbers"):  # a Gram matrix
        weighted.WeightedFactorization(10**5).fit(observed, rng=np.random.default_rng(0))


def test_steps_need_something_that_holds_them_and_exact_half_steps_do_not():
    with pytest.raises(ValueError, match=r"^w0 or l2 must be positive: else nothing holds a step"):
        weighted.WeightedFactorization(2, 0.0, l2=0.0, num_steps=3)
    weighted.WeightedFactorization(2, 0.0, l2=0.0)
    weighted.WeightedFactorization(2, 0.0, l2=1e-9, num_steps=3)
    weighted.WeightedFactorization(2, 1e-9, l2=0.0, num_steps=3)
