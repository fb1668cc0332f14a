"""Random tensors: the starting values of everything that is learned."""

import math
from typing import Annotated, Any, Literal

import numpy as np

from scratch.checking import Within, checked
from scratch.checking.room import MOST_IN_LISTS, check_room


@checked
def random_tensor(
    *shape: int,
    init: Literal["normal", "uniform", "xavier"] = "normal",
    scale: Annotated[float, Within(0, 1e300)] = 1.0,
    rng: np.random.Generator,
) -> list[Any]:
    """Random numbers as nested lists of the given shape, e.g. random_tensor(943, 2, rng=rng).

    init: "normal" draws from N(0, scale²); "uniform" from [0, scale); "xavier" from a normal
    whose variance is scale² · 2 / (first + last dimension), so that sums stay of the same size
    (Glorot and Bengio, 2010). The caller's generator makes the draw repeatable. Introduced in
    notebook 04.

    Raises ValueError for an empty shape, a negative dimension, more than a hundred million numbers,
    an unknown init or a negative scale; TypeError for what is no number.

    >>> rng = np.random.default_rng(0)
    >>> len(random_tensor(3, 2, rng=rng)), len(random_tensor(3, 2, rng=rng)[0])
    (3, 2)
    """
    if not shape or min(shape) < 0:
        raise ValueError(f"shape must be one or more non-negative sizes, got {shape}")
    check_room("shape", *shape, most=MOST_IN_LISTS)
    if init == "normal":
        return rng.normal(0.0, scale, shape).tolist()
    if init == "uniform":
        return rng.uniform(0.0, scale, shape).tolist()
    variance = 2 / max(shape[0] + shape[-1], 1)  # an empty tensor has no sizes to add
    return rng.normal(0.0, scale * math.sqrt(variance), shape).tolist()
