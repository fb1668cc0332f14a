"""Any model of the course behind the same two calls: fit a table of ratings, ask for lists.

Ids go in and ids come out, whatever the model; a fitted recommender is kept in one file, arrays and
text, without pickle. Introduced in notebook 12.
"""

import dataclasses
import importlib
import json
import math
import zipfile
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd

from scratch.checking import (
    AnyNumbers,
    Array,
    Count,
    IndexArray,
    Learner,
    Size,
    check_below,
    checked,
    columns_of,
    shown,
)
from scratch.evaluation.protocol import CHUNK, PLACES, Split, recommend, refuse_repeated
from scratch.machinery.whole import replaced
from scratch.ratings import IdMap, Ratings, check_pairs, check_training_set, encode

Arrays = Mapping[str, AnyNumbers]  # of one that is fitted, all numbers are finite, or −inf
FORMAT = "scratch recommender 1"  # what a file of `Recommender.save` calls itself
LEARNED = "learned "  # what its arrays are called there begins so
# The others of its arrays: what it is, as JSON, its id maps and the known ratings.
OWN = ("about", "user_ids", "movie_ids", *(f"known_{column}" for column in Ratings._fields))
NUMBERS = "biuf"  # the kinds of arrays that are kept in a file


class Model(Protocol):
    """What stands behind a `Recommender`: a dataclass whose fields are its settings.

    All that it learns is a dictionary of arrays of numbers, so that it can be kept in a file; they
    are finite, or −inf for what shall not be recommended. A model that predicts stars has also
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


class Recommender(Learner):
    """A model fitted to a table of ratings, which answers in ids.

    model: one of `scratch.recommenders.adapters`. seed: of its random starts. After `fit`: users
    and movies (IdMap), known (Ratings) and arrays, what the model has learned. Several threads may
    ask at once, but not while one fits: fit another one, and take that when it is there.
    """

    learned = ("users", "movies", "known", "arrays")

    @checked
    def __init__(self, model: Model, *, seed: Size = 0):
        self.model, self.seed = model, seed

    @checked
    def fit(self, table: pd.DataFrame) -> "Recommender":
        """Learn from a table of user_id, movie_id and rating; returns the recommender itself.

        Raises ValueError for an empty table, a missing column or a rating that is not finite, for a
        movie that a user has rated more than once, when the model can't learn from them, and when
        it learns numbers that are not finite.
        """
        if len(table) == 0:
            raise ValueError("the table has no ratings: there is nothing to learn from")
        ids = columns_of(table, user_id=None, movie_id=None)
        for name, column in ids.items():
            if column.dtype.kind == "f" and not np.isfinite(column).all():
                raise ValueError(f"the column {name} holds infinity, which names nobody")
        refuse_repeated(table)
        users, movies = IdMap(ids["user_id"]), IdMap(ids["movie_id"])
        return self._learn(encode(table, users, movies), users, movies)

    @checked
    def fit_split(self, split: Split) -> "Recommender":
        """Learn from the training part of a split, in whose indices `scores` then speaks.

        Raises what `Split.part` raises, and ValueError as `fit` does.
        """
        train = Ratings(*(column.copy() for column in split.part("train")))
        return self._learn(train, split.users, split.movies)

    @checked
    def scores(self, users: IndexArray) -> np.ndarray:
        """(n,) user indices give (n, movies) scores, as `scratch.evaluation.evaluate` takes them.

        Raises IndexError for an index outside 0 … users − 1.
        """
        check_below("user", users, len(self.users), "the recommender")
        return self.model.scores(self.arrays, users)

    @checked
    def recommend(self, user_ids: Iterable[Hashable], n: Count = PLACES) -> pd.DataFrame:
        """Each user's n best movies that they have not rated: user_id, place, movie_id, score.

        Users in the order given, place 1 first; fewer rows where fewer movies are left. Raises
        KeyError for a user without training ratings, whom `recommend_new` can answer, ValueError
        for n below 1 or scores that can't be ranked.
        """
        indices = self.users.encode(user_ids)
        tables = [
            self._lists(indices[start : start + CHUNK], min(n, len(self.movies)))
            for start in range(0, max(len(indices), 1), CHUNK)
        ]
        return pd.concat(tables, ignore_index=True)

    @checked
    def predict(self, user_ids: Iterable[Hashable], movie_ids: Iterable[Hashable]) -> np.ndarray:
        """The stars that each user would give to the movie beside it: (n,) ids each, (n,) stars.

        An id without training ratings is cold, and answered by what the model knows of the other.
        Raises TypeError for a model that predicts no stars, ValueError for different lengths.
        """
        arrays = self.arrays
        if not hasattr(self.model, "stars"):
            raise TypeError(f"{type(self.model).__name__} ranks movies, it predicts no stars")
        users = self.users.encode(user_ids, unknown="cold")
        movies = self.movies.encode(movie_ids, unknown="cold")
        if len(users) != len(movies):
            raise ValueError(f"{len(users)} users and {len(movies)} movies: give pairs of ids")
        return self.model.stars(arrays, users, movies)

    @checked
    def recommend_new(self, stars: Mapping[Any, float], n: Count = PLACES) -> pd.DataFrame:
        """The n best movies for somebody new: place, movie_id, score, from their stars by movie_id.

        Nothing is trained: what was learned stays, and the movies in stars are left out. The table
        has no rows where the stars are nothing that the model goes by, no likes among them, say:
        then all movies have the same score, and any list of them would be as good. Raises TypeError
        for a model that can't answer somebody new, KeyError for a movie without training ratings,
        ValueError for stars that are not finite, n below 1 or scores not to be ranked.
        """
        rated, scores = self._answer_to(stars)
        scores = scores[None]
        own = Ratings(np.zeros(len(rated), np.int32), rated, np.ones(len(rated)))
        shown = recommend(
            lambda users: scores, np.array([0]), [own], num_movies=len(self.movies),
            places=min(n, len(self.movies)),
        )  # fmt: skip
        table = self._table(np.array([0]), scores, shown)
        if scores.size > 1 and scores.max() == scores.min():
            table = table[:0]
        return table.drop(columns="user_id")

    @checked
    def scores_new(self, stars: Mapping[Any, float]) -> np.ndarray:
        """The scores (movies,) of all movies for somebody new; raises what `recommend_new` does.

        They are all the same where the stars are nothing that the model goes by.
        """
        return self._answer_to(stars)[1]

    def _answer_to(self, stars: Mapping[Any, float]) -> tuple[np.ndarray, np.ndarray]:
        """The indices of the movies that somebody new has rated, and the scores of all movies."""
        arrays = self.arrays
        if not hasattr(self.model, "fold_in"):
            raise TypeError(
                f"{type(self.model).__name__} can't answer somebody new without training anew"
            )
        movies = self.movies.encode(list(stars))
        given = np.array(list(stars.values()), dtype=float)
        return movies, self.model.fold_in(arrays, movies, given)

    @checked
    def scores_new_movie(self, user_ids: Iterable[Hashable]) -> np.ndarray:
        """For whom is a new movie that these users like? The scores (users,) of all users for it.

        Nothing is trained. In the order of `users`. Raises TypeError for a model that can't place a
        new movie, KeyError for a user without training ratings, ValueError for no users or one
        who is named twice.
        """
        arrays = self.arrays
        if not hasattr(self.model, "fold_in_movie"):
            raise TypeError(
                f"{type(self.model).__name__} can't place a new movie without training anew"
            )
        users = self.users.encode(user_ids)
        if len(users) == 0 or len(np.unique(users)) < len(users):
            raise ValueError(
                "name each user who likes the new movie once (user_ids), and at least one of them"
            )
        return self.model.fold_in_movie(arrays, users)

    @checked
    def save(self, path: str | Path) -> None:
        """Write one file, .npz, that `load` reads: settings, id maps, known ratings and arrays.

        It is written beside its place first and then moved there, so that a file of that name is
        either the old one or the whole new one. It is not packed, so that it can't promise more
        than it holds. Raises ValueError for ids that are not numbers, TypeError for settings or
        arrays that can't be kept, FileNotFoundError where there is no such folder,
        IsADirectoryError for a folder, and OSError for another path that can't be written.
        """
        path = Path(path)
        parts = self._as_arrays()
        if path.is_dir():
            raise IsADirectoryError(f"the path {path} is that of a folder: name a file in it")
        with replaced(path) as new, zipfile.ZipFile(new, "w") as archive:
            for name, array in parts.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)

    def _as_arrays(self) -> dict[str, np.ndarray]:
        """All that is kept in a file, by name. Raises ValueError or TypeError."""
        for side, ids in (("user", self.users.ids), ("movie", self.movies.ids)):
            if ids.dtype.kind not in NUMBERS:
                raise ValueError(
                    f"{side} ids must be numbers to be kept in a file, which holds no pickle, and "
                    f"the first is {ids[0]!r}: number them, and keep their names in a table"
                )
        kind = type(self.model).__name__
        if not dataclasses.is_dataclass(self.model):
            raise TypeError(f"a model that is kept in a file must be a dataclass, as {kind} is not")
        about = {
            "format": FORMAT, "model": kind, "seed": self.seed,
            "settings": dataclasses.asdict(self.model), "arrays": sorted(self.arrays),
        }  # fmt: skip
        try:
            text = json.dumps(about).encode()
        except (TypeError, ValueError) as problem:
            raise TypeError(f"the settings of {kind} can't be written as text: {problem}") from None
        contents = (
            np.frombuffer(text, np.uint8), self.users.ids, self.movies.ids, *self.known,
        )  # fmt: skip
        parts = dict(zip(OWN, contents, strict=True))
        parts |= {LEARNED + name: array for name, array in self.arrays.items()}
        for name, array in parts.items():
            if not isinstance(array, np.ndarray) or array.dtype.kind not in NUMBERS:
                raise TypeError(f"{name} must be an array of numbers to be kept, is {shown(array)}")
        return parts

    def _learn(self, train: Ratings, users: IdMap, movies: IdMap) -> "Recommender":
        rng = np.random.default_rng(self.seed)
        learned = self.model.learn(train, len(users), len(movies), rng)
        kind = type(self.model).__name__
        if not isinstance(learned, Mapping) or not all(isinstance(name, str) for name in learned):
            raise TypeError(f"{kind} must learn a dictionary of arrays, got {shown(learned)}")
        arrays = {name: _numbers(f"{kind}: the array {name!r}", learned[name]) for name in learned}
        self.users, self.movies, self.known, self.arrays = users, movies, train, arrays
        return self

    def _lists(self, users: np.ndarray, n: int) -> pd.DataFrame:
        scores = self.scores(users)
        shown = recommend(
            lambda _: scores, users, [self.known], num_movies=len(self.movies), places=n
        )
        return self._table(self.users.decode(users), scores, shown)

    def _table(self, user_ids: np.ndarray, scores: np.ndarray, shown: np.ndarray) -> pd.DataFrame:
        rows, places = np.nonzero(shown >= 0)
        movies = shown[rows, places]
        return pd.DataFrame({
            "user_id": user_ids[rows], "place": places + 1,
            "movie_id": self.movies.decode(movies), "score": scores[rows, movies],
        })  # fmt: skip


class _Wrong(ValueError):
    """What is wrong with a file, in words of our own."""


@checked
def load(path: str | Path, others: Iterable[type] = ()) -> Recommender:
    """Read what `Recommender.save` wrote. others: classes of models that are not the course's own.

    Nothing in the file is run: it only names one of the models that are known here, and nothing in
    it is unpickled. It is looked at first: arrays that are none of a recommender's, or that promise
    more numbers than the file has bytes for, are not read. Then the model is asked for the scores
    of one user, which it can't give from arrays that do not fit the ids. Raises FileNotFoundError,
    and ValueError for a file that is damaged, of another kind, or of a model that is not known.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        return _recommender_of(_arrays_in(path), list(others))
    except (MemoryError, PermissionError):
        raise
    except Exception as problem:  # zipfile, zlib, struct and NumPy have too many of their own
        words = problem if isinstance(problem, _Wrong) else "it is damaged"
        raise ValueError(
            f"{path} is no recommender that was saved whole: {words}. Save it again, or fit anew"
        ) from None


