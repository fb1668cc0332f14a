"""Weighted matrix factorization: fit 1s where a pair was observed, and a little less surely 0s.

One loss in three forms,
    L(U, V) = Σ observed c·(1 − u·v)² + w0 · Σ unobserved (u·v)² + l2 · (‖U‖² + ‖V‖²):
dense, as it reads; sparse, which never looks at an unobserved cell; and alternating least squares,
which goes to the minimum of one side at a time. Hu, Koren and Volinsky, Collaborative filtering
for implicit feedback datasets, 2008. Built in notebooks 09 (dense) and 11.

In the sparse and the alternating form l2 may grow with what is known of a row (notebook 13): times
(its pairs + w0 · all columns)^scaling. Rendle, Krichene, Zhang and Koren, Revisiting the
performance of iALS on item recommendation benchmarks, RecSys 2022.
"""

import functools
import math
import threading
from typing import Annotated

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from scratch.checking import (
    Array,
    Count,
    IndexArray,
    Learner,
    NotNegative,
    OnesTable,
    Positive,
    Size,
    TableArray,
    Vectors,
    check_below,
    checked,
    finite,
)
from scratch.checking.room import check_room
from scratch.evaluation.protocol import recommend
from scratch.machinery.compiled import compiled, prange
from scratch.machinery.progress import progress_bar
from scratch.machinery.sparse import Observed, Rows, check_observed, check_rows
from scratch.ratings import Ratings
from scratch.recommenders.conjugate_gradient import ChangedVectors, in_parts, move_down

Confidence = Annotated[np.ndarray, Array(2, finite="no")]  # of a cell that counts 1, nobody asks

# 1. Dense: every cell of the matrix is written down


@checked(too_large="U, V, w0, l2 or confidence")
def dense_loss(
    observed: OnesTable,
    U: Vectors,
    V: Vectors,
    w0: NotNegative,
    l2: NotNegative = 0.0,
    confidence: Confidence | NotNegative | None = None,
) -> float:
    """The loss as it reads, over all cells.

    observed: users × movies, 1 or True where a pair was observed, else 0. U: users × k, V: movies
    × k. confidence: c of every cell, users × movies, read only where observed; None is 1.
    Introduced in notebook 09. Raises ValueError for a negative weight, shapes that do not fit, or
    numbers so large that the loss is none.
    """
    _check_matrix(observed, U, V, confidence)
    seen, x = observed > 0, U @ V.T
    c = 1.0 if confidence is None else confidence
    cells = np.where(seen, c * (1 - x) ** 2, w0 * x**2)
    return float(cells.sum() + l2 * ((U**2).sum() + (V**2).sum()))


