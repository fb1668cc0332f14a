"""What the checks of exercises are made of: numbers, choices and functions, compared in words.

Each says what is wrong so that a learner can go on, and never says the answer.
"""

import copy
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
LONGEST = 60  # letters of a value that a message repeats
MOST_VALUES = 8  # of an array that it repeats
NO_REAL_NUMBERS = ("c", "m", "M")  # kinds of arrays: complex numbers, and (spans of) time
ORDINALS = "first", "second", "third", "fourth", "fifth", "sixth"


class Wrong(Exception):
    """The answer is wrong; the message says how, in words to act on."""


class NotYet(Exception):
    """There is no answer yet."""


STOPS = (Exception, SystemExit)  # what a learner's code may stop with, but for Ctrl+C
returned: list[object] = []  # what `run` got last: `check` says so where a check stumbles over it


def close(
    answer: object,
    right: float,
    *,
    tolerance: float,
    what: str = "your number",
    mistakes: Mapping[str, float | Callable[[], float]] | None = None,
) -> None:
    """Accept one number that lies within tolerance of the right one.

    mistakes: words to say, and the number that the mistake leads to, or a function that computes
    it, which is called only where the answer is wrong.

    Raises Wrong for any other answer.
    """
    value, tolerance = number(answer, what), tolerance * (1 + 1e-9)  # 0.245 is 0.005 from 0.25
    if abs(value - right) <= tolerance:
        return
    for words, wrong in (mistakes or {}).items():
        if abs(value - (wrong() if callable(wrong) else wrong)) <= tolerance:
            raise Wrong(words)
    if words := almost(np.array([value]), np.array([right]), tolerance):
        raise Wrong(f"{what} is {words}")
    if abs(value + right) <= tolerance:
        raise Wrong(f"{what} has the wrong sign")
    raise Wrong(f"{what} is too {'large' if value > right else 'small'}")


def number(answer: Any, what: str = "your number") -> float:
    """Return an answer as a float; raises Wrong for what is no single finite number."""
    if isinstance(answer, bool | np.bool_ | str | bytes):
        raise Wrong(f"{what} should be a number, and is {short(answer)}")
    try:
        if kind_of(answer) in NO_REAL_NUMBERS:  # of which float takes a part
            raise TypeError
        value = float(answer)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise Wrong(f"{what} should be one number, and is {described(answer)}") from None
    if not math.isfinite(value):
        raise Wrong(f"{what} should be a number, and is {value}")
    return value


def kind_of(answer: object) -> str:
    """The letter that NumPy has for the numbers of an answer, "" of what is none of NumPy's.

    >>> kind_of(np.complex128(1)), kind_of(np.ones(2)), kind_of(1j)
    ('c', 'f', '')
    """
    kind = getattr(getattr(answer, "dtype", None), "kind", "")
    return kind if isinstance(kind, str) else ""


def numbers(
    answer: object, shape: int | tuple[int, ...] | None = None, what: str = "your answer"
) -> np.ndarray:
    """Return an answer as an array of finite floats, of this shape; raises Wrong if it is none."""
    try:
        if isinstance(answer, str | Mapping) or np.asarray(answer).dtype.kind in NO_REAL_NUMBERS:
            raise TypeError
        values = np.asarray(answer, dtype=float)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise Wrong(f"{what} should hold numbers, and is {described(answer)}") from None
    shape = (shape,) if isinstance(shape, int) else shape
    if shape is not None and values.shape != shape and len(shape) == 1:
        raise Wrong(f"{what} should be {shape[0]} numbers, and is {described(answer)}")
    if shape is not None and values.shape != shape:
        raise Wrong(f"{what} should have the shape {shape}, and has {values.shape}")
    if not np.isfinite(values).all():
        where = np.argwhere(~np.isfinite(values))[0].tolist()
        raise Wrong(f"{what} holds a value that is no finite number, at {where}")
    return values


