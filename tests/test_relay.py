"""Tunnels to hosts that were allowed: ends that speak first, flood, are silent, reset or are not there."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial

import pytest

from mockkrea import relay, tunnels
from mockkrea.adapters.door import Place
from mockkrea.data import Fixtures
from mockkrea.intercept import ESTABLISHED
from mockkrea.outbound import Contact, Outbound
from mockkrea.relay import Relay
from tests.proxying import WAIT_S, Far, Mock, heard, wait_until

FLOOD_BYTES = 60_000_000

# What the buffers of two connections on loopback may hold, and more.
BUFFERED_BYTES_MAX = 30_000_000

# In a process of its own: so that its words are there before the server's event loop turns again.
SPEAKS_FIRST = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
kept = []
while True:
    connection, _ = server.accept()
    connection.sendall(b"220 hello".ljust(int(sys.argv[1]), b"."))
    kept.append(connection)
    if sys.argv[2] == "ends":
        connection.shutdown(socket.SHUT_WR)
    if sys.argv[2] == "resets":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
        connection.close()
"""


class Flood:
    """A server that sends to its one client, without hearing it, until it has sent everything."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.is_asked = False
        self.sent = 0
        # Set once nobody takes any more for a while, or all is sent.
        self.stalled = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listening.accept()
            self.is_asked = True
            with connection:
                while self.sent < FLOOD_BYTES:
                    connection.settimeout(WAIT_S if self.stalled.is_set() else 1)
                    try:
                        self.sent += connection.send(bytes(min(1_000_000, FLOOD_BYTES - self.sent)))
                    except TimeoutError:
                        if self.stalled.is_set():
                            raise
                        self.stalled.set()
        self.stalled.set()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    server = Far()
    yield server
    server.close()


@pytest.fixture
def flood() -> Iterator[Flood]:
    with closing(Flood()) as server:
        yield server


@pytest.fixture
def mock(fixtures: Fixtures, far: Far, flood: Flood) -> Iterator[Mock]:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        deaf = nobody.getsockname()[1]
    allowed = (Place("127.0.0.1", far.port), Place("127.1", far.port), Place("127.0.0.1", flood.port))
    with closing(Mock(fixtures, *allowed, Place("localhost", deaf))) as running:
        yield running


def test_a_host_that_was_allowed_is_reached_as_it_is_until_both_sides_have_ended(
    mock: Mock, far: Far
) -> None:
    connection, answer = mock.asked(f"127.0.0.1:{far.port}")
    assert answer.startswith(b"HTTP/1.1 200 ")

    with connection:
        # More than any buffer on the way holds, and one side has ended before the other begins.
        connection.sendall(b"hello" * 400_000)
        connection.shutdown(socket.SHUT_WR)
        assert heard(connection) == b"HELLO" * 400_000
    mock.let_all_go()


def test_a_host_that_was_allowed_and_does_not_answer_is_a_502(mock: Mock) -> None:
    [deaf] = [each for each in mock.proxy._allowed if each.name == "localhost"]

    connection, answer = mock.asked(f"localhost:{deaf.port}")

    connection.close()
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"cannot be reached" in answer
    mock.let_all_go()


def test_a_tunnel_to_an_allowed_host_in_which_nothing_happens_is_ended(mock: Mock, far: Far) -> None:
    connection, _ = mock.asked(f"127.0.0.1:{far.port}")
    with connection:
        mock.pass_by(relay.SILENT_S_MAX - 5)
        assert mock.connections() == 1

        mock.pass_by(relay.SILENT_S_MAX + 5)

        mock.let_all_go()


def test_a_client_that_leaves_a_tunnel_takes_its_other_end_along(mock: Mock, far: Far) -> None:
    connection, _ = mock.asked(f"127.0.0.1:{far.port}")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    connection.close()

    mock.let_all_go()


@contextmanager
def speaking_first(fixtures: Fixtures, size: int, then: str) -> Iterator[tuple[Mock, str]]:
    """A mock, and a host that it allows, which sends so many bytes to each client, and then does this."""
    command = [sys.executable, "-c", SPEAKS_FIRST, str(size), then]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, ExitStack() as stack:
        stack.callback(process.kill)
        assert process.stdout is not None
        port = int(process.stdout.readline())
        mock = stack.enter_context(closing(Mock(fixtures, Place("127.0.0.1", port))))
        yield mock, f"127.0.0.1:{port}"


@pytest.mark.parametrize("size", [9, 300_000])
@pytest.mark.parametrize("then", ["stays", "ends"])
def test_a_host_that_speaks_first_is_heard(fixtures: Fixtures, size: int, then: str) -> None:
    with speaking_first(fixtures, size, then) as (mock, host):
        for _ in range(20):
            connection, answer = mock.asked(host)
            said = answer.removeprefix(ESTABLISHED)
            with connection:
                while len(said) < size:
                    chunk = connection.recv(65_536)
                    assert chunk, "it ended before all was said"
                    said += chunk
                if then == "ends":
                    assert connection.recv(1) == b""
            assert said == b"220 hello".ljust(size, b".")
        # A host that stays waits for nobody any more.
        mock.pass_by(relay.SILENT_S_MAX + 5)
        mock.let_all_go()


def test_a_host_that_resets_every_connection_leaves_nothing_behind(fixtures: Fixtures) -> None:
    with speaking_first(fixtures, 9, "resets") as (mock, host):
        for _ in range(20):
            connection, _ = mock.asked(host)
            with connection, suppress(ConnectionResetError):
                heard(connection)
        mock.let_all_go()


def test_what_a_client_does_not_read_is_not_taken_from_the_host(mock: Mock, flood: Flood) -> None:
    connection, answer = mock.asked(f"127.0.0.1:{flood.port}")
    with connection:
        assert flood.stalled.wait(WAIT_S)
        assert flood.sent < BUFFERED_BYTES_MAX

        # Once it reads, everything comes.
        count = len(answer.removeprefix(ESTABLISHED))
        while chunk := connection.recv(1_000_000):
            count += len(chunk)
    assert count == FLOOD_BYTES
    mock.let_all_go()


def test_a_client_with_answers_that_it_does_not_read_gets_no_tunnel_before(mock: Mock, flood: Flood) -> None:
    connect = f"CONNECT 127.0.0.1:{flood.port} HTTP/1.1\r\n\r\n".encode()
    with mock.connect() as connection:
        fill(mock, connection)
        connection.sendall(connect)
        wait_until(mock.has_a_tunnel_asked_for)
        mock.pass_by(61)
    mock.let_all_go()

    assert not flood.is_asked


def test_a_client_that_reads_its_answers_at_last_gets_its_tunnel(mock: Mock, flood: Flood) -> None:
    with mock.connect() as connection:
        fill(mock, connection)
        connection.sendall(f"CONNECT 127.0.0.1:{flood.port} HTTP/1.1\r\n\r\n".encode())
        wait_until(mock.has_a_tunnel_asked_for)

        said = bytearray()
        while ESTABLISHED + bytes(1_000) not in said:
            said += connection.recv(1_000_000)


def fill(mock: Mock, connection: socket.socket) -> None:
    """Ask for answers, which nobody reads, until the server does not get rid of them."""
    # One after the other: then none of them waits for its answer.
    count = 0
    while not (count and mock.is_write_paused()):
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        count += 1
        wait_until(partial(mock.has_answered, count))


def test_a_connection_is_recorded_by_address_as_the_kernel_shows_it(mock: Mock, far: Far) -> None:
    outbound = Outbound()
    outbound.watch()

    connection, _ = mock.asked(f"127.1:{far.port}")

    connection.close()
    assert Contact("127.0.0.1", far.port, on_purpose=True) in outbound.places()


def test_so_many_tunnels_to_allowed_hosts_and_no_more(
    mock: Mock, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnels, "RELAYS_MAX", 1)
    first, _ = mock.asked(f"127.0.0.1:{far.port}")
    with first:
        second, answer = mock.asked(f"127.0.0.1:{far.port}")

    second.close()
    assert answer.startswith(b"HTTP/1.1 503 ")
    mock.let_all_go()


def test_a_tunnel_that_our_own_mistake_prevents_leaves_nobody_waiting(
    mock: Mock, far: Far, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def mistake(*_: object) -> None:
        raise AssertionError("this should not be")

    monkeypatch.setattr(Relay, "reach", mistake)

    with suppress(ConnectionResetError):
        assert mock.said(f"CONNECT 127.0.0.1:{far.port} HTTP/1.1\r\n\r\n".encode()) == b""

    mock.let_all_go()
    assert "this should not be" in caplog.text
