"""Generates an image by way of a server of the OpenAI Agents SDK; no model is asked for anything."""

import asyncio
import json
import sys

from agents.mcp import MCPServerStreamableHttp

URL, KEY, GENERATION = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


async def main() -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with MCPServerStreamableHttp({"url": URL, "headers": headers}) as server:
        tools = [tool.name for tool in await server.list_tools()]
        generated = await server.call_tool("generate", GENERATION)
        ended = await server.call_tool("get_job", {"jobId": generated.structured_content["job_id"]})
        refused = await server.call_tool("get_job", {"jobId": "nobodys"})
    assert refused.is_error
    done = {"tools": tools, "ended": ended.structured_content, "refused": refused.content[0].text}
    print("DONE", json.dumps(done))  # noqa: T201


asyncio.run(main())
