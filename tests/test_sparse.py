import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.machinery.sparse import (
    Observed,
    Rows,
    check_observed,
    check_rows,
    find_difference,
    find_repeated,
    group_by_row,
    transpose,
)

# Users 0 … 3 and movies 0 … 2; user 2 and movie 1 have nothing.
USERS, MOVIES = np.array([3, 0, 1, 0]), np.array([0, 2, 2, 0])


@st.composite
def pairs(draw):
    """(users, movies, confidence, num_users, num_movies): distinct pairs in any order."""
    num_users, num_movies = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    cells = st.lists(st.integers(0, num_users * num_movies - 1), min_size=1, unique=True)
    users, movies = np.divmod(np.array(draw(cells)), num_movies)
    confidence = 1 + np.arange(len(users)) / 4 if draw(st.booleans()) else None
    return users, movies, confidence, num_users, num_movies


def as_matrix(rows: Rows) -> np.ndarray:
    matrix = np.zeros((len(rows.starts) - 1, rows.num_columns))
    for row in range(len(matrix)):
        cells = slice(rows.starts[row], rows.starts[row + 1])
        matrix[row, rows.indices[cells]] = rows.confidence[cells] if len(rows.confidence) else 1
    return matrix


def test_the_index_of_four_pairs_written_out():
    by_user, by_movie = observed = Observed.from_pairs(USERS, MOVIES, [9.0, 2.0, 3.0, 4.0])
    assert by_user.starts.tolist() == [0, 2, 3, 3, 4]
    assert by_user.indices.tolist() == [0, 2, 2, 0]
    assert by_user.confidence.tolist() == [4.0, 2.0, 3.0, 9.0]
    assert by_movie.starts.tolist() == [0, 2, 2, 4]
    assert by_movie.indices.tolist() == [0, 3, 0, 1]
    assert by_movie.confidence.tolist() == [4.0, 9.0, 2.0, 3.0]
    assert (observed.num_pairs, observed.shape) == (4, (4, 3))


@settings(deadline=None)  # the first call compiles
@given(case=pairs())
def test_both_sides_hold_the_matrix_that_the_pairs_make(case):
    users, movies, confidence, num_users, num_movies = case
    matrix = np.zeros((num_users, num_movies))
    matrix[users, movies] = 1 if confidence is None else confidence
    observed = Observed.from_pairs(
        users, movies, confidence, num_users=num_users, num_movies=num_movies
    )
    assert observed.shape == matrix.shape and observed.num_pairs == len(users)
    assert np.array_equal(as_matrix(observed.by_user), matrix)
    assert np.array_equal(as_matrix(observed.by_movie), matrix.T)
    for rows in observed:
        for start, end in zip(rows.starts[:-1], rows.starts[1:], strict=True):
            assert (np.diff(rows.indices[start:end]) > 0).all()


@settings(deadline=None, max_examples=30)
@given(case=pairs())
def test_plain_python_sorts_as_machine_code_does(case):
    users, movies, confidence, num_users, num_movies = case
    confidence = np.array([] if confidence is None else confidence, np.float32)
    pair_arrays = users.astype(np.int32), movies.astype(np.int32), confidence
    for loop, arguments in (
        (group_by_row, (*pair_arrays, num_users)),
        (transpose, (*group_by_row(*pair_arrays, num_users), num_movies)),
    ):
        for fast, plain in zip(loop(*arguments), loop.__wrapped__(*arguments), strict=True):
            assert fast.dtype == plain.dtype and np.array_equal(fast, plain)
    starts, indices, _ = group_by_row(*pair_arrays, num_users)
    assert find_repeated(starts, indices) == find_repeated.__wrapped__(starts, indices)


