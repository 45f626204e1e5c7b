"""The ASGI application: who may ask, which adapter answers, and the funnel for errors.

What an adapter refuses becomes an answer here, through `wire`; the control API hands its own refusals
to `wire` itself. A mistake of ours becomes a 500 that says so and a traceback in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from time import perf_counter
from typing import Any

from mockkrea.adapters import guard, rest, uploads, wire
from mockkrea.adapters.files import Files
from mockkrea.adapters.http import CONTROL_PATH, Answer, Receive, Request, Response, Scope, Send, json_answer
from mockkrea.adapters.mcp.endpoint import MCP_PATH, McpEndpoint
from mockkrea.adapters.routing import Routes
from mockkrea.calls import find_model
from mockkrea.core.errors import MockKreaError, UnknownModel
from mockkrea.worlds import Tenant

GENERATE = "/generate/"

# Paths that Krea has and mockkrea does not.
NOT_YET = {"/export", "/node-apps", "/openapi.json", "/styles", "/usage"}

# Called after every answer with method, path, status and the seconds it took.
LogRequest = Callable[[str, str, int, float], None]

_log = logging.getLogger("mockkrea")


class App:
    """mockkrea as an ASGI application.

    Args:
        tenant: the world it serves.
        log_request: told about every answer.
    """

    def __init__(self, tenant: Tenant, *, log_request: LogRequest | None = None) -> None:
        self._tenant = tenant
        self._log_request = log_request
        self._mcp = McpEndpoint()
        self._routes = Routes(
            {
                **rest.ROUTES,
                **uploads.ROUTES,
                MCP_PATH: {"POST": self._mcp.post, "GET": self._mcp.other, "DELETE": self._mcp.other},
                "/files/{path...}": {"GET": Files().get},
                "/health": {"GET": _health},
            }
        )
        self._control: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. There are no WebSockets here, and no lifespan to run."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        assert scope["type"] == "http", "there is no lifespan to run"
        began = perf_counter()
        request = Request(scope, receive)
        status = 500
        try:
            status = await self._serve(request, receive, send)
        finally:
            if self._log_request is not None:
                self._log_request(request.method, request.path, status, perf_counter() - began)

    async def close(self) -> None:
        """End what runs beside requests; after the last one."""
        await self._mcp.close()

    async def _serve(self, request: Request, receive: Receive, send: Send) -> int:
        under_control = request.path == CONTROL_PATH or request.path.startswith(f"{CONTROL_PATH}/")
        answer: Response | None = self._refused_at_the_door(request, under_control)
        if answer is None and under_control:
            return await self._serve_control(request, receive, send)
        if answer is None:
            answer = await self._answer(request)
        await answer.send(send, without_body=request.method == "HEAD")
        return answer.status

    def _refused_at_the_door(self, request: Request, under_control: bool) -> Answer | None:
        if reason := guard.foreign_host(request):
            if under_control:
                return wire.problem(421, reason)
            return wire.misdirected(reason, self._tenant.settings)
        if under_control and (reason := guard.foreign_origin(request)):
            return wire.problem(403, reason)
        if under_control and not request.scope["query_string"].isascii():
            return wire.problem(400, "Write whatever is not ASCII in a query as %XX.")
        return None

    async def _answer(self, request: Request) -> Response:
        settings = self._tenant.settings
        try:
            return await self._route(request)
        except UnknownModel as refusal:
            return wire.not_found(request, str(refusal), settings)
        except MockKreaError as refusal:
            return wire.refusal(refusal, settings)
        except Exception:  # noqa: BLE001 - the outermost layer: the client gets an answer all the same
            _log.exception("%s %s", request.method, request.path)
            return wire.mistake(settings)

    async def _route(self, request: Request) -> Response:
        methods, request.args = self._routes.at(request.path)
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is not None:
            return await handler(self._tenant, request)
        settings = self._tenant.settings
        if request.path.startswith(GENERATE):
            # Whoever opens a model's path in a browser is told whether there is such a model at all.
            find_model(self._tenant, request.path.removeprefix(GENERATE))
        if methods:
            return wire.not_allowed(methods, settings)
        first = "/" + request.path[1:].partition("/")[0]
        if first in NOT_YET:
            return wire.not_found(request, f"mockkrea does not have {first} yet.", settings)
        return wire.not_found(request, f"Krea has no path {request.path[:200]}.", settings)

    async def _serve_control(self, request: Request, receive: Receive, send: Send) -> int:
        if self._control is None:
            self._control = await asyncio.to_thread(_build_control)
        status = 500

        is_head = request.method == "HEAD"

        async def watch(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            if is_head and "body" in message:
                message = {**message, "body": b""}
            await send(message)

        scope = {
            **request.scope,
            "method": "GET" if is_head else request.method,
            "mockkrea.tenant": self._tenant,
            "mockkrea.base_url": request.base_url,
        }
        await self._control(scope, receive, watch)
        return status


async def _health(tenant: Tenant, request: Request) -> Answer:
    return json_answer(wire.health_body(tenant))


def _build_control() -> Any:  # noqa: ANN401 - FastAPI is imported at the first control request, not to name it
    from mockkrea.adapters.control import control_app

    return control_app()
