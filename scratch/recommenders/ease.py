"""EASE: each movie's score as a weighted sum of all others, solved in closed form.

Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019. Built in notebook 13.
"""

import numpy as np


def ease_weights(likes: np.ndarray, l2: float) -> np.ndarray:
    """The weights B, movies × movies with a zero diagonal, that make likes · B come close to likes.

    likes: (users, movies), 1.0 for a like, else 0.0. B is the minimum of

        ‖likes − likes · B‖² + l2 · ‖B‖²   with B's diagonal held at 0,

    so column j is the ridge regression of movie j on all the others, and no movie may explain
    itself. One inverse solves them all: with P = (likesᵀ likes + l2 · I)⁻¹, B = I − P / diag(P),
    every column of P divided by its diagonal element. O(movies³), 8 · movies² bytes.

    Raises ValueError for an l2 that is not positive: movies without likes would have no solution.
    """
    if not 0 < l2 < np.inf:
        raise ValueError(f"l2 must be a positive number, got {l2}")
    P = np.linalg.inv(likes.T @ likes + l2 * np.eye(likes.shape[1]))
    B = P / -np.diag(P)
    np.fill_diagonal(B, 0.0)
    return B
