"""What the command line does with scenarios: `mockkrea lint`, `mockkrea schema`, and the flags of `serve`.

What costs to import is imported by the command that needs it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mockkrea import completion

if TYPE_CHECKING:
    from mockkrea.data import Fixtures
    from mockkrea.scenario.reading import Scenario, ScenarioDefaults
    from mockkrea.watch import Watch
    from mockkrea.worlds import Worlds


class WrongScenario(click.ClickException):
    """A server cannot begin with it: a wrong call, but of the file and not of the flags."""

    exit_code = click.UsageError.exit_code


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=completion.scenarios)
@click.option("--play", is_flag=True, help="Play their steps too, and say what did not come true.")
@click.option("--layered", is_flag=True, help="The files are one scenario, the last one on top.")
def lint(files: tuple[str, ...], play: bool, layered: bool) -> None:
    """Say what is wrong with scenarios, one a file: where, why, and what would have been right.

    FILE is a file, the name of a ready-made scenario, or - for what comes in.
    """
    from mockkrea import data
    from mockkrea.scenario.loading import read_files, scenario_defaults
    from mockkrea.scenario.reading import read_scenario
    from mockkrea.scenario.source import InvalidScenario

    fixtures = data.load_fixtures()
    findings, failures = 0, 0
    scenarios = [files] if layered else [(file,) for file in files]
    for names in scenarios:
        try:
            scenario = read_scenario(read_files(names), scenario_defaults(fixtures))
        except OSError as reason:
            raise click.BadParameter(_unreadable(reason), param_hint="FILE") from None
        except InvalidScenario as refusal:
            click.echo(str(refusal))
            findings += len(refusal.findings)
            continue
        if play:
            failures += not _played(replace(scenario, name=scenario.name or " + ".join(names)), fixtures)
    played = f", {failures} of {len(scenarios)} did not come true" if failures else ""
    click.echo(_count(findings) + played)
    if findings or failures:
        raise SystemExit(1)


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenarios, with which an editor completes and checks them."""
    from mockkrea.scenario.format import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def read_given(
    files: Collection[str], defaults: ScenarioDefaults, seed: int | None, given: Collection[str]
) -> Scenario:
    """The scenario of a server, whose own seed and `given` settings stand above those in the files.

    Raises:
        OSError, InvalidScenario: as `load_scenario`.
    """
    from mockkrea.scenario.loading import load_scenario

    scenario = load_scenario(files, defaults)
    settings = {name: value for name, value in scenario.settings.items() if name not in given}
    return replace(scenario, settings=settings, seed=scenario.seed if seed is None else seed)


def begin_with(load: Callable[[], Scenario]) -> Scenario:
    """The scenario with which a server begins; one that is wrong ends the command, with its findings."""
    from mockkrea.scenario.source import InvalidScenario

    try:
        return load()
    except OSError as reason:
        raise click.BadParameter(_unreadable(reason), param_hint="--scenario") from None
    except InvalidScenario as refusal:
        message = f"the scenario is wrong.\n{refusal}\n{_count(len(refusal.findings))}"
        raise WrongScenario(message) from None


def watch_over(files: Collection[str], load: Callable[[], Scenario], worlds: Worlds) -> Watch:
    """What reads the scenario of a server again whenever one of its files changes."""
    from mockkrea.scenario.loading import find
    from mockkrea.watch import Watch

    if not files:
        raise click.BadParameter("it needs a scenario to watch, --scenario FILE.", param_hint="--watch")
    return Watch([find(name) for name in files], load, worlds.begin_all)


def _played(scenario: Scenario, fixtures: Fixtures) -> bool:
    from mockkrea import server
    from mockkrea.scenario_run import run_scenario_alone

    summary = asyncio.run(run_scenario_alone(scenario, fixtures, at_us=server.real_clock()()))
    click.echo("\n".join(summary.lines))
    return summary.is_fine


def _unreadable(reason: OSError) -> str:
    if isinstance(reason, IsADirectoryError):
        return f"{reason.filename} is a directory; name a file in it."
    return str(reason)


def _count(findings: int) -> str:
    return f"{findings} finding{'' if findings == 1 else 's'}"
