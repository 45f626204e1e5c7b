"""The rules of a scenario, as core reads them, and what a rule in a file names that is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from mockkrea.core.errors import Finding, InvalidRule
from mockkrea.core.faults import SILENT, Fault, OutcomeRule
from mockkrea.core.rule_keys import (
    ENDING,
    FAULT_WHEN,
    JOB_WHEN,
    NEXT_ERROR,
    THEN,
    TIMES,
    WEBHOOK_THEN,
    WEBHOOK_WHEN,
)
from mockkrea.core.rule_keys import Key as RuleKey
from mockkrea.core.rule_reading import ALONE, ANSWER_KEYS, read_fault, read_outcome, read_webhook_fault
from mockkrea.scenario.names import Names
from mockkrea.scenario.shapes import Findings, Schema
from mockkrea.scenario.source import Path

Rule: TypeAlias = Fault | OutcomeRule

# Keys of `then` of which only one may stand there, and what others need beside them.
NOT_TOGETHER = (
    ("message", "body"),
    ("malformed", "body"),
    ("job_status", "status"),
    ("job_status", "body"),
    ("result", "empty"),
)
NEEDS: Mapping[str, Schema] = {
    "phase": {"minProperties": 2},
    "message": {"required": ["status"]},
    "lasting": {"properties": {"connection": {"enum": ["hang", "drip"]}}, "required": ["connection"]},
    "error": {"properties": {"status": {"const": "failed"}}, "required": ["status"]},
    "result": {"properties": {"status": {"const": "completed"}}},
    "empty": {"properties": {"status": {"const": "completed"}}},
}


@dataclass(frozen=True, slots=True)
class RuleShape:
    """A rule `{"when": {…}, "then": {…}, "times": 1}`, which core reads and of which its tables tell."""

    read_rule: Callable[[object], Rule]
    when: Mapping[str, RuleKey]
    then: Mapping[str, RuleKey]

    def read(self, value: object, path: Path, findings: Findings) -> Rule | None:
        """The rule; None if something was noted."""
        try:
            return self.read_rule(value)
        except InvalidRule as refusal:
            findings += [each._replace(path=(*path, *each.path)) for each in refusal.found]
            return None

    def schema(self) -> Schema:
        """The same as JSON Schema, with the contradictions that it can say."""
        return {
            "type": "object",
            "properties": {
                "when": _table(self.when) | _not_together(combinations(ALONE, 2)),
                "then": _table(self.then) | _contradictions(self.then),
                **{name: _value(key) for name, key in TIMES.items()},
            },
            "required": ["then"],
            "additionalProperties": False,
        }


def fault_shape() -> RuleShape:
    """A rule about requests."""
    return RuleShape(read_fault, FAULT_WHEN, THEN)


def webhook_fault_shape() -> RuleShape:
    """A rule about webhooks."""
    return RuleShape(read_webhook_fault, WEBHOOK_WHEN, WEBHOOK_THEN)


def outcome_shape() -> RuleShape:
    """A rule about jobs."""
    return RuleShape(read_outcome, JOB_WHEN, ENDING)


def next_error_schema() -> Schema:
    """What `read_next_error` takes, as JSON Schema."""
    then = _table(NEXT_ERROR) | _contradictions(NEXT_ERROR)
    when = fault_shape().schema()["properties"]["when"]
    return {**then, "properties": {**then["properties"], "when": when}, "required": ["status"]}


def note_wrong_rules(
    where: Path, rules: Sequence[Rule | None], written: object, names: Names, findings: Findings
) -> None:
    """Note which models, workspaces and keys the rules at this path mean that are not there, and idle rules.

    Args:
        rules: None where one could not be read; what it names is judged all the same.
        written: the same rules as they stand there.
    """
    for number, rule in enumerate(rules):
        if rule is not None:
            _note_never_asked((*where, number), rules[:number], rule, findings)
    for number, each in enumerate(written if isinstance(written, list) else ()):
        match each:
            case {"when": Mapping() as when}:
                names.note_matcher(when, (*where, number, "when"), findings)


def _note_never_asked(path: Path, before: Sequence[Rule | None], rule: Rule, findings: Findings) -> None:
    for number, other in enumerate(before, 1):
        if other is not None and other.times is None and other.when.covers(rule.when):
            message = f"this rule is never asked: rule {number} of the list fires for all that it is about."
            findings.append(Finding(path, message))
            return


def _table(table: Mapping[str, RuleKey]) -> Schema:
    described = {name: _value(key) for name, key in table.items()}
    return {"type": "object", "properties": described, "additionalProperties": False}


def _value(key: RuleKey) -> Schema:
    return {**key.schema, "description": key.expected}


def _contradictions(then: Mapping[str, RuleKey]) -> Schema:
    """What `rule_reading` refuses together, as far as it is about `then` alone."""
    pairs = [pair for pair in NOT_TOGETHER if set(pair) <= set(then)]
    schema = {"minProperties": 1, **_not_together(pairs)}
    schema["dependentSchemas"] = {key: needed for key, needed in NEEDS.items() if key in then}
    if "connection" in then:
        forbidden = [{"required": [key]} for key in sorted(ANSWER_KEYS)]
        is_silent = {"properties": {"connection": {"enum": sorted(SILENT)}}, "required": ["connection"]}
        schema |= {"if": is_silent, "then": {"not": {"anyOf": forbidden}}}
    return schema


def _not_together(pairs: Iterable[tuple[str, str]]) -> Schema:
    refused = [{"not": {"required": list(pair)}} for pair in pairs]
    return {"allOf": refused} if refused else {}
