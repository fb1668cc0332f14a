"""The items with the highest products q·v, by looking at all of them, a block at a time.

To write down the products of all users with all items is what stops being possible first: a million
of either would be four terabytes. A list of ten for each is eighty megabytes. Introduced in
notebook 17.
"""

import numpy as np

from scratch.evaluation.lists import EMPTY
from scratch.machinery.compiled import code_to_call, compiled


class ExactSearch:
    """Items (number, k), to be asked for those of largest product with a query.

    items: float32 or float64, in which all is computed; they are not copied. at_a_time: how many
    queries and how many items are multiplied at once; their products, and no more, are in memory.
    Raises ValueError for items that are no table of finite floats, or at_a_time below 1.
    """

    def __init__(self, items: np.ndarray, *, at_a_time: int = 4096):
        self.items = checked_items(items)
        if at_a_time < 1:
            raise ValueError(f"at_a_time must be at least 1, got {at_a_time}")
        self.at_a_time = at_a_time

    def search(self, queries: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The n items of largest product with each query (m, k): (m, n) indices, (m, n) products.

        Best first; ties: the lower index. A place for which there is no item holds −1 and −inf.
        Raises ValueError for queries of another width, or not finite, or n below 1.
        """
        queries = checked_queries(queries, self.items)
        shown, best = empty_lists(len(queries), n, queries.dtype)
        keep = code_to_call(keep_highest)  # a look at its arguments would take longer than it does
        for start in range(0, len(queries), self.at_a_time):
            some = slice(start, start + self.at_a_time)
            for first in range(0, len(self.items), self.at_a_time):
                products = queries[some] @ self.items[first : first + self.at_a_time].T
                keep(products, first, best[some], shown[some])
        return shown, best


@compiled(
    "products(q, b), best(q, n), shown(q, n) whole",
    changes="best shown",
)
def keep_highest(products: np.ndarray, first: int, best: np.ndarray, shown: np.ndarray) -> None:
    """Put into each row of best and shown, (m, n), what is higher among the products, (m, items).

    first: the index of the first of these items. One look at each product is enough: most are below
    the last place of the list, and one that is not moves up from the end to its place.
    """
    last = shown.shape[1] - 1
    for row in range(len(products)):
        for item in range(products.shape[1]):
            product = products[row, item]
            if not product > best[row, last]:
                continue
            place = last
            while place > 0 and best[row, place - 1] < product:
                best[row, place] = best[row, place - 1]
                shown[row, place] = shown[row, place - 1]
                place -= 1
            best[row, place], shown[row, place] = product, first + item


def empty_lists(m: int, n: int, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """(m, n) places with no item in them yet, and their products. Raises ValueError for n < 1."""
    if n < 1:
        raise ValueError(f"a list has at least 1 place, got n = {n}")
    return np.full((m, n), EMPTY), np.full((m, n), -np.inf, dtype)


def checked_items(items: np.ndarray) -> np.ndarray:
    """The items as a table (number, k) of finite float32 or float64, row by row in memory."""
    table = np.ascontiguousarray(items)
    if table.ndim != 2 or table.dtype not in (np.float32, np.float64) or 0 in table.shape:
        raise ValueError(
            f"items must be a table (number, k) of float32 or float64, with at least one row and "
            f"one column, got {table.shape} of {table.dtype}"
        )
    return _finite(table, "items")


def checked_queries(queries: np.ndarray, items: np.ndarray) -> np.ndarray:
    """The queries (m, k) as the same kind of numbers as the items (number, k)."""
    table = np.ascontiguousarray(queries, items.dtype)
    if table.ndim != 2 or table.shape[1] != items.shape[1]:
        raise ValueError(
            f"queries must be a table (m, {items.shape[1]}), as wide as the items, "
            f"got {table.shape}"
        )
    return _finite(table, "queries")


def _finite(table: np.ndarray, name: str) -> np.ndarray:
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"row {int(np.argmin(finite))} of the {name} has a number that is not finite: has the "
            "training diverged?"
        )
    return table
