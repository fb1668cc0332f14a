"""Cosines between the rows of a 0/1 matrix of which nearly all is 0: all of them, or the nearest.

Two rows need only be compared where both have a 1. So each row goes to its columns, and in each of
them counts the rows that it meets there. Whom it never meets has cosine 0.
"""

import numpy as np
from scipy.sparse import csr_array

from scratch.checking import Count, NotNegative, checked
from scratch.checking.room import check_room
from scratch.checking.sparse_tables import SparseOnes
from scratch.machinery.compiled import compiled, prange


@checked
def sparse_cosines(ones: SparseOnes) -> np.ndarray:
    """The cosines of all pairs of rows: (n, m) of zeros and ones, the result (n, n).

    The same numbers to the last bit as `cosine_similarities` of the matrix written in full, on all
    cores. Used from notebook 02 on. Raises ValueError for other numbers than 0 and 1.
    """
    check_room("the number of rows of ones", ones.shape[0], ones.shape[0])
    cosines = np.empty((ones.shape[0],) * 2)
    fill_cosines(*_tables(ones), cosines)
    return cosines


@checked
def nearest_rows(ones: SparseOnes, num_neighbors: Count, shrinkage: NotNegative = 0.0) -> csr_array:
    """The num_neighbors most similar others of each row, by cosine: (n, n) with so many a row.

    ones is (n, m), of zeros and ones. With n columns that both rows have, a similarity is
    multiplied by n / (n + shrinkage). Kept are only similarities above 0. Ties: the lower index,
    if they are equal to the last bit; of two ways to 1/2, rounding may make one a little less.
    The same numbers to the last bit as `nearest(cosine_similarities(rows), num_neighbors)`, on all
    cores, in memory for n × num_neighbors. Used from notebook 02 on.

    Raises ValueError for other numbers than 0 and 1, num_neighbors below 1 or a negative shrinkage.
    """
    n = ones.shape[0]
    num_neighbors = min(num_neighbors, max(n, 1))
    check_room("num_neighbors", n, num_neighbors)
    neighbors = np.full((n, num_neighbors), -1, np.int32)
    similarities = np.zeros(neighbors.shape)
    keep_nearest(*_tables(ones), float(shrinkage), neighbors, similarities)
    kept = neighbors >= 0
    starts = np.append(0, np.cumsum(kept.sum(axis=1)))
    return csr_array((similarities[kept], neighbors[kept], starts), shape=(n, n))


def _tables(ones: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What the loops below go through."""
    by_column = ones.tocsc()
    lengths = np.sqrt(np.maximum(np.diff(ones.indptr), 1))  # a row of zeros meets none: 0 / 1
    # Unsigned: of other indices machine code asks every time whether they count from the end.
    parts = ones.indptr, ones.indices, by_column.indptr, by_column.indices
    starts, columns, column_starts, rows = (part.astype(np.uint32) for part in parts)
    return starts, columns, column_starts, rows, lengths


@compiled(
    "starts(n+1) to p, columns(p) < c, column_starts(c+1) to p, rows(p) < n, lengths(n), "
    "cosines(n, n)",
    changes="cosines",
)
def fill_cosines(
    starts: np.ndarray, columns: np.ndarray, column_starts: np.ndarray, rows: np.ndarray,
    lengths: np.ndarray, cosines: np.ndarray,
) -> None:  # fmt: skip
    """Fill cosines, (n, n).

    Row r has the columns numbered starts[r] to starts[r + 1] − 1; column c is in the rows numbered
    column_starts[c] to column_starts[c + 1] − 1. lengths (n,): the square root of how many ones a
    row has.
    """
    n = len(cosines)
    for row in prange(n):
        both = np.zeros(n, np.int32)
        for i in range(starts[row], starts[row + 1]):
            for j in range(column_starts[columns[i]], column_starts[columns[i] + 1]):
                both[rows[j]] += 1
        own = cosines[row]
        for other in range(n):
            # Divided last, by one number: so it is the same on every machine.
            own[other] = both[other] / (lengths[row] * lengths[other])


@compiled(
    "starts(n+1) to p, columns(p) < c, column_starts(c+1) to p, rows(p) < n, lengths(n), "
    "neighbors(n, q) whole, similarities(n, q), q > 0",
    changes="neighbors similarities",
)
def keep_nearest(
    starts: np.ndarray, columns: np.ndarray, column_starts: np.ndarray, rows: np.ndarray,
    lengths: np.ndarray, shrinkage: float, neighbors: np.ndarray, similarities: np.ndarray,
) -> None:  # fmt: skip
    """Fill the rows of neighbors and similarities, (n, num_neighbors), indices ascending.

    The first five are as in `fill_cosines`.
    """
    n = len(neighbors)
    for row in prange(n):
        own, kept = neighbors[row], similarities[row]
        num_neighbors = len(own)
        both, found = np.zeros(n, np.int32), np.empty(n)
        others = np.empty(n, np.int32)
        for i in range(starts[row], starts[row + 1]):
            for j in range(column_starts[columns[i]], column_starts[columns[i] + 1]):
                both[rows[j]] += 1
        both[row] = 0  # it is no neighbour of its own
        met = 0
        for other in range(n):
            if both[other] > 0:
                found[met] = both[other] / (lengths[row] * lengths[other])
                if shrinkage > 0:
                    found[met] *= both[other] / (both[other] + shrinkage)
                others[met] = other
                met += 1
        # All above the lowest that is kept, and of those equal to it the first ones.
        lowest, room = 0.0, num_neighbors
        if met > num_neighbors:
            # Hoare's FIND (Communications of the ACM, 1961): what is smaller than one of them goes
            # left and what is larger right, and then the same in the side that holds the place that
            # we want. np.partition does the same, and takes eight seconds to compile. Which one is
            # drawn (Park and Miller, ibid., 1988): the one in the middle would be the largest each
            # time where similarities rise towards a row and then fall, as in an order of time.
            ranked, wanted = found[:met].copy(), met - num_neighbors
            left, right, drawn = 0, met - 1, 1
            while left < right:
                drawn = drawn * 16807 % 2147483647
                one = ranked[left + drawn % (right - left + 1)]
                i, j = left, right
                while i <= j:
                    while ranked[i] < one:
                        i += 1
                    while ranked[j] > one:
                        j -= 1
                    if i <= j:
                        ranked[i], ranked[j] = ranked[j], ranked[i]
                        i += 1
                        j -= 1
                if wanted <= j:
                    right = j
                elif wanted >= i:
                    left = i
                else:
                    break  # between the sides all are equal
            lowest = ranked[wanted]
            for i in range(met):
                if found[i] > lowest:
                    room -= 1
        place = 0
        for i in range(met):
            tied = found[i] == lowest
            if found[i] > lowest or (tied and room > 0):
                own[place], kept[place] = others[i], found[i]
                place += 1
                if tied:
                    room -= 1
