"""One source, two speeds: run a plain Python loop as it is, or compiled by numba from that source.

The trap this avoids: `fast = njit(plain)` freezes the code of `plain` at that moment, so a learner
who edits the loop sees no change until the kernel is restarted. Here the machine code is made when
the function is called and made again whenever the function's code object is another one.
"""

import functools
import importlib.util
import sys
import types
from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable)

prange = range  # of a compiled function: the turns of this loop are shared out among the cores

# All that numba would run in parallel unasked: it may change the order in which sums are taken.
UNASKED = "comprehension", "fusion", "inplace_binop", "numpy", "reduction", "setitem", "stencil"


def numba_is_available() -> bool:
    """Whether numba can be imported; without it compiled functions run as plain Python."""
    return importlib.util.find_spec("numba") is not None


def compiled(function: Function) -> Function:
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
    def either_speed(*args):
        # Looked up at each call, because %autoreload replaces the __dict__ of an edited function.
        state = _newest(either_speed).__dict__
        plain = state["__wrapped__"]
        if any(isinstance(argument, list) for argument in args) or not numba_is_available():
            return plain(*args)
        if state.get("compiled_code") is not plain.__code__:
            state["machine"], state["compiled_code"] = _machine_code(plain), plain.__code__
        return state["machine"](*args)

    return either_speed


def _machine_code(plain: Callable) -> Callable:
    """The function compiled by numba, in parallel if it has a loop over prange."""
    import numba
    from numba.core.cpu_options import ParallelOptions

    if "prange" not in plain.__code__.co_names:
        return numba.njit(plain)
    # numba knows a parallel loop by its own prange, so compile a copy that finds this one instead.
    scope = plain.__globals__ | {"prange": numba.prange}
    copy = types.FunctionType(plain.__code__, scope, None, plain.__defaults__, plain.__closure__)
    # Not as a dict: numba would empty it while compiling, and at the next types allow everything.
    return numba.njit(copy, parallel=ParallelOptions(dict.fromkeys(UNASKED, False)))


def _newest(wrapper: Callable) -> Callable:
    """The wrapper that the module holds today under this one's name, or else this one.

    %autoreload edits the function in the module, and may leave behind what was imported by name.
    """
    if wrapper.__module__ == "__main__":  # cells are not reloaded: a name given again is another
        return wrapper
    module = sys.modules.get(wrapper.__module__)
    newest = getattr(module, wrapper.__qualname__, None)
    made_here = getattr(newest, "__code__", None) is wrapper.__code__
    return newest if made_here else wrapper
