"""Rules as people write them, `{"when": {…}, "then": {…}, "times": 1}`, made into faults and outcomes.

Strict: every key that is unknown, every value that is none of its key's, and every two keys that
contradict each other is a finding with its place, and all findings of a rule come at once. Durations are
texts with a unit, `2h`, `20s`, `1500ms`; only a job's `seconds` is a plain number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from mockkrea.core.clock import LATEST_US, SECOND_US, duration_of
from mockkrea.core.errors import Finding, Findings
from mockkrea.core.faults import REAL_US_MAX, Connection, Effect, Fault, Mishap, OutcomeRule, Phase
from mockkrea.core.jobs import TERMINAL, Status
from mockkrea.core.matching import Adapter, When
from mockkrea.core.outcomes import Ending, Outcome

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
COUNT_MAX = 10**9
LARGEST_SHOWN = 40

Path = tuple[str | int, ...]


class Key(NamedTuple):
    """A key of a rule: what its values are, in words; how one is read (ValueError: it is none); its fact."""

    expected: str
    read: Callable[[Any], object]
    fact: str


def read_fault(rule: object) -> Fault:
    """The rule about requests that this is.

    Raises:
        Findings: everything that is wrong with it, each with the path to the key inside the rule.
    """
    reading = _Reading()
    parts = reading.rule(rule, {"when": FAULT_WHEN, "then": THEN})
    reading.contradictions(parts, _fault_contradictions)
    reading.finish()
    return Fault(when=When(**parts.when), then=Effect(**parts.then), times=parts.times, source=_source(rule))


def read_outcome(rule: object) -> OutcomeRule:
    """The rule about jobs that this is.

    Raises:
        Findings: as `read_fault`.
    """
    reading = _Reading()
    parts = reading.rule(rule, {"when": JOB_WHEN, "then": ENDING})
    reading.contradictions(parts, _outcome_contradictions)
    reading.finish()
    return OutcomeRule(
        when=When(**parts.when), then=_outcome(parts.then), times=parts.times, source=_source(rule)
    )


def read_effect(then: Mapping[str, object]) -> Effect:
    """What such a `then` does to a request. Raises `Findings`."""
    return read_fault({"when": {}, "then": then}).then


def read_ending(then: Mapping[str, object]) -> Outcome:
    """What such a `then` does to a job. Raises `Findings`."""
    return read_outcome({"when": {}, "then": then}).then


class _Parts(NamedTuple):
    """A rule taken apart; `written` are the keys of `when` and of `then` as they stand there."""

    when: dict[str, Any]
    then: dict[str, Any]
    times: Any
    written: dict[str, frozenset[str]]


class _Reading:
    """One rule being read, and what was found wrong with it."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def rule(self, rule: object, tables: Mapping[str, Mapping[str, Key]]) -> _Parts:
        outer = {name: Key(MAPPING, _mapping, name) for name in tables} | {"times": COUNT_KEY}
        read = self.keys(rule, outer, ())
        when, then = (self.keys(read.get(name, {}), tables[name], (name,)) for name in ("when", "then"))
        written = {name: frozenset(read.get(name, {})) for name in tables}
        return _Parts(when, then, read.get("times"), written)

    def keys(self, mapping: object, table: Mapping[str, Key], path: Path) -> dict[str, Any]:
        """The facts that a mapping states, as far as they can be read."""
        if not isinstance(mapping, Mapping):
            self.found(path, f"must be {MAPPING}; it is {_shown(mapping)}")
            return {}
        facts: dict[str, Any] = {}
        for name, value in mapping.items():
            key = table.get(name) if isinstance(name, str) else None
            if key is None:
                self.found((*path, name), _unknown(name, table))
                continue
            try:
                facts[key.fact] = key.read(value)
            except ValueError as reason:
                hint = f" ({reason})" if str(reason) else ""
                self.found((*path, name), f"{name} must be {key.expected}; it is {_shown(value)}{hint}")
        return facts

    def contradictions(self, parts: _Parts, of_then: Callable[[_Parts], Iterator[Finding]]) -> None:
        counters = [name for name in ("nth", "first", "every") if name in parts.written["when"]]
        if len(counters) > 1:
            self.found(("when", counters[1]), f"{counters[1]} contradicts {counters[0]}: say one of them")
        self._found += of_then(parts)

    def found(self, path: Path, message: str) -> None:
        self._found.append(Finding(path, message))

    def finish(self) -> None:
        if self._found:
            raise Findings(self._found)


