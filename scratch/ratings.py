"""Ratings as arrays: ids mapped to indices once, tables encoded, rows split into parts."""

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AnySet
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from scratch.checking import Column, IndexArray, Size, checked, columns_of, shown
from scratch.checking.wishes import of_our_own_kind, refuse_masked

COLD = -1  # the index of an id that was not there when the map was fitted


class Ratings(NamedTuple):
    """Ratings as three arrays of one length n: row i says that users[i] gave movies[i] ratings[i].

    users and movies hold indices 0, 1, 2, …, or COLD (−1) for an id never seen in training.
    """

    users: np.ndarray  # (n,) int32
    movies: np.ndarray  # (n,) int32
    ratings: np.ndarray  # (n,) float64


class IdMap:
    """Ids ↔ indices 0 … len − 1, in the order in which the ids first appear.

    Fit it once, on the training rows, and use that one map for everything after: two maps fitted
    on two tables give the same movie two different indices (the bug shown in notebook 08).

    >>> movies = IdMap([242, 302, 242, 51])
    >>> movies.encode([51, 242]).tolist()
    [2, 0]
    >>> movies.decode([2, 0]).tolist()
    [51, 242]
    """

    @checked
    def __init__(self, ids: Iterable[Hashable]):
        self.ids = pd.unique(_as_ids(ids))  # index → id
        self.ids.flags.writeable = False
        self._index = pd.Index(self.ids)  # id → index

    def __len__(self) -> int:
        return len(self.ids)

    @checked
    def encode(
        self, ids: Iterable[Hashable], unknown: Literal["raise", "cold"] = "raise"
    ) -> np.ndarray:
        """The index of each id, as int32; unknown ids raise KeyError, or become COLD (−1)."""
        ids = _as_ids(ids)
        indices = self._places(ids).astype(np.int32)
        if unknown == "raise" and (indices == COLD).any():
            strangers = pd.unique(ids[indices == COLD]).tolist()
            raise KeyError(
                f"{len(strangers)} unknown ids, the first is {strangers[0]!r}: the map was fitted "
                f'on {len(self)} other ids; pass unknown="cold" to get index {COLD} for these'
            )
        return indices

    def _places(self, ids: np.ndarray) -> np.ndarray:
        """The place of each id, or COLD. Beyond 2⁵³ a float stands for several whole numbers."""
        if {ids.dtype.kind, self.ids.dtype.kind} in ({"i", "f"}, {"u", "f"}):
            return self._index.astype(object).get_indexer(ids.astype(object))
        return self._index.get_indexer(ids)

    @checked
    def decode(self, indices: IndexArray) -> np.ndarray:
        """The id at each index; raises IndexError for an index outside 0 … len − 1."""
        outside = indices[(indices < 0) | (indices >= len(self))]
        if len(outside):
            raise IndexError(f"no id at index {outside[0]}: indices run from 0 to {len(self) - 1}")
        return self.ids[indices]


def _as_ids(ids: Iterable[Hashable]) -> np.ndarray:
    """Ids as an array; raises TypeError or ValueError for what has no order, or misses some."""
    if isinstance(ids, AnySet | Mapping):
        raise TypeError(f"ids must have an order, such as a list has, got {shown(ids)}")
    refuse_masked("ids", ids)
    given = ids if hasattr(ids, "__array__") else list(ids)
    try:
        found = of_our_own_kind(np.asarray(given))
    except ValueError:  # tuples of several lengths
        raise ValueError(f"ids must be one plain list, got {shown(given)}") from None
    if found.ndim != 1:
        raise ValueError(f"ids must be one plain list, got an array of shape {found.shape}")
    if isinstance(given, list) and found.tolist() != given:
        # NumPy makes texts of [1, "1"], and floats of whole numbers around 2⁶³: two ids become one.
        found = np.fromiter(given, object, len(given))
    if pd.isna(found).any():
        raise ValueError(f"ids[{int(pd.isna(found).argmax())}] is missing: drop such rows first")
    return found


@checked
def encode(
    table: pd.DataFrame,
    user_map: IdMap,
    movie_map: IdMap,
    unknown: Literal["raise", "cold"] = "raise",
) -> Ratings:
    """A table with columns user_id, movie_id and rating as index arrays.

    Raises KeyError for an id that a map has not seen, unless unknown is "cold"; ValueError for a
    missing column or a rating that is not a finite number.
    """
    columns = columns_of(table, user_id=None, movie_id=None, rating="number")
    return Ratings(
        user_map.encode(table["user_id"], unknown),
        movie_map.encode(table["movie_id"], unknown),
        columns["rating"].astype(float),
    )


@checked
def check_training_set(train: Ratings) -> Ratings:
    """The ratings to learn from, as arrays, if they are any good; what they hold is not copied.

    Raises ValueError when there is nothing to learn from, when a row is cold, and for columns that
    are not equally long or not numbers; TypeError for indices that are not whole numbers.
    """
    train = check_columns(*train)
    if len(train.ratings) == 0:
        raise ValueError("the training set is empty: there is nothing to learn from")
    if min(train.users.min(), train.movies.min()) <= COLD:
        raise ValueError("training rows must not be cold: fit the id maps on the training rows")
    return train


