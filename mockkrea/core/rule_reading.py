"""Rules as people write them, `{"when": {…}, "then": {…}, "times": 1}`, made into faults and outcomes.

Strict: every key that is unknown, every value that its key does not take, and every two keys that
contradict each other is a finding with its place, and all findings of a rule come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from mockkrea.core.errors import Finding, InvalidRule
from mockkrea.core.faults import SILENT, Connection, Effect, Fault, OutcomeRule, WebhookFault
from mockkrea.core.hints import clause, nearest_word, shortened, shown
from mockkrea.core.matching import Adapter, When
from mockkrea.core.meant import contradictions
from mockkrea.core.outcomes import Ending, Outcome
from mockkrea.core.paths import mistake_in_method
from mockkrea.core.rule_keys import (
    ENDING,
    FAULT_WHEN,
    JOB_WHEN,
    MAPPING,
    NEXT_ERROR,
    OBJECT,
    THEN,
    TIMES,
    WEBHOOK_THEN,
    WEBHOOK_WHEN,
    Key,
    read_mapping,
    words_of,
)

# Of these a rule has one at most.
ALONE = ("nth", "first", "every")

# What a rule about webhooks cannot ask for.
OF_REQUESTS = ("method", "path", "tool", "key")

# The keys of `when` and of `then`, by what the rules are about that have them.
KEYS_OF: Mapping[str, Mapping[str, Mapping[str, Key]]] = {
    "requests": {"when": FAULT_WHEN, "then": THEN},
    "jobs": {"when": JOB_WHEN, "then": ENDING},
}

# Answers that have no body (RFC 9110), and those that are nothing without one.
BODILESS = frozenset({204, 304})
SUCCESSES = frozenset(range(200, 300)) - BODILESS

# What cannot be where nothing is answered.
ANSWER_KEYS = frozenset({"status", "message", "body", "headers", "content_type", "malformed", "job_status"})

# What can be done to a true answer.
SPOILING = frozenset({"connection", "malformed", "latency", "advance"})

Path = tuple[str | int, ...]


def read_fault(rule: object) -> Fault:
    """The rule about requests that this is.

    Raises:
        InvalidRule: everything that is wrong with it, each with the path to the key inside the rule.
    """
    reading = _Reading()
    parts = reading.rule(rule, {"when": FAULT_WHEN, "then": THEN})
    reading.contradictions(parts, _fault_contradictions)
    reading.finish()
    return Fault(when=When(**parts.when), then=Effect(**parts.then), times=parts.times, source=_source(rule))


def read_next_error(answer: Mapping[str, object]) -> Fault:
    """The rule with which the next request, or the next that `when` means, is answered so.

    Args:
        answer: what `then` of a rule can say of an answer, and `when`: `{"status": 503, "when": {…}}`.

    Raises:
        InvalidRule: as `read_fault`; the paths lead into the answer.
    """
    reading = _Reading()
    parts = reading.answer(answer)
    reading.contradictions(parts, _next_error_contradictions)
    reading.finish()
    then = {name: value for name, value in answer.items() if name != "when"}
    source = {"when": answer.get("when", {}), "then": then, "times": 1}
    return Fault(when=When(**parts.when), then=Effect(**parts.then), times=1, source=source, ahead=True)


def read_webhook_fault(rule: object) -> Fault:
    """The rule about webhooks that this is; it need not say that they are meant.

    Raises:
        InvalidRule: as `read_fault`.
    """
    reading = _Reading()
    parts = reading.rule(rule, {"when": WEBHOOK_WHEN, "then": WEBHOOK_THEN})
    parts.when["adapter"] = (Adapter.WEBHOOK,)
    reading.contradictions(parts, _webhook_contradictions)
    reading.finish()
    source = _source(rule)
    when = {"adapter": Adapter.WEBHOOK.value, **read_mapping(source["when"])}
    return Fault(
        when=When(**parts.when), then=Effect(**parts.then), times=parts.times, source={**source, "when": when}
    )


def read_outcome(rule: object) -> OutcomeRule:
    """The rule about jobs that this is.

    Raises:
        InvalidRule: as `read_fault`.
    """
    reading = _Reading()
    parts = reading.rule(rule, {"when": JOB_WHEN, "then": ENDING})
    reading.contradictions(parts, _outcome_contradictions)
    reading.finish()
    return OutcomeRule(
        when=When(**parts.when), then=_outcome(parts.then), times=parts.times, source=_source(rule)
    )


def read_effect(then: Mapping[str, object]) -> Effect:
    """What such a `then` does to a request. Raises `InvalidRule`."""
    return read_fault({"when": {}, "then": then}).then


def read_ending(then: Mapping[str, object]) -> Outcome:
    """What such a `then` does to a job. Raises `InvalidRule`."""
    return read_outcome({"when": {}, "then": then}).then


class _Parts(NamedTuple):
    """A rule taken apart.

    `written` are the keys of `when` and of `then` as they stand there, `misspelt` those that were probably
    meant by keys that are unknown; of the rule's own keys, `then` may be one.
    """

    when: dict[str, Any]
    then: dict[str, Any]
    times: Any
    written: dict[str, frozenset[str]]
    misspelt: frozenset[str]

    def lacks(self, key: str) -> bool:
        """Whether `then` has no such key, nor one that was probably meant for it."""
        return key not in self.written["then"] | self.misspelt


class _Reading:
    """One rule being read, and what was found wrong with it."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def rule(self, rule: object, tables: Mapping[str, Mapping[str, Key]]) -> _Parts:
        outer = {**{name: _mapping(name) for name in tables}, **TIMES}
        read = self.keys(rule, outer, ())
        when, then = (self.keys(read.get(name, {}), tables[name], (name,)) for name in ("when", "then"))
        written = {name: frozenset(read.get(name, {})) for name in tables}
        misspelt = _misspelt(rule, outer) | _misspelt(read.get("then"), tables["then"])
        return _Parts(when, then, read.get("times"), written, misspelt)

    def answer(self, answer: Mapping[str, object]) -> _Parts:
        """The rule that an answer with a `when` beside it stands for."""
        outer = {"when": _mapping("when"), **NEXT_ERROR}
        then = self.keys(answer, outer, ())
        asked = then.pop("when", {})
        written = {"when": frozenset(asked), "then": frozenset(answer) - {"when"}}
        return _Parts(self.keys(asked, FAULT_WHEN, ("when",)), then, 1, written, _misspelt(answer, outer))

    def keys(self, mapping: object, table: Mapping[str, Key], path: Path) -> dict[str, Any]:
        """The facts that a mapping states, as far as they can be read."""
        if not isinstance(mapping, Mapping):
            named = path[-1] if path else "a rule"
            self._found.append(Finding(path, f"{named} must be {MAPPING}; it is {shown(mapping)}."))
            return {}
        facts: dict[str, Any] = {}
        for name, value in mapping.items():
            key = table.get(name) if isinstance(name, str) else None
            if key is None:
                self._found.append(Finding((*path, name), _unknown(name, table, path), at_key=True))
                continue
            try:
                facts[key.fact] = key.read(value)
            except InvalidRule as inner:
                self._found += [each._replace(path=(*path, name, *each.path)) for each in inner.found]
            except ValueError as reason:
                hint = f" ({reason})" if str(reason) else ""
                message = f"{name} must be {key.expected}; it is {shown(value)}{hint}."
                self._found.append(Finding((*path, name), message))
        return facts

    def contradictions(self, parts: _Parts, of_then: Callable[[_Parts], Iterator[Finding]]) -> None:
        counters = [name for name in ALONE if name in parts.written["when"]]
        if len(counters) > 1:
            message = f"{counters[1]} contradicts {counters[0]}: say one of them."
            self._found.append(Finding(("when", counters[1]), message))
        most = 1 if "nth" in parts.when else parts.when.get("first")
        if None not in (most, parts.times) and parts.times > most:
            message = f"times can never be {parts.times} where {counters[0]} picks {most}."
            self._found.append(Finding(("times",), message))
        self._found += of_then(parts)

    def finish(self) -> None:
        if self._found:
            raise InvalidRule(self._found)


