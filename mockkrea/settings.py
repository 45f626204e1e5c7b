"""What a user may set about a world: one frozen object, every field documented.

The names are public: `--set NAME=VALUE`, its environment variable and the control API use them. What
Krea's sources leave open between two answers is a setting here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple

from mockkrea.core.errors import InvalidChange
from mockkrea.core.hints import hint, shortened, shown
from mockkrea.core.jobs import Progression
from mockkrea.core.meant import mistake_in_workspace
from mockkrea.core.state import JOBS_KEPT
from mockkrea.core.tools import Tools

APPROVE_NOBODY = "off"
APPROVE_DEFAULT = "default"
WORKSPACE_ID = re.compile(r"[\w.-]{1,64}")

SPEED_MAX = 1_000_000
COUNT_MAX = 10**9

# A running world remembers as many jobs as it did from its first one.
DECIDED_AT_START = ("jobs_kept",)


class ErrorKeys(StrEnum):
    """Under which keys an error's sentence is sent; Krea's OpenAPI and its recorded answers differ."""

    BOTH = "both"
    MESSAGE = "message"
    ERROR = "error"


class ExternalUrls(StrEnum):
    """What becomes of media inputs on other servers; some of Krea's models refuse them (recorded)."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one world.

    progression: what moves a job: the clock, nothing but its submission, or a client's polls.
    polls_per_step: under `manual`, how many polls move a job one step.
    speed: divides how long jobs take, for jobs submitted from now on; up to 1,000,000.
    error_keys: the keys of an error body.
    validation_status: what a body that breaks the model's schema is answered with, 422 or 400.
    accept_old_names: take renamed request fields after their sunset date too.
    delete_finished: what DELETE of a finished job answers, 200 (off the list) or 409 (refused).
    external_urls: take media inputs on other servers, unfetched, or refuse them.
    tools: which tools the MCP server has.
    auto_approve: answer OAuth's authorization requests without asking anybody: for "default", the first
        person's default workspace, or for the workspace with this id; "off" shows the consent page.
    magic: heed magic words in prompts and keys; docs/magic.md has them.
    jobs_kept: how many finished jobs a world remembers; of a running world it cannot be changed.
    """

    progression: Progression = Progression.TIME
    polls_per_step: int = 1
    speed: float = 1.0
    error_keys: ErrorKeys = ErrorKeys.BOTH
    validation_status: int = 422
    accept_old_names: bool = False
    delete_finished: int = 200
    external_urls: ExternalUrls = ExternalUrls.ACCEPT
    tools: Tools = Tools.DOCUMENTED
    auto_approve: str = APPROVE_NOBODY
    magic: bool = True
    jobs_kept: int = JOBS_KEPT

    def as_data(self) -> dict[str, object]:
        """Names and values, as JSON has them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def having(self, values: Mapping[str, object]) -> Settings:
        """These settings with other values, each a value of its setting or the text that a user wrote.

        Raises:
            InvalidChange: no such setting, or no value of it; says of each what would have been right.
        """
        read, mistakes = {}, []
        for name, value in values.items():
            try:
                read[name] = _read(name, value)
            except InvalidChange as mistake:
                mistakes.append(str(mistake))
        if mistakes:
            raise InvalidChange(" ".join(mistakes))
        return replace(self, **read)

    def check_approval(self, workspaces: Collection[str]) -> None:
        """See that clients would be allowed for a workspace that is there, before one asks for consent.

        Raises:
            InvalidChange: `auto_approve` names another; says the nearest.
        """
        if self.auto_approve in (APPROVE_NOBODY, APPROVE_DEFAULT):
            return
        if mistake := mistake_in_workspace(self.auto_approve, workspaces):
            raise InvalidChange(f"auto_approve: {mistake}")

    def changed(self, values: Mapping[str, object]) -> Settings:
        """These settings with other values, for a world that is under way.

        Raises:
            InvalidChange: as `having`, or a setting that is decided when a world begins.
        """
        settings = self.having(values)
        for name in DECIDED_AT_START:
            if getattr(settings, name) != getattr(self, name):
                raise InvalidChange(
                    f"{name} is decided when a world begins and is {getattr(self, name)} here;"
                    f" start the server with --set {name}={getattr(settings, name)}."
                )
        return settings


def _read(name: str, value: object) -> Any:  # noqa: ANN401 - each setting has its own type
    if name not in VALUES:
        raise InvalidChange(f"Unknown setting {shortened(name)}.{hint(name, VALUES)}")
    expected, read, _ = VALUES[name]
    try:
        return read(str(value))
    except (ValueError, KeyError):
        raise InvalidChange(f"{name} must be {expected}; it was {shown(value)}.") from None


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= (number := int(text[:10])) <= COUNT_MAX:
        raise ValueError(text)
    return number


def _workspace_id(text: str) -> str:
    if not WORKSPACE_ID.fullmatch(text):
        raise ValueError(text)
    return text


def _speed(text: str) -> float:
    if not 0 < (speed := float(text)) <= SPEED_MAX:
        raise ValueError(text)
    return speed


class Value(NamedTuple):
    """What the values of a setting are: in words, how one is read, and as JSON Schema.

    The schema is for files, where numbers and truth values need no quotes; `read` takes the text of them too.
    """

    expected: str
    read: Callable[[str], object]
    schema: Mapping[str, Any]


def _word_of(words: type[StrEnum]) -> Value:
    return Value(f"one of {', '.join(words)}", words, {"enum": [str(word) for word in words]})


def _one_of(first: int, second: int) -> Value:
    by_text = {str(number): number for number in (first, second)}
    return Value(f"{first} or {second}", by_text.__getitem__, {"enum": [first, second]})


def _flag() -> Value:
    by_text = {"true": True, "false": False}
    return Value("true or false", lambda text: by_text[text.lower()], {"type": "boolean"})


def _count() -> Value:
    schema = {"type": "integer", "minimum": 1, "maximum": COUNT_MAX}
    return Value("a whole number from 1", _whole_number, schema)


VALUES: dict[str, Value] = {
    "progression": _word_of(Progression),
    "polls_per_step": _count(),
    "speed": Value(
        f"a number above 0 and at most {SPEED_MAX:,}",
        _speed,
        {"type": "number", "exclusiveMinimum": 0, "maximum": SPEED_MAX},
    ),
    "error_keys": _word_of(ErrorKeys),
    "validation_status": _one_of(422, 400),
    "accept_old_names": _flag(),
    "delete_finished": _one_of(200, 409),
    "external_urls": _word_of(ExternalUrls),
    "tools": _word_of(Tools),
    "auto_approve": Value(
        f"{APPROVE_NOBODY}, {APPROVE_DEFAULT} or the id of a workspace",
        _workspace_id,
        {"type": "string", "pattern": f"^{WORKSPACE_ID.pattern}$"},
    ),
    "magic": _flag(),
    "jobs_kept": _count(),
}

assert list(VALUES) == [field.name for field in fields(Settings)]
