"""The cache of columns, when another process or a full disk comes between; see test_netflix.py."""

import os

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


def cached(home, **change):
    given = {"request": ["a"], "stamp": [1], "types": TYPES, "read": blocks} | change
    return cache.cached(home, **given)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"types": {}}, "types names no column"),
        ({"types": {"../x": np.int32}}, r"types has a column '\.\./x': a name must be fit"),
        ({"types": {"number": str}}, r"types\['number'\] must be a type of numbers, got .*str"),
        ({"types": {"number": object}}, r"types\['number'\] must be a type of numbers"),
        ({"request": [object()]}, "request must be such as JSON can write it"),
        ({"stamp": [{1}]}, "stamp must be such as JSON can write it"),
        ({"read": lambda: None}, "read must yield the columns in blocks, got None"),
        ({"read": lambda: iter([None])}, "blocks that are read must be columns by name, got None"),
        ({"read": lambda: iter([{}])}, "blocks that are read must be columns by name"),
        (
            {"read": lambda: iter([{"other": np.arange(3)}])},
            r"must hold \['number'\], got",
        ),
        ({"read": lambda: iter([{"number": [1]}])}, "must be an array of int32, got"),
        ({"read": lambda: iter([{"number": np.arange(3.0)}])}, "must be an array of int32, got"),
        ({"read": lambda: iter([{"number": np.eye(2, dtype=np.int32)}])}, "equally long"),
    ],
)
def test_what_can_be_no_cache_is_said_and_leaves_nothing(tmp_path, change, complaint):
    with pytest.raises((TypeError, ValueError), match=complaint):
        cached(tmp_path, **change)
    assert list(tmp_path.iterdir()) == []


def test_blocks_have_columns_of_one_length():
    two = {"a": np.arange(2, dtype=np.int32), "b": np.arange(3, dtype=np.int32)}
    with pytest.raises(ValueError, match="equally long"):
        cache.in_memory(iter([two]))
    with pytest.raises(ValueError, match="blocks yields nothing"):
        cache.in_memory(iter([]))
    with pytest.raises(ValueError, match=r"must have the same columns, got \['a'\] and \['b'\]"):
        cache.in_memory(iter([{"a": np.arange(2)}, {"b": np.arange(2)}]))


def test_a_manifest_of_brackets_alone_is_no_cache(tmp_path):
    cached(tmp_path)
    (place,) = tmp_path.iterdir()
    (place / cache.MANIFEST).write_text("[" * 200_000)
    assert cache.load(place, TYPES) is None
    assert cached(tmp_path)["number"].tolist() == [0, 1, 2, 7]
