import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from run_threads import with_one_thread_and_two
from scipy.sparse import csr_array

from scratch.recommenders.neighbors import nearest
from scratch.recommenders.sparse_cosines import (
    fill_cosines,
    keep_nearest,
    nearest_rows,
    sparse_cosines,
)
from scratch.similarity import cosine_similarities

ONES = arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 1))


def in_full(rows, num_neighbors, shrinkage=0.0):
    """The specification: all cosines as one table, and of each row of it the nearest."""
    similarities = cosine_similarities(rows)
    if shrinkage > 0:
        both = rows @ rows.T
        similarities *= both / (both + shrinkage)
    return nearest(similarities, num_neighbors)


@given(rows=ONES)
@example(np.zeros((2, 3)))
@settings(deadline=None)  # the first time compiles
def test_all_cosines_are_those_of_the_matrix_in_full(rows):
    assert np.array_equal(sparse_cosines(csr_array(rows)), cosine_similarities(rows))


def test_a_zero_that_is_stored_is_a_zero_and_a_one_in_two_parts_is_a_one():
    ones = csr_array(([1.0, 0.0, 0.5, 0.5, 1.0], [0, 1, 2, 2, 1], [0, 4, 5]), shape=(2, 3))
    np.testing.assert_allclose(sparse_cosines(ones), np.eye(2))
    assert nearest_rows(ones, 1).nnz == 0
    assert ones.nnz == 5
    for parts in (([1.0, 0.0], [0, 1], [0, 2]), ([0.5, 0.5], [0, 0], [0, 2])):  # or one of them
        assert sparse_cosines(csr_array(parts, shape=(1, 2))).tolist() == [[1.0]]


@given(rows=ONES, num_neighbors=st.integers(1, 13), shrinkage=st.sampled_from([0.0, 0.5, 3.0]))
@example(np.zeros((3, 2)), 2, 3.0)
@example(np.ones((9, 2)), 4, 0.0)  # all equal: the lower indices are kept
@settings(deadline=None)
def test_the_same_to_the_last_bit_as_from_the_table_of_all(rows, num_neighbors, shrinkage):
    found = nearest_rows(csr_array(rows), num_neighbors, shrinkage)
    assert np.array_equal(found.toarray(), in_full(rows, num_neighbors, shrinkage))
    assert (found.data > 0).all()


def test_on_hundreds_of_rows_with_one_thread_and_two():
    rows = (np.random.default_rng(3).random((300, 400)) < 0.03).astype(float)
    expected = in_full(rows, 20, 1.5)
    for found in with_one_thread_and_two(lambda: nearest_rows(csr_array(rows), 20, 1.5).toarray()):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("share", [0.02, 0.3])
@pytest.mark.parametrize("num_neighbors", [1, 2, 3, 50, 198, 199, 200, 250])
def test_any_number_of_neighbours(num_neighbors, share):
    rng = np.random.default_rng(num_neighbors)
    rows = (rng.random((200, 60)) < share).astype(float)  # with many ties
    rows = rows[np.argsort(rows.sum(axis=1))][:: rng.choice([1, -1])]
    found = nearest_rows(csr_array(rows), num_neighbors)
    assert np.array_equal(found.toarray(), in_full(rows, num_neighbors, 0.0))
    assert found.has_sorted_indices  # looked up, not remembered


UP = np.arange(1, 1001)
ORDERS = {
    "rises": UP,
    "falls": -UP,
    "rises and falls": -np.abs(UP - 500.3),
    "falls and rises": np.abs(UP - 500.3),
    "in waves": UP % 100,
    "of two kinds": UP % 2,
    "all the same": UP * 0,
}


