"""Worker processes: each is told at its start what to hold, and then answers questions.

They are processes of this machine, but they are used as if they were computers of their own: what
is not sent to them they do not know, what is sent is counted in bytes, and any of them may die.
"""

import contextlib
import math
import multiprocessing
import os
import pickle
import secrets
import shutil
import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np

from scratch.checking import Size, checked, shown

# A process that begins anew, as on Windows. A copy of this one (fork) would have its memory, which
# no other computer has, and its locks, but not the threads that hold them.
NEW = multiprocessing.get_context("spawn")
SHARED = Path("/dev/shm")  # where Linux keeps it
PREFIX = "scratch_"  # what a shared table is called there begins so
NEW_FOR = 60  # seconds for which a table may have no owner: it is being made
MOST_AXES = 32  # of an array, in any NumPy

Work = Callable[[Any], Any]  # a question → its answer
DEATHS: dict[int | None, str] = {-9: " (the system does that to whoever takes too much memory)"}
TOO_MUCH = (
    "a table of shape {} takes {:,} MB of shared memory, more than is free; a container gets more "
    "by --shm-size"
)
NO_GUARD = ' (does your program start it under `if __name__ == "__main__":`?)'


class WorkerDied(RuntimeError):
    """A worker has ended without an answer: killed, out of memory, or crashed."""


class WorkerFailed(RuntimeError):
    """A worker has met an error; the message has its traceback."""


class Worker:
    """A process with a state of its own: `make(*arguments)`, called there, returns its `Work`.

    make: a function of a module, or a class; it, the questions and the answers must be picklable.
    The process starts at once and needs about a second, so start all of them before you ask the
    first; `make` must not wait for another worker, which may not have been asked yet. In a program
    of your own, start them under `if __name__ == "__main__":`, since a new process reads that
    program, too. After an edit of the code make new ones. `sent` and `received` count the bytes of
    all messages. Introduced in notebook 16.
    """

    @checked
    def __init__(self, make: Callable[..., Work], *arguments: Any):
        self._make, self._arguments = make, arguments
        self.sent = self.received = self.deaths = 0
        self._start()

    def _start(self) -> None:
        ours, theirs = NEW.Pipe()
        self._told = self._heard = False
        self._open = 0  # questions without an answer
        self._connection: Connection = ours
        # daemon: it is ended with this process, should nobody do it before.
        self.process = NEW.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def ask(self, question: Any) -> None:
        """Send a question, and do not wait for the answer; that says it if the worker is dead.

        Raises TypeError for what can't be sent to another process, RuntimeError after `end`.
        """
        if self._connection.closed:
            raise RuntimeError("this worker was ended: make another one, or call replace first")
        if not self._told:
            self._send("what a worker is made of", (self._make, self._arguments))
            self._told = True
        self._send("a question", question)
        self._open += 1

    def answer(self) -> Any:
        """Wait for the answer to the first question that has none yet.

        Raises WorkerDied or WorkerFailed, and RuntimeError if there is no such question.
        """
        if not self._open:
            raise RuntimeError("there is no question that waits for an answer: ask first")
        self._open -= 1
        try:
            message = self._connection.recv_bytes()
        except (EOFError, OSError):
            self.process.join()
            self.deaths += 1
            self._open = 0
            code = self.process.exitcode
            why = NO_GUARD if code == 1 and not self._heard else DEATHS.get(code, "")
            raise WorkerDied(
                f"worker process {self.process.pid} ended with exit code {code}{why}"
            ) from None
        self.received += len(message)
        self._heard = True
        try:
            fine, answer = pickle.loads(message)
        except Exception as problem:  # whatever a class does when it is made again
            raise WorkerFailed(
                f"the answer of worker process {self.process.pid} can't be read here: {problem}"
            ) from None
        if not fine:
            raise WorkerFailed(f"worker process {self.process.pid} has met an error:\n{answer}")
        return answer

    def replace(self) -> None:
        """Start another process in the place of this one, with the same to hold."""
        self.end()
        self._start()

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._connection.close()
        self.process.kill()
        self.process.join()

    def _send(self, what: str, content: Any) -> None:
        try:
            message = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
        except Exception as problem:  # pickle has several, and classes have their own
            raise TypeError(
                f"{what} can't be sent to another process: {problem}. Give functions and classes "
                f"of a module, arrays, and what is made of them, got {shown(content)}"
            ) from None
        with contextlib.suppress(OSError):
            self._connection.send_bytes(message)
            self.sent += len(message)


class Here:
    """What a `Worker` does, done in this process, when its answer is wanted: to compare with."""

    sent = received = deaths = 0

    @checked
    def __init__(self, make: Callable[..., Work], *arguments: Any):
        self._work = make(*arguments)
        self._questions: list[Any] = []
        if not callable(self._work):
            raise TypeError(
                f"make must return a function from a question to its answer, got "
                f"{shown(self._work)}"
            )

    def ask(self, question: Any) -> None:
        """Keep the question."""
        self._questions.append(question)

    def answer(self) -> Any:
        """Work out the answer to the first open question. Raises RuntimeError if there is none."""
        if not self._questions:
            raise RuntimeError("there is no question that waits for an answer: ask first")
        return self._work(self._questions.pop(0))

    def replace(self) -> None:
        """Nothing: who asks would have died as well."""

    def end(self) -> None:
        """Nothing: there is no process."""


