import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.ratings import (
    COLD,
    IdMap,
    Ratings,
    check_columns,
    check_indices,
    check_pairs,
    check_training_set,
    encode,
    split,
    split_by_time,
    split_last,
)

IDS = st.lists(st.integers(-(2**40), 2**40), max_size=30)


def table(num_rows):
    rows = range(num_rows)
    return pd.DataFrame({"user_id": rows, "movie_id": [100 + i for i in rows], "rating": 3.0})


@given(ids=IDS)
def test_indices_run_in_order_of_first_appearance(ids):
    fitted = IdMap(ids)
    in_order = list(dict.fromkeys(ids))
    assert fitted.ids.tolist() == in_order and len(fitted) == len(in_order)
    assert fitted.encode(in_order).tolist() == list(range(len(in_order)))


@given(ids=IDS)
def test_decode_undoes_encode(ids):
    fitted = IdMap(ids)
    indices = fitted.encode(ids)
    assert indices.dtype == np.int32
    assert fitted.decode(indices).tolist() == ids


@given(known=IDS, asked=IDS)
def test_unknown_ids_become_cold_and_only_those(known, asked):
    indices = IdMap(known).encode(asked, unknown="cold")
    assert [i == COLD for i in indices] == [i not in known for i in asked]


def test_unknown_ids_raise_and_the_first_is_named():
    with pytest.raises(KeyError, match=r"2 unknown ids, the first is .*7.* on 2 other ids"):
        IdMap([5, 6]).encode([5, 7, 8, 7])


@pytest.mark.parametrize("index", [COLD, 2])
def test_decoding_an_index_that_is_not_there_raises(index):
    with pytest.raises(IndexError, match=f"no id at index {index}: indices run from 0 to 1"):
        IdMap([5, 6]).decode([0, index])


def test_ids_may_be_text():
    titles = IdMap(["Heat", "Alien", "Heat"])
    assert titles.encode(["Alien", "Heat"]).tolist() == [1, 0]
    assert titles.decode([1]).tolist() == ["Alien"]


def test_ids_may_be_times_and_stay_what_they_were():
    days = pd.Series(pd.date_range("2020-01-01", periods=3))
    decoded = IdMap(days).decode([2])
    assert decoded.dtype == days.dtype and decoded[0] == days.to_numpy()[2]


def test_ids_may_be_whatever_has_an_order():
    for ids in ({"a": 6, "b": 5}.values(), (i for i in (6, 5)), range(6, 4, -1), (6, 5)):
        assert IdMap(ids).ids.tolist() == [6, 5]


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ({3, 1}, TypeError, r"ids must have an order, such as a list has, got \{1, 3\}"),
        ({3: 1}, TypeError, r"ids must have an order, such as a list has, got \{3: 1\}"),
        ([(1, 2), (3, 4)], ValueError, r"ids must be one plain list.* of shape \(2, 2\)"),
        ([5.0, np.nan, np.nan], ValueError, r"ids\[1\] is missing: drop such rows first"),
        (["Heat", None], ValueError, r"ids\[1\] is missing"),
    ],
    ids=str,
)
def test_ids_without_an_order_or_with_gaps_raise(ids, error, message):
    for call in (IdMap, IdMap([1]).encode):
        with pytest.raises(error, match=f"^{message}"):
            call(ids)


def test_encode_hand_computed():
    rows = {"user_id": [9, 9, 4], "movie_id": [50, 7, 50], "rating": [5, 3, 1], "timestamp": 0}
    encoded = encode(pd.DataFrame(rows), IdMap([4, 9]), IdMap([50, 7]))
    assert encoded.users.tolist() == [1, 1, 0]
    assert encoded.movies.tolist() == [0, 1, 0]
    assert encoded.ratings.tolist() == [5.0, 3.0, 1.0]
    assert [part.dtype for part in encoded] == [np.int32, np.int32, np.float64]


