"""What a compiled loop may be given, in one line of text, and looked at before the loop runs.

Machine code does not look where an index leads: it would read and write the memory of others. The
text names the arguments with their sizes, as a formula does:

    users(n) < u, movies(n) < m, ratings(n), U(u, k), V(m, k), n > 0

users, movies and ratings have n entries; each user is one of the u rows of U, counted from 0; U and
V have k columns; n is above 0. `< u or -1` also allows −1, which stands for none. `starts(r+1) to
p` are places where rows begin: r + 1 of them, from 0 to p, none below the one before. `c(p or 0)`
may be empty instead; `shown(n, p) whole` holds whole numbers, and `U(u, k) array` is no list, which
the loop could not read. Arguments that are not named are no
arrays; `num_rows < 1000000000` is one of them, the size of an array to be made.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from scratch.checking.rules import number, whole
from scratch.checking.wishes import kind_of, refuse_masked, shown

ARGUMENT = re.compile(r"(\w+)\(([^)]*)\)(?: (?:(<|to) ([\w+]+)|(whole|array)))?( or -1)?")
BOUND = re.compile(r"(\w+) (>|<) (\d+)")
SIZE = re.compile(r"(\w+?)(?:\s*\+\s*(\d+))?( or 0)?")


class Size(NamedTuple):
    """One axis of an argument: the size `symbol` + `more`, or perhaps none at all."""

    symbol: str
    more: int
    or_none: bool


class Argument(NamedTuple):
    """An array that a loop is given."""

    name: str
    axes: tuple[Size, ...]
    relation: str | None  # "<": indices below the size `of`; "to": places in order, up to it
    of: str | None
    whole: bool  # it holds whole numbers
    no_list: bool
    or_none: bool  # −1 is allowed, too


class Contract:
    """What the text asks for. changes: the arguments that the loop writes into, with spaces.

    Raises ValueError for a text that is none.
    """

    def __init__(self, text: str, changes: str = ""):
        self.text, self.changes = text, frozenset(changes.split())
        self.arguments: list[Argument] = []
        self.least: dict[str, int] = {}
        self.below: dict[str, int] = {}  # numbers that are arguments
        for part in re.split(r",\s*(?![^()]*\))", text):
            if (bound := BOUND.fullmatch(part)) and bound[2] == ">":
                self.least[bound[1]] = int(bound[3]) + 1
            elif bound:
                self.below[bound[1]] = int(bound[3])
            elif found := ARGUMENT.fullmatch(part):
                axes = (SIZE.fullmatch(axis.strip()) for axis in found[2].split(","))
                sizes = tuple(Size(a[1], int(a[2] or 0), bool(a[3])) for a in axes if a)
                name, _, relation, of, is_said, or_none = found.groups()
                is_whole = is_said == "whole" or relation is not None
                no_list = is_said == "array"
                self.arguments.append(
                    Argument(name, sizes, relation, of, is_whole, no_list, bool(or_none))
                )
            else:
                raise ValueError(f"{part!r} is no part of a contract, as {__name__} describes them")
        self.names = {argument.name for argument in self.arguments}

    def check(self, given: Mapping[str, Any]) -> None:
        """Look at the arguments, by name. Raises TypeError, ValueError or IndexError.

        Lists are looked at as the arrays they would be, and stay lists. What is no array may be a
        number, a truth, a text for the plain loop, or a function.
        """
        arrays: dict[str, np.ndarray] = {}
        sizes: dict[str, tuple[int, str]] = {}  # the size of each symbol, and who has said it
        for argument in self.arguments:
            if argument.name not in given:
                raise TypeError(
                    f"the contract of the loop names {argument.name}, which is no argument of it: "
                    "write the same names in both"
                )
            array = _as_array(argument, given[argument.name], argument.name in self.changes)
            arrays[argument.name] = array
            self._measure(argument, array, sizes)
        for symbol, least in self.least.items():
            size, who = sizes[symbol]
            if size < least:
                raise ValueError(f"{who} is too small: {symbol} is {size} and must be {least}+")
        for name, end in self.below.items():
            if not 0 <= whole(name, given[name]) < end:
                raise ValueError(f"{name} is {given[name]}: a size from 0 to {end - 1:,} is meant")
        for argument in self.arguments:
            if argument.relation is None:
                continue
            end, who = self._end_of(argument, given, sizes)
            if argument.relation == "<":
                _check_below(argument, arrays[argument.name], end, who)
            else:
                _check_places(argument.name, arrays[argument.name], end, who)
        self._check_apart(arrays, given)
        for name, value in given.items():
            if name not in self.names:
                check_scalar(name, value)

    def _check_apart(self, arrays: Mapping[str, np.ndarray], given: Mapping[str, Any]) -> None:
        """Raise where a loop would change what it is still to read, in the name of another."""
        for changed in sorted(self.changes & arrays.keys()):
            if isinstance(given[changed], list):
                _check_rows(changed, given[changed])
            for name, array in arrays.items():
                if name == changed:
                    continue
                if given[name] is given[changed] or np.shares_memory(arrays[changed], array):
                    raise ValueError(
                        f"{changed} is changed in place, and {name} would change with it, since "
                        f"they share memory: give {name}.copy()"
                    )

    def _end_of(
        self, argument: Argument, given: Mapping[str, Any], sizes: Mapping[str, tuple[int, str]]
    ) -> tuple[int, str]:
        """Where the numbers of an argument end, and who says so: a size, or another argument."""
        symbol, _, more = str(argument.of).partition("+")
        if symbol in sizes:
            size, who = sizes[symbol]
            return size + int(more or 0), who
        return whole(symbol, given[symbol]), symbol

    def _measure(
        self, argument: Argument, array: np.ndarray, sizes: dict[str, tuple[int, str]]
    ) -> None:
        name = argument.name
        if array.ndim != len(argument.axes):
            raise ValueError(
                f"{name} must have {len(argument.axes)} axes, got shape {array.shape}: {self.text}"
            )
        for (symbol, more, or_none), length in zip(argument.axes, array.shape, strict=True):
            if or_none and length == 0:
                continue
            if symbol.isdigit():
                sizes.setdefault(symbol, (int(symbol), symbol))
            size, who = sizes.setdefault(symbol, (length - more, name))
            if length != size + more or size < 0:
                raise ValueError(
                    f"{name} has shape {array.shape}, which does not fit {who}: {symbol} is {size} "
                    f"there. What must fit: {self.text}"
                )


def check_scalar(name: str, value: Any) -> None:
    """Raise TypeError or ValueError for what a compiled loop can't take as one number."""
    if isinstance(value, np.ndarray | tuple | bool | np.bool_ | bytes | np.random.Generator):
        return
    if not isinstance(value, Callable):  # type: ignore[arg-type]  # mypy wants a class here
        number(name, value)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(f"{name} is {value}: a whole number of a loop has 64 bits at most")


