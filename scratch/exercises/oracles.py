"""What the checks of several notebooks compare with: the split of MovieLens, its biases, fakes."""

from collections.abc import Callable, Iterable

import numpy as np

from scratch.datasets import load_movielens_100k
from scratch.evaluation import Split, split_ratings
from scratch.evaluation.metrics import mse
from scratch.recommenders.baselines import ShrunkenBiases


def the_split() -> Split:
    """The split of MovieLens 100K that notebooks 01 to 05 and 13 measure on."""
    return split_ratings(load_movielens_100k().ratings, rng=np.random.default_rng(0))


def tuned_biases(split: Split, strengths: Iterable[float]) -> ShrunkenBiases | None:
    """The biases with the best of these strengths: up the list, as long as the error falls."""
    best, lowest = None, np.inf
    for strength in strengths:
        model = ShrunkenBiases(split.train, strength)
        error = mse(model.predict(*split.validation[:2]), split.validation.ratings)
        if error >= lowest:
            break
        best, lowest = model, error
    return best


class Named:
    """A function that a message can name, and that is one and the same when it is copied."""

    def __init__(self, name: str, function: Callable[..., object]):
        self.name, self.function = name, function

    def __call__(self, *arguments: object, **named: object) -> object:
        """What the function returns."""
        return self.function(*arguments, **named)

    def __repr__(self) -> str:
        return self.name

    def __deepcopy__(self, _: object) -> "Named":
        return self
