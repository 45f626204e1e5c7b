"""Asking an ASGI application in this process, without a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mockkrea.adapters.http import Scope

Application = Callable[[Scope, Any, Any], Awaitable[None]]


async def exchange(app: Application, scope: Scope, body: bytes) -> tuple[int, bytes]:
    """The status and the whole body of what an application answers to a request with this body.

    Raises:
        ConnectionResetError: it broke the connection, before its answer or halfway through.
    """
    status: int | None = None
    answer = b""
    arriving = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(arriving, {"type": "http.disconnect"})

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's
        nonlocal status, answer
        status = message.get("status", status)
        answer += message.get("body", b"")

    await app(scope, receive, send)
    if status is None:
        raise ConnectionResetError
    return status, answer
