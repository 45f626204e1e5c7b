"""HTTP as the adapters see it: a request that can be read. What is sent is in `http_answers`.

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
from typing import Any
from urllib.parse import parse_qsl

from mockkrea.adapters import hosts
from mockkrea.adapters.door import Door
from mockkrea.adapters.memory import Bodies
from mockkrea.adapters.parsing import parsed
from mockkrea.core.errors import BodyTooLarge, UnreadableRequest
from mockkrea.core.faults import Effect

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]
Headers = tuple[Header, ...]

CONTROL_PATH = "/__mockkrea"
UI_PATH = f"{CONTROL_PATH}/ui"
DOCS_PATH = f"{CONTROL_PATH}/docs"

# 75 MB of media as base64 in a data URI, and room for the rest of the body. ASSUMED.
BODY_BYTES_MAX = 105_000_000

# Larger JSON is parsed in a thread, so that one client's body does not hold up the others' polls.
PARSED_INLINE_BYTES_MAX = 1_000_000

# More digits than this no sensible length has, and Python need not read them.
LENGTH_DIGITS_MAX = 18

JSON_TYPE = b"application/json"

# What can be sent back as X-Request-Id, and be copied from a log.
REQUEST_ID = re.compile(rb"[!-~]{1,128}")


class Request:
    """One HTTP request.

    Attributes:
        path: decoded, and seen from inside its world.
        headers: by their names in lower case.
        world_path: "/w/NAME", empty in the default world.
        args: what stood at the placeholders of the path's pattern (`routing.py`).
        id: its X-Request-Id; empty if it brought none that can be sent back and has been given none.
        received: its body, once that was read whole.
        received_bytes: how much of its body came.
        connection: the server's own `receive`, which tells after the body when the client has gone.
        tool_fault: the refusal that the tool called by an MCP message is to say; None once it has.
        fault_id: the fault rule that fired for it; empty if none did.
        answer_fault: what is to happen to the answer to an MCP message, as its call found out.
        note: what an MCP message was about and how it was refused, for the line that is logged.
        is_provoked: a test asked for its refusal.
        lost_job_id: the job that its answer would have told of; empty if the answer is sent, or told of none.
    """

    __slots__ = (
        "_bodies",
        "_held_bytes",
        "answer_fault",
        "args",
        "connection",
        "door",
        "fault_id",
        "headers",
        "id",
        "is_provoked",
        "lost_job_id",
        "method",
        "note",
        "path",
        "receive",
        "received",
        "received_bytes",
        "scope",
        "tool_fault",
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
        self.tool_fault: Effect | None = None
        self.answer_fault: Effect | None = None
        self.fault_id = ""
        self.note = ""
        self.is_provoked = False
        self.lost_job_id = ""
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
    def is_for_dashboard(self) -> bool:
        """Whether it is for the dashboard, or for the documentation that looks like it."""
        return self.path in (UI_PATH, DOCS_PATH) or self.path.startswith(f"{UI_PATH}/")

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

    @property
    def is_abandoned(self) -> bool:
        """Whether its client has gone, as far as the server knows."""
        # Asked by every request: no further property in between.
        return getattr(getattr(self.connection, "__self__", None), "disconnected", False)

    @property
    def waiting_json(self) -> bytes:
        """What has come of a JSON body that nobody has read yet."""
        if not self.headers.get(b"content-type", b"").startswith(JSON_TYPE):
            return b""
        return bytes(getattr(self._cycle, "body", b""))

    @property
    def _cycle(self) -> object:
        """The server's own exchange, which has the connection; None in a process without sockets."""
        # uvicorn has no extension for it, but its `receive` is a method of it.
        return getattr(self.connection, "__self__", None)

    @property
    def transport(self) -> Any:  # noqa: ANN401 - asyncio's
        """What the connection is written to; None in a process without sockets."""
        return getattr(self._cycle, "transport", None)

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
        """Wait until the client has gone. What is still to come of its body is not kept."""
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
