"""Each call starts new processes that import PyTorch: seconds, hence mostly slow."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import warnings
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist

from scratch.machinery import torch_processes
from scratch.machinery.torch_processes import _complain, join_group, run_on_processes
from scratch.machinery.workers import Here, WorkerDied, WorkerFailed

slow = pytest.mark.slow


# What the processes do; they import this file.


def tell(word):
    """The word, who says it, to how many, and the sum of all their places."""
    total = torch.tensor([dist.get_rank()])
    dist.all_reduce(total)
    return word, dist.get_rank(), dist.get_world_size(), total.item(), torch.get_num_threads()


def fail_at(rank):
    if dist.get_rank() == rank:
        raise LookupError("no such film")
    dist.all_reduce(torch.zeros(1))  # waits for the one that fails


def die_at(rank):
    if dist.get_rank() == rank:
        os._exit(7)
    dist.all_reduce(torch.zeros(1))  # fails as soon as the other is dead


def addresses_listened_on():
    """The addresses of this process's own sockets that listen, as Linux writes them."""
    listening = {}
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/self/net", table).read_text().splitlines()[1:]:
            field = line.split()
            if field[3] == "0A":
                listening[f"socket:[{field[9]}]"] = field[1].split(":")[0]
    mine = set()
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            mine.add(os.readlink(f"/proc/self/fd/{descriptor}"))
        except FileNotFoundError:
            continue  # the one that read the folder
    return [address for name, address in listening.items() if name in mine]


def bytes_written(numbers):
    """What this process wrote, by all_reduce and by all_to_all_single, as Linux counts it."""

    def so_far():
        counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        return int(counts["wchar"])

    values, received = torch.zeros(numbers), torch.zeros(numbers)
    dist.all_reduce(values)  # the first call connects
    dist.all_to_all_single(received, values)
    begin = so_far()
    dist.all_reduce(values)
    between = so_far()
    dist.all_to_all_single(received, values)
    return between - begin, so_far() - between


def say_and_wait():
    # One write of few bytes, which cannot be torn apart by that of the other process.
    os.write(1, f"{os.getpid()}\n".encode())
    threading.Event().wait()


# The tests


def test_no_share_is_no_work():
    with pytest.raises(ValueError, match="not one share"):
        run_on_processes(tell, [])


@pytest.mark.parametrize(
    ("work", "shares", "kind", "message"),
    [
        (3, [()], TypeError, "work must be a function, got 3"),
        (tell, 2, TypeError, "shares must be a list, got 2"),
        (tell, ["one", "two"], TypeError, r"shares\[0\] must be a list, got 'one'"),
        (tell, [("one",), 2], TypeError, r"shares\[1\] must be a list, got 2"),
        (tell, {("one",)}, TypeError, "shares must have an order"),
    ],
)
def test_shares_that_are_none_are_told_before_a_process_starts(
    monkeypatch, work, shares, kind, message
):
    monkeypatch.setattr(torch_processes, "Worker", None)
    with pytest.raises(kind, match=message):
        run_on_processes(work, shares)


@slow
def test_what_cannot_be_sent_is_told_and_nobody_waits():
    with pytest.raises(TypeError, match=r"a question can't be sent to another process: .*lambda"):
        run_on_processes(lambda: 1, [()] * 2)


@pytest.mark.parametrize(
    ("meeting", "rank", "size", "kind", "message"),
    [
        ("here", 1, 1, ValueError, "rank must be below size, 1, since it is counted from 0: got 1"),
        ("here", -1, 2, ValueError, "rank must be at least 0, got -1"),
        ("here", 0, 0, ValueError, "size must be at least 1, got 0"),
        ("here", 0, 1.0, TypeError, r"size must be a whole number, got 1\.0: write 1"),
        (
            "no/where",
            0,
            1,
            FileNotFoundError,
            "the folder of meeting is not there: make .*no first",
        ),
    ],
)
def test_a_place_in_a_group_that_cannot_be(tmp_path, meeting, rank, size, kind, message):
    with pytest.raises(kind, match=message):
        join_group(tmp_path / meeting, rank, size)
    with pytest.raises(TypeError, match="meeting must be a Path"):
        join_group("meeting", 0, 1)


def test_a_group_of_one_needs_no_other_process(tmp_path):
    join_group(tmp_path / "meeting", 0, 1)
    try:
        assert tell("alone")[:4] == ("alone", 0, 1, 0)
        with pytest.raises(ValueError, match=r"in a group already: .*destroy_process_group"):
            join_group(tmp_path / "another", 0, 1)
    finally:
        dist.destroy_process_group()


