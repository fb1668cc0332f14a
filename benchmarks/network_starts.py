"""Twenty starts of the network of notebook 07, with dropout drawn per rating and per vector.

    python benchmarks/network_starts.py

The notebook trains the fast form, which drops the same numbers of a vector for all its ratings of
one step. This prints, beside it, the spread of the published form over the same starts: the error
on the known test rows after each of the four phases, and how long a start takes. In single
precision, whose rounding is far smaller than the spread.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from scratch.datasets import load_movielens_small
from scratch.evaluation.metrics import mse
from scratch.machinery.progress import progress_bar
from scratch.machinery.training import IndexBatches, fit_in_phases
from scratch.ratings import COLD, IdMap, Ratings, encode
from scratch.recommenders.torch_models import FastNeuralNetwork, NeuralNetwork

PHASES = [(15, 0.05, 1e-6), (10, 0.01, 1e-6), (10, 0.001, 1e-6), (10, 0.001, 1e-6)]


def errors_by_phase(model: NeuralNetwork, batches: IndexBatches, known: Ratings) -> list[float]:
    """Train phase by phase; the MSE on the known test rows after each."""
    errors = []
    for phase in PHASES:
        fit_in_phases(model, batches, [phase])
        errors.append(mse(model.predict(known.users, known.movies), known.ratings))
    return errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--starts", type=int, default=20)
    starts = parser.parse_args().starts
    torch.set_num_threads(1)
    movielens = load_movielens_small()
    print(movielens.describe())
    for_training = np.random.RandomState(3).rand(len(movielens.ratings)) < 0.8
    train_table, test_table = movielens.ratings[for_training], movielens.ratings[~for_training]
    maps = IdMap(train_table["user_id"]), IdMap(train_table["movie_id"])
    train = encode(train_table, *maps)
    is_known = encode(test_table, *maps, unknown="cold").movies != COLD
    known = encode(test_table[is_known], *maps)
    batches, sizes = IndexBatches(train), (len(maps[0]), len(maps[1]))

    rows = {}
    for name, kind in (("per rating", NeuralNetwork), ("per vector", FastNeuralNetwork)):
        errors, begin = [], time.perf_counter()
        with progress_bar(starts, unit="start") as bar:
            for seed in range(starts):
                generator = torch.Generator().manual_seed(seed)
                model = kind(*sizes, mean=train.ratings.mean(), generator=generator).float()
                errors.append(errors_by_phase(model, batches, known))
                bar.set_description_str(f"dropout {name}: {errors[-1][-1]:.4f}", refresh=False)
                bar.update()
        seconds = (time.perf_counter() - begin) / starts
        for number, phase in enumerate(np.transpose(errors), 1):
            row = {"min": min(phase), "median": np.median(phase), "max": max(phase)}
            rows[f"dropout {name}, phase {number}"] = {**row, "seconds a start": seconds}
    print(pd.DataFrame(rows).T.round(4).to_string())


if __name__ == "__main__":
    main()
