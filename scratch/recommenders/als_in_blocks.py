"""Alternating least squares by several worker processes, each of which holds a part of the data.

Zhou, Wilkinson, Schreiber and Pan, Large-scale parallel collaborative filtering for the Netflix
Prize, AAIM 2008, for stars; here for the loss of `scratch.recommenders.weighted`, of whose empty
cells a worker needs to know but one table, VᵀV. Built in notebook 16.
"""

import itertools
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from scratch.checking import FloatTable, NotNegative, Size, Within, checked, finite
from scratch.checking.rules import whole
from scratch.machinery.compiled import numba_is_available
from scratch.machinery.progress import progress_bar
from scratch.machinery.sparse import Observed, Rows, check_observed, check_rows
from scratch.machinery.workers import Here, SharedTable, Worker, WorkerDied
from scratch.recommenders.weighted import (
    WeightedFactorization,
    drawn_vectors,
    gram,
    pulls,
    put_unseen_at_0,
    solve_rows,
    sparse_loss,
)

MOST_DEATHS = 3  # of a worker at the same question, before we believe that it is the question
Blocks = Annotated[int, Within(1, 100_000)]  # far more than there are cores
Side = Literal["U", "V"]


class Block(NamedTuple):
    """Rows begin to end − 1 of the matrix, and the observed cells in them."""

    begin: int
    end: int
    rows: Rows


@checked
def cut_rows(rows: Rows, count: Blocks) -> list[Block]:
    """Cut the rows into `count` blocks of about the same work; some may be empty.

    Raises ValueError for a count below 1 or above 100,000.
    """
    rows = check_rows(rows)
    cuts, blocks = rows.shares(count).tolist(), []
    for begin, end in itertools.pairwise(cuts):
        cells = slice(rows.starts[begin], rows.starts[end])
        starts = rows.starts[begin : end + 1] - cells.start
        own = Rows(starts, rows.indices[cells], rows.confidence[cells], rows.num_columns)
        blocks.append(Block(begin, end, own))
    return blocks


def _checked_blocks(name: str, blocks: Any) -> list[Block]:
    """A list of blocks whose parts fit together; raises TypeError or ValueError."""
    if not isinstance(blocks, list) or not all(isinstance(block, Block) for block in blocks):
        raise TypeError(f"{name} must be a list of blocks, as cut_rows returns it")
    for begin, end, rows in blocks:
        size = whole(f"the end of one of {name}", end) - whole(f"the begin of one of {name}", begin)
        if begin < 0 or size != len(check_rows(rows).starts) - 1:
            raise ValueError(
                f"one of {name} is said to be the rows from {begin} to {end}, and has "
                f"{len(rows.starts) - 1} of them: take those that cut_rows returns"
            )
    return blocks


@checked
def needed_by(blocks: Annotated[list[Block], _checked_blocks]) -> np.ndarray:
    """The columns that occur in these blocks, ascending, each once.

    Their vectors are all that has to be fetched in order to solve for the rows of the blocks.
    """
    return np.unique(np.concatenate([np.empty(0, np.int32), *(b.rows.indices for b in blocks)]))


class Question(NamedTuple):
    """What a worker is asked: solve for the blocks of one side that you hold."""

    number: int
    side: str  # "U" or "V"
    now: dict[str, int]  # which of the two arrays of each table is the one to read
    VtV: np.ndarray  # (k, k), of the other side
    w0: float
    l2: float
    scaling: float


class Answer(NamedTuple):
    """What it answers when the new vectors lie in the table."""

    number: int  # of the question
    grams: list[np.ndarray]  # UᵀU of each of its blocks
    bytes_fetched: int  # vectors of the other side that lie with other workers


