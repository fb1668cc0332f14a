"""Good calls of `scratch.linear_algebra`."""

from typing import Any


def two_vectors() -> dict[str, Any]:
    return {"v": [1.0, 2, 3], "w": [4, 5.0, 6]}


def one_matrix() -> dict[str, Any]:
    return {"matrix": [[1.0, 2], [3, 4], [5, 6]]}


CALLS = {
    "linear_algebra.add": two_vectors,
    "linear_algebra.subtract": two_vectors,
    "linear_algebra.scalar_multiply": lambda: {"c": 2.0, "v": [1, 2, 3]},
    "linear_algebra.vector_sum": lambda: {"vectors": [[1, 2], [3, 4]]},
    "linear_algebra.vector_mean": lambda: {"vectors": [[1, 2], [3, 4]]},
    "linear_algebra.dot": two_vectors,
    "linear_algebra.sum_of_squares": lambda: {"v": [1, 2, 3]},
    "linear_algebra.magnitude": lambda: {"v": [3.0, 4]},
    "linear_algebra.distance": two_vectors,
    "linear_algebra.shape": one_matrix,
    "linear_algebra.get_row": lambda: one_matrix() | {"i": 1},
    "linear_algebra.get_column": lambda: one_matrix() | {"j": 1},
    "linear_algebra.make_matrix": lambda: {
        "num_rows": 2,
        "num_columns": 3,
        "entry": lambda i, j: 10 * i + j,
    },
    "linear_algebra.identity_matrix": lambda: {"n": 3},
    "linear_algebra.transpose": one_matrix,
    "linear_algebra.matrix_times_vector": lambda: one_matrix() | {"v": [10, 1]},
    "linear_algebra.matrix_multiply": lambda: {"a": [[1, 2], [3, 4]], "b": [[0.0, 1], [1, 0]]},
}
