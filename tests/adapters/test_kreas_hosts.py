"""A client that believes us to be Krea is told Krea's own hosts, and comes back to the same world by them."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from mockkrea.adapters import hosts
from mockkrea.adapters.http import Receive, Scope, Send
from mockkrea.app import App
from mockkrea.settings import Settings
from tests.asking import DEFAULTS, FLUX, IMMEDIATE, URL, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.media.samples import png
from tests.oauth import AUTHORIZE, Agent, answer_in

AsKrea = Callable[..., Krea]


class Intercepted:
    """The application behind a proxy that leads all of Krea's hosts to it."""

    def __init__(self, app: App, meant: str | None = None) -> None:
        self._app = app
        self._meant = meant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the host that the client asked for."""
        [host] = [value.decode() for name, value in scope["headers"] if name == b"host"]
        await self._app({**scope, hosts.MEANT: self._meant or host}, receive, send)


@pytest.fixture
def as_krea(make_krea: MakeKrea) -> AsKrea:
    """Makes mocks whose clients believe them to be Krea."""

    def make(settings: Settings = IMMEDIATE, meant: str | None = None) -> Krea:
        krea = make_krea(settings)
        transport = httpx.ASGITransport(Intercepted(krea.app, meant))
        krea.client = httpx.AsyncClient(transport=transport, base_url="https://api.krea.ai")
        return krea

    return make


@requirement("hosts:results")
def test_results_lie_at_kreas_own_host_and_are_there(as_krea: AsKrea) -> None:
    krea = as_krea()

    [url] = krea.job(krea.submit())["result"]["urls"]

    assert url.startswith("https://gen.krea.ai/files/images/")
    assert krea.get(url, key=None).headers["content-type"] == "image/png"


def test_all_that_has_files_names_the_host_they_lie_at(as_krea: AsKrea) -> None:
    krea = as_krea()
    model = krea.submit("3d/microsoft/trellis-2", image_urls=[krea.upload(png())["image_url"]])
    style = krea.get("/styles").json()["items"][0]

    export = krea.ask("POST", "/export/3d", json={"job_id": model, "file_format": "OBJ"}).json()["url"]

    assert export.startswith("https://gen.krea.ai/files/exports/")
    assert {url.partition("/files/")[0] for url in style["urls"]} <= {"https://gen.krea.ai"}


@requirement("hosts:uploads")
def test_uploads_lie_at_kreas_own_host_and_may_be_named(as_krea: AsKrea) -> None:
    krea = as_krea(Settings(external_urls="refuse"))  # type: ignore[arg-type]

    url = krea.upload(png())["image_url"]

    assert url.startswith("https://app-uploads.krea.ai/files/uploads/")
    assert krea.get(url, key=None).status_code == 200
    assert krea.submit("image/bfl/flux-1-kontext-dev", image_url=url)


def test_what_was_uploaded_at_the_mocks_own_address_may_be_named_too(as_krea: AsKrea) -> None:
    krea = as_krea(Settings(external_urls="refuse"))  # type: ignore[arg-type]
    path = krea.upload(png())["image_url"].removeprefix("https://app-uploads.krea.ai")
    # httpx says that the server is here.
    url = f"http://localhost:443{path}"

    assert krea.submit("image/bfl/flux-1-kontext-dev", image_url=url)


@pytest.mark.parametrize("host", sorted(hosts.INTERCEPTED))
def test_every_one_of_the_hosts_answers_and_says_the_same(as_krea: AsKrea, host: str) -> None:
    krea = as_krea()
    job_id = krea.submit()

    body = krea.get(f"https://{host}/jobs/{job_id}").json()

    assert body == krea.job(job_id)


def test_a_world_of_its_own_is_reached_by_its_key_alone(as_krea: AsKrea) -> None:
    krea = as_krea()
    job_id = krea.submit(key="mk_alice:x")

    [url] = krea.get(f"/jobs/{job_id}", key="mk_alice:x").json()["result"]["urls"]

    assert url.startswith("https://gen.krea.ai/w/alice/files/")
    assert krea.get(url, key=None).status_code == 200
    assert krea.get(f"/jobs/{job_id}").status_code == 404


def test_a_webhook_tells_the_urls_of_whoever_submitted(as_krea: AsKrea) -> None:
    krea = as_krea()
    krea.submit(hook="http://localhost:9/hook")

    [job] = krea.deliver()

    assert job["result"]["urls"][0].startswith("https://gen.krea.ai/files/")


@requirement("hosts:oauth")
def test_metadata_names_kreas_own_hosts(as_krea: AsKrea) -> None:
    krea = as_krea(DEFAULTS)
    challenge = krea.ask("POST", "/mcp", key=None, json={}).headers["www-authenticate"]
    where = challenge.partition('resource_metadata="')[2].rstrip('"')

    resource = krea.get(where, key=None).json()
    [issuer] = resource["authorization_servers"]
    server = krea.get(f"{issuer}/.well-known/oauth-authorization-server", key=None).json()

    assert where == "https://api.krea.ai/.well-known/oauth-protected-resource/mcp"
    assert resource["resource"] == "https://api.krea.ai/mcp"
    assert issuer == server["issuer"] == "https://www.krea.ai"
    assert server["authorization_endpoint"] == f"https://www.krea.ai{AUTHORIZE}"
    endpoints = [url for name, url in server.items() if name.endswith("_endpoint")]
    assert {url.partition("/auth/")[0] for url in endpoints} == {"https://www.krea.ai"}


def test_the_metadata_of_a_world_names_the_world(as_krea: AsKrea) -> None:
    krea = as_krea(DEFAULTS)

    resource = krea.get("/.well-known/oauth-protected-resource/w/alice/mcp", key=None).json()

    assert resource["resource"] == "https://api.krea.ai/w/alice/mcp"
    assert resource["authorization_servers"] == ["https://www.krea.ai/w/alice"]


def test_whoever_signs_in_as_on_krea_may_use_the_mcp_server(as_krea: AsKrea) -> None:
    krea = as_krea(Settings(auto_approve="default"))
    agent, resource = Agent(krea), "https://api.krea.ai/mcp"

    answer = answer_in(agent.authorize(resource=resource))
    tokens = agent.exchange(answer["code"], resource=resource).json()

    assert answer["iss"] == "https://www.krea.ai"
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}
    assert krea.ask("POST", "/mcp", key=tokens["access_token"], json=ping, headers=accept).status_code == 200
    assert agent.exchange("x", resource="https://api.krea.ai/jobs").json()["error"] == "invalid_target"


def test_the_openapi_document_names_kreas_own_server(as_krea: AsKrea) -> None:
    [server] = as_krea().get("/openapi.json", key=None).json()["servers"]

    assert server["url"] == "https://api.krea.ai"


@pytest.mark.parametrize("host", ["api.krea.ai", "API.krea.ai:443", "api.krea.ai."])
def test_the_host_header_may_name_the_host_in_any_spelling(as_krea: AsKrea, host: str) -> None:
    krea = as_krea(meant="api.krea.ai")

    assert krea.get("/jobs", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["gen.krea.ai", "api.krea.ai:80", "localhost", "api.krea.ai.evil.example", ""]
)
def test_a_host_header_that_names_another_is_refused(as_krea: AsKrea, host: str) -> None:
    krea = as_krea(meant="api.krea.ai")
    scope = {"method": "GET", "path": "/health", "headers": [(b"host", host.encode())]}

    status, body = krea.raw({**scope, hosts.MEANT: "api.krea.ai"}, [])

    assert status == 421
    assert b"opened for api.krea.ai" in body


def test_whoever_asks_the_mock_itself_is_told_its_own_address(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    [url] = krea.get(f"/jobs/{krea.submit()}").json()["result"]["urls"]

    assert url.startswith(f"{URL}/files/")
    assert krea.generate(FLUX, {"prompt": "a fox"}, headers={"Host": "api.krea.ai"}).status_code == 421


@pytest.mark.parametrize(
    ("base_url", "place"),
    [
        ("https://api.krea.ai", "https://gen.krea.ai"),
        ("https://api.krea.ai/w/a", "https://gen.krea.ai/w/a"),
        ("https://api.krea.ai.example", "https://api.krea.ai.example"),
        ("http://api.krea.ai", "http://api.krea.ai"),
    ],
)
def test_only_whoever_is_krea_for_its_client_has_several_hosts(base_url: str, place: str) -> None:
    assert hosts.url(base_url, "/files/x.png") == f"{place}/files/x.png"
    assert hosts.url(base_url, "/mcp") == f"{base_url}/mcp"
