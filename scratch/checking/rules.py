"""What an annotation asks of an argument: from `int`, `Mapping[int, float]` … to a look at it."""

import inspect
import math
import numbers
import operator
import types
import typing
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AnySet
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scratch.checking.tables import Columns
from scratch.checking.wishes import Array, OneOf, Within, shown

Rule = Callable[[str, Any], Any]  # the name of an argument and its value → the value to use


def rule_of(annotation: Any) -> Rule | None:
    """What an annotation asks of an argument, or None if it asks nothing that is looked at here."""
    if annotation == ArrayLike:
        return Array().check
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _annotated(*inner)
    if origin is Literal:
        return OneOf(inner).check
    if origin in (types.UnionType, typing.Union):
        return _union(inner)
    if origin is not None:
        return _container(origin, inner)
    if annotation in RULES:
        return RULES[annotation]
    if annotation is inspect.Parameter.empty:
        return None
    return _instance(annotation) if isinstance(annotation, type) else None


def or_none(rule: Rule) -> Rule:
    """The rule, for what may also be None."""
    return lambda name, value: None if value is None else rule(name, value)


def whole(name: str, value: Any) -> int:
    """A whole number, as int; raises TypeError."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        hint = f": write {int(value)}" if isinstance(value, float) and value.is_integer() else ""
        raise TypeError(f"{name} must be a whole number, got {shown(value)}{hint}")
    return int(value)


def number(name: str, value: Any) -> Any:
    """A finite number; raises TypeError or ValueError."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    if not _is_finite(value):
        raise ValueError(f"{name} must be a finite number, got {shown(value)}")
    if isinstance(value, numbers.Integral) and not -(2**63) <= int(value) < 2**63:
        return float(value)  # NumPy has no longer whole numbers
    if isinstance(value, int | float | np.floating):
        return value
    # An int8 can't count to 200, and would overflow where it is multiplied.
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def _generator(name: str, value: Any) -> np.random.Generator:
    if not isinstance(value, np.random.Generator):
        raise TypeError(
            f"{name} must be a generator such as np.random.default_rng(0), got {shown(value)}"
        )
    return value


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, Path):
        raise TypeError(f"{name} must be a Path, got {shown(value)}")
    return value


def _table(name: str, value: Any) -> pd.DataFrame:
    if not isinstance(value, pd.DataFrame):
        raise TypeError(f"{name} must be a pandas DataFrame, got {shown(value)}")
    return value


RULES: dict[Any, Rule | None] = {
    Any: None,
    object: None,
    int: whole,
    float: number,
    bool: _flag,
    Hashable: None,
    np.ndarray: Array().check,
    np.random.Generator: _generator,
    Path: _path,
    pd.DataFrame: _table,
}


def _annotated(kind: Any, *wishes: Any) -> Rule | None:
    own: list[Rule] = [wish.check for wish in wishes if isinstance(wish, Array)]
    own += [wish for wish in wishes if isinstance(wish, types.FunctionType)]  # a rule of its own
    more = [wish for wish in wishes if isinstance(wish, Within | Columns)]
    first = own[0] if own else rule_of(kind)
    if first is None:
        return None

    def check(name: str, value: Any) -> Any:
        looked_at: Any = first(name, value)
        for wish in more:
            wish.check(name, looked_at)
        return looked_at

    return check


def _union(choices: tuple[Any, ...]) -> Rule | None:
    """The first choice that takes the value; if none does, what the first one says."""
    rules = [rule_of(choice) for choice in choices if choice is not type(None)]
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules):
        return None

    def check(name: str, value: Any) -> Any:
        problems: list[TypeError] = []
        for rule in known:
            try:
                return rule(name, value)
            except TypeError as problem:  # not of this kind: maybe of another
                problems.append(problem)
        raise TypeError(*problems[0].args)

    return or_none(check) if type(None) in choices else check


def _container(origin: Any, inner: tuple[Any, ...]) -> Rule | None:
    if origin is Callable:
        return _callable
    if not isinstance(origin, type):
        return None
    if issubclass(origin, Mapping):
        return _mapping_of(*(rule_of(kind) for kind in inner))
    if origin is tuple and Ellipsis not in inner:
        return _tuple_of([_hashable if kind is Hashable else rule_of(kind) for kind in inner])
    if issubclass(origin, Iterator) or not issubclass(origin, Iterable):
        return _instance(origin)
    return _several(origin, _hashable if inner[0] is Hashable else rule_of(inner[0]))


