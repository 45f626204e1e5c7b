"""The rules of a scenario, as core reads them, and what a rule in a file names that is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.errors import Findings
from mockkrea.core.faults import RULES_MAX, Fault, OutcomeRule
from mockkrea.core.genesis import Setup
from mockkrea.core.globs import fits
from mockkrea.core.rule_keys import ENDING, FAULT_WHEN, JOB_WHEN, THEN, TIMES, WEBHOOK_THEN, WEBHOOK_WHEN
from mockkrea.core.rule_keys import Key as RuleKey
from mockkrea.core.rule_reading import read_fault, read_outcome, read_webhook_fault
from mockkrea.scenario.people import no_model, no_workspace
from mockkrea.scenario.shapes import Note, Notes, Schema
from mockkrea.scenario.source import Path

Rule: TypeAlias = Fault | OutcomeRule


@dataclass(frozen=True, slots=True)
class RuleShape:
    """A rule `{"when": {…}, "then": {…}, "times": 1}`, which core reads and of which its tables tell."""

    read_rule: Callable[[object], Rule]
    when: Mapping[str, RuleKey]
    then: Mapping[str, RuleKey]

    def read(self, value: object, path: Path, notes: Notes) -> Rule | None:
        """The rule; None if something was noted."""
        try:
            return self.read_rule(value)
        except Findings as refusal:
            for finding in refusal.found:
                ending = "" if finding.message.endswith("?") else "."
                at_key = finding.message.startswith("unknown key")
                notes.append(Note((*path, *finding.path), f"{finding.message}{ending}", at_key))
            return None

    def schema(self) -> Schema:
        """Its keys as JSON Schema; values that are none of their key's are for the reader to refuse."""
        whole = {"type": "integer", "minimum": 1, "description": TIMES["times"].expected}
        return {
            "type": "object",
            "properties": {"when": _keys(self.when), "then": _keys(self.then), "times": whole},
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
    where: Path, rules: Sequence[Rule], setup: Setup, catalogue: Catalogue, notes: Notes
) -> None:
    """Note which models and workspaces the rules at this path mean that are not there."""
    if len(rules) > RULES_MAX:
        notes.append(Note(where, f"there may be {RULES_MAX:,} rules; there are {len(rules):,}."))
    for number, rule in enumerate(rules):
        path: Path = (*where, number, "when")
        model, workspace = rule.when.model, rule.when.workspace
        if model is not None and not any(fits(model, each.id) for each in catalogue.models):
            notes.append(Note((*path, "model"), no_model(model, catalogue)))
        if workspace is not None and workspace not in setup.workspaces:
            notes.append(Note((*path, "workspace"), no_workspace(workspace, setup)))


def _keys(table: Mapping[str, RuleKey]) -> Schema:
    described = {name: {"description": key.expected} for name, key in table.items()}
    return {"type": "object", "properties": described, "additionalProperties": False}
