"""One protocol for all recommenders: the same split, the same users, the same ten places.

A rating of LIKED stars or more says that the user likes the movie. Recommenders learn from the
training part; choices are made on the validation part, results are reported on the test part. A
recommendation is never something that the user is known to have rated, whatever they thought of
it. Introduced in notebook 01.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from scratch.checking import Array, Count, IndexArray, Size, checked, columns_of, shown
from scratch.checking.room import MOST_ROWS, check_room
from scratch.evaluation.lists import (
    CatalogueSize,
    coverage,
    find_hits,
    ndcg,
    precision,
    recall,
)
from scratch.machinery.compiled import code_to_call, compiled, prange
from scratch.machinery.sparse import group_by_row
from scratch.ratings import (
    COLD,
    IdMap,
    Ratings,
    check_columns,
    check_pairs,
    check_training_set,
    encode,
    split,
)

LIKED = 4.0  # stars
PLACES = 10  # on the list that a user is shown
MOST_USERS = 2**31 - 1
CHUNK = 1024  # users whose scores are in memory at a time

# Of n user indices, the scores (n, movies) of all movies: the higher, the rather recommended, and
# −inf for what shall not be recommended at all.
Recommender = Callable[[np.ndarray], np.ndarray]
Part = Literal["validation", "test"]
Measure = Literal["precision", "recall", "NDCG", "coverage"]


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
        train = self.part("train")
        matrix = np.zeros((len(self.users), len(self.movies)))
        liked = train.ratings >= LIKED
        matrix[train.users[liked], train.movies[liked]] = 1.0
        return matrix

    @checked
    def part(self, name: Literal["train", "validation", "test"]) -> Ratings:
        """One of the three parts, if it fits the maps.

        Raises ValueError, TypeError or IndexError, with the name of the part, for columns that are
        not equally long, no numbers, or indices that the maps have not; of train, for a cold row.
        """
        try:
            part = _that_fits(getattr(self, name), self.users, self.movies)
            return check_training_set(part) if name == "train" else part
        except (IndexError, TypeError, ValueError) as problem:
            raise type(problem)(f"the {name} part of the split: {problem}") from None

    @checked
    def known(self, on: Part) -> tuple[Ratings, ...]:
        """The parts whose movies are not recommended when measuring on `on`.

        Raises ValueError for another part, and what `part` raises.
        """
        train = self.part("train")
        return (train,) if on == "validation" else (train, self.part("validation"))


@checked
def _that_fits(part: Ratings, users: IdMap, movies: IdMap) -> Ratings:
    raters, rated, ratings = check_columns(*part)
    check_pairs(raters, rated, len(users), len(movies))
    return Ratings(_signed(raters), _signed(rated), ratings)


def _signed(indices: np.ndarray) -> np.ndarray:
    """NumPy does not count with unsigned indices of 64 bits."""
    return indices.astype(np.int64) if indices.dtype.kind == "u" else indices


@checked
def split_ratings(
    table: pd.DataFrame,
    fractions: Sequence[float] = (0.70, 0.15, 0.15),
    *,
    rng: np.random.Generator,
) -> Split:
    """Split a table of user_id, movie_id and rating at random, and encode its parts.

    Raises what `split` and `encode_split` raise.
    """
    columns_of(table, rating="number")  # here a row that is wrong still has its own number
    refuse_repeated(table)
    return encode_split(*split(table, fractions, rng=rng))


@checked
def encode_split(train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame) -> Split:
    """Three tables of user_id, movie_id and rating as a `Split`; the ids are those of train.

    Raises ValueError when a user has rated a movie twice: one of the two could be learned and the
    other hidden; and when there is nothing to learn from. Raises what `encode` raises.
    """
    tables = train, validation, test
    if len(train) == 0:
        raise ValueError("the table train has no ratings: there is nothing to learn from")
    for table in tables:
        columns_of(table, user_id=None, movie_id=None, rating="number")
    refuse_repeated(pd.concat(tables))
    users, movies = IdMap(train["user_id"]), IdMap(train["movie_id"])
    train, validation, test = (encode(part, users, movies, unknown="cold") for part in tables)
    return Split(train, validation, test, users, movies)


@checked
def refuse_repeated(table: pd.DataFrame) -> None:
    """Raise ValueError for a table in which a user has rated a movie more than once.

    Which of the two is meant nobody knows, and a table of users × movies has room for one. Raises
    TypeError for ids that nobody can look up, such as lists.
    """
    ids = columns_of(table, user_id=None, movie_id=None)
    try:
        repeated = table.duplicated(["user_id", "movie_id"]).to_numpy()
    except TypeError as problem:
        raise TypeError(f"ids must be numbers or texts, that can be looked up: {problem}") from None
    if repeated.any():
        user, movie = (ids[name][repeated][0] for name in ("user_id", "movie_id"))
        raise ValueError(
            f"user {user} has rated movie {movie} more than once: keep one rating of each pair, "
            "such as the last"
        )


@checked
def recommend(
    recommender: Recommender,
    users: IndexArray,
    known: Iterable[Ratings] = (),
    *,
    num_movies: CatalogueSize,
    places: Count = PLACES,
) -> np.ndarray:
    """The lists that users (n,) are shown: (n, places) movie indices, best first.

    Left out are the movies that the user has rated in one of the parts `known`, and those with a
    score of −inf; a place for which nothing is left holds −1. Ties: the lower index first. Lists
    are short: one of many hundred places takes longer than it would take to sort all scores.

    Raises ValueError for scores of another shape than (n, num_movies), NaN or +inf among them, or
    places below 1; IndexError for a user below 0, or a known movie that is none of num_movies.
    """
    check_room("places", len(users), places)
    users = _as_users(users)
    rated, begin, end = _rated_by(users, tuple(known), num_movies)
    shown = np.full((len(users), places), -1)
    # Without a look at all that was rated, once for every chunk: `_rated_by` has made it right.
    put = code_to_call(put_highest)
    for start in range(0, len(users), CHUNK):
        part = slice(start, start + CHUNK)
        scores = checked_scores(recommender, users[part], num_movies)
        put(scores, rated, begin[part], end[part], shown[part])
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
    for row in prange(len(scores)):
        own, on_list = scores[row], shown[row]
        places = len(on_list)
        out = np.zeros(len(own), np.bool_)
        for i in range(begin[row], end[row]):
            out[rated[i]] = True
        best, filled = np.empty(places), 0
        for movie in range(len(own)):
            score = own[movie]
            if out[movie] or score == -np.inf:
                continue
            if filled == places and score <= best[places - 1]:
                continue
            filled = min(filled + 1, places)
            place = filled - 1
            while place > 0 and best[place - 1] < score:
                best[place], on_list[place] = best[place - 1], on_list[place - 1]
                place -= 1
            best[place], on_list[place] = score, movie


@checked
def relevant_pairs(split: Split, on: Part) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the lists of the part `on` should have found: (users, rows, movies).

    users: the (n,) indices of all who like something there and have training ratings, ascending.
    rows and movies: pairs that say which list, 0 … n − 1, should have held which movie; COLD is a
    movie without training ratings, which no list can hold. Raises ValueError when no user is left,
    or for another part, and what `Split.part` raises.
    """
    part = split.part(on)
    liked = (part.ratings >= LIKED) & (part.users != COLD)
    users, rows = np.unique(part.users[liked].astype(np.int64), return_inverse=True)
    if len(users) == 0:
        raise ValueError(f"no user with training ratings likes anything in the {on} part")
    return users, rows, part.movies[liked].astype(np.int64)


