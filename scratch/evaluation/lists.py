"""Measures of many recommended lists at once: hits and their places, the shelf, the well-known.

The first group judges each user's list by what turned out to be relevant: (n,) numbers, one per
user. The second judges all lists together. The measures of a single list, written to be read, are
in `scratch.evaluation.metrics`. Introduced in notebook 12.
"""

from typing import Annotated

import numpy as np

from scratch.checking import Array, Column, Count, IndexArray, OnesTable, Within, checked, finite

EMPTY = -1  # a place of a list for which nothing was left
MOST_MOVIES = 2**31 - 1  # so that a list and a movie make one number of 64 bits

ListArray = Annotated[np.ndarray, Array(2, "whole")]
HitArray = Annotated[np.ndarray, Array(2, "bool")]
CatalogueSize = Annotated[int, Within(1, MOST_MOVIES)]


@checked
def find_hits(shown: ListArray, rows: IndexArray, movies: IndexArray) -> np.ndarray:
    """Which places hold something relevant: (n, k) booleans for n lists of k places.

    shown: (n, k) movie indices, best first, EMPTY (−1) for an empty place. rows and movies: the
    relevant pairs, list 0 … n − 1 and movie index, −1 for a movie that no list can hold. Raises
    ValueError when a list shows a movie twice, since it would be counted twice, and for rows and
    movies of different lengths; IndexError for a list or a movie that can't be.
    """
    shown = _as_lists(shown)
    rows, movies = _as_pairs("rows", rows, movies, shown, MOST_MOVIES, "a catalogue", EMPTY)
    in_order = np.sort(shown, axis=1)
    repeated = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] != EMPTY)
    if repeated.any():
        row, place = np.argwhere(repeated)[0]
        raise ValueError(
            f"list {row} shows movie {in_order[row, place]} more than once: in a row of shown, a "
            "movie stands in one place"
        )
    # A list and a movie as one number, so that all places are looked up at once. The −1 of a list
    # is then no movie of the list before.
    width = MOST_MOVIES + 1
    pairs = np.arange(len(shown))[:, None] * width + shown
    return np.isin(pairs, rows * width + movies) & (shown != EMPTY)


@checked
def precision(hits: HitArray) -> np.ndarray:
    """Of the k places, the fraction with a hit; an empty place is a miss. hits: (n, k).

    Raises ValueError for lists without a place, as all of these measures do.
    """
    _check_places(hits)
    return hits.mean(axis=1)


@checked
def recall(hits: HitArray, num_relevant: IndexArray) -> np.ndarray:
    """Of all that is relevant, the fraction on the list. num_relevant: (n,), 1 or more.

    Raises ValueError where nothing is relevant, or less than was found, as do the two others that
    ask for num_relevant.
    """
    return hits.sum(axis=1) / _relevant(num_relevant, hits)


@checked
def hit_rate(hits: HitArray) -> np.ndarray:
    """1.0 where the list has a hit at all, else 0.0."""
    _check_places(hits)
    return hits.any(axis=1).astype(float)


@checked
def reciprocal_rank(hits: HitArray) -> np.ndarray:
    """1 / the place of the first hit, places counted from 1; 0 without a hit. Its mean is the MRR.

    Voorhees, The TREC-8 question answering track report, 1999.
    """
    _check_places(hits)
    first = hits.argmax(axis=1) + 1
    return np.where(hits.any(axis=1), 1 / first, 0.0)


@checked
def average_precision(hits: HitArray, num_relevant: IndexArray) -> np.ndarray:
    """The precision up to each hit, summed and divided by the most hits that k places can hold.

    The divisor is min(k, num_relevant), so that a perfect list has 1. (Some programs divide by k or
    by the number of hits instead.) Its mean over users is the MAP. Manning, Raghavan and Schütze,
    Introduction to information retrieval, 2008, chapter 8.
    """
    num_relevant, k = _relevant(num_relevant, hits), hits.shape[1]
    up_to = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return (up_to * hits).sum(axis=1) / np.minimum(num_relevant, k)


@checked
def ndcg(hits: HitArray, num_relevant: IndexArray) -> np.ndarray:
    """A hit at place p is worth 1 / log₂(p + 1); the sum, divided by that of a perfect list.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002.
    """
    num_relevant, k = _relevant(num_relevant, hits), hits.shape[1]
    worth = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(worth)[np.minimum(num_relevant, k) - 1]
    return (hits * worth).sum(axis=1) / ideal


