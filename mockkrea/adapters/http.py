"""HTTP as the adapters see it: a request that can be read, an answer that can be sent.

Plain ASGI, because Krea's paths are asked thousands of times a second and a framework's routing
would cost more than the whole core. What is read here is refused here in one sentence: bodies that
are no JSON, too large, or cut off.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

import orjson

from mockkrea.adapters import hosts
from mockkrea.adapters.door import Door
from mockkrea.adapters.memory import Bodies
from mockkrea.adapters.parsing import parsed
from mockkrea.core.errors import BodyTooLarge, UnreadableRequest
from mockkrea.core.faults import Effect
from mockkrea.journal.blobs import OpenBlob
from mockkrea.tenant import Tenant

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]
Headers = tuple[Header, ...]

CONTROL_PATH = "/__mockkrea"

# 75 MB of media as base64 in a data URI, and room for the rest of the body. ASSUMED.
BODY_BYTES_MAX = 105_000_000

# Larger JSON is parsed in a thread, so that one client's body does not hold up the others' polls.
PARSED_INLINE_BYTES_MAX = 1_000_000

# Read from a file, and written to the socket, in one step.
SENT_AT_ONCE_BYTES = 1_000_000

# More digits than this no sensible length has, and Python need not read them.
LENGTH_DIGITS_MAX = 18

# In the scope: the server takes the whole body under this key of the message that begins the answer.
AT_ONCE = "mockkrea.at_once"

JSON_TYPE = b"application/json"

CLOSE = (b"connection", b"close")

# How the types of bodies begin that a person could read.
TEXTS = (JSON_TYPE, b"text/")

# What can be sent back as X-Request-Id, and be copied from a log.
REQUEST_ID = re.compile(rb"[!-~]{1,128}")


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


class Request:
    """One HTTP request. `path` is decoded and seen from inside its world; header names are lower case.

    `world_path` is "/w/NAME", empty in the default world. `args` is what stood at the placeholders of
    the path's pattern (`routing.py`). `id` is its X-Request-Id; empty if it brought none that can be sent
    back and has been given none. `received` is its body once that was read whole, `received_bytes` how
    much of it came. `bodies` limits what all bodies take, until `let_go`. `connection` is the server's own
    `receive`: after the body it tells when the client has gone. `provoked` is what an MCP message is to meet,
    `note` what it was about and how it was refused, for the line that is logged. `is_provoked`: a test asked
    for its refusal.
    """

    __slots__ = (
        "_bodies",
        "_held_bytes",
        "args",
        "connection",
        "door",
        "headers",
        "id",
        "is_provoked",
        "method",
        "note",
        "path",
        "provoked",
        "receive",
        "received",
        "received_bytes",
        "scope",
        "world_path",
    )

    def __init__(self, scope: Scope, receive: Receive, door: Door, bodies: Bodies | None = None) -> None:
        self.scope = scope
        self._bodies = bodies or Bodies()
        self._held_bytes = 0
        self.door = door
        self.world_path = ""
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.args: tuple[str, ...] = ()
        self.connection = self.receive = receive
        self.provoked: Effect | None = None
        self.note = ""
        self.is_provoked = False
        self.received = b""
        self.received_bytes = 0
        self.id = self.headers.get(b"x-request-id", b"")
        if self.id and not REQUEST_ID.fullmatch(self.id):
            self.id = b""

    def answer_headers(self, media_type: bytes, size_bytes: int, further: Headers) -> list[Header]:
        """The headers of its answer; without a media type there is no body to tell of."""
        headers = (
            [(b"content-type", media_type), (b"content-length", b"%d" % size_bytes)] if media_type else []
        )
        if self.id:
            headers.append((b"x-request-id", self.id))
        return [*headers, *further] if further else headers

    def header(self, name: str) -> str | None:
        """A header's value; of several of one name the last. Undecodable bytes read as Latin-1."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1").strip()

    @property
    def host(self) -> str:
        """The Host header: where the client believes us to be."""
        return self.header("host") or ""

    @property
    def is_control(self) -> bool:
        """Whether it is for the control API."""
        return self.path.startswith(CONTROL_PATH) and self.path[len(CONTROL_PATH) :][:1] in ("", "/")

    @property
    def origin(self) -> str:
        """What URLs of this server begin with for this client, whatever the world."""
        if hosts.MEANT in self.scope:
            return hosts.ORIGIN
        scheme = self.scope["scheme"]
        if not self.door.trust_proxy:
            return self.door.url(scheme, self.host)
        scheme, host = self.forwarded("proto") or scheme, self.forwarded("host") or self.host
        return self.door.url(scheme, host, (self.forwarded("prefix") or "").rstrip("/"))

    @property
    def base_url(self) -> str:
        """What to put before a path of this world so that this client reaches it."""
        return self.origin + self.world_path

    def forwarded(self, what: str) -> str | None:
        """What X-Forwarded-… says; of several the first, which the proxy next to the client wrote."""
        said = self.header(f"x-forwarded-{what}")
        return None if said is None else said.partition(",")[0].strip()

    @property
    def bearer(self) -> str | None:
        """The bearer token of the Authorization header."""
        return _bearer_in(self.headers.get(b"authorization", b""))

    @property
    def shown_content_type(self) -> str:
        """The Content-Type without its parameters, for a sentence that says it is the wrong one."""
        said = self.header("content-type") or ""
        kind = said.partition(";")[0].strip() or (repr(said) if said else "missing")
        return kind[:100].lower()

    @property
    def query(self) -> dict[str, str]:
        """The query parameters.

        Raises:
            UnreadableRequest: one stands there more than once (ASSUMED).
        """
        given = parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        query = dict(given)
        if len(query) < len(given):
            seen = Counter(name for name, _ in given)
            [(name, count)] = seen.most_common(1)
            raise UnreadableRequest(
                f"{name[:40]} must stand in the query once; it stood there {count} times."
            )
        return query

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            BodyTooLarge: more than 105 MB.
            ServerBusy: more than there is room for beside the bodies of other requests.
            UnreadableRequest: the client went away, or its Content-Length is no number.
        """
        self._check_announced_length()
        message = await self.receive()
        if not message.get("more_body"):
            self.received = _bytes_of(message)
            self.received_bytes = len(self.received)
        else:
            self.received = b"".join([self._held(chunk) async for chunk in self._arriving(message)])
        return self.received

    def let_go(self) -> None:
        """It was answered: its body takes no room any more."""
        if self._held_bytes:
            self._bodies.release(self._held_bytes)
            self._held_bytes = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives.

        Raises:
            BodyTooLarge, UnreadableRequest: as `body`.
        """
        self._check_announced_length()
        async for chunk in self._arriving(await self.receive()):
            yield chunk

    async def json(self) -> tuple[object, int]:
        """The body as JSON, and its size in bytes.

        Raises:
            BodyTooLarge, ServerBusy: as `body`.
            UnreadableRequest: empty, of another content type, or no JSON.
        """
        if self.headers.get(b"content-type") != JSON_TYPE:
            self._refuse_other_content()
        body = await self.body()
        if not body.strip():
            raise UnreadableRequest("The body is empty; send a JSON object.")
        if len(body) > PARSED_INLINE_BYTES_MAX:
            async with self._bodies.parsing:
                return await asyncio.to_thread(parsed, body), len(body)
        return parsed(body), len(body)

    async def client_stays(self, waiting: asyncio.Future[Any]) -> bool:
        """Whether the client is still there at the end of the waiting, which ends when the client goes.

        Only after the request's body was read.
        """
        gone = asyncio.create_task(self.client_gone())
        try:
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            return waiting.done()
        finally:
            gone.cancel()
            waiting.cancel()

    async def client_gone(self) -> None:
        """Wait until the client has gone; only after its body was read."""
        while (await self.connection())["type"] != "http.disconnect":
            pass

    def _check_announced_length(self) -> None:
        announced = self.headers.get(b"content-length", b"0")
        if not announced.isdigit():
            shown = announced[:40].decode("latin-1")
            raise UnreadableRequest(f"Content-Length must be a number of bytes; it was {shown!r}.")
        if len(announced) > LENGTH_DIGITS_MAX or int(announced) > BODY_BYTES_MAX:
            raise _too_large()

    async def _arriving(self, message: MutableMapping[str, Any]) -> AsyncIterator[bytes]:
        while True:
            chunk = _bytes_of(message)
            self.received_bytes += len(chunk)
            if self.received_bytes > BODY_BYTES_MAX:
                raise _too_large()
            yield chunk
            if not message.get("more_body"):
                return
            message = await self.receive()

    def _held(self, chunk: bytes) -> bytes:
        self._bodies.hold(len(chunk))
        self._held_bytes += len(chunk)
        return chunk

    def _refuse_other_content(self) -> None:
        content_type = (self.header("content-type") or "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise UnreadableRequest(
                "The body must be JSON and say so: send the header Content-Type: application/json"
                f" (it was {self.shown_content_type})."
            )


Handler = Callable[[Tenant, Request], Awaitable[Response]]


# A client sends the same token with each of its requests.
@lru_cache(maxsize=1024)
def _bearer_in(authorization: bytes) -> str | None:
    scheme, _, token = authorization.decode("latin-1").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _bytes_of(message: MutableMapping[str, Any]) -> bytes:
    if message["type"] == "http.disconnect":
        raise UnreadableRequest("The client went away before the whole body had come.")
    body: bytes = message.get("body", b"")
    return body


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"A request body may have at most {BODY_BYTES_MAX:,} bytes.")
