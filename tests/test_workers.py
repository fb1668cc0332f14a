import operator
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from scratch.machinery import workers
from scratch.machinery.workers import Here, SharedTable, Worker, WorkerDied, WorkerFailed

pytestmark = pytest.mark.slow  # a process takes a second to start


def adder(first):
    """Make a work that remembers: it answers with the sum of all that it was asked so far."""
    total = [first]

    def add(number):
        match number:
            case "die":
                os._exit(3)
            case "my process":
                return os.getpid()
            case "Ctrl+C":
                return signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        total[0] += number
        return total[0]

    return add


def doubler(table):
    """Make a work that doubles a row of a shared table."""

    def double(row):
        table.array[row] *= 2

    return double


@pytest.fixture
def worker():
    started = Worker(adder, 10)
    yield started
    started.end()


def ask(worker, question):
    worker.ask(question)
    return worker.answer()


def test_a_worker_has_a_state_of_its_own_and_another_process(worker):
    assert [ask(worker, 1), ask(worker, 2)] == [11, 13]
    assert ask(worker, "my process") == worker.process.pid != os.getpid()
    assert ask(worker, "Ctrl+C") is True


def test_all_bytes_are_counted(worker):
    ask(worker, 1)
    sent, received = worker.sent, worker.received
    for _ in range(3):
        answer = ask(worker, 256**1000)
    assert answer == 11 + 3 * 256**1000
    assert 3000 < worker.sent - sent < 3150
    assert 3000 < worker.received - received < 3150


def test_a_killed_worker_says_so_and_its_replacement_begins_anew(worker):
    assert ask(worker, 1) == 11
    worker.ask("die")
    with pytest.raises(WorkerDied, match=rf"{worker.process.pid} ended with exit code 3$"):
        worker.answer()
    worker.ask(1)  # nobody listens, and the answer says so
    with pytest.raises(WorkerDied):
        worker.answer()
    worker.replace()
    assert ask(worker, 1) == 11
    assert worker.deaths == 2


def test_an_error_comes_back_with_its_traceback(worker):
    worker.ask("one")
    with pytest.raises(WorkerFailed, match=r"(?s)met an error:.*test_workers.*TypeError"):
        worker.answer()


def test_what_cannot_be_made_comes_back_as_well():
    worker = Worker(adder)
    worker.ask(1)
    with pytest.raises(WorkerFailed, match="missing 1 required positional argument"):
        worker.answer()
    worker.end()


def test_without_a_question_there_is_no_answer_to_wait_for(worker):
    with pytest.raises(RuntimeError, match="no question that waits for an answer: ask first"):
        worker.answer()
    worker.ask(1)
    worker.ask(2)
    assert [worker.answer(), worker.answer()] == [11, 13]
    with pytest.raises(RuntimeError, match="ask first"):
        worker.answer()
    worker.ask("die")
    worker.ask(1)
    with pytest.raises(WorkerDied):
        worker.answer()
    with pytest.raises(RuntimeError, match="ask first"):  # what was open went with it
        worker.answer()


def test_what_cannot_be_sent_is_told_and_the_worker_goes_on(worker):
    with pytest.raises(TypeError, match=r"a question can't be sent .* functions and classes of a"):
        worker.ask(lambda: 1)
    assert ask(worker, 1) == 11
    unsent = Worker(lambda: adder, 10)
    with pytest.raises(TypeError, match="what a worker is made of can't be sent to another proc"):
        unsent.ask(1)
    unsent.end()


class Unreadable:
    """What can be sent, and can't be made again."""

    def __reduce__(self):
        return int, ("x",)


def unreadable(_):
    return Unreadable()


def test_an_answer_that_cannot_be_read_is_told():
    worker = Worker(operator.attrgetter, "__doc__")
    worker._make, worker._arguments = operator.methodcaller, ("__call__", None)
    with pytest.raises(WorkerFailed, match="can't be read here: invalid literal"):
        ask(worker, unreadable)
    worker.end()


def test_an_ended_worker_is_not_asked(worker):
    worker.end()
    with pytest.raises(RuntimeError, match="was ended: make another one, or call replace"):
        worker.ask(1)
    worker.replace()
    assert ask(worker, 1) == 11


@pytest.mark.parametrize("kind", [Worker, Here])
@pytest.mark.parametrize("make", [None, 3, "adder"])
def test_what_makes_the_work_is_a_function(kind, make):
    with pytest.raises(TypeError, match="make must be a function, got"):
        kind(make)


def test_a_worker_at_work_is_ended():
    worker = Worker(adder, 10)
    worker.ask(1)
    worker.end()
    assert worker.process.exitcode is not None
    worker.end()  # twice is no harm


def test_here_does_the_same_in_this_process():
    here = Here(adder, 10)
    assert [ask(here, 1), ask(here, 2), ask(here, "my process")] == [11, 13, os.getpid()]
    here.replace()
    here.end()
    assert (here.sent, here.received, here.deaths) == (0, 0, 0)
    here.ask(3)
    here.ask(4)
    assert [here.answer(), here.answer()] == [16, 20]
    with pytest.raises(RuntimeError, match="no question that waits for an answer: ask first"):
        here.answer()
    with pytest.raises(TypeError, match=r"make must return a function .* got 10"):
        Here(int, 10)


