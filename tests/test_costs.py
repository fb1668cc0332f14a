import math

import numpy as np
import pytest

from scratch.machinery.sparse import Observed
from scratch.recommenders.als_in_blocks import cut_rows, needed_by
from scratch.scale.costs import Machine, Task, adds_of_sweep, sweep_cost, vectors_fetched

MACHINE = Machine(cores=2, adds_per_second=1e9, bytes_per_second=1e8, memory=1e9, price_per_hour=3)


def test_adds_are_counted():
    # k = 1: a pair adds one product to A and one to b, on each side.
    more, less = (adds_of_sweep(Task(pairs, 10, 5, 1)) for pairs in (7, 6))
    assert more - less == 4
    # k = 2: three numbers of the triangle, and two of b.
    assert adds_of_sweep(Task(1, 0, 0, 2)) == 2 * (3 + 2)
    assert adds_of_sweep(Task(0, 1, 0, 6)) == 36 + 5 * 36


@pytest.mark.parametrize("workers", [1, 2, 5, 16])
def test_the_formula_of_traffic_is_what_is_counted_where_partners_lie_anywhere(workers):
    rng = np.random.default_rng(0)
    users, movies = np.nonzero(rng.random((1000, 640)) < 0.02)
    observed = Observed.from_pairs(users, movies, num_users=1000, num_movies=640)
    blocks, holder = cut_rows(observed.by_user, 64), np.zeros(640)
    for number, block in enumerate(cut_rows(observed.by_movie, 64)):
        holder[block.begin : block.end] = number % workers
    counted = sum(
        (holder[needed_by(blocks[worker::workers])] != worker).sum() for worker in range(workers)
    )
    assert vectors_fetched(640, len(users), workers) == pytest.approx(counted, rel=0.03, abs=1e-9)


def test_a_sweep_by_hand():
    task = Task(pairs=1000, users=20, movies=10, k=2, bytes_of_number=8)
    alone, two = (sweep_cost(task, MACHINE, workers) for workers in (1, 2))
    adds = 2 * 1000 * 5 + 30 * (8 / 6 + 5 * 4)
    assert alone.seconds == alone.seconds_computing == pytest.approx(adds / 2e9)
    assert (alone.bytes_sent, alone.seconds_fetching) == (0, 0)
    assert alone.memory_share == pytest.approx((8000 + 2 * 16 * 30) / 1e9)
    assert alone.price == pytest.approx(3 * alone.seconds / 3600)
    # So many pairs that both workers need every vector, of which each has half.
    assert two.bytes_sent == pytest.approx(30 * 16, rel=1e-6)
    assert two.seconds_computing == pytest.approx(alone.seconds / 2)
    assert two.seconds_fetching == pytest.approx(30 * 16 / 2 / 1e8)
    assert two.price == pytest.approx(2 * 3 * two.seconds / 3600)
    assert two.memory_share == pytest.approx((4000 + 16 * 30 + 20 * 16 / 2) / 1e9)


def test_one_pair_is_needed_by_one_worker_who_has_it_with_one_chance_in_four():
    assert vectors_fetched(1, 1, 4) == pytest.approx(3 / 4)
    assert vectors_fetched(3, 6, 2) == pytest.approx(3 * 2 * (1 - 1 / 4) / 2)


def test_a_number_of_a_vector_has_four_bytes_unless_it_is_said():
    assert sweep_cost(Task(1e6, 10, 10, 2), MACHINE, 2).bytes_sent == pytest.approx(20 * 2 * 4)


