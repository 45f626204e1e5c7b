"""A server with a proxy, the ways to reach it, and other people's servers behind it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from mockkrea.adapters.door import Place
from mockkrea.data import Fixtures
from mockkrea.intercept import Proxy
from mockkrea.protocol import Protocol
from mockkrea.server import real_clock
from mockkrea.testing.thread import ServerThread
from mockkrea.worlds import Worlds
from tests.asking import IMMEDIATE, KEY

WAIT_S = 20
API = "api.krea.ai:443"
POLL = b"GET /jobs HTTP/1.1\r\nHost: api.krea.ai\r\nAuthorization: Bearer mockkrea:dev\r\n\r\n"
UNKNOWN = b"GET /x HTTP/1.1\r\nHost: api.krea.ai\r\nConnection: close\r\n\r\n"


class Mock:
    """A server with a proxy in a thread of this process, and ways to reach it."""

    def __init__(self, fixtures: Fixtures, *allowed: Place) -> None:
        self.proxy = Proxy(allowed)
        worlds = Worlds(fixtures, IMMEDIATE, seed=0, real_us=real_clock())
        self.thread = ServerThread(worlds, proxy=self.proxy)
        self.trusting = ssl.create_default_context(cafile=str(self.proxy.ca_file))

    def close(self) -> None:
        self.thread.close()
        self.proxy.close()

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url="https://api.krea.ai",
            headers={"Authorization": f"Bearer {KEY}"},
            proxy=self.thread.url,
            verify=self.trusting,
            trust_env=False,
            timeout=WAIT_S,
        )

    def connect(self) -> socket.socket:
        at = urlsplit(self.thread.url)
        return socket.create_connection((at.hostname, at.port), timeout=WAIT_S)

    def asked(self, target: str, *, then: bytes = b"") -> tuple[socket.socket, bytes]:
        """A connection on which a tunnel was asked for, and the first words of the answer."""
        connection = self.connect()
        connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode() + then)
        return connection, connection.recv(65_536)

    def tunnel(self, target: str = API, *, name: str | None = "api.krea.ai") -> ssl.SSLSocket:
        connection, answer = self.asked(target)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        context = self.trusting
        if name is None:
            context = ssl.create_default_context(cafile=str(self.proxy.ca_file))
            context.check_hostname = False
        return context.wrap_socket(connection, server_hostname=name)

    def said(self, *parts: bytes) -> bytes:
        """Everything that is said to these bytes, until the connection ends."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return heard(connection)

    def connections(self) -> int:
        """How many connections and tunnels the server has."""

        async def count() -> int:
            return len(self.thread._server.server_state.connections)

        return self.thread.run(count())

    def protocol(self) -> Protocol:
        """The one connection that the server has."""

        async def find() -> Protocol:
            [connection] = self.thread._server.server_state.connections
            assert isinstance(connection, Protocol)
            return connection

        return self.thread.run(find())

    def is_write_paused(self) -> bool:
        """Whether the server's one client does not read what it is answered."""
        return self.protocol().flow.write_paused

    def has_answered(self, count: int) -> bool:
        """Whether the server has answered so many requests."""
        return self.thread._server.server_state.total_requests >= count

    def has_a_tunnel_asked_for(self) -> bool:
        """Whether the server's one client has asked for a tunnel."""
        return self.protocol()._tunnel is not None

    def let_all_go(self) -> None:
        """Wait until the server has none."""
        wait_until(lambda: self.connections() == 0)

    def pass_by(self, seconds: float) -> None:
        """Look for peers that keep the server waiting as if so much time had passed."""

        async def look() -> None:
            now_s = asyncio.get_running_loop().time() + seconds
            for each in list(self.thread._server.server_state.connections):
                each.hang_up_if_overdue(now_s)  # type: ignore[union-attr]

        self.thread.run(look())


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not become so"
        os.sched_yield()


def heard(connection: socket.socket) -> bytes:
    answer = b""
    while chunk := connection.recv(65_536):
        answer += chunk
    return answer


class Far:
    """A server of somebody else's on this machine: it says back in capitals what it hears, to the end."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                # Only when it has heard the end: so that one cannot be without the other.
                said = heard(connection)
                self.heard.append(said)
                connection.sendall(said.upper())

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
