"""Playing the steps of a scenario: what a well-behaved client would ask, over whatever carries a request.

Each step must be answered as it says, or with success if it says nothing; the first that is not is the
last that is taken. What a step keeps (`as`), later ones name (`kept.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from mockkrea.core.clock import SECOND_US
from mockkrea.scenario.kept import Missing, filled
from mockkrea.scenario.replies import Reply, StepFailed, check
from mockkrea.scenario.shapes import Facts
from mockkrea.scenario.source import Place
from mockkrea.scenario.step_format import IDLE

CONTROL = "/__mockkrea"
MCP = "/mcp"
TOKEN = "/auth/v1/oauth/token"
REGISTER = "/auth/v1/oauth/clients/register"

JSON_HEADERS = {"Content-Type": "application/json"}
FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
MCP_HEADERS = {**JSON_HEADERS, "Accept": "application/json, text/event-stream"}

CLIENT = {"client_name": "mockkrea scenario", "redirect_uris": ["http://localhost/callback"]}

# What stands before the path of a URL that a world gave.
BEFORE_PATH = re.compile(r"https?://[^/]+(?:/w/[^/]+)?(?=/)")

# A PNG of one grey pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
BOUNDARY = "mockkrea-scenario"
UPLOAD_HEADERS = {
    "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    "Accept": "application/json",
}


class Ask(Protocol):
    """Carries a request to the mock."""

    def __call__(
        self, method: str, path: str, *, headers: Mapping[str, str], content: bytes
    ) -> Awaitable[tuple[int, bytes]]:
        """The status, `NO_ANSWER` if there was none, and the bytes of the answer's body."""


class _Sent(NamedTuple):
    """A request without whoever asks it."""

    method: str
    path: str
    content: bytes = b""
    headers: Mapping[str, str] = {}

    @classmethod
    def json(cls, path: str, body: object, *, method: str = "POST") -> _Sent:
        return cls(method, path, json.dumps(body).encode(), JSON_HEADERS)


