"""What a sweep of alternating least squares costs: work, traffic, memory, time and money, on paper.

The work is counted from the loops of `scratch.recommenders.weighted`, and the traffic from those of
`scratch.recommenders.als_in_blocks`; how fast a core is, is measured. Used in notebook 16.
"""

import math
from typing import Annotated, Any, NamedTuple, TypeVar

from scratch.checking import NotNegative, Positive, Within, checked, finite
from scratch.checking.rules import number, whole

BYTES_OF_PAIR = 8  # an index of four bytes, in the list of its user and in that of its movie
MOST = 1e30  # of any number: what is more was not meant
WHOLE = {"k", "cores", "bytes_of_number"}  # counts; of the others there may be a mean

Workers = Annotated[int, Within(1, 1_000_000)]


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


Numbers = TypeVar("Numbers", Task, Machine)


@checked
def adds_of_sweep(task: Task) -> float:
    """How often a sweep adds a product to a sum: O(pairs · k² + (users + movies) · k³).

    A pair adds c·v vᵀ to the lower triangle of its row's A, and c·v to b, once on each side. A row
    then factorizes A, solves twice and takes two rests b − A u, and adds u uᵀ to the side's table.
    Raises TypeError or ValueError for a task with something else than numbers from 0 up.
    """
    task = _numbers("task", task)
    k, rows = task.k, task.users + task.movies
    of_pair = k * (k + 1) / 2 + k
    of_row = k**3 / 6 + 2 * (k**2 + k**2) + k**2
    return 2 * task.pairs * of_pair + rows * of_row


@checked
def vectors_fetched(rows: Positive, pairs: NotNegative, workers: Workers) -> float:
    """How many vectors of these rows go over the network before the other side's half-step.

    A row with n pairs is needed by a worker unless all of its n partners lie with others, which
    has the chance (1 − 1/workers)ⁿ if they lie anywhere; one of those who need it has it already.
    Taken at the mean n of all rows, which is more than there are if n differs from row to row.
    Raises TypeError or ValueError for no rows, less than no pairs, or no worker.
    """
    needed_by = workers * -math.expm1(pairs / rows * math.log1p(-1 / workers)) if workers > 1 else 1
    fetched = rows * needed_by * (workers - 1) / workers
    return float(finite("the number of vectors", fetched, of="rows or pairs"))


@checked
def sweep_cost(task: Task, machine: Machine, workers: Workers) -> Cost:
    """What a sweep takes if the work is shared out evenly.

    Raises TypeError for what is no number; ValueError for no worker, for a task or a machine with a
    number that is not positive, and for numbers with which the cost is none.
    """
    task, machine = _numbers("task", task), _numbers("machine", machine)
    for what in (task, machine):
        if min(what) <= 0:
            raise ValueError(f"each number of a task or a machine must be positive, got {what}")
    of_vector = task.k * task.bytes_of_number
    fetched = [vectors_fetched(rows, task.pairs, workers) for rows in (task.users, task.movies)]
    computing = adds_of_sweep(task) / (workers * machine.cores * machine.adds_per_second)
    fetching = sum(fetched) * of_vector / (workers * machine.bytes_per_second)
    # Of its own vectors a worker has those of now and those that are being made.
    own = (BYTES_OF_PAIR * task.pairs + 2 * of_vector * (task.users + task.movies)) / workers
    hours = workers * (computing + fetching) / 3600
    cost = Cost(
        workers,
        computing,
        fetching,
        sum(fetched) * of_vector,
        (own + max(fetched) * of_vector / workers) / machine.memory,
        hours * machine.price_per_hour,
    )
    finite("the cost", cost, of="the task or the machine")
    return cost


def _numbers(name: str, what: Numbers) -> Numbers:
    """A task or a machine, whose numbers are counts or quantities; raises TypeError, ValueError."""
    found: dict[str, Any] = {}
    for field, value in what._asdict().items():
        of_field = f"{field} of the {name}"
        found[field] = whole(of_field, value) if field in WHOLE else float(number(of_field, value))
        if not 0 <= found[field] <= MOST:
            raise ValueError(f"{of_field} must be from 0 to {MOST:.0e}, got {value}")
    return type(what)(**found)
