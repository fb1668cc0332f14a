"""Why is this film on my list? What its score owes to each film that I rated.

Introduced in notebook 14.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scratch.checking import Array, Count, checked
from scratch.recommenders.fitted import Recommender


@checked
def reasons(
    recommender: Recommender, stars: Mapping[Any, float], movie_ids: Iterable[Hashable]
) -> pd.DataFrame:
    """How much lower each score would be without each rating: movie_ids × the movies in stars.

    stars: those of somebody new, by movie_id. Every rating is taken out in turn and the lists are
    asked for again, which needs no training and no knowledge of the model; what is not recommended
    at all (a score of −inf) counts as 0. A rating that speaks against a film has a number below 0.
    Raises what `Recommender.recommend_new` raises, KeyError for a movie without training ratings,
    ValueError for scores that can't be ranked.
    """
    movie_ids = list(movie_ids)
    whole = _finite(recommender.scores_new(stars))
    places = recommender.movies.encode(movie_ids)
    owed = {}
    for left_out in stars:
        rest = {movie: given for movie, given in stars.items() if movie != left_out}
        owed[left_out] = (whole - _finite(recommender.scores_new(rest)))[places]
    return pd.DataFrame(owed, index=pd.Index(movie_ids, name="movie_id"))


@checked
def lists_with_reasons(
    recommenders: Mapping[Any, Recommender], stars: Mapping[Any, float], n: Count = 10
) -> dict[str, pd.DataFrame]:
    """What each recommender would show somebody new, and why: a table per name.

    Columns place, movie_id, score and because, the movie_id of the rating to which the score owes
    the most, <NA> where none speaks for the movie. A list is empty where the recommender has
    nothing to go by, as in `Recommender.recommend_new`. Raises what `reasons` raises.
    """
    lists = {}
    for name, recommender in recommenders.items():
        table = recommender.recommend_new(stars, n)
        owed = reasons(recommender, stars, table["movie_id"])
        best = [row.idxmax() if (row > 0).any() else pd.NA for _, row in owed.iterrows()]
        kind = {"i": "Int64", "u": "UInt64"}.get(recommender.movies.ids.dtype.kind, object)
        lists[name] = table.assign(because=pd.array(best, dtype=kind))
    return lists


def _finite(scores: np.ndarray) -> np.ndarray:
    scores = Array(1, finite="or -inf").check("what the recommender returns", scores)
    return np.where(np.isfinite(scores), scores, 0.0)
