"""What each recommender of notebook 13 costs, by the size of the catalogue.

    python benchmarks/recommender_costs.py --store

Takes the films of MovieLens latest-small with at least 50, 20, 10, 5 and 1 ratings, fits each model
three times to all their ratings, and notes the shortest time and the size of what it keeps.
--store keeps the table, with the machine it was made on, in benchmarks/recommender_costs.json,
which notebook 13 shows.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from netflix_scale import machine

from scratch.datasets import load_movielens_small
from scratch.evaluation import encode_split
from scratch.recommenders.adapters import (
    Ease,
    ItemNeighbors,
    PairwiseRanking,
    Popular,
    UserNeighbors,
    Weighted,
)
from scratch.recommenders.comparison import costs

STORED = Path(__file__).with_suffix(".json")
FEWEST = 50, 20, 10, 5, 1  # ratings of a film
REPEATS = 3
MODELS = {
    "most rated": Popular(),
    "similar users": UserNeighbors(50),
    "similar items": ItemNeighbors(100),
    "EASE": Ease(200.0),
    "weighted": Weighted(64, 0.1, 4.0),
    "BPR": PairwiseRanking(64, 0.02, 0.02, 120),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    small = load_movielens_small()
    print(small.describe())
    table = small.ratings
    of_film = table.groupby("movie_id")["movie_id"].transform("size")
    rows = []
    for fewest in FEWEST:
        kept = table[of_film >= fewest]
        split = encode_split(kept, kept[:0], kept[:0])
        # The first time compiles; of the others, the shortest was disturbed the least.
        runs = [costs(MODELS, split) for _ in range(1 + REPEATS)][1:]
        row = {"films": len(split.movies), "users": len(split.users), "ratings": len(kept)}
        for name in MODELS:
            seconds = np.min([run.loc[name, "seconds"] for run in runs])
            row[f"{name} seconds"] = float(f"{seconds:.3g}")
            row[f"{name} MB"] = float(f"{runs[0].loc[name, 'MB']:.3g}")
        rows.append(row)
        print("  ".join(f"{name} {value:,}" for name, value in row.items()), flush=True)
    if options.store:
        result = {"machine": machine(), "data": small.source, "rows": rows}
        STORED.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
