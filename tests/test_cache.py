"""The cache of columns, when another process or a full disk comes between; see test_netflix.py."""

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from scratch.checking import checked
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
    for other in (np.arange(3), np.eye(2), np.array(2)):
        with pytest.raises(ValueError, match="must have columns that are equally long"):
            cache.in_memory(iter([{"a": np.arange(2), "b": other}]))
    with pytest.raises(TypeError, match=r"must be columns by name, got \[1\]"):
        cache.in_memory(iter([[1]]))
    with pytest.raises(TypeError, match=r"a of a block that is read must be an array, got \[1\]"):
        cache.in_memory(iter([{"a": [1]}]))
    two = [{"a": np.array([1, 2]), "b": np.array([5.0, 6])}, {"a": np.array([3]), "b": np.ones(1)}]
    joined = cache.in_memory(iter(two))
    assert {name: column.tolist() for name, column in joined.items()} == {
        "a": [1, 2, 3],
        "b": [5, 6, 1],
    }
    with pytest.raises(ValueError, match="blocks yields nothing"):
        cache.in_memory(iter([]))
    with pytest.raises(ValueError, match=r"must have the same columns, got \['a'\] and \['b'\]"):
        cache.in_memory(iter([{"a": np.arange(2)}, {"b": np.arange(2)}]))


def test_a_cache_is_found_again_on_every_machine(tmp_path):
    """By this name, and in files of these names: else all that is kept anywhere is read anew."""
    home = tmp_path / "deep" / "down"
    assert cached(home)["number"].tolist() == [0, 1, 2, 7]
    (place,) = home.iterdir()
    assert place.name == "0eb5b8d6f81bc677-0a0ff6bfd2df554a"
    assert sorted(path.name for path in place.iterdir()) == ["manifest.json", "number.npy"]
    assert np.load(place / "number.npy").tolist() == [0, 1, 2, 7]
    manifest = json.loads((place / "manifest.json").read_text())
    number = np.array([0, 1, 2, 7], np.int32)
    assert manifest == {"name": place.name, "rows": 4, "crc32": {"number": zlib.crc32(number)}}


def test_columns_of_a_cache_are_maps_of_its_files_which_stay_as_they_are(tmp_path):
    column = cached(tmp_path)["number"]
    assert type(column) is np.ndarray and isinstance(column.base, np.memmap)
    column[:] = 0
    assert cached(tmp_path)["number"].tolist() == [0, 1, 2, 7]


def test_only_an_outdated_cache_is_removed_and_what_cannot_be_is_left(tmp_path):
    cached(tmp_path)
    cached(tmp_path, request=["b"])
    (old,) = tmp_path.glob(f"{cache._digest('request', ['a'])}-*")
    no_folder = tmp_path / f"{old.name}-more"
    no_folder.write_text("what nobody can remove as a folder")
    cached(tmp_path, stamp=[2])
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == 3 and no_folder.name in left and old.name not in left


def test_where_no_cache_can_be_written_the_line_that_loads_is_warned(tmp_path):
    @checked
    def load(home: Path):
        return cache.cached(home, ["a"], [1], TYPES, blocks)

    (tmp_path / "file").write_text("no folder")
    with pytest.warns(UserWarning, match=r"no cache can be written in .*file, so this is") as told:
        columns = load(tmp_path / "file")
    assert columns["number"].tolist() == [0, 1, 2, 7]
    assert [one.filename for one in told] == [__file__]


DAMAGE = {
    "another type": lambda place: np.save(place / "number.npy", np.array([0, 1, 2, 7])),
    "another sign": lambda place: np.save(place / "number.npy", np.array([0, 1, 2, 7], "u4")),
    "two dimensions": lambda place: np.save(place / "number.npy", np.array([[0, 1, 2, 7]], "i4")),
    "another number": lambda place: np.save(place / "number.npy", np.array([0, 1, 2, 8], "i4")),
    "one number less": lambda place: np.save(place / "number.npy", np.array([0, 1, 2], "i4")),
    "no file": lambda place: (place / "number.npy").unlink(),
    "an empty file": lambda place: (place / "number.npy").write_bytes(b""),
    "another name": lambda place: rewrite(place, name="other"),
    "other rows": lambda place: rewrite(place, rows=5),
    "no checksum": lambda place: rewrite(place, crc32={}),
    "an empty manifest": lambda place: (place / "manifest.json").write_text(""),
    "a list": lambda place: (place / "manifest.json").write_text("[1]"),
}


def rewrite(place, **change):
    path = place / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_what_is_not_as_it_was_written_is_no_cache_and_is_replaced(tmp_path, damage):
    cache.write(tmp_path / "one", TYPES, blocks())
    damage(tmp_path / "one")
    assert cache.load(tmp_path / "one", TYPES) is None
    cache.write(tmp_path / "one", TYPES, blocks())
    assert cache.load(tmp_path / "one", TYPES)["number"].tolist() == [0, 1, 2, 7]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_cache_has_columns_of_numbers(tmp_path):
    for call in (cache.load, lambda place, types: cache.write(place, types, blocks())):
        for types, words in (({}, "types names no column"), ({"a": str}, r"types\['a'\] must be")):
            with pytest.raises((TypeError, ValueError), match=words):
                call(tmp_path / "one", types)


def test_what_a_killed_process_left_is_removed_when_the_cache_is_read(tmp_path):
    cached(tmp_path)
    left = tmp_path / f"{cache.WRITING}old"
    left.mkdir()
    os.utime(left, (0, 0))
    cached(tmp_path)
    assert not left.exists()


def test_what_another_process_has_written_meanwhile_stays(tmp_path):
    def slowly():
        yield from blocks()
        cache.write(tmp_path / "one", TYPES, iter([{"number": np.array([5], np.int32)}]))

    cache.write(tmp_path / "one", TYPES, slowly())
    assert cache.load(tmp_path / "one", TYPES)["number"].tolist() == [5]


def test_a_manifest_of_brackets_alone_is_no_cache(tmp_path):
    cached(tmp_path)
    (place,) = tmp_path.iterdir()
    (place / cache.MANIFEST).write_text("[" * 200_000)
    assert cache.load(place, TYPES) is None
    assert cached(tmp_path)["number"].tolist() == [0, 1, 2, 7]
