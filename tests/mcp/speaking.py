"""Speaking MCP with a mock in this process: raw messages of each era; and one face for every adapter."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Protocol

import httpx

from tests.asking import KEY, Headers, Json, Krea

IN_JSON = {"Accept": "application/json"}
CLIENT = {"name": "test", "version": "1"}


class Era(StrEnum):
    """The revisions that clients speak: with a handshake, and without."""

    FIRST_STREAMABLE = "2025-03-26"
    HANDSHAKE = "2025-11-25"
    MODERN = "2026-07-28"


class Speaker:
    """A client that sends what it is told, with these headers besides, and takes whatever comes."""

    def __init__(
        self,
        krea: Krea,
        era: Era = Era.HANDSHAKE,
        *,
        key: str | None = KEY,
        headers: Headers | None = None,
    ) -> None:
        self.krea = krea
        self.era = era
        self.key = key
        self.headers = dict(headers or {})

    async def send(self, message: Json, *, headers: dict[str, str] | None = None) -> httpx.Response:
        """POST a message, or these bytes, with the headers of the era."""
        spoken = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": self.era.value}
        if self.era is Era.MODERN and isinstance(message, dict):
            spoken |= {"Mcp-Method": str(message["method"])}
            params = message.get("params", {})
            if name := params.get("name") or params.get("uri"):
                spoken["Mcp-Name"] = str(name)
        if self.key is not None:
            spoken["Authorization"] = f"Bearer {self.key}"
        return await self.krea.client.post(
            "/mcp",
            content=message if isinstance(message, bytes) else json.dumps(message).encode(),
            headers={"Content-Type": "application/json", **spoken, **self.headers, **(headers or {})},
        )

    def post(self, message: Json, **rest: Json) -> httpx.Response:
        """Send a message and wait for the answer."""
        return self.krea.run(self.send(message, **rest))

    def message(self, method: str, params: Json) -> Json:
        """A request with an envelope where the era has one."""
        if self.era is Era.MODERN:
            envelope = {
                "io.modelcontextprotocol/protocolVersion": self.era.value,
                "io.modelcontextprotocol/clientInfo": CLIENT,
                "io.modelcontextprotocol/clientCapabilities": {},
            }
            params = {**params, "_meta": envelope}
        return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}

    def ask(self, method: str, **params: Json) -> Json:
        """The result of a request that has one."""
        answer = self.post(self.message(method, params)).json()
        assert "result" in answer, answer
        return answer["result"]

    def error(self, method: str, **params: Json) -> Json:
        """The protocol error that a request is answered with."""
        answer = self.post(self.message(method, params)).json()
        assert "error" in answer, answer
        return answer["error"]

    def tools(self) -> list[Json]:
        """What `tools/list` tells."""
        return list(self.ask("tools/list")["tools"])

    def result(self, tool: str, **arguments: Json) -> Json:
        """The whole result of a tool call."""
        return self.ask("tools/call", name=tool, arguments=arguments)

    def call(self, tool: str, **arguments: Json) -> Json:
        """The structured content of a tool call that does what it is asked."""
        result = self.result(tool, **arguments)
        assert not result.get("isError"), result
        return result["structuredContent"]

    def refused(self, tool: str, **arguments: Json) -> Json:
        """What a tool call says that is refused and changes nothing."""
        with self.krea.unchanged():
            return refusal_in(self.result(tool, **arguments))


def refusal_in(result: Json) -> Json:
    """What a result says that is a refusal."""
    assert result["isError"] is True, result
    assert "structuredContent" not in result
    [block] = result["content"]
    return json.loads(block["text"])


class Refusal(Exception):
    """What an adapter refused: REST's status and what it says."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Adapter(Protocol):
    """What a client can do through any adapter."""

    krea: Krea

    def submit(self, model: str, body: Json) -> str:
        """Submit a job; its id."""

    def job(self, job_id: str) -> Json:
        """A job as it is now."""

    def cancel(self, job_id: str) -> Json:
        """Cancel a job."""


class OverRest:
    """The REST API."""

    def __init__(self, krea: Krea, *, key: str = KEY) -> None:
        self.krea = krea
        self._key = key

    def submit(self, model: str, body: Json) -> str:
        return str(self._taken(self.krea.generate(model, body, key=self._key, headers=IN_JSON))["job_id"])

    def job(self, job_id: str) -> Json:
        return self._taken(self.krea.get(f"/jobs/{job_id}", key=self._key))

    def cancel(self, job_id: str) -> Json:
        return self._taken(self.krea.ask("DELETE", f"/jobs/{job_id}", key=self._key))

    def _taken(self, answer: httpx.Response) -> Json:
        if answer.status_code != 200:
            raise Refusal(answer.status_code, answer.json())
        return answer.json()


class OverMcp:
    """The MCP server."""

    def __init__(self, krea: Krea, *, key: str = KEY, era: Era = Era.HANDSHAKE) -> None:
        self.krea = krea
        self._speaker = Speaker(krea, era, key=key)

    def submit(self, model: str, body: Json) -> str:
        return str(self._taken("generate", model=model, input=body)["job_id"])

    def job(self, job_id: str) -> Json:
        return self._taken("get_job", jobId=job_id)

    def cancel(self, job_id: str) -> Json:
        return self._taken("cancel_job", jobId=job_id)

    def _taken(self, tool: str, **arguments: Json) -> Json:
        result = self._speaker.result(tool, **arguments)
        if result.get("isError"):
            refusal = refusal_in(result)
            raise Refusal(refusal["status"], refusal["response"])
        return result["structuredContent"]
