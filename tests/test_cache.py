"""The cache of columns, when another process or a full disk comes between; see test_netflix.py."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from scratch.datasets import cache

TYPES = {"number": np.int32}


def blocks():
    yield {"number": np.arange(3, dtype=np.int32)}
    yield {"number": np.array([7], np.int32)}


def test_what_is_written_is_read(tmp_path):
    cache.write(tmp_path / "one", TYPES, blocks())
    assert cache.load(tmp_path / "one", TYPES)["number"].tolist() == [0, 1, 2, 7]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_another_process_that_was_faster_by_a_hair_has_written_it(tmp_path, monkeypatch):
    replace = os.replace

    def taken(source, target):
        replace(source, target)  # as the other process has just done
        raise OSError("the folder is not empty")

    monkeypatch.setattr(cache.os, "replace", taken)
    cache.write(tmp_path / "one", TYPES, blocks())
    assert cache.load(tmp_path / "one", TYPES)["number"].tolist() == [0, 1, 2, 7]


def test_what_cannot_be_put_in_its_place_is_an_error_and_leaves_nothing(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError("no space left")

    monkeypatch.setattr(cache.os, "replace", refuse)
    with pytest.raises(OSError, match="no space left"):
        cache.write(tmp_path / "one", TYPES, blocks())
    assert list(tmp_path.iterdir()) == []


def test_what_its_owner_is_removing_is_left_to_them(tmp_path, monkeypatch):
    old, going = (tmp_path / f"{cache.WRITING}{name}" for name in ("old", "going"))
    for folder in (old, going):
        folder.mkdir()
        os.utime(folder, (0, time.time() - 2 * cache.STALE_SECONDS))
    stat = Path.stat

    def gone(path, **options):
        if path == going:
            raise FileNotFoundError(path)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", gone)
    cache.remove_stale(tmp_path)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [going]
