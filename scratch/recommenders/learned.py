"""What all models as settings share: looks at their fields, and at the arrays they have learned."""

import functools
from collections.abc import Mapping

import numpy as np

from scratch.checking import AnyNumbers, TableSize, check_fields, checked
from scratch.checking.contracts import Contract
from scratch.checking.room import MOST_ROWS, check_room
from scratch.ratings import Ratings, check_pairs, check_training_set

Arrays = Mapping[str, AnyNumbers]
Learned = dict[str, np.ndarray]


class Settings:
    """What is common to all: the fields are looked at when one is made."""

    def __post_init__(self) -> None:
        check_fields(self)


@checked
def check_sizes(train: Ratings, num_users: TableSize, num_movies: TableSize) -> Ratings:
    """The ratings to learn from, if there are as many users and movies as they name.

    Raises what `check_training_set` does, IndexError for a user or a movie beyond these numbers,
    and ValueError for numbers so large that no table of vectors has room.
    """
    train = check_training_set(train)
    check_room("num_users", num_users, most=MOST_ROWS)
    check_room("num_movies", num_movies, most=MOST_ROWS)
    check_pairs(train.users, train.movies, num_users, num_movies)
    return train


@functools.cache
def _contract(fits: str) -> Contract:
    return Contract(fits)


def check_learned(arrays: Arrays, fits: str, **given: np.ndarray) -> None:
    """Raise ValueError or IndexError unless the arrays are there and all fit together.

    All are arrays: whoever calls this has seen to that. fits: as in `scratch.checking.contracts`.
    given: what is to fit as well, and is not among them.
    """
    contract, named = _contract(fits), dict(given)
    for name in contract.names - given.keys():
        if name not in arrays:
            raise ValueError(f"arrays must be those that learn has returned: they have no {name}")
        named[name] = arrays[name]
    contract.check(named)
