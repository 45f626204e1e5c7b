"""A button of the dashboard: a form that says which call of the control API it stands for.

`call` is the method and the path, every other field a part of the body. Its name says where it goes and
what it is: `error.code` is text inside of `error`, `usd:number` a number, `then:json` JSON, and `text:raw`
the whole body. Empty fields are left out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from mockkrea.adapters.http import CONTROL_PATH, Scope
from mockkrea.core.errors import InvalidChange

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")

# An ASGI application that answers control calls.
Control = Callable[[Scope, Any, Any], Awaitable[None]]


class Call(NamedTuple):
    """One call of the control API. `path` begins behind `/__mockkrea`."""

    method: str
    path: str
    body: bytes

    @classmethod
    def of(cls, fields: dict[str, str]) -> Call:
        """The call that a form stands for.

        Raises:
            InvalidChange: it names none, or a field cannot be read.
        """
        method, _, path = fields.get("call", "").partition(" ")
        if method not in METHODS or not path.startswith("/"):
            raise InvalidChange("call must be a method and a path of the control API, such as POST /clock.")
        given = {name: text for name, text in fields.items() if name not in ("call", "back") and text.strip()}
        return cls(method, path, _body(given))

    @property
    def line(self) -> str:
        """The call in a line, as one would write it."""
        return " ".join(
            filter(None, (self.method, CONTROL_PATH + self.path, self.body[:200].decode(errors="replace")))
        )


class Outcome(NamedTuple):
    """What came of a call: the status, and the sentence that refused it."""

    status: int
    detail: str | None

    @property
    def is_done(self) -> bool:
        """Whether it was obeyed."""
        return self.status < 400


async def perform(call: Call, control: Control, scope: Scope) -> Outcome:
    """Ask the control API in the name of whoever pressed the button; `scope` is that of a control call."""
    status, answer = 500, b""
    message = {"type": "http.request", "body": call.body, "more_body": False}

    async def receive() -> MutableMapping[str, Any]:
        return message

    async def send(sent: MutableMapping[str, Any]) -> None:
        nonlocal status, answer
        status = sent.get("status", status)
        answer += sent.get("body", b"")

    asked = {
        **scope,
        "method": call.method,
        "path": CONTROL_PATH + unquote(call.path),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(call.body))],
    }
    await control(asked, receive, send)
    return Outcome(status, None if status < 400 else str(orjson.loads(answer)["detail"]))


def _body(given: dict[str, str]) -> bytes:
    if "text:raw" in given:
        return given["text:raw"].encode()
    body: dict[str, Any] = {}
    for name, text in given.items():
        place, _, kind = name.partition(":")
        *outer, last = place.split(".")
        part = body
        for each in outer:
            part = part.setdefault(each, {})
        part[last] = _value(place, kind, text)
    return orjson.dumps(body)


def _value(place: str, kind: str, text: str) -> object:
    if not kind:
        return text
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        wanted = "a number" if kind == "number" else "JSON"
        raise InvalidChange(f"{place} must be {wanted}, not {text[:60]!r}.") from None
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InvalidChange(f"{place} must be a number, not {text[:60]!r}.")
    return value
