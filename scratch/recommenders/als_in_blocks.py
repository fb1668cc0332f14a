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
from typing import NamedTuple

import numpy as np
import pandas as pd

from scratch.machinery.compiled import numba_is_available
from scratch.machinery.progress import progress_bar
from scratch.machinery.sparse import Observed, Rows
from scratch.machinery.workers import Here, SharedTable, Worker, WorkerDied
from scratch.recommenders.weighted import (
    WeightedFactorization,
    drawn_vectors,
    gram,
    pulls,
    solve_rows,
    sparse_loss,
)

MOST_DEATHS = 3  # of a worker at the same question, before we believe that it is the question


class Block(NamedTuple):
    """Rows begin to end − 1 of the matrix, and the observed cells in them."""

    begin: int
    end: int
    rows: Rows


def cut_rows(rows: Rows, count: int) -> list[Block]:
    """Cut the rows into `count` blocks of about the same work; some may be empty.

    Raises ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError(f"cut the rows into at least one block, not {count}")
    cuts, blocks = rows.shares(count).tolist(), []
    for begin, end in itertools.pairwise(cuts):
        cells = slice(rows.starts[begin], rows.starts[end])
        starts = rows.starts[begin : end + 1] - cells.start
        own = Rows(starts, rows.indices[cells], rows.confidence[cells], rows.num_columns)
        blocks.append(Block(begin, end, own))
    return blocks


def needed_by(blocks: list[Block]) -> np.ndarray:
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
    """

    def __init__(self, blocks: dict[str, list[Block]], tables: dict[str, SharedTable]):
        self.tables = tables
        self.needed = {side: needed_by(own) for side, own in blocks.items()}
        self.blocks: dict[str, list[Block]] = {}  # column c is now column needed[c] of the matrix
        self.foreign: dict[str, int] = {}  # how many of the needed vectors lie with other workers
        for side, needed in self.needed.items():
            at_home = [np.arange(b.begin, b.end) for b in blocks[_other(side)]]
            self.foreign[side] = int((~np.isin(needed, np.concatenate(at_home))).sum())
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
        import numba

        numba.set_num_threads(1)
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
    make a new one. Raises ValueError for vectors that do not fit or are not finite, and for more
    workers than blocks; after its end, or out of turn, its methods raise RuntimeError.
    """

    def __init__(
        self,
        observed: Observed,
        U: np.ndarray,
        V: np.ndarray,
        *,
        num_workers: int = 2,
        num_blocks: int = 8,
    ):
        U, V = (np.asarray(start, dtype=float) for start in (U, V))
        if not (isinstance(num_workers, int) and 0 <= num_workers <= num_blocks):
            raise ValueError(
                f"there must be from 0 to {num_blocks} workers, as many as blocks: {num_workers}"
            )
        if (len(U), len(V)) != observed.shape or U.shape[1:] != V.shape[1:] or U.ndim != 2:
            raise ValueError(
                f"vectors of shapes {U.shape} and {V.shape} do not fit {observed.shape[0]} users "
                f"and {observed.shape[1]} movies"
            )
        if not (np.isfinite(U).all() and np.isfinite(V).all()):
            raise ValueError("the vectors have a number that is not finite: begin with others")
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
                side: [gram(self.vectors(side)[b.begin : b.end]) for b in blocks]
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

    def vectors(self, side: str) -> np.ndarray:
        """A copy of U, for side "U", or V as they stand after the last half-step."""
        self._check(side)
        return self._tables[side].array[self._now[side]].copy()

    def half_step(self, side: str, w0: float, l2: float = 0.0, scaling: float = 0.0) -> None:
        """Move all vectors of one side, "U" or "V", to where the loss is smallest.

        Raises WorkerDied if a worker dies at it again and again, WorkerFailed if one meets an
        error; the vectors are then those from before, as they are after Ctrl+C. Raises ValueError
        for a negative weight or another side.
        """
        self.ask(side, w0, l2, scaling)
        self.collect()

    def ask(self, side: str, w0: float, l2: float = 0.0, scaling: float = 0.0) -> None:
        """Begin a half-step: tell all workers what to do. `collect` ends it."""
        self._check(side)
        if self._question is not None:
            raise RuntimeError("the last half-step has not been collected: call collect first")
        pulls(self.blocks[side][0].rows, w0, l2, scaling)  # what is wrong is said here, not there
        VtV = np.sum(self._grams[_other(side)], axis=0)  # in the order of the blocks
        with self._talking():
            self._asked += 1
            now = dict(self._now)
            self._question = Question(self._asked, side, now, VtV, float(w0), l2, scaling)
            for worker in self.workers:
                worker.ask(self._question)

    def collect(self) -> None:
        """End a half-step: wait until all parts are done, by a replacement where a worker died."""
        self._check("U")
        if (question := self._question) is None:
            raise RuntimeError("no half-step has begun: call ask first")
        with self._talking():
            answers = [self._answer_of(worker, question) for worker in self.workers]
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

    def _check(self, side: str) -> None:
        if self._has_ended:
            raise RuntimeError("this crew has ended: make another one")
        if side not in self.blocks:
            raise ValueError(f'side must be "U" or "V", got {side!r}')

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
        for table in self._tables.values():
            table.close()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _awaited(worker: Worker | Here, question: Question) -> Answer:
    """The answer to this question, and not to one that Ctrl+C has made nobody's."""
    while True:
        answer: Answer = worker.answer()
        if answer.number == question.number:
            return answer


def fit_in_blocks(
    model: WeightedFactorization,
    observed: Observed,
    *,
    rng: np.random.Generator,
    num_workers: int = 2,
    num_blocks: int = 8,
    measure: bool = True,
    progress: bool = False,
) -> WeightedFactorization:
    """Fit the model as `model.fit` does, by a `Crew`; returns it.

    The start is that of `model.fit` for the same rng, and so is, but for rounding, the result.
    Raises what `Crew` raises, and ValueError for a model that does not solve (num_steps).
    """
    if model.num_steps is not None:
        raise ValueError("a crew solves exactly: leave num_steps of the model at None")
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
            model.U, model.V = crew.vectors("U"), crew.vectors("V")
            loss = sparse_loss(observed, model.U, model.V, *weights) if measure else math.nan
            history.append((sweep, loss))
            bar.set_description_str(f"loss {loss:.4f}", refresh=False)
            bar.update()
    model._seen = observed.by_user
    model.history = pd.DataFrame(history, columns=["sweep", "loss"])
    return model
