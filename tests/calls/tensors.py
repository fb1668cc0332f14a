"""Good calls of `scratch.tensors`."""

import numpy as np

CALLS = {
    "tensors.random_tensor": lambda: {
        "*shape": (3, 2),
        "init": "xavier",
        "scale": 0.5,
        "rng": np.random.default_rng(0),
    },
}
