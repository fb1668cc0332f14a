"""How many of the best ten are found, and how many lists a second: all items, cells, a graph.

    python benchmarks/search.py --store

Vectors of 17,770 films and of a million items, k = 32, and the ten of largest product with each
of a thousand users' vectors: by `ExactSearch` and `InvertedLists` of scratch/serving, and by faiss:
all items, inverted lists (IndexIVFFlat) and a graph (IndexHNSWFlat), the last two searched with
more and more care. All in one process with one thread; a list at a time, as a service is asked,
and a thousand at once. Of several runs the shortest counts. --store keeps the table in
benchmarks/search.json, which notebook 17 shows.

The films are those of generated_films.py. The million: each item lies on the way from one of
these films to another one, or, to see what hangs on that, all numbers, of items and users, are
drawn from one bell curve. Half an hour, most of it for the graphs.
"""

import argparse
import datetime
import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy

import faiss
import numpy as np
from generated_films import fitted
from netflix_scale import machine
from peak import shortest

from scratch.serving.exact import ExactSearch
from scratch.serving.inverted_lists import InvertedLists, lifted

K, PLACES, MILLION = 32, 10, 1_000_000
QUERIES, ALONE = 1_000, 200  # searched together, and of these one at a time
PROBED = 1, 2, 4, 8, 16, 32, 64, 128, 256, 512  # as far as there are so many cells
CARE = 10, 20, 40, 80, 160, 320, 640  # candidates that the graph's search keeps in hand
NEIGHBOURS, CARE_IN_MAKING = 32, 200  # of the graph: slow to make, and made well
STORED = Path(__file__).with_suffix(".json")

Search = Callable[[np.ndarray], np.ndarray]  # (m, k) queries → (m, PLACES) indices


class Way(NamedTuple):
    """A way to search, how careful it is, and what it took to make it ready."""

    name: str
    care: int | None
    search: Search
    seconds: float
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rows = []
    for what, items, queries in worlds():
        best = ExactSearch(items).search(queries, PLACES)[0]
        for way in itertools.chain(ours(items), by_faiss(items)):
            row = {"items": what, "number": len(items)} | measure(way, queries, best)
            print(json.dumps(row), flush=True)
            rows.append(row)
    if options.store:
        about = {"machine": machine(), "date": datetime.date.today().isoformat()}
        about |= {"faiss": faiss.__version__, "k": K, "places": PLACES, "queries": QUERIES}
        STORED.write_text(json.dumps(about | {"rows": rows}, indent=1) + "\n", encoding="utf-8")


def worlds() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """A name, items (number, K) and queries (QUERIES, K), float32."""
    rng = np.random.default_rng(0)
    users, films = (table.astype(np.float32) for table in fitted(K).arrays.values())
    queries = users[rng.choice(len(users), QUERIES, replace=False)]
    yield "films", films, queries
    ends = films[rng.integers(len(films), size=(2, MILLION))]
    way = rng.random((MILLION, 1), np.float32) / 2
    yield "a million in between", (1 - way) * ends[0] + way * ends[1], queries
    bell = rng.standard_normal((MILLION + QUERIES, K), np.float32)
    yield "a million without order", bell[:MILLION], bell[MILLION:]


def ours(items: np.ndarray) -> Iterator[Way]:
    """All items, and cells."""
    exact = ExactSearch(items)
    size = items.nbytes / 1e6
    yield Way("ours, all", None, lambda queries: exact.search(queries, PLACES)[0], 0.0, size)
    made: list[InvertedLists] = []
    rng = np.random.default_rng(0)
    seconds = shortest(lambda: made.append(InvertedLists(items, rng=rng)), 2)  # the first compiles
    cells = made[-1]
    size += (cells.ids.nbytes + cells.starts.nbytes + cells.middles.items.nbytes) / 1e6
    for number in PROBED:
        if number > len(cells.starts) - 1:
            break
        yield Way(
            "ours, cells", number,
            lambda queries, number=number: cells.search(queries, PLACES, number)[0], seconds, size,
        )  # fmt: skip


def by_faiss(items: np.ndarray) -> Iterator[Way]:
    """The same two, and a graph: of products, and of the distances of lifted items."""
    product, distance = faiss.METRIC_INNER_PRODUCT, faiss.METRIC_L2
    tall = np.ascontiguousarray(lifted(items))
    longest = np.linalg.norm(tall[0])
    num_cells = round(len(items) ** 0.5)

    def stretched(queries: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(queries, axis=1, keepdims=True)
        return np.column_stack([queries * (longest / lengths), np.zeros_like(lengths)])

    for name, table, metric, asked in (
        ("products", items, product, lambda queries: queries),
        ("lifted", tall, distance, stretched),
    ):
        k = table.shape[1]

        def found(index: faiss.Index, asked: Search = asked) -> Search:
            return lambda queries: index.search(asked(queries), PLACES)[1]

        flat = faiss.IndexFlat(k, metric)
        if name == "products":
            flat.add(table)
            yield Way("faiss, all", None, found(flat), 0.0, size_of(flat))

        middles = faiss.IndexFlat(k, metric)
        cells = faiss.IndexIVFFlat(middles, k, num_cells, metric)
        seconds = shortest(lambda: (cells.train(table), cells.add(table)), 1)  # noqa: B023
        for cells.nprobe in (number for number in PROBED if number <= num_cells):
            yield Way(f"faiss, cells, {name}", cells.nprobe, found(cells), seconds, size_of(cells))

        graph = faiss.IndexHNSWFlat(k, NEIGHBOURS, metric)
        graph.hnsw.efConstruction = CARE_IN_MAKING
        seconds = shortest(lambda: graph.add(table), 1)  # noqa: B023
        for graph.hnsw.efSearch in CARE:
            care = graph.hnsw.efSearch
            yield Way(f"faiss, graph, {name}", care, found(graph), seconds, size_of(graph))


def size_of(index: faiss.Index) -> float:
    return faiss.serialize_index(index).nbytes / 1e6


def measure(way: Way, queries: np.ndarray, best: np.ndarray) -> dict:
    """Recall, and lists a second: one at a time and all at once."""
    found = way.search(queries)
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(best, found, strict=True)])
    together = shortest(lambda: way.search(queries), 3)
    alone = shortest(lambda: [way.search(query[None]) for query in queries[:ALONE]], 5)
    return {
        "way": way.name, "care": way.care, "recall": round(float(recall), 4),
        "a second, alone": float(f"{ALONE / alone:.3g}"),
        "a second, together": float(f"{len(queries) / together:.3g}"),
        "seconds to make": float(f"{way.seconds:.3g}"), "MB": float(f"{way.megabytes:.3g}"),
    }  # fmt: skip


if __name__ == "__main__":
    main()
