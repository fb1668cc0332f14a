"""Good calls of `scratch.recommenders`: what counts, averages and compares, without vectors."""

import numpy as np
import pandas as pd
from make_splits import part, table_of
from scipy.sparse import csr_array

from scratch.evaluation import Split, split_ratings
from scratch.recommenders.adapters import Biases, Ease, Popular
from scratch.recommenders.baselines import GlobalMean, MovieMean, ShrunkenBiases, UserMean
from scratch.recommenders.comparison import compare_models
from scratch.recommenders.fitted import Recommender
from scratch.recommenders.neighbors import ItemBased, UserBased
from scratch.recommenders.popularity import SameForAll
from scratch.recommenders.sides import Side


def train():
    return part((0, 0, 5), (0, 1, 3), (1, 0, 4), (2, 1, 2), (2, 2, 1))


def lists() -> list[list[str]]:
    return [["R", "Python"], ["Python", "Java"], ["R"]]


def table() -> pd.DataFrame:
    return pd.DataFrame({"movie_id": [7, 3, 3], "rating": [5.0, 3.0, 2.5]})


def likes() -> np.ndarray:
    return np.array([[1.0, 1, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1]])


def similarities() -> np.ndarray:
    return np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.0], [0.2, 0.0, 1.0]])


def some_split() -> Split:
    return split_ratings(table_of(9, 8, 0.8, 0), (0.5, 0.2, 0.3), rng=np.random.default_rng(0))


def fitted(model=None) -> Recommender:
    return Recommender(model or Ease(5.0)).fit(table_of(9, 8, 0.6, 0))


def loop_tables() -> dict[str, np.ndarray]:
    by_row, by_column = csr_array(likes()), csr_array(likes()).tocsc()
    return {
        "starts": by_row.indptr,
        "columns": by_row.indices,
        "column_starts": by_column.indptr,
        "rows": by_column.indices,
        "lengths": np.sqrt(likes().sum(axis=1)),
    }


def two_users() -> dict[str, np.ndarray]:
    return {"users": np.array([0, 2])}


def pairs() -> dict[str, np.ndarray]:
    return {"users": np.array([0, -1, 2]), "movies": np.array([2, 0, -1])}


