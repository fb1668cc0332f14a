"""Reading the data: the real figures, every kind of damage, and where files are looked for."""

import hashlib
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conftest
from scratch.course.spelling import MADE_BY
from scratch.datasets import (
    Dataset,
    DatasetError,
    NetflixRatings,
    load_interests,
    load_movielens_100k,
    load_movielens_small,
    load_netflix,
    load_tiny_ratings,
    loaders,
    locate,
    movielens,
    netflix,
    stand_in,
    tiny,
)
from scratch.datasets.folds import parse_users_100k
from scratch.datasets.reading import (
    RawFile,
    check_ratings,
    check_sha256,
    malformed,
    movie_table,
    read_lines,
    read_table,
    shown,
)
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL, NETFLIX, DataFile

REMEDY = "Do this."
home_folder = locate.home_folder  # which most tests do without
PROJECT = home_folder()
PLACES = {
    s.folder: locate.find_real(s, locate.search_folders())
    for s in (ML_100K, ML_LATEST_SMALL, NETFLIX)
}


def needs(data_set):
    place = PLACES[data_set.folder]
    return pytest.mark.skipif(place is None, reason=f"{data_set.title} is not here")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """No test sees or changes the project's own datasets/; the course was started with make."""
    monkeypatch.delenv("SCRATCH_DATA", raising=False)
    monkeypatch.setenv(MADE_BY, "1")
    monkeypatch.setattr(locate, "home_folder", lambda: tmp_path / "home")
    return tmp_path / "home"


def file(text: str | bytes, name: str = "some.file") -> RawFile:
    return RawFile(Path(name), text.encode("latin-1") if isinstance(text, str) else text, REMEDY)


# --- the real files -----------------------------------------------------------------------------


@needs(ML_100K)
def test_real_movielens_100k():
    data = load_movielens_100k(PLACES["ml-100k"].parent)
    assert data.describe() == (
        "MovieLens 100K: 100,000 ratings of 1,682 movies by 943 users (the real data)"
    )
    assert (data.source, data.is_stand_in, data.ratings.attrs["source"]) == ("real", False, "real")
    assert list(data.ratings) == ["user_id", "movie_id", "rating", "timestamp"]
    assert data.ratings.dtypes.astype(str).tolist() == ["int64", "int64", "float64", "int64"]
    assert list(data.movies) == ["movie_id", "title", "release_date", "genres"]
    assert sum(not title.isascii() for title in data.movies["title"]) == 9
    assert data.movies["title"].duplicated().sum() == 18
    assert (data.movies["title"] == "unknown").sum() == 1
    named = data.ratings.merge(data.movies, on="movie_id").groupby("title")["rating"].mean()
    for title, mean in (
        ("Star Wars (1977)", 4.36),
        ("Empire Strikes Back, The (1980)", 4.20),
        ("Return of the Jedi (1983)", 4.01),
    ):
        assert round(named[title], 2) == mean


@needs(ML_LATEST_SMALL)
def test_real_movielens_small():
    data = load_movielens_small(PLACES["ml-latest-small"].parent)
    assert "100,836 ratings of 9,724 movies by 610 users (the real data)" in data.describe()
    assert len(data.movies) == 9_742 and data.movies["movie_id"].max() == 193_609
    assert "City of Lost Children, The (Cité des enfants perdus, La) (1995)" in set(
        data.movies["title"]
    )
    assert sorted(data.ratings["rating"].unique()) == [n / 2 for n in range(1, 11)]


@needs(NETFLIX)
def test_real_netflix():
    if not (PLACES["netflix"] / "combined_data_1.txt").is_file():
        pytest.skip("combined_data_1.txt is not here")
    data = load_netflix(20, files="combined_data_1.txt", folder=PLACES["netflix"].parent)
    assert (data.source, data.ratings.attrs["source"]) == ("real", "real")
    assert "(the real data)" in data.describe()
    assert len(data.ratings) == 42_813
    assert (data.ratings["movie_id"].nunique(), data.ratings["user_id"].nunique()) == (20, 38_152)
    assert len(data.movies) == 17_770 and data.movies["year"].isna().sum() == 7
    assert data.ratings["date"].dt.year.between(1999, 2005).all()


def test_ten_times_the_ratings_are_no_more_steps_of_python():
    """How fast files are read is measured in `benchmarks/`; this is why it is fast."""

    def steps(count):
        lines = (
            f"{i // 9 + 1}\t{i % 9 + 1}\t{i % 5 + 1}\t{880_000_000 + i}\n" for i in range(count)
        )
        file = RawFile(Path("u.data"), "".join(lines).encode(), "")
        counted = []
        sys.setprofile(lambda frame, event, arg: counted.append(event))
        try:
            table = read_table(file, movielens.RATING_COLUMNS, "\t")
            check_ratings(table, file, lambda row: row + 1, (1, 5))
        finally:
            sys.setprofile(None)
        return len(counted)

    steps(100)  # what is done once only
    assert steps(20_000) < steps(2_000) + 1_000  # some: rubbish may be cleared away meanwhile


@needs(ML_100K)
def test_a_real_file_with_one_rating_changed_has_a_wrong_checksum(tmp_path):
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    for name in ("u.data", "u.item"):
        (folder / name).write_bytes((PLACES["ml-100k"] / name).read_bytes())
    load_movielens_100k(tmp_path)
    raw = (folder / "u.data").read_bytes()
    (folder / "u.data").write_bytes(raw.replace(b"\n", b"\r\n"))
    load_movielens_100k(tmp_path)  # line ends do not matter
    (folder / "u.data").write_bytes(raw.replace(b"196\t242\t3\t", b"196\t242\t4\t", 1))
    with pytest.raises(DatasetError, match=r"u\.data: wrong checksum(.|\n)*Delete the folder"):
        load_movielens_100k(tmp_path)


# --- MovieLens 100K -----------------------------------------------------------------------------

DATA = "1\t10\t5\t100\n1\t20\t3\t200\n2\t10\t1\t300\n"
FLAGS = "|".join(["0"] * 5 + ["1"] + ["0"] * 13)
ITEMS = f"10|Ten (1990)|01-Jan-1990|||{FLAGS}\n20|Caf\xe9 (1991)||||{FLAGS}\n"


