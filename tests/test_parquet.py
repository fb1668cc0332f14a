"""Ratings there and back; what is missing, half written or of another form is named."""

import numpy as np
import pytest
from spark_here import needed

from scratch.ratings import Ratings
from scratch.scale.parquet import (
    SUCCESS,
    read_factors,
    read_ratings,
    read_recommendations,
    write_ratings,
)

pytestmark = [pytest.mark.scale, needed("pyarrow")]
READERS = {
    "ratings": (read_ratings, ()),
    "factors": (read_factors, (3,)),
    "lists": (read_recommendations, (3, 2)),
}


@pytest.fixture
def ratings():
    rng = np.random.default_rng(0)
    users, movies = rng.integers(0, 9, (2, 50)).astype(np.int32)
    return Ratings(users, movies, rng.integers(1, 6, 50) / 2)


def written(folder, **columns):
    """A folder as Spark leaves it: parts, and at last the sign that all are there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    table = pa.table(columns)
    for start in range(0, max(len(table), 1), 2):
        pq.write_table(table.slice(start, 2), folder / f"part-{start:05}.snappy.parquet")
    (folder / SUCCESS).touch()
    return folder


def test_ratings_come_back_in_short_types_and_several_groups(tmp_path, ratings):
    import pyarrow.parquet as pq

    path = tmp_path / "ratings.parquet"
    write_ratings(path, ratings, rows_per_group=20)
    back = read_ratings(path)
    assert [column.dtype for column in back] == [np.int32, np.int32, np.float32]
    assert all(np.array_equal(a, b) for a, b in zip(back, ratings, strict=True))
    assert pq.ParquetFile(path).num_row_groups == 3
    assert [p.name for p in tmp_path.iterdir()] == ["ratings.parquet"]


def test_no_ratings_come_back_as_none(tmp_path):
    none = Ratings(*np.empty((2, 0), np.int32), np.empty(0))
    write_ratings(tmp_path / "none.parquet", none)
    assert len(read_ratings(tmp_path / "none.parquet").users) == 0


def test_what_fails_leaves_the_old_file(tmp_path, ratings):
    path = tmp_path / "ratings.parquet"
    write_ratings(path, ratings)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="a user, a movie and stars in every row"):
        write_ratings(path, ratings._replace(users=ratings.users[1:]))
    with pytest.raises(ValueError, match="cold"):
        write_ratings(path, ratings._replace(movies=ratings.movies - 1))
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", READERS)
def test_what_is_not_there_whole_is_named(tmp_path, name):
    read, sizes = READERS[name]
    with pytest.raises(ValueError, match=r"gone is not there"):
        read(tmp_path / "gone", *sizes)
    (tmp_path / "damaged").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match=r"damaged is no whole Parquet"):
        read(tmp_path / "damaged", *sizes)
    other = written(tmp_path / "other", a=[1, 2, 3])
    with pytest.raises(ValueError, match=r"other has no column '(user|id)', only \['a'\]"):
        read(other, *sizes)
    (other / SUCCESS).unlink()
    with pytest.raises(ValueError, match="not written to its end"):
        read(other, *sizes)


def test_vectors_come_back_in_the_order_of_their_ids(tmp_path):
    vectors = [[2.0, 2.5], [0.0, 0.5], [1.0, 1.5]]
    folder = written(tmp_path / "U", id=[2, 0, 1], features=vectors)
    U = read_factors(folder, 4)
    assert U.dtype == np.float32 and U.tolist() == [[0, 0.5], [1, 1.5], [2, 2.5], [0, 0]]
    with pytest.raises(ValueError, match="3 vectors, not one for each of 2 rows"):
        read_factors(folder, 2)
    with pytest.raises(ValueError, match="not one for each"):
        read_factors(written(tmp_path / "twice", id=[1, 1, 0], features=vectors), 4)
    with pytest.raises(ValueError, match="vectors of different lengths"):
        read_factors(written(tmp_path / "ragged", id=[0, 1], features=[[1.0], [2.0, 3.0]]), 4)
    with pytest.raises(ValueError, match="1 rows without 'features'"):
        read_factors(written(tmp_path / "none", id=[0, 1], features=[None, [2.0, 3.0]]), 4)


@pytest.mark.parametrize(
    ("wrong", "words"), [(np.nan, r"ratings\[2\] is nan"), (1e300, "not finite in float32")]
)
def test_a_rating_that_is_no_number_is_not_written(tmp_path, ratings, wrong, words):
    values = ratings.ratings.astype(float)
    values[2] = wrong
    with pytest.raises(ValueError, match=words):
        write_ratings(tmp_path / "x.parquet", ratings._replace(ratings=values))
    assert not list(tmp_path.iterdir())


def test_lists_come_back_with_their_empty_places(tmp_path):
    lists = {"user": [2, 0, 0], "place": [1, 2, 1], "movie": [7, 0, 6]}
    shown = read_recommendations(written(tmp_path / "lists", **lists), 3, 2)
    assert shown.tolist() == [[6, 0], [-1, -1], [7, -1]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"user": [2, 0, 3]}, "place 1 of user 3: expected 2 places of 3 users"),
        ({"user": [-1, 0, 0]}, "user -1"),
        ({"place": [1, 2, 0]}, "place 0 of user 0"),
        ({"place": [3, 2, 1]}, "place 3 of user 2"),
        ({"place": [1, 1, 1]}, "gives a place of a list twice"),
        ({"user": [1, 0, 1], "place": [2, 2, 2]}, "gives a place of a list twice"),
        ({"movie": [7, -1, 6]}, "movie -1 in place 2 of user 0"),
        ({"movie": [7, None, 6]}, "1 rows without 'movie'"),
    ],
)
def test_lists_that_cannot_be_are_refused(tmp_path, change, problem):
    lists = {"user": [2, 0, 0], "place": [1, 2, 1], "movie": [7, 5, 6]} | change
    folder = written(tmp_path / "lists", **lists)
    with pytest.raises(ValueError, match=problem):
        read_recommendations(folder, 3, 2)


@pytest.mark.parametrize(
    ("side", "wrong", "error", "words"),
    [
        ("users", 2**31, ValueError, "a user index of the ratings is 2147483648"),
        ("movies", 2**40, ValueError, "a movie index of the ratings is 1099511627776"),
        ("users", -1, ValueError, "a user index of the ratings is cold"),
        ("movies", 0.5, TypeError, "movies must be an array of whole numbers"),
    ],
)
def test_an_index_that_spark_cannot_have_is_not_written(
    tmp_path, ratings, side, wrong, error, words
):
    column = getattr(ratings, side).astype(type(wrong))
    column[3] = wrong
    with pytest.raises(error, match=words):
        write_ratings(tmp_path / "x.parquet", ratings._replace(**{side: column}))
    assert not list(tmp_path.iterdir())


def test_groups_may_be_larger_than_any_number_of_rows(tmp_path, ratings):
    write_ratings(tmp_path / "x.parquet", ratings, rows_per_group=2**70)
    assert len(read_ratings(tmp_path / "x.parquet").users) == 50
    with pytest.raises(ValueError, match="rows_per_group must be at least 1, got 0"):
        write_ratings(tmp_path / "y.parquet", ratings, rows_per_group=0)


@pytest.mark.parametrize(
    ("name", "columns", "error", "words"),
    [
        ("ratings", {"user": ["a"], "movie": [1], "rating": [1.0]}, TypeError, "user of .* whole"),
        ("ratings", {"user": [1], "movie": [1.5], "rating": [1.0]}, TypeError, "movie of .* whole"),
        (
            "ratings",
            {"user": [1], "movie": [1], "rating": ["x"]},
            TypeError,
            "rating of .* numbers",
        ),
        (
            "ratings",
            {"user": [1], "movie": [1], "rating": [np.nan]},
            ValueError,
            "rating of .* nan",
        ),
        ("factors", {"id": [0], "features": [2.0]}, TypeError, "must have lists of numbers in fea"),
        ("factors", {"id": [0], "features": [["a"]]}, TypeError, "features of .* array of numbers"),
        ("factors", {"id": [0], "features": [[np.inf]]}, ValueError, "features of .* is inf"),
        ("factors", {"id": [0.0], "features": [[1.0]]}, TypeError, "id of .* whole numbers"),
        ("lists", {"user": [0], "place": [1.0], "movie": [1]}, TypeError, "place of .* whole"),
    ],
)
def test_columns_of_another_kind_are_refused(tmp_path, name, columns, error, words):
    read, sizes = READERS[name]
    with pytest.raises(error, match=words):
        read(written(tmp_path / "odd", **columns), *sizes)


def test_sizes_that_have_no_room_are_refused(tmp_path):
    lists = written(tmp_path / "lists", user=[0], place=[1], movie=[1])
    with pytest.raises(ValueError, match="num_users times places asks for"):
        read_recommendations(lists, 10**9, 10)
    vectors = written(tmp_path / "U", id=[0], features=[[1.0, 2.0]])
    with pytest.raises(ValueError, match="num_rows asks for"):
        read_factors(vectors, 10**9)


def test_a_group_has_250_000_rows_unless_it_is_said(tmp_path):
    import pyarrow.parquet as pq

    many = Ratings(*np.zeros((2, 250_001), np.int32), np.ones(250_001))
    write_ratings(tmp_path / "many.parquet", many)
    groups = pq.ParquetFile(tmp_path / "many.parquet").metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [250_000, 1]


def test_the_largest_index_and_the_sign_of_a_whole_folder_are_sparks(tmp_path):
    largest = Ratings(np.array([2**31 - 1]), np.array([2**31 - 1]), np.array([3.5]))
    (tmp_path / "folder").mkdir()
    write_ratings(tmp_path / "folder" / "part-0.parquet", largest)
    with pytest.raises(ValueError, match="has no _SUCCESS: it was not written to its end"):
        read_ratings(tmp_path / "folder")
    (tmp_path / "folder" / "_SUCCESS").touch()
    assert [column.tolist() for column in read_ratings(tmp_path / "folder")] == [
        [2**31 - 1], [2**31 - 1], [3.5]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ids", "features", "words"),
    [
        ([-1, 0], [[1.0], [2.0]], "has 2 vectors, not one for each of 3 rows"),
        ([3], [[1.0]], "has 1 vectors, not one for each of 3 rows"),
        ([0, 1], [[1.0, None], [1.0, 2.0]], "^features of "),
        ([None, 1], [[1.0], [2.0]], "has 1 rows without 'id'"),
    ],
)
def test_vectors_that_are_not_one_for_each_row_are_refused(tmp_path, ids, features, words):
    folder = written(tmp_path / "U", id=ids, features=features)
    with pytest.raises(ValueError, match=words):
        read_factors(folder, 3)


def test_no_vectors_are_refused(tmp_path):
    import pyarrow as pa

    folder = written(
        tmp_path / "U", id=pa.array([], pa.int32()), features=pa.array([], pa.list_(pa.float32()))
    )
    with pytest.raises(ValueError, match="has 0 vectors, not one for each of 3 rows"):
        read_factors(folder, 3)


def test_what_is_asked_for_has_its_name_in_front(tmp_path):
    lists = written(tmp_path / "lists", user=[0], place=[1], movie=[1.5])
    with pytest.raises(TypeError, match=r"^movie of .*lists must be an array of whole numbers"):
        read_recommendations(lists, 1, 1)
    with pytest.raises(ValueError, match=r"^num_users times places asks for"):
        read_recommendations(lists, 10**9, 10)
    vectors = written(tmp_path / "U", id=[0], features=[[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"^num_rows asks for"):
        read_factors(vectors, 10**9)
    assert read_factors(vectors, 1).tolist() == [[1, 2]]


def test_short_users_with_many_places_do_not_overflow(tmp_path):
    import pyarrow as pa

    users, places = pa.array([0, 100], pa.int8()), pa.array([3, 3], pa.int8())
    folder = written(tmp_path / "lists", user=users, place=places, movie=[7, 8])
    shown = read_recommendations(folder, 101, 256)
    assert (shown[0, 2], shown[100, 2], (shown >= 0).sum()) == (7, 8, 2)
