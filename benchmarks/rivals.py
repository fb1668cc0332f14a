"""Who predicts stars in `folds.py`: for each rival how it learns, and which settings it may try.

A rival learns from a table (columns user_id, movie_id, rating) with some settings, and returns what
then predicts: a function of a table (user_id, movie_id) that returns an array of stars, one for
each row. A library is imported where it is used, because each process has only one of them.
"""

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse

from scratch.course.beside import LENSKIT, PEERS, Beside
from scratch.datasets import load_movielens_100k, load_users_100k
from scratch.factorization import MatrixFactorization
from scratch.ratings import IdMap, encode
from scratch.recommenders.bayesian import BayesianFactorization
from scratch.recommenders.sides import Side, flags, one_hot, who_rated_what

Predict = Callable[[pd.DataFrame], np.ndarray]
Settings = dict[str, Any]


class Rival(NamedTuple):
    """A name, how it learns, the settings to choose from, and the environment it runs in.

    packages: those whose versions are noted.
    """

    name: str
    learn: Callable[..., Predict]
    grid: list[Settings]
    home: Beside = PEERS
    packages: tuple[str, ...] = ("numba",)


def every(**choices: list) -> list[Settings]:
    """All combinations of the settings' values."""
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def biased(train: pd.DataFrame, epochs_and_rate: tuple[int, float], **settings) -> Predict:
    """Biased factorization of `scratch.factorization`, by its fast loop."""
    users, movies = IdMap(train["user_id"]), IdMap(train["movie_id"])
    epochs, rate = epochs_and_rate
    steps = {"num_epochs": epochs, "learning_rate": rate, "decay": 1.0, "init_scale": 0.1}
    model = MatrixFactorization(biases=True, fast=True, **steps, **settings)
    rng = np.random.default_rng(0)
    model.fit(encode(train, users, movies), rng=rng, measure=False)

    def predict(asked: pd.DataFrame) -> np.ndarray:
        return model.predict(
            users.encode(asked["user_id"], "cold"), movies.encode(asked["movie_id"], "cold")
        )

    return predict


def surprise_model(train: pd.DataFrame, kind: str, **settings) -> Predict:
    """A model of Surprise, by the name of its class."""
    import surprise

    reader = surprise.Reader(rating_scale=(1, 5))
    columns = train[["user_id", "movie_id", "rating"]]
    model = getattr(surprise, kind)(**settings)
    model.fit(surprise.Dataset.load_from_df(columns, reader).build_full_trainset())

    def predict(asked: pd.DataFrame) -> np.ndarray:
        pairs = zip(asked["user_id"], asked["movie_id"], strict=True)
        return np.array([model.predict(user, movie).est for user, movie in pairs])

    return predict


def surprise_svd(train: pd.DataFrame, epochs_and_rate: tuple[int, float], **settings) -> Predict:
    """Surprise's SVD or SVDpp."""
    epochs, rate = epochs_and_rate
    return surprise_model(train, n_epochs=epochs, lr_all=rate, random_state=0, **settings)


def surprise_neighbours(
    train: pd.DataFrame, similarity: str, user_based: bool, shrinkage: int, **settings
) -> Predict:
    """Surprise's KNNBaseline; of its two similarities, msd takes no notice of the shrinkage."""
    options = {"name": similarity, "user_based": user_based, "shrinkage": shrinkage}
    return surprise_model(train, "KNNBaseline", sim_options=options, verbose=False, **settings)


def cornac_model(
    train: pd.DataFrame, kind: str, epochs_and_rate: tuple[int, float], **settings
) -> Predict:
    """Cornac's MF or PMF; who or what is unknown gets the mean of all ratings."""
    import cornac

    epochs, rate = epochs_and_rate
    triples = list(train[["user_id", "movie_id", "rating"]].itertuples(index=False, name=None))
    known = cornac.data.Dataset.from_uir(triples, seed=0)
    settings |= {"num_threads": 1} if kind == "MF" else {}  # PMF has no such word
    model = getattr(cornac.models, kind)(max_iter=epochs, learning_rate=rate, seed=0, **settings)
    model.fit(known)

    def predict(asked: pd.DataFrame) -> np.ndarray:
        stars = np.full(len(asked), known.global_mean)
        users, movies = asked["user_id"].map(known.uid_map), asked["movie_id"].map(known.iid_map)
        places = np.flatnonzero(users.notna() & movies.notna())
        for place in places:
            stars[place] = model.rate(int(users.iloc[place]), int(movies.iloc[place]))
        return stars

    return predict


