import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_threads import with_one_thread_and_two

from scratch.factorization import MatrixFactorization, sgd_epoch, sgd_epoch_with_biases
from scratch.machinery.blocks import _run_round, cut, run_rounds
from scratch.machinery.compiled import compiled, numba_is_available
from scratch.ratings import Ratings

needs_numba = pytest.mark.skipif(not numba_is_available(), reason="numba is not installed")


def ratings_of(num_users, num_movies, n, seed):
    rng = np.random.default_rng(seed)
    pairs = rng.choice(num_users * num_movies, min(n, num_users * num_movies), replace=False)
    users, movies = np.divmod(pairs.astype(np.int32), np.int32(num_movies))
    return Ratings(users, movies, rng.integers(1, 6, len(pairs)).astype(float))


some = st.builds(
    ratings_of, st.integers(1, 30), st.integers(1, 30), st.integers(1, 200), st.integers(0, 10_000)
)


@given(ratings=some, count=st.integers(1, 5))
def test_every_rating_is_in_one_block_and_blocks_of_a_round_share_nothing(ratings, count):
    rounds = cut(ratings, count)
    assert rounds.starts.shape == (count, count + 1)
    assert rounds.starts[0, 0] == 0 and rounds.starts[-1, -1] == len(ratings.users)
    assert (rounds.starts[1:, 0] == rounds.starts[:-1, -1]).all()
    together = set(zip(*(c.tolist() for c in rounds.ratings), strict=True))
    assert together == set(zip(*(c.tolist() for c in ratings), strict=True))
    for starts in rounds.starts:
        for column in rounds.ratings[:2]:
            blocks = [set(column[begin:end].tolist()) for begin, end in itertools.pairwise(starts)]
            assert len(set().union(*blocks)) == sum(len(block) for block in blocks)


@given(ratings=some)
def test_one_block_leaves_the_order_as_it_is(ratings):
    for before, after in zip(ratings, cut(ratings, 1).ratings, strict=True):
        np.testing.assert_array_equal(before, after)


def test_round_r_holds_what_group_g_of_users_gave_to_group_g_plus_r_of_movies():
    # Each of three users, and of three movies, is a group.
    users, movies = np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3)
    rounds = cut(Ratings(users, movies, np.arange(9.0)), 3)
    assert rounds.starts.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert rounds.ratings.users.tolist() == [0, 1, 2] * 3
    assert rounds.ratings.movies.tolist() == [0, 1, 2, 1, 2, 0, 2, 0, 1]
    assert rounds.ratings.ratings.tolist() == [0, 4, 8, 1, 5, 6, 2, 3, 7]


def test_within_a_block_ratings_stay_in_their_order():
    rng = np.random.default_rng(0)
    ratings = Ratings(rng.integers(0, 50, 2000), rng.integers(0, 40, 2000), np.arange(2000.0))
    rounds = cut(ratings, 3)
    edges = rounds.starts.ravel()
    assert all((np.diff(part) > 0).all() for part in np.split(rounds.ratings.ratings, edges[1:-1]))


def test_groups_have_about_as_many_ratings():
    rounds = cut(ratings_of(300, 200, 20_000, 0), 2)
    sizes = np.diff(rounds.starts, axis=1)
    assert sizes.min() > 0.9 * 5_000 and sizes.max() < 1.1 * 5_000


@settings(deadline=None, max_examples=20)
@given(ratings=some, count=st.integers(1, 3))
def test_the_rounds_are_the_plain_loop_over_the_ratings_in_their_new_order(ratings, count):
    rng, k = np.random.default_rng(0), 3
    parameters = [
        3.0, np.zeros(30), np.zeros(30), rng.normal(size=(30, k)), rng.normal(size=(30, k)),
    ]  # fmt: skip
    rounds = cut(ratings, count)
    plain = [p if isinstance(p, float) else p.copy() for p in parameters]
    expected = sgd_epoch_with_biases.__wrapped__(*rounds.ratings, *plain, 0.01, 0.1)
    assert run_rounds(sgd_epoch_with_biases, rounds, *parameters, 0.01, 0.1) == pytest.approx(
        expected
    )
    for moved, by_plain in zip(parameters, plain, strict=True):
        np.testing.assert_allclose(moved, by_plain, rtol=1e-9, atol=1e-12)


def test_the_plain_round_runs_the_loop_over_each_block_that_has_ratings():
    ratings = ratings_of(12, 9, 40, 0)
    starts = np.array([5, 15, 15, 35])  # the second block is empty
    losses, seen = np.zeros(3), []

    def loop(users, movies, ratings, rate):
        seen.append((users, movies, ratings))
        return rate

    _run_round.__wrapped__(loop, starts, losses, *ratings, 0.5)
    assert losses.tolist() == [0.5 * 10, 0.0, 0.5 * 20]
    for found, block in zip(seen, (slice(5, 15), slice(15, 35)), strict=True):
        for part, column in zip(found, ratings, strict=True):
            assert np.array_equal(part, column[block])