CALLS = {
    "recommenders.learned.check_sizes": lambda: {
        "train": train(),
        "num_users": 3,
        "num_movies": 3,
    },
    "recommenders.popularity.count_items": lambda: {"users_items": lists()},
    "recommenders.popularity.most_popular_new": lambda: {
        "user_items": ["R"],
        "popularity": [("Python", 2), ("R", 2), ("Java", 1)],
        "max_results": 2,
    },
    "recommenders.popularity.damped_means": lambda: {"table": table(), "damping": 10.0},
    "recommenders.popularity.SameForAll": lambda: {"movie_scores": np.array([3.0, 1, 2])},
    "recommenders.popularity.SameForAll.scores": lambda: (
        SameForAll([3.0, 1, 2]).scores,
        two_users(),
    ),
    **{
        f"recommenders.baselines.{kind.__name__}": lambda: {"train": train()}
        for kind in (GlobalMean, UserMean, MovieMean)
    },
    **{
        f"recommenders.baselines.{kind.__name__}.predict": lambda kind=kind: (
            kind(train()).predict,
            pairs(),
        )
        for kind in (GlobalMean, UserMean, MovieMean, ShrunkenBiases)
    },
    "recommenders.baselines.ShrunkenBiases": lambda: {
        "train": train(),
        "shrinkage": 10.0,
        "tolerance": 1e-6,
    },
    "recommenders.neighbors.unique_items": lambda: {"users_items": lists()},
    "recommenders.neighbors.make_vector": lambda: {
        "user_items": ["Java", "R"],
        "items": ["R", "Python", "Java"],
    },
    "recommenders.neighbors.most_similar_to": lambda: {
        "index": 1,
        "similarities": similarities(),
    },
    "recommenders.neighbors.user_based_suggestions": lambda: {
        "user": 0,
        "users_items": lists(),
        "similarities": similarities(),
        "num_neighbors": 2,
    },
    "recommenders.neighbors.item_based_suggestions": lambda: {
        "user_items": ["R"],
        "items": ["R", "Python", "Java"],
        "similarities": similarities(),
    },
    "recommenders.neighbors.UserBased": lambda: {"likes": likes(), "num_neighbors": 2},
    "recommenders.neighbors.UserBased.scores": lambda: (UserBased(likes(), 2).scores, two_users()),
    "recommenders.neighbors.ItemBased": lambda: {
        "likes": likes(),
        "num_neighbors": 2,
        "shrinkage": 1.5,
    },
    "recommenders.neighbors.ItemBased.scores": lambda: (ItemBased(likes()).scores, two_users()),
    "recommenders.neighbors.nearest": lambda: {
        "similarities": similarities(),
        "num_neighbors": 1,
    },
    "recommenders.neighbors.only_positive": lambda: {"sums": np.array([[0.5, 0.0], [-0.5, 1]])},
    "recommenders.sparse_cosines.sparse_cosines": lambda: {"ones": csr_array(likes())},
    "recommenders.sparse_cosines.nearest_rows": lambda: {
        "ones": likes(),
        "num_neighbors": 2,
        "shrinkage": 1.5,
    },
    "recommenders.sparse_cosines.fill_cosines": lambda: {
        **loop_tables(),
        "cosines": np.empty((4, 4)),
    },
    "recommenders.sparse_cosines.keep_nearest": lambda: {
        **loop_tables(),
        "shrinkage": 1.5,
        "neighbors": np.full((4, 2), -1, np.int32),
        "similarities": np.zeros((4, 2)),
    },
    "recommenders.ease.ease_weights": lambda: {"likes": likes(), "l2": 2.0},
    "recommenders.sides.Side.of": lambda: (
        Side.of,
        {"rows": 3, "age": np.array([[20.0], [50], [20]])},
    ),
    "recommenders.sides.one_hot": lambda: {"values": ["b", "a", "b"]},
    "recommenders.sides.flags": lambda: {"texts": ["Drama|War", "War", ""], "separator": "|"},
    "recommenders.sides.shares": lambda: {"table": np.array([[3.0, 4], [0, 0]])},
    "recommenders.sides.who_rated_what": lambda: {
        "users": np.array([0, 0, 2]),
        "movies": np.array([1, 0, 1]),
        "num_users": 3,
        "num_movies": 2,
    },
    "recommenders.reasons.reasons": lambda: {
        "recommender": fitted(),
        "stars": {7: 5.0, 9: 2.0},
        "movie_ids": [8, 10],
    },
    "recommenders.reasons.lists_with_reasons": lambda: {
        "recommenders": {"EASE": fitted(), "popular": fitted(Popular())},
        "stars": {7: 5.0, 9: 4.0},
        "n": 2,
    },
    "recommenders.comparison.Comparison.of_users": lambda: (
        compare_models({"biases": Biases()}, some_split()).of_users,
        {"measure": "NDCG"},
    ),
    "recommenders.comparison.compare_models": lambda: {
        "models": {"biases": Biases(), "EASE": Ease()},
        "split": some_split(),
        "on": "test",
        "genres": np.ones((8, 2)),
        "seed": 1,
        "progress": False,
    },
    "recommenders.comparison.settings_of": lambda: {"grid": {"k": (1, 2), "l2": (0.1,)}},
    "recommenders.comparison.tune": lambda: {
        "kind": Biases,
        "grid": {"shrinkage": (1.0, 5.0)},
        "split": some_split(),
        "measure": "NDCG",
        "seed": 1,
    },
    "recommenders.comparison.costs": lambda: {
        "models": {"biases": Biases()},
        "split": some_split(),
        "seed": 1,
    },
}

NOBODY = "−inf where nobody votes, which is not recommended at all"
AS_THEY_WENT_IN = "the items come out as they went in"
EXCUSED = {
    "recommenders.learned.check_learned": "it is what refuses, where arrays were looked at before",
}
MAY_HOLD = {
    "recommenders.popularity.count_items": AS_THEY_WENT_IN,
    "recommenders.neighbors.unique_items": AS_THEY_WENT_IN,
    "recommenders.popularity.SameForAll": "−inf for what shall not be recommended at all",
    "recommenders.neighbors.UserBased.scores": NOBODY,
    "recommenders.neighbors.ItemBased.scores": NOBODY,
    "recommenders.neighbors.only_positive": NOBODY,
    "recommenders.comparison.settings_of": "the values of a grid come out as they went in",
    "recommenders.comparison.compare_models": "NaN for the RMSE of a model that predicts no stars",
    "recommenders.comparison.tune": "a model may have a setting that is infinite",
}
