"""The SDK's server: it speaks the protocol's revisions, we answer for the tools and the widget.

One server serves every world: which one a request means stands in its ASGI scope. Stateless: the
session-based revisions are answered without sessions, 2026-07-28 has none. Answers are JSON, no streams.
The session manager needs a task group that outlives its requests, so a task of its own holds it open.
"""

from __future__ import annotations

import asyncio
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolRequestParams, PaginatedRequestParams, ReadResourceRequestParams

from mockkrea import __version__, calls
from mockkrea.adapters import refusal_wire
from mockkrea.adapters.http import BODY_BYTES_MAX, Receive, Scope, Send
from mockkrea.adapters.mcp import apps
from mockkrea.adapters.mcp.call import Call
from mockkrea.adapters.mcp.exchange import SCOPE_KEY, McpExchange
from mockkrea.adapters.mcp.results import answered, refused, refused_by
from mockkrea.adapters.mcp.tool import Tool
from mockkrea.adapters.mcp.tools import all_tools
from mockkrea.core.clock import iso_date
from mockkrea.core.errors import MockKreaError, UnknownModel
from mockkrea.core.faults import FaultTriggered
from mockkrea.core.forms import PlainInputSpec
from mockkrea.core.hints import nearest_word
from mockkrea.core.tools import Tools
from mockkrea.tenant import Tenant

Context = ServerRequestContext[Any, Any]

INSTRUCTIONS = (
    "A mock of Krea: it makes placeholders and charges no real money. List the models, read a model's"
    " schema, then generate; a job's result is there once get_job says that it has completed."
)


# What all lists and contents have: they are whole, for this caller, and may differ the next time.
COMPLETE: dict[str, Any] = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}


class SdkServer:
    """The SDK's server and what keeps it running, from `start` to `close`."""

    def __init__(self) -> None:
        self._tools = {tool.name: tool for tool in all_tools()}
        self._forms = {
            name: PlainInputSpec(short_name=name, input_schema=tool.arguments)
            for name, tool in self._tools.items()
        }
        self._listed = {
            profile: [tool.listed() for tool in self._tools.values() if profile in tool.profiles]
            for profile in Tools
        }
        server = Server[dict[str, Any]](
            "mockkrea",
            version=__version__,
            title="Krea (mock)",
            instructions=INSTRUCTIONS,
            # Our tools take nothing from headers; without this the SDK lists them before each call.
            get_tool_input_schema=lambda name: None,
            on_list_tools=self._list_tools,  # type: ignore[arg-type]  # a mapping is taken, and faster
            on_call_tool=self._call_tool,  # type: ignore[arg-type]
            on_list_resources=_list_resources,  # type: ignore[arg-type]
            on_read_resource=_read_resource,  # type: ignore[arg-type]
        )
        # It would make a span of each request, for exporters that nobody has here.
        server.middleware.clear()
        self._manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=BODY_BYTES_MAX
        )
        self._ends = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to serve."""
        started = asyncio.Event()
        self._running = asyncio.create_task(self._run(started))
        await started.wait()

    async def close(self) -> None:
        """End whatever is under way."""
        self._ends.set()
        if self._running is not None:
            await self._running

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one POST whose scope has its `McpExchange`."""
        await self._manager.handle_request(scope, receive, send)

    async def _run(self, started: asyncio.Event) -> None:
        async with self._manager.run():
            started.set()
            await self._ends.wait()

    async def _list_tools(self, context: Context, params: PaginatedRequestParams | None) -> dict[str, Any]:
        profile = _exchange(context).tenant.settings.tools
        return COMPLETE | {"tools": self._listed[profile]}

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> dict[str, Any]:
        exchange = _exchange(context)
        tenant = exchange.tenant
        tool = self._tool(exchange, params.name)
        given = exchange.arguments or params.arguments or {}
        model = None
        try:
            if (effect := exchange.request.tool_fault) is not None:
                exchange.request.tool_fault = None
                raise FaultTriggered(effect)
            await calls.count_request(tenant, exchange.caller, keeping=_kept(tool, given))
            arguments = tenant.validation.normalise(
                self._forms[tool.name], given, on_date=lambda: iso_date(tenant.now_us())
            )
            model = arguments.get("model")
            call = Call(
                tool=tool.name,
                tenant=tenant,
                request=exchange.request,
                caller=exchange.caller,
                arguments=arguments,
                size_bytes=exchange.size_bytes,
            )
            return answered(await tool.handler(call))
        except FaultTriggered as provoked:
            exchange.note(provoked.effect.status)
            exchange.request.is_provoked = True
            exchange.request.lost_job_id = provoked.job_id
            if not provoked.effect.is_refusal:
                exchange.request.answer_fault = provoked.effect
            return refused_by(provoked.effect, exchange.caller.unit)
        except MockKreaError as refusal:
            exchange.request.is_provoked = refusal.is_provoked
            exchange.note(refusal_wire.status_of(refusal, tenant.settings))
            return refused(refusal, tenant.settings, model=_with_schema(tenant, model))

    def _tool(self, exchange: McpExchange, name: str) -> Tool:
        profile = exchange.tenant.settings.tools
        tool = self._tools.get(name)
        if tool is not None and profile in tool.profiles:
            return tool
        exchange.note(INVALID_PARAMS)
        known = [tool.name for tool in self._tools.values() if profile in tool.profiles]
        nearest = nearest_word(name, known)
        hint = f"did you mean {nearest}?" if nearest else f"there are {', '.join(known)}"
        sentence = f"Unknown tool: {name[:60]} is no tool of the profile {profile}, {hint}"
        raise MCPError(INVALID_PARAMS, sentence if sentence.endswith("?") else f"{sentence}.")


async def _list_resources(context: Context, params: PaginatedRequestParams | None) -> dict[str, Any]:
    return COMPLETE | {"resources": [apps.listed(_exchange(context).request.origin)]}


async def _read_resource(context: Context, params: ReadResourceRequestParams) -> dict[str, Any]:
    if params.uri != apps.WIDGET_URI:
        sentence = f"Unknown resource: {params.uri[:100]} is none, there is {apps.WIDGET_URI}."
        raise MCPError(INVALID_PARAMS, sentence, {"uri": params.uri})
    return COMPLETE | {"contents": [apps.contents(_exchange(context).request.origin)]}


def _kept(tool: Tool, given: dict[str, Any]) -> str | None:
    job_id = given.get("jobId") if tool.ends_job else None
    return job_id if isinstance(job_id, str) else None


def _with_schema(tenant: Tenant, model: object) -> str | None:
    """A model as the call names it, if get_model_schema knows it."""
    if not isinstance(model, str):
        return None
    try:
        tenant.catalogue.find_by_any_id(model)
    except UnknownModel:
        return None
    return model


def _exchange(context: Context) -> McpExchange:
    assert context.request is not None, "every message comes over HTTP"
    exchange: McpExchange = context.request.scope[SCOPE_KEY]
    return exchange
