"""The ASGI application: who may ask, which world is meant, which adapter answers, and the funnel for errors.

What an adapter refuses becomes an answer here, through `refusal_wire`; the control API hands its own
refusals to `control_wire` itself. A mistake of ours becomes a 500 that says so and a traceback in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mockkrea.adapters import (
    admission,
    control_wire,
    cors,
    explaining,
    faulty_responses,
    node_apps,
    oauth,
    refusal_wire,
    rest,
    styles,
    uploads,
    usage,
    webhook_wire,
)
from mockkrea.adapters.authorize import Authorize
from mockkrea.adapters.door import Door
from mockkrea.adapters.exports import Exports
from mockkrea.adapters.faulty_responses import FaultyResponse
from mockkrea.adapters.files import Files
from mockkrea.adapters.http import CONTROL_PATH, UI_PATH, Receive, Request, Scope, Send
from mockkrea.adapters.http_answers import Answer, Response, json_answer
from mockkrea.adapters.mcp.endpoint import MCP_PATH, OTHER_METHODS, McpEndpoint
from mockkrea.adapters.memory import Bodies
from mockkrea.adapters.openapi import OpenApi
from mockkrea.adapters.routing import Methods, Routes
from mockkrea.arrival import Arrival
from mockkrea.calls import find_model
from mockkrea.core.errors import MockKreaError, ServerStops, TooManyWorlds, UnknownModel, UnknownWorld
from mockkrea.core.faults import FaultTriggered
from mockkrea.core.matching import GENERATE_PATH
from mockkrea.core.workspaces import KEY_MARK
from mockkrea.outbound import Outbound
from mockkrea.request_log import ABANDONED
from mockkrea.stopping import Shutdown
from mockkrea.tenant import DEFAULT, Tenant
from mockkrea.webhooks.dispatcher import Dispatcher, Post
from mockkrea.webhooks.posting import Poster
from mockkrea.worlds import WorldEntry, Worlds, world_of_key

if TYPE_CHECKING:
    from mockkrea.adapters.dashboard.site import Dashboard

WORLD = "/w/"
KEY_MARK_BYTES = KEY_MARK.encode()

# Listing worlds and making one is for no world in particular.
ALL_WORLDS = f"{CONTROL_PATH}/worlds"

# The first parts of the paths that ask for no key: reading there makes no world, a consent does.
OPEN = {".well-known", "auth", "files", "health", "openapi.json"}

# Told when a world was dropped for being idle, until the new one of its name is made.
RESTARTED = (b"x-mockkrea-world", b"restarted")

# Asked every few seconds by whoever watches over the process.
UNLOGGED = {"/health"}

# Called after every answer with method, path, status, the seconds it took, and what else there is to say.
LogRequest = Callable[[str, str, int, float, str], None]

MISTAKE = "mockkrea made a mistake; its log has the traceback. Please report it."

_log = logging.getLogger("mockkrea")


class App:
    """mockkrea as an ASGI application.

    Args:
        worlds: the worlds it serves.
        door: how it can be reached.
        log_request: told about every answer.
        post: sends a webhook; one that connects to hosts that the door lets it reach, unless given.

    `routes` has every path that it answers but those of the control API; `outbound` knows where this
    process connects to, once somebody lets it watch.
    """

    def __init__(
        self, worlds: Worlds, door: Door, *, log_request: LogRequest | None = None, post: Post | None = None
    ) -> None:
        self._worlds = worlds
        self._door = door
        self._log_request = log_request
        self.outbound = Outbound()
        self._bodies = Bodies()
        self.dispatcher = Dispatcher(post or Poster(door.may_send_to).post, webhook_wire.webhook_body)
        self._mcp = McpEndpoint()
        self._files = Files(worlds.default.shutdown.check)
        self.routes: dict[str, Methods] = {
            **rest.ROUTES,
            **uploads.ROUTES,
            **styles.ROUTES,
            **node_apps.ROUTES,
            **usage.ROUTES,
            "/export/3d": {"POST": Exports().create},
            **oauth.ROUTES,
            **Authorize().routes,
            MCP_PATH: {"POST": self._mcp.post, **dict.fromkeys(OTHER_METHODS, self._mcp.other)},
            "/files/{path...}": {"GET": self._files.get},
            "/health": {"GET": _health},
            "/openapi.json": {"GET": OpenApi().get},
        }
        self._routes = Routes(self.routes)
        self._control: Any = None
        self._dashboard: Dashboard | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. There are no WebSockets here, and no lifespan to run."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        assert scope["type"] == "http", "there is no lifespan to run"
        began = perf_counter()
        request = Request(scope, receive, self._door, self._bodies)
        status = 500
        try:
            status = await self._serve(request, receive, send)
        finally:
            request.let_go()
            if self._log_request is not None:
                seconds = perf_counter() - began
                self._log_request(request.method, scope["path"], status, seconds, request.note)

    def stop(self) -> None:
        """The server stops: release the requests that wait, each with the answer that it can be given."""
        self._worlds.stop()

    async def close(self) -> None:
        """End what runs beside requests; after the last one."""
        await self.dispatcher.close()
        await self._mcp.close()

    async def _serve(self, request: Request, receive: Receive, send: Send) -> int:
        if self._door.cors:
            send = cors.sharing(request, send)
        name = _enter_world(request)
        under_control = request.is_control
        if refused := admission.refused(request, name, self._worlds.default.settings):
            await refused.send(send, request)
            return refused.status
        if name != DEFAULT:
            return await self._serve_elsewhere(name, request, receive, send)
        if under_control:
            return await self._serve_control(self._worlds.default, request, receive, send)
        return await self._serve_client(self._worlds.default, request, send)

    async def _serve_client(
        self, tenant: Tenant, request: Request, send: Send, entry: WorldEntry | None = None
    ) -> int:
        """Answer a client in this world, and log what it asked and got."""
        log = tenant.requests
        arrival = Arrival(request, number=log.next_number(), at_us=tenant.now_us())
        if not request.id:
            request.id = b"req-%d" % arrival.number
        if request.path not in UNLOGGED:
            log.begin(arrival)
        try:
            answer = await self._answer(tenant, request)
            if entry is not None and isinstance(answer, FaultyResponse) and answer.was_applied:
                # Its client may see nothing of it, and finds what was done all the same.
                self._worlds.keep(entry)
            is_abandoned = request.is_abandoned
            await answer.send(send, request)
            if is_abandoned:
                request.note = ABANDONED
                log.keep(arrival, arrival.entry(None, ABANDONED))
            else:
                log.keep(arrival, arrival.entry(answer, await _why(tenant, request, answer)))
        finally:
            log.end(arrival)
        self.dispatcher.wake(tenant)
        return 0 if is_abandoned else answer.status

    async def _serve_elsewhere(self, name: str, request: Request, receive: Receive, send: Send) -> int:
        """Serve in a world that need not be there yet; a client's request that is not refused makes it."""
        may_begin = not request.is_control and not self._door.beyond_loopback
        try:
            with self._worlds.visit(name, may_begin=may_begin) as entry:
                send_from_there = self._sending_from(entry, request, send)
                if request.is_control:
                    return await self._serve_control(entry.tenant, request, receive, send_from_there)
                return await self._serve_client(entry.tenant, request, send_from_there, entry)
        except (UnknownWorld, TooManyWorlds) as refusal:
            if request.is_for_dashboard:
                return await self._serve_missing_world(request, send)
            if request.is_control:
                answer = control_wire.refused_control(refusal)
            else:
                answer = refusal_wire.refusal(refusal, self._worlds.default.settings)
            await answer.send(send, request)
        return answer.status

    def _sending_from(self, entry: WorldEntry, request: Request, send: Send) -> Send:
        asked_with_a_key = request.path[1:].partition("/")[0] not in OPEN
        restarted = entry.restarted

        async def send_from_there(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                # Before the client has read it: its next request finds the world.
                taken = message["status"] < HTTPStatus.BAD_REQUEST
                # Whoever allows a client has no key; what came of it stands in the journal.
                if taken and (asked_with_a_key or entry.tenant.journal.records):
                    self._worlds.keep(entry)
                if restarted:
                    message = {**message, "headers": [*message["headers"], RESTARTED]}
            await send(message)

        return send_from_there

    def _answer(self, tenant: Tenant, request: Request) -> Awaitable[Response]:
        if tenant.faults:
            return self._answer_with_faults(tenant, request)
        return self._real_answer(tenant, request)

    async def _answer_with_faults(self, tenant: Tenant, request: Request) -> Response:
        try:
            return await faulty_responses.answer(tenant, request, self._real_answer)
        except MockKreaError as refusal:
            # A fault that asks for the tool reads the message before anybody else does.
            return refusal_wire.refusal(refusal, tenant.settings)

    async def _real_answer(self, tenant: Tenant, request: Request) -> Response:
        settings = tenant.settings
        try:
            return await self._route(tenant, request)
        except UnknownModel as refusal:
            return refusal_wire.not_found(request, str(refusal), settings)
        except FaultTriggered as provoked:
            request.lost_job_id = provoked.job_id
            return faulty_responses.faulty_response(provoked.effect, tenant)
        except MockKreaError as refusal:
            request.is_provoked = refusal.is_provoked
            return refusal_wire.refusal(refusal, settings)
        except asyncio.CancelledError:
            if not tenant.shutdown.has_begun:
                raise
            return refusal_wire.refusal(ServerStops(), settings)
        except Exception:  # noqa: BLE001 - the outermost layer: the client gets an answer all the same
            _log.exception("%s %s", request.method, request.scope["path"])
            return refusal_wire.error_answer(500, MISTAKE, settings)

    async def _route(self, tenant: Tenant, request: Request) -> Response:
        methods, request.args = self._routes.at(request.path)
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is not None:
            return await handler(tenant, request)
        settings = tenant.settings
        if request.path.startswith(GENERATE_PATH):
            # Whoever opens a model's path in a browser is told whether there is such a model at all.
            find_model(tenant, request.path.removeprefix(GENERATE_PATH))
        if methods:
            return refusal_wire.not_allowed(methods, settings)
        see = request.base_url + UI_PATH if request.path == "/" else ""
        return refusal_wire.not_found(request, f"Krea has no path {request.path[:200]}.", settings, see=see)

    async def _serve_control(self, tenant: Tenant, request: Request, receive: Receive, send: Send) -> int:
        """Answer a control call, or show the dashboard."""
        try:
            request.scope = {**await self._control_scope(request), "mockkrea.tenant": tenant}
        except ServerStops as refusal:
            return await _refuse_control(refusal, request, send)
        if not request.is_for_dashboard:
            status = await self._call_control(request, receive, send)
            self.dispatcher.wake(tenant)
            return status
        status = await _show(self._pages().answer(tenant, request), request, send)
        if request.method == "POST":
            self.dispatcher.wake(tenant)
        return status

    async def _serve_missing_world(self, request: Request, send: Send) -> int:
        """Show the dashboard's page in the place of a world that is not there."""
        try:
            request.scope = await self._control_scope(request)
        except ServerStops as refusal:
            return await _refuse_control(refusal, request, send)
        return await _show(self._pages().answer_without_world(request), request, send)

    async def _control_scope(self, request: Request) -> Scope:
        """What the control API and the dashboard are told of a request, in whatever world.

        Raises:
            ServerStops: the control API was not built before.
        """
        if self._control is None:
            self._control = await asyncio.to_thread(_build_control, self._worlds.default.shutdown)
        return {
            **request.scope,
            "method": "GET" if request.method == "HEAD" else request.method,
            "path": request.path,
            "mockkrea.worlds": self._worlds,
            "mockkrea.dispatcher": self.dispatcher,
            "mockkrea.outbound": self.outbound,
            "mockkrea.base_url": request.base_url,
            "mockkrea.origin": request.origin,
        }

    async def _call_control(self, request: Request, receive: Receive, send: Send) -> int:
        status = 500
        is_head = request.method == "HEAD"
        id_header = [(b"x-request-id", request.id)] if request.id else []

        async def watch(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *id_header]}
            if is_head and "body" in message:
                message = {**message, "body": b""}
            await send(message)

        await self._control(request.scope, receive, watch)
        return status

    def _pages(self) -> Dashboard:
        if self._dashboard is None:
            from mockkrea.adapters.dashboard.site import Dashboard

            self._dashboard = Dashboard(self._worlds, self._control, self._files.glimpse)
        return self._dashboard


