"""The items of largest product q·v, nearly always, by looking into a few cells of them.

Items that lie near one another share a cell (k-means); a query is compared with the middles of the
cells first, and then with the items of the few whose middles are nearest. Jégou, Douze and Schmid,
Product quantization for nearest neighbor search, IEEE PAMI 33(1), 2011: their inverted file,
without the quantization. Products become distances by one more dimension: Bachrach and others,
Speeding up the Xbox recommender system using a Euclidean transformation for inner-product spaces,
RecSys 2014. Introduced in notebook 17.
"""

import math
from typing import Annotated

import numpy as np

from scratch.checking import Vectors, Within, checked
from scratch.checking.fitting import fitting
from scratch.checking.rules import whole
from scratch.machinery.compiled import code_to_call, compiled
from scratch.serving.exact import AnyTable, ExactSearch, Searchable

POINTS_PER_CELL = 64  # of a sample, enough to learn where the middles should be
AT_A_TIME = 4096  # points whose distances from all middles are in memory
MOST_ROUNDS = 1000  # of k-means, which stands still long before

Rounds = Annotated[int, Within(0, MOST_ROUNDS)]


@checked
@fitting("items(n, k), n > 0")
def lifted(items: Vectors) -> np.ndarray:
    """The items with one more number each, so that all are equally long: (number, k + 1).

    That number is √(M² − ‖v‖²), where M is the length of the longest. A query q gets a 0 there,
    so that no product changes, and the squared distance of (q, 0) from a lifted item is
    ‖q‖² + M² − 2 q·v: the nearest item is the one of largest product. It stays the nearest if q is
    stretched to the length M, as it should be where distances from middles are compared.
    """
    squares = (items**2).sum(axis=1)
    more = np.sqrt(squares.max() - squares)
    return np.column_stack([items, more])


@checked
@fitting("points(n, d), middles(c, d), n > 0, c > 0")
def nearest(points: Vectors, middles: Vectors) -> np.ndarray:
    """Which of the middles (c, d) is nearest to each point (n, d): (n,) indices.

    ‖p − c‖² = ‖p‖² − 2 (p·c − ‖c‖²/2), so it is the one where the last bracket is largest. Far
    from 0 these squares have no digits left for small distances: take the mean off such points
    (years, seconds) and off the middles, and give float64.
    """
    half = (middles**2).sum(axis=1) / 2
    parts = (points[start : start + AT_A_TIME] for start in range(0, len(points), AT_A_TIME))
    return np.concatenate([(part @ middles.T - half).argmax(axis=1) for part in parts])


@checked
def k_means(
    points: Vectors, num_cells: int, *, rng: np.random.Generator, num_rounds: Rounds = 10
) -> np.ndarray:
    """The middles (num_cells, d) of cells of the points (n, d), by Lloyd's algorithm.

    Each round gives every point to the nearest middle, and puts each middle where the mean of its
    points is. rng draws the points where the middles begin: points that differ, if there are so
    many, since between two equal middles rounding would choose. A middle that is left without
    points begins anew at a point that is drawn. Lloyd, Least squares quantization in PCM, IEEE
    Transactions on Information Theory 28(2), 1982. Raises ValueError for more cells than points.
    """
    if not 1 <= num_cells <= len(points):
        raise ValueError(f"{len(points)} points make 1 to {len(points)} cells, not {num_cells}")
    places = np.unique(points, axis=0)
    places = places if len(places) >= num_cells else points
    middles = places[rng.choice(len(places), num_cells, replace=False)].astype(float)
    for _ in range(num_rounds):
        cells = nearest(points, middles)
        sizes = np.bincount(cells, minlength=num_cells)
        sums = np.zeros((num_cells, points.shape[1]))
        np.add.at(sums, cells, points)
        middles = sums / np.maximum(sizes, 1)[:, None]
        empty = sizes == 0
        middles[empty] = points[rng.choice(len(points), int(empty.sum()))]
    return middles


