"""Somebody new, or a new movie: their vector from a few ratings by one small solve, no training.

Half a sweep of alternating least squares, for one row. Introduced in notebook 14.
"""

from typing import Annotated

import numpy as np

from scratch.checking import (
    Array,
    Column,
    FloatTable,
    IndexArray,
    NotNegative,
    Positive,
    check_below,
    checked,
    finite,
)

# To look at every number of it would take longer than to fold somebody in: the result shows it.
Vectors = Annotated[np.ndarray, Array(2, "float", finite="no")]


@checked
def ridge(X: FloatTable, y: Column, l2: Positive) -> np.ndarray:
    """The w with the smallest ‖X w − y‖² + l2 ‖w‖²: X is (n, k), y (n,), the result (k,).

    Hoerl and Kennard, Ridge regression, Technometrics 12(1), 1970. Without rows w is 0. Raises
    ValueError for an l2 that is not positive: fewer rows than numbers would leave w open; for X and
    y of different lengths; and where no w comes out all the same, since numbers are too large, or
    l2 is too small beside them.
    """
    if len(X) != len(y):
        raise ValueError(f"X and y must have as many rows, got {len(X)} and {len(y)}")
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes inf
        A, b = X.T @ X + l2 * np.eye(X.shape[1]), X.T @ y
    return _solved(A, b, "X, y or l2")


@checked
def fold_in(
    V: Vectors,
    chosen: IndexArray,
    w0: NotNegative,
    l2: NotNegative,
    *,
    gram: Vectors | None = None,
) -> np.ndarray:
    """The vector (k,) of somebody who chose the rows `chosen` of V, in a weighted factorization.

    The lowest point of Σ chosen (1 − u·v)² + w0 Σ others (u·v)² + l2 ‖u‖²: exactly what a half-step
    of alternating least squares gives a known user. For a new movie, V holds the users' vectors and
    chosen who likes it. gram: VᵀV (k, k), from whoever answers many and has it already; to compute
    it takes k² times the rows of V, by far the most of the work. Raises ValueError for a negative
    weight, l2 = w0 = 0, a gram of another shape, and where no vector comes out: with numbers in V
    that are too large or not finite, or with weights too small to hold it. Raises IndexError for a
    row that V does not have.
    """
    if w0 + l2 == 0:
        raise ValueError(f"w0 and l2 must not be negative, nor both 0, got {w0} and {l2}")
    k = V.shape[1]
    if gram is not None and gram.shape != (k, k):
        raise ValueError(f"gram must be VᵀV, of shape {(k, k)} for this V, got {gram.shape}")
    check_below("chosen", chosen, len(V), "V")
    mine = V[chosen].astype(float, copy=False)  # V may be float32; what is solved is not
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes inf
        all_rows = w0 * V.T @ V if gram is None else w0 * gram
        A = all_rows + (1 - w0) * mine.T @ mine + l2 * np.eye(k)
        b = mine.sum(axis=0)
    return _solved(A, b, "V, gram, w0 or l2")


def _solved(A: np.ndarray, b: np.ndarray, of: str) -> np.ndarray:
    """The solution of A x = b; raises ValueError if there is none. of: what they are made of."""
    few = (
        f"the vector can't be computed, but for rounding many fit as well: among {of} is a weight "
        "that is too small beside the other numbers"
    )
    with np.errstate(all="ignore"):
        finite("the vector", A.sum(), of)  # of one sum: to look at all takes as long as to solve
        try:
            solution = np.linalg.solve(A, b)
            finite("the vector", solution.sum(), of)
            # A = LLᵀ. What others leave of a number on its diagonal says how many digits are left.
            left = np.diag(np.linalg.cholesky(A)) ** 2 / np.diag(A)
        except np.linalg.LinAlgError:
            raise ValueError(few) from None
    if (left < 1e-12).any():
        raise ValueError(few)
    return solution
