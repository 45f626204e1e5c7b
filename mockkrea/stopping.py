"""The end of the process, for whoever waits in it: nobody waits longer than the server runs."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

from mockkrea.core.errors import ServerStops

# Held while `sys.meta_path` is replaced.
_CHANGING = threading.Lock()


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

    @contextmanager
    def ends_imports(self) -> Iterator[None]:
        """While the block runs, the shutdown ends the imports of this thread, before their next module.

        Raises:
            ServerStops: it did.
        """
        # The process does not end before its threads. Where another one imports it goes through this list: so
        # that it misses none, there is always another list, never less in the same.
        finder = _RefusesImports(self.check)
        with _CHANGING:
            sys.meta_path = [finder, *sys.meta_path]
        try:
            yield
        finally:
            with _CHANGING:
                sys.meta_path = [each for each in sys.meta_path if each is not finder]

    def check(self) -> None:
        """See that the server goes on.

        Raises:
            ServerStops: it does not, and whatever has not begun shall not begin.
        """
        if self.has_begun:
            raise ServerStops


class _RefusesImports(MetaPathFinder):
    """Finds no module: it is asked first for each that this thread imports, and may say that it is enough."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        if threading.get_ident() == self._thread:
            self._check()
