"""Your own ratings come back as they were kept, and a damaged file says where."""

import os
from pathlib import Path

import pandas as pd
import pytest

from scratch.datasets import DatasetError
from scratch.datasets.own import load_own_ratings, save_own_ratings

MOVIES = pd.DataFrame(
    {"movie_id": [3, 50, 7], "title": ["Alien (1979)", 'Babe, "the pig" (1995)', "Amélie (2001)"]}
)
HEADER = "movie_id,title,rating\n"


def test_what_was_kept_comes_back_in_its_order(tmp_path):
    path, stars = tmp_path / "mine.csv", {50: 4.0, 3: 0.5, 7: 5.0}
    save_own_ratings(path, stars, MOVIES)
    assert path.read_bytes().decode() == (
        HEADER + '50,"Babe, ""the pig"" (1995)",4\n3,Alien (1979),0.5\n7,Amélie (2001),5\n'
    )
    found = load_own_ratings(path, MOVIES)
    assert found == stars and list(found) == [50, 3, 7]
    assert all(type(movie) is int and type(given) is float for movie, given in found.items())


def test_nothing_rated_is_a_file_too(tmp_path):
    save_own_ratings(tmp_path / "mine.csv", {}, MOVIES)
    assert load_own_ratings(tmp_path / "mine.csv", MOVIES) == {}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_spreadsheet_may_have_touched_it(tmp_path, end):
    path = tmp_path / "mine.csv"
    lines = [b"\xef\xbb\xbfmovie_id,title,rating", b" 3 ,Alien, 4.50 ", b"", b"7,Amelie,.5", b""]
    path.write_bytes(end.join(lines))
    assert load_own_ratings(path, MOVIES) == {3: 4.5, 7: 0.5}


@pytest.mark.parametrize(
    ("stars", "error", "words"),
    [
        ({4: 3.0}, KeyError, "movie 4, one of the stars, is not among the 3 movies"),
        ({3: 0.4}, ValueError, r"Alien \(1979\) has 0.4 stars: give 0.5 to 5.0"),
        ({3: 6.0}, ValueError, r"Alien \(1979\) has 6.0 stars: give 0.5 to 5.0"),
        ({3: float("nan")}, ValueError, r"stars\[3\] must be a finite number, got nan"),
    ],
)
def test_what_cannot_be_kept_leaves_the_old_file_as_it_was(tmp_path, stars, error, words):
    path = tmp_path / "mine.csv"
    save_own_ratings(path, {3: 2.0}, MOVIES)
    with pytest.raises(error, match=words):
        save_own_ratings(path, {7: 5.0} | stars, MOVIES)
    assert load_own_ratings(path, MOVIES) == {3: 2.0}
    assert [file.name for file in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: expected movie_id,title,rating, found an empty file"),
        ("id,title,rating\n", "line 1: expected movie_id,title,rating, found 'id,title,rating'"),
        (HEADER + "3,Alien\n", "line 2: expected 3 fields, found 2. Mend the line"),
        (HEADER + "3,Alien,4\n4,Other,4\n", "line 3: no movie has the id '4'"),
        (HEADER + "x,Alien,4\n", "line 2: no movie has the id 'x'"),
        (HEADER + "3,Alien,4\n3,Alien,5\n", "line 3: movie 3 comes a second time"),
        (HEADER + "3,Alien,six\n", "line 2: 'six' is no number of stars from 0.5 to 5.0"),
        (HEADER + "3,Alien,nan\n", "line 2: 'nan' is no number of stars"),
        (HEADER + "3,Alien,5.5\n", "line 2: '5.5' is no number of stars"),
        (HEADER + "3,Alien,.\n", "line 2: '.' is no number of stars"),
        (HEADER + "3,Alien,0\n", "line 2: '0' is no number of stars"),
        (HEADER + '3,"Alien,4\n', "can't be read as CSV"),
        (HEADER + "9" * 5_000 + ",Alien,4\n", "line 2: no movie has the id '99999"),
        (HEADER + "\u0663,Alien,4\n", "line 2: no movie has the id '\u0663'"),
        (HEADER + "3,Alien," + "4" * 5_000 + "\n", "line 2: '44444"),
        (HEADER + "3,Alien,4_0e-1\n", "line 2: '4_0e-1' is no number of stars"),
        (HEADER + "3,Alien,\u0664\n", "line 2: '\u0664' is no number of stars"),
        (HEADER + "3,Alien,inf\n", "line 2: 'inf' is no number of stars"),
        (HEADER + '3,"Ali\nen",4\n4,Other,4\n', "line 4: no movie has the id '4'"),
        (HEADER + "3," + "x" * 200_000 + ",4\n", "can't be read as CSV: field larger than"),
    ],
)
def test_a_damaged_file_says_where(tmp_path, text, words):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        load_own_ratings(path, MOVIES)
    assert str(caught.value).startswith(str(path)) and words in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(HEADER.encode() + b"3,\xff\xfe,4\n")
    with pytest.raises(DatasetError, match=r"mine.csv can't be read as CSV: 'utf-8' codec can't"):
        load_own_ratings(path, MOVIES)