@checked
def auc(
    scores: Annotated[np.ndarray, Array(2, finite="or -inf")],
    relevant: HitArray,
    candidates: HitArray,
) -> np.ndarray:
    """How likely a relevant candidate is above another one: the area under the ROC curve, (n,).

    scores: (n, movies); relevant, candidates: (n, movies) booleans, of which relevant counts only
    where it is a candidate. Equal scores count half. NaN for a user whose candidates are all
    relevant, or none. Raises ValueError for tables of different shapes. Hanley and McNeil, The
    meaning and use of the area under a ROC curve, 1982.
    """
    if not (scores.shape == relevant.shape == candidates.shape and scores.shape[1] > 0):
        raise ValueError(
            "scores, relevant and candidates must be of one shape, users and movies, got "
            f"{scores.shape}, {relevant.shape} and {candidates.shape}"
        )
    areas = np.full(len(scores), np.nan)
    for row, of_user in enumerate(scores):
        good = of_user[relevant[row] & candidates[row]]
        others = np.sort(of_user[~relevant[row] & candidates[row]])
        if len(good) and len(others):
            below = np.searchsorted(others, good)  # how many others each leaves behind
            up_to = np.searchsorted(others, good, side="right")  # and with those that are level
            areas[row] = (below + up_to).sum() / (2 * len(good) * len(others))
    return areas


@checked
def coverage(shown: ListArray, num_movies: CatalogueSize) -> float:
    """The fraction of the catalogue that is on anybody's list. shown: (n, k), EMPTY for none.

    Raises IndexError for a movie that the catalogue has not.
    """
    shown = _as_lists(shown, num_movies)
    return len(np.unique(shown[shown != EMPTY])) / num_movies


@checked
def gini(shown: ListArray, num_movies: CatalogueSize) -> float:
    """How unequally the places go to the movies: 0 if all get as many, near 1 if one gets all.

    Raises ValueError when all places are empty, IndexError for a movie that the catalogue has not.
    Fleder and Hosanagar, Blockbuster culture's next rise or fall, Management Science 55(5), 2009.
    """
    shown = _as_lists(shown, num_movies, some=True)
    times = np.sort(np.unique(shown[shown != EMPTY], return_counts=True)[1])
    # Movies that are on no list have the lowest ranks, and add nothing to the sum.
    ranks = np.arange(num_movies - len(times) + 1, num_movies + 1)
    return float(((2 * ranks - num_movies - 1) * times).sum() / (num_movies * times.sum()))


@checked
def novelty(shown: ListArray, counts: Column, num_users: Count) -> float:
    """The mean surprise of a place in bits: −log₂ of the share of users who know the movie.

    counts: (movies,), how many of num_users have rated each. A movie that nobody has rated counts
    as if one had. Zhou et al., Solving the apparent diversity-accuracy dilemma of recommender
    systems, PNAS 107(10), 2010. Raises ValueError when all places are empty, or for counts that
    can't be; IndexError for a movie without a count.
    """
    shown = _as_lists(shown, len(counts), "counts", some=True)
    _check_counts(counts, num_users)
    share = np.maximum(counts, 1) / num_users
    return float(-np.log2(share[shown[shown != EMPTY]]).mean())


@checked
def popularity_lift(
    shown: ListArray, readers: IndexArray, movies: IndexArray, counts: Column
) -> float:
    """How much better known the lists are than what their readers know: 0 for equal, 1 for twice.

    readers and movies: pairs that say which list's reader, 0 … n − 1, has rated which movie.
    counts: (movies,), how many have rated each. A mean for each list and one for each reader,
    averaged over those who have both. Abdollahpouri, Mansoury, Burke and Mobasher, The connection
    between popularity bias, calibration, and fairness in recommendation, RecSys 2020. Raises
    ValueError when nobody has both, or for counts that can't be; IndexError for a list or a movie
    that is not there.
    """
    shown = _as_lists(shown, len(counts), "counts")
    readers, movies = _as_pairs("readers", readers, movies, shown, len(counts), "counts")
    _check_counts(counts)
    known = _mean_of_rows(readers, counts[movies][:, None], len(shown))[:, 0]
    rows, places = np.nonzero(shown != EMPTY)
    listed = _mean_of_rows(rows, counts[shown[rows, places]][:, None], len(shown))[:, 0]
    both = np.isfinite(known) & np.isfinite(listed)
    if not both.any():
        raise ValueError("shown and readers have nobody in common with both a list and a rating")
    if not known[both].any():
        raise ValueError("counts says that nobody has rated what the readers know: nothing to lift")
    with np.errstate(over="ignore"):  # what is too large is refused below
        lift = float(listed[both].mean() / known[both].mean() - 1)
    return finite("the popularity lift", lift, of="counts")


