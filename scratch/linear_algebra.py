"""Vectors and matrices as plain lists: every formula the course needs, spelled out.

A vector is a list of numbers, a matrix a list of rows. NumPy arrays are accepted wherever a list
is, because the functions only index, count and loop. The formulas follow chapter 4 of Joel Grus,
*Data Science from Scratch*; they are met from notebook 02 onward.
"""

import math
from collections.abc import Callable, Sequence, Sized

Vector = Sequence[float]
Matrix = Sequence[Vector]


def add(v: Vector, w: Vector) -> list[float]:
    """v + w = (v₁ + w₁, …, vₙ + wₙ).

    Raises ValueError when the lengths differ.

    >>> add([1, 2, 3], [4, 5, 6])
    [5, 7, 9]
    """
    _check_same_length(v, w)
    return [v_i + w_i for v_i, w_i in zip(v, w, strict=True)]


def subtract(v: Vector, w: Vector) -> list[float]:
    """v − w = (v₁ − w₁, …, vₙ − wₙ).

    Raises ValueError when the lengths differ.

    >>> subtract([5, 7, 9], [4, 5, 6])
    [1, 2, 3]
    """
    _check_same_length(v, w)
    return [v_i - w_i for v_i, w_i in zip(v, w, strict=True)]


def scalar_multiply(c: float, v: Vector) -> list[float]:
    """c · v = (c v₁, …, c vₙ).

    >>> scalar_multiply(2, [1, 2, 3])
    [2, 4, 6]
    """
    return [c * v_i for v_i in v]


def vector_sum(vectors: Matrix) -> list[float]:
    """v₁ + v₂ + … + vₘ, one component at a time.

    Raises ValueError when there is no vector, or when the lengths differ.

    >>> vector_sum([[1, 2], [3, 4], [5, 6]])
    [9, 12]
    """
    _check_not_empty(vectors, "vectors")
    total = list(vectors[0])
    for vector in vectors[1:]:
        total = add(total, vector)
    return total


def vector_mean(vectors: Matrix) -> list[float]:
    """(v₁ + v₂ + … + vₘ) / m: the average of each component.

    Raises ValueError when there is no vector, or when the lengths differ.

    >>> vector_mean([[1, 2], [3, 4], [5, 6]])
    [3.0, 4.0]
    """
    total = vector_sum(vectors)
    return [component / len(vectors) for component in total]


def dot(v: Vector, w: Vector) -> float:
    """v · w = v₁w₁ + … + vₙwₙ.

    Raises ValueError when the lengths differ. Two empty vectors give 0.

    >>> dot([1, 2, 3], [4, 5, 6])
    32
    """
    _check_same_length(v, w)
    return sum(v_i * w_i for v_i, w_i in zip(v, w, strict=True))


def sum_of_squares(v: Vector) -> float:
    """v · v = v₁² + … + vₙ².

    >>> sum_of_squares([1, 2, 3])
    14
    """
    return dot(v, v)


def magnitude(v: Vector) -> float:
    """‖v‖ = √(v · v): the length of the arrow.

    >>> magnitude([3, 4])
    5.0
    """
    return math.sqrt(sum_of_squares(v))


def distance(v: Vector, w: Vector) -> float:
    """‖v − w‖ = √((v₁ − w₁)² + … + (vₙ − wₙ)²).

    Raises ValueError when the lengths differ.

    >>> distance([1, 1], [4, 5])
    5.0
    """
    return magnitude(subtract(v, w))


def shape(matrix: Matrix) -> tuple[int, int]:
    """(number of rows, number of columns); an empty matrix is (0, 0).

    Raises ValueError when the rows differ in length.

    >>> shape([[1, 2, 3], [4, 5, 6]])
    (2, 3)
    """
    num_rows = len(matrix)
    num_columns = len(matrix[0]) if num_rows else 0
    for i, row in enumerate(matrix):
        if len(row) != num_columns:
            raise ValueError(
                f"row {i} has {len(row)} entries but row 0 has {num_columns}: "
                "all rows of a matrix must have the same length"
            )
    return num_rows, num_columns


def get_row(matrix: Matrix, i: int) -> Vector:
    """(Aᵢ₁, …, Aᵢₙ): row i, counted from 0.

    >>> get_row([[1, 2], [3, 4]], 1)
    [3, 4]
    """
    return matrix[i]


def get_column(matrix: Matrix, j: int) -> list[float]:
    """(A₁ⱼ, …, Aₘⱼ): column j, counted from 0.

    >>> get_column([[1, 2], [3, 4]], 1)
    [2, 4]
    """
    return [row[j] for row in matrix]


def make_matrix(
    num_rows: int, num_columns: int, entry: Callable[[int, int], float]
) -> list[list[float]]:
    """Aᵢⱼ = entry(i, j).

    >>> make_matrix(2, 3, lambda i, j: 10 * i + j)
    [[0, 1, 2], [10, 11, 12]]
    """
    return [[entry(i, j) for j in range(num_columns)] for i in range(num_rows)]


def identity_matrix(n: int) -> list[list[float]]:
    """Iᵢⱼ = 1 where i = j, else 0.

    >>> identity_matrix(2)
    [[1, 0], [0, 1]]
    """
    return make_matrix(n, n, lambda i, j: 1 if i == j else 0)


def transpose(matrix: Matrix) -> list[list[float]]:
    """(Aᵀ)ᵢⱼ = Aⱼᵢ: rows become columns.

    Raises ValueError when the rows differ in length.

    >>> transpose([[1, 2, 3], [4, 5, 6]])
    [[1, 4], [2, 5], [3, 6]]
    """
    _, num_columns = shape(matrix)
    return [get_column(matrix, j) for j in range(num_columns)]


def matrix_times_vector(matrix: Matrix, v: Vector) -> list[float]:
    """(A v)ᵢ = Aᵢ · v: one dot product per row.

    Raises ValueError when v is not as long as the rows.

    >>> matrix_times_vector([[1, 2], [3, 4]], [10, 1])
    [12, 34]
    """
    return [dot(row, v) for row in matrix]


def matrix_multiply(a: Matrix, b: Matrix) -> list[list[float]]:
    """(A B)ᵢⱼ = (row i of A) · (column j of B).

    Raises ValueError when A has not as many columns as B has rows.

    >>> matrix_multiply([[1, 2], [3, 4]], [[0, 1], [1, 0]])
    [[2, 1], [4, 3]]
    """
    if shape(a)[1] != shape(b)[0]:
        raise ValueError(
            f"cannot multiply a {shape(a)} matrix by a {shape(b)} matrix: "
            "the first needs as many columns as the second has rows"
        )
    columns = transpose(b)
    return [[dot(row, column) for column in columns] for row in a]


def _check_same_length(v: Vector, w: Vector) -> None:
    if len(v) != len(w):
        raise ValueError(f"vectors must be the same length, got {len(v)} and {len(w)}")


def _check_not_empty(values: Sized, name: str) -> None:
    if len(values) == 0:
        raise ValueError(f"no {name} given: at least one is needed")
