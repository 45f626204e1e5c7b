"""Krea's MCP page, step by step, over a real socket with the SDK's own client, and the end of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent
from PIL import Image

from tests.asking import ADA, KEY, Json, Served
from tests.media.samples import png

MODES = ["legacy", "auto"]

Talk = Callable[[Client], Awaitable[Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """One server for all journeys of this module."""
    with Served("--port", "0", "--seed", "0") as served:
        yield served


@pytest.fixture
def served(server: Served) -> Served:
    """The server, as new."""
    with server.client() as client:
        client.post("/__mockkrea/reset").raise_for_status()
    return server


def with_client(served: Served, talk: Talk, mode: str = "auto") -> Any:  # noqa: ANN401 - what the talk gives
    """Talk as an agent that was given the key as Bearer token."""

    async def talked() -> Any:  # noqa: ANN401
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, trust_env=False)
        transport = streamable_http_client(f"{served.url}/mcp", http_client=http)
        async with http, Client(transport, mode=mode) as client:
            return await talk(client)

    return asyncio.run(talked())


async def called(client: Client, tool: str, **arguments: Json) -> Json:
    """What a tool that is obeyed answers."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return result.structured_content


@pytest.mark.parametrize("mode", MODES)
def test_the_example_prompt_of_the_page_makes_a_picture_in_16_to_9(served: Served, mode: str) -> None:
    async def talk(client: Client) -> Json:
        models = (await called(client, "list_models", category="image"))["models"]
        [model] = [each["id"] for each in models if each["id"] == "image/krea/krea-2/medium"]
        schema = (await called(client, "get_model_schema", model=model))["inputSchema"]
        assert "16:9" in schema["properties"]["aspect_ratio"]["enum"]
        input = {"prompt": "a lighthouse in fog", "aspect_ratio": "16:9", "resolution": "1K"}
        job_id = (await called(client, "generate", model=model, input=input))["job_id"]
        assert (await called(client, "get_job", jobId=job_id))["status"] in ("queued", "scheduled")
        run_on(served, job_id)
        return await called(client, "get_job", jobId=job_id)

    job = with_client(served, talk, mode)

    picture = Image.open(BytesIO(httpx.get(job["result"]["urls"][0], trust_env=False).content))
    assert round(picture.width / picture.height, 1) == 1.8


def test_a_job_with_a_wrong_prompt_is_cancelled_and_costs_nothing(served: Served) -> None:
    async def talk(client: Client) -> Json:
        input = {"prompt": "a lighthause", "aspect_ratio": "16:9", "resolution": "1K"}
        job = await called(client, "generate", model="image/krea/krea-2/medium", input=input)
        return job["job_id"], await called(client, "cancel_job", jobId=job["job_id"])

    job_id, answer = with_client(served, talk)

    assert answer == {"job_id": job_id, "deleted": True}
    with served.client() as client:
        rows = client.get(f"/__mockkrea/workspaces/{ADA}/ledger").json()["items"]
        assert client.get("/jobs").json()["items"] == []
    assert [row["kind"] for row in rows if row["job_id"] == job_id] == ["hold", "release"]


def test_a_local_file_is_uploaded_as_the_page_says_and_used_in_the_next_call(served: Served) -> None:
    async def talk(client: Client) -> Json:
        [block] = (await client.call_tool("get_upload_url", {})).content
        assert isinstance(block, TextContent)
        posted = httpx.post(block.text, files={"file": ("image.png", png())}, trust_env=False)
        assert posted.status_code == 200
        return await called(
            client,
            "generate",
            model="image/krea/krea-2/medium",
            input={
                "prompt": "in this style",
                "aspect_ratio": "1:1",
                "resolution": "1K",
                "image_style_references": [{"url": posted.text, "strength": 0.5}],
            },
        )

    assert with_client(served, talk)["job"]["status"] == "queued"


def test_a_server_with_a_waiting_sync_call_answers_it_and_ends_cleanly() -> None:
    with Served("--port", "0", "--seed", "0") as served:

        async def talk(client: Client) -> Json:
            # The client holds the answer against the schema, which it would ask for afterwards.
            await client.list_tools()
            arguments = {
                "model": "image/krea/krea-2/medium",
                "input": {"prompt": "x", "aspect_ratio": "1:1", "resolution": "1K"},
                "sync": True,
            }
            waiting = asyncio.create_task(client.call_tool("generate", arguments))
            async with httpx.AsyncClient(
                base_url=served.url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False
            ) as rest:
                while not (await rest.get("/jobs")).json()["items"]:
                    await asyncio.sleep(0)
            stopped = await asyncio.to_thread(served.stop)
            return stopped, (await waiting).structured_content

        (_, _, errors), content = with_client(served, talk)

    assert served.process.returncode == 0
    assert content["timedOut"] is True
    assert "ERROR" not in errors
    assert "Traceback" not in errors


def run_on(served: Served, job_id: str) -> None:
    with served.client() as client:
        client.post("/__mockkrea/clock", json={"action": "run_until", "until": job_id}).raise_for_status()
