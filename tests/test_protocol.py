"""How long a connection may keep the server waiting; nobody waits for that here, the time is only named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from mockkrea import protocol
from mockkrea.adapters.door import Door
from mockkrea.adapters.http import Receive, Request, Scope, Send
from mockkrea.adapters.http_answers import AT_ONCE, CLOSE, Answer
from mockkrea.cycle import Turn
from mockkrea.protocol import Protocol

HEAD = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"


Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Wire(asyncio.Transport):
    """A transport that notes what is done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        for data in list_of_data:
            self.write(data)

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        """Nothing comes by itself here."""

    def resume_reading(self) -> None:
        """Nothing comes by itself here."""


async def reads_all(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def connected(
    state: ServerState | None = None, *, app: Application = reads_all, turn: Turn | None = None
) -> tuple[Protocol, Wire]:
    config = Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
    connection = Protocol(
        config=config,
        server_state=state or ServerState(),
        app_state={},
        _loop=asyncio.get_running_loop(),
        turn=turn or Turn(),
    )
    wire = Wire()
    connection.connection_made(wire)
    return connection, wire


async def says_more_than_told(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"three"})


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def nothing(connection: Protocol) -> None:
    """A client that says nothing."""


async def half_a_head(connection: Protocol) -> None:
    connection.data_received(HEAD[:20])


async def half_a_second_head(connection: Protocol) -> None:
    connection.data_received(HEAD + b"0123456789")
    await turns()
    connection.data_received(HEAD[:20])


async def half_a_body(connection: Protocol) -> None:
    connection.data_received(HEAD + b"01234")
    await turns()


async def a_whole_request(connection: Protocol) -> None:
    connection.data_received(HEAD + b"0123456789")
    await turns()
    # uvicorn's own timer would end this one.
    connection._unset_keepalive_if_required()


async def half_closed(connection: Protocol) -> None:
    """Nobody answers before it is looked at."""
    connection.data_received(HEAD + b"0123456789")
    assert connection.eof_received()


async def an_answer_that_is_not_read(connection: Protocol) -> None:
    await a_whole_request(connection)
    connection.pause_writing()


@pytest.mark.parametrize(
    ("client", "seconds_max"),
    [
        (nothing, protocol.HEAD_S_MAX),
        (half_a_head, protocol.HEAD_S_MAX),
        (half_a_second_head, protocol.HEAD_S_MAX),
        (half_a_body, protocol.BODY_PAUSE_S_MAX),
        (a_whole_request, protocol.KEEP_ALIVE_S),
        (half_closed, protocol.HALF_CLOSED_S_MAX),
        (an_answer_that_is_not_read, protocol.UNREAD_S_MAX),
    ],
)
def test_a_client_that_goes_on_too_slowly_is_hung_up_on(
    client: Callable[[Protocol], Awaitable[None]], seconds_max: float
) -> None:
    async def keep_waiting() -> tuple[bool, bool]:
        connection, wire = connected()
        await client(connection)
        now_s = connection.loop.time()
        connection.hang_up_if_overdue(now_s + seconds_max - 1)
        before = wire.is_closed
        connection.hang_up_if_overdue(now_s + seconds_max + 1)
        connection.connection_lost(None)
        await turns()
        return before, wire.is_closed

    assert asyncio.run(keep_waiting()) == (False, True)


def test_a_body_that_drips_in_for_ever_comes_to_an_end() -> None:
    async def drip() -> tuple[bool, bool]:
        connection, wire = connected()
        began_s = connection.loop.time()
        connection.data_received(HEAD)
        await turns()
        connection._heard_s = began_s + protocol.BODY_S_MAX - 1
        connection.hang_up_if_overdue(began_s + protocol.BODY_S_MAX - 1)
        before = wire.is_closed
        connection.hang_up_if_overdue(began_s + protocol.BODY_S_MAX + 1)
        connection.connection_lost(None)
        await turns()
        return before, wire.is_aborted

    assert asyncio.run(drip()) == (False, True)


def test_a_client_that_goes_away_takes_its_task_along() -> None:
    async def come_and_go() -> set[object]:
        for client in (nothing, half_a_head, half_a_body, a_whole_request, an_answer_that_is_not_read):
            connection, _ = connected()
            await client(connection)
            connection.connection_lost(None)
        await turns()
        return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    assert asyncio.run(come_and_go()) == set()


