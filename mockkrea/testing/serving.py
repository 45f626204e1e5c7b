"""Mocks in this process: one for a `with` block, or a server with a world for each test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Literal

from mockkrea import data, server
from mockkrea.core.errors import WorldExists
from mockkrea.settings import Settings
from mockkrea.testing.krea import Krea
from mockkrea.testing.opening import Opening, Scenarios, check_port
from mockkrea.testing.reach import Reach
from mockkrea.testing.thread import ServerThread
from mockkrea.worlds import Worlds

Progression = Literal["immediate", "time", "manual"]


@contextmanager
def serve(
    *,
    scenario: Scenarios | None = None,
    seed: int | None = None,
    progression: Progression | None = None,
    settings: Mapping[str, object] | None = None,
    frozen: bool | None = None,
    port: int = 0,
) -> Iterator[Krea]:
    """A mock for a `with` block: `with mockkrea.serve() as krea:`.

    Args:
        scenario: a file, the name of a ready-made scenario, several of both, or the keys themselves.
        seed: decides every id and every jitter; the scenario's, or 0.
        progression: what moves a job: its submission alone, the clock, or each poll; "immediate".
        settings: by the names of `serve --set`.
        frozen: whether the clock stands still until the test moves it; it does.
        port: 0 for any free one.

    Raises:
        OSError, MockKreaError: there is no such scenario, or something is wrong with it; the port is taken.
    """
    wanted = Opening(
        scenario=scenario, seed=seed, settings=_with_progression(settings, progression), frozen=frozen
    )
    with MockServer(wanted, port=port) as running:
        yield running.default


class MockServer:
    """A server in a thread of this process, and its worlds: the default one, and others by their names.

    Entering starts it, leaving ends it.

    Args:
        opening: how the default world begins, and those that clients make by their keys.
        port: 0 for any free one.
    """

    def __init__(self, opening: Opening | None = None, *, port: int = 0) -> None:
        check_port(port)
        self._fixtures = data.load_fixtures()
        scenario = (opening or Opening()).scenario_on(self._fixtures)
        worlds = Worlds(self._fixtures, Settings(), seed=scenario.seed, real_us=server.real_clock())
        worlds.begin_all(scenario)
        self._thread = ServerThread(worlds, port=port)
        self.url = self._thread.url
        self.default = Krea(Reach(self._thread, worlds.default))

    def __enter__(self) -> MockServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def world(
        self,
        name: str,
        *,
        scenario: Scenarios | None = None,
        seed: int | None = None,
        progression: Progression | None = None,
        settings: Mapping[str, object] | None = None,
        frozen: bool | None = None,
    ) -> Krea:
        """A fresh world of this name, in the place of one that there may be; the rest as of `serve`.

        Raises:
            OSError, MockKreaError: as `serve`, and that is no name of a world.
        """
        __tracebackhide__ = True
        wanted = Opening(
            scenario=scenario, seed=seed, settings=_with_progression(settings, progression), frozen=frozen
        )
        beginning = wanted.scenario_on(self._fixtures)
        worlds = self._thread.worlds

        async def make() -> Reach:
            try:
                return Reach(self._thread, worlds.make(name, scenario=beginning))
            except WorldExists:
                worlds.drop(name)
                return Reach(self._thread, worlds.make(name, scenario=beginning))

        return Krea(self._thread.run(make()))

    def drop(self, krea: Krea) -> None:
        """Forget a world with all it has; its name is free again."""

        async def drop() -> None:
            if any(tenant.name == krea.world for tenant, _ in self._thread.worlds.made()):
                self._thread.worlds.drop(krea.world)

        self._thread.run(drop())

    def close(self) -> None:
        """End the server; its worlds are gone."""
        self._thread.close()


def _with_progression(
    settings: Mapping[str, object] | None, progression: Progression | None
) -> Mapping[str, object] | None:
    if progression is None or not isinstance(settings, Mapping | None):
        return settings
    return {**(settings or {}), "progression": progression}