@checked
def miscalibration(
    shown: ListArray,
    readers: IndexArray,
    movies: IndexArray,
    genres: OnesTable,
    alpha: Annotated[float, Within(1e-9, 1)] = 0.01,
) -> np.ndarray:
    """How far the genres of each list are from those of what its reader knows, in nats: (n,).

    The Kullback-Leibler divergence of the list's shares of genres from the reader's, 0 where they
    agree. readers and movies: pairs, as in `popularity_lift`. genres: (movies, genres), 1 where a
    movie has the genre, else 0; each movie spreads its weight evenly over its genres. The list's
    shares are mixed with alpha of the reader's, so that a missing genre does not cost infinitely
    much. NaN where the list, or what the reader knows, has no genre. Raises IndexError for a list
    or a movie that is not there. Steck, Calibrated recommendations, RecSys 2018.
    """
    shown = _as_lists(shown, len(genres), "genres")
    readers, movies = _as_pairs("readers", readers, movies, shown, len(genres), "genres")
    shares = genres / np.maximum(genres.sum(axis=1, keepdims=True), 1)
    rows, places = np.nonzero(shown != EMPTY)
    p = _mean_of_rows(readers, shares[movies], len(shown))
    q = _mean_of_rows(rows, shares[shown[rows, places]], len(shown))
    with np.errstate(invalid="ignore"):  # 0 / 0, nothing with a genre, is NaN
        p, q = (part / part.sum(axis=1, keepdims=True) for part in (p, q))
    q = (1 - alpha) * q + alpha * p
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return (p * np.log(ratio)).sum(axis=1)


def _mean_of_rows(rows: np.ndarray, values: np.ndarray, num_rows: int) -> np.ndarray:
    """The mean of the values (pairs, columns) of each row: (num_rows, columns), NaN for none."""
    sums, sizes = np.zeros((num_rows, values.shape[1])), np.bincount(rows, minlength=num_rows)
    np.add.at(sums, rows, values)
    return np.divide(sums, sizes[:, None], out=np.full_like(sums, np.nan), where=sizes[:, None] > 0)


def _as_lists(
    shown: np.ndarray,
    num_movies: int = MOST_MOVIES,
    who: str = "a catalogue",
    *,
    some: bool = False,
) -> np.ndarray:
    """The lists as int64, so that indices can be added; raises IndexError or ValueError.

    who: has so many movies. some: they must show at least one.
    """
    if shown.size and not EMPTY <= int(shown.min()) <= int(shown.max()) < num_movies:
        row, place = np.argwhere((shown < EMPTY) | (shown >= num_movies))[0]
        raise IndexError(
            f"shown[{row}, {place}] is {shown[row, place]}, but {who} has {num_movies} movies: "
            f"counted from 0, and {EMPTY} for an empty place"
        )
    if some and not (shown != EMPTY).any():
        raise ValueError("shown has no movie in any place: there is nothing to measure")
    return shown.astype(np.int64, copy=False)


def _as_pairs(
    name: str,
    rows: np.ndarray,
    movies: np.ndarray,
    shown: np.ndarray,
    num_movies: int,
    who: str,
    least: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a list and a movie as int64, if both are there; raises ValueError or IndexError.

    who: has so many movies. least: of the movies; EMPTY is one that no list can hold.
    """
    if len(rows) != len(movies):
        raise ValueError(f"{name} and movies must be pairs, got {len(rows)} and {len(movies)}")
    sides = (name, rows, 0, len(shown), "shown"), ("movies", movies, least, num_movies, who)
    for what, indices, low, size, owner in sides:
        outside = (indices < low) | (indices >= size)
        if outside.any():
            place = int(outside.argmax())
            raise IndexError(
                f"{what}[{place}] is {indices[place]}, but {owner} has {size}, counted from 0"
            )
    return rows.astype(np.int64, copy=False), movies.astype(np.int64, copy=False)


def _check_counts(counts: np.ndarray, num_users: float = np.inf) -> None:
    wrong = (counts < 0) | (counts > num_users)
    if wrong.any():
        movie = int(wrong.argmax())
        most = "up" if num_users == np.inf else f"to {num_users}, the number of users"
        raise ValueError(f"counts[{movie}] is {counts[movie]}: it must lie from 0 {most}")


def _check_places(hits: np.ndarray) -> None:
    if hits.shape[1] == 0:
        raise ValueError(f"hits has no places: its shape is {hits.shape}")


def _relevant(num_relevant: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """How much is relevant to each, as int64, if there is as much as the hits say."""
    _check_places(hits)
    if len(num_relevant) != len(hits):
        raise ValueError(
            f"{len(hits)} lists of hits, but num_relevant has {len(num_relevant)}: one for each"
        )
    if (num_relevant < 1).any():
        raise ValueError(
            f"nothing is relevant to user {int(np.argmin(num_relevant))}: leave such users out"
        )
    found = hits.sum(axis=1)
    if (found > num_relevant).any():
        user = int((found > num_relevant).argmax())
        raise ValueError(
            f"user {user} has {found[user]} hits, but by num_relevant only {num_relevant[user]} "
            "are relevant"
        )
    return num_relevant.astype(np.int64, copy=False)