def test_the_index_is_compact_and_takes_any_integers():
    expected = Observed.from_pairs(USERS, MOVIES)
    for rows in expected:
        assert (rows.starts.dtype, rows.indices.dtype) == (np.int64, np.int32)
        assert (rows.confidence.dtype, len(rows.confidence)) == (np.float32, 0)
    for dtype in (np.int8, np.uint16, np.int32, np.int64, ">i4"):
        index = Observed.from_pairs(USERS.astype(dtype), MOVIES.astype(np.int16))
        for rows, same in zip(index, expected, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(rows, same, strict=True))


def test_the_matrix_may_be_larger_than_the_pairs():
    observed = Observed.from_pairs(USERS, MOVIES, num_users=6, num_movies=9)
    assert observed.shape == (6, 9)
    assert len(observed.by_user.starts) == 7 and len(observed.by_movie.starts) == 10


def test_a_matrix_gives_the_same_index_as_its_pairs():
    matrix = np.zeros((4, 3))
    matrix[USERS, MOVIES] = 1
    observed = Observed.from_matrix(matrix)
    assert observed.shape == (4, 3)
    assert np.array_equal(as_matrix(observed.by_user), matrix)
    assert np.array_equal(as_matrix(Observed.from_matrix(matrix > 0).by_movie), matrix.T)
    assert Observed.from_matrix(np.pad(matrix, (0, 2))).shape == (6, 5)  # without a 1 at the end


@pytest.mark.parametrize(
    "wrong",
    [np.full((2, 2), 0.5), np.array([0, 1]), np.full((2, 2), np.nan), np.array([[0, 1, 2]])],
)
def test_a_matrix_of_other_numbers_or_another_shape_raises(wrong):
    with pytest.raises(ValueError, match="each cell 0 or 1, got an array of shape"):
        Observed.from_matrix(wrong)


def test_a_matrix_without_ones_raises():
    for shape in ((2, 2), (0, 2)):
        with pytest.raises(ValueError, match="the matrix has not a single 1"):
            Observed.from_matrix(np.zeros(shape))


def test_no_pairs_raise():
    with pytest.raises(ValueError, match="no pairs were observed"):
        Observed.from_pairs(np.array([], int), np.array([], int))


@pytest.mark.parametrize(
    ("users", "movies", "sizes", "message"),
    [
        ([0, 4], [0, 0], {"num_users": 4}, "user index 4 is out of range: the matrix has 4"),
        ([0, 1], [0, 3], {"num_movies": 3}, "movie index 3 is out of range: the matrix has 3"),
        ([0, -1], [0, 0], {}, "user index -1 is out of range"),
        ([0, 1], [-1, 0], {}, "movie index -1 is out of range"),
        ([0, 2**31], [0, 0], {}, "user index 2147483648 is out of range"),
    ],
)
def test_an_index_out_of_range_raises(users, movies, sizes, message):
    with pytest.raises(IndexError, match=message):
        Observed.from_pairs(np.array(users), np.array(movies), **sizes)


def test_lists_that_do_not_pair_up_raise():
    with pytest.raises(ValueError, match="two lists of one length, got 2 and 1"):
        Observed.from_pairs(np.array([0, 1]), np.array([0]))
    with pytest.raises(ValueError, match="users must have one axis"):
        Observed.from_pairs(np.array([[0]]), np.array([[0]]))


def test_indices_that_are_not_integers_raise():
    with pytest.raises(TypeError, match=r"movies must be an array of whole numbers, got .*float64"):
        Observed.from_pairs(USERS, MOVIES / 2)


def test_a_pair_that_is_there_twice_raises():
    users, movies = np.array([5, 2, 0, 2]), np.array([1, 3, 3, 3])
    with pytest.raises(ValueError, match="user 2 and movie 3 are paired more than once"):
        Observed.from_pairs(users, movies)
    with pytest.raises(ValueError, match="user 0 and movie 0 are paired more than once"):
        Observed.from_pairs([0, 0, 1], [0, 0, 1])