def parse_100k(data=DATA, items=ITEMS):
    return movielens.parse_100k(file(data, "u.data"), file(items, "u.item"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_100k_is_read_with_either_line_end(end):
    ratings, movies = parse_100k(DATA.replace("\n", end), ITEMS.replace("\n", end))
    assert ratings["user_id"].tolist() == [1, 1, 2]
    assert ratings["timestamp"].tolist() == [100, 200, 300]
    assert movies["title"].tolist() == ["Ten (1990)", "Café (1991)"]
    assert movies["release_date"].tolist() == ["01-Jan-1990", ""]
    assert movies["genres"].tolist() == ["Comedy", "Comedy"]


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (DATA.replace("1\t20\t3\t200", "1\t20\t3"), 2, "3 fields where 4 belong"),
        (DATA.replace("1\t20\t3\t200", "1\t20\t3\t200\t9"), 2, "5 fields where 4 belong"),
        (DATA.replace("2\t10", "two\t10"), 3, "user_id is 'two', which is not a whole number"),
        (DATA.replace("\t3\t", "\tgood\t"), 2, "rating is 'good', which is not a number"),
        (DATA.replace("\t3\t", "\tNaN\t"), 2, "rating is 'NaN', which is not a number"),
        (DATA.replace("\t3\t", "\t\t"), 2, "rating is '', which is not a number"),
        (DATA.replace("\t3\t", "\t6\t"), 2, "rating 6 is outside the scale 1 to 5"),
        (DATA.replace("\t3\t", "\t0\t"), 2, "rating 0 is outside the scale 1 to 5"),
        (DATA.replace("\t3\t", "\t-3\t"), 2, "rating -3 is outside the scale 1 to 5"),
        (DATA.replace("\t3\t", "\t3.5\t"), 2, "rating 3.5 is not a multiple of 1"),
        (DATA.replace("1\t20", "1\t10"), 2, "user 1 has already rated movie 10 in line 1"),
        (DATA.replace("\t20", "\t30"), 2, "movie 30 is not in"),
        (DATA.replace("\n1\t", "\n\n1\t", 1), 2, "1 fields where 4 belong"),
        (DATA[:-1], 3, "the last line is truncated"),
        (DATA[:-6], 3, "truncated"),
        (DATA.replace("\t", ","), 1, "1 fields where 4 belong"),
        ("\xff\xfe" + DATA, 1, "user_id is"),
        (
            DATA.replace("2\t10", "0\t10"),
            3,
            "user_id is '0', which is not a whole number from 1 on",
        ),
        (DATA.replace("2\t10", "00\t10"), 3, "user_id is '00', which is not a whole number from 1"),
        (DATA.replace("2\t10", "02\t10"), 3, "user_id is '02', which is not a whole number from 1"),
        (DATA.replace("\t10\t1", "\t010\t1"), 3, "movie_id is '010', which is not a whole number"),
        (DATA.replace("\t3\t", "\t03\t"), 2, "rating is '03', which is not a number"),
        (DATA.replace("300", "0300"), 3, "timestamp is '0300', which is not a whole number of sec"),
        (DATA.replace("300", "4000000000"), 3, "timestamp is '4000000000', which is not a whole"),
        (DATA.replace("300", "3" * 5_000), 3, "timestamp is '33333"),
        (DATA.replace("2\t10", "2" * 400_000 + "\t10"), 3, "user_id is '22222"),
        (DATA.replace("\t200\n", "\r\n"), 2, r"rating, timestamp): '1\t20\t3'"),
        (DATA.replace("200", "200\r\r"), 2, r"timestamp is '200\r', which is not a whole number"),
        (DATA.replace("\t3\t", "\t3\0\t"), 2, r"rating is '3\x00', which is not a number"),
        ("", 1, "the file is empty"),
    ],
)
def test_100k_damaged_ratings_name_file_line_and_remedy(data, line, problem):
    with pytest.raises(DatasetError) as error:
        parse_100k(data)
    message = str(error.value)
    assert message.startswith(f"u.data, line {line}: ")
    assert problem in message and message.endswith(REMEDY)


@pytest.mark.parametrize(
    ("items", "line", "problem"),
    [
        (ITEMS.replace("|01-Jan-1990", ""), 1, "23 fields where 24 belong"),
        (ITEMS.replace("20|", "x|"), 2, "movie_id is 'x'"),
        (ITEMS.replace("20|", "10|"), 2, "movie 10 has come before"),
        (ITEMS.replace("Ten (1990)", ""), 1, "movie 10 has no title"),
        (ITEMS[:-2] + "2\n", 2, "genre flags"),
        (ITEMS[:-1], 2, "truncated"),
        ("", 1, "the file is empty"),
        (ITEMS.replace("20|", "0|"), 2, "movie_id is '0', not a whole number from 1 on"),
        (ITEMS.replace("20|", "020|"), 2, "movie_id is '020', not a whole number from 1 on"),
        (ITEMS.replace("20|", "2" * 5_000 + "|"), 2, "movie_id is '22222"),
        (ITEMS.replace("Ten (1990)", " \t "), 1, r"a sign that is no text, '\t' at place 5"),
        (ITEMS.replace("Ten (1990)", "  "), 1, "movie 10 has no title"),
        (ITEMS.replace("Ten (1990)", "\xa0"), 1, "movie 10 has no title"),
        (ITEMS.replace("Ten", "T\x1b[31men"), 1, r"a sign that is no text, '\x1b' at place 5"),
        (ITEMS.replace("Ten", "T\0n"), 1, r"a sign that is no text, '\x00' at place 5"),
        (ITEMS.replace("Ten", "T\rn"), 1, r"a sign that is no text, '\r' at place 5"),
        (ITEMS.replace("Ten", "T\x9bn"), 1, r"a sign that is no text, '\x9b' at place 5"),
        (ITEMS.replace("01-Jan", "01-Foo"), 1, "release date is '01-Foo-1990', which is not a day"),
        (ITEMS.replace("01-Jan", "30-Feb"), 1, "release date is '30-Feb-1990', which is not a day"),
        (ITEMS.replace("01-Jan", "00-Jan"), 1, "release date is '00-Jan-1990', which is not a day"),
        (ITEMS.replace("-1990", "-0000"), 1, "release date is '01-Jan-0000', which is not a day"),
        (ITEMS.replace("01-Jan-", ""), 1, "release date is '1990', which is not a day"),
        (ITEMS.replace(FLAGS, "x" * 400_000 + FLAGS), 1, "genre flags are not all 0 or 1: 'xxx"),
        (ITEMS.encode("utf-8"), 2, "should be iso-8859-1 but is UTF-8"),
    ],
)
def test_100k_damaged_movies_name_file_line_and_remedy(items, line, problem):
    with pytest.raises(DatasetError) as error:
        parse_100k(items=items)
    message = str(error.value)
    assert message.startswith(f"u.item, line {line}: ")
    assert problem in message and message.endswith(REMEDY)