async def play(
    steps: Sequence[tuple[Place, Facts]],
    ask: Ask,
    *,
    key: str,
    sessions: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Take all steps, one after the other.

    Args:
        steps: each with the place where it stands.
        key: the API token of steps that name none.
        sessions: the tokens that clients have from before, by the names of their sessions.

    Raises:
        StepFailed: one was answered otherwise; those behind it were not taken.
    """
    player = _Player(ask, key, sessions or {})
    for number, (place, step) in enumerate(steps, 1):
        [(act, facts)] = step.items()
        try:
            await player.take(act, facts)
        except (StepFailed, Missing) as reason:
            raise StepFailed(f"{place}: step {number}, {act}: {reason}") from None


class _Player:
    def __init__(self, ask: Ask, key: str, sessions: Mapping[str, Mapping[str, str]]) -> None:
        self._ask = ask
        self._key = key
        self._kept: dict[str, Any] = dict(sessions)
        self._client_id = ""
        self._acts: dict[str, Callable[[Any], Awaitable[None]]] = {
            "submit": self._submit,
            "call": self._call,
            "poll": self._poll,
            "cancel": self._cancel,
            "wait": self._wait,
            "advance": self._advance,
            "upload": self._upload,
            "sign_in": self._sign_in,
            "refresh": self._refresh,
            "expire": self._expire,
            "revoke": self._revoke,
            "request": self._request,
        }

    async def take(self, act: str, facts: Any) -> None:  # noqa: ANN401 - each act has its own
        """Take one step."""
        await self._acts[act](facts)

    async def _submit(self, facts: Facts) -> None:
        sent = _Sent.json(f"/generate/{facts['model']}", self._filled(facts.get("body", {})))
        if "webhook" in facts:
            sent = sent._replace(headers={**sent.headers, "X-Webhook-URL": facts["webhook"]})
        for _ in range(facts.get("times", 1)):
            await self._asked(facts, sent)

    async def _call(self, facts: Facts) -> None:
        params = {"name": facts["tool"], "arguments": self._filled(facts.get("arguments", {}))}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        sent = _Sent("POST", MCP, json.dumps(message).encode(), MCP_HEADERS)
        for _ in range(facts.get("times", 1)):
            await self._asked(facts, sent, called=facts["tool"])

    async def _poll(self, facts: Facts) -> None:
        for _ in range(facts.get("times", 1)):
            await self._asked(facts, _Sent("GET", f"/jobs/{self._job(facts['job'])}"))

    async def _cancel(self, facts: Facts) -> None:
        await self._asked(facts, _Sent("DELETE", f"/jobs/{self._job(facts['job'])}"))

    async def _wait(self, name: str) -> None:
        until = name if name == IDLE and name not in self._kept else self._job(name)
        await self._control("clock", {"action": "run_until", "until": until})

    async def _advance(self, by_us: int) -> None:
        await self._control("clock", {"action": "advance", "seconds": by_us / SECOND_US})

    async def _upload(self, facts: Facts) -> None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n\r\n'
        content = head.encode() + PICTURE + f"\r\n--{BOUNDARY}--\r\n".encode()
        path = BEFORE_PATH.sub("", self._filled(facts.get("to", "/assets")))
        # Whoever has a presigned URL needs no token, and sends none.
        await self._asked(facts, _Sent("POST", path, content, UPLOAD_HEADERS), signed="to" not in facts)

    async def _sign_in(self, facts: Facts) -> None:
        wanted = {name: facts[name] for name in ("person", "workspace", "legacy") if name in facts}
        if "expires_in" in facts:
            wanted["expires_in"] = facts["expires_in"] // SECOND_US
        await self._control("oauth/issue", wanted, facts)

    async def _refresh(self, facts: Facts) -> None:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._filled(f"${facts['session']}.refresh_token"),
            "client_id": await self._registered(),
        }
        sent = _Sent("POST", TOKEN, urlencode(form).encode(), FORM_HEADERS)
        await self._asked({**facts, "as": facts["session"]}, sent, signed=False)

    async def _expire(self, session: str) -> None:
        await self._control("oauth/expire", {"token": self._filled(f"${session}.access_token")})

    async def _revoke(self, session: str) -> None:
        await self._control("oauth/revoke", {"token": self._filled(f"${session}.access_token")})

    async def _request(self, facts: Facts) -> None:
        method, path = facts.get("method", "GET"), BEFORE_PATH.sub("", str(self._filled(facts["path"])))
        body = self._filled(facts.get("body"))
        sent = _Sent(method, path) if body is None else _Sent.json(path, body, method=method)
        await self._asked(facts, sent)

    async def _control(self, path: str, body: object, facts: Facts | None = None) -> None:
        await self._asked(facts or {}, _Sent.json(f"{CONTROL}/{path}", body), signed=False)

    async def _registered(self) -> str:
        if not self._client_id:
            reply = await self._asked({}, _Sent.json(REGISTER, CLIENT), signed=False)
            self._client_id = reply.body["client_id"]
        return self._client_id

    async def _asked(self, facts: Facts, sent: _Sent, *, called: str = "", signed: bool = True) -> Reply:
        """Send a request and see how it is answered; `called` is the tool whose answer that is."""
        key = self._filled(facts["key"]) if "key" in facts else self._key
        headers = {**({"Authorization": f"Bearer {key}"} if signed else {}), **sent.headers}
        reply = Reply.read(*await self._ask(sent.method, sent.path, headers=headers, content=sent.content))
        if called:
            reply = reply.of_tool()
        check(reply, facts, called or f"{sent.method} {sent.path}", self._kept)
        if "as" in facts and reply.is_success:
            self._kept[facts["as"]] = reply.body
        return reply

    def _job(self, name: str) -> str:
        if name not in self._kept:
            raise StepFailed(f'there is no job "{name}": its submit gave no job.')
        return str(self._filled(f"${name}.job_id"))

    def _filled(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        return filled(value, self._kept)
