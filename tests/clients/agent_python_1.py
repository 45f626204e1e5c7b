"""An agent on version 1 of the Python SDK: prints AUTHORIZE URL, reads the callback, prints DONE JSON.

It runs in an environment of its own, without anything of this project.
"""

import asyncio
import json
import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

URL, GENERATION, WRONG_CALLS = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])


class Memory:
    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def send_to_browser(url: str) -> None:
    print("AUTHORIZE", url, flush=True)  # noqa: T201 - it is how this program speaks


async def wait_for_callback() -> tuple[str, str | None]:
    answer = dict(parse_qsl(urlsplit(sys.stdin.readline().strip()).query))
    return answer["code"], answer["state"]


async def call(session: ClientSession, tool: str, **arguments: object) -> dict[str, Any]:
    result = await session.call_tool(tool, arguments)
    assert not result.isError, result
    return result.structuredContent or {}


async def refusal(session: ClientSession, tool: str, arguments: dict[str, Any]) -> object:
    result = await session.call_tool(tool, arguments)
    assert result.isError, result
    [block] = result.content
    assert block.type == "text"
    return json.loads(block.text)


async def main() -> None:
    callback = AnyUrl("http://localhost:3118/callback")
    metadata = OAuthClientMetadata(client_name="Python SDK 1", redirect_uris=[callback])
    provider = OAuthClientProvider(URL, metadata, Memory(), send_to_browser, wait_for_callback)
    async with (
        httpx.AsyncClient(auth=provider, trust_env=False, timeout=30) as http,
        streamable_http_client(URL, http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        models = await call(session, "list_models", category="image")
        generated = await call(session, "generate", **GENERATION)
        cancelled = await call(session, "cancel_job", jobId=generated["job_id"])
        refused = [await refusal(session, *wrong) for wrong in WRONG_CALLS]
    done = {"tools": tools, **models, "generated": generated, "cancelled": cancelled, "refused": refused}
    print("DONE", json.dumps(done), flush=True)  # noqa: T201


asyncio.run(main())