def test_every_flag_of_100k_stands_for_its_genre():
    _, movies = parse_100k(items=ITEMS.replace(FLAGS, "|".join("1" * 19), 1))
    assert movies["genres"].tolist() == [
        "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|"
        "Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western",
        "Comedy",
    ]


def test_a_release_date_is_a_day_of_any_month_since_there_are_films():
    last_days = {
        "Jan": 31, "Feb": 29, "Mar": 31, "Apr": 30, "May": 31, "Jun": 30, "Jul": 31, "Aug": 31,
        "Sep": 30, "Oct": 31, "Nov": 30, "Dec": 31,
    }  # fmt: skip
    for month, last in last_days.items():
        for day in ("01", "1", str(last)):
            date = f"{day}-{month}-1880"  # a leap year
            _, movies = parse_100k(items=ITEMS.replace("01-Jan-1990", date))
            assert movies["release_date"].tolist() == [date, ""]
        for date in (f"{last + 1}-{month}-1880", f"01-{month}-1879", f"001-{month}-1990"):
            with pytest.raises(DatasetError, match=f"line 1: release date is '{date}'"):
                parse_100k(items=ITEMS.replace("01-Jan-1990", date))


ALL = [
    (movielens.parse_100k, {"u.data": DATA.encode(), "u.item": ITEMS.encode("latin-1")}),
    (movielens.parse_small, {"ratings.csv": b"", "movies.csv": b""}),
    (parse_users_100k, {"u.user": b"1|24|M|technician|85711\n2|53|F|other|94043\n"}),
    (
        netflix.parse_titles,
        {"movie_titles.csv": b"1,2003,One\n2,NULL,Two, and a comma\n5,1990,C\n"},
    ),
    (tiny.parse_interests, {"interests.txt": "a, b\nc, d, Caf\xe9\n".encode()}),
    (tiny.parse_ratings, {"tiny_ratings.csv": b"user_id,movie_id,rating\n1,2,3\n1,3,4\n"}),
]


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_whatever_is_damaged_in_any_file_the_only_error_is_ours_and_names_it(data):
    parse, texts = data.draw(st.sampled_from(ALL))
    if parse is movielens.parse_small:
        texts = {"ratings.csv": SMALL.encode(), "movies.csv": MOVIES_UTF8}
    damaged = data.draw(st.sampled_from(sorted(texts)))
    raw = texts[damaged]
    for _ in range(data.draw(st.integers(1, 2))):
        start = data.draw(st.integers(0, len(raw)))
        pasted = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"0", b"\n", b"|", b",", b"\xff"])
        )
        raw = raw[:start] + pasted + raw[start + data.draw(st.integers(0, 9)) :]
    files = (file(raw if name == damaged else text, name) for name, text in texts.items())
    try:
        parse(*files)
    except DatasetError as error:
        assert str(error).startswith(tuple(f"{name}, line " for name in texts)), error
        assert str(error).isprintable() or str(error).replace("\n", "").isprintable()


@given(st.integers(0, len(DATA) - 1), st.binary(max_size=3))
def test_whatever_is_cut_or_pasted_the_only_error_is_ours(position, pasted):
    damaged = DATA.encode()[:position] + pasted
    try:
        ratings, _ = movielens.parse_100k(file(damaged, "u.data"), file(ITEMS, "u.item"))
    except DatasetError as error:
        assert str(error).startswith("u.data, line ")
    else:
        assert ratings["rating"].between(1, 5).all() and damaged.endswith(b"\n")


# --- MovieLens latest-small ---------------------------------------------------------------------

SMALL = "userId,movieId,rating,timestamp\n1,10,4.5,100\n1,20,0.5,200\n"
MOVIES = (
    'movieId,title,genres\n10,"Café, The (1990)",Comedy|Drama\n20,B (1991),(no genres listed)\n'
)
MOVIES_UTF8 = MOVIES.encode("utf-8")


