"""Generates an image with fastmcp's client: by a key, or signed in, where the key is the word oauth."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.exceptions import ToolError

URL, KEY, GENERATION = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


async def main() -> None:
    async with Client(URL, auth=KEY) as client:
        tools = [tool.name for tool in await client.list_tools()]
        generated = await client.call_tool("generate", GENERATION)
        ended = await client.call_tool("get_job", {"jobId": generated.structured_content["job_id"]})
        try:
            await client.call_tool("get_job", {"jobId": "nobodys"})
        except ToolError as error:
            refused = str(error)
    print("DONE", json.dumps({"tools": tools, "ended": ended.structured_content, "refused": refused}))  # noqa: T201


asyncio.run(main())
