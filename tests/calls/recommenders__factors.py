"""Good calls of the factorizations, of the models behind one door, and of the door."""

import atexit
import functools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from scratch.evaluation import Split
from scratch.machinery.sparse import Observed
from scratch.machinery.workers import SharedTable
from scratch.ratings import IdMap, Ratings
from scratch.recommenders import adapters
from scratch.recommenders.als_in_blocks import Crew, cut_rows
from scratch.recommenders.bayesian import BayesianFactorization
from scratch.recommenders.bpr import BPR
from scratch.recommenders.fitted import Recommender
from scratch.recommenders.sides import Side, one_hot
from scratch.recommenders.weighted import WeightedFactorization, gram

USERS, MOVIES = np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 1, 2, 3, 0])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def observed() -> Observed:
    return Observed.from_pairs(USERS, MOVIES, [1.0, 2, 1, 3, 1, 1], num_users=4, num_movies=5)


def U() -> np.ndarray:
    return rng().normal(size=(4, 2))


def V() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(5, 2))


def matrix() -> np.ndarray:
    matrix = np.zeros((4, 5))
    matrix[USERS, MOVIES] = 1
    return matrix


def weights() -> dict:
    return {"w0": 0.1, "l2": 0.5, "scaling": 0.5}


def of_loop() -> dict:
    rows = observed().by_user
    return dict(zip(("starts", "indices", "confidence"), rows, strict=False)) | {"U": U(), "V": V()}


@functools.cache
def weighted() -> WeightedFactorization:
    return WeightedFactorization(2, num_sweeps=1).fit(observed(), rng=rng())


@functools.cache
def bpr() -> BPR:
    return BPR(2, num_epochs=1).fit(observed(), rng=rng())


def sides() -> list[Side]:
    return [Side.of(4, kind=one_hot(["a", "b", "a", "b"])), Side.of(5)]


def stars() -> np.ndarray:
    return np.array([5.0, 3, 4, 2, 1, 4])


@functools.cache
def bayesian() -> BayesianFactorization:
    model = BayesianFactorization(1, num_sweeps=3, burn_in=1)
    return model.fit((USERS, MOVIES), stars(), rng=rng())


CREWS: list[Crew] = []


@atexit.register
def end_crews() -> None:
    while CREWS:
        CREWS.pop().end()


def crew() -> Crew:
    """A new one; the one before is ended."""
    end_crews()
    CREWS.append(Crew(observed(), U(), V(), num_workers=0, num_blocks=2))
    return CREWS[0]


@functools.wraps(Crew)
def made_and_ended(*args, **kwargs):
    with Crew(*args, **kwargs) as made:
        return made.vectors("U")


def asked() -> Crew:
    made = crew()
    made.ask("U", 0.1)
    return made


@functools.cache
def tables() -> dict[str, SharedTable]:
    made = {"U": SharedTable((2, 4, 2)), "V": SharedTable((2, 5, 2))}
    for table in made.values():
        atexit.register(table.close)
    return made


def blocks() -> dict:
    return {"U": cut_rows(observed().by_user, 2), "V": cut_rows(observed().by_movie, 2)}


def train() -> Ratings:
    return Ratings(USERS.astype(np.int32), MOVIES.astype(np.int32), stars())


def table() -> pd.DataFrame:
    return pd.DataFrame({"user_id": USERS + 7, "movie_id": 10 * MOVIES, "rating": stars()})


def split() -> Split:
    return Split(train(), train(), train(), IdMap(range(4)), IdMap(range(5)))


MODELS = {
    "Popular": {"ones": "liked"},
    "DampedMean": {"damping": 2.0, "center": 3.0},
    "UserNeighbors": {"num_neighbors": 2, "ones": "liked"},
    "ItemNeighbors": {"num_neighbors": 2, "shrinkage": 1.0, "ones": "rated"},
    "Ease": {"l2": 2.0, "ones": "liked"},
    "Weighted": {
        "k": 2, "w0": 0.2, "l2": 0.5, "scaling": 0.5, "num_sweeps": 1, "ones": "liked",
    },
    "PairwiseRanking": {
        "k": 2, "learning_rate": 0.05, "l2": 0.01, "num_epochs": 1, "popularity": 0.5,
        "ones": "liked",
    },
    "Biases": {"shrinkage": 3.0},
    "Factorization": {
        "k": 2, "l2": 0.07, "init_scale": 0.01, "num_epochs": 1, "learning_rate": 0.01,
        "decay": 0.9,
    },
}  # fmt: skip


