"""Folders to work in: gone at the end, and those of killed processes some time later."""

import os
import time
from pathlib import Path

import pytest

from scratch.datasets import leftovers
from scratch.datasets.leftovers import remove_stale, workplace

OLD = 2 * leftovers.STALE_SECONDS


def leave(folder, seconds_ago):
    """A folder with a file in it, both of some time ago."""
    folder.mkdir()
    (folder / "half").write_text("x")
    for path in (folder / "half", folder):
        os.utime(path, (0, time.time() - seconds_ago))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_workplace_is_gone_at_the_end_with_what_is_in_it(tmp_path):
    with pytest.raises(RuntimeError), workplace(tmp_path, ".making-") as place:
        (place / "half").write_text("x")
        assert [path.parent for path in place.iterdir()] == [place] and place.parent == tmp_path
        assert place.name.startswith(".making-")
        raise RuntimeError
    assert names(tmp_path) == []


def test_what_killed_processes_left_goes_when_the_next_one_begins(tmp_path):
    leave(tmp_path / ".making-old", OLD)
    leave(tmp_path / ".making-young", 0)
    leave(tmp_path / ".fetching-old", OLD)
    leave(tmp_path / "making-by-hand", OLD)
    with workplace(tmp_path, ".making-"):
        assert ".making-old" not in names(tmp_path)
    assert names(tmp_path) == [".fetching-old", ".making-young", "making-by-hand"]


def test_a_folder_in_which_something_grows_is_not_old(tmp_path):
    leave(tmp_path / ".making-x", OLD)
    os.utime(tmp_path / ".making-x" / "half")
    remove_stale(tmp_path, ".making-")
    assert names(tmp_path) == [".making-x"]


def test_old_is_what_has_not_changed_for_more_than_an_hour(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers.time, "time", lambda: 10_000.0)
    for changed in (6_399, 6_400):
        (tmp_path / f".making-{changed}").mkdir()
        os.utime(tmp_path / f".making-{changed}", (0, changed))
    remove_stale(tmp_path, ".making-")
    assert names(tmp_path) == [".making-6400"]


def test_what_cannot_be_removed_is_left(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(16, "Device or resource busy")

    leave(tmp_path / ".making-old", OLD)
    monkeypatch.setattr(os, "rmdir", refuse)
    with workplace(tmp_path, ".making-") as place:
        pass
    assert names(tmp_path) == sorted([".making-old", place.name])


@pytest.mark.parametrize("prefix", ["", ".", "making-", "*", "../.making-", ".git"])
def test_no_other_folder_is_removed(tmp_path, prefix):
    with pytest.raises(ValueError, match="prefix must be like"):
        remove_stale(tmp_path, prefix)
    with pytest.raises(ValueError, match="prefix must be like"), workplace(tmp_path, prefix):
        pass


def test_where_there_is_no_folder_nothing_is_stale(tmp_path):
    remove_stale(tmp_path / "nowhere", ".making-")
    with pytest.raises(OSError), workplace(tmp_path / "nowhere", ".making-"):
        pass


def test_what_its_owner_is_removing_is_left_to_them(tmp_path, monkeypatch):
    old, going = (tmp_path / f".writing-{name}" for name in ("old", "going"))
    for folder in (old, going):
        folder.mkdir()
        os.utime(folder, (0, time.time() - 2 * leftovers.STALE_SECONDS))
    stat = Path.stat

    def gone(path, **options):
        if path == going:
            raise FileNotFoundError(path)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", gone)
    remove_stale(tmp_path, ".writing-")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [going]
