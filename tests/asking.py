"""Asking a mock: one in this process whose time stands still, or one that serves in a process of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

import httpx
import hypothesis

from mockkrea.adapters.door import Door
from mockkrea.app import App
from mockkrea.core.catalogue import Catalogue
from mockkrea.core.initial_state import Setup
from mockkrea.core.jobs import Progression
from mockkrea.settings import Settings
from mockkrea.webhooks.dispatcher import Post
from mockkrea.worlds import WORLDS_MAX, Worlds
from tests.real_time import BEGINNING, RealTime

URL = "http://127.0.0.1:5732"
KEY = "mockkrea:dev"
ADA = "ada-personal"
LIN = "lin-personal"

FLUX = "image/bfl/flux-1-dev"
KREA_2 = "image/krea/krea-2/medium"
KREA_2_BODY = {"prompt": "a lighthouse in fog", "aspect_ratio": "16:9", "resolution": "1K"}
FLUX_USD = 0.007

DEFAULTS = Settings()
IMMEDIATE = Settings(progression=Progression.IMMEDIATE)

# Two cores are shared by many: an example may take its time.
TIMELESS = hypothesis.settings(deadline=None, max_examples=60)

Json: TypeAlias = Any
Headers: TypeAlias = Mapping[str, str]


def data_uri(content: bytes, media_type: str = "image/png") -> str:
    """The bytes as a base64 data URI."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


class Mailbox:
    """Where webhooks of a mock in this process arrive: what came, and how it is answered.

    `answers` are the next ones, each a status or an error; after them every webhook is answered 200.
    """

    def __init__(self) -> None:
        self.got: list[tuple[str, Json]] = []
        self.arrived = asyncio.Event()
        self.answers: list[int | Exception] = []

    async def __call__(self, url: str, body: bytes) -> int:
        self.got.append((url, json.loads(body)))
        self.arrived.set()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def jobs(self) -> list[Json]:
        """The jobs that came."""
        return [job for _, job in self.got]