@functools.cache
def model(name: str):
    return getattr(adapters, name)(**MODELS[name])


def of_model(name: str) -> dict:
    """The calls of one of the models."""
    kind, own = getattr(adapters, name), f"recommenders.adapters.{name}"

    def arrays() -> dict:
        return model(name).learn(train(), 4, 5, rng())

    def movies() -> np.ndarray:
        return np.array([1, 3])

    given = {
        "learn": lambda: {"train": train(), "num_users": 4, "num_movies": 5, "rng": rng()},
        "scores": lambda: {"arrays": arrays(), "users": np.array([2, 0])},
        "stars": lambda: {"arrays": arrays(), "users": np.array([2, -1]), "movies": movies()},
        "fold_in": lambda: {
            "arrays": arrays(), "movies": movies(), "stars": np.array([5.0, 2.0]),
        },
        "fold_in_movie": lambda: {"arrays": arrays(), "users": np.array([2, 0])},
        "vector": lambda: {
            "V": V(), "movies": movies(), "stars": np.array([5.0, 2.0]), "gram": gram(V()),
        },
    }  # fmt: skip
    calls = {own: lambda: dict(MODELS[name])}
    for method, arguments in given.items():
        if hasattr(kind, method):
            calls[f"{own}.{method}"] = lambda method=method, arguments=arguments: (
                getattr(model(name), method),
                arguments(),
            )
    return calls


def of_stars() -> dict:
    return dict(model("Factorization").learn(train(), 4, 5, rng()))


@functools.cache
def recommender(name: str = "Weighted") -> Recommender:
    return Recommender(model(name)).fit(table())


@functools.cache
def folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory()


def saved() -> Path:
    path = Path(folder().name) / "model.npz"
    if not path.exists():
        recommender().save(path)
    return path


