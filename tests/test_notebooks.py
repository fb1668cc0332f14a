"""What nbval cannot see: the conventions, and that notebooks teach the code of the package."""

import ast
import difflib
import itertools
import re
import statistics
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from scratch.course.unchanged import without_magics

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LABELS = ("**You will do**", "**You will learn**", "**You need**", "**Minutes**")
ENDING = ("## Summary", "## Quiz", "## Exercises", "## Further reading")
MOST_LINES = 15  # of a code cell, for a projector
FIGURES = 3  # at least
REUSED = {"fig", "ax", "axes", "_"}  # names that may be bound anew in any cell
AUTORELOAD = "%load_ext autoreload\n%autoreload 2 --full"
# Where loops are compiled that learners may edit: no index then leads out of an array.
LOOPS = {"04", "05", "09"}
CHECK_BOUNDS = "\n%env SCRATCH_CHECK_BOUNDS=1"
COLLAPSED = {"source_hidden": True}
UNCOLLAPSED_LINES = 3  # the cell of imports is stored collapsed if it is longer
WIDTH = 100  # a longer line wraps inside words in JupyterLab beside its file browser, 1366 px wide
# What a reader wants to open who sees a folder of the package imported.
FILES = {
    "scratch.datasets": "scratch.datasets.loaders",
    "scratch.evaluation": "scratch.evaluation.protocol",
    "scratch.plots": "scratch.plots.__init__",
}
UNSTORED = {"nbval-ignore-output", "no-stored-output"}  # together: seconds, say, differ every time


def code_lines(cell) -> int:
    return sum(bool(line.strip()) for line in cell.source.split("\n"))


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def output_text(output) -> str:
    return output.get("text", "") + output.get("data", {}).get("text/plain", "")


def problems_of_execution(notebook) -> list[str]:
    """It was run top to bottom in one go, on the real data, without errors or warnings."""
    cells = code_cells(notebook)
    counts = [cell.execution_count for cell in cells]
    problems = []
    if counts != list(range(1, len(cells) + 1)):
        problems.append(
            f"execution counts are {counts}: `python -m scratch.course refresh` runs it in one go"
        )
    for number, cell in enumerate(cells, 1):
        for output in cell.outputs:
            text = output_text(output) + output.get("data", {}).get("text/html", "")
            if output.output_type == "error":
                problems.append(f"code cell {number} stores an error")
            if output.get("name") == "stderr":
                problems.append(f"code cell {number} stores a message on stderr: {text[:60]}")
            if "stand-in" in text.lower():
                problems.append(f"code cell {number} was run on the stand-in")
            if re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text):
                problems.append(f"code cell {number} prints a path of one machine")
            longest = max(map(len, output_text(output).split("\n")))
            if longest > WIDTH:
                problems.append(f"code cell {number} prints a line of {longest} characters")
        tags = UNSTORED.intersection(cell.metadata.get("tags", []))
        if tags and tags != UNSTORED:
            problems.append(f"code cell {number} is tagged {tags}: use both or neither")
        if tags and cell.outputs:
            problems.append(f"code cell {number} stores an output that differs from run to run")
    return problems


def problems_of_form(notebook) -> list[str]:
    """It opens and ends as it should, and prose and code alternate in small portions."""
    cells, problems = notebook.cells, []
    opening = cells[0].source
    if cells[0].cell_type != "markdown" or not opening.startswith("# "):
        problems.append("does not open with a title")
    problems += [f"the opening lacks {label}" for label in LABELS if label not in opening]
    if "?" not in opening.split(LABELS[0])[0]:
        problems.append("no question of a person comes before what you will do")
    if not cells[1].source.startswith(("import ", "from ")) or (
        cells[2].source not in (AUTORELOAD, AUTORELOAD + CHECK_BOUNDS)
    ):
        problems.append("imports and autoreload are not cells 2 and 3")
    titles = [i for i, cell in enumerate(cells) if cell.source.startswith(ENDING)]
    if [cells[i].source.split("\n")[0] for i in titles] != list(ENDING):
        problems.append(f"does not end with cells that begin {', '.join(ENDING)}")
    elif cells[titles[0]].source.count("\n- ") != 3:
        problems.append("the summary has not three bullets")
    lesson = cells[3 : titles[0] if titles else None]
    lengths = [code_lines(cell) for cell in lesson if cell.cell_type == "code"]
    if (longest := max(map(code_lines, code_cells(notebook)))) > MOST_LINES:
        problems.append(f"a code cell has {longest} lines")
    if not 2 <= statistics.median(lengths) <= 5:
        problems.append(f"the median code cell has {statistics.median(lengths)} lines")
    if 2 * len(lengths) > len(lesson):
        problems.append(f"{len(lengths)} of {len(lesson)} cells are code: too little text")
    for i, three in enumerate(zip(cells[3:], cells[4:], cells[5:], strict=False), 3):
        if all(cell.cell_type == "code" for cell in three):
            problems.append(f"no text between cells {i} and {i + 2}")
    figures = 0
    for i, (cell, following) in enumerate(itertools.pairwise(cells)):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            figures += 1
            if not following.source.startswith("**Figure:** "):
                problems.append(f"the figure of cell {i} has no text under it")
            if not cell.source.endswith("plt.show()"):
                problems.append(f"cell {i} draws a figure and does not end with plt.show()")
    if figures < FIGURES:
        problems.append(f"it stores {figures} figures: draw at least {FIGURES}, and refresh it")
    return problems


