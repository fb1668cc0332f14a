"""One source, two speeds: run a plain Python loop as it is, or compiled by numba from that source.

The trap this avoids: `fast = njit(plain)` freezes the code of `plain` at that moment, so a learner
who edits the loop sees no change until the kernel is restarted. Here the machine code is made when
the function is called and made again whenever the function's code object is another one.
"""

import contextlib
import functools
import hashlib
import importlib.util
import marshal
import sys
import types
from collections.abc import Callable
from typing import Any, TypeVar, TypeVarTuple

import numpy as np

# What a compiled function may be given: plain lists, or arrays, which are faster.
Indices = list[int] | np.ndarray
Numbers = list[float] | np.ndarray
Table = list[list[float]] | np.ndarray

Arguments = TypeVarTuple("Arguments")  # given in their order, not by name
Result = TypeVar("Result")

prange = range  # of a compiled function: the turns of this loop are shared out among the cores

# All that numba would run in parallel unasked: it may change the order in which sums are taken.
UNASKED = "comprehension", "fusion", "inplace_binop", "numpy", "reduction", "setitem", "stencil"


# What a relaxed sum may do; infinities and NaN it keeps, so that diverging training is found.
RELAXED = {"reassoc", "contract", "nsz", "arcp"}


def numba_is_available() -> bool:
    """Whether numba can be imported; without it compiled functions run as plain Python."""
    return importlib.util.find_spec("numba") is not None


def compiled(function: Callable[[*Arguments], Result]) -> Callable[[*Arguments], Result]:
    """Decorator: compile `function` when its sequences are NumPy arrays, else run it as written.

    A call in which any argument is a list runs the plain Python, which also takes arrays through
    `function.__wrapped__`. The arithmetic is strict (no reordering), so both ways give the same
    float64 result to the last bit. The function must be self-contained: it may call builtins and
    NumPy, not other functions of its module, whose later edits the machine code would not see.
    Introduced in notebook 04.

    A loop `for i in prange(n)` runs on all cores, in no set order (from notebook 09). If each of
    its turns writes nothing but its own row, the result is still the same to the last bit with any
    number of cores; a sum across turns would not be.
    """

    @functools.wraps(function)
    def either_speed(*args: *Arguments) -> Result:
        return _run(either_speed, args, relaxed=False)

    return either_speed


def relaxed(function: Callable[[*Arguments], Result]) -> Callable[[*Arguments], Result]:
    """The same source as a `compiled` function, but its sums may be taken in any order.

    Then several terms are added at once, which is faster, most of all in float32. The last digits
    of the result are those of the machine it ran on, so what a lesson prints should not hang on
    them. Edits of the source show as they do in `compiled`. Introduced in notebook 11.
    """

    def any_order(*args: *Arguments) -> Result:
        return _run(function, args, relaxed=True)

    return any_order


def code_to_call(
    function: Callable[[*Arguments], Result], *, relaxed: bool = False, keep: bool = True
) -> Callable[[*Arguments], Result]:
    """What a `compiled` function would run for arrays: to hand to another compiled function.

    keep: for the next kernel, in a file. Where numba is missing it is the plain Python.
    """
    # Looked up at each call, because %autoreload replaces the __dict__ of an edited function.
    state = _newest(function).__dict__
    plain = state["__wrapped__"]
    if not numba_is_available():
        return plain
    machine, code = ("relaxed", "relaxed_code") if relaxed else ("machine", "compiled_code")
    if state.get(code) is not plain.__code__:
        state[machine], state[code] = _machine_code(plain, relaxed, keep), plain.__code__
    return state[machine]


def _run(wrapper: Callable[[*Arguments], Result], args: tuple[*Arguments], relaxed: bool) -> Result:
    if any(isinstance(argument, list) for argument in args):
        return _newest(wrapper).__dict__["__wrapped__"](*args)
    # Machine code that calls another function is of no use to a kernel that has another of it.
    keep = not any(callable(argument) for argument in args)
    return code_to_call(wrapper, relaxed=relaxed, keep=keep)(*args)


def _machine_code(plain: types.FunctionType, relaxed: bool, keep: bool) -> Callable[..., Any]:
    """The function compiled by numba, in parallel if it has a loop over prange.

    keep: put what numba has made of a module's function into __pycache__, so that the next kernel
    need not wait for it, under a fingerprint of the code: numba goes by the date of the file, which
    may be younger than the code that a running kernel holds.
    """
    import numba
    from numba.core.cpu_options import ParallelOptions

    options: dict[str, Any] = {}
    code, scope = plain.__code__, plain.__globals__
    if relaxed:
        options = {"fastmath": RELAXED, "error_model": "numpy"}
    if "prange" in code.co_names:
        # numba knows a parallel loop by its own prange: compile a copy that finds this one instead.
        scope = scope | {"prange": numba.prange}
        # Not as a dict: numba would empty it while compiling, and then allow everything.
        options["parallel"] = ParallelOptions(dict.fromkeys(UNASKED, False))
    copy = types.FunctionType(code, scope, plain.__name__, plain.__defaults__, plain.__closure__)
    fingerprint = hashlib.sha256(marshal.dumps((code, relaxed), 2)).hexdigest()[:16]
    copy.__module__, copy.__qualname__ = plain.__module__, f"{plain.__qualname__}_{fingerprint}"
    machine = numba.njit(copy, **options)
    if keep and plain.__module__ != "__main__":  # a cell has no file
        with contextlib.suppress(RuntimeError):  # neither __pycache__ nor the home can be written
            machine.enable_caching()
    return machine


def _newest(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """The wrapper that the module holds today under this one's name, or else this one.

    %autoreload edits the function in the module, and may leave behind what was imported by name.
    """
    if wrapper.__module__ == "__main__":  # cells are not reloaded: a name given again is another
        return wrapper
    module = sys.modules.get(wrapper.__module__)
    newest = getattr(module, wrapper.__qualname__, wrapper)
    made_here = getattr(newest, "__code__", None) is wrapper.__code__
    return newest if made_here else wrapper