def _hashable(name: str, value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        raise TypeError(
            f"{name} must be one value, such as a number or a text, got {shown(value)}"
        ) from None
    return value


def _callable(name: str, value: Any) -> Any:
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {shown(value)}")
    return value


def _mapping_of(key_rule: Rule | None, value_rule: Rule | None) -> Rule:
    def check(name: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} must be a dictionary, got {shown(value)}")
        looked_at = {}
        for key, content in value.items():
            if key_rule is not None:
                key_rule(f"a key of {name}", key)
            of_key = f"{name}[{shown(key)}]"
            looked_at[key] = content if value_rule is None else value_rule(of_key, content)
        is_same = all(looked_at[key] is content for key, content in value.items())
        return value if is_same else looked_at

    return check


def _tuple_of(rules: Sequence[Rule | None]) -> Rule:
    def check(name: str, value: Any) -> Any:
        if _is_one(value) or not isinstance(value, Sequence | np.ndarray):
            raise TypeError(f"{name} must have {len(rules)} parts, got {shown(value)}")
        if len(value) != len(rules):
            raise ValueError(f"{name} must have {len(rules)} parts, got {shown(value)}")
        looked_at = [
            part if rule is None else rule(f"{name}[{place}]", part)
            for place, (rule, part) in enumerate(zip(rules, value, strict=True))
        ]
        is_same = all(map(operator.is_, looked_at, value))
        return value if is_same else tuple(looked_at)

    return check


def _several(origin: type, rule: Rule | None) -> Rule:
    """Of a list, a set, or whatever can be gone through; one text is not taken for its letters."""
    in_order = issubclass(origin, Sequence)

    def check(name: str, value: Any) -> Any:
        if _is_one(value) or not isinstance(value, Iterable) or isinstance(value, pd.DataFrame):
            raise TypeError(f"{name} must be a list, got {shown(value)}")
        if in_order and isinstance(value, AnySet | Mapping):
            raise TypeError(f"{name} must have an order, such as a list has, got {shown(value)}")
        # An iterator can be gone through only once, and value[0] of a column is what it calls 0.
        is_list = isinstance(value, Sequence | np.ndarray)
        if isinstance(value, Iterator) or (in_order and not is_list):
            value = value.tolist() if isinstance(value, pd.Series) else list(value)
        if rule is number and isinstance(value, np.ndarray):
            return Array(1).check(name, value)  # all numbers at once
        if rule is None or (rule is _hashable and _are_hashable(value)):
            return value
        looked_at = [rule(f"{name}[{place}]", part) for place, part in enumerate(value)]
        # What could be gone through only once is a list now.
        return value if all(map(operator.is_, looked_at, value)) else looked_at

    return check


def _is_one(value: Any) -> bool:
    """Whether it is no list of values: a text, or an array without axes."""
    return isinstance(value, str | bytes) or getattr(value, "ndim", 1) == 0


def _are_hashable(values: Any) -> bool:
    """Whether all are, quickly: in an array of numbers or times, each is."""
    if getattr(getattr(values, "dtype", None), "kind", "O") != "O" and values.ndim == 1:
        return True
    try:
        deque(map(hash, values), maxlen=0)
    except TypeError:
        return False
    return True


def _instance(kind: type) -> Rule:
    """By name: %autoreload makes a class anew, and what was made before is of the old one."""
    named = f"{kind.__module__}.{kind.__qualname__}"
    if getattr(kind, "_is_protocol", False):
        return _with_methods([name for name in vars(kind) if callable(vars(kind)[name])])

    def check(name: str, value: Any) -> Any:
        if isinstance(value, kind):
            return value
        if named not in (f"{c.__module__}.{c.__qualname__}" for c in type(value).__mro__):
            raise TypeError(f"{name} must be a {kind.__name__}, got {shown(value)}")
        return value

    return check


def _with_methods(names: Sequence[str]) -> Rule:
    """Of a Protocol: whatever has its methods, of whichever class."""
    public = [name for name in names if not name.startswith("_")]

    def check(name: str, value: Any) -> Any:
        if isinstance(value, type):
            made = f"{value.__name__}(…)"
            raise TypeError(f"{name} must be made of its class, as {made}, got the class itself")
        missing = [method for method in public if not callable(getattr(value, method, None))]
        if missing:
            raise TypeError(f"{name} must have a method {missing[0]}, got {shown(value)}")
        return value

    return check