def _fault_contradictions(parts: _Parts) -> Iterator[Finding]:
    then = parts.written["then"]
    connection = parts.then.get("connection")
    if not then:
        yield Finding(("then",), f"then does not say what happens; it may have {', '.join(THEN)}")
    if connection in SILENCE:
        for name in sorted(then & ANSWER_KEYS):
            yield Finding(("then", name), f"{name} contradicts connection: {connection}: nothing is answered")
    if "lasting" in then and connection not in (Connection.HANG, Connection.DRIP):
        yield Finding(("then", "lasting"), "lasting says how long connection: hang or drip takes")
    yield from _answer_contradictions(then)
    if "webhook" in then or parts.when.get("adapter") == (Adapter.WEBHOOK,):
        yield from _webhook_contradictions(parts)


def _answer_contradictions(then: frozenset[str]) -> Iterator[Finding]:
    if {"message", "body"} <= then:
        yield Finding(("then", "message"), "message contradicts body: say one of them")
    if "message" in then and "status" not in then:
        yield Finding(("then", "message"), "message needs a status beside it")
    if "job_status" in then and then & {"status", "body"}:
        yield Finding(("then", "job_status"), "job_status changes the true answer; leave out status and body")
    if "malformed" in then and "body" in then:
        yield Finding(("then", "malformed"), "malformed contradicts body: write the body as it shall be")


def _webhook_contradictions(parts: _Parts) -> Iterator[Finding]:
    for name in sorted(parts.written["then"] - {"webhook", "delay"}):
        yield Finding(("then", name), f"{name} does not belong to a webhook; it has webhook and delay")
    if parts.when.get("adapter") != (Adapter.WEBHOOK,):
        yield Finding(("then", "webhook"), "webhook needs adapter: webhook under when")
    if "webhook" not in parts.written["then"]:
        yield Finding(("then",), f"a webhook needs webhook: {_words(Mishap)}")


def _outcome_contradictions(parts: _Parts) -> Iterator[Finding]:
    then, ending = parts.written["then"], parts.then.get("ending")
    if not then:
        yield Finding(("then",), f"then does not say what happens; it may have {', '.join(ENDING)}")
    if "error" in then and ending is not Ending.FAILED:
        yield Finding(("then", "error"), "error needs status: failed beside it")
    for name in sorted(then & {"result", "empty"}):
        if ending not in (None, Ending.COMPLETED):
            yield Finding(
                ("then", name), f"{name} contradicts status: {ending}; only a completed job has one"
            )
    if {"result", "empty"} <= then:
        yield Finding(("then", "empty"), "empty contradicts result: say one of them")


def _outcome(facts: dict[str, Any]) -> Outcome:
    error = facts.pop("error", {})
    if facts.pop("empty", False):
        facts["result"] = {}
    return Outcome(**facts, **error)


def _source(rule: object) -> Mapping[str, object]:
    assert isinstance(rule, Mapping)
    return {"when": {}, **rule}


def _unknown(name: object, table: Mapping[str, Key]) -> str:
    nearest = get_close_matches(str(name), table, n=1)
    hint = f'did you mean "{nearest[0]}"?' if nearest else f"there are {', '.join(table)}"
    return f'unknown key "{str(name)[:LARGEST_SHOWN]}"; {hint}'


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    return "nothing" if value is None else repr(value)[:LARGEST_SHOWN]


def _words(words: Any) -> str:  # noqa: ANN401 - an enum class
    return " or ".join(words)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _mapping(value: object) -> Mapping[str, object]:
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
    return duration_of(value)


def _real_duration(value: object) -> int:
    if (duration_us := _duration(value)) > REAL_US_MAX:
        raise ValueError("time really passes, so it may be 60s at most; advance moves the mock clock")
    return duration_us


