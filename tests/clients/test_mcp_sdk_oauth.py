"""The OAuth client of the Python MCP SDK goes the whole way, from a 401 to a refreshed token."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl

from mockkrea.settings import Settings
from tests.asking import URL, Json, Krea, MakeKrea
from tests.oauth import CALLBACK

MCP_URL = f"{URL}/mcp"


class Memory:
    """What a client keeps between two starts."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Agent:
    """An agent with the SDK's client. Nobody sits before it: the mock approves on its own."""

    def __init__(self, krea: Krea, memory: Memory) -> None:
        self._krea = krea
        self._transport = httpx2.ASGITransport(app=krea.app)
        self._answer: dict[str, str] = {}
        self.asked_for_consent = 0
        self.provider = OAuthClientProvider(
            server_url=MCP_URL,
            client_metadata=OAuthClientMetadata(client_name="An agent", redirect_uris=[AnyUrl(CALLBACK)]),
            storage=memory,
            redirect_handler=self._open_browser,
            callback_handler=self._wait_for_browser,
        )
        self._client = httpx2.AsyncClient(transport=self._transport, auth=self.provider)

    async def _open_browser(self, url: str) -> None:
        self.asked_for_consent += 1
        async with httpx2.AsyncClient(transport=self._transport) as browser:
            redirect = await browser.get(url)
        assert redirect.status_code == 303, redirect.text
        self._answer = dict(parse_qsl(urlsplit(redirect.headers["location"]).query))

    async def _wait_for_browser(self) -> AuthorizationCodeResult:
        answer = self._answer
        return AuthorizationCodeResult(code=answer["code"], state=answer["state"], iss=answer["iss"])

    def who_am_i(self) -> Json:
        """For whom and for which workspace an upload URL is made, that whoever has a token gets."""
        call = {"name": "get_upload_url", "arguments": {}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        accept = {"Accept": "application/json, text/event-stream"}
        answer = self._krea.run(self._client.post(MCP_URL, json=message, headers=accept))
        assert answer.status_code == 200, answer.text
        upload_url = answer.json()["result"]["structuredContent"]["upload_url"]
        return dict(parse_qsl(urlsplit(upload_url).query))

    def close(self) -> None:
        self._krea.run(self._client.aclose())


@pytest.fixture
def krea(make_krea: MakeKrea) -> Krea:
    return make_krea(Settings(auto_approve="studio"))


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def agent(krea: Krea, memory: Memory) -> Iterator[Agent]:
    agent = Agent(krea, memory)
    yield agent
    agent.close()


def test_the_sdk_finds_its_way_from_a_401_to_the_workspace(agent: Agent, memory: Memory) -> None:
    me = agent.who_am_i()

    assert (me["userId"], me["workspaceId"]) == ("ada", "studio")
    assert agent.who_am_i()["workspaceId"] == "studio"
    assert agent.asked_for_consent == 1
    assert memory.client is not None
    assert str(memory.client.issuer) == URL


def test_the_sdk_refreshes_without_asking_anybody(agent: Agent, memory: Memory) -> None:
    agent.who_am_i()
    assert memory.tokens is not None
    before = memory.tokens.refresh_token
    # Its own clock is the real one, which a test does not wait for.
    agent.provider.context.token_expiry_time = 1.0

    assert agent.who_am_i()["workspaceId"] == "studio"

    assert agent.asked_for_consent == 1
    assert memory.tokens.refresh_token != before


def test_the_sdk_comes_back_with_its_old_registration_after_a_reset(
    agent: Agent, krea: Krea, memory: Memory
) -> None:
    agent.who_am_i()
    client = memory.client
    krea.control("reset", {})

    assert agent.who_am_i()["workspaceId"] == "studio"

    assert agent.asked_for_consent == 2
    assert memory.client is client
