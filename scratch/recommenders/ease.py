"""EASE: each movie's score as a weighted sum of all others, solved in closed form.

Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019. Built in notebook 13.
"""

from typing import Annotated, Any

import numpy as np
from scipy.sparse import csr_array, issparse

from scratch.checking import Array, checked
from scratch.checking.room import check_room
from scratch.checking.rules import number
from scratch.checking.sparse_tables import as_sparse_ones

SMALLEST = 1e-9  # of l2: with less, rounding hides it, and there may be no inverse


def _likes(name: str, likes: Any) -> np.ndarray | csr_array:
    """Zeros and ones as floats, if there is room for a table of movies × movies."""
    as_ones = as_sparse_ones if issparse(likes) else Array(2, "one").check
    likes = as_ones(name, likes)
    check_room(f"the number of movies in {name}", likes.shape[1], likes.shape[1])
    return likes


def _pull(name: str, l2: Any) -> float:
    """A number that rounding does not hide; one that is not above 0 is left to the function."""
    l2 = number(name, l2)
    if 0 < l2 < SMALLEST:
        raise ValueError(f"{name} must be at least {SMALLEST:g}, got {l2}")
    return float(l2)


@checked
def ease_weights(
    likes: Annotated[np.ndarray | csr_array, _likes], l2: Annotated[float, _pull]
) -> np.ndarray:
    """The weights B, movies × movies with a zero diagonal, that make likes · B come close to likes.

    likes: (users, movies), 1.0 for a like, else 0.0; an array or a sparse one. B is the minimum of

        ‖likes − likes · B‖² + l2 · ‖B‖²   with B's diagonal held at 0,

    so column j is the ridge regression of movie j on all the others, and no movie may explain
    itself. One inverse solves them all: with P = (likesᵀ likes + l2 · I)⁻¹, B = I − P / diag(P),
    every column of P divided by its diagonal element. O(movies³), some 8 · movies² bytes a table,
    and for likes in full as many operations a user as there are pairs of movies; for sparse ones,
    as there are pairs of those that the user likes.

    Raises ValueError for an l2 that is not positive, or so small that rounding would hide it:
    movies without likes would have no solution; and for likes other than 0 and 1.
    """
    if not 0 < l2 < np.inf:
        raise ValueError(f"l2 must be a positive number, got {l2}")
    P = np.linalg.inv(likes.T @ likes + l2 * np.eye(likes.shape[1]))
    B = P / -np.diag(P)
    np.fill_diagonal(B, 0.0)
    return B