def test_why_a_file_cannot_be_read_or_written_is_said(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(5, "Input/output error")

    path = tmp_path / "mine.csv"
    for method in ("read_bytes", "write_bytes"):
        monkeypatch.setattr(Path, method, fail)
    with pytest.raises(DatasetError) as unread:
        load_own_ratings(path, MOVIES)
    words = "Input/output error: give the path of a file"
    assert str(unread.value) == f"{path} can't be read as CSV: {words}"
    with pytest.raises(OSError) as unwritten:
        save_own_ratings(path, {}, MOVIES)
    assert str(unwritten.value) == f"{path} can't be written: Input/output error"
    with pytest.raises(IsADirectoryError, match=r"can't be written as a file: it is a folder$"):
        save_own_ratings(tmp_path, {}, MOVIES)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/full")):
        if path.exists():
            words = "can't be read as CSV: it is a device or a pipe: give the path of a file$"
            with pytest.raises(DatasetError, match=words):
                load_own_ratings(path, MOVIES)


def test_links_to_files_are_read_and_a_link_to_itself_is_refused(tmp_path):
    save_own_ratings(tmp_path / "mine.csv", {3: 4.0}, MOVIES)
    (tmp_path / "link").symlink_to(tmp_path / "mine.csv")
    assert load_own_ratings(tmp_path / "link", MOVIES) == {3: 4.0}
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(OSError, match=r"circle can't be written: it is a link that leads to its"):
        save_own_ratings(circle, {3: 4.0}, MOVIES)
    with pytest.raises(DatasetError, match="circle can't be read as CSV"):
        load_own_ratings(circle, MOVIES)
    assert circle.is_symlink()


def test_no_file_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"mine\.csv: there is no file on this path"):
        load_own_ratings(tmp_path / "mine.csv", MOVIES)


@pytest.mark.parametrize("name", ["", "x" * 5_000, "a\0b"])
def test_what_can_be_no_file_is_said(tmp_path, name):
    path = f"{tmp_path}/{name}"
    with pytest.raises(DatasetError, match="can't be read as CSV: "):
        load_own_ratings(path, MOVIES)
    with pytest.raises(OSError, match="can't be written"):
        save_own_ratings(path, {3: 4.0}, MOVIES)
    with pytest.raises(FileNotFoundError, match="can't be written: there is no folder"):
        save_own_ratings(tmp_path / "nowhere" / "mine.csv", {3: 4.0}, MOVIES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("movies", "complaint"),
    [
        (MOVIES.drop(columns="title"), "the table has no column 'title'"),
        (MOVIES.assign(title=["a", None, "b"]), "row 1 of the table has no title"),
        (MOVIES.assign(movie_id=0.5), "the column movie_id must be .*whole numbers"),
        (MOVIES.assign(movie_id=["a", "b", "c"]), "the column movie_id must be"),
    ],
)
def test_films_have_ids_and_titles(tmp_path, movies, complaint):
    path = tmp_path / "mine.csv"
    path.write_text(HEADER)
    with pytest.raises((ValueError, TypeError), match=complaint):
        load_own_ratings(path, movies)
    with pytest.raises((ValueError, TypeError), match=complaint):
        save_own_ratings(path, {}, movies)


@pytest.mark.parametrize(
    "title",
    [
        "Two\rlines",
        "Two\r\nlines",
        "Two\u2028lines",
        "\0",
        "half \ud83d a face",
        "long " * 50_000,
        "=",
    ],
    ids=ascii,
)
def test_whatever_a_title_is_what_was_kept_is_read_again(tmp_path, title):
    movies = pd.DataFrame({"movie_id": [7, 8], "title": [title, "Other"]})
    path = tmp_path / "own.csv"
    save_own_ratings(path, {7: 3.0, 8: 4.5}, movies)
    assert load_own_ratings(path, movies) == {7: 3.0, 8: 4.5}
    assert len(path.read_bytes().splitlines()) == 3 and path.stat().st_size < 2000


def test_long_titles_are_cut_and_others_stand_as_they_are(tmp_path):
    movies = pd.DataFrame({"movie_id": [1, 2], "title": ["a" * 1000, "b" * 1001]})
    save_own_ratings(tmp_path / "own.csv", {1: 3, 2: 4}, movies)
    lines = (tmp_path / "own.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == [f"1,{'a' * 1000},3", f"2,{'b' * 1000}…,4"]


def test_any_id_and_any_number_of_stars_is_kept_to_the_last_digit(tmp_path):
    movies = pd.DataFrame({"movie_id": [-5, 10**18, -(2**63)], "title": ["a", "b", "c"]})
    stars = {-5: 3.1234567, 10**18: 0.1 + 0.4, -(2**63): 4.999999999999999}
    save_own_ratings(tmp_path / "own.csv", stars, movies)
    assert load_own_ratings(tmp_path / "own.csv", movies) == stars


def test_the_largest_id_of_all_is_read_again(tmp_path):
    movies = pd.DataFrame({"movie_id": [2**64 - 1], "title": ["a"]})
    save_own_ratings(tmp_path / "own.csv", {2**64 - 1: 4.5}, movies)
    assert load_own_ratings(tmp_path / "own.csv", movies) == {2**64 - 1: 4.5}
