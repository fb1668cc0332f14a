"""Calls every public function of a room with odd arguments, and says what is wrong with answers.

A call must give a result without NaN or infinity in it, or an error that the package itself raises,
in words, about that argument. Nothing may hang, and nothing may end the process: so this runs in a
process of its own, which writes down what it is about to do. The same value in another guise, as a
column of a table that counts its rows backwards, say, must get the same answer or such an error.

    python tests/attack.py evaluation --seed 3 --odd 20

`tests/calls/<room>.py`, or `<room>__<part>.py`, has CALLS: for the name of each public function (or
class, or method, as `Class.method`) of that room, a function that makes good arguments by name,
anew for every call; for a method, `(bound method, arguments)`. EXCUSED: names that are not
attacked, and MAY_HOLD: names whose results may hold NaN or infinity; each with the reason.
"""

import argparse
import collections.abc
import contextlib
import importlib
import inspect
import json
import linecache
import math
import os
import pkgutil
import re
import signal
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
HANG_SECONDS = 20
FIRST_SECONDS = 300  # of a good call, for which loops may have to be compiled
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]


def public_names(room: str) -> dict[str, Any]:
    """All that a room defines in public, by its name in the package; inherited methods once."""
    whole = importlib.import_module(f"scratch.{room}")
    modules = [whole]
    if hasattr(whole, "__path__"):
        names = [m.name for m in pkgutil.walk_packages(whole.__path__, f"scratch.{room}.")]
        modules += [importlib.import_module(n) for n in names if not n.endswith("__main__")]
    found: dict[str, Any] = {}
    for module in modules:
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(thing):
                found[f"{module.__name__}.{name}"] = thing
            elif inspect.isclass(thing):
                found |= names_of_class(f"{module.__name__}.{name}", thing)
    return {name.removeprefix("scratch."): thing for name, thing in found.items()}


def names_of_class(name: str, kind: type) -> dict[str, Any]:
    """A class and its own public methods, as far as they take arguments."""
    plain = (tuple, BaseException, collections.abc.Mapping)
    found: dict[str, Any] = {}
    if "__init__" in vars(kind) and not issubclass(kind, plain):
        found[name] = kind
    for method, thing in vars(kind).items():
        thing = getattr(thing, "__func__", thing)
        if not method.startswith("_") and inspect.isfunction(thing):
            found[f"{name}.{method}"] = thing
    is_protocol = getattr(kind, "_is_protocol", False)
    return {} if is_protocol else found


# Odd arguments


def strangers() -> list[Any]:
    """What is odd wherever it stands."""
    return [
        None, "x", "", b"x", object(), -1, 0, 1, 2.5, True, math.nan, math.inf, -math.inf, 10**12,
        2**70, 1j, [], [1, 2], ["a"], [None], {}, {"a": 1}, {1: math.nan}, {1, 2}, np.array([]),
        np.array([math.nan, 1.0]), np.zeros((2, 2, 2)), np.array("x"), np.array([1, "a"], object),
        np.int8(-5), pd.Series([1.0, np.nan]), pd.DataFrame(), lambda *a: None, range(3), (1, 2, 3),
        Path("nowhere"), np.datetime64("2020-01-01"), np.random,
    ]  # fmt: skip


def relatives(value: Any, rng: np.random.Generator) -> list[Any]:
    """What looks like a good value, and is a little wrong; or is right in another form."""
    if isinstance(value, bool):
        return [not value, "yes", 2]
    if isinstance(value, np.ndarray):
        return relatives_of_array(value, rng)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        found = []
        for field in value._fields:
            for odd in [*relatives(getattr(value, field), rng), None, [1, 2]]:
                found.append(tuple.__new__(type(value), value._replace(**{field: odd})))
        return [*found, tuple(value), list(value)]
    if isinstance(value, list | tuple):
        kind = type(value)
        odd = [kind(value[:-1]), kind([*value, *value]), kind([*value, None]), kind([*value, "x"])]
        odd += [kind([*value, math.nan]), kind([*value, -1]), tuple(value), list(value)]
        if value:
            for inner in relatives(value[0], rng)[:12]:
                odd.append(kind([inner, *value[1:]]))
        with contextlib.suppress(ValueError):
            odd.append(np.array(value))
        return odd
    if isinstance(value, int | np.integer):
        return [-value, 0, -1, value + 1, value + 10**6, float(value), np.int8(value % 100), 2**33]
    if isinstance(value, float | np.floating):
        return [-value, 0.0, 1e300, 1e-300, math.nan, math.inf, -math.inf, int(value), -1e-9]
    if isinstance(value, str):
        return [value.upper(), value + "x", value[:-1], value + "\n", value.encode(), [value]]
    if isinstance(value, pd.DataFrame):
        return relatives_of_table(value)
    if isinstance(value, Mapping):
        items = list(value.items())
        odd = [{}, dict(items[:-1]), dict([*items, (None, None)]), items, dict([*items, (-1, -1)])]
        for inner in relatives(items[0][1], rng)[:15] if items else []:
            odd.append({items[0][0]: inner} | dict(items[1:]))
        return odd
    if callable(value) and not isinstance(value, type):
        return [lambda *a, **k: None, lambda *a, **k: np.array([math.nan]), lambda *a, **k: "x"]
    return []