def parse_small(ratings=SMALL, movies=MOVIES_UTF8):
    return movielens.parse_small(file(ratings, "ratings.csv"), file(movies, "movies.csv"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_small_is_read_with_either_line_end(end):
    movies = MOVIES.replace("\n", end).encode("utf-8")
    ratings, movies = parse_small(SMALL.replace("\n", end), movies)
    assert ratings["rating"].tolist() == [4.5, 0.5]
    assert movies["title"].tolist() == ["Café, The (1990)", "B (1991)"]
    assert movies["genres"].tolist() == ["Comedy|Drama", "(no genres listed)"]


@pytest.mark.parametrize(
    ("ratings", "line", "problem"),
    [
        (SMALL.split("\n", 1)[1], 1, "the header should be 'userId,movieId,rating,timestamp'"),
        (SMALL.replace("timestamp", "timestamp\r\r"), 1, "the header should be"),
        (SMALL.replace("movieId", "itemId"), 1, "but is 'userId,itemId,rating,timestamp'"),
        ("\xef\xbb\xbf" + SMALL, 1, "the header should be"),
        (SMALL.split("\n")[0] + "\n", 2, "nothing stands below the header"),
        (SMALL.replace(",200", ""), 3, "3 fields where 4 belong"),
        (SMALL.replace("0.5", "0"), 3, "rating 0 is outside the scale 0.5 to 5"),
        (SMALL.replace("4.5", "5.5"), 2, "rating 5.5 is outside the scale 0.5 to 5"),
        (SMALL.replace("4.5", "4.3"), 2, "rating 4.3 is not a multiple of 0.5"),
        (SMALL.replace("4.5", "nan"), 2, "rating is 'nan', which is not a number"),
        (SMALL.replace("1,20", "1,10"), 3, "user 1 has already rated movie 10 in line 2"),
        (SMALL.replace("1,20", "1,30"), 3, "movie 30 is not in"),
        (SMALL[:-1], 3, "truncated"),
    ],
)
def test_small_damaged_ratings_name_file_line_and_remedy(ratings, line, problem):
    with pytest.raises(DatasetError) as error:
        parse_small(ratings)
    message = str(error.value)
    assert message.startswith(f"ratings.csv, line {line}: ")
    assert problem in message and message.endswith(REMEDY)


@pytest.mark.parametrize(
    ("movies", "line", "problem"),
    [
        (MOVIES.split("\n", 1)[1].encode("utf-8"), 1, "the header should be"),
        (MOVIES.replace('The (1990)"', "The (1990)").encode("utf-8"), 2, "unexpected end"),
        (MOVIES.replace("(1990)", '"(1990)').encode("utf-8"), 2, "',' expected after '\"': '10,"),
        (MOVIES.replace('"', "").encode("utf-8"), 2, "4 fields where 3 belong"),
        (MOVIES.encode("latin-1"), 2, "is not utf-8"),
        (MOVIES.replace("\n20,", "\n10,").encode("utf-8"), 3, "movie 10 has come before"),
        (MOVIES.replace("\n20,", "\n,").encode("utf-8"), 3, "movie_id is ''"),
        (MOVIES.encode("utf-8")[:-4], 3, "truncated"),
        (b"", 1, "the file is empty"),
        (
            MOVIES.replace("\n20,", "\n0,").encode(),
            3,
            "movie_id is '0', not a whole number from 1 on",
        ),
        (MOVIES.replace("B (1991)", " ").encode(), 3, "movie 20 has no title"),
        (
            MOVIES.replace("B (", "B\u2028(").encode(),
            3,
            r"a sign that is no text, '\u2028' at place",
        ),
        (MOVIES.replace("B (", "B\x85(").encode(), 3, r"a sign that is no text, '\x85' at place 5"),
        (MOVIES.replace("Comedy|", "|").encode(), 2, "a genre is empty: '|Drama'"),
        (MOVIES.replace("(no genres listed)", " ").encode(), 3, "a genre is empty: ' '"),
    ],
)
def test_small_damaged_movies_name_file_line_and_remedy(movies, line, problem):
    with pytest.raises(DatasetError) as error:
        parse_small(movies=movies)
    message = str(error.value)
    assert message.startswith(f"movies.csv, line {line}: ")
    assert problem in message and message.endswith(REMEDY)


# --- Netflix (its formats: test_netflix.py) -----------------------------------------------------

BLOCKS = "2:\n7,4,2005-09-06\n8,1,1999-11-11\n1:\n5:\n7,5,2004-02-29\n"
TITLES = "1,2003,One\n2,NULL,Two, and a comma\n5,1990,Caf\xe9\n"


def test_netflix_reads_the_file_that_is_there_or_named(tmp_path, monkeypatch):
    monkeypatch.setattr("scratch.datasets.loaders.check_sha256", lambda *_: None)
    place = tmp_path / "netflix"
    place.mkdir()
    (place / "movie_titles.csv").write_bytes(TITLES.encode("latin-1"))
    with pytest.raises(DatasetError, match=r"none of combined_data_1.txt"):
        load_netflix(folder=tmp_path)
    (place / "combined_data_3.txt").write_text(BLOCKS)
    assert len(load_netflix(folder=tmp_path).ratings) == 3
    (place / "combined_data_2.txt").write_text("2:\n9,4,2005-09-06\n")
    assert load_netflix(folder=tmp_path).ratings["user_id"].tolist() == [9]
    data = load_netflix(max_movies=1, files=["combined_data_3.txt"], folder=tmp_path)
    assert len(data.ratings) == 2
    with pytest.raises(DatasetError, match=r"combined_data_4.txt is not in"):
        load_netflix(folder=tmp_path, files="combined_data_4.txt")


def test_only_the_pinned_prefix_of_a_file_is_compared():
    pinned = DataFile("f", "ab" * 32, size=4)
    check_sha256(file("123"), pinned)  # shorter than what is pinned
    with pytest.raises(DatasetError, match="wrong checksum"):
        check_sha256(file("1234"), pinned)
    right = "03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4"  # of "1234"
    check_sha256(file("12345678"), DataFile("f", right, size=4))
    with pytest.raises(DatasetError, match="wrong checksum"):
        check_sha256(file("12345678"), DataFile("f", right))


def test_files_that_parse_but_are_not_the_published_ones_are_no_real_data(tmp_path):
    (tmp_path / "ml-100k").mkdir()
    (tmp_path / "ml-100k" / "u.data").write_text(DATA)
    (tmp_path / "ml-100k" / "u.item").write_text(ITEMS, encoding="latin-1")
    with pytest.raises(DatasetError, match=r"u\.data: wrong checksum(.|\n)*run `make data`"):
        load_movielens_100k(tmp_path)


# --- missing and empty files, places ------------------------------------------------------------


@pytest.mark.parametrize("missing", ["u.data", "u.item"])
def test_a_half_there_set_says_which_file_is_missing(tmp_path, missing):
    (tmp_path / "ml-100k").mkdir()
    for name, text in (("u.data", DATA), ("u.item", ITEMS)):
        if name != missing:
            (tmp_path / "ml-100k" / name).write_text(text, encoding="latin-1")
    message = rf"{missing}: the file is missing\.\nDelete the folder ml-100k and run `make data`"
    with pytest.raises(DatasetError, match=message):
        load_movielens_100k(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\n"])
def test_an_empty_file_is_called_empty(tmp_path, content):
    (tmp_path / "ml-100k").mkdir()
    (tmp_path / "ml-100k" / "u.data").write_bytes(content)
    with pytest.raises(DatasetError, match=r"u\.data, line 1: the file is empty"):
        load_movielens_100k(tmp_path)


def test_a_damaged_set_is_reported_with_its_line_and_not_replaced_by_a_stand_in(tmp_path):
    (tmp_path / "ml-100k").mkdir()
    (tmp_path / "ml-100k" / "u.data").write_text(DATA.replace("\t3\t", "\t9\t"))
    (tmp_path / "ml-100k" / "u.item").write_text(ITEMS, encoding="latin-1")
    with pytest.raises(DatasetError, match=r"u\.data, line 2: rating 9 is outside"):
        load_movielens_100k(tmp_path)
    assert not (tmp_path / "stand-in").exists()


def test_scratch_data_comes_first_and_what_it_lacks_falls_through(tmp_path, monkeypatch, home):
    first = tmp_path / "first"
    for place in (first / "ml-100k", home / "ml-100k", home / "ml-latest-small"):
        place.mkdir(parents=True)
        (place / ("u.data" if place.name == "ml-100k" else "ratings.csv")).write_text("x")
    (first / "ml-latest-small").mkdir()  # an empty folder is no data set
    monkeypatch.setenv("SCRATCH_DATA", str(first))
    folders = locate.search_folders()
    assert locate.find_real(ML_100K, folders) == first / "ml-100k"
    assert locate.find_real(ML_LATEST_SMALL, folders) == home / "ml-latest-small"
    assert locate.find_real(NETFLIX, folders) is None
    assert locate.search_folders(tmp_path) == [tmp_path]
    monkeypatch.setenv("SCRATCH_DATA", "")
    assert locate.search_folders() == [home]


PARTS = [f"combined_data_{number}.txt" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("name", ["movie_titles.csv", *PARTS, "training_set/mv_0000001.txt"])
def test_a_set_of_which_one_file_is_there_is_found(tmp_path, name):
    path = tmp_path / "netflix" / name
    path.parent.mkdir(parents=True)
    path.write_text("x")
    assert locate.find_real(NETFLIX, [tmp_path]) == tmp_path / "netflix"


def test_a_stand_in_is_made_at_home_and_not_in_scratch_data(tmp_path, monkeypatch, home):
    monkeypatch.setattr(stand_in, "ensure", lambda name, folder: folder / name)
    monkeypatch.setenv("SCRATCH_DATA", str(tmp_path))
    remedy = f"Delete the folder {home / 'ml-100k'}: the stand-in is then made again."
    assert loaders.find_or_make(ML_100K, None) == (home / "ml-100k", "stand-in", remedy)


def test_a_home_and_the_current_folder_are_understood(tmp_path, monkeypatch, home):
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("~/mine", "mine"):
        monkeypatch.setenv("SCRATCH_DATA", name)
        assert locate.search_folders() == [tmp_path / "mine", home]
    assert locate.search_folders("mine") == [Path("mine")]


def test_where_the_package_is_alone_its_data_are_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for is_whole, place in ((True, locate.ROOT), (False, tmp_path)):
        monkeypatch.setattr(locate, "is_whole", lambda is_whole=is_whole: is_whole)
        assert home_folder() == place / "datasets"


def test_what_no_file_can_be_called_is_no_file(tmp_path):
    assert locate.is_file(tmp_path / ("x" * 5_000)) is False
    (tmp_path / "there").write_text("x")
    assert locate.is_file(tmp_path / "there") and not locate.is_file(tmp_path)


def test_scratch_data_that_is_no_folder_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRATCH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError, match=r"SCRATCH_DATA names .*nowhere, which is not a folder"):
        load_movielens_100k()


@pytest.mark.parametrize("name", ["~nobody-has-this-name/x", "x" * 5_000, "\udcff"])
def test_a_scratch_data_that_can_be_no_folder_is_the_same_error(monkeypatch, name):
    monkeypatch.setenv("SCRATCH_DATA", name)
    with pytest.raises(DatasetError, match=r"SCRATCH_DATA names .*, which is not a folder"):
        load_movielens_100k()


def test_what_may_not_be_read_is_said_and_no_stand_in_takes_its_place(tmp_path, monkeypatch):
    (tmp_path / "ml-100k").mkdir()
    for name, text in (("u.data", DATA), ("u.item", ITEMS)):
        (tmp_path / "ml-100k" / name).write_text(text, encoding="latin-1")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    for method in ("open", "is_file"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, method, refuse)
            with pytest.raises(
                DatasetError, match=r"u\.data: it can't be read \(Permission denied\)\."
            ):
                load_movielens_100k(tmp_path)
    assert not (tmp_path / "stand-in").exists()


@pytest.mark.parametrize("folder", [3, 2.5, True, b"x", ["x"]])
def test_a_folder_is_a_path_or_its_name(folder):
    for load in (load_movielens_100k, load_movielens_small, load_netflix, load_interests):
        with pytest.raises(TypeError, match="folder must be a Path, got"):
            load(folder=folder)


def test_a_folder_may_be_named_in_a_text(tmp_path):
    assert load_movielens_100k(str(tmp_path)).is_stand_in
    assert len(load_interests(str(PROJECT))) == 15


def test_the_scales_are_those_of_the_sites(tmp_path):
    for load, scale in ((load_movielens_100k, (1.0, 5.0)), (load_movielens_small, (0.5, 5.0))):
        data = load(tmp_path)
        assert data.is_stand_in and data.scale == scale
        assert (data.ratings["rating"].min(), data.ratings["rating"].max()) == scale


def publish(monkeypatch, data_set, **texts):
    """Let these be the published files of a set."""
    sums = {
        name: hashlib.sha256(text.encode("latin-1")).hexdigest() for name, text in texts.items()
    }
    files = tuple(DataFile(name.replace("_", "."), value) for name, value in sums.items())
    monkeypatch.setattr(loaders, data_set, replace(getattr(loaders, data_set), files=files))


@pytest.mark.parametrize(
    ("data", "items", "complaint"),
    [
        (DATA, ITEMS[: ITEMS.find("\n") + 1], r"u\.item: wrong checksum"),
        (DATA.replace("\t20", "\t30"), ITEMS, r"u\.data, line 2: movie 30 is not in the file"),
    ],
    ids=["a film is missing", "a rating is wrong"],
)
def test_of_two_files_the_damaged_one_is_blamed(tmp_path, monkeypatch, data, items, complaint):
    publish(monkeypatch, "ML_100K", u_data=DATA, u_item=ITEMS)
    (tmp_path / "ml-100k").mkdir()
    (tmp_path / "ml-100k" / "u.data").write_text(data)
    (tmp_path / "ml-100k" / "u.item").write_text(items, encoding="latin-1")
    with pytest.raises(DatasetError, match=complaint):
        load_movielens_100k(tmp_path)


# --- what is made of the files ------------------------------------------------------------------

RATINGS = pd.DataFrame({"user_id": [1, 2], "movie_id": [5, 5], "rating": [1.0, 2]})
TWO = pd.DataFrame({"movie_id": [5, 6], "title": ["Five", "Six"]})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ratings": RATINGS.drop(columns="rating")}, "the table has no column 'rating'"),
        ({"ratings": RATINGS.drop(columns="user_id")}, "the table has no column 'user_id'"),
        ({"ratings": RATINGS.drop(columns="movie_id")}, "the table has no column 'movie_id'"),
        ({"ratings": RATINGS.assign(rating=[1.0, np.nan])}, "row 1 of the table has no rating"),
        ({"ratings": RATINGS.assign(timestamp=[1.0, np.nan])}, "row 1 .* has no timestamp"),
        (
            {"ratings": RATINGS.assign(rating=[1.0, np.inf])},
            r"the column rating\[1\] is inf: it must be",
        ),
        (
            {"ratings": RATINGS.assign(more=[1.0, np.inf])},
            r"the column more\[1\] is inf: it must be",
        ),
        ({"ratings": RATINGS.assign(more=["a", None])}, "row 1 of the table has no more"),
        ({"movies": TWO.drop(columns="title")}, "the table has no column 'title'"),
        ({"movies": TWO.assign(movie_id=[1, None])}, "row 1 of the table has no movie_id"),
        ({"source": "mine"}, "source must be 'real' or 'stand-in' or 'unchecked', got 'mine'"),
        ({"scale": (5, 5)}, "scale must be the lowest and the highest rating"),
        ({"scale": (1, float("nan"))}, r"scale\[1\] must be a finite number"),
    ],
)
def test_a_dataset_of_tables_that_are_none_is_refused(change, complaint):
    good = Dataset("mine", RATINGS, TWO, "unchecked", (1, 5))
    assert "2 ratings of 1 movies by 2 users" in good.describe()
    with pytest.raises(ValueError, match=complaint):
        replace(good, **change)


def test_ratings_are_numbers():
    with pytest.raises(TypeError, match="the column rating must be an array of numbers"):
        Dataset("mine", RATINGS.assign(rating=["4", "5"]), TWO, "unchecked", (1, 5))


def test_the_arrays_of_netflix_fit_each_other():
    ids = np.array([1, 2])
    good = NetflixRatings("mine", ids, ids, ids, ids, TWO, "unchecked")
    assert "2 ratings of 2 movies by 2 users" in good.describe()
    none = replace(good, **dict.fromkeys(netflix.COLUMNS, ids[:0]))
    assert "0 ratings of 0 movies by 0 users" in none.describe()
    with pytest.raises(ValueError, match=r"must be equally long, there are \[1, 2\] entries"):
        replace(good, ratings=ids[:1])
    with pytest.raises(TypeError, match="days must be an array of whole numbers"):
        replace(good, days=ids / 2)
    for column in TWO:
        with pytest.raises(ValueError, match=f"the table has no column '{column}'"):
            replace(good, movies=TWO.drop(columns=column))
    for wrong in ([0, -1], [1, 17_771]):
        with pytest.raises(IndexError, match=f"movie_ids go from .* {17_770} is the last"):
            replace(good, movie_ids=np.array(wrong)).describe()


def test_what_is_loaded_and_what_is_pinned_stay_as_they_are():
    ids = np.array([1, 2])
    for thing in (
        Dataset("mine", RATINGS, TWO, "unchecked", (1, 5)),
        NetflixRatings("mine", ids, ids, ids, ids, TWO, "unchecked"),
        file("x"),
        ML_100K,
        ML_100K.sources[0],
        NETFLIX.any_of[0],
        NETFLIX.any_of[0].movies[0],
    ):
        name = fields(thing)[0].name
        with pytest.raises(FrozenInstanceError, match=name):
            setattr(thing, name, getattr(thing, name))


def test_whether_data_are_real_is_said_in_the_last_words():
    ids, end = np.array([0, 17_770, 17_770]), "MovieLens 100K"
    for source, words in (
        ("real", " (the real data)"),
        ("unchecked", f"\n(not checked: {NETFLIX.what_is_checked})"),
        ("stand-in", "\n(a generated STAND-IN, not the real data: run `make data`)"),
    ):
        data = Dataset(end, RATINGS, TWO, source, (1, 5))
        assert data.describe() == f"{end}: 2 ratings of 1 movies by 2 users{words}"
        assert data.is_stand_in == (source == "stand-in")
    data = NetflixRatings("Netflix Prize", ids * 149, ids, ids, ids, TWO, "stand-in")
    assert data.is_stand_in and len(data) == 3
    assert data.describe() == (
        "Netflix Prize: 3 ratings of 2 movies by 2 users\n"
        "(a generated STAND-IN, not the real data: see datasets/README.md)"
    )
    for wrong in (-1, 2_649_430):
        words = f"user_ids go from {min(1, wrong)} to {max(1, wrong)}: 2649429 is the last"
        with pytest.raises(IndexError, match=words):
            replace(data, user_ids=np.array([1, wrong, 1])).describe()
    users = np.array([0, 2_649_429, 1])
    assert "by 3 users" in replace(data, user_ids=users).describe()
    assert len(replace(data, **dict.fromkeys(netflix.COLUMNS, ids[:0]))) == 0


# --- our tables' own checks ---------------------------------------------------------------------


def check(table):
    check_ratings(table, file(""), lambda row: row + 1, (1, 5))


@pytest.mark.parametrize("name", ["user_id", "movie_id"])
def test_ids_that_are_too_large_to_be_told_apart_are_refused(name):
    check(RATINGS.assign(**{name: [0, 10**9 - 1]}))
    for wrong in (-1, 10**9):
        words = f"the table has a {name} that is not between 0 and 1000000000"
        with pytest.raises(ValueError, match=words):
            check(RATINGS.assign(**{name: [1, wrong]}))


def test_a_table_of_ratings_has_numbers_and_whole_ones_for_ids():
    for name in ("user_id", "movie_id"):
        with pytest.raises(TypeError, match=f"the column {name} must be .*whole numbers"):
            check(RATINGS.assign(**{name: [0.5, 1.5]}))
    with pytest.raises(TypeError, match=r"the column rating must be .*numbers"):
        check(RATINGS.assign(rating=["a", "b"]))
    with pytest.raises(ValueError, match=r"the column rating\[1\] is inf: it must be"):
        check(RATINGS.assign(rating=[1.0, np.inf]))


@pytest.mark.parametrize("step", [0.1, 0.3, 0.7, 1.0])
def test_a_step_may_be_one_that_has_no_exact_form(step):
    rating = np.array([float(f"{step * count:.15g}") for count in range(1, 200)])
    table = pd.DataFrame({"user_id": 1, "movie_id": range(199), "rating": rating})
    check_ratings(table, file(""), lambda row: row + 1, (0, 200), step)
    table["rating"] = table["rating"].where(table.index != 7, table["rating"] + 1e-9)
    with pytest.raises(DatasetError, match=r"line 8: rating .* is not a multiple of"):
        check_ratings(table, file(""), lambda row: row + 1, (0, 200), step)


def test_a_second_rating_is_found_and_no_other_one_for_any_type_of_ids():
    check(RATINGS[:0])
    ids = np.array([1, 1 + 2**23])  # 2²³ · 10⁹ is a multiple of 2³²
    check(RATINGS.assign(user_id=ids.astype(np.int32)))
    for movies in ([2, 1], [10**9 - 1] * 2):
        check(pd.DataFrame({"user_id": [1, 2], "movie_id": movies, "rating": [1.0, 1.0]}))
    again = pd.DataFrame({"user_id": [1, 2, 1], "movie_id": [7, 7, 7], "rating": [1.0, 2, 3]})
    with pytest.raises(DatasetError, match=r"^some\.file, line 3: duplicate: user 1 .* line 1"):
        check(again)


def test_what_is_long_is_shown_shortened():
    assert shown("x" * 60) == repr("x" * 60)
    assert shown("x" * 61) == repr("x" * 57 + "...")
    assert shown(b"a\xffb\xc3\xa9") == repr("a\\xffbé")


def test_a_complaint_names_the_line_if_there_is_one():
    assert str(file("x").damaged(3, "it is odd")) == "some.file, line 3: it is odd.\nDo this."
    assert str(file("x").damaged(None, "it is odd")) == "some.file: it is odd.\nDo this."


def test_a_line_is_complained_of_in_full():
    with_end = malformed(b"1,2", {"user_id": "id", "movie_id": "id", "rating": "rating"}, ",")
    assert with_end == "2 fields where 3 belong (user_id, movie_id, rating): '1,2'"
    no_end = malformed(b"1,x", {"user_id": "id", "movie_id": "id"}, ",", has_end=False)
    assert no_end == (
        "movie_id is 'x', which is not a whole number from 1 on, without zeros in front "
        "(the last line is truncated: it has no line end)"
    )
    assert malformed(b"1\t2", {"user_id": "id", "movie_id": "id"}, "\t", has_end=False) is None


def test_a_column_of_any_kind_is_read_as_what_it_holds():
    columns = {"user_id": "id", "when": "time", "rating": "rating", "date": "date"}
    raw = b"a,b,c,d\r\n123456789,3999999999,-0.25,2005-09-06\r\n1,0,4,2005-09-06\r\n"
    table = read_table(file(raw), columns, ",", "a,b,c,d")
    assert table.to_dict("list") == {
        "user_id": [123456789, 1],
        "when": [3999999999, 0],
        "rating": [-0.25, 4.0],
        "date": ["2005-09-06", "2005-09-06"],
    }
    assert table.dtypes.astype(str).tolist() == ["int64", "int64", "float64", "category"]
    for only in (b"a,b,c,d", b"a,b,c,d\n"):
        with pytest.raises(DatasetError, match="line 2: nothing stands below the header"):
            read_table(file(only), columns, ",", "a,b,c,d")


def test_a_wrong_checksum_is_shown_beside_the_right_one():
    with pytest.raises(DatasetError) as error:
        check_sha256(file("1234"), DataFile("f", "ab" * 32))
    assert str(error.value) == (
        "some.file: wrong checksum: SHA-256 03ac674216f3…, published is abababababab….\nDo this."
    )
    unix, dos = b"1\n2\n", b"1\r\n2\r\n"
    for published in (unix, dos):
        for there in (unix, dos):
            check_sha256(file(there), DataFile("f", hashlib.sha256(published).hexdigest()))
    check_sha256(file("anything"), DataFile("f"))


def test_lines_are_counted_to_the_one_that_has_no_end():
    for encoding in ("utf-8", "iso-8859-1"):
        assert read_lines(file(b"a\r\n\nb\n"), encoding) == ["a", "", "b"]
        with pytest.raises(DatasetError, match="line 3: the last line is truncated"):
            read_lines(file(b"a\n\nb"), encoding)
        with pytest.raises(DatasetError, match="line 1: the file is empty"):
            read_lines(file(b""), encoding)
    with pytest.raises(DatasetError, match=r"line 2: is not utf-8: 'b\\\\xe9'"):
        read_lines(file(b"a\nb\xe9\n"), "utf-8")
    with pytest.raises(DatasetError, match="line 2: should be iso-8859-1 but is UTF-8: 'é'"):
        read_lines(file("a\né\n".encode()), "iso-8859-1")


def test_a_table_of_movies_has_numbers_for_ids_and_counts_lines_from_the_first():
    columns = ["movie_id", "title", "genres"]
    table = movie_table(file("x"), [("7", "Seven", "Crime"), ("3", "M", "Crime")], columns)
    assert table.dtypes.astype(str).tolist()[0] == "int64" and list(table) == columns
    assert table["movie_id"].tolist() == [7, 3]
    for first, line in (({}, 2), ({"first_line": 5}, 6)):
        with pytest.raises(DatasetError, match=f"line {line}: movie 7 has come before"):
            movie_table(file("x"), [("7", "a", ""), ("7", "b", "")], columns, **first)


def test_rows_of_movies_have_all_columns():
    for rows in ([("1", "One"), ("2",)], [["1", "One"]], [(1, "One")], [("1", "One", "more")]):
        with pytest.raises(TypeError, match="rows"):
            movie_table(file("x"), rows, ["movie_id", "title"])


def test_a_line_has_columns():
    with pytest.raises(ValueError, match="columns names no column"):
        read_table(file("x"), {}, ",")
    with pytest.raises(ValueError, match="separator must be"):
        read_table(file("x"), movielens.RATING_COLUMNS, "")


# --- commands are spelled as the course was started ----------------------------------------------


@pytest.mark.parametrize(
    ("made", "words"), [("1", "`make data`"), ("", "`python -m scratch.course data`")]
)
def test_messages_name_the_command_as_the_course_was_started(tmp_path, monkeypatch, made, words):
    monkeypatch.setenv(MADE_BY, made)
    assert ML_100K.remedy == f"Delete the folder ml-100k and run {words}."
    assert f"run {words})" in load_movielens_100k(tmp_path).describe()
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "stand-in").write_text("a file where a folder should be")
    with pytest.raises(DatasetError) as error:
        stand_in.ensure("ml-100k", tmp_path / "blocked")
    assert f"({words})" in str(error.value)


