"""Stochastic gradient descent on several cores: blocks of ratings that share no vector.

Gemulla, Nijkamp, Haas and Sismanis, Large-scale matrix factorization with distributed stochastic
gradient descent, KDD 2011.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import numpy as np

from scratch.checking import Array, Within, checked, shown
from scratch.checking.room import MOST_ROWS, check_room
from scratch.checking.rules import number
from scratch.machinery.compiled import check_call, code_to_call, compiled, prange
from scratch.ratings import Ratings, check_training_set

Cores = Annotated[int, Within(1, 1024)]


class Rounds(NamedTuple):
    """Ratings in rounds of blocks. Block b of round r: rows starts[r, b] to starts[r, b + 1] − 1.

    No two blocks of a round share a user or a movie.
    """

    ratings: Ratings
    starts: np.ndarray  # (rounds, blocks + 1)


@checked
def cut(ratings: Ratings, count: Cores) -> Rounds:
    """Cut ratings into `count` rounds of `count` blocks; within a block their order stays.

    Users are cut into `count` groups with about as many ratings each, and movies too. Round r holds
    what group g of the users gave to group g + r of the movies, for every g. Raises ValueError for
    a count below 1 or above 1024, and for ratings that one can't learn from: none, or cold ones.
    """
    ratings = check_training_set(ratings)
    of_users, of_movies = (_groups(column, count) for column in (ratings.users, ratings.movies))
    block = (of_movies - of_users) % count * count + of_users
    order = np.argsort(block, kind="stable")
    ends = np.cumsum(np.bincount(block, minlength=count * count)).reshape(count, count)
    begins = np.append(0, ends[:-1, -1])
    return Rounds(Ratings(*(c[order] for c in ratings)), np.column_stack([begins, ends]))


@checked
def run_rounds(loop: Callable[..., float], rounds: Rounds, *parameters: Any) -> float:
    """Run a `compiled` loop of SGD, relaxed, over all blocks; those of a round side by side.

    loop: takes users, movies, ratings and then the parameters, which it changes in place, and
    returns its mean loss. The result is the mean loss over all ratings. Which core is first makes
    no difference: no two of them ever hold the same vector. Raises TypeError for a loop that is not
    compiled, and what the loop raises for arguments that do not fit together.
    """
    rounds = _check_rounds(rounds)
    check_call(loop, *rounds.ratings, *parameters)
    _check_kinds(loop, parameters)
    code = code_to_call(loop, relaxed=True)
    losses = np.zeros((len(rounds.starts), rounds.starts.shape[1] - 1))
    for starts, of_blocks in zip(rounds.starts, losses, strict=True):
        _run_round(code, starts, of_blocks, *rounds.ratings, *parameters)
    return losses.sum() / len(rounds.ratings.ratings)


@compiled(
    "starts(b+1) to n, losses(b), users(n) whole, movies(n) whole, ratings(n)",
    changes="losses",
)
def _run_round(
    loop: Callable[..., float], starts: np.ndarray, losses: np.ndarray,
    users: np.ndarray, movies: np.ndarray, ratings: np.ndarray, *parameters: Any,
) -> None:  # fmt: skip
    """Run the loop over each block of one round; losses (blocks,) gets the sum of each."""
    for block in prange(len(losses)):
        begin, end = starts[block], starts[block + 1]
        if end > begin:
            losses[block] = (end - begin) * loop(
                users[begin:end], movies[begin:end], ratings[begin:end], *parameters
            )


def _groups(column: np.ndarray, count: int) -> np.ndarray:
    """The group of each rating's user, or movie: `count` groups with about as many ratings each."""
    check_room("the largest index in ratings", int(column.max()) + 1, most=MOST_ROWS)
    up_to = np.cumsum(np.bincount(column.astype(np.intp)))  # ratings, up to each index
    return ((up_to - 1) * count // len(column))[column]


def _check_kinds(loop: Callable[..., float], parameters: tuple[Any, ...]) -> None:
    """Raise TypeError or ValueError, with its name, for what machine code can't be given."""
    contract, names = vars(loop)["contract"], list(inspect.signature(loop).parameters)[3:]
    for name, value in zip(names, parameters, strict=True):
        if isinstance(value, list):
            raise TypeError(f"{name} must be an array, which cores can share, got {shown(value)}")
        if contract is not None and name not in contract.names:
            number(name, value)


def _check_rounds(rounds: Rounds) -> Rounds:
    """The rounds as arrays; raises TypeError or ValueError unless each rating is in one block."""
    if getattr(rounds.ratings, "_fields", None) != Ratings._fields:
        raise TypeError(f"rounds must hold Ratings: make them with `cut`, got {shown(rounds)}")
    starts = Array(2, "whole").check("the starts in rounds", rounds.starts)
    count = np.size(rounds.ratings.ratings)
    edges = starts.ravel()
    is_whole = starts.size and (starts[1:, 0] == starts[:-1, -1]).all()
    if not is_whole or edges[0] != 0 or edges[-1] != count or (np.diff(edges) < 0).any():
        raise ValueError(
            f"the starts in rounds must go up from 0 to the number of ratings, {count}: make the "
            "rounds with `cut`"
        )
    columns = (np.asarray(column) for column in rounds.ratings)
    return Rounds(Ratings(*columns), starts)
