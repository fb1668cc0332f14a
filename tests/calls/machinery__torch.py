"""Good calls of the modules of `scratch.machinery` that train in PyTorch or start processes."""

import numpy as np
import torch

from scratch.machinery.training import IndexBatches
from scratch.machinery.workers import Here, SharedTable
from scratch.ratings import Ratings
from scratch.recommenders.torch_models import BiasedDotProduct

TABLES: list[SharedTable] = []  # the last one lives until the next call


def ratings() -> Ratings:
    return Ratings(
        np.array([0, 0, 1, 2, 2, 1], np.int32),
        np.array([0, 3, 1, 2, 0, 3], np.int32),
        np.array([5.0, 3, 4, 1, 2, 4]),
    )


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def model() -> BiasedDotProduct:
    return BiasedDotProduct(3, 4, 2, mean=3.0, generator=generator())


def trained() -> dict[str, object]:
    learner = model()
    optimizer = torch.optim.Adam(learner.parameters(), lr=0.01)
    return {
        "model": learner,
        "batches": list(IndexBatches(ratings(), 2, generator=generator())),
        "optimizer": optimizer,
        "num_epochs": 2,
        "l2": 0.1,
        "scheduler": torch.optim.lr_scheduler.ConstantLR(optimizer),
        "measure": {"validation": ratings()},
        "patience": 1,
        "progress": False,
        "rows_at_once": 2,
    }


def teller(*told: object) -> object:
    return lambda question: (told, question)


def table() -> SharedTable:
    for last in TABLES[-1:]:
        last.close()
    TABLES.append(SharedTable((2, 3)))
    return TABLES[-1]


def asked() -> Here:
    here = Here(teller, 1)
    here.ask(2)
    return here


CALLS = {
    "machinery.training.RatingsDataset": lambda: {"ratings": ratings()},
    "machinery.training.IndexBatches": lambda: {
        "train": ratings(),
        "batch_size": 4,
        "generator": generator(),
    },
    "machinery.training.to_best_device": lambda: {"model": model()},
    "machinery.training.fit": trained,
    "machinery.training.fit_in_phases": lambda: {
        "model": model(),
        "batches": IndexBatches(ratings(), 4, generator=generator()),
        "phases": [(1, 0.1, 0.0), (1, 0.01, 0.1)],
        "measure": {"validation": ratings()},
        "rows_at_once": 3,
    },
    "machinery.training.fit_in_batches": lambda: {
        "model": model(),
        "train": ratings(),
        "validation": ratings(),
        "l2": 0.1,
        "generator": generator(),
        "learning_rate": 0.01,
        "batch_size": 4,
        "num_epochs": 1,
        "patience": 1,
    },
    "machinery.workers.Here": lambda: {"make": teller, "*arguments": (1,)},
    "machinery.workers.Here.ask": lambda: (Here(teller, 1).ask, {"question": 3}),
    "machinery.workers.Here.answer": lambda: (asked().answer, {}),
    "machinery.workers.Here.replace": lambda: (asked().replace, {}),
    "machinery.workers.Here.end": lambda: (asked().end, {}),
    "machinery.workers.SharedTable": lambda: {"shape": (2, 3), "name": table()._memory.name},
    "machinery.workers.SharedTable.close": lambda: (table().close, {}),
}

CALLS |= {
    "machinery.pairs.check_tensors": lambda: {
        "users": torch.tensor([0, 1]), "movies": torch.tensor([0, 1]),
    },
}  # fmt: skip

EXCUSED = (
    dict.fromkeys(
        ["machinery.pairs.of_pairs", "machinery.pairs.with_room", "machinery.pairs.check_rows"],
        "they stand in front of methods, or behind check_tensors, and have tests of their own",
    )
    | dict.fromkeys(
        ["machinery.training.Trainable.penalty", "machinery.training.Trainable.predict"],
        "whoever calls it is told to write one: a model of one's own brings it along",
    )
    | dict.fromkeys(
        [
            "machinery.workers.Worker",
            "machinery.workers.Worker.ask",
            "machinery.workers.Worker.answer",
            "machinery.workers.Worker.replace",
            "machinery.workers.Worker.end",
            "machinery.torch_processes.run_on_processes",
        ],
        "it starts a process, which takes a second each time: its own tests try odd arguments",
    )
)
EXCUSED["machinery.torch_processes.join_group"] = (
    "with a size that is odd and right it waits for others: its own tests try what is wrong"
)
