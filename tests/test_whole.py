"""A file is replaced by a whole one, or stays as it is."""

import os

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
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_file_is_written_in_a_hidden_folder_beside_the_old_one(tmp_path):
    path = tmp_path / "a.txt"
    with replaced(path) as new:
        assert new.name == "a.txt" and new.parent.parent == tmp_path
        assert new.parent.name.startswith(".writing-")
        new.write_text("new", encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such rights")
@pytest.mark.parametrize("rights", [0o640, 0o751])
def test_whoever_may_read_and_write_the_old_file_may_do_so_with_the_new_one(tmp_path, rights):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(rights)
    with replaced(path) as new:
        new.write_text("new", encoding="utf-8")
    assert path.stat().st_mode & 0o777 == rights


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), replaced(path) as new:
        new.write_text("ne", encoding="utf-8")
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "old"
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


def test_of_a_link_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    target, link, dangling = tmp_path / "far" / "a.txt", tmp_path / "link", tmp_path / "other"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "far" / "b.txt")
    for path in (link, dangling):
        with replaced(path) as new:
            new.write_text("new", encoding="utf-8")
        assert path.is_symlink() and path.read_text(encoding="utf-8") == "new"
    assert sorted(p.name for p in (tmp_path / "far").iterdir()) == ["a.txt", "b.txt"]


def test_a_link_that_leads_back_to_itself_and_a_name_of_no_file_are_refused(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)
    with pytest.raises(OSError, match="can't be written: it is a link that leads"), replaced(one):
        pass
    words = r"a\\x00b' can't be written: no file's name has a \\0 in it$"
    with pytest.raises(OSError, match=words), replaced(tmp_path / "a\0b"):
        pass
    assert one.is_symlink() and sorted(tmp_path.iterdir()) == [one, other]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"it is a device or a pipe$"), replaced(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_fifo()
