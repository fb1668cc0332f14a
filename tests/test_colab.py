"""Copies for Colab: what is in them, where their links lead, and what their first cell does.

The first cell is run as Colab runs it, in an empty folder, from a clone on this machine's disk and
without a network.
"""

import importlib
import importlib.metadata
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
from scratch.course import copies, environment, install, kit, spelling
from scratch.course import repository as remote
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
    assert "](" not in top.source and text.source == "[a](01_b.ipynb)"


# The command


@pytest.fixture
def command(tmp_path, monkeypatch):
    """What `python -m scratch.course colab` calls, where git knows of no address and no tag."""
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    monkeypatch.setattr(copies, "BUILD", tmp_path / "build")
    monkeypatch.setattr(copies, "git", lambda root, *words: "")

    def no_origin(root):
        raise ValueError("There is none.")

    monkeypatch.setattr(remote, "origin", no_origin)
    return copies.make


@pytest.mark.parametrize("made_by", ["", "1"])
def test_without_an_address_nothing_is_made_and_what_to_type_is_said(
    command, tmp_path, monkeypatch, capsys, made_by
):
    monkeypatch.setenv(spelling.MADE_BY, made_by)
    assert command([]) == 1
    error = capsys.readouterr().err
    assert "Nothing was made" in error and "--address https://" in error
    assert ("COLAB_FLAGS" in error) == bool(made_by)
    assert not (tmp_path / "build").exists()


def test_the_copies_asked_for_are_made_for_the_version_at_hand(command, tmp_path, capsys):
    assert command(["3", "--address", "https://example.org/course.git"]) == 0
    (made,) = (tmp_path / "build" / "colab").iterdir()
    version = environment.LOCK.with_name("pyproject.toml").read_text(encoding="utf-8")
    tag = "v" + re.search(r'^version = "(.+)"', version, flags=re.MULTILINE)[1]
    assert f'"https://example.org/course.git", "{tag}"' in cells_of(made)[1].source
    printed = capsys.readouterr().out
    assert (
        "build/colab/03_item_based.ipynb" in printed and f"the tag {tag}, which is not" in printed
    )


def test_the_address_of_origin_is_taken(command, tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "origin", lambda root: "https://example.org/course.git")
    assert command(["3"]) == 0
    (made,) = (tmp_path / "build" / "colab").iterdir()
    assert '"https://example.org/course.git"' in cells_of(made)[1].source


@pytest.mark.parametrize("address", ["nonsense", "/there/course.git", "http://a:secret@a.org/b"])
def test_an_address_from_which_nobody_can_clone_is_refused(command, tmp_path, capsys, address):
    assert command(["3", "--address", address]) == 1
    said = capsys.readouterr().err
    assert "Nobody elsewhere can clone" in said and "secret" not in said
    assert not (tmp_path / "build").exists()


def test_no_password_gets_into_a_copy_and_no_copy_of_before_stays(command, tmp_path, capsys):
    assert command(["3", "4", "--address", "https://example.org/course.git"]) == 0
    assert command(["3", "--address", "https://me:secret@example.org/course.git"]) == 0
    (made,) = (tmp_path / "build" / "colab").iterdir()
    assert "secret" not in made.read_text(encoding="utf-8") + capsys.readouterr().out


@pytest.mark.parametrize(
    ("tags", "changed", "said"),
    [
        ("", "", "which is not here"),
        ("v9", "scratch/pca.py", "where scratch/pca.py is another one"),
        ("v9", "", "which has the same notebooks"),
    ],
)
def test_it_is_said_whether_the_tag_holds_what_the_copies_show(monkeypatch, tags, changed, said):
    answers = {"tag": tags, "diff": changed}
    monkeypatch.setattr(copies, "git", lambda root, *words: answers[words[0]])
    assert said in copies.about_the_tag("v9")


def test_a_number_without_a_notebook_is_named(command, tmp_path, capsys):
    assert command(["77", "--address", "https://example.org/course.git"]) == 1
    assert "There is no notebook 77" in capsys.readouterr().err
    assert not (tmp_path / "build").exists()


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


# What it does there


@pytest.fixture
def there(monkeypatch, tmp_path):
    """A machine that has an old numpy and lacks a package; gives what pip is asked for."""
    asked = []

    def pip(python: Path, arguments: list[str], log: Path) -> None:
        asked.extend(arguments)

    monkeypatch.setenv("PYTHONPATH", "before")
    monkeypatch.setenv(spelling.AS_IT_IS, "")
    monkeypatch.setattr(install, "pip", pip)
    monkeypatch.setattr(in_colab, "LOGS", tmp_path)
    monkeypatch.setattr(in_colab, "check_edition", lambda root, tag: None)
    monkeypatch.setattr(in_colab, "requirements", lambda: ["numpy>=99", "no-such-package>=1.2"])
    monkeypatch.setattr("scratch.datasets.__main__.main", lambda options: 0)
    return asked


def test_only_what_is_missing_is_installed_and_all_else_is_held(there, tmp_path, capsys):
    in_colab.prepare("v1.0")
    assert there == ["install", "--constraint", str(tmp_path / "held.txt"), "no-such-package>=1.2"]
    held = (tmp_path / "held.txt").read_text(encoding="utf-8").splitlines()
    for name in ("torch", "numpy", "pandas"):
        assert f"{name}=={importlib.metadata.version(name)}" in held
    printed = capsys.readouterr().out
    assert "Installed: no-such-package>=1.2." in printed
    numpy = importlib.metadata.version("numpy")
    assert f"It was made for numpy>=99; here is {numpy}, and it stays." in printed


def test_commands_in_cells_find_the_clone_and_install_nothing(there, monkeypatch):
    lent = []
    monkeypatch.setattr(in_colab, "lend_imp", lambda: lent.append("imp"))
    in_colab.prepare("v1.0")
    in_colab.prepare("v1.0")
    assert len(lent) == 2  # which the cell with %autoreload, the next but one, may need
    assert os.environ["PYTHONPATH"] == os.pathsep.join([str(ROOT), "before"])
    assert environment.ready() == sys.executable
    assert spelling.command("data") == "!python -m scratch.course data"


def test_damaged_data_are_told(there, monkeypatch):
    monkeypatch.setattr("scratch.datasets.__main__.main", lambda options: 1)
    with pytest.raises(install.SetupError, match="data are not in order"):
        in_colab.prepare("v1.0")


def test_every_package_of_a_notebook_has_a_lowest_version():
    assert len(in_colab.requirements()) > 8
    for text in in_colab.requirements():
        assert re.fullmatch(r"[a-z-]+>=[\d.]+", text)
        assert not in_colab.is_too_old(text)


@pytest.mark.parametrize(("version", "lends"), [((7, 34, 0), True), ((9, 18, 1), False)])
def test_an_old_ipython_is_lent_the_module_that_python_has_no_more(monkeypatch, version, lends):
    before = sys.modules.pop("imp", None)
    monkeypatch.setattr("IPython.version_info", version)
    monkeypatch.setattr(in_colab.importlib.util, "find_spec", lambda name: None)
    try:
        in_colab.lend_imp()
        in_colab.lend_imp()
        assert ("imp" in sys.modules) == lends
        if lends:
            assert sys.modules["imp"].reload is importlib.reload
    finally:
        sys.modules.pop("imp", None)
        if before:
            sys.modules["imp"] = before
