"""Which users have which movies, as an index: the 1s of a 0/1 matrix too large to write down.

All of Netflix is 480,189 × 17,770 cells, 34 GB as float32; its 100,480,507 ones fit in 0.8 GB.
Used from notebook 09 on, built in notebook 11.
"""

from typing import NamedTuple

import numpy as np

from scratch.checking import (
    AnyNumbers,
    Array,
    Column,
    Count,
    IndexArray,
    Size,
    check_below,
    checked,
)
from scratch.checking.room import MOST_ROWS, check_room
from scratch.machinery.compiled import compiled

MOST_SHARES = 1_000_000


class Rows(NamedTuple):
    """The observed cells of a matrix, row by row (known as compressed sparse row, CSR).

    The cells of row r are those numbered starts[r] to starts[r + 1] − 1; indices holds their
    columns, ascending within a row. confidence is empty when every cell counts 1.
    """

    starts: np.ndarray  # (rows + 1,) int64
    indices: np.ndarray  # (pairs,) int32
    confidence: np.ndarray  # (pairs,) or (0,) float32
    num_columns: int

    @checked
    def shares(self, count: Count = 64) -> np.ndarray:
        """Where to cut the rows into `count` shares of about the same work, (count + 1,).

        Share s is the rows shares[s] to shares[s + 1] − 1, maybe none. For a loop whose turns are
        shared out among the cores: as many rows for each core would often give one of them most of
        the pairs, since the movies that were there first have the most. The work of a row is its
        pairs, and ten more for what is to do once for each row.

        Raises ValueError for no share or more than a million of them; TypeError or ValueError for
        starts that are no places in order.
        """
        check_room("count", count, most=MOST_SHARES)
        _check_starts(self.starts, np.size(self.indices))
        work = self.starts + 10 * np.arange(len(self.starts))
        return np.searchsorted(work, np.linspace(0, work[-1], count + 1))


class Observed(NamedTuple):
    """The observed pairs twice: the movies of each user, and the users of each movie."""

    by_user: Rows
    by_movie: Rows

    @property
    def num_pairs(self) -> int:
        """How many pairs were observed."""
        return len(self.by_user.indices)

    @property
    def shape(self) -> tuple[int, int]:
        """(users, movies)."""
        return self.by_movie.num_columns, self.by_user.num_columns

    @classmethod
    @checked
    def from_pairs(
        cls,
        users: IndexArray,
        movies: IndexArray,
        confidence: AnyNumbers | None = None,
        *,
        num_users: Count | None = None,
        num_movies: Count | None = None,
    ) -> "Observed":
        """Index n pairs, in any order, in O(n + users + movies).

        users and movies: (n,) integer indices from 0. confidence: (n,) positive numbers, kept as
        float32; None counts every pair as 1 and costs no memory. num_users and num_movies: the
        size of the matrix, by default just large enough.

        Raises ValueError for no pairs, different lengths, a pair that is there twice, a matrix
        with more rows than there is room for, or a confidence that is not positive and finite in
        float32; TypeError for indices that are not integers; IndexError for one that is negative or
        outside the matrix.
        """
        if len(users) != len(movies):
            raise ValueError(
                f"users and movies must be two lists of one length, got {len(users)} and "
                f"{len(movies)}"
            )
        if len(users) == 0:
            raise ValueError("no pairs were observed: there is nothing to learn from")
        num_users = _size_of("user", users, num_users)
        num_movies = _size_of("movie", movies, num_movies)
        if confidence is None:
            confidence = np.empty(0, np.float32)
        else:
            confidence = _check_confidence(confidence, len(users))
        users, movies = (np.ascontiguousarray(part, np.int32) for part in (users, movies))
        by_user = Rows(*group_by_row(users, movies, confidence, num_users), num_movies)
        del users, movies
        # Transposing leaves each row in ascending order, whatever the order of the pairs was.
        by_movie = Rows(*transpose(*by_user), num_users)
        by_user = Rows(*transpose(*by_movie), num_movies)
        user, movie = find_repeated(by_user.starts, by_user.indices)
        if user >= 0:
            raise ValueError(
                f"user {user} and movie {movie} are paired more than once: drop the repetitions, "
                "or sum their confidence"
            )
        return cls(by_user, by_movie)

    @classmethod
    @checked
    def from_matrix(cls, matrix: AnyNumbers) -> "Observed":
        """Index the 1s of a 0/1 matrix that is small enough to be written down, (users, movies).

        Introduced in notebook 09. Raises ValueError for a matrix of another shape or with other
        numbers than 0 and 1, and for one without a 1.
        """
        if matrix.ndim != 2 or not np.isin(matrix, (0, 1)).all():
            raise ValueError(
                "matrix must be users × movies, each cell 0 or 1, got an array of shape "
                f"{matrix.shape} with the numbers {np.unique(matrix)[:4].tolist()}"
            )
        if not matrix.any():
            raise ValueError("no pairs were observed: the matrix has not a single 1")
        num_users, num_movies = matrix.shape
        return cls.from_pairs(*np.nonzero(matrix), num_users=num_users, num_movies=num_movies)


