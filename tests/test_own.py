"""Your own ratings come back as they were kept, and a damaged file says where."""

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
    assert path.read_text(encoding="utf-8") == (
        HEADER + '50,"Babe, ""the pig"" (1995)",4\n3,Alien (1979),0.5\n7,Amélie (2001),5\n'
    )
    found = load_own_ratings(path, MOVIES)
    assert found == stars and list(found) == [50, 3, 7]
    assert all(type(movie) is int and type(given) is float for movie, given in found.items())


def test_nothing_rated_is_a_file_too(tmp_path):
    save_own_ratings(tmp_path / "mine.csv", {}, MOVIES)
    assert load_own_ratings(tmp_path / "mine.csv", MOVIES) == {}


def test_a_spreadsheet_may_have_touched_it(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"\xef\xbb\xbfmovie_id,title,rating\r\n3,Alien,4.5\r\n\r\n")
    assert load_own_ratings(path, MOVIES) == {3: 4.5}


@pytest.mark.parametrize(
    ("stars", "error", "words"),
    [
        ({4: 3.0}, KeyError, "movie 4 is not among the 3 movies"),
        ({3: 6.0}, ValueError, r"Alien \(1979\) has 6.0 stars: give 0.5 to 5.0"),
        ({3: float("nan")}, ValueError, "has nan stars"),
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
        ("id,title,rating\n", "line 1: expected movie_id,title,rating, found id,title,rating"),
        (HEADER + "3,Alien\n", "line 2: expected 3 fields, found 2. Mend the line"),
        (HEADER + "3,Alien,4\n4,Other,4\n", "line 3: no movie has the id '4'"),
        (HEADER + "x,Alien,4\n", "line 2: no movie has the id 'x'"),
        (HEADER + "3,Alien,4\n3,Alien,5\n", "line 3: movie 3 comes a second time"),
        (HEADER + "3,Alien,six\n", "line 2: 'six' is no number of stars from 0.5 to 5.0"),
        (HEADER + "3,Alien,nan\n", "line 2: 'nan' is no number of stars"),
        (HEADER + "3,Alien,0\n", "line 2: '0' is no number of stars"),
        (HEADER + '3,"Alien,4\n', "can't be read as CSV"),
    ],
)
def test_a_damaged_file_says_where(tmp_path, text, words):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=r"mine\.csv") as caught:
        load_own_ratings(path, MOVIES)
    assert words in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(HEADER.encode() + b"3,\xff\xfe,4\n")
    with pytest.raises(DatasetError, match=r"mine.csv can't be read as CSV"):
        load_own_ratings(path, MOVIES)


def test_no_file_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_own_ratings(tmp_path / "mine.csv", MOVIES)
