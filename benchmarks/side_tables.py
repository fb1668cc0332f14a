"""What MovieLens 100K tells of its users and movies, as matrices of flags for `rivals.py`."""

from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse

from scratch.datasets import load_movielens_100k
from scratch.datasets.loaders import find_or_make
from scratch.datasets.registry import ML_100K

USER_COLUMNS = ["user_id", "age", "gender", "occupation", "zip_code"]


def users_file() -> Path:
    """Where u.user lies if it is there: the archive has it, but no notebook needs it."""
    return find_or_make(ML_100K, None)[0] / "u.user"


def user_flags(user_ids: np.ndarray) -> list[scipy.sparse.csr_matrix]:
    """Decade of age, gender, occupation: for each a matrix of users × values, a 1 in each row."""
    table = pd.read_csv(users_file(), sep="|", names=USER_COLUMNS, index_col="user_id")
    table["age"] //= 10
    rows = table.loc[user_ids]
    return [flags(rows[name]) for name in ("age", "gender", "occupation")]


def genre_flags(movie_ids: np.ndarray) -> scipy.sparse.csr_matrix:
    """Movies × genres, a 1 for each genre that a movie has."""
    movies = load_movielens_100k().movies.set_index("movie_id").loc[movie_ids]
    return scipy.sparse.csr_matrix(movies["genres"].str.get_dummies("|").to_numpy(float))


def flags(values: pd.Series) -> scipy.sparse.csr_matrix:
    """Rows × the values that occur, a 1 in each row."""
    return scipy.sparse.csr_matrix(pd.get_dummies(values).to_numpy(float))