def test_encode_unknown_users_and_movies():
    users, movies = IdMap([0, 1]), IdMap([100])
    with pytest.raises(KeyError, match="1 unknown ids"):
        encode(table(3), users, IdMap([100, 101, 102]))
    with pytest.raises(KeyError, match="2 unknown ids"):
        encode(table(3), IdMap([0, 1, 2]), movies)
    encoded = encode(table(3), users, movies, unknown="cold")
    assert encoded.users.tolist() == [0, 1, COLD]
    assert encoded.movies.tolist() == [0, COLD, COLD]


def test_encode_does_not_look_at_the_labels_of_the_rows():
    shuffled = table(3).iloc[[2, 0, 1]]
    encoded = encode(shuffled, IdMap([0, 1, 2]), IdMap([100, 101, 102]))
    assert encoded.users.tolist() == [2, 0, 1]


def test_encode_names_the_missing_column_and_the_bad_row():
    maps = IdMap([0, 1, 2]), IdMap([100, 101, 102])
    for name in ("user_id", "movie_id", "rating"):
        with pytest.raises(ValueError, match=f"no column '{name}', only"):
            encode(table(3).drop(columns=name), *maps)
    with pytest.raises(TypeError, match="the column rating must be an array of numbers"):
        encode(table(3).assign(rating="good"), *maps)
    with pytest.raises(ValueError, match="row 1 of the table has no rating"):
        encode(table(3).assign(rating=[1, np.nan, 2]), *maps)


# Ratings and indices, before somebody learns from them


def test_a_good_training_set_comes_back_as_arrays_with_what_it_held():
    one = Ratings([0], [0], [3.5])
    assert [column.tolist() for column in check_training_set(one)] == [[0], [0], [3.5]]
    stars = np.array([1.0, 2.0])
    train = check_training_set(Ratings([0, 1], np.array([1, 0], np.int32), stars))
    assert isinstance(train, Ratings) and isinstance(train.users, np.ndarray)
    assert train.ratings is stars and train.movies.dtype == np.int32


