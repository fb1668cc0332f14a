"""One source, two speeds: run a plain Python loop as it is, or compiled by numba from that source.

The trap this avoids: `fast = njit(plain)` freezes the code of `plain` at that moment, so a learner
who edits the loop sees no change until the kernel is restarted. Here the machine code is made when
the function is called and made again whenever the function's code object is another one.
"""

import contextlib
import functools
import hashlib
import importlib.util
import inspect
import marshal
import os
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, overload

import numpy as np

from scratch.checking.contracts import Contract
from scratch.checking.decorator import newest
from scratch.checking.wishes import shown

CHECK_BOUNDS = "SCRATCH_CHECK_BOUNDS"  # the environment variable

# What a compiled function may be given: plain lists, or arrays, which are faster.
Indices = list[int] | np.ndarray
Numbers = list[float] | np.ndarray
Table = list[list[float]] | np.ndarray

Loop = TypeVar("Loop", bound=Callable[..., Any])

prange = range  # of a compiled function: the turns of this loop are shared out among the cores

# All that numba would run in parallel unasked: it may change the order in which sums are taken.
UNASKED = "comprehension", "fusion", "inplace_binop", "numpy", "reduction", "setitem", "stencil"


# What a relaxed sum may do; infinities and NaN it keeps, so that diverging training is found.
RELAXED = {"reassoc", "contract", "nsz", "arcp"}


def numba_is_available() -> bool:
    """Whether numba can be imported; without it compiled functions run as plain Python."""
    return importlib.util.find_spec("numba") is not None


@overload
def compiled(contract: Loop) -> Loop: ...


@overload
def compiled(contract: str, changes: str = "") -> Callable[[Loop], Loop]: ...


def compiled(contract: Any, changes: str = "") -> Any:
    """Decorator: compile a function when its sequences are NumPy arrays, else run it as written.

    contract: the arrays that it may be given, as in `scratch.checking.contracts`; changes: those
    that it writes into. Both are looked at before it runs, so that no index leads out of an array.
    Without a contract, as plain `@compiled`, every index is looked at in the loop instead.

    A call in which any argument is a list runs the plain Python, which also takes arrays through
    `function.__wrapped__`. The arithmetic is strict (no reordering), so both ways give the same
    float64 result to the last bit, but for two things: a float to a whole power, which is
    multiplied out (write 0.9 ** float(n)), and whole numbers that overflow. The function must be
    self-contained: it may call builtins and NumPy, not other functions or names of its module,
    whose later edits the machine code would not see.
    Introduced in notebook 04.

    A loop `for i in prange(n)` runs on all cores, in no set order (from notebook 09). If each of
    its turns writes nothing but its own row, the result is still the same to the last bit with any
    number of cores; a sum across turns would not be. Processes that run such loops must be started
    anew (spawn, as on Windows): a copy (fork) of one in which a loop has run raises RuntimeError.
    Where numba has neither OpenMP nor TBB, only one thread at a time may call such loops.

    While you edit a loop, set the environment variable SCRATCH_CHECK_BOUNDS to 1 (in a notebook:
    `%env SCRATCH_CHECK_BOUNDS=1`). Then every index is looked at in the loop as well: two to four
    times as slow, and a slip of the pen is an IndexError, not the end of the kernel.
    """
    if callable(contract):
        return _either_speed(contract, None)
    if not (isinstance(contract, str) and isinstance(changes, str)):
        raise TypeError(
            f"contract and changes must be texts, got {shown(contract)} and {shown(changes)}"
        )
    return functools.partial(_either_speed, contract=Contract(contract, changes))


def relaxed(function: Loop) -> Loop:
    """The same source as a `compiled` function, but its sums may be taken in any order.

    Then several terms are added at once, which is faster, most of all in float32. The last digits
    of the result are those of the machine it ran on, so what a lesson prints should not hang on
    them. Edits of the source show as they do in `compiled`. Introduced in notebook 11.
    """

    _state(function)

    def any_order(*args: Any, **kwargs: Any) -> Any:
        return _run(function, args, kwargs, relaxed=True)

    return cast(Loop, any_order)


def code_to_call(function: Loop, *, relaxed: bool = False, keep: bool = True) -> Loop:
    """What a `compiled` function runs for arrays, without a look at them.

    To hand to another compiled function, or to call again and again with arrays that are right by
    the way they were made. keep: for the next kernel, in a file. Where numba is missing it is the
    plain Python. Raises RuntimeError for a parallel loop in a process that was forked from one in
    which such a loop had run.
    """
    if not (isinstance(relaxed, bool) and isinstance(keep, bool)):
        raise TypeError(f"relaxed and keep must be True or False, got {relaxed!r} and {keep!r}")
    state = _state(function)
    plain = state["__wrapped__"]
    if not numba_is_available():
        return cast(Loop, plain)
    if _is_parallel(plain):
        _check_process(plain.__name__)
    bounds = state["contract"] is None or os.environ.get(CHECK_BOUNDS, "") not in ("", "0")
    machine, made_of = ("relaxed", "relaxed_of") if relaxed else ("machine", "machine_of")
    code, had_bounds = state.get(made_of, (None, False))
    if code is not plain.__code__ or had_bounds is not bounds:
        state[machine] = _machine_code(plain, relaxed, bounds, keep)
        state[made_of] = plain.__code__, bounds
    return cast(Loop, state[machine])


def check_call(function: Callable[..., Any], *args: Any) -> None:
    """Look at the arguments of a `compiled` function as a call would, and do not run it.

    Before `code_to_call`. Raises TypeError, ValueError or IndexError.
    """
    state = _state(function)
    _, given = _bound(state["__wrapped__"], args, {})
    if state["contract"] is not None:
        state["contract"].check(given)


