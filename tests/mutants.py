"""Small changes of a source, one at a time: each is a slip of the pen that a test should notice.

What is only read by people or by mypy stays as it is: docstrings, annotations, the texts of errors
and whatever else has three words or more, the colours and sizes of a figure. So does what only
claims that something is so: `assert`, and `strict=` of zip. A change keeps the number of lines.
"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

COMPARED = {
    ast.Lt: ("<", ["<=", ">="]), ast.LtE: ("<=", ["<", ">"]), ast.Gt: (">", [">=", "<="]),
    ast.GtE: (">=", [">", "<"]), ast.Eq: ("==", ["!="]), ast.NotEq: ("!=", ["=="]),
    ast.In: ("in", ["not in"]), ast.NotIn: ("not in", ["in"]), ast.Is: ("is", ["is not"]),
    ast.IsNot: ("is not", ["is"]),
}  # fmt: skip
COMPUTED = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "*"), ast.Pow: ("**", "*"), ast.MatMult: ("@", "*"),
    ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.BitXor: ("^", "&"),
    ast.LShift: ("<<", ">>"), ast.RShift: (">>", "<<"),
}  # fmt: skip
SIGNS = {ast.Not: "not", ast.USub: "-", ast.Invert: "~"}
PAIRS = (
    "min max", "any all", "minimum maximum", "argmin argmax", "floor ceil", "zeros ones",
    "startswith endswith", "append extend",
)  # fmt: skip
SWAPPED = dict(pair.split() for pair in PAIRS) | dict(pair.split()[::-1] for pair in PAIRS)
LOOKS = {  # of a figure: arguments whose numbers and names are a matter of taste
    "alpha", "arrowprops", "bbox", "color", "cmap", "edgecolor", "edgecolors", "facecolor",
    "fontsize", "frameon", "ha", "linestyle", "linewidth", "linewidths", "loc", "lw", "marker",
    "markeredgecolor", "markersize", "mec", "mew", "ncols", "pad", "rotation", "s", "textcoords",
    "va", "zorder",
}  # fmt: skip
LITERAL = (
    ast.Constant, ast.Name, ast.Load, ast.Dict, ast.List, ast.Tuple, ast.UnaryOp, ast.USub,
)  # fmt: skip
FOR_PEOPLE = re.compile(r"\w\W+\w.*?\s\S*\w")  # three words
OF_TYPES = ("TypeVar", "ParamSpec", "NewType", "cast")
OF_ERRORS = re.compile(r"(Error|Warning|Exception|^warn|^print)$")


class Mutant(NamedTuple):
    line: int
    place: str  # the function, as Class.method; empty outside of any
    before: str  # the lines that change, in one
    after: str
    text: str  # the whole source

    def shown(self) -> str:
        return f"{self.place}: {self.before} → {self.after}".removeprefix(": ")


def mutants(text: str) -> list[Mutant]:
    """All mutants of a source that Python can read, in the order of its lines."""
    found: dict[str, Mutant] = {}
    for place, start, end, new in _Changes(text).found:
        # As many lines as before, so that all other functions keep their numbers.
        new += "\\\n" * (text.count("\n", start, end) - new.count("\n"))
        changed = text[:start] + new + text[end:]
        try:
            ast.parse(changed)
        except SyntaxError:
            continue
        first = text.rfind("\n", 0, start) + 1
        last = end + len(text[end:].partition("\n")[0])
        lines = text[first:last], changed[first : last + len(changed) - len(text)]
        before, after = map(_in_one_line, lines)
        number = text.count("\n", 0, start) + 1
        found.setdefault(changed, Mutant(number, place, before, after, changed))
    return sorted(found.values(), key=lambda mutant: mutant.line)


def any_mutants(text: str) -> bool:
    """Whether a source has any: much quicker than to make them."""
    return bool(_Changes(text).found)


def _in_one_line(lines: str) -> str:
    """Lines of a source as one, without their comments."""
    code = (re.sub(r"(\s\s# .*|\\)$", "", line) for line in lines.split("\n"))
    return " ".join(" ".join(code).split())


class _Changes(ast.NodeVisitor):
    """All changes, as (place, start, end, new text)."""

    def __init__(self, text: str):
        self.text, self.place, self.bound = text, "", set[str]()
        self.starts = [0]
        for line in text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.lines = [line.encode() for line in text.split("\n")]
        self.found: list[tuple[str, int, int, str]] = []
        self.visit(ast.parse(text))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends; ast counts bytes."""
        places = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
        begin, end = (
            self.starts[row - 1] + len(self.lines[row - 1][:byte].decode()) for row, byte in places
        )
        return begin, end

    def put(self, node: ast.AST, new: str) -> None:
        self.found.append((self.place, *self.span(node), new))

    def insert(self, node: ast.AST, new: str) -> None:
        self.found.append((self.place, self.span(node)[0], self.span(node)[0], new))

    def between(self, left: ast.AST, right: ast.AST, old: str, new: str) -> None:
        """Replaces an operator, which ast does not know the place of."""
        start, end = self.span(left)[1], self.span(right)[0]
        pattern = re.escape(old).replace("\\ ", r"\s+")
        changed = re.sub(pattern, lambda _: new, self.text[start:end], count=1)
        self.found.append((self.place, start, end, changed))

    def visit(self, node: ast.AST) -> None:
        if not _is_left_out(node):
            super().visit(node)

    def visit_all(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    # Definitions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outside = self.place, self.bound
        self.place, self.bound = f"{self.place}.{node.name}".lstrip("."), set()
        self.visit_all(*node.decorator_list, node.args, *node.body)  # not node.returns
        self.place, self.bound = outside

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outside, self.place = self.place, f"{self.place}.{node.name}".lstrip(".")
        self.generic_visit(node)
        self.place = outside

    def visit_arg(self, node: ast.arg) -> None:  # not its annotation
        self.bound.add(node.arg)

    # Statements

    def visit_Assign(self, node: ast.Assign) -> None:
        names = {part.id for target in node.targets for part in _names(target)}
        # What a name held before is a good answer; without any, each test would see the NameError.
        if names <= self.bound:
            self.put(node, "pass")
        self.bound |= names
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit_all(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.put(node, "pass")
        old, new = COMPUTED[type(node.op)]
        self.between(node.target, node.value, f"{old}=", f"{new}=")
        self.between(node.target, node.value, f"{old}=", "=")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call | ast.Await):
            self.put(node, "pass")
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.put(node, "pass")  # and no other: the rest is its message

    def visit_Delete(self, node: ast.Delete) -> None:
        self.put(node, "pass")

    def visit_Return(self, node: ast.Return) -> None:
        is_none = isinstance(node.value, ast.Constant) and node.value.value is None
        if node.value is None:
            self.put(node, "pass")
        elif not is_none:
            self.put(node.value, "None")
        self.generic_visit(node)

    def visit_Break(self, node: ast.Break) -> None:
        self.put(node, "continue")

    def visit_Continue(self, node: ast.Continue) -> None:
        self.put(node, "break")

    def visit_For(self, node: ast.For) -> None:
        self.bound |= {part.id for part in _names(node.target)}
        self.generic_visit(node)

    # Conditions

    def condition(self, test: ast.expr) -> None:
        """Turns it round, unless that is what another change does to it anyway."""
        is_compared = isinstance(test, ast.Compare) and len(test.ops) == 1
        is_turned = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        if not (is_compared or is_turned or isinstance(test, ast.Constant)):
            start, end = self.span(test)
            self.found.append((self.place, start, end, f"not ({self.text[start:end]})"))

    def visit_If(self, node: ast.If | ast.While | ast.IfExp) -> None:
        self.condition(node.test)
        self.generic_visit(node)

    visit_While = visit_IfExp = visit_If

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self.condition(test)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        here, other, nothing = "and", "or", "True"
        if isinstance(node.op, ast.Or):
            here, other, nothing = "or", "and", "False"
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.between(left, right, here, other)
        for value in node.values:
            self.put(value, nothing)  # as if it were not there
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        parts = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, parts, parts[1:], strict=False):
            old, others = COMPARED[type(op)]
            for new in others:
                self.between(left, right, old, new)
        self.generic_visit(node)

    # Numbers, texts, calls

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.between(node.left, node.right, *COMPUTED[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if sign := SIGNS.get(type(node.op)):
            start, end = self.span(node)[0], self.span(node.operand)[0]
            text = self.text[start:end].replace(sign, "", 1).lstrip()
            self.found.append((self.place, start, end, text))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self.put(node, str(not value))
        elif isinstance(value, int):
            self.put(node, str(value + 1))
            self.put(node, str(value - 1))
        elif isinstance(value, float):
            self.put(node, repr(value + 1.0))
            self.put(node, "-1.0" if value == 0 else "0.0")
        elif isinstance(value, bytes):
            self.insert(node, 'b"XX" ')
        elif isinstance(value, str) and not FOR_PEOPLE.search(value):
            self.insert(node, '"XX" ')

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        # Not what is in it: before Python 3.12, ast does not know where that stands.
        parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
        if not FOR_PEOPLE.search(" x ".join(parts)):
            self.insert(node, '"XX" ')

    def visit_Slice(self, node: ast.Slice) -> None:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.put(part, "")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if (name := _called(node)) in SWAPPED:
            end = self.span(node.func)[1]
            self.found.append((self.place, end - len(name), end, SWAPPED[name]))
        for keyword in node.keywords:
            if keyword.arg is not None and not _is_left_out(keyword):
                self.without(keyword)
        self.generic_visit(node)

    def without(self, keyword: ast.keyword) -> None:
        start, end = self.span(keyword)
        if comma := re.match(r"\s*,\s*", self.text[end:]):
            end += comma.end()
        elif comma := re.search(r"\s*,\s*\Z", self.text[:start]):
            start = comma.start()
        self.found.append((self.place, start, end, ""))


def _names(target: ast.expr) -> Iterator[ast.Name]:
    """The names that an assignment binds."""
    for part in ast.walk(target):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part


def _called(node: ast.AST) -> str:
    """The name of what a call calls, without what stands before its last dot; or nothing."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _is_left_out(node: ast.AST) -> bool:
    """Whether nothing in a node is for a test to notice."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring, or the `...` of what is only declared
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.keyword):
        is_literal = all(isinstance(part, LITERAL) for part in ast.walk(node.value))
        return node.arg == "strict" or (node.arg in LOOKS and is_literal)
    if isinstance(node, ast.FunctionDef):
        return any(ast.unparse(mark).endswith("overload") for mark in node.decorator_list)
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.Assign):
        name = getattr(node.targets[0], "id", "")
        kind = node.value
        is_type = isinstance(kind, ast.Subscript | ast.BinOp) and re.match("[A-Z][a-z]", name)
        is_bare = not any(isinstance(part, ast.Call) for part in ast.walk(kind))
        return name == "__all__" or bool(is_type and is_bare)
    name = _called(node)
    return name in OF_TYPES or bool(OF_ERRORS.search(name))
