"""Copies of notebooks for Colab: each gets a line of links and one first cell, and keeps the rest.

In Colab a notebook is alone, on a machine that has Python, PyTorch and much else, but not this
course. The first cell fetches the course at a tag and hands over to `scratch.course.colab`. Outputs
stay as they are stored. What works in another way there, and is seen to:

- A link to a file leads to it on the web, one to a notebook to its copy: none lies beside the page.
- `%autoreload 2` stands in the place of `%autoreload 2 --full`: the IPython of Colab, 7.34, takes
  no options there, and would say nothing and do nothing.
- Sliders, checks, folded solutions and edits of `scratch` work as elsewhere; but the machine, with
  all that was changed or saved on it, is gone when Colab takes it back. The page says so.

Links are in words. The usual badge is a picture, which each reader would fetch from somewhere else.
"""

import json
import posixpath
import re
import shlex
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import nbformat

from scratch.course.notebook_files import read_notebook
from scratch.teaching.handout import NAME

FULL, KNOWN_TO_COLAB = "%autoreload 2 --full", "%autoreload 2"
LINK = re.compile(r"\]\((?!https?:|#)([^)\s]+)\)")  # to a file of the course
# Short, since it stands on top of every page: what takes longer is in scratch.course.colab.
FIRST_CELL = """\
# Run this cell first: it fetches the course. To run it again does no harm.
import os
import subprocess
import sys
ADDRESS, TAG, FOLDER = {address}, {tag}, {folder}
if not os.path.exists("../requirements.lock"):  # else it has run before, and this is notebooks/
    if not os.path.exists(FOLDER):
        clone = ["git", "clone", "--quiet", "--depth=1", "--branch", TAG, ADDRESS, FOLDER]
        done = subprocess.run(clone, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(f"{{done.stderr}}Is there a network? A newer copy of this page?")
    os.chdir(f"{{FOLDER}}/notebooks")
sys.path.insert(0, os.path.dirname(os.getcwd()))
from scratch.course.colab import prepare
prepare(TAG)"""
KEEP = (
    "*This is a copy for Colab.* Run the next cell first: it fetches the course, {tag}, and says "
    "what it did. The files of `scratch` are in the file browser at the left, in {folder}. When "
    "Colab takes your machine back, what you changed is gone: *File › Save a copy in Drive* keeps "
    "this page, and `!git -C .. diff scratch` shows your edits of `scratch`, to be copied. Last "
    "digits may differ from those stored here: they were made with other versions of the packages."
)


class Published(NamedTuple):
    """Where everybody finds the course: what git clones, its tag, and the branch of the copies."""

    address: str
    tag: str
    branch: str

    @property
    def on_github(self) -> str:
        """Owner and name of the repository on GitHub, or "": Colab opens pages from there alone."""
        match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(\.git)?/?", self.address)
        return match[1] if match else ""


def publish_by(folder: Path, published: Published) -> str:
    """The commands that make all copies in a folder the branch that their links lead to."""
    git = f"git -C {shlex.quote(str(folder))}"
    message = shlex.quote(f"Copies for Colab, {published.tag}")
    address, branch = shlex.quote(published.address), shlex.quote(published.branch)
    return (  # these may be run again, after a push that failed
        f"  {git} init --quiet && {git} add . &&\n"
        f"  {git} commit --quiet --allow-empty --message {message} &&\n"
        f"  {git} push --force {address} HEAD:refs/heads/{branch}"
    )


def build(notebook: Path, folder: Path, published: Published) -> Path:
    """Write the copy of one notebook into a folder, and return where it is."""
    copy = for_colab(read_notebook(notebook), notebook.name, published)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / notebook.name
    path.write_text(nbformat.writes(copy) + "\n", encoding="utf-8")
    return path


def for_colab(
    notebook: nbformat.NotebookNode, name: str, published: Published
) -> nbformat.NotebookNode:
    """Return the notebook of this name as Colab gets it, changed in place."""
    for cell in notebook.cells:
        cell.source = cell.source.replace(FULL, KNOWN_TO_COLAB)
        if cell.cell_type == "markdown" and published.on_github:
            cell.source = LINK.sub(lambda link: f"]({target(link[1], published)})", cell.source)
    keep = KEEP.format(tag=published.tag, folder=NAME)
    top = "\n\n".join(filter(None, [badges(name, published), keep]))
    notebook.cells[:0] = [
        nbformat.v4.new_markdown_cell(top, id="colab-badges"),
        nbformat.v4.new_code_cell(first_cell(published), id="colab-first"),
    ]
    return notebook


def first_cell(published: Published) -> str:
    """The code that fetches the course."""
    address, tag, folder = map(json.dumps, (published.address, published.tag, NAME))
    return FIRST_CELL.format(address=address, tag=tag, folder=folder)


def badges(name: str, published: Published) -> str:
    """The links that open a notebook somewhere else; "" where there is no such place."""
    if not published.on_github:
        return ""
    path = quote(f"notebooks/{name}", safe="")
    binder = f"https://mybinder.org/v2/gh/{published.on_github}/{quote(published.tag)}"
    return (
        f"[Open in Colab]({target(name, published)}) · [Open in Binder]({binder}?labpath={path}) · "
        f"[the notebook itself]({on_github('notebooks/' + name, published)})"
    )


def target(link: str, published: Published) -> str:
    """Where a link in a notebook has to lead from a copy: to another copy, or to a file."""
    path = posixpath.normpath(posixpath.join("notebooks", link))
    if posixpath.dirname(path) == "notebooks" and path.partition("#")[0].endswith(".ipynb"):
        place = f"{published.on_github}/blob/{quote(published.branch)}/{posixpath.basename(path)}"
        return f"https://colab.research.google.com/github/{place}"
    return on_github(path, published)


def on_github(path: str, published: Published) -> str:
    """The address of a file, or a folder, of the course at its tag."""
    return f"https://github.com/{published.on_github}/blob/{quote(published.tag)}/{path}"
