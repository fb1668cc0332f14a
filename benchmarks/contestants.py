"""Who runs against whom in `peers.py`: the works, and for each of them our code and the peers'.

A work is a function of the number of threads that returns its contestants. Each contestant has a
call that is timed, and a call that says how good the result is, which is not.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse

from scratch.datasets import load_movielens_100k
from scratch.evaluation import split_ratings
from scratch.evaluation.metrics import rmse
from scratch.evaluation.protocol import recommend
from scratch.factorization import MatrixFactorization
from scratch.machinery.sparse import Observed
from scratch.ratings import IdMap, Ratings
from scratch.recommenders.neighbors import ItemBased, UserBased
from scratch.recommenders.sparse_cosines import sparse_cosines
from scratch.recommenders.weighted import WeightedFactorization, drawn_vectors, sparse_loss
from scratch.similarity import cosine_similarities


class Contestant(NamedTuple):
    """A name, what is timed, and how good its result is (by the work's measure)."""

    name: str
    run: Callable[[], Any]
    quality: Callable[[Any], float]


Work = tuple[str, Callable[[int], list[Contestant]]]  # its measure of quality, and who takes part


def biased_sgd(threads: int) -> list[Contestant]:
    """Biased factorization by SGD: k 100, 20 epochs, rate 0.005, l2 0.02. Quality: RMSE."""
    import cornac
    import surprise

    table = load_movielens_100k().ratings
    test = table.sample(frac=0.2, random_state=0)
    train = table.drop(test.index)
    users, movies = IdMap(train.user_id), IdMap(train.movie_id)
    test = test[test.user_id.isin(users.ids) & test.movie_id.isin(movies.ids)]
    columns = [users.encode(train.user_id), movies.encode(train.movie_id)]
    ours = Ratings(*columns, train.rating.to_numpy(float))
    asked = users.encode(test.user_id), movies.encode(test.movie_id)
    actual = test.rating.to_numpy(float)

    def fit_ours(**ways) -> MatrixFactorization:
        settings = {"l2": 0.02, "learning_rate": 0.005, "decay": 1.0, "num_epochs": 20}
        model = MatrixFactorization(100, biases=True, init_scale=0.1, **settings, **ways)
        return model.fit(ours, rng=np.random.default_rng(0), measure=False)

    def error(predicted: np.ndarray) -> float:
        return rmse(np.clip(predicted, 1, 5), actual)

    reader = surprise.Reader(rating_scale=(1, 5))
    columns = train[["user_id", "movie_id", "rating"]].sort_values("user_id")  # suits it best
    for_surprise = surprise.Dataset.load_from_df(columns, reader).build_full_trainset()
    triples = list(columns.itertuples(index=False, name=None))
    for_cornac = cornac.data.Dataset.from_uir(triples, seed=0)

    def fit_cornac():
        settings = {"max_iter": 20, "learning_rate": 0.005, "lambda_reg": 0.02, "use_bias": True}
        model = cornac.models.MF(k=100, num_threads=threads, early_stop=False, seed=0, **settings)
        return model.fit(for_cornac)

    def error_of_cornac(model) -> float:
        u = np.array([for_cornac.uid_map[user] for user in test.user_id])
        m = np.array([for_cornac.iid_map[movie] for movie in test.movie_id])
        biases = model.u_biases[u] + model.i_biases[m]
        product = (model.u_factors[u] * model.i_factors[m]).sum(axis=1)
        return error(for_cornac.global_mean + biases + product)

    def error_of_surprise(model) -> float:
        pairs = zip(test.user_id, test.movie_id, strict=True)
        return error(np.array([model.predict(user, movie).est for user, movie in pairs]))

    def error_of_ours(model: MatrixFactorization) -> float:
        return error(model.predict(*asked))

    return [
        Contestant("scratch, strict", fit_ours, error_of_ours),
        Contestant("scratch, fast", lambda: fit_ours(fast=True, cores=threads), error_of_ours),
        Contestant(
            "Surprise SVD",
            lambda: surprise.SVD(random_state=0).fit(for_surprise),  # these settings are its own
            error_of_surprise,
        ),
        Contestant("Cornac MF", fit_cornac, error_of_cornac),
    ]


K, W0, L2, SWEEPS, START = 64, 0.005, 0.1, 15, 0.3


def weighted_small(threads: int) -> list[Contestant]:
    """Weighted factorization of MovieLens 100K's likes: k 64, w₀ 0.005, l2 0.1. Quality: loss."""
    liked = load_movielens_100k().ratings.query("rating >= 4")
    users, movies = IdMap(liked.user_id), IdMap(liked.movie_id)
    pairs = users.encode(liked.user_id), movies.encode(liked.movie_id)
    return _weighted(threads, *pairs, SWEEPS)


def weighted_large(threads: int) -> list[Contestant]:
    """The same for a million generated pairs of 100,000 users and 20,000 movies, 3 sweeps."""
    rng = np.random.default_rng(0)
    n = 1_100_000
    users = (100_000 * rng.random(n) ** 1.5).astype(np.int32)
    movies = (20_000 * rng.random(n) ** 3).astype(np.int32)
    pairs = pd.DataFrame({"user": users, "movie": movies}).drop_duplicates()
    return _weighted(threads, pairs.user.to_numpy(), pairs.movie.to_numpy(), 3)


def _weighted(
    threads: int, users: np.ndarray, movies: np.ndarray, num_sweeps: int
) -> list[Contestant]:
    """Everybody from the same start. Ours also with as many sweeps as reach implicit's loss."""
    from implicit.als import AlternatingLeastSquares

    observed = Observed.from_pairs(users, movies)
    ones = np.ones(len(users), np.float32)
    matrix = scipy.sparse.csr_matrix((ones, (users, movies)), shape=observed.shape)

    def fit_ours(num_steps: int | None, sweeps: int) -> tuple[np.ndarray, np.ndarray]:
        settings = {"l2": L2, "num_sweeps": sweeps, "num_steps": num_steps, "init_scale": START}
        model = WeightedFactorization(K, W0, **settings)
        model.fit(observed, rng=np.random.default_rng(0), measure=False)
        return model.U, model.V

    def fit_implicit(use_cg: bool) -> tuple[np.ndarray, np.ndarray]:
        # Its loss is ours divided by w₀.
        weights = {"regularization": L2 / W0, "alpha": 1 / W0}
        model = AlternatingLeastSquares(
            K, iterations=num_sweeps, use_cg=use_cg, num_threads=threads, **weights
        )
        rng = np.random.default_rng(0)
        model.user_factors, model.item_factors = (
            drawn_vectors(rng, (size, K), START, np.float32) for size in observed.shape
        )
        model.fit(matrix, show_progress=False)
        return model.user_factors, model.item_factors

    def loss(factors: tuple[np.ndarray, np.ndarray]) -> float:
        U, V = (np.ascontiguousarray(part, float) for part in factors)
        return sparse_loss(observed, U, V, W0, L2)

    goal = loss(fit_implicit(True))

    def sweeps_to_goal(steps: int) -> int:
        model = WeightedFactorization(
            K, W0, l2=L2, num_sweeps=2 * num_sweeps, num_steps=steps, init_scale=START
        )
        losses = model.fit(observed, rng=np.random.default_rng(0)).history.set_index("sweep").loss
        return int((losses <= goal).idxmax()) if losses.min() <= goal else 2 * num_sweeps

    enough = {steps: sweeps_to_goal(steps) for steps in (3, 4)}
    same = [
        Contestant(
            f"scratch, {steps} steps, {sweeps} sweeps: as far as implicit CG",
            lambda steps=steps, sweeps=sweeps: fit_ours(steps, sweeps),
            loss,
        )
        for steps, sweeps in enough.items()
    ]
    return [
        *same,
        Contestant("scratch, 3 steps", lambda: fit_ours(3, num_sweeps), loss),
        Contestant("scratch, exact", lambda: fit_ours(None, num_sweeps), loss),
        Contestant("implicit, CG", lambda: fit_implicit(True), loss),
        Contestant("implicit, Cholesky", lambda: fit_implicit(False), loss),
    ]


def lists_of_ten(threads: int) -> list[Contestant]:
    """The ten best of u·m for all users of MovieLens 100K, k 64. Quality: mean score."""
    from implicit.als import AlternatingLeastSquares

    parts, matrix = _likes()
    rng = np.random.default_rng(0)
    U, V = (rng.normal(size=(len(side), K)) for side in (parts.users, parts.movies))
    users = np.arange(len(U))
    model = AlternatingLeastSquares(K, num_threads=threads)
    model.user_factors, model.item_factors = U.astype(np.float32), V.astype(np.float32)

    def ours() -> np.ndarray:
        return recommend(lambda some: U[some] @ V.T, users, (parts.train,), num_movies=len(V))

    def mean_score(shown: np.ndarray) -> float:
        return float(np.einsum("uk,upk->up", U, V[shown]).mean())

    return [
        Contestant("scratch", ours, mean_score),
        Contestant("implicit", lambda: model.recommend(users, matrix, N=10)[0], mean_score),
    ]


def neighbours(threads: int) -> list[Contestant]:
    """Similarities with 20 neighbours, and ten films for all users. Quality: films shown."""
    from implicit.nearest_neighbours import CosineRecommender

    parts, matrix = _likes()
    users = np.arange(len(parts.users))
    likes = scipy.sparse.csr_array(parts.likes)

    def ours(kind: type) -> np.ndarray:
        scores = kind(likes, 20).scores
        return recommend(scores, users, (parts.train,), num_movies=len(parts.movies))

    def implicit() -> np.ndarray:
        model = CosineRecommender(K=20, num_threads=threads)
        model.fit(matrix, show_progress=False)
        return model.recommend(users, matrix, N=10)[0]

    def films(shown: np.ndarray) -> float:
        return float(len(np.unique(shown[shown >= 0])))

    return [
        Contestant("scratch, item-based", lambda: ours(ItemBased), films),
        Contestant("scratch, user-based", lambda: ours(UserBased), films),
        Contestant("implicit, item-based", implicit, films),
    ]


def cosines(threads: int) -> list[Contestant]:
    """The cosines of all pairs of films of MovieLens 100K. Quality: their sum."""
    from sklearn.metrics.pairwise import cosine_similarity

    parts, _ = _likes()
    rows = np.ascontiguousarray(parts.likes.T)
    sparse = scipy.sparse.csr_array(rows)
    return [
        Contestant("scratch, dense", lambda: cosine_similarities(rows), np.sum),
        Contestant("scratch, sparse", lambda: sparse_cosines(sparse), np.sum),
        Contestant("scikit-learn, dense", lambda: cosine_similarity(rows), np.sum),
        Contestant("scikit-learn, sparse", lambda: cosine_similarity(sparse), np.sum),
    ]


def _likes():
    """The course's split of MovieLens 100K, and what its users have rated as a sparse matrix."""
    parts = split_ratings(load_movielens_100k().ratings, rng=np.random.default_rng(0))
    size = len(parts.users), len(parts.movies)
    ones = np.ones(len(parts.train.users), np.float32)
    pairs = parts.train.users, parts.train.movies
    return parts, scipy.sparse.csr_matrix((ones, pairs), shape=size)


WORKS: dict[str, Work] = {
    "biased SGD, k 100, 20 epochs": ("RMSE", biased_sgd),
    "weighted factorization, k 64, MovieLens 100K, 15 sweeps": ("loss", weighted_small),
    "weighted factorization, k 64, a million pairs, 3 sweeps": ("loss", weighted_large),
    "ten films for all users from k 64": ("mean score", lists_of_ten),
    "ten films for all users by neighbours": ("films shown", neighbours),
    "cosines of all pairs of films": ("sum", cosines),
}