@checked
def check_rows(rows: Rows) -> Rows:
    """The rows, whose parts may be lists; what they hold is not copied.

    Raises TypeError or ValueError for parts that are no columns of numbers or do not fit together,
    and for a confidence that is not positive. That every index is one of the columns, the loops
    see to.
    """
    starts, indices, confidence, num_columns = _looked_at(*rows)
    count = len(indices)
    _check_starts(starts, count)
    if len(confidence) not in (0, count):
        raise ValueError(f"{count} indices of rows, but {len(confidence)} numbers of confidence")
    if len(confidence) and not confidence.min() > 0:
        raise ValueError(f"the confidence of rows must be positive, it goes to {confidence.min()}")
    return Rows(starts, indices, confidence, num_columns)


@checked
def check_observed(observed: Observed) -> Observed:
    """The observed pairs, as `check_rows` makes either side of them.

    Raises what that raises, ValueError for no pairs and for two sides that are not of the same
    pairs, each in ascending order and there once; IndexError for an index that is none of the
    columns.
    """
    by_user, by_movie = check_rows(observed.by_user), check_rows(observed.by_movie)
    sizes = (len(by_user.starts) - 1, by_user.num_columns)
    if (by_movie.num_columns, len(by_movie.starts) - 1) != sizes:
        raise ValueError("by_user and by_movie of what was observed are of different shapes")
    if len(by_user.indices) != len(by_movie.indices):
        raise ValueError("by_user and by_movie of what was observed have different pairs")
    if len(by_user.indices) == 0:
        raise ValueError("no pairs were observed: there is nothing to learn from")
    if len(by_user.confidence) != len(by_movie.confidence):
        raise ValueError("only one side of what was observed, by_user or by_movie, has confidence")
    check_below("movie", by_user.indices, sizes[1])
    check_below("user", by_movie.indices, sizes[0])
    user, movie = find_difference(*by_user[:3], *by_movie[:3])
    if user >= 0:
        raise ValueError(
            f"by_user and by_movie of what was observed are not of the same pairs, in order and "
            f"each there once: user {user} and movie {movie} are the first. Observed.from_pairs "
            "makes both"
        )
    return Observed(by_user, by_movie)


