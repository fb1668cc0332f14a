"""Copies for Colab: what is in them, where their links lead, and what their first cell does.

The first cell is run as Colab runs it, in an empty folder, from a clone on this machine's disk and
without a network.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from scratch.course import colab as in_colab
from scratch.course import spelling
from scratch.teaching import colab

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ON_GITHUB = colab.Published("https://github.com/who/course.git", "v9.0", "copies")
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_all = pytest.mark.skipif(
    any(in_colab.installed_version(text) is None for text in in_colab.requirements()),
    reason="a package is missing, which the cell would fetch",
)


# What is in a copy


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("colab")
    for notebook in NOTEBOOKS:
        colab.build(notebook, folder, ON_GITHUB)
    return folder


def cells_of(path: Path) -> list[dict]:
    return nbformat.read(path, as_version=4).cells


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_copy_has_two_more_cells_and_the_outputs_that_are_stored(made, notebook):
    first, second, *rest = cells_of(made / notebook.name)
    assert first.cell_type == "markdown" and second.source == colab.first_cell(ON_GITHUB)
    originals = cells_of(notebook)
    assert [cell.get("outputs") for cell in rest] == [cell.get("outputs") for cell in originals]
    for cell, original in zip(rest, originals, strict=True):
        if cell.cell_type == "code":
            assert cell.source.replace("%autoreload 2", "%autoreload 2 --full") == original.source
    nbformat.validate(nbformat.read(made / notebook.name, as_version=4))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_link_of_a_copy_leads_to_what_there_is(made, notebook):
    places = {
        r"https://colab\.research\.google\.com/github/who/course/blob/copies/(.+)": made,
        r"https://mybinder\.org/v2/gh/who/course/v9\.0\?labpath=(.+)": ROOT,
        r"https://github\.com/who/course/blob/v9\.0/(.+)": ROOT,
    }
    found = dict.fromkeys(places, 0)
    cells = [cell.source for cell in cells_of(made / notebook.name) if cell.cell_type == "markdown"]
    links = [link for text in cells for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    for link in links:
        for pattern, folder in places.items():
            if match := re.fullmatch(pattern, link):
                found[pattern] += 1
                assert (folder / unquote(match[1]).partition("#")[0]).exists(), link
                break
        else:
            assert re.match("https?://", link) and "/who/course" not in link, link
    assert all(found.values())
    of_itself = f"github/who/course/blob/copies/{notebook.name}", f"notebooks%2F{notebook.name}"
    assert all(any(link.endswith(end) for link in links[:2]) for end in of_itself)


def test_the_first_cell_is_short():
    source = colab.first_cell(ON_GITHUB)
    compile(source, "first cell", "exec")
    assert len(source.splitlines()) <= 15 and max(map(len, source.splitlines())) <= 100


def test_a_copy_that_is_not_on_github_has_no_badge_and_keeps_its_links():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("[a](01_b.ipynb)")])
    elsewhere = colab.Published("https://example.org/course.git", "v9.0", "copies")
    top, _, text = colab.for_colab(notebook, "00_a.ipynb", elsewhere).cells
    assert text.source == "[a](01_b.ipynb)" and "](" not in top.source
    assert top.source == colab.KEEP.format(tag="v9.0", folder="recommenders-from-scratch")
    assert colab.badges("00_a.ipynb", elsewhere) == ""


@pytest.mark.usefixtures("ascii_by_default")
def test_a_copy_word_for_word(tmp_path):
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# Sums · [one](01_b.ipynb) [two](https://a.org) [three](#x)"),
        new.new_code_cell("%load_ext autoreload\n%autoreload 2 --full\n'[x](y)'"),
        new.new_markdown_cell("[pca](../scratch/pca.py)"),
    ]
    notebook = new.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    nbformat.write(notebook, tmp_path / "00_a b.ipynb")
    for _ in range(2):  # over the one of before
        made = colab.build(tmp_path / "00_a b.ipynb", tmp_path / "not" / "there", ON_GITHUB)
    assert made == tmp_path / "not" / "there" / "00_a b.ipynb"
    assert made.read_text(encoding="utf-8").endswith("}\n")
    copy = nbformat.read(made, as_version=4)
    copies_at = "https://colab.research.google.com/github/who/course/blob/copies"
    keep = colab.KEEP.format(tag="v9.0", folder="recommenders-from-scratch")
    assert [(cell.id, cell.source) for cell in copy.cells] == [
        (
            "colab-badges",
            f"[Open in Colab]({copies_at}/00_a b.ipynb) · [Open in Binder](https://mybinder.org/"
            "v2/gh/who/course/v9.0?labpath=notebooks%2F00_a%20b.ipynb) · [the notebook itself]"
            f"(https://github.com/who/course/blob/v9.0/notebooks/00_a b.ipynb)\n\n{keep}",
        ),
        ("colab-first", colab.first_cell(ON_GITHUB)),
        (cells[0].id, f"# Sums · [one]({copies_at}/01_b.ipynb) [two](https://a.org) [three](#x)"),
        (cells[1].id, "%load_ext autoreload\n%autoreload 2\n'[x](y)'"),
        (cells[2].id, "[pca](https://github.com/who/course/blob/v9.0/scratch/pca.py)"),
    ]
    assert copy.metadata == notebook.metadata


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("01_b.ipynb#part", "https://colab.research.google.com/github/who/course/blob/copies/"
                            "01_b.ipynb#part"),
        ("pages/01_b.ipynb", "https://github.com/who/course/blob/v9.0/notebooks/pages/01_b.ipynb"),
        ("../docs/b.ipynb", "https://github.com/who/course/blob/v9.0/docs/b.ipynb"),
        ("README.md", "https://github.com/who/course/blob/v9.0/notebooks/README.md"),
        ("../docs/map.md#x", "https://github.com/who/course/blob/v9.0/docs/map.md#x"),
    ],
)  # fmt: skip
def test_a_link_leads_to_another_copy_or_to_the_file_at_the_tag(link, leads_to):
    assert colab.target(link, ON_GITHUB) == leads_to


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/who/course", "who/course"),
        ("https://github.com/who/course.git", "who/course"),
        ("https://github.com/w.h-o/my.course/", "w.h-o/my.course"),
        ("https://github.com/who/course.git/", "who/course"),
        ("https://github.com/who", ""),
        ("https://example.org/https://github.com/who/course", ""),
        ("https://github.org/who/course", ""),
    ],
)
def test_only_what_is_on_github_has_a_name_there(address, name):
    assert colab.Published(address, "v1", "copies").on_github == name


def test_the_commands_that_publish_word_for_word(tmp_path):
    published = colab.Published("https://a.org/my course", "v1.0", "copies")
    git = """  git -C 'it'"'"'s'"""
    assert colab.publish_by(Path("it's"), published).split("\n") == [
        f"{git} init --quiet && {git.strip()} add . &&",
        f"{git} commit --quiet --allow-empty --message 'Copies for Colab, v1.0' &&",
        f"{git} push --force 'https://a.org/my course' HEAD:refs/heads/copies",
    ]


# The first cell


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The address of a bare clone with what the first cells of 00 use, at v1.0 and v2.0."""
    folder = tmp_path_factory.mktemp("repository")
    course, bare = folder / "course", folder / "bare.git"
    for name in ("scratch", "exercises"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.lock", "notebooks/00_start_here.ipynb"):
        (course / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, course / name)
    git(course, "init", "--quiet")
    git(course, "add", ".")
    for tag in ("v1.0", "v2.0"):
        git(course, "commit", "--quiet", "--allow-empty", "--message", tag)
        git(course, "tag", tag)
    git(folder, "clone", "--quiet", "--bare", str(course), str(bare))
    return bare.as_uri()


def without_settings() -> dict[str, str]:
    names = ("SCRATCH_DATA", "PYTHONPATH", spelling.MADE_BY, spelling.AS_IT_IS)
    quiet = {"PIP_NO_INDEX": "1", "GIT_TERMINAL_PROMPT": "0", "NO_PROXY": "127.0.0.1"}
    return {name: text for name, text in os.environ.items() if name not in names} | quiet


@pytest.mark.slow
@needs_git
@needs_all
def test_in_an_empty_folder_the_first_cell_gets_course_and_stand_in_and_may_run_again(
    repository, tmp_path
):
    page = colab.build(
        NOTEBOOKS[0], tmp_path / "page", colab.Published(repository, "v1.0", "copies")
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    program = [sys.executable, str(ROOT / "tests" / "run_cells.py"), str(page), "6", "2"]
    variables = without_settings() | {"IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(program, cwd=empty, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    clone = empty / "recommenders-from-scratch"
    assert [path.name for path in empty.iterdir()] == [clone.name]
    assert (clone / "datasets" / "stand-in" / "ml-100k" / "u.data").is_file()
    first, again, cells = done.stdout.split("Ready.\n")
    for printed in (first, again):
        assert printed.startswith(f"The course, v1.0, is in {clone}, and this page works in its")
        assert "none was installed or changed" in printed
    assert first.count("making a STAND-IN") == 3 and "its name is not known" in first
    assert "making" not in again and "run `!python -m scratch.course data`" in again
    assert "(a generated STAND-IN" in cells and "films that somebody likes" in cells
    assert f"scratch is {clone / 'scratch' / '__init__.py'} in {clone / 'notebooks'}" in cells


def run_first_cell(folder: Path, address: str, tag: str) -> subprocess.CompletedProcess:
    source = colab.first_cell(colab.Published(address, tag, "copies"))
    return subprocess.run(
        [sys.executable, "-c", source],
        cwd=folder, env=without_settings(), capture_output=True, text=True,
    )  # fmt: skip


@needs_git
def test_a_tag_that_is_not_there_and_a_network_that_fails_are_told(repository, tmp_path):
    for address, tag, told in (
        (repository, "v3.0", "v3.0 not found"),
        ("http://127.0.0.1:9/course.git", "v1.0", "http://127.0.0.1:9/course.git"),
    ):
        error = run_first_cell(tmp_path, address, tag).stderr
        assert told in error and error.endswith("Is there a network? A newer copy of this page?\n")
    assert not list(tmp_path.iterdir())


@needs_git
def test_a_clone_of_another_edition_is_told_and_left_alone(repository, tmp_path):
    clone = tmp_path / "recommenders-from-scratch"
    git(tmp_path, "clone", "--quiet", "--branch", "v1.0", repository, clone.name)
    edited = clone / "scratch" / "similarity.py"
    edited.write_text("edited", encoding="utf-8")
    error = run_first_cell(tmp_path, repository, "v2.0").stderr
    assert f"In {clone} is v1.0 of the course, and this page belongs to v2.0." in error
    assert "delete that folder" in error and edited.read_text(encoding="utf-8") == "edited"
    in_colab.check_edition(clone, "v1.0")  # edits do not matter


@needs_git
def test_the_commands_that_publish_copies_make_the_branch_of_their_links(
    repository, tmp_path, monkeypatch
):
    if shutil.which("sh") is None:
        pytest.skip("the commands are for a shell like sh")
    published = colab.Published(repository, "v1.0", "copies")
    folder = tmp_path / "build" / "it's colab"
    colab.build(NOTEBOOKS[0], folder, published)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "a")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")
    for _ in range(2):  # the second time with one more
        commands = colab.publish_by(folder, published)
        done = subprocess.run(["sh", "-c", commands], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        shutil.copy(folder / NOTEBOOKS[0].name, folder / "more.ipynb")
    git(tmp_path, "clone", "--quiet", "--branch", "copies", repository, "got")
    assert {path.name for path in (tmp_path / "got").iterdir()} == {
        ".git", NOTEBOOKS[0].name, "more.ipynb",
    }  # fmt: skip