def all_close(
    answer: object,
    right: object,
    *,
    tolerance: float,
    what: str = "your answer",
    names: Sequence[object] | None = None,
    mistakes: Mapping[str, object] | None = None,
) -> None:
    """Accept numbers of which each lies within tolerance of the right one.

    names: how to call each of them, where the first that is wrong is named.
    mistakes: words to say, and the numbers that the mistake leads to, or a function as in `close`.

    Raises Wrong for any other answer.
    """
    right, tolerance = np.asarray(right), tolerance * (1 + 1e-9)
    values = numbers(answer, right.shape, what)
    if np.all(np.abs(values - right) <= tolerance):
        return
    for words, wrong in (mistakes or {}).items():
        made = np.asarray(wrong() if callable(wrong) else wrong)
        if np.all(np.abs(values - made) <= tolerance):
            raise Wrong(words)
    if words := almost(values, right, tolerance):
        raise Wrong(f"{what}: {words}")
    bad = np.argwhere(np.abs(values - right) > tolerance)
    first = tuple(bad[0].tolist())
    name = names[first[0]] if names is not None else first[0] if len(first) == 1 else list(first)
    side = "large" if values[first] > right[first] else "small"
    raise Wrong(f"{what}: {len(bad)} of {right.size} are wrong; that of {name} is too {side}")


def almost(values: np.ndarray, right: np.ndarray, tolerance: float) -> str:
    """What to say of numbers that are nearly right; nothing of numbers that are not.

    A rounding that goes too far is told apart from an error that no further digit would mend.

    >>> almost(np.array([0.71]), np.array([0.7123]), 0.001)
    'nearly right: give more digits (a number may be off by 0.001)'
    """
    off = np.abs(values - right)
    unit = 10.0 ** -max(map(decimals, values[off > tolerance]))  # 0.70 and 0.71 have two digits
    near = off <= 5 * tolerance
    if 2 * tolerance < unit < 1 and (near | (off <= unit / 2 * (1 + 1e-9))).all():
        return f"nearly right: give more digits (a number may be off by {tolerance:g})"
    if near.all():
        return (
            f"close, and yet off by more than {tolerance:g}: is something rounded on the way, "
            "or is one small thing different?"
        )
    return ""


def decimals(value: float) -> int:
    """How many digits a number has behind its point.

    >>> decimals(0.25), decimals(3.0), decimals(1e-07)
    (2, 0, 7)
    """
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0  # a text, where it is infinite


def keyed(answer: object, keys: Iterable[Any], what: str = "your answer") -> dict[Any, Any]:
    """Return a dict (or a pandas Series) with a value for each of the keys, in their order.

    Raises Wrong for what is none, and for keys that are missing.
    """
    found = answer.to_dict() if hasattr(answer, "to_dict") else answer
    if not isinstance(found, Mapping):
        raise Wrong(f"{what} should be a dict, and is {described(answer)}")
    missing = [key for key in keys if key not in found]
    if missing:
        keys = f"its keys are {short(list(found))}" if found else "it is empty"
        raise Wrong(f"{what}: there is nothing for {short(missing[0])}; {keys}")
    return {key: found[key] for key in keys}


def choose(answer: object, right: object, why_not: Mapping[object, str]) -> None:
    """Accept the right one of several choices; why_not says what speaks against each other one.

    Raises Wrong for the others, and for what was not to choose from.
    """
    options: list[Any] = [right, *why_not]  # all in words, or all numbers
    found = matching(answer, options, around="().")
    if not found:
        listed = ", ".join(map(repr, sorted(options)))
        raise Wrong(f"choose one of {listed}; your answer is {described(answer)}")
    if found[0] != right:
        raise Wrong(why_not[found[0]])


def predicted(prediction: object, options: Sequence[object]) -> object:
    """Return a prediction that is one of the options, whichever; raises Wrong for any other."""
    if found := matching(prediction, options):
        return found[0]
    listed = ", ".join(map(repr, options))
    raise Wrong(f"your prediction should be one of {listed}, and is {described(prediction)}")


