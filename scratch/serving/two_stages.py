"""Two models in a row: a quick one picks some hundred items, a careful one puts them in order.

Covington, Adams and Sargin, Deep neural networks for YouTube recommendations, RecSys 2016.
Introduced in notebook 17.
"""

from collections.abc import Callable

import numpy as np

from scratch.evaluation.lists import EMPTY

Retrieve = Callable[[int], np.ndarray]  # how many are wanted → items, best first, EMPTY for none
Rank = Callable[[np.ndarray], np.ndarray]  # items (c,) → their scores (c,)


def two_stages(
    retrieve: Retrieve, rank: Rank, known: np.ndarray, n: int, num_candidates: int
) -> np.ndarray:
    """The n items of highest rank among the candidates of the first stage, best first.

    known: the items that are not to be shown; so many more are retrieved, and none of them is a
    candidate. Fewer than n where the first stage has fewer. Ties: the one retrieved first. Raises
    ValueError for n below 1, fewer candidates than n, or scores that are NaN or too few.
    """
    if not 1 <= n <= num_candidates:
        raise ValueError(f"{n} of {num_candidates} candidates cannot be shown")
    known = np.asarray(known, int)  # of a set, isin would find nothing
    retrieved = retrieve(num_candidates + len(known))
    candidates = retrieved[(retrieved != EMPTY) & ~np.isin(retrieved, known)][:num_candidates]
    scores = np.asarray(rank(candidates), float)  # minus an unsigned number is none
    if scores.shape != candidates.shape or np.isnan(scores).any():
        raise ValueError(f"{len(candidates)} candidates need as many scores, none of them NaN")
    return candidates[np.argsort(-scores, kind="stable")[:n]]
