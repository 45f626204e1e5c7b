"""Who may talk to a server on loopback: programs of this machine, and no page of another site."""

from __future__ import annotations

import pytest

from tests.asking import FLUX, URL, Krea

LOOPBACK = [
    *("127.0.0.1:5732", "127.0.0.1", "localhost", "localhost:5732", "LocalHost:5732", "127.0.0.2:80"),
    *("[::1]:5732", "[::1]", "127.255.255.254:1"),
]
FOREIGN = [
    *("evil.example", "evil.example:5732", "127.0.0.1.nip.io", "localhost.evil.example", "localhost."),
    *("0.0.0.0:5732", "[::]:5732", "192.168.0.7", "169.254.169.254", "api.krea.ai", "mocklocalhost"),
    *("", ":5732", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "[::1", "::1", "localhost:port"),
    *("localhost:99999", "localhost:0", "user@localhost", "localhost@evil.example", "localhost/evil"),
    *("localhost#evil.example", "localhost?evil.example", "evil.example#localhost", "localhost\\@evil"),
    *("localhost,evil.example", "local\thost", "localhost evil.example", "[::1]evil.example"),
]
WRONG_PORTS = ("localhost:port", "localhost:99999", "localhost:0")
PATHS = ["/health", "/jobs", f"/generate/{FLUX}", "/files/images/x.png", "/__mockkrea/clock", "/nowhere"]

CHANGES = [
    ("clock", {"action": "advance", "seconds": 1}),
    ("reset", {}),
    ("workspaces/ada-personal/grant", {"usd": 1}),
    ("workspaces/ada-personal/balance", {"usd": 1}),
    ("workspaces/ada-personal/limits", {"concurrency": 1}),
]
FOREIGN_ORIGINS = [
    *("null", "https://evil.example", "http://127.0.0.1:9999", "https://127.0.0.1:5732", "http://localhost"),
    *("http://127.0.0.1:5732.evil.example", "file://", "", "http://", "127.0.0.1:5732", "http://[::1"),
    *("http://localhost:5732@evil.example", "http://localhost:port", "chrome-extension://abcdef"),
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_name_of_this_machine_is_answered(krea: Krea, host: str) -> None:
    for path in ("/health", "/__mockkrea/clock"):
        assert krea.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", FOREIGN)
def test_any_other_host_is_refused_on_every_path(krea: Krea, host: str, path: str) -> None:
    scope = {"method": "GET", "path": path, "headers": [(b"host", host.encode())]}

    with krea.unchanged():
        status, body = krea.raw(scope, [])

    assert status == 421
    assert (b"a port from 1 to 65535" if host in WRONG_PORTS else b"loopback") in body


def test_a_request_without_any_host_is_refused(krea: Krea) -> None:
    """Only HTTP/1.0 can leave it out, and no browser or client of ours speaks that."""
    status, _ = krea.raw({"method": "GET", "path": "/health", "headers": [(b"host", b"")]}, [])

    assert status == 421


def test_a_foreign_host_is_refused_even_with_the_right_key(krea: Krea) -> None:
    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": "x"}, headers={"Host": "rebound.example"})

    assert answer.status_code == 421
    assert "'rebound.example'" in answer.json()["message"]


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_a_page_of_another_origin_changes_nothing(
    krea: Krea, path: str, body: dict[str, object], origin: str
) -> None:
    krea.submit()

    with krea.unchanged():
        answer = krea.ask_control(path, body, headers={"Origin": origin})

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("origin", [None, URL])
def test_a_request_that_the_browser_calls_foreign_changes_nothing(
    krea: Krea, site: str, origin: str | None
) -> None:
    headers = {"Sec-Fetch-Site": site} | ({"Origin": origin} if origin else {})

    with krea.unchanged():
        answer = krea.ask_control("workspaces/ada-personal/grant", {"usd": 1}, headers=headers)

    assert answer.status_code == 403
    assert site in answer.json()["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_every_method_that_could_change_something_is_guarded(krea: Krea, method: str) -> None:
    answer = krea.ask(method, "/__mockkrea/clock", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": URL},
        {"Origin": "http://localhost:5732"},
        {"Origin": "http://[::1]:5732"},
        {"Origin": URL, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_page_of_this_server_or_a_program_may_change_the_mock(krea: Krea, headers: dict[str, str]) -> None:
    answer = krea.ask_control("clock", {"action": "freeze"}, headers=headers)

    assert answer.status_code == 200


def test_reading_is_not_refused_but_no_other_page_is_allowed_to_see_it(krea: Krea) -> None:
    answer = krea.ask_control("workspaces", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_browsers_question_before_a_foreign_call_is_never_answered_with_leave(krea: Krea) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    for path in ("/jobs", f"/generate/{FLUX}", "/__mockkrea/clock"):
        answer = krea.ask("OPTIONS", path, headers=headers)

        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control-")]