def matching(answer: object, options: Sequence[object], around: str = "()") -> list[Any]:
    """The option that an answer means, in a list, or an empty list; True is not the number 1.

    around: signs that may stand before and after an answer in words. A number may come in quotes.
    """
    told = answer.strip().strip(around) if isinstance(answer, str) else answer
    told = told.item() if isinstance(told, np.generic) else told
    same_kind = [o for o in options if isinstance(o, bool) == isinstance(told, bool)]
    return [option for option in same_kind if is_equal(told, option)][:1]


def is_equal(value: Any, option: Any) -> bool:
    """Whether two values are equal; of what has more than one value, such as an array, not."""
    if shape_of(value) or kind_of(value) in NO_REAL_NUMBERS:
        return False
    # By its kind first: an object may say that it equals everything.
    if isinstance(option, str):
        told = value.lower().replace(" ", "") if isinstance(value, str) else None
        return told == option.lower().replace(" ", "")
    if isinstance(option, bool):
        return isinstance(value, bool) and value == option
    try:
        return math.isclose(float(value), option, rel_tol=1e-6)  # 0.1 in single precision is 0.1
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return False


def run(function: object, *arguments: object, what: str = "your function") -> object:
    """Call a learner's function on copies of the arguments, and return what it returns.

    Raises NotYet if it has no code yet; Wrong for what cannot be called, for an error inside, and
    if it returns nothing or changes what it was given.
    """
    if not callable(function):
        raise Wrong(f"{what} should be a function, and is {described(function)}")
    if is_untouched(function):
        raise NotYet
    given = copy.deepcopy(arguments)
    is_comparable = same(given, arguments)  # an object of a class may equal itself alone
    asked = ", ".join(map(short, arguments))
    try:
        result = function(*given)
    except (NotYet, Wrong):
        raise  # of something that the check itself has handed to the function
    except STOPS as error:
        kind = type(error).__name__
        raise Wrong(f"{what} stops with {kind}: {short(error)}, called with ({asked})") from None
    returned[:] = [result]
    if result is None:
        raise Wrong(f"{what} returns nothing, called with ({asked}): it needs a return")
    if is_comparable and not same(given, arguments):
        raise Wrong(f"{what} changes what it is given, called with ({asked}): work on a copy")
    return result


def refuses(
    call: Callable[[], object],
    what: str,
    *,
    kind: type[Exception] = ValueError,
    naming: str = "",
    why: str = "and returns something",
) -> None:
    """Accept a call that raises a ValueError, as bad input should, or an error of another kind.

    what: how to call the input in words. naming: what the message of the error must hold. why: the
    end of the sentence about a call that raises nothing.

    Raises Wrong for another error, or none.
    """
    try:
        call()
    except kind as error:
        if naming not in str(error):
            raise Wrong(
                f"the message of your {kind.__name__} for {what} has no {naming} in it: {error}"
            ) from None
    except STOPS as error:
        raise Wrong(f"{what} raises {type(error).__name__}, not {article(kind)}") from None
    else:
        raise Wrong(f"{what} should raise {article(kind)}, {why}")


def article(kind: type) -> str:
    """The name of a kind of thing with its article.

    >>> article(ValueError), article(IndexError)
    ('a ValueError', 'an IndexError')
    """
    return f"{'an' if kind.__name__[0].lower() in 'aeiou' else 'a'} {kind.__name__}"


