"""Vectors and matrices as plain lists: every formula the course needs, spelled out.

A vector is a list of numbers, a matrix a list of rows. NumPy arrays are accepted wherever a list
is, and their numbers are taken as Python's own, which do not overflow; results are lists. The
formulas follow chapter 4 of Joel Grus, *Data Science from Scratch*; they are met from notebook 02
onward.

Everywhere: TypeError for what is no vector or matrix of numbers; ValueError for NaN and infinity,
and where numbers are so large that no finite number comes out.
"""

import math
from collections.abc import Callable, Sequence

from scratch.checking import Size, checked
from scratch.checking.room import MOST_IN_LISTS, check_room
from scratch.checking.rules import whole
from scratch.checking.vectors import matrix_of, of_two_vectors, own, vector

Vector = Sequence[float]
Matrix = Sequence[Vector]


@of_two_vectors
def add(v: Vector, w: Vector) -> list[float]:
    """v + w = (v₁ + w₁, …, vₙ + wₙ).

    Raises ValueError when the lengths differ.

    >>> add([1, 2, 3], [4, 5, 6])
    [5, 7, 9]
    """
    return [v_i + w_i for v_i, w_i in zip(v, w, strict=True)]


@of_two_vectors
def subtract(v: Vector, w: Vector) -> list[float]:
    """v − w = (v₁ − w₁, …, vₙ − wₙ).

    Raises ValueError when the lengths differ.

    >>> subtract([5, 7, 9], [4, 5, 6])
    [1, 2, 3]
    """
    return [v_i - w_i for v_i, w_i in zip(v, w, strict=True)]


def scalar_multiply(c: float, v: Vector) -> list[float]:
    """c · v = (c v₁, …, c vₙ).

    >>> scalar_multiply(2, [1, 2, 3])
    [2, 4, 6]
    """
    c, v = own("c", c), vector("v", v)
    return vector("(c · v)", [c * v_i for v_i in v])


def vector_sum(vectors: Matrix) -> list[float]:
    """v₁ + v₂ + … + vₘ, one component at a time.

    Raises ValueError when there is no vector, or when the lengths differ.

    >>> vector_sum([[1, 2], [3, 4], [5, 6]])
    [9, 12]
    """
    rows = matrix_of("vectors", vectors)
    if len(rows) == 0:
        raise ValueError("no vectors given: at least one is needed")
    total = list(rows[0])
    for row in rows[1:]:
        total = add(total, row)
    return total


def vector_mean(vectors: Matrix) -> list[float]:
    """(v₁ + v₂ + … + vₘ) / m: the average of each component.

    Raises ValueError when there is no vector, or when the lengths differ.

    >>> vector_mean([[1, 2], [3, 4], [5, 6]])
    [3.0, 4.0]
    """
    total = vector_sum(vectors)
    return [component / len(vectors) for component in total]


@of_two_vectors
def dot(v: Vector, w: Vector) -> float:
    """v · w = v₁w₁ + … + vₙwₙ.

    Raises ValueError when the lengths differ. Two empty vectors give 0.

    >>> dot([1, 2, 3], [4, 5, 6])
    32
    """
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
    return _shape("matrix", matrix_of("matrix", matrix))


def get_row(matrix: Matrix, i: int) -> list[float]:
    """(Aᵢ₁, …, Aᵢₙ): row i, counted from 0.

    Raises IndexError when there is no such row, ValueError when the rows differ in length.

    >>> get_row([[1, 2], [3, 4]], 1)
    [3, 4]
    """
    rows = matrix_of("matrix", matrix)
    num_rows, _ = shape(rows)
    return list(rows[_place("i", i, num_rows, "row")])


def get_column(matrix: Matrix, j: int) -> list[float]:
    """(A₁ⱼ, …, Aₘⱼ): column j, counted from 0.

    Raises IndexError when there is no such column, ValueError when the rows differ in length.

    >>> get_column([[1, 2], [3, 4]], 1)
    [2, 4]
    """
    rows = matrix_of("matrix", matrix)
    _, num_columns = shape(rows)
    j = _place("j", j, num_columns, "column")
    return [row[j] for row in rows]


