"""A tunnel to a host that was allowed: what comes from either end goes out at the other, unread."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mockkrea.outbound import CONNECT

CONNECT_S_MAX = 10

# Both ends silent for so long, and it is over; also when one of them has said all it had to.
SILENT_S_MAX = 300

Connected = TypeVar("Connected")


class Relay:
    """Two ends that hear for each other. `hang_up_if_overdue` has to be called every second or so.

    Args:
        when_over: called once both ends are gone.
    """

    def __init__(self, when_over: Callable[[Relay], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._when_over = when_over
        self._near, self._far = End(self), End(self)
        self._near.other, self._far.other = self._far, self._near
        self.heard()

    async def reach(self, host: str, port: int) -> None:
        """Connect the far end, to the first of the host's addresses that answers.

        Raises:
            OSError: none does, or not in time.
        """

        async def connect(address: str, port: int) -> None:
            await self._loop.create_connection(lambda: self._far, address, port)

        await first_to_answer(host, port, connect)

    def join(self, transport: asyncio.Transport) -> None:
        """Let the near end be this transport, which has paused reading and may be written to, and begin."""
        transport.set_protocol(self._near)
        self._near.transport = transport
        transport.resume_reading()
        self._far.begin()

    def heard(self) -> None:
        """Something happened."""
        self._heard_s = self._loop.time()

    def lost_one(self) -> None:
        """An end is gone."""
        if self._near.is_lost and self._far.is_lost:
            self._when_over(self)

    def shutdown(self) -> None:
        """Hang up at both ends."""
        for end in (self._near, self._far):
            if end.transport is not None:
                end.transport.abort()

    def hang_up_if_overdue(self, now_s: float) -> None:
        """End it if nothing happens any more; `now_s` by the event loop's clock."""
        if now_s - self._heard_s > SILENT_S_MAX:
            self.shutdown()


async def first_to_answer(
    host: str, port: int, connect: Callable[[str, int], Awaitable[Connected]]
) -> Connected:
    """What `connect` makes of the first of the host's addresses that answers.

    Raises:
        OSError: none does, or not in time.
    """
    async with asyncio.timeout(CONNECT_S_MAX):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        reason: OSError | None = None
        for _, _, _, _, (address, *_) in found:
            # The address and not the name: the kernel's list, which this is compared with, has no names.
            sys.audit(CONNECT, address, port)
            try:
                return await connect(str(address), port)
            except OSError as error:
                reason = reason or error
    raise reason or OSError("the name has no address")


class End(asyncio.Protocol):
    """One end of a relay."""

    other: End

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.transport: asyncio.Transport | None = None
        self.has_said_all = self.is_lost = False
        self._early = b""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio calls it a base transport
        """The far end answers."""
        self.transport = transport

    def begin(self) -> None:
        """Hand on what was said before the other end was there, and go on."""
        assert self.transport is not None and self.other.transport is not None, "both ends are connected"
        if not self.is_lost:
            self.transport.resume_reading()
        # After that: if it is too much, the other end pauses this one again.
        if self._early:
            self.other.transport.write(self._early)
            self._early = b""
        if self.is_lost:
            self.other.transport.close()
        elif self.has_said_all:
            self.other.transport.write_eof()

    def data_received(self, data: bytes) -> None:
        """Hand on what came, or keep it until there is somebody to hear it."""
        self._relay.heard()
        if self.other.transport is None:
            self._early += data
            assert self.transport is not None
            # Here and not when the connection is made: uvloop begins to read only after that.
            self.transport.pause_reading()
            return
        self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Hand on that nothing more will come; the other direction stays open until its own end."""
        self.has_said_all = True
        if self.other.transport is None:
            return True
        if self.other.is_lost or self.other.transport.is_closing():
            return False
        self.other.transport.write_eof()
        return not self.other.has_said_all

    def pause_writing(self) -> None:
        """This end does not take as fast as the other gives."""
        if self.other.transport is not None and not self.other.is_lost:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """It does again."""
        if self.other.transport is not None and not self.other.is_lost:
            self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """With one end goes the other, once it has taken what is on its way."""
        self.is_lost = True
        if self.other.transport is not None:
            self.other.transport.close()
        self._relay.lost_one()
