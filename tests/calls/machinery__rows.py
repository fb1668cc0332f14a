"""Good calls of what looks at `Rows` and at `Observed`."""

import numpy as np

from scratch.machinery.sparse import Observed


def observed() -> Observed:
    return Observed.from_pairs(np.array([0, 0, 1, 2]), np.array([1, 2, 0, 2]), [2.0, 1, 1, 3])


CALLS = {
    "machinery.sparse.check_rows": lambda: {"rows": observed().by_user},
    "machinery.sparse.check_observed": lambda: {"observed": observed()},
}