def _serve(connection: Connection) -> None:
    """What a worker process does: make its work, and answer with it until nobody asks any more."""
    # Ctrl+C reaches us as well, but it is for whoever asks: that one ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, ConnectionError):  # nobody asks any more
        message = connection.recv_bytes()
        try:
            make, arguments = pickle.loads(message)
            work = make(*arguments)
        except Exception:
            connection.send_bytes(_packed(False, traceback.format_exc()))
            return
        fine = True
        while fine:
            message = connection.recv_bytes()
            try:  # of the work, an EOFError too is an answer
                answer = _packed(True, work(pickle.loads(message)))
            except Exception:
                fine, answer = False, _packed(False, traceback.format_exc())
            connection.send_bytes(answer)


def _packed(fine: bool, answer: Any) -> bytes:
    return pickle.dumps((fine, answer), pickle.HIGHEST_PROTOCOL)


class _Memory(SharedMemory):
    """Shared memory that is silent when it is dropped, and somebody still looks at its numbers."""

    def __del__(self) -> None:
        with contextlib.suppress(OSError, BufferError):
            self.close()


class SharedTable:
    """An array of float64, all zeros at first, in memory that several processes see.

    Send it to a worker, and both have the same numbers: only its name travels. Whoever has made it
    must close it. What was left by a program that was killed with all its processes is taken away
    when the next one makes a table.

    name: of a table that exists; None makes a new one. Raises MemoryError where the system has not
    as much memory to share, FileNotFoundError and ValueError for a name that is not there or is of
    a smaller table.
    """

    @checked
    def __init__(self, shape: tuple[Size, ...], name: str | None = None):
        if len(shape) > MOST_AXES:
            raise ValueError(f"shape must have at most {MOST_AXES} axes, got {len(shape)}")
        self.shape = tuple(int(number) for number in shape)
        size = max(8 * math.prod(self.shape), 1)
        self._made_here, self._is_closed = name is None, False
        self._file: int | None = None
        self.array: np.ndarray = np.empty(0)  # in its place: Python lets go of it before the memory
        self._memory = self._make(size) if name is None else _existing(name)
        if self._memory.size < size:
            raise ValueError(
                f"a table of shape {self.shape} takes {size} bytes, and {name} has "
                f"{self._memory.size}: give the shape that it was made with"
            )
        if self._made_here:
            self._claim(size)
        # Unlike np.ndarray, it keeps the memory from being closed as long as somebody looks at it.
        memory: Any = self._memory.buf  # None only after it was closed
        numbers = np.frombuffer(memory, np.float64, math.prod(self.shape))
        self.array = numbers.reshape(self.shape)

    def _make(self, size: int) -> SharedMemory:
        too_much = TOO_MUCH.format(self.shape, size // 10**6)
        if SHARED.is_dir():
            _clear_up()
            # `_claim` would say it as well, but of far too much Python fails before, less clearly.
            if shutil.disk_usage(SHARED).free < size:
                raise MemoryError(too_much)
        try:
            return _Memory(PREFIX + secrets.token_hex(8), create=True, size=size)
        except (OSError, OverflowError, ValueError):
            raise MemoryError(too_much) from None

    def _claim(self, size: int) -> None:
        """Let Linux set the memory aside: else it ends whoever writes where none is left.

        The file is locked as long as this process lives, so that others know of an owner.
        """
        if not SHARED.is_dir():
            return
        import fcntl  # Windows has none

        self._file = os.open(SHARED / self._memory.name, os.O_RDWR)
        with contextlib.suppress(OSError):
            fcntl.flock(self._file, fcntl.LOCK_SH)
        try:
            os.posix_fallocate(self._file, 0, size)
        except OSError:
            self.close()
            raise MemoryError(TOO_MUCH.format(self.shape, size // 10**6)) from None

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return SharedTable, (self.shape, self._memory.name)

    def close(self) -> None:
        """Give the memory back: `array` is gone, and no view of it may be used any more."""
        self.array = np.empty(0)
        if self._made_here and not self._is_closed:
            self._memory.unlink()
            if self._file is not None:
                os.close(self._file)
        self._is_closed = True
        try:
            self._memory.close()
        except BufferError:
            raise BufferError(
                "a view of this table's array is still in use: delete it, and close the table again"
            ) from None


def _existing(name: str) -> SharedMemory:
    try:
        return _Memory(name)
    except (OSError, ValueError):
        raise FileNotFoundError(
            f"there is no shared table with the name {name!r}: whoever has made it has closed it"
        ) from None


def _clear_up() -> None:
    """Take away tables whose owner was killed with everybody who would have closed them.

    An owner holds a lock, which Linux gives back when the owner ends, in whatever way.
    """
    import fcntl

    for path in SHARED.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # it is locked, or of somebody else, or gone
            file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - os.fstat(file).st_mtime > NEW_FOR:
                    path.unlink()
            finally:
                os.close(file)
