"""Fingerprints of all that a cell of a notebook uses: the same after it, if it changed nothing.

A cell that takes long, and changes nothing that it uses, does the same when it is run again: the
tests need not wait for it twice.
"""

import ast
import sys
import types
from collections.abc import Mapping

import joblib
import numpy as np


def fingerprints(source: str, names: Mapping[str, object]) -> dict[str, str]:
    """Return a fingerprint of each value that a cell's code uses, out of a kernel's names.

    Functions that were defined in cells come with all that they use. So do the states of the
    random generators that everybody shares. A value without a fingerprint counts by its identity.
    """
    used = {"the shared generators": joblib.hash(shared_generators())}
    waiting = list(names_in(ast.parse(without_magics(source))))
    while waiting:
        name = waiting.pop()
        if name in used or name not in names:
            continue
        value = names[name]
        used[name] = of_value(value)
        if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
            waiting += names_in_code(value.__code__)
    return used


def without_magics(source: str) -> str:
    """The code without lines that are IPython's own."""
    return "\n".join("" if line.startswith(("%", "!")) else line for line in source.split("\n"))


def names_in(tree: ast.AST) -> set[str]:
    """All names in the code, those that it binds anew and those inside its functions as well."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def names_in_code(code: types.CodeType) -> set[str]:
    """All global names that a function looks up, in the functions inside it as well."""
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*map(names_in_code, inner))


def of_value(value: object) -> str:
    """The fingerprint of one value; of modules, functions and classes, their identity."""
    if isinstance(value, types.ModuleType | types.FunctionType | type):
        return str(id(value))
    try:
        return joblib.hash(value)
    except Exception:  # whatever an object says that cannot be taken apart
        return str(id(value))


def shared_generators() -> list:
    """The states of the generators of random, numpy and torch that have no owner."""
    states = [sys.modules["random"].getstate()] if "random" in sys.modules else []
    states.append(np.random.get_state())  # noqa: NPY002
    if "torch" in sys.modules:
        states.append(sys.modules["torch"].get_rng_state().numpy())
    return states
