"""How sure is a mean over users: an interval by the bootstrap, and a paired test of two lists.

Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1), 1979; Smucker,
Allan and Carterette, A comparison of statistical significance tests for information retrieval
evaluation, CIKM 2007. Introduced in notebook 12.
"""

import numpy as np

CHUNK = 200  # draws that are in memory at a time


def bootstrap_interval(
    values: np.ndarray,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    num_draws: int = 2000,
) -> tuple[float, float]:
    """Where the mean would lie with other users: (low, high), which hold `level` of the draws.

    values: (n,), one number per user, such as each user's recall. A draw takes n users with
    replacement and averages theirs. It speaks of other users like these, not of another split.
    Raises ValueError for fewer than two values, one that is not finite, or a level not in (0, 1).
    """
    values = _finite(values)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    means = np.concatenate(
        [
            values[
                rng.integers(len(values), size=(min(CHUNK, num_draws - done), len(values)))
            ].mean(1)
            for done in range(0, num_draws, CHUNK)
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_test(
    first: np.ndarray, second: np.ndarray, *, rng: np.random.Generator, num_draws: int = 10_000
) -> float:
    """p: how often chance alone makes two means differ by as much as these do, or more.

    first, second: (n,), the same users in the same order. If the two recommenders were equally
    good, each user's difference might as well have the other sign; so all signs are drawn anew,
    num_draws times (a randomization test). p is never 0: the draw that we saw counts as one.
    Raises ValueError for different lengths, fewer than two users, or a value that is not finite.
    """
    first, second = _finite(first), _finite(second)
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} values: compare the same users")
    differences = first - second
    seen = abs(differences.mean())
    as_large = 0
    for done in range(0, num_draws, CHUNK):
        signs = rng.integers(0, 2, size=(min(CHUNK, num_draws - done), len(first))) * 2 - 1
        as_large += (np.abs((signs * differences).mean(axis=1)) >= seen - 1e-12).sum()
    return float((as_large + 1) / (num_draws + 1))


def _finite(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"expected a number for each of two users or more, got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"the value of user {int(np.argmin(np.isfinite(values)))} is not finite")
    return values
