"""What a step of a scenario was answered, and whether that is what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mockkrea.scenario.kept import filled
from mockkrea.verification import differences_in, refusal_of_tool, shown

# In the place of a status, where the connection broke.
NO_ANSWER = 0

# Characters of a refusal's sentence that are shown.
SENTENCE_MAX = 500

FIRST_ERROR = 400
DONE = 200


class StepFailed(Exception):
    """A step was not answered as it says. Its message is a line for people."""


class Reply(NamedTuple):
    """What was answered; the body as JSON, as text if it is none."""

    status: int
    body: Any

    @classmethod
    def read(cls, status: int, content: bytes) -> Reply:
        """The reply that these bytes are."""
        try:
            return cls(status, json.loads(content))
        except ValueError:
            return cls(status, content.decode(errors="replace"))

    @property
    def is_success(self) -> bool:
        """Whether it was done, as far as the answer says."""
        return NO_ANSWER < self.status < FIRST_ERROR

    def of_tool(self) -> Reply:
        """The same for the answer to a tool call, of which the status stands inside."""
        if refusal := refusal_of_tool(self.body):
            return Reply(*refusal)
        match self.body:
            case {"result": {"structuredContent": content}}:
                return Reply(DONE, content)
        return self

    def __str__(self) -> str:
        if self.status == NO_ANSWER:
            return "no answer"
        if not isinstance(self.body, dict):
            return f"{self.status} {shown(self.body)}".rstrip()
        # What would have been right stands at the end of a sentence.
        return f"{self.status} {str(next(_sentences(self.body), ''))[:SENTENCE_MAX]}".rstrip()


def check(reply: Reply, facts: Mapping[str, Any], asked: str, kept: Mapping[str, Any]) -> None:
    """Raise unless this is what the step says.

    Raises:
        StepFailed: it is not.
        Missing: the step names something that was not kept.
    """
    if not _has_status(reply, facts):
        raise StepFailed(f"{asked}: expected {_wanted(facts)}, was {reply}")
    if "error" in facts and not any(facts["error"] in text for text in _texts(reply.body)):
        raise StepFailed(f"{asked}: expected {shown(facts['error'])} in the refusal, was {reply}")
    if "answer" in facts:
        differences = differences_in(filled(facts["answer"], kept), reply.body, "answer")
        if told := "; ".join(map(str, differences)):
            raise StepFailed(f"{asked}: {told}")


def _has_status(reply: Reply, facts: Mapping[str, Any]) -> bool:
    if facts.get("lost"):
        return reply.status == NO_ANSWER
    if "status" in facts:
        return bool(reply.status == facts["status"])
    return reply.status >= FIRST_ERROR if "error" in facts else reply.is_success


def _wanted(facts: Mapping[str, Any]) -> str:
    if facts.get("lost"):
        return "no answer"
    return str(facts.get("status", "a refusal" if "error" in facts else "success"))


def _sentences(body: Mapping[str, Any]) -> Iterator[object]:
    """What an error says, in the shapes of REST, OAuth, problem+json and tools."""
    if isinstance(response := body.get("response"), dict):
        yield from _sentences(response)
    yield from (body[key] for key in ("message", "error_description", "detail", "error") if key in body)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