@checked
def evaluate_users(recommender: Recommender, split: Split, on: Part = "validation") -> pd.DataFrame:
    """Precision, recall and NDCG of each user's list, a row per user index.

    Users: all who like something in the part `on` and have training ratings. A liked movie without
    training ratings can't be recommended; it counts as missed. The list is that of `recommend`;
    an empty place is a miss. The measures are those of `scratch.evaluation.lists`, at PLACES.

    Raises ValueError when no user is left, for another part, and what `recommend` raises.
    """
    return _measured(recommender, split, on)[0]


@checked
def evaluate(
    recommenders: Mapping[Any, Recommender], split: Split, on: Part = "validation"
) -> pd.DataFrame:
    """A row per recommender: precision, recall and NDCG, averaged over users, and coverage.

    Coverage is the fraction of the movies with training ratings that is on anybody's list. Users,
    lists and errors are those of `evaluate_users`; an error names the recommender. Raises
    ValueError without any.
    """
    if not recommenders:
        raise ValueError("recommenders is empty: give at least one, as {name: its scores}")
    rows = {}
    for name, recommender in recommenders.items():
        try:
            of_users, shown = _measured(recommender, split, on)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{name}: {error}") from None
        rows[name] = of_users.mean()
        rows[name]["coverage"] = coverage(shown, len(split.movies))
    return pd.DataFrame(rows).T


