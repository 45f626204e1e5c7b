"""Who gets in over a real socket: names that only look like this machine, pages, proxies, other networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockkrea import server
from tests.asking import FLUX, KEY, Served, exchange, facts_in

TOKEN = "s3cret"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server on loopback with every flag that says who else may come."""
    flags = ["--public-url", "https://mock.test/krea", "--allowed-host", "box", "--trust-proxy"]
    with Served("--port", "0", "--progression", "immediate", *flags, "--cors", "http://localhost:3000") as it:
        yield it


def status(served: Served, *headers: str, line: str = "GET /health") -> int:
    """The status of the answer to a request with exactly these headers."""
    lines = "".join(f"{header}\r\n" for header in headers)
    answer = exchange(served, f"{line} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n")
    return int(answer.split(b" ", 2)[1])


def result_url(served: Served, **headers: str) -> str:
    """The URL of a new job's result, as a client with these headers is told it."""
    with served.client(headers={name.replace("_", "-"): value for name, value in headers.items()}) as client:
        job_id = client.post(f"/generate/{FLUX}", json={"prompt": "x"}).json()["job_id"]
        return str(client.get(f"/jobs/{job_id}").json()["result"]["urls"][0])


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:65535", "[::1]", "127.1.2.3", "box:9", "mock.test"]
)
def test_names_of_this_machine_and_those_that_were_allowed_get_in(served: Served, host: str) -> None:
    assert status(served, f"Host: {host}") == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "localhost.evil.com",
            "127.0.0.1.nip.io",
            "localhost.",
            "localhost:0",
            "localhost:65536",
        ),
        *(
            "localhost:",
            "[::]",
            "[::2]",
            "[::1",
            "::1",
            "user@localhost",
            "localhost@evil.com",
            "0.0.0.0",
            "",
        ),
        *("box.", "box.evil.com", "mock.test.evil.com", "localhost, evil.com", "localhost/.evil.com"),
    ],
)
@pytest.mark.parametrize("path", ["/health", "/__mockkrea/health", "/w/bob/jobs"])
def test_names_that_only_look_like_it_are_turned_away(served: Served, host: str, path: str) -> None:
    assert status(served, f"Host: {host}", line=f"GET {path}") == 421


def test_a_host_that_is_missing_or_stands_twice_is_turned_away(served: Served) -> None:
    assert status(served, "Accept: */*") == 421
    assert status(served, "Host: localhost", "Host: localhost") == 421
    assert status(served, "Host: evil.example", "Host: localhost") == 421


