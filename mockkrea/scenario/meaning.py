"""What a scenario means: that its parts name what is there, and do not contradict each other.

The form was judged before, and may be wrong: everything is asked of what could be read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockkrea.core.errors import Finding, InvalidChange
from mockkrea.core.faults import RULES_MAX
from mockkrea.scenario.names import Names
from mockkrea.scenario.parts import part_at
from mockkrea.scenario.rules import Rule, note_wrong_rules
from mockkrea.scenario.sessions import note_approved, note_wrong_oauth
from mockkrea.scenario.shapes import Facts, Findings, unknown_key
from mockkrea.scenario.source import Path
from mockkrea.scenario.step_format import expects_none
from mockkrea.scenario.steps import note_wrong_steps
from mockkrea.scenario.workspaces import note_wrong_workspaces
from mockkrea.settings import VALUES, Settings


def note_mistakes(written: object, values: Facts, names: Names, findings: Findings) -> None:
    """Note everything that is wrong with what a scenario means, but for its models.

    Args:
        written: the scenario as it stands there; `values` are what could be read of it.
    """
    note_wrong_workspaces(values.get("workspaces", ()), names, findings)
    note_wrong_oauth(values.get("oauth", {}), names, findings)
    note_wrong_steps(values.get("steps", ()), names, findings)
    _note_wrong_expectations(values.get("expect", ()), names, findings)
    _note_wrong_settings(values, names, findings)
    count = 0
    for path, rules in rules_of(values):
        count += len(rules)
        if count > RULES_MAX:
            message = f"with these there are more than {RULES_MAX:,} rules under jobs, webhooks and faults."
            findings.append(Finding(path, message, at_key=True))
            return
        note_wrong_rules(path, rules, part_at(written, path), names, findings)


def rules_of(values: Facts) -> Iterator[tuple[Path, Sequence[Rule]]]:
    """All rules, where they stand: those about webhooks go before those about all requests."""
    yield ("jobs",), values.get("jobs", ())
    yield ("webhooks", "faults"), values.get("webhooks", {}).get("faults", ())
    yield ("faults",), values.get("faults", ())


def _note_wrong_expectations(expected: Sequence[Facts], names: Names, findings: Findings) -> None:
    for number, each in enumerate(expected):
        for kind, facts in each.items():
            path: Path = ("expect", number, kind)
            names.note_matcher(facts, path, findings, must_be_served=not expects_none(facts))
            for index, inner in enumerate(facts.get("in_order", ())):
                names.note_matcher(inner, (*path, "in_order", index), findings)


def _note_wrong_settings(values: Facts, names: Names, findings: Findings) -> None:
    settings = values.get("settings", {})
    if "auto_approve" in settings and "auto_approve" in values.get("oauth", {}):
        message = "oauth says who is approved; leave one of them out."
        findings.append(Finding(("settings", "auto_approve"), message, at_key=True))
    for name, value in settings.items():
        if name not in VALUES:
            findings.append(Finding(("settings", name), unknown_key(name, VALUES), at_key=True))
            continue
        try:
            Settings().having({name: value})
        except InvalidChange as refusal:
            findings.append(Finding(("settings", name), str(refusal)))
        else:
            if name == "auto_approve":
                note_approved(str(value), ("settings", name), names, findings)
