import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix

from scratch.checking.sparse_tables import as_sparse, as_sparse_ones

TABLE = np.array([[1.0, 0.0, 2.5], [0.0, 0.0, -1.0]])


@pytest.mark.parametrize("kind", [np.array, np.ndarray.tolist, csr_array, csc_array, coo_array])
def test_whatever_it_was_it_is_the_same_table_in_rows(kind):
    found = as_sparse("x", kind(TABLE))
    assert isinstance(found, csr_array) and np.array_equal(found.toarray(), TABLE)
    assert isinstance(as_sparse("x", csr_matrix(TABLE)), csr_array)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, bool])
def test_whole_numbers_and_booleans_become_floats(kind):
    ones = np.ones((200, 1), kind)
    for table in (ones, csr_array(ones)):
        assert (as_sparse("x", table).T @ as_sparse("x", table)).toarray() == [[200.0]]


def test_what_holds_no_finite_numbers_in_two_axes_is_refused_by_name():
    for wrong, error, words in [
        (None, TypeError, "x must be an array of numbers, got None"),
        ([["a"]], TypeError, "x must be an array of numbers"),
        ([1.0], ValueError, "x must have two axes"),
        ([[1.0, np.nan]], ValueError, r"x\[0, 1\] is nan"),
        (csr_array([[1.0, np.nan]]), ValueError, "x holds a number that is not finite"),
        (csr_array([[1j]]), ValueError, r"x must have two axes and hold numbers, .* complex128"),
        (coo_array(np.ones(3)), ValueError, r"x must have two axes .* shape \(3,\)"),
    ]:
        with pytest.raises(error, match=words):
            as_sparse("x", wrong)


@pytest.mark.parametrize("wrong", [7, -1])
def test_an_index_that_leads_out_of_it_is_found_before_machine_code_reads_there(wrong):
    table = csr_array(TABLE)
    table.indices[0] = wrong
    with pytest.raises(ValueError, match="x is no sound sparse array"):
        as_sparse("x", table)


def test_ones_are_in_it_once_and_zeros_not_at_all():
    full = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    tidy = csr_array(full)
    assert np.shares_memory(as_sparse_ones("x", tidy).data, tidy.data)
    for place, parts in [
        ("two parts", ([1.0, 0.5, 0.5, 1.0], [0, 2, 2, 1], [0, 3, 4])),
        ("a zero", ([1.0, 0.0, 1.0, 1.0], [0, 1, 2, 1], [0, 3, 4])),
        ("both", ([1.0, 0.0, 0.5, 0.5, 1.0], [0, 1, 2, 2, 1], [0, 4, 5])),
    ]:
        table = csr_array(parts, shape=(2, 3))
        found = as_sparse_ones("x", table)
        assert np.array_equal(found.toarray(), full), place
        assert found.nnz == 3 and found.data.tolist() == [1.0, 1.0, 1.0]
        assert table.nnz == len(parts[0])  # nobody's own table is changed
    assert as_sparse_ones("x", full.tolist()).nnz == 3
    assert as_sparse_ones("x", np.zeros((2, 0))).shape == (2, 0)


def test_what_is_neither_zero_nor_one_is_named():
    for wrong, named in ([[1.0, 2.5], [0.5, 1.0]], "2.5"), ([[0.0, 1.0], [-1.0, 1.0]], "-1.0"):
        for table in (wrong, csr_array(wrong)):
            with pytest.raises(ValueError, match=f"^x must hold zeros and ones only, got {named}$"):
                as_sparse_ones("x", table)
    with pytest.raises(TypeError, match=r"x must be an array of numbers"):
        as_sparse_ones("x", "ones")
