"""Connections of the service: how many there may be, and how long it waits for who says nothing.

Whoever connects takes a place, asked or not: there are as many as a process may open files. So a
question has to be there in time, an answer has to be taken in time, and there is a last place.
Used in notebook 17.
"""

import asyncio
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from scratch.serving.door import refusal

PLACES = 100  # connections that are answered; macOS lets a process open 256 files
PATIENCE_SECONDS = 10.0  # for a question, from its first byte to its last, and for an answer


class Connection(H11Protocol):
    """A connection of uvicorn's, with an end to its patience.

    When nothing comes, or only a part of a question, it is closed (408 if there was a part); so it
    is when nobody takes the answer. Those beyond PLACES are told so (503) as soon as they ask, and
    those beyond twice as many are closed without a word. Between two questions it is uvicorn's own
    timeout_keep_alive that ends it.
    """

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Begin to wait for a question."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # pause_writing: as soon as an answer is not taken
        if len(self.connections) > 2 * PLACES:
            transport.abort()
        elif len(self.connections) > PLACES:
            words = (
                f"{PLACES} connections are open, and there is no place for more: ask again later"
            )
            self.app = refusal(503, words, {"connection": "close"})
        self._look()

    def data_received(self, data: bytes) -> None:
        """Take a part of a question, or all of it."""
        super().data_received(data)
        self._look()

    def pause_writing(self) -> None:
        """Begin to wait until the answer is taken."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """The answer was taken."""
        super().resume_writing()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._wait_no_longer()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing has come since the last answer: close."""
        self._close()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is refused as everything else is, in JSON, and the connection closed."""
        self._tell(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 that could be read: send it anew")
        self.transport.close()

    def _look(self) -> None:
        """Have patience, or begin to lose it, by whose turn it is. What comes does not renew it."""
        between = self.timeout_keep_alive_task is not None
        asks = self.conn.their_state is h11.SEND_BODY or (
            self.conn.their_state is h11.IDLE and not between
        )
        if not (asks or self.flow.write_paused):
            self._wait_no_longer()
        elif self._end is None:
            self._end = self.loop.call_later(PATIENCE_SECONDS, self._close)

    def _wait_no_longer(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _close(self) -> None:
        """Close; say why, to whoever has sent a part of a question and has no answer to it yet."""
        if self.flow.write_paused:  # nobody takes what is there: close() would wait for that
            self.transport.abort()
        elif not self.transport.is_closing():
            has_asked = self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]
            if has_asked and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                slow = f"the question was not all there after {PATIENCE_SECONDS:g} seconds"
                self._tell(HTTPStatus.REQUEST_TIMEOUT, f"{slow}: send it anew")
            self.transport.close()

    def _tell(self, status: HTTPStatus, words: str) -> None:
        answer = refusal(status.value, words, {"connection": "close"})
        head = h11.Response(
            status_code=status.value, headers=answer.raw_headers, reason=status.phrase.encode()
        )
        for part in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(part) or b"")