def _as_array(argument: Argument, value: Any, is_changed: bool) -> np.ndarray:
    name = argument.name
    if not isinstance(value, np.ndarray if argument.no_list else list | np.ndarray):
        kinds = "an array" if argument.no_list else "an array or a list"
        raise TypeError(f"{name} must be {kinds}, got {shown(value)}")
    refuse_masked(name, value)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths, got {shown(value)}") from None
    if isinstance(value, list) and array.size == 0:
        return array.reshape(array.shape + (0,) * (len(argument.axes) - array.ndim))
    wanted, words = "biuf", "numbers"
    if argument.whole:
        wanted, words = "iu", "whole numbers"
    elif is_changed and isinstance(value, np.ndarray):
        wanted, words = "f", "floats, since it is changed in place"
    if array.dtype.kind not in wanted:
        raise TypeError(f"{name} must hold {words}, got {kind_of(array)}")
    if not array.dtype.isnative:
        raise TypeError(
            f"{name} is {kind_of(array)}, in the byte order of another machine: give "
            f"{name}.astype({array.dtype.newbyteorder('=').name!r})"
        )
    if is_changed and not array.flags.writeable:
        raise ValueError(f"{name} is changed in place, and this array is read-only: give a copy")
    return array


def _check_rows(name: str, value: list[Any]) -> None:
    """Raise TypeError or ValueError unless each row of a list is a list of its own."""
    if any(isinstance(row, tuple) for row in value):
        raise TypeError(f"{name} is changed in place: its rows must be lists, got {shown(value)}")
    rows = [id(row) for row in value if isinstance(row, list)]
    if len(set(rows)) < len(rows):
        raise ValueError(
            f"{name} is changed in place, and two of its rows are one list: write "
            "[[0.0] * k for _ in range(n)], for example"
        )


def _check_below(argument: Argument, indices: np.ndarray, size: int, who: str) -> None:
    if indices.size == 0:
        return
    low, high = int(indices.min()), int(indices.max())
    least = -1 if argument.or_none else 0
    if low < least or high >= size:
        wrong = low if low < least else high
        place = int(np.flatnonzero(indices.ravel() == wrong)[0])
        raise IndexError(
            f"{argument.name}[{place}] is {wrong}, but {who} has {size}: counted from 0"
            + (", or -1 for none" if argument.or_none else "")
        )


def _check_places(name: str, starts: np.ndarray, end: int, who: str) -> None:
    if starts.size == 0:
        return
    if starts[0] < 0 or starts[-1] > end or (starts[1:] < starts[:-1]).any():
        raise ValueError(
            f"{name} must go up from 0 to at most {end}, as {who} says, got {shown(starts)} from "
            f"{starts[0]} to {starts[-1]}"
        )
