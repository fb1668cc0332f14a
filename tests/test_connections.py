"""Who connects and says nothing, asks by halves, or takes no answer: with raw sockets."""

import asyncio
import json
import socket

import pytest
import uvicorn
from uvicorn.server import ServerState

from scratch.serving import connections
from scratch.serving.connections import Connection
from scratch.serving.door import told

PATIENCE = 10  # seconds, of a clock that a test moves
LIMIT = 60  # seconds of everybody's clock, until a test gives up
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n"
LONG = b"GET /long HTTP/1.1\r\nHost: here\r\n\r\n"
WORD = "word" * 15_000  # uvicorn would keep as much of an answer, and think no more of it
LITTLE = 4096  # bytes that wait in either system to be taken


class Clock:
    """What a connection takes for its loop: time passes when a test says so, and only then."""

    def __init__(self, loop=None):
        self.loop, self.now, self.waiting = loop, 0, []

    def create_task(self, work, context=None):
        if self.loop is None:
            work.close()
            return asyncio.Future(loop=asyncio.new_event_loop())
        return self.loop.create_task(work, context=context)

    def call_later(self, seconds, what):
        self.waiting.append(Handle(self, self.now + seconds, what))
        return self.waiting[-1]

    def wait(self, seconds):
        """Let so much time pass, and all happen that waits for it."""
        self.now += seconds
        for handle in sorted(self.waiting, key=lambda handle: handle.when):
            if handle.when <= self.now and handle in self.waiting:
                handle.cancel()
                handle.what()

    def waits_for(self):
        return [(handle.when, handle.what.__name__) for handle in self.waiting]


class Handle:
    def __init__(self, clock, when, what):
        self.clock, self.when, self.what = clock, when, what

    def cancel(self):
        if self in self.clock.waiting:
            self.clock.waiting.remove(self)


async def echo(scope, receive, send):
    """Answer with the length of the body; /slowly takes its time, /deaf hears nothing of it."""
    length = 0
    if scope["path"] == "/slowly":
        scope["state"]["clock"].wait(3 * PATIENCE)
    if scope["path"] == "/long":
        return await told(200, {"word": WORD})(scope, receive, send)
    while scope["path"] != "/deaf":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        if not message["more_body"]:
            break
    await told(200, {"length": length})(scope, receive, send)


class Talk:
    """A service of these connections, in this process, and a clock of theirs."""

    def __init__(self, keep_alive):
        config = uvicorn.Config(
            echo, http=Connection, ws="none", lifespan="off", log_level="error",
            timeout_keep_alive=keep_alive,
        )  # fmt: skip
        config.load()
        self.config, self.state = config, ServerState()
        self.made, self.came, self.clock = [], 0, Clock(asyncio.get_running_loop())

    def connection(self):
        talk = self

        class Counted(Connection):
            def connection_made(self, transport):
                super().connection_made(transport)
                talk.made.append(self)

            def data_received(self, data):
                super().data_received(data)
                talk.came += len(data)

        return Counted(self.config, self.state, {"clock": self.clock}, self.clock)

    async def connect(self):
        """Reader and writer of a connection that the service has seen."""
        mine, so_far = socket.socket(), len(self.made)
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
        mine.setblocking(False)
        await self.clock.loop.sock_connect(mine, self.address)
        both = await asyncio.open_connection(sock=mine, limit=LITTLE)
        await until(lambda: len(self.made) > so_far)
        return both

    async def say(self, writer, data):
        """Send this, and return when the service has it."""
        wanted = self.came + len(data)
        writer.write(data)
        await until(lambda: self.came == wanted)

    async def until_full(self):
        """Until of the answer to the last one that came nothing fits in any more."""
        await until(lambda: self.made[-1].flow.write_paused)


async def until(what):
    while not what():
        await asyncio.sleep(0.001)


def talk(what, *, keep_alive=10 * PATIENCE):
    """What `what(talk)` returns, beside a service of these connections."""

    async def run():
        here = Talk(keep_alive)
        server = await here.clock.loop.create_server(here.connection, "127.0.0.1", 0)
        server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LITTLE)
        here.address = server.sockets[0].getsockname()
        async with server:
            result = await what(here)
            server.close()
            here.clock.wait(keep_alive)  # whoever is still there is closed by then
            await until(lambda: not here.state.connections)
        assert here.clock.waiting == [] and all(one._end is None for one in here.made)
        return result

    return asyncio.run(asyncio.wait_for(run(), LIMIT))


