"""BPR: vectors that put what a user likes above what they don't, one pair of movies at a time.

Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian personalized ranking from implicit
feedback, UAI 2009. Built in notebook 13.
"""

import math

import numpy as np
import pandas as pd

from scratch.checking import (
    Count,
    IndexArray,
    Learner,
    NotNegative,
    Positive,
    check_below,
    checked,
    finite,
)
from scratch.checking.room import check_room
from scratch.machinery.compiled import Indices, Numbers, Table, compiled
from scratch.machinery.progress import progress_bar
from scratch.machinery.sparse import Observed, check_observed

LARGEST = 1e100  # number in a vector: of two such, and of many, there are products
ROUNDS = 200  # of drawing another movie again; whoever is left has nearly all that are ever drawn


@compiled(
    "users(n) < u, liked(n) < m, others(n) < m, U(u, k), V(m, k), movie_biases(m), n > 0",
    changes="U V movie_biases",
)
def bpr_epoch(
    users: Indices, liked: Indices, others: Indices,
    U: Table, V: Table, movie_biases: Numbers, learning_rate: float, l2: float,
) -> float:  # fmt: skip
    """Visit every triple once and move it a step up the slope of ln σ(x) − ½ l2 (squares).

    Triple i says: users[i] likes liked[i], and is not known to like others[i]. x is the lead of
    the first, (b + u · v) of the liked one minus that of the other; σ(x) = 1 / (1 + e⁻ˣ) is how
    surely the model says so. U: users × k, V: movies × k and movie_biases (movies,) are changed in
    place. Returns the mean of −ln σ(x), each measured just before its own step; it is not finite
    where training diverges.
    """
    loss = 0.0
    for n in range(len(users)):
        user, i, j = U[users[n]], liked[n], others[n]
        lead = movie_biases[i] - movie_biases[j]
        for f in range(len(user)):
            lead += user[f] * (V[i][f] - V[j][f])
        # 1 − σ(x): how wrong the model is. Written so that e⁻ˣ can't overflow.
        if lead > 0:
            wrong = math.exp(-lead) / (1 + math.exp(-lead))
            loss += math.log1p(math.exp(-lead))
        else:
            wrong = 1 / (1 + math.exp(lead))
            loss += math.log1p(math.exp(lead)) - lead
        movie_biases[i] += learning_rate * (wrong - l2 * movie_biases[i])
        movie_biases[j] -= learning_rate * (wrong + l2 * movie_biases[j])
        for f in range(len(user)):
            u, v_liked, v_other = user[f], V[i][f], V[j][f]
            user[f] += learning_rate * (wrong * (v_liked - v_other) - l2 * u)
            V[i][f] += learning_rate * (wrong * u - l2 * v_liked)
            V[j][f] -= learning_rate * (wrong * u + l2 * v_other)
    return loss / len(users)


