"""From trees to a scenario: everything checked first, all findings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.errors import Finding, InvalidChange
from mockkrea.core.initial_state import Setup
from mockkrea.core.webhooks import RETRY_AFTER_US
from mockkrea.scenario.format import scenario_table
from mockkrea.scenario.layers import layered
from mockkrea.scenario.models import catalogue_of
from mockkrea.scenario.people import is_known_model, no_model, no_workspace, setup_of
from mockkrea.scenario.rules import Rule, note_wrong_names
from mockkrea.scenario.sessions import kept_by_clients, with_oauth
from mockkrea.scenario.shapes import Findings, unknown_key
from mockkrea.scenario.source import InvalidScenario, Node, Path, PlacedFinding, read_text
from mockkrea.scenario.step_format import question_table
from mockkrea.scenario.steps import note_wrong_steps
from mockkrea.settings import VALUES, Settings
from mockkrea.verification import Question

# The parts in which stands what others name; "" is the whole.
NAMED_BY_OTHERS = frozenset({"", "workspaces", "models", "oauth"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a world begins with, what is done in it, and what must be true in the end.

    `at_us` is None for the real present. `settings` are those that were given, by their names. `steps` and
    `expected` are as in the file, amounts in smallest parts and durations in microseconds. `sessions` are the
    tokens that clients have from before, by the names that steps call them. `receiver` has the statuses that
    webhooks are answered while steps are played.
    """

    name: str
    description: str
    files: tuple[str, ...]
    source: Mapping[str, object]
    seed: int
    at_us: int | None
    frozen: bool
    settings: Mapping[str, object]
    setup: Setup
    catalogue: Catalogue
    rules: Sequence[Rule] = ()
    retry_after_us: tuple[int, ...] = RETRY_AFTER_US
    receiver: tuple[int, ...] = (200,)
    sessions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    steps: Sequence[Mapping[str, Any]] = ()
    expected: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ScenarioDefaults:
    """What scenarios are read on: the fresh world, and the facts of the catalogue that it sells from.

    `read_facts` is None where the models come from a document: then they cannot be changed.
    """

    setup: Setup
    catalogue: Catalogue
    read_facts: Callable[[], dict[str, Any]] | None


def read_scenario(texts: Mapping[str, str | bytes], defaults: ScenarioDefaults) -> Scenario:
    """The scenario that these texts are together, by the names of their files, the last one on top.

    Raises:
        InvalidScenario: something is wrong; all of it, if the texts are YAML.
    """
    trees = []
    placed: list[PlacedFinding] = []
    unreadable = False
    for file, text in texts.items():
        try:
            trees.append(read_text(text, file, placed))
        except InvalidScenario as refusal:
            unreadable = True
            placed += refusal.findings
    if unreadable:
        raise InvalidScenario(placed)
    tree = layered(trees)
    findings: Findings = []
    values = scenario_table().read(tree.plain(), (), findings)
    wrong = {each.path[0] if each.path else "" for each in findings}
    scenario = None
    # What is named, or contradicts itself, can be told only of what is of its kind, on defaults that are.
    if not wrong & NAMED_BY_OTHERS:
        meant: Findings = []
        kept = {key: value for key, value in values.items() if key not in wrong}
        scenario = _scenario(tree, kept, defaults, meant)
        findings += meant
    placed += [PlacedFinding(tree.place_of(each.path, key=each.at_key), each.message) for each in findings]
    if scenario is None or placed:
        raise InvalidScenario(_in_order(placed, list(texts)))
    return Scenario(files=tuple(texts), **scenario)


def read_question(body: object) -> Question:
    """What a call of the control API asks about requests, `{"match": {…}, "times": 1}`.

    Raises:
        InvalidChange: it is no such body; says all that is wrong, by JSON pointers.
    """
    findings: Findings = []
    facts = question_table().read(body, (), findings)
    if findings:
        raise InvalidChange(" ".join(map(str, findings)))
    return Question.read({**facts.pop("match", {}), **facts})