async def rest(reader):
    """All that comes until the other side closes."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b"reset"


def status_and_body(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


async def answer(reader):
    """One answer, of which the connection stays open."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split()[0])
    return status_and_body(head + await reader.readexactly(length))


def test_whoever_says_nothing_is_closed_without_a_word():
    async def what(here):
        reader, _ = await here.connect()
        here.clock.wait(PATIENCE)
        return await rest(reader)

    assert talk(what) == b""


@pytest.mark.parametrize("part", [GET[:1], GET[:20], GET[:-2], POST, POST + b"abc"], ids=repr)
def test_half_a_question_is_told_so_and_closed(part):
    async def what(here):
        reader, writer = await here.connect()
        here.clock.wait(0.9 * PATIENCE)
        await here.say(writer, part)
        assert here.state.connections
        here.clock.wait(0.1 * PATIENCE)
        return await rest(reader)

    raw = talk(what)
    status, body = status_and_body(raw)
    assert status == 408 and "the question was not all there after 10 seconds" in body["error"]
    assert b"connection: close" in raw.lower()


@pytest.mark.parametrize("path", [b"/", b"/deaf"])
def test_a_question_that_comes_byte_by_byte_gets_no_more_time(path):
    async def what(here):
        reader, writer = await here.connect()
        long = b"POST " + path + b" HTTP/1.1\r\nHost: here\r\nContent-Length: 9000\r\n\r\n"
        await here.say(writer, long)
        for _ in range(PATIENCE - 1):
            here.clock.wait(1)
            await here.say(writer, b"x")
        assert not here.made[-1].transport.is_closing()
        here.clock.wait(1)
        return await rest(reader)

    # At /deaf the answer is there before the question is, and nothing can be told any more.
    assert status_and_body(talk(what))[0] == (408 if path == b"/" else 200)


def test_a_question_in_pieces_and_a_slow_answer_are_no_reason():
    async def what(here):
        reader, writer = await here.connect()
        found = []
        for piece in (POST[:9], POST[9:], b"ab", b"cd"):
            await here.say(writer, piece)
            here.clock.wait(0.3 * PATIENCE)
        found.append(await answer(reader))
        await here.say(writer, GET.replace(b"/ ", b"/slowly ", 1))
        found.append(await answer(reader))
        writer.close()
        return found

    assert talk(what) == [(200, {"length": 4}), (200, {"length": 0})]


def test_between_two_questions_there_is_more_patience():
    async def what(here):
        reader, writer = await here.connect()
        found = []
        for _ in range(2):
            await here.say(writer, GET)
            found.append(await answer(reader))
            here.clock.wait(3 * PATIENCE)
        writer.close()
        return found

    assert talk(what) == [(200, {"length": 0})] * 2


@pytest.mark.parametrize("more", [b"", GET[:20]], ids=["nothing", "half a question"])
def test_after_an_answer_that_too_has_an_end(more):
    async def what(here):
        reader, writer = await here.connect()
        await here.say(writer, GET + more)
        first = await answer(reader)
        here.clock.wait(PATIENCE)
        return first, await rest(reader)

    first, raw = talk(what, keep_alive=PATIENCE)
    assert first == (200, {"length": 0})
    assert raw == b"" if not more else status_and_body(raw)[0] == 408


@pytest.mark.parametrize("last", [b"", b"Connection: close\r\n"], ids=["stays", "closes"])
@pytest.mark.parametrize("count", [1, 30])
def test_whoever_takes_no_answer_is_closed(last, count):
    async def what(here):
        _, writer = await here.connect()
        await here.say(writer, LONG * (count - 1) + LONG[:-2] + last + b"\r\n")
        await here.until_full()
        here.clock.wait(0.9 * PATIENCE)
        assert len(here.state.connections) == 1
        here.clock.wait(0.1 * PATIENCE)
        await until(lambda: not here.state.connections)
        writer.close()

    talk(what)


def test_whoever_takes_it_in_time_may_ask_again():
    async def what(here):
        reader, writer = await here.connect()
        found = []
        for _ in range(2):
            await here.say(writer, LONG)
            await here.until_full()
            here.clock.wait(0.9 * PATIENCE)
            found.append(await answer(reader))
            here.clock.wait(3 * PATIENCE)
        writer.close()
        return found

    assert talk(what) == [(200, {"word": WORD})] * 2


