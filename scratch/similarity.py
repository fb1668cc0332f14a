"""Cosine similarity: how closely two vectors point the same way, and that for every pair."""

import numpy as np

from scratch.linear_algebra import Matrix, Vector, dot, magnitude, shape


def cosine_similarity(v: Vector, w: Vector) -> float:
    """cos(v, w) = v · w / (‖v‖ ‖w‖), between −1 and 1; 0.0 when either vector is all zeros.

    A zero vector has no direction. Calling it similar to nothing is what a recommender needs: a
    user who liked nothing has no neighbours. Introduced in notebook 02.

    Raises ValueError when the lengths differ.

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

    Raises ValueError when the rows differ in length or hold a value that is not finite.

    >>> cosine_similarities([[3, 4], [4, 3]])
    [[1.0, 0.96], [0.96, 1.0]]
    """
    if isinstance(rows, np.ndarray):
        rows = rows.astype(float, copy=False)
        if not np.isfinite(rows).all():
            row, column = np.argwhere(~np.isfinite(rows))[0]
            raise ValueError(f"row {row}, column {column} is not a finite number")
        products = rows @ rows.T
        magnitudes = np.sqrt(np.diag(products))
        magnitudes[magnitudes == 0] = 1.0  # of a row of zeros, all products are 0
        products /= np.outer(magnitudes, magnitudes)
        return products
    shape(rows)  # complains when the rows differ in length
    return [[cosine_similarity(v, w) for w in rows] for v in rows]
