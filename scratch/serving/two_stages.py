"""Two models in a row: a quick one picks some hundred items, a careful one puts them in order.

Covington, Adams and Sargin, Deep neural networks for YouTube recommendations, RecSys 2016.
Introduced in notebook 17.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from scratch.checking import Array, shown
from scratch.checking.rules import whole
from scratch.evaluation.lists import EMPTY

Retrieve = Callable[[int], np.ndarray]  # how many are wanted → items, best first, EMPTY for none
Rank = Callable[[np.ndarray], np.ndarray]  # items (c,) → their scores (c,)
INDICES, SCORES = Array(1, "whole"), Array(finite="no")


def two_stages(
    retrieve: Retrieve, rank: Rank, known: np.ndarray, n: int, num_candidates: int
) -> np.ndarray:
    """The n items of highest rank among the candidates of the first stage, best first.

    known: the items that are not to be shown; so many more are retrieved, and none of them is a
    candidate. Fewer than n where the first stage has fewer. Ties: the one retrieved first; one
    that is retrieved twice counts once. Raises TypeError for what is no whole number or no
    function; ValueError for n below 1, fewer candidates than n, or scores that are NaN or too few.
    """
    n, num_candidates = whole("n", n), whole("num_candidates", num_candidates)
    if not 1 <= n <= num_candidates:
        raise ValueError(f"n = {n} of num_candidates = {num_candidates} can't be shown")
    for name, stage in (("retrieve", retrieve), ("rank", rank)):
        if not callable(stage):
            raise TypeError(f"{name} must be a function, got {shown(stage)}")
    known = INDICES.check("known", known)  # of a set, isin would find nothing
    retrieved = INDICES.check("what retrieve returns", retrieve(num_candidates + len(known)))
    retrieved = pd.unique(retrieved)  # two sources may have found the same
    candidates = retrieved[(retrieved != EMPTY) & ~np.isin(retrieved, known)][:num_candidates]
    scores = SCORES.check("what rank returns", rank(candidates)).astype(float)
    if scores.shape != candidates.shape or np.isnan(scores).any():
        raise ValueError(
            f"what rank returns must be a score for each of {len(candidates)} candidates, none of "
            f"them NaN, got {shown(scores)}"
        )
    return candidates[np.argsort(-scores, kind="stable")[:n]]  # minus an unsigned number is none