def _either_speed(function: Callable[..., Any], contract: Contract | None) -> Callable[..., Any]:
    @functools.wraps(function)
    def either_speed(*args: Any, **kwargs: Any) -> Any:
        return _run(either_speed, args, kwargs, relaxed=False)

    either_speed.__dict__["contract"] = contract
    return either_speed


def _run(
    wrapper: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], relaxed: bool
) -> Any:
    state = _state(wrapper)
    plain = state["__wrapped__"]
    args, given = _bound(plain, args, kwargs)
    if state["contract"] is not None:
        state["contract"].check(given)
    if any(isinstance(argument, list) for argument in args):
        return plain(*args)
    # Machine code that calls another function is of no use to a kernel that has another of it.
    keep = not any(callable(argument) for argument in args)
    code = code_to_call(wrapper, relaxed=relaxed, keep=keep)
    try:
        return code(*args)
    except Exception as problem:
        raise _told(problem, plain, given) from None


def _state(function: Callable[..., Any]) -> dict[str, Any]:
    """What a `compiled` function keeps; raises TypeError for any other."""
    # Looked up at each call, because %autoreload replaces the __dict__ of an edited function.
    if "contract" in getattr(function, "__dict__", {}):
        return newest(function).__dict__
    raise TypeError(f"the function {shown(function)} is no compiled loop: decorate it so")


def _bound(
    plain: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments in their order, and by name; raises TypeError for those that do not fit."""
    code = plain.__code__
    if not kwargs and len(args) == code.co_argcount:  # quicker
        return args, dict(zip(code.co_varnames, args, strict=False))
    try:
        bound = inspect.signature(plain).bind(*args, **kwargs)
    except TypeError as problem:
        raise TypeError(f"{plain.__name__}: {problem}") from None
    bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(
            f"{plain.__name__}: {min(bound.kwargs)} can be given by name alone, which numba does "
            "not know: leave the * in front of it out"
        )
    return bound.args, bound.arguments


def _told(problem: Exception, plain: Callable[..., Any], given: Mapping[str, Any]) -> Exception:
    """What goes wrong in machine code, in words; what the loop itself raises, as it is."""
    name = plain.__name__
    if isinstance(problem, IndexError) and str(problem) == "index is out of bounds":
        return IndexError(
            f"{name} has used an index that is outside of its array: call it with lists instead of "
            "arrays, and plain Python will say in which line"
        )
    # Of float16, numba says no more than this.
    if type(problem).__module__.startswith("numba.") or type(problem) is NotImplementedError:
        kinds = ", ".join(f"{key} {_kind(value)}" for key, value in given.items())
        reason = " ".join(line.strip() for line in str(problem).splitlines()[:2])
        return TypeError(
            f"{name} can't be compiled for {kinds}: {reason} … Call it with lists instead of "
            "arrays, and plain Python will run it as it stands"
        )
    return problem


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"({value.ndim} axes of {value.dtype})"
    return f"({type(value).__name__})"


def _is_parallel(plain: types.FunctionType) -> bool:
    return "prange" in plain.__code__.co_names


@functools.cache
def _first_process() -> int:
    """The process that has run the first parallel loop."""
    return os.getpid()


def _check_process(name: str) -> None:
    """Raise RuntimeError in a copy (fork) of a process whose threads it has not got."""
    if _first_process() == os.getpid():
        return
    from numba.np.ufunc.parallel import threading_layer

    try:
        layer = threading_layer()
    except ValueError:  # it has been compiled, but has not run
        _first_process.cache_clear()
        return
    if layer == "omp":  # the others, TBB and the work queue, start anew; this one ends the process
        raise RuntimeError(
            f"{name} can't run on all cores here: this process was forked from one in which such a "
            'loop had run. Start it anew instead: multiprocessing.get_context("spawn")'
        )


def _machine_code(
    plain: types.FunctionType, relaxed: bool, bounds: bool, keep: bool
) -> Callable[..., Any]:
    """The function compiled by numba, in parallel if it has a loop over prange.

    bounds: look at every index. keep: put what numba has made of a module's function into
    __pycache__, so that the next kernel need not wait for it, under a fingerprint of the code:
    numba goes by the date of the file, which may be younger than the code that a running kernel
    holds.
    """
    import numba
    from numba.core.cpu_options import ParallelOptions

    if getattr(numba.config, "DISABLE_JIT", 0):  # as whoever looks for a mistake may have asked
        return plain
    options: dict[str, Any] = {"boundscheck": bounds}
    code, scope = plain.__code__, plain.__globals__
    if relaxed:
        options |= {"fastmath": RELAXED, "error_model": "numpy"}
    # An error in a turn of a parallel loop would be lost; here the turns come one after the other.
    if _is_parallel(plain) and not bounds:
        # numba knows a parallel loop by its own prange: compile a copy that finds this one instead.
        scope = scope | {"prange": numba.prange}
        # Not as a dict: numba would empty it while compiling, and then allow everything.
        options["parallel"] = ParallelOptions(dict.fromkeys(UNASKED, False))
    copy = types.FunctionType(code, scope, plain.__name__, plain.__defaults__, plain.__closure__)
    fingerprint = hashlib.sha256(marshal.dumps((code, relaxed, bounds), 2)).hexdigest()[:16]
    copy.__module__, copy.__qualname__ = plain.__module__, f"{plain.__qualname__}_{fingerprint}"
    machine = numba.njit(copy, **options)
    if keep and plain.__module__ != "__main__":  # a cell has no file
        with contextlib.suppress(RuntimeError):  # neither __pycache__ nor the home can be written
            machine.enable_caching()
    return machine
