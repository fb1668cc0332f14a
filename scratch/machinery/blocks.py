"""Stochastic gradient descent on several cores: blocks of ratings that share no vector.

Gemulla, Nijkamp, Haas and Sismanis, Large-scale matrix factorization with distributed stochastic
gradient descent, KDD 2011.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from scratch.machinery.compiled import check_call, code_to_call, compiled, prange
from scratch.ratings import Ratings


class Rounds(NamedTuple):
    """Ratings in rounds of blocks. Block b of round r: rows starts[r, b] to starts[r, b + 1] − 1.

    No two blocks of a round share a user or a movie.
    """

    ratings: Ratings
    starts: np.ndarray  # (rounds, blocks + 1)


def cut(ratings: Ratings, count: int) -> Rounds:
    """Cut ratings into `count` rounds of `count` blocks; within a block their order stays.

    Users are cut into `count` groups with about as many ratings each, and movies too. Round r holds
    what group g of the users gave to group g + r of the movies, for every g. Raises ValueError for
    a count below 1 or no ratings.
    """
    if count < 1 or len(ratings.users) == 0:
        raise ValueError(f"cut at least one rating into at least one block, got {count} blocks")
    of_users, of_movies = (
        ((np.cumsum(np.bincount(column)) - 1) * count // len(column))[column]
        for column in (ratings.users, ratings.movies)
    )
    block = (of_movies - of_users) % count * count + of_users
    order = np.argsort(block, kind="stable")
    ends = np.cumsum(np.bincount(block, minlength=count * count)).reshape(count, count)
    begins = np.append(0, ends[:-1, -1])
    return Rounds(Ratings(*(c[order] for c in ratings)), np.column_stack([begins, ends]))


def run_rounds(loop: Callable[..., float], rounds: Rounds, *parameters: Any) -> float:
    """Run a `compiled` loop of SGD, relaxed, over all blocks; those of a round side by side.

    loop: takes users, movies, ratings and then the parameters, which it changes in place, and
    returns its mean loss. The result is the mean loss over all ratings. Which core is first makes
    no difference: no two of them ever hold the same vector.
    """
    check_call(loop, *rounds.ratings, *parameters)
    code = code_to_call(loop, relaxed=True)
    losses = np.zeros((len(rounds.starts), rounds.starts.shape[1] - 1))
    for starts, of_blocks in zip(rounds.starts, losses, strict=True):
        run_round(code, starts, of_blocks, *rounds.ratings, *parameters)
    return losses.sum() / len(rounds.ratings.ratings)


@compiled(
    "starts(b+1) to n, losses(b), users(n) whole, movies(n) whole, ratings(n)",
    changes="losses",
)
def run_round(
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