def test_the_first_pair_that_is_there_twice_is_found_by_both_ways():
    starts, indices = np.array([0, 3, 3, 5]), np.array([1, 4, 6, 2, 2], np.int32)
    for loop in (find_repeated, find_repeated.__wrapped__):
        assert loop(starts, indices) == (2, 2)
        assert loop(starts[:2], indices) == (-1, -1)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf, 1e39, 1e-46])
def test_confidence_that_is_not_positive_and_finite_raises(wrong):
    with pytest.raises(ValueError, match=r"pair 2 has confidence .* must be positive and finite"):
        Observed.from_pairs(USERS, MOVIES, np.array([1.0, 2.0, wrong, 4.0]))


def test_confidence_of_another_length_raises():
    with pytest.raises(ValueError, match=r"4 pairs, but confidence has shape \(3,\)"):
        Observed.from_pairs(USERS, MOVIES, np.ones(3))


@given(case=pairs(), count=st.integers(1, 70))
def test_shares_hold_every_row_once_and_none_much_more_than_its_part(case, count):
    users, movies, confidence, num_users, num_movies = case
    sizes = {"num_users": num_users, "num_movies": num_movies}
    for rows in Observed.from_pairs(users, movies, confidence, **sizes):
        shares = rows.shares(count)
        num_rows = len(rows.starts) - 1
        assert (shares[0], shares[-1], len(shares)) == (0, num_rows, count + 1)
        assert (np.diff(shares) >= 0).all()
        work = np.append(0, np.cumsum(np.diff(rows.starts) + 10))
        assert np.diff(work[shares]).max() <= work[-1] / count + np.diff(work).max()


def test_shares_by_hand():
    # Rows of 100, 1, 1, 1 and 97 pairs are work 110, 11, 11, 11 and 107; half of all is 125.
    starts = np.array([0, 100, 101, 102, 103, 200])
    rows = Rows(starts, np.zeros(200, np.int32), np.empty(0, np.float32), 300)
    assert rows.shares(2).tolist() == [0, 3, 5]
    # And 30 or 29 pairs, then four rows of none: half of the work is 40 of 80, and 39.5 of 79.
    for pairs_of_first, cut in ((30, 1), (29, 2)):
        starts = np.array([0, *[pairs_of_first] * 5])
        rows = Rows(starts, np.zeros(pairs_of_first, np.int32), np.empty(0, np.float32), 300)
        assert rows.shares(2).tolist() == [0, cut, 5]


ROWS = Rows(np.array([0, 1, 3]), np.array([2, 0, 1]), np.array([1.0, 2.0, 3.0]), 3)


def test_rows_may_be_lists_and_are_not_copied():
    rows = check_rows(Rows([0, 1, 3], [2, 0, 1], [], 3))
    assert all(isinstance(part, np.ndarray) for part in rows[:3]) and rows.num_columns == 3
    assert check_rows(ROWS).indices is ROWS.indices


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"starts": np.array([0, 1])}, ValueError, "must go up from 0 to the number of ind.* is 3"),
        ({"starts": np.array([0, 2, 1, 3])}, ValueError, "must go up from 0"),
        ({"starts": np.array([1, 3])}, ValueError, "must go up from 0"),
        ({"starts": np.array([], int)}, ValueError, "must go up from 0"),
        ({"starts": np.array([0.0, 3.0])}, TypeError, "starts must be an array of whole numbers"),
        ({"indices": None}, TypeError, "indices must be an array of whole numbers, got None"),
        ({"confidence": np.ones(2)}, ValueError, "3 indices of rows, but 2 numbers of confidence"),
        ({"confidence": np.array([1, 2, np.nan])}, ValueError, r"confidence\[2\] is nan"),
        ({"num_columns": -1}, ValueError, "num_columns must be at least 0, got -1"),
    ],
)
def test_rows_that_do_not_fit_together_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        check_rows(ROWS._replace(**change))


