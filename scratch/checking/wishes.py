"""What can be asked of one argument: a number within bounds, an array of a kind, one of a few.

Each of these looks at a value and gives it back, or raises an error that names the argument, says
what it must be, and shows what it was.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np


class Within(NamedTuple):
    """A number from `low` to `high`; without `low` or `high` themselves if these are open."""

    low: float = -math.inf
    high: float = math.inf
    low_is_open: bool = False
    high_is_open: bool = False

    def check(self, name: str, value: float) -> None:
        """Raise ValueError, with the argument's name, for a number outside."""
        is_low = value <= self.low if self.low_is_open else value < self.low
        is_high = value >= self.high if self.high_is_open else value > self.high
        if is_low or is_high:
            raise ValueError(f"{name} must be {self}, got {shown(value)}")

    def __str__(self) -> str:
        low = f"{'above' if self.low_is_open else 'at least'} {_written(self.low)}"
        high = f"{'below' if self.high_is_open else 'at most'} {_written(self.high)}"
        sides = [(low, math.isfinite(self.low)), (high, math.isfinite(self.high))]
        return " and ".join(text for text, is_said in sides if is_said)


def _written(bound: float) -> str:
    """A bound as people write it: 0.5, 1e-05, 1000, and from a million on 2,147,483,647."""
    return f"{bound:,}" if isinstance(bound, int) and abs(bound) >= 10**6 else f"{bound:g}"


Count = Annotated[int, Within(1)]
Size = Annotated[int, Within(0)]
TableSize = Annotated[int, Within(1, 2**31 - 1)]  # rows, or columns, as an index of 32 bits counts
NotNegative = Annotated[float, Within(0)]
Positive = Annotated[float, Within(0, low_is_open=True)]
Share = Annotated[float, Within(0, 1)]