@pytest.mark.parametrize(
    ("users", "movies", "ratings", "message"),
    [
        ([], [], [], "the training set is empty: there is nothing to learn from"),
        ([COLD, 1], [0, 1], [3, 4], "training rows must not be cold: fit the id maps"),
        ([0, 1], [1, COLD], [3, 4], "training rows must not be cold"),
        ([0, -2], [1, 1], [3, 4], "training rows must not be cold"),
        ([0, 1], [0], [3, 4], "ratings need .*: there are 2 users, 1 movies and 2 ratings"),
        ([0], [0, 1], [3, 4], "ratings need .*: there are 1 users, 2 movies and 2 ratings"),
        ([0, 1], [0, 1], [3], "ratings need .*: there are 2 users, 2 movies and 1 ratings"),
    ],
)
def test_a_training_set_that_teaches_nothing_raises(users, movies, ratings, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        check_training_set(Ratings(users, movies, ratings))


def test_columns_become_ratings_and_may_be_cold():
    checked = check_columns([0, COLD], [COLD, 2], [3.0, 4.0])
    assert isinstance(checked, Ratings)
    assert [column.tolist() for column in checked] == [[0, -1], [-1, 2], [3.0, 4.0]]


def test_indices_run_from_cold_to_one_below_the_size():
    assert check_indices("user", [COLD, 0, 2], 3).tolist() == [-1, 0, 2]
    for index in (-2, 3, 4):
        message = f"^user index {index} is out of range: the model has 3 .and -1 for a cold one"
        with pytest.raises(IndexError, match=message):
            check_indices("user", [0, index, 1], 3)


def test_pairs_are_looked_at_on_both_sides():
    users, movies = check_pairs([0, COLD, 1], [2, 1, COLD], 2, 3)
    assert (users.tolist(), movies.tolist()) == ([0, -1, 1], [2, 1, -1])
    with pytest.raises(IndexError, match=r"^user index 2 is out of range: the model has 2"):
        check_pairs([2], [2], 2, 3)
    with pytest.raises(IndexError, match=r"^movie index 3 is out of range: the model has 3"):
        check_pairs([1], [3], 2, 3)
    with pytest.raises(ValueError, match=r"^every pair needs both: 2 users and 1 movies"):
        check_pairs([0, 1], [0], 2, 3)


# Parts


@given(n=st.integers(10, 200), seed=st.integers(0, 1000))
def test_split_puts_every_row_in_exactly_one_part(n, seed):
    whole = table(n)
    before = whole.copy()
    parts = split(whole, (0.6, 0.2, 0.2), rng=np.random.default_rng(seed))
    assert sorted(pd.concat(parts).user_id) == list(range(n))
    for part in parts:
        assert list(part.index) == list(range(len(part)))
        assert (part.movie_id == part.user_id + 100).all()  # rows stay whole
    pd.testing.assert_frame_equal(whole, before)


@pytest.mark.parametrize(
    ("n", "fractions", "sizes"),
    [
        (100_000, (0.70, 0.15, 0.15), [70_000, 15_000, 15_000]),
        (20, (0.70, 0.15, 0.15), [14, 3, 3]),
        (10, (0.5, 0.5), [5, 5]),
        (7, (0.5, 0.5), [3, 4]),
        (10, (0.7, 0.1, 0.2), [7, 1, 2]),  # 0.7 + 0.1 is 0.7999999999999999
        (10, (0.69999996, 0.30000004), [7, 3]),  # a hair is less than half a millionth of a row
        (10, (0.6999996, 0.3000004), [6, 4]),
        (10, (0.5, 0.5 + 1e-10), [5, 5]),
        (10, np.array([0.5, 0.5], np.float16), [5, 5]),
        (3, (1.0,), [3]),
    ],
)
def test_split_sizes(n, fractions, sizes):
    parts = split(table(n), fractions, rng=np.random.default_rng(0))
    assert [len(part) for part in parts] == sizes


def test_the_generator_decides_the_split():
    def first_part(seed):
        return split(table(50), rng=np.random.default_rng(seed))[0].user_id.tolist()

    assert first_part(1) == first_part(1)
    assert first_part(1) != first_part(2)
    assert first_part(1) != sorted(first_part(1))


@pytest.mark.parametrize(
    "fractions",
    [(), (0.5, 0.4), (0.5, 0.6), (0.5, 0.5 + 1e-8), (0.7, 0.5, -0.2), (1.0, 0.0), (0.0, 1.0)],
)
def test_fractions_that_are_not_fractions_raise(fractions):
    with pytest.raises(ValueError, match="positive and add up to 1"):
        split(table(10), fractions, rng=np.random.default_rng(0))


@pytest.mark.parametrize("n", [0, 2])
def test_too_few_rows_raise(n):
    with pytest.raises(ValueError, match=f"{n} rows are too few"):
        split(table(n), rng=np.random.default_rng(0))


def timed(*rows):
    """A table of (user, movie, moment)."""
    users, movies, moments = zip(*rows, strict=True)
    return pd.DataFrame({"user_id": users, "movie_id": movies, "rating": 3.0, "timestamp": moments})


def shuffled(num_rows, seed):
    rng = np.random.default_rng(seed)
    users, moments = rng.integers(0, 9, num_rows), rng.permutation(num_rows)
    return timed(*zip(users, range(num_rows), moments, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_in_a_split_by_time_nothing_is_learned_from_after_what_is_predicted(seed):
    table = shuffled(40, seed)
    train, validation, test = split_by_time(table, (0.5, 0.25, 0.25))
    assert [len(part) for part in (train, validation, test)] == [20, 10, 10]
    assert train["timestamp"].max() < validation["timestamp"].min()
    assert validation["timestamp"].max() < test["timestamp"].min()
    together = pd.concat([train, validation, test]).sort_values("movie_id", ignore_index=True)
    pd.testing.assert_frame_equal(together, table)


def test_rows_of_one_moment_keep_their_order():
    table = timed((1, 10, 5), (2, 11, 5), (3, 12, 5), (4, 13, 1))
    parts = split_by_time(table, (0.5, 0.25, 0.25))
    assert [part["movie_id"].tolist() for part in parts] == [[13, 10], [11], [12]]
    moments = [i % 2 for i in range(100)]  # of a few rows, every way of sorting keeps the order
    earlier, later = split_by_time(timed(*((1, i, m) for i, m in enumerate(moments))), (0.5, 0.5))
    assert earlier["movie_id"].tolist() == list(range(0, 100, 2))
    assert later["movie_id"].tolist() == list(range(1, 100, 2))


def test_leave_last_out_by_hand():
    table = timed((1, 10, 3), (1, 11, 1), (2, 12, 9), (1, 13, 2), (2, 14, 8), (1, 15, 0))
    train, validation, test = split_last(table)
    assert test[["user_id", "movie_id"]].to_numpy().tolist() == [[1, 10]]
    assert validation["movie_id"].tolist() == [13]
    assert sorted(train["movie_id"]) == [11, 12, 14, 15]


def test_of_leave_last_out_every_user_with_three_ratings_has_one_in_each_part():
    table = shuffled(60, 4)
    train, validation, test = split_last(table)
    for user, own in table.groupby("user_id"):
        newest = own.sort_values("timestamp")["movie_id"].tolist()
        parts = [
            part.loc[part["user_id"] == user, "movie_id"].tolist()
            for part in (train, validation, test)
        ]
        assert parts == [newest[:-2], newest[-2:-1], newest[-1:]]


def test_user_ids_need_no_order():
    table = timed((b"x", 10, 1), (7, 11, 2), (b"x", 12, 3), (7, 13, 4), (b"x", 14, 5))
    train, validation, test = split_last(table)
    assert [part["movie_id"].tolist() for part in (train, validation, test)] == [
        [10, 11, 13], [12], [14],
    ]  # fmt: skip


def test_splits_in_time_name_what_is_missing():
    table = timed((1, 10, 3.0), (1, 11, float("nan")), (1, 12, 5.0))
    for cut in (split_by_time, split_last):
        with pytest.raises(ValueError, match="row 1 of the table has no timestamp"):
            cut(table)
        with pytest.raises(ValueError, match="no column 'date'"):
            cut(table, time="date")
        with pytest.raises(ValueError, match="no column 'user_id'"):
            cut(table.drop(columns="user_id"))
        with pytest.raises(TypeError, match=r"^the column timestamp can't be put in order"):
            cut(table.assign(timestamp=[1, "a", 2]))
    with pytest.raises(ValueError, match="none of 2 users has three ratings"):
        split_last(timed((1, 10, 3), (1, 11, 4), (2, 12, 5)))
    with pytest.raises(ValueError, match="too few to split"):
        split_by_time(timed((1, 10, 3), (1, 11, 4)))


def test_the_rows_of_a_part_are_counted_anew_and_nothing_is_added_to_them():
    table = pd.DataFrame(
        {"user_id": [1, 1, 1, 2], "movie_id": [1, 2, 3, 1], "rating": 3.0, "timestamp": range(4)},
        index=[9, 8, 7, 6],
    )
    halves = (0.5, 0.5)
    for parts in (
        split(table, halves, rng=np.random.default_rng(0)),
        split_by_time(table, halves),
        split_last(table),
    ):
        for part in parts:
            assert list(part) == list(table)
            assert part.index.tolist() == list(range(len(part)))


@pytest.mark.parametrize(
    "ids",
    [
        [2**63, 2**63 + 1, -1],  # NumPy would make floats of them, and one of the first two
        [2**53, 2**53 + 1, 0.5],
        [1, "1", "a"],
        ["a", "a\0"],
        [None.__class__, 3, "x"],
    ],
)
def test_ids_of_several_kinds_stay_apart(ids):
    movies = IdMap(ids)
    assert len(movies) == len(ids) and movies.decode(range(len(ids))).tolist() == ids
    assert movies.encode(ids[::-1]).tolist() == list(range(len(ids)))[::-1]


def test_an_unknown_id_is_named_as_it_was_given():
    with pytest.raises(KeyError, match="the first is 1: the map"):
        IdMap(["a", "b"]).encode(["a", 1])


def test_ids_of_a_map_cannot_be_changed_behind_its_back():
    given = np.array([7, 8])
    movies = IdMap(given)
    with pytest.raises(ValueError, match="read-only"):
        movies.ids[0] = 8
    given[0] = 9
    movies.decode([0, 1])[:] = 0  # is the asker's own
    assert movies.ids.tolist() == [7, 8]


def test_masked_ids_are_not_uncovered():
    with pytest.raises(ValueError, match=r"^ids has 1 masked values"):
        IdMap(np.ma.array([1, 2], mask=[False, True]))


def test_a_split_in_time_may_go_by_any_column():
    ratings = table(9).assign(table=range(9, 0, -1))
    assert [len(part) for part in split_by_time(ratings, time="user_id")] == [6, 1, 2]
    assert split_by_time(ratings, time="table")[0]["user_id"].tolist() == [8, 7, 6, 5, 4, 3]
    same_user = ratings.assign(user_id=1)
    assert split_last(same_user, time="user_id")[2]["movie_id"].tolist() == [108]


def test_whole_numbers_beyond_what_floats_can_tell_apart_are_not_mistaken():
    movies = IdMap([2**53, 2**53 + 1, 7])
    assert movies.encode(np.array([2.0**53, 7.0])).tolist() == [0, 2]
    assert IdMap([2**53 + 1]).encode(np.array([2.0**53]), "cold").tolist() == [COLD]
    assert IdMap(np.array([2.0**53, 7.0])).encode([2**53 + 1, 7], "cold").tolist() == [COLD, 1]
    unsigned = IdMap(np.array([2**53 + 1, 3], np.uint64))
    assert unsigned.encode(np.array([2.0**53, 3.0]), "cold").tolist() == [COLD, 1]


@pytest.mark.parametrize("kind", ["f2", "g", ">i8", ">f4"])
def test_ids_of_unusual_kinds_of_numbers_are_ids(kind):
    movies = IdMap(np.array([3, 5], kind))
    assert (
        movies.encode(np.array([5, 3], kind)).tolist() == movies.encode([5, 3]).tolist() == [1, 0]
    )


def test_ids_that_are_tuples_of_several_lengths_are_refused_in_words():
    with pytest.raises(ValueError, match=r"^ids must be one plain list, got \[\(1, 2\), \(3,\)\]"):
        IdMap([(1, 2), (3,)])


DAYS = ["2005-01-03", "2005-01-02", "2005-01-01"]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (pd.Categorical(DAYS, categories=DAYS), [3, 2, 1]),  # listed as they came
        (pd.Categorical(pd.to_datetime(DAYS)), [3, 2, 1]),
        (pd.Categorical(DAYS, categories=DAYS, ordered=True), [1, 2, 3]),  # somebody has said so
    ],
)
def test_dates_in_categories_are_put_in_the_order_of_time(dates, order):
    ratings = pd.DataFrame({"user_id": 1, "movie_id": [1, 2, 3], "when": dates})
    parts = split_by_time(ratings, (1 / 3, 1 / 3, 1 / 3), time="when")
    assert [part["movie_id"][0] for part in parts] == order
    assert [part["movie_id"][0] for part in split_last(ratings, time="when")] == order
    assert parts[0]["when"].dtype == ratings["when"].dtype


def test_an_index_may_be_called_as_a_column_is():
    ratings = table(9).assign(timestamp=range(9))
    named = ratings.set_index("timestamp", drop=False)
    for one, other in zip(split_by_time(named), split_by_time(ratings), strict=True):
        assert one.equals(other)