@pytest.mark.parametrize("num_neighbors", [1, 20, 300, 999])
@pytest.mark.parametrize("order", ORDERS)
def test_no_order_of_the_rows_makes_it_slow(order, num_neighbors):
    def steps(nearness):
        """How many lines are run for row 0, which shares one column with all others."""
        n, lines = len(nearness) + 1, 0

        def count(*_):
            nonlocal lines
            lines += 1
            return count

        nearness = np.insert(nearness - nearness.min() + 1.0, 0, 1.0)
        tables = [0] + [1] * n, [0], [0, n], range(n), 1 / nearness
        neighbors, similarities = [None] * n, [None] * n  # nowhere for those of other rows
        neighbors[0], similarities[0] = np.full(num_neighbors, -1), np.zeros(num_neighbors)
        before = sys.gettrace()
        sys.settrace(count)
        try:
            with pytest.raises(TypeError):
                keep_nearest.__wrapped__(*tables, 0.0, neighbors, similarities)
        finally:
            sys.settrace(before)
        nearest_first = np.argsort(-nearness[1:], kind="stable") + 1
        assert set(neighbors[0]) == set(nearest_first[:num_neighbors])
        return lines

    any_order = steps(np.random.default_rng(0).permutation(ORDERS[order]))
    assert steps(ORDERS[order]) < 1.5 * any_order


def test_four_rows_by_hand():
    # 1100, 1110, 0011 and 1100 once more, and their columns the other way round.
    starts, columns = [0, 2, 5, 7, 9], [0, 1, 0, 1, 2, 2, 3, 0, 1]
    column_starts, rows = [0, 3, 6, 8, 9], [0, 1, 3, 0, 1, 3, 1, 2, 2]
    lengths = [2**0.5, 3**0.5, 2**0.5, 2**0.5]
    tables = starts, columns, column_starts, rows, lengths
    two, one = pytest.approx(2 / 6**0.5), pytest.approx(1 / 6**0.5)
    same, cosines = pytest.approx(1.0), [[9.0] * 4 for _ in "abcd"]
    fill_cosines(*tables, cosines)
    expected = [[same, two, 0, same], [two, same, one, two], [0, one, same, 0]]
    assert cosines == [*expected, expected[0]]
    neighbors, similarities = [[-1, -1] for _ in "abcd"], [[0.0, 0.0] for _ in "abcd"]
    keep_nearest(*tables, 0.0, neighbors, similarities)
    assert neighbors == [[1, 3], [0, 3], [1, -1], [0, 1]]
    assert similarities == [[two, same], [two, two], [one, 0], [same, two]]
    neighbors, similarities = [[-1] for _ in "abcd"], [[0.0] for _ in "abcd"]
    keep_nearest(*tables, 0.5, neighbors, similarities)
    assert neighbors == [[3], [0], [1], [0]]  # of two that are as near, the first
    shrunk = [[0.8], [0.8 * 2 / 6**0.5], [1 / 6**0.5 / 1.5], [0.8]]
    assert similarities == [pytest.approx(row) for row in shrunk]


@pytest.mark.parametrize("shrinkage", [0.0, 1.5])
def test_the_plain_loops_do_the_same(shrinkage):
    rows = csr_array((np.random.default_rng(3).random((12, 9)) < 0.4).astype(float))
    neighbors, similarities = np.full((12, 3), -1, np.int32), np.zeros((12, 3))
    by_column = rows.tocsc()
    tables = rows.indptr, rows.indices, by_column.indptr, by_column.indices
    lengths = np.sqrt(np.diff(rows.indptr))
    keep_nearest.__wrapped__(*tables, lengths, shrinkage, neighbors, similarities)
    kept = nearest_rows(rows, 3, shrinkage).toarray()
    for row in range(12):
        assert dict(zip(neighbors[row], similarities[row], strict=True)) == {
            other: kept[row, other] for other in np.flatnonzero(kept[row])
        }
    cosines = np.empty((12, 12))
    fill_cosines.__wrapped__(*tables, lengths, cosines)
    assert np.array_equal(cosines, sparse_cosines(rows))


def test_what_is_wrong_is_named():
    ones = csr_array(np.eye(3))
    with pytest.raises(ValueError, match=r"ones must hold zeros and ones only, got 2\.0"):
        nearest_rows(2 * ones, 1)
    with pytest.raises(ValueError, match="ones holds a number that is not finite"):
        nearest_rows(np.nan * ones, 1)
    with pytest.raises(ValueError, match=r"ones must hold zeros and ones only, got 3\.0"):
        sparse_cosines(3 * ones)
    with pytest.raises(ValueError, match=r"ones must hold zeros and ones only, got 3\.0"):
        sparse_cosines([[0, 1, 3, 2]])  # the first of them
    with pytest.raises(ValueError, match="num_neighbors must be at least 1, got 0"):
        nearest_rows(ones, 0)
    with pytest.raises(ValueError, match="shrinkage must be at least 0, got -1"):
        nearest_rows(ones, 1, -1)


