"""What is looked at before a model learns, and when it answers from what it has learned."""

import re
from dataclasses import dataclass

import numpy as np
import pytest

from scratch.checking import Share
from scratch.ratings import Ratings
from scratch.recommenders.learned import Settings, check_learned, check_sizes

ARRAYS = {"U": np.ones((3, 2)), "V": np.ones((4, 2)), "more": np.ones(7)}
FITS = "U(u, k), V(m, k), users(n) < u"
TRAIN = Ratings(np.array([0, 2]), np.array([3, 1]), np.array([4.0, 5.0]))


def test_arrays_that_fit_are_looked_at_and_the_rest_may_be_anything():
    check_learned(ARRAYS | {"more": np.ones((1, 1))}, FITS, users=np.array([0, 2]))


@pytest.mark.parametrize(
    ("change", "users", "kind", "message"),
    [
        ({"V": np.ones((4, 3))}, [0], ValueError, "V"),
        ({"U": np.ones(3)}, [0], ValueError, "U"),
        ({}, [0, 3], IndexError, "users"),
        ({}, [-1], IndexError, "users"),
    ],
)
def test_what_does_not_fit_is_named(change, users, kind, message):
    with pytest.raises(kind, match=rf"\b{message}\b"):
        check_learned(ARRAYS | change, FITS, users=np.array(users))


def test_an_array_that_is_missing_is_named():
    with pytest.raises(ValueError, match=r"those that learn has returned: they have no V$"):
        check_learned({"U": ARRAYS["U"]}, "U(u, k), V(m, k)")


def test_ratings_to_learn_from_come_back_as_they_are_if_there_are_so_many_users_and_movies():
    same = check_sizes(TRAIN, 3, 4)
    assert [column.tolist() for column in same] == [[0, 2], [3, 1], [4.0, 5.0]]


@pytest.mark.parametrize(
    ("sizes", "kind", "message"),
    [
        ((2, 4), IndexError, "user index 2 is out of range"),
        ((3, 3), IndexError, "movie index 3 is out of range"),
        ((0, 4), ValueError, "num_users must be"),
        ((3, 0), ValueError, "num_movies must be"),
        ((2 * 10**9, 4), ValueError, "num_users asks for 2,000,000,000 numbers"),
        ((3, 2 * 10**9), ValueError, "num_movies asks for 2,000,000,000 numbers"),
    ],
)
def test_other_numbers_of_users_and_movies_are_refused(sizes, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}"):
        check_sizes(TRAIN, *sizes)


def test_training_sets_that_teach_nothing_are_refused_and_lists_become_arrays():
    with pytest.raises(ValueError, match="the training set is empty"):
        check_sizes(Ratings([], [], []), 3, 4)
    with pytest.raises(ValueError, match="training rows must not be cold"):
        check_sizes(TRAIN._replace(users=np.array([0, -1])), 3, 4)
    of_lists = check_sizes(Ratings(*(column.tolist() for column in TRAIN)), 3, 4)
    for ours, theirs in zip(TRAIN, of_lists, strict=True):
        assert np.array_equal(ours, theirs) and isinstance(theirs, np.ndarray)


@dataclass(frozen=True)
class Half(Settings):
    share: Share = 0.5


def test_fields_of_settings_are_looked_at_when_they_are_made():
    assert Half(np.float32(0.25)).share == 0.25
    with pytest.raises(ValueError, match="share must be"):
        Half(1.5)