def relatives_of_array(value: np.ndarray, rng: np.random.Generator) -> list[Any]:
    """Arrays of another length, shape, kind or order, and with a wrong number somewhere."""
    odd: list[Any] = [
        value[:-1] if value.ndim else value, value[:0] if value.ndim else value, value[None],
        value.T, value.tolist(), value.astype(float), value.astype(object), value.astype(complex),
        value.astype(str), np.zeros(()), np.asfortranarray(value),
    ]  # fmt: skip
    if value.ndim:
        odd += [np.concatenate([value, value]), value[::-1]]
    if value.ndim == 1:
        odd.append(pd.Series(value, index=np.arange(len(value)) + 7))
    for kind in (np.int8, np.uint8, np.float32, bool):
        with np.errstate(invalid="ignore"):
            odd.append(value.astype(kind))
    frozen = value.copy()
    frozen.flags.writeable = False
    odd.append(frozen)
    if value.size:
        is_hidden = np.arange(value.size).reshape(value.shape) == 0
        odd.append(np.ma.MaskedArray(value, is_hidden))
    numbers = [math.nan, math.inf, -math.inf, -2.0, 0.5, 1e200]
    if value.dtype.kind in "iu":
        numbers = [-1, -2, 10**6, np.iinfo(value.dtype).max]
    for number in numbers if value.size and value.dtype.kind in "iuf" else []:
        changed = value.copy()
        with np.errstate(over="ignore"):
            changed.flat[rng.integers(value.size)] = number
        odd.append(changed)
    return odd


def relatives_of_table(table: pd.DataFrame) -> list[Any]:
    """Tables with rows, columns or values missing, doubled or of another kind."""
    odd: list[Any] = [table[:0], table[:1], pd.concat([table, table]), table.to_dict("records")]
    odd += [table.to_numpy(), table.sort_index(ascending=False)]
    for name in table.columns:
        odd.append(table.drop(columns=name))
        for value in (None, "x", math.nan, math.inf, -1, 1.5):
            changed = table.astype({name: object})
            changed.iloc[0, changed.columns.get_loc(name)] = value
            odd.append(changed.infer_objects())
    return odd