@pytest.mark.parametrize(
    "headers",
    [
        ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
        ["Origin: http://localhost:3001", "Sec-Fetch-Site: same-site"],
        ["Origin: null"],
        ["Sec-Fetch-Site: cross-site"],
    ],
)
def test_a_form_of_another_page_does_not_get_through_to_the_control_api(
    served: Served, headers: list[str]
) -> None:
    form = ["Host: localhost", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"]

    for path in ("/__mockkrea/reset", "/w/bob/__mockkrea/reset", "/__mockkrea/worlds"):
        assert status(served, *form, *headers, line=f"POST {path}") == 403
    assert status(served, *form, line="POST /__mockkrea/reset") == 200


def test_a_page_that_was_named_is_let_in_and_reads_the_answer(served: Served) -> None:
    with served.client(headers={"Origin": "http://localhost:3000"}) as client:
        asked = client.options("/jobs", headers={"Access-Control-Request-Method": "GET"})
        read = client.get("/jobs")

    assert (asked.status_code, read.status_code) == (200, 200)
    assert read.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_urls_begin_with_where_the_client_is(served: Served) -> None:
    assert result_url(served).startswith(f"{served.url}/files/")
    assert result_url(served, Host="box:80").startswith("http://box:80/files/")
    assert result_url(served, Host="mock.test").startswith("https://mock.test/krea/files/")
    assert result_url(served, X_Forwarded_Host="mock.test").startswith("https://mock.test/krea/files/")
    forwarded = result_url(served, X_Forwarded_Host="other.test:8443", X_Forwarded_Proto="https")
    assert forwarded.startswith("https://other.test:8443/files/")


def test_beyond_loopback_the_admin_token_is_made_printed_and_in_the_ready_file(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"

    with Served("--port", "0", "--host", "0.0.0.0", "--ready-file", str(path)) as served:
        token = facts_in(path)["admin_token"]
        refused = status(
            served, "Host: mockkrea", f"Authorization: Bearer {KEY}", line="GET /__mockkrea/clock"
        )
        taken = status(
            served, "Host: mockkrea", f"Authorization: Bearer {token}", line="GET /__mockkrea/clock"
        )
        unknown = status(served, "Host: mockkrea", "Authorization: Bearer mk_bob:x", line="GET /jobs")
        _, out, _ = served.stop()

    assert served.url.startswith("http://127.0.0.1:")
    assert (refused, taken, unknown) == (401, 200, 404)
    assert f"admin token  {token}" in out
    assert len(token) >= 32


def test_two_servers_beyond_loopback_do_not_share_a_made_token(tmp_path: Path) -> None:
    tokens = set()
    for name in ("a", "b"):
        with Served("--port", "0", "--host", "0.0.0.0", "--seed", "0", "--ready-file", str(tmp_path / name)):
            tokens.add(facts_in(tmp_path / name)["admin_token"])

    assert len(tokens) == 2


def test_a_chosen_admin_token_is_the_one(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    flags = ["--port", "0", "--host", "0.0.0.0", "--admin-token", TOKEN, "--ready-file", str(path)]

    with Served(*flags) as served:
        assert facts_in(path)["admin_token"] == TOKEN
        assert (
            status(served, "Host: x", f"Authorization: Bearer {TOKEN}", line="POST /__mockkrea/reset") == 200
        )


def test_flags_can_be_given_by_the_environment() -> None:
    environment = {
        "MOCKKREA_HOST": "127.0.0.1",
        "MOCKKREA_PUBLIC_URL": "https://mock.test",
        "MOCKKREA_ALLOWED_HOST": "box crate",
        "MOCKKREA_TRUST_PROXY": "1",
        "MOCKKREA_ADMIN_TOKEN": TOKEN,
        "MOCKKREA_CORS": "http://a.test http://b.test",
        "MOCKKREA_MAX_WORLDS": "0",
    }

    with Served("--port", "0", "--progression", "immediate", environment=environment) as served:
        for host in ("box", "crate", "mock.test"):
            assert status(served, f"Host: {host}") == 200
        assert status(served, "Host: box", line="GET /__mockkrea/health") == 401
        assert status(served, "Host: box", "Authorization: Bearer mk_bob:x", line="GET /jobs") == 503
        assert result_url(served, X_Forwarded_Host="c.test").startswith("http://c.test/")
        with served.client(headers={"Origin": "http://b.test"}) as client:
            assert client.get("/jobs").headers["access-control-allow-origin"] == "http://b.test"


def has_ipv6() -> bool:
    """Whether this machine has a loopback address of the sixth version."""
    try:
        server.listen(0, "::1").close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.parametrize("host", ["::1", "::"])
def test_a_server_on_ipv6_says_so_in_brackets_and_is_reached_there(host: str) -> None:
    with Served("--port", "0", "--host", host, "--progression", "immediate") as served:
        assert served.url.startswith("http://[::1]:")
        assert status(served, "Host: [::1]:80") == 200
        assert result_url(served).startswith(f"{served.url}/files/")


def test_url_and_reach_are_told_by_the_socket() -> None:
    with server.listen(0, "localhost") as near, server.listen(0, "0.0.0.0") as far:
        assert (server.is_beyond_loopback(near), server.is_beyond_loopback(far)) == (False, True)
        assert server.url_of(far) == f"http://127.0.0.1:{far.getsockname()[1]}"
