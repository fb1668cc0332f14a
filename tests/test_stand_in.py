"""The stand-ins: same formats and sizes as the real data, and the models compare alike on them."""

import hashlib
import os
import re
import threading
import time
import zlib
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scratch.course.spelling import MADE_BY
from scratch.datasets import (
    DatasetError,
    leftovers,
    load_movielens_100k,
    load_movielens_small,
    load_netflix,
    locate,
    stand_in,
)
from scratch.datasets.famous import FAMOUS
from scratch.datasets.movielens import GENRES_100K
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL
from scratch.evaluation.metrics import mse
from scratch.factorization import MatrixFactorization
from scratch.ratings import IdMap, encode, split
from scratch.recommenders.baselines import GlobalMean, MovieMean, ShrunkenBiases, UserMean

TRILOGY = ["Star Wars (1977)", "Empire Strikes Back, The (1980)", "Return of the Jedi (1983)"]
REAL = {s.folder: locate.find_real(s, locate.search_folders()) for s in (ML_100K, ML_LATEST_SMALL)}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("datasets")


@pytest.fixture(scope="module")
def hundred(home):
    return load_movielens_100k(home)


@pytest.fixture(scope="module")
def small(home):
    return load_movielens_small(home)


@pytest.fixture(scope="module")
def netflix(home):
    return load_netflix(max_movies=20, folder=home)


# --- sizes and formats --------------------------------------------------------------------------


def test_it_says_what_it_is(hundred, small, netflix, monkeypatch):
    monkeypatch.setenv(MADE_BY, "1")
    for data in (hundred, small, netflix):
        assert data.is_stand_in and data.source == data.ratings.attrs["source"] == "stand-in"
        assert "a generated STAND-IN, not the real data" in data.describe()
    assert "run `make data`" in hundred.describe()
    assert "datasets/README.md" in netflix.describe()


def test_sizes_of_the_stand_in_for_100k(hundred):
    ratings, movies = hundred.ratings, hundred.movies
    assert len(ratings) == 100_000
    assert sorted(ratings["user_id"].unique()) == list(range(1, 944))
    assert sorted(ratings["movie_id"].unique()) == list(range(1, 1_683))
    assert movies["movie_id"].tolist() == list(range(1, 1_683))
    assert ratings["user_id"].value_counts().min() >= 20
    assert sorted(ratings["rating"].unique()) == [1, 2, 3, 4, 5]
    assert movies["title"].duplicated().sum() == 18
    unknown = movies[movies["title"] == "unknown"]
    assert unknown[["release_date", "genres"]].to_numpy().tolist() == [["", "unknown"]]
    assert sum(not title.isascii() for title in movies["title"]) >= 5
    assert set("|".join(movies["genres"]).split("|")) <= set(GENRES_100K)


def test_sizes_of_the_stand_in_for_small(small):
    ratings, movies = small.ratings, small.movies
    assert len(ratings) == 100_836
    assert sorted(ratings["user_id"].unique()) == list(range(1, 611))
    assert ratings["movie_id"].nunique() == 9_724 and len(movies) == 9_742
    assert movies["movie_id"].max() == 193_609 and movies["movie_id"].is_monotonic_increasing
    assert ratings["user_id"].value_counts().min() >= 20
    assert sorted(ratings["rating"].unique()) == [half / 2 for half in range(1, 11)]
    assert any("," in title for title in movies["title"])
    assert any(not title.isascii() for title in movies["title"])
    assert ratings[["user_id", "movie_id"]].apply(tuple, axis=1).is_monotonic_increasing


def test_sizes_of_the_stand_in_for_netflix(netflix):
    ratings, movies = netflix.ratings, netflix.movies
    counts = ratings["user_id"].value_counts()
    assert (len(ratings), len(counts), ratings["movie_id"].nunique()) == (42_800, 38_000, 20)
    assert (counts == 1).mean() > 0.8 and counts.max() >= 3
    assert ratings["date"].min().year == 1999 and ratings["date"].max().year == 2005
    assert len(movies) == 17_770 and movies["year"].isna().sum() == 7
    assert any("," in title for title in movies["title"])
    assert any(not title.isascii() for title in movies["title"])


def test_some_users_come_again_and_most_do_not(hundred, small):
    data = [hundred, small]
    if REAL[ML_100K.folder]:
        data.append(load_movielens_100k())
    for some in data:
        times = some.ratings.groupby("user_id")["timestamp"]
        assert 0.3 < (times.max() - times.min() > 86_400).mean() < 0.45  # more than one day
        assert (times.max() - times.min()).median() < 3_600


