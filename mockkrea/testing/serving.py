"""Mocks in this process: one to start and stop, or a server with a world for each test."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from mockkrea import data, server
from mockkrea.core.errors import WorldExists
from mockkrea.settings import Settings
from mockkrea.testing.krea import Krea
from mockkrea.testing.opening import Opening, Progression, Scenarios, check_port
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach
from mockkrea.testing.thread import ServerThread
from mockkrea.worlds import Worlds

NOT_STARTED = "This mock is not started: call start() first, or use it in a `with` block."


def serve(
    *,
    scenario: Scenarios | None = None,
    seed: int | None = None,
    progression: Progression | None = None,
    settings: Mapping[str, object] | None = None,
    frozen: bool | None = None,
    port: int = 0,
) -> Serving:
    """A mock that serves inside a block, `with mockkrea.serve() as krea:`, or from `start` to `stop`.

    In a shell: `krea = mockkrea.serve().start()`. No environment variable is set; `krea.env` has those that
    lead clients there.

    Args:
        scenario: a file, the name of a ready-made scenario, several of both, or the keys themselves.
        seed: decides every id and every jitter. Default: the scenario's, or 0.
        progression: what moves a job: its submission alone, the clock, or each poll. Default: the
            scenario's, or "immediate".
        settings: by the names of `serve --set`, above those of the scenario.
        frozen: whether the clock stands still until the test moves it. Default: it does, unless the
            scenario's clock is real.
        port: 0 for any free one.
    """
    opening = Opening(scenario=scenario, seed=seed, progression=progression, settings=settings, frozen=frozen)
    return Serving(opening, port)


@pointing_at_the_test
class Serving(Krea):
    """A mock with a server of its own. It ends with the block, by `stop`, with this object or the process.

    Until it is started it has nothing but `start`.
    """

    _end: weakref.finalize[[], Serving] | None = None
    _server: MockServer

    def __init__(self, opening: Opening, port: int) -> None:
        self._opening = opening
        self._port = port

    def start(self) -> Serving:
        """Begin to serve, with a fresh world, and return this; one that serves goes on as it is.

        Raises:
            OSError, MockKreaError: the port is taken, there is no such scenario, or it is wrong.
        """
        if self._end is None or not self._end.alive:
            self._server = MockServer(self._opening, port=self._port)
            # Whichever thread finds that nobody needs it may be one that the server's end waits for.
            self._end = weakref.finalize(self, self._server.let_end)
            # A process that ends takes the thread with it; nothing has to wait for that.
            self._end.atexit = False
            super().__init__(self._server.reach)
        return self

    def stop(self) -> None:
        """End the server, if it runs; the world is gone."""
        if self._end is not None and self._end.detach():
            self._server.close()

    def __enter__(self) -> Serving:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return super().__repr__() if self._end is not None else "<mockkrea, not started>"

    # Type checkers would take every name for one that there is.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if self._end is None:
                raise AttributeError(NOT_STARTED)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


@pointing_at_the_test
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
        try:
            self._thread = ServerThread(worlds, port=port)
        except OSError as reason:
            raise OSError(reason.errno, f"port {port}: {reason.strerror}; 0 is any free one") from None
        self.url = self._thread.url
        self.reach = Reach(self._thread, worlds.default)
        self.default = Krea(self.reach)

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
        opening = Opening(
            scenario=scenario, seed=seed, progression=progression, settings=settings, frozen=frozen
        )
        beginning = opening.scenario_on(self._fixtures)
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

    def let_end(self) -> None:
        """Let the server end by itself, and wait for nothing."""
        self._thread.let_end()