@checked
def check_columns(users: IndexArray, movies: IndexArray, ratings: Column) -> Ratings:
    """Three columns as Ratings. Raises ValueError unless they are equally long."""
    if not len(users) == len(movies) == len(ratings):
        raise ValueError(
            f"ratings need a user, a movie and stars in every row: there are {len(users)} users, "
            f"{len(movies)} movies and {len(ratings)} ratings"
        )
    return Ratings(users, movies, ratings)


@checked
def check_indices(name: str, indices: IndexArray, size: Size) -> np.ndarray:
    """The indices; raises IndexError for one that is neither COLD nor in 0 … size − 1."""
    outside = (indices < COLD) | (indices >= size)
    if outside.any():
        raise IndexError(
            f"{name} index {indices[outside][0]} is out of range: the model has {size} "
            f"(and {COLD} for a cold one)"
        )
    return indices


@checked
def check_pairs(
    users: IndexArray, movies: IndexArray, num_users: Size, num_movies: Size
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of indices, if a model has them all; as `check_indices`, and equally many of both."""
    if len(users) != len(movies):
        raise ValueError(f"every pair needs both: {len(users)} users and {len(movies)} movies")
    return check_indices("user", users, num_users), check_indices("movie", movies, num_movies)


@checked
def split(
    table: pd.DataFrame,
    fractions: Sequence[float] = (0.70, 0.15, 0.15),
    *,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, ...]:
    """Shuffle the rows and cut them into parts, such as train, validation and test.

    Every row lands in exactly one part; the table itself is not changed. The cuts are at
    int(n · (f₁ + … + fⱼ)). Introduced in notebook 04.

    Raises ValueError when the fractions are not positive or do not add up to 1, or when a part
    would be empty.
    """
    return _cut(table.iloc[rng.permutation(len(table))], fractions)


@checked
def split_by_time(
    table: pd.DataFrame,
    fractions: Sequence[float] = (0.70, 0.15, 0.15),
    *,
    time: str = "timestamp",
) -> tuple[pd.DataFrame, ...]:
    """Cut the rows at points in time: whatever is learned from lies before what is predicted.

    time: the column that orders the rows; rows of one moment keep their order. The cuts are those
    of `split`. Users and movies that come later have no training ratings. Introduced in notebook
    12. Raises ValueError for a missing column, and what `split` raises.
    """
    return _cut(_in_time(table, time), fractions)


@checked
def split_last(
    table: pd.DataFrame, *, time: str = "timestamp"
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Each user's last rating is test, the last but one validation, all before are training.

    Users with fewer than three ratings have them all in training. Rows of one moment keep their
    order. What one user did last may lie before what others had done long ago, so the training
    part knows the future of nearly everybody (notebook 12 shows what that is worth). Raises
    ValueError for a missing column, or when no user has three ratings.
    """
    table = _in_time(table, time)
    users = table.groupby("user_id", sort=False)["user_id"]
    from_the_end = users.cumcount(ascending=False).to_numpy()
    enough = users.transform("size").to_numpy() >= 3
    if not enough.any():
        raise ValueError(f"none of {users.ngroups} users has three ratings to be split")
    validation, test = enough & (from_the_end == 1), enough & (from_the_end == 0)
    parts = ~(validation | test), validation, test
    return tuple(table[rows].reset_index(drop=True) for rows in parts)


def _in_time(table: pd.DataFrame, time: str) -> pd.DataFrame:
    columns_of(table, {"user_id": None, time: None})
    table = table.reset_index(drop=True)  # its name may be that of a column
    try:
        return table.sort_values(time, kind="stable", key=_as_values)
    except TypeError:  # numbers and texts, say
        raise TypeError(f"the column {time} can't be put in order: it mixes kinds") from None


def _as_values(column: pd.Series) -> pd.Series:
    """Categories without an order of their own are in no order that means anything."""
    kind = column.dtype
    is_listed = isinstance(kind, pd.CategoricalDtype) and not kind.ordered
    return column.astype(kind.categories.dtype) if is_listed else column


def _cut(table: pd.DataFrame, fractions: Sequence[float]) -> tuple[pd.DataFrame, ...]:
    fractions = [float(share) for share in fractions]  # a half, in 16 bits, of many rows overflows
    if any(share <= 0 for share in fractions) or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and add up to 1, got {tuple(fractions)}")
    # Rounding first: 0.7 + 0.1 is a hair below 0.8, and int() would then lose a row.
    cuts = [int(round(len(table) * share, 6)) for share in np.cumsum(fractions)[:-1]]
    edges = [0, *cuts, len(table)]
    parts = [
        table.iloc[start:end].reset_index(drop=True) for start, end in itertools.pairwise(edges)
    ]
    if any(len(part) == 0 for part in parts):
        raise ValueError(
            f"{len(table)} rows are too few to split into parts of {tuple(fractions)}: "
            "one part would be empty"
        )
    return tuple(parts)
