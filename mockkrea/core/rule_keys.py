"""The keys of a rule, and what the values of each are: the tables behind `rule_reading.py`.

Each value is told three times: in words for people, as JSON Schema for editors, as the function that reads it
and has the last word. A test holds the three together.

Durations are texts with a unit, `2h`, `20s`, `1500ms`; only a job's `seconds` is a plain number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from mockkrea.core.clock import DURATION as DURATION_WRITTEN
from mockkrea.core.clock import LATEST_US, SECOND_US, duration_of, mistake_in_duration
from mockkrea.core.errors import Finding, InvalidRule
from mockkrea.core.faults import REAL_US_MAX, Connection, Phase, WebhookFault
from mockkrea.core.hints import clause, nearest_word, shortened, shown
from mockkrea.core.jobs import TERMINAL, Status
from mockkrea.core.matching import Adapter
from mockkrea.core.outcomes import Ending
from mockkrea.core.paths import mistake_in_path
from mockkrea.core.tools import TOOLS, mistake_in_tool

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
COUNT_MAX = 10**9
STATUS_LOW, STATUS_HIGH = 200, 599
SECONDS_MAX = LATEST_US // SECOND_US

ERROR_KEYS = ("code", "message")

# What the server writes itself.
OWN_HEADERS = frozenset({"content-length", "content-type", "transfer-encoding", "connection"})


class Key(NamedTuple):
    """A key of a rule: how its values are read (ValueError: it is none), its fact, and the schema of them.

    `expected` says in words what they are.
    """

    expected: str
    read: Callable[[Any], object]
    fact: str
    schema: Mapping[str, Any]


def words_of(words: Any) -> str:  # noqa: ANN401 - an enum class
    """The words of an enum as a sentence names them."""
    return " or ".join(words)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _path(value: object) -> str:
    if mistake := mistake_in_path(text := _text(value)):
        raise ValueError(mistake)
    return text


def _tool(value: object) -> str:
    # A rule names one tool; its name is no glob.
    if (text := _text(value)) not in TOOLS:
        raise ValueError(mistake_in_tool(text) or "a name, not a glob")
    return text


def read_mapping(value: object) -> Mapping[str, object]:
    """The value, if it is a mapping whose keys are texts; else ValueError."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise ValueError
    return value


def _true(value: object) -> bool:
    if value is not True:
        raise ValueError
    return True


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= COUNT_MAX:
        raise ValueError
    return value


