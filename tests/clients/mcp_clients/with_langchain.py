"""Generates an image with tools that langchain-mcp-adapters makes; no model is asked for anything."""

import asyncio
import json
import sys
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient

URL, KEY, GENERATION = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


async def call(tool: BaseTool, arguments: dict[str, Any]) -> ToolMessage:
    """What a model would be told that asked for this."""
    return await tool.ainvoke({"type": "tool_call", "id": "1", "name": tool.name, "args": arguments})


async def main() -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    client = MultiServerMCPClient({"krea": {"transport": "http", "url": URL, "headers": headers}})
    tools = {tool.name: tool for tool in await client.get_tools()}
    generated = await call(tools["generate"], GENERATION)
    job_id = generated.artifact["structured_content"]["job_id"]
    ended = await call(tools["get_job"], {"jobId": job_id})
    refused = await call(tools["get_job"], {"jobId": "nobodys"})
    assert refused.status == "error"
    done = {
        "tools": list(tools),
        "ended": ended.artifact["structured_content"],
        "refused": refused.content[0]["text"],
    }
    print("DONE", json.dumps(done))  # noqa: T201


asyncio.run(main())