class BPR(Learner):
    """Score = b + u · v for every user and movie, learned from pairs of movies by `bpr_epoch`.

    k: numbers per user and movie; U and V start as N(0, init_scale²), the movies' biases at 0.
    popularity: the other movie of a pair is drawn with a probability proportional to its number of
    likes to this power; at 0 every movie is as likely as any other, at 1 the well-known ones come
    up as often as they are liked. In one epoch every like is visited once, in a shuffled order.
    After `fit`: U (users, k), V (movies, k), movie_biases (movies,) and `history`, a table with a
    row per epoch: epoch (from 1) and loss, the mean of −ln σ(x). Introduced in notebook 13.
    """

    learned = ("U", "V", "movie_biases", "history")

    @checked
    def __init__(
        self,
        k: Count = 32,
        *,
        learning_rate: Positive = 0.05,
        l2: NotNegative = 0.01,
        num_epochs: Count = 30,
        popularity: NotNegative = 0.0,
        init_scale: Positive = 0.1,
    ):
        self.k, self.learning_rate, self.l2 = k, learning_rate, l2
        self.num_epochs, self.popularity, self.init_scale = num_epochs, popularity, init_scale

    @checked
    def fit(self, observed: Observed, *, rng: np.random.Generator, progress: bool = False) -> "BPR":
        """Learn from the observed pairs, which are taken as likes; returns the model itself.

        rng draws the starting vectors (users first), then for each epoch the other movies and the
        order. Raises ValueError when a user likes every movie, or all that are ever drawn, and
        when training diverges; the model is then as before.
        """
        observed = check_observed(observed)
        num_users, num_movies = observed.shape
        check_room("k", max(num_users, num_movies), self.k)
        U = rng.normal(0.0, self.init_scale, (num_users, self.k))
        V = rng.normal(0.0, self.init_scale, (num_movies, self.k))
        movie_biases = np.zeros(num_movies)
        users, movies = pairs_of(observed)
        rows = []
        with progress_bar(self.num_epochs, progress) as bar:
            for epoch in range(1, self.num_epochs + 1):
                others = draw_others(observed, self.popularity, rng)
                order = rng.permutation(len(users))
                loss = bpr_epoch(
                    users[order], movies[order], others[order], U, V, movie_biases,
                    self.learning_rate, self.l2,
                )  # fmt: skip
                if not all((np.abs(part) < LARGEST).all() for part in (loss, U, V, movie_biases)):
                    raise ValueError(
                        f"training diverged in epoch {epoch} with learning rate "
                        f"{self.learning_rate:g}: try a smaller one, e.g. "
                        f"{self.learning_rate / 10:g}"
                    )
                rows.append((epoch, loss))
                bar.set_description_str(f"loss {loss:.4f}", refresh=False)
                bar.update()
        self.U, self.V, self.movie_biases = U, V, movie_biases
        self.history = pd.DataFrame(rows, columns=["epoch", "loss"])
        return self

    @checked
    def scores(self, users: IndexArray) -> np.ndarray:
        """b + u·v of these users with every movie: (n,) indices give (n, movies).

        Raises IndexError for a user that is not in 0 … users − 1.
        """
        check_below("user", users, len(self.U))
        return self.U[users] @ self.V.T + self.movie_biases


@checked
def pairs_of(observed: Observed) -> tuple[np.ndarray, np.ndarray]:
    """The observed pairs as two arrays, users and movies, by user and then by movie."""
    observed = check_observed(observed)
    starts, indices = observed.by_user.starts, observed.by_user.indices
    users = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    return users, indices


@checked
def draw_others(
    observed: Observed, popularity: NotNegative, rng: np.random.Generator
) -> np.ndarray:
    """For each observed pair, a movie that its user has not: (pairs,), in the order of `pairs_of`.

    Drawn with a probability proportional to the movie's number of pairs to the power `popularity`,
    again and again until it is none of the user's; after ROUNDS, from those that are none. A movie
    without pairs is drawn like one with one pair. Raises ValueError when a user has every movie,
    and for a popularity with which a chance would be beyond all numbers.
    """
    users, movies = pairs_of(observed)
    num_movies = observed.shape[1]
    starts = observed.by_user.starts
    per_user = np.diff(starts)
    if per_user.max() >= num_movies:
        raise ValueError(
            f"user {per_user.argmax()} has all {num_movies} movies: there is none to put below them"
        )
    owned = users.astype(np.int64) * num_movies + movies  # ascending
    counts = np.maximum(np.diff(observed.by_movie.starts), 1)
    with np.errstate(over="ignore"):  # what is too large becomes inf
        weights = counts.astype(float) ** popularity
        chances = np.cumsum(weights)
    finite("the chance of each movie", chances, f"popularity = {popularity:g}")
    others, left = np.empty(len(users), np.int32), np.arange(len(users))
    for _ in range(ROUNDS):
        others[left] = _drawn(chances, len(left), rng)
        keys = users[left].astype(np.int64) * num_movies + others[left]
        place = np.minimum(np.searchsorted(owned, keys), len(owned) - 1)
        left = left[owned[place] == keys]
        if len(left) == 0:
            return others
    # With one movie of ten thousand left, it would take as many rounds until that one is drawn.
    who, begin = np.unique(users[left], return_index=True)
    for user, theirs in zip(who, np.split(left, begin[1:]), strict=True):
        free = weights.copy()
        free[movies[starts[user] : starts[user + 1]]] = 0
        others[theirs] = _drawn(np.cumsum(free), len(theirs), rng)
    return others


def _drawn(chances: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """So many indices, each drawn as often as it adds to the chances, which are running sums."""
    return np.searchsorted(chances, rng.random(count) * chances[-1], side="right")