def _status(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise ValueError
    return value


def _one_of(words: Any) -> Callable[[object], Any]:  # noqa: ANN401 - an enum class, or a mapping of words
    def read(value: object) -> Any:  # noqa: ANN401 - whatever the words are
        by_word = {str(word): word for word in words}
        if not isinstance(value, str) or value not in by_word:
            nearest = get_close_matches(str(value), by_word, n=1)
            raise ValueError(f"did you mean {nearest[0]}?" if nearest else "")
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
    return round(_number(value, LATEST_US // SECOND_US) * SECOND_US)


def _headers(value: object) -> dict[str, str]:
    headers = _mapping(value)
    if not all(_is_header(name, text) for name, text in headers.items()):
        raise ValueError("texts of printable ASCII")
    return {name: str(text) for name, text in headers.items()}


def _is_header(name: str, value: object) -> bool:
    is_token = bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return is_token and name.lower() not in OWN_HEADERS and plain and _is_printable(str(value))


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _header_text(value: object) -> str:
    if not _is_printable(text := _text(value)):
        raise ValueError
    return text


def _error(value: object) -> dict[str, str]:
    error = _mapping(value)
    if "code" not in error or set(error) - {"code", "message"}:
        raise ValueError
    return {name: _text(text) for name, text in error.items()}


def _body(value: object) -> object:
    if value is None:
        raise ValueError
    return value


# What the server writes itself.
OWN_HEADERS = frozenset({"content-length", "content-type", "transfer-encoding", "connection"})

SILENCE = frozenset({Connection.RESET, Connection.HANG, Connection.EMPTY})
ANSWER_KEYS = frozenset({"status", "message", "body", "headers", "content_type", "malformed", "job_status"})

MAPPING = "a mapping of keys to values"
GLOB = "a glob such as image/** (* stays within a part, ** does not)"
DURATION = "a duration such as 2h, 20s or 1500ms"
REAL_DURATION = "a duration up to 60s, such as 20s or 1500ms"
WHOLE = "a whole number from 1"
COUNT_KEY = Key(WHOLE, _count, "times")

COUNTERS: Mapping[str, Key] = {
    "nth": Key(WHOLE, _count, "nth"),
    "first": Key(WHOLE, _count, "first"),
    "after": Key(WHOLE, _count, "after"),
    "every": Key(WHOLE, _count, "every"),
    "probability": Key("a number from 0 to 1", _probability, "probability"),
}

# What `when` of a fault can ask for.
FAULT_WHEN: Mapping[str, Key] = {
    "adapter": Key(f"one of {', '.join(Adapter)}, or a list of them", _adapters, "adapter"),
    "method": Key(f"one of {', '.join(METHODS)}", _method, "method"),
    "path": Key("a glob such as /generate/** (* stays within a part, ** does not)", _text, "path"),
    "tool": Key("the name of an MCP tool", _text, "tool"),
    "model": Key(GLOB, _text, "model"),
    "workspace": Key("the id of a workspace", _text, "workspace"),
    "key": Key("an API key", _text, "key"),
    **COUNTERS,
}

# What `when` of a job's outcome can ask for.
JOB_WHEN: Mapping[str, Key] = {
    "model": Key(GLOB, _text, "model"),
    "workspace": Key("the id of a workspace", _text, "workspace"),
    "prompt": Key("a text that stands in the prompt", _text, "prompt"),
    **COUNTERS,
}

# What a fault can do.
THEN: Mapping[str, Key] = {
    "phase": Key(_words(Phase), _one_of(Phase), "phase"),
    "status": Key("an HTTP status from 200 to 599", _status, "status"),
    "message": Key("a sentence", _text, "message"),
    "body": Key("a text, or what is sent as JSON", _body, "body"),
    "headers": Key("a mapping of header names to texts", _headers, "headers"),
    "content_type": Key("a media type such as text/html", _header_text, "content_type"),
    "malformed": Key("true", _true, "malformed"),
    "job_status": Key(
        "a state before the end, such as queued",
        _one_of([status for status in Status if status not in TERMINAL]),
        "job_status",
    ),
    "connection": Key(f"one of {', '.join(Connection)}", _one_of(Connection), "connection"),
    "lasting": Key(REAL_DURATION, _real_duration, "lasting_us"),
    "latency": Key(REAL_DURATION, _real_duration, "latency_us"),
    "advance": Key(DURATION, _duration, "advance_us"),
    "webhook": Key(f"one of {', '.join(Mishap)}", _one_of(Mishap), "webhook"),
    "delay": Key(DURATION, _duration, "delay_us"),
}

# What can become of a job.
ENDING: Mapping[str, Key] = {
    "seconds": Key("a number of seconds", _seconds, "duration_us"),
    "status": Key(f"one of {', '.join(Ending)}", _one_of(Ending), "ending"),
    "error": Key("a mapping with code and, if it has one, message", _error, "error"),
    "result": Key("a mapping, as Krea's result", _mapping, "result"),
    "empty": Key("true", _true, "empty"),
}
