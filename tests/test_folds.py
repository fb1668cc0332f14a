"""The table of users and the published folds of MovieLens 100K."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scratch.datasets import (
    DatasetError,
    folds,
    load_folds_100k,
    load_movielens_100k,
    load_users_100k,
    loaders,
)
from scratch.datasets.folds import parse_users_100k
from scratch.datasets.loaders import find_or_make
from scratch.datasets.reading import RawFile
from scratch.datasets.registry import ML_100K, DataFile
from scratch.datasets.stand_in import mark

USERS = "2|53|F|other|94043\n1|24|M|technician|85711\n"


def parse(text):
    return parse_users_100k(RawFile(Path("u.user"), text.encode("latin-1"), "Get it again."))


def test_users_are_in_order_and_each_rater_is_among_them():
    users, ratings = load_users_100k(), load_movielens_100k().ratings
    assert users["user_id"].tolist() == sorted(ratings["user_id"].unique())
    assert users["age"].between(7, 73).all() and set(users["gender"]) == {"M", "F"}
    assert users["occupation"].nunique() >= 18


def test_a_line_of_the_user_table():
    users = parse(USERS)
    assert users.iloc[0].tolist() == [2, 53, "F", "other", "94043"]
    assert parse(USERS.replace("\n", "\r\n")).equals(users)
    for age in (1, 120):
        assert parse(f"3|{age}|F|other|x\n").iloc[0].tolist() == [3, age, "F", "other", "x"]


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("2|53|F|other\n", "line 1: 4 fields where 5 belong"),
        ("", "line 1: the file is empty"),
        (USERS.replace("1|", "0|", 1), "line 2: user_id is '0', not a whole number from 1 on"),
        (USERS.replace("1|", "01|", 1), "line 2: user_id is '01', not a whole number from 1 on"),
        (USERS.replace("1|", "1" * 5_000 + "|", 1), "line 2: user_id is '11111"),
        (USERS.replace("24", "0"), "line 2: age is '0'"),
        (USERS.replace("24", "024"), "line 2: age is '024'"),
        (USERS.replace("24", "121"), "line 2: age is '121', not a number of years up to 120"),
        (USERS.replace("technician", " "), "line 2: user 1 has no occupation"),
        (USERS.replace("85711", ""), "line 2: user 1 has no zip code"),
        (USERS.replace("technician", "tech\x07"), "line 2: there is a sign that is no text"),
        (USERS.replace("1|", "x|", 1), "line 2: user_id is 'x'"),
        (USERS.replace("1|", "2|", 1), "line 2: user 2 has come before"),
        (USERS.replace("24", "-4"), "line 2: age is '-4'"),
        (USERS.replace("|M|", "|m|"), "line 2: gender is 'm'"),
        (USERS.replace("technician", ""), "line 2: user 1 has no occupation"),
        (USERS[:-1], "line 2: the last line is truncated"),
    ],
)
def test_a_damaged_user_table_is_named_with_its_line(damaged, message):
    with pytest.raises(DatasetError, match=rf"u\.user, {message}(.|\n)*Get it again"):
        parse(damaged)


def test_every_rating_is_tested_in_one_fold_and_trained_on_in_the_others():
    ratings, folds = load_movielens_100k().ratings, load_folds_100k()
    assert [len(test) for _, test in folds] == [20_000] * 5
    tested = pd.concat([test for _, test in folds])
    assert tested.sort_index().equals(ratings)
    for train, test in folds:
        assert pd.concat([train, test]).sort_index().equals(ratings)


def change(file, content):
    """Put it into a stand-in, as if it had been made so: else it would be made again."""
    file.write_bytes(content)
    mark(file.parent, "a test")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place, *_ = find_or_make(ML_100K, tmp_path_factory.mktemp("home"))
    return place


@pytest.fixture
def stand_in(tmp_path, made):
    """A copy of the stand-in, to be changed."""
    place = tmp_path / "data" / "stand-in" / "ml-100k"
    shutil.copytree(made, place)
    return place


@pytest.fixture
def published(tmp_path, made, monkeypatch):
    """A folder of what looks like the real set, as the files of the stand-in were published."""
    place = tmp_path / "ml-100k"
    shutil.copytree(made, place)

    def pinned(file):
        return DataFile(file.name, hashlib.sha256((place / file.name).read_bytes()).hexdigest())

    files = tuple(map(pinned, ML_100K.files))
    monkeypatch.setattr(loaders, "ML_100K", replace(ML_100K, files=files))
    monkeypatch.setattr(folds, "USERS", pinned(folds.USERS))
    monkeypatch.setattr(folds, "FOLDS", [*map(pinned, folds.FOLDS)])
    return place


def test_what_has_the_published_checksums_is_real_and_nothing_else(tmp_path, published):
    assert load_users_100k(tmp_path).attrs["source"] == "real"
    (train, test), *others = load_folds_100k(tmp_path)
    assert (len(train), len(test), len(others)) == (80_000, 20_000, 4)
    assert train.attrs["source"] == test.attrs["source"] == "real"
    users, second = published / "u.user", published / "u2.test"
    users.write_bytes(users.read_bytes().replace(b"|M|", b"|F|", 1))
    with pytest.raises(DatasetError, match=r"u\.user: wrong checksum"):
        load_users_100k(tmp_path)
    second.write_bytes(b"".join(sorted(second.read_bytes().splitlines(keepends=True))))
    with pytest.raises(DatasetError, match=r"u2\.test: wrong checksum"):
        load_folds_100k(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\t1\t", b"\tx\t", "rating is 'x'|movie_id is 'x'"),
        (b"\t8", b"\t7", "line 1: this rating is not in u.data"),
    ],
)
def test_a_damaged_fold_is_named_with_its_line(stand_in, old, new, message):
    file = stand_in / "u3.test"
    change(file, file.read_bytes().replace(old, new, 1))
    with pytest.raises(DatasetError, match=rf"u3\.test.*({message})(.|\n)*Delete the folder"):
        load_folds_100k(stand_in.parents[1])


def test_ratings_that_are_tested_twice_or_never_are_named(stand_in):
    second, third = stand_in / "u2.test", stand_in / "u3.test"
    lines = third.read_bytes().splitlines(keepends=True)
    change(third, b"".join([lines[1], *lines[1:]]))
    with pytest.raises(DatasetError, match=r"u3\.test, line 2: .* for the second time"):
        load_folds_100k(stand_in.parents[1])
    for other in (second, stand_in / "u1.test"):
        change(third, lines[0] + other.read_bytes().splitlines(keepends=True)[7])
        with pytest.raises(DatasetError, match=r"u3\.test, line 2: .* in a test set before"):
            load_folds_100k(stand_in.parents[1])
    change(third, b"".join(lines[1:]))
    with pytest.raises(DatasetError, match=r"u5\.test: 1 ratings of u\.data are in no test set"):
        load_folds_100k(stand_in.parents[1])
    third.unlink()
    mark(third.parent, "a test")
    with pytest.raises(DatasetError, match=r"u3\.test: the file is missing"):
        load_folds_100k(stand_in.parents[1])


def test_users_come_in_order_whatever_the_order_in_the_file(stand_in):
    file = stand_in / "u.user"
    change(file, b"".join(reversed(file.read_bytes().splitlines(keepends=True))))
    users = load_users_100k(stand_in.parents[1])
    assert users["user_id"].tolist() == [*range(1, 944)] and users.index.tolist() == [*range(943)]


def test_users_of_the_stand_in_say_that_they_are_invented(made):
    users = load_users_100k(made.parents[1])
    assert users.attrs["source"] == "stand-in" and len(users) == 943
    assert list(users) == ["user_id", "age", "gender", "occupation", "zip_code"]


def test_real_files_are_checked(tmp_path):
    place, source, _ = find_or_make(ML_100K, None)
    if source != "real":
        pytest.skip("the real MovieLens 100K is not here")
    shutil.copytree(place, tmp_path / "ml-100k")
    users = tmp_path / "ml-100k" / "u.user"
    users.write_bytes(users.read_bytes().replace(b"1|24|M|", b"1|25|M|", 1))
    with pytest.raises(DatasetError, match=r"u\.user: wrong checksum"):
        load_users_100k(tmp_path)
