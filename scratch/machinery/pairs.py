"""What models in PyTorch are given: pairs of indices as tensors, and room for their tables."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor

from scratch.checking import shown
from scratch.ratings import COLD

Method = TypeVar("Method", bound=Callable[..., Any])


def with_room(make: Method) -> Method:
    """Decorator of `__init__`: for what there is no memory, say so and name the sizes."""

    @functools.wraps(make)
    def in_words(*given: Any, **settings: Any) -> None:
        try:
            in_words.__dict__["__wrapped__"](*given, **settings)  # an edit of it shows, too
        except RuntimeError as problem:
            if "allocat" not in str(problem) and "overflow" not in str(problem):
                raise
            raise MemoryError(
                "there is not enough memory for the tables of this model: make num_users, "
                "num_movies, k or hidden smaller"
            ) from None

    return cast(Method, in_words)


def of_pairs(least: int = 0) -> Callable[[Method], Method]:
    """Decorator: users and movies are tensors of indices from `least` up, or it is told in words.

    It is called with every batch, so it only looks at all indices when PyTorch has met a wrong one.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def in_words(self: Any, users: Tensor, movies: Tensor) -> Tensor:
            check_tensors(users, movies)
            try:
                result: Tensor = in_words.__dict__["__wrapped__"](self, users, movies)
                return result
            except IndexError as problem:
                met = problem
            check_rows(users, movies, self.num_users, self.num_movies, least)
            raise met

        return cast(Method, in_words)

    return decorate


def check_tensors(users: Tensor, movies: Tensor) -> None:
    """Raise TypeError or ValueError for what are not as many users as movies, as whole numbers."""
    for name, indices in (("users", users), ("movies", movies)):
        if not isinstance(indices, Tensor):
            hint = ", which only `predict` takes" if isinstance(indices, np.ndarray) else ""
            raise TypeError(f"{name} must be a tensor, got {shown(indices)}{hint}")
        if indices.dtype not in (torch.int32, torch.int64):
            raise TypeError(
                f"{name} must hold whole numbers of 32 or 64 bits, got a tensor of {indices.dtype}"
            )
    if users.ndim != 1 or users.shape != movies.shape:
        raise ValueError(
            f"users and movies must have one axis of one length, since they are pairs, got shapes "
            f"{tuple(users.shape)} and {tuple(movies.shape)}"
        )


def check_rows(
    users: Tensor, movies: Tensor, num_users: int, num_movies: int, least: int = 0
) -> None:
    """Raise IndexError for a user or a movie outside of `least` … the number of them less one."""
    sides = ("user", users, num_users), ("movie", movies, num_movies)
    for name, indices, size in sides:
        if len(indices) and not (int(indices.min()) >= least and int(indices.max()) < size):
            hint = "" if least == COLD else f", and leave cold ones ({COLD}) to `predict`"
            raise IndexError(
                f"{name} indices must lie in {least} … {size - 1}, found {indices.min().item()} … "
                f"{indices.max().item()}: encode ids with the map of the training set{hint}"
            )