def test_two_sides_that_differ_are_refused():
    observed = Observed.from_pairs(USERS, MOVIES)
    assert check_observed(observed).shape == observed.shape
    by_user, by_movie = observed
    with pytest.raises(ValueError, match="are of different shapes"):
        check_observed(Observed(by_user, by_movie._replace(num_columns=9)))
    without = by_movie._replace(starts=np.zeros_like(by_movie.starts), indices=USERS[:0])
    with pytest.raises(ValueError, match="have different pairs"):
        check_observed(Observed(by_user, without))
    nothing = Rows(np.zeros(5, int), USERS[:0], np.empty(0), 3)
    with pytest.raises(ValueError, match="no pairs were observed"):
        check_observed(Observed(nothing, nothing._replace(starts=np.zeros(4, int), num_columns=4)))
    for wrong in (-1, 3):
        indices = np.where(np.arange(4) == 1, wrong, by_user.indices)
        with pytest.raises(IndexError, match=f"^movie index {wrong} is out of range: .* has 3"):
            check_observed(Observed(by_user._replace(indices=indices), by_movie))
    indices = np.where(np.arange(4) == 1, 4, by_movie.indices)
    with pytest.raises(IndexError, match=r"^user index 4 is out of range: .* has 4"):
        check_observed(Observed(by_user, by_movie._replace(indices=indices)))
    with pytest.raises(TypeError, match="observed must be a Observed"):
        check_observed(tuple(observed))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.uint64, np.int64])
def test_small_and_unsigned_indices_are_sorted_as_any_others(dtype):
    last = min(255, np.iinfo(dtype).max)
    rows, columns = np.arange(last, -1, -1).astype(dtype), np.zeros(last + 1, dtype)
    nothing = np.empty(0, np.float32)
    for loop in (group_by_row, group_by_row.__wrapped__):
        assert loop(rows, columns, nothing, last + 1)[0].tolist() == list(range(last + 2))
    starts, column_0 = np.arange(last + 302), np.full(last + 301, last, dtype)
    for loop in (transpose, transpose.__wrapped__):  # more rows than the columns can count
        column_starts, indices, _ = loop(starts, column_0, nothing, last + 1)
        assert indices.tolist() == list(range(last + 301)) and column_starts[-2:].tolist()[0] == 0
    observed = Observed.from_pairs(rows, columns)
    assert observed.shape == (last + 1, 1) and observed.num_pairs == last + 1


def test_loops_refuse_what_would_lead_out_of_an_array():
    nothing, columns = np.empty(0, np.float32), np.zeros(2, np.int32)
    with pytest.raises(ValueError, match="columns must have 1 axes"):
        group_by_row(np.array([0, 1]), columns[None], nothing, 2)
    with pytest.raises(IndexError, match=r"rows\[1\] is 2, but num_rows has 2"):
        group_by_row(np.array([0, 2]), columns, nothing, 2)
    with pytest.raises(ValueError, match="num_rows is 10000000000: a size from 0 to"):
        group_by_row(np.array([0, 1]), columns, nothing, 10**10)
    with pytest.raises(ValueError, match="num_columns is 10000000000: a size from 0 to"):
        transpose(np.array([0, 2]), columns, nothing, 10**10)


def test_a_matrix_for_which_there_is_no_room_raises():
    with pytest.raises(ValueError, match=r"num_users \(or an index in users\) asks for"):
        Observed.from_pairs([0, 1], [0, 1], num_users=10**12)
    with pytest.raises(ValueError, match=r"num_movies \(or an index in movies\) asks for"):
        Observed.from_pairs([0, 1], [0, 2**31 - 1])
    with pytest.raises(ValueError, match="num_users must be at least 1, got 0"):
        Observed.from_pairs([0, 1], [0, 1], num_users=0)


