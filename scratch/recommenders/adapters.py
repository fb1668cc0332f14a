"""The models of the course as settings that a `Recommender` fits: one small class for each.

What a model is stands in the module it is imported from; here it says what it learns from a table,
which arrays it keeps of that, and how it scores from them. `learn`, `scores`, `stars` and the two
`fold_in` are those of `scratch.recommenders.fitted.Model`. Introduced in notebook 12.

Settings that make no sense raise TypeError or ValueError at once. So do arguments of the methods
that do not fit, and IndexError a user or a movie that is not there; that the numbers in `arrays`
are finite, `Recommender` has seen to.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import numpy as np
from scipy.sparse import csr_array

from scratch.checking import (
    Column,
    Count,
    FloatTable,
    IndexArray,
    NotNegative,
    Positive,
    TableSize,
    Within,
    check_below,
    checked,
    finite,
)
from scratch.checking.room import check_room
from scratch.evaluation.protocol import LIKED
from scratch.factorization import MatrixFactorization
from scratch.machinery.sparse import Observed, Rows, check_rows
from scratch.ratings import COLD, Ratings
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.recommenders.bpr import BPR
from scratch.recommenders.ease import ease_weights
from scratch.recommenders.folding import Vectors, fold_in, ridge
from scratch.recommenders.learned import Arrays, Learned, Settings, check_learned, check_sizes
from scratch.recommenders.neighbors import ItemBased, UserBased, only_positive
from scratch.recommenders.weighted import WeightedFactorization

Ones = Literal["liked", "rated"]  # what counts as a 1: LIKED stars and more, or any rating
MOST_COMPARED = 10**12  # pairs of users or of movies


@dataclass(frozen=True)
class Popular(Settings):
    """Notebook 01: how many like the movie, or have rated it; the same for all."""

    ones: Ones = "rated"

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        movies = _pairs(train, self.ones)[1]
        return {"counts": np.bincount(movies, minlength=num_movies).astype(float)}

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        check_learned(arrays, "counts(m)")
        return np.tile(arrays["counts"], (len(users), 1))

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        check_learned(arrays, "counts(m), movies(n) < m, stars(n)", movies=movies, stars=stars)
        return arrays["counts"].copy()


@dataclass(frozen=True)
class DampedMean(Settings):
    """Notebook 01: the mean of the movie's stars, pulled toward `center` by `damping` ghosts.

    center: in stars; None is the mean of all ratings.
    """

    damping: NotNegative = 30_000.0
    center: float | None = None

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        sums = np.bincount(train.movies, train.ratings, minlength=num_movies)
        counts = np.bincount(train.movies, minlength=num_movies)
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes inf
            center = train.ratings.mean() if self.center is None else self.center
            sums, weights = sums + self.damping * center, counts + self.damping
            # A movie without ratings, and without ghosts, is at the center.
            means = np.full(num_movies, float(center))
            np.divide(sums, weights, out=means, where=weights > 0)
        return {"means": finite("a mean", means, "the ratings of train, or damping or center")}

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        check_learned(arrays, "means(m)")
        return np.tile(arrays["means"], (len(users), 1))

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        check_learned(arrays, "means(m), movies(n) < m, stars(n)", movies=movies, stars=stars)
        return arrays["means"].copy()


@dataclass(frozen=True)
class UserNeighbors(Settings):
    """Notebook 02: the sum of the similarities of the nearest users who like the movie."""

    num_neighbors: Count = 50
    ones: Ones = "liked"

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        check_room("num_users", num_users, num_users, most=MOST_COMPARED)
        model = UserBased(_table(train, self.ones, num_users, num_movies), self.num_neighbors)
        return _parts("likes", model.likes) | _parts("similarities", model.similarities)

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        similarities, likes = _neighbours(arrays)
        check_below("user", users, len(likes.indptr) - 1)
        return only_positive(similarities[users] @ likes)

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        _, likes = _neighbours(arrays)
        own = _row(movies, stars, self.ones, likes.shape[1])
        # Who likes nothing has none in common with anybody: 0 / 1.
        cosines = likes @ own / np.maximum(np.sqrt(likes.sum(axis=1) * own.sum()), 1)
        order = np.argsort(-cosines, kind="stable")[: self.num_neighbors]
        return only_positive(cosines[order] @ likes[order])


@dataclass(frozen=True)
class ItemNeighbors(Settings):
    """Notebook 03: the sum of the movie's similarities to what the user likes."""

    num_neighbors: Count = 200
    shrinkage: NotNegative = 0.0
    ones: Ones = "liked"

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        check_room("num_movies", num_movies, num_movies, most=MOST_COMPARED)
        likes = _table(train, self.ones, num_users, num_movies)
        model = ItemBased(likes, self.num_neighbors, self.shrinkage)
        return _parts("likes", model.likes) | _parts("similarities", model.similarities)

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        similarities, likes = _neighbours(arrays, of_movies=True)
        check_below("user", users, likes.shape[0])
        return only_positive(likes[users] @ similarities.T)

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        similarities, _ = _neighbours(arrays, of_movies=True)
        return only_positive(similarities @ _row(movies, stars, self.ones, similarities.shape[1]))

    @checked
    def fold_in_movie(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        _, likes = _neighbours(arrays, of_movies=True)
        check_below("user", users, likes.shape[0])
        together, fans = likes[users].sum(axis=0), likes.sum(axis=0)
        # The same shrunken cosine and the same number of neighbours as any other movie has.
        cosines = together / np.maximum(np.sqrt(fans * len(users)), 1)
        if self.shrinkage > 0:
            cosines *= together / (together + self.shrinkage)
        nearest = np.argsort(-cosines, kind="stable")[: self.num_neighbors]
        return only_positive(likes[:, nearest] @ cosines[nearest])


@dataclass(frozen=True)
class Ease(Settings):
    """Notebook 13: the sum of the weights from what the user likes to the movie."""

    l2: Annotated[float, Within(1e-9)] = 300.0
    ones: Ones = "liked"

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        likes = _table(train, self.ones, num_users, num_movies)
        return _parts("likes", likes) | {"weights": ease_weights(likes, self.l2)}

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        likes = _whole("likes", arrays)
        check_below("user", users, likes.shape[0])
        theirs = likes[users].toarray()
        check_learned({**arrays, "likes": theirs}, "likes(n, m), weights(m, m)")
        return theirs @ arrays["weights"]

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        check_learned(arrays, "weights(m, m), movies(n) < m, stars(n)", movies=movies, stars=stars)
        return _row(movies, stars, self.ones, len(arrays["weights"])) @ arrays["weights"]


@dataclass(frozen=True)
class Weighted(Settings):
    """Notebooks 09 and 11: u · v, fitted to ones and to less certain zeros."""

    k: Count = 30
    w0: NotNegative = 0.1
    l2: NotNegative = 4.0
    scaling: float = 0.0
    num_sweeps: Count = 8
    ones: Ones = "liked"

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        settings = asdict(self)
        pairs = _observed(train, settings.pop("ones"), num_users, num_movies)
        model = WeightedFactorization(settings.pop("k"), **settings).fit(pairs, rng=rng)
        return {"U": model.U, "V": model.V}

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        check_learned(arrays, "U(u, k), V(m, k), users(n) < u", users=users)
        return arrays["U"][users] @ arrays["V"].T

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        check_learned(arrays, "V(m, k)")
        return arrays["V"] @ self.vector(arrays["V"], movies, stars)

    @checked
    def vector(
        self, V: Vectors, movies: IndexArray, stars: Column, gram: FloatTable | None = None
    ) -> np.ndarray:
        """Where somebody new with these (n,) ratings is: (k,). gram: as in `folding.fold_in`."""
        if len(movies) != len(stars):
            raise ValueError(f"{len(movies)} movies, but {len(stars)} stars: give each its own")
        check_below("movie", movies, len(V), "V")
        chosen = movies[stars >= LIKED] if self.ones == "liked" else movies
        return fold_in(V, chosen, self.w0, self._pull(len(chosen), len(V)), gram=gram)

    def _pull(self, num_pairs: int, num_others: int) -> float:
        """The l2 of a row with so many pairs, as of `scratch.recommenders.weighted.pulls`."""
        part = num_pairs + self.w0 * num_others
        try:
            return self.l2 * part**self.scaling if part > 0 else self.l2
        except OverflowError:
            raise ValueError(
                f"scaling = {self.scaling:g} is too large: {part:g} to this power is no number"
            ) from None

    @checked
    def fold_in_movie(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        check_learned(arrays, "U(u, k), users(n) < u", users=users)
        U = arrays["U"]
        return U @ fold_in(U, users, self.w0, self._pull(len(users), len(U)))


@dataclass(frozen=True)
class PairwiseRanking(Settings):
    """Notebook 13: BPR, a bias of the movie and u · v, learned from pairs of movies."""

    k: Count = 32
    learning_rate: Positive = 0.05
    l2: NotNegative = 0.01
    num_epochs: Count = 30
    popularity: NotNegative = 0.0
    ones: Ones = "liked"

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        settings = asdict(self)
        pairs = _observed(train, settings.pop("ones"), num_users, num_movies)
        model = BPR(settings.pop("k"), **settings).fit(pairs, rng=rng)
        return {"U": model.U, "V": model.V, "movie_biases": model.movie_biases}

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        check_learned(arrays, "U(u, k), V(m, k), movie_biases(m), users(n) < u", users=users)
        return arrays["U"][users] @ arrays["V"].T + arrays["movie_biases"]


@dataclass(frozen=True)
class Biases(Settings):
    """Notebook 04: μ + b_u + b_m, the tuned averages."""

    shrinkage: NotNegative = 3.0

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        model = biases_of_all(train, self.shrinkage, num_users, num_movies)
        return {
            "mean": np.array(model.mean),
            "user_biases": model.user_biases, "movie_biases": model.movie_biases,
        }  # fmt: skip

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        check_learned(
            arrays, "mean(), user_biases(u+1), movie_biases(m+1), users(n) < u", users=users
        )
        biases = arrays["user_biases"][users[:, None]], arrays["movie_biases"][:-1]
        return arrays["mean"] + biases[0] + biases[1]

    @checked
    def stars(self, arrays: Arrays, users: IndexArray, movies: IndexArray) -> np.ndarray:
        check_learned(
            arrays,
            "mean(), user_biases(u+1), movie_biases(m+1), users(n) < u or -1, movies(n) < m or -1",
            users=users, movies=movies,
        )  # fmt: skip
        return arrays["mean"] + arrays["user_biases"][users] + arrays["movie_biases"][movies]

    @checked(too_large="stars")
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        fits = "mean(), movie_biases(m+1), movies(n) < m, stars(n)"
        check_learned(arrays, fits, movies=movies, stars=stars)
        left = stars - arrays["mean"] - arrays["movie_biases"][movies]
        own = left.sum() / max(len(left) + self.shrinkage, 1)
        return arrays["mean"] + own + arrays["movie_biases"][:-1]


@dataclass(frozen=True)
class Factorization(Settings):
    """Notebook 05: μ + b_u + b_m + u · m by SGD; the score is the predicted stars."""

    k: Count = 20
    l2: NotNegative = 0.07
    init_scale: NotNegative = 0.01
    num_epochs: Count = 40
    learning_rate: Positive = 0.045
    decay: Annotated[float, Within(0, 1, low_is_open=True)] = 0.9

    @checked
    def learn(
        self, train: Ratings, num_users: TableSize, num_movies: TableSize, rng: np.random.Generator
    ) -> Learned:
        train = check_sizes(train, num_users, num_movies)
        model = MatrixFactorization(biases=True, **asdict(self))
        model.fit(train, rng=rng, num_users=num_users, num_movies=num_movies)
        return {
            "mean": np.array(model.mean), "U": model.U, "V": model.V,
            "user_biases": model.user_biases, "movie_biases": model.movie_biases,
        }  # fmt: skip

    @checked
    def scores(self, arrays: Arrays, users: IndexArray) -> np.ndarray:
        return stars_of_all(arrays, users)

    @checked
    def stars(self, arrays: Arrays, users: IndexArray, movies: IndexArray) -> np.ndarray:
        return stars_of(arrays, users, movies)

    @checked
    def fold_in(self, arrays: Arrays, movies: IndexArray, stars: Column) -> np.ndarray:
        if self.l2 == 0:
            raise ValueError(
                "l2 is 0 in this model, which leaves open where somebody new with few ratings is: "
                "fit one with an l2 above 0"
            )
        return fold_in_stars(arrays, movies, stars, self.l2)


@checked
def biases_of_all(
    train: Ratings, shrinkage: NotNegative, num_users: TableSize, num_movies: TableSize
) -> ShrunkenBiases:
    """The biases of so many users and movies: 0 for those after the last one with ratings.

    Raises what `check_sizes` and `ShrunkenBiases` raise.
    """
    model = ShrunkenBiases(check_sizes(train, num_users, num_movies), shrinkage)
    for name, size in (("user_biases", num_users), ("movie_biases", num_movies)):
        biases = getattr(model, name)
        setattr(model, name, np.pad(biases, (0, size + 1 - len(biases))))
    return model


OF_STARS = "mean(), U(u, k), V(m, k), user_biases(u), movie_biases(m)"


@checked
def stars_of_all(arrays: Arrays, users: IndexArray) -> np.ndarray:
    """mean + b_u + b_m + u · m of these users with every movie: (n,) indices, (n, movies) stars."""
    check_learned(arrays, f"{OF_STARS}, users(n) < u", users=users)
    biases = arrays["mean"] + arrays["user_biases"][users][:, None] + arrays["movie_biases"]
    return biases + arrays["U"][users] @ arrays["V"].T


@checked
def stars_of(arrays: Arrays, users: IndexArray, movies: IndexArray) -> np.ndarray:
    """mean + b_u + b_m + u · m of (n,) pairs; a cold side (−1) has no bias and no vector."""
    fits = f"{OF_STARS}, users(n) < u or -1, movies(n) < m or -1"
    check_learned(arrays, fits, users=users, movies=movies)
    warm_user, warm_movie = users != COLD, movies != COLD
    products = np.einsum("nk,nk->n", arrays["U"][users], arrays["V"][movies])
    return (
        arrays["mean"] + np.where(warm_user, arrays["user_biases"][users], 0)
        + np.where(warm_movie, arrays["movie_biases"][movies], 0)
        + np.where(warm_user & warm_movie, products, 0)
    )  # fmt: skip


@checked(too_large="stars")
def fold_in_stars(arrays: Arrays, movies: IndexArray, stars: Column, l2: Positive) -> np.ndarray:
    """The stars (movies,) that somebody new with these (n,) ratings would give to every movie.

    Their bias and their vector are one ridge solve: the bias is one more number, whose partner is 1
    in the vector of every movie. l2 counts once per rating, as it does in training.
    """
    fits = "mean(), V(m, k), movie_biases(m), movies(n) < m, stars(n)"
    check_learned(arrays, fits, movies=movies, stars=stars)
    fixed = arrays["mean"] + arrays["movie_biases"]
    V = np.column_stack([np.ones(len(arrays["V"])), arrays["V"]])
    own = ridge(V[movies], stars - fixed[movies], l2 * max(len(movies), 1))
    return fixed + V @ own


def _pairs(train: Ratings, ones: Ones) -> tuple[np.ndarray, np.ndarray]:
    chosen = train.ratings >= LIKED if ones == "liked" else slice(None)
    return train.users[chosen], train.movies[chosen]


def _table(train: Ratings, ones: Ones, num_users: int, num_movies: int) -> csr_array:
    users, movies = _pairs(train, ones)
    table = csr_array((np.ones(len(users)), (users, movies)), shape=(num_users, num_movies))
    if table.nnz < len(users):
        raise ValueError(
            "a user in train has rated a movie more than once: keep one rating of each pair, such "
            "as the last"
        )
    return table


def _parts(name: str, table: csr_array) -> Learned:
    """A sparse table as arrays, to be kept with the others of a model."""
    return {
        name: table.data, f"{name}_columns": table.indices, f"{name}_starts": table.indptr,
        f"{name}_width": np.array(table.shape[1]),
    }  # fmt: skip


def _whole(name: str, arrays: Arrays) -> csr_array:
    """The sparse table whose `_parts` are among the arrays. Raises what `check_learned` raises.

    SciPy does not look where a column leads.
    """
    check_learned(arrays, f"{name}_starts(r), {name}_columns(p), {name}(p), {name}_width()")
    width = arrays[f"{name}_width"].item()
    starts, columns = arrays[f"{name}_starts"], arrays[f"{name}_columns"]
    rows = check_rows(Rows(starts, columns, arrays[name], width))
    check_below(f"{name}_columns", rows.indices, width, f"{name}_width")
    parts = rows.confidence, rows.indices, rows.starts
    return csr_array(parts, shape=(len(rows.starts) - 1, width))


def _neighbours(arrays: Arrays, of_movies: bool = False) -> tuple[csr_array, csr_array]:
    """Similarities between users, or between movies, and the likes, users × movies."""
    similarities, likes = _whole("similarities", arrays), _whole("likes", arrays)
    size = likes.shape[1 if of_movies else 0]
    if similarities.shape != (size, size):
        raise ValueError(
            f"arrays must be those that learn has returned: similarities of shape "
            f"{similarities.shape} and likes of shape {likes.shape} do not fit"
        )
    return similarities, likes


def _observed(train: Ratings, ones: Ones, num_users: int, num_movies: int) -> Observed:
    return Observed.from_pairs(*_pairs(train, ones), num_users=num_users, num_movies=num_movies)


def _row(movies: np.ndarray, stars: np.ndarray, ones: Ones, num_movies: int) -> np.ndarray:
    if len(movies) != len(stars):
        raise ValueError(f"{len(movies)} movies, but {len(stars)} stars: give each its own")
    check_below("movie", movies, num_movies)
    row = np.zeros(num_movies)
    row[movies[stars >= LIKED] if ones == "liked" else movies] = 1.0
    return row
