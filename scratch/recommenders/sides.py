"""What is known of each user, each movie, each day: a row of features for each of them.

Rendle, Factorization machines with libFM, ACM TIST 3(3), 2012; that features belong to rows which
many ratings share, Rendle, Scaling factorization machines to relational data, VLDB 2013.
"""

import itertools
import operator
from collections.abc import Hashable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csc_array, csr_array, eye_array, hstack


class Side(NamedTuple):
    """One side of every rating, such as its user: rows × features, and their groups.

    Group g are the features ends[g] to ends[g + 1] − 1. Group 0 are the rows themselves: feature r
    is 1 in row r and 0 in all others.
    """

    features: csc_array  # (rows, features) float64
    ends: np.ndarray  # (groups + 1,) int64
    names: tuple[str, ...]  # of the groups

    @property
    def groups(self) -> list[slice]:
        """The features of each group."""
        return [slice(begin, end) for begin, end in itertools.pairwise(self.ends.tolist())]

    @classmethod
    def of(cls, rows: int, /, **tables: csr_array | np.ndarray) -> "Side":
        """A side with so many rows, and for each of them what the tables say; (rows, …) each.

        Introduced in notebook 15. Raises ValueError for no rows, for a table with another number of
        rows, without columns, or with a number that is not finite; TypeError if rows is no integer.
        """
        rows = operator.index(rows)
        if rows < 1:
            raise ValueError(f"a side needs at least one row, got {rows}")
        if "itself" in tables:
            raise ValueError("itself is the name of the rows' own features: take another")
        tables = {name: csr_array(table) for name, table in tables.items()}
        for name, table in tables.items():
            if table.shape[0] != rows:
                raise ValueError(f"the table {name} has {table.shape[0]} rows, the side {rows}")
            if table.shape[1] == 0:
                raise ValueError(f"the table {name} has no columns: it says nothing, leave it out")
            if not np.isfinite(table.data).all():
                raise ValueError(f"the table {name} holds a number that is not finite")
        parts = [eye_array(rows), *tables.values()]
        ends = np.cumsum([0, *(part.shape[1] for part in parts)])
        return cls(csc_array(hstack(parts), dtype=float), ends, ("itself", *tables))


def one_hot(values: Iterable[Hashable]) -> csr_array:
    """A column for each distinct value, 1 where a row has it: (n,) values, (n, distinct).

    Raises ValueError for a missing value, which is no value of its own until you give it a name.
    """
    codes, distinct = pd.factorize(pd.Series(list(values)), sort=True)
    if (codes < 0).any():
        raise ValueError(f"value {int(np.argmax(codes < 0))} is missing: fill it in or name it")
    cells = np.ones(len(codes)), (np.arange(len(codes)), codes)
    return csr_array(coo_array(cells, shape=(len(codes), len(distinct))))


def flags(texts: Iterable[str], separator: str = "|") -> csr_array:
    """A column for each distinct part of the texts, such as genres; rows scaled as in `shares`.

    An empty text has no part. Raises TypeError for what is not a text.
    """
    texts = pd.Series(list(texts), dtype=object)
    if not all(isinstance(text, str) for text in texts):
        wrong = next(text for text in texts if not isinstance(text, str))
        raise TypeError(f"expected texts like 'Drama|War', got {wrong!r}")
    parts = texts.str.get_dummies(separator)
    return shares(csr_array(parts.to_numpy(float)))


def shares(table: csr_array) -> csr_array:
    """Each row scaled to length 1, so that those with many features have no louder a voice.

    A row of n ones becomes n times 1 / √n; a row of zeros stays. (Koren, 2008, for who rated what.)
    """
    table = csr_array(table, dtype=float)
    lengths = np.sqrt(table.power(2).sum(axis=1))
    return csr_array(table.multiply(1 / np.where(lengths > 0, lengths, 1)[:, None]))


def who_rated_what(
    users: np.ndarray, movies: np.ndarray, num_users: int, num_movies: int
) -> tuple[csr_array, csr_array]:
    """For each user which movies they rated, for each movie by whom, without the stars.

    users and movies: (n,) indices of pairs; a pair that is there twice counts once. Two tables,
    users × movies and movies × users, scaled as in `shares`. Use the pairs of the training part:
    which movies somebody will rate is not known beforehand. Raises TypeError for indices that are
    not integers, ValueError for one outside the table.
    """
    users, movies = np.asarray(users), np.asarray(movies)
    if users.dtype.kind not in "iu" or movies.dtype.kind not in "iu":
        raise TypeError(f"indices must be integers, got {users.dtype} and {movies.dtype}")
    cells = np.ones(len(users)), (users, movies)
    table = csr_array(coo_array(cells, shape=(num_users, num_movies)))
    table.data[:] = 1.0
    return shares(table), shares(table.T.tocsr())
