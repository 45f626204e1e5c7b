"""The pages about what a test set up: fault rules, the scenario, the worlds."""

from __future__ import annotations

import asyncio
import json

from mockkrea.adapters import control_wire
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import shown_json, span
from mockkrea.core.state import State
from mockkrea.scenario.expecting import unmet_expectations
from mockkrea.scenario.loading import ready_made
from mockkrea.scenario.reading import Scenario
from mockkrea.scenario.summaries import summaries
from mockkrea.verification import Seen

# Rules that show what a rule can be, ready to be added: a name, `when`, `then`, and how often.
EXAMPLES = (
    ("Every second submission is a 503", {"path": "/generate/**", "every": 2}, {"status": 503}, None),
    (
        "The next three are rate-limited",
        {"adapter": ["rest", "mcp"]},
        {"status": 429, "headers": {"Retry-After": "2"}},
        3,
    ),
    ("Polls take two seconds", {"path": "/jobs/**"}, {"latency": "2s"}, None),
    (
        "The answer is lost after the charge",
        {"path": "/generate/**"},
        {"phase": "after_apply", "connection": "reset"},
        1,
    ),
)


async def faults_page(look: Look) -> Facts:
    """The rules with what came of them."""

    def page(state: State) -> Facts:
        rules = [
            {
                "id": id,
                "when": _line(rule.source["when"]),
                "then": _line(rule.source["then"]),
                "times": rule.times,
                "on": rule.on,
                "matched": state.rules.tallies[id].matched,
                "fired": state.rules.tallies[id].fired,
                "is_spent": rule.times is not None and state.rules.tallies[id].fired >= rule.times,
            }
            for id, rule in state.rules.faults_in_turn()
        ]
        return {"faults": rules, "outcomes": len(state.rules.outcomes)}

    examples = [
        {"title": title, "when": _line(when), "then": _line(then), "times": times}
        for title, when, then, times in EXAMPLES
    ]
    return {**await look.ask(page), "examples": examples}


async def scenarios_page(look: Look) -> Facts:
    """The scenario that the world began with, what it expects, and those that come with the package."""
    scenario = look.tenant.scenario
    facts: Facts = {"scenario": None, "expected": []}
    if scenario is not None:
        log = [Seen.of(exchange) for exchange in look.tenant.requests.exchanges()]
        expected = await look.ask(lambda state: _judged(scenario, state, log)) if scenario.expected else []
        facts = {
            "scenario": {
                "name": scenario.name,
                "description": scenario.description,
                "source": shown_json(control_wire.scenario_body(scenario)["scenario"]),
            },
            "expected": expected,
        }
    return facts | {"ready_made": await asyncio.to_thread(lambda: summaries(ready_made()))}


async def worlds_page(look: Look) -> Facts:
    """All worlds, the default one first."""
    everything = [(look.worlds.default, 0), *look.worlds.made()]
    return {
        "worlds": [
            {
                "name": tenant.name,
                "ui": look.ui_of(tenant),
                "url": look.request.origin + tenant.path,
                "api_key": tenant.api_key,
                "seed": tenant.seed,
                "idle": span(idle_us) if idle_us else "",
                "is_here": tenant is look.tenant,
                "is_default": tenant is look.worlds.default,
            }
            for tenant, idle_us in everything
        ]
    }


def _judged(scenario: Scenario, state: State, log: list[Seen]) -> list[Facts]:
    """Each expectation as it was written, and what is not true of it yet."""
    written = scenario.source.get("expect")
    assert isinstance(written, list | tuple), "a scenario that expects something says what"
    return [
        {
            "what": _line(words),
            "lines": [line for lines in unmet_expectations([each], state, log) for line in lines],
        }
        for words, each in zip(written, scenario.expected, strict=True)
    ]


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
