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


@given(rows=ONES, num_neighbors=st.integers(1, 13), shrinkage=st.sampled_from([0.0, 3.0]))
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
    with pytest.raises(ValueError, match="zeros and ones, got 2"):
        nearest_rows(2 * ones, 1)
    with pytest.raises(ValueError, match="zeros and ones, got nan"):
        nearest_rows(np.nan * ones, 1)
    with pytest.raises(ValueError, match="num_neighbors must be at least 1, got 0"):
        nearest_rows(ones, 0)
    with pytest.raises(ValueError, match="shrinkage must not be negative, got -1"):
        nearest_rows(ones, 1, -1)
