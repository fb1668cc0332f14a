"""Vectors and matrices of plain Python numbers: what loops over lists are given.

Unlike `checked`, this takes well under a microsecond for two short lists, since such loops ask
again and again. Arrays become lists: as numbers of an int8 array, 100 · 100 would be 16.
"""

import functools
import math
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from scratch.checking.decorator import newest
from scratch.checking.rules import number
from scratch.checking.wishes import Array

LARGEST = sys.float_info.max
OWN = {bool, int, float}  # Python's own kinds of numbers

Result = TypeVar("Result")


def same_length(v: Any, w: Any) -> tuple[list[float], list[float]]:
    """Both vectors as lists of Python's own numbers; raises ValueError if their lengths differ.

    Lists of such numbers are handed on without a look for NaN, which shows in the result.
    """
    is_plain = type(v) is list and OWN.issuperset(map(type, v))
    if not (is_plain and type(w) is list and OWN.issuperset(map(type, w))):
        v, w = vector("v", v), vector("w", w)
    if len(v) != len(w):
        raise ValueError(f"the vectors v and w must be the same length, got {len(v)} and {len(w)}")
    return v, w


def own(name: str, value: Any) -> Any:
    """A finite number as Python's own; raises TypeError or ValueError."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, bool) else number(name, value)


def vector(name: str, v: Any) -> list[float]:
    """A vector as a list of Python's own finite numbers; raises TypeError or ValueError."""
    if not isinstance(v, list):
        v = list(v) if isinstance(v, tuple | range) else Array(1).check(name, v).tolist()
    if not OWN.issuperset(map(type, v)):
        v = [own(f"{name}[{place}]", part) for place, part in enumerate(v)]
    try:
        is_finite = all(map(math.isfinite, v))
    except OverflowError:  # a whole number beyond all floats
        is_finite = False
    if not is_finite:
        for place, part in enumerate(v):
            own(f"{name}[{place}]", part)  # raises
    return v


def matrix_of(name: str, matrix: Any) -> list[list[float]]:
    """A matrix as a list of rows, each as `vector` makes it; they may differ in length."""
    if isinstance(matrix, list | tuple):
        return [vector(f"{name}[{i}]", row) for i, row in enumerate(matrix)]
    return Array(2).check(name, matrix).tolist()


def of_two_vectors(formula: Callable[[Any, Any], Result]) -> Callable[[Any, Any], Result]:
    """Decorator: a formula is given two lists of one length, and gives finite numbers.

    So in its body stands the formula and nothing else. What is not finite in v or w is found in the
    result, and then named.
    """

    @functools.wraps(formula)
    def with_lists(v: Any, w: Any) -> Result:
        # Looked up at each call, because %autoreload replaces the __dict__ of an edited function.
        plain = newest(with_lists).__dict__["__wrapped__"]
        v, w = same_length(v, w)
        try:
            result = plain(v, w)
            if _is_finite(result):
                return result
        except OverflowError:  # a whole number beyond all floats has met a float
            pass
        except ValueError:  # of another formula, where v and w have other names
            _look_at(v, w)
            raise
        _look_at(v, w)
        of = "v" if w is v else "v and w"
        raise ValueError(f"{plain.__name__} gives no finite number: what is in {of} is too large")

    return with_lists


def _look_at(v: list[float], w: list[float]) -> None:
    vector("v", v)
    vector("w", w)


def _is_finite(result: Any) -> bool:
    if isinstance(result, list):
        return all(-LARGEST <= number <= LARGEST for number in result)
    # A formula that somebody is just editing may give anything.
    return not isinstance(result, int | float) or -LARGEST <= result <= LARGEST