@checked(too_large="U, V, w0, l2 or confidence")
def dense_gradient(
    observed: OnesTable,
    U: Vectors,
    V: Vectors,
    w0: NotNegative,
    l2: NotNegative = 0.0,
    confidence: Confidence | NotNegative | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(∂L/∂U, ∂L/∂V), of the shapes of U and V; arguments and errors are those of dense_loss."""
    _check_matrix(observed, U, V, confidence)
    seen, x = observed > 0, U @ V.T
    c = 1.0 if confidence is None else confidence
    cells = np.where(seen, 2 * c * (x - 1), 2 * w0 * x)
    return cells @ V + 2 * l2 * U, cells.T @ U + 2 * l2 * V


TOO_LARGE = "U, V, w0, l2, scaling, or the confidence of what was observed,"

# 2. Sparse: the sum of x² over all cells is tr((UᵀU)(VᵀV)), and the observed ones are taken off


@checked(too_large=TOO_LARGE)
def sparse_loss(
    observed: Observed,
    U: TableArray,
    V: TableArray,
    w0: NotNegative,
    l2: NotNegative = 0.0,
    scaling: float = 0.0,
) -> float:
    """The same loss in O(pairs · k + (users + movies) · k²).

    Σ unobserved x² = tr((UᵀU)(VᵀV)) − Σ observed x². U (users, k) and V (movies, k) are float64.
    The result does not depend on the number of cores. Introduced in notebook 11. Raises ValueError
    for a negative weight, factors that do not fit `observed`, or numbers so large that the loss is
    none.
    """
    by_user, by_movie = (check_rows(rows) for rows in observed)
    _check_fit(by_user, U, V)
    _check_fit(by_movie, V, U)
    everywhere = (gram(U) * gram(V)).sum()
    rows = row_losses(*by_user[:3], U, V, float(w0))
    held = [
        (pulls(rows_of, w0, l2, scaling) * (factors**2).sum(axis=1)).sum()
        for rows_of, factors in ((by_user, U), (by_movie, V))
    ]
    return float(rows.sum() + w0 * everywhere + sum(held))


@checked(too_large=TOO_LARGE)
def sparse_gradient(
    observed: Observed,
    U: TableArray,
    V: TableArray,
    w0: NotNegative,
    l2: NotNegative = 0.0,
    scaling: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """(∂L/∂U, ∂L/∂V) in the same time as sparse_loss; raises what that raises."""
    by_user, by_movie = (check_rows(rows) for rows in observed)
    _check_fit(by_user, U, V)
    _check_fit(by_movie, V, U)
    of_users, of_movies = (pulls(rows, w0, l2, scaling) for rows in (by_user, by_movie))
    return (
        row_gradients(*by_user[:3], U, V, gram(V), float(w0), of_users),
        row_gradients(*by_movie[:3], V, U, gram(U), float(w0), of_movies),
    )


@checked(too_large="w0, l2, scaling or the rows")
def pulls(rows: Rows, w0: NotNegative, l2: NotNegative, scaling: float = 0.0) -> np.ndarray:
    """The l2 of each row, (rows,): l2 · (pairs of the row + w0 · columns)^scaling.

    With scaling 0 it is l2 for all. With 1 a row that takes part in twice as much of the loss is
    pulled twice as hard, as when l2 is added to every term of it. Raises ValueError for a negative
    weight, a scaling that is not a number, or any of them so large that the result is none.
    """
    rows = check_rows(rows)
    part = np.diff(rows.starts) + float(w0) * rows.num_columns
    # A row with no part in the loss (no pairs, w0 = 0) has nothing to hold it but l2 itself.
    return l2 * np.power(part, scaling, out=np.ones(len(part)), where=part > 0)


@compiled("V(m, k) array")
def gram(V: np.ndarray) -> np.ndarray:
    """VᵀV, k × k: the sum of v vᵀ over the rows of V, taken in their order.

    As all loops here it hands on what is not finite: whoever calls them looks at what comes out.
    """
    k = V.shape[1]
    total = np.zeros((k, k))
    for row in range(len(V)):
        v = V[row]
        for f in range(k):
            for g in range(k):
                total[f, g] += v[f] * v[g]
    return total


@compiled("starts(r+1) to p, indices(p) < m, confidence(p or 0), U(r, k), V(m, k)")
def row_losses(
    starts: np.ndarray, indices: np.ndarray, confidence: np.ndarray,
    U: np.ndarray, V: np.ndarray, w0: float,
) -> np.ndarray:  # fmt: skip
    """For each row of U: Σ observed c·(1 − x)² − w0·x², with x = u·v.

    starts, indices and confidence are those of `Rows`.
    """
    losses = np.zeros(len(U))
    for row in prange(len(U)):
        u = U[row]
        for i in range(starts[row], starts[row + 1]):
            v = V[indices[i]]
            c = float(confidence[i]) if len(confidence) > 0 else 1.0
            x = 0.0
            for f in range(len(u)):
                x += u[f] * v[f]
            losses[row] += c * (1 - x) * (1 - x) - w0 * x * x
    return losses


@compiled(
    "starts(r+1) to p, indices(p) < m, confidence(p or 0), U(r, k), V(m, k), VtV(k, k) array, l2(r)"
)
def row_gradients(
    starts: np.ndarray, indices: np.ndarray, confidence: np.ndarray,
    U: np.ndarray, V: np.ndarray, VtV: np.ndarray, w0: float, l2: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """For each row of U: ∂L/∂u = 2 (Σ observed ((c − w0)·x − c)·v + w0·VᵀV u + l2[row]·u)."""
    gradients = np.zeros_like(U)
    for row in prange(len(U)):
        u, gradient = U[row], gradients[row]
        for i in range(starts[row], starts[row + 1]):
            v = V[indices[i]]
            c = float(confidence[i]) if len(confidence) > 0 else 1.0
            x = 0.0
            for f in range(len(u)):
                x += u[f] * v[f]
            for f in range(len(u)):
                gradient[f] += 2 * ((c - w0) * x - c) * v[f]
        for f in range(len(u)):
            gradient[f] += 2 * l2[row] * u[f]
            for g in range(len(u)):
                gradient[f] += 2 * w0 * VtV[f, g] * u[g]
    return gradients


# 3. Alternating least squares: with V held still, the best U is the solution of linear systems


@checked
def als_half_step(
    rows: Rows,
    U: ChangedVectors,
    V: TableArray,
    w0: NotNegative,
    l2: NotNegative = 0.0,
    scaling: float = 0.0,
) -> None:
    """Move every row of U, in place, to where L is smallest for this V.

    rows: observed.by_user; for the other half swap sides, als_half_step(observed.by_movie, V, U,
    w0, l2). Afterwards ∂L/∂U = 0, and L is not larger than before. O(pairs · k² + users · k³), on
    all cores; the result does not depend on their number. Introduced in notebook 11. Raises
    ValueError for a negative weight, factors that do not fit `rows`, or numbers so large that U
    becomes none.
    """
    rows = check_rows(rows)
    _check_fit(rows, U, V)
    pull = pulls(rows, w0, l2, scaling)
    solve_rows(rows.shares(), *rows[:3], U, V, gram(V), float(w0), pull)
    finite("the half-step", U, TOO_LARGE)


@compiled(
    "shares(s+1) to r, starts(r+1) to p, indices(p) < m, confidence(p or 0), U(r, k), V(m, "
    "k), VtV(k, k) array, l2(r)",
    changes="U",
)
def solve_rows(
    shares: np.ndarray, starts: np.ndarray, indices: np.ndarray, confidence: np.ndarray,
    U: np.ndarray, V: np.ndarray, VtV: np.ndarray, w0: float, l2: np.ndarray,
) -> None:  # fmt: skip
    """Move each row u of U to the solution of A u = b, where ∂L/∂u = 2 (A u − b) and

    A = w0·VᵀV + Σ observed (c − w0)·v vᵀ + l2[row]·I and b = Σ observed c·v.

    By Cholesky: A + ε·I = LLᵀ with L lower triangular; then u moves by the s with LLᵀ s = b − A u.
    ε, a 10⁻¹³th of A, keeps u where it is in a direction that nothing decides on (w0 = l2 = 0 and
    fewer movies than k, say), where A has no inverse. A second such step takes away what ε and
    rounding left of b − A u. shares: those of `Rows`, for each of which one core solves.
    """
    k = len(VtV)
    for share in prange(len(shares) - 1):
        A, L, b, s = np.empty((k, k)), np.empty((k, k)), np.empty(k), np.empty(k)
        for row in range(shares[share], shares[share + 1]):
            u, b[:] = U[row], 0
            size = 0.0  # no less than the largest eigenvalue of A, or of what A is a difference of
            for f in range(k):
                for g in range(f + 1):  # A is symmetric: its lower triangle is enough
                    A[f, g] = w0 * VtV[f, g]
                size += A[f, f]
                A[f, f] += l2[row]
            for i in range(starts[row], starts[row + 1]):
                v = V[indices[i]]
                c = float(confidence[i]) if len(confidence) > 0 else 1.0
                for f in range(k):
                    b[f] += c * v[f]
                    weight = (c - w0) * v[f]
                    for g in range(f + 1):
                        A[f, g] += weight * v[g]
            for f in range(k):
                size += A[f, f]
            if size <= 0:
                continue  # w0 = l2 = 0 and no pairs: any u will do
            for f in range(k):
                for g in range(f + 1):
                    L[f, g] = A[f, g]
                    for h in range(g):
                        L[f, g] -= L[f, h] * L[g, h]
                    if g < f:
                        L[f, g] /= L[g, g]
                L[f, f] = math.sqrt(L[f, f] + 1e-13 * size)
            for _ in range(2):
                for f in range(k):
                    s[f] = b[f]
                    for g in range(k):
                        s[f] -= (A[f, g] if g < f else A[g, f]) * u[g]
                for f in range(k):  # s becomes the solution of L s = b − A u
                    for g in range(f):
                        s[f] -= L[f, g] * s[g]
                    s[f] /= L[f, f]
                for f in range(k - 1, -1, -1):  # and then of Lᵀ s = that
                    s[f] /= L[f, f]
                    for g in range(f):
                        s[g] -= L[f, g] * s[f]
                for f in range(k):
                    u[f] += s[f]


@checked
def cg_half_step(
    rows: Rows,
    U: ChangedVectors,
    V: ChangedVectors,
    w0: NotNegative,
    l2: NotNegative = 0.0,
    scaling: float = 0.0,
    *,
    num_steps: Count = 3,
) -> None:
    """As `als_half_step`, but only num_steps steps of conjugate gradient towards its result.

    U and V are float32 or float64; the axes of both are turned, which changes no product of them.
    O(pairs · k) a step, on all cores. L is not larger than before, but for rounding. Introduced in
    notebook 11. Raises ValueError for negative weights, w0 = l2 = 0, factors that do not fit, or
    numbers so large that U becomes none.
    """
    rows = check_rows(rows)
    _check_fit(rows, U, V, (np.float32, np.float64))
    _check_held(w0, l2)
    # The threads of BLAS and ours would wait for one another. One call at a time: a second one
    # would take the limit of the first for what was there before, and leave it behind.
    with _one_at_a_time(), _libraries().limit(limits=1, user_api="blas"):
        move_down(rows, U, V, w0, pulls(rows, w0, l2, scaling), num_steps)


@checked
def drawn_vectors(
    rng: np.random.Generator, shape: tuple[Size, Size], scale: NotNegative, dtype: type = np.float64
) -> np.ndarray:
    """N(0, scale²), (rows, k): what rng.normal draws. In float32, no table of doubles is made.

    Raises ValueError for a dtype that holds no floats, a shape that has no room, and a scale that
    is too large for the dtype.
    """
    if not np.issubdtype(dtype, np.floating):
        raise ValueError(f"dtype must be np.float64 or another kind of floats, got {dtype}")
    check_room("shape", *shape)
    if scale > float(np.finfo(dtype).max) / 100:  # nothing drawn from N(0, 1) is as large as that
        raise ValueError(f"scale {scale:g} is too large for {np.dtype(dtype)}")
    vectors: np.ndarray = np.empty(shape, dtype)
    for part in in_parts(vectors):
        part[:] = rng.normal(0.0, scale, part.shape)
    return vectors


@functools.cache
def _one_at_a_time() -> threading.Lock:
    """One lock for the process, as its libraries are one for all threads."""
    return threading.Lock()


@functools.cache  # to look for them takes longer than a half step of MovieLens 100K
def _libraries() -> ThreadpoolController:
    """The libraries of this process that have threads of their own."""
    return ThreadpoolController()


class WeightedFactorization(Learner):
    """x = u·m for every user and movie, fitted to the loss above by alternating least squares.

    k: numbers per user and movie. w0: what an unobserved pair counts, where an observed one counts
    1 or its confidence. l2 pulls all vectors toward 0, in the measure of `pulls` where scaling is
    not 0. A sweep solves for U, then for V: exactly, or with num_steps by so many steps of
    `scratch.recommenders.conjugate_gradient`, in float32, which comes as far in less time. U and V
    start as N(0, init_scale²). After `fit`: U (users, k), V (movies, k) and `history`, a table with
    a row per sweep: sweep (from 1) and the loss after it.

    Raises ValueError for a setting that makes no sense, and for w0 = l2 = 0 with num_steps.
    """

    learned = ("U", "V", "history", "_seen")

    @checked
    def __init__(
        self,
        k: Count = 32,
        w0: NotNegative = 0.005,
        *,
        l2: NotNegative = 0.1,
        scaling: float = 0.0,
        num_sweeps: Count = 10,
        num_steps: Count | None = None,
        init_scale: Positive = 0.1,  # V = 0 = U is a saddle of the loss
    ):
        if num_steps is not None:
            _check_held(w0, l2)
        self.k, self.w0, self.l2, self.scaling = k, w0, l2, scaling
        self.num_sweeps, self.num_steps, self.init_scale = num_sweeps, num_steps, init_scale

    @checked
    def fit(
        self,
        observed: Observed,
        *,
        rng: np.random.Generator,
        measure: bool = True,
        progress: bool = False,
    ) -> "WeightedFactorization":
        """Learn from the observed pairs; returns the model itself.

        rng draws the starting vectors, users first. measure: the loss after every sweep; without
        it the history holds NaN. progress: show a bar. The pairs are kept, not copied, for
        `recommend` to leave them out. What is wrong with them or their confidence,
        Observed.from_pairs has said when it was made of them. Raises ValueError where numbers grow
        too large: for settings that are far too large, or confidence; the model is then as before.
        """
        observed = check_observed(observed)
        num_users, num_movies = observed.shape
        check_room("k", max(num_users, num_movies, self.k), self.k)
        weights, half_step, dtype = (self.w0, self.l2, self.scaling), als_half_step, np.float64
        if self.num_steps is not None:
            half_step, dtype = functools.partial(cg_half_step, num_steps=self.num_steps), np.float32
        U = drawn_vectors(rng, (num_users, self.k), self.init_scale, dtype)
        V = drawn_vectors(rng, (num_movies, self.k), self.init_scale, dtype)
        rows = []
        with progress_bar(self.num_sweeps, progress, unit="sweep") as bar:
            for sweep in range(1, self.num_sweeps + 1):
                half_step(observed.by_user, U, V, *weights)
                half_step(observed.by_movie, V, U, *weights)
                rows.append((sweep, math.nan))
                if measure:
                    wide_U, wide_V = (part.astype(float, copy=False) for part in (U, V))
                    rows[-1] = sweep, sparse_loss(observed, wide_U, wide_V, *weights)
                bar.set_description_str(f"loss {rows[-1][1]:.4f}", refresh=False)
                bar.update()
        put_unseen_at_0(observed, U, V, self.w0, self.l2)
        self.U, self.V, self._seen = U, V, observed.by_user
        self.history = pd.DataFrame(rows, columns=["sweep", "loss"])
        return self

    @checked
    def scores(self, users: IndexArray) -> np.ndarray:
        """u·m of these users with every movie: users is (n,) indices, the result (n, movies).

        Raises IndexError for a user that is not in 0 … users − 1.
        """
        check_below("user", users, len(self.U))
        return self.U[users] @ self.V.T

    @checked
    def recommend(
        self, user: int, n: Count = 10, *, exclude_seen: bool = True
    ) -> list[tuple[int, float]]:
        """The n movies with the highest u·m as (movie, score), best first; ties: the lower index.

        exclude_seen leaves out the movies of this user in the training set; what is left may be
        fewer than n. Raises IndexError for an unknown user, ValueError for n below 1.
        """
        check_below("user", np.array([user]), len(self.U))
        scores, n = self.scores(np.array([user])), min(n, len(self.V))
        begin, end = self._seen.starts[user : user + 2]
        seen = self._seen.indices[begin : end if exclude_seen else begin]
        known = Ratings(np.zeros(len(seen), np.int32), seen, np.ones(len(seen)))
        shown = recommend(
            lambda _: scores, np.array([0]), [known], num_movies=len(self.V), places=n
        )[0]
        return [(int(movie), float(scores[0, movie])) for movie in shown[shown >= 0]]


@checked
def put_unseen_at_0(
    observed: Observed, U: ChangedVectors, V: ChangedVectors, w0: NotNegative, l2: NotNegative
) -> None:
    """Put the rows without any pair, in place, where the loss wants them: at 0.

    A half-step leaves there what rounding has left of their random start, some 1e-17. It would put
    the movies of such a user in order, and in another order on the next machine. Raises ValueError
    for a negative weight and for factors that do not fit `observed`.
    """
    sides = (observed.by_user, U, V), (observed.by_movie, V, U)
    for rows, vectors, others in sides:
        _check_fit(check_rows(rows), vectors, others, (np.float32, np.float64))
    if w0 > 0 or l2 > 0:  # else nothing wants them anywhere
        for rows, vectors, _ in sides:
            vectors[np.diff(rows.starts) == 0] = 0


def _check_held(w0: float, l2: float) -> None:
    if not (w0 > 0 or l2 > 0):
        raise ValueError("w0 or l2 must be positive: else nothing holds a step (num_steps)")


def _check_matrix(
    observed: np.ndarray, U: np.ndarray, V: np.ndarray, confidence: np.ndarray | float | None
) -> None:
    # Broadcasting would take one row of the matrix for all users.
    if observed.shape != (len(U), len(V)):
        raise ValueError(
            f"the matrix is {observed.shape}, but there are {len(U)} users and {len(V)} movies: "
            "observed must have a row for each row of U, and a column for each row of V"
        )
    if U.shape[1] != V.shape[1]:
        raise ValueError(f"U and V must have as many columns, got {U.shape[1]} and {V.shape[1]}")
    if isinstance(confidence, np.ndarray):
        if confidence.shape != observed.shape:
            raise ValueError(f"the matrix is {observed.shape}, the confidence {confidence.shape}")
        of_ones = confidence[observed > 0]
        if not (of_ones >= 0).all():
            wrong = of_ones[~(of_ones >= 0)][0]
            raise ValueError(f"confidence must not be negative where observed is 1, got {wrong}")


@checked
def check_factors(
    rows: Rows, U: TableArray, V: TableArray, dtypes: tuple[type, ...] = (np.float64,)
) -> None:
    """Raise ValueError unless U has the rows and V the columns: machine code does not check."""
    _check_fit(check_rows(rows), U, V, dtypes)


def _check_fit(
    rows: Rows, U: np.ndarray, V: np.ndarray, dtypes: tuple[type, ...] = (np.float64,)
) -> None:
    sizes = len(rows.starts) - 1, rows.num_columns
    if (len(U), len(V)) != sizes or U.shape[1:] != V.shape[1:]:
        raise ValueError(
            f"the matrix is {sizes[0]} × {sizes[1]}, which factors of shapes U {U.shape} and "
            f"V {V.shape} do not make"
        )
    if not (
        U.dtype == V.dtype and V.dtype in dtypes and U.flags.c_contiguous and V.flags.c_contiguous
    ):
        names = " or ".join(dtype.__name__ for dtype in dtypes)
        raise ValueError(
            f"the factors U and V must be arrays of {names}, row by row in memory (order C), got "
            f"{U.dtype} and {V.dtype}: make such ones, or allow other dtypes"
        )
