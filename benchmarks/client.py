"""A small HTTP client with one connection, for everything that is not load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from figures import NotMeasurable

TIMEOUT_S = 60

GENERATE = "/generate/image/bfl/flux-1-dev"
WORKSPACE = "/__mockkrea/workspaces/ada-personal"

# Enough for a million times as many jobs as a run makes.
GRANT_USD = 100_000_000


class Client:
    """Asks one server, and takes nothing but 200 for an answer. Numbers with a point are `Decimal`s."""

    def __init__(self, url: str, api_key: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str) -> Any:  # noqa: ANN401 - whatever the JSON says
        """What a GET answers."""
        return json.loads(self._asked("GET", path)[0], parse_float=Decimal)

    def post(self, path: str, body: object, *, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
        """What a POST of this body answers."""
        content, _ = self._asked("POST", path, json.dumps(body).encode(), headers or {})
        return json.loads(content, parse_float=Decimal)

    def download(self, path: str) -> tuple[bytes, float]:
        """A file, and the seconds until its answer began."""
        return self._asked("GET", path)

    def submit(self, body: object, count: int) -> list[str]:
        """Submit the same job `count` times; the ids."""
        return [str(self.post(GENERATE, body)["job_id"]) for _ in range(count)]

    def grant(self) -> None:
        """Give the workspace of the default key enough money for everything."""
        self.post(f"{WORKSPACE}/grant", {"usd": GRANT_USD})

    def let_all_end(self) -> None:
        """Move the clock to where every job has ended."""
        self.post("/__mockkrea/clock", {"action": "run_until", "until": "idle"})

    def _asked(
        self, method: str, path: str, body: bytes | None = None, more: Mapping[str, str] | None = None
    ) -> tuple[bytes, float]:
        headers = {**self._headers, **(more or {})}
        began_s = perf_counter()
        try:
            try:
                self._connection.request(method, path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                # The server has hung up, as it does after a long while without a request.
                self._connection.close()
                self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            waited_s = perf_counter() - began_s
            content = response.read()
        except (HTTPException, OSError) as error:
            raise NotMeasurable(f"{method} {path[:80]}: {error!r}") from error
        if response.status != 200:
            raise NotMeasurable(f"{method} {path[:80]} answered {response.status}: {content[:200]!r}")
        return content, waited_s
