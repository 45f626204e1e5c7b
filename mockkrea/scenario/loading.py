"""Scenarios from files on the disk, and the ready-made ones by their names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from mockkrea import data
from mockkrea.core.hints import nearest_word
from mockkrea.core.tools import Tools
from mockkrea.scenario.reading import Scenario, ScenarioDefaults, read_scenario
from mockkrea.scenario.source import InvalidScenario, Place, PlacedFinding

STANDARD_INPUT = "-"

READY_MADE = re.compile(r"[a-z0-9-]{1,80}")


def scenario_defaults(fixtures: data.Fixtures, tools: Tools = Tools.DOCUMENTED) -> ScenarioDefaults:
    """What scenarios are read on: the package's own data, or a document, and a server's profile of tools."""
    read_facts = data.catalogue_facts if fixtures.spec is None else None
    return ScenarioDefaults(fixtures.setup, fixtures.catalogue, read_facts, tools)


def load_scenario(names: Iterable[str], defaults: ScenarioDefaults) -> Scenario:
    """The scenario that these files, or ready-made scenarios, are together.

    Raises:
        FileNotFoundError, OSError: as `find`, or a file cannot be read.
        InvalidScenario: something is wrong with what they say.
    """
    return read_scenario({name: find(name).read_bytes() for name in names}, defaults)


def read_files(names: Iterable[str]) -> dict[str, bytes]:
    """The texts of these files and ready-made scenarios; "-" is what comes in.

    Raises:
        FileNotFoundError, OSError: as `load_scenario`.
    """
    return {
        name: sys.stdin.buffer.read() if name == STANDARD_INPUT else find(name).read_bytes() for name in names
    }


def read_text_or_name(text: bytes, defaults: ScenarioDefaults) -> Scenario:
    """The scenario of this text, or the ready-made one of this name, which may be a JSON string.

    Raises:
        InvalidScenario: something is wrong with it; its lines are called those of "scenario".
    """
    name = text.decode("utf-8", "replace").strip().strip('"')
    if not READY_MADE.fullmatch(name):
        return read_scenario({"scenario": text}, defaults)
    try:
        return read_scenario({name: _find_ready_made(name).read_bytes()}, defaults)
    except FileNotFoundError as reason:
        raise InvalidScenario([PlacedFinding(Place("scenario", 1, 1), str(reason))]) from None


def find(name: str) -> Path:
    """The file of this name, or the ready-made scenario.

    Raises:
        FileNotFoundError: there is neither; says the nearest.
    """
    path = Path(name)
    return path if path.exists() else _find_ready_made(name)


def ready_made() -> list[Path]:
    """The files of the scenarios that come with the package, by their names."""
    return sorted(data.scenarios_dir().rglob("*.yaml"))


def _find_ready_made(name: str) -> Path:
    ready = {each.stem: each for each in ready_made()}
    if name in ready:
        return ready[name]
    near = nearest_word(Path(name).stem, ready)
    hint = f'; did you mean the ready-made scenario "{near}"?' if near else "."
    raise FileNotFoundError(f"there is no file {name}{hint}")
