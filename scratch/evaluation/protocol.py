"""One protocol for all recommenders: the same split, the same users, the same ten places.

A rating of LIKED stars or more says that the user likes the movie. Recommenders learn from the
training part; choices are made on the validation part, results are reported on the test part. A
recommendation is never something that the user is known to have rated, whatever they thought of
it. Introduced in notebook 01.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from scratch.evaluation.lists import coverage, find_hits, ndcg, precision, recall
from scratch.machinery.compiled import compiled, prange
from scratch.machinery.sparse import group_by_row
from scratch.ratings import COLD, IdMap, Ratings, encode, split

LIKED = 4.0  # stars
PLACES = 10  # on the list that a user is shown
CHUNK = 1024  # users whose scores are in memory at a time

# Of n user indices, the scores (n, movies) of all movies: the higher, the rather recommended, and
# −inf for what shall not be recommended at all.
Recommender = Callable[[np.ndarray], np.ndarray]
Part = Literal["validation", "test"]


class Split(NamedTuple):
    """Ratings in three parts, encoded by one map of users and one of movies, fitted on train.

    A user or a movie without training ratings is COLD (−1) in the other two parts.
    """

    train: Ratings
    validation: Ratings
    test: Ratings
    users: IdMap
    movies: IdMap

    @property
    def likes(self) -> np.ndarray:
        """Who likes what in the training part: (users, movies), 1.0 for a like, else 0.0."""
        matrix = np.zeros((len(self.users), len(self.movies)))
        liked = self.train.ratings >= LIKED
        matrix[self.train.users[liked], self.train.movies[liked]] = 1.0
        return matrix

    def known(self, on: Part) -> tuple[Ratings, ...]:
        """The parts whose movies are not recommended when measuring on `on`.

        Raises ValueError for another part.
        """
        if on not in ("validation", "test"):
            raise ValueError(f'measure on "validation" or on "test", not on {on!r}')
        return (self.train,) if on == "validation" else (self.train, self.validation)


def split_ratings(
    table: pd.DataFrame,
    fractions: Sequence[float] = (0.70, 0.15, 0.15),
    *,
    rng: np.random.Generator,
) -> Split:
    """Split a table of user_id, movie_id and rating at random, and encode its parts.

    Raises what `split` and `encode_split` raise.
    """
    _refuse_repeated(table)
    return encode_split(*split(table, fractions, rng=rng))


def encode_split(train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame) -> Split:
    """Three tables of user_id, movie_id and rating as a `Split`; the ids are those of train.

    Raises ValueError when a user has rated a movie twice: one of the two could be learned and the
    other hidden. Raises what `encode` raises.
    """
    tables = train, validation, test
    _refuse_repeated(pd.concat(tables, ignore_index=True))
    users, movies = IdMap(train["user_id"]), IdMap(train["movie_id"])
    train, validation, test = (encode(part, users, movies, unknown="cold") for part in tables)
    return Split(train, validation, test, users, movies)


def _refuse_repeated(table: pd.DataFrame) -> None:
    repeated = table.duplicated(["user_id", "movie_id"])
    if repeated.any():
        first = table[repeated].iloc[0]
        raise ValueError(
            f"user {first['user_id']:.0f} has rated movie {first['movie_id']:.0f} more than once: "
            "keep one rating of each pair, such as the last"
        )


def recommend(
    recommender: Recommender,
    users: np.ndarray,
    known: Iterable[Ratings] = (),
    *,
    num_movies: int,
    places: int = PLACES,
) -> np.ndarray:
    """The lists that users (n,) are shown: (n, places) movie indices, best first.

    Left out are the movies that the user has rated in one of the parts `known`, and those with a
    score of −inf; a place for which nothing is left holds −1. Ties: the lower index first.

    Raises ValueError for scores of another shape than (n, num_movies), NaN or +inf among them, or
    places below 1.
    """
    if places < 1:
        raise ValueError(f"places must be at least 1, got {places}")
    rated, begin, end = _rated_by(users, tuple(known))
    shown = np.full((len(users), places), -1)
    for start in range(0, len(users), CHUNK):
        part = slice(start, start + CHUNK)
        scores = _checked(recommender(users[part]), users[part], num_movies)
        put_highest(scores, rated, begin[part], end[part], shown[part])
    return shown


@compiled(
    "scores(n, m), rated(p) < m, begin(n) < p+1, end(n) < p+1, shown(n, places) whole, places > 0",
    changes="shown",
)
def put_highest(
    scores: np.ndarray, rated: np.ndarray, begin: np.ndarray, end: np.ndarray, shown: np.ndarray
) -> None:
    """Write into shown (n, places) where the highest scores of each row are, best first.

    Row r leaves out the movies rated[begin[r]] to rated[end[r] − 1], and scores of −inf. Ties: the
    lower index. One look at each score is enough: most are below the last one on the list, and one
    that is not moves up from the end to its place.
    """
    places = shown.shape[1]
    for row in prange(len(scores)):
        out = np.zeros(scores.shape[1], np.bool_)
        for i in range(begin[row], end[row]):
            out[rated[i]] = True
        best, filled = np.empty(places), 0
        for movie in range(scores.shape[1]):
            score = scores[row, movie]
            if out[movie] or score == -np.inf:
                continue
            if filled == places and score <= best[places - 1]:
                continue
            filled = min(filled + 1, places)
            place = filled - 1
            while place > 0 and best[place - 1] < score:
                best[place], shown[row, place] = best[place - 1], shown[row, place - 1]
                place -= 1
            best[place], shown[row, place] = score, movie


def relevant_pairs(split: Split, on: Part) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the lists of the part `on` should have found: (users, rows, movies).

    users: the (n,) indices of all who like something there and have training ratings, ascending.
    rows and movies: pairs that say which list, 0 … n − 1, should have held which movie; COLD is a
    movie without training ratings, which no list can hold. Raises ValueError when no user is left,
    or for another part.
    """
    split.known(on)  # refuses another part
    part = getattr(split, on)
    liked = (part.ratings >= LIKED) & (part.users != COLD)
    users, rows = np.unique(part.users[liked].astype(np.int64), return_inverse=True)
    if len(users) == 0:
        raise ValueError(f"no user with training ratings likes anything in the {on} part")
    return users, rows, part.movies[liked].astype(np.int64)


