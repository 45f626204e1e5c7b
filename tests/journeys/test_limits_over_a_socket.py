"""What a client can do to the process by what it sends, or by what it does not send."""

from __future__ import annotations

import io
import json
import os
import random
import re
import signal
import socket
import threading
import wave
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import httpx
import pytest

from tests.asking import FLUX, KEY, Served, exchange

HEAD = f"Host: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
LAST = f"GET /jobs HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n"

FUZZ_S = float(os.environ.get("MOCKKREA_FUZZ_SECONDS", "5"))

PARTS = [
    *(b"GET ", b"POST ", b"HEAD ", b"OPTIONS ", b"BREW ", b"CONNECT ", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    *(b"/jobs ", b"/__mockkrea/clock ", b"* ", b"http://x:y@z/ ", b"/w/a/jobs ", b"/%00%ff ", b"//// "),
    *(b"HTTP/1.1\r\n", b"HTTP/1.0\r\n", b"HTTP/9.9\r\n", b"\r\n", b"\n", b"\0", b"\xff\xfe", b": "),
    *(b"Host: localhost\r\n", b"Host: evil\r\n", b"Content-Length: 3\r\n", b"Content-Length: -1\r\n"),
    *(b"Content-Type: application/json\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"),
    *(b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"Connection: close\r\n", b"X-Request-Id: \x7f\xff\r\n"),
    *(f"Authorization: Bearer {KEY}\r\n".encode(), b"3\r\n{}\n\r\n", b"0\r\n\r\n", b"ffffffffffffffffff\r\n"),
    *(b"{" * 50, b"a" * 70_000, b"A: b\r\n" * 150),
]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("--port", "0") as running:
        yield running


def connection(served: Served) -> socket.socket:
    at = urlsplit(served.url)
    return socket.create_connection((at.hostname, at.port), timeout=Served.WAIT_S)


def open_files(served: Served) -> int:
    folder = Path(f"/proc/{served.process.pid}/fd")
    if not folder.is_dir():
        pytest.skip("this system has no /proc")
    return len(list(folder.iterdir()))


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def heard(served: Served, sent: bytes) -> bytes:
    """What the server says to these bytes, after which the client has no more to say."""
    with connection(served) as client:
        answer = b""
        with suppress(OSError):
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            while chunk := client.recv(65_536):
                answer += chunk
    return answer


def answers_again(served: Served) -> bool:
    return status_of(exchange(served, LAST)) == 200


@pytest.mark.parametrize(
    "fields",
    ["A: b\r\n" * 101, f"A: {'b' * 70_000}\r\n", "".join(f"A{n}: {'b' * 1000}\r\n" for n in range(90))],
    ids=["fields", "one long field", "many long fields"],
)
def test_a_head_with_too_much_in_it_is_refused_with_the_limits(served: Served, fields: str) -> None:
    answer = exchange(served, f"GET /jobs HTTP/1.1\r\n{HEAD}{fields}\r\n")

    assert status_of(answer) == 431
    assert b"100 fields and 65,536 bytes" in answer


def test_a_head_that_never_ends_is_refused_before_it_does(served: Served) -> None:
    with connection(served) as client:
        client.sendall(f"GET /jobs HTTP/1.1\r\n{HEAD}A: ".encode())
        answer = b""
        client.settimeout(0.01)
        for _ in range(1000):
            try:
                client.sendall(b"b" * 10_000)
                answer = client.recv(1000)
                break
            except TimeoutError:
                continue
            except OSError:
                break

    assert not answer or status_of(answer) == 431
    assert answers_again(served)


def test_a_path_of_any_length_is_refused_with_the_limits(served: Served) -> None:
    answer = exchange(served, f"GET /{'a' * 70_000} HTTP/1.1\r\n{HEAD}\r\n")

    assert status_of(answer) == 431


def test_many_requests_in_one_chunk_are_no_large_head(served: Served) -> None:
    poll = f"GET /jobs?limit=1 HTTP/1.1\r\n{HEAD}\r\n"
    count = 200_000 // len(poll)

    answer = exchange(served, poll * count + LAST)

    assert answer.count(b"HTTP/1.1 200 OK") == count + 1


@pytest.mark.parametrize(
    "nonsense",
    [
        "BREW /jobs HTTP/1.1\r\n\r\n",
        "GET /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "GET /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_a_400_and_the_end_of_the_connection(served: Served, nonsense: str) -> None:
    assert status_of(exchange(served, nonsense)) == 400


def test_a_request_before_nonsense_is_answered_all_the_same(served: Served) -> None:
    answer = exchange(served, f"GET /jobs HTTP/1.1\r\n{HEAD}\r\nnonsense\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_chunked_body_that_breaks_off_in_nonsense_is_refused(served: Served) -> None:
    answer = exchange(
        served,
        f"POST /generate/{FLUX} HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\nnonsense\r\n",
    )

    assert status_of(answer) == 400


def test_a_client_that_offers_http_2_gets_http_1_and_may_go_on(served: Served) -> None:
    """Java's client does so with its first request."""
    offer = f"GET /jobs HTTP/1.1\r\n{HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"

    assert exchange(served, offer + LAST).count(b"HTTP/1.1 200 OK") == 2
    assert exchange(served, offer, LAST).count(b"HTTP/1.1 200 OK") == 2


def test_options_of_a_path_names_its_methods(served: Served) -> None:
    answer = exchange(served, f"OPTIONS /jobs HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n")
    of_all = exchange(served, f"OPTIONS * HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n")

    assert status_of(answer) == 405
    assert b"allow: GET, HEAD" in answer
    assert status_of(of_all) == 404


def test_a_control_call_has_a_limit_of_its_own_for_bodies(served: Served) -> None:
    body = '{"action": "' + "x" * 10_000_001 + '"}'

    with served.client() as client:
        answer = client.post("/__mockkrea/clock", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert "10,000,000 bytes" in answer.json()["detail"]


def test_clients_that_go_away_leave_no_file_open(served: Served) -> None:
    assert answers_again(served)
    before = open_files(served)

    for sent in (b"", b"GET /jobs", f"GET /jobs HTTP/1.1\r\n{HEAD}".encode(), LAST.encode() * 3):
        with ExitStack() as stack:
            for _ in range(50):
                stack.enter_context(connection(served)).sendall(sent)
    for _ in range(200):
        assert answers_again(served)
        if open_files(served) <= before:
            break

    assert open_files(served) <= before


def test_a_half_closed_connection_is_let_go(served: Served) -> None:
    with connection(served) as client:
        client.sendall(f"POST /generate/{FLUX} HTTP/1.1\r\n{HEAD}Content-Length: 100\r\n\r\n".encode())
        client.shutdown(socket.SHUT_WR)

        assert b"200" not in client.recv(65_536)


def test_a_stop_does_not_wait_for_clients_that_are_in_the_middle_of_something() -> None:
    with Served("--port", "0") as served, ExitStack() as stack:
        for sent in (
            b"",
            b"GET /jobs",
            f"POST /generate/{FLUX} HTTP/1.1\r\n{HEAD}Content-Length: 9\r\n".encode(),
        ):
            stack.enter_context(connection(served)).sendall(sent)
        unfinished = stack.enter_context(connection(served))
        unfinished.sendall(
            f"POST /generate/{FLUX} HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n"
            "Content-Length: 9\r\n\r\n{".encode()
        )
        assert answers_again(served)
        seconds, _, errors = served.stop(signal.SIGTERM)

        assert served.process.returncode == 0
    assert seconds < 2
    assert "Traceback" not in errors


def begun(path: str, content_type: str, body: bytes, *, missing_bytes: int = 0) -> bytes:
    """A POST of which the last bytes are missing."""
    head = (
        f"POST {path} HTTP/1.1\r\n{HEAD}Accept: application/json, text/event-stream\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body) + missing_bytes}\r\n\r\n"
    )
    return head.encode() + body


def waiting_tool_call() -> bytes:
    """A message to `/mcp` whose answer takes minutes."""
    arguments = {"model": "video/google/veo-3.1", "sync": True, "timeoutSeconds": 300}
    call = {"name": "generate", "arguments": {**arguments, "input": {"prompt": "fog"}}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    return begun("/mcp", "application/json", json.dumps(message).encode())


def long_download(client: httpx.Client) -> bytes:
    """A request for more than a connection holds that nobody reads."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", "not compressed"))
        sound.writeframes(bytes(50_000_000))
    url = client.post("/assets", files={"file": file.getvalue()}).json()["image_url"]
    return f"GET {urlsplit(url).path} HTTP/1.1\r\n{HEAD}\r\n".encode()


@pytest.mark.parametrize("what", ["a tool call that waits", "a long download", "a slow upload"])
def test_a_stop_does_not_wait_for_what_takes_long(what: str) -> None:
    with Served("--port", "0") as served, connection(served) as busy, served.client() as client:
        if what == "a long download":
            busy.sendall(long_download(client))
            assert busy.recv(100).startswith(b"HTTP/1.1 200")
        elif what == "a slow upload":
            form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            content_type = "multipart/form-data; boundary=x"
            busy.sendall(begun("/assets", content_type, form, missing_bytes=10_000_000))
            assert answers_again(served)
        else:
            busy.sendall(waiting_tool_call())
            deadline_s = monotonic() + Served.WAIT_S
            while not client.get("/jobs").json()["items"]:
                assert monotonic() < deadline_s, "the call submitted nothing"

        seconds, _, errors = served.stop(signal.SIGTERM)

    assert served.process.returncode == 0
    assert seconds < 1
    assert "Traceback" not in errors


def test_no_bytes_at_all_make_the_server_fall_over(served: Served) -> None:
    """Random parts of requests, for `MOCKKREA_FUZZ_SECONDS`; the seed is printed."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)
    before = open_files(served)
    ends = monotonic() + FUZZ_S

    while monotonic() < ends:
        sent = b"".join(chance.choice(PARTS) for _ in range(chance.randint(1, 12)))
        if chance.random() < 0.3:
            spoiled = bytearray(sent)
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
            sent = bytes(spoiled)
        answer = heard(served, sent)
        for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer):
            assert status < b"500", (sent[:500], answer[:200])

    assert answers_again(served)
    assert open_files(served) <= before + 5
    assert served.process.poll() is None


def test_time_never_goes_backwards_whoever_moves_it(served: Served) -> None:
    """Eight clients freeze, resume, advance, hurry and run the clock, and each sees it go on only."""
    moves = [
        {"action": "advance", "seconds": 0.5},
        {"action": "freeze"},
        {"action": "run_until", "until": "idle"},
        {"action": "resume"},
        {"action": "speed", "speed": 50},
        {"action": "speed", "speed": 1},
    ]
    backwards: list[tuple[str, str]] = []

    def move(number: int) -> None:
        chance, last = random.Random(number), ""
        with served.client() as client:
            for _ in range(25):
                client.post(f"/generate/{FLUX}", json={"prompt": "x"})
                answer = client.post("/__mockkrea/clock", json=chance.choice(moves))
                now = client.get("/__mockkrea/clock").json()["now"]
                for shown in (answer.json()["now"], now):
                    if shown < last:
                        backwards.append((last, shown))
                    last = shown

    threads = [threading.Thread(target=move, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not backwards
    with served.client() as client:
        client.post("/__mockkrea/clock", json={"action": "resume"})
        requests = client.get("/__mockkrea/requests?limit=1000&method=POST").json()["items"]
        jobs = client.get("/jobs?limit=1000").json()["items"]
    assert [each["at"] for each in requests] == sorted(each["at"] for each in requests)
    assert all(job["created_at"] <= job.get("completed_at", "9") for job in jobs)
