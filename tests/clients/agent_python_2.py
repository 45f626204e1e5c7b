"""An agent on version 2 of the Python SDK: prints AUTHORIZE URL, reads the callback, prints DONE JSON."""

import asyncio
import json
import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
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


async def wait_for_callback() -> AuthorizationCodeResult:
    answer = dict(parse_qsl(urlsplit(sys.stdin.readline().strip()).query))
    return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer["iss"])


async def call(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return result.structured_content or {}


async def refusal(client: Client, tool: str, arguments: dict[str, Any]) -> object:
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result
    [block] = result.content
    assert block.type == "text"
    return json.loads(block.text)


async def main() -> None:
    callback = AnyUrl("http://localhost:3118/callback")
    metadata = OAuthClientMetadata(client_name="Python SDK 2", redirect_uris=[callback])
    provider = OAuthClientProvider(URL, metadata, Memory(), send_to_browser, wait_for_callback)
    async with (
        httpx2.AsyncClient(auth=provider, trust_env=False, timeout=30) as http,
        Client(streamable_http_client(URL, http_client=http)) as client,
    ):
        tools = [tool.name for tool in (await client.list_tools()).tools]
        models = await call(client, "list_models", category="image")
        generated = await call(client, "generate", **GENERATION)
        cancelled = await call(client, "cancel_job", jobId=generated["job_id"])
        refused = [await refusal(client, *wrong) for wrong in WRONG_CALLS]
    done = {"tools": tools, **models, "generated": generated, "cancelled": cancelled, "refused": refused}
    print("DONE", json.dumps(done), flush=True)  # noqa: T201


asyncio.run(main())
