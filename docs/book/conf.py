"""How Sphinx builds the book: from a source that `make book` lays out, with nothing executed."""

import gc
import itertools
import re
from pathlib import Path

from docutils import nodes
from numpy.typing import ArrayLike
from sphinx.util.typing import stringify_annotation
from sphinx_codeautolink.extension.backref import SummaryNode

import scratch
from scratch.teaching.book.reference import as_rst, homes

PAGES = itertools.count(1)
ANY_ARRAY = stringify_annotation(ArrayLike, "smart")

project = "Recommenders from Scratch"
author = "The authors of Recommenders from Scratch"
copyright = "The authors; text and figures under CC BY 4.0, code under the MIT licence"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_codeautolink",
    "sphinx_copybutton",
    "sphinx_design",
]

# The notebooks as they are stored.
nb_execution_mode = "off"
nb_code_prompt_show = "What this lesson imports"  # nothing else is folded
nb_code_prompt_hide = nb_code_prompt_show
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_number_source_lines = False

# The package: names in cells lead to the reference, and from there to the sections that use them.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True  # as the code writes them, not as they are on this machine
# A name that a package only hands on is described where it is at home.
autodoc_default_options = {"members": True, "show-inheritance": True, "ignore-module-all": True}
python_use_unqualified_type_names = True
add_module_names = False
codeautolink_autodoc_inject = True
codeautolink_concat_default = True
codeautolink_inventory_map = homes(Path(scratch.__file__).parent)
codeautolink_custom_blocks = {"python": "sphinx_codeautolink.clean_ipython"}
# It puts the function in the place of its name, which Sphinx then cannot keep from build to build.
suppress_warnings = ["config.cache"]
trim_doctest_flags = False  # as_rst has done so, before the links are made
copybutton_exclude = ".linenos, .gp, .go"

# Everything a page needs lies beside it.
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}  # the menu would fetch parts that are not here
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_favicon = "_static/icon.svg"
html_search_scorer = str(Path(__file__).with_name("search.js"))
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
html_sidebars = {"_modules/**": ["navbar-logo.html", "search-button-field.html"]}
html_theme_options = {
    "navbar_persistent": [],  # one field for the search, in the margin, is enough
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_sidenotes": False,
}


def plain_docstrings(app, what, name, obj, options, lines):
    """Turn docstrings, which are plain text, into what Sphinx reads."""
    lines[:] = as_rst(lines)


def short_signatures(app, what, name, obj, options, signature, returns):
    """Call what NumPy takes for an array by its name, which Python has forgotten."""
    return tuple(text and text.replace(ANY_ARRAY, "ArrayLike") for text in (signature, returns))


def without_fields(app, what, name, obj, skip, options):
    """Leave out what Python itself writes about the fields of a named tuple."""
    is_field = str(getattr(obj, "__doc__", "")).startswith("Alias for field number")
    return True if is_field else None


def say_where_used(app, doctree, docname):
    """Head the lists of sections that use a name in the words of the course, and put in order."""
    for summary in doctree.findall(SummaryNode):
        summary[0] = nodes.Text("Where the course uses ")
        for name in list(summary[1].findall(nodes.Text)):
            name.parent.replace(name, nodes.Text(name.rpartition(".")[2]))
        for body in summary.parent.findall(nodes.tbody):
            body.children.sort(key=by_number)


def by_number(row):
    """What rows are sorted by: their words, in which 10 comes after 9."""
    return [(not part.isdigit(), part.zfill(9)) for part in re.findall(r"\d+|\D+", row.astext())]


def name_of_the_window(app, pagename, templatename, context, doctree):
    """Name the landing page once: its own title is that of the book."""
    if pagename == "index":
        context["docstitle"] = ""


def forget(*_):
    """Let go of what is not needed any more, once in sixteen pages; what is left stays."""
    if next(PAGES) % 16 == 0:
        gc.collect()
        gc.freeze()


def setup(app):
    """Ask Sphinx to call these: the first before lists of uses are added, the last after that."""
    # By itself Python would look through all that Sphinx holds, again and again: a third of the
    # time that the book takes.
    gc.disable()
    app.connect("source-read", forget)
    app.connect("html-page-context", forget)
    app.connect("autodoc-process-docstring", plain_docstrings, priority=400)
    app.connect("autodoc-process-signature", short_signatures)
    app.connect("autodoc-skip-member", without_fields)
    app.connect("doctree-resolved", say_where_used, priority=900)
    app.connect("html-page-context", name_of_the_window)