CALLS = {
    "recommenders.weighted.dense_loss": lambda: {
        "observed": matrix(), "U": U(), "V": V(), "w0": 0.1, "l2": 0.5,
        "confidence": matrix() + 1,
    },
    "recommenders.weighted.dense_gradient": lambda: {
        "observed": matrix(), "U": U(), "V": V(), "w0": 0.1, "l2": 0.5, "confidence": 2.0,
    },
    "recommenders.weighted.sparse_loss": lambda: {
        "observed": observed(), "U": U(), "V": V(), **weights(),
    },
    "recommenders.weighted.sparse_gradient": lambda: {
        "observed": observed(), "U": U(), "V": V(), **weights(),
    },
    "recommenders.weighted.pulls": lambda: {"rows": observed().by_user, **weights()},
    "recommenders.weighted.gram": lambda: {"V": V()},
    "recommenders.weighted.row_losses": lambda: {**of_loop(), "w0": 0.1},
    "recommenders.weighted.row_gradients": lambda: {
        **of_loop(), "VtV": gram(V()), "w0": 0.1, "l2": np.full(4, 0.5),
    },
    "recommenders.weighted.als_half_step": lambda: {
        "rows": observed().by_user, "U": U(), "V": V(), **weights(),
    },
    "recommenders.weighted.solve_rows": lambda: {
        "shares": np.array([0, 2, 4]), **of_loop(), "VtV": gram(V()), "w0": 0.1,
        "l2": np.full(4, 0.5),
    },
    "recommenders.weighted.cg_half_step": lambda: {
        "rows": observed().by_user, "U": U(), "V": V(), **weights(), "num_steps": 2,
    },
    "recommenders.weighted.put_unseen_at_0": lambda: {
        "observed": observed(), "U": U(), "V": V(), "w0": 0.1, "l2": 0.5,
    },
    "recommenders.weighted.drawn_vectors": lambda: {
        "rng": rng(), "shape": (4, 2), "scale": 0.1, "dtype": np.float32,
    },
    "recommenders.weighted.WeightedFactorization": lambda: {
        "k": 2, **weights(), "num_sweeps": 1, "num_steps": 2, "init_scale": 0.1,
    },
    "recommenders.weighted.WeightedFactorization.fit": lambda: (
        WeightedFactorization(2, num_sweeps=1).fit,
        {"observed": observed(), "rng": rng(), "measure": True, "progress": False},
    ),
    "recommenders.weighted.WeightedFactorization.scores": lambda: (
        weighted().scores, {"users": np.array([3, 0])},
    ),
    "recommenders.weighted.WeightedFactorization.recommend": lambda: (
        weighted().recommend, {"user": 2, "n": 3, "exclude_seen": True},
    ),
    "recommenders.weighted.check_factors": lambda: {
        "rows": observed().by_user, "U": U(), "V": V(), "dtypes": (np.float64,),
    },
    "recommenders.conjugate_gradient.turn_axes": lambda: {"U": U(), "V": V()},
    "recommenders.conjugate_gradient.in_parts": lambda: {"vectors": U(), "rows": 3},
    "recommenders.conjugate_gradient.move_down": lambda: {
        "rows": observed().by_user, "U": U(), "V": V(), "w0": 0.1, "pull": np.full(4, 0.5),
        "num_steps": 2,
    },
    "recommenders.conjugate_gradient.cg_rows": lambda: {
        "shares": np.array([0, 2, 4]), **of_loop(), "everywhere": np.array([0.5, 0.2]),
        "w0": 0.1, "l2": np.full(4, 0.5), "num_steps": 2,
    },
    "recommenders.folding.ridge": lambda: {"X": V(), "y": np.arange(5.0), "l2": 0.5},
    "recommenders.folding.fold_in": lambda: {
        "V": V(), "chosen": np.array([1, 3]), "w0": 0.1, "l2": 0.5, "gram": gram(V()),
    },
    "recommenders.bpr.bpr_epoch": lambda: {
        "users": USERS, "liked": MOVIES, "others": np.full(6, 4), "U": U(), "V": V(),
        "movie_biases": np.zeros(5), "learning_rate": 0.05, "l2": 0.01,
    },
    "recommenders.bpr.BPR": lambda: {
        "k": 2, "learning_rate": 0.05, "l2": 0.01, "num_epochs": 1, "popularity": 0.5,
        "init_scale": 0.1,
    },
    "recommenders.bpr.BPR.fit": lambda: (
        BPR(2, num_epochs=1).fit, {"observed": observed(), "rng": rng(), "progress": False},
    ),
    "recommenders.bpr.BPR.scores": lambda: (bpr().scores, {"users": np.array([3, 0])}),
    "recommenders.bpr.pairs_of": lambda: {"observed": observed()},
    "recommenders.bpr.draw_others": lambda: {
        "observed": observed(), "popularity": 0.5, "rng": rng(),
    },
    "recommenders.bayesian.draw_numbers": lambda: {
        "rows": USERS, "partners": np.ones(6), "errors": np.linspace(-1, 1, 6),
        "starts": np.array([0, 2, 4]), "members": np.array([0, 1, 2, 3]), "values": np.ones(4),
        "means": np.zeros(2), "precisions": np.ones(2), "certainty": 1.5,
        "luck": np.array([0.3, -0.2]), "numbers": np.zeros(2), "totals": np.zeros(4),
    },
    "recommenders.bayesian.draw_common": lambda: {"vectors": V(), "rng": rng()},
    "recommenders.bayesian.BayesianFactorization": lambda: {
        "k": 1, "num_sweeps": 3, "burn_in": 1,
    },
    "recommenders.bayesian.BayesianFactorization.fit": lambda: (
        BayesianFactorization(1, num_sweeps=3, burn_in=1).fit,
        {
            "rows": (USERS, MOVIES), "ratings": stars(), "sides": sides(), "rng": rng(),
            "progress": False,
        },
    ),
    "recommenders.bayesian.rows_of_sides": lambda: {"rows": [USERS, MOVIES], "sizes": [4, 5]},
    "recommenders.bayesian.predicted": lambda: {
        "mean": 3.0, "totals": [np.ones((2, 4)), np.ones((2, 5))], "rows": [USERS, MOVIES],
    },
    "recommenders.bayesian.expected": lambda: {
        "f": 1, "numbers": U().T, "groups": [slice(0, 3), slice(3, 4)],
        "common": [(np.zeros(2), np.eye(2)), (np.ones(2), 2 * np.eye(2))],
    },
    "recommenders.als_in_blocks.cut_rows": lambda: {"rows": observed().by_user, "count": 2},
    "recommenders.als_in_blocks.needed_by": lambda: {"blocks": cut_rows(observed().by_user, 2)},
    "recommenders.als_in_blocks.Part": lambda: {"blocks": blocks(), "tables": tables()},
    "recommenders.als_in_blocks.part_with_one_core": lambda: {
        "blocks": blocks(), "tables": tables(),
    },
    "recommenders.als_in_blocks.Crew": lambda: (
        made_and_ended,
        {"observed": observed(), "U": U(), "V": V(), "num_workers": 0, "num_blocks": 2},
    ),
    "recommenders.als_in_blocks.Crew.vectors": lambda: (crew().vectors, {"side": "U"}),
    "recommenders.als_in_blocks.Crew.half_step": lambda: (
        crew().half_step, {"side": "U", **weights()},
    ),
    "recommenders.als_in_blocks.Crew.ask": lambda: (crew().ask, {"side": "V", **weights()}),
    "recommenders.als_in_blocks.Crew.collect": lambda: (asked().collect, {}),
    "recommenders.als_in_blocks.Crew.end": lambda: (crew().end, {}),
    "recommenders.als_in_blocks.fit_in_blocks": lambda: {
        "model": WeightedFactorization(2, num_sweeps=1), "observed": observed(), "rng": rng(),
        "num_workers": 0, "num_blocks": 2, "measure": True, "progress": False,
    },
    **{name: call for kind in MODELS for name, call in of_model(kind).items()},
    "recommenders.adapters.stars_of_all": lambda: {
        "arrays": of_stars(), "users": np.array([2, 0]),
    },
    "recommenders.adapters.biases_of_all": lambda: {
        "train": Ratings(np.array([0, 1, 2]), np.array([0, 1, 1]), np.array([3.0, 4.0, 2.0])),
        "shrinkage": 3.0, "num_users": 4, "num_movies": 3,
    },
    "recommenders.adapters.stars_of": lambda: {
        "arrays": of_stars(), "users": np.array([2, -1]), "movies": np.array([-1, 3]),
    },
    "recommenders.adapters.fold_in_stars": lambda: {
        "arrays": of_stars(), "movies": np.array([1, 3]), "stars": np.array([5.0, 2.0]),
        "l2": 0.07,
    },
    "recommenders.fitted.Recommender": lambda: {"model": model("Popular"), "seed": 3},
    "recommenders.fitted.Recommender.fit": lambda: (
        Recommender(model("Biases")).fit, {"table": table()},
    ),
    "recommenders.fitted.Recommender.fit_split": lambda: (
        Recommender(model("Popular")).fit_split, {"split": split()},
    ),
    "recommenders.fitted.Recommender.scores": lambda: (
        recommender().scores, {"users": np.array([3, 0])},
    ),
    "recommenders.fitted.Recommender.recommend": lambda: (
        recommender().recommend, {"user_ids": [8, 7], "n": 3},
    ),
    "recommenders.fitted.Recommender.predict": lambda: (
        recommender("Biases").predict, {"user_ids": [8, 99], "movie_ids": [10, 0]},
    ),
    "recommenders.fitted.Recommender.recommend_new": lambda: (
        recommender().recommend_new, {"stars": {10: 5.0, 20: 1.0}, "n": 3},
    ),
    "recommenders.fitted.Recommender.scores_new": lambda: (
        recommender().scores_new, {"stars": {10: 5.0, 20: 1.0}},
    ),
    "recommenders.fitted.Recommender.scores_new_movie": lambda: (
        recommender().scores_new_movie, {"user_ids": [8, 7]},
    ),
    "recommenders.fitted.Recommender.save": lambda: (
        recommender().save, {"path": Path(folder().name) / "other.npz"},
    ),
    "recommenders.fitted.load": lambda: {"path": saved(), "others": [adapters.Popular]},
}  # fmt: skip
for name in ("predict", "predict_all", "spread"):
    CALLS[f"recommenders.bayesian.BayesianFactorization.{name}"] = lambda name=name: (
        getattr(bayesian(), name),
        {"rows": (np.array([0, 3]), np.array([3, 1]))},
    )

HANDED_ON = "a loop hands on what is not finite; whoever calls it looks at what comes out"
NO_VOTES = "-inf where nobody votes for a movie: it shall not be recommended"
MAY_HOLD = {
    "recommenders.weighted.gram": HANDED_ON,
    "recommenders.weighted.row_losses": HANDED_ON,
    "recommenders.weighted.row_gradients": HANDED_ON,
    "recommenders.weighted.WeightedFactorization.fit": "without measure the history has no losses",
    "recommenders.als_in_blocks.fit_in_blocks": "without measure the history has no losses",
    "recommenders.bpr.bpr_epoch": HANDED_ON,
    "recommenders.conjugate_gradient.in_parts": "views of what it is given",
    "recommenders.adapters.UserNeighbors.scores": NO_VOTES,
    "recommenders.adapters.UserNeighbors.fold_in": NO_VOTES,
    "recommenders.adapters.ItemNeighbors.scores": NO_VOTES,
    "recommenders.adapters.ItemNeighbors.fold_in": NO_VOTES,
    "recommenders.adapters.ItemNeighbors.fold_in_movie": NO_VOTES,
}
