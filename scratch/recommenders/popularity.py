"""Recommend what is popular: counting, and means that do not trust a handful of ratings.

Built in notebook 01.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Annotated

import numpy as np
import pandas as pd

from scratch.checking import Array, Columns, IndexArray, Within, checked


@checked
def count_items(users_items: Iterable[Iterable[Hashable]]) -> list[tuple[Hashable, int]]:
    """How many users have each item, as (item, count), most popular first.

    users_items holds one collection of items per user, each item in it once: a second one counts
    again. Equal counts stay in the order in which the items first appear.

    >>> count_items([["R", "Python"], ["Python", "Java"]])
    [('Python', 2), ('R', 1), ('Java', 1)]
    """
    counts: dict[Hashable, int] = {}
    for items in users_items:
        for item in items:
            counts[item] = counts.get(item, 0) + 1
    return sorted(counts.items(), key=lambda pair: -pair[1])


@checked
def most_popular_new(
    user_items: Collection[Hashable],
    popularity: Sequence[tuple[Hashable, float]],
    max_results: int = 5,
) -> list[tuple[Hashable, float]]:
    """The first max_results entries of popularity whose item the user does not have yet.

    popularity is best first, as count_items makes it; any other (item, score) pairs serve too.
    Raises ValueError for max_results below 1.

    >>> most_popular_new(["Python"], [("Python", 2), ("R", 1), ("Java", 1)], max_results=1)
    [('R', 1)]
    """
    if max_results < 1:
        raise ValueError(f"max_results must be at least 1, got {max_results}")
    owned = set(user_items)
    return [(item, count) for item, count in popularity if item not in owned][:max_results]


@checked(too_large="the ratings of table")
def damped_means(
    table: Annotated[pd.DataFrame, Columns(movie_id=None, rating="number")],
    damping: Annotated[float, Within(high=1e100)],
) -> pd.Series:
    """(Σ r + damping · μ) / (n + damping) for each movie_id: its mean, pulled toward the mean μ.

    As if every movie had `damping` further ratings, all equal to μ: one rating of 5 no longer
    makes the best movie of all. table has the columns movie_id and rating; the result is in
    stars, indexed by movie_id in ascending order. With damping 0 it is the plain mean.

    Raises ValueError for a table that is empty, or has not these columns with a finite rating in
    every row, for a negative damping, and for ratings so large that no finite mean comes out.
    """
    if len(table) == 0:
        raise ValueError("the table has no ratings to average")
    if damping < 0:
        raise ValueError(f"damping must not be negative, got {damping}")
    groups = table.groupby("movie_id")["rating"]
    mean = table["rating"].mean()
    return (groups.sum() + damping * mean) / (groups.count() + damping)


class SameForAll:
    """One score per movie, whoever asks: how many like it, its mean, or whatever it is worth.

    movie_scores: (movies,), −inf for what shall not be recommended at all. What a user has rated
    already is left out later, by the protocol.
    """

    @checked
    def __init__(self, movie_scores: Annotated[np.ndarray, Array(1, finite="or -inf")]):
        self.movie_scores = np.array(movie_scores, dtype=float)

    @checked
    def scores(self, users: IndexArray) -> np.ndarray:
        """The same row for each of the users: (n,) indices give (n, movies) scores."""
        return np.tile(self.movie_scores, (len(users), 1))
