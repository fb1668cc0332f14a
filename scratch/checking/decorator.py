"""The decorator that looks at arguments, by their annotations, before a function runs.

`k: Count` is a whole number from 1 up, `l2: NotNegative` a number that is not below 0, and where an
array is wanted a list or a column of a table will do. So a function says in its first line what it
takes, and its body need not ask again.
"""

import dataclasses
import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

import numpy as np

from scratch.checking.rules import Rule, or_none, rule_of
from scratch.checking.wishes import finite

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@overload
def checked(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]: ...


@overload
def checked(
    *, too_large: str
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]: ...


def checked(function: Any = None, *, too_large: str = "") -> Any:
    """Decorator: look at the arguments by their annotations, and then run the function with them.

    Lists become arrays where the annotation is one. A wrong kind is a TypeError, a wrong value a
    ValueError; both name the argument. What has no annotation, or one that says nothing here, is
    handed on. Edits of the function show in a running notebook, annotations included.

    too_large: the arguments that are to blame if a number of the result is not finite. Then it is a
    ValueError that says so, in the place of NumPy's warnings and a result that nobody can use.
    """
    if function is None:
        return functools.partial(_checked, too_large=too_large)
    return _checked(function, too_large)


def _checked(function: Callable[..., Any], too_large: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def with_checks(*args: Any, **kwargs: Any) -> Any:
        # Looked up at each call, because %autoreload replaces the __dict__ of an edited function.
        state = newest(with_checks).__dict__
        plain, blamed = state["__wrapped__"], state["too_large"]
        by_place, rest, by_name = _rules(plain, plain.__code__)
        looked_at = [
            value if rule is None else rule(name, value)
            for (name, rule), value in zip(by_place, args, strict=False)
        ]
        for value in args[len(by_place) :]:
            looked_at.append(value if rest is None else rest[1](rest[0], value))
        named = {
            name: rule(name, value) if (rule := by_name.get(name)) is not None else value
            for name, value in kwargs.items()
        }
        if not blamed:
            return plain(*looked_at, **named)
        with np.errstate(over="ignore", invalid="ignore"):  # it becomes infinity, and is found
            result = plain(*looked_at, **named)
        for part in result if isinstance(result, tuple) else (result,):
            finite(f"the result of {plain.__name__}", part, of=blamed)
        return result

    with_checks.__dict__["too_large"] = too_large
    return with_checks


def check_fields(record: Any) -> None:
    """Look at the fields of a dataclass by their annotations, as `checked` looks at arguments.

    To be called from its `__post_init__`. A number of NumPy's becomes one of Python's.
    """
    kind: Any = type(record)  # of which mypy would not know that it can be a key of a cache
    for name, rule in _field_rules(kind):
        looked_at = rule(name, getattr(record, name))
        if isinstance(looked_at, np.generic):
            looked_at = looked_at.item()
        object.__setattr__(record, name, looked_at)  # it may be frozen


def newest(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """The wrapper that the module holds today under this one's name, or else this one.

    %autoreload edits the function in the module, and may leave behind what was imported by name.
    """
    if wrapper.__module__ == "__main__":  # cells are not reloaded: a name given again is another
        return wrapper
    module = sys.modules.get(wrapper.__module__)
    current = getattr(module, wrapper.__qualname__, wrapper)
    made_here = getattr(current, "__code__", None) is wrapper.__code__
    return current if made_here else wrapper


@functools.cache
def _field_rules(kind: type) -> list[tuple[str, Rule]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    rules = [(field.name, rule_of(hints[field.name])) for field in dataclasses.fields(kind)]
    return [(name, rule) for name, rule in rules if rule is not None]


@functools.cache
def _rules(
    function: Callable[..., Any], code: types.CodeType
) -> tuple[list[tuple[str, Rule | None]], tuple[str, Rule] | None, dict[str, Rule | None]]:
    """The rules of a function: by place, of what follows (`*args`), and by name.

    code: that of the function, which an edit may change.
    """
    by_place: list[tuple[str, Rule | None]] = []
    rest, by_name = None, {}
    for name, parameter in inspect.signature(function).parameters.items():
        rule = rule_of(parameter.annotation)
        if parameter.default is None and rule is not None:
            rule = or_none(rule)
        if parameter.kind is parameter.VAR_POSITIONAL:
            rest = (name, rule) if rule is not None else None
        elif parameter.kind is not parameter.VAR_KEYWORD:
            if parameter.kind is not parameter.POSITIONAL_ONLY:
                by_name[name] = rule
            if parameter.kind is not parameter.KEYWORD_ONLY:
                by_place.append((name, rule))
    return by_place, rest, by_name
