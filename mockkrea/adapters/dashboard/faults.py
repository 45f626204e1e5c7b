"""The page about fault rules: those that are set, and some to add."""

from __future__ import annotations

from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import json_line
from mockkrea.core.state import State

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
                "when": json_line(rule.source["when"]),
                "then": json_line(rule.source["then"]),
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
        {"title": title, "when": json_line(when), "then": json_line(then), "times": times}
        for title, when, then, times in EXAMPLES
    ]
    return {**await look.ask(page), "examples": examples}
