"""From trees to a scenario: everything checked first, all findings at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.errors import InvalidChange
from mockkrea.core.initial_state import Setup
from mockkrea.core.tools import Tools
from mockkrea.core.webhooks import RETRY_AFTER_US
from mockkrea.scenario.format import scenario_table
from mockkrea.scenario.layers import layered
from mockkrea.scenario.meaning import note_mistakes, rules_of
from mockkrea.scenario.models import changed_facts
from mockkrea.scenario.names import Names, names_in
from mockkrea.scenario.parts import texts_at
from mockkrea.scenario.people import setup_of
from mockkrea.scenario.rules import Rule
from mockkrea.scenario.sessions import kept_by_clients, with_oauth
from mockkrea.scenario.shapes import Findings, Shape
from mockkrea.scenario.source import InvalidScenario, Node, Place, PlacedFinding, read_text
from mockkrea.scenario.step_format import asked_table, question_shape
from mockkrea.verification import Match, Question

# The parts in which stands what others name. A key that is not known may have been meant for one of them.
DECLARING = {("models",), ("workspaces",), ("oauth",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a world begins with, what is done in it, and what must be true in the end.

    `at_us` is None for the real present. `settings` are those that were given, by their names. `steps` and
    `expected` are as in the file, amounts in smallest parts and durations in microseconds; `step_places` says
    where each step stands. `sessions` are the tokens that clients have from before, by the names that steps
    call them. `receiver` has the statuses that webhooks are answered while steps are played.
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
    step_places: Sequence[Place] = ()
    expected: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ScenarioDefaults:
    """What scenarios are read on: the fresh world, and the facts of the catalogue that it sells from.

    `read_facts` is None where the models come from a document: then they cannot be changed. `tools` is the
    profile of a scenario that says none.
    """

    setup: Setup
    catalogue: Catalogue
    read_facts: Callable[[], dict[str, Any]] | None
    tools: Tools


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
    facts = _judged(tree, values, defaults, findings)
    placed += [PlacedFinding(tree.place_of(each.path, key=each.at_key), each.message) for each in findings]
    if placed:
        raise InvalidScenario(_in_order(placed, list(texts)))
    catalogue = defaults.catalogue if facts is None else Catalogue.read(facts)
    setup = with_oauth(
        values.get("oauth", {}), setup_of(values.get("workspaces", ()), defaults.setup, catalogue)
    )
    return Scenario(files=tuple(texts), setup=setup, catalogue=catalogue, **_as_written(tree, values))


def read_question(body: object) -> Question:
    """What a call of the control API asks about requests, `{"match": {…}, "times": 1}`.

    Raises:
        InvalidChange: it is no such body; says all that is wrong, by JSON pointers.
    """
    facts = _read(question_shape(), body)
    return Question.read({**facts.pop("match", {}), **facts})


def read_match(body: object) -> Match:
    """Which requests to look for, `{"path": "/jobs/*"}`; of a path that nobody serves there may be some too.

    Raises:
        InvalidChange: as `read_question`.
    """
    return Match(**_read(asked_table(), body))


def _read(shape: Shape, body: object) -> dict[str, Any]:
    findings: Findings = []
    facts: dict[str, Any] = shape.read(body, (), findings)
    if findings:
        raise InvalidChange(" ".join(map(str, findings)), findings)
    return facts


def _judged(
    tree: Node, values: Mapping[str, Any], defaults: ScenarioDefaults, findings: Findings
) -> dict[str, Any] | None:
    """The facts of its models, if it changes any; notes what does not mean anything or contradicts itself.

    Args:
        findings: what is wrong with the form. What that would make wrong with the meaning is not noted.
    """
    written = tree.plain()
    meant: Findings = []
    facts = changed_facts(values.get("models", {}), defaults.read_facts, meant)
    note_mistakes(written, values, _names(written, values, defaults, findings), meant)
    wrong = [each.path for each in findings if not each.at_key]
    findings += [
        each
        for each in meant
        if each.at_key or not any(path[: len(each.path)] == each.path for path in wrong)
    ]
    return facts


def _names(
    written: object, values: Mapping[str, Any], defaults: ScenarioDefaults, findings: Findings
) -> Names:
    declaring = [
        each.path for each in findings if each.path[:1] in DECLARING or (each.at_key and len(each.path) == 1)
    ]
    of_steps = [each.path for each in findings if each.path[:1] == ("steps",)]
    return names_in(
        values,
        defaults.setup,
        defaults.catalogue,
        usual_tools=defaults.tools,
        texts_of_wrong_parts=texts_at(declaring, written),
        texts_of_wrong_steps=texts_at(of_steps, written),
    )


def _as_written(tree: Node, values: Mapping[str, Any]) -> dict[str, Any]:
    clock, webhooks = values.get("clock", {}), values.get("webhooks", {})
    return {
        "name": values.get("name", ""),
        "description": values.get("description", ""),
        "source": tree.plain(),
        "seed": values.get("seed", 0),
        "at_us": clock.get("at"),
        "frozen": clock.get("mode", "real") == "frozen",
        "settings": _settings(values),
        "rules": [rule for _, rules in rules_of(values) for rule in rules],
        "retry_after_us": tuple(webhooks.get("retry_after", RETRY_AFTER_US)),
        "receiver": tuple(webhooks.get("receiver", (200,))),
        "sessions": kept_by_clients(values.get("oauth", {})),
        "steps": values.get("steps", ()),
        "step_places": [tree.place_of(("steps", number)) for number in range(len(values.get("steps", ())))],
        "expected": values.get("expect", ()),
    }


def _settings(values: Mapping[str, Any]) -> Mapping[str, object]:
    settings: Mapping[str, object] = values.get("settings", {})
    approved = values.get("oauth", {}).get("auto_approve")
    return settings if approved is None else {**settings, "auto_approve": approved}


def _in_order(findings: list[PlacedFinding], files: list[str]) -> list[PlacedFinding]:
    return sorted(
        findings, key=lambda each: (files.index(each.place.file), each.place.line, each.place.column)
    )
