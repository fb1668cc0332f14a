"""How sure is a mean over users: an interval by the bootstrap, and a paired test of two lists.

Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1), 1979; Smucker,
Allan and Carterette, A comparison of statistical significance tests for information retrieval
evaluation, CIKM 2007. Introduced in notebook 12.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from scratch.checking import Column, Within, checked

MOST_AT_ONCE = 2_000_000  # numbers of some draws that are in memory together
LARGEST = 1e300  # of the sum of all values: their differences can still be added

Level = Annotated[float, Within(0, 1, low_is_open=True, high_is_open=True)]
Draws = Annotated[int, Within(1, 10_000_000)]


@checked
def bootstrap_interval(
    values: Column,
    *,
    rng: np.random.Generator,
    level: Level = 0.95,
    num_draws: Draws = 2000,
) -> tuple[float, float]:
    """Where the mean would lie with other users: (low, high), which hold `level` of the draws.

    values: (n,), one number per user, such as each user's recall. A draw takes n users with
    replacement and averages theirs. It speaks of other users like these, not of another split.
    Raises ValueError for fewer than two values, one that is not finite, or a level not in (0, 1).
    """
    values = _of_users("values", values)
    means = np.concatenate(
        [
            values[rng.integers(len(values), size=(some, len(values)))].mean(axis=1)
            for some in _chunks(num_draws, len(values))
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@checked
def paired_test(
    first: Column, second: Column, *, rng: np.random.Generator, num_draws: Draws = 10_000
) -> float:
    """p: how often chance alone makes two means differ by as much as these do, or more.

    first, second: (n,), the same users in the same order. If the two recommenders were equally
    good, each user's difference might as well have the other sign; so all signs are drawn anew,
    num_draws times (a randomization test). p is never 0: the draw that we saw counts as one.
    Raises ValueError for different lengths, fewer than two users, or a value that is not finite.
    """
    first, second = _of_users("first", first), _of_users("second", second)
    if len(first) != len(second):
        raise ValueError(
            f"{len(first)} and {len(second)} values: compare the same users, first and second"
        )
    differences = first - second
    seen = abs(differences.mean())
    rounding = 1e-12 * np.abs(differences).mean()  # so that p does not depend on the unit
    as_large = 0
    for some in _chunks(num_draws, len(first)):
        signs = rng.integers(0, 2, size=(some, len(first))) * 2 - 1
        as_large += (np.abs((signs * differences).mean(axis=1)) >= seen - rounding).sum()
    return float((as_large + 1) / (num_draws + 1))


def _chunks(num_draws: int, num_users: int) -> Iterator[int]:
    """How many draws at a time: num_draws in all. Which they are does not depend on that."""
    most = max(1, MOST_AT_ONCE // num_users)
    for done in range(0, num_draws, most):
        yield min(most, num_draws - done)


def _of_users(name: str, values: np.ndarray) -> np.ndarray:
    """A number for each user, as floats; raises ValueError if they are too few or too large."""
    if len(values) < 2:
        raise ValueError(
            f"{name} must hold a number for each of two users or more, got {len(values)}"
        )
    values = values.astype(float, copy=False)
    with np.errstate(over="ignore"):  # infinity is too large as well
        if not np.abs(values).sum() < LARGEST:
            raise ValueError(f"the numbers in {name} are too large to be averaged")
    return values
