"""What a client gets: an answer in memory, or part of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

import orjson

from mockkrea.adapters.http import JSON_TYPE, Headers, Request, Send
from mockkrea.journal.blobs import OpenBlob
from mockkrea.tenant import Tenant

# Read from a file, and written to the socket, in one step.
SENT_AT_ONCE_BYTES = 1_000_000

# In the scope: the server takes the whole body under this key of the message that begins the answer.
AT_ONCE = "mockkrea.at_once"

# The type of a message to the server: the answer has no end, and its connection is closed.
BREAK_OFF = "mockkrea.break_off"

CLOSE = (b"connection", b"close")

# How the types of bodies begin that a person could read.
TEXTS = (JSON_TYPE, b"text/")


class Answer(NamedTuple):
    """What a client gets. `headers` come on top of Content-Type and Content-Length."""

    status: int
    body: bytes
    media_type: bytes = JSON_TYPE
    headers: Headers = ()

    async def send(self, send: Send, request: Request) -> None:
        """Put it on the wire as the answer to this request."""
        headers = request.answer_headers(self.media_type, len(self.body), self.headers)
        body = b"" if request.method == "HEAD" else self.body
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        if AT_ONCE in request.scope:
            start[AT_ONCE] = body
            await send(start)
        else:
            await send(start)
            await send({"type": "http.response.body", "body": body})

    @property
    def size_bytes(self) -> int:
        """How long the body is."""
        return len(self.body)

    @property
    def text(self) -> bytes:
        """The body, if it is no medium."""
        is_text = self.media_type is JSON_TYPE or self.media_type.startswith(TEXTS)
        return self.body if is_text else b""


class FileAnswer(NamedTuple):
    """`size_bytes` of an upload, from byte `first` on, sent as they are read: never all in memory.

    The blob is open, so that it is sent to the end even if its asset is deleted meanwhile.
    """

    status: int
    blob: OpenBlob
    first: int
    size_bytes: int
    media_type: bytes
    headers: Headers = ()

    async def send(self, send: Send, request: Request) -> None:
        """Put it on the wire as the answer to this request."""
        headers = request.answer_headers(self.media_type, self.size_bytes, self.headers)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        first, end = self.first, self.first + (0 if request.method == "HEAD" else self.size_bytes)
        while first < end:
            chunk = await asyncio.to_thread(self.blob.read, first, min(end - first, SENT_AT_ONCE_BYTES))
            assert chunk, "a blob's file never shrinks"
            first += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    @property
    def text(self) -> bytes:
        """The body, if it is no medium, which files are."""
        return b""


class Response(Protocol):
    """Whatever can be put on the wire."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def text(self) -> bytes:
        """The body, if it is no medium."""

    @property
    def size_bytes(self) -> int:
        """How long the body is."""

    async def send(self, send: Send, request: Request) -> None:
        """Put it on the wire as the answer to this request."""


def json_answer(body: object, status: int = 200, headers: Headers = ()) -> Answer:
    """An answer in JSON."""
    return Answer(status, orjson.dumps(body), JSON_TYPE, headers)


Handler = Callable[[Tenant, Request], Awaitable[Response]]
