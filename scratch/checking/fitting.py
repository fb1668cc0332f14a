"""The decorator that looks at how arrays fit together, before a function runs.

For functions whose lines stand in a notebook, where such questions would be in the way.
"""

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from scratch.checking.contracts import Contract
from scratch.checking.decorator import newest

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def fitting(
    contract: str,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorator: the arrays that a function is given must fit, as in `scratch.checking.contracts`.

        @checked
        @fitting("points(n, d), middles(c, d), n > 0, c > 0")
        def nearest(points: Vectors, middles: Vectors) -> np.ndarray:

    `checked` stands above, so that there are arrays to look at. Raises ValueError and IndexError.
    """
    looked_for = Contract(contract)

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @functools.wraps(function)
        def with_contract(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            # Looked up at each call, because %autoreload replaces the __dict__ of what was edited.
            plain = newest(with_contract).__dict__["__wrapped__"]
            given = inspect.signature(plain).bind(*args, **kwargs)
            given.apply_defaults()
            looked_for.check({name: given.arguments[name] for name in looked_for.names})
            result: Result = plain(*args, **kwargs)
            return result

        return with_contract

    return decorate