class Array(NamedTuple):
    """An array of numbers. ndim: its number of axes, if that is fixed."""

    ndim: int | None = None
    # float: whole ones become floats; one: so do they, and each is 0 or 1
    kind: Literal["number", "float", "whole", "bool", "one"] = "number"
    finite: Literal["yes", "or -inf", "no"] = "yes"
    in_place: bool = False  # it is written into, so a list would keep what it had
    squared: bool = False  # as floats, of which a million squares can be added

    def check(self, name: str, value: Any) -> np.ndarray:
        """The value as an array; raises TypeError or ValueError, with the argument's name."""
        array = self._array(name, value)
        if self.kind in ("float", "one") and array.dtype.kind != "f":
            array = array.astype(float)
        if self.ndim and array.ndim == 0:
            raise TypeError(f"{name} must be a list or an array, got {shown(value)}")
        if self.ndim is not None and array.ndim != self.ndim:
            axes = {1: "one axis: a plain list of numbers", 2: "two axes: rows and columns"}
            raise ValueError(
                f"{name} must have {axes.get(self.ndim, f'{self.ndim} axes')}, got an array of "
                f"shape {array.shape}"
            )
        if array.size and array.dtype.kind == "f" and self.finite != "no":
            self._check_finite(name, array)
        if self.kind == "one" and not (is_right := (array == 0) | (array == 1)).all():
            place = tuple(np.argwhere(~is_right)[0].tolist())
            at = f"[{', '.join(map(str, place))}]"
            raise ValueError(f"{name}{at} is {array[place]}: it must hold zeros and ones only")
        return self._to_be_squared(name, array) if self.squared else array

    def _array(self, name: str, value: Any) -> np.ndarray:
        wanted = {"whole": "iu", "bool": "b"}.get(self.kind, "biuf")
        words = {"whole": "whole numbers", "bool": "booleans"}.get(self.kind, "numbers")
        if self.in_place and not (isinstance(value, np.ndarray) and value.flags.writeable):
            raise TypeError(
                f"{name} is changed in place: it must be an array that can be written to, got "
                f"{shown(value)}"
            )
        if isinstance(value, str | bytes | Mapping | set | frozenset) or value is None:
            raise TypeError(f"{name} must be an array of {words}, got {shown(value)}")
        refuse_masked(name, value)
        try:
            array = _as_array(value)
        except Exception:  # NumPy, pandas and PyTorch each have errors of their own here
            raise TypeError(
                f"{name} can't be made into an array of {words}, are its rows equally long? Got "
                f"{shown(value)}"
            ) from None
        if array.size == 0 and array.dtype.kind in "fO" and wanted != "biuf":
            array = array.astype(
                bool if self.kind == "bool" else int
            )  # [] says nothing of its kind
        if array.dtype.kind not in wanted:
            raise TypeError(f"{name} must be an array of {words}, got {kind_of(array)}")
        return array if self.in_place else of_our_own_kind(array)

    def _check_finite(self, name: str, array: np.ndarray) -> None:
        # Two passes and no copy: the smallest or the largest is NaN if any number is.
        low, high = array.min(), array.max()
        if high < np.inf and (low > -np.inf or self.finite == "or -inf"):
            return
        is_wrong = ~np.isfinite(array)
        if self.finite == "or -inf":
            is_wrong &= array != -np.inf
        place = tuple(np.argwhere(is_wrong)[0].tolist())
        at = "" if not place else f"[{', '.join(map(str, place))}]"
        raise ValueError(
            f"{name}{at} is {array[place]}: it must be a finite number (remove or fill in missing "
            "values first; if they were computed, look where that went wrong)"
        )

    def _to_be_squared(self, name: str, array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f" or array.dtype.itemsize < 4:  # 100 · 100 is no int8
            array = array.astype(float)
        most = float(np.finfo(array.dtype).max) ** 0.5 / 1e3
        largest = max(float(array.max(initial=0)), -float(array.min(initial=0)))
        if largest > most:
            raise ValueError(
                f"{name} has a number as large as {largest:g}, and squares of more than {most:.0e} "
                f"are too large for {array.dtype}: divide all of them by the same number, or look "
                "where that one comes from"
            )
        return array


Column = Annotated[np.ndarray, Array(1)]
TableArray = Annotated[np.ndarray, Array(2)]
Vectors = Annotated[np.ndarray, Array(2, squared=True)]  # one in each row, to be multiplied
FloatTable = Annotated[np.ndarray, Array(2, "float")]
OnesTable = Annotated[np.ndarray, Array(2, "one")]
IndexArray = Annotated[np.ndarray, Array(1, "whole")]
MaskArray = Annotated[np.ndarray, Array(kind="bool")]
ScoreArray = Annotated[np.ndarray, Array(finite="or -inf")]  # −inf: not to be shown at all
AnyNumbers = Annotated[
    np.ndarray, Array(finite="no")
]  # NaN has a meaning, which the docstring says
Changed = Annotated[np.ndarray, Array(in_place=True)]


def check_below(name: str, indices: np.ndarray, size: int, who: str = "the model") -> None:
    """Raise IndexError, with the name of one, for an index that is not in 0 … size − 1.

    who has that many.
    """
    if indices.size and not (indices.min() >= 0 and indices.max() < size):
        outside = indices[(indices < 0) | (indices >= size)]
        raise IndexError(
            f"{name} index {outside[0]} is out of range: {who} has {size}, counted from 0"
        )


def finite(what: str, result: Any, of: str) -> Any:
    """The number or the array, if it is finite, or whatever else it is.

    Raises ValueError that says what was to be computed, and of which arguments: they are too large.
    """
    if isinstance(result, float) and math.isfinite(result):
        return result
    array = np.asarray(result)
    if array.dtype.kind != "f" or array.size == 0:
        return result
    # Two passes and no copy: the smallest or the largest is NaN if any number is.
    if not (array.min() > -np.inf and array.max() < np.inf):
        wrong = array[~np.isfinite(array)].flat[0]
        raise ValueError(
            f"{what} can't be computed, {wrong} came out: the numbers in {of} are too large (if "
            "they were computed themselves, look where that went wrong)"
        )
    return result


def _as_array(value: Any) -> np.ndarray:
    """As `np.asarray`; a table of pandas' Int64 or Float64 is numbers here, and no objects."""
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.ndim == 2 and array.size and hasattr(value, "iloc"):
        array = np.column_stack([value.iloc[:, column] for column in range(array.shape[1])])
    return array


def of_our_own_kind(array: np.ndarray) -> np.ndarray:
    """The same numbers as machine code and pandas take them.

    In the byte order of another machine, or with 128 bits, they can't be compiled for; and 16 bits
    overflow where a few thousand ratings are added.
    """
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        with np.errstate(over="ignore"):  # infinity is found
            return array.astype(float)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


class OneOf(NamedTuple):
    """One of a few texts or numbers: what typing calls a Literal."""

    choices: tuple[Any, ...]

    def check(self, name: str, value: Any) -> Any:
        """The value; raises ValueError, with the argument's name and the choices."""
        if not isinstance(value, Hashable) or value not in self.choices:
            words = " or ".join(map(repr, self.choices))
            raise ValueError(f"{name} must be {words}, got {shown(value)}")
        return value


def shown(value: Any) -> str:
    """A value as a message shows it: of large ones, the kind and the size."""
    if isinstance(value, np.ndarray) and value.size > 4:
        return kind_of(value)
    try:
        text = repr(value)
    except Exception:
        text = ""
    short = len(text) <= 60 and "\n" not in text
    return text if text and short else f"{type(value).__name__} {' '.join(text.split())[:40]}…"


def refuse_masked(name: str, value: Any) -> None:
    """Raise ValueError for an array with masked values, which any other array would uncover."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        count = np.count_nonzero(np.ma.getmaskarray(value))
        raise ValueError(
            f"{name} has {count} masked values: leave them out, as .compressed() does, or fill "
            "them in, as .filled(0) does"
        )


def kind_of(array: np.ndarray) -> str:
    """What an array is, in words."""
    return f"an array of {array.dtype} of shape {array.shape}"