def _arrays_in(path: Path) -> dict[str, np.ndarray]:
    """The arrays in a file, by name. Raises _Wrong, or whatever those raise who read it."""
    if not path.is_file():
        what = "folder" if path.is_dir() else "device or a pipe"
        raise _Wrong(f"the path is that of a {what}")
    arrays: dict[str, np.ndarray] = {}
    size = path.stat().st_size
    with path.open("rb") as opened:
        if not zipfile.is_zipfile(opened):
            raise _Wrong("it is no .npz archive, or its end is missing")
        with zipfile.ZipFile(opened) as archive:
            members = archive.infolist()
            promised = sum(member.file_size for member in members)
            if promised > size or any(m.compress_type != zipfile.ZIP_STORED for m in members):
                raise _Wrong(
                    f"it is packed, and promises {promised:,} bytes of {size:,}: what was saved is "
                    "not"
                )
            for member in members:
                name = member.filename.removesuffix(".npy")
                is_own = name in OWN or name.startswith(LEARNED)
                if not is_own or f"{name}.npy" != member.filename:
                    raise _Wrong(f"{member.filename!r} in it is no part of a recommender")
                if name in arrays:
                    raise _Wrong(f"it holds {name!r} twice")
                arrays[name] = _array_in(archive, member)
    return arrays


