import multiprocessing
import operator
import os
import pickle
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from scratch.machinery import workers
from scratch.machinery.workers import Here, SharedTable, Worker, WorkerDied, WorkerFailed

LINUX = sys.platform == "linux"
slow = pytest.mark.slow  # a process that begins anew takes a second
on_linux = pytest.mark.skipif(not LINUX, reason="other systems do it otherwise")
HERE = []  # what only this process has


def adder(first):
    """Make a work that remembers: it answers with the sum of all that it was asked so far."""
    total = [first]

    def add(number):
        match number:
            case ("kill", number):
                os.kill(os.getpid(), number)
            case ("die", code):
                os._exit(code)
            case "end of file":
                raise EOFError("the file ends early")
            case "what is here":
                return HERE
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


@pytest.fixture(autouse=True)
def quick_start(request, monkeypatch):
    """For all that is not about new processes a copy of this one will do, in milliseconds.

    A new one would know nothing of what this one does when it is asked to end.
    """
    if LINUX and "slow" not in request.keywords:
        monkeypatch.setattr(workers, "NEW", multiprocessing.get_context("fork"))
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def worker():
    started = Worker(adder, 10)
    yield started
    started.end()


def test_a_work_that_can_not_be_made_is_said_and_then_nothing_is_waited_for(monkeypatch):
    asked, told, handled = [pickle.dumps((int, ("many",)))], [], []
    connection = SimpleNamespace(recv_bytes=asked.pop, send_bytes=told.append)
    monkeypatch.setattr(workers.signal, "signal", lambda *given: handled.append(given))
    workers._serve(connection)
    fine, words = pickle.loads(told[0])
    assert not fine and "ValueError: invalid literal for int()" in words
    assert handled == [(signal.SIGINT, signal.SIG_IGN)]  # it is for whoever asks, who ends us


def ask(worker, question):
    worker.ask(question)
    return worker.answer()


@slow
def test_a_worker_begins_anew_and_knows_nothing_of_this_process(worker, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "HERE", ["something"])
    assert [ask(worker, 1), ask(worker, "what is here")] == [11, []]
    assert worker.process.daemon


def test_a_worker_has_a_state_of_its_own_and_another_process(worker):
    assert [ask(worker, 1), ask(worker, 2)] == [11, 13]
    assert ask(worker, "my process") == worker.process.pid != os.getpid()
    assert ask(worker, "Ctrl+C") is True
    assert worker.process.daemon  # it ends with this process


def test_all_bytes_are_counted(worker):
    assert (worker.sent, worker.received, worker.deaths) == (0, 0, 0)

    def size(*messages):
        return sum(len(pickle.dumps(m, pickle.HIGHEST_PROTOCOL)) for m in messages)

    assert ask(worker, 256**1000) == 10 + 256**1000
    assert worker.sent == size((adder, (10,)), 256**1000)
    assert worker.received == size((True, 10 + 256**1000))
    assert ask(worker, 1) == 11 + 256**1000
    assert worker.sent == size((adder, (10,)), 256**1000, 1)
    assert worker.received == size((True, 10 + 256**1000), (True, 11 + 256**1000))


def test_a_killed_worker_says_so_and_its_replacement_begins_anew(worker):
    assert ask(worker, 1) == 11
    worker.ask(("die", 3))
    with pytest.raises(WorkerDied, match=rf"{worker.process.pid} ended with exit code 3$"):
        worker.answer()
    worker.ask(1)  # nobody listens, and the answer says so
    with pytest.raises(WorkerDied):
        worker.answer()
    worker.replace()
    assert ask(worker, 1) == 11
    assert worker.deaths == 2


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (0, "$"),
        (1, r" \(does your program start it under `if __name__ == \"__main__\":`\?\)$"),
        (2, "$"),
        pytest.param(-15, "$", marks=on_linux),
        pytest.param(-9, r" \(the system does that to whoever .* memory\)$", marks=on_linux),
    ],
)
def test_a_death_before_the_first_answer_has_the_reason_that_its_code_has(worker, code, why):
    worker.ask(("die", code) if code >= 0 else ("kill", -code))
    with pytest.raises(WorkerDied, match=f"ended with exit code {code}{why}"):
        worker.answer()


def test_whoever_has_answered_before_had_a_guard(worker):
    ask(worker, 1)
    worker.ask(("die", 1))
    with pytest.raises(WorkerDied, match=r"ended with exit code 1$"):
        worker.answer()
    worker.replace()  # this one has not answered
    worker.ask(("die", 1))
    with pytest.raises(WorkerDied, match=r"exit code 1 \(does your program"):
        worker.answer()


def test_the_exit_code_is_told_when_the_process_has_ended(worker):
    class Ending:
        pid, exitcode = 7, None

        def join(self):
            self.exitcode = 3

    worker.ask(("die", 3))
    worker.process, real = Ending(), worker.process
    with pytest.raises(WorkerDied, match="worker process 7 ended with exit code 3"):
        worker.answer()
    worker.process = real


def test_an_error_comes_back_with_its_traceback(worker):
    worker.ask("one")
    with pytest.raises(
        WorkerFailed,
        match=rf"(?s)^worker process {worker.process.pid} has met an error:.*test_work.*TypeError",
    ):
        worker.answer()


@pytest.mark.parametrize("number", [1, 2])
def test_an_end_of_file_in_the_work_is_an_error_of_the_work(worker, number):
    for _ in range(1, number):
        ask(worker, 1)
    worker.ask("end of file")
    with pytest.raises(WorkerFailed, match="EOFError: the file ends early"):
        worker.answer()
    worker.ask(1)  # it has ended with that
    with pytest.raises(WorkerDied, match=r"ended with exit code 0$"):
        worker.answer()


