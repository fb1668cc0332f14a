"""Principal component analysis: the directions in which data vary most, by power iteration.

Follows the idea of chapter 10 of Joel Grus, *Data Science from Scratch*; met in notebook 05.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from scratch.checking import Array, Column, NotNegative, TableArray, checked
from scratch.checking.room import check_room

# So many squarings are 2¹⁰⁰ multiplications: what has not turned by then lies as it should.
MOST_SQUARINGS = 100


class PCA(NamedTuple):
    """Principal components, most variance first."""

    mean: np.ndarray  # (m,) the mean of each column
    components: np.ndarray  # (num_components, m) unit vectors, orthogonal to each other
    variances: np.ndarray  # (num_components,) variance of the data along each component


@checked(too_large="data")
def center(data: ArrayLike) -> np.ndarray:
    """Data minus the mean of each column; (n, m) in, (n, m) out.

    Without this step the "first component" is the direction of the mean, not of the variance.

    Raises TypeError for what is no array of numbers; ValueError when data is not a table of finite
    numbers with at least one row, or when they are too large to be added up.

    >>> center([[1, 10], [3, 20]]).tolist()
    [[-1.0, -5.0], [1.0, 5.0]]
    """
    table = _check_table(data)
    return table - table.mean(axis=0)


@checked(too_large="data")
def covariance_matrix(data: ArrayLike) -> np.ndarray:
    """Cᵢⱼ = mean of (xᵢ − x̄ᵢ)(xⱼ − x̄ⱼ), over n − 1; (n, m) in, (m, m) out.

    Raises ValueError when there are fewer than two rows, for numbers that are too large to be
    squared, and what `center` raises.
    """
    centered = center(data)
    if len(centered) < 2:
        raise ValueError("variance needs at least two rows of data, got 1")
    num_columns = centered.shape[1]
    check_room("a covariance for each pair of columns of data", num_columns, num_columns)
    return centered.T @ centered / (len(centered) - 1)


@checked
def first_component(covariance: TableArray, tolerance: NotNegative = 1e-13) -> np.ndarray:
    """The unit vector along which the variance is largest; (m, m) in, (m,) out.

    Power iteration: multiply any vector by the covariance matrix again and again and it turns
    into the direction of most variance. When two directions vary almost equally that takes
    millions of steps, so we square the matrix instead of multiplying a vector: s squarings do the
    work of 2ˢ steps. Stop when a squaring changes no entry by more than tolerance, or after a
    hundred. Where the largest variance is shared by several directions, one of them is returned.

    Raises ValueError when the matrix is zero: then no direction is special; and for one that is no
    covariance matrix: not square, not symmetric, or with a number larger than all variances
    together.
    """
    if covariance.dtype.kind != "f":
        covariance = covariance.astype(float)  # differences of small whole numbers would overflow
    _check_covariance(covariance)
    return _first_component(covariance, tolerance)


def _first_component(covariance: np.ndarray, tolerance: float = 1e-13) -> np.ndarray:
    power = covariance / np.trace(covariance)
    for _ in range(MOST_SQUARINGS):
        squared = power @ power
        squared /= np.trace(squared)
        change = np.abs(squared - power).max()
        power = squared
        if change <= tolerance:
            break
    # Every column of the limit lies along the component; the longest is the most accurate.
    return _unit(power[:, np.argmax(np.diag(power))])


@checked(too_large="covariance")
def deflate(covariance: TableArray, component: Column) -> np.ndarray:
    """The covariance that is left when the data are flattened along component; (m, m) out.

    With P = I − c cᵀ, which removes the part along c, this is P C P. component: a unit vector,
    (m,). Raises ValueError for arrays of other shapes, or a component of another length.
    """
    if covariance.shape != (len(component), len(component)):
        raise ValueError(
            f"covariance has shape {covariance.shape}, and component {component.shape}: as many "
            "rows and columns are needed as the component has numbers"
        )
    length = np.hypot.reduce(component, initial=0.0)
    if abs(length - 1) > 1e-6:
        raise ValueError(f"component must be a unit vector, and its length is {length:g}")
    projector = np.eye(len(component)) - np.outer(component, component)
    return projector @ covariance @ projector


@checked
def pca(data: ArrayLike, num_components: int) -> PCA:
    """Centre, find the first component, flatten the data along it, find the next, and so on.

    data is (n, m). Signs are fixed so that the largest entry of each component is positive. Once
    no variance is left, or less than a 10⁻¹⁴th of all, which drowns in rounding, the remaining
    components are any directions orthogonal to the others. So bring columns as different as stars
    and seconds to one scale first. Equal to the singular value decomposition of the centred data,
    up to sign (and up to a rotation among components of equal variance).

    Raises ValueError when num_components is not between 1 and m, or when data is not a table of
    at least two rows of finite numbers that can be squared.
    """
    covariance = covariance_matrix(data)
    num_columns = len(covariance)
    if not 1 <= num_components <= num_columns:
        raise ValueError(
            f"num_components must be between 1 and {num_columns}, the number of columns; "
            f"got {num_components}"
        )
    components = np.zeros((0, num_columns))
    remaining, rounding_error = covariance, 1e-14 * np.trace(covariance)
    for _ in range(num_components):
        if np.trace(remaining) > rounding_error:
            component = _first_component(remaining)
        else:
            component = _any_orthogonal(components)
        # Rounding leaves a trace of the removed directions, which shows where variance is tiny.
        component = _unit(component - components.T @ (components @ component))
        component *= np.sign(component[np.argmax(np.abs(component))])
        components = np.vstack([components, component])
        remaining = deflate(remaining, component)
    variances = np.einsum("cm,mn,cn->c", components, covariance, components)
    return PCA(_check_table(data).mean(axis=0), components, np.maximum(variances, 0.0))


@checked(too_large="data or fitted")
def project(data: ArrayLike, fitted: PCA) -> np.ndarray:
    """Coordinates of each row along each component; (n, m) in, (n, num_components) out.

    Raises ValueError when data has not as many columns as the data that were fitted, or numbers
    that are too large; TypeError or ValueError when what was fitted does not fit together.
    """
    table = _check_table(data)
    mean = Array(1).check("the mean in fitted", fitted.mean)
    components = Array(2).check("the components in fitted", fitted.components)
    variances = Array(1).check("the variances in fitted", fitted.variances)
    if components.shape != (len(variances), len(mean)):
        raise ValueError(
            f"fitted has a mean of {len(mean)} numbers, components of {components.shape[1]}, and "
            f"{len(variances)} variances for {len(components)} of them"
        )
    if table.shape[1] != len(mean):
        raise ValueError(
            f"data has {table.shape[1]} columns, the components were found on {len(mean)}"
        )
    return (table - mean) @ components.T


def _any_orthogonal(components: np.ndarray) -> np.ndarray:
    """A vector orthogonal to the given ones: what they leave of the axis that they cover least."""
    leftover = np.eye(components.shape[1]) - components.T @ components
    return leftover[:, np.argmax(np.diag(leftover))]


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.sqrt(v @ v)


def _check_table(data: ArrayLike) -> np.ndarray:
    table = np.asarray(data, dtype=float)
    if table.ndim != 2 or table.size == 0:
        raise ValueError(f"data must be a table with rows and columns, got shape {table.shape}")
    return table


def _check_covariance(covariance: np.ndarray) -> None:
    rows, columns = covariance.shape
    if rows != columns or rows == 0:
        raise ValueError(f"covariance must be square, got shape {covariance.shape}")
    with np.errstate(over="ignore"):  # seen below
        largest, total_variance = np.abs(covariance).max(), np.trace(covariance)
        apart = np.abs(covariance - covariance.T).max()
    if largest > 0 and apart > 1e-6 * largest:
        raise ValueError("covariance must be symmetric: that of x and y is that of y and x")
    if not total_variance > 0:
        raise ValueError(
            "the data do not vary in any direction: there is no first component of this covariance"
        )
    if not largest <= total_variance * (1 + 1e-6) < np.inf:
        raise ValueError(
            f"this is no covariance matrix, or one of numbers that are too large: {largest:g} is "
            f"in it, and the variances on its diagonal add up to {total_variance:g}"
        )
