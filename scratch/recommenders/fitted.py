"""Any model of the course behind the same two calls: fit a table of ratings, ask for lists.

Ids go in and ids come out, whatever the model; a fitted recommender is kept in one file, arrays and
text, without pickle. Introduced in notebook 12.
"""

import dataclasses
import importlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd

from scratch.evaluation.protocol import CHUNK, PLACES, Split, recommend
from scratch.machinery.whole import replaced
from scratch.ratings import IdMap, Ratings, encode

Arrays = Mapping[str, np.ndarray]
FORMAT = "scratch recommender 1"  # what a file of `Recommender.save` calls itself
LEARNED = "learned "  # what its arrays are called there begins so


class Model(Protocol):
    """What stands behind a `Recommender`: a dataclass whose fields are its settings.

    All that it learns is a dictionary of arrays, so that it can be kept in a file. A model that
    predicts stars has also
        stars(arrays, users, movies): (n,) pairs of indices, −1 for a cold side, to (n,) stars;
    and one that can answer somebody new
        fold_in(arrays, movies, stars): their (n,) ratings to (movies,) scores, by training nothing;
    one that can place a new movie
        fold_in_movie(arrays, users): the (n,) users who like it to (users,) scores.
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def learn(
        self, train: Ratings, num_users: int, num_movies: int, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """What the other calls need, from encoded training ratings. rng: for random starts."""

    def scores(self, arrays: Arrays, users: np.ndarray) -> np.ndarray:
        """(n,) user indices give (n, movies) scores; −inf for what shall not be recommended."""


class Recommender:
    """A model fitted to a table of ratings, which answers in ids.

    model: one of `scratch.recommenders.adapters`. seed: of its random starts. After `fit`: users
    and movies (IdMap), known (Ratings) and arrays, what the model has learned.
    """

    def __init__(self, model: Model, *, seed: int = 0):
        self.model, self.seed = model, seed

    def fit(self, table: pd.DataFrame) -> "Recommender":
        """Learn from a table of user_id, movie_id and rating; returns the recommender itself.

        Raises ValueError for an empty table, a missing column or a rating that is not finite.
        """
        if len(table) == 0:
            raise ValueError("the table has no ratings: there is nothing to learn from")
        users, movies = IdMap(table["user_id"]), IdMap(table["movie_id"])
        return self._learn(encode(table, users, movies), users, movies)

    def fit_split(self, split: Split) -> "Recommender":
        """Learn from the training part of a split, in whose indices `scores` then speaks."""
        return self._learn(split.train, split.users, split.movies)

    def scores(self, users: np.ndarray) -> np.ndarray:
        """(n,) user indices give (n, movies) scores, as `scratch.evaluation.evaluate` takes them.

        Raises IndexError for an index outside 0 … users − 1.
        """
        users = np.asarray(users)
        outside = (users < 0) | (users >= len(self._fitted().users))
        if outside.any():
            raise IndexError(
                f"user index {users[outside][0]} is out of range: the recommender knows "
                f"{len(self.users)}, counted from 0"
            )
        return self.model.scores(self.arrays, users)

    def recommend(self, user_ids: Iterable[int], n: int = PLACES) -> pd.DataFrame:
        """Each user's n best movies that they have not rated: user_id, place, movie_id, score.

        Users in the order given, place 1 first; fewer rows where fewer movies are left. Raises
        KeyError for a user without training ratings, whom `recommend_new` can answer, ValueError
        for n below 1 or scores that can't be ranked.
        """
        user_ids = np.asarray(list(user_ids))
        indices = self._fitted().users.encode(user_ids)
        tables = [
            self._lists(user_ids[start : start + CHUNK], indices[start : start + CHUNK], n)
            for start in range(0, max(len(indices), 1), CHUNK)
        ]
        return pd.concat(tables, ignore_index=True)

    def predict(self, user_ids: Iterable[int], movie_ids: Iterable[int]) -> np.ndarray:
        """The stars that each user would give to the movie beside it: (n,) ids each, (n,) stars.

        An id without training ratings is cold, and answered by what the model knows of the other.
        Raises TypeError for a model that predicts no stars, ValueError for different lengths.
        """
        self._fitted()
        if not hasattr(self.model, "stars"):
            raise TypeError(f"{type(self.model).__name__} ranks movies, it predicts no stars")
        users = self.users.encode(np.asarray(list(user_ids)), unknown="cold")
        movies = self.movies.encode(np.asarray(list(movie_ids)), unknown="cold")
        if len(users) != len(movies):
            raise ValueError(f"{len(users)} users and {len(movies)} movies: give pairs")
        return self.model.stars(self.arrays, users, movies)

    def recommend_new(self, stars: Mapping[int, float], n: int = PLACES) -> pd.DataFrame:
        """The n best movies for somebody new: place, movie_id, score, from their stars by movie_id.

        Nothing is trained: what was learned stays, and the movies in stars are left out. Raises
        TypeError for a model that can't answer somebody new, KeyError for a movie without training
        ratings, ValueError for stars that are not finite, n below 1 or scores not to be ranked.
        """
        scores = self.scores_new(stars)[None]
        rated = self.movies.encode(np.array(list(stars)))
        own = Ratings(np.zeros(len(rated), np.int32), rated, np.ones(len(rated)))
        shown = recommend(
            lambda users: scores, np.array([0]), [own], num_movies=len(self.movies), places=n
        )
        table = self._table(np.array([0]), scores, shown)
        return table.drop(columns="user_id")

    def scores_new(self, stars: Mapping[int, float]) -> np.ndarray:
        """The scores (movies,) of all movies for somebody new; raises what `recommend_new` does."""
        self._fitted()
        if not hasattr(self.model, "fold_in"):
            raise TypeError(
                f"{type(self.model).__name__} can't answer somebody new without training anew"
            )
        given = np.array(list(stars.values()), dtype=float)
        if not np.isfinite(given).all():
            wrong = list(stars)[int(np.argmin(np.isfinite(given)))]
            raise ValueError(f"the rating of movie {wrong} is {stars[wrong]}: give it stars")
        movies = self.movies.encode(np.array(list(stars), dtype=self.movies.ids.dtype))
        return self.model.fold_in(self.arrays, movies, given)

    def scores_new_movie(self, user_ids: Iterable[int]) -> np.ndarray:
        """For whom is a new movie that these users like? The scores (users,) of all users for it.

        Nothing is trained. In the order of `users`. Raises TypeError for a model that can't place a
        new movie, KeyError for a user without training ratings, ValueError for no users or one
        who is named twice.
        """
        self._fitted()
        if not hasattr(self.model, "fold_in_movie"):
            raise TypeError(
                f"{type(self.model).__name__} can't place a new movie without training anew"
            )
        user_ids = np.asarray(list(user_ids))
        if len(user_ids) == 0 or len(np.unique(user_ids)) < len(user_ids):
            raise ValueError(
                "name each user who likes the new movie once, and at least one of them"
            )
        return self.model.fold_in_movie(self.arrays, self.users.encode(user_ids))

    def save(self, path: str | Path) -> None:
        """Write one file, .npz, that `load` reads: settings, id maps, known ratings and arrays.

        It is written beside its place first and then moved there, so that a file of that name is
        either the old one or the whole new one. Raises ValueError for ids that are not numbers.
        """
        path, fitted = Path(path), self._fitted()
        for side, ids in (("user", fitted.users.ids), ("movie", fitted.movies.ids)):
            if ids.dtype.hasobject:
                raise ValueError(
                    f"{side} ids must be numbers to be kept in a file, which holds no pickle, and "
                    f"the first is {ids[0]!r}: number them, and keep their names in a table"
                )
        about = {
            "format": FORMAT, "model": type(self.model).__name__, "seed": self.seed,
            "settings": dataclasses.asdict(self.model),
        }  # fmt: skip
        own = {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "user_ids": fitted.users.ids, "movie_ids": fitted.movies.ids,
            **{f"known_{column}": array for column, array in self.known._asdict().items()},
        }  # fmt: skip
        learned = {LEARNED + name: array for name, array in self.arrays.items()}
        with replaced(path) as new, new.open("wb") as file:
            np.savez(file, allow_pickle=False, **own, **learned)

    def _learn(self, train: Ratings, users: IdMap, movies: IdMap) -> "Recommender":
        self.users, self.movies, self.known = users, movies, train
        rng = np.random.default_rng(self.seed)
        self.arrays = dict(self.model.learn(train, len(users), len(movies), rng))
        return self

    def _fitted(self) -> "Recommender":
        if not hasattr(self, "arrays"):
            raise ValueError("the recommender has learned nothing yet: call fit first")
        return self

    def _lists(self, user_ids: np.ndarray, users: np.ndarray, n: int) -> pd.DataFrame:
        scores = self.scores(users)
        shown = recommend(
            lambda _: scores, users, [self.known], num_movies=len(self.movies), places=n
        )
        return self._table(user_ids, scores, shown)

    def _table(self, user_ids: np.ndarray, scores: np.ndarray, shown: np.ndarray) -> pd.DataFrame:
        rows, places = np.nonzero(shown >= 0)
        movies = shown[rows, places]
        return pd.DataFrame({
            "user_id": user_ids[rows], "place": places + 1,
            "movie_id": self.movies.decode(movies), "score": scores[rows, movies],
        })  # fmt: skip


def load(path: str | Path, others: Iterable[type] = ()) -> Recommender:
    """Read what `Recommender.save` wrote. others: classes of models that are not the course's own.

    Nothing in the file is run: it only names one of the models that are known here. Raises
    FileNotFoundError, and ValueError for a file that is damaged, of another kind, or of a model
    that is not known.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(bytes(arrays.pop("about")))
        if about["format"] != FORMAT:
            raise ValueError(f"it calls itself {about['format']!r}")
        model = _model_called(about["model"], others)(**about["settings"])
        recommender = Recommender(model, seed=about["seed"])
        recommender.users, recommender.movies = (
            IdMap(arrays["user_ids"]),
            IdMap(arrays["movie_ids"]),
        )
        recommender.known = Ratings(*(arrays[f"known_{column}"] for column in Ratings._fields))
    except FileNotFoundError:
        raise
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as problem:
        raise ValueError(
            f"{path} is no recommender that was saved whole: {problem}. Save it again, or fit anew"
        ) from None
    recommender.arrays = {
        name.removeprefix(LEARNED): array
        for name, array in arrays.items()
        if name.startswith(LEARNED)
    }
    return recommender


def _model_called(name: str, others: Iterable[type]) -> type:
    own = {kind.__name__: kind for kind in others}
    if name in own:
        return own[name]
    for module in ("adapters", "torch_adapters"):  # the second waits for PyTorch
        kind = getattr(importlib.import_module(f"scratch.recommenders.{module}"), name, None)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return kind
    raise ValueError(f"it holds a model {name!r}, which is not known here")
