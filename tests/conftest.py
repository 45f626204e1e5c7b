"""Fixtures that many tests share: mocks in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from mockkrea.adapters.door import Door
from mockkrea.core.catalogue import Catalogue
from mockkrea.core.initial_state import Setup
from mockkrea.data import Fixtures, load_fixtures
from mockkrea.settings import Settings
from mockkrea.worlds import WORLDS_MAX, Worlds
from tests.asking import DEFAULTS, Krea, MakeKrea
from tests.real_time import BEGINNING, RealTime


@pytest.fixture(scope="session")
def fixtures() -> Fixtures:
    """What every world begins with, read once."""
    return load_fixtures()


@pytest.fixture
def make_krea(fixtures: Fixtures) -> Iterator[MakeKrea]:
    """Makes mocks that differ from the usual one, and ends them."""
    with ExitStack() as stack:

        def make(
            settings: Settings = DEFAULTS,
            *,
            seed: int = 0,
            setup: Setup | None = None,
            catalogue: Catalogue | None = None,
            door: Door | None = None,
            worlds_max: int = WORLDS_MAX,
            beginning: str = BEGINNING,
        ) -> Krea:
            real_time = RealTime(beginning)
            changed = replace(
                fixtures, setup=setup or fixtures.setup, catalogue=catalogue or fixtures.catalogue
            )
            worlds = Worlds(changed, settings, seed=seed, real_us=real_time, worlds_max=worlds_max)
            krea = Krea(worlds, real_time, stack.enter_context(asyncio.Runner()), door=door)
            stack.callback(krea.close)
            return krea

        yield make


@pytest.fixture
def krea(make_krea: MakeKrea) -> Krea:
    """A fresh mock: seed 0, `time` progression, and a clock that only the test moves."""
    return make_krea()
