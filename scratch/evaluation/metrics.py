"""How good is it: errors of predicted ratings, and hits of recommended lists."""

import math
from collections.abc import Collection, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from scratch.checking import Count, checked, shown


@checked(too_large="predicted or actual")
def mse(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Mean squared error: mean of (predicted − actual)², in squared stars.

    Raises ValueError when there is nothing to compare, when the lengths differ, or when a value
    is not finite or too large to be squared.

    >>> mse([3, 4], [3, 2])
    2.0
    """
    return float(np.mean(_errors(predicted, actual) ** 2))


def rmse(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Root mean squared error, √MSE, in stars. Raises what mse raises.

    >>> rmse([3, 5], [3, 3]) == 2 ** 0.5
    True
    """
    return math.sqrt(mse(predicted, actual))


@checked
def precision_at_k(
    recommended: Sequence[Hashable], relevant: Collection[Hashable], k: Count
) -> float:
    """Of the first k places of one user's list, the fraction that is relevant.

    A list shorter than k has empty places, which count as misses. Raises ValueError for k < 1 or
    a repeated recommendation.

    >>> precision_at_k(["a", "b", "c", "d"], {"a", "d", "x"}, k=2)
    0.5
    """
    return sum(_hits(recommended, relevant, k)) / k


@checked
def recall_at_k(recommended: Sequence[Hashable], relevant: Collection[Hashable], k: Count) -> float:
    """Of all that is relevant to one user, the fraction found in the first k places.

    Raises ValueError for k < 1, a repeated recommendation, or when nothing is relevant (leave
    such a user out of the mean).

    >>> recall_at_k(["a", "b", "c", "d"], {"a", "d", "x", "y"}, k=4)
    0.5
    """
    if len(relevant) == 0:
        raise ValueError("recall needs at least one relevant item: leave this user out")
    return sum(_hits(recommended, relevant, k)) / len(set(relevant))


@checked
def ndcg_at_k(recommended: Sequence[Hashable], relevant: Collection[Hashable], k: Count) -> float:
    """Normalized discounted cumulative gain of one user's list, between 0 and 1.

    A hit at place p (counted from 1) is worth 1 / log₂(p + 1); the sum is divided by that of a
    perfect list (Järvelin and Kekäläinen, 2002). Raises what recall_at_k raises.

    >>> ndcg_at_k(["a", "b"], {"a"}, k=2)
    1.0
    """
    if len(relevant) == 0:
        raise ValueError("NDCG needs at least one relevant item: leave this user out")
    hits = _hits(recommended, relevant, k)
    gain = sum(hit / math.log2(place + 1) for place, hit in enumerate(hits, start=1))
    ideal = sum(1 / math.log2(p + 1) for p in range(1, min(k, len(set(relevant))) + 1))
    return gain / ideal


def _errors(predicted: ArrayLike, actual: ArrayLike) -> np.ndarray:
    predicted, actual = np.asarray(predicted, float), np.asarray(actual, float)
    # Equal shapes only: broadcasting (n, 1) against (n,) silently makes an n × n table.
    if predicted.shape != actual.shape:
        raise ValueError(f"shapes differ: {predicted.shape} predicted, {actual.shape} actual")
    if actual.size == 0:
        raise ValueError("there are no ratings to compare: predicted and actual are empty")
    return predicted - actual


def _hits(recommended: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> list[bool]:
    top = list(recommended[:k])
    if len(set(top)) < len(top):
        raise ValueError(f"the same item is recommended twice in {shown(top)}")
    relevant = set(relevant)
    return [item in relevant for item in top]
