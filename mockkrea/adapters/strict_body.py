"""How the control API reads bodies: strictly, and not without end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from mockkrea.adapters.parsing import parsed
from mockkrea.core.errors import UnreadableRequest

# What a test has to say is short.
BODY_BYTES_MAX = 10_000_000

# What orjson writes, 254 levels, but for the two that stand around a job's result in a list of jobs.
LEVELS_MAX = 252


class _StrictRequest(Request):
    """Reads bodies with the parser of the REST API, so that nothing is kept that cannot be sent again."""

    async def body(self) -> bytes:
        """All of it; too much is a 413."""
        # Asked for a second time, the stream gives what `_body` has.
        chunks: list[bytes] = []
        size_bytes = 0
        async for chunk in self.stream():
            chunks.append(chunk)
            size_bytes += len(chunk)
            if size_bytes > BODY_BYTES_MAX:
                raise HTTPException(413, f"The body may have at most {BODY_BYTES_MAX:,} bytes.")
        self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:  # noqa: ANN401 - Starlette's own signature
        """The body as JSON, else a 400; what is nested too deeply to be sent again is a 422."""
        try:
            value = parsed(await self.body())
        except UnreadableRequest as refusal:
            raise HTTPException(400, str(refusal)) from None
        try:
            orjson.dumps([[value]])
        except TypeError:
            reason = f"The body is nested too deeply: it may have at most {LEVELS_MAX} levels."
            raise HTTPException(422, reason) from None
        return value


class StrictRoute(APIRoute):
    """A route whose bodies are read strictly."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The route's own handler, which is given the strict request."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return handle_strictly
