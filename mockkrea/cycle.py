"""One request on a connection, and when its answer is written.

Answers that are there as a whole are written together, at the end of the event loop's turn in which they
were made. A client that sleeps is woken by the first answer it gets; while it is awake, the others cost a
fraction of that.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mockkrea.adapters.http_answers import AT_ONCE, BREAK_OFF, CLOSE


class Turn:
    """What is to be written at the end of this turn of the event loop, the same for all connections."""

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Write so much then. Whoever writes to the transport directly, or closes it, calls `end` before."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.end)
        self._waiting.append((transport, data))

    def end(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)


class Cycle(RequestResponseCycle):
    """One request and its answer. An answer that is there as a whole goes out in one step."""

    turn: Turn
    _was_read = False
    _ends_with_connection = False

    async def receive(self) -> Any:  # noqa: ANN401 - as ASGI has it
        """What comes next. A body that has come whole is there, even where its client has gone since."""
        message: Any = await super().receive()
        if self._was_read or self.more_body or self.response_complete:
            return message
        self._was_read = True
        if message["type"] != "http.disconnect":
            return message
        return {"type": "http.request", "body": bytes(self.body), "more_body": False}

    async def send(self, message: Any) -> None:  # noqa: ANN401 - one of ASGI, or our own
        """Send a part of the answer or, where it begins with its body under `AT_ONCE`, all of it."""
        is_whole = AT_ONCE in message and not self.response_started
        if not is_whole:
            self.turn.end()
            if message["type"] == BREAK_OFF:
                self.transport.close()
        while self.flow.write_paused and not self.transport.is_closing():
            await self.flow.drain()
        if self.transport.is_closing():
            # uvicorn tells only the latest request of a connection.
            self.disconnected = True
            self.message_event.set()
        if not is_whole:
            self._frame_for_old_clients(message)
            await super().send(message)
            return
        if self.disconnected:
            return
        self.response_started = True
        headers = [*self.default_headers, *message["headers"]]
        if CLOSE in headers:
            self.keep_alive = False
        elif not self.keep_alive:
            headers.append(CLOSE)
        lines = [b"%s: %s\r\n" % header for header in headers]
        head = b"".join([STATUS_LINE[message["status"]], *lines, b"\r\n"])
        assert head.count(b"\n") == len(lines) + 2, "no header has a line break in it"
        self.turn.write(self.transport, head + message[AT_ONCE])
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.turn.end()
            self.transport.close()
        self.on_response()

    def _frame_for_old_clients(self, message: Any) -> None:  # noqa: ANN401 - as in `send`
        """Let an answer whose length is not known end with the connection: HTTP/1.0 has no chunks."""
        if message["type"] == "http.response.start" and self.scope["http_version"] == "1.0":
            self._ends_with_connection = all(name != b"content-length" for name, _ in message["headers"])
            if self._ends_with_connection:
                self.chunked_encoding = False
        elif self._ends_with_connection:
            # uvicorn lets nobody send more than was told.
            self.expected_content_length += len(message.get("body", b""))
