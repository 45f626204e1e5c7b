"""A button of the dashboard: a form that says which call of the control API it stands for.

`call` is the method and the path, every other field a part of the body. Its name says where it goes and
what it is: `error.code` is text inside of `error`, `usd:number` a number, `then:json` JSON, and `text:raw`
the whole body. Empty fields are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from mockkrea.adapters.asgi import Application, exchange
from mockkrea.adapters.http import CONTROL_PATH, Scope
from mockkrea.core.errors import InvalidChange

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")

# The field that is the whole body.
RAW = "text:raw"

# The fields of every form that are no part of a body.
ADDRESS = ("call", "back")

BODY_SHOWN = 400


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
        given = {name: text for name, text in fields.items() if name not in ADDRESS and text.strip()}
        return cls(method, path, _body(given) if given or method != "DELETE" else b"")

    def line(self, control_path: str) -> str:
        """The call in a line, as one would write it to the control API at this path."""
        body = self.body[:BODY_SHOWN].decode(errors="replace") + ("…" if len(self.body) > BODY_SHOWN else "")
        return " ".join(filter(None, (self.method, control_path + self.path, body)))


class Outcome(NamedTuple):
    """What came of a call: the status, and the sentence that refused it."""

    status: int
    detail: str | None

    @property
    def is_done(self) -> bool:
        """Whether it was obeyed."""
        return self.status < 400


async def perform(call: Call, control: Application, scope: Scope) -> Outcome:
    """Ask the control API in the name of whoever pressed the button; `scope` is that of a control call."""
    asked = {
        **scope,
        "method": call.method,
        "path": CONTROL_PATH + unquote(call.path),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(call.body))],
    }
    status, answer = await exchange(control, asked, call.body)
    return Outcome(status, None if status < 400 else _sentence_in(answer, status))


def _sentence_in(answer: bytes, status: int) -> str:
    """Why a call was refused: what the problem document says, or what the status is called."""
    try:
        return str(orjson.loads(answer)["detail"])
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return HTTPStatus(status).phrase


def _body(given: dict[str, str]) -> bytes:
    if RAW in given:
        return given[RAW].encode()
    body: dict[str, Any] = {}
    wrong = list[str]()
    for name, text in given.items():
        place, _, kind = name.partition(":")
        try:
            _put(body, place, _value(place, kind, text))
        except InvalidChange as refusal:
            wrong.append(str(refusal))
    if wrong:
        raise InvalidChange(" ".join(wrong))
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        raise InvalidChange("The fields are nested too deeply for a body.") from None


def _put(body: dict[str, Any], place: str, value: object) -> None:
    *outer, last = place.split(".")
    part = body
    for each in outer:
        part = part.setdefault(each, {})
        if not isinstance(part, dict):
            raise InvalidChange(f"{place} cannot be inside of {each}, which another field gives.")
    if last in part:
        raise InvalidChange(f"{place} is given by another field too.")
    part[last] = value


def _value(place: str, kind: str, text: str) -> object:
    if kind not in READERS:
        raise InvalidChange(f"{place} cannot be of the kind {kind[:60]!r}; there are number and json.")
    wanted, read = READERS[kind]
    try:
        return read(text)
    except ValueError:
        raise InvalidChange(f"{place} must be {wanted}, not {text[:60]!r}.") from None


def _number(text: str) -> int | float:
    value = orjson.loads(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    return value


# What a field of a kind must be, and what reads it.
READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "": ("text", str),
    "number": ("a number", _number),
    "json": ("JSON", orjson.loads),
}