def guises(value: Any) -> list[Any]:
    """The same value in other forms, which must not change what comes out."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [
            tuple.__new__(type(value), value._replace(**{field: guise}))
            for field in value._fields
            for guise in guises(getattr(value, field))
        ]
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "iufb":
        found: list[Any] = [value.astype(value.dtype.newbyteorder())]
        if value.ndim == 1:
            found.append(pd.Series(value, index=range(len(value))[::-1]))
        return found
    if isinstance(value, list) and value:
        found = [iter(value), pd.Series(value, index=range(len(value))[::-1])]
        if all(isinstance(part, list | set) for part in value):
            found.append([iter(part) for part in value])
        return found
    return []


def is_masked(value: Any) -> bool:
    """Whether it is an array that hides numbers, or a table or record with one."""
    parts = value if isinstance(value, tuple) else [value]
    return any(isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part) for part in parts)


# What is wrong with an answer


def is_same(one: Any, other: Any, depth: int = 0) -> bool:
    """Whether two answers say the same; of what nobody can look into, that the kinds are equal."""
    if hasattr(one, "detach") and hasattr(other, "detach"):
        one, other = one.detach().numpy(), other.detach().numpy()
    if isinstance(one, list) and isinstance(other, pd.Series):
        other = other.tolist()  # kept as it was given
    if isinstance(one, np.ndarray | pd.Series | pd.Index):
        one, other = np.asarray(one), np.asarray(other)
        if one.shape != other.shape or one.dtype.kind not in "iufcb":
            return one.shape == other.shape and is_same(
                one.ravel().tolist(), other.ravel().tolist()
            )
        return np.allclose(one, other, rtol=1e-5, atol=1e-8, equal_nan=True)
    if isinstance(one, float):
        return bool(np.isclose(one, other, rtol=1e-5, equal_nan=True))
    if isinstance(one, int | str | bytes | Path) or one is None:
        return one == other
    if type(one) is not type(other):
        return False
    if isinstance(one, pd.DataFrame):
        return list(one) == list(other) and all(is_same(one[name], other[name]) for name in one)
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    if depth < 3 and type(one).__module__.startswith("scratch") and hasattr(one, "__dict__"):
        return is_same(vars(one), vars(other), depth + 1)
    return True


def bad_number(result: Any, depth: int = 0) -> str | None:
    """Where a result holds NaN or infinity, if it does."""
    if isinstance(result, float | np.floating):
        return None if math.isfinite(result) else str(result)
    if isinstance(result, np.ndarray):
        if result.dtype.kind in "fc" and not np.isfinite(result).all():
            return f"an array with {result[~np.isfinite(result)].flat[0]}"
        return None
    if isinstance(result, pd.Series | pd.DataFrame | pd.Index):
        return bad_number(np.asarray(result), depth)
    if depth > 4 or isinstance(result, str | bytes):
        return None
    if isinstance(result, Mapping):
        parts = list(result.values())
    elif isinstance(result, list | tuple | set):
        parts = list(result)[:1000]
    elif type(result).__module__.startswith("scratch"):
        parts = list(vars(result).values()) if hasattr(result, "__dict__") else []
    elif hasattr(result, "detach"):
        return bad_number(result.detach().numpy(), depth)
    else:
        return None
    found = (bad_number(part, depth + 1) for part in parts)
    return next((place for place in found if place), None)


OTHER_NAMES = {"indices": "index"}  # of one of them


def begins_with(word: str) -> str:
    """A pattern for this word, or a longer form of it; of a single letter, for itself."""
    word = word.lower()
    return rf"\b{word}\b" if len(word) == 1 else rf"\b{word.rstrip('s')}"


def what_is_unclear(error: BaseException, name: str, good: object, odd: object) -> str | None:
    """Why an error does not say what is wrong, or None if it does.

    The last frame must be a raise statement of the package, and the message must name the argument
    or show what it was; of one that is made of parts, a part of it.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__}: {str(error)[:150]}"
    if not Path(frame.filename).is_relative_to(ROOT / "scratch"):
        return f"raised in {Path(frame.filename).name}, {said}"
    if not linecache.getline(frame.filename, frame.lineno or 0).strip().startswith("raise"):
        return f"raised by {Path(frame.filename).name}:{frame.lineno} {frame.line}, {said}"
    if isinstance(good, pd.DataFrame | Mapping) or hasattr(good, "_fields"):
        return None
    words = [part for part in name.strip("*").split("_") if len(part) > 1] or [name]
    words += [OTHER_NAMES.get(name, name)]
    text = str(error).lower()
    if isinstance(odd, int | float | str) and str(odd) and str(odd).lower() in text:
        return None
    if not any(re.search(begins_with(word), text) for word in words):
        return f"does not name {name}, {said}"
    return None


