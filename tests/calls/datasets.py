"""Good calls of `scratch.datasets`: all but what reads lines, which is in `datasets__reading`.

They run in a folder of their own, so that odd paths lead nowhere.
"""

import os
import tempfile
import zipfile
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from scratch.datasets import cache as caches
from scratch.datasets import stand_in
from scratch.datasets.loaders import Dataset, NetflixRatings
from scratch.datasets.registry import ML_100K, DataFile, DataSet, Source
from scratch.datasets.stand_in import Recipe

ROOT = tempfile.TemporaryDirectory()


def place(name: str) -> Path:
    """A folder, in which we are from now on."""
    folder = Path(ROOT.name) / name
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    return folder


@cache
def home() -> Path:
    """Where stand-ins are, each made once."""
    return place("home")


def loads(**more: object) -> dict[str, object]:
    place("loads")
    return {**more, "folder": home()}


# What is loaded


def ratings() -> pd.DataFrame:
    return pd.DataFrame(
        {"user_id": [1, 1, 2], "movie_id": [5, 6, 5], "rating": [4.0, 3, 5], "timestamp": [7, 8, 9]}
    )


def movies() -> pd.DataFrame:
    return pd.DataFrame({"movie_id": [5, 6], "title": ["Five (1995)", "Six, The (1996)"]})


def a_dataset() -> dict[str, object]:
    source = "unchecked"
    return {
        "name": "mine", "ratings": ratings(), "movies": movies(), "source": source, "scale": (1, 5)
    }  # fmt: skip


def arrays_of_netflix() -> dict[str, object]:
    columns = {name: np.array([3, 4]) for name in ("user_ids", "movie_ids", "ratings", "days")}
    return {"name": "mine", **columns, "movies": movies(), "source": "unchecked"}


# Caches

TYPES = {"a": np.int32}


def blocks():
    yield {"a": np.arange(3, dtype=np.int32)}


def a_cache() -> Path:
    folder = place("caches") / "whole"
    if not folder.exists():
        caches.write(folder, TYPES, blocks())
    return folder


# Downloads: nothing is fetched, as there is a zip put there by hand


