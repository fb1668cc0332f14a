"""Worker processes: each is told at its start what to hold, and then answers questions.

They are processes of this machine, but they are used as if they were computers of their own: what
is not sent to them they do not know, what is sent is counted in bytes, and any of them may die.
"""

import contextlib
import math
import multiprocessing
import os
import pickle
import shutil
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np

# A process that begins anew, as on Windows. A copy of this one (fork) would have its memory, which
# no other computer has, and its locks, but not the threads that hold them.
NEW = multiprocessing.get_context("spawn")
SHARED = Path("/dev/shm")  # where Linux keeps it

Work = Callable[[Any], Any]  # a question → its answer
DEATHS = {-9: " (the system does that to whoever takes too much memory)"}
TOO_MUCH = "{:,.0f} MB are to be shared, more than is free; a container gets more by --shm-size"
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

    def __init__(self, make: Callable[..., Work], *arguments: Any):
        self._make, self._arguments = make, arguments
        self.sent = self.received = self.deaths = 0
        self._start()

    def _start(self) -> None:
        ours, theirs = NEW.Pipe()
        self._told = self._heard = False
        self._connection: Connection = ours
        # daemon: it is ended with this process, should nobody do it before.
        self.process = NEW.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def ask(self, question: Any) -> None:
        """Send a question, and do not wait for the answer; that says it if the worker is dead."""
        if not self._told:
            self._send((self._make, self._arguments))
            self._told = True
        self._send(question)

    def answer(self) -> Any:
        """Wait for the answer to the last question. Raises WorkerDied or WorkerFailed."""
        try:
            message = self._connection.recv_bytes()
        except (EOFError, OSError):
            self.process.join()
            self.deaths += 1
            code = self.process.exitcode
            why = NO_GUARD if code == 1 and not self._heard else DEATHS.get(code or 0, "")
            raise WorkerDied(
                f"worker process {self.process.pid} ended with exit code {code}{why}"
            ) from None
        self.received += len(message)
        self._heard = True
        fine, answer = pickle.loads(message)
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

    def _send(self, what: Any) -> None:
        message = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
        with contextlib.suppress(OSError):
            self._connection.send_bytes(message)
            self.sent += len(message)


class Here:
    """What a `Worker` does, done in this process, when its answer is wanted: to compare with."""

    sent = received = deaths = 0

    def __init__(self, make: Callable[..., Work], *arguments: Any):
        self._work = make(*arguments)

    def ask(self, question: Any) -> None:
        """Keep the question."""
        self._question = question

    def answer(self) -> Any:
        """Work out the answer to the last question."""
        return self._work(self._question)

    def replace(self) -> None:
        """Nothing: who asks would have died as well."""

    def end(self) -> None:
        """Nothing: there is no process."""


def _serve(connection: Connection) -> None:
    """What a worker process does: make its work, and answer with it until nobody asks any more."""
    # Ctrl+C reaches us as well, but it is for whoever asks: that one ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, ConnectionError):  # nobody asks any more
        try:
            make, arguments = connection.recv()
            work = make(*arguments)
            while True:
                _send_back(connection, True, work(connection.recv()))
        except (EOFError, ConnectionError):
            raise
        except Exception:
            _send_back(connection, False, traceback.format_exc())


def _send_back(connection: Connection, fine: bool, answer: Any) -> None:
    connection.send_bytes(pickle.dumps((fine, answer), pickle.HIGHEST_PROTOCOL))


class SharedTable:
    """An array of float64, all zeros at first, in memory that several processes see.

    Send it to a worker, and both have the same numbers: only its name travels. Whoever has made it
    must close it. Raises MemoryError where the system has not as much memory to share.
    """

    def __init__(self, shape: tuple[int, ...], name: str | None = None):
        if not all(isinstance(number, int) and number >= 0 for number in shape):
            raise ValueError(f"a shape has whole numbers that are not negative, got {shape}")
        self.shape, size = shape, max(8 * math.prod(shape), 1)
        self._made_here, self._is_closed = name is None, False
        # `_claim` would say it as well, but of far too much Python fails before, less clearly.
        if self._made_here and SHARED.is_dir() and shutil.disk_usage(SHARED).free < size:
            raise MemoryError(TOO_MUCH.format(size / 1e6))
        self._memory = SharedMemory(name, create=self._made_here, size=size)
        self.array: np.ndarray = np.ndarray(shape, np.float64, self._memory.buf)
        if self._made_here:
            self._claim(size)

    def _claim(self, size: int) -> None:
        """Let Linux set the memory aside: else it ends whoever writes where none is left."""
        if not SHARED.is_dir():
            return
        file = os.open(SHARED / self._memory.name.lstrip("/"), os.O_RDWR)
        try:
            os.posix_fallocate(file, 0, size)
        except OSError:
            self.close()
            raise MemoryError(TOO_MUCH.format(size / 1e6)) from None
        finally:
            os.close(file)

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return SharedTable, (self.shape, self._memory.name)

    def close(self) -> None:
        """Give the memory back: `array` is gone, and no view of it may be used any more."""
        self.array = np.empty(0)
        if self._made_here and not self._is_closed:
            self._memory.unlink()
        self._memory.close()
        self._is_closed = True
