"""The page about scenarios: the one that is loaded, what it expects, and those that come with the package."""

from __future__ import annotations

import asyncio

from mockkrea.adapters import control_wire
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import json_line, shown_json
from mockkrea.core.state import State
from mockkrea.scenario.expecting import unmet_expectations
from mockkrea.scenario.loading import ready_made
from mockkrea.scenario.reading import Scenario
from mockkrea.scenario.summaries import summaries
from mockkrea.verification import Seen


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


def _judged(scenario: Scenario, state: State, log: list[Seen]) -> list[Facts]:
    """Each expectation as it was written, and what is not true of it yet."""
    written = scenario.source.get("expect")
    assert isinstance(written, list | tuple), "a scenario that expects something says what"
    return [
        {
            "what": json_line(words),
            "lines": [line for lines in unmet_expectations([each], state, log) for line in lines],
        }
        for words, each in zip(written, scenario.expected, strict=True)
    ]
