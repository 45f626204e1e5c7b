"""Fixtures that many tests share: mocks in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.genesis import Setup
from mockkrea.data import Fixtures, load_fixtures
from mockkrea.settings import Settings
from mockkrea.worlds import Tenant
from tests.asking import DEFAULTS, Krea, MakeKrea, RealTime


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
        ) -> Krea:
            real_time = RealTime()
            changed = replace(
                fixtures, setup=setup or fixtures.setup, catalogue=catalogue or fixtures.catalogue
            )
            tenant = Tenant(changed, settings, seed=seed, real_us=real_time)
            krea = Krea(tenant, real_time, stack.enter_context(asyncio.Runner()))
            stack.callback(krea.close)
            return krea

        yield make


@pytest.fixture
def krea(make_krea: MakeKrea) -> Krea:
    """A fresh mock: seed 0, `time` progression, and a clock that only the test moves."""
    return make_krea()
