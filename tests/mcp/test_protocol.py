"""`/mcp` as clients meet it: signing in, revisions of the protocol, errors, large calls, the SDK's client."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from mockkrea import __version__
from tests.asking import FLUX, KEY, KREA_2, KREA_2_BODY, URL, Json, Krea
from tests.contract.requirements import requirement
from tests.mcp.speaking import CLIENT, Era, Speaker
from tests.media.samples import png

METADATA = f'resource_metadata="{URL}/.well-known/oauth-protected-resource/mcp"'
JSON = {"Content-Type": "application/json"}


@requirement("mcp:401")
@pytest.mark.parametrize(
    ("key", "challenge"),
    [(None, f"Bearer {METADATA}"), ("wrong", f'Bearer error="invalid_token", {METADATA}')],
)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_without_a_known_token_every_method_is_401_and_names_the_metadata(
    krea: Krea, method: str, key: str | None, challenge: str
) -> None:
    answer = krea.ask(method, "/mcp", key=key)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.json()["message"] == "Unauthorized"


def test_a_world_of_its_own_names_the_metadata_of_its_own(krea: Krea) -> None:
    answer = krea.ask("POST", "/w/blue/mcp", key=None)

    assert "/w/blue/.well-known/" in answer.headers["www-authenticate"]


@requirement("mcp:get")
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"])
def test_whoever_has_signed_in_is_told_that_only_post_is_taken(krea: Krea, method: str) -> None:
    answer = krea.ask(method, "/mcp", headers={"Accept": "text/event-stream"})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://localhost:6274", 200),
        ("http://127.0.0.1:5732", 200),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_pages_of_other_sites_may_not_speak_to_the_server(
    krea: Krea, origin: str | None, status: int
) -> None:
    speaker = Speaker(krea)

    headers = {} if origin is None else {"Origin": origin}
    answer = speaker.post(speaker.message("tools/list", {}), headers=headers)

    assert answer.status_code == status, answer.text


@requirement("mcp:revisions")
@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_every_revision_with_a_handshake_is_agreed_to(krea: Krea, version: str) -> None:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}

    result = Speaker(krea).ask("initialize", **params)

    assert result["protocolVersion"] == version
    assert result["serverInfo"]["version"] == __version__
    assert "tools" in result["capabilities"]


@requirement("mcp:revisions")
def test_the_revision_without_sessions_is_discovered(krea: Krea) -> None:
    discovered = Speaker(krea, Era.MODERN).ask("server/discover")

    assert discovered["supportedVersions"] == [Era.MODERN.value]


def test_a_client_with_a_handshake_that_tries_to_discover_is_told_there_is_no_such_method(
    krea: Krea,
) -> None:
    speaker = Speaker(krea, Era.HANDSHAKE)

    answer = speaker.post(speaker.message("server/discover", {}))

    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == -32601


def test_blanks_behind_header_values_do_not_matter(speaker: Speaker) -> None:
    name = {"name": "list_models", "arguments": {}}
    message = speaker.message("tools/call", name)

    answer = speaker.post(
        message,
        headers={"MCP-Protocol-Version": f"{speaker.era.value} ", "Content-Type": "application/json "},
    )

    assert answer.status_code == 200, answer.text


@requirement("mcp:protocol-errors")
@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("tools/call", {"name": "generat", "arguments": {}}, -32602),
        ("tools/call", {"arguments": {}}, -32602),
        ("tools/call", {"name": "get_job", "arguments": "x"}, -32602),
        ("tools/nothing", {}, -32601),
    ],
)
def test_unknown_tools_and_malformed_calls_are_errors_of_the_protocol(
    speaker: Speaker, method: str, params: Json, code: int
) -> None:
    with speaker.krea.unchanged():
        error = speaker.error(method, **params)

    assert error["code"] == code


@pytest.mark.parametrize(
    ("name", "word"),
    [("generat", "did you mean generate?"), ("enhance_image", "there are list_models, get_model_schema")],
)
def test_an_unknown_tool_is_told_the_nearest_one_or_all_that_can_be_called(
    krea: Krea, name: str, word: str
) -> None:
    message = Speaker(krea).error("tools/call", name=name, arguments={})["message"]

    assert word in message
    assert "--tools" not in message


BATCH = b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]'


@requirement("mcp:protocol-errors")
@pytest.mark.parametrize(
    ("body", "code", "id", "word"),
    [
        (b"", -32700, None, "no JSON"),
        (b"{", -32700, None, "no JSON"),
        (b"\xff", -32700, None, "no JSON"),
        (b"[]", -32600, None, "Batches are not supported"),
        (BATCH, -32600, None, "Batches are not supported"),
        (b"7", -32600, None, "object"),
        (b"{}", -32600, None, "/jsonrpc"),
        (b'{"id": 1, "method": "ping"}', -32600, 1, "/jsonrpc"),
        (b'{"jsonrpc": "2.0"}', -32600, None, "/method is required"),
        (b'{"jsonrpc": "2.0", "id": "x"}', -32600, "x", "/method is required"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 7}', -32600, 1, "/method must be"),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', -32600, None, "/id must be"),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600, None, "/id must be"),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}', -32600, None, "/id must be"),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600, None, "/id must be"),
    ],
)
def test_a_body_that_is_no_message_is_refused_in_one_sentence_with_its_id_if_it_has_one(
    speaker: Speaker, body: bytes, code: int, id: Json, word: str
) -> None:
    answer = speaker.post(body)

    assert answer.status_code == 400
    assert answer.json()["jsonrpc"] == "2.0"
    assert answer.json()["id"] == id
    assert answer.json()["error"]["code"] == code
    assert word in answer.json()["error"]["message"]


@requirement("mcp:protocol-errors")
@pytest.mark.parametrize(
    ("method", "params", "field"),
    [
        ("tools/call", {"name": "get_job", "arguments": []}, "/params/arguments"),
        ("tools/call", {"name": 7}, "/params/name"),
        ("tools/call", {}, "/params/name"),
        ("tools/list", [], "/params must"),
    ],
)
def test_parameters_that_are_of_the_wrong_kind_are_named(
    krea: Krea, method: str, params: Json, field: str
) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}

    answer = Speaker(krea).post(message)
    modern = Speaker(krea).post(message, headers={"MCP-Protocol-Version": Era.MODERN.value})

    assert (answer.status_code, modern.status_code) == (200, 400)
    assert answer.json() == modern.json()
    assert answer.json()["error"]["code"] == -32602
    assert field in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc": "2.0", "id": 4, "result": {}}',
        b'{"jsonrpc": "2.0", "id": null, "error": {"code": 1, "message": "x"}}',
    ],
)
def test_an_answer_of_a_client_is_accepted(krea: Krea, body: bytes) -> None:
    assert Speaker(krea).post(body).status_code == 202


def test_a_notification_is_accepted_without_an_answer(speaker: Speaker) -> None:
    answer = speaker.post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    assert answer.status_code == 202
    assert answer.content == b""


def test_a_data_uri_of_ten_megabytes_is_an_input_like_any_other(speaker: Speaker) -> None:
    picture = png(300, 200)
    # A chunk that no reader knows, behind the signature and the header of 25 bytes.
    data = b"prVt" + bytes(7_500_000)
    chunk = len(data[4:]).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")
    uri = "data:image/png;base64," + base64.b64encode(picture[:33] + chunk + picture[33:]).decode()
    input = {"width": 600, "height": 400, "image_url": uri, "model": "CGI"}

    content = speaker.call("generate", model="enhance/topaz/standard-enhance", input=input)

    assert content["job"]["status"] == "queued"
    assert len(speaker.krea.state()) < 100_000


def test_a_prompt_of_ten_megabytes_is_refused_in_a_short_sentence(speaker: Speaker) -> None:
    refusal = speaker.refused("generate", model=FLUX, input={"prompt": "x" * 10_000_000})

    assert [issue["path"] for issue in refusal["response"]["issues"]] == ["/prompt"]
    assert len(refusal["response"]["message"]) < 2000


def test_a_body_above_105_megabytes_is_too_large(speaker: Speaker) -> None:
    answer = speaker.post(b"{}", headers={"Content-Length": "105000001"})

    assert answer.status_code == 413


def text_of(result: CallToolResult) -> str:
    """The text of a result that has one block."""
    [block] = result.content
    assert isinstance(block, TextContent)
    return block.text


Talk = Callable[[Client], Awaitable[Any]]


def with_client(krea: Krea, mode: str, talk: Talk) -> Any:  # noqa: ANN401 - whatever the talk gives
    """Talk through the SDK's own client, over HTTP in this process."""

    async def talked() -> Any:  # noqa: ANN401
        http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(krea.app), headers={"Authorization": f"Bearer {KEY}"}
        )
        transport = streamable_http_client(f"{URL}/mcp", http_client=http)
        async with http, Client(transport, mode=mode) as client:
            return await talk(client)

    return krea.run(talked())


