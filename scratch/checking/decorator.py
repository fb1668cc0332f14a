"""The decorator that looks at arguments, by their annotations, before a function runs.

`k: Count` is a whole number from 1 up, `l2: NotNegative` a number that is not below 0, and where an
array is wanted a list or a column of a table will do. So a function says in its first line what it
takes, and its body need not ask again.
"""

import functools
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from scratch.checking.rules import Rule, or_none, rule_of

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def checked(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorator: look at the arguments by their annotations, and then run the function with them.

    Lists become arrays where the annotation is one. A wrong kind is a TypeError, a wrong value a
    ValueError; both name the argument. What has no annotation, or one that says nothing here, is
    handed on. Edits of the function show in a running notebook, annotations included.
    """

    @functools.wraps(function)
    def with_checks(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        # Looked up at each call, because %autoreload replaces the __dict__ of an edited function.
        plain = newest(with_checks).__dict__["__wrapped__"]
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
        return plain(*looked_at, **named)

    return with_checks


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
            by_name[name] = rule
            if parameter.kind is not parameter.KEYWORD_ONLY:
                by_place.append((name, rule))
    return by_place, rest, by_name