def test_arrays_and_any_sparse_arrays_are_taken_as_they_are():
    rows = (np.random.default_rng(5).random((9, 300)) < 0.8).astype(np.int8)
    expected = cosine_similarities(rows.astype(float))
    for table in (rows, rows.astype(bool), csr_array(rows), csr_array(rows).tocsc(), rows.tolist()):
        assert np.array_equal(sparse_cosines(table), expected)


def test_more_neighbours_than_rows_are_all_that_there_are():
    assert nearest_rows([[1, 1], [0, 1]], 10**12).toarray().tolist() == [
        [0, pytest.approx(0.5**0.5)], [pytest.approx(0.5**0.5), 0]
    ]  # fmt: skip


def test_a_table_without_rows_has_no_neighbours():
    assert nearest_rows(np.zeros((0, 3)), 2).shape == (0, 0)
    assert sparse_cosines(np.zeros((0, 3))).shape == (0, 0)


def test_the_loops_take_lists_too():
    rows = csr_array((np.random.default_rng(3).random((5, 4)) < 0.5).astype(float))
    by_column = rows.tocsc()
    tables = [t.tolist() for t in (rows.indptr, rows.indices, by_column.indptr, by_column.indices)]
    lengths = np.sqrt(np.maximum(np.diff(rows.indptr), 1)).tolist()
    cosines = [[0.0] * 5 for _ in range(5)]
    fill_cosines(*tables, lengths, cosines)
    assert cosines == sparse_cosines(rows).tolist()
    neighbors, similarities = [[-1] * 2 for _ in range(5)], [[0.0] * 2 for _ in range(5)]
    keep_nearest(*tables, lengths, 0.0, neighbors, similarities)
    kept = nearest_rows(rows, 2).toarray()
    for row in range(5):
        found = zip(neighbors[row], similarities[row], strict=True)
        assert {n: s for n, s in found if n >= 0} == {
            other: kept[row, other] for other in np.flatnonzero(kept[row])
        }


def test_what_the_loops_fill_must_be_arrays_that_can_be_changed():
    places = np.array([0, 1]), np.array([0])
    tables = *places, *places, np.ones(1)
    tables_to_fill = np.ones((1, 1)), np.zeros((1, 1), np.int32), np.ones((1, 1))
    for table in tables_to_fill:
        table.flags.writeable = False
    cosines, neighbors, similarities = tables_to_fill
    with pytest.raises(ValueError, match=r"^cosines is changed in place, .* read-only"):
        fill_cosines(*tables, cosines)
    with pytest.raises(ValueError, match=r"^neighbors is changed in place, .* read-only"):
        keep_nearest(*tables, 0.0, neighbors, similarities)
    with pytest.raises(ValueError, match=r"^similarities is changed in place, .* read-only"):
        keep_nearest(*tables, 0.0, neighbors.copy(), similarities)


def test_lists_without_a_place_for_a_neighbour_are_refused():
    rows = csr_array(np.eye(2))
    with pytest.raises(ValueError, match="q is 0 and must be 1"):
        keep_nearest(
            rows.indptr, rows.indices, rows.indptr, rows.indices, np.ones(2), 0.0,
            np.empty((2, 0), np.int32), np.empty((2, 0)),
        )  # fmt: skip


def test_what_the_memory_has_no_room_for_is_refused():
    wide = csr_array((40_000, 1))
    with pytest.raises(ValueError, match="the number of rows of ones asks for 40,000 × 40,000"):
        sparse_cosines(wide)
    with pytest.raises(ValueError, match="num_neighbors asks for 40,000 × 39,999"):
        nearest_rows(wide, 39_999)


def test_the_argument_that_asks_for_too_many_neighbours_is_named():
    rows = csr_array((10**5, 1))
    with pytest.raises(ValueError, match=r"^num_neighbors asks for 100,000 × 100,000 numbers"):
        nearest_rows(rows, 10**6)
