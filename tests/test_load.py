import http.server
import os
import signal
import threading

import numpy as np
import pandas as pd
import pytest

from scratch.serving import load
from scratch.serving.load import arrivals, ask_at, ask_in_turn, percentiles


def test_people_come_at_the_rate_and_independently_of_one_another():
    times = arrivals(200, 50, np.random.default_rng(0))
    assert (np.diff(times) > 0).all() and times[0] >= 0 and times[-1] < 50
    assert abs(len(times) - 10_000) < 4 * 100  # of a Poisson number the deviation is its root
    gaps = np.diff(times)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)  # as of exponential gaps
    np.testing.assert_array_equal(times, arrivals(200, 50, np.random.default_rng(0)))


def test_a_slow_rate_fills_its_time_as_well():
    sizes = [len(arrivals(0.5, 10, np.random.default_rng(seed))) for seed in range(400)]
    assert np.mean(sizes) == pytest.approx(5, abs=4 * np.sqrt(5 / 400))


def test_evenly_spaced():
    np.testing.assert_allclose(arrivals(4, 1.5), [0, 0.25, 0.5, 0.75, 1, 1.25])
    np.testing.assert_allclose(arrivals(4, 0.6), [0, 0.25, 0.5])  # the last, before the end
    assert len(arrivals(100, 1.1)) == 110  # 100 · 1.1 is a little more, but for that


@pytest.mark.parametrize(
    ("rate", "seconds", "words"),
    [
        (0, 1, "rate must be above 0, got 0"),
        (-1, 1, "rate must be above 0, got -1"),
        (1, 0, "seconds must be above 0, got 0"),
        (np.nan, 1, "rate must be a finite number, got nan"),
        (np.inf, 1, "rate must be a finite number, got inf"),
        (1e6, 11, "^rate times seconds asks for 11,000,000 numbers, and more than 10,000,000 have"),
        (1e300, 1e300, "rate times seconds asks for"),
    ],
)
def test_no_rate_and_no_time_raise(rate, seconds, words):
    for rng in (None, np.random.default_rng(0)):
        with pytest.raises(ValueError, match=words):
            arrivals(rate, seconds, rng)


