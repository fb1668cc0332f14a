"""Good calls of the PyTorch models in `scratch.recommenders`."""

import atexit
import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from calls.machinery__torch import generator, model, ratings

from scratch.machinery.torch_processes import join_group
from scratch.recommenders import torch_models, torch_sharded
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.recommenders.torch_adapters import AveragesAndVectors, Network
from scratch.recommenders.torch_models import RatingModel
from scratch.recommenders.torch_sharded import Copies, Shard, Shards

SIZES = {"num_users": 3, "num_movies": 4, "k": 2, "mean": 3.0}


def pairs() -> dict[str, torch.Tensor]:
    return {"users": torch.tensor([0, 1, 1]), "movies": torch.tensor([3, 0, 2])}


@functools.cache
def alone() -> None:
    """This process is a group of its own, and does the work of others itself."""
    folder = tempfile.TemporaryDirectory()
    join_group(Path(folder.name, "meeting"), 0, 1)
    atexit.register(dist.destroy_process_group)
    torch_sharded.run_on_processes = lambda work, shares: [work(*share) for share in shares]


def in_a_group(make: Callable[..., Any]) -> Callable[..., Any]:
    """Good arguments that are made in a process group."""

    def made() -> Any:
        alone()
        return make()

    return made


def network(kind: str) -> Callable[[], dict[str, Any]]:
    settings = {"hidden": 3, "dropout": 0.1, "rectify": True, "scale": 1.0}
    return lambda: SIZES | {"generator": generator()} | settings


def a(kind: str) -> RatingModel:
    made: RatingModel = getattr(torch_models, kind)(**SIZES, generator=generator())
    return made


def embedding() -> torch.nn.Embedding:
    return torch.nn.Embedding(3, 2)


def after_backward(kind: type[Copies | Shards]) -> Copies | Shards:
    own = model()
    layout = kind(own, 0.1, "sparse") if kind is Copies else kind(own, 0.1)
    own(*layout.fetch(*pairs().values())).sum().backward()
    return layout


def lent() -> Shard:
    shard = Shard([embedding()])
    shard.tables[0](shard.fetch(torch.tensor([0, 2]))).sum().backward()
    return shard


def with_gradients() -> list[torch.Tensor]:
    tensors = [torch.ones(2), torch.ones(3, 2)]
    for tensor in tensors:
        tensor.grad = torch.ones_like(tensor)
    return tensors


CALLS = {
    "recommenders.torch_models.RatingModel": lambda: {
        "num_users": 3,
        "num_movies": 4,
        "mean": 3.0,
    },
    "recommenders.torch_models.RatingModel.predict": lambda: (
        model().predict,
        {"users": np.array([0, -1, 2]), "movies": np.array([3, 1, -1])},
    ),
    "recommenders.torch_models.RatingModel.predict_cold": lambda: (
        a("DotProduct").predict_cold,
        pairs(),
    ),
    "recommenders.torch_models.RatingModel.check": lambda: (model().check, pairs()),
    "recommenders.torch_models.Biases": lambda: {
        "num_users": 3,
        "num_movies": 4,
        "generator": generator(),
    },
    "recommenders.torch_models.Biases.hold": lambda: (
        model().biases.hold,
        {"plain": ShrunkenBiases(ratings(), 1.0)},
    ),
    "recommenders.torch_models.Biases.penalty": lambda: (model().biases.penalty, pairs()),
    "recommenders.torch_models.Biases.forward": lambda: (model().biases.forward, pairs()),
    "recommenders.torch_models.NeuralNetwork": network("NeuralNetwork"),
    "recommenders.torch_models.NeuralNetwork.prepare": lambda: (
        a("NeuralNetwork").prepare,  # type: ignore[operator]  # of a class that is named
        {"vectors": torch.ones(2, 2)},
    ),
    "recommenders.torch_models.ResidualNetwork": lambda: (
        SIZES | {"generator": generator(), "dropout": 0.1}
    ),
    "recommenders.torch_sharded.fit_on_processes": in_a_group(
        lambda: (
            torch_sharded.fit_on_processes,
            {
                "model": model(),
                "train": ratings(),
                "processes": 1,
                "how": "dense",
                "l2": 0.1,
                "generator": generator(),
                "learning_rate": 0.01,
                "batch_size": 4,
                "num_epochs": 1,
            },
        )
    ),
    "recommenders.torch_sharded.train_part": in_a_group(
        lambda: {
            "model": model(),
            "train": ratings(),
            "how": "sharded",
            "l2": 0.1,
            "shuffles": generator().get_state(),
            "learning_rate": 0.01,
            "batch_size": 4,
            "num_epochs": 1,
        }
    ),
    "recommenders.torch_sharded.Copies": in_a_group(
        lambda: {"model": model(), "learning_rate": 0.1, "how": "sparse"}
    ),
    "recommenders.torch_sharded.Copies.state": in_a_group(
        lambda: (after_backward(Copies).state, {})
    ),
    "recommenders.torch_sharded.Shards": in_a_group(
        lambda: {"model": model(), "learning_rate": 0.1}
    ),
    "recommenders.torch_sharded.Shards.state": in_a_group(
        lambda: (after_backward(Shards).state, {})
    ),
    "recommenders.torch_sharded.Shard": in_a_group(lambda: {"tables": [embedding(), embedding()]}),
    "recommenders.torch_sharded.Shard.fetch": in_a_group(
        lambda: (Shard([embedding()]).fetch, {"indices": torch.tensor([0, 2, 2])})
    ),
    "recommenders.torch_sharded.Shard.give_back": in_a_group(lambda: (lent().give_back, {})),
    "recommenders.torch_sharded.add_up": in_a_group(
        lambda: {"tensors": [torch.ones(2), torch.ones(3)]}
    ),
    "recommenders.torch_sharded.gradients_of": lambda: {"parameters": with_gradients()},
    "recommenders.torch_sharded.bytes_of": lambda: {
        "optimizer": torch.optim.Adam(model().parameters())
    },
}
for kind in ("DotProduct", "BiasedDotProduct"):
    CALLS[f"recommenders.torch_models.{kind}"] = lambda: (
        SIZES
        | {
            "generator": generator(),
            "scale": 0.05,
        }
    )
