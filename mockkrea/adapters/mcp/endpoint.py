"""`/mcp` as HTTP: who asks is seen to before anything else, and then the SDK's server answers.

The SDK takes most of a second to import, so the first request builds the server, in a thread.
There is nothing to stream, so GET and DELETE, with which clients open a stream and end a session, are 405:
the specification says so, and clients take it for what it is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockkrea import calls
from mockkrea.adapters import guard, refusal_wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer
from mockkrea.adapters.mcp.exchange import answer_of
from mockkrea.core.errors import Forbidden, Unauthorized
from mockkrea.core.faults import FaultTriggered
from mockkrea.stopping import Shutdown
from mockkrea.tenant import Tenant

if TYPE_CHECKING:
    from mockkrea.adapters.mcp.sdk import SdkServer

MCP_PATH = "/mcp"
OTHER_METHODS = ("GET", "DELETE", "PUT", "PATCH", "OPTIONS")


class McpEndpoint:
    """The handlers of `/mcp`, and the server behind them, which runs from the first request to `close`."""

    def __init__(self) -> None:
        self._building = asyncio.Lock()
        self._server: SdkServer | None = None

    async def post(self, tenant: Tenant, request: Request) -> Answer:
        """One message of the protocol, and its answer.

        Raises:
            Forbidden: a page of another site sent it.
            BodyTooLarge, UnreadableRequest: as `Request.body`.
            ServerStops: the server was not built before.
            FaultTriggered: the prompt of a call asked for another answer, or for none.
        """
        if reason := guard.foreign_page(request):
            raise Forbidden(reason)
        try:
            caller = await calls.authenticate_mcp(tenant, request.bearer)
        except Unauthorized as refusal:
            return _unauthorized(tenant, request, refusal)
        answer = await answer_of(await self._running(tenant.shutdown), tenant, request, caller)
        if (effect := request.answer_fault or request.tool_fault) is not None:
            raise FaultTriggered(effect, request.lost_job_id)
        return answer

    async def other(self, tenant: Tenant, request: Request) -> Answer:
        """Every method but POST. Clients probe with an unauthenticated GET whether they have to sign in."""
        try:
            await calls.authenticate_mcp(tenant, request.bearer)
        except Unauthorized as refusal:
            return _unauthorized(tenant, request, refusal)
        return refusal_wire.not_allowed(["POST"], tenant.settings)

    async def close(self) -> None:
        """End whatever is under way."""
        if self._server is not None:
            await self._server.close()

    async def _running(self, shutdown: Shutdown) -> SdkServer:
        if self._server is None:
            async with self._building:
                if self._server is None:
                    server = await asyncio.to_thread(_build, shutdown)
                    await server.start()
                    self._server = server
        return self._server


def _build(shutdown: Shutdown) -> SdkServer:
    with shutdown.ends_imports():
        from mockkrea.adapters.mcp.sdk import SdkServer

    return SdkServer()


def _unauthorized(tenant: Tenant, request: Request, refusal: Unauthorized) -> Answer:
    """401 with the address of the metadata by which a client finds out how to sign in."""
    request.is_provoked = refusal.is_provoked
    return refusal_wire.refusal(refusal, tenant.settings)._replace(headers=(refusal_wire.challenge(request),))
