"""Requests that wait for their answer, and those whose clients do not: over a socket."""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.asking import FLUX, KEY, Json, Served

BODY = b'{"prompt":"a fox"}'

# How a page of the dashboard shows what was answered: its tone and its words.
STATUS_SHOWN = r'class="status (\w+)">([^<]+)<'


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("--port", "0", "--progression", "immediate") as running:
        yield running


@pytest.fixture
def control(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        client.post("/__mockkrea/reset").raise_for_status()
        yield client
        # Whoever still waits goes on.
        client.post("/__mockkrea/reset").raise_for_status()


class Asking:
    """A client that has sent a whole request and reads nothing yet."""

    def __init__(self, served: Served, body: bytes = BODY) -> None:
        at = urlsplit(served.url)
        self._socket = socket.create_connection((at.hostname, at.port), timeout=Served.WAIT_S)
        self._socket.sendall(
            f"POST /generate/{FLUX} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    def answer(self) -> bytes:
        return self._socket.recv(65_536)

    def say_no_more(self) -> None:
        """Close the sending half, as `nc -N` does, and wait for the answer."""
        self._socket.shutdown(socket.SHUT_WR)

    def go_away(self) -> None:
        """Reset the connection, so that the server knows at once."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


def logged(control: httpx.Client, *, when: Callable[[Json], bool]) -> Json:
    """The only request in the log, once it is so."""
    deadline = time.monotonic() + Served.WAIT_S
    while True:
        items = control.get("/__mockkrea/requests").raise_for_status().json()["items"]
        if items and when(items[0]):
            [item] = items
            return item
        assert time.monotonic() < deadline, f"it did not come about, but: {items}"
        os.sched_yield()


def wait_for_jobs(control: httpx.Client, count: int) -> None:
    """Wait until there are so many."""
    deadline = time.monotonic() + Served.WAIT_S
    while len(control.get("/jobs").raise_for_status().json()["items"]) < count:
        assert time.monotonic() < deadline, "the jobs were not made"
        os.sched_yield()


def let(control: httpx.Client, **then: Json) -> None:
    """Let generations go wrong like that."""
    rule = {"when": {"path": "/generate/**"}, "then": then}
    control.post("/__mockkrea/faults", json=rule).raise_for_status()


def verify(control: httpx.Client, **question: Json) -> int:
    return control.post("/__mockkrea/requests/verify", json=question).status_code


@pytest.mark.parametrize(
    "then",
    [
        {"latency": "20s"},
        {"latency": "20s", "phase": "after_apply"},
        {"connection": "hang", "lasting": "20s"},
    ],
)
def test_a_request_is_in_the_log_before_it_is_answered(
    served: Served, control: httpx.Client, then: Json
) -> None:
    let(control, **then)
    client = Asking(served)

    item = logged(control, when=lambda item: item["request_body"] is not None)

    assert (item["status"], item["unanswered"], item["answer_body"]) == (0, "pending", None)
    assert item["request_body"] == {"prompt": "a fox"}
    assert verify(control, match={"path": "/generate/**", "body": {"prompt": "a fox"}}, times=1) == 200
    assert verify(control, match={"path": "/generate/**", "status": 200}) == 422
    client.go_away()


def test_a_pending_request_becomes_one_with_an_answer(served: Served, control: httpx.Client) -> None:
    let(control, latency="300ms")
    client = Asking(served)
    logged(control, when=lambda item: item["unanswered"] == "pending")

    assert b"200 OK" in client.answer()

    item = logged(control, when=lambda item: True)
    assert (item["status"], item["unanswered"]) == (200, None)
    client.go_away()


def test_a_client_that_says_no_more_is_not_taken_for_gone_and_gets_its_answer(
    served: Served, control: httpx.Client
) -> None:
    let(control, latency="300ms")
    client = Asking(served)
    client.say_no_more()
    seen = logged(control, when=lambda item: item["request_body"] is not None)

    assert b"200 OK" in client.answer()

    assert seen["unanswered"] == "pending"
    item = logged(control, when=lambda item: True)
    assert (item["status"], item["unanswered"]) == (200, None)
    client.go_away()


def test_a_client_that_went_away_is_told_of_at_once_and_in_the_end(
    served: Served, control: httpx.Client
) -> None:
    let(control, latency="500ms")
    client = Asking(served)
    logged(control, when=lambda item: item["unanswered"] == "pending")

    client.go_away()

    item = logged(control, when=lambda item: item["unanswered"] != "pending")
    assert (item["status"], item["unanswered"]) == (0, "the client went away before the answer")

    wait_for_jobs(control, 1)


def test_the_dashboard_tells_a_request_that_waits_from_one_whose_client_went_away(
    served: Served, control: httpx.Client
) -> None:
    gone = "<p>The client went away before the answer.</p>"
    let(control, latency="20s")
    client = Asking(served)
    logged(control, when=lambda item: item["fault_id"] is not None)

    page = control.get("/__mockkrea/ui/requests").text
    assert re.findall(STATUS_SHOWN, page) == [("wait", "pending")]
    assert gone not in page
    assert "nothing was answered" not in page

    client.go_away()
    logged(control, when=lambda item: item["unanswered"] != "pending")

    page = control.get("/__mockkrea/ui/requests").text
    assert re.findall(STATUS_SHOWN, page) == [("bad", "no answer")]
    assert gone in page
    assert "nothing was answered" not in page


@pytest.mark.parametrize("then", [{"connection": "reset"}, {"connection": "empty"}, {"status": 503}])
def test_the_log_has_the_body_of_a_request_that_a_fault_stopped_before_anybody_read_it(
    served: Served, control: httpx.Client, then: Json
) -> None:
    let(control, **then)
    client = Asking(served)

    item = logged(control, when=lambda item: item["unanswered"] != "pending")

    assert (item["request_body"], item["request_bytes"]) == ({"prompt": "a fox"}, len(BODY))
    client.go_away()


def test_what_came_whole_is_done_whether_or_not_its_client_waits(
    served: Served, control: httpx.Client
) -> None:
    let(control, latency="200ms")
    clients = [Asking(served) for _ in range(20)]
    for client in clients:
        client.go_away()

    wait_for_jobs(control, len(clients))
    items = control.get("/__mockkrea/requests?path=/generate/**").raise_for_status().json()["items"]
    assert {item["status"] for item in items} == {0}
