"""Somebody new, or a new movie: their vector from a few ratings by one small solve, no training.

Half a sweep of alternating least squares, for one row. Introduced in notebook 14.
"""

import numpy as np


def ridge(X: np.ndarray, y: np.ndarray, l2: float) -> np.ndarray:
    """The w with the smallest ‖X w − y‖² + l2 ‖w‖²: X is (n, k), y (n,), the result (k,).

    Hoerl and Kennard, Ridge regression, Technometrics 12(1), 1970. Raises ValueError for an l2 that
    is not positive: fewer rows than numbers would leave w open. Without rows w is 0.
    """
    if not 0 < l2 < np.inf:
        raise ValueError(f"l2 must be a positive number, got {l2}")
    return np.linalg.solve(X.T @ X + l2 * np.eye(X.shape[1]), X.T @ y)


def fold_in(
    V: np.ndarray, chosen: np.ndarray, w0: float, l2: float, *, gram: np.ndarray | None = None
) -> np.ndarray:
    """The vector (k,) of somebody who chose the rows `chosen` of V, in a weighted factorization.

    The lowest point of Σ chosen (1 − u·v)² + w0 Σ others (u·v)² + l2 ‖u‖²: exactly what a half-step
    of alternating least squares gives a known user. For a new movie, V holds the users' vectors and
    chosen who likes it. gram: VᵀV (k, k), from whoever answers many and has it already; to compute
    it takes k² times the rows of V, by far the most of the work. Raises ValueError for a negative
    weight, l2 = w0 = 0, or a gram of another shape.
    """
    if not (w0 >= 0 and l2 >= 0 and w0 + l2 > 0):
        raise ValueError(f"w0 and l2 must not be negative, nor both 0, got {w0} and {l2}")
    k = V.shape[1]
    if gram is not None and gram.shape != (k, k):
        raise ValueError(f"gram must be VᵀV, of shape {(k, k)}, got {gram.shape}")
    mine = V[chosen].astype(float, copy=False)  # V may be float32; what is solved is not
    all_rows = w0 * V.T @ V if gram is None else w0 * gram
    A = all_rows + (1 - w0) * mine.T @ mine + l2 * np.eye(k)
    return np.linalg.solve(A, mine.sum(axis=0))