# Change a recipe and these change: raise stand_in.VERSION then, so that everybody's is made anew.
MADE = {
    ("3", "ml-100k"): {
        "u.data": "6bbd3a9b24ea3579",
        "u.item": "e8a2156852793872",
        "u.user": "c2e9acc24c48391f",
        "u1.test": "17d37a2956ddf919",
        "u2.test": "1541890ff7cf21c5",
        "u3.test": "3938e55031272edd",
        "u4.test": "485e052552324d0a",
        "u5.test": "a6a63442d5c27f1e",
    },
    ("3", "ml-latest-small"): {"ratings.csv": "614ccc0e22e83c4c", "movies.csv": "3da6c31f7bd730d1"},
    ("3", "netflix"): {
        "combined_data_1.txt": "482e29d47fcd174a",
        "movie_titles.csv": "3e8e90b8a934267b",
    },
}


@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small", "netflix"])
def test_it_is_the_same_on_every_machine(home, hundred, small, netflix, name):
    folder = home / "stand-in" / name
    sums = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        for file in folder.iterdir()
        if file.name != stand_in.VERSION_FILE
    }
    assert sums == MADE[stand_in.VERSION, name]


# The same of small ones, which are made in no time.
TINY = {
    ("3", "ml-100k"): "ffb777320bd0d4ed",
    ("3", "ml-latest-small"): "e75cbac5c4b730c3",
    ("3", "netflix"): "64617bf407025bce",
}


@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small", "netflix"])
def test_a_small_one_is_the_same_on_every_machine(monkeypatch, name):
    for recipe in ("ML_100K", "ML_LATEST_SMALL", "NETFLIX"):
        small = replace(getattr(stand_in, recipe), users=400, movies=320, ratings=8_500, activity=1)
        monkeypatch.setattr(stand_in, recipe, small)
    files = stand_in.GENERATORS[name]()
    whole = b"".join(f"{file}:\n".encode() + content for file, content in files.items())
    assert hashlib.sha256(whole).hexdigest()[:16] == TINY[stand_in.VERSION, name]


def test_famous_titles_are_spelled_as_in_the_real_sets(hundred, small):
    columns = (
        ("ml-100k", load_movielens_100k, hundred),
        ("ml-latest-small", load_movielens_small, small),
    )
    for column, (name, load, data) in enumerate(columns):
        famous = {film[column] for film in FAMOUS if film[column]}
        assert famous <= set(data.movies["title"])
        invented = set(data.movies["title"]) - famous - {"unknown"}
        assert all(title.startswith("Stand-in Movie") for title in invented)
        if REAL[name]:
            assert famous <= set(load(REAL[name].parent).movies["title"])


def test_famous_films_are_among_the_most_rated(hundred, small):
    for column, data in enumerate((hundred, small)):
        counts = data.ratings["movie_id"].value_counts()
        by_title = dict(zip(data.movies["title"], data.movies["movie_id"], strict=True))
        ranks = counts.rank(ascending=False)
        famous = [ranks[by_title[film[column]]] for film in FAMOUS if film[column]]
        assert max(famous) < 150 and np.median(famous) < 50


# --- made once, whole or not at all -------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    """Count how often a stand-in is generated, and make that instant."""
    made = []

    def generate():
        made.append(1)
        return {"a.txt": b"content"}

    monkeypatch.setitem(stand_in.GENERATORS, "quick", generate)
    return made


def test_it_is_made_once_and_again_when_the_generator_changed(tmp_path, monkeypatch, quick):
    place = stand_in.ensure("quick", tmp_path)
    assert place == tmp_path / "stand-in" / "quick"
    stand_in.ensure("quick", tmp_path)
    assert len(quick) == 1
    (place / "a.txt").write_text("old")
    monkeypatch.setattr(stand_in, "VERSION", "next")
    stand_in.ensure("quick", tmp_path)
    assert len(quick) == 2 and (place / "a.txt").read_bytes() == b"content"
    assert [path.name for path in place.parent.iterdir()] == ["quick"]


