"""Worker processes that can also talk to each other, by torch.distributed.

They find one another by a file, and talk over 127.0.0.1 by gloo, which is what torch.distributed
uses on CPUs. Between computers it is the same calls, with another address.
"""

import multiprocessing
import os
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from scratch.checking import Count, Size, checked
from scratch.machinery.workers import Worker, WorkerDied, WorkerFailed

PATIENCE = timedelta(minutes=30)  # for a message of another process; PyTorch's own default


@checked
def run_on_processes(work: Callable[..., Any], shares: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Call work(*share) for each share, in a process of its own; their results, in that order.

    Inside of work, torch.distributed is ready: get_rank() is the place of the share in shares,
    get_world_size() their number; PyTorch has one thread. work must be a function of a module, and
    what it takes and returns must be picklable: new processes don't know what a notebook defines.

    All processes have ended when this returns, and also when it raises, on Ctrl+C for example; if
    this process is killed, they end by themselves.

    Raises ValueError for no shares, TypeError for what is not picklable; WorkerFailed or WorkerDied
    when a process meets an error or dies: the message begins with which one. Introduced in notebook
    16.
    """
    if not shares:
        raise ValueError("there is not one share of the work: give one for each process")
    size = len(shares)
    workers: list[Worker] = []
    # The folder is entered first, so that it is left last: when nobody uses its file any more.
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(size) as listeners:
        try:
            for rank in range(size):
                workers.append(Worker(_Member, Path(folder, "meeting"), rank, size))
            for worker, share in zip(workers, shares, strict=True):
                worker.ask((work, share))
            answers = [listeners.submit(_answer_of, worker) for worker in workers]
            if any(answer.exception() for answer in wait(answers, None, FIRST_EXCEPTION).done):
                # If one died, those who talked to it fail as well, and may be heard first.
                wait(answers, 0.5)
            _complain(answers)
            return [answer.result() for answer in answers]
        finally:
            for worker in workers:
                worker.process.kill()
            listeners.shutdown()
            for worker in workers:
                worker.end()


@checked
def join_group(meeting: Path, rank: Size, size: Count) -> None:
    """Make torch.distributed ready in this process, as number rank of size.

    meeting: a file that is not there yet, the same for all; everybody waits until all have come. By
    itself gloo listens on whatever address the machine's name stands for; here, on loopback.

    Raises ValueError for a rank that is not below size, and in a process that is in a group
    already; FileNotFoundError if there is no folder for the file.
    """
    if rank >= size:
        raise ValueError(f"rank must be below size, {size}, since it is counted from 0: got {rank}")
    if dist.is_initialized():
        raise ValueError(
            "this process is in a group already: call torch.distributed.destroy_process_group "
            "before it joins that of another meeting"
        )
    if not meeting.absolute().parent.is_dir():
        raise FileNotFoundError(f"the folder of meeting is not there: make {meeting.parent} first")
    dist.Backend.register_backend("loopback", _gloo_on_loopback, devices=["cpu"])
    # Not by its address: in that, torch would not find a folder with a space in its name.
    store = dist.FileStore(str(meeting.absolute()), size)  # type: ignore[attr-defined]  # stubs lack it
    dist.init_process_group("loopback", store=store, timeout=PATIENCE, world_size=size, rank=rank)


def _gloo_on_loopback(
    store: Any, rank: int, size: int, timeout: timedelta
) -> dist.ProcessGroupGloo:
    options: Any = dist.ProcessGroupGloo._Options()  # type: ignore[attr-defined]  # stubs lack it
    options._devices = [dist.ProcessGroupGloo.create_device(hostname="127.0.0.1")]
    options._timeout = timeout
    return dist.ProcessGroupGloo(store, rank, size, options)


class _Member:
    """In a new process: it has its share of the work before it waits for the others to come."""

    def __init__(self, meeting: Path, rank: int, size: int):
        self.place = meeting, rank, size
        threading.Thread(target=_end_with_the_first_process, daemon=True).start()
        torch.set_num_threads(1)

    def __call__(self, question: tuple[Callable[..., Any], tuple[Any, ...]]) -> tuple[bool, Any]:
        work, share = question
        # An error is an answer: a process that ended with it would break the calls of all others.
        try:
            join_group(*self.place)
            return True, work(*share)
        except Exception:
            return False, traceback.format_exc()


def _end_with_the_first_process() -> None:
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _answer_of(worker: Worker) -> Any:
    fine, answer = worker.answer()
    if not fine:
        raise WorkerFailed(f"it has met an error:\n{answer}")
    return answer


def _complain(answers: Sequence[Future[Any]]) -> None:
    errors = {rank: a.exception() for rank, a in enumerate(answers) if a.done()}
    for kind, told_as in ((WorkerDied, WorkerDied), (Exception, WorkerFailed)):
        for rank, error in errors.items():
            if isinstance(error, kind):
                place = f"process {rank} of {len(answers)} (counted from 0)"
                raise told_as(f"{place}: {error}") from None
