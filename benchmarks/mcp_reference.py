"""What mockkrea's MCP server is measured against: the least that the same SDK can serve.

A low-level server, stateless and with JSON answers as mockkrea's, with one tool that answers what it
always answers. It checks, bills and logs nothing, and knows nobody.

    python mcp_reference.py READY_FILE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from reference_app import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Context = ServerRequestContext[Any, Any]

JOB = {
    "job_id": "5d0c8b1e-0000-4000-8000-000000000000",
    "status": "completed",
    "type": "flux",
    "created_at": "2026-11-22T10:00:00.000Z",
    "completed_at": "2026-11-22T10:00:07.000Z",
    "result": {"urls": ["http://127.0.0.1/files/images/5d0c8b1e-0000-4000-8000-000000000000.png"]},
}


def application() -> Starlette:
    """An application with one tool."""
    arguments = {"type": "object", "properties": {"jobId": {"type": "string"}}, "required": ["jobId"]}
    tool = types.Tool(name="get_job", input_schema=arguments)

    async def list_tools(context: Context, params: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        text = types.TextContent(type="text", text=json.dumps(JOB))
        return types.CallToolResult(content=[text], structured_content=JOB)

    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    server = Server[Any]("reference", on_list_tools=list_tools, on_call_tool=call_tool)
    manager = StreamableHTTPSessionManager(server, stateless=True, json_response=True)
    return Starlette(
        routes=[Route("/mcp", StreamableHTTPASGIApp(manager)), Route("/health", health)],
        lifespan=lambda app: manager.run(),
    )


if __name__ == "__main__":
    serve(application(), Path(sys.argv[1]))
