"""What models in PyTorch are given: pairs of indices, and tables that there is room for."""

import numpy as np
import pytest
import torch

from scratch.machinery.pairs import check_rows, check_tensors, of_pairs, with_room
from scratch.ratings import COLD

PAIR = torch.tensor([0, 1])


class Table:
    """The smallest model: it looks its pairs up in two rows of numbers."""

    @with_room
    def __init__(self, num_users=2, num_movies=3, problem=None):
        """Two rows."""
        self.num_users, self.num_movies = num_users, num_movies
        self.of_users, self.of_movies = torch.arange(num_users), torch.arange(num_movies)
        if problem is not None:
            raise problem

    @of_pairs()
    def sums(self, users, movies):
        """Of their numbers."""
        return self.of_users[users] + self.of_movies[movies]

    @of_pairs(COLD)
    def wrapped(self, users, movies):
        return self.sums(users % self.num_users, movies)

    @of_pairs()
    def broken(self, users, movies):
        raise IndexError("of its own making")


def test_what_is_right_goes_through_and_the_method_keeps_its_name():
    assert Table().sums(PAIR, PAIR).tolist() == [0, 2]
    assert Table().sums(users=PAIR.int(), movies=PAIR).tolist() == [0, 2]
    assert Table().sums(PAIR[:0], PAIR[:0]).tolist() == []
    assert (Table.sums.__name__, Table.sums.__doc__) == ("sums", "Of their numbers.")
    assert Table.__init__.__doc__ == "Two rows."


@pytest.mark.parametrize(
    ("users", "movies", "kind", "message"),
    [
        ([0], PAIR, TypeError, r"^users must be a tensor, got \[0\]$"),
        (PAIR, np.array([0]), TypeError, r"^movies must be a tensor, got .*, which only `predict`"),
        (PAIR.double(), PAIR, TypeError, r"^users must hold whole numbers of 32 or 64 bits, got a"),
        (PAIR, PAIR.to(torch.int8), TypeError, r"^movies must hold .* got a tensor of torch.int8$"),
        (PAIR, PAIR[:1], ValueError, r"one axis of one length, .* got shapes \(2,\) and \(1,\)$"),
        (PAIR[None], PAIR[None], ValueError, r"got shapes \(1, 2\) and \(1, 2\)$"),
    ],
)
def test_what_is_no_pair_of_columns_is_named(users, movies, kind, message):
    for look in (check_tensors, Table().sums):
        with pytest.raises(kind, match=message):
            look(users, movies)


@pytest.mark.parametrize(
    ("users", "movies", "message"),
    [
        ([0, 2], [0, 0], r"^user indices must lie in 0 … 1, found 0 … 2: encode ids .* `predict`$"),
        ([0, 0], [3, 1], r"^movie indices must lie in 0 … 2, found 1 … 3: .* cold ones \(-1\) to"),
        ([0, -1], [0, 0], r"^user indices must lie in 0 … 1, found -1 … 0"),
    ],
)
def test_an_index_without_a_row_is_named(users, movies, message):
    users, movies = torch.tensor(users), torch.tensor(movies)
    with pytest.raises(IndexError, match=message):
        check_rows(users, movies, 2, 3)
    if users.min() >= 0:  # PyTorch takes −1 for the last row
        with pytest.raises(IndexError, match=message):
            Table().sums(users, movies)


def test_cold_ones_are_taken_where_they_are_meant():
    cold = torch.tensor([COLD, 0])
    check_rows(cold, cold, 2, 3, COLD)
    assert Table().wrapped(cold, PAIR).tolist() == [1, 1]
    with pytest.raises(IndexError, match=r"user indices must lie in -1 … 1, found -2 … 0: .* set$"):
        check_rows(torch.tensor([-2, 0]), PAIR, 2, 3, COLD)
    check_rows(PAIR[:0], PAIR[:0], 0, 0)  # no index at all is outside


def test_an_error_of_the_method_itself_comes_as_it_is():
    with pytest.raises(IndexError, match=r"^of its own making$"):
        Table().broken(PAIR, PAIR)


def test_tables_without_room_are_told_by_their_sizes():
    for said in ("[enforce fail] DefaultCPUAllocator: can't allocate memory", "overflow of sizes"):
        with pytest.raises(MemoryError, match=r"^there is not enough memory .*: make num_users"):
            Table(problem=RuntimeError(said))
    with pytest.raises(RuntimeError, match=r"^another one$"):
        Table(problem=RuntimeError("another one"))
    with pytest.raises(MemoryError, match="num_movies, k or hidden smaller"):
        with_room(lambda: torch.zeros(2**60))()