def test_losses_that_cannot_be_written_are_refused():
    losses, rows = np.zeros(1), ratings_of(3, 3, 5, 0)
    losses.flags.writeable = False
    with pytest.raises(ValueError, match="losses is changed in place, and this array is read-only"):
        _run_round(sgd_epoch, np.array([0, 5]), losses, *rows, np.ones((3, 2)), np.ones((3, 2)))


@needs_numba
def test_the_loop_runs_relaxed():
    def mean_of(users, movies, ratings, factor):
        return factor * ratings.mean()

    loop, rounds = compiled(mean_of), rounds_and_vectors()[0]
    assert run_rounds(loop, rounds, 2.0) == pytest.approx(2 * rounds.ratings.ratings.mean())
    assert "relaxed" in vars(loop) and "machine" not in vars(loop)


@needs_numba
def test_one_thread_and_two_give_the_same_to_the_last_bit():
    ratings = ratings_of(300, 200, 9_000, 0)

    def compute():
        model = MatrixFactorization(8, biases=True, l2=0.02, fast=True, cores=2)
        model.fit(ratings, rng=np.random.default_rng(0))
        return model.U.tobytes() + model.V.tobytes() + model.user_biases.tobytes()

    results = with_one_thread_and_two(compute)
    assert results[0] == results[1] == results[2]
    assert _run_round.machine.targetoptions["parallel"].prange


def test_what_cannot_be_cut_raises():
    ratings = ratings_of(3, 3, 5, 0)
    assert cut(ratings, 1024).starts.shape == (1024, 1025)
    for count in (0, 1025):
        with pytest.raises(
            ValueError, match=f"count must be at least 1 and at most 1024, got {count}"
        ):
            cut(ratings, count)
    with pytest.raises(ValueError, match="the training set is empty"):
        cut(Ratings(*np.empty((3, 0), int)), 2)
    with pytest.raises(ValueError, match="must not be cold"):
        cut(ratings._replace(users=np.full(5, -1)), 2)
    with pytest.raises(ValueError, match="largest index in ratings asks for 2,147,483,648"):
        cut(ratings._replace(movies=np.array([0, 1, 2, 2**31 - 1, 0])), 2)


@pytest.mark.parametrize("form", [list, np.uint8, np.uint64], ids=lambda kind: kind.__name__)
def test_columns_to_be_cut_may_be_lists_or_of_any_whole_numbers(form):
    ratings = ratings_of(6, 5, 20, 0)
    ours, right = cut(Ratings(*(form(c) for c in ratings)), 2), cut(ratings, 2)
    assert np.array_equal(ours.starts, right.starts)
    for column, expected in zip(ours.ratings, right.ratings, strict=True):
        assert np.array_equal(column, expected)


def rounds_and_vectors():
    rng = np.random.default_rng(0)
    return cut(ratings_of(6, 5, 20, 0), 2), rng.normal(size=(6, 3)), rng.normal(size=(5, 3))


def test_a_loop_that_is_not_compiled_raises():
    rounds, U, V = rounds_and_vectors()
    with pytest.raises(TypeError, match="is no compiled loop"):
        run_rounds(lambda *args: 0.0, rounds, U, V, 0.1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"starts": np.array([[0, 5, 4], [4, 10, 20]])}, "must go up from 0 to the number .* 20"),
        ({"starts": np.array([[1, 5, 9], [9, 10, 20]])}, "must go up from 0"),
        ({"starts": np.array([[0, 5, 9], [10, 12, 20]])}, "must go up from 0"),
        ({"starts": np.array([[0, 5, 9], [9, 12, 30]])}, "must go up from 0"),
        ({"starts": np.zeros((0, 3), int)}, "must go up from 0"),
        ({"starts": None}, "starts in rounds must be an array of whole numbers, got None"),
        ({"ratings": [1, 2]}, "rounds must hold Ratings: make them with `cut`"),
    ],
)
def test_rounds_made_by_hand_are_looked_at(wrong, message):
    rounds, U, V = rounds_and_vectors()
    before = U.copy()
    with pytest.raises((TypeError, ValueError), match=message):
        run_rounds(sgd_epoch, rounds._replace(**wrong), U, V, 0.1)
    assert np.array_equal(U, before)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"U": np.ones((5, 3))}, IndexError, "but U has 5"),
        ({"U": np.ones((6, 3)).tolist()}, TypeError, "U must be an array, which cores can share"),
        ({"rate": (1, 2)}, TypeError, r"learning_rate must be a number, got \(1, 2\)"),
        ({"rate": np.nan}, ValueError, "learning_rate must be a finite number"),
    ],
)
def test_parameters_that_do_not_fit_raise(wrong, error, message):
    rounds, U, V = rounds_and_vectors()
    given = {"U": U, "V": V, "rate": 0.1} | wrong
    with pytest.raises(error, match=message):
        run_rounds(sgd_epoch, rounds, *given.values())
