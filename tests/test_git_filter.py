"""What Jupyter writes into a notebook is no change for git, and what a person writes is one."""

import copy
import errno
import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from scratch.course import cli, git_filter
from scratch.machinery import whole

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cleaned(raw: bytes) -> bytes:
    target = io.BytesIO()
    assert git_filter.clean(io.BytesIO(raw), target) == 0
    return target.getvalue()


def as_jupyter_saves(raw: bytes) -> bytes:
    """The notebook with all that JupyterLab adds when it is opened, run twice and saved."""
    notebook = json.loads(raw)
    notebook["metadata"]["kernelspec"]["display_name"] = "My own Python"
    notebook["metadata"]["language_info"] |= {"version": "3.13.0", "file_extension": ".py"}
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    number = 0
    for cell in notebook["cells"]:
        cell["metadata"] |= {"scrolled": True, "collapsed": False}
        if cell["cell_type"] == "code":
            number += 1
            cell["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
            cell["metadata"]["jupyter"] = {"source_hidden": False, "outputs_hidden": False}
            cell["execution_count"] = 100 + number
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = 100 + number
            if git_filter.NOT_STORED in cell["metadata"].get("tags", []):
                cell["outputs"] = [nbformat.v4.new_output("stream", text="took 3.2 s\n")]
    return nbformat.writes(nbformat.from_dict(notebook)).encode() + b"\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_stored_notebook_stays_as_it_is_also_when_jupyter_has_saved_it(path):
    raw = path.read_bytes()
    assert cleaned(raw) == raw
    saved = as_jupyter_saves(raw)
    assert saved != raw and cleaned(saved) == raw


def test_the_order_in_which_a_program_writes_a_notebook_does_not_matter():
    raw = NOTEBOOKS[0].read_bytes()
    backwards = dict(reversed(json.loads(raw).items()))
    assert cleaned(json.dumps(backwards).encode()) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no notebook",
        b"{}",
        b'{"cells": 3}',
        b'{"cells": [{}]}',
        b"\xff\xfe",
        b"[1]",
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_what_is_no_notebook_is_not_touched(raw):
    assert cleaned(raw) == raw


def test_git_has_the_whole_notebook_when_the_filter_has_done():
    written = io.BytesIO()
    target = io.BufferedWriter(written)
    assert git_filter.clean(io.BytesIO(b"no notebook"), target) == 0
    assert written.getvalue() == b"no notebook"


def test_files_that_are_named_are_mended_in_place_and_what_is_no_notebook_is_named(
    tmp_path, capsys
):
    raw = NOTEBOOKS[0].read_bytes()
    saved, stored, broken = (tmp_path / name for name in ("a.ipynb", "b.ipynb", "c.ipynb"))
    saved.write_bytes(as_jupyter_saves(raw))
    stored.write_bytes(raw)
    broken.write_bytes(b'{"cells": 3}')
    assert cli.main(["clean", str(saved), str(stored)]) == 0
    assert saved.read_bytes() == stored.read_bytes() == raw
    assert capsys.readouterr().out == f"{saved}: Jupyter's traces are taken out\n"
    assert cli.main(["clean", str(broken), str(stored)]) == 1
    assert broken.read_bytes() == b'{"cells": 3}' and stored.read_bytes() == raw
    assert "c.ipynb is no notebook" in capsys.readouterr().err
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / "a.ipynb")
    assert git_filter.clean_files([str(tmp_path / "a.ipynb")]) == 1
    assert "a.ipynb stays as it is: it is a folder, a device or a pipe" in capsys.readouterr().err


CELL = {"cell_type": "code", "execution_count": 5, "id": "a", "metadata": {}, "outputs": []}