# --- which notebooks are compared (conftest.py) -------------------------------------------------


@pytest.fixture
def notebooks(tmp_path):
    """Three files with the text of notebooks that load no set, one, and two."""
    texts = {
        "00_a.ipynb": "x = 1",
        "01_b.ipynb": "load_movielens_100k()",
        "08_c.ipynb": "load_movielens_100k(), load_netflix_arrays()",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return [tmp_path / name for name in texts]


@pytest.mark.parametrize(
    ("missing", "printed"),
    [
        ({}, "run on the real data, stored outputs compared strictly"),
        ({ML_LATEST_SMALL: "stand-in"}, "run on the real data, stored outputs compared strictly"),
        (
            {ML_100K: "stand-in", NETFLIX: "stand-in"},
            "01, 08 run, stored outputs NOT compared (on the stand-in for ml-100k and netflix: run "
            "`make data`, or set SCRATCH_DATA); the others run on the real data, stored outputs "
            "compared strictly",
        ),
        (
            {NETFLIX: "unchecked"},
            "08 run, stored outputs NOT compared (netflix is not checked: only the first 20 movies "
            "of combined_data_1.txt have a checksum here); the others run on the real data, stored "
            "outputs compared strictly",
        ),
        (
            {NETFLIX: "damaged"},
            "08 run, stored outputs NOT compared (netflix is damaged); the others run on the real "
            "data, stored outputs compared strictly",
        ),
    ],
    ids=["all there", "one that nobody loads", "stand-ins", "unchecked", "damaged"],
)
def test_the_last_line_says_on_what_the_notebooks_ran(notebooks, missing, printed):
    assert conftest.verdict(notebooks, missing, is_lax=False) == printed


def test_the_last_line_is_about_the_notebooks_that_ran(notebooks):
    missing = {ML_100K: "stand-in"}
    assert conftest.verdict([], missing, is_lax=False) == "none was run"
    assert conftest.verdict(notebooks[:1], missing, is_lax=False).startswith("run on the real data")
    one = conftest.verdict(notebooks[1:2], missing, is_lax=False)
    assert one.startswith("01 run, stored outputs NOT compared") and "others" not in one
    assert "--nbval-lax" in conftest.verdict(notebooks, {}, is_lax=True)


def test_netflix_files_that_are_not_known_as_the_real_ones_count_as_missing(home):
    assert set(conftest.missing_sets([home]).values()) == {"stand-in"}
    place = home / "netflix"
    place.mkdir(parents=True)
    (place / "combined_data_1.txt").write_text("nonsense\n")
    assert conftest.missing_sets([home])[NETFLIX] == "damaged"
    (place / "combined_data_1.txt").unlink()
    (place / "combined_data_3.txt").write_text("1:\n7,5,2004-02-29\n")
    (place / "movie_titles.csv").write_text("1,2003,One\n")
    assert conftest.missing_sets([home])[NETFLIX] == "damaged"  # titles have a checksum
    if PLACES["netflix"] is None:
        pytest.skip("movie_titles.csv is not here")
    (place / "movie_titles.csv").write_bytes((PLACES["netflix"] / "movie_titles.csv").read_bytes())
    assert conftest.missing_sets([home])[NETFLIX] == "unchecked"


@needs(NETFLIX)
def test_the_beginning_of_netflix_that_the_notebooks_read_is_known_as_real(home):
    part = next(file for file in NETFLIX.any_of if file.sha256)
    if not (PLACES["netflix"] / part.name).is_file():
        pytest.skip(f"{part.name} is not here")
    raw = (PLACES["netflix"] / part.name).read_bytes()[: part.size]
    assert raw.count(b":") == len(part.movies)
    place = home / "netflix"
    place.mkdir(parents=True)
    (place / "movie_titles.csv").write_bytes((PLACES["netflix"] / "movie_titles.csv").read_bytes())
    (place / part.name).write_bytes(raw)
    assert NETFLIX not in conftest.missing_sets([home])
    (place / part.name).write_bytes(raw + b"21:\n7,5,2004-02-29\n")
    assert NETFLIX not in conftest.missing_sets([home])  # notebooks read no more of it
    assert load_netflix(folder=home).source == "unchecked"
    (place / part.name).write_bytes(raw[: raw.rfind(b"\n", 0, -1) + 1])
    assert conftest.missing_sets([home])[NETFLIX] == "unchecked"


@pytest.mark.slow
def test_the_tests_run_without_the_plugin_for_notebooks():
    command = [sys.executable, "-m", "pytest", "-q", "--co", "-p", "no:nbval"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "tests/test_tensors.py"],
        cwd=PROJECT.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


# --- our own small files ------------------------------------------------------------------------


def test_interests():
    users = load_interests(PROJECT)
    counts = pd.Series([interest for user in users for interest in user]).value_counts()
    assert (len(users), len(counts)) == (15, 36)
    assert users[0][:2] == ["Hadoop", "Big Data"] and users[14][-1] == "support vector machines"
    top = {"Python": 4, "R": 4} | dict.fromkeys(
        ["Big Data", "HBase", "Java", "statistics", "regression", "probability"], 3
    )
    assert counts[counts >= 3].to_dict() == top


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a, b\nc,,d\n", 2, "is empty"),
        ("a\n\n", 2, "is empty"),
        ("a, b, a\n", 1, "comes twice"),
        ("a\nb, \x1bc\n", 2, "a sign that is no text"),
    ],
)
def test_damaged_interests(tmp_path, text, line, problem):
    (tmp_path / "interests.txt").write_text(text)
    with pytest.raises(DatasetError, match=rf"interests\.txt, line {line}: .*{problem}"):
        load_interests(tmp_path)


