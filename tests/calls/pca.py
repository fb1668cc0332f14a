"""Good calls of `scratch.pca`."""

import numpy as np

from scratch.pca import pca


def table() -> np.ndarray:
    return np.array([[0.0, 0, 5], [2, 2, 4], [4, 5, 5], [1, 0, 1]])


def covariance() -> np.ndarray:
    return np.array([[3.0, 1, 0], [1, 2, 0.5], [0, 0.5, 1]])


CALLS = {
    "pca.center": lambda: {"data": table()},
    "pca.covariance_matrix": lambda: {"data": table()},
    "pca.first_component": lambda: {"covariance": covariance(), "tolerance": 1e-13},
    "pca.deflate": lambda: {"covariance": covariance(), "component": np.array([0.6, 0.8, 0.0])},
    "pca.pca": lambda: {"data": table(), "num_components": 2},
    "pca.project": lambda: {"data": table(), "fitted": pca(table(), 2)},
}