def same_as(
    function: object,
    oracle: Callable[..., object],
    cases: Iterable[tuple[Any, ...]],
    *,
    tolerance: float = 1e-9,
    what: str = "your function",
    mistakes: Mapping[str, Callable[..., object]] | None = None,
) -> None:
    """Accept a function that returns what the oracle returns, on all cases (tuples of arguments).

    mistakes: words to say, and a function that makes this mistake. It is named if it explains
    every result. Without one, the first case with another result is named.

    Raises NotYet and Wrong as `run` does, and Wrong for another result.
    """
    cases = list(cases)
    results = [run(function, *case, what=what) for case in cases]
    rights = [oracle(*copy.deepcopy(case)) for case in cases]
    if all(same(r, right, tolerance) for r, right in zip(results, rights, strict=True)):
        return
    for words, wrong in (mistakes or {}).items():
        made = [quietly(wrong, case) for case in cases]
        if all(same(r, m, tolerance) for r, m in zip(results, made, strict=True)):
            raise Wrong(words)
    for case, result, right in zip(cases, results, rights, strict=True):
        if not same(result, right, tolerance):
            asked = ", ".join(map(short, case))
            raise Wrong(f"{what} is wrong for ({asked}): {difference(result, right, tolerance)}")


def difference(value: object, right: object, tolerance: float = 0.0, says: str = "returns") -> str:
    """Where a value that a function returned is wrong, in words without the right one.

    Of several results, such as a tuple, the first that is wrong is named.
    """
    try:
        found, wanted = np.asarray(value, dtype=float), np.asarray(right, dtype=float)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return part_that_differs(value, right, tolerance) or f"it {says} {described(value)}"
    if found.shape != wanted.shape:
        shape = f"and should have the shape {wanted.shape}" if wanted.shape else "for one number"
        return f"it {says} {described(value)}, {shape}"
    if np.allclose(found, wanted, rtol=1e-3, atol=1e-4):
        return "it is nearly right, and not exact: is something rounded, or in single precision?"
    if not wanted.shape:
        return f"it {says} {described(value)}"
    wrong = np.argwhere(~np.isclose(found, wanted, rtol=1e-3, atol=1e-4))
    first = tuple(wrong[0].tolist())
    place = first[0] if len(first) == 1 else list(first)
    said = f"the first is {found[first]:.6g} at {place}"
    return f"{len(wrong)} of {wanted.size} numbers are wrong, {said}"


def part_that_differs(value: object, right: object, tolerance: float) -> str:
    """Of two tuples or lists of one length, or dicts: which part is the first that is wrong.

    >>> part_that_differs((1, [2, 3]), (1, [2, 4]), 0)
    'the second of its 2 results is wrong: 1 of 2 numbers are wrong, the first is 3 at 1'
    """
    if isinstance(value, Mapping) and isinstance(right, Mapping):
        for key in right:
            if key not in value:
                return f"it has nothing for {short(key)}"
            if not same(value[key], right[key], tolerance):
                told = difference(value[key], right[key], tolerance, "is")
                return f"what it has for {short(key)} is wrong: {told}"
        return f"it has something for {short(next(iter(set(value) - set(right)), None))}"
    if not (isinstance(value, list | tuple) and isinstance(right, list | tuple)):
        return ""
    things = "results" if isinstance(right, tuple) else "entries"
    if len(value) != len(right):
        return f"it has {len(value)} {things} in the place of {len(right)}"
    for place, (ours, theirs) in enumerate(zip(right, value, strict=True)):
        if not same(theirs, ours, tolerance):
            told = difference(theirs, ours, tolerance, "is")
            if hasattr(right, "_fields"):
                return f"its {right._fields[place]} are wrong: {told}"
            which = ORDINALS[place] if place < len(ORDINALS) else f"number {place + 1}"
            return f"the {which} of its {len(right)} {things} is wrong: {told}"
    return ""


def undo(folder: Path = ROOT) -> str:
    """How to take an edit of the package back: by git, or where there is none from the zip."""
    if (folder / ".git").exists():
        return "Undo it with `git restore scratch`, or keep it."
    return "Undo it by taking the file out of your zip again, or keep it."


def quietly(function: Callable[..., object], case: tuple[Any, ...]) -> object:
    """What a function returns, or None where it fails."""
    try:
        return function(*copy.deepcopy(case))
    except STOPS:
        return None