@pytest.mark.parametrize("minutes", [30, 5])
def test_a_member_of_a_group_waits_for_half_an_hour(tmp_path, monkeypatch, minutes):
    if minutes != 30:
        monkeypatch.setattr(torch_processes, "PATIENCE", timedelta(minutes=minutes))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PyTorch warns of a backend for devices that nobody named
        join_group(tmp_path / "meeting", 0, 1)
    try:
        backend = dist.group.WORLD._get_backend(torch.device("cpu"))
        assert backend.options._timeout == timedelta(minutes=minutes)
    finally:
        dist.destroy_process_group()


# In one process: what is asked of the others, and what becomes of their answers


@pytest.fixture
def members(monkeypatch):
    """Workers of this process, in the order in which they were made, that join no group."""
    made, joined, threads = [], [], torch.get_num_threads()
    torch.set_num_threads(2)

    class Member(Here):
        def __init__(self, make, *arguments):
            super().__init__(make, *arguments)
            self.place, self.told = arguments, []
            self.process = SimpleNamespace(kill=lambda: self.told.append("killed"))
            made.append(self)

        def end(self):
            self.told.append("ended")

    monkeypatch.setattr(torch_processes, "Worker", Member)
    monkeypatch.setattr(torch_processes, "join_group", lambda *place: joined.append(place))
    yield SimpleNamespace(made=made, joined=joined)
    torch.set_num_threads(threads)


def test_each_share_has_a_worker_that_joins_the_others_and_is_ended(members):
    def work(number):
        (folder,) = {meeting.parent for meeting, _, _ in members.joined}
        assert folder.is_dir() and not any(folder.iterdir())
        return -number, torch.get_num_threads()

    assert run_on_processes(work, [(5,), (7,), (6,)]) == [(-5, 1), (-7, 1), (-6, 1)]
    places = [member.place for member in members.made]
    assert [place[1:] for place in places] == [(0, 3), (1, 3), (2, 3)]
    assert sorted(members.joined) == places
    (meeting,) = {place[0] for place in places}
    assert meeting.name == "meeting" and not meeting.parent.exists()
    assert [member.told for member in members.made] == [["killed", "ended"]] * 3


def test_an_error_is_told_and_all_are_ended(members):
    def work(number):
        if number == 7:
            raise LookupError("no such film")

    with pytest.raises(WorkerFailed) as told:
        run_on_processes(work, [(5,), (7,), (6,)])
    first, second, *_, last = str(told.value).splitlines()
    assert first == "process 1 of 3 (counted from 0): it has met an error:"
    assert (second, last) == ("Traceback (most recent call last):", "LookupError: no such film")
    assert [member.told for member in members.made] == [["killed", "ended"]] * 3


def test_who_cannot_join_is_told(members, monkeypatch):
    def refuse(*_):
        raise ValueError("in a group already")

    monkeypatch.setattr(torch_processes, "join_group", refuse)
    with pytest.raises(WorkerFailed, match=r"(?s)^process 0 of 1 .*ValueError: in a group already"):
        run_on_processes(len, [("",)])


def test_those_who_are_not_heard_yet_are_waited_for_after_an_error_alone(members, monkeypatch):
    waited, real = [], torch_processes.wait
    died = threading.Event()

    def noted(answers, seconds=None, *how):
        waited.append(seconds)
        if seconds is not None:
            died.set()
            return real(answers, 60)  # the third one is told of now
        assert answers[0].result() == "well"
        return real(answers, seconds, *how)

    def work(number):
        if number == 1:
            raise ConnectionError("the third one has closed the connection")
        return "well"

    class Answers(torch_processes.Worker):
        def answer(self):
            if self.place[1] < 2:
                return super().answer()
            assert died.wait(60)
            raise WorkerDied("ended with exit code 7")

    monkeypatch.setattr(torch_processes, "Worker", Answers)
    monkeypatch.setattr(torch_processes, "wait", noted)
    with pytest.raises(WorkerDied, match=r"^process 2 of 3 .*ended with exit code 7"):
        run_on_processes(work, [(0,), (1,), (2,)])
    assert waited == [None, 0.5]


def test_without_an_error_nobody_is_waited_for_twice(members, monkeypatch):
    waited, real = [], torch_processes.wait

    def noted(answers, seconds=None, *how):
        waited.append(seconds)
        return real(answers, seconds, *how)

    monkeypatch.setattr(torch_processes, "wait", noted)
    assert run_on_processes(abs, [(-1,), (-2,)]) == [1, 2]
    assert waited == [None]


