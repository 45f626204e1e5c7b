"""Requests that wait, over a real socket: what becomes of them when the server stops or their client goes."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.asking import FLUX, KEY, Json, Served

ACCEPT = {"Accept": "application/json, text/event-stream"}

# It takes a video of any length; one of a minute in 1080p is a matter of ten seconds.
LONG_VIDEO = "video/bytedance/seedance-1.0-pro"

# In the place of a package whose import takes seconds where the cores are busy.
ENDLESS_IMPORT = """
import sys
print("endless import", file=sys.stderr, flush=True)
while True:
    try:
        __import__(f"{__name__}.nowhere")
    except ImportError:
        pass
"""


def sync_call(prompt: str = "a fox") -> Json:
    arguments = {"model": FLUX, "input": {"prompt": prompt}, "sync": True, "timeoutSeconds": 300}
    params = {"name": "generate", "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


@contextmanager
def asked(served: Served, path: str, body: Json) -> Iterator[Future[httpx.Response]]:
    """What a client will be answered that asks beside the test."""
    with served.client(headers=ACCEPT) as client, ThreadPoolExecutor(1) as beside:
        yield beside.submit(client.post, path, json=body)


def jobs_once_there(served: Served) -> list[Json]:
    """The jobs, as soon as there are any."""
    return until_there(served, "/jobs")


def until_there(served: Served, path: str) -> list[Json]:
    """The items of a list, as soon as it has any."""
    deadline = time.monotonic() + Served.WAIT_S
    with served.client() as client:
        while not (items := client.get(path).json()["items"]):
            assert time.monotonic() < deadline, f"{path} stays empty"
            os.sched_yield()
    return list(items)


def until_pending(client: httpx.Client, count: int) -> None:
    """Wait until so many requests for files wait for their answers."""
    deadline = time.monotonic() + Served.WAIT_S
    while True:
        logged = client.get("/__mockkrea/requests").json()["items"]
        if sum(each["path"].startswith("/files/") and each["status"] == 0 for each in logged) == count:
            return
        assert time.monotonic() < deadline, logged


def until_met(served: Served) -> None:
    """Wait until the fault of this server has met its request, which has its latency before it."""
    deadline = time.monotonic() + Served.WAIT_S
    with served.client() as client:
        while client.get("/__mockkrea/faults").json()["items"][0]["fired"] == 0:
            assert time.monotonic() < deadline, "the fault is not met"
            os.sched_yield()


def test_a_stop_ends_the_making_of_long_videos() -> None:
    body = {"prompt": "fog", "resolution": "1080p", "duration": 60}
    with Served("--port", "0", "--progression", "immediate") as served, ExitStack() as stack:
        client = stack.enter_context(served.client())
        asked_for = []
        for _ in range(2):
            job = client.post(f"/generate/{LONG_VIDEO}", json=body).json()
            path = f"/files/videos/{job['job_id']}.mp4"
            client.get(f"/jobs/{job['job_id']}")
            beside = stack.enter_context(ThreadPoolExecutor(1))
            asked_for.append(beside.submit(httpx.get, served.url + path, trust_env=False, timeout=60))
        until_pending(client, 2)

        seconds, _, errors = served.stop()

        assert served.process.returncode == 0
        assert seconds < 1
        assert [each.result().status_code for each in asked_for] == [503, 503]
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("package", "path", "body"),
    [("mcp", "/mcp", sync_call()), ("fastapi", "/__mockkrea/clock", {"action": "freeze"})],
)
def test_a_stop_ends_the_import_that_a_first_request_waits_for(
    tmp_path: Path, package: str, path: str, body: Json
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text(ENDLESS_IMPORT, encoding="utf-8")
    folders = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    with (
        Served("--port", "0", environment={"PYTHONPATH": folders}) as served,
        asked(served, path, body) as future,
    ):
        served.wait_for_log("endless import")

        _, _, errors = served.stop()

        assert served.process.returncode == 0
        assert future.result().status_code == 503
    assert "Traceback" not in errors


def test_a_sync_call_is_answered_with_its_job_when_the_server_stops() -> None:
    with Served("--port", "0") as served, asked(served, "/mcp", sync_call()) as future:
        [job] = jobs_once_there(served)
        _, _, errors = served.stop()
        answer = future.result()

    result = answer.json()["result"]
    assert served.process.returncode == 0
    assert result["structuredContent"]["job_id"] == job["job_id"]
    assert result["structuredContent"]["timedOut"] is True
    assert "stops" in result["_meta"]["mockkrea/reason"]
    assert "ERROR" not in errors


@pytest.mark.parametrize("when", [{"model": FLUX}, {"adapter": "rest"}])
def test_a_request_that_has_not_begun_is_told_that_the_server_stops(when: Json) -> None:
    with Served("--port", "0") as served:
        with served.client() as client:
            fault = {"when": when, "then": {"latency": "60s"}, "times": 1}
            client.post("/__mockkrea/faults", json=fault).raise_for_status()
        with asked(served, f"/generate/{FLUX}", {"prompt": "a fox"}) as future:
            until_met(served)
            _, _, errors = served.stop()
            answer = future.result()

    assert answer.status_code == 503
    assert "stops" in answer.json()["error"]
    assert "ERROR" not in errors


def test_half_a_body_is_answered_in_kreas_shape_when_the_server_stops() -> None:
    head = (
        f"POST /generate/{FLUX} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    with Served("--port", "0") as served:
        at = urlsplit(served.url)
        with socket.create_connection((at.hostname, at.port), timeout=Served.WAIT_S) as half:
            half.sendall(head.encode())
            with served.client() as client:
                client.get("/health")
            _, _, errors = served.stop()
            answer = half.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert "stops" in json.loads(answer.partition(b"\r\n\r\n")[2])["message"]
    assert "ERROR" not in errors


def test_a_sync_call_whose_client_has_gone_ends_unanswered_and_its_job_goes_on() -> None:
    with Served("--port", "0") as served:
        body = json.dumps(sync_call()).encode()
        at = urlsplit(served.url)
        with socket.create_connection((at.hostname, at.port), timeout=Served.WAIT_S) as connection:
            connection.sendall(
                f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
                f"Accept: {ACCEPT['Accept']}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            [job] = jobs_once_there(served)
        [logged] = until_there(served, "/__mockkrea/requests?adapter=mcp")
        with served.client() as client:
            client.post("/__mockkrea/clock", json={"action": "run_until", "until": job["job_id"]})
            ended = client.get(f"/jobs/{job['job_id']}").json()
        _, _, errors = served.stop()

    assert (logged["status"], logged["answer_body"]) == (0, None)
    assert ended["status"] == "completed"
    assert "ERROR" not in errors
