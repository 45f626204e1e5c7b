"""Generates an image by way of a toolset of Pydantic AI; no model is asked for anything."""

import asyncio
import json
import sys

from pydantic_ai import ModelRetry
from pydantic_ai.mcp import MCPToolset

URL, KEY, GENERATION = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


async def main() -> None:
    async with MCPToolset(URL, headers={"Authorization": f"Bearer {KEY}"}) as toolset:
        tools = [tool.name for tool in await toolset.list_tools()]
        generated = await toolset.direct_call_tool("generate", GENERATION)
        ended = await toolset.direct_call_tool("get_job", {"jobId": generated["job_id"]})
        try:
            await toolset.direct_call_tool("get_job", {"jobId": "nobodys"})
        except ModelRetry as error:
            refused = error.message
    print("DONE", json.dumps({"tools": tools, "ended": ended, "refused": refused}))  # noqa: T201


asyncio.run(main())
