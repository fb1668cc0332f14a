"""What can be asked of a table of which nearly all is 0: that its parts fit, and hold numbers."""

from typing import Annotated, Any

import numpy as np
from scipy.sparse import csr_array, issparse

from scratch.checking.wishes import Array


def as_sparse(name: str, table: Any) -> csr_array:
    """An array, or any sparse array, as a sparse one of finite floats; what it holds may be shared.

    Whole numbers and booleans become floats: as int8, 130 ones would add up to −126. Raises
    TypeError or ValueError, with the name, for another number of axes, for what holds no numbers or
    one that is not finite, and for a sparse array whose parts do not fit: machine code does not
    look where an index leads.
    """
    if not issparse(table):
        return csr_array(Array(2, "float").check(name, table))
    if table.ndim != 2 or table.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must have two axes and hold numbers, got a sparse array of shape "
            f"{table.shape} of {table.dtype}"
        )
    found = csr_array(table, dtype=float)
    try:
        found.check_format()
    except ValueError as problem:
        raise ValueError(f"{name} is no sound sparse array: {problem}") from None
    if not np.isfinite(found.data).all():
        raise ValueError(f"{name} holds a number that is not finite")
    return found


def as_sparse_ones(name: str, table: Any) -> csr_array:
    """A table of zeros and ones as a sparse array of floats, with each one in it once and no zero.

    Raises what `as_sparse` raises, and ValueError for other numbers than 0 and 1.
    """
    ones = as_sparse(name, table)
    if not (ones.has_canonical_format and ones.data.all()):
        ones = ones.copy()
        ones.sum_duplicates()
        ones.eliminate_zeros()
    if not (ones.data == 1).all():
        wrong = ones.data[ones.data != 1][0]
        raise ValueError(f"{name} must hold zeros and ones only, got {wrong}")
    return ones


SparseTable = Annotated[csr_array, as_sparse]
SparseOnes = Annotated[csr_array, as_sparse_ones]  # any array of zeros and ones becomes one