def problems_of_sections(notebook) -> list[str]:
    """Sections are numbered 1, 2, 3, … without a gap: a heading that an edit lost is missed."""
    headings = r"^## (\d+)\. "
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    numbers = [int(number) for number in re.findall(headings, text, flags=re.MULTILINE)]
    if numbers != list(range(1, len(numbers) + 1)):
        return [f"the sections are numbered {numbers}"]
    return []


def names_bound(source: str) -> set[str]:
    """What a cell binds for later cells: not the variables of loops, not what it only changes."""
    names = set()
    for node in ast.parse(without_magics(source)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        inside = [node]
        while inside:
            one = inside.pop()
            if isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                stored = (n for target in targets for n in ast.walk(target))
                names |= {n.id for n in stored if isinstance(n, ast.Name) and is_stored(n)}
            elif isinstance(one, ast.alias):
                names.add(one.asname or one.name)
            nested = ast.FunctionDef | ast.ClassDef | ast.Lambda
            inside += [n for n in ast.iter_child_nodes(one) if not isinstance(n, nested)]
    return names - REUSED


def is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def filled_in_loops(source: str) -> set[str]:
    """Names that a cell binds to something empty, for a loop of its own to fill."""
    body = ast.parse(without_magics(source)).body
    empty = {
        name.id
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in ("{}", "[]", "set()")
        for name in node.targets
        if isinstance(name, ast.Name)
    }
    return empty if any(isinstance(node, ast.For | ast.While) for node in body) else set()


def names_asked_for(source: str) -> set[str]:
    """What a cell takes from cells before it, and does not make itself."""
    tree = ast.parse(without_magics(source))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {name.id for name in names if is_stored(name)}
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {name.id for name in names} - made


def problems_of_halves(notebook) -> list[str]:
    """If a cell stops half way, the cells below must not go on with half of what it makes."""
    filled, problems = {}, []
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            for name in sorted(names_asked_for(cell.source) & filled.keys()):
                problems.append(
                    f"cell {filled[name]} fills {name} in a loop, and cell {i} goes on with it: "
                    "make it in one expression"
                )
            filled |= dict.fromkeys(filled_in_loops(cell.source), i)
    return problems


def problems_of_names(notebook) -> list[str]:
    """No name is bound by two cells: an edit to the first would be lost at the second."""
    bound, problems = {}, []
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            for name in sorted(names_bound(cell.source)):
                if name in bound:
                    problems.append(f"cells {bound[name]} and {i} both bind {name}")
                bound[name] = i
    return problems


def problems_of_links(notebook, folder: Path, name: str, names: list[str]) -> list[str]:
    """Relative links lead somewhere; the opening links to the neighbours and to the code used."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    links = [link for link in links if not link.startswith(("http://", "https://"))]
    problems = [f"link to missing {link}" for link in links if not (folder / link).exists()]
    place = names.index(name)
    wanted = names[max(place - 1, 0) : place] + names[place + 1 : place + 2]
    opening, last = notebook.cells[0].source, notebook.cells[-1].source.split("\n")[-1]
    wanted.append("../docs/glossary.md")
    unlinked = [other for other in wanted if f"]({other})" not in opening]
    problems += [f"the opening has no link to {other}" for other in unlinked]
    following = (names + names[:1])[place + 1]  # after the last one comes the first
    if not last.startswith("**Next:** ") or f"]({following})" not in last:
        problems.append(f"does not end with **Next:** and a link to {following}")
    code = "".join(line for line in opening.split("\n") if line.startswith("**The code** "))
    unnamed = [path for path in modules_used(notebook) if f"](../{path})" not in code]
    return problems + [f"**The code** in the opening does not link {path}" for path in unnamed]


def modules_used(notebook) -> list[str]:
    """The files of the package it imports from."""
    names = set()
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(without_magics(cell.source))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module == "scratch":
                names |= {f"scratch.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module)
    names -= {"scratch.exercises"}  # what the lesson is not about
    names = {FILES.get(name, name) for name in names if name.startswith("scratch.")}
    return sorted(f"{name.replace('.', '/')}.py" for name in names)


def problems_of_metadata(notebook) -> list[str]:
    """Nothing is stored that differs from machine to machine."""
    problems = []
    if set(notebook.metadata) != {"kernelspec", "language_info"}:
        problems.append(f"the notebook's metadata are {sorted(notebook.metadata)}")
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        problems.append("the kernel is not python3")
    if set(notebook.metadata.get("language_info", {})) != {"name"}:
        problems.append("language_info has something else than the language's name")
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) < len(ids):
        problems.append("cell ids are missing or not unique")
    for i, cell in enumerate(notebook.cells):
        rest = {key: value for key, value in cell.metadata.items() if key != "tags"}
        collapsed = i == 1 and len(cell.source.strip().splitlines()) > UNCOLLAPSED_LINES
        if collapsed and rest != {"jupyter": COLLAPSED}:
            problems.append(f"the imports are long and not stored collapsed: {rest}")
        elif rest and not collapsed:
            problems.append(f"metadata of cell {i}: {rest}")
    return problems


def problems_of_row(notebook, name: str, readme: str) -> list[str]:
    """The table of README.md has a row for it, with its minutes."""
    minutes = re.search(r"\*\*Minutes\*\* about (\d+)", notebook.cells[0].source)
    if minutes is None:
        return ["the opening does not say **Minutes** about how many, as a number"]
    link = rf"\[{name[:2]} [^]]+\]\(notebooks/{re.escape(name)}\)"
    row = re.search(rf"^\| {link} \|.*\| (\S+) \|$", readme, flags=re.MULTILINE)
    if row is None:
        example = f"| [{name[:2]} …](notebooks/{name}) | what one builds | data | {minutes[1]} |"
        return [f"README.md has no row for it in the table of notebooks: {example}"]
    if row[1] != minutes[1]:
        return [f"README.md says {row[1]} minutes, and the opening {minutes[1]}"]
    return []


class WithoutAnnotations(ast.NodeTransformer):
    """Makes `counts = {}` of `counts: dict[str, int] = {}`."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node  # the field of a class
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def definitions(source: str) -> dict[str, str]:
    """The top-level functions and classes, without docstrings, decorators and annotations."""
    found = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef | ast.ClassDef):
                inner.decorator_list = []
                if ast.get_docstring(inner) is not None:
                    inner.body = inner.body[1:] or [ast.Pass()]
            if isinstance(inner, ast.FunctionDef):
                inner.returns = None
            if isinstance(inner, ast.arg):
                inner.annotation = None
        found[node.name] = ast.unparse(WithoutAnnotations().visit(node))
    return found


