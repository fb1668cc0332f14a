"""What is known of each user, each movie, each day: a row of features for each of them.

Rendle, Factorization machines with libFM, ACM TIST 3(3), 2012; that features belong to rows which
many ratings share, Rendle, Scaling factorization machines to relational data, VLDB 2013.
"""

import itertools
from collections.abc import Hashable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csc_array, csr_array, eye_array, hstack

from scratch.checking import Count, IndexArray, check_below, checked, finite
from scratch.checking.room import MOST_ROWS, check_room
from scratch.checking.sparse_tables import SparseTable, as_sparse


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
    @checked
    def of(cls, rows: Count, /, **tables: csr_array | np.ndarray) -> "Side":
        """A side with so many rows, and for each of them what the tables say; (rows, …) each.

        Introduced in notebook 15. Raises ValueError for no rows, for a table with another number of
        rows, without columns, or with a number that is not finite; TypeError if rows is no integer.
        """
        check_room("rows", rows, most=MOST_ROWS)
        if "itself" in tables:
            raise ValueError("itself is the name of the rows' own features: take another")
        for name in tables:
            tables[name] = table = as_sparse(f"the table {name}", tables[name])
            if table.shape[0] != rows:
                raise ValueError(f"the table {name} has {table.shape[0]} rows, the side {rows}")
            if table.shape[1] == 0:
                raise ValueError(f"the table {name} has no columns: it says nothing, leave it out")
        parts = [eye_array(rows), *tables.values()]
        ends = np.cumsum([0, *(part.shape[1] for part in parts)])
        return cls(csc_array(hstack(parts), dtype=float), ends, ("itself", *tables))


@checked
def one_hot(values: Iterable[Hashable]) -> csr_array:
    """A column for each distinct value, 1 where a row has it: (n,) values, (n, distinct).

    Raises ValueError for a missing value, which is no value of its own until you give it a name;
    TypeError for values that have no order.
    """
    try:
        codes, distinct = pd.factorize(pd.Series(list(values), dtype=object), sort=True)
    except TypeError:
        raise TypeError("the values can't be put in order: make texts of all of them") from None
    if (codes < 0).any():
        raise ValueError(f"value {int(np.argmax(codes < 0))} is missing: fill it in or name it")
    return _ones_at(np.arange(len(codes)), codes, (len(codes), len(distinct)))


@checked
def flags(texts: Iterable[str], separator: str = "|") -> csr_array:
    """A column for each distinct part of the texts, such as genres; rows scaled as in `shares`.

    An empty text has no part. Raises TypeError for what is not a text, ValueError for a separator
    without a letter.
    """
    if not separator:
        raise ValueError("separator is empty: give what stands between the parts of a text")
    parts = pd.Series(list(texts), dtype=object)
    num_rows = len(parts)
    parts = parts.str.split(separator, regex=False).explode()
    parts = parts[parts != ""]
    codes, distinct = pd.factorize(parts, sort=True)
    return shares(_ones_at(parts.index, codes, (num_rows, len(distinct))))


@checked
def shares(table: SparseTable) -> csr_array:
    """Each row scaled to length 1, so that those with many features have no louder a voice.

    A row of n ones becomes n times 1 / √n; a row of zeros stays. (Koren, 2008, for who rated what.)
    Raises ValueError for numbers that are not finite, or too large to be squared.
    """
    with np.errstate(over="ignore"):  # infinity is refused
        lengths = finite("a length", np.sqrt(table.power(2).sum(axis=1)), of="table")
    return csr_array(table.multiply(1 / np.where(lengths > 0, lengths, 1)[:, None]))


@checked
def who_rated_what(
    users: IndexArray, movies: IndexArray, num_users: Count, num_movies: Count
) -> tuple[csr_array, csr_array]:
    """For each user which movies they rated, for each movie by whom, without the stars.

    users and movies: (n,) indices of pairs; a pair that is there twice counts once. Two tables,
    users × movies and movies × users, scaled as in `shares`. Use the pairs of the training part:
    which movies somebody will rate is not known beforehand. Raises TypeError for indices that are
    not integers, IndexError for one outside the table, ValueError for columns of two lengths.
    """
    if len(users) != len(movies):
        raise ValueError(f"users and movies must be pairs, got {len(users)} and {len(movies)}")
    check_below("user", users, num_users)
    check_below("movie", movies, num_movies)
    check_room("num_users", num_users, most=MOST_ROWS)
    check_room("num_movies", num_movies, most=MOST_ROWS)
    table = _ones_at(users, movies, (num_users, num_movies))
    return shares(table), shares(table.T.tocsr())


def _ones_at(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """1 in these cells, also in one that is there twice, and 0 in all others."""
    table = csr_array(coo_array((np.ones(len(rows)), (rows, columns)), shape=shape))
    table.data[:] = 1.0
    return table
