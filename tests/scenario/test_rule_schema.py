"""The JSON Schema of rules says of every value what their reader says."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from mockkrea.core.errors import InvalidRule
from mockkrea.core.rule_keys import ENDING, FAULT_WHEN, JOB_WHEN, THEN, TIMES, Key
from mockkrea.scenario.rules import fault_shape, outcome_shape
from tests.core.test_rule_reading import WRONG, WRONG_OUTCOMES, Rule

TABLES = {"when": {**FAULT_WHEN, **JOB_WHEN}, "then": THEN, "ending": ENDING, "beside": TIMES}
KEYS = {f"{table} {name}": key for table, keys in TABLES.items() for name, key in keys.items()}

NUMBERS: list[object] = [0, 1, -1, 0.5, 1.5, 30, 200, 599, 600, 10**9, 10**10, 10**13]
DURATIONS: list[object] = [
    "20s",
    "60s",
    "61s",
    "060s",
    "1m",
    "2m",
    "0.5m",
    "60000ms",
    "60001ms",
    "1500ms",
    "1d",
]
DURATIONS += ["2h", "0h", "1s ", "20 s", "20sec", ".5s", "1.s"]
WORDS: list[object] = [
    "rest",
    "mcp",
    "REST",
    "POST",
    "post",
    "before",
    "reset",
    "queued",
    "failed",
    "duplicate",
]
OTHERS: list[object] = [None, True, False, "", "x", [], ["rest", "mcp"], ["rest", "no"], {}]
MAPPINGS: list[object] = [{"A": "b"}, {"A": 1}, {"A": True}, {"A b": "c"}, {"code": "x"}, {"code": 1}]
MAPPINGS += [{"code": "x", "message": "y"}, {"code": "x", "other": "y"}]

# Contradictions between parts of a rule, and words in values, of which a schema has no notion.
ONLY_READ = {
    *("endless", "own header", "line break", "nth and often", "first and oftener", "tool of REST"),
    *("model of a file", "path of a webhook", "body of 204", "webhook elsewhere", "late without delay"),
    *("status of webhook", "MCP of REST", "generating by signing in", "tool of a path", "model of a path"),
    *("model of a tool", "health", "own content type", "success without a body"),
    *("spoilt success", "no such path", "no such method"),
}


@pytest.mark.parametrize("name", KEYS)
def test_the_schema_of_a_key_takes_just_the_values_that_are_read(name: str) -> None:
    key = KEYS[name]
    validator = jsonschema_rs.validator_for(dict(key.schema))

    for value in (*NUMBERS, *DURATIONS, *WORDS, *OTHERS, *MAPPINGS):
        assert validator.is_valid(value) == is_read(key, value), f"{name}: {value!r}"


@pytest.mark.parametrize("name", [name for name in WRONG if name not in ONLY_READ])
def test_the_schema_of_faults_refuses_what_their_reader_does(name: str) -> None:
    assert not taken(fault_shape().schema(), WRONG[name][0])


@pytest.mark.parametrize("name", WRONG_OUTCOMES)
def test_the_schema_of_outcomes_refuses_what_their_reader_does(name: str) -> None:
    assert not taken(outcome_shape().schema(), WRONG_OUTCOMES[name][0])


@pytest.mark.parametrize("name", sorted(ONLY_READ))
def test_what_only_the_reader_can_tell_is_not_refused_by_the_schema(name: str) -> None:
    assert taken(fault_shape().schema(), WRONG[name][0])


def is_read(key: Key, value: object) -> bool:
    try:
        key.read(value)
    except (ValueError, InvalidRule):
        return False
    return True


def taken(schema: Mapping[str, Any], rule: Rule) -> bool:
    return jsonschema_rs.validator_for(dict(schema)).is_valid(rule)
