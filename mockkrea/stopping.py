"""The end of the process, for whoever waits in it: nobody waits longer than the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from mockkrea.core.errors import ServerStops


class Shutdown:
    """Whether the server stops; all worlds of a process share one."""

    def __init__(self) -> None:
        self.has_begun = False
        self._waiting: set[asyncio.Future[None]] = set()

    def begin(self) -> None:
        """Wake everybody who waits."""
        self.has_begun = True
        for each in self._waiting:
            if not each.done():
                each.set_result(None)

    @contextmanager
    def interrupts(self, waiting: asyncio.Future[None]) -> Iterator[None]:
        """While the block runs, the shutdown ends this waiting too."""
        self._waiting.add(waiting)
        if self.has_begun and not waiting.done():
            waiting.set_result(None)
        try:
            yield
        finally:
            self._waiting.discard(waiting)

    async def sleep(self, seconds: float) -> None:
        """Let so much real time pass, or less if the server stops."""
        waiting = asyncio.get_running_loop().create_future()
        with self.interrupts(waiting):
            await asyncio.wait({waiting}, timeout=seconds)

    def check(self) -> None:
        """See that the server goes on.

        Raises:
            ServerStops: it does not, and whatever has not begun shall not begin.
        """
        if self.has_begun:
            raise ServerStops