for kind in ("DotProduct", "BiasedDotProduct", "ResidualNetwork"):
    CALLS[f"recommenders.torch_models.{kind}.penalty"] = lambda kind=kind: (
        a(kind).penalty,
        pairs(),
    )
for kind in ("BiasedDotProduct", "NeuralNetwork", "ResidualNetwork"):
    CALLS[f"recommenders.torch_models.{kind}.predict_cold"] = lambda kind=kind: (
        a(kind).predict_cold,
        pairs(),
    )
for kind in ("DotProduct", "BiasedDotProduct", "NeuralNetwork", "ResidualNetwork"):
    CALLS[f"recommenders.torch_models.{kind}.forward"] = lambda kind=kind: (
        a(kind).forward,
        pairs(),
    )
CALLS["recommenders.torch_models.FastNeuralNetwork.forward"] = lambda: (
    a("FastNeuralNetwork").forward,
    pairs(),
)
for layout in (Copies, Shards):
    place = f"recommenders.torch_sharded.{layout.__name__}"
    CALLS[f"{place}.fetch"] = in_a_group(lambda kind=layout: (after_backward(kind).fetch, pairs()))
    CALLS[f"{place}.step"] = in_a_group(lambda kind=layout: (after_backward(kind).step, pairs()))

SETTINGS = {"k": 2, "l2": 0.1, "num_epochs": 1, "learning_rate": 0.01}
for adapter, more in ((AveragesAndVectors, {"shrinkage": 1.0}), (Network, {"dropout": 0.1})):

    def ready(kind: type = adapter, more: dict[str, Any] = more) -> tuple[Any, dict[str, Any]]:
        settings = kind(**SETTINGS, **more)
        return settings, settings.learn(ratings(), 3, 4, np.random.default_rng(0))

    def called(method: str, arguments: dict[str, Any], ready: Any = ready) -> tuple[Any, Any]:
        settings, arrays = ready()
        return getattr(settings, method), {"arrays": arrays} | arguments

    place = f"recommenders.torch_adapters.{adapter.__name__}"
    CALLS[place] = lambda more=more: SETTINGS | more
    CALLS[f"{place}.learn"] = lambda ready=ready: (
        ready()[0].learn,
        {"train": ratings(), "num_users": 3, "num_movies": 4, "rng": np.random.default_rng(0)},
    )
    for method, arguments in {
        "scores": {"users": np.array([0, 2])},
        "stars": {"users": np.array([0, -1]), "movies": np.array([3, 1])},
        "fold_in": {"movies": np.array([0, 2]), "stars": np.array([4.0, 2])},
    }.items():
        if hasattr(adapter, method):
            CALLS[f"{place}.{method}"] = functools.partial(called, method, arguments)

MAY_HOLD = {
    "recommenders.torch_sharded.train_part": "losses that are no longer finite end the training "
    "in all processes alike, and whoever has started them says so",
} | dict.fromkeys(
    [
        "recommenders.torch_adapters.AveragesAndVectors.scores",
        "recommenders.torch_adapters.AveragesAndVectors.stars",
    ],
    "that the numbers in arrays are finite, Recommender has seen to",
)
