"""Faults as a real client sees them: over a socket, with connections that really break."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.asking import FLUX, KEY, Json, Served, exchange

HOUR_S = 3600


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("--port", "0", "--seed", "7", "--progression", "immediate") as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        client.post("/__mockkrea/reset").raise_for_status()
        yield client


def add(client: httpx.Client, then: Json, **when: Json) -> None:
    client.post("/__mockkrea/faults", json={"when": when, "then": then, "times": 1}).raise_for_status()


def submit(client: httpx.Client, prompt: str = "a fox") -> httpx.Response:
    return client.post(f"/generate/{FLUX}", json={"prompt": prompt})


def jobs(client: httpx.Client) -> int:
    return len(client.get("/jobs").raise_for_status().json()["items"])


@pytest.mark.parametrize(("phase", "left"), [("before", 0), ("after_apply", 1)])
def test_a_reset_connection_is_reset_by_peer(client: httpx.Client, phase: str, left: int) -> None:
    add(client, {"phase": phase, "connection": "reset"})

    with pytest.raises(httpx.ReadError, match="reset by peer"):
        submit(client)

    assert jobs(client) == left


def test_an_empty_reply_is_a_disconnect_without_an_answer(client: httpx.Client) -> None:
    add(client, {"connection": "empty"})

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        submit(client)


def test_a_truncated_body_ends_before_the_length_it_announced(client: httpx.Client) -> None:
    add(client, {"connection": "truncated"})

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        submit(client)

    assert jobs(client) == 1


def test_a_truncated_file_ends_before_the_length_it_announced(client: httpx.Client) -> None:
    job_id = submit(client).json()["job_id"]
    [url] = client.get(f"/jobs/{job_id}").json()["result"]["urls"]
    whole = client.get(url).content
    add(client, {"connection": "truncated"}, adapter="files")

    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        client.get(url)
    assert client.get(url).content == whole


def test_a_hanging_server_outlasts_the_patience_of_a_client(client: httpx.Client) -> None:
    add(client, {"connection": "hang"})

    with pytest.raises(httpx.ReadTimeout):
        client.post(f"/generate/{FLUX}", json={"prompt": "x"}, timeout=0.2)

    assert jobs(client) == 0


def test_a_hang_that_is_over_is_closed_without_an_answer(client: httpx.Client) -> None:
    add(client, {"connection": "hang", "lasting": "50ms"})

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        submit(client)


def test_a_hang_ends_with_the_server() -> None:
    with Served("--port", "0") as running:
        with running.client() as client:
            add(client, {"connection": "hang"})
            with pytest.raises(httpx.ReadTimeout):
                client.get("/jobs", timeout=0.2)
            add(client, {"connection": "hang"})
            with pytest.raises(httpx.ReadTimeout), running.client() as other:
                other.get("/jobs", timeout=0.2)
        _, _, errors = running.stop()

    assert running.process.returncode == 0
    assert "Traceback" not in errors


def test_a_drip_arrives_in_many_pieces_and_whole(client: httpx.Client) -> None:
    expected = client.get("/openapi.json").content
    add(client, {"connection": "drip", "lasting": "100ms"})

    began = time.monotonic()
    with client.stream("GET", "/openapi.json", headers={"Accept-Encoding": "identity"}) as answer:
        pieces = list(answer.iter_raw())

    assert b"".join(pieces) == expected
    assert len(pieces) >= 10
    assert time.monotonic() - began >= 0.09


def test_latency_comes_before_the_answer(client: httpx.Client) -> None:
    add(client, {"latency": "100ms"})

    began = time.monotonic()
    assert client.get("/jobs").status_code == 200
    assert time.monotonic() - began >= 0.09


def test_malformed_json_arrives_with_its_announced_length(client: httpx.Client) -> None:
    add(client, {"malformed": True})

    answer = submit(client)

    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_a_status_keeps_the_connection_for_the_next_request(client: httpx.Client, served: Served) -> None:
    add(client, {"status": 503})
    head = f"GET /jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"

    said = exchange(served, f"{head}\r\n{head}Connection: close\r\n\r\n")

    assert said.count(b"HTTP/1.1 503") == 1
    assert said.count(b"HTTP/1.1 200") == 1


def test_a_head_request_of_a_truncated_answer_gets_its_head(client: httpx.Client) -> None:
    add(client, {"connection": "truncated"})

    assert client.head("/openapi.json").status_code == 200


@pytest.mark.parametrize("word", ["reset", "lost"])
def test_a_magic_prompt_breaks_the_connection(client: httpx.Client, word: str) -> None:
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        submit(client, f"[[mock:{word}]]")

    assert jobs(client) == (word == "lost")


def test_broken_connections_leave_no_traceback_in_the_log() -> None:
    with Served("--port", "0", "--no-magic") as running:
        with running.client() as client:
            assert submit(client, "[[mock:reset]]").status_code == 200
            for connection in ("reset", "empty", "truncated"):
                add(client, {"connection": connection})
                with pytest.raises(httpx.TransportError):
                    client.get("/jobs")
        _, _, errors = running.stop()

    assert "Traceback" not in errors
    assert "ERROR" not in errors
