"""Small tables of ratings and splits of them, for tests."""

import numpy as np
import pandas as pd

from scratch.evaluation import Split
from scratch.ratings import IdMap, Ratings


def table_of(num_users, num_movies, density, seed):
    rng = np.random.default_rng(seed)
    users, movies = np.nonzero(rng.random((num_users, num_movies)) < density)
    stars = rng.integers(1, 6, len(users)).astype(float)
    return pd.DataFrame({"user_id": users + 100, "movie_id": movies + 7, "rating": stars})


def part(*rows):
    users, movies, stars = zip(*rows, strict=True) if rows else ((), (), ())
    return Ratings(
        np.array(users, np.int32), np.array(movies, np.int32), np.array(stars, dtype=float)
    )


def split_of(train, validation=(), test=()):
    """A split of rows (user, movie, stars), whose indices are the ids themselves."""
    train = part(*train)
    size = range(train.users.max() + 1), range(train.movies.max() + 1)
    return Split(train, part(*validation), part(*test), *map(IdMap, size))