def _fault_contradictions(parts: _Parts) -> Iterator[Finding]:
    then = parts.written["then"]
    connection = parts.then.get("connection")
    if then == {"phase"}:
        yield Finding(("then",), "phase says when; say what happens too, such as status: 500.")
    elif not then and parts.lacks("then"):
        yield Finding(("then",), f"then does not say what happens; it may have {', '.join(THEN)}.")
    yield from _adapter_contradictions(parts)
    if connection in SILENT:
        for name in sorted(then & ANSWER_KEYS):
            yield Finding(
                ("then", name), f"{name} contradicts connection: {connection}: nothing is answered."
            )
    needs_connection = "lasting" in then and connection not in (Connection.HANG, Connection.DRIP)
    if needs_connection and "connection" not in parts.misspelt:
        yield Finding(("then", "lasting"), "lasting says how long connection: hang or drip takes.")
    yield from _answer_contradictions(parts, then, parts.then.get("status"))
    if "webhook" in then or parts.when.get("adapter") == (Adapter.WEBHOOK,):
        for name in sorted(then & THEN.keys() - WEBHOOK_THEN.keys()):
            yield Finding(("then", name), f"{name} does not belong to a webhook; it has webhook and delay.")
        yield from _webhook_contradictions(parts)


def _next_error_contradictions(parts: _Parts) -> Iterator[Finding]:
    """What a rule's would be, without the `then` that an answer does not have around it."""
    if parts.lacks("status"):
        yield Finding(("status",), f"status must be {NEXT_ERROR['status'].expected}; it is missing.")
    if set(parts.when.get("adapter", ())) == {Adapter.WEBHOOK}:
        message = "the next error is of a request; a rule of faults can be about webhooks."
        yield Finding(("when", "adapter"), message)
        return
    if parts.lacks("status"):
        yield from _adapter_contradictions(parts)
        return
    for each in _fault_contradictions(parts):
        yield each._replace(path=each.path[1:]) if each.path[0] == "then" else each


