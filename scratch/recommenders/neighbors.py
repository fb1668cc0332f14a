"""Recommend by similarity: what similar users have, or what resembles the items a user has.

Resnick et al., GroupLens: an open architecture for collaborative filtering of netnews, 1994 (user
based, notebook 02); Sarwar et al., Item-based collaborative filtering recommendation algorithms,
2001 (item based, notebook 03).
"""

from collections.abc import Collection, Hashable, Iterable, Sequence, Sized
from typing import Annotated

import numpy as np
from scipy.sparse import csr_array, issparse

from scratch.checking import (
    Array,
    Count,
    FloatTable,
    IndexArray,
    NotNegative,
    check_below,
    checked,
    finite,
    shown,
)
from scratch.checking.sparse_tables import SparseOnes
from scratch.checking.wishes import refuse_masked
from scratch.recommenders.sparse_cosines import nearest_rows, sparse_cosines

# Lists of lists or an array. For NaN the functions look in the rows that they use: all the rest
# would take longer than the answer.
SimilarityTable = Annotated[Sequence[Sequence[float]] | np.ndarray, Array(2, finite="no")]


@checked
def unique_items(users_items: Iterable[Iterable[Hashable]]) -> list[Hashable]:
    """Every item once, in the order in which the items first appear.

    >>> unique_items([["R", "Python"], ["Python", "Java"]])
    ['R', 'Python', 'Java']
    """
    return list(dict.fromkeys(item for items in users_items for item in items))


@checked
def make_vector(user_items: Collection[Hashable], items: Sequence[Hashable]) -> list[int]:
    """1 for each of `items` that the user has, else 0; as long as `items`.

    An item that is not among `items` has no place in the vector and is passed over.

    >>> make_vector(["Java", "R"], ["R", "Python", "Java"])
    [1, 0, 1]
    """
    owned = set(user_items)
    return [1 if item in owned else 0 for item in items]


@checked
def most_similar_to(index: int, similarities: SimilarityTable) -> list[tuple[int, float]]:
    """The others with a similarity above 0, as (index, similarity), most similar first.

    similarities is (n, n). Ties: the lower index first. Raises IndexError for an unknown index and
    ValueError for a table that is not square, or has a number in this row that is not finite.

    >>> most_similar_to(0, [[1.0, 0.2, 0.9], [0.2, 1.0, 0.0], [0.9, 0.0, 1.0]])
    [(2, 0.9), (1, 0.2)]
    """
    _check_row("index", index, similarities)
    pairs = [
        (other, float(similarity))
        for other, similarity in enumerate(similarities[index])
        if other != index and similarity > 0
    ]
    return sorted(pairs, key=lambda pair: -pair[1])


@checked
def user_based_suggestions(
    user: int,
    users_items: Sequence[Collection[Hashable]],
    similarities: SimilarityTable,
    num_neighbors: Count | None = None,
) -> list[tuple[Hashable, float]]:
    """Items the user does not have, scored by the summed similarity of the users who have them.

    users_items holds one collection of items per user, each item in it once; similarities is
    (users, users). With num_neighbors, only that many most similar users count. Highest score
    first; ties: the item met first when going from the most similar user to the least.

    Raises IndexError for an unknown user, ValueError when the sizes do not match or num_neighbors
    is below 1, and what `most_similar_to` raises.
    """
    _check_row("user", user, similarities)
    _check_sizes(users_items, similarities, "users_items")
    scores: dict[Hashable, float] = {}
    for other, similarity in most_similar_to(user, similarities)[:num_neighbors]:
        for item in users_items[other]:
            scores[item] = scores.get(item, 0.0) + similarity
    finite("a sum", list(scores.values()), of="similarities")
    owned = set(users_items[user])
    suggestions = [(item, score) for item, score in scores.items() if item not in owned]
    return sorted(suggestions, key=lambda pair: -pair[1])


@checked
def item_based_suggestions(
    user_items: Collection[Hashable],
    items: Sequence[Hashable],
    similarities: SimilarityTable,
) -> list[tuple[Hashable, float]]:
    """Items the user does not have, scored by their summed similarity to those the user has.

    items names the rows of similarities, which is (items, items). Scores above 0 only, highest
    first; ties: the item that stands first in items.

    Raises KeyError for an item of the user that is not among items, ValueError when the sizes do
    not match, when an item is there twice, or has a similarity that is not finite.
    """
    _check_sizes(items, similarities, "items")
    index = {item: i for i, item in enumerate(items)}
    if len(index) < len(items):
        raise ValueError(f"items has {len(items)} names, but only {len(index)} different ones")
    unknown = [item for item in user_items if item not in index]
    if unknown:
        raise KeyError(f"{unknown[0]!r} is not among the {len(items)} items that were compared")
    owned = set(user_items)
    rows = [index[item] for item in user_items]
    for row in rows:
        _check_row("row", row, similarities)
    with np.errstate(over="ignore"):  # infinity is refused
        scores = finite("a sum", np.asarray(similarities)[rows].sum(axis=0), of="similarities")
    suggestions = [
        (item, float(scores[i])) for item, i in index.items() if item not in owned and scores[i] > 0
    ]
    return sorted(suggestions, key=lambda pair: -pair[1])