def test_all_are_killed_before_their_listeners_are_waited_for(members, monkeypatch):
    order = []  # one that still listened would never end

    class Noted(torch_processes.ThreadPoolExecutor):
        def shutdown(self, *how, **more):
            order.append([member.told.copy() for member in members.made])
            super().shutdown(*how, **more)

    monkeypatch.setattr(torch_processes, "ThreadPoolExecutor", Noted)
    run_on_processes(abs, [(-1,), (-2,)])
    assert order[0] == [["killed"]] * 2


def test_a_member_ends_with_the_first_process_and_holds_nobody_up(monkeypatch, tmp_path):
    begun, told, threads = threading.Event(), [], torch.get_num_threads()

    def end():
        told.append(threading.current_thread().daemon)
        begun.set()

    monkeypatch.setattr(torch_processes, "_end_with_the_first_process", end)
    torch_processes._Member(tmp_path / "meeting", 0, 1)
    torch.set_num_threads(threads)
    assert begun.wait(60) and told == [True]


def test_when_the_first_process_has_ended_this_one_does():
    done = []
    for first in (None, SimpleNamespace(join=lambda: done.append("joined"))):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(torch_processes.multiprocessing, "parent_process", lambda it=first: it)
            patched.setattr(torch_processes.os, "_exit", done.append)
            torch_processes._end_with_the_first_process()
    assert done == ["joined", 1]


@slow
def test_results_come_in_the_order_of_the_shares_and_all_talk_to_all():
    told = run_on_processes(tell, [("one",), ("two",), ("three",)])
    assert told == [("one", 0, 3, 3, 1), ("two", 1, 3, 3, 1), ("three", 2, 3, 3, 1)]


@slow
def test_the_folder_in_which_they_meet_may_have_any_name(tmp_path, monkeypatch):
    odd = tmp_path / "für mich %20#"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    assert [told[0] for told in run_on_processes(tell, [("one",), ("two",)])] == ["one", "two"]
    assert not list(odd.iterdir())


@slow
def test_a_share_may_be_larger_than_a_pipe_holds():
    large = "x" * 2_000_000
    assert [told[0] == large for told in run_on_processes(tell, [(large,)] * 2)] == [True, True]


@slow
def test_an_error_in_one_process_ends_all_and_is_told():
    with pytest.raises(WorkerFailed, match=r"^process 1 of 2 (?s:.)*LookupError: no such film"):
        run_on_processes(fail_at, [(1,)] * 2)


@slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_dies_is_named_and_not_the_one_that_lost_it(rank):
    with pytest.raises(WorkerDied, match=rf"^process {rank} of 2 .* exit code 7"):
        run_on_processes(die_at, [(rank,)] * 2)


def test_whoever_died_is_the_cause_and_not_who_noticed():
    noticed, died = Future(), Future()
    noticed.set_exception(WorkerFailed("connection closed"))
    died.set_exception(WorkerDied("exit code 7"))
    with pytest.raises(WorkerDied, match=r"^process 1 of 3 \(counted from 0\): exit code 7"):
        _complain([noticed, died, Future()])


@slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what it listens on")
def test_nothing_listens_but_on_this_machine():
    for addresses in run_on_processes(addresses_listened_on, [()] * 2):
        assert addresses and set(addresses) == {"0100007F"}  # 127.0.0.1, in hexadecimal


@slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much was written")
@pytest.mark.parametrize("processes", [2, 3])
def test_bytes_sent_are_those_of_the_formulas(processes):
    numbers, headers = 120_000, 2_000
    for reduced, swapped in run_on_processes(bytes_written, [(numbers,)] * processes):
        ring = 2 * (processes - 1) / processes * 4 * numbers
        assert 0 < reduced - ring < headers
        assert 0 < swapped - ring / 2 < headers


@slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_nothing_is_left_when_the_first_process_is_ended(name, tmp_path):
    program = tmp_path / "program.py"
    text = f"""
        import signal, sys
        # Where tests run in the background, they and their children ignore a Ctrl+C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from scratch.machinery.torch_processes import run_on_processes
        from test_torch_processes import say_and_wait

        if __name__ == "__main__":
            run_on_processes(say_and_wait, [()] * 2)
        """
    program.write_text(textwrap.dedent(text), encoding="utf-8")
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    first = subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    others = [int(first.stdout.readline()) for _ in range(2)]
    first.send_signal(getattr(signal, name))
    try:  # the output ends when the last process that could write to it has ended
        _, complaint = first.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        for process in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        raise
    if name == "SIGINT":
        assert "KeyboardInterrupt" in complaint
        assert [path.name for path in tmp_path.iterdir()] == ["program.py"]
