"""Measures of many recommended lists at once: hits and their places, the shelf, the well-known.

The first group judges each user's list by what turned out to be relevant: (n,) numbers, one per
user. The second judges all lists together. The measures of a single list, written to be read, are
in `scratch.evaluation.metrics`. Introduced in notebook 12.
"""

import numpy as np

EMPTY = -1  # a place of a list for which nothing was left


def find_hits(shown: np.ndarray, rows: np.ndarray, movies: np.ndarray) -> np.ndarray:
    """Which places hold something relevant: (n, k) booleans for n lists of k places.

    shown: (n, k) movie indices, best first, EMPTY (−1) for an empty place. rows and movies: the
    relevant pairs, list 0 … n − 1 and movie index, −1 for a movie that no list can hold. Raises
    ValueError when a list shows a movie twice: it would be counted twice.
    """
    in_order = np.sort(shown, axis=1)
    repeated = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] != EMPTY)
    if repeated.any():
        row, place = np.argwhere(repeated)[0]
        raise ValueError(f"list {row} shows movie {in_order[row, place]} more than once")
    # A pair of indices as one number, so that all places are looked up at once.
    rows, movies = np.asarray(rows, np.int64), np.asarray(movies, np.int64)
    width = max(shown.max(initial=0), movies.max(initial=0)) + 1
    pairs = np.arange(len(shown))[:, None] * width + shown
    relevant = (rows * width + movies)[movies >= 0]
    return np.isin(pairs, relevant) & (shown != EMPTY)


def precision(hits: np.ndarray) -> np.ndarray:
    """Of the k places, the fraction with a hit; an empty place is a miss. hits: (n, k)."""
    return hits.mean(axis=1)


def recall(hits: np.ndarray, num_relevant: np.ndarray) -> np.ndarray:
    """Of all that is relevant, the fraction on the list. num_relevant: (n,), 1 or more."""
    return hits.sum(axis=1) / _positive(num_relevant)


def hit_rate(hits: np.ndarray) -> np.ndarray:
    """1.0 where the list has a hit at all, else 0.0."""
    return hits.any(axis=1).astype(float)


def reciprocal_rank(hits: np.ndarray) -> np.ndarray:
    """1 / the place of the first hit, places counted from 1; 0 without a hit. Its mean is the MRR.

    Voorhees, The TREC-8 question answering track report, 1999.
    """
    first = hits.argmax(axis=1) + 1
    return np.where(hits.any(axis=1), 1 / first, 0.0)


def average_precision(hits: np.ndarray, num_relevant: np.ndarray) -> np.ndarray:
    """The precision up to each hit, summed and divided by the most hits that k places can hold.

    The divisor is min(k, num_relevant), so that a perfect list has 1. (Some programs divide by k or
    by the number of hits instead.) Its mean over users is the MAP. Manning, Raghavan and Schütze,
    Introduction to information retrieval, 2008, chapter 8.
    """
    k = hits.shape[1]
    up_to = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return (up_to * hits).sum(axis=1) / np.minimum(_positive(num_relevant), k)


def ndcg(hits: np.ndarray, num_relevant: np.ndarray) -> np.ndarray:
    """A hit at place p is worth 1 / log₂(p + 1); the sum, divided by that of a perfect list.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002.
    """
    k = hits.shape[1]
    worth = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(worth)[np.minimum(_positive(num_relevant), k) - 1]
    return (hits * worth).sum(axis=1) / ideal


