"""Asks one mock what a client would ask it, past any proxy; nothing in its worlds changes."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from mockkrea.adapters.http import CONTROL_PATH
from mockkrea.target import Target

Json = dict[str, Any]

# Whatever may come instead of an answer; UnicodeError is the resolver's, of names that are none.
ERRORS = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)

# A job that no mock has: to be told that it is not there, a key has to be known.
NO_JOB = "00000000-0000-0000-0000-000000000000"


class NoAnswer(Exception):
    """There is no answer; the cause is one of `ERRORS`, and the message says it in words."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error) or type(error).__name__)
        self.error = error


class Health(NamedTuple):
    """What a mock says of itself at /health."""

    version: str
    world: str
    seed: int
    models: int
    catalogue: str

    @classmethod
    def of(cls, answer: httpx.Response) -> Health | None:
        """What the answer says; None if it is not mockkrea's."""
        body = object_of(answer) if answer.is_success else {}
        facts = [body.get(name) for name in cls._fields]
        kinds = [str, str, int, int, str]
        if not all(isinstance(fact, kind) for fact, kind in zip(facts, kinds, strict=True)):
            return None
        return cls(**{name: body[name] for name in cls._fields})

    def is_of(self, seen: object) -> bool:
        """Whether this is the same world of the same mock."""
        return isinstance(seen, Health) and (seen.world, seen.seed) == (self.world, self.seed)


class Mock:
    """The mock at one URL."""

    def __init__(self, at: Target, client: httpx.Client) -> None:
        self.url = at.url
        self.prefix = urlsplit(at.url).path
        self.has_token = at.admin_token is not None
        self._client = client
        self._headers = {"Authorization": f"Bearer {at.admin_token}"} if self.has_token else {}

    def get(self, url: str) -> httpx.Response:
        """GET, as anybody.

        Raises:
            NoAnswer: there is none.
        """
        return self._get(url, {})

    def control(self, path: str, *facts: str) -> Json | httpx.Response:
        """What a control call answers; the answer itself if it is a refusal, or lacks one of these facts.

        Raises:
            NoAnswer: there is none.
        """
        answer = self._get(f"{self.url}{CONTROL_PATH}/{path}", self._headers)
        body = object_of(answer) if answer.is_success else {}
        return body if body.keys() >= set(facts) else answer

    def knows(self, key: str) -> bool:
        """Whether it takes requests with this key.

        Raises:
            NoAnswer: there is none.
        """
        answer = self._get(f"{self.url}/jobs/{NO_JOB}", {"Authorization": f"Bearer {key}"})
        return answer.status_code != httpx.codes.UNAUTHORIZED

    def health_at(self, url: str) -> Health | httpx.Response | NoAnswer:
        """What the mock at this URL says of itself; what there is instead if it is none."""
        try:
            answer = self.get(f"{url}/health")
        except NoAnswer as nothing:
            return nothing
        return Health.of(answer) or answer

    def _get(self, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            return self._client.get(url, headers=headers)
        except ERRORS as error:
            raise NoAnswer(error) from None


def object_of(answer: httpx.Response) -> Json:
    """The JSON object that an answer is, else an empty one."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
