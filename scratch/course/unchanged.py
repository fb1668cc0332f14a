"""Fingerprints of all that a cell of a notebook uses: the same after it, if it changed nothing.

A cell that takes long, and changes nothing that it uses, does the same when it is run again: the
tests need not wait for it twice. The random generators that everybody shares are not among what
a cell may use: `stir` sets them anew before every run, so that a cell which draws from them prints
something else than it has stored.
"""

import ast
import random
import sys
import types
from collections.abc import Mapping, Sequence

import joblib
import numpy as np

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def fingerprints(source: str, names: Mapping[str, object]) -> dict[str, str]:
    """Return a fingerprint of each value that a cell's code uses, out of a kernel's names.

    Functions that were defined in cells come with all that they use. A value without a fingerprint
    counts by its identity.
    """
    used: dict[str, str] = {}
    waiting = list(looked_up(source))
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


def looked_up(source: str) -> set[str]:
    """The names that the code of a cell looks up before it binds them itself.

    >>> sorted(looked_up("a = b\\nfor c in d:\\n    a += c\\n[e + f for e in a]"))
    ['b', 'd', 'f']
    """
    found = LookedUp()
    found.visit(ast.parse(without_magics(source)))
    return found.names


class LookedUp(ast.NodeVisitor):
    """Goes through code in the order in which it is run; what may not be run binds nothing."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.bound: set[str] = set()

    def visit_Module(self, node: ast.Module) -> None:
        """Go through the statements; assignments among them bind."""
        for statement in node.body:
            self.visit(statement)
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                self.bound |= stored_in(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Look up the value first."""
        for part in (node.value, *node.targets):
            self.visit(part)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Look up what is added to."""
        self.names |= stored_in(node.target) - self.bound
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        """Bind the target in the loop alone, which may have no turn."""
        self.visit(node.iter)
        self.visit_within(stored_in(node.target), [node.target, *node.body])
        self.visit_within(set(), node.orelse)

    def visit_comprehension_of(self, node: Comprehension) -> None:
        """Bind the targets inside."""
        self.visit(node.generators[0].iter)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inner = [part for g in node.generators for part in (g.target, g.iter, *g.ifs)]
        targets = set().union(*(stored_in(generator.target) for generator in node.generators))
        self.visit_within(targets, inner + results)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_comprehension_of

    def visit_within(self, names: set[str], nodes: Sequence[ast.AST]) -> None:
        """Visit nodes with names that are bound there, and not after them."""
        before, self.bound = self.bound, self.bound | names
        for node in nodes:
            self.visit(node)
        self.bound = before

    def visit_Name(self, node: ast.Name) -> None:
        """Note a name that is looked up."""
        if not isinstance(node.ctx, ast.Store) and node.id not in self.bound:
            self.names.add(node.id)


def stored_in(node: ast.AST) -> set[str]:
    """The names that are bound in a piece of code."""
    names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


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


def stir(number: int) -> None:
    """Set the generators of random, numpy and torch that everybody shares to a state by number."""
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(number)
