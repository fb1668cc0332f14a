"""The data of the course: find the real files, check them, or make a stand-in of the same shape."""

from scratch.datasets.errors import DatasetError
from scratch.datasets.folds import load_folds_100k, load_users_100k
from scratch.datasets.loaders import (
    Dataset,
    NetflixRatings,
    load_interests,
    load_movielens_100k,
    load_movielens_small,
    load_netflix,
    load_netflix_arrays,
    load_tiny_ratings,
)
from scratch.datasets.titles import find_movies

__all__ = [
    "Dataset",
    "DatasetError",
    "NetflixRatings",
    "find_movies",
    "load_folds_100k",
    "load_interests",
    "load_movielens_100k",
    "load_movielens_small",
    "load_netflix",
    "load_netflix_arrays",
    "load_tiny_ratings",
    "load_users_100k",
]
