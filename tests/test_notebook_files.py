"""Reading and storing files of notebooks."""

import os
from pathlib import Path

import nbformat
import pytest

from scratch.course.notebook_files import read_notebook, store_notebook

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        '{"cells": [\n',
        "{}",
        '{"cells": 3, "nbformat": 4}',
        "[1]",
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_a_damaged_notebook_is_named(tmp_path, raw):
    path = tmp_path / "03_item_based.ipynb"
    path.write_text(raw, encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"03_item_based\.ipynb is no notebook: .+\n`git restore 03"
    ):
        read_notebook(path)


@pytest.mark.parametrize(
    "make",
    [
        os.mkdir,
        pytest.param(
            getattr(os, "mkfifo", None),
            marks=pytest.mark.skipif(os.name != "posix", reason="there are no pipes in folders"),
        ),
    ],
)
def test_what_is_no_file_is_not_opened_but_named(tmp_path, make):
    make(tmp_path / "04_x.ipynb")
    with pytest.raises(ValueError, match=r"04_x\.ipynb is no notebook but a folder, a device or a"):
        read_notebook(tmp_path / "04_x.ipynb")


def test_the_first_line_of_what_is_wrong_is_told(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    cells = '[{"cell_type": "markdown", "id": "a", "metadata": {}}]'
    path.write_text(f'{{"cells": {cells}, "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}')
    with pytest.raises(ValueError, match=r"a\.ipynb is no notebook: .source. is a required"):
        read_notebook(path)

    def read(*_, **__):
        raise ValueError

    monkeypatch.setattr(nbformat, "read", read)
    with pytest.raises(ValueError, match=r"a\.ipynb is no notebook: ValueError\n"):
        read_notebook(path)


def test_a_notebook_that_is_stored_again_is_the_same_file(tmp_path):
    stored = ROOT / "notebooks" / "00_start_here.ipynb"
    path = tmp_path / stored.name
    store_notebook(read_notebook(stored), path)
    assert path.read_bytes() == stored.read_bytes()