class Part:
    """What one worker holds: its blocks of each side, and where the vectors of all are.

    tables: a `SharedTable` for each side, (2, rows, k). All read from one of its two arrays and
    write their new vectors into the other: what somebody may still need is never overwritten.

    Raises TypeError or ValueError for blocks or tables that are not those of the sides U and V.
    """

    @checked
    def __init__(
        self,
        blocks: dict[str, Annotated[list[Block], _checked_blocks]],
        tables: dict[str, SharedTable],
    ):
        for name, of_sides in (("blocks", blocks), ("tables", tables)):
            if of_sides.keys() != {"U", "V"}:
                raise ValueError(f'{name} must be of the sides "U" and "V", got {list(of_sides)}')
        self.tables = tables
        self.needed = {side: needed_by(own) for side, own in blocks.items()}
        self.blocks: dict[str, list[Block]] = {}  # column c is now column needed[c] of the matrix
        self.foreign: dict[str, int] = {}  # how many of the needed vectors lie with other workers
        for side, needed in self.needed.items():
            at_home = [row for b in blocks[_other(side)] for row in range(b.begin, b.end)]
            self.foreign[side] = int((~np.isin(needed, at_home)).sum())
            self.blocks[side] = []
            for begin, end, rows in blocks[side]:
                columns = np.searchsorted(needed, rows.indices).astype(np.int32)
                self.blocks[side].append(Block(begin, end, rows._replace(indices=columns)))

    def __call__(self, question: Question) -> Answer:
        """Move the vectors of one side to where the loss is smallest; see `Question`."""
        number, side, now, VtV, w0, l2, scaling = question
        old, new = (self.tables[side].array[i] for i in (now[side], 1 - now[side]))
        fetched = self.tables[_other(side)].array[now[_other(side)]][self.needed[side]]
        grams = []
        for begin, end, rows in self.blocks[side]:
            vectors = old[begin:end].copy()
            pull = pulls(rows, w0, l2, scaling)
            solve_rows(rows.shares(1), *rows[:3], vectors, fetched, VtV, w0, pull)
            new[begin:end] = vectors
            grams.append(gram(vectors))
        return Answer(number, grams, self.foreign[side] * fetched.itemsize * fetched.shape[1])


def _other(side: str) -> str:
    return "V" if side == "U" else "U"


def part_with_one_core(blocks: dict[str, list[Block]], tables: dict[str, SharedTable]) -> Part:
    """Make the `Part` of a worker process, which is to take one core and no more."""
    if numba_is_available():
        from numba import set_num_threads

        set_num_threads(1)
    return Part(blocks, tables)


class Crew:
    """Workers that solve for the two sides of a weighted factorization in turns.

    U (users, k) and V (movies, k) are where it starts. Both sides are cut into num_blocks blocks,
    which are dealt to the workers like cards; with 0 workers all is done in this process. The
    vectors are the same to the last bit for any number of workers, since each row is solved alone,
    and the tables VᵀV of the blocks are added in the order of the blocks. (Another number of blocks
    adds in another order; with one block it is `als_half_step`.) A worker that dies is replaced,
    and its part is done again from what all others have read, too.

    Use it in a `with`, which ends the processes, and from one thread. After an edit of the code
    make a new one. Raises ValueError for vectors that do not fit or are not finite, for more
    workers than blocks, and for more than 100,000 blocks; after its end, or out of turn, its
    methods raise RuntimeError.
    """

    @checked
    def __init__(
        self,
        observed: Observed,
        U: FloatTable,
        V: FloatTable,
        *,
        num_workers: Size = 2,
        num_blocks: Blocks = 8,
    ):
        observed = check_observed(observed)
        if num_workers > num_blocks:
            raise ValueError(
                f"num_workers must be from 0 to {num_blocks}, as many as blocks (num_blocks), got "
                f"{num_workers}"
            )
        if (len(U), len(V)) != observed.shape or U.shape[1] != V.shape[1]:
            raise ValueError(
                f"vectors U and V of shapes {U.shape} and {V.shape} do not fit {observed.shape[0]} "
                f"users and {observed.shape[1]} movies"
            )
        self._question: Question | None = None  # that has not been collected
        self._asked, self._has_ended, self._busy = 0, False, threading.Lock()
        self._now = {"U": 0, "V": 0}
        self._tables: dict[str, SharedTable] = {}
        self.workers: list[Worker | Here] = []
        self.blocks = {
            "U": cut_rows(observed.by_user, num_blocks),
            "V": cut_rows(observed.by_movie, num_blocks),
        }
        self.bytes_fetched = 0
        try:
            for side, start in (("U", U), ("V", V)):
                self._tables[side] = SharedTable((2, *start.shape))
                self._tables[side].array[0] = start
            self._grams = {
                side: [gram(self._tables[side].array[0, b.begin : b.end]) for b in blocks]
                for side, blocks in self.blocks.items()
            }
            if num_workers == 0:
                self.workers.append(Here(Part, self.blocks, self._tables))
            for first in range(num_workers):
                own = {side: b[first::num_workers] for side, b in self.blocks.items()}
                self.workers.append(Worker(part_with_one_core, own, self._tables))
        except BaseException:
            self.end()
            raise

    @checked
    def vectors(self, side: Side) -> np.ndarray:
        """A copy of U, for side "U", or V as they stand after the last half-step."""
        self._check_on_duty()
        return self._tables[side].array[self._now[side]].copy()

    def half_step(
        self, side: Side, w0: NotNegative, l2: NotNegative = 0.0, scaling: float = 0.0
    ) -> None:
        """Move all vectors of one side, "U" or "V", to where the loss is smallest.

        Raises WorkerDied if a worker dies at it again and again, WorkerFailed if one meets an
        error, ValueError where numbers grow too large; the vectors are then those from before, as
        they are after Ctrl+C. Raises ValueError for a negative weight or another side.
        """
        self.ask(side, w0, l2, scaling)
        self.collect()

    @checked
    def ask(self, side: Side, w0: NotNegative, l2: NotNegative = 0.0, scaling: float = 0.0) -> None:
        """Begin a half-step: tell all workers what to do. `collect` ends it."""
        self._check_on_duty()
        if self._question is not None:
            raise RuntimeError("the last half-step has not been collected: call collect first")
        for block in self.blocks[side]:
            pulls(block.rows, w0, l2, scaling)  # what is wrong is said here, not there
        VtV = np.sum(self._grams[_other(side)], axis=0)  # in the order of the blocks
        with self._talking():
            self._asked += 1
            now = dict(self._now)
            self._question = Question(self._asked, side, now, VtV, float(w0), l2, scaling)
            for worker in self.workers:
                worker.ask(self._question)

    def collect(self) -> None:
        """End a half-step: wait until all parts are done, by a replacement where a worker died.

        Raises what `half_step` raises.
        """
        self._check_on_duty()
        if (question := self._question) is None:
            raise RuntimeError("no half-step has begun: call ask first")
        with self._talking():
            answers = [self._answer_of(worker, question) for worker in self.workers]
            for table in (table for answer in answers for table in answer.grams):
                finite("the half-step", table, "U, V, w0, l2, scaling or the confidence")
            for number, answer in enumerate(answers):
                self._grams[question.side][number :: len(answers)] = answer.grams
                self.bytes_fetched += answer.bytes_fetched
            self._now[question.side] = 1 - self._now[question.side]
            self._question = None

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Whatever goes wrong meanwhile, Ctrl+C too: nobody shall be left with half a message."""
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("a crew works for one thread at a time, and another one has asked")
        try:
            yield
        except BaseException:
            self._question = None
            for worker in self.workers:
                worker.replace()
            raise
        finally:
            self._busy.release()

    def _check_on_duty(self) -> None:
        if self._has_ended:
            raise RuntimeError("this crew has ended: make another one")

    def _answer_of(self, worker: Worker | Here, question: Question) -> Answer:
        for _ in range(MOST_DEATHS - 1):
            try:
                return _awaited(worker, question)
            except WorkerDied:
                worker.replace()
                worker.ask(question)
        return _awaited(worker, question)

    def end(self) -> None:
        """End the processes and give the memory back; once more is no harm."""
        self._has_ended = True
        for worker in self.workers:
            worker.end()
        in_use = None
        for table in self._tables.values():
            try:
                table.close()
            except BufferError as problem:
                in_use = problem
        if in_use is not None:
            raise in_use

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.end()
        except BufferError:  # what goes wrong may hold views; the memory goes with them
            if kind is None:
                raise


def _awaited(worker: Worker | Here, question: Question) -> Answer:
    """The answer to this question, and not to one that Ctrl+C has made nobody's."""
    while True:
        answer: Answer = worker.answer()
        if answer.number == question.number:
            return answer


