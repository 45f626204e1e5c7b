"""One POST to `/mcp`, between our HTTP and the SDK's."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, NamedTuple, Protocol

import orjson

from mockkrea.adapters.http import JSON_TYPE, PARSED_INLINE_BYTES_MAX, Receive, Request, Scope, Send
from mockkrea.adapters.http_answers import Answer
from mockkrea.adapters.mcp.message import MessageRefused, about, parse, refusal
from mockkrea.calls import Caller
from mockkrea.tenant import Tenant

# Where the exchange stands in the ASGI scope.
SCOPE_KEY = "mockkrea.exchange"


class McpExchange(NamedTuple):
    """What the tools have to know of a request.

    `arguments` are those of a large call, which the SDK would read on the event loop.
    """

    tenant: Tenant
    request: Request
    caller: Caller
    size_bytes: int
    arguments: dict[str, Any] | None = None

    def note(self, status: int | None) -> None:
        """Take down for the log with what it was refused; None if nobody is told."""
        if status is not None:
            self.request.note += f" → {status}"


class Server(Protocol):
    """Whoever answers an exchange."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the one POST that the scope is about."""


async def answer_of(server: Server, tenant: Tenant, request: Request, caller: Caller) -> Answer:
    """The server's answer to a request, or ours to one that is no message of the protocol.

    Raises:
        BodyTooLarge: it has more than 105 MB.
        UnreadableRequest: it was cut off.
    """
    body = await request.body()
    exchange = McpExchange(tenant, request, caller, len(body))
    is_large = len(body) > PARSED_INLINE_BYTES_MAX
    try:
        message = await asyncio.to_thread(parse, body) if is_large else parse(body)
    except MessageRefused as refused:
        request.note = f"→ {refused.code}"
        return refusal(refused, request)
    request.note = about(message)
    if is_large:
        arguments, body = await asyncio.to_thread(_without_arguments, message, body)
        exchange = exchange._replace(arguments=arguments)
    unread = [body]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await request.receive()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await server.handle(_scope(exchange, len(body)), receive, send)
    return _collected(sent)


def _scope(exchange: McpExchange, size_bytes: int) -> Scope:
    """The scope of a POST with so many bytes in its body."""
    scope = exchange.request.scope
    headers = [
        # httptools leaves the blanks behind a value, and the SDK compares values.
        (name, b"%d" % size_bytes if name == b"content-length" else value.strip())
        for name, value in scope["headers"]
    ]
    return {**scope, "headers": headers, SCOPE_KEY: exchange}


def _without_arguments(message: dict[str, Any], body: bytes) -> tuple[dict[str, Any] | None, bytes]:
    """The arguments of a tool call, and the call without them; whatever is no call stays as it is."""
    match message:
        case {"method": "tools/call", "params": {"arguments": dict() as arguments} as params}:
            return arguments, orjson.dumps({**message, "params": {**params, "arguments": {}}})
    return None, body


def _collected(sent: list[MutableMapping[str, Any]]) -> Answer:
    start, *parts = sent
    headers = dict(start["headers"])
    headers.pop(b"content-length", None)
    media_type = headers.pop(b"content-type", JSON_TYPE)
    body = b"".join(part.get("body", b"") for part in parts)
    return Answer(start["status"], body, media_type, tuple(headers.items()))