@checked
def _looked_at(
    starts: IndexArray, indices: IndexArray, confidence: Column, num_columns: Size
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    return starts, indices, confidence, num_columns


@compiled("rows(n) < num_rows, columns(n) whole, confidence(n or 0), num_rows < 1000000000")
def group_by_row(
    rows: np.ndarray, columns: np.ndarray, confidence: np.ndarray, num_rows: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs in any order → (starts, indices, confidence), by a counting sort.

    First count the pairs of each row, then add up where each row starts, then put every pair into
    the next free place of its row. Arguments and results are as in `Rows`.
    """
    starts = np.zeros(num_rows + 1, np.int64)
    for row in rows:
        starts[int(row) + 1] += 1  # as an 8-bit number, 255 + 1 would be 0
    for row in range(num_rows):
        starts[row + 1] += starts[row]
    place = starts[:-1].copy()
    indices, sorted_confidence = np.empty_like(columns), np.empty_like(confidence)
    for i in range(len(rows)):
        to = place[rows[i]]
        place[rows[i]] += 1
        indices[to] = columns[i]
        if len(confidence) > 0:
            sorted_confidence[to] = confidence[i]
    return starts, indices, sorted_confidence


@compiled(
    "starts(r+1) to p, indices(p) < num_columns, confidence(p or 0), num_columns < 1000000000"
)
def transpose(
    starts: np.ndarray, indices: np.ndarray, confidence: np.ndarray, num_columns: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same cells column by column; within a column the rows ascend. By a counting sort too."""
    column_starts = np.zeros(num_columns + 1, np.int64)
    for column in indices:
        column_starts[int(column) + 1] += 1
    for column in range(num_columns):
        column_starts[column + 1] += column_starts[column]
    place = column_starts[:-1].copy()
    rows, sorted_confidence = np.empty(len(indices), np.int32), np.empty_like(confidence)
    for row in range(len(starts) - 1):
        for i in range(starts[row], starts[row + 1]):
            to = place[indices[i]]
            place[indices[i]] += 1
            rows[to] = row
            if len(confidence) > 0:
                sorted_confidence[to] = confidence[i]
    return column_starts, rows, sorted_confidence


@compiled("starts(r+1) to p, indices(p) whole")
def find_repeated(starts: np.ndarray, indices: np.ndarray) -> tuple[int, int]:
    """The (row, column) of the first cell that is there twice, or (−1, −1)."""
    for row in range(len(starts) - 1):
        for i in range(starts[row] + 1, starts[row + 1]):
            if indices[i] == indices[i - 1]:
                return row, int(indices[i])
    return -1, -1


@compiled(
    "starts(r+1) to p, indices(p) < c, confidence(p or 0), column_starts(c+1) to p, "
    "rows(p) whole, column_confidence(p or 0)"
)
def find_difference(
    starts: np.ndarray, indices: np.ndarray, confidence: np.ndarray,
    column_starts: np.ndarray, rows: np.ndarray, column_confidence: np.ndarray,
) -> tuple[int, int]:  # fmt: skip
    """The (row, column) of the first cell that is not in the transposed cells too, or (−1, −1).

    As in `transpose`, but where that would write, this compares. Cells that do not ascend within a
    row differ.
    """
    are_weighted = len(confidence) > 0 and len(column_confidence) > 0
    place = column_starts[:-1].copy()
    for row in range(len(starts) - 1):
        for i in range(starts[row], starts[row + 1]):
            column = indices[i]
            at = place[column]
            is_after = i == starts[row] or indices[i - 1] < column
            if not is_after or at == column_starts[column + 1] or rows[at] != row:
                return row, int(column)
            if are_weighted and confidence[i] != column_confidence[at]:
                return row, int(column)
            place[column] += 1
    return -1, -1


def _size_of(name: str, indices: np.ndarray, size: int | None) -> int:
    """The size of this side of the matrix; raises IndexError or ValueError."""
    low, high = int(indices.min()), int(indices.max())
    if high >= 2**31:
        raise IndexError(f"{name} index {high} is out of range: what is observed has 32 bits")
    size = high + 1 if size is None else size
    if low < 0 or high >= size:
        raise IndexError(
            f"{name} index {low if low < 0 else high} is out of range: the matrix has {size}, "
            "counted from 0"
        )
    check_room(f"num_{name}s (or an index in {name}s)", size, most=MOST_ROWS)
    return size


def _check_starts(starts: np.ndarray, count: int) -> None:
    starts = Array(1, "whole").check("the starts of rows", starts)
    is_up = bool((starts[1:] >= starts[:-1]).all())
    if len(starts) == 0 or starts[0] != 0 or starts[-1] != count or not is_up:
        raise ValueError(
            f"the starts of rows must go up from 0 to the number of indices, which is {count}"
        )


def _check_confidence(confidence: np.ndarray, num_pairs: int) -> np.ndarray:
    """The confidence as float32; raises ValueError."""
    if confidence.shape != (num_pairs,):
        raise ValueError(f"{num_pairs} pairs, but confidence has shape {confidence.shape}")
    with np.errstate(over="ignore"):  # too large becomes inf, and is found below
        confidence = np.ascontiguousarray(confidence, np.float32)
    if not (confidence.min() > 0 and confidence.max() < np.inf):  # False for NaN too
        wrong = int(np.argmin((confidence > 0) & (confidence < np.inf)))
        raise ValueError(
            f"pair {wrong} has confidence {confidence[wrong]}: it must be positive and finite"
        )
    return confidence