class UserBased:
    """The same votes as user_based_suggestions, for all movies at once, by one matrix product.

    likes: (users, movies), 1 for a like, else 0; an array or a sparse array. num_neighbors: how
    many of the most similar users vote; None asks all. Ties among neighbours: the lower index.
    Introduced in notebook 02.

    similarities: (users, users), of each user to those who vote, else 0. It is a sparse array with
    num_neighbors, since nearly all of it is 0, and else an array.

    Raises ValueError for num_neighbors below 1 or likes other than 0 and 1.
    """

    @checked
    def __init__(self, likes: SparseOnes, num_neighbors: Count | None = None):
        self.likes = likes.copy()
        self.similarities = _similarities(self.likes, num_neighbors)

    @checked
    def scores(self, users: IndexArray) -> np.ndarray:
        """(n,) user indices give (n, movies) sums of similarity; −inf where nobody votes.

        Raises IndexError for a user who is not there.
        """
        check_below("user", users, self.likes.shape[0])
        return only_positive(self.similarities[users] @ self.likes)


class ItemBased:
    """The same sums as item_based_suggestions, for all users at once, by one matrix product.

    likes: (users, movies), 1 for a like, else 0; an array or a sparse array. num_neighbors: each
    movie keeps its similarity to so many most similar movies, and is 0 to all others; None keeps
    all. shrinkage: with n users who like both, a similarity is multiplied by n / (n + shrinkage).
    Introduced in notebook 03.

    similarities: (movies, movies), a row for each movie with what it keeps; a sparse array with
    num_neighbors, else an array.

    Raises ValueError for num_neighbors below 1, a negative shrinkage or likes other than 0 and 1.
    """

    @checked
    def __init__(
        self,
        likes: SparseOnes,
        num_neighbors: Count | None = None,
        shrinkage: NotNegative = 0.0,
    ):
        self.likes = likes.copy()
        self.similarities = _similarities(self.likes.T.tocsr(), num_neighbors, shrinkage)

    @checked
    def scores(self, users: IndexArray) -> np.ndarray:
        """(n,) user indices give (n, movies) sums of similarity; −inf where nothing is similar.

        Raises IndexError for a user who is not there.
        """
        check_below("user", users, self.likes.shape[0])
        return only_positive(self.likes[users] @ self.similarities.T)


@checked
def nearest(similarities: FloatTable, num_neighbors: Count | None = None) -> np.ndarray:
    """Each row with its num_neighbors highest similarities, all others 0; also that to itself.

    similarities is (n, n), and so is the result, a copy. None keeps all. Ties: the lower index.
    Raises ValueError for num_neighbors below 1, and for a table that is not square.
    """
    if similarities.shape[0] != similarities.shape[1]:
        raise ValueError(f"similarities must be square, got an array of {similarities.shape}")
    similarities = similarities.copy()
    np.fill_diagonal(similarities, -np.inf)  # also below what is negative
    if num_neighbors is not None and num_neighbors < len(similarities):
        # The lowest one that is kept; all above it are kept, and of those equal to it the first.
        lowest = np.partition(similarities, -num_neighbors, axis=1)[:, [-num_neighbors]]
        above, tied = similarities > lowest, similarities == lowest
        room = num_neighbors - above.sum(axis=1, keepdims=True)
        kept = above | (tied & (tied.cumsum(axis=1) <= room))
        similarities = np.where(kept, similarities, 0.0)
    np.fill_diagonal(similarities, 0.0)
    return similarities


def only_positive(sums: np.ndarray | csr_array) -> np.ndarray:
    """The sums, rounded, where they are above 0, else −inf: for what nobody votes for.

    Raises ValueError for NaN, which is no sum of votes.
    """
    if not isinstance(sums, np.ndarray) and issparse(sums):
        sums = sums.toarray()
    # By hand, since a service asks for one user at a time.
    if not isinstance(sums, np.ndarray) or sums.dtype.kind not in "biuf" or sums.ndim == 0:
        raise TypeError(f"sums must be an array of numbers, got {shown(sums)}")
    refuse_masked("sums", sums)
    # Rounded: else the last bits, which differ from machine to machine, would decide ties.
    sums = sums.astype(float, copy=False).round(9)
    if not sums.max(initial=0) < np.inf:  # it is NaN if any is
        Array().check("sums", sums)
    sums[sums <= 0] = -np.inf
    return sums


def _similarities(
    ones: csr_array, num_neighbors: int | None, shrinkage: float = 0.0
) -> np.ndarray | csr_array:
    """The cosines between the rows, shrunken; of each row the nearest, or all as an array."""
    if num_neighbors is not None:
        return nearest_rows(ones, num_neighbors, shrinkage)
    similarities = sparse_cosines(ones)
    if shrinkage > 0:
        both = (ones @ ones.T).toarray()
        similarities *= both / (both + shrinkage)
    return nearest(similarities)


def _check_row(name: str, index: int, similarities: Sequence[Sequence[float]] | np.ndarray) -> None:
    """Raise IndexError or ValueError unless this is a row of finite numbers in a square table."""
    size = len(similarities)
    if not 0 <= index < size:
        raise IndexError(
            f"{name} {index} is out of range: similarities has {size} rows, counted from 0"
        )
    row = Array(1).check(f"similarities[{index}]", similarities[index])
    if len(row) != size:
        raise ValueError(f"similarities must be square: {size} rows of {len(row)}")


def _check_sizes(named: Sized, similarities: Sized, what: str) -> None:
    if len(named) != len(similarities):
        raise ValueError(
            f"{what} has {len(named)} entries, but similarities are between {len(similarities)}"
        )
