"""One POST to a webhook: where it may go, and what it does not do. The servers are real, on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from mockkrea.adapters.door import Door
from mockkrea.webhooks.posting import Blocked, Poster, Undelivered
from tests.contract.requirements import requirement

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BODY = b'{"job_id":"1"}'
WAIT_S = 20


class Receiver:
    """A server that keeps what it was sent and answers always the same."""

    def __init__(self, answer: bytes, *, endless: bool = False) -> None:
        self.requests: list[bytes] = []
        self.port = 0
        self._answer = answer
        self._endless = endless

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head + await reader.readexactly(len(BODY)))
        writer.write(self._answer)
        try:
            while self._endless:
                writer.write(b"x" * 65_536)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(
    answer: bytes = OK, *, host: str = "127.0.0.1", endless: bool = False
) -> AsyncIterator[Receiver]:
    receiver = Receiver(answer, endless=endless)
    server = await asyncio.start_server(receiver, host, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


def poster(*hosts: str, beyond_loopback: bool = False) -> Poster:
    return Poster(Door(beyond_loopback=beyond_loopback, webhook_hosts=frozenset(hosts)).may_send_to)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def act() -> None:
        await asyncio.wait_for(scene(), WAIT_S)

    asyncio.run(act())


def test_the_job_is_posted_as_json_to_the_very_url() -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            status = await poster().post(f"http://127.0.0.1:{receiver.port}/a%20b?c=d&e#f", BODY)

        assert status == 200
        [request] = receiver.requests
        head, body = request.split(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        assert head.startswith(b"POST /a%20b?c=d&e HTTP/1.1\r\n")
        assert b"host: 127.0.0.1:%d" % receiver.port in lines
        assert b"content-type: application/json" in lines
        assert body == BODY

    run(scene)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_localhost_is_found_on_either_address_of_this_machine(host: str) -> None:
    async def scene() -> None:
        try:
            async with receiving(host=host) as receiver:
                assert await poster().post(f"http://LocalHost:{receiver.port}/x", BODY) == 200
        except OSError as reason:
            pytest.skip(f"this machine has no {host}: {reason}")

        assert b"host: localhost:%d" % receiver.port in receiver.requests[0].lower()

    run(scene)


def test_a_redirect_is_an_answer_like_any_other_and_is_not_followed() -> None:
    async def scene() -> None:
        async with receiving() as other:
            moved = b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n"
            async with receiving(moved % other.port) as receiver:
                assert await poster().post(f"http://127.0.0.1:{receiver.port}/", BODY) == 307

            assert other.requests == []

    run(scene)


def test_an_answer_without_end_is_not_read() -> None:
    async def scene() -> None:
        async with receiving(b"HTTP/1.1 200 OK\r\n\r\n", endless=True) as receiver:
            assert await poster().post(f"http://127.0.0.1:{receiver.port}/", BODY) == 200

    run(scene)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with receiving() as proxy, receiving() as receiver:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            assert await poster().post(f"http://127.0.0.1:{receiver.port}/", BODY) == 200

            assert (len(receiver.requests), proxy.requests) == (1, [])

    run(scene)


def test_where_nobody_listens_or_nobody_speaks_http_it_is_said_why_nothing_came() -> None:
    async def scene() -> None:
        async with receiving(b"SSH-2.0-OpenSSH\r\n") as receiver:
            with pytest.raises(Undelivered, match="RemoteProtocolError"):
                await poster().post(f"http://127.0.0.1:{receiver.port}/", BODY)
        for scheme in ("http", "https"):
            with pytest.raises(Undelivered, match="ConnectError"):
                await poster().post(f"{scheme}://127.0.0.1:{receiver.port}/", BODY)

    run(scene)


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that the DNS is asked for; every one is this machine the first time, then never again."""
    names: list[str] = []
    really = socket.getaddrinfo

    def look_up(host: str, *arguments: object, **rest: object) -> object:
        if host in ("127.0.0.1", "::1", None):
            return really(host, *arguments, **rest)  # type: ignore[arg-type]
        names.append(host)
        address = "127.0.0.1" if names.count(host) == 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


@requirement("webhook:reach")
@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "localhost.example.com",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "[::]",
        "[fe80::1]",
    ],
)
def test_another_host_is_neither_looked_up_nor_connected_to(host: str, looked_up: list[str]) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            with pytest.raises(Blocked, match=r"--webhook-host"):
                await poster("named.example").post(f"http://{host}:{receiver.port}/", BODY)

            assert receiver.requests == []

    run(scene)
    assert looked_up == []


@requirement("webhook:reach")
def test_a_named_host_is_looked_up_once_and_reached_at_the_address_that_was_found(
    looked_up: list[str],
) -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            assert await poster("hooks.example").post(f"http://Hooks.Example:{receiver.port}/", BODY) == 200

        assert b"host: hooks.example:%d" % receiver.port in receiver.requests[0].lower()

    run(scene)
    assert looked_up == ["hooks.example"]


@requirement("webhook:reach")
def test_a_server_that_others_reach_sends_to_named_hosts_only() -> None:
    async def scene() -> None:
        async with receiving() as receiver:
            url = f"http://127.0.0.1:{receiver.port}/"
            for host in ("127.0.0.1", "localhost", "[::1]"):
                with pytest.raises(Blocked, match=r"--webhook-host"):
                    await poster(beyond_loopback=True).post(url.replace("127.0.0.1", host), BODY)
            assert await poster("127.0.0.1", beyond_loopback=True).post(url, BODY) == 200

            assert len(receiver.requests) == 1

    run(scene)


def test_a_host_that_nobody_knows_is_no_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: object, **rest: object) -> object:
        raise socket.gaierror("Name or service not known")

    async def scene() -> None:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(Undelivered, match="not known"):
            await poster("nowhere.example").post("http://nowhere.example/", BODY)

    run(scene)