def test_more_than_there_are_places_for_are_told_so_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(connections, "PLACES", 2)

    async def what(here):
        first, second, third, fourth, fifth = [await here.connect() for _ in range(5)]
        beyond = await rest(fifth[0])
        refused = []
        for reader, writer in (third, fourth):
            writer.write(GET)
            refused.append(await rest(reader))
        found = []
        for reader, writer in (first, second):
            writer.write(GET)
            found.append(await answer(reader))
        for _, writer in (first, second, fourth):
            writer.close()
        await until(lambda: not here.state.connections)
        reader, writer = await here.connect()  # now there is a place
        writer.write(GET)
        found.append(await answer(reader))
        writer.close()
        return beyond, refused, found

    beyond, refused, found = talk(what)
    assert beyond in (b"", b"reset")
    for raw in refused:
        status, body = status_and_body(raw)
        assert status == 503 and "2 connections are open" in body["error"]
        assert b"connection: close" in raw.lower()
    assert found == [(200, {"length": 0})] * 3


def test_whoever_has_no_place_and_says_nothing_is_closed_as_well(monkeypatch):
    monkeypatch.setattr(connections, "PLACES", 1)

    async def what(here):
        readers = [(await here.connect())[0] for _ in range(2)]
        here.clock.wait(PATIENCE)
        return [await rest(reader) for reader in readers]

    assert talk(what) == [b"", b""]


def test_there_are_places_for_a_lesson_and_files_for_the_places():
    assert (connections.PLACES, connections.PATIENCE_SECONDS) == (100, PATIENCE)
    assert 2 * connections.PLACES < 256 - 20


# The same without sockets


class Transport:
    def __init__(self):
        self.sent, self.done = b"", []

    def write(self, data):
        self.sent += data

    def close(self):
        self.done.append("closed")

    def abort(self):
        self.done.append("aborted")

    def is_closing(self):
        return bool(self.done)

    def get_extra_info(self, name, default=None):
        return default

    def set_write_buffer_limits(self, high):
        self.done.extend(["any"] * high)  # an answer of which any part is not taken has to wait


def connected(*data):
    """A connection to which these bytes came, its transport and its clock."""
    config = uvicorn.Config(echo, http=Connection, ws="none", lifespan="off", log_level="error")
    config.load()
    clock, transport = Clock(), Transport()
    made = Connection(config, ServerState(), {}, clock)
    made.connection_made(transport)
    for part in data:
        made.data_received(part)
    return made, transport, clock


@pytest.mark.parametrize("parts", [(), (GET[:1], GET[1:20]), (POST, b"ab")], ids=ascii)
def test_patience_begins_once_and_ends_with_the_connection(parts):
    made, transport, clock = connected(*parts)
    assert clock.waits_for() == [(PATIENCE, "_close")]
    made._close()
    assert transport.done == ["closed"]
    if parts:
        head = transport.sent.partition(b"\r\n")[0]
        assert head == b"HTTP/1.1 408 Request Timeout"
        assert status_and_body(transport.sent)[0] == 408
    else:
        assert transport.sent == b""
    made._close()
    assert transport.done == ["closed"]  # once is enough
    made.connection_lost(None)
    assert clock.waiting == []


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n\r\n",  # for whom?
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",  # as TLS begins
    ],
    ids=["no host", "no length", "no HTTP"],
)
def test_what_is_no_http_is_refused_as_all_else_is(raw):
    _, transport, _ = connected(raw)
    assert transport.sent.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    status, body = status_and_body(transport.sent)
    assert (status, list(body)) == (400, ["error"]) and "no HTTP/1.1" in body["error"]
    head = dict(
        line.split(b": ") for line in transport.sent.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    )
    assert set(head) == {b"content-length", b"content-type", b"connection"}
    assert (head[b"content-type"], head[b"connection"]) == (b"application/json", b"close")
    assert transport.done == ["closed"]


def test_a_whole_question_is_waited_for_no_longer_and_its_answer_is():
    made, transport, clock = connected(GET)
    assert clock.waiting == []
    made.pause_writing()
    assert clock.waits_for() == [(PATIENCE, "_close")]
    made.resume_writing()
    assert clock.waiting == [] and transport.done == []
    made.pause_writing()
    made._close()
    assert (transport.done, transport.sent) == (["aborted"], b"")


def test_whoever_says_nothing_after_an_answer_is_closed():
    made, transport, _ = connected()
    made.timeout_keep_alive_handler()
    assert (transport.done, transport.sent) == (["closed"], b"")
