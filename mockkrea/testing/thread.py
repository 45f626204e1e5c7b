"""A server in a thread of the test's process, and the way from the test's thread into it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from socket import socket
from threading import Event, Thread
from typing import Any, TypeVar

from mockkrea import server
from mockkrea.adapters.door import Door
from mockkrea.app import App
from mockkrea.intercept import Proxy
from mockkrea.testing.pointing import MockIsClosed
from mockkrea.worlds import Worlds

Answer = TypeVar("Answer")

CLOSED = "This mock is closed: it serves from start() to stop(), inside its `with` block, or during its test."


class ServerThread:
    """Serves worlds on loopback until it is closed. It leaves signals and settings of the process alone.

    Args:
        worlds: belong to the thread from here on; reach them through `run`.
        port: 0 for any free one.
        proxy: which tunnels clients may ask for; none if there is no proxy.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, worlds: Worlds, *, port: int = 0, proxy: Proxy | None = None) -> None:
        self.worlds = worlds
        self.door = Door()
        self.app = App(worlds, self.door)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._began = Event()
        bound = server.listen(port)
        self.url = server.url_of(bound)
        self._server = server.Server(self.app, when_ready=self._take_calls, proxy=proxy)
        self._thread = Thread(target=self._serve, args=(bound,), name="mockkrea", daemon=True)
        self._thread.start()
        self._began.wait()
        if self._loop is None:
            raise RuntimeError("The mock's server did not start; its traceback stands above.")

    def run(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """Let the call happen in the server's thread, between two requests, and wait for its answer.

        Whatever a client has been answered has been logged when the call begins.

        Raises:
            MockIsClosed: the server is closed.
        """
        __tracebackhide__ = True
        if self._loop is None or self._loop.is_closed():
            call.close()
            raise MockIsClosed(CLOSED)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def close(self) -> None:
        """End the server, and wait for that."""
        self.let_end()
        self._thread.join()

    def let_end(self) -> None:
        """Let the server end by itself; of use to any thread, its own ones too."""
        self._server.should_exit = True

    def _take_calls(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began.set()

    def _serve(self, bound: socket) -> None:
        try:
            self._server.run(sockets=[bound])
        finally:
            bound.close()
            self._began.set()