def test_an_answer_goes_out_as_it_would_through_uvicorn() -> None:
    """Once in one step, once in two: the same bytes, also to the last request of a connection."""

    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/at-once":
            del scope[AT_ONCE]
        request = Request(scope, receive, Door())
        await Answer(200, b"{}", headers=((b"etag", b'"x"'),)).send(send, request)

    async def ask(method: str, path: str, connection_header: str) -> bytes:
        connection, wire = connected(app=answers)
        connection.data_received(
            f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: {connection_header}\r\n\r\n".encode()
        )
        await turns()
        connection.connection_lost(None)
        return wire.written

    for method in ("GET", "HEAD"):
        for connection_header in ("keep-alive", "close"):
            once, twice = (
                asyncio.run(ask(method, path, connection_header)) for path in ("/at-once", "/in-two")
            )
            assert once.startswith(b"HTTP/1.1 200 OK\r\n")
            assert once == twice


def test_an_answer_that_says_so_ends_its_connection_while_the_body_still_comes() -> None:
    async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
        await Answer(503, b"no", headers=(CLOSE,)).send(send, Request(scope, receive, Door()))

    async def ask() -> Wire:
        connection, wire = connected(app=refuses)
        await half_a_body(connection)
        await turns()
        connection.connection_lost(None)
        return wire

    wire = asyncio.run(ask())

    assert wire.is_closed
    assert wire.written.lower().count(b"connection: close") == 1
    assert wire.written.endswith(b"no")


def test_a_slow_head_is_told_how_long_it_may_take() -> None:
    async def keep_waiting() -> bytes:
        connection, wire = connected()
        connection.hang_up_if_overdue(connection.loop.time() + protocol.HEAD_S_MAX + 1)
        connection.connection_lost(None)
        return wire.written

    answer = asyncio.run(keep_waiting())

    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"within 15 seconds" in answer


def test_a_connection_too_many_is_answered_503_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CONNECTIONS_MAX", 2)

    async def connect() -> list[Wire]:
        state = ServerState()
        pairs = [connected(state) for _ in range(3)]
        for connection, _ in pairs:
            connection.connection_lost(None)
        return [wire for _, wire in pairs]

    first, second, third = asyncio.run(connect())

    assert third.written.startswith(b"HTTP/1.1 503 ")
    assert b"2 connections" in third.written
    assert (first.written, second.written) == (b"", b"")


async def answers_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await Answer(200, b"{}").send(send, Request(scope, receive, Door()))


def test_answers_of_one_turn_are_written_together_at_its_end() -> None:
    async def ask_twice() -> list[tuple[bytes, bytes]]:
        turn = Turn()
        (first, its_wire), (second, its_wire_too) = (
            connected(app=answers_at_once, turn=turn) for _ in range(2)
        )
        seen = []
        for connection in (first, second):
            connection.data_received(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in range(3):
            seen.append((its_wire.written[:15], its_wire_too.written[:15]))
            await asyncio.sleep(0)
        for connection in (first, second):
            connection.connection_lost(None)
        return seen

    nothing_yet, written = (b"", b""), (b"HTTP/1.1 200 OK",) * 2
    assert asyncio.run(ask_twice()) == [nothing_yet, nothing_yet, written]


@pytest.mark.parametrize("end", ["a broken request", "the stop of the server"])
def test_an_answer_that_waits_to_be_written_comes_before_whatever_ends_the_connection(end: str) -> None:
    async def ask_and_end() -> tuple[bytes, bool]:
        connection, wire = connected(app=answers_at_once)
        connection.data_received(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(0)
        assert wire.written == b""
        if end == "a broken request":
            connection.data_received(b"nonsense\r\n\r\n")
        else:
            connection.shutdown()
        return wire.written, wire.is_closed

    written, is_closed = asyncio.run(ask_and_end())

    assert written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (b"HTTP/1.1 400 " in written) == (end == "a broken request")
    assert is_closed


def test_a_client_of_http_1_0_gets_no_more_than_the_length_that_it_was_told() -> None:
    async def ask() -> tuple[bytes, bool]:
        connection, wire = connected(app=says_more_than_told)
        connection.data_received(b"GET /x HTTP/1.0\r\nHost: a\r\n\r\n")
        await turns()
        return wire.written, wire.is_closed

    written, is_closed = asyncio.run(ask())

    assert b"\r\ncontent-length: 2\r\n" in written
    assert b"three" not in written
    assert is_closed
