"""Solving without solving: half a sweep of weighted factorization by a few steps downhill.

`als_half_step` solves k equations for every user, which is k³ work. Conjugate gradient only ever
multiplies by the matrix of those equations, and each of its steps goes the best way of all that
are left. Few steps are enough, since every sweep goes on from the vectors of the one before.

Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, 1952; for this
loss Takács, Pilászy and Tikk, Applications of the conjugate gradient method for implicit feedback
collaborative filtering, RecSys 2011. That the axes are turned first is our own addition.
"""

from typing import Annotated

import numpy as np

from scratch.checking import Array, Column, Count, NotNegative, checked, finite
from scratch.machinery.compiled import compiled, prange, relaxed
from scratch.machinery.sparse import Rows, check_rows

ChangedVectors = Annotated[np.ndarray, Array(2, in_place=True)]
Views = Annotated[np.ndarray, Array(2, finite="no")]  # nobody computes with them here
TOO_LARGE = "U, V, w0, pull, or the confidence of the rows,"


@checked
def turn_axes(U: ChangedVectors, V: ChangedVectors) -> np.ndarray:
    """Turn the axes of U and V, in place, so that VᵀV is diagonal; returns its diagonal, (k,).

    The new axes are the eigenvectors of VᵀV, the principal components of V about 0. All products
    u·v and all lengths stay as they are, and so does the loss. Raises ValueError for vectors that
    do not fit together, share memory, are no floats, or too large to be squared; they are then as
    before.
    """
    _check_sides(U, V)
    if np.shares_memory(U, V):
        raise ValueError("U and V share memory, and both are turned: give copies")
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes inf
        table = sum(part.T @ part for part in in_parts(V))
    lengths, axes = np.linalg.eigh(finite("VᵀV", table, "V"))
    for part in in_parts(U) + in_parts(V):
        part[:] = part @ axes
    # Where V has no extent, as with fewer movies than k, rounding may leave a little less than 0.
    # A tiny number there pulls a part of u to 0 that no product sees.
    return np.maximum(lengths, 1e-7 * lengths.max())


@checked
def in_parts(vectors: Views, rows: Count = 2048) -> list[np.ndarray]:
    """Views of so many rows each: what is made of one, or for one, has room in the fast memory."""
    return [vectors[begin : begin + rows] for begin in range(0, len(vectors), rows)]


@checked
def move_down(
    rows: Rows,
    U: ChangedVectors,
    V: ChangedVectors,
    w0: NotNegative,
    pull: Column,
    num_steps: Count,
) -> None:
    """Move every row of U, in place, num_steps steps towards where the loss is smallest for this V.

    U and V, both float32 or both float64, are turned first; pull is the l2 of each row, (rows,).
    With k steps this is, but for rounding, `als_half_step`. O(pairs · k) for each step. Built in
    notebook 11. Raises ValueError for vectors that do not fit, and for numbers so large that U
    becomes none.
    """
    rows = check_rows(rows)
    _check_sides(U, V)
    if len(pull) != len(U):
        raise ValueError(f"pull must have a number for each row of U, got {len(pull)} of {len(U)}")
    dtype = U.dtype.type
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes inf
        weight, pull = dtype(w0), pull.astype(dtype)
        everywhere = weight * turn_axes(U, V)
    finite("the half-step", everywhere, TOO_LARGE)
    finite("the half-step", pull, TOO_LARGE)
    relaxed(cg_rows)(rows.shares(), *rows[:3], U, V, everywhere, weight, pull, num_steps)
    finite("the half-step", U, TOO_LARGE)


def _check_sides(U: np.ndarray, V: np.ndarray) -> None:
    if U.shape[1] != V.shape[1] or V.size == 0:
        raise ValueError(
            f"U and V must have as many columns, and V at least one row, got {U.shape} and "
            f"{V.shape}"
        )
    if U.dtype != V.dtype or U.dtype.kind != "f":
        raise ValueError(f"U and V must hold floats of one kind, got {U.dtype} and {V.dtype}")


@compiled(
    "shares(s+1) to r, starts(r+1) to p, indices(p) < m, confidence(p or 0), U(r, k), V(m, "
    "k), everywhere(k), l2(r)",
    changes="U",
)
def cg_rows(
    shares: np.ndarray, starts: np.ndarray, indices: np.ndarray, confidence: np.ndarray,
    U: np.ndarray, V: np.ndarray,
    everywhere: np.ndarray, w0: float, l2: np.ndarray, num_steps: int,
) -> None:  # fmt: skip
    """Steps of conjugate gradient towards the solution of A u = b for each row u of U, where

    A = D + Σ observed (c − w0)·v vᵀ with the diagonal D = w0·VᵀV + l2[row]·I, and b = Σ observed
    c·v. D is known and easily divided by: every direction is divided by it (preconditioned), and
    what is left to find has as many dimensions as the row has pairs. shares: those of `Rows`.
    """
    everywhere = np.asarray(everywhere)
    number = everywhere.dtype.type
    zero, one = number(0), number(1)  # a plain 0 would make float64 of float32
    for share in prange(len(shares) - 1):
        # Room for one row, once for the share: to ask for it at every row takes a fifth as long
        # as all the rest, where rows are short.
        d, step = np.empty_like(everywhere), np.empty_like(everywhere)
        rest, A_step = np.empty_like(everywhere), np.empty_like(everywhere)
        for row in range(shares[share], shares[share + 1]):
            u, size = U[row], zero  # the size of the rest: rest · D⁻¹ rest
            for f in range(len(u)):
                d[f] = everywhere[f] + l2[row]
                step[f] = u[f]
            for turn in range(num_steps + 1):
                # A times the step; at first that is u itself, and gives what is left: b − A u.
                for f in range(len(u)):
                    A_step[f] = d[f] * step[f]
                for i in range(starts[row], starts[row + 1]):
                    v = V[indices[i]]
                    c = confidence[i] if len(confidence) > 0 else one
                    x = zero
                    for f in range(len(u)):
                        x += step[f] * v[f]
                    x *= c - w0
                    if turn == 0:
                        x -= c
                    for f in range(len(u)):
                        A_step[f] += x * v[f]
                if turn == 0:
                    for f in range(len(u)):
                        rest[f] = -A_step[f]
                        step[f] = rest[f] / d[f]
                        size += rest[f] * step[f]
                    continue
                along = zero
                for f in range(len(u)):
                    along += step[f] * A_step[f]
                if not along > 0:
                    break  # nothing is left, or no more than rounding
                new_size, length = zero, size / along
                for f in range(len(u)):
                    u[f] += length * step[f]
                    rest[f] -= length * A_step[f]
                    new_size += rest[f] * rest[f] / d[f]
                for f in range(len(u)):
                    step[f] = rest[f] / d[f] + new_size / size * step[f]
                size = new_size
