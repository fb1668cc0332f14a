"""A file is replaced by a whole one, or stays as it is."""

import pytest

from scratch.machinery.whole import replaced


@pytest.mark.parametrize("old", [None, "old"])
def test_a_file_takes_the_place_of_another_one(tmp_path, old):
    path = tmp_path / "a.txt"
    if old:
        path.write_text(old, encoding="utf-8")
    with replaced(path) as new:
        new.write_text("new", encoding="utf-8")
        assert path.exists() == bool(old)
    assert path.read_text("utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), replaced(path) as new:
        new.write_text("ne", encoding="utf-8")
        raise RuntimeError
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_no_file_can_be_written_it_says_so(tmp_path):
    nowhere = tmp_path / "nowhere" / "a.txt"
    with pytest.raises(FileNotFoundError, match="there is no folder"), replaced(nowhere):
        pass
    with pytest.raises(IsADirectoryError, match="it is a folder"), replaced(tmp_path):
        pass
    with pytest.raises(TypeError, match=r"path must be a Path, got 'a.txt'"), replaced("a.txt"):
        pass
    assert list(tmp_path.iterdir()) == []