@pytest.mark.parametrize(
    ("workers", "error"),
    [(0, ValueError), (-1, ValueError), (10**12, ValueError), (2.0, TypeError), (True, TypeError),
     (float("nan"), TypeError), (float("inf"), TypeError), (None, TypeError)],
)  # fmt: skip
def test_there_is_a_worker(workers, error):
    with pytest.raises(error, match="workers must be"):
        sweep_cost(Task(1, 1, 1, 1), MACHINE, workers)
    with pytest.raises(error, match="workers must be"):
        vectors_fetched(1, 1, workers)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"users": 0}, ValueError, "must be positive, got Task"),
        ({"pairs": -1}, ValueError, "pairs of the task must be from 0 to 1e.30, got -1"),
        ({"movies": float("nan")}, ValueError, "movies of the task must be a finite number"),
        ({"movies": 1e300}, ValueError, "movies of the task must be from 0 to 1e.30"),
        ({"k": 2.0}, TypeError, "k of the task must be a whole number, got 2.0: write 2"),
        ({"k": None}, TypeError, "k of the task must be a whole number"),
        ({"users": "many"}, TypeError, "users of the task must be a number, got 'many'"),
    ],
)
def test_numbers_are_positive(wrong, error, words):
    with pytest.raises(error, match=words):
        sweep_cost(Task(1, 1, 1, 1)._replace(**wrong), MACHINE, 1)
    with pytest.raises(ValueError, match="must be positive, got Machine"):
        sweep_cost(Task(1, 1, 1, 1), MACHINE._replace(cores=0), 1)
    if wrong != {"users": 0}:
        with pytest.raises(error, match=words):
            adds_of_sweep(Task(1, 1, 1, 1)._replace(**wrong))


def test_a_short_k_is_no_smaller_one():
    task = Task(pairs=1000, users=20, movies=10, k=100)
    assert adds_of_sweep(task._replace(k=np.int8(100))) == adds_of_sweep(task)


@pytest.mark.parametrize(("rows", "pairs"), [(0, 1), (-1, 1), (1, -1), (float("nan"), 1)])
def test_rows_and_pairs_are_numbers(rows, pairs):
    with pytest.raises(ValueError, match=r"(rows|pairs) must be"):
        vectors_fetched(rows, pairs, 2)


@pytest.mark.parametrize("name", ["pairs", "users", "movies", "k", "bytes_of_number"])
def test_no_number_of_a_task_is_beyond_1e30(name):
    most, more = (10**30, 10**31) if name in ("k", "bytes_of_number") else (1e30, 1.1e30)
    task = Task(pairs=10, users=10, movies=10, k=1)
    assert math.isfinite(adds_of_sweep(task._replace(**{name: most})))
    with pytest.raises(ValueError, match=rf"^{name} of the task must be from 0 to 1e\+30, got"):
        adds_of_sweep(task._replace(**{name: more}))


@pytest.mark.parametrize(("of", "name"), [(0, "k"), (0, "bytes_of_number"), (1, "cores")])
def test_what_is_counted_is_whole_and_of_the_others_there_may_be_a_mean(of, name):
    task = Task(pairs=10.5, users=2.5, movies=1.5, k=2)
    assert sweep_cost(task, MACHINE, 2).price > 0
    both = [task, MACHINE]
    both[of] = both[of]._replace(**{name: 2.5})
    words = f"^{name} of the {('task', 'machine')[of]} must be a whole number, got 2.5"
    with pytest.raises(TypeError, match=words):
        sweep_cost(*both, 2)


def test_a_million_workers_and_not_one_more():
    assert sweep_cost(Task(1, 1, 1, 1), MACHINE, 1_000_000).workers == 1_000_000
    with pytest.raises(ValueError, match="workers must be at least 1 and at most 1,000,000, got"):
        sweep_cost(Task(1, 1, 1, 1), MACHINE, 1_000_001)


def test_what_is_beyond_all_numbers_is_said():
    with pytest.raises(ValueError, match=r"^the number of vectors can't .* in rows or pairs are"):
        vectors_fetched(1e308, 1e308, 1_000)
    with pytest.raises(ValueError, match=r"^the cost can't .* in the task or the machine are"):
        sweep_cost(Task(1e30, 1, 1, 1), MACHINE._replace(adds_per_second=1e-300), 1)