def _adapter_contradictions(parts: _Parts) -> Iterator[Finding]:
    when, adapters = parts.written["when"], frozenset(parts.when.get("adapter", ()))
    if "job_status" in parts.written["then"] and adapters and Adapter.REST not in adapters:
        yield Finding(("then", "job_status"), "job_status needs adapter: rest; only there are jobs polled.")
    if adapters == {Adapter.WEBHOOK}:
        for name in OF_REQUESTS:
            if name in when:
                yield Finding(("when", name), f"{name} is a request's; of a webhook say model or workspace.")
        return
    named = {name: parts.when.get(name) for name in ("path", "tool", "model")}
    for name, message in contradictions(adapters=adapters, **named):
        yield Finding(("when", name), message)
    method = parts.when.get("method")
    if method is not None and (mistake := mistake_in_method(method, named["path"], adapters)):
        yield Finding(("when", "method"), mistake)


def _answer_contradictions(parts: _Parts, then: frozenset[str], status: int | None) -> Iterator[Finding]:
    if status in BODILESS:
        for name in sorted(then & {"message", "body", "malformed"}):
            yield Finding(("then", name), f"{name} contradicts status: {status}, which has no body.")
    if status in SUCCESSES and parts.lacks("body") and parts.lacks("message"):
        yield Finding(("then", "status"), _of_bare_success(status, parts))
    if {"message", "body"} <= then:
        yield Finding(("then", "message"), "message contradicts body: say one of them.")
    if "message" in then and parts.lacks("status"):
        yield Finding(("then", "message"), "message needs a status beside it.")
    if "job_status" in then and then & {"status", "body"}:
        yield Finding(
            ("then", "job_status"), "job_status changes the true answer; leave out status and body."
        )
    if "malformed" in then and "body" in then:
        yield Finding(("then", "malformed"), "malformed contradicts body: write the body as it shall be.")


def _of_bare_success(status: int | None, parts: _Parts) -> str:
    """What to do about a success that does not say what is answered."""
    if parts.written["then"] & SPOILING:
        return f"{status} is no error: leave status out to spoil the true answer, or put a body beside it."
    return f"{status} is no error, and needs a body beside it."


def _webhook_contradictions(parts: _Parts) -> Iterator[Finding]:
    if parts.when.get("adapter") != (Adapter.WEBHOOK,):
        yield Finding(("then", "webhook"), "webhook needs adapter: webhook under when.")
    if parts.then.get("webhook") is WebhookFault.LATE and parts.lacks("delay"):
        yield Finding(("then", "webhook"), "late needs a delay beside it, such as 30s.")
    if parts.lacks("webhook") and parts.lacks("then"):
        yield Finding(("then",), f"a rule about webhooks needs webhook: {words_of(WebhookFault)}.")


def _outcome_contradictions(parts: _Parts) -> Iterator[Finding]:
    then, ending = parts.written["then"], parts.then.get("ending")
    if not then and parts.lacks("then"):
        yield Finding(("then",), f"then does not say what happens; it may have {', '.join(ENDING)}.")
    if "error" in then and ending is not Ending.FAILED and "status" not in parts.misspelt:
        yield Finding(("then", "error"), "error needs status: failed beside it.")
    for name in sorted(then & {"result", "empty"}):
        if ending not in (None, Ending.COMPLETED):
            yield Finding(
                ("then", name), f"{name} contradicts status: {ending}; only a completed job has one."
            )
    if {"result", "empty"} <= then:
        yield Finding(("then", "empty"), "empty contradicts result: say one of them.")


def _mapping(name: str) -> Key:
    return Key(MAPPING, read_mapping, name, OBJECT)


def _outcome(facts: dict[str, Any]) -> Outcome:
    error = facts.pop("error", {})
    if facts.pop("empty", False):
        facts["result"] = {}
    return Outcome(**facts, **error)


def _source(rule: object) -> Mapping[str, object]:
    assert isinstance(rule, Mapping)
    return {"when": {}, **rule}


def _unknown(name: object, table: Mapping[str, Key], path: Path) -> str:
    said = f'unknown key "{shortened(str(name))}"'
    if name == "adapter" and table is WEBHOOK_WHEN:
        return f"{said}; the rules here are about webhooks only."
    for subject, tables in KEYS_OF.items():
        if path and name in tables[str(path[-1])]:
            return f"{said}; only rules about {subject} have it."
    known = f"; known: {', '.join(table)}."
    return f"{said}{clause(str(name), table, otherwise=known)}"


def _misspelt(mapping: object, table: Mapping[str, Key]) -> frozenset[str]:
    """The keys that were probably meant by those that are unknown."""
    if not isinstance(mapping, Mapping):
        return frozenset()
    nearest = (nearest_word(str(name), table) for name in mapping if name not in table)
    return frozenset(name for name in nearest if name is not None)
