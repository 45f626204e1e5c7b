"""Webhooks from a server in a process of its own to one in this process."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread

import httpx
import pytest

from tests.asking import FLUX, Json, Served

WAIT_S = 20


class Receiver(ThreadingHTTPServer):
    """Keeps the jobs that come; answers at once or, when it hangs, not before it ends."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.jobs: Queue[Json] = Queue()
        self.answers = Event()
        self.answers.set()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}/hooks"


class Handler(BaseHTTPRequestHandler):
    """Takes one job."""

    server: Receiver

    def do_POST(self) -> None:
        self.server.jobs.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.answers.wait(WAIT_S)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver, served by a thread."""
    with Receiver() as receiver:
        thread = Thread(target=receiver.serve_forever)
        thread.start()
        yield receiver
        receiver.answers.set()
        receiver.shutdown()
        thread.join()


def submit(client: httpx.Client, url: str) -> str:
    """Submit a job with this webhook; its id."""
    answer = client.post(f"/generate/{FLUX}", json={"prompt": "a fox"}, headers={"X-Webhook-URL": url})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


@pytest.mark.parametrize("flags", [("--speed", "1000"), ("--progression", "immediate")])
def test_a_job_comes_by_itself_with_urls_that_its_receiver_can_open(
    receiver: Receiver, flags: tuple[str, str]
) -> None:
    with Served("--port", "0", *flags) as served, served.client() as client:
        job_id = submit(client, receiver.url)
        job = receiver.jobs.get(timeout=WAIT_S)

        assert (job["job_id"], job["status"]) == (job_id, "completed")
        assert job == client.get(f"/jobs/{job_id}").json()
        assert httpx.get(job["result"]["urls"][0], trust_env=False).status_code == 200
        assert receiver.jobs.empty()


def test_the_server_stops_within_a_second_while_a_receiver_keeps_it_waiting(receiver: Receiver) -> None:
    receiver.answers.clear()
    with Served("--port", "0", "--progression", "immediate") as served:
        with served.client() as client:
            submit(client, receiver.url)
        receiver.jobs.get(timeout=WAIT_S)

        seconds, _, err = served.stop(signal.SIGTERM)

        assert seconds < 1
        assert served.process.returncode == 0
        assert "Traceback" not in err


def test_beyond_loopback_only_named_hosts_are_sent_to(receiver: Receiver) -> None:
    flags = ("--port", "0", "--host", "0.0.0.0", "--webhook-host", "localhost", "--admin-token", "t")
    with Served(*flags, "--progression", "immediate") as served, served.client() as client:
        blocked_id = submit(client, receiver.url.replace("localhost", "127.0.0.1"))
        sent_id = submit(client, receiver.url)
        assert receiver.jobs.get(timeout=WAIT_S)["job_id"] == sent_id

        admin = {"Authorization": "Bearer t"}
        client.post("/__mockkrea/clock", json={"action": "run_until", "until": "idle"}, headers=admin)
        items = client.get("/__mockkrea/webhooks", headers=admin).json()["items"]

    statuses = {each["job"]["job_id"]: each["status"] for each in items}
    assert statuses == {blocked_id: "blocked", sent_id: "delivered"}
    assert receiver.jobs.empty()
