"""Recommend by similarity: what similar users have, or what resembles the items a user has.

Resnick et al., GroupLens: an open architecture for collaborative filtering of netnews, 1994 (user
based, notebook 02); Sarwar et al., Item-based collaborative filtering recommendation algorithms,
2001 (item based, notebook 03).
"""

from collections.abc import Collection, Hashable, Iterable, Sequence, Sized

import numpy as np
from scipy.sparse import csr_array

from scratch.recommenders.sparse_cosines import check_settings, nearest_rows, sparse_cosines


def unique_items(users_items: Iterable[Iterable[Hashable]]) -> list[Hashable]:
    """Every item once, in the order in which the items first appear.

    >>> unique_items([["R", "Python"], ["Python", "Java"]])
    ['R', 'Python', 'Java']
    """
    return list(dict.fromkeys(item for items in users_items for item in items))


def make_vector(user_items: Collection[Hashable], items: Sequence[Hashable]) -> list[int]:
    """1 for each of `items` that the user has, else 0; as long as `items`.

    An item that is not among `items` has no place in the vector and is passed over.

    >>> make_vector(["Java", "R"], ["R", "Python", "Java"])
    [1, 0, 1]
    """
    owned = set(user_items)
    return [1 if item in owned else 0 for item in items]


def most_similar_to(
    index: int, similarities: Sequence[Sequence[float]] | np.ndarray
) -> list[tuple[int, float]]:
    """The others with a similarity above 0, as (index, similarity), most similar first.

    similarities is (n, n). Ties: the lower index first. Raises IndexError for an unknown index and
    ValueError for a table that is not square.

    >>> most_similar_to(0, [[1.0, 0.2, 0.9], [0.2, 1.0, 0.0], [0.9, 0.0, 1.0]])
    [(2, 0.9), (1, 0.2)]
    """
    _check_index(index, similarities)
    if len(similarities[index]) != len(similarities):
        raise ValueError(
            f"similarities must be square: {len(similarities)} rows of {len(similarities[index])}"
        )
    pairs = [
        (other, float(similarity))
        for other, similarity in enumerate(similarities[index])
        if other != index and similarity > 0
    ]
    return sorted(pairs, key=lambda pair: -pair[1])


def user_based_suggestions(
    user: int,
    users_items: Sequence[Collection[Hashable]],
    similarities: Sequence[Sequence[float]] | np.ndarray,
    num_neighbors: int | None = None,
) -> list[tuple[Hashable, float]]:
    """Items the user does not have, scored by the summed similarity of the users who have them.

    users_items holds one collection of items per user, similarities is (users, users). With
    num_neighbors, only that many most similar users count. Highest score first; ties: the item
    met first when going from the most similar user to the least.

    Raises IndexError for an unknown user, ValueError when the sizes do not match or num_neighbors
    is below 1.
    """
    _check_index(user, similarities)
    _check_sizes(users_items, similarities, "users")
    if num_neighbors is not None and num_neighbors < 1:
        raise ValueError(f"num_neighbors must be at least 1, got {num_neighbors}")
    scores: dict[Hashable, float] = {}
    for other, similarity in most_similar_to(user, similarities)[:num_neighbors]:
        for item in users_items[other]:
            scores[item] = scores.get(item, 0.0) + similarity
    owned = set(users_items[user])
    suggestions = [(item, score) for item, score in scores.items() if item not in owned]
    return sorted(suggestions, key=lambda pair: -pair[1])


def item_based_suggestions(
    user_items: Collection[Hashable],
    items: Sequence[Hashable],
    similarities: Sequence[Sequence[float]] | np.ndarray,
) -> list[tuple[Hashable, float]]:
    """Items the user does not have, scored by their summed similarity to those the user has.

    items names the rows of similarities, which is (items, items). Scores above 0 only, highest
    first; ties: the item that stands first in items.

    Raises KeyError for an item of the user that is not among items, ValueError when the sizes do
    not match.
    """
    _check_sizes(items, similarities, "items")
    index = {item: i for i, item in enumerate(items)}
    unknown = [item for item in user_items if item not in index]
    if unknown:
        raise KeyError(f"{unknown[0]!r} is not among the {len(items)} items that were compared")
    owned = set(user_items)
    scores = np.asarray(similarities)[[index[item] for item in user_items]].sum(axis=0)
    suggestions = [
        (item, float(score))
        for item, score in zip(items, scores, strict=True)
        if item not in owned and score > 0
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

    def __init__(self, likes: np.ndarray | csr_array, num_neighbors: int | None = None):
        self.likes = csr_array(likes)
        self.similarities = _similarities(self.likes, num_neighbors)

    def scores(self, users: np.ndarray) -> np.ndarray:
        """(n,) user indices give (n, movies) sums of similarity; −inf where nobody votes."""
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

    def __init__(
        self,
        likes: np.ndarray | csr_array,
        num_neighbors: int | None = None,
        shrinkage: float = 0.0,
    ):
        self.likes = csr_array(likes)
        self.similarities = _similarities(self.likes.T.tocsr(), num_neighbors, shrinkage)

    def scores(self, users: np.ndarray) -> np.ndarray:
        """(n,) user indices give (n, movies) sums of similarity; −inf where nothing is similar."""
        return only_positive(self.likes[users] @ self.similarities.T)


def nearest(similarities: np.ndarray, num_neighbors: int | None = None) -> np.ndarray:
    """Each row with its num_neighbors highest similarities, all others 0; also that to itself.

    similarities is (n, n), and so is the result, a copy. None keeps all. Ties: the lower index.
    Raises ValueError for num_neighbors below 1.
    """
    check_settings(num_neighbors)
    similarities = similarities.copy()
    np.fill_diagonal(similarities, 0.0)
    if num_neighbors is None or num_neighbors >= len(similarities):
        return similarities
    # The lowest one that is kept; all above it are kept, and of those equal to it the first ones.
    lowest = np.partition(similarities, -num_neighbors, axis=1)[:, [-num_neighbors]]
    above, tied = similarities > lowest, similarities == lowest
    room = num_neighbors - above.sum(axis=1, keepdims=True)
    return np.where(above | (tied & (tied.cumsum(axis=1) <= room)), similarities, 0.0)


def only_positive(sums: np.ndarray | csr_array) -> np.ndarray:
    """The sums, rounded, where they are above 0, else −inf: for what nobody votes for."""
    if not isinstance(sums, np.ndarray):
        sums = sums.toarray()
    # Rounded: else the last bits, which differ from machine to machine, would decide ties.
    sums = sums.round(9)
    sums[sums <= 0] = -np.inf
    return sums


def _similarities(
    ones: csr_array, num_neighbors: int | None, shrinkage: float = 0.0
) -> np.ndarray | csr_array:
    """The cosines between the rows, shrunken; of each row the nearest, or all as an array."""
    if num_neighbors is not None:
        return nearest_rows(ones, num_neighbors, shrinkage)
    check_settings(num_neighbors, shrinkage)
    similarities = sparse_cosines(ones)
    if shrinkage > 0:
        both = (ones @ ones.T).toarray()
        similarities *= both / (both + shrinkage)
    return nearest(similarities)


def _check_index(index: int, similarities: Sized) -> None:
    if not 0 <= index < len(similarities):
        raise IndexError(f"no index {index}: there are {len(similarities)}, counted from 0")


def _check_sizes(named: Sized, similarities: Sized, what: str) -> None:
    if len(named) != len(similarities):
        raise ValueError(f"{len(named)} {what}, but similarities between {len(similarities)}")