def notebook(*cells: dict) -> dict:
    made = [CELL | {"source": "x"} | cell for cell in cells]
    return {"cells": copy.deepcopy(made), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_a_file_that_cannot_be_read_or_written_is_named_and_the_next_one_is_mended(
    tmp_path, monkeypatch, capsys
):
    raw = as_jupyter_saves(NOTEBOOKS[0].read_bytes())
    shut, mended = tmp_path / "shut.ipynb", tmp_path / "mended.ipynb"
    for path in (shut, mended):
        path.write_bytes(raw)
    mended.with_suffix(".tmp").write_text("mine", encoding="utf-8")
    mended.chmod(0o664)

    @contextmanager
    def replaced(path):
        if path == shut:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        with whole.replaced(path) as new:
            yield new

    monkeypatch.setattr(git_filter, "replaced", replaced)
    names = [tmp_path / "none.ipynb", tmp_path, shut, mended]
    assert git_filter.clean_files(map(str, names)) == 1
    said = capsys.readouterr()
    for name, line in zip(names[:3], said.err.splitlines(), strict=True):
        assert line.startswith(f"{name} stays as it is: ")
    assert "No space left" in said.err and "mended.ipynb" in said.out
    assert shut.read_bytes() == raw and mended.read_bytes() == NOTEBOOKS[0].read_bytes()
    assert mended.with_suffix(".tmp").read_text(encoding="utf-8") == "mine"
    assert os.name != "posix" or mended.stat().st_mode & 0o777 == 0o664
    assert len(list(tmp_path.iterdir())) == 3


def test_a_cell_that_was_not_run_stays_without_a_number():
    cells = git_filter.normalise(notebook({}, {"execution_count": None}, {}))["cells"]
    assert [cell["execution_count"] for cell in cells] == [1, None, 3]


def test_only_a_long_cell_of_imports_is_collapsed():
    long = {"source": "import a\nimport b\nimport c\nimport d"}
    cells = git_filter.normalise(notebook(long, long, long))["cells"]
    assert [cell["metadata"] for cell in cells] == [{}, {"jupyter": {"source_hidden": True}}, {}]
    short = {"source": ["import a\n", "import b\n", "import c"]}
    padded = {"source": "import a\nimport b\nimport c\n\n"}
    for cell in (short, padded):
        assert git_filter.normalise(notebook({}, cell))["cells"][1]["metadata"] == {}


def test_tags_stay_and_what_differs_from_run_to_run_is_not_stored():
    tags = {"metadata": {"tags": ["no-stored-output"]}, "outputs": [{"text": "3.2 s"}]}
    (cell,) = git_filter.normalise(notebook(tags))["cells"]
    assert cell["metadata"] == {"tags": ["no-stored-output"]} and cell["outputs"] == []


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_git_sees_what_a_person_changed_and_nothing_else(tmp_path):
    folder = tmp_path / "Kurs für mich"
    shutil.copytree(ROOT / "scratch/course", folder / "scratch/course")
    for name in (".gitattributes", ".gitignore", "scratch/__init__.py"):
        shutil.copy(ROOT / name, folder / name)
    path = folder / "00.ipynb"
    raw = NOTEBOOKS[0].read_bytes()
    path.write_bytes(raw)

    def git(*words: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=folder, capture_output=True, check=True
        )
        assert done.stderr == b""
        return done.stdout.decode()

    git("init", "-q")
    git_filter.install(folder, sys.executable)
    git("add", ".")
    git("commit", "-qm", "all")
    path.write_bytes(as_jupyter_saves(raw))
    assert git("diff") == "" and git("status", "--porcelain") in ("", " M 00.ipynb\n")
    git("add", ".")
    assert git("status", "--porcelain") == ""
    path.write_bytes(as_jupyter_saves(raw).replace(b"Start here", b"Begin here"))
    changed = [line for line in git("diff", "-U0").splitlines() if line[:1] in "+-"]
    assert len(changed) == 4 and "Begin here" in changed[-1]
    # Without the Python of the set-up, git goes on with the file as it is, and says nothing.
    git_filter.install(folder, str(tmp_path / "gone/python"))
    assert "gone/python" in git("config", f"filter.{git_filter.FILTER}.clean")
    git("diff")


def test_jupyterlab_saves_notebooks_as_the_course_stores_them_and_leaves_the_rest():
    cells = [{"cell_type": "markdown", "metadata": {"trusted": True}, "source": "a"}]
    saved = {"type": "notebook", "content": {"nbformat": 4, "cells": cells, "metadata": {}}}
    git_filter.before_save(saved)
    assert saved["content"]["metadata"] == git_filter.METADATA and cells[0]["metadata"] == {}
    for other in (
        {"type": "file", "content": "text"},
        {"type": "notebook", "content": {"nbformat": 3, "worksheets": []}},
    ):
        before = copy.deepcopy(other)
        git_filter.before_save(other)
        assert other == before


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_the_filter_is_set_once_and_names_a_python_in_the_folder_from_there(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    run, asked = subprocess.run, []
    with monkeypatch.context() as here:
        here.setattr(
            subprocess, "run", lambda words, **how: asked.append(words) or run(words, **how)
        )
        for times in (2, 3):  # it asks and sets, and then asks
            git_filter.install(tmp_path, str(tmp_path / ".venv/bin/python"))
            assert len(asked) == times
    key = f"filter.{git_filter.FILTER}.clean"
    told = subprocess.run(
        ["git", "config", "--get-all", key], cwd=tmp_path, capture_output=True, text=True
    )
    assert told.stdout == (
        "if test -x .venv/bin/python; then .venv/bin/python -m scratch.course clean; else cat; fi\n"
    )


def settings_of_git(root: Path) -> str:
    return (root / ".git" / "config").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_a_folder_that_is_no_checkout_is_left_alone_also_within_one(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    before, inner = settings_of_git(tmp_path), tmp_path / "inner"
    inner.mkdir()
    git_filter.install(inner, sys.executable)
    assert list(inner.iterdir()) == [] and settings_of_git(tmp_path) == before


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_where_git_is_missing_or_its_settings_are_locked_nothing_is_said(
    tmp_path, monkeypatch, capfd
):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    before = settings_of_git(tmp_path)
    (tmp_path / ".git" / "config.lock").touch()
    git_filter.install(tmp_path, sys.executable)
    monkeypatch.setenv("PATH", "")
    git_filter.install(tmp_path, sys.executable)
    assert capfd.readouterr() == ("", "") and settings_of_git(tmp_path) == before


def test_the_filter_is_set_here():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert f"*.ipynb filter={git_filter.FILTER}" in attributes