@checked
def fit_in_blocks(
    model: WeightedFactorization,
    observed: Observed,
    *,
    rng: np.random.Generator,
    num_workers: Size = 2,
    num_blocks: Blocks = 8,
    measure: bool = True,
    progress: bool = False,
) -> WeightedFactorization:
    """Fit the model as `model.fit` does, by a `Crew`; returns it.

    The start is that of `model.fit` for the same rng, and so is, but for rounding, the result.
    Raises what `Crew` raises, and ValueError for a model that does not solve (num_steps); the model
    is then as before.
    """
    if model.num_steps is not None:
        raise ValueError("a crew solves exactly: leave num_steps of the model at None")
    observed = check_observed(observed)
    weights = model.w0, model.l2, model.scaling
    U, V = (drawn_vectors(rng, (rows, model.k), model.init_scale) for rows in observed.shape)
    history = []
    with (
        Crew(observed, U, V, num_workers=num_workers, num_blocks=num_blocks) as crew,
        progress_bar(model.num_sweeps, progress, unit="sweep") as bar,
    ):
        for sweep in range(1, model.num_sweeps + 1):
            crew.half_step("U", *weights)
            crew.half_step("V", *weights)
            U, V = crew.vectors("U"), crew.vectors("V")
            loss = sparse_loss(observed, U, V, *weights) if measure else math.nan
            history.append((sweep, loss))
            bar.set_description_str(f"loss {loss:.4f}", refresh=False)
            bar.update()
    put_unseen_at_0(observed, U, V, model.w0, model.l2)
    model.U, model.V, model._seen = U, V, observed.by_user
    model.history = pd.DataFrame(history, columns=["sweep", "loss"])
    return model
