"""The rules of a scenario, as core reads them, and what a rule in a file names that is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.errors import Finding, InvalidRule
from mockkrea.core.faults import RULES_MAX, SILENT, Fault, OutcomeRule
from mockkrea.core.initial_state import Setup
from mockkrea.core.rule_keys import ENDING, FAULT_WHEN, JOB_WHEN, THEN, TIMES, WEBHOOK_THEN, WEBHOOK_WHEN
from mockkrea.core.rule_keys import Key as RuleKey
from mockkrea.core.rule_reading import ALONE, ANSWER_KEYS, read_fault, read_outcome, read_webhook_fault
from mockkrea.core.workspaces import KEY_MARK
from mockkrea.scenario.people import is_known_model, no_model, no_workspace
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


def note_wrong_names(
    where: Path, rules: Sequence[Rule], setup: Setup, catalogue: Catalogue, findings: Findings
) -> None:
    """Note which models and workspaces the rules at this path mean that are not there, and idle rules."""
    if len(rules) > RULES_MAX:
        findings.append(Finding(where, f"there may be {RULES_MAX:,} rules; there are {len(rules):,}."))
        return
    for number, rule in enumerate(rules):
        _note_never_asked((*where, number), rules[:number], rule, findings)
        path: Path = (*where, number, "when")
        model, workspace = rule.when.model, rule.when.workspace
        if model is not None and not is_known_model(model, catalogue):
            findings.append(Finding((*path, "model"), no_model(model, catalogue)))
        if workspace is not None and workspace not in setup.workspaces:
            findings.append(Finding((*path, "workspace"), no_workspace(workspace, setup)))
        if rule.when.key is not None and not _is_known_key(rule.when.key, setup):
            findings.append(Finding((*path, "key"), f'no workspace has the token "{rule.when.key[:40]}".'))


def _is_known_key(key: str, setup: Setup) -> bool:
    known = {*setup.tokens, *(session.access_token for session in setup.sessions)}
    return key in known or key.startswith(KEY_MARK)


def _note_never_asked(path: Path, before: Sequence[Rule], rule: Rule, findings: Findings) -> None:
    for number, other in enumerate(before, 1):
        if other.times is None and other.when.covers(rule.when):
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