def auc(scores: np.ndarray, relevant: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """How likely a relevant candidate is above another one: the area under the ROC curve, (n,).

    scores: (n, movies); relevant, candidates: (n, movies) booleans, of which relevant counts only
    where it is a candidate. Equal scores count half. NaN for a user whose candidates are all
    relevant, or none. Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982.
    """
    good = relevant & candidates
    num_good = good.sum(axis=1)
    num_pairs = num_good * (candidates.sum(axis=1) - num_good)
    # The ranks of the relevant ones, counted from the lowest score, less those that they would
    # have among themselves: how often one of them has another candidate below it.
    ranks = _mean_ranks(np.where(candidates, scores, np.nan))
    below = (ranks * good).sum(axis=1) - num_good * (num_good + 1) / 2
    return np.divide(below, num_pairs, out=np.full(len(scores), np.nan), where=num_pairs > 0)


def coverage(shown: np.ndarray, num_movies: int) -> float:
    """The fraction of the catalogue that is on anybody's list. shown: (n, k), EMPTY for none."""
    return len(np.unique(shown[shown != EMPTY])) / num_movies


def gini(shown: np.ndarray, num_movies: int) -> float:
    """How unequally the places go to the movies: 0 if all get as many, near 1 if one gets all.

    Fleder and Hosanagar, Blockbuster culture's next rise or fall, Management Science 55(5), 2009.
    """
    times = np.sort(np.bincount(shown[shown != EMPTY], minlength=num_movies))
    ranks = np.arange(1, num_movies + 1)
    return float(((2 * ranks - num_movies - 1) * times).sum() / (num_movies * times.sum()))


def novelty(shown: np.ndarray, counts: np.ndarray, num_users: int) -> float:
    """The mean surprise of a place in bits: −log₂ of the share of users who know the movie.

    counts: (movies,), how many of num_users have rated each. A movie that nobody has rated counts
    as if one had. Zhou et al., Solving the apparent diversity-accuracy dilemma of recommender
    systems, PNAS 107(10), 2010.
    """
    share = np.maximum(counts, 1) / num_users
    return float(-np.log2(share[shown[shown != EMPTY]]).mean())


def popularity_lift(
    shown: np.ndarray, readers: np.ndarray, movies: np.ndarray, counts: np.ndarray
) -> float:
    """How much better known the lists are than what their readers know: 0 for equal, 1 for twice.

    readers and movies: pairs that say which list's reader, 0 … n − 1, has rated which movie.
    counts: (movies,), how many have rated each. A mean for each list and one for each reader,
    averaged over those who have both. Abdollahpouri, Mansoury, Burke and Mobasher, The connection
    between popularity bias, calibration, and fairness in recommendation, RecSys 2020.
    """
    known = _mean_of_rows(readers, counts[movies][:, None], len(shown))[:, 0]
    rows, places = np.nonzero(shown != EMPTY)
    listed = _mean_of_rows(rows, counts[shown[rows, places]][:, None], len(shown))[:, 0]
    both = np.isfinite(known) & np.isfinite(listed)
    return float(listed[both].mean() / known[both].mean() - 1)


def miscalibration(
    shown: np.ndarray,
    readers: np.ndarray,
    movies: np.ndarray,
    genres: np.ndarray,
    alpha: float = 0.01,
) -> np.ndarray:
    """How far the genres of each list are from those of what its reader knows, in nats: (n,).

    The Kullback-Leibler divergence of the list's shares of genres from the reader's, 0 where they
    agree. readers and movies: pairs, as in `popularity_lift`. genres: (movies, genres), 1 where a
    movie has the genre, else 0; each movie spreads its weight evenly over its genres. The list's
    shares are mixed with alpha of the reader's, so that a missing genre does not cost infinitely
    much. NaN where the list, or what the reader knows, has no genre. Steck, Calibrated
    recommendations, RecSys 2018.
    """
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


def _mean_ranks(scores: np.ndarray) -> np.ndarray:
    """The rank of each score in its row, 1 for the lowest; equal ones share the mean of theirs.

    NaN is ranked behind all numbers.
    """
    order = np.argsort(scores, axis=1, kind="stable")
    ordered, place = np.take_along_axis(scores, order, axis=1), np.arange(scores.shape[1])
    differs = ordered[:, 1:] != ordered[:, :-1]
    edge = np.ones((len(scores), 1), bool)
    starts, ends = np.hstack([edge, differs]), np.hstack([differs, edge])
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, place, len(place))[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(scores.shape)
    np.put_along_axis(ranks, order, 1 + (first + last) / 2, axis=1)
    return ranks


def _positive(num_relevant: np.ndarray) -> np.ndarray:
    num_relevant = np.asarray(num_relevant)
    if (num_relevant < 1).any():
        raise ValueError(
            f"nothing is relevant to user {int(np.argmin(num_relevant))}: leave such users out"
        )
    return num_relevant