def answer(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call a function by names; what follows by place (`*shape`) and by name (`**tables`) too."""
    given = dict(arguments)
    places, rest = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL and f"*{name}" in given:
            several = given.pop(f"*{name}")
            places += list(several) if isinstance(several, list | tuple) else [several]
        elif parameter.kind is parameter.VAR_KEYWORD and f"**{name}" in given:
            rest = given.pop(f"**{name}")
        elif parameter.kind is not parameter.KEYWORD_ONLY and name in given:
            places.append(given.pop(name))
    result = function(*places, **given, **(rest if isinstance(rest, dict) else {}))
    if isinstance(result, Iterator | types.GeneratorType):
        result = [part for part, _ in zip(result, range(5), strict=False)]
    return result


class Room:
    """What is called in a room, and how."""

    def __init__(self, room: str):
        self.names = public_names(room)
        self.calls: dict[str, Callable[[], Any]] = {}
        self.excused: dict[str, str] = {}
        self.may_hold: dict[str, str] = {}
        here = Path(__file__).parent / "calls"
        for path in [here / f"{room}.py", *sorted(here.glob(f"{room}__*.py"))]:
            if path.exists():
                file = importlib.import_module(f"calls.{path.stem}")
                self.calls |= file.CALLS
                self.excused |= getattr(file, "EXCUSED", {})
                self.may_hold |= getattr(file, "MAY_HOLD", {})

    def missing(self) -> list[str]:
        """The public names that nobody has written a good call for."""
        return sorted(set(self.names) - set(self.calls) - set(self.excused))

    def unknown(self) -> list[str]:
        """The names of calls that are none of the room's."""
        return sorted(({*self.calls} | {*self.excused} | {*self.may_hold}) - set(self.names))

    def good_call(self, name: str) -> tuple[Callable[..., Any], dict[str, Any]]:
        """What is called, and good arguments for it."""
        made = self.calls[name]()
        return made if isinstance(made, tuple) else (self.names[name], made)

    def attack(self, name: str, seed: int, odd: int, note: Callable[[str], None]) -> list[str]:
        """What is wrong when one argument after the other is odd; `odd` of each are tried."""
        try:
            function, arguments = self.good_call(name)
            result = within_time(lambda: answer(function, arguments), FIRST_SECONDS)
            function, again = self.good_call(name)
            is_repeatable = is_same(result, within_time(lambda: answer(function, again)))
        except BaseException as error:
            return [f"{name}: the good call fails, {type(error).__name__}: {error}"]
        if name not in self.may_hold and (place := bad_number(result)):
            return [f"{name}: the good call holds {place}"]
        problems = []
        good = dict(arguments)
        if hasattr(function, "contract"):  # a loop is compiled anew for each kind of numbers
            odd = max(odd // 2, 1)
        for argument in arguments:
            rng = np.random.default_rng([seed, *name.encode(), *argument.encode()])
            candidates = [*relatives(arguments[argument], rng), *strangers()]
            chosen = rng.permutation(len(candidates))[:odd]
            for number in sorted(chosen.tolist()):
                function, given = self.good_call(name)
                rng = np.random.default_rng([seed, *name.encode(), *argument.encode()])
                value = [*relatives(given[argument], rng), *strangers()][number]
                shown = " ".join(repr(value).split())[:70]
                note(f"{name}({argument}={shown})")
                given[argument] = value
                problem = self.problem(name, argument, function, given, good[argument])
                if problem:
                    problems.append(f"{name}({argument}={shown}): {problem}")
            if is_repeatable:
                problems += self.disguised(name, argument, result, note, rng, max(odd // 4, 1))
        return problems

    def disguised(
        self,
        name: str,
        argument: str,
        result: Any,
        note: Callable[[str], None],
        rng: np.random.Generator,
        most: int,
    ) -> list[str]:
        """What is wrong when an argument comes in another guise; result: of the good call."""
        problems = []
        count = len(guises(self.good_call(name)[1][argument]))
        for number in rng.permutation(count)[:most].tolist():
            function, given = self.good_call(name)
            good, given[argument] = given[argument], guises(given[argument])[number]
            call = f"{name}({argument}={' '.join(repr(given[argument]).split())[:70]})"
            note(call)
            try:
                found = within_time(lambda f=function, g=given: answer(f, g))
                problem = None if is_same(result, found) else "not the answer to the same as a list"
            except Hangs:
                problem = f"hangs for more than {HANG_SECONDS} seconds"
            except BaseException as error:
                problem = what_is_unclear(error, argument, good, given[argument])
            if problem:
                problems.append(f"{call}: {problem}")
        return problems

    def problems(
        self, only: str = "", seed: int = 0, odd: int = 1000, note: Callable[[str], None] = str
    ) -> list[str]:
        """What is wrong in the room, or with the names that begin so (several with commas)."""
        begin = tuple(only.split(","))
        missing = [name for name in self.missing() if name.startswith(begin)]
        found = [f"{name}: nobody has written a good call" for name in missing]
        found += [f"{name}: is not there" for name in self.unknown()]
        for name in self.calls:
            if name in self.names and name.startswith(begin):
                found += self.attack(name, seed, odd, note)
                if "matplotlib.pyplot" in sys.modules:
                    sys.modules["matplotlib.pyplot"].close("all")
        return found

    def problem(
        self,
        name: str,
        argument: str,
        function: Callable[..., Any],
        given: dict[str, Any],
        good: object,
    ) -> str | None:
        """What is wrong with the answer to a call, if anything is."""
        try:
            result = within_time(lambda: answer(function, given))
        except Hangs:
            return f"hangs for more than {HANG_SECONDS} seconds"
        except BaseException as error:
            return what_is_unclear(error, argument, good, given[argument])
        if is_masked(given[argument]):
            return "the mask is not looked at"
        place = None if name in self.may_hold else bad_number(result)
        return f"the result holds {place}" if place else None


class Hangs(BaseException):
    """A call takes too long."""


def within_time(call: Callable[[], Any], seconds: int | None = None) -> Any:
    """The result of a call, if it comes in time; warnings of NumPy are errors."""

    def stop(*_: object) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANG_SECONDS if seconds is None else seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return call()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> None:
    """Attack a room; the last line of the output is what was found, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("room")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--odd", type=int, default=1000, help="odd values for each argument")
    parser.add_argument("--only", default="", help="names that begin so, with commas")
    parser.add_argument("--log", type=Path, help="a file for what is being called")
    given = parser.parse_args()
    import matplotlib

    matplotlib.use("Agg")
    room = Room(given.room)
    log = given.log.open("w") if given.log else None
    place = tempfile.TemporaryDirectory()  # for what is saved under odd names
    os.chdir(place.name)

    def note(call: str) -> None:
        if log is not None:
            log.seek(0)
            log.truncate()
            log.write(call)
            log.flush()

    problems = room.problems(given.only, given.seed, given.odd, note)
    for problem in problems:
        print(problem)
    print(json.dumps(problems))


if __name__ == "__main__":
    main()
