"""The scenarios that come with mockkrea: each says what it is for, and its own steps do what it expects."""

import asyncio
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import orjson
import pytest

from mockkrea.core.clock import moment_of
from mockkrea.data import Fixtures, scenarios_dir
from mockkrea.scenario.format import json_schema
from mockkrea.scenario.loading import load_scenario, ready_made, scenario_defaults
from mockkrea.scenario.source import read_text
from mockkrea.scenario_run import run_scenario_alone
from tests.real_time import BEGINNING


def stem(path: Path) -> str:
    return path.stem


each_file = pytest.mark.parametrize("path", ready_made(), ids=stem)


@each_file
def test_its_own_steps_do_what_it_expects(path: Path, fixtures: Fixtures) -> None:
    scenario = load_scenario([str(path)], scenario_defaults(fixtures))

    summary = asyncio.run(run_scenario_alone(scenario, fixtures, at_us=moment_of(BEGINNING)))

    assert summary.lines == [f"✓ {path.stem}"]


@pytest.mark.parametrize(
    "path", [path for path in ready_made() if "faults:" in path.read_text("utf-8")], ids=stem
)
def test_without_its_faults_its_steps_or_expectations_do_not_hold(path: Path, fixtures: Fixtures) -> None:
    scenario = replace(load_scenario([str(path)], scenario_defaults(fixtures)), rules=())

    summary = asyncio.run(run_scenario_alone(scenario, fixtures, at_us=moment_of(BEGINNING)))

    assert not summary.is_fine


@each_file
def test_it_says_what_it_reproduces_and_where_editors_find_the_schema(path: Path, fixtures: Fixtures) -> None:
    scenario = load_scenario([str(path)], scenario_defaults(fixtures))

    assert scenario.name == path.stem
    assert "Tests that " in scenario.description
    assert scenario.expected
    assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=./scenario.schema.json\n")


@each_file
def test_the_schema_takes_every_ready_made_scenario(path: Path) -> None:
    jsonschema_rs.validator_for(json_schema()).validate(read_text(path.read_bytes(), path.name, []).plain())


def test_the_schema_beside_them_is_the_one_that_the_command_prints() -> None:
    assert orjson.loads((scenarios_dir() / "scenario.schema.json").read_bytes()) == json_schema()
