"""Playing the steps of a scenario: what a well-behaved client would ask, over whatever carries a request.

Each step must be answered as it says, or with success if it says nothing; the first that is not is the
last that is taken.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mockkrea.core.clock import SECOND_US
from mockkrea.verification import shown

CLOCK = "/__mockkrea/clock"
JSON_HEADERS = {"Content-Type": "application/json"}
FIRST_ERROR = 400

# In the place of a status, where the connection broke.
NO_ANSWER = 0

# A PNG of one grey pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
BOUNDARY = "mockkrea-scenario"


class Reply(NamedTuple):
    """What was answered; the body as JSON, as text if it is none."""

    status: int
    body: Any


class Ask(Protocol):
    """Carries a request to the mock."""

    def __call__(
        self, method: str, path: str, *, headers: Mapping[str, str], content: bytes
    ) -> Awaitable[tuple[int, bytes]]:
        """The status, `NO_ANSWER` if there was none, and the bytes of the answer's body."""


class StepFailed(Exception):
    """A step was not answered as it says. Its message is a line for people."""


async def play(steps: Sequence[Mapping[str, Any]], ask: Ask, *, key: str) -> None:
    """Take all steps, one after the other.

    Args:
        key: the API token of steps that name none.

    Raises:
        StepFailed: one was answered otherwise; those behind it were not taken.
    """
    player = _Player(ask, key)
    for number, step in enumerate(steps, 1):
        [(act, facts)] = step.items()
        try:
            await player.take(act, facts)
        except StepFailed as reason:
            raise StepFailed(f"step {number}, {act}: {reason}") from None


class _Player:
    def __init__(self, ask: Ask, key: str) -> None:
        self._ask = ask
        self._key = key
        self._jobs: dict[str, str] = {}
        self._files: dict[str, str] = {}

    async def take(self, act: str, facts: Any) -> None:  # noqa: ANN401 - each act has its own
        """Take one step."""
        await getattr(self, f"_{act}")(facts)

    async def _submit(self, facts: Mapping[str, Any]) -> None:
        headers = {"X-Webhook-URL": facts["webhook"]} if "webhook" in facts else {}
        for _ in range(facts.get("times", 1)):
            reply = await self._request_as(
                facts, "POST", f"/generate/{facts['model']}", self._filled(facts.get("body", {})), headers
            )
            if "as" in facts and isinstance(reply.body, dict) and "job_id" in reply.body:
                self._jobs[facts["as"]] = reply.body["job_id"]

    async def _poll(self, facts: Mapping[str, Any]) -> None:
        for _ in range(facts.get("times", 1)):
            await self._request_as(facts, "GET", f"/jobs/{self._job(facts['job'])}")

    async def _cancel(self, facts: Mapping[str, Any]) -> None:
        await self._request_as(facts, "DELETE", f"/jobs/{self._job(facts['job'])}")

    async def _wait(self, name: str) -> None:
        until = name if name == "idle" and name not in self._jobs else self._job(name)
        await self._clock({"action": "run_until", "until": until})

    async def _advance(self, by_us: int) -> None:
        await self._clock({"action": "advance", "seconds": by_us / SECOND_US})

    async def _upload(self, facts: Mapping[str, Any]) -> None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n\r\n'
        content = head.encode() + PICTURE + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        reply = await self._sent(facts, "POST", "/assets", content, headers)
        if "as" in facts and isinstance(reply.body, dict) and "image_url" in reply.body:
            self._files[facts["as"]] = reply.body["image_url"]

    async def _request(self, facts: Mapping[str, Any]) -> None:
        await self._request_as(facts, facts.get("method", "GET"), facts["path"], facts.get("body"))

    async def _clock(self, body: Mapping[str, object]) -> None:
        await self._sent({}, "POST", CLOCK, json.dumps(body).encode(), JSON_HEADERS)

    async def _request_as(
        self,
        facts: Mapping[str, Any],
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        content = b"" if body is None else json.dumps(body).encode()
        typed = JSON_HEADERS if content else {}
        return await self._sent(facts, method, path, content, {**typed, **(headers or {})})

    async def _sent(
        self, facts: Mapping[str, Any], method: str, path: str, content: bytes, headers: Mapping[str, str]
    ) -> Reply:
        signed = {"Authorization": f"Bearer {facts.get('key', self._key)}", **headers}
        status, answer = await self._ask(method, path, headers=signed, content=content)
        reply = Reply(status, _read(answer))
        if not _is_wanted(status, facts):
            raise StepFailed(f"{method} {path}: expected {_wanted(facts)}, was {_said(reply)}")
        return reply

    def _job(self, name: str) -> str:
        if name not in self._jobs:
            raise StepFailed(f'there is no job "{name}": its submit was refused.')
        return self._jobs[name]

    def _filled(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """The body with the URLs of uploads in the place of their names."""
        if isinstance(value, dict):
            return {name: self._filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        if isinstance(value, str) and value.startswith("$"):
            return self._files.get(value[1:], value)
        return value


def _read(answer: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(answer)
    except ValueError:
        return answer.decode(errors="replace")


def _is_wanted(status: int, facts: Mapping[str, Any]) -> bool:
    if facts.get("lost"):
        return status == NO_ANSWER
    if "status" in facts:
        return bool(status == facts["status"])
    return NO_ANSWER < status < FIRST_ERROR


def _wanted(facts: Mapping[str, Any]) -> str:
    return "no answer" if facts.get("lost") else str(facts.get("status", "success"))


def _said(reply: Reply) -> str:
    if reply.status == NO_ANSWER:
        return "no answer"
    body = reply.body
    told = body.get("message", body.get("detail", "")) if isinstance(body, dict) else body
    return f"{reply.status} {shown(told)}".rstrip()
