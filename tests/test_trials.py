"""What of the trials needs no Spark: how unevenly pairs fall into blocks."""

import numpy as np
import pytest

from scratch.machinery.sparse import Observed
from scratch.scale.trials import skew


def test_skew_is_the_fullest_block_over_a_mean_one():
    sizes = [6, 1, 1, 2, 1, 1]  # pairs of the movies 0 to 5: 12 in all
    movies = np.repeat(np.arange(6), sizes)
    users = np.concatenate([np.arange(size) for size in sizes])
    found = skew(Observed.from_pairs(users, movies).by_movie, 3)
    # By hash: 0 and 3, 1 and 4, 2 and 5. In order: 0 and 1, 2 and 3, 4 and 5. A mean one has 4.
    assert found["by hash"] == 2 and found["in order"] == 1.75 and found["heaviest row"] == 1.5
    assert found["by work"] >= 1.5


def test_shares_by_work_help_where_the_first_have_the_most():
    sizes = (200 / np.arange(1, 101) ** 0.5).astype(int)
    movies = np.repeat(np.arange(100), sizes)
    users = np.concatenate([np.arange(size) for size in sizes])
    found = skew(Observed.from_pairs(users, movies).by_movie, 4)
    assert 1 <= found["by work"] < 1.3 < found["in order"]


def test_there_is_a_block_and_something_to_put_into_it():
    rows = Observed.from_pairs([0, 1], [0, 1]).by_movie
    for wrong in (0, -1, 10**9):
        with pytest.raises(ValueError, match="blocks must be at least 1 and at most"):
            skew(rows, wrong)
    with pytest.raises(TypeError, match=r"blocks must be a whole number, got 2\.0"):
        skew(rows, 2.0)
    none = rows._replace(starts=np.zeros(3, int), indices=np.empty(0, np.int32))
    with pytest.raises(ValueError, match="the rows have no pairs"):
        skew(none, 2)
