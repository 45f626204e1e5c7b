"""How a test's world begins: as a scenario says, with what a test wants besides.

Unless the test or its scenario says otherwise the clock is frozen and jobs complete at once, so no test
has to wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from typing import Literal

import orjson

from mockkrea.adapters.door import PORT_MAX
from mockkrea.core.errors import InvalidChange
from mockkrea.core.randomness import SEED_MAX
from mockkrea.core.tools import Tools
from mockkrea.data import Fixtures
from mockkrea.scenario.loading import find, scenario_defaults
from mockkrea.scenario.reading import Scenario, read_scenario
from mockkrea.settings import Settings

# A file, the name of a ready-made scenario, or the keys themselves; or several of these, the last one on top.
Layer = str | PathLike[str] | Mapping[str, object]
Scenarios = Layer | Sequence[Layer]

Progression = Literal["immediate", "time", "manual"]

IMMEDIATE: Mapping[str, object] = {"progression": "immediate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a test wants of its world; None is what its scenario says, or what suits tests.

    The fields are the arguments of `mockkrea.serve`.
    """

    scenario: Scenarios | None = None
    seed: int | None = None
    progression: Progression | None = None
    settings: Mapping[str, object] | None = None
    frozen: bool | None = None

    def scenario_on(self, fixtures: Fixtures) -> Scenario:
        """The beginning that this is, with these people and models unless the scenario has its own.

        Raises:
            OSError: a file is not there; says the nearest ready-made scenario.
            InvalidScenario, InvalidChange: something is wrong with the scenario, or with the rest.
        """
        self._check()
        tools = Settings().having(self.settings or {}).tools
        given = None if self.scenario is None else _read(self.scenario, fixtures, tools)
        base = given or _empty(fixtures)
        settings = {**IMMEDIATE, **base.settings, **(self.settings or {})}
        if self.progression is not None:
            settings["progression"] = self.progression
        Settings().having(settings).check_approval(base.setup.workspaces)
        frozen = self.frozen
        if frozen is None:
            frozen = base.frozen or not _says_real(base)
        seed = base.seed if self.seed is None else self.seed
        return replace(base, settings=settings, frozen=frozen, seed=seed)

    def _check(self) -> None:
        """See that everything is of its kind; what it says is judged where it is read."""
        is_whole = isinstance(self.seed, int) and not isinstance(self.seed, bool)
        if self.seed is not None and not (is_whole and abs(self.seed) <= SEED_MAX):
            raise _wrong("seed", f"a whole number from {-SEED_MAX} to {SEED_MAX}", self.seed)
        if self.frozen is not None and not isinstance(self.frozen, bool):
            raise _wrong("frozen", "True or False", self.frozen)
        if self.settings is not None and not isinstance(self.settings, Mapping):
            raise _wrong("settings", 'a mapping such as {"speed": 10}', self.settings)
        if self.progression is not None and "progression" in (self.settings or {}):
            raise InvalidChange("progression is given by itself and in settings; leave one of them out.")
        if self.scenario is not None and not (self.scenario and _is_scenario(self.scenario)):
            raise _wrong(
                "scenario",
                "a file, the name of a ready-made scenario, the keys themselves, or a list of these",
                self.scenario,
            )


def check_port(port: object) -> None:
    """See that this is a port, or 0 for any.

    Raises:
        InvalidChange: it is none.
    """
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= PORT_MAX:
        raise _wrong("port", f"a whole number from 0, for any free one, to {PORT_MAX}", port)


def _wrong(name: str, expected: str, value: object) -> InvalidChange:
    return InvalidChange(f"{name} must be {expected}; it was {repr(value)[:40]}.")


def _is_scenario(given: object) -> bool:
    if isinstance(given, str | PathLike | Mapping):
        return True
    return isinstance(given, Sequence) and all(isinstance(each, str | PathLike | Mapping) for each in given)


def _read(given: Scenarios, fixtures: Fixtures, tools: Tools) -> Scenario:
    layers = [given] if isinstance(given, str | PathLike | Mapping) else given
    texts = dict(_text(layer, number) for number, layer in enumerate(layers, 1))
    return read_scenario(texts, scenario_defaults(fixtures, tools))


def _text(layer: Layer, number: int) -> tuple[str, bytes]:
    """What a finding calls a layer, and its text."""
    if isinstance(layer, Mapping):
        return "scenario" if number == 1 else f"scenario, layer {number}", orjson.dumps(layer)
    return fspath(layer), find(fspath(layer)).read_bytes()


def _empty(fixtures: Fixtures) -> Scenario:
    return Scenario(
        name="",
        description="",
        files=(),
        source={},
        seed=0,
        at_us=None,
        frozen=False,
        settings={},
        setup=fixtures.setup,
        catalogue=fixtures.catalogue,
    )


def _says_real(scenario: Scenario) -> bool:
    match scenario.source:
        case {"clock": {"mode": "real"}}:
            return True
    return False