async def _refuse_control(refusal: MockKreaError, request: Request, send: Send) -> int:
    answer = control_wire.refused_control(refusal)
    await answer.send(send, request)
    return answer.status


async def _show(answering: Awaitable[Response], request: Request, send: Send) -> int:
    """Send what the dashboard answers; its status."""
    try:
        answer = await answering
    except Exception:  # noqa: BLE001 - the outermost layer here as well
        _log.exception("%s %s", request.method, request.path)
        answer = control_wire.problem(500, MISTAKE)
    await answer.send(send, request)
    return answer.status


def _enter_world(request: Request) -> str:
    """The name of the world that the request means, by its path or key; what follows is seen from inside."""
    request.path = oauth.path_in_world(request.path)
    if request.path.startswith(WORLD):
        name, _, path = request.path.removeprefix(WORLD).partition("/")
        request.path = f"/{path}"
    elif KEY_MARK_BYTES in request.headers.get(b"authorization", b""):
        name = world_of_key(request.bearer) or DEFAULT
    else:
        return DEFAULT
    if request.is_control and request.path == ALL_WORLDS and request.method != "DELETE":
        return DEFAULT
    if name != DEFAULT:
        request.world_path = f"{WORLD}{name}"
    return name


async def _health(tenant: Tenant, request: Request) -> Answer:
    return json_answer(control_wire.health_body(tenant))


def _build_control(shutdown: Shutdown) -> Any:  # noqa: ANN401 - FastAPI is imported here, not to name it
    with shutdown.ends_imports():
        from mockkrea.adapters.control import control_app

        return control_app()


async def _why(tenant: Tenant, request: Request, answer: Response) -> str:
    if isinstance(answer, FaultyResponse):
        return answer.break_off
    return "" if request.is_provoked else await explaining.why_unauthorized(tenant, request, answer)
