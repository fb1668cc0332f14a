"""What a sweep of alternating least squares costs: work, traffic, memory, time and money, on paper.

The work is counted from the loops of `scratch.recommenders.weighted`, and the traffic from those of
`scratch.recommenders.als_in_blocks`; how fast a core is, is measured. Used in notebook 16.
"""

import math
from typing import NamedTuple

BYTES_OF_PAIR = 8  # an index of four bytes, in the list of its user and in that of its movie


class Task(NamedTuple):
    """How much there is to do."""

    pairs: float
    users: float
    movies: float
    k: int
    bytes_of_number: int = 4  # of a vector: 4 in float32, 8 in float64


class Machine(NamedTuple):
    """What one worker has, in units per second, bytes, and money per hour."""

    cores: int
    adds_per_second: float  # of one core, a product added to a sum each time
    bytes_per_second: float  # that it can receive over the network
    memory: float
    price_per_hour: float


class Cost(NamedTuple):
    """What a sweep takes with so many workers."""

    workers: int
    seconds_computing: float
    seconds_fetching: float
    bytes_sent: float  # by all workers together
    memory_share: float  # of its own memory, that a worker needs
    price: float

    @property
    def seconds(self) -> float:
        """Of a sweep: first everybody fetches, then everybody computes."""
        return self.seconds_computing + self.seconds_fetching


def adds_of_sweep(task: Task) -> float:
    """How often a sweep adds a product to a sum: O(pairs · k² + (users + movies) · k³).

    A pair adds c·v vᵀ to the lower triangle of its row's A, and c·v to b, once on each side. A row
    then factorizes A, solves twice and takes two rests b − A u, and adds u uᵀ to the side's table.
    """
    k, rows = task.k, task.users + task.movies
    of_pair = k * (k + 1) / 2 + k
    of_row = k**3 / 6 + 2 * (k**2 + k**2) + k**2
    return 2 * task.pairs * of_pair + rows * of_row


def vectors_fetched(rows: float, pairs: float, workers: int) -> float:
    """How many vectors of these rows go over the network before the other side's half-step.

    A row with n pairs is needed by a worker unless all of its n partners lie with others, which
    has the chance (1 − 1/workers)ⁿ if they lie anywhere; one of those who need it has it already.
    Taken at the mean n of all rows, which is more than there are if n differs from row to row.
    """
    needed_by = workers * -math.expm1(pairs / rows * math.log1p(-1 / workers)) if workers > 1 else 1
    return rows * needed_by * (workers - 1) / workers


def sweep_cost(task: Task, machine: Machine, workers: int) -> Cost:
    """What a sweep takes if the work is shared out evenly.

    Raises ValueError for no worker, or for a task or a machine with a number that is not positive.
    """
    if not 1 <= workers < math.inf:
        raise ValueError(f"there must be at least one worker, not {workers}")
    for what in (task, machine):
        if not all(0 < number < math.inf for number in what):
            raise ValueError(f"each number of a task or a machine must be positive: {what}")
    of_vector = task.k * task.bytes_of_number
    fetched = [vectors_fetched(rows, task.pairs, workers) for rows in (task.users, task.movies)]
    computing = adds_of_sweep(task) / (workers * machine.cores * machine.adds_per_second)
    fetching = sum(fetched) * of_vector / (workers * machine.bytes_per_second)
    # Of its own vectors a worker has those of now and those that are being made.
    own = (BYTES_OF_PAIR * task.pairs + 2 * of_vector * (task.users + task.movies)) / workers
    hours = workers * (computing + fetching) / 3600
    return Cost(
        workers,
        computing,
        fetching,
        sum(fetched) * of_vector,
        (own + max(fetched) * of_vector / workers) / machine.memory,
        hours * machine.price_per_hour,
    )
