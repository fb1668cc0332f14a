"""Random tensors: the starting values of everything that is learned."""

import math
from typing import Any, Literal

import numpy as np


def random_tensor(
    *shape: int,
    init: Literal["normal", "uniform", "xavier"] = "normal",
    scale: float = 1.0,
    rng: np.random.Generator,
) -> list[Any]:
    """Random numbers as nested lists of the given shape, e.g. random_tensor(943, 2, rng=rng).

    init: "normal" draws from N(0, scale²); "uniform" from [0, scale); "xavier" from a normal
    whose variance is scale² · 2 / (first + last dimension), so that sums stay of the same size
    (Glorot and Bengio, 2010). The caller's generator makes the draw repeatable. Introduced in
    notebook 04.

    Raises ValueError for an empty shape, a negative dimension or an unknown init.

    >>> rng = np.random.default_rng(0)
    >>> len(random_tensor(3, 2, rng=rng)), len(random_tensor(3, 2, rng=rng)[0])
    (3, 2)
    """
    if not shape or min(shape) < 0:
        raise ValueError(f"shape must be one or more non-negative sizes, got {shape}")
    if init == "normal":
        return rng.normal(0.0, scale, shape).tolist()
    if init == "uniform":
        return rng.uniform(0.0, scale, shape).tolist()
    if init == "xavier":
        variance = 2 / max(shape[0] + shape[-1], 1)  # an empty tensor has no sizes to add
        return rng.normal(0.0, scale * math.sqrt(variance), shape).tolist()
    raise ValueError(f'init must be "normal", "uniform" or "xavier", got {init!r}')