def test_an_answer_that_cannot_be_sent_is_told(worker):
    worker._make, worker._arguments = operator.methodcaller, ("__call__", None)
    worker.ask(not_to_be_sent)
    with pytest.raises(WorkerFailed, match=r"(?s)met an error:.*not_to_be_sent"):
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
    worker.ask(("die", 3))
    worker.ask(1)
    with pytest.raises(WorkerDied):
        worker.answer()
    with pytest.raises(RuntimeError, match="ask first"):  # what was open went with it
        worker.answer()


def test_what_cannot_be_sent_is_told_and_the_worker_goes_on(worker):
    with pytest.raises(TypeError, match=r"^a question can't be sent .* functions and classes of a"):
        worker.ask(lambda: 1)
    assert ask(worker, 1) == 11
    unsent = Worker(lambda: adder, 10)
    with pytest.raises(TypeError, match=r"^what a worker is made of can't be sent to anoth"):
        unsent.ask(1)
    unsent.end()


class Unreadable:
    """What can be sent, and can't be made again."""

    def __reduce__(self):
        return int, ("x",)


def unreadable(_):
    return Unreadable()


def not_to_be_sent(_):
    return lambda: None


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
    old = worker.process
    worker.replace()
    assert not old.is_alive() and worker.process.is_alive()


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
        ((1,) * 33, ValueError, "shape must have at most 32 axes, got 33"),
    ],
)
def test_a_shape_is_whole_numbers(shape, kind, message):
    with pytest.raises(kind, match=message):
        SharedTable(shape)


def test_a_shape_of_numpys_numbers_is_one():
    table = SharedTable(np.array([2, 3], np.int8))
    assert table.array.shape == table.shape == (2, 3)
    assert table.array.dtype == np.float64 and not table.array.any()
    table.close()


def test_a_table_may_have_as_many_axes_as_any_array():
    table = SharedTable((1,) * 32)
    assert table.array.ndim == 32
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


@on_linux
def test_more_than_there_is_to_share_is_said_before_anybody_writes():
    with pytest.raises(MemoryError, match=r"shape .* 8,000,000,000 MB .* --shm-size"):
        SharedTable((10**15,))


@on_linux
def test_a_table_may_take_all_that_is_free_and_no_byte_more(monkeypatch):
    free = SimpleNamespace(free=80)
    monkeypatch.setattr(workers.shutil, "disk_usage", lambda folder: free)
    table = SharedTable((5, 2))
    file = workers.SHARED / table._memory.name
    assert file.name.startswith("scratch_") and file.stat().st_size == 80
    table.close()
    free.free = 79
    with pytest.raises(MemoryError, match=r"a table of shape \(5, 2\) takes 0 MB of shared memory"):
        SharedTable((5, 2))


@pytest.mark.parametrize("kind", [OSError, OverflowError, ValueError])
def test_without_a_folder_of_shared_memory_it_is_made_as_well_and_refused(
    monkeypatch, tmp_path, kind
):
    monkeypatch.setattr(workers, "SHARED", tmp_path / "nowhere")
    table = SharedTable((3, 2))
    table.array[:] = 7
    seen = pickle.loads(pickle.dumps(table))
    assert seen.array.tolist() == [[7, 7]] * 3
    seen.close()
    table.close()

    def refuse(name, **settings):
        raise kind

    monkeypatch.setattr(workers, "_Memory", refuse)
    with pytest.raises(MemoryError, match=r"a table of shape \(1000, 250\) takes 2 MB of shared"):
        SharedTable((1000, 250))


def files_open():
    return len(os.listdir("/proc/self/fd"))


@on_linux
def test_no_file_stays_open():
    SharedTable((2,)).close()  # Python's own helper has started
    before = files_open()
    table = SharedTable((2,))
    SharedTable((2,), table._memory.name)  # nobody keeps it
    with pytest.raises(ValueError, match=r"takes 72 bytes, and .* has 16"):
        SharedTable((3, 3), table._memory.name)
    with pytest.raises(FileNotFoundError):
        SharedTable((2,), "nowhere")
    table.close()
    assert files_open() == before


def test_whoever_only_looks_at_a_table_leaves_it_to_the_others():
    table = SharedTable((2,))
    for _ in range(2):
        seen = SharedTable((2,), table._memory.name)
        seen.array[0] += 1
        seen.close()
        assert seen.array.shape == (0,)
    assert table.array.tolist() == [2, 0]
    table.close()


@on_linux
def test_a_table_without_an_owner_is_taken_away_after_a_minute(monkeypatch):
    left = workers.SHARED / f"scratch_left_{os.getpid()}"
    link = workers.SHARED / f"scratch_link_{os.getpid()}"
    owned = SharedTable((2,))
    file = workers.SHARED / owned._memory.name
    try:
        left.touch()
        link.symlink_to(left)  # whose file that is nobody knows
        for path in (left, file):
            os.utime(path, (1000, 1000))
        for now, stays in ((1060, True), (1060.5, False)):
            monkeypatch.setattr(workers.time, "time", lambda now=now: now)
            before = files_open()
            SharedTable((2,)).close()
            assert left.exists() is stays
            assert file.exists() and link.is_symlink()
            assert files_open() == before
    finally:
        left.unlink(missing_ok=True)
        link.unlink(missing_ok=True)
        owned.close()


@on_linux
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


@slow
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


@slow
@on_linux
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


@slow
@on_linux
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
