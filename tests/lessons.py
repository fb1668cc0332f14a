"""A lesson as far as a piece of code needs it: the cells of its notebook that make the names used.

So a solution is tried in its own notebook without running all of it. This rests on the rules that
no two cells bind the same name, and that none changes what an earlier one has made.
"""

import ast
import builtins
import contextlib
import inspect
import io
import symtable
import types
from pathlib import Path

import nbformat

from scratch.course.unchanged import without_magics
from scratch.exercises.cells import places

ROOT = Path(__file__).parents[1]


class Lesson:
    """The cells of a notebook before its exercises; those that were needed have been run."""

    def __init__(self, path: Path):
        cells = nbformat.read(path, as_version=4).cells
        begin, _ = places(cells)
        self.path = path
        self.cells = [without_magics(c.source) for c in cells[:begin] if c.cell_type == "code"]
        self.uses = [names_used(source) for source in self.cells]
        self.makers: dict[str, list[int]] = {}
        for place, source in enumerate(self.cells):
            for name in names_made(source):
                self.makers.setdefault(name, []).append(place)
        self.space = {"__name__": "__main__", "display": lambda *_: None}
        self.done: set[int] = set()
        self.solved: dict[str, dict] = {}  # by exercise, the names after its solution

    def needed(self, names: set[str]) -> list[int]:
        """The places of the cells that make these names, and of those that these need in turn."""
        places, waiting = set(), set(names)
        while waiting:
            new = set(self.makers.get(waiting.pop(), ())) - places
            places |= new
            waiting |= {name for place in new for name in self.uses[place]}
        return sorted(places)

    def names_for(self, code: str) -> dict:
        """A namespace of its own for this code, in which the notebook's names are."""
        with contextlib.redirect_stdout(io.StringIO()):
            for place in self.needed(names_used(code)):
                if place not in self.done:
                    exec(
                        compile(self.cells[place], f"{self.path.name}[{place}]", "exec"), self.space
                    )
                    self.done.add(place)
        return dict(self.space)


def table_of(source: str) -> symtable.SymbolTable:
    """What Python knows of the names in the code, the same in each version.

    From 3.12 on the variable of a comprehension counts among those around it; that of a generator
    does not.
    """
    return symtable.symtable(ast.unparse(AsGenerators().visit(ast.parse(source))), "cell", "exec")


class AsGenerators(ast.NodeTransformer):
    """Makes generators of all comprehensions."""

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.GeneratorExp:
        self.generic_visit(node)
        return ast.GeneratorExp(node.elt, node.generators)

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.GeneratorExp:
        self.generic_visit(node)
        return ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators)


def names_used(source: str) -> set[str]:
    """All names that the code needs from elsewhere: neither local to a function, nor its own."""
    used, top = set(), table_of(source)
    tables = [top]
    while tables:
        table = tables.pop()
        used |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (table is top or symbol.is_global())
        }
        tables += table.get_children()
    own = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned()}
    return used - own - set(dir(builtins))


def names_made(source: str) -> set[str]:
    """All names that a cell binds, or into whose objects it stores something, outside functions."""
    table = table_of(source)
    names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    names |= {child.get_name() for child in table.get_children()} & set(table.get_identifiers())
    inside = list(ast.parse(source).body)
    while inside:
        node = inside.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            names |= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        inside += ast.iter_child_nodes(node)
    return names - {"fig", "ax", "axes", "_"}


@contextlib.contextmanager
def edited(place: str, code: str):
    """The module of the package in this file with these definitions, as if a learner had saved it.

    A function keeps its identity and gets the new code, as %autoreload does it, so that whoever
    imported it earlier sees the edit as well. Afterwards everything is as before.
    """
    import importlib

    module = importlib.import_module(place.removesuffix(".py").replace("/", "."))
    before = dict(vars(module))
    kept = []
    try:
        exec(compile(code, place, "exec"), vars(module))
        for name, new in list(vars(module).items()):
            old = before.get(name)
            if old is new or old is None:
                continue
            old_plain, new_plain = inspect.unwrap(old), inspect.unwrap(new)
            if isinstance(old, types.FunctionType) and isinstance(new_plain, types.FunctionType):
                kept.append((old_plain, state(old_plain)))
                set_state(old_plain, state(new_plain))
                setattr(module, name, old)
            elif isinstance(old, type) and isinstance(new, type):
                kept.append((old, dict(vars(old))))
                for key, value in vars(new).items():
                    if key not in ("__dict__", "__weakref__", "__module__", "__doc__"):
                        setattr(old, key, value)
                setattr(module, name, old)
        yield module
    finally:
        for old, values in kept:
            if isinstance(old, type):
                for key in set(vars(old)) - set(values):
                    delattr(old, key)
                for key, value in values.items():
                    if key not in ("__dict__", "__weakref__", "__module__", "__doc__"):
                        setattr(old, key, value)
            else:
                set_state(old, values)
        for name in set(vars(module)) - set(before):
            delattr(module, name)
        vars(module).update(before)


def state(function: types.FunctionType) -> tuple:
    return function.__code__, function.__defaults__, function.__kwdefaults__


def set_state(function: types.FunctionType, values: tuple) -> None:
    function.__code__, function.__defaults__, function.__kwdefaults__ = values


def last_expression(code: str) -> tuple[str, str]:
    """The code without its last statement, and that statement, which is an expression."""
    body = ast.parse(code).body
    assert body and isinstance(body[-1], ast.Expr), "the last statement is no expression"
    lines = code.split("\n")
    start = body[-1].lineno - 1
    return "\n".join(lines[:start]), "\n".join(lines[start:])