def same(value: object, right: object, tolerance: float = 0.0) -> bool:
    """Whether two values are equal, numbers within tolerance; a list is equal to its array.

    >>> same([1.0, (2, 3)], [1, [2, 3]]), same({"a": 1}, {"a": 2}), same("ab", ["a", "b"])
    (True, False, False)
    """
    if isinstance(right, Mapping):
        return (
            isinstance(value, Mapping)
            and set(value) == set(right)
            and all(same(value[key], right[key], tolerance) for key in right)
        )
    if isinstance(right, set | frozenset):
        return isinstance(value, set | frozenset) and value == right
    if isinstance(right, list | tuple) and isinstance(value, list | tuple):
        pairs = zip(value, right, strict=False)
        return len(value) == len(right) and all(same(a, b, tolerance) for a, b in pairs)
    try:
        ours, theirs = np.asarray(right), np.asarray(value)
        if ours.shape != theirs.shape:
            return False
        if ours.dtype.kind in "fiub" and theirs.dtype.kind in "fiub":
            return bool(np.allclose(theirs, ours, rtol=0, atol=tolerance, equal_nan=True))
        if theirs.dtype == object and np.any(theirs == object()):
            return False  # what equals a thing that nobody has seen equals everything
        return bool(np.all(ours == theirs))
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return False


def is_untouched(function: object) -> bool:
    """Whether a function, or each method of a class, is still `...`, as the stub has it."""
    if isinstance(function, type):
        methods = [value for value in vars(function).values() if hasattr(value, "__code__")]
        return bool(methods) and all(map(is_untouched, methods))
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType) or code.co_code not in EMPTY:
        return False
    return set(code.co_consts) <= {None, function.__doc__}  # it returns None, and no other constant


def _nothing() -> None: ...


def _described() -> None:
    """Nothing."""
    ...


EMPTY = {_nothing.__code__.co_code, _described.__code__.co_code}


def described(value: object) -> str:
    """A value in words: itself if it is short, else its kind and size.

    >>> described(2.5), described([0] * 100), described(np.zeros((3, 4)))
    ('2.5', 'a list of 100', 'an array of shape (3, 4)')
    """
    try:
        return in_words(value)
    except STOPS:  # of an object that answers in its own way when it is asked for its size
        return article(type(value))


def in_words(value: object) -> str:
    """`described`, for what can be shown and measured; raises what the value does."""
    text = f"{value:.6g}" if isinstance(value, float) else plain(value)
    if shape := shape_of(value):
        kind = "an array" if isinstance(value, np.ndarray) else article(type(value))
        return f"{kind} of shape {shape}"
    if callable(value):
        return f"the function {getattr(value, '__name__', text)}"
    if len(text) > LONGEST or "\n" in text or " at 0x" in text:
        size = f" of {len(value)}" if hasattr(value, "__len__") else ""
        return f"{article(type(value))}{size}"
    return text


def shape_of(value: object) -> tuple[int, ...]:
    """The shape of an array, a tensor or a table, () of everything else.

    >>> shape_of(np.ones((2, 3))), shape_of([1, 2])
    ((2, 3), ())
    """
    shape = getattr(value, "shape", ())
    return tuple(shape) if isinstance(shape, tuple) else ()


def short(value: object) -> str:
    """A value as one line of code, cut where it is long; of an error, its message.

    Of a table or a large array, in words what it is.
    """
    if math.prod(shape_of(value)) > MOST_VALUES or hasattr(value, "columns"):
        return described(value)
    text = plain(value, str if isinstance(value, BaseException) else repr)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def plain(value: object, shown: Callable[[object], str] = repr) -> str:
    """repr, but never an error, and with plain numbers in the place of numpy's."""
    try:
        if isinstance(value, np.generic):
            value = value.item()
        elif isinstance(value, np.ndarray):
            value = value.tolist()
        return shown(value)
    except STOPS:
        return article(type(value))