def test_tiny_ratings():
    table = load_tiny_ratings(PROJECT)
    assert table.shape == (13, 3) and table["rating"].dtype == np.float64
    assert pd.unique(table["user_id"]).tolist() == [11, 2, 31, 4, 52, 61, 7]
    assert pd.unique(table["movie_id"]).tolist() == [1, 23, 4, 3]
    assert table.iloc[9].tolist() == [52, 3, 4]


@pytest.mark.parametrize("rating", [0, 6])
def test_damaged_tiny_ratings(tmp_path, rating):
    text = f"user_id,movie_id,rating\n1,2,1\n1,3,5\n1,4,{rating}\n"
    (tmp_path / "tiny_ratings.csv").write_text(text)
    words = f"line 4: rating {rating} is outside the scale 1 to 5"
    with pytest.raises(DatasetError, match=rf"tiny_ratings\.csv, {words}"):
        load_tiny_ratings(tmp_path)


def test_a_dataset_may_have_a_column_of_any_name():
    odd = RATINGS.assign(table=1.5)
    odd[3] = 0.5
    assert Dataset("mine", odd, TWO, "unchecked", (1, 5)).ratings is odd
    odd[3] = np.nan
    with pytest.raises(ValueError, match="row 0 of the table has no 3"):
        Dataset("mine", odd, TWO, "unchecked", (1, 5))


@pytest.mark.parametrize("folder", ["", "a\0b"])
def test_a_folder_without_a_name_is_refused_and_nothing_is_made(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^folder is '.*': give the path of a folder"):
        load_movielens_100k(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_at_home_may_be_called_as_one_does(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert locate.search_folders("~/data") == [tmp_path / "data"]