def _probability(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 < value <= 100:
        raise ValueError(f"in percent? then {value / 100:g}")
    return _number(value, 1)


def _duration(value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        raise ValueError(f"a unit is missing: {value:g}s?")
    if not isinstance(value, str):
        raise ValueError
    try:
        return duration_of(value)
    except ValueError:
        raise ValueError(mistake_in_duration(value)) from None


def _real_duration(value: object) -> int:
    if (duration_us := _duration(value)) > REAL_US_MAX:
        raise ValueError("time really passes, so it may be 60s at most; advance moves the mock clock")
    return duration_us


def _status(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not STATUS_LOW <= value <= STATUS_HIGH:
        raise ValueError
    return value


def _one_of(words: Any) -> Callable[[object], Any]:  # noqa: ANN401 - an enum class, or a mapping of words
    def read(value: object) -> Any:  # noqa: ANN401 - whatever the words are
        by_word = {str(word): word for word in words}
        if not isinstance(value, str) or value not in by_word:
            near = nearest_word(str(value), by_word)
            raise ValueError(f"did you mean {near}?" if near else "")
        return by_word[value]

    return read


def _adapters(value: object) -> tuple[Adapter, ...]:
    read = _one_of(Adapter)
    return tuple(map(read, value)) if isinstance(value, list | tuple) and value else (read(value),)


def _method(value: object) -> str:
    method: str = _one_of(METHODS)(value.upper() if isinstance(value, str) else value)
    return method


def _seconds(value: object) -> int:
    if isinstance(value, str):
        raise ValueError("a plain number, without a unit")
    return round(_number(value, SECONDS_MAX) * SECOND_US)


def _headers(value: object) -> dict[str, str]:
    """Raises `InvalidRule` with a finding for each header that cannot be."""
    headers = read_mapping(value)
    mistakes = {name: _mistake_in_header(name, text) for name, text in headers.items()}
    if found := [Finding((name,), mistake) for name, mistake in mistakes.items() if mistake]:
        raise InvalidRule(found)
    return {name: str(text) for name, text in headers.items()}


def _mistake_in_header(name: str, value: object) -> str:
    named = shortened(name)
    if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
        return f'"{named}" is no name of a header; it may have letters, digits, - and _.'
    if name.lower() in OWN_HEADERS:
        instead = "; content_type changes it" if name.lower() == "content-type" else ""
        return f"{named} is the server's to write{instead}."
    if not isinstance(value, str | int) or isinstance(value, bool) or not _is_printable(str(value)):
        return f"{named} must be text of printable ASCII; it is {shown(value)}."
    return ""


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _header_text(value: object) -> str:
    if not _is_printable(text := _text(value)):
        raise ValueError
    return text


def _error(value: object) -> dict[str, str]:
    """Raises `InvalidRule` with a finding for each key that is not known or not a text."""
    error = read_mapping(value)
    known = f"; known: {', '.join(ERROR_KEYS)}."
    found = [
        Finding((name,), f'unknown key "{shortened(name)}"{clause(name, ERROR_KEYS, known)}', at_key=True)
        for name in error
        if name not in ERROR_KEYS
    ]
    misspelt = {nearest_word(name, ERROR_KEYS) for name in error if name not in ERROR_KEYS}
    if "code" not in {*error, *misspelt}:
        found.append(Finding((), "error must be a mapping with code; it has none."))
    found += [
        Finding((name,), f"{name} must be a text; it is {shown(text)}.")
        for name, text in error.items()
        if name in ERROR_KEYS and not (isinstance(text, str) and text)
    ]
    if found:
        raise InvalidRule(found)
    return {name: _text(text) for name, text in error.items()}


def _body(value: object) -> object:
    if value is None:
        raise ValueError
    return value


MAPPING = "a mapping of keys to values"
GLOB = "a glob such as image/** (* stays within a part, ** does not)"
DURATION = "a duration such as 2h, 20s or 1500ms"
REAL_DURATION = "a duration up to 60s, such as 20s or 1500ms"
WHOLE = "a whole number from 1"

TEXT = {"type": "string", "minLength": 1}
# Which paths there are is more than a pattern can say.
PATH = {"type": "string", "pattern": "^[/*?]"}
OBJECT = {"type": "object"}
ONLY_TRUE = {"const": True}
COUNTED = {"type": "integer", "minimum": 1, "maximum": COUNT_MAX}
LASTING = {"type": "string", "pattern": f"^{DURATION_WRITTEN.pattern}$"}
# A minute at most; of hours and days, in which nobody counts these, only what begins with zero.
LASTING_REALLY = {
    "type": "string",
    "pattern": r"^0*(([0-5]?[0-9](\.[0-9]+)?|60(\.0+)?)s|([0-5]?[0-9]{1,4}(\.[0-9]+)?|60000(\.0+)?)ms"
    r"|(0(\.[0-9]+)?|1(\.0+)?)m|0(\.0[0-9]*)?[hd])$",
}
HEADERS = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$"},
    "additionalProperties": {"type": ["string", "integer"]},
}
ERROR = {
    "type": "object",
    "properties": {"code": TEXT, "message": TEXT},
    "required": ["code"],
    "additionalProperties": False,
}


def _enum(words: Iterable[str]) -> dict[str, Any]:
    return {"enum": [str(word) for word in words]}


BEFORE_THE_END = [status for status in Status if status not in TERMINAL]
ADAPTERS = {"anyOf": [_enum(Adapter), {"type": "array", "items": _enum(Adapter), "minItems": 1}]}
ANY_CASE = _enum([*METHODS, *map(str.lower, METHODS)])

COUNTERS: Mapping[str, Key] = {
    "nth": Key(WHOLE, _count, "nth", COUNTED),
    "first": Key(WHOLE, _count, "first", COUNTED),
    "after": Key(WHOLE, _count, "after", COUNTED),
    "every": Key(WHOLE, _count, "every", COUNTED),
    "probability": Key(
        "a number from 0 to 1", _probability, "probability", {"type": "number", "minimum": 0, "maximum": 1}
    ),
}

# What every rule can ask for.
SUBJECT: Mapping[str, Key] = {
    "model": Key(GLOB, _text, "model", TEXT),
    "workspace": Key("the id of a workspace", _text, "workspace", TEXT),
}

# What `when` of a fault can ask for.
FAULT_WHEN: Mapping[str, Key] = {
    "adapter": Key(f"one of {', '.join(Adapter)}, or a list of them", _adapters, "adapter", ADAPTERS),
    "method": Key(f"one of {', '.join(METHODS)}", _method, "method", ANY_CASE),
    "path": Key("a glob such as /generate/** (* stays within a part, ** does not)", _path, "path", PATH),
    "tool": Key("the name of an MCP tool", _tool, "tool", {"enum": list(TOOLS)}),
    **SUBJECT,
    "key": Key("an API key", _text, "key", TEXT),
    **COUNTERS,
}

# What `when` of a job's outcome can ask for.
JOB_WHEN: Mapping[str, Key] = {
    **SUBJECT,
    "prompt": Key("a text that stands in the prompt", _text, "prompt", TEXT),
    **COUNTERS,
}

# What a fault can do.
THEN: Mapping[str, Key] = {
    "phase": Key(words_of(Phase), _one_of(Phase), "phase", _enum(Phase)),
    "status": Key(
        f"an HTTP status from {STATUS_LOW} to {STATUS_HIGH}",
        _status,
        "status",
        {"type": "integer", "minimum": STATUS_LOW, "maximum": STATUS_HIGH},
    ),
    "message": Key("a sentence", _text, "message", TEXT),
    "body": Key("a text, or what is sent as JSON", _body, "body", {"not": {"type": "null"}}),
    "headers": Key("a mapping of header names to texts", _headers, "headers", HEADERS),
    "content_type": Key("a media type such as text/html", _header_text, "content_type", TEXT),
    "malformed": Key("true", _true, "malformed", ONLY_TRUE),
    "job_status": Key(
        "a state before the end, such as queued", _one_of(BEFORE_THE_END), "job_status", _enum(BEFORE_THE_END)
    ),
    "connection": Key(
        f"one of {', '.join(Connection)}", _one_of(Connection), "connection", _enum(Connection)
    ),
    "lasting": Key(REAL_DURATION, _real_duration, "lasting_us", LASTING_REALLY),
    "latency": Key(REAL_DURATION, _real_duration, "latency_us", LASTING_REALLY),
    "advance": Key(DURATION, _duration, "advance_us", LASTING),
    "webhook": Key(
        f"one of {', '.join(WebhookFault)}", _one_of(WebhookFault), "webhook", _enum(WebhookFault)
    ),
    "delay": Key(DURATION, _duration, "delay_us", LASTING),
}

# What the next answer can be, without a `then` around it.
NEXT_ERROR: Mapping[str, Key] = {name: THEN[name] for name in ("status", "message", "body", "headers")}

# What `when` and `then` of a fault that is about webhooks only can say.
WEBHOOK_WHEN: Mapping[str, Key] = {**SUBJECT, **COUNTERS}
WEBHOOK_THEN: Mapping[str, Key] = {name: THEN[name] for name in ("webhook", "delay")}

# What can become of a job.
ENDING: Mapping[str, Key] = {
    "seconds": Key(
        "a number of seconds",
        _seconds,
        "duration_us",
        {"type": "number", "minimum": 0, "maximum": SECONDS_MAX},
    ),
    "status": Key(f"one of {', '.join(Ending)}", _one_of(Ending), "ending", _enum(Ending)),
    "error": Key("a mapping with code and, if it has one, message", _error, "error", ERROR),
    "result": Key("a mapping, as Krea's result", read_mapping, "result", OBJECT),
    "empty": Key("true", _true, "empty", ONLY_TRUE),
}

# Beside `when` and `then`.
TIMES: Mapping[str, Key] = {"times": Key(WHOLE, _count, "times", COUNTED)}