@checked
def evaluate_on_splits(
    build: Callable[[Split], Mapping[Any, Recommender]],
    table: pd.DataFrame,
    seeds: Iterable[Size],
    on: Part = "test",
    measure: Measure = "recall",
) -> pd.DataFrame:
    """One measure of each recommender (row) on a fresh split for every seed (column).

    build makes the recommenders from a split. They learn from its training part; when measuring
    on the test part, build may choose settings by the validation part, and nothing else. Raises
    ValueError without a seed, TypeError when build returns no dictionary, and what `split_ratings`
    and `evaluate` raise.
    """
    columns = {}
    for seed in seeds:
        parts = split_ratings(table, rng=np.random.default_rng(seed))
        built = build(parts)
        if not isinstance(built, Mapping):
            raise TypeError(f"build must return a dictionary of recommenders, got {shown(built)}")
        columns[f"split {seed}"] = evaluate(built, parts, on)[measure]
    if not columns:
        raise ValueError("seeds is empty: give at least one, such as range(1, 6)")
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


@checked
def checked_scores(
    recommender: Recommender, users: IndexArray, num_movies: CatalogueSize
) -> np.ndarray:
    """What a recommender answers for (n,) users: (n, num_movies) scores, as floats.

    Raises ValueError for another shape, NaN or +inf; TypeError for what is no array of numbers.
    """
    answer = recommender(users.copy())  # one that writes into it changes nobody else's users
    scores = Array(finite="no").check("what the recommender returns", answer)
    scores = scores.astype(float, copy=False)
    if scores.shape != (len(users), num_movies):
        raise ValueError(
            f"{len(users)} users and {num_movies} movies, but the scores of the recommender have "
            f"shape {scores.shape}"
        )
    if scores.size and not scores.max() < np.inf:  # the largest is NaN if any is
        bad = np.argwhere(np.isnan(scores) | (scores == np.inf))
        row, movie = bad[0]
        raise ValueError(
            f"{len(bad)} scores can't be ranked, the first is {scores[row, movie]} for user "
            f"{users[row]} and movie {movie}: has the training diverged?"
        )
    return scores


def _as_users(users: np.ndarray) -> np.ndarray:
    """Indices of users as int64; raises IndexError for one that can't be."""
    if users.size and not 0 <= int(users.min()) <= int(users.max()) < MOST_USERS:
        place = int(((users < 0) | (users >= MOST_USERS)).argmax())
        raise IndexError(f"users[{place}] is {users[place]}: users are counted from 0")
    return users.astype(np.int64, copy=False)


def _rated_by(
    users: np.ndarray, known: tuple[Ratings, ...], num_movies: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Movies grouped by who rated them: users[i] has rated those from begin[i] up to end[i]."""
    last = int(users.max(initial=-1))
    parts = [_warm(part, last, num_movies, f"known[{i}]") for i, part in enumerate(known)]
    raters = np.concatenate([np.empty(0, np.int32), *(part[0] for part in parts)])
    movies = np.concatenate([np.empty(0, np.int32), *(part[1] for part in parts)])
    size = int(raters.max(initial=-1)) + 1
    check_room("the largest user in known", size, most=MOST_ROWS)
    # One row more than there are raters: the last is that of all who have rated nothing.
    starts, grouped, _ = group_by_row(raters, movies, np.empty(0, np.float32), size + 1)
    rows = np.minimum(users, size)
    return grouped, starts[rows], starts[rows + 1]


def _warm(part: Ratings, last: int, num_movies: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of known users up to `last` and known movies; raises an error with its name."""
    try:
        raters, movies, _ = check_columns(*part)
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"{name}: {problem}") from None
    for what, indices, size in (("user", raters, MOST_USERS), ("movie", movies, num_movies)):
        if indices.size and not COLD <= int(indices.min()) <= int(indices.max()) < size:
            wrong = indices[(indices < COLD) | (indices >= size)][0]
            raise IndexError(
                f"{name} has the {what} index {wrong}, which is out of range: there are {size}, "
                f"counted from 0, and {COLD} for a cold one"
            )
    chosen = (raters != COLD) & (movies != COLD) & (raters <= last)
    return raters[chosen].astype(np.int32), movies[chosen].astype(np.int32)
