"""Cosine similarity: how closely two vectors point the same way, and that for every pair."""

import numpy as np

from scratch.checking import Array
from scratch.checking.room import check_room
from scratch.checking.vectors import matrix_of, of_two_vectors
from scratch.linear_algebra import Matrix, Vector, dot, magnitude, shape


@of_two_vectors
def cosine_similarity(v: Vector, w: Vector) -> float:
    """cos(v, w) = v · w / (‖v‖ ‖w‖), between −1 and 1; 0.0 when either vector is all zeros.

    A zero vector has no direction. Calling it similar to nothing is what a recommender needs: a
    user who liked nothing has no neighbours. Numbers whose squares vanish, below 1e-162, count as
    zeros; up to 1e-154 their squares, and so the result, have few digits or none. Rounding may lead
    past 1 in the sixteenth digit. Introduced in notebook 02.

    Raises TypeError for what is no vector of numbers; ValueError when the lengths differ, for NaN
    and infinity, and for numbers whose squares are too large.

    >>> cosine_similarity([3, 4], [6, 8])
    1.0
    >>> cosine_similarity([1, 0], [0, 1])
    0.0
    >>> cosine_similarity([0, 0], [1, 2])
    0.0
    """
    lengths = magnitude(v) * magnitude(w)
    return dot(v, w) / lengths if lengths else 0.0


def cosine_similarities(rows: Matrix | np.ndarray) -> list[list[float]] | np.ndarray:
    """S[i][j] = cos(rows[i], rows[j]) for every pair of rows; lists give lists, an array an array.

    rows is (n, m), the result (n, n) and symmetric. A row of zeros has similarity 0.0 to every
    row, itself included. The array form is the same formula as one matrix product. It divides
    last, so rows of zeros and ones give the same result, to the last bit, on every machine.

    Raises TypeError for what is no table of numbers; ValueError when the rows differ in length or
    hold a value that is not finite, or one whose square is too large, and for more than 30,000 rows
    or so, for whose pairs there is no room.

    >>> cosine_similarities([[3, 4], [4, 3]])
    [[1.0, 0.96], [0.96, 1.0]]
    """
    if not isinstance(rows, list | tuple):
        table = Array(2).check("rows", rows).astype(float, copy=False)
        check_room("a similarity for each pair of rows", len(table), len(table))
        with np.errstate(over="ignore", invalid="ignore"):  # looked at below
            products = table @ table.T
        magnitudes = np.sqrt(np.diag(products))
        if not np.isfinite(magnitudes).all():
            row = int(np.argmin(np.isfinite(magnitudes)))
            raise ValueError(f"the numbers in row {row} of rows are too large to be squared")
        magnitudes[magnitudes == 0] = np.inf  # so that a row of zeros is similar to nothing
        products /= np.outer(magnitudes, magnitudes)
        return products
    rows = matrix_of("rows", rows)
    shape(rows)  # complains when the rows differ in length
    return [[cosine_similarity(v, w) for w in rows] for v in rows]