def evaluate_users(recommender: Recommender, split: Split, on: Part = "validation") -> pd.DataFrame:
    """Precision, recall and NDCG of each user's list, a row per user index.

    Users: all who like something in the part `on` and have training ratings. A liked movie without
    training ratings can't be recommended; it counts as missed. The list is that of `recommend`;
    an empty place is a miss. The measures are those of `scratch.evaluation.lists`, at PLACES.

    Raises ValueError when no user is left, for another part, and what `recommend` raises.
    """
    return _measured(recommender, split, on)[0]


def evaluate(
    recommenders: Mapping[str, Recommender], split: Split, on: Part = "validation"
) -> pd.DataFrame:
    """A row per recommender: precision, recall and NDCG, averaged over users, and coverage.

    Coverage is the fraction of the movies with training ratings that is on anybody's list. Users,
    lists and errors are those of `evaluate_users`; an error names the recommender.
    """
    rows = {}
    for name, recommender in recommenders.items():
        try:
            of_users, shown = _measured(recommender, split, on)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        rows[name] = of_users.mean()
        rows[name]["coverage"] = coverage(shown, len(split.movies))
    return pd.DataFrame(rows).T


def evaluate_on_splits(
    build: Callable[[Split], Mapping[str, Recommender]],
    table: pd.DataFrame,
    seeds: Iterable[int],
    on: Part = "test",
    measure: str = "recall",
) -> pd.DataFrame:
    """One measure of each recommender (row) on a fresh split for every seed (column).

    build makes the recommenders from a split. They learn from its training part; when measuring
    on the test part, build may choose settings by the validation part, and nothing else.
    """
    columns = {}
    for seed in seeds:
        parts = split_ratings(table, rng=np.random.default_rng(seed))
        columns[f"split {seed}"] = evaluate(build(parts), parts, on)[measure]
    return pd.DataFrame(columns)


def _measured(recommender: Recommender, split: Split, on: Part) -> tuple[pd.DataFrame, np.ndarray]:
    """The measures of each user's list, and these lists (users, PLACES)."""
    users, rows, movies = relevant_pairs(split, on)
    shown = recommend(recommender, users, split.known(on), num_movies=len(split.movies))
    hits, num_liked = find_hits(shown, rows, movies), np.bincount(rows)
    measures = {
        "precision": precision(hits),
        "recall": recall(hits, num_liked),
        "NDCG": ndcg(hits, num_liked),
    }
    return pd.DataFrame(measures, index=pd.Index(users, name="user")), shown


def _checked(scores: np.ndarray, users: np.ndarray, num_movies: int) -> np.ndarray:
    scores = np.asarray(scores, dtype=float)
    if scores.shape != (len(users), num_movies):
        raise ValueError(
            f"{len(users)} users and {num_movies} movies, but the scores have shape {scores.shape}"
        )
    if scores.size and not scores.max() < np.inf:  # the largest is NaN if any is
        bad = np.argwhere(np.isnan(scores) | (scores == np.inf))
        row, movie = bad[0]
        raise ValueError(
            f"{len(bad)} scores can't be ranked, the first is {scores[row, movie]} for user "
            f"{users[row]} and movie {movie}: has the training diverged?"
        )
    return scores


def _rated_by(
    users: np.ndarray, known: tuple[Ratings, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Movies grouped by who rated them: users[i] has rated those from begin[i] up to end[i]."""
    raters = np.concatenate([np.empty(0, np.int32), *(part.users for part in known)])
    movies = np.concatenate([np.empty(0, np.int32), *(part.movies for part in known)])
    warm = (raters != COLD) & (movies != COLD)
    raters, movies = raters[warm].astype(np.int32), movies[warm].astype(np.int32)
    size = max(raters.max(initial=-1), users.max(initial=-1)) + 1
    starts, grouped, _ = group_by_row(raters, movies, np.empty(0, np.float32), int(size))
    return grouped, starts[users], starts[users + 1]
