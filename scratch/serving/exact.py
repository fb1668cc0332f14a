"""The items with the highest products q·v, by looking at all of them, a block at a time.

To write down the products of all users with all items is what stops being possible first: a million
of either would be four terabytes. A list of ten for each is eighty megabytes. Introduced in
notebook 17.
"""

from typing import Annotated

import numpy as np

from scratch.checking import Array, Count, check_below, checked
from scratch.checking.room import check_room
from scratch.checking.rules import whole
from scratch.evaluation.lists import EMPTY
from scratch.machinery.compiled import code_to_call, compiled

AT_A_TIME = 4096  # queries, and items, that are multiplied at once
MOST_PLACES = 2**28  # of all lists together: 3 GB of indices and products
# No sum of products and no square that is smaller than this overflows on its way.
SAFE = {np.dtype(np.float32): 1e38, np.dtype(np.float64): 1e150}

ANY = Array(2, finite="no")  # what is not finite is named by its row, below
INDICES = Array(1, "whole")
AnyTable = Annotated[np.ndarray, ANY]


class Searchable:
    """Items (number, k) of which a search knows that they can be multiplied with queries.

    They are not copied, and not looked at again: whoever changes them makes a new search. Raises
    TypeError for what is no table of numbers, ValueError for an empty one, for other numbers than
    float32 or float64, and for any that is not finite.
    """

    @checked
    def __init__(self, items: AnyTable):
        table = np.ascontiguousarray(items)
        if table.dtype not in SAFE or 0 in table.shape:
            raise ValueError(
                f"items must be a table (number, k) of float32 or float64, with at least one row "
                f"and one column, got {table.shape} of {table.dtype}"
            )
        self.items = table
        self._measure()

    def _measure(self) -> None:
        """How large a product may be, for a query whose numbers are at most 1."""
        largest = _largest(self.items)
        if not np.isfinite(largest):
            _check_finite(self.items, "items")
        self._measured, self._reach = self.items, self.items.shape[1] * max(largest, 1.0)
        self._none = np.zeros(len(self.items), bool)

    def _asked(self, queries: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Queries in the items' kind of number, and for each a list of n places, still empty.

        All by hand: a search may take 20 µs, and `checked` takes 10. Raises TypeError, ValueError.
        """
        n = places(n)
        if type(queries) is not np.ndarray or queries.dtype.kind != "f":
            queries = ANY.check("queries", queries)
        if queries.ndim != 2 or queries.shape[1] != self.items.shape[1]:
            raise ValueError(
                f"queries must be a table (m, {self.items.shape[1]}), as wide as the items, "
                f"got {queries.shape}"
            )
        check_room("n", len(queries), n, most=MOST_PLACES)
        if self._measured is not self.items:  # somebody has added some
            self._measure()
        dtype = self.items.dtype
        if not _largest(queries) * self._reach < SAFE[dtype]:
            self._look_closely(queries)
        table = np.ascontiguousarray(queries, dtype)
        return table, np.full((len(table), n), EMPTY), np.full((len(table), n), -np.inf, dtype)

    def _left_out(self, without: np.ndarray | None) -> np.ndarray:
        """For each item whether it is left out; raises TypeError, ValueError, IndexError."""
        if without is None:
            return self._none
        if type(without) is not np.ndarray or without.dtype.kind not in "iu" or without.ndim != 1:
            without = INDICES.check("without", without)
        check_below("without", without, len(self.items), "the search")
        left_out = self._none.copy()
        left_out[without] = True
        return left_out

    def _look_closely(self, queries: np.ndarray) -> None:
        """Raise ValueError unless every product is finite. Numbers as large as this are rare."""
        with np.errstate(over="ignore"):
            table = queries.astype(self.items.dtype)
        _check_finite(table, "queries")
        for start in range(0, len(table), AT_A_TIME):
            for first in range(0, len(self.items), AT_A_TIME):
                with np.errstate(over="ignore", invalid="ignore"):
                    some = self.items[first : first + AT_A_TIME]
                    products = table[start : start + AT_A_TIME] @ some.T
                if not np.isfinite(products).all():
                    raise ValueError(
                        f"the queries are too large: a product with an item is beyond "
                        f"{table.dtype}. Has the training diverged?"
                    )


class ExactSearch(Searchable):
    """Items (number, k), to be asked for those of largest product with a query.

    items: float32 or float64, in which all is computed; they are not copied. at_a_time: how many
    queries and how many items are multiplied at once; their products, and no more, are in memory.
    Raises what `Searchable` raises, and ValueError for at_a_time below 1.
    """

    @checked
    def __init__(self, items: AnyTable, *, at_a_time: Count = AT_A_TIME):
        super().__init__(items)
        self.at_a_time = at_a_time

    def search(
        self, queries: np.ndarray, n: int, without: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The n items of largest product with each query (m, k): (m, n) indices, (m, n) products.

        Best first; ties: the lower index. A place for which there is no item holds −1 and −inf.
        without: indices of items that are in none of the lists. Lists are short: one of many
        hundred places takes longer than it would take to sort all products.

        Raises ValueError for queries of another width, not finite or too large, n below 1, or more
        than MOST_PLACES in all lists; IndexError for one of without that is no item; TypeError for
        an n that is not whole.
        """
        queries, shown, best = self._asked(queries, n)
        left_out = self._left_out(without)
        keep = code_to_call(_keep_highest)  # a look at its arguments would take longer than it does
        for start in range(0, len(queries), self.at_a_time):
            some = slice(start, start + self.at_a_time)
            for first in range(0, len(self.items), self.at_a_time):
                block = slice(first, first + self.at_a_time)
                products = queries[some] @ self.items[block].T
                keep(products, first, left_out[block], best[some], shown[some])
        return shown, best


@compiled(
    "products(q, b), left_out(b) array, best(q, n), shown(q, n) whole",
    changes="best shown",
)
def _keep_highest(
    products: np.ndarray, first: int, left_out: np.ndarray, best: np.ndarray, shown: np.ndarray
) -> None:
    """Put into each row of best and shown, (m, n), what is higher among the products, (m, items).

    first: the index of the first of these items; left_out: which of them are in no list. One look
    at each product is enough: most are below the last place of the list, and one that is not moves
    up from the end to its place.
    """
    last = shown.shape[1] - 1
    for row in range(len(products)):
        for item in range(products.shape[1]):
            product = products[row, item]
            if not product > best[row, last] or left_out[item]:
                continue
            place = last
            while place > 0 and best[row, place - 1] < product:
                best[row, place] = best[row, place - 1]
                shown[row, place] = shown[row, place - 1]
                place -= 1
            best[row, place], shown[row, place] = product, first + item


def places(n: int) -> int:
    """How long a list is to be, as int. Raises TypeError unless it is whole, ValueError below 1."""
    if type(n) is not int:
        n = whole("n", n)
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}: a list has places")
    return n


def _largest(table: np.ndarray) -> float:
    """How far from 0 the numbers of a table go: infinity or NaN if one of them is not finite."""
    if table.size == 0:
        return 0.0
    # Of a small table, max() takes three times as long as argmax(), which finds NaN as well.
    return max(table.item(table.argmax()), -table.item(table.argmin()))


def _check_finite(table: np.ndarray, name: str) -> None:
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"row {int(np.argmin(finite))} of the {name} has a number that is not finite: has the "
            "training diverged?"
        )
