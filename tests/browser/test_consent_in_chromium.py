"""A person in a real browser: signs in, picks a workspace, and is taken back to the client."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page

from mockkrea.core.consent import challenge_of
from tests.asking import Json, Served
from tests.chromium import LOW_CONTRAST
from tests.oauth import AUTHORIZE, REGISTER, TOKEN, VERIFIER
from tests.tools import artifacts

REGISTERED = "http://localhost:3118/callback"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("--port", "0") as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def registered(client: httpx.Client, name: str = "Claude Code") -> str:
    body = {"client_name": name, "redirect_uris": [REGISTERED]}
    return str(client.post(REGISTER, json=body).json()["client_id"])


def authorize_url(served: Served, callback: Callback, client_id: str) -> str:
    request = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": callback.url,
        "state": "st&te",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "resource": f"{served.url}/mcp",
        "scope": "profile email",
    }
    return f"{served.url}{AUTHORIZE}?{urlencode(request)}"


def exchange(client: httpx.Client, callback: Callback, client_id: str, code: str) -> Json:
    fields = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": code,
        "redirect_uri": callback.url,
        "code_verifier": VERIFIER,
    }
    answer = client.post(TOKEN, data=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


class Callback(HTTPServer):
    """Where the client waits for the answer: as real ones do, at whatever port is free."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: queue.Queue[str] = queue.Queue()

    @property
    def url(self) -> str:
        """The redirect URI, which was registered with another port."""
        return f"http://localhost:{self.server_port}/callback"

    def answer(self) -> dict[str, str]:
        """What the browser brought."""
        path = urlsplit(self.taken.get(timeout=Served.WAIT_S))
        assert path.path == "/callback"
        return dict(parse_qsl(path.query))


class _Taking(BaseHTTPRequestHandler):
    server: Callback

    def do_GET(self) -> None:
        self.server.taken.put(self.path)
        body = b"<!doctype html><link rel=icon href=data:,><p>Connected. You can close this tab."
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def callback() -> Iterator[Callback]:
    with Callback() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def test_two_clicks_bring_a_code_for_the_workspace_that_is_chosen(
    page: Page, served: Served, callback: Callback, client: httpx.Client
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    client_id = registered(client)
    page.goto(authorize_url(served, callback, client_id))
    page.get_by_role("link").first.click()
    assert page.get_by_role("radio", name="Ada's workspace").is_checked()
    page.get_by_role("button", name="Allow").click()

    answer = callback.answer()

    assert (answer["state"], answer["iss"]) == ("st&te", served.url)
    assert exchange(client, callback, client_id, answer["code"])["token_type"] == "Bearer"
    assert complaints == []


def test_the_whole_way_can_be_gone_with_the_keyboard(
    page: Page, served: Served, callback: Callback, client: httpx.Client
) -> None:
    page.goto(authorize_url(served, callback, registered(client)))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/consent?*")
    for key in ("Tab", "Tab", "ArrowDown"):
        page.keyboard.press(key)
    assert page.get_by_role("radio", name="Studio").is_checked()
    for key in ("Tab", "Enter"):
        page.keyboard.press(key)

    assert callback.answer()["code"].startswith("oac_")


def test_deny_takes_the_person_back_without_a_code(
    page: Page, served: Served, callback: Callback, client: httpx.Client
) -> None:
    page.goto(authorize_url(served, callback, registered(client)))
    page.get_by_role("link", name="Lin").click()
    page.get_by_role("button", name="Deny").click()

    answer = callback.answer()

    assert answer["error"] == "access_denied"
    assert "code" not in answer


@pytest.mark.parametrize("scripts", [True, False])
def test_it_works_without_scripts_and_a_hostile_name_runs_none(
    browser: Browser, served: Served, callback: Callback, client: httpx.Client, scripts: bool
) -> None:
    name = "<img src=x onerror=\"document.title='taken'\">"
    with browser.new_context(java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto(authorize_url(served, callback, registered(client, name)))
        page.get_by_role("link").first.click()

        assert name in page.inner_text("h1")
        assert page.title().endswith("Krea (mock)")
        page.get_by_role("button", name="Allow").click()
        assert callback.answer()["code"].startswith("oac_")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 900])
def test_every_page_can_be_read_in_light_and_dark_and_on_a_phone(
    browser: Browser, served: Served, callback: Callback, client: httpx.Client, scheme: str, width: int
) -> None:
    url = authorize_url(served, callback, registered(client))
    looks = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with browser.new_context(**looks) as context:  # type: ignore[arg-type]
        page = context.new_page()
        for name in ("sign-in", "consent", "refused"):
            if name == "consent":
                page.goto(url)
                page.get_by_role("link").first.click()
            else:
                page.goto(url if name == "sign-in" else url.replace("client_id", "no_id"))
            page.screenshot(path=artifacts("consent") / f"{name}-{scheme}-{width}.png", full_page=True)

            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.locator("main").evaluate(LOW_CONTRAST) == []
            assert page.get_by_role("heading", level=1).count() == 1