def lenskit_model(train: pd.DataFrame, scorer: Any) -> Predict:
    """A scorer of LensKit; where it has no answer, LensKit's biases answer."""
    from lenskit import batch
    from lenskit.data import ItemListCollection, from_interactions_df
    from lenskit.pipeline import predict_pipeline

    pipeline = predict_pipeline(scorer)
    columns = train[["user_id", "movie_id", "rating"]].rename(columns={"movie_id": "item_id"})
    pipeline.train(from_interactions_df(columns))

    def predict(asked: pd.DataFrame) -> np.ndarray:
        pairs = asked[["user_id", "movie_id"]].rename(columns={"movie_id": "item_id"})
        lists = ItemListCollection.from_df(pairs, ["user_id"])
        found = batch.predict(pipeline, lists, n_jobs=1).to_df()
        scores = found.set_index(["user_id", "item_id"])["score"]
        return scores.loc[pd.MultiIndex.from_frame(pairs)].to_numpy(float)

    return predict


def lenskit_als(train: pd.DataFrame, **settings) -> Predict:
    """LensKit's biased factorization by alternating least squares."""
    from lenskit.als import BiasedMFScorer

    return lenskit_model(train, BiasedMFScorer(**settings))


def lenskit_neighbours(train: pd.DataFrame, **settings) -> Predict:
    """LensKit's item-based neighbours, of ratings without their movies' means."""
    from lenskit.knn import ItemKNNScorer

    return lenskit_model(train, ItemKNNScorer(**settings))


class Known(NamedTuple):
    """All users and movies of MovieLens 100K, and what is known of them.

    ids: of users (users,) and movies (movies,), sorted. tables: for each side named matrices of
    rows × features.
    """

    ids: tuple[np.ndarray, np.ndarray]
    tables: tuple[dict[str, scipy.sparse.csr_array], dict[str, scipy.sparse.csr_array]]

    def rows(self, table: pd.DataFrame) -> list[np.ndarray]:
        """The rows of the user and of the movie of each rating."""
        named = table["user_id"], table["movie_id"]
        return [np.searchsorted(ids, some) for ids, some in zip(self.ids, named, strict=True)]