def test_shares_of_rows_made_by_hand():
    assert Rows([0, 1, 3], [2, 0, 1], [], 3).shares(1).tolist() == [0, 2]
    for starts in ([0, 2, 1], [1, 3], [0, 2], []):
        with pytest.raises(ValueError, match=r"starts of rows must go up from 0 to .* 3"):
            ROWS._replace(starts=np.array(starts, int)).shares(2)
    with pytest.raises(TypeError, match="starts of rows must be an array of whole numbers"):
        ROWS._replace(starts=None).shares(2)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        ROWS.shares(0)
    assert len(ROWS.shares()) == 64 + 1
    assert len(ROWS.shares(10**6)) == 10**6 + 1
    with pytest.raises(ValueError, match="count asks for"):
        ROWS.shares(10**6 + 1)


@pytest.mark.parametrize("side", ["user", "movie"])
def test_a_table_with_more_rows_than_have_room_is_refused(side):
    with pytest.raises(ValueError, match=rf"^num_{side}s .* asks for 100,000,001 numbers"):
        Observed.from_pairs([0], [0], **{f"num_{side}s": 10**8 + 1})


BOTH = Observed.from_pairs([0, 0, 1, 2], [0, 1, 1, 2], [1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("of_users", "of_movies", "message"),
    [
        ({}, {"indices": [0, 0, 2, 2]}, "user 1 and movie 1 are the first"),
        ({"indices": [1, 0, 1, 2]}, {}, "user 0 and movie 1 are the first"),
        ({"indices": [0, 0, 1, 2]}, {}, "user 0 and movie 0 are the first"),
        ({"indices": [0, 0, 1, 2]}, {"starts": [0, 2, 3, 4]}, "user 0 and movie 0 are the first"),
        ({}, {"confidence": [1.0, 3.0, 2.0, 4.0]}, "user 0 and movie 1 are the first"),
        ({}, {"confidence": []}, "^only one side .* has confidence"),
        ({"confidence": [1.0, 0, 1, 1]}, {}, "^the confidence of rows must be positive"),
    ],
)  # fmt: skip
def test_two_sides_that_do_not_hold_the_same_pairs_are_refused(of_users, of_movies, message):
    by_user, by_movie = (
        rows._replace(**{name: np.array(value) for name, value in change.items()})
        for rows, change in zip(BOTH, (of_users, of_movies), strict=True)
    )
    with pytest.raises(ValueError, match=message):
        check_observed(Observed(by_user, by_movie))


CELLS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 5)), min_size=1)


@given(cells=CELLS, is_plain=st.booleans())
def test_two_sides_of_the_same_pairs_differ_nowhere_and_with_another_pair_they_do(cells, is_plain):
    users, movies = map(np.array, zip(*sorted(cells), strict=True))
    confidence = None if is_plain else np.arange(1.0, len(cells) + 1)
    observed = Observed.from_pairs(users, movies, confidence, num_users=7, num_movies=6)
    assert check_observed(observed).num_pairs == len(cells)
    moved = (movies + (np.arange(len(cells)) == 0)) % 6
    other = {*zip(users.tolist(), moved.tolist(), strict=True)}
    if other != cells and len(other) == len(cells):
        theirs = Observed.from_pairs(users, moved, confidence, num_users=7, num_movies=6)
        with pytest.raises(ValueError, match="are not of the same pairs"):
            check_observed(Observed(observed.by_user, theirs.by_movie))


def test_where_two_sides_differ_is_found_in_both_speeds():
    cells = np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0])
    theirs = np.array([0, 1, 3]), np.array([0, 0, 1]), cells[2]
    for find in (find_difference, find_difference.__wrapped__):
        assert find(*cells, *theirs) == find(*cells[:2], np.empty(0), *theirs) == (-1, -1)
        assert find(*cells, *theirs[:2], np.empty(0)) == (-1, -1)
        assert find(*cells, *theirs[:2], np.array([1.0, 2.0, 4.0])) == (1, 1)
        assert find(*cells, theirs[0], np.array([0, 1, 1]), theirs[2]) == (0, 1)
        assert find(*cells, np.array([0, 0, 3]), theirs[1], theirs[2]) == (0, 0)
        assert find(cells[0], np.array([1, 1, 0]), cells[2], *theirs) == (0, 1)
