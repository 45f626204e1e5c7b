"""The event stream of the dashboard: it says that something changed, never what.

The page then asks for its own new state. So there is one rendering of everything, a burst of ten thousand
requests is four events a second, and while nothing changes nothing is sent: under a frozen clock a stream is
silent. What time does to jobs is foreseen from their timetables, not looked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

from mockkrea.adapters import control_wire
from mockkrea.adapters.http import Request, Send
from mockkrea.adapters.http_answers import Response
from mockkrea.core.clock import SECOND_US
from mockkrea.core.coming import next_at_us
from mockkrea.core.state import State
from mockkrea.tenant import Tenant

EVENTS_A_SECOND = 4
STREAMS_MAX = 64

# With more jobs than this under way something happens all the time.
JOBS_FORESEEN_MAX = 500

HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
CHANGED = b"data: changed\n\n"
# How many milliseconds a browser waits before it comes back to a server that went away.
RETRY = b"retry: 700\n\n"


class Streams:
    """The event streams of one process.

    Args:
        events_a_second: how often each may tell of a change.
        streams_max: how many there may be at once.
    """

    def __init__(self, *, events_a_second: float = EVENTS_A_SECOND, streams_max: int = STREAMS_MAX) -> None:
        self.look_every_s = 1 / events_a_second
        self._streams_max = streams_max
        self._open = 0

    def begin(self, tenant: Tenant, is_there: Callable[[], bool]) -> Response:
        """One more stream, unless there are too many; it ends when its world is no longer there."""
        if self._open >= self._streams_max:
            return control_wire.problem(
                503, f"There are {self._streams_max} event streams already; close a dashboard."
            )
        return _Stream(self, tenant, is_there)

    def count(self, change: int) -> None:
        """One more is open, or one fewer."""
        self._open += change


class _Stream:
    """An answer that lasts until the browser, or the server, goes."""

    status = 200
    size_bytes = 0
    text = b""

    def __init__(self, streams: Streams, tenant: Tenant, is_there: Callable[[], bool]) -> None:
        self._streams = streams
        self._tenant = tenant
        self._is_there = is_there

    async def send(self, send: Send, request: Request) -> None:
        """Put it on the wire, event by event."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(HEADERS)})
        await send({"type": "http.response.body", "body": RETRY, "more_body": True})
        gone = asyncio.create_task(request.client_gone())
        stopped = asyncio.get_running_loop().create_future()
        self._streams.count(+1)
        try:
            with self._tenant.shutdown.interrupts(stopped):
                await self._tell_changes(send, {gone, stopped})
        finally:
            self._streams.count(-1)
            gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _tell_changes(self, send: Send, ends: set[asyncio.Future[None]]) -> None:
        """Tell them until one of the ends has come, or the world was dropped, which is the last of them."""
        told: Hashable = None
        due_us: int | None = None
        has_ended: set[asyncio.Future[None]] = set()
        while not has_ended:
            if not self._is_there():
                await _send_change(send)
                return
            mark = self._tenant.mark
            if mark != told or (due_us is not None and self._tenant.now_us() >= due_us):
                await _send_change(send)
                told, due_us = mark, await self._tenant.glimpse(_next_event_us)
            has_ended, _ = await asyncio.wait(
                ends, timeout=self._streams.look_every_s, return_when=asyncio.FIRST_COMPLETED
            )


async def _send_change(send: Send) -> None:
    await send({"type": "http.response.body", "body": CHANGED, "more_body": True})


def _next_event_us(state: State) -> int | None:
    """When time alone changes what a page shows; None while the clock stands still, or nothing is planned."""
    if state.frozen:
        return None
    if len(state.jobs) - len(state.finished) > JOBS_FORESEEN_MAX:
        return state.settled_us + SECOND_US
    return next_at_us(state)