class InvertedLists(Searchable):
    """Items in cells, of which a search looks into a few.

    items: (number, k) float32 or float64. num_cells: by default about √number. rng draws the
    sample of items that the middles are learned from, and where they begin. Raises what
    `Searchable` raises, and ValueError for items that are too long to be squared, more cells than
    items, and more than MOST_ROUNDS.
    """

    @checked
    def __init__(
        self,
        items: AnyTable,
        num_cells: int | None = None,
        *,
        rng: np.random.Generator,
        num_rounds: Rounds = 10,
    ):
        super().__init__(items)
        if num_cells is None:
            num_cells = round(math.sqrt(len(items)))
        if not 1 <= num_cells <= len(items):
            raise ValueError(f"{len(items)} items make 1 to {len(items)} cells, not {num_cells}")
        # In float64: what lies between a short item and M has no digits left in float32.
        points = lifted(items.astype(float))
        size = min(len(points), POINTS_PER_CELL * num_cells)
        sample = points[rng.choice(len(points), size, replace=False)]
        middles = k_means(sample, num_cells, rng=rng, num_rounds=num_rounds)
        cells = nearest(points, middles)
        self.ids = np.argsort(cells, kind="stable")  # cell by cell, in each the lower index first
        self.items = items[self.ids]  # what is read together lies together
        sizes = np.bincount(cells, minlength=num_cells)
        self.starts = np.append(0, np.cumsum(sizes))
        # Of items that are equal, several cells may begin at one place: only the first has any.
        self.filled = np.flatnonzero(sizes)
        self.longest = float(np.linalg.norm(points[0]))  # they are all as long
        # The middle c nearest to (q, 0) has the largest q·c − ‖c‖²/2: a product with (q, 1).
        middles = middles[self.filled]
        half = (middles**2).sum(axis=1) / 2
        self.middles = ExactSearch(np.column_stack([middles[:, :-1], -half]))

    def search(
        self, queries: np.ndarray, n: int, num_probed: int, without: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The n items of largest product with each query, of those in the nearest cells.

        As `ExactSearch.search`, but for the order of ties; with num_probed cells, all of them, it
        finds the same. Raises what that raises, ValueError for less than one cell or more than
        there are, and TypeError for a num_probed that is not whole.
        """
        queries, shown, best = self._asked(queries, n)
        left_out = self._left_out(without)
        num_cells = len(self.starts) - 1
        if type(num_probed) is not int:
            num_probed = whole("num_probed", num_probed)
        if not 1 <= num_probed <= num_cells:
            raise ValueError(f"num_probed must be from 1 to {num_cells} cells, got {num_probed}")
        # Of (q, 1) with q as long as the items; divided by how much q is stretched for that.
        lengths = np.linalg.norm(queries.astype(float), axis=1) / (self.longest or 1)
        probed, _ = self.middles.search(
            np.column_stack([queries, lengths]), min(num_probed, len(self.filled))
        )
        probed = self.filled[probed]
        look = code_to_call(_search_cells, relaxed=True)  # what it is given fits, see above
        look(queries, probed, self.starts, self.ids, self.items, left_out, best, shown)
        return shown, best

    def _look_closely(self, queries: np.ndarray) -> None:
        super()._look_closely(queries)
        with np.errstate(over="ignore"):
            lengths = np.linalg.norm(queries.astype(float), axis=1)
        if not np.isfinite(lengths).all():
            raise ValueError("the queries are too long: the square of their length is no float64")


@compiled(
    "queries(q, k), probed(q, p) < c, starts(c+1) to i, ids(i) < i, items(i, k), "
    "left_out(i) array, best(q, n), shown(q, n) whole",
    changes="best shown",
)
def _search_cells(
    queries: np.ndarray, probed: np.ndarray, starts: np.ndarray, ids: np.ndarray,
    items: np.ndarray, left_out: np.ndarray, best: np.ndarray, shown: np.ndarray,
) -> None:  # fmt: skip
    """Put into each row of best and shown, (m, n), the highest products in its probed cells.

    The items of cell c are rows starts[c] to starts[c + 1] − 1; ids: which items they are, and
    left_out: by such an id, whether an item is in no list.
    (A list is kept as in `exact._keep_highest`: compiled code can't call another function.)
    """
    last = shown.shape[1] - 1
    for row in range(len(queries)):
        for cell in probed[row]:
            for i in range(starts[cell], starts[cell + 1]):
                product = queries[row, 0] * items[i, 0]
                for f in range(1, items.shape[1]):
                    product += queries[row, f] * items[i, f]
                if not product > best[row, last] or left_out[ids[i]]:
                    continue
                place = last
                while place > 0 and best[row, place - 1] < product:
                    best[row, place] = best[row, place - 1]
                    shown[row, place] = shown[row, place - 1]
                    place -= 1
                best[row, place], shown[row, place] = product, ids[i]