class Clock:
    """A time that passes only where somebody sleeps, or waits for an answer."""

    def __init__(self, monkeypatch, takes):
        self.now, self.takes, self.paths = 50.0, iter(takes), []
        monkeypatch.setattr(load.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(load.time, "sleep", self.sleep)
        monkeypatch.setattr(load._Connection, "get", lambda _, path: self.answer(path))

    def sleep(self, seconds):
        self.now += seconds

    def answer(self, path):
        self.paths.append(path)
        self.now += next(self.takes)
        return 200


def test_who_could_not_ask_in_time_has_waited_too(monkeypatch):
    clock = Clock(monkeypatch, [0.01, 1, 0.01, 0.01, 0.01])
    found = ask_at("http://127.0.0.1:1", "t", ["/a", "/b"], np.arange(5) / 4, connections=1)
    assert clock.paths == ["/a", "/b", "/a", "/b", "/a"]
    np.testing.assert_allclose(found["scheduled"], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found["seconds"], [0.01, 1, 0.76, 0.52, 0.28])
    assert found["status"].tolist() == [200] * 5


def test_asked_in_turn_a_slow_answer_delays_nobody_it_seems(monkeypatch):
    clock = Clock(monkeypatch, [0.25, 1, 0.25, 0.25, 0.25])
    paths = ["/a", "/b"]
    found = ask_in_turn("http://127.0.0.1:1", "t", paths, seconds=2, clients=1)
    assert clock.paths == ["/a", "/b", "/a", "/b", "/a"]
    np.testing.assert_allclose(found["scheduled"], [0, 0.25, 1.25, 1.5, 1.75])
    np.testing.assert_allclose(found["seconds"], [0.25, 1, 0.25, 0.25, 0.25])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Authorization"], self.client_address))
        match self.path:
            case "/cut":  # it promises more than it sends
                self.send_response(200)
                self.send_header("Content-Length", "50")
                self.end_headers()
                self.close_connection = True
            case "/nonsense":
                self.wfile.write(b"no HTTP at all\r\n\r\n")
                self.close_connection = True
            case _:
                self.send_response(200 if self.path == "/fine" else 404)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.address = [], f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_question_has_its_row_whatever_became_of_it(server):
    paths = ["/fine", "/cut", "/nowhere", "/nonsense"]
    found = ask_at(server.address, "secret", paths, np.arange(40) / 1000, connections=3)
    assert found["status"].tolist() == [200, 0, 404, 0] * 10
    assert found["scheduled"].is_monotonic_increasing and (found["seconds"] > 0).all()
    assert {who for _, who, _ in server.asked} == {"Bearer secret"}


def test_connections_are_kept(server):
    ask_at(server.address, "secret", ["/fine"], np.arange(30) / 1000, connections=2)
    assert len(server.asked) == 30
    assert len({client for _, _, client in server.asked}) <= 2


def test_clients_share_the_paths_out_in_turn(server):
    found = ask_in_turn(server.address, "secret", ["/fine", "/nowhere"], seconds=0.05, clients=2)
    assert set(found["status"]) == {200, 404} and len(found) == len(server.asked)
    assert (found["scheduled"] < 0.05).all() and (found["seconds"] > 0).all()


def test_nobody_there_loses_no_row(server):
    server.shutdown()
    server.server_close()
    found = ask_at(server.address, "secret", ["/fine"], np.zeros(5), connections=2)
    assert found["status"].tolist() == [0] * 5


def test_somebody_has_to_ask(server):
    for wrong, problem in ((0, "at least 1 and at most 1000, got 0"), (10**6, "at most 1000")):
        with pytest.raises(ValueError, match=f"connections must be .*{problem}"):
            ask_at(server.address, "secret", ["/fine"], np.zeros(5), connections=wrong)
        with pytest.raises(ValueError, match=f"clients must be .*{problem}"):
            ask_in_turn(server.address, "secret", ["/fine"], seconds=0.1, clients=wrong)


def test_percentiles_are_in_milliseconds():
    frame = pd.DataFrame({"scheduled": 0.0, "seconds": np.arange(1001) / 1000, "status": 200})
    found = percentiles(frame.sample(frac=1, random_state=0))
    assert list(found) == ["p50", "p90", "p99", "p99.9", "max"]
    np.testing.assert_allclose(list(found.values()), [500, 900, 990, 999, 1000])


def test_percentiles_of_nothing():
    with pytest.raises(ValueError, match="nothing was asked"):
        percentiles(pd.DataFrame({"seconds": []}))
    with pytest.raises(ValueError, match="the table has no column 'seconds'"):
        percentiles(pd.DataFrame({"time": [1.0]}))
    with pytest.raises(ValueError, match=r"row 1 of the table has no seconds"):
        percentiles(pd.DataFrame({"seconds": [1.0, np.nan]}))
    for wrong in (-0.1, 1e308):
        with pytest.raises(ValueError, match=r"seconds must be from 0 to 86400, got \[1\.0, "):
            percentiles(pd.DataFrame({"seconds": [1.0, wrong]}))
    assert percentiles(pd.DataFrame({"seconds": [0.0, 86_400.0]}))["max"] == 86_400_000


HERE = "http://127.0.0.1:1"
ODD = [
    ({"service_address": "127.0.0.1:80"}, "address must be such as http://127"),
    ({"service_address": "https://127.0.0.1:80"}, "address must be such"),
    ({"token": "two words"}, "a token is one word"),
    ({"token": "é"}, "a token is one word"),
    ({"token": "a\r\nb: c"}, "a token is one word"),
    ({"paths": []}, "paths must name at least one"),
    ({"paths": ["/a", "/é"]}, "paths must begin with / and have only signs of ASCII, got '/é'"),
    ({"paths": ["/a b"]}, "paths must begin with /"),
    ({"paths": ["a"]}, "paths must begin with /"),
]


@pytest.mark.parametrize(("odd", "words"), ODD, ids=[str(odd) for odd, _ in ODD])
def test_what_cannot_be_asked_is_said_before_anybody_waits(odd, words):
    good = {"service_address": HERE, "token": "t", "paths": ["/a"]} | odd
    with pytest.raises(ValueError, match=words):
        ask_at(**good, times=np.full(3, 80_000.0), connections=2)
    with pytest.raises(ValueError, match=words):
        ask_in_turn(**good, seconds=80_000, clients=2)


@pytest.mark.parametrize("wrong", [-1e-9, 86_401.0, 1e300])
def test_nobody_waits_for_more_than_a_day(wrong):
    with pytest.raises(ValueError, match=r"times must be from 0 to 86,400 seconds .*, got"):
        ask_at(HERE, "t", ["/a"], np.array([0.0, wrong]), connections=1)
    with pytest.raises(ValueError, match="seconds must be above 0 and at most 86400"):
        ask_in_turn(HERE, "t", ["/a"], seconds=wrong, clients=1)


def test_the_first_time_that_cannot_be_is_named():
    with pytest.raises(ValueError, match=r"from now, got 90000\.0$"):
        ask_at(HERE, "t", ["/a"], np.array([0.0, 86_400.0, 90_000.0, -1.0]))


def test_all_connections_are_closed_in_the_end(monkeypatch):
    closed = []
    monkeypatch.setattr(load._Connection, "get", lambda *_: 200)
    monkeypatch.setattr(load.http.client.HTTPConnection, "close", lambda one: closed.append(one))
    ask_at("http://here:81", "t", ["/a"], np.zeros(5), connections=3)
    assert [(one.host, one.port) for one in closed] == [("here", 81)] * 3


def test_what_goes_wrong_in_a_thread_is_raised(monkeypatch):
    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(load._Connection, "get", fails)
    with pytest.raises(ZeroDivisionError):
        ask_at(HERE, "t", ["/a"], np.zeros(3), connections=2)


def test_questions_that_come_in_any_order_are_asked_in_time(monkeypatch):
    clock = Clock(monkeypatch, [0.01] * 3)
    found = ask_at(HERE, "t", ["/a"], np.array([2.0, 0.0, 1.0]), connections=1)
    assert len(clock.paths) == 3
    np.testing.assert_allclose(found["seconds"], 0.01)


@pytest.fixture
def ctrl_c():
    """Let SIGINT be Ctrl+C, which it is not for what a shell has started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.skipif(os.name == "nt", reason="Windows tells no thread of a signal")
@pytest.mark.parametrize("loop", ["open", "closed"])
def test_ctrl_c_waits_for_no_answer(loop, monkeypatch):
    answered, asked = threading.Event(), []

    def slowly(self, path):
        asked.append(path)
        if len(asked) == 2:  # both threads ask: now somebody has had enough
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        assert answered.wait(20)
        return 200

    monkeypatch.setattr(load._Connection, "get", slowly)
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        if loop == "open":
            ask_at(HERE, "t", ["/a"], np.zeros(9), connections=2)
        else:
            ask_in_turn(HERE, "t", ["/a"], seconds=1000, clients=2)
    threads = set(threading.enumerate()) - before
    assert len(threads) == 2 and all(thread.daemon for thread in threads)
    answered.set()  # and after that nobody asks again
    for thread in threads:
        thread.join(20)
    assert len(asked) == 2


def test_times_in_any_order_and_each_client_its_own_paths(monkeypatch):
    asked = []
    monkeypatch.setattr(load._Connection, "get", lambda self, path: asked.append(path) or 200)
    found = ask_at(
        "http://127.0.0.1:1", "t", ["/a", "/b"], np.array([0.02, 0, 0.01]), connections=1
    )
    np.testing.assert_allclose(found["scheduled"], [0, 0.01, 0.02])
    assert asked == ["/a", "/b", "/a"]


def test_a_connection_gives_up_some_day():
    made = load._Connection("http://127.0.0.1:1", "t")
    assert made._connection.timeout == 10


def test_so_many_questions_and_not_one_more(monkeypatch):
    monkeypatch.setattr(load, "MOST_QUESTIONS", 10)
    assert len(arrivals(4, 2.5)) == 10
    with pytest.raises(
        ValueError, match=r"^rate times seconds asks for 11 numbers, and more than 10"
    ):
        arrivals(4, 2.51)


def test_the_times_are_sums_of_exponential_gaps():
    gaps = np.random.default_rng(3).exponential(1 / 40, 1_000)
    expected, rng, other = np.cumsum(gaps), np.random.default_rng(3), np.random.default_rng(3)
    np.testing.assert_array_equal(arrivals(40, 2, rng), expected[expected < 2])
    other.exponential(size=2 * 80 + 100)  # what is drawn afterwards is the same, too
    assert rng.random() == other.random()


def test_questions_begin_a_moment_after_all_threads_and_a_day_is_not_too_long(monkeypatch):
    clock = Clock(monkeypatch, [1, 1])
    found = ask_at(HERE, "t", ["/a"], np.array([0.0, 86_400.0]), connections=1)
    assert clock.now == pytest.approx(50 + 0.1 + 86_400 + 1)
    np.testing.assert_allclose(found["seconds"], [1, 1], atol=1e-6)
    assert list(found) == ["scheduled", "seconds", "status"]
    clock = Clock(monkeypatch, [86_400])
    assert len(ask_in_turn(HERE, "t", ["/a"], seconds=86_400, clients=1)) == 1


def test_nothing_is_asked_at_no_time(monkeypatch):
    clock = Clock(monkeypatch, [])
    found = ask_at(HERE, "t", ["/a"], np.empty(0), connections=1)
    assert (len(found), clock.now) == (0, 50)


@pytest.mark.parametrize("ask", ["open", "closed"])
def test_sixteen_ask_unless_it_is_said(ask, monkeypatch):
    counts = []
    monkeypatch.setattr(load, "_all_at_once", lambda *given: counts.append(given[-1]))
    for number in ({}, {"connections" if ask == "open" else "clients": 3}):
        if ask == "open":
            ask_at(HERE, "t", ["/a"], np.zeros(1), **number)
        else:
            ask_in_turn(HERE, "t", ["/a"], seconds=1, **number)
    assert counts == [16, 3]


def test_each_client_begins_with_a_path_of_its_own(monkeypatch):
    begun, asked, paths = threading.Barrier(3), {}, ["/a", "/b", "/c", "/d"]

    def get(self, path):
        mine = asked.setdefault(threading.current_thread(), [])
        mine.append(path)
        if len(mine) == 1:
            begun.wait(20)  # all three are there
        if len(mine) == 4:
            over.set()
        return 200

    over = threading.Event()
    monkeypatch.setattr(load._Connection, "get", get)
    monkeypatch.setattr(load.time, "perf_counter", lambda: 2.0 if over.is_set() else 0.5)
    ask_in_turn(HERE, "t", paths, seconds=1, clients=3)
    first = sorted(asked.values())
    whole = {"/a": "/a /d /c /b", "/b": "/b /a /d /c", "/c": "/c /b /a /d"}
    for begin, mine in zip(whole, first, strict=True):
        assert whole[begin].split()[: len(mine)] == mine
    assert max(len(mine) for mine in first) == 4
