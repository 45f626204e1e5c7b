"""Letting pages of named origins call (`--cors`): the headers that their browsers ask for.

Tokens travel in the Authorization header and there are no cookies, so nothing here speaks of
credentials: a page can do no more than its own token allows.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from mockkrea.adapters.http import Request, Send
from mockkrea.adapters.http_answers import Answer

PREFLIGHT_KEPT_S = 600

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
READABLE = (b"access-control-expose-headers", b"*")
VARIES = (b"vary", b"Origin")


def allowing(methods: str) -> Answer:
    """The answer that lets a page use these methods."""
    headers = (
        (b"access-control-allow-methods", methods.encode()),
        # A star does not stand for Authorization (Fetch standard, 3.3.2).
        (b"access-control-allow-headers", b"Authorization, *"),
        (b"access-control-max-age", b"%d" % PREFLIGHT_KEPT_S),
    )
    return Answer(200, b"", b"text/plain", headers)


def preflight(request: Request) -> Answer | None:
    """The answer to a browser that asks whether a page of a named origin may call; else None."""
    if request.method != "OPTIONS" or request.header("access-control-request-method") is None:
        return None
    return allowing(METHODS) if _allowed(request) else None


def sharing(request: Request, send: Send) -> Send:
    """A `send` whose answers the request's page may read, if its origin was named."""
    headers: tuple[tuple[bytes, bytes], ...] = (VARIES,)
    if _allowed(request):
        headers = ((b"access-control-allow-origin", request.headers[b"origin"]), READABLE, VARIES)

    async def send_shared(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            # Some answers are for every page; a second word about it would spoil them for all.
            own = dict(message["headers"])
            further = [each for each in headers if each[0] not in own]
            message = {**message, "headers": [*message["headers"], *further]}
        await send(message)

    return send_shared


def _allowed(request: Request) -> bool:
    return request.header("origin") in request.door.cors