def _scenario(
    tree: Node, values: dict[str, Any], defaults: ScenarioDefaults, findings: Findings
) -> dict[str, Any]:
    catalogue, setup = _world(values, defaults, findings)
    if not findings:
        _note_wrong_names(values, setup, catalogue, findings)
    _note_wrong_settings(values.get("settings", {}), findings)
    clock, webhooks = values.get("clock", {}), values.get("webhooks", {})
    plain = tree.plain()
    assert isinstance(plain, dict), "a scenario is a mapping"
    return {
        "name": values.get("name", ""),
        "description": values.get("description", ""),
        "source": plain,
        "seed": values.get("seed", 0),
        "at_us": clock.get("at"),
        "frozen": clock.get("mode", "real") == "frozen",
        "settings": _settings(values, findings),
        "setup": setup,
        "catalogue": catalogue,
        "rules": [rule for _, rules in _rules(values) for rule in rules],
        "retry_after_us": tuple(webhooks.get("retry_after", RETRY_AFTER_US)),
        "receiver": tuple(webhooks.get("receiver", (200,))),
        "sessions": kept_by_clients(values.get("oauth", {})),
        "steps": values.get("steps", ()),
        "expected": values.get("expect", ()),
    }


def _world(
    values: Mapping[str, Any], defaults: ScenarioDefaults, findings: Findings
) -> tuple[Catalogue, Setup]:
    """What is there in the beginning: those of the defaults where something was noted."""
    catalogue = catalogue_of(values.get("models", {}), defaults.read_facts, findings) or defaults.catalogue
    setup = defaults.setup
    if not findings and "workspaces" in values:
        setup = setup_of(values["workspaces"], setup, catalogue, findings)
    if not findings:
        setup = with_oauth(values.get("oauth", {}), setup, findings)
    return catalogue, setup


def _note_wrong_names(
    values: Mapping[str, Any], setup: Setup, catalogue: Catalogue, findings: Findings
) -> None:
    sessions = kept_by_clients(values.get("oauth", {}))
    note_wrong_steps(values.get("steps", ()), sessions, setup, catalogue, findings)
    _note_wrong_expectations(values.get("expect", ()), setup, catalogue, findings)
    for path, rules in _rules(values):
        note_wrong_names(path, rules, setup, catalogue, findings)


def _rules(values: Mapping[str, Any]) -> Iterator[tuple[Path, Sequence[Rule]]]:
    """All rules, where they stand: those about webhooks go before those about all requests."""
    yield ("jobs",), values.get("jobs", ())
    yield ("webhooks", "faults"), values.get("webhooks", {}).get("faults", ())
    yield ("faults",), values.get("faults", ())


def _settings(values: Mapping[str, Any], findings: Findings) -> Mapping[str, object]:
    settings: Mapping[str, object] = values.get("settings", {})
    if "auto_approve" not in values.get("oauth", {}):
        return settings
    if "auto_approve" in settings:
        message = "oauth says who is approved; leave one of them out."
        findings.append(Finding(("settings", "auto_approve"), message, at_key=True))
    return {**settings, "auto_approve": values["oauth"]["auto_approve"]}


def _note_wrong_settings(settings: Mapping[str, object], findings: Findings) -> None:
    for name, value in settings.items():
        if name not in VALUES:
            findings.append(Finding(("settings", name), unknown_key(name, VALUES), at_key=True))
            continue
        try:
            Settings().having({name: value})
        except InvalidChange as refusal:
            findings.append(Finding(("settings", name), str(refusal)))


def _note_wrong_expectations(
    expected: Sequence[Mapping[str, Any]], setup: Setup, catalogue: Catalogue, findings: Findings
) -> None:
    for number, each in enumerate(expected):
        [(kind, facts)] = each.items()
        path: Path = ("expect", number, kind)
        if "model" in facts and not is_known_model(facts["model"], catalogue):
            findings.append(Finding((*path, "model"), no_model(facts["model"], catalogue)))
        workspace = facts.get("workspace")
        if workspace is not None and workspace not in setup.workspaces:
            findings.append(Finding((*path, "workspace"), no_workspace(workspace, setup)))
        elif kind == "ledger" and len(facts) == 1:
            findings.append(Finding(path, "this says no amount, such as captured_usd: 0.03."))


def _in_order(findings: list[PlacedFinding], files: list[str]) -> list[PlacedFinding]:
    return sorted(
        findings, key=lambda each: (files.index(each.place.file), each.place.line, each.place.column)
    )