@checked
def make_matrix(
    num_rows: Size, num_columns: Size, entry: Callable[[int, int], float]
) -> list[list[float]]:
    """Aᵢⱼ = entry(i, j).

    Raises ValueError for a negative size, and for more than a hundred million numbers.

    >>> make_matrix(2, 3, lambda i, j: 10 * i + j)
    [[0, 1, 2], [10, 11, 12]]
    """
    check_room("num_rows × num_columns", num_rows, num_columns, most=MOST_IN_LISTS)
    rows = [[entry(i, j) for j in range(num_columns)] for i in range(num_rows)]
    return matrix_of("what entry gives, as a matrix", rows)


@checked
def identity_matrix(n: Size) -> list[list[float]]:
    """Iᵢⱼ = 1 where i = j, else 0.

    Raises ValueError for a negative size, and for more than a hundred million numbers.

    >>> identity_matrix(2)
    [[1, 0], [0, 1]]
    """
    check_room("n × n", n, n, most=MOST_IN_LISTS)
    return make_matrix(n, n, lambda i, j: 1 if i == j else 0)


def transpose(matrix: Matrix) -> list[list[float]]:
    """(Aᵀ)ᵢⱼ = Aⱼᵢ: rows become columns.

    Raises ValueError when the rows differ in length.

    >>> transpose([[1, 2, 3], [4, 5, 6]])
    [[1, 4], [2, 5], [3, 6]]
    """
    rows = matrix_of("matrix", matrix)
    _, num_columns = shape(rows)
    return [[row[j] for row in rows] for j in range(num_columns)]


def matrix_times_vector(matrix: Matrix, v: Vector) -> list[float]:
    """(A v)ᵢ = Aᵢ · v: one dot product per row.

    Raises ValueError when the rows differ in length, or v has another one.

    >>> matrix_times_vector([[1, 2], [3, 4]], [10, 1])
    [12, 34]
    """
    rows, v = matrix_of("matrix", matrix), vector("v", v)
    num_rows, num_columns = _shape("matrix", rows)
    if num_rows and num_columns != len(v):
        raise ValueError(
            f"cannot multiply a {(num_rows, num_columns)} matrix by v: its rows and v must be the "
            f"same length, got {num_columns} and {len(v)}"
        )
    return [dot(row, v) for row in rows]


def matrix_multiply(a: Matrix, b: Matrix) -> list[list[float]]:
    """(A B)ᵢⱼ = (row i of A) · (column j of B).

    Raises ValueError when A has not as many columns as B has rows.

    >>> matrix_multiply([[1, 2], [3, 4]], [[0, 1], [1, 0]])
    [[2, 1], [4, 3]]
    """
    a, b = matrix_of("a", a), matrix_of("b", b)
    of_a, of_b = _shape("a", a), _shape("b", b)
    if of_a[1] != of_b[0]:
        raise ValueError(
            f"cannot multiply a, a {of_a} matrix, by b, a {of_b} matrix: a needs as many columns "
            "as b has rows"
        )
    columns = transpose(b)
    return [[dot(row, column) for column in columns] for row in a]


def _shape(name: str, rows: list[list[float]]) -> tuple[int, int]:
    """The shape of a matrix; raises ValueError, with its name."""
    num_columns = len(rows[0]) if rows else 0
    for i, row in enumerate(rows):
        if len(row) != num_columns:
            raise ValueError(
                f"row {i} of {name} has {len(row)} entries but row 0 has {num_columns}: "
                "all rows of a matrix must have the same length"
            )
    return len(rows), num_columns


def _place(name: str, index: int, size: int, of_what: str) -> int:
    """The index, as int; raises TypeError or IndexError."""
    index = whole(name, index)
    if not 0 <= index < size:
        raise IndexError(
            f"{name} is {index}, and the matrix has no such {of_what}: it has {size}, counted "
            "from 0"
        )
    return index
