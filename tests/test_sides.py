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
    longer = Side.of(1, age=np.ones((1, 1), np.longdouble))
    assert side.features.dtype == longer.features.dtype == np.float64


def test_a_side_of_nothing_and_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="rows must be at least 1, got 0"):
        Side.of(0)
    with pytest.raises(ValueError, match="table age has 2 rows, the side 3"):
        Side.of(3, age=one_hot([1, 2]))
    with pytest.raises(ValueError, match=r"^the table age holds a number that is not finite"):
        Side.of(1, age=csr_array([[np.nan]]))
    with pytest.raises(ValueError, match="table genres has no columns"):
        Side.of(2, genres=flags(["", ""]))
    with pytest.raises(ValueError, match="itself is the name"):
        Side.of(1, itself=one_hot([1]))
    with pytest.raises(TypeError, match=r"rows must be a whole number, got 2\.5"):
        Side.of(2.5)
    with pytest.raises(ValueError, match=r"^rows asks for 1,000,000,000,000 numbers"):
        Side.of(10**12)
    for wrong, error, words in [
        ("x", TypeError, "^the table age must be an array of numbers, got 'x'"),
        (np.ones(1), ValueError, "the table age must have two axes"),
        (np.array([[np.inf]]), ValueError, r"the table age\[0, 0\] is inf"),
    ]:
        with pytest.raises(error, match=words):
            Side.of(1, age=wrong)


def test_tables_may_be_arrays_and_have_any_other_name():
    side = Side.of(2, rows=np.array([[1.0], [0.0]]), cls=one_hot(["a", "b"]))
    assert side.names == ("itself", "rows", "cls")
    assert side.features.toarray().tolist() == [[1, 0, 1, 1, 0], [0, 1, 0, 0, 1]]


def test_one_hot_has_a_column_for_each_value_in_order():
    assert one_hot(["b", "a", "b"]).toarray().tolist() == [[0, 1], [1, 0], [0, 1]]
    assert one_hot([]).shape == flags([]).shape == (0, 0)


def test_missing_values_are_named():
    for missing in (np.nan, None):
        with pytest.raises(ValueError, match="value 1 is missing"):
            one_hot(["a", missing])
        with pytest.raises(TypeError, match=r"texts\[1\] must be a str, got (nan|None)"):
            flags(["Drama", missing])


def test_flags_are_scaled_to_length_one():
    table = flags(["Drama|War", "War", ""]).toarray()
    np.testing.assert_allclose(table, [[0.5**0.5, 0.5**0.5], [0, 1], [0, 0]])


def test_shares_keep_directions_and_rows_of_zeros():
    np.testing.assert_allclose(
        shares(csr_array([[3.0, 4.0], [0.0, 0.0]])).toarray(), [[0.6, 0.8], [0, 0]]
    )
    np.testing.assert_allclose(shares(np.array([[0.3, 0.4]])).toarray(), [[0.6, 0.8]])
    large = np.array([[96, 72]], np.int8)  # whose squares don't fit into an int8
    np.testing.assert_allclose(shares(csr_array(large)).toarray(), [[0.8, 0.6]])


def test_who_rated_what_by_hand():
    of_users, of_movies = who_rated_what(np.array([0, 0, 2]), np.array([1, 0, 1]), 3, 2)
    half = 0.5**0.5
    np.testing.assert_allclose(of_users.toarray(), [[half, half], [0, 0], [0, 1]])
    np.testing.assert_allclose(of_movies.toarray(), [[1, 0, 0], [half, 0, half]])
    again, _ = who_rated_what(np.array([0, 0, 2, 0]), np.array([1, 0, 1, 1]), 3, 2)
    np.testing.assert_allclose(again.toarray(), of_users.toarray())
    # Whoever has rated nothing, and what nobody has rated, have rows and columns of zeros.
    of_users, of_movies = who_rated_what(np.array([0]), np.array([1]), 2, 3)
    assert of_users.toarray().tolist() == [[0, 1, 0], [0, 0, 0]]
    assert of_movies.toarray().tolist() == [[0, 0], [1, 0], [0, 0]]
    with pytest.raises(
        TypeError, match="users must be an array of whole numbers, got an array of float64"
    ):
        who_rated_what(np.array([0.5]), np.array([1]), 3, 2)


def test_one_text_is_not_taken_for_its_letters():
    with pytest.raises(TypeError, match="values must be a list, got 'ab'"):
        one_hot("ab")
    with pytest.raises(TypeError, match=r"texts must be a list, got 'Drama\|War'"):
        flags("Drama|War")


def test_values_without_an_order_and_a_separator_of_nothing_are_refused():
    with pytest.raises(TypeError, match="values can't be put in order"):
        one_hot([1, 1j, None.__class__])
    with pytest.raises(ValueError, match="separator is empty"):
        flags(["Drama"], "")


def test_shares_of_numbers_too_large_to_be_squared_are_refused():
    words = "^a length can't be computed, inf .* numbers in table are too large"
    with np.errstate(over="raise"), pytest.raises(ValueError, match=words):  # and no warning before
        shares(np.array([[1e200, 1.0]]))
    with pytest.raises(ValueError, match="table holds a number that is not finite"):
        shares(csr_array([[np.nan, 1.0]]))


@pytest.mark.parametrize(
    ("users", "movies", "error", "words"),
    [
        ([3], [0], IndexError, "user index 3 is out of range: the model has 3"),
        ([-1], [0], IndexError, "user index -1 is out of range"),
        ([0], [2], IndexError, "movie index 2 is out of range: the model has 2"),
        ([0, 1], [0], ValueError, "users and movies must be pairs, got 2 and 1"),
    ],
)
def test_pairs_outside_of_the_tables_are_refused(users, movies, error, words):
    with pytest.raises(error, match=f"^{words}"):
        who_rated_what(np.array(users), np.array(movies), 3, 2)


def test_tables_larger_than_the_memory_are_refused():
    one = np.array([0])
    with pytest.raises(ValueError, match=r"^num_users asks for 1,000,000,000,000 numbers"):
        who_rated_what(one, one, 10**12, 2)
    with pytest.raises(ValueError, match=r"^num_movies asks for 1,000,000,000,000 numbers"):
        who_rated_what(one, one, 2, 10**12)


def test_flags_of_many_texts_take_no_more_room_than_they_have_parts():
    """Written in full, a column for each would be 30,000 × 30,000 numbers: 7 GB."""
    table = flags([f"b{number:05}|a{number:05}" for number in range(15_000)])
    assert table.shape == (15_000, 30_000) and table.nnz == 30_000
    assert table.indices.tolist()[:4] == [0, 15_000, 1, 15_001]  # columns in order


def test_a_part_that_a_text_has_twice_counts_once_and_an_empty_one_never():
    assert flags(["A|A", "|A|", "B.C"], "|").toarray().tolist() == [[1, 0], [1, 0], [0, 1]]
    assert flags(["A.B", "B"], ".").toarray()[1].tolist() == [0, 1]


def test_values_that_floats_cannot_tell_apart_have_columns_of_their_own():
    assert one_hot([2**53 + 1, 2**53, 0.5]).toarray().tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