@pytest.mark.parametrize("marker", [b"", b" \n", b"\xff\xfe", b"version \xe9", b"0"])
def test_it_is_made_again_where_its_marker_is_empty_or_damaged(tmp_path, quick, marker):
    place = stand_in.ensure("quick", tmp_path)
    (place / "a.txt").write_text("who knows")
    (place / stand_in.VERSION_FILE).write_bytes(marker)
    assert stand_in.ensure("quick", tmp_path) == place
    assert len(quick) == 2 and (place / "a.txt").read_bytes() == b"content"
    assert stand_in.is_current(place)
    assert [path.name for path in place.parent.iterdir()] == ["quick"]


def test_its_marker_says_what_was_made_and_a_part_of_it_is_worth_nothing(tmp_path, quick):
    marker = stand_in.ensure("quick", tmp_path) / "STAND-IN.txt"
    text = marker.read_bytes()
    assert text.decode() == (
        "Generated by scratch.datasets. Name, bytes and CRC-32 of each file:\n"
        f"a.txt 7 {zlib.crc32(b'content'):08x}\n"
        f"version {stand_in.VERSION}\n"
    )
    no_files = re.sub(rb"a.txt.*\n", b"", text)
    old_form = b"Generated by scratch.datasets, version 3\n"
    endless = text.replace(b" 7 ", b" " + b"7" * 5_000 + b" ")
    for damaged in (
        *(text[:end] for end in range(len(text))),
        no_files,
        old_form,
        endless,
        text * 2,
    ):
        marker.write_bytes(damaged)
        assert not stand_in.is_current(marker.parent), damaged
    marker.write_bytes(text)
    assert stand_in.is_current(marker.parent) and len(quick) == 1