class Krea:
    """A mock in this process, and a client that has the default key."""

    def __init__(
        self,
        worlds: Worlds,
        real_time: RealTime,
        runner: asyncio.Runner,
        *,
        door: Door | None = None,
        post: Post | None = None,
        app: App | None = None,
    ) -> None:
        self.worlds = worlds
        self.tenant = worlds.default
        self.real_time = real_time
        self.mailbox = Mailbox()
        self.app = app or App(worlds, door or Door(), post=post or self.mailbox)
        self.run = runner.run
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=URL)

    def ask(
        self, method: str, path: str, *, key: str | None = KEY, headers: Headers | None = None, **rest: Json
    ) -> httpx.Response:
        """Send a request as httpx would, with `key` as its bearer token."""
        token = {} if key is None else {"Authorization": f"Bearer {key}"}
        return self.run(self.client.request(method, path, headers=token | dict(headers or {}), **rest))

    def get(self, path: str, **rest: Json) -> httpx.Response:
        """GET."""
        return self.ask("GET", path, **rest)

    def generate(self, model: str, body: Json, **rest: Json) -> httpx.Response:
        """POST a body to a model."""
        return self.ask("POST", f"/generate/{model}", json=body, **rest)

    def post(self, path: str, content: bytes, **rest: Json) -> httpx.Response:
        """POST these bytes, called JSON."""
        return self.ask("POST", path, content=content, headers={"Content-Type": "application/json"}, **rest)

    def upload(self, content: bytes, *, key: str = KEY, **fields: str) -> Json:
        """Upload a file that is taken; the asset."""
        answer = self.ask("POST", "/assets", key=key, files={"file": ("blob", content)}, data=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def submit(self, model: str = FLUX, *, key: str = KEY, hook: str = "", **body: Json) -> str:
        """Submit a job that is taken, and that tells `hook` of its end; its id."""
        headers = {"X-Webhook-URL": hook} if hook else {}
        answer = self.generate(model, {"prompt": "a fox"} | body, key=key, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["job_id"])

    def job(self, job_id: str) -> Json:
        """Poll a job that is there."""
        answer = self.get(f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def cancel(self, job_id: str) -> Json:
        """DELETE a job that is there."""
        answer = self.ask("DELETE", f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def listed(self, **query: Json) -> list[str]:
        """The ids on one page of the list."""
        answer = self.get("/jobs", params=query)
        assert answer.status_code == 200, answer.text
        return [each["job_id"] for each in answer.json()["items"]]

    def control(self, path: str, body: Json = None) -> Json:
        """A control call that is obeyed: a POST if there is a body."""
        answer = self.ask_control(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask_control(self, path: str, body: Json = None, **rest: Json) -> httpx.Response:
        """A control call: a POST if there is a body."""
        method, json = ("GET", {}) if body is None else ("POST", {"json": body})
        return self.ask(method, f"/__mockkrea/{path}", key=None, **json, **rest)

    def clock(self, action: str, **rest: Json) -> Json:
        """Move the clock through the control API; what it shows then."""
        return self.control("clock", {"action": action} | rest)

    def outcome(self, job_id: str, **outcome: Json) -> Json:
        """End a job through the control API; the job."""
        return self.control(f"jobs/{job_id}/outcome", outcome)

    def usd(self, workspace_id: str = ADA) -> Json:
        """What a workspace has on its USD meter."""
        [found] = [each for each in self.control("workspaces")["items"] if each["id"] == workspace_id]
        return found["usd"]

    def entries(self, kind: str) -> list[Json]:
        """The entries of one kind in the ledger of the default key's workspace."""
        return [each for each in self.control(f"workspaces/{ADA}/ledger")["items"] if each["kind"] == kind]

    def deliver(self) -> list[Json]:
        """Send the webhooks that are due; all jobs that have come."""
        self.run(self.app.dispatcher.drain(self.tenant))
        return self.mailbox.jobs

    def webhooks(self) -> list[Json]:
        """What the control API tells of webhooks."""
        items: list[Json] = self.control("webhooks")["items"]
        return items

    def state(self) -> bytes:
        """The whole world, byte for byte."""
        return self.run(self.tenant.query(lambda state: state.as_bytes()))

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fail if what happens inside changes the world."""
        before = self.state()
        yield
        assert self.state() == before

    def raw(self, scope: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]) -> tuple[int, bytes]:
        """Call the application with a scope and body messages that no client library would send."""
        headers = list(scope.get("headers", ()))
        if not any(name == b"host" for name, _ in headers):
            headers.insert(0, (b"host", b"127.0.0.1:5732"))
        whole = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": f"/generate/{FLUX}",
            "query_string": b"",
            **scope,
            "headers": headers,
        }
        waiting = iter(messages)
        sent: list[Json] = []

        async def receive() -> Json:
            return next(waiting)

        async def send(message: Json) -> None:
            sent.append(message)

        async def call() -> None:
            await self.app(whole, receive, send)

        self.run(call())
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)

    def close(self) -> None:
        """Close the client, and end what the application runs."""
        self.run(self.client.aclose())
        self.run(self.app.close())


def lasting_headers(answer: httpx.Response) -> dict[str, str]:
    """The headers that a second answer to the same question has as well."""
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


class MakeKrea(Protocol):
    """Makes mocks that differ from the usual one in their settings, seed, people or models."""

    def __call__(
        self,
        settings: Settings = DEFAULTS,
        *,
        seed: int = 0,
        setup: Setup | None = None,
        catalogue: Catalogue | None = None,
        door: Door | None = None,
        worlds_max: int = WORLDS_MAX,
        beginning: str = BEGINNING,
    ) -> Krea:
        """A fresh mock."""


class Served:
    """`mockkrea serve` in a process of its own. Entering waits until it is ready, leaving ends it."""

    WAIT_S = 20

    def __init__(self, *arguments: str, environment: Headers | None = None) -> None:
        # A pipe that nobody reads would stop the server after some hundred lines.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the server is left
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mockkrea", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # Unbuffered, so that what follows the first line is still there for `stop`.
            bufsize=0,
            env=clean_environment() | dict(environment or {}),
        )
        self.first_line = ""

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.first_line.split()[-1]

    def __enter__(self) -> Served:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], self.WAIT_S)
        self.first_line = self.process.stdout.readline().decode() if ready else ""
        if not self.first_line:
            self.process.kill()
            self.process.communicate()
            raise AssertionError(f"the server did not start: {self._said()}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self._errors.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[float, str, str]:
        """Send a signal: how many seconds the end took, and the rest of stdout and stderr."""
        began = time.monotonic()
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=self.WAIT_S)
        return time.monotonic() - began, out.decode(), self._said()

    def wait_for_log(self, text: str) -> None:
        """Wait until its stderr says this."""
        deadline = time.monotonic() + self.WAIT_S
        while text not in self._said():
            assert self.process.poll() is None, f"the server ended: {self._said()}"
            assert time.monotonic() < deadline, f"it did not say {text!r}, but: {self._said()}"
            os.sched_yield()

    def _said(self) -> str:
        size = os.fstat(self._errors.fileno()).st_size
        # Read at a place of our own: the server writes at the one that we share with it.
        return os.pread(self._errors.fileno(), size, 0).decode()

    def client(self, *, headers: Headers | None = None) -> httpx.Client:
        """A client with the default key that takes no proxy from the environment."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {KEY}"} | dict(headers or {}),
            trust_env=False,
            timeout=self.WAIT_S,
        )


def exchange(served: Served, *sent: str | bytes) -> bytes:
    """Everything the server says to these bytes, until it closes the connection."""
    at = urlsplit(served.url)
    with socket.create_connection((at.hostname, at.port), timeout=Served.WAIT_S) as connection:
        for part in sent:
            connection.sendall(part if isinstance(part, bytes) else part.encode())
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


def clean_environment() -> dict[str, str]:
    """This process's environment without mockkrea's own variables."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MOCKKREA_")}


def facts_in(path: Path) -> Json:
    """The ready file, once it is there; it appears right after the ready line."""
    deadline = time.monotonic() + Served.WAIT_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        os.sched_yield()
    return json.loads(path.read_text(encoding="utf-8"))
