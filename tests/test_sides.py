import numpy as np
import pytest
from scipy.sparse import csr_array

from scratch.recommenders.sides import Side, flags, one_hot, shares, who_rated_what


def test_a_side_holds_its_rows_and_then_its_tables():
    side = Side.of(3, age=one_hot([20, 50, 20]), job=csr_array([[0.5], [0.0], [2.0]]))
    expected = [[1, 0, 0, 1, 0, 0.5], [0, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 2]]
    assert side.features.toarray().tolist() == expected
    assert side.names == ("itself", "age", "job")
    assert side.groups == [slice(0, 3), slice(3, 5), slice(5, 6)]


def test_a_side_of_nothing_and_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at least one row, got 0"):
        Side.of(0)
    with pytest.raises(ValueError, match="table age has 2 rows, the side 3"):
        Side.of(3, age=one_hot([1, 2]))
    with pytest.raises(ValueError, match="table age holds a number that is not finite"):
        Side.of(1, age=csr_array([[np.nan]]))
    with pytest.raises(ValueError, match="table genres has no columns"):
        Side.of(2, genres=flags(["", ""]))
    with pytest.raises(ValueError, match="itself is the name"):
        Side.of(1, itself=one_hot([1]))
    with pytest.raises(TypeError, match="float"):
        Side.of(2.5)


def test_tables_may_be_arrays_and_have_any_other_name():
    side = Side.of(2, rows=np.array([[1.0], [0.0]]), cls=one_hot("ab"))
    assert side.names == ("itself", "rows", "cls")
    assert side.features.toarray().tolist() == [[1, 0, 1, 1, 0], [0, 1, 0, 0, 1]]


def test_one_hot_has_a_column_for_each_value_in_order():
    assert one_hot(["b", "a", "b"]).toarray().tolist() == [[0, 1], [1, 0], [0, 1]]


def test_missing_values_are_named():
    for missing in (np.nan, None):
        with pytest.raises(ValueError, match="value 1 is missing"):
            one_hot(["a", missing])
        with pytest.raises(TypeError, match="expected texts like"):
            flags(["Drama", missing])


def test_flags_are_scaled_to_length_one():
    table = flags(["Drama|War", "War", ""]).toarray()
    np.testing.assert_allclose(table, [[0.5**0.5, 0.5**0.5], [0, 1], [0, 0]])


def test_shares_keep_directions_and_rows_of_zeros():
    np.testing.assert_allclose(
        shares(csr_array([[3.0, 4.0], [0.0, 0.0]])).toarray(), [[0.6, 0.8], [0, 0]]
    )
    large = np.array([[96, 72]], np.int8)  # whose squares don't fit into an int8
    np.testing.assert_allclose(shares(csr_array(large)).toarray(), [[0.8, 0.6]])


def test_who_rated_what_by_hand():
    of_users, of_movies = who_rated_what(np.array([0, 0, 2]), np.array([1, 0, 1]), 3, 2)
    half = 0.5**0.5
    np.testing.assert_allclose(of_users.toarray(), [[half, half], [0, 0], [0, 1]])
    np.testing.assert_allclose(of_movies.toarray(), [[1, 0, 0], [half, 0, half]])
    again, _ = who_rated_what(np.array([0, 0, 2, 0]), np.array([1, 0, 1, 1]), 3, 2)
    np.testing.assert_allclose(again.toarray(), of_users.toarray())
    with pytest.raises(TypeError, match="must be integers, got float64"):
        who_rated_what(np.array([0.5]), np.array([1]), 3, 2)