def test_a_table_is_the_same_numbers_in_both_processes():
    table = SharedTable((3, 2))
    table.array[:] = [[1, 2], [3, 4], [5, 6]]
    worker = Worker(doubler, table)
    ask(worker, 1)
    assert table.array.tolist() == [[1, 2], [6, 8], [5, 6]]
    assert worker.sent < 400  # its name has travelled, not its numbers
    worker.end()
    name = table._memory.name
    table.close()
    with pytest.raises(FileNotFoundError):
        SharedTable((3, 2), name)


def test_a_table_is_closed_once_and_again():
    table = SharedTable((2,))
    table.close()
    table.close()
    assert table.array.shape == (0,)


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        ((-1, -2), ValueError, r"shape\[0\] must be at least 0, got -1"),
        ((2.5,), TypeError, r"shape\[0\] must be a whole number, got 2\.5"),
        ((2, "3"), TypeError, r"shape\[1\] must be a whole number, got '3'"),
        ((2, True), TypeError, r"shape\[1\] must be a whole number, got True"),
        (3, TypeError, "shape must be a list, got 3"),
        ((1,) * 65, ValueError, "shape must have at most 32 axes, got 65"),
    ],
)
def test_a_shape_is_whole_numbers(shape, kind, message):
    with pytest.raises(kind, match=message):
        SharedTable(shape)


def test_a_shape_of_numpys_numbers_is_one():
    table = SharedTable(np.array([2, 3], np.int8))
    assert table.array.shape == table.shape == (2, 3)
    table.close()


def test_a_table_of_another_shape_is_told():
    table = SharedTable((3, 2))
    with pytest.raises(ValueError, match=r"shape \(1000, 100\) takes 800000 bytes, and .* has 48"):
        SharedTable((1000, 100), table._memory.name)
    table.close()
    with pytest.raises(FileNotFoundError, match="no shared table with the name 'nowhere'"):
        SharedTable((3, 2), "nowhere")
    for odd in ("", "a/b", "a\0b"):
        with pytest.raises(FileNotFoundError, match="no shared table with the name"):
            SharedTable((3, 2), odd)


def test_a_table_whose_rows_are_in_use_is_closed_later():
    table = SharedTable((3, 2))
    row = table.array[1]
    with pytest.raises(BufferError, match="a view of this table's array is still in use"):
        table.close()
    assert row.tolist() == [0, 0]
    del row
    table.close()


def test_a_table_without_numbers_is_one():
    table = SharedTable((0, 5))
    assert table.array.shape == (0, 5)
    table.close()


@pytest.mark.skipif(not workers.SHARED.is_dir(), reason="this system keeps it elsewhere")
def test_more_than_there_is_to_share_is_said_before_anybody_writes():
    with pytest.raises(MemoryError, match=r"shape .* 8,000,000,000 MB .* --shm-size"):
        SharedTable((10**15,))


@pytest.mark.skipif(not workers.SHARED.is_dir(), reason="this system keeps it elsewhere")
def test_memory_that_is_only_promised_is_no_memory(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    before = set(workers.SHARED.iterdir())
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(MemoryError, match=r"shape \(125000,\) takes 1 MB .* --shm-size"):
        SharedTable((125_000,))
    assert set(workers.SHARED.iterdir()) <= before


NO_GUARD = """
import operator
from scratch.machinery.workers import Worker

worker = Worker(operator.methodcaller, "upper")
worker.ask("a")
print(worker.answer())
"""


def test_a_program_without_a_guard_is_told_of_it(tmp_path):
    script = tmp_path / "no_guard.py"
    script.write_text(NO_GUARD, encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert "WorkerDied" in said and 'under `if __name__ == "__main__":`?' in said


ORPHANS = """
import os, sys
sys.path.insert(0, sys.argv[1])
from scratch.machinery.workers import SharedTable, Worker
from test_workers import adder

if __name__ == "__main__":
    table, worker = SharedTable((1000,)), Worker(adder, 1)
    worker.ask("my process")
    print(worker.answer(), table._memory.name, flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not workers.SHARED.is_dir(), reason="this system ends processes otherwise")
def test_nothing_is_left_of_a_program_that_was_killed(tmp_path):
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS, encoding="utf-8")
    folder = os.path.dirname(__file__)
    # The output ends when all who could write into it have ended: the worker too.
    done = subprocess.run(
        [sys.executable, script, folder], capture_output=True, text=True, timeout=60
    )
    _, name = done.stdout.split()
    assert not (workers.SHARED / name.lstrip("/")).exists()


@pytest.mark.skipif(not workers.SHARED.is_dir(), reason="this system keeps it elsewhere")
def test_what_is_left_when_everybody_was_killed_is_taken_away_later(tmp_path, monkeypatch):
    script = tmp_path / "orphans.py"
    text = ORPHANS.replace("os.kill(os.getpid(), 9)", "os.killpg(os.getpgid(0), 9)")
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script, os.path.dirname(__file__)], capture_output=True, text=True,
        timeout=60, start_new_session=True,
    )  # fmt: skip
    left = workers.SHARED / done.stdout.split()[1].lstrip("/")
    assert left.exists()  # Python's own helper, which takes it away, was of the group
    mine = SharedTable((2,))
    assert left.exists()  # it is so young that it may be being made
    monkeypatch.setattr(workers, "NEW_FOR", 0)
    mine.array[:] = 7
    other = SharedTable((2,))
    assert not left.exists()
    assert (workers.SHARED / mine._memory.name.lstrip("/")).exists()  # it has an owner
    seen = SharedTable((2,), mine._memory.name)
    assert seen.array.tolist() == [7, 7]
    for table in (seen, other, mine):
        table.close()
