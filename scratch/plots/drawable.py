"""What can be drawn: the kinds of arguments of the figures, beyond those of scratch.checking."""

from collections.abc import Collection
from typing import Annotated, Any, TypeAlias

import numpy as np
import pandas as pd

from scratch.checking import Array, Count, Size, Within, checked, shown
from scratch.checking.rules import number

MOST_LETTERS = 40  # of a number
LARGEST = 1e100  # that is drawn: distances are squared
UNSEEN = "\u200b"  # a space without width


def as_numbers(name: str, value: Any) -> np.ndarray:
    """Some numbers, one at least."""
    array = Array(1, squared=True).check(name, value)
    check_some(name, array)
    return array


def as_above_zero(name: str, value: Any) -> np.ndarray:
    """Some numbers that a logarithmic axis has a place for."""
    array = as_numbers(name, value)
    if array.min() < 1 / LARGEST:
        raise ValueError(f"{name} must be above 0 for a logarithmic axis, got {array.min():g}")
    return array


def as_table(name: str, value: Any) -> np.ndarray:
    """A table of numbers, with a row and a column at least."""
    array = Array(2, squared=True).check(name, value)
    if array.size == 0:
        raise ValueError(f"{name} must have a row and a column, got shape {array.shape}")
    return array


def as_cells(name: str, value: Any) -> np.ndarray:
    """A table of numbers in which some may be missing."""
    array = Array(2, "float", finite="no").check(name, value)
    as_table(name, np.where(np.isnan(array), 0, array))
    return array


def as_places(name: str, value: Any) -> np.ndarray:
    """Points in a plane, (n, 2), one at least."""
    array = as_table(name, value)
    if array.shape[1] != 2:
        raise ValueError(f"{name} must be points of a plane, (n, 2), got shape {array.shape}")
    return array


def as_point(name: str, value: Any) -> np.ndarray:
    """One point of a plane."""
    array = as_numbers(name, value)
    check_as_many(name, array, 2, "axes")
    return array


@checked
def as_between(name: str, value: Any, low: int, high: int) -> np.ndarray:
    """Some numbers from low to high."""
    array = as_numbers(name, value)
    if array.min() < low or array.max() > high:
        raise ValueError(
            f"{name} must be from {low} to {high}, got {array.min():g} to {array.max():g}"
        )
    return array


def as_shares(name: str, value: Any) -> np.ndarray:
    """Some numbers from 0 to 1."""
    return as_between(name, value, 0, 1)


def as_limits(name: str, value: Any) -> tuple[float, float]:
    """Where an axis begins and ends."""
    if np.shape(value) != (2,):
        raise TypeError(f"{name} must be two numbers, the low end and the high one, got {value!r}")
    low, high = (number(f"{name}[{place}]", end) for place, end in enumerate(value))
    if not -LARGEST <= low < high <= LARGEST:
        raise ValueError(f"{name} must be a low end and a higher one, got {low:g} and {high:g}")
    return low, high


def as_number_format(name: str, value: Any) -> str:
    """How a number is written, such as .2f."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a format such as '.2f', got {shown(value)}")
    try:
        written = format(1.5, value)
    except ValueError:
        written = ""
    if not 0 < len(written) <= MOST_LETTERS:
        raise ValueError(f"{name} must be a format of a number, such as '.2f', got {value!r}")
    return value


# What is drawn. A figure that shows nothing of what it was given is worse than an error.
Number = Annotated[float, Within(-LARGEST, LARGEST)]
Numbers = Annotated[np.ndarray, as_numbers]
AboveZero = Annotated[np.ndarray, as_above_zero]
Table = Annotated[np.ndarray, as_table]
Cells = Annotated[np.ndarray, as_cells]  # NaN is a cell without a number
Places = Annotated[np.ndarray, as_places]
Point = Annotated[np.ndarray, as_point]
Shares = Annotated[np.ndarray, as_shares]
Limits = Annotated[tuple[float, float], as_limits]
NumberFormat = Annotated[str, as_number_format]
Label = str | float
Things: TypeAlias = Collection[Any] | pd.DataFrame


def in_legend(name: object) -> str:
    """The name as a label that Matplotlib puts into a legend, in which `as_written` mends it.

    It would leave out what begins with _, and what is empty: they get a first letter that is not
    seen. What is no text, such as the name of a column, is written as one.
    """
    text = str(name)
    return UNSEEN + text if text.startswith("_") or not text else text


@checked
def check_some(name: str, things: Things, most: Count | None = None) -> None:
    """Raise ValueError for none, and for more than there are colours or lines for."""
    if len(things) == 0:
        raise ValueError(f"{name} is empty: there is nothing to draw")
    if most is not None and len(things) > most:
        raise ValueError(f"{name} has {len(things)} entries, and only {most} could be told apart")


@checked
def check_one_level(name: str, index: pd.Index) -> None:
    """Raise ValueError for an index of several levels, where a row has several names."""
    if index.nlevels > 1:
        raise ValueError(
            f"{name} must have one level, got {index.nlevels}: keep one, as by droplevel(0)"
        )


@checked
def check_named_once(name: str, names: pd.Index) -> None:
    """Raise ValueError for a name that comes twice: nobody could say which of the two is meant."""
    if names.has_duplicates:
        twice = names[names.duplicated()][0]
        raise ValueError(f"{name} must have different names, and {twice!r} comes twice: rename one")


@checked
def check_as_many(name: str, things: Things, count: Size, of: str) -> None:
    """Raise ValueError unless there is one thing for each of so many others."""
    if len(things) != count:
        raise ValueError(f"{name} must be one for each of {count} {of}, got {len(things)}")
