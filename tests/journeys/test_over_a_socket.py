"""Whole ways of a client, over a real socket to a real process: what a new user does in two minutes."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.asking import ADA, FLUX, KEY, KREA_2, KREA_2_BODY, Served, exchange
from tests.media.samples import png

AUTHORIZED = f"Host: localhost\r\nAuthorization: Bearer {KEY}\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """One server for all journeys of this module; each begins with a reset and a frozen clock."""
    with Served("--port", "0", "--seed", "0") as served:
        yield served


@pytest.fixture
def served(server: Served) -> Served:
    """The server, as new, its clock frozen."""
    with server.client() as client:
        client.post("/__mockkrea/reset").raise_for_status()
        client.post("/__mockkrea/clock", json={"action": "freeze"}).raise_for_status()
    return server


def test_a_picture_is_submitted_polled_downloaded_and_billed(served: Served) -> None:
    with served.client() as client:
        submitted = client.post(f"/generate/{KREA_2}", json=KREA_2_BODY).json()
        waiting = client.get(f"/jobs/{submitted['job_id']}").json()
        client.post("/__mockkrea/clock", json={"action": "run_until", "until": submitted["job_id"]})
        done = client.get(f"/jobs/{submitted['job_id']}").json()
        picture = client.get(done["result"]["urls"][0], headers={"Authorization": ""})
        bills = client.get(f"/__mockkrea/workspaces/{ADA}/ledger").json()["items"]

    assert (submitted["status"], waiting["status"], done["status"]) == ("queued", "queued", "completed")
    assert done["result"]["urls"][0].startswith(f"{served.url}/files/")
    assert Image.open(io.BytesIO(picture.content)).size == (1368, 768)
    assert [each["amount"] for each in bills if each["kind"] == "capture"] == [0.03]


def test_headers_of_a_proxy_that_nobody_named_change_no_url(served: Served) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}

    with served.client(headers=forwarded) as client:
        job_id = client.post(f"/generate/{FLUX}", json={"prompt": "x"}).json()["job_id"]
        client.post("/__mockkrea/clock", json={"action": "run_until", "until": "idle"})
        [url] = client.get(f"/jobs/{job_id}").json()["result"]["urls"]

    assert url.startswith(f"{served.url}/files/")


def test_uploads_are_received_and_served_in_chunks_and_go_with_the_server(tmp_path: Path) -> None:
    picture, too_large = png(300, 200), bytes(80_000_000)

    with Served("--port", "0", environment={"TMPDIR": str(tmp_path)}) as served:
        with served.client() as client:
            asset = client.post("/assets", files={"file": ("a fox.png", picture)}).json()
            refused = client.post("/assets", files={"file": too_large})
            file = client.get(asset["image_url"], headers={"Authorization": ""})
        [directory] = tmp_path.iterdir()
        assert len(list(directory.iterdir())) == 1
        served.stop()

    assert (asset["width"], asset["height"]) == (300, 200)
    assert file.content == picture
    assert (refused.status_code, "at most 75 MiB" in refused.json()["error"]) == (400, True)
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_is_cancelled_in_time_costs_nothing(served: Served) -> None:
    with served.client() as client:
        job_id = client.post(f"/generate/{FLUX}", json={"prompt": "x"}).json()["job_id"]
        deleted = client.request("DELETE", f"/jobs/{job_id}").json()
        client.post("/__mockkrea/clock", json={"action": "advance", "seconds": 3600})
        [ada, *_] = client.get("/__mockkrea/workspaces").json()["items"]

    assert deleted == {"job_id": job_id, "deleted": True}
    assert ada["usd"] == {"balance": 100, "held": 0, "available": 100}


def test_an_agent_that_runs_out_of_money_tops_up_and_goes_on(served: Served) -> None:
    with served.client() as client:
        client.post(f"/__mockkrea/workspaces/{ADA}/balance", json={"usd": 0.02})
        refused = client.post(f"/generate/{KREA_2}", json=KREA_2_BODY)
        client.post(f"/__mockkrea/workspaces/{ADA}/grant", json={"usd": 10})
        taken = client.post(f"/generate/{KREA_2}", json=KREA_2_BODY)

    assert (refused.status_code, taken.status_code) == (402, 200)
    assert "top up" in refused.json()["error"]


def test_a_body_may_come_in_chunks_without_a_length(served: Served) -> None:
    with served.client() as client:
        answer = client.post(
            f"/generate/{FLUX}",
            content=iter([b'{"prompt":', b' "a fox"}']),
            headers={"Content-Type": "application/json"},
        )

    assert answer.status_code == 200


def test_a_body_announced_as_too_large_is_refused_without_being_sent(served: Served) -> None:
    answer = exchange(
        served,
        f"POST /generate/{FLUX} HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\n"
        "Content-Length: 105000001\r\nConnection: close\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_cut_off_by_a_client_that_goes_away_leaves_no_job(served: Served) -> None:
    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=Served.WAIT_S) as connection:
        connection.sendall(
            f"POST /generate/{FLUX} HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\n"
            'Content-Length: 100\r\n\r\n{"prompt":'.encode()
        )

    with served.client() as client:
        assert client.get("/jobs").json()["items"] == []


def test_polls_may_be_pipelined_on_one_connection(served: Served) -> None:
    poll = f"GET /jobs?limit=1 HTTP/1.1\r\n{AUTHORIZED}\r\n"
    last = f"GET /jobs?limit=1 HTTP/1.1\r\n{AUTHORIZED}Connection: close\r\n\r\n"

    answer = exchange(served, poll * 4 + last)

    assert answer.count(b"HTTP/1.1 200 OK") == 5
    assert answer.count(b'{"items":[],"next_cursor":null}') == 5


def test_a_post_without_body_and_length_is_a_400_and_no_broken_connection(served: Served) -> None:
    answer = exchange(
        served,
        f"POST /generate/{FLUX} HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\n\r\n",
        f"GET /jobs HTTP/1.1\r\n{AUTHORIZED}Connection: close\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 200 OK" in answer


@pytest.mark.parametrize(
    "request_head",
    [
        "GET /health HTTP/1.1\r\nHost: evil.example",
        "GET /health HTTP/1.0",
        "GET /health HTTP/1.1\r\nHost: localhost/evil",
        "GET http://localhost/health HTTP/1.1\r\nHost: evil.example",
    ],
)
def test_a_foreign_or_missing_host_is_refused_on_the_wire_as_well(served: Served, request_head: str) -> None:
    answer = exchange(served, f"{request_head}\r\nConnection: close\r\n\r\n")

    assert answer.split(b" ", 2)[1] == b"421"


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\nnonsense\r\n\r\n"]
)
def test_nonsense_on_the_wire_is_answered_or_cut_and_the_server_goes_on(
    served: Served, nonsense: bytes
) -> None:
    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=Served.WAIT_S) as connection:
        connection.sendall(nonsense)

    with served.client() as client:
        assert client.get("/health").status_code == 200


def test_raw_bytes_in_a_path_or_query_are_no_mistake_of_the_server(served: Served) -> None:
    for path in (b"/jobs/\xff\xfe", b"/jobs?cursor=\xff", b"/__mockkrea/clock?\xff", b"/files/%ff%00"):
        answer = exchange(
            served, b"GET " + path + b" HTTP/1.1\r\n" + AUTHORIZED.encode() + b"Connection: close\r\n\r\n"
        )

        assert answer.split(b" ", 2)[1] in (b"400", b"404")


def test_head_over_the_wire_has_a_length_and_no_body(served: Served) -> None:
    answer = exchange(served, f"HEAD /jobs HTTP/1.1\r\n{AUTHORIZED}Connection: close\r\n\r\n")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length: 31" in head
    assert body == b""


def test_fifty_clients_at_once_get_fifty_jobs_and_one_bill_each(served: Served) -> None:
    bodies = [json.dumps({"prompt": f"fox {number}"}) for number in range(50)]
    requests = [
        f"POST /generate/{FLUX} HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        for body in bodies
    ]
    port = int(served.url.rpartition(":")[2])
    connections = [socket.create_connection(("127.0.0.1", port), timeout=Served.WAIT_S) for _ in requests]

    for connection, request in zip(connections, requests, strict=True):
        connection.sendall(request.encode())
    for connection in connections:
        with connection:
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")

    with served.client() as client:
        client.post("/__mockkrea/clock", json={"action": "run_until", "until": "idle"})
        jobs = client.get("/jobs").json()["items"]
        ledger = client.get(f"/__mockkrea/workspaces/{ADA}/ledger").json()["items"]
    assert len({job["job_id"] for job in jobs}) == 50
    assert [each["kind"] for each in ledger].count("capture") == 50