DAMAGE = {
    "cut at a line's end": lambda path: path.write_bytes(b"content\n" * 2),
    "another byte": lambda path: path.write_bytes(b"content\ncontent\nContent\n"),
    "longer": lambda path: path.write_bytes(b"content\n" * 4),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_it_is_made_again_where_a_file_is_not_as_it_was_made(tmp_path, monkeypatch, quick, damage):
    whole = b"content\n" * 3
    monkeypatch.setitem(stand_in.GENERATORS, "quick", lambda: {"a.txt": b"1", "b.txt": whole})
    place = stand_in.ensure("quick", tmp_path)
    damage(place / "b.txt")
    assert not stand_in.is_current(place)
    assert (stand_in.ensure("quick", tmp_path) / "b.txt").read_bytes() == whole
    assert [path.name for path in place.parent.iterdir()] == ["quick"]
    (place / "more.txt").write_text("what somebody has put there")
    assert stand_in.is_current(place)


def test_of_a_large_file_only_the_size_is_looked_at(tmp_path, monkeypatch, quick):
    place = stand_in.ensure("quick", tmp_path)
    monkeypatch.setattr(stand_in, "SMALL_BYTES", 6)
    (place / "a.txt").write_bytes(b"Content")
    assert stand_in.is_current(place)
    (place / "a.txt").write_bytes(b"conten")
    assert not stand_in.is_current(place)


def test_a_file_of_several_blocks_is_compared_as_a_whole(tmp_path, monkeypatch, quick):
    for block in (3, 7):  # of its 7 bytes
        monkeypatch.setattr(stand_in, "SMALL_BYTES", block)
        place = stand_in.ensure("quick", tmp_path / f"{block}")
        marker = (place / stand_in.VERSION_FILE).read_bytes()
        assert f"a.txt 7 {zlib.crc32(b'content'):08x}\n".encode() in marker
        (place / "a.txt").write_bytes(b"Content")
        assert stand_in.is_current(place) == (block == 3)


def test_a_stand_in_of_the_course_that_was_cut_is_made_again(tmp_path, monkeypatch):
    place = stand_in.ensure("netflix", tmp_path)
    ratings, titles = place / "combined_data_1.txt", place / "movie_titles.csv"
    whole = ratings.read_bytes(), titles.read_bytes()
    ratings.write_bytes(whole[0][: whole[0].rfind(b"\n", 0, 9_000) + 1])
    assert len(load_netflix(folder=tmp_path).ratings) == 42_800
    titles.write_bytes(whole[1][: whole[1].rfind(b"\n", 0, 9_000) + 1])
    load_netflix(folder=tmp_path)
    assert (ratings.read_bytes(), titles.read_bytes()) == whole


def test_what_killed_processes_left_is_removed_when_the_stand_in_is_used(tmp_path, quick):
    stand_in.ensure("quick", tmp_path)
    for name, age in (("old", 2 * leftovers.STALE_SECONDS), ("young", 0)):
        left = tmp_path / "stand-in" / f"{stand_in.MAKING}{name}"
        left.mkdir()
        os.utime(left, (0, time.time() - age))
    for _ in range(2):
        stand_in.ensure("quick", tmp_path)
        names = sorted(path.name for path in (tmp_path / "stand-in").iterdir())
        assert names == [f"{stand_in.MAKING}young", "quick"] and len(quick) == 1


def test_a_stand_in_that_may_not_be_read_is_made_again_or_that_is_said(
    tmp_path, monkeypatch, quick
):
    place = stand_in.ensure("quick", tmp_path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert not stand_in.is_current(place)
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(
        DatasetError, match=r"quick cannot be written: .*Permission denied(.|\n)*Put"
    ):
        stand_in.ensure("quick", tmp_path)


def test_there_is_no_stand_in_of_another_name(tmp_path):
    with pytest.raises(ValueError, match=r"name must be one of ml-100k, .*, got 'ml-1m'"):
        stand_in.ensure("ml-1m", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_mark_belongs_into_a_folder(tmp_path):
    with pytest.raises(ValueError, match="target must be the folder of a stand-in"):
        stand_in.mark(tmp_path / "nowhere", "a test")
    for made_by in ("", "two\nlines"):
        with pytest.raises(ValueError, match="made_by must be one line"):
            stand_in.mark(tmp_path, made_by)
    stand_in.mark(tmp_path, "a test")
    assert not stand_in.is_current(tmp_path)  # there are no files in it


SMALL = stand_in.Recipe(
    users=20, movies=9, ratings=60, lowest=1, step=1, least=2, mean=3, user_spread=0.4,
    movie_spread=0.4, taste=1, noise=0.9, pickiness=1, popularity=1, activity=0.3,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            {"ratings": 39},
            "ratings must be between users · least and users · movies, 20 · 2 and 180",
        ),
        ({"ratings": 181}, "ratings must be between"),
        ({"users": 10**6, "movies": 10**6}, "users and movies make 1000000000000 pairs"),
        ({"factors": 1}, "factors must be at least 2"),
        ({"noise": -1}, "noise must be at least 0"),
        ({"taste": 1e300}, "taste must be at least 0 and at most 100"),
        ({"users": 30_001, "movies": 10_000}, "make 300010000 pairs, .*: 300000000 are the most"),
        ({"factors": 1_001}, "factors must be at least 2 and at most 1000"),
        ({"activity": 100.5}, "activity must be at least 0 and at most 100"),
        ({"lowest": 5.5}, "lowest must be at least 0 and at most 5"),
        ({"lowest": -0.5}, "lowest must be at least 0 and at most 5"),
        ({"step": 5.5}, "step must be at least 0.01 and at most 5"),
        ({"step": 0}, "step must be at least 0.01"),
    ],
)
def test_a_recipe_that_nothing_can_be_made_of_is_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        replace(SMALL, **change)


def test_a_recipe_may_go_to_its_limits():
    assert SMALL.factors == 4
    replace(SMALL, factors=2, lowest=0, step=0.01, noise=0, taste=0, least=0)
    replace(SMALL, factors=1_000, lowest=5, step=5, noise=100, taste=100, least=3)
    replace(SMALL, users=30_000, movies=10_000, ratings=60_000)
    replace(SMALL, ratings=180)


def test_a_world_has_a_user_a_movie_and_a_rating_for_each_of_its_rows():
    ids, tastes = np.array([0, 1]), np.ones((2, 3))
    assert stand_in.World(ids, ids, ids + 1.0, [["Drama"]] * 2, tastes).genres[1] == ["Drama"]
    with pytest.raises(ValueError, match="there are 2 users, 1 movies and 2 ratings"):
        stand_in.World(ids, ids[:1], ids + 1.0, [["Drama"]] * 2, tastes)


def test_a_world_has_films_with_known_genres_and_users_with_time():
    rng = np.random.default_rng(0)
    world = stand_in.make_world(rng, SMALL, [])
    assert len(world.ratings) == 60 and np.unique(world.movies).size == 9
    everything = replace(SMALL, ratings=180, least=9)  # everybody rates every movie
    assert len(stand_in.make_world(rng, everything, []).ratings) == 180
    for films in (3, 9):
        famous = [(f"{number}", ["Western"]) for number in range(films)]
        genres = stand_in.make_world(rng, SMALL, famous).genres
        assert genres[:films] == [["Western"]] * films and len(genres) == 9
    for films in (1, 2, 10):
        words = f"famous must be none or 3 to 9 films, got {films}"
        with pytest.raises(ValueError, match=words):
            stand_in.make_world(rng, SMALL, [("One", ["Drama"])] * films)
    with pytest.raises(ValueError, match=r"genres that there are not: \['Dramma'\]"):
        stand_in.make_world(rng, SMALL, [(name, ["Dramma"]) for name in "abc"])
    with pytest.raises(
        ValueError, match=r"recipe lets a user rate .* of 9 movies: lower its activity"
    ):
        stand_in.make_world(rng, replace(SMALL, activity=5, ratings=100), [])


def test_a_recipe_and_its_world_stay_as_they_are():
    for thing in (SMALL, stand_in.make_world(np.random.default_rng(0), SMALL, [])):
        with pytest.raises(FrozenInstanceError, match="users"):
            thing.users = thing.users


def test_an_interrupted_making_leaves_nothing(tmp_path, monkeypatch, quick):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(stand_in.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        stand_in.ensure("quick", tmp_path)
    assert list((tmp_path / "stand-in").iterdir()) == []


def test_two_processes_at_once_end_with_one_stand_in(tmp_path, monkeypatch):
    barrier = threading.Barrier(4)

    def generate():
        barrier.wait(timeout=60)  # nobody is done before all have begun
        return {"a.txt": b"content"}

    monkeypatch.setitem(stand_in.GENERATORS, "slow", generate)
    errors = []

    def make():
        try:
            assert (stand_in.ensure("slow", tmp_path) / "a.txt").read_bytes() == b"content"
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert [path.name for path in (tmp_path / "stand-in").iterdir()] == ["slow"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path, quick):
    (tmp_path / "stand-in").write_text("a file where a folder should be")
    with pytest.raises(DatasetError, match="quick cannot be written"):
        stand_in.ensure("quick", tmp_path)


def test_a_damaged_stand_in_is_reported_with_its_own_remedy(tmp_path, monkeypatch):
    files = {"u.data": b"1\t1\t9\t1\n", "u.item": b"x\n"}
    monkeypatch.setitem(stand_in.GENERATORS, "ml-100k", lambda: files)
    with pytest.raises(DatasetError, match=r"line 1: rating 9 (.|\n)* is then made again"):
        load_movielens_100k(tmp_path)


# --- the relations that the course shows --------------------------------------------------------


def parts_of(data, seed, fractions=(0.70, 0.15, 0.15)):
    tables = split(data.ratings, fractions, rng=np.random.default_rng(seed))
    maps = IdMap(tables[0]["user_id"]), IdMap(tables[0]["movie_id"])
    return [encode(table, *maps, unknown="cold") for table in tables]


@pytest.mark.parametrize("seed", [0, 1])
def test_models_compare_as_on_the_real_100k(hundred, seed):
    train, _, test = parts_of(hundred, seed)

    def error(model, part=test):
        return mse(model.predict(part.users, part.movies), part.ratings)

    overall, users, movies = (error(m(train)) for m in (GlobalMean, UserMean, MovieMean))
    biases = error(ShrunkenBiases(train, shrinkage=10))
    assert 1.2 < overall < 1.35
    assert overall - 0.1 > users > movies + 0.02 and movies - 0.1 > biases > 0.85
    for start in range(3):
        rng = np.random.default_rng(start)
        assert error(MatrixFactorization(k=2).fit(train, rng=rng)) > biases
    overfitted = MatrixFactorization(k=20).fit(train, rng=np.random.default_rng(0))
    assert error(overfitted, train) < 0.5 and error(overfitted) > overall
    model = MatrixFactorization(k=20, biases=True, l2=0.1, init_scale=0.1)
    assert error(model.fit(train, rng=np.random.default_rng(0))) < biases - 0.03


def test_models_compare_as_on_the_real_small(small):
    train, test = parts_of(small, 3, (0.8, 0.2))

    def error(model):
        return mse(model.predict(test.users, test.movies), test.ratings)

    overall, biases = error(GlobalMean(train)), error(ShrunkenBiases(train, shrinkage=5))
    assert 1.0 < overall < 1.2 and overall - 0.25 > biases
    model = MatrixFactorization(k=20, biases=True, l2=0.1, init_scale=0.1)
    assert error(model.fit(train, rng=np.random.default_rng(0))) < biases


def test_ratings_look_like_the_real_ones(hundred, small):
    shares = hundred.ratings["rating"].value_counts(normalize=True).sort_index()
    assert abs(hundred.ratings["rating"].mean() - 3.53) < 0.03
    assert np.abs(shares.to_numpy() - [0.06, 0.11, 0.27, 0.34, 0.21]).max() < 0.05
    assert abs(small.ratings["rating"].mean() - 3.50) < 0.05


def test_popularity_has_a_long_tail_and_most_rated_is_not_best_rated(hundred, small):
    for data in (hundred, small):
        movies = data.ratings.groupby("movie_id")["rating"].agg(["size", "mean"])
        tenth = movies["size"].sort_values(ascending=False).head(len(movies) // 10)
        assert 0.3 < tenth.sum() / len(data.ratings) < 0.8
        assert (movies["size"] == 1).sum() > 50
        assert 0.2 < np.corrcoef(np.log(movies["size"]), movies["mean"])[0, 1] < 0.8
        perfect = movies[movies["mean"] == 5]
        assert (perfect["size"] <= 3).sum() >= 6 and perfect["size"].max() <= 10


def test_the_star_wars_films_are_liked_in_their_order_and_alike(hundred):
    titles = hundred.movies.set_index("movie_id")["title"]
    three = [titles.index[titles == title][0] for title in TRILOGY]
    means = hundred.ratings.groupby("movie_id")["rating"].mean()
    assert means[three[0]] > means[three[1]] + 0.1 > means[three[2]] + 0.2
    assert means[three[2]] > hundred.ratings["rating"].mean() + 0.1
    likes = liked_matrix(hundred.ratings, 944, 1_683)
    nearest = np.argsort(-cosines(likes.T)[three[0]])[:5]
    assert set(three[1:]) <= set(nearest.tolist())


def liked_matrix(ratings: pd.DataFrame, users: int, movies: int) -> np.ndarray:
    liked = ratings[ratings["rating"] >= 4]
    matrix = np.zeros((users, movies))
    matrix[liked["user_id"], liked["movie_id"]] = 1
    return matrix


def cosines(rows: np.ndarray) -> np.ndarray:
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    unit = rows / np.where(lengths > 0, lengths, 1)
    similarities = unit @ unit.T
    np.fill_diagonal(similarities, 0)
    return similarities


def test_neighbourhoods_recommend_better_than_popularity(hundred):
    train, hidden = split(hundred.ratings, (0.8, 0.2), rng=np.random.default_rng(1))
    likes, wanted = liked_matrix(train, 944, 1_683), liked_matrix(hidden, 944, 1_683)
    tested = wanted.any(axis=1)

    def precision(scores):
        top = np.argsort(-np.where(likes > 0, -np.inf, scores), axis=1)[tested, :10]
        return np.take_along_axis(wanted[tested], top, axis=1).mean()

    popular = precision(np.broadcast_to(likes.sum(axis=0), likes.shape))
    assert precision(cosines(likes) @ likes) > 1.2 * popular
    assert precision(likes @ cosines(likes.T)) > 1.2 * popular


def test_what_people_watch_goes_by_genre(hundred):
    genres = hundred.movies.set_index("movie_id")["genres"].str.split("|").explode()
    active = hundred.ratings.groupby("user_id").filter(lambda rows: len(rows) >= 100)
    watched = active[["user_id", "movie_id"]].join(genres, on="movie_id")
    shuffled = watched.assign(genres=np.random.default_rng(0).permutation(watched["genres"]))

    def spread(table):
        return pd.crosstab(table["user_id"], table["genres"], normalize="index").std()

    assert (spread(watched) / spread(shuffled)).median() > 1.4


@pytest.mark.parametrize("is_faster", [True, False])
def test_a_stand_in_that_another_process_has_put_there_meanwhile_is_taken(
    tmp_path, monkeypatch, quick, is_faster
):
    def replace(source, target):
        if is_faster:
            Path(source).rename(target)  # as the other process has just done
        raise OSError("the folder is not empty")

    monkeypatch.setattr(stand_in.os, "replace", replace)
    if is_faster:
        assert (stand_in.ensure("quick", tmp_path) / "a.txt").read_bytes() == b"content"
    else:
        with pytest.raises(DatasetError, match="quick cannot be written"):
            stand_in.ensure("quick", tmp_path)
