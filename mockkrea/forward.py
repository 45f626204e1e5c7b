"""A plain HTTP request to a host that was allowed: sent on as it comes, and so is its answer handed back.

Nothing is kept, unpacked, followed or logged, and each request has a connection of its own to the host.
What a message says for one connection alone stays there (RFC 9110, 7.6.1). A WebSocket needs a tunnel.
This module is imported with the first such request.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus

import h11

from mockkrea.adapters.door import Place
from mockkrea.adapters.http import Header, Receive, Scope, Send
from mockkrea.adapters.http_answers import BREAK_OFF
from mockkrea.intercept import Destination, RefusedTunnel
from mockkrea.relay import SILENT_S_MAX, first_to_answer
from mockkrea.tunnels import unreachable

# What an answer's head may have, as much as a request's.
HEAD_BYTES_MAX = 65_536
READ_AT_ONCE_BYTES = 65_536

# They are for the next hop, whether or not Connection names them.
OF_ONE_HOP = frozenset(
    {
        *(b"connection", b"keep-alive", b"te", b"trailer", b"upgrade"),
        *(b"proxy-connection", b"proxy-authorization", b"proxy-authenticate"),
    }
)

# The URL has the host, and this server has answered the client's Expect.
NOT_ASKED = frozenset({b"host", b"expect"})

# This server decides on the chunks of an answer; those of a request are declared as the client did.
NOT_ANSWERED = frozenset({b"transfer-encoding"})

# The server writes no others.
STATUSES = range(200, 600)

# Their Content-Length is that of another answer, and they have no body.
BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Forward:
    """The ASGI application that answers one request with what the host answers.

    Args:
        destination: the host.
        url: the request's target, which begins with scheme and host.
        headers: the request's, their names in lower case.

    Raises:
        RefusedTunnel: the request wants a WebSocket.
    """

    def __init__(self, destination: Destination, url: bytes, headers: Iterable[Header]) -> None:
        self._destination = destination
        self._place = Place(destination.host, destination.port)
        if any(name == b"upgrade" and b"websocket" in value.lower() for name, value in headers):
            sentence = f"A WebSocket is not forwarded. Ask for a tunnel to {self._place} with CONNECT."
            raise RefusedTunnel(501, sentence)
        self._authority, self._target = _split(url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the request on, and hand its answer back."""
        host, port, _ = self._destination
        try:
            reader, writer = await first_to_answer(host, port, asyncio.open_connection)
        except OSError as reason:
            await _refuse(send, 502, unreachable(self._place, reason))
            return
        exchange = _Exchange(reader, writer)
        try:
            await exchange.run(self._head(scope), receive, send)
        except h11.LocalProtocolError as mistake:
            await _refuse(send, 400, f"This request cannot be sent on: {mistake}.")
        except (OSError, h11.RemoteProtocolError) as reason:
            said = str(reason) or f"it was silent for {SILENT_S_MAX} seconds"
            if exchange.has_answered:
                await send({"type": BREAK_OFF})
            else:
                await _refuse(send, 502, f"{self._place} gave no answer: {said}.")
        finally:
            writer.close()

    def _head(self, scope: Scope) -> h11.Request:
        """The request's head as the host gets it.

        Raises:
            LocalProtocolError: not every server would understand it.
        """
        ours = [(b"host", self._authority), (b"connection", b"close")]
        theirs = _for_all_hops(scope["headers"], besides=NOT_ASKED)
        return h11.Request(method=scope["method"], target=self._target, headers=[*ours, *theirs])


class _Exchange:
    """One request to the host, and its answer, which may come before all of the request is there.

    `has_answered` says whether the client has the answer's head.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
        self._patience = asyncio.timeout(SILENT_S_MAX)
        self.has_answered = False

    async def run(self, request: h11.Request, receive: Receive, send: Send) -> None:
        """Let the request go out and the answer come back, until it is whole or the client is gone.

        Raises:
            LocalProtocolError: the request cannot be sent.
            RemoteProtocolError: the answer is not HTTP, or not whole.
            OSError: the connection broke, or nothing happened on it for too long.
        """
        tasks = [asyncio.create_task(self._ask(request, receive)), asyncio.create_task(self._answer(send))]
        try:
            async with self._patience:
                over, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in over:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, request: h11.Request, receive: Receive) -> None:
        """Send the request; then wait until the client is gone, or has its answer."""
        await self._say(request)
        while (message := await receive())["type"] == "http.request":
            if message["body"]:
                await self._say(h11.Data(data=message["body"]))
            if not message["more_body"]:
                await self._say(h11.EndOfMessage())

    async def _answer(self, send: Send) -> None:
        response = await self._heard()
        while isinstance(response, h11.InformationalResponse):
            response = await self._heard()
        if not isinstance(response, h11.Response) or response.status_code not in STATUSES:
            raise h11.RemoteProtocolError("what it said is no answer that can be handed back")
        headers = _for_all_hops(response.headers, besides=NOT_ANSWERED)
        if response.status_code in BODILESS:
            headers = [header for header in headers if header[0] != b"content-length"]
        self.has_answered = True
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        while isinstance(part := await self._heard(), h11.Data):
            await send({"type": "http.response.body", "body": bytes(part.data), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _say(self, event: h11.Event) -> None:
        data = self._http.send(event)
        assert data is not None, "we do not end the connection by an event"
        # It may have answered before it had heard all, and hear no more.
        with suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()
        self._stir()

    async def _heard(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(READ_AT_ONCE_BYTES))
            self._stir()
        return event

    def _stir(self) -> None:
        """Something happened."""
        self._patience.reschedule(asyncio.get_running_loop().time() + SILENT_S_MAX)


def _split(url: bytes) -> tuple[bytes, bytes]:
    """The host as a URL writes it, and what is asked of that host."""
    _, _, rest = url.partition(b"://")
    authority = re.split(rb"[/?#]", rest, maxsplit=1)[0]
    target = rest[len(authority) :]
    return authority.rpartition(b"@")[2], target if target.startswith(b"/") else b"/" + target


def _for_all_hops(headers: Iterable[Header], *, besides: frozenset[bytes]) -> list[Header]:
    """The headers that are sent on, but for these others."""
    headers = list(headers)
    named = b",".join(value.lower() for name, value in headers if name == b"connection")
    left_out = OF_ONE_HOP | besides | {name.strip() for name in named.split(b",")}
    return [header for header in headers if header[0] not in left_out]


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
