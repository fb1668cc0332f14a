"""Good calls of `scratch.machinery`: blocks, sparse, compiled, minibatches, optimizers, files."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from scratch.factorization import sgd_epoch, sgd_epoch_with_l2
from scratch.machinery.blocks import cut, run_rounds
from scratch.machinery.compiled import check_call, compiled
from scratch.machinery.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSProp,
)
from scratch.machinery.sparse import Observed
from scratch.machinery.whole import replaced
from scratch.ratings import Ratings
from scratch.recommenders.torch_models import DotProduct


def ratings() -> Ratings:
    users, movies = np.array([0, 0, 1, 2, 2], np.int32), np.array([0, 1, 1, 0, 2], np.int32)
    return Ratings(users, movies, np.array([5.0, 3, 4, 1, 2]))


def vectors() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 2)), rng.normal(size=(3, 2))


def by_name(loop: Any, rounds: Any, U: Any, V: Any, learning_rate: Any, l2: Any) -> float:
    return run_rounds(loop, rounds, U, V, learning_rate, l2)


def rounds_and_loop() -> tuple[Any, dict[str, Any]]:
    U, V = vectors()
    parameters = {"U": U, "V": V, "learning_rate": 0.1, "l2": 0.01}
    return by_name, {"loop": sgd_epoch_with_l2, "rounds": cut(ratings(), 2)} | parameters


def observed() -> Observed:
    return Observed.from_pairs(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 0]))


def pairs() -> dict[str, Any]:
    return {
        "users": np.array([0, 0, 1, 2]),
        "movies": np.array([0, 2, 1, 0]),
        "confidence": np.array([1.0, 2, 3, 4]),
        "num_users": 3,
        "num_movies": 4,
    }


def two_steps() -> dict[str, Any]:
    U, V = vectors()
    moments = {"of_U": np.zeros((3, 3, 2)), "of_V": np.zeros((3, 3, 2))}
    return (
        ratings()._asdict()
        | {"step": 1, "learning_rate": 0.1, "l2": 0.01, "U": U, "V": V}
        | moments
    )


def epochs() -> dict[str, Any]:
    batch = tuple(torch.tensor(column) for column in ratings())
    return {
        "model": DotProduct(3, 3, 2, mean=3.0, generator=torch.Generator().manual_seed(0)),
        "batches": [batch],
        "num_epochs": 2,
        "learning_rate": 0.1,
        "l2": 0.01,
    }


def total(numbers: np.ndarray) -> float:
    result = 0.0
    for number in numbers:
        result += number
    return result


def a_step(optimizer: SGD) -> tuple[Any, dict[str, Any]]:
    def parameters_after(parameters: Any, gradients: Any) -> Any:
        optimizer.step(parameters, gradients)
        return parameters

    parameters = [np.array([1.0, 2.0]), np.ones((2, 2))]
    return parameters_after, {
        "parameters": parameters,
        "gradients": [np.array([0.5, -1.0]), np.zeros((2, 2))],
    }


def write(path: Path) -> None:
    with replaced(path) as new:
        new.write_text("text", encoding="utf-8")


def a_file() -> dict[str, Any]:
    return {"path": Path(tempfile.mkdtemp()) / "a.txt"}


CALLS = {
    "machinery.blocks.cut": lambda: {"ratings": ratings(), "count": 2},
    "machinery.blocks.run_rounds": rounds_and_loop,
    "machinery.sparse.Rows.shares": lambda: (observed().by_user.shares, {"count": 2}),
    "machinery.sparse.Observed.from_pairs": lambda: (Observed.from_pairs, pairs()),
    "machinery.sparse.Observed.from_matrix": lambda: (
        Observed.from_matrix,
        {"matrix": np.array([[1, 0, 1], [0, 1, 0]])},
    ),
    "machinery.sparse.group_by_row": lambda: {
        "rows": np.array([2, 0, 1, 0]),
        "columns": np.array([0, 2, 2, 1], np.int32),
        "confidence": np.array([1.0, 2, 3, 4], np.float32),
        "num_rows": 3,
    },
    "machinery.sparse.transpose": lambda: {
        "starts": np.array([0, 2, 3, 4]),
        "indices": np.array([0, 2, 1, 0], np.int32),
        "confidence": np.array([1.0, 2, 3, 4], np.float32),
        "num_columns": 3,
    },
    "machinery.sparse.find_difference": lambda: {
        "starts": np.array([0, 2, 3]),
        "indices": np.array([0, 1, 1]),
        "confidence": np.array([1.0, 2.0, 3.0]),
        "column_starts": np.array([0, 1, 3]),
        "rows": np.array([0, 0, 1]),
        "column_confidence": np.array([1.0, 2.0, 3.0]),
    },
    "machinery.sparse.find_repeated": lambda: {
        "starts": np.array([0, 2, 3, 4]),
        "indices": np.array([0, 2, 1, 0], np.int32),
    },
    "machinery.compiled.numba_is_available": lambda: {},
    "machinery.compiled.compiled": lambda: {"contract": "U(u, k), u > 0", "changes": "U"},
    "machinery.compiled.relaxed": lambda: {"function": compiled("numbers(n)")(total)},
    "machinery.compiled.code_to_call": lambda: {
        "function": compiled("numbers(n)")(total),
        "relaxed": False,
        "keep": False,
    },
    "machinery.compiled.check_call": lambda: (
        lambda function, users: check_call(function, users, *ratings()[1:], *vectors(), 0.1),
        {"function": sgd_epoch, "users": ratings().users},
    ),
    "machinery.minibatches.adam_step": two_steps,
    "machinery.minibatches.adam_epochs": epochs,
    "machinery.optimizers.SGD": lambda: {"learning_rate": 0.1},
    "machinery.optimizers.Momentum": lambda: {"learning_rate": [0.1, 0.2], "momentum": 0.9},
    "machinery.optimizers.Adagrad": lambda: {"learning_rate": 0.1, "eps": 1e-10},
    "machinery.optimizers.RMSProp": lambda: {"learning_rate": 0.1, "decay": 0.9, "eps": 1e-8},
    "machinery.optimizers.Adam": lambda: {
        "learning_rate": 0.1,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
    },
    "machinery.optimizers.AdamW": lambda: {
        "learning_rate": 0.1,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0.01,
    },
    "machinery.optimizers.SGD.step": lambda: a_step(AdamW([0.1, 0.2])),
    "machinery.optimizers.tune_rate": lambda: {
        "final_loss": lambda rate: (rate - 0.3) ** 2,
        "rates": [0.1, 1.0, 10.0],
        "halvings": 2,
    },
    "machinery.progress.progress_bar": lambda: {"number": 2, "shown": False, "unit": "epoch"},
    "machinery.whole.replaced": lambda: (write, a_file()),
}

OPTIMIZERS = SGD, Momentum, Nesterov, Adagrad, RMSProp, Adam, AdamW

EXCUSED = {
    f"machinery.optimizers.{kind.__name__}.direction": (
        "`step` calls it for each parameter, and has looked at all of its arguments"
    )
    for kind in OPTIMIZERS
}

MAY_HOLD = {
    "machinery.blocks.run_rounds": "it runs a loop, which makes NaN of what is NaN",
    "machinery.minibatches.adam_step": (
        "a loop makes NaN of ratings or vectors that are NaN; `adam_epochs` refuses such ratings"
    ),
    "machinery.optimizers.tune_rate": "the loss of a run that diverged is inf, as it is to return",
    "machinery.sparse.group_by_row": "what is sorted comes out as it went in",
    "machinery.sparse.transpose": "what is sorted comes out as it went in",
}
