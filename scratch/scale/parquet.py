"""Tables that programs of all kinds read: ratings as Parquet for Spark, and what it writes back.

Everything between the course and Spark goes through such files. (Spark can also take tables of
pandas, but not yet those of pandas 3, of which it warns; and a table that one process must hold is
what one does not want there.) Apache Parquet, parquet.apache.org. Used in notebook 16.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scratch.checking import Array, Count, Size, checked
from scratch.checking.room import check_room
from scratch.machinery.whole import replaced
from scratch.ratings import Ratings, check_columns

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 250_000  # a group is what one task of Spark reads
SUCCESS = "_SUCCESS"  # what Spark writes last
MOST_INDEX = 2**31 - 1  # Spark's ALS takes no larger one


@checked
def write_ratings(path: Path, ratings: Ratings, rows_per_group: Count = ROWS_PER_GROUP) -> None:
    """Write the columns user and movie (int32) and rating (float32): whole, or not at all.

    ratings: indices, none of them cold. The rows are in groups, so that several may be read side by
    side. Raises ValueError for columns of different lengths, a cold index, or one beyond int32, and
    a rating that is not finite; TypeError for columns of another kind.
    """
    ratings = check_columns(*ratings)
    for name, indices in (("user", ratings.users), ("movie", ratings.movies)):
        if indices.size and indices.min() < 0:
            raise ValueError(
                f"a {name} index of the ratings is cold (−1): write only rows whose user and movie "
                "are known"
            )
        if indices.size and indices.max() > MOST_INDEX:
            raise ValueError(
                f"a {name} index of the ratings is {indices.max()}, and Spark takes none above "
                f"{MOST_INDEX}: number them from 0, as IdMap does"
            )
    import pyarrow as pa
    import pyarrow.parquet as pq

    with np.errstate(over="ignore"):  # what is too large becomes inf, and is found
        values = ratings.ratings.astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("one of the ratings is not finite in float32: leave out its row")
    columns = {
        "user": pa.array(ratings.users, pa.int32()),
        "movie": pa.array(ratings.movies, pa.int32()),
        "rating": pa.array(values, pa.float32()),
    }
    rows = min(rows_per_group, max(len(values), 1))  # Parquet counts in 64 bits
    with replaced(path) as new:
        pq.write_table(pa.table(columns), new, row_group_size=rows)


@checked
def read_ratings(path: Path) -> Ratings:
    """Read what `write_ratings` wrote, or a folder of such files that Spark wrote.

    Raises ValueError for what is missing or is no Parquet, naming it; TypeError for columns of
    another kind.
    """
    table = _read(path, ("user", "movie", "rating"))
    kinds = (("user", WHOLE), ("movie", WHOLE), ("rating", NUMBERS))
    return Ratings(*(_column(path, table, name, kind) for name, kind in kinds))


@checked
def read_factors(path: Path, num_rows: Count) -> np.ndarray:
    """The vectors of one side that Spark's ALS wrote (id, features) as float32, (num_rows, k).

    Spark has none for a row without pairs: that is 0, the best vector for it. Raises ValueError for
    no vectors, an id outside 0 … num_rows − 1 or one that is there twice, and numbers that are not
    finite; TypeError for columns of another kind.
    """
    import pyarrow as pa

    table = _read(path, ("id", "features"))
    ids = _column(path, table, "id", WHOLE)
    if len(ids) == 0 or ids.min() < 0 or ids.max() >= num_rows or len(np.unique(ids)) < len(ids):
        raise ValueError(
            f"the path {path} has {len(ids)} vectors, not one for each of {num_rows} rows"
        )
    if not pa.types.is_list(table["features"].type):
        raise TypeError(
            f"the path {path} must have lists of numbers in features, not {table['features'].type}"
        )
    lists = table["features"].combine_chunks()
    if len(set(lists.value_lengths().to_pylist())) > 1:
        raise ValueError(
            f"the path {path} has vectors of different lengths: was it written by two models?"
        )
    numbers = lists.flatten().to_numpy(zero_copy_only=False)
    vectors = NUMBERS.check(f"features of {path}", numbers).reshape(len(ids), -1)
    check_room("num_rows", num_rows, vectors.shape[1])
    factors = np.zeros((num_rows, vectors.shape[1]), np.float32)
    factors[ids] = vectors
    return factors


@checked
def read_recommendations(path: Path, num_users: Size, places: Count) -> np.ndarray:
    """Lists as `scratch.evaluation` has them: (num_users, places) movie indices, −1 for none.

    path: a folder that Spark wrote, with the columns user, place (from 1) and movie. Raises
    ValueError for a user or a place outside of that, or a place that is given twice; TypeError for
    columns of another kind.
    """
    check_room("num_users times places", num_users, places)
    names = ("user", "place", "movie")
    table = _read(path, names)
    users, place, movies = (_column(path, table, name, WHOLE) for name in names)
    wrong = (users < 0) | (users >= num_users) | (place < 1) | (place > places) | (movies < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"the path {path} has movie {movies[row]} in place {place[row]} of user {users[row]}: "
            f"expected {places} places of {num_users} users, who are counted from 0, as movies are"
        )
    cells = users.astype(np.int64) * places + place
    if len(np.unique(cells)) < len(cells):
        raise ValueError(
            f"the path {path} gives a place of a list twice: has it been written twice?"
        )
    shown = np.full((num_users, places), -1)
    shown[users, place - 1] = movies
    return shown


WHOLE, NUMBERS = Array(1, "whole"), Array(1)


def _column(path: Path, table: "pa.Table", name: str, kind: Array) -> np.ndarray:
    return kind.check(f"{name} of {path}", table[name].to_numpy())


def _read(path: Path, columns: tuple[str, ...]) -> "pa.Table":
    """These columns of a file, or of all parts of a folder that was written to its end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.exists():
        raise ValueError(f"the path {path} is not there: write it first")
    if path.is_dir() and not (path / SUCCESS).is_file():
        raise ValueError(
            f"the path {path} has no {SUCCESS}: it was not written to its end, write it again"
        )
    try:
        there = pq.ParquetDataset(path).schema.names
        if missing := [name for name in columns if name not in there]:
            raise ValueError(f"the path {path} has no column {missing[0]!r}, only {there}")
        table = pq.read_table(path, columns=list(columns))
    except (pa.ArrowInvalid, OSError) as problem:
        raise ValueError(f"the path {path} is no whole Parquet: {problem}") from None
    for name in columns:
        if table[name].null_count:
            raise ValueError(f"the path {path} has {table[name].null_count} rows without {name!r}")
    return table
