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
    with pytest.raises(ValueError, match="different lengths"):
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


@pytest.mark.parametrize("wrong", [np.nan, 1e300])
def test_a_rating_that_is_no_number_is_not_written(tmp_path, ratings, wrong):
    values = ratings.ratings.astype(float)
    values[2] = wrong
    with pytest.raises(ValueError, match="not finite in float32"):
        write_ratings(tmp_path / "x.parquet", ratings._replace(ratings=values))
    assert not list(tmp_path.iterdir())


def test_lists_come_back_with_their_empty_places(tmp_path):
    lists = {"user": [2, 0, 0], "place": [1, 2, 1], "movie": [7, 5, 6]}
    shown = read_recommendations(written(tmp_path / "lists", **lists), 3, 2)
    assert shown.tolist() == [[6, 5], [-1, -1], [7, -1]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"user": [2, 0, 3]}, "place 1 of user 3: expected 2 places of 3 users"),
        ({"user": [-1, 0, 0]}, "user -1"),
        ({"place": [1, 2, 0]}, "place 0 of user 0"),
        ({"place": [3, 2, 1]}, "place 3 of user 2"),
        ({"place": [1, 1, 1]}, "gives a place of a list twice"),
        ({"movie": [7, -7, 6]}, "movie -7 in place 2 of user 0"),
        ({"movie": [7, None, 6]}, "1 rows without 'movie'"),
    ],
)
def test_lists_that_cannot_be_are_refused(tmp_path, change, problem):
    lists = {"user": [2, 0, 0], "place": [1, 2, 1], "movie": [7, 5, 6]} | change
    folder = written(tmp_path / "lists", **lists)
    with pytest.raises(ValueError, match=problem):
        read_recommendations(folder, 3, 2)
