"""One recommender, judged by every measure of the course: each user's list, and all lists together.

Introduced in notebook 12.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from scratch.checking import Count, TableArray, checked
from scratch.checking.room import check_room
from scratch.evaluation import lists
from scratch.evaluation.protocol import (
    CHUNK,
    PLACES,
    Part,
    Recommender,
    Split,
    checked_scores,
    recommend,
    relevant_pairs,
)
from scratch.ratings import COLD, Ratings

OF_LISTS = (
    "precision",
    "recall",
    "hit rate",
    "reciprocal rank",
    "average precision",
    "NDCG",
    "AUC",
)
TOGETHER = ("coverage", "Gini", "novelty", "popularity lift")


class Report(NamedTuple):
    """What `judge` finds.

    users: a row per user index, with precision, recall, hit rate, reciprocal rank, average
    precision, NDCG and AUC of their list, and miscalibration where genres are known. shown: these
    lists, (users, places), movie indices, −1 for an empty place. together: coverage, Gini, novelty
    and popularity lift of all lists.
    """

    users: pd.DataFrame
    shown: np.ndarray
    together: pd.Series

    @property
    def means(self) -> pd.Series:
        """The measures of the users, averaged over them, and then those of all lists together."""
        return pd.concat([self.users.mean(), self.together])


@checked
def judge(
    recommender: Recommender,
    split: Split,
    on: Part = "validation",
    *,
    places: Count = PLACES,
    genres: TableArray | None = None,
) -> Report:
    """Every measure of `scratch.evaluation.lists`, by the protocol of `scratch.evaluation`.

    Users, lists and errors are those of `scratch.evaluation.evaluate_users`. AUC ranks each user's
    liked movies among all that the list might have held. genres: (movies, genres), 1 where a movie
    has the genre, in the order of split.movies; without them there is no miscalibration. Raises
    ValueError also for genres of other movies, and when nobody's list has any movie.
    """
    users, rows, movies = relevant_pairs(split, on)
    known, num_movies = split.known(on), len(split.movies)
    if genres is not None and len(genres) != num_movies:
        raise ValueError(
            f"genres has {len(genres)} rows, the split {num_movies} movies: one row for each"
        )
    check_room("places", len(users), places)
    shown = np.empty((len(users), places), int)
    areas = np.empty(len(users))
    for start in range(0, len(users), CHUNK):
        part = slice(start, start + CHUNK)
        scores = checked_scores(recommender, users[part], num_movies)
        shown[part] = recommend(
            _knowing(scores), users[part], known, num_movies=num_movies, places=places
        )
        candidates = ~_rated(users[part], known, len(split.users), num_movies)
        relevant = np.zeros(candidates.shape, bool)
        here = (movies != COLD) & (rows >= start) & (rows < start + CHUNK)
        relevant[rows[here] - start, movies[here]] = True
        areas[part] = lists.auc(scores, relevant, candidates)
    hits, num_liked = lists.find_hits(shown, rows, movies), np.bincount(rows)
    of_users = {
        "precision": lists.precision(hits),
        "recall": lists.recall(hits, num_liked),
        "hit rate": lists.hit_rate(hits),
        "reciprocal rank": lists.reciprocal_rank(hits),
        "average precision": lists.average_precision(hits, num_liked),
        "NDCG": lists.ndcg(hits, num_liked),
        "AUC": areas,
    }
    counts = np.bincount(known[0].movies, minlength=num_movies)
    readers, read = _of_readers(known[0], users)
    if genres is not None:
        of_users["miscalibration"] = lists.miscalibration(shown, readers, read, genres)
    together = {
        "coverage": lists.coverage(shown, num_movies),
        "Gini": lists.gini(shown, num_movies),
        "novelty": lists.novelty(shown, counts, len(split.users)),
        "popularity lift": lists.popularity_lift(shown, readers, read, counts),
    }
    table = pd.DataFrame(of_users, index=pd.Index(users, name="user"))
    return Report(table, shown, pd.Series(together))


def _knowing(scores: np.ndarray) -> Recommender:
    """A recommender that has these scores already, and is asked for no others."""
    return lambda users: scores


def _rated(
    users: np.ndarray, known: Iterable[Ratings], num_users: int, num_movies: int
) -> np.ndarray:
    """What these users have rated in the known parts: (n, movies) booleans."""
    row_of = np.full(num_users, -1)
    row_of[users] = np.arange(len(users))
    rated = np.zeros((len(users), num_movies), bool)
    for part in known:
        of_them = (part.users != COLD) & (part.movies != COLD)
        of_them[of_them] = row_of[part.users[of_them]] >= 0
        rated[row_of[part.users[of_them]], part.movies[of_them]] = True
    return rated


def _of_readers(train: Ratings, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The training ratings of these users as pairs: row of the user, index of the movie."""
    theirs = np.isin(train.users, users)
    return np.searchsorted(users, train.users[theirs]), train.movies[theirs]