def known(train: pd.DataFrame, tables: bool, sets: bool) -> Known:
    """What a Bayesian model is told of users and movies.

    With tables: age (its decade), gender, occupation and genres. With sets: which movies the user
    rated and which users rated the movie, in the training part, n of them as n times 1/√n.
    """
    people = load_users_100k()
    films = load_movielens_100k().movies.sort_values("movie_id")
    found = Known((people["user_id"].to_numpy(), films["movie_id"].to_numpy()), ({}, {}))
    of_users, of_movies = found.tables
    if tables:
        of_users["age"] = one_hot(people["age"] // 10)
        of_users["gender"] = one_hot(people["gender"])
        of_users["occupation"] = one_hot(people["occupation"])
        of_movies["genres"] = flags(films["genres"])
    if sets:
        pairs = who_rated_what(*found.rows(train), len(people), len(films))
        of_users["rated"], of_movies["raters"] = pairs
    return found


def bayesian(
    train: pd.DataFrame, rank: int, sweeps: int, tables: bool = False, sets: bool = False
) -> Predict:
    """Bayesian factorization of `scratch.recommenders.bayesian`."""
    told = known(train, tables, sets)
    sides = [Side.of(len(ids), **of) for ids, of in zip(told.ids, told.tables, strict=True)]
    model = BayesianFactorization(rank, num_sweeps=sweeps)
    rng = np.random.default_rng(0)
    model.fit(told.rows(train), train["rating"].to_numpy(float), sides, rng=rng)
    return lambda asked: model.predict(told.rows(asked))


def myfm_model(
    train: pd.DataFrame, rank: int, sweeps: int, tables: bool = False, sets: bool = False
) -> Predict:
    """myFM's Bayesian factorization machine, by Gibbs sampling."""
    import myfm

    told = known(train, tables, sets)
    parts = [
        [scipy.sparse.eye_array(len(ids)), *of.values()]
        for ids, of in zip(told.ids, told.tables, strict=True)
    ]
    blocks = [scipy.sparse.csr_matrix(scipy.sparse.hstack(some)) for some in parts]

    def relations(table: pd.DataFrame) -> list:
        pairs = zip(told.rows(table), blocks, strict=True)
        return [myfm.RelationBlock(rows, block) for rows, block in pairs]

    model = myfm.MyFMRegressor(rank, random_seed=0)
    model.fit(
        None, train["rating"].to_numpy(float), X_rel=relations(train), n_iter=sweeps,
        group_shapes=[part.shape[1] for some in parts for part in some],
    )  # fmt: skip
    return lambda asked: model.predict(None, relations(asked))


BAYESIAN = every(rank=[10, 20], sweeps=[300])
WITH_TABLES = every(rank=[10], sweeps=[300], tables=[True])
WITH_SETS = every(rank=[10], sweeps=[300], tables=[True], sets=[True])
# Ours: a model of ours is a function above and a line here.
OURS = [
    Rival(
        "scratch, biased factorization",
        biased,
        every(k=[20, 100], l2=[0.02, 0.08, 0.12, 0.16], epochs_and_rate=[(20, 0.005), (80, 0.01)]),
    ),
    Rival("scratch, Bayesian", bayesian, BAYESIAN),
    Rival("scratch, Bayesian, with tables", bayesian, WITH_TABLES),
    Rival("scratch, Bayesian, with tables and sets", bayesian, WITH_SETS),
]
SURPRISE, CORNAC, MYFM = ("scikit-surprise",), ("cornac",), ("myfm",)
THEIRS = [
    Rival(
        "Surprise SVD",
        surprise_svd,
        every(
            kind=["SVD"], n_factors=[20, 100], reg_all=[0.02, 0.08, 0.12, 0.16],
            epochs_and_rate=[(20, 0.005), (80, 0.01)],
        ),
        packages=SURPRISE,
    ),
    Rival(
        "Surprise SVD++",
        surprise_svd,
        every(
            kind=["SVDpp"], n_factors=[20], reg_all=[0.02, 0.08],
            epochs_and_rate=[(20, 0.007), (40, 0.01)],
        ),
        packages=SURPRISE,
    ),
    Rival(
        "Surprise KNNBaseline",
        surprise_neighbours,
        [
            *every(similarity=["msd"], user_based=[True, False], shrinkage=[0], k=[40]),
            *every(
                similarity=["pearson_baseline"], user_based=[True, False], shrinkage=[50, 100],
                k=[40, 80],
            ),
        ],
        packages=SURPRISE,
    ),
    Rival(
        "Cornac MF",
        cornac_model,
        every(
            kind=["MF"], k=[10, 100], lambda_reg=[0.02, 0.08, 0.12, 0.16],
            epochs_and_rate=[(20, 0.01), (80, 0.01)],
        ),
        packages=CORNAC,
    ),
    Rival(
        "Cornac PMF",
        cornac_model,
        every(
            kind=["PMF"], k=[5, 10], lambda_reg=[0.001, 0.01], epochs_and_rate=[(100, 0.001)],
        ),
        packages=CORNAC,
    ),
    Rival(
        "LensKit BiasedMF",
        lenskit_als,
        every(
            embedding_size=[10, 50], regularization=[0.05, 0.1, 0.2], epochs=[10, 20],
            damping=[5.0],
        ),
        LENSKIT,
        ("lenskit",),
    ),
    Rival(
        "LensKit ItemKNN", lenskit_neighbours, every(max_nbrs=[20, 40, 80]), LENSKIT, ("lenskit",)
    ),
    Rival("myFM", myfm_model, BAYESIAN, packages=MYFM),
    Rival("myFM, with tables", myfm_model, WITH_TABLES, packages=MYFM),
    Rival("myFM, with tables and sets", myfm_model, WITH_SETS, packages=MYFM),
]  # fmt: skip
RIVALS = {rival.name: rival for rival in OURS + THEIRS}
