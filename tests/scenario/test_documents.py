"""The pages about scenarios and faults are true: their examples play, and their tables have every key."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from mockkrea.core.clock import moment_of
from mockkrea.core.rule_keys import ENDING, FAULT_WHEN, JOB_WHEN, THEN
from mockkrea.core.rule_reading import read_fault, read_outcome
from mockkrea.data import Fixtures
from mockkrea.scenario.format import json_schema, scenario_table
from mockkrea.scenario.loading import scenario_defaults
from mockkrea.scenario.reading import read_scenario
from mockkrea.scenario.step_format import step_table
from mockkrea.scenario_run import run_scenario_alone
from mockkrea.settings import Settings
from tests.real_time import BEGINNING

DOCS = Path(__file__).parents[2] / "docs"
SCENARIOS = (DOCS / "scenarios.md").read_text(encoding="utf-8")
FAULTS = (DOCS / "faults.md").read_text(encoding="utf-8")

EXAMPLES = re.findall(r"```yaml\n(.*?)```", SCENARIOS, re.DOTALL)
assert len(EXAMPLES) == 2


def keys_of(page: str, heading: str) -> set[str]:
    """The words in the first column of the tables in a section."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\|([^|]*)\|", section, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`(\w+)", cell)}


@pytest.mark.parametrize("text", EXAMPLES, ids=["lost-answer", "sessions"])
def test_every_example_on_the_page_comes_true(text: str, fixtures: Fixtures) -> None:
    scenario = read_scenario({"example.yaml": text}, scenario_defaults(fixtures))

    summary = asyncio.run(run_scenario_alone(scenario, fixtures, at_us=moment_of(BEGINNING)))

    assert summary.lines == [f"✓ {scenario.name}"]


def test_the_page_about_scenarios_has_every_key_and_every_step() -> None:
    beginning = keys_of(SCENARIOS, "What the world begins with")

    assert beginning == set(scenario_table().keys) - {"steps", "expect"}
    assert set(step_table().keys) <= keys_of(SCENARIOS, "Steps")


def test_the_page_about_faults_has_every_key_and_no_other() -> None:
    assert keys_of(FAULTS, "When") == {*FAULT_WHEN, *JOB_WHEN}
    assert keys_of(FAULTS, "Then, for requests") == set(THEN)
    assert keys_of(FAULTS, "Then, for jobs") == set(ENDING)


def test_the_rules_on_the_page_about_faults_are_read() -> None:
    [block] = re.findall(r"```json\n(.*?)```", FAULTS, re.DOTALL)
    inline = re.findall(r"`(\{\"when\".*?\}\})`", FAULTS, re.DOTALL)

    read_fault(json.loads(block))
    rules = [json.loads(each) for each in inline if "…" not in each]
    assert len(rules) == 2
    for rule in rules:
        (read_outcome if "prompt" in rule["when"] else read_fault)(rule)


def test_the_schema_describes_every_setting_with_its_default() -> None:
    described = json_schema()["properties"]["settings"]["properties"]

    assert {name: each["default"] for name, each in described.items()} == Settings().as_data()