def a_zip(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "tiny.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("tiny/a.txt"), "hello\n")
    return folder / "tiny.zip"


def to_fetch() -> dict[str, object]:
    home = place("downloads")
    for folder in (home, home / "nowhere"):
        a_zip(folder)
    data_set = DataSet(
        "tiny",
        "Tiny",
        (DataFile("a.txt"),),
        archive=DataFile("tiny.zip"),
        sources=(Source("http://127.0.0.1:9/tiny.zip"),),
    )
    return {
        "data_set": data_set,
        "home": home,
        "progress": False,
        "silent": {"a.test": "no answer"},
    }


# Stand-ins


def recipe() -> Recipe:
    return Recipe(
        users=20, movies=9, ratings=60, lowest=1.0, step=0.5, least=2, mean=3.0, user_spread=0.4,
        movie_spread=0.4, taste=1.0, noise=0.9, pickiness=1.0, popularity=1.0, activity=0.3,
        factors=3,
    )  # fmt: skip


def made_stand_in() -> Path:
    return stand_in.ensure("netflix", home())


CALLS = {
    "datasets.cache.cached": lambda: {
        "home": place("caches"),
        "request": ["all"],
        "stamp": [1],
        "types": dict(TYPES),
        "read": blocks,
    },
    "datasets.cache.in_memory": lambda: {"blocks": blocks()},
    "datasets.cache.load": lambda: {"place": a_cache(), "types": dict(TYPES)},
    "datasets.cache.write": lambda: {
        "place": place("caches") / "new",
        "types": dict(TYPES),
        "blocks": blocks(),
    },
    "datasets.fetch.fetch": to_fetch,
    "datasets.fetch.unpack_safely": lambda: {
        "archive": a_zip(place("zips")),
        "target": place("zips") / "target",
        "remedy": "Fetch the archive again.",
    },
    "datasets.fetch.cause_of": lambda: {"error": OSError(28)},
    "datasets.folds.load_users_100k": loads,
    "datasets.folds.load_folds_100k": loads,
    "datasets.leftovers.workplace": lambda: {"home": place("work"), "prefix": ".making-"},
    "datasets.leftovers.remove_stale": lambda: {"home": place("work"), "prefix": ".making-"},
    "datasets.loaders.Dataset": a_dataset,
    "datasets.loaders.Dataset.describe": lambda: (Dataset(**a_dataset()).describe, {}),
    "datasets.loaders.load_movielens_100k": loads,
    "datasets.loaders.load_movielens_small": loads,
    "datasets.loaders.NetflixRatings": arrays_of_netflix,
    "datasets.loaders.NetflixRatings.describe": lambda: (
        NetflixRatings(**arrays_of_netflix()).describe,
        {},
    ),
    "datasets.loaders.load_netflix_arrays": lambda: loads(
        max_movies=2, max_lines=50, files="combined_data_1.txt", cache=home(), progress=False
    ),
    "datasets.loaders.load_netflix": lambda: loads(
        max_movies=2, max_lines=50, files=["combined_data_1.txt"]
    ),
    "datasets.loaders.load_interests": lambda: {"folder": None},
    "datasets.loaders.load_tiny_ratings": lambda: {"folder": None},
    "datasets.loaders.find_or_make": lambda: loads(data_set=ML_100K),
    "datasets.locate.home_folder": dict,
    "datasets.locate.search_folders": loads,
    "datasets.locate.find_real": lambda: {"data_set": ML_100K, "folders": [home()]},
    "datasets.locate.is_file": lambda: {"path": home() / "some"},
    "datasets.registry.Source": lambda: {"url": "http://127.0.0.1:9/tiny.zip", "verify": True},
    "datasets.registry.Movie": lambda: {"id": 7, "ratings": 3, "size": 60, "crc32": 12_345},
    "datasets.registry.DataFile": lambda: {
        "name": "a.txt",
        "sha256": "0f" * 32,
        "size": 6,
        "movies": (),
        "length": 60,
    },
    "datasets.registry.DataSet": lambda: vars(to_fetch()["data_set"]),
    "datasets.stand_in.Recipe": lambda: asdict(recipe()),
    "datasets.stand_in.World": lambda: {
        "users": np.array([0, 1]),
        "movies": np.array([1, 0]),
        "ratings": np.array([1.0, 5]),
        "genres": [["Drama"], ["Comedy", "Drama"]],
        "tastes": np.ones((2, 3)),
    },
    "datasets.stand_in.ensure": lambda: {"name": "netflix", "home": home()},
    "datasets.stand_in.mark": lambda: {"target": made_stand_in(), "made_by": "a test"},
    "datasets.stand_in.is_current": lambda: {"target": made_stand_in()},
    "datasets.stand_in.make_world": lambda: {
        "rng": np.random.default_rng(0),
        "recipe": recipe(),
        "famous": [("One", ["Drama"]), ("Two", ["Drama", "War"]), ("Three", ["Comedy"])],
    },
    "datasets.stand_in.make_ml_100k": dict,
    "datasets.stand_in.make_ml_latest_small": dict,
    "datasets.stand_in.make_netflix": dict,
    "datasets.titles.find_movies": lambda: {"titles": ["the six", "Five"], "movies": movies()},
    "datasets.own.save_own_ratings": lambda: {
        "path": place("own") / "mine.csv",
        "stars": {5: 4.5, 6: 1.0},
        "movies": movies(),
    },
    "datasets.own.load_own_ratings": lambda: {"path": own_ratings(), "movies": movies()},
}


def own_ratings() -> Path:
    path = place("own") / "kept.csv"
    path.write_text("movie_id,title,rating\n5,Five,4.5\n")
    return path
