"""The models of the course as settings that a `Recommender` fits: one small class for each.

What a model is stands in the module it is imported from; here it says what it learns from a table,
which arrays it keeps of that, and how it scores from them. `learn`, `scores`, `stars` and the two
`fold_in` are those of `scratch.recommenders.fitted.Model`. Introduced in notebook 12.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from scratch.evaluation.protocol import LIKED
from scratch.factorization import MatrixFactorization
from scratch.machinery.sparse import Observed
from scratch.ratings import COLD, Ratings
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.recommenders.bpr import BPR
from scratch.recommenders.ease import ease_weights
from scratch.recommenders.folding import fold_in, ridge
from scratch.recommenders.neighbors import ItemBased, UserBased, only_positive
from scratch.recommenders.weighted import WeightedFactorization

Arrays = Mapping[str, np.ndarray]
Learned = dict[str, np.ndarray]
Ones = Literal["liked", "rated"]  # what counts as a 1: LIKED stars and more, or any rating


@dataclass(frozen=True)
class Popular:
    """Notebook 01: how many like the movie, or have rated it; the same for all."""

    ones: Ones = "rated"

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        movies = _pairs(train, self.ones)[1]
        return {"counts": np.bincount(movies, minlength=num_movies).astype(float)}

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return np.tile(arrays["counts"], (len(users), 1))

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        return arrays["counts"]


@dataclass(frozen=True)
class DampedMean:
    """Notebook 01: the mean of the movie's stars, pulled toward `center` by `damping` ghosts.

    center: in stars; None is the mean of all ratings.
    """

    damping: float = 30_000.0
    center: float | None = None

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        center = train.ratings.mean() if self.center is None else self.center
        sums = np.bincount(train.movies, train.ratings, minlength=num_movies)
        counts = np.bincount(train.movies, minlength=num_movies)
        return {"means": (sums + self.damping * center) / (counts + self.damping)}

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return np.tile(arrays["means"], (len(users), 1))

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        return arrays["means"]


@dataclass(frozen=True)
class UserNeighbors:
    """Notebook 02: the sum of the similarities of the nearest users who like the movie."""

    num_neighbors: int = 50
    ones: Ones = "liked"

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        model = UserBased(_table(train, self.ones, num_users, num_movies), self.num_neighbors)
        return _parts("likes", model.likes) | _parts("similarities", model.similarities)

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return only_positive(_whole("similarities", arrays)[users] @ _whole("likes", arrays))

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        likes = _whole("likes", arrays)
        own = _row(movies, stars, self.ones, likes.shape[1])
        lengths = np.sqrt(likes.sum(axis=1) * own.sum())
        cosines = np.divide(likes @ own, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
        order = np.argsort(-cosines, kind="stable")[: self.num_neighbors]
        return only_positive(cosines[order] @ likes[order])


@dataclass(frozen=True)
class ItemNeighbors:
    """Notebook 03: the sum of the movie's similarities to what the user likes."""

    num_neighbors: int = 200
    shrinkage: float = 0.0
    ones: Ones = "liked"

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        likes = _table(train, self.ones, num_users, num_movies)
        model = ItemBased(likes, self.num_neighbors, self.shrinkage)
        return _parts("likes", model.likes) | _parts("similarities", model.similarities)

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return only_positive(_whole("likes", arrays)[users] @ _whole("similarities", arrays).T)

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        similarities = _whole("similarities", arrays)
        return only_positive(similarities @ _row(movies, stars, self.ones, similarities.shape[1]))

    def fold_in_movie(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        likes = _whole("likes", arrays)
        together, fans = likes[users].sum(axis=0), likes.sum(axis=0)
        # The same shrunken cosine and the same number of neighbours as any other movie has.
        lengths = np.sqrt(fans * len(users))
        cosines = np.divide(together, lengths, out=np.zeros(len(fans)), where=lengths > 0)
        if self.shrinkage > 0:
            cosines *= together / (together + self.shrinkage)
        nearest = np.argsort(-cosines, kind="stable")[: self.num_neighbors]
        return only_positive(likes[:, nearest] @ cosines[nearest])


@dataclass(frozen=True)
class Ease:
    """Notebook 13: the sum of the weights from what the user likes to the movie."""

    l2: float = 300.0
    ones: Ones = "liked"

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        matrix = _table(train, self.ones, num_users, num_movies).toarray()
        return {"likes": matrix, "weights": ease_weights(matrix, self.l2)}

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return arrays["likes"][users] @ arrays["weights"]

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        return _row(movies, stars, self.ones, len(arrays["weights"])) @ arrays["weights"]


@dataclass(frozen=True)
class Weighted:
    """Notebooks 09 and 11: u · v, fitted to ones and to less certain zeros."""

    k: int = 30
    w0: float = 0.1
    l2: float = 4.0
    scaling: float = 0.0
    num_sweeps: int = 8
    ones: Ones = "liked"

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        settings = asdict(self)
        pairs = _observed(train, settings.pop("ones"), num_users, num_movies)
        model = WeightedFactorization(settings.pop("k"), **settings).fit(pairs, rng=rng)
        return {"U": model.U, "V": model.V}

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return arrays["U"][users] @ arrays["V"].T

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        return arrays["V"] @ self.vector(arrays["V"], movies, stars)

    def vector(
        self, V: np.ndarray, movies: np.ndarray, stars: np.ndarray, gram: np.ndarray | None = None
    ) -> np.ndarray:
        """Where somebody new with these (n,) ratings is: (k,). gram: as in `folding.fold_in`."""
        chosen = movies[stars >= LIKED] if self.ones == "liked" else movies
        pull = self.l2 * (len(chosen) + self.w0 * len(V)) ** self.scaling
        return fold_in(V, chosen, self.w0, pull, gram=gram)

    def fold_in_movie(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        pull = self.l2 * (len(users) + self.w0 * len(arrays["U"])) ** self.scaling
        return arrays["U"] @ fold_in(arrays["U"], users, self.w0, pull)


@dataclass(frozen=True)
class PairwiseRanking:
    """Notebook 13: BPR, a bias of the movie and u · v, learned from pairs of movies."""

    k: int = 32
    learning_rate: float = 0.05
    l2: float = 0.01
    num_epochs: int = 30
    popularity: float = 0.0
    ones: Ones = "liked"

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        settings = asdict(self)
        pairs = _observed(train, settings.pop("ones"), num_users, num_movies)
        model = BPR(settings.pop("k"), **settings).fit(pairs, rng=rng)
        return {"U": model.U, "V": model.V, "movie_biases": model.movie_biases}

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return arrays["U"][users] @ arrays["V"].T + arrays["movie_biases"]


@dataclass(frozen=True)
class Biases:
    """Notebook 04: μ + b_u + b_m, the tuned averages."""

    shrinkage: float = 3.0

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        model = ShrunkenBiases(train, self.shrinkage)
        return {
            "mean": np.array(model.mean), "user_biases": model.user_biases,
            "movie_biases": model.movie_biases,
        }  # fmt: skip

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return self.stars(arrays, users[:, None], np.arange(len(arrays["movie_biases"]) - 1))

    def stars(self, arrays: Arrays, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        return arrays["mean"] + arrays["user_biases"][users] + arrays["movie_biases"][movies]

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        left = stars - arrays["mean"] - arrays["movie_biases"][movies]
        own = left.sum() / max(len(left) + self.shrinkage, 1e-9)
        return arrays["mean"] + own + arrays["movie_biases"][:-1]


@dataclass(frozen=True)
class Factorization:
    """Notebook 05: μ + b_u + b_m + u · m by SGD; the score is the predicted stars."""

    k: int = 20
    l2: float = 0.07
    init_scale: float = 0.01
    num_epochs: int = 40
    learning_rate: float = 0.045
    decay: float = 0.9

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> Learned:
        model = MatrixFactorization(biases=True, **asdict(self))
        model.fit(train, rng=rng, num_users=num_users, num_movies=num_movies)
        return {
            "mean": np.array(model.mean), "U": model.U, "V": model.V,
            "user_biases": model.user_biases, "movie_biases": model.movie_biases,
        }  # fmt: skip

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        return stars_of_all(arrays, users)

    def stars(self, arrays: Arrays, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        return stars_of(arrays, users, movies)

    def fold_in(self, arrays: Arrays, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        return fold_in_stars(arrays, movies, stars, self.l2)


def stars_of_all(arrays: Arrays, users: np.ndarray) -> np.ndarray:
    """mean + b_u + b_m + u · m of these users with every movie: (n,) indices, (n, movies) stars."""
    biases = arrays["mean"] + arrays["user_biases"][users][:, None] + arrays["movie_biases"]
    return biases + arrays["U"][users] @ arrays["V"].T


def stars_of(arrays: Arrays, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
    """mean + b_u + b_m + u · m of (n,) pairs; a cold side (−1) has no bias and no vector."""
    warm_user, warm_movie = users != COLD, movies != COLD
    products = np.einsum("nk,nk->n", arrays["U"][users], arrays["V"][movies])
    return (
        arrays["mean"] + np.where(warm_user, arrays["user_biases"][users], 0)
        + np.where(warm_movie, arrays["movie_biases"][movies], 0)
        + np.where(warm_user & warm_movie, products, 0)
    )  # fmt: skip


def fold_in_stars(arrays: Arrays, movies: np.ndarray, stars: np.ndarray, l2: float) -> np.ndarray:
    """The stars (movies,) that somebody new with these (n,) ratings would give to every movie.

    Their bias and their vector are one ridge solve: the bias is one more number, whose partner is 1
    in the vector of every movie. l2 counts once per rating, as it does in training.
    """
    fixed = arrays["mean"] + arrays["movie_biases"]
    V = np.column_stack([np.ones(len(arrays["V"])), arrays["V"]])
    own = ridge(V[movies], stars - fixed[movies], l2 * max(len(movies), 1))
    return fixed + V @ own


def _pairs(train: Ratings, ones: Ones) -> tuple[np.ndarray, np.ndarray]:
    chosen = train.ratings >= LIKED if ones == "liked" else slice(None)
    return train.users[chosen], train.movies[chosen]


def _table(train: Ratings, ones: Ones, num_users: int, num_movies: int) -> csr_array:
    users, movies = _pairs(train, ones)
    return csr_array((np.ones(len(users)), (users, movies)), shape=(num_users, num_movies))


def _parts(name: str, table: csr_array) -> Learned:
    """A sparse table as arrays, to be kept with the others of a model."""
    return {
        name: table.data, f"{name}_columns": table.indices, f"{name}_starts": table.indptr,
        f"{name}_width": np.array(table.shape[1]),
    }  # fmt: skip


def _whole(name: str, arrays: Arrays) -> csr_array:
    """The sparse table whose `_parts` are among the arrays."""
    parts = arrays[name], arrays[f"{name}_columns"], arrays[f"{name}_starts"]
    return csr_array(parts, shape=(len(parts[2]) - 1, int(arrays[f"{name}_width"])))


def _observed(train: Ratings, ones: Ones, num_users: int, num_movies: int) -> Observed:
    return Observed.from_pairs(*_pairs(train, ones), num_users=num_users, num_movies=num_movies)


def _row(movies: np.ndarray, stars: np.ndarray, ones: Ones, num_movies: int) -> np.ndarray:
    row = np.zeros(num_movies)
    row[movies[stars >= LIKED] if ones == "liked" else movies] = 1.0
    return row
