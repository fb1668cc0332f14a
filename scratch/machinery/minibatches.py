"""Mini-batch training of the dot product in machine code: what `fit` with Adam does, only sooner.

PyTorch takes a third of a millisecond or so to get a step ready, whatever its size. With 128 rows
and 8 numbers in a vector that is most of the time. Built in notebook 08.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from scratch.checking import NotNegative, Positive, checked, shown
from scratch.machinery.compiled import check_call, code_to_call, compiled, numba_is_available
from scratch.machinery.training import Batches, Epochs, Trainable, fit

BETAS, EPSILON = (0.9, 0.999), 1e-8  # of torch.optim.Adam


@compiled(
    "users(n) < u, movies(n) < m, ratings(n), U(u, k) array, V(m, k) array, of_U(3, u, k) array, "
    "of_V(3, m, k) array, n > 0",
    changes="U V of_U of_V",
)
def adam_step(
    users: np.ndarray, movies: np.ndarray, ratings: np.ndarray,
    step: int, learning_rate: float, l2: float,
    U: np.ndarray, V: np.ndarray, of_U: np.ndarray, of_V: np.ndarray,
) -> float:  # fmt: skip
    """One step of Adam down the mean of error² + l2 (‖u‖² + ‖m‖²) over a batch, r̂ = u · m.

    users, movies, ratings: n entries each. step: counted from 1. U: users × k and V: movies × k,
    changed in place. of_U and of_V: for each number of U and of V its gradient (0 between steps)
    and the running means of gradient and gradient², 3 × users × k and 3 × movies × k, changed in
    place. Kingma and Ba, ICLR 2015. Returns the sum of error², measured before the step.

    Raises ValueError for a step below 1 and arrays that do not fit together, IndexError for an
    index without a row. What is NaN in the batch or in a vector makes NaN of all that it touches.
    """
    if step < 1:
        raise ValueError("step must be 1 or more: the first one is step 1")
    squared_errors, k = 0.0, U.shape[1]
    for i in range(len(ratings)):
        user, movie = users[i], movies[i]
        if not (0 <= user < len(U) and 0 <= movie < len(V)):
            raise IndexError("an index has no row in U or V: encode with the training map")
        error = -1.0 * ratings[i]  # as an 8-bit number, −5 would be 251
        for f in range(k):
            error += U[user, f] * V[movie, f]
        squared_errors += error * error
        for f in range(k):
            of_U[0, user, f] += 2 * (error * V[movie, f] + l2 * U[user, f]) / len(ratings)
            of_V[0, movie, f] += 2 * (error * U[user, f] + l2 * V[movie, f]) / len(ratings)
    # Both means start at 0 and are too small at first; Adam divides by how much too small.
    size = learning_rate / (1 - 0.9**step)
    correction = 1 / math.sqrt(1 - 0.999**step)
    for table, moments in ((U, of_U), (V, of_V)):
        gradient, mean, square = moments[0], moments[1], moments[2]
        for row in range(len(table)):
            for f in range(k):
                slope = gradient[row, f]
                mean[row, f] = 0.9 * mean[row, f] + 0.1 * slope
                square[row, f] = 0.999 * square[row, f] + 0.001 * slope * slope
                # Not with /, for which numba would test every divisor: that is four times as slow.
                root = math.sqrt(square[row, f]) * correction + 1e-8
                table[row, f] -= np.divide(size * mean[row, f], root)
                gradient[row, f] = 0.0
    return squared_errors


@checked
def adam_epochs(
    model: Trainable,
    batches: Batches,
    num_epochs: Epochs,
    learning_rate: Positive = 1e-3,
    *,
    l2: NotNegative = 0.0,
) -> Iterator[float]:
    """Train the two tables of a DotProduct; yields the mean of error² of each epoch at its end.

    In between, the caller can look at the model, copy it, or stop. Each error is measured just
    before its own step, without the penalty of l2. Without numba, the steps are those of
    `scratch.machinery.training.fit`.

    Raises ValueError for anything but a DotProduct in double precision on the CPU; and then leaves
    the model as it was at the end of the epoch before, as after Ctrl+C: ValueError when there is no
    batch, for a rating that is not finite, at the first loss that is none and for vectors that are
    none at the end of an epoch, TypeError for a batch that is not three columns of numbers,
    IndexError for an index out of range.
    """
    names = ("U.weight", "V.weight") if _is_plain(model) else ()
    tables = [model.get_parameter(name).detach() for name in names]
    if not tables or any(t.dtype != torch.double or t.device.type != "cpu" for t in tables):
        raise ValueError(
            f"only a DotProduct in double precision on the CPU is trained here, not "
            f"{type(model).__name__}: use scratch.machinery.training.fit"
        )
    if not numba_is_available():
        adam = torch.optim.Adam(model.parameters(), learning_rate, BETAS, EPSILON, fused=True)
        for _ in range(num_epochs):
            yield fit(model, batches, adam, 1, l2=l2)["loss"].item()
        return
    U, V = (table.numpy() for table in tables)  # the same memory: the model changes with them
    of_U, of_V = np.zeros((3, *U.shape)), np.zeros((3, *V.shape))
    # It looks at indices itself; a look at all arguments would take longer than a small batch.
    adam, step = code_to_call(adam_step), 0
    for epoch in range(1, num_epochs + 1):
        squared_errors, rows, before = 0.0, 0, (U.copy(), V.copy())
        ratings = np.empty(0)
        try:
            for batch in batches:
                users, movies, ratings = _columns_of(batch)
                if len(ratings) == 0:
                    continue
                step += 1
                arguments = users, movies, ratings, step, learning_rate, l2, U, V, of_U, of_V
                try:
                    squared_errors += adam(*arguments)
                except Exception:
                    check_call(adam_step, *arguments)  # says more, if it is about one of them
                    raise
                rows += len(ratings)
                if not math.isfinite(squared_errors):
                    raise ValueError(_why_not_finite(ratings, epoch, learning_rate))
            if rows == 0:
                again = " any more: they can be gone through only once" if epoch > 1 else ""
                raise ValueError(f"there is not one batch in batches{again}: nothing to learn from")
            if not (np.isfinite(U).all() and np.isfinite(V).all()):  # after the last step of all
                raise ValueError(_why_not_finite(ratings, epoch, learning_rate))
        except BaseException:  # Ctrl+C, too
            U[:], V[:] = before
            raise
        yield squared_errors / rows


def _columns_of(batch: Any) -> list[np.ndarray]:
    """Users, movies and ratings of a batch; raises TypeError or ValueError."""
    try:
        users, movies, ratings = batch
        if ratings.is_floating_point():
            ratings = ratings.double()  # machine code knows no numbers of 16 bits
        columns = [column.numpy() for column in (users, movies, ratings)]
    except (AttributeError, RuntimeError, TypeError, ValueError):  # no three, or not on the CPU
        raise TypeError(
            "each of the batches must be three tensors on the CPU, users, movies and ratings, got "
            f"{shown(batch)}"
        ) from None
    if not (columns[0].shape == columns[1].shape == columns[2].shape and columns[0].ndim == 1):
        sizes = ", ".join(str(column.shape) for column in columns)
        raise ValueError(
            "each of the batches needs as many users as movies and ratings, got shapes " + sizes
        )
    return columns


def _why_not_finite(ratings: np.ndarray, epoch: int, learning_rate: float) -> str:
    if not np.isfinite(ratings).all():
        return (
            f"batches hold a rating that is {ratings[~np.isfinite(ratings)][0]}: remove such rows"
        )
    return (
        f"training diverged in epoch {epoch} with learning rate {learning_rate:g}: try a smaller "
        f"rate, e.g. {learning_rate / 10:g}"
    )


def _is_plain(model: nn.Module) -> bool:
    # By name: its module stands on a higher floor, and %autoreload makes the class anew.
    return type(model).__name__ == "DotProduct"
