"""Scenarios from files on the disk, and the ready-made ones by their names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mockkrea import data
from mockkrea.scenario.reading import Grounds, Scenario, read_scenario
from mockkrea.scenario.shapes import nearest


def grounds_of(fixtures: data.Fixtures) -> Grounds:
    """What scenarios are read on when nothing but the package's own data is there."""
    return Grounds(fixtures.setup, fixtures.catalogue, data.catalogue_facts)


def load_scenario(names: Iterable[str], grounds: Grounds) -> Scenario:
    """The scenario that these files, or ready-made scenarios, are together.

    Raises:
        FileNotFoundError, OSError: as `find`, or a file cannot be read.
        Findings: something is wrong with what they say.
    """
    return read_scenario({name: find(name).read_bytes() for name in names}, grounds)


def find(name: str) -> Path:
    """The file of this name, or the ready-made scenario.

    Raises:
        FileNotFoundError: there is neither; says the nearest.
    """
    path = Path(name)
    if path.exists():
        return path
    ready = {each.stem: each for each in ready_made()}
    if name in ready:
        return ready[name]
    near = nearest(path.stem, ready)
    hint = f'; did you mean the ready-made scenario "{near}"?' if near else "."
    raise FileNotFoundError(f"there is no file {name}{hint}")


def ready_made() -> list[Path]:
    """The files of the scenarios that come with the package, by their names."""
    return sorted(data.scenarios_dir().rglob("*.yaml"))