MODES = ["legacy", "auto", "2026-07-28"]


@pytest.mark.parametrize("mode", MODES)
def test_the_sdks_client_generates_and_polls_and_finds_every_answer_true_to_its_schema(
    krea: Krea, mode: str
) -> None:
    async def talk(client: Client) -> Json:
        await client.list_tools()
        await client.call_tool("list_models", {"category": "video"})
        await client.call_tool("get_model_schema", {"model": KREA_2})
        submitted = await client.call_tool("generate", {"model": KREA_2, "input": KREA_2_BODY})
        assert submitted.structured_content is not None
        job_id = submitted.structured_content["job_id"]
        await krea.client.post("/__mockkrea/clock", json={"action": "run_until", "until": job_id})
        await client.call_tool("get_upload_url", {})
        job = await client.call_tool("get_job", {"jobId": job_id})
        await client.call_tool("cancel_job", {"jobId": job_id})
        return job.structured_content

    assert with_client(krea, mode, talk)["status"] == "completed"


@pytest.mark.parametrize("mode", MODES)
def test_the_sdks_client_raises_for_an_unknown_tool_and_reads_a_refusal(krea: Krea, mode: str) -> None:
    async def talk(client: Client) -> Json:
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool("generat", {})
        refusal = await client.call_tool("get_job", {"jobId": "x"})
        assert refusal.is_error
        return json.loads(text_of(refusal))

    assert with_client(krea, mode, talk)["status"] == 404
