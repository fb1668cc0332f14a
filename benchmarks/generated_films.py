"""A world of as many films as the Netflix Prize has, and our model of it: for search and service.

Nobody may hand on the Netflix Prize, so this one is invented as the stand-ins are: 10,000 people
with tastes, 17,770 films, two million ratings.
"""

import numpy as np
import pandas as pd

from scratch.datasets.stand_in import Recipe, make_world
from scratch.recommenders.adapters import Weighted
from scratch.recommenders.fitted import Recommender

WORLD = Recipe(
    users=10_000, movies=17_770, ratings=2_000_000, lowest=1, step=1, least=20,
    mean=3.4, user_spread=0.45, movie_spread=0.4, taste=0.8, noise=0.9,
    pickiness=2.0, popularity=1.9, activity=1.1, factors=8,
)  # fmt: skip


def fitted(k: int = 32) -> Recommender:
    """A weighted factorization of who rated what."""
    world = make_world(np.random.default_rng(0), WORLD, [])
    columns = {"user_id": world.users, "movie_id": world.movies, "rating": world.ratings}
    model = Weighted(k, w0=0.1, l2=0.03, scaling=1.0, num_sweeps=8, ones="rated")
    return Recommender(model).fit(pd.DataFrame(columns))