def problems_of_copies(notebook, package: dict[str, str]) -> list[str]:
    """What is defined here under a name of the package is the package's code."""
    problems = []
    for cell in code_cells(notebook):
        for name, code in definitions(without_magics(cell.source)).items():
            if code != package.get(name, code):
                lines = difflib.unified_diff(
                    package[name].split("\n"), code.split("\n"), "package", "notebook", lineterm=""
                )
                problems.append("\n".join(lines))
    return problems


@pytest.fixture(scope="module")
def package() -> dict[str, str]:
    found, rooms = {}, {"course", "exercises", "teaching"}  # they hold nothing that is taught
    for path in (ROOT / "scratch").rglob("*.py"):
        if not rooms & set(path.relative_to(ROOT).parts):
            found |= definitions(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(params=PATHS, ids=lambda path: path.name)
def path(request) -> Path:
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_the_first_notebooks_are_there_and_no_number_is_missing():
    names = [path.stem for path in PATHS]
    first = ["00_start_here", "01_popularity", "02_user_based", "03_item_based"]
    assert names[:5] == [*first, "04_matrix_factorization"]
    numbers = [int(name[:2]) for name in names]
    assert numbers == list(range(len(names))), f"a number is missing or there twice: {numbers}"


def test_is_valid(notebook):
    nbformat.validate(notebook)


def test_was_executed_in_order_on_the_real_data(notebook):
    problems = problems_of_execution(notebook)
    assert not problems, "\n".join(problems)


def test_has_the_form_of_the_course(notebook):
    problems = problems_of_form(notebook) + problems_of_sections(notebook)
    problems += problems_of_names(notebook) + problems_of_halves(notebook)
    assert not problems, "\n".join(problems)


def test_links_lead_somewhere(notebook, path):
    names = [other.name for other in PATHS]
    problems = problems_of_links(notebook, path.parent, path.name, names)
    assert not problems, "\n".join(problems)


def test_metadata_are_normalised(notebook, path):
    problems = problems_of_metadata(notebook)
    cure = f"`python -m scratch.course clean notebooks/{path.name}` puts it right"
    assert not problems, "\n".join([*problems, cure])


def test_is_stored_as_make_refresh_stores_it(notebook, path):
    stored = path.read_text(encoding="utf-8")
    assert stored == nbformat.writes(notebook) + "\n", "`make refresh` would change every line"


def test_teaches_the_code_of_the_package(notebook, package):
    problems = problems_of_copies(notebook, package)
    assert not problems, "\n".join(problems)


def test_lessons_on_compiled_loops_have_every_index_looked_at(path, notebook):
    assert (CHECK_BOUNDS in notebook.cells[2].source) == (path.name[:2] in LOOPS)


def test_no_cell_makes_html_or_markdown_of_what_may_hold_titles(notebook):
    # A table escapes what is in it, a styled one does not.
    ways = re.compile(r"\b(HTML|Markdown|Latex|Javascript)\(|\.style\b|escape=False|to_html")
    assert [cell.source for cell in code_cells(notebook) if ways.search(cell.source)] == []
    shown = pd.DataFrame({"title": ["<script>alert(1)</script> & more"]})._repr_html_()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in shown


def test_is_listed_in_the_readme_with_its_minutes(path, notebook):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    problems = problems_of_row(notebook, path.name, readme)
    assert not problems, "\n".join(problems)


# The checks themselves: a notebook that keeps every convention, and one change that breaks each.


FIRST = "00_start_here.ipynb"
README = f"| notebook | minutes |\n|---|---|\n| [00 Start](notebooks/{FIRST}) | a list | 20 |\n"


def good_notebook():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    opening = "# Do it\n\n[Next](01_popularity.ipynb)\n\n*Why?* Because.\n\n" + "\n\n".join(
        [
            *(f"{label} about 20" for label in LABELS),
            "**The code** [dot](../scratch/linear_algebra.py)",
            "**Words** [glossary](../docs/glossary.md)",
        ]
    )
    imports = "import math\nfrom os import path\nfrom scratch.linear_algebra import dot"
    image = nbformat.v4.new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
    cells = [markdown(opening), code(imports), code(AUTORELOAD), markdown("A question.")]
    for _ in range(3):
        cells += [code("draw()\nplt.show()", outputs=[image]), markdown("**Figure:** a line.")]
    cells += [markdown("## Summary\n\n- a\n- b\n- c"), markdown("## Quiz\n\nThree questions.")]
    cells += [markdown("## Exercises\n\nTry them."), code("# 00.1: your code")]
    cells.append(
        markdown("## Further reading\n\n- d\n\n**Next:** [Popularity](01_popularity.ipynb)")
    )
    for number, cell in enumerate((c for c in cells if c.cell_type == "code"), 1):
        cell.execution_count = number
    kernel = {"name": "python3", "display_name": "Python 3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def all_problems(notebook) -> list[str]:
    return (
        problems_of_execution(notebook)
        + problems_of_form(notebook)
        + problems_of_sections(notebook)
        + problems_of_names(notebook)
        + problems_of_halves(notebook)
        + problems_of_links(notebook, ROOT / "notebooks", FIRST, [FIRST, "01_popularity.ipynb"])
        + problems_of_metadata(notebook)
        + problems_of_row(notebook, FIRST, README)
        + problems_of_copies(notebook, {"f": "def f(x):\n    return x"})
    )


def test_a_good_notebook_has_no_problems():
    assert all_problems(good_notebook()) == []


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def change(cell, **values):
    return lambda notebook: notebook.cells[cell].update(values)


def crowd(notebook):
    for i in (8, 6, 4):
        notebook.cells.insert(i, nbformat.v4.new_code_cell("look()"))


def halves(later):
    def break_it(notebook):
        notebook.cells[4].source = "x = []\nfor i in range(3):\n    x.append(i)\nplt.show()"
        notebook.cells[6].source = later + "\nplt.show()"

    return break_it


LAST = "## Further reading\n\n"


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (change(4, execution_count=None), "execution counts"),
        (change(4, execution_count=7), "execution counts"),
        (change(4, outputs=[nbformat.v4.new_output("error")]), "stores an error"),
        (change(4, outputs=[stream("careful", "stderr")]), "stderr"),
        (change(4, outputs=[stream("a STAND-IN")]), "stand-in"),
        (change(4, outputs=[stream("saved /home/me/x")]), "path of one machine"),
        (change(0, source="No title"), "title"),
        (change(0, source="# Title\n**You will do**"), "lacks **Minutes**"),
        (change(0, source="# Title\n**Minutes** some"), "does not say **Minutes** about how many"),
        (change(0, source="# Title\nOur story."), "the opening has no link to 01_popularity.ipynb"),
        (change(0, source="# Title\n**You will do** what?"), "no question"),
        (change(2, source="pass"), "autoreload"),
        (change(10, source="## Summary\n\n- one"), "bullets"),
        (change(11, source="Ask them."), "end with"),
        (change(12, source="Try them."), "end with"),
        (change(4, source="x = 1\n" * 15 + "plt.show()"), "16 lines"),
        (change(1, source="import math\n" * 17), "17 lines"),
        (change(4, source="plt.draw()"), "plt.show()"),
        (change(4, outputs=[]), "2 figures"),
        (change(5, source="Nothing about it."), "has no text under it"),
        (change(5, cell_type="code", source="", outputs=[], execution_count=3), "no text between"),
        (crowd, "too little text"),
        (change(5, source="**Figure:** a line.\n\n## 2. A gap\n\nWhy?"), "numbered [2]"),
        (change(3, source="[x](missing.ipynb)"), "missing.ipynb"),
        (change(0, source="# Title\n**The code** none"), "does not link scratch/linear_algebra.py"),
        (change(4, source="from scratch import pca"), "does not link scratch/pca.py"),
        (change(4, source="from scratch.datasets import f"), "link scratch/datasets/loaders.py"),
        (change(4, source="from scratch.evaluation import f"), "scratch/evaluation/protocol.py"),
        (change(4, source="from scratch import plots"), "link scratch/plots/__init__.py"),
        (change(14, source=LAST), "does not end with **Next:**"),
        (change(14, source=LAST + "**Next:** [2](02_user_based.ipynb)"), "link to 01_popularity"),
        (change(4, source="x = 1\nfor x in y:\n    plt.show()"), None),
        (change(4, source="def dot(): pass\nplt.show()"), "cells 1 and 4 both bind dot"),
        (change(4, source="(dot, x), z[0] = y\nplt.show()"), "both bind dot"),
        (change(4, source="for i in a:\n    dot = i\nplt.show()"), "both bind dot"),
        (halves("print(x)"), "cell 4 fills x in a loop, and cell 6 goes on with it"),
        (halves("def f():\n    return x"), "cell 4 fills x in a loop"),
        (halves("def f(x):\n    return x"), None),
        (change(4, metadata={"execution": {}}), "metadata of cell 4"),
        (change(4, metadata={"jupyter": COLLAPSED}), "metadata of cell 4"),
        (change(1, metadata={"jupyter": COLLAPSED}), "metadata of cell 1"),
        (change(1, source="import math\n" * 4), "not stored collapsed"),
        (change(4, outputs=[stream("short\n" + 101 * "x")]), "a line of 101 characters"),
        (change(4, metadata={"tags": sorted(UNSTORED)}), "differs from run to run"),
        (change(4, metadata={"tags": ["nbval-ignore-output"]}, outputs=[]), "both or neither"),
        (change(4, metadata={"tags": ["no-stored-output"]}, outputs=[]), "both or neither"),
        (change(4, source="def f(x: int):\n    'Doc.'\n    return -x\nplt.show()"), "return -x"),
    ],
)  # fmt: skip
def test_the_checks_find_what_they_look_for(break_it, problem):
    notebook = good_notebook()
    break_it(notebook)
    found = all_problems(notebook)
    if problem is None:
        assert found == []
    else:
        assert any(problem in text for text in found), found


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("00_start", "01_start", "has no row for it in the table of notebooks: | [00 …]"),
        ("[00", "[01", "README.md has no row"),
        ("| [00", "See [00", "README.md has no row"),
        ("20 |", "25 |", "README.md says 25 minutes, and the opening 20"),
    ],
)
def test_a_row_that_is_missing_or_says_other_minutes_is_found(old, new, problem):
    (found,) = problems_of_row(good_notebook(), FIRST, README.replace(old, new))
    assert problem in found


def test_equal_code_may_differ_in_docstring_decorator_and_annotations():
    ours = {"f": "def f(x):\n    return x"}
    source = '@compiled\ndef f(x: int) -> int:\n    """Doc."""\n    return x'
    assert definitions(source) == ours