def _array_in(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """One array, of numbers, if it has as many as it says. Raises as `_arrays_in`."""
    with archive.open(member) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise _Wrong(f"{member.filename!r} is of another version of the format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        left = member.file_size - file.tell()
    if dtype.kind not in NUMBERS:
        raise _Wrong(f"{member.filename!r} holds {dtype}, and only numbers are read")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != left:
        raise _Wrong(f"{member.filename!r} says that it is {shape} of {dtype}, in {left:,} bytes")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _recommender_of(arrays: dict[str, np.ndarray], others: list[type]) -> Recommender:
    """What was saved, if the parts fit together. Raises _Wrong."""
    try:
        about = json.loads(bytes(arrays["about"])) if "about" in arrays else None
    except (ValueError, RecursionError):
        raise _Wrong("what it says of itself can't be read") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        name = about.get("format") if isinstance(about, dict) else about
        raise _Wrong(f"it calls itself {shown(name)}")
    if not {"model", "seed", "settings"} <= about.keys() or type(about["settings"]) is not dict:
        raise _Wrong("it does not say what its model is, or its seed or settings")
    missing = [name for name in OWN if name not in arrays]
    if missing:
        raise _Wrong(f"it has no {missing[0]!r}")
    learned = {
        name.removeprefix(LEARNED): array for name, array in arrays.items() if name not in OWN
    }
    if about.get("arrays", sorted(learned)) != sorted(learned):  # older files do not name them
        raise _Wrong(f"it has the arrays {sorted(learned)}, and not those it was saved with")
    kind = _model_called(about["model"], others)
    try:
        recommender = Recommender(kind(**about["settings"]), seed=about["seed"])
    except Exception as problem:  # whatever the class of somebody else raises
        raise _Wrong(f"its settings are none of {about['model']}: {problem}") from None
    try:
        users, movies = (_id_map(name, arrays[name]) for name in ("user_ids", "movie_ids"))
        known = check_training_set(Ratings(*(arrays[name] for name in OWN[3:])))
        check_pairs(known.users, known.movies, len(users), len(movies))
        for name, array in learned.items():
            # How many columns a sparse table has; as a table in full it must fit into the memory.
            if name.endswith("_width") and array.tolist() not in (len(users), len(movies)):
                raise ValueError(
                    f"its array {name!r} says {shown(array.tolist())}, and there are {len(users)} "
                    f"users and {len(movies)} movies"
                )
        recommender.users, recommender.movies, recommender.known = users, movies, known
        recommender.arrays = {
            name: _numbers(f"its array {name!r}", array) for name, array in learned.items()
        }
    except (IndexError, TypeError, ValueError) as problem:
        raise _Wrong(str(problem)) from None
    _check_answer(recommender)
    return recommender


def _check_answer(recommender: Recommender) -> None:
    """Ask for the first user's scores: raises _Wrong unless there is one for each movie."""
    try:
        scores = recommender.scores(np.zeros(1, dtype=np.int32))
    except MemoryError:
        raise
    except Exception as problem:  # whatever the class of somebody else raises
        raise _Wrong(f"its arrays do not fit together: {problem}") from None
    if np.shape(scores) != (1, len(recommender.movies)):
        raise _Wrong(
            f"its arrays give scores of shape {np.shape(scores)} for one user, and there are "
            f"{len(recommender.movies)} movies"
        )


def _id_map(name: str, ids: np.ndarray) -> IdMap:
    found = IdMap(ids)
    if len(found) != len(ids):
        raise ValueError(f"its {name} name somebody twice")
    return found


def _numbers(name: str, array: object) -> np.ndarray:
    """An array of numbers that are finite, or −inf. Raises TypeError or ValueError."""
    numbers = Array(finite="no").check(name, array)
    # Two passes and no copy: the largest is NaN if any number is.
    if numbers.size and not numbers.max() < np.inf:
        raise ValueError(
            f"{name} has numbers that are not finite: has the training diverged, or are some "
            "ratings far too large?"
        )
    return numbers


def _model_called(name: object, others: Iterable[type]) -> type:
    if isinstance(name, str):
        own = {kind.__name__: kind for kind in others}
        if name in own:
            return own[name]
        for module in ("adapters", "torch_adapters"):  # the second waits for PyTorch
            found = importlib.import_module(f"scratch.recommenders.{module}")
            kind = getattr(found, name, None)
            if isinstance(kind, type) and dataclasses.is_dataclass(kind):
                return kind
    raise _Wrong(f"it holds a model {shown(name)}, which is not known here")
