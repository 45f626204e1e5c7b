"""Who sends webhooks when they are due. The only thing in mockkrea that acts without being asked.

Each world that has webhooks to send, now or when some job ends, has one task. It sleeps until the next
moment by the world's clock, or until a request may have changed something; a world without webhooks has
none. What is due is taken and recorded by commands, so an attempt is never made twice, whoever asks for
it, and a replay knows how each one went.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic_ns

from mockkrea.core.clock import SECOND_US
from mockkrea.core.outbox import CUT_OFF, Attempt, Delivery
from mockkrea.core.outbox_commands import RecordAttempt, TakeDeliveries
from mockkrea.tenant import Tenant
from mockkrea.webhooks.posting import Blocked, Undelivered

# Posts a body to a URL and gives the status of the answer. Raises Blocked or Undelivered.
Post = Callable[[str, bytes], Awaitable[int]]

TIMEOUT_S = 10  # ASSUMED, as all about retries
AT_ONCE_MAX = 16

# An `immediate` job that nobody has looked at waits so long for a cancel that follows its submission.
CANCEL_WITHIN_S = 0.05

# Sleeping longer at once gains nothing, and event loops have limits of their own.
SLEEP_S_MAX = 86_400.0


@dataclass(slots=True, eq=False)
class _Line:
    """The deliveries of one world that are under way, and the task that takes them."""

    loop: asyncio.AbstractEventLoop
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    sending: set[asyncio.Task[None]] = field(default_factory=set)
    watch: asyncio.Task[None] | None = None


class Dispatcher:
    """Sends the webhooks of any number of worlds.

    Args:
        post: how a body is sent.
        body_of: what is sent of a delivery.
    """

    def __init__(self, post: Post, body_of: Callable[[Delivery], bytes]) -> None:
        self._post = post
        self._body_of = body_of
        self._lines: dict[Tenant, _Line] = {}

    def wake(self, tenant: Tenant) -> None:
        """Something may have changed in this world."""
        if tenant.real_us_to_webhook() is None:
            return
        line = self._line(tenant)
        if line.watch is None or line.watch.done():
            line.watch = asyncio.create_task(self._watch(tenant, line))
        line.changed.set()

    async def drain(self, tenant: Tenant) -> None:
        """Send whatever is due by now, and wait until it is known how that went."""
        line = self._line(tenant)
        await self._take(tenant, line)
        while line.sending:
            await asyncio.wait(line.sending, return_when=asyncio.FIRST_COMPLETED)
            await self._take(tenant, line)
        self._release(tenant, line)

    async def close(self) -> None:
        """Give up what is under way: it counts as failed."""
        loop = asyncio.get_running_loop()
        lines = [line for line in self._lines.values() if line.loop is loop]
        tasks = [task for line in lines for task in (*line.sending, line.watch) if task is not None]
        self._lines.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _line(self, tenant: Tenant) -> _Line:
        """The world's line; tasks of an event loop that has ended are gone with it."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(tenant)
        if line is None or line.loop is not loop:
            line = self._lines[tenant] = _Line(loop)
        return line

    async def _watch(self, tenant: Tenant, line: _Line) -> None:
        while (wait_us := tenant.real_us_to_webhook()) is not None or line.sending:
            line.changed.clear()
            if len(line.sending) >= AT_ONCE_MAX:
                await line.changed.wait()
            elif wait_us != 0:
                await _at_most(wait_us, line.changed)
            else:
                if tenant.has_ends_due_now():
                    await asyncio.sleep(CANCEL_WITHIN_S)
                await self._take(tenant, line)
        self._release(tenant, line)

    def _release(self, tenant: Tenant, line: _Line) -> None:
        """Keep nothing of a world that has nothing to send."""
        is_watched = line.watch not in (None, asyncio.current_task()) and not line.watch.done()
        if not line.sending and not is_watched and self._lines.get(tenant) is line:
            del self._lines[tenant]

    async def _take(self, tenant: Tenant, line: _Line) -> None:
        """Begin with what is due, as much of it as may be under way at once."""
        free = AT_ONCE_MAX - len(line.sending)
        if free <= 0 or not await tenant.query(lambda state: state.has_due_webhooks):
            return
        for delivery in await tenant.execute(TakeDeliveries(free)):
            task = asyncio.create_task(self._send(tenant, delivery))
            line.sending.add(task)
            task.add_done_callback(line.sending.discard)
            task.add_done_callback(lambda _: line.changed.set())

    async def _send(self, tenant: Tenant, delivery: Delivery) -> None:
        """Post it once, and record how that went, also when this task is cancelled."""
        world, began_ns = tenant.journal, monotonic_ns()
        came: int | BaseException = asyncio.CancelledError()
        try:
            [came] = await asyncio.gather(self._answer(delivery), return_exceptions=True)
        finally:
            attempt = _attempt(delivery, came, duration_us=(monotonic_ns() - began_ns) // 1000)
            # After a reset there is another world, which knows nothing of this.
            if tenant.journal is world:
                await tenant.execute(RecordAttempt(delivery.id, attempt))

    async def _answer(self, delivery: Delivery) -> int:
        async with asyncio.timeout(TIMEOUT_S):
            return await self._post(delivery.webhook.url, self._body_of(delivery))


def _attempt(delivery: Delivery, came: int | BaseException, *, duration_us: int) -> Attempt:
    """What is recorded of an attempt that got this status, or ended with this exception."""
    assert delivery.due_us is not None
    return Attempt(
        at_us=delivery.due_us,
        duration_us=duration_us,
        status=came if isinstance(came, int) else None,
        error=None if isinstance(came, int) else _why(came),
        blocked=isinstance(came, Blocked),
    )


def _why(error: BaseException) -> str:
    """Why no answer came. What nobody expected is a mistake of ours, and logged."""
    match error:
        case TimeoutError():
            return f"No answer came within {TIMEOUT_S} seconds."
        case Blocked() | Undelivered():
            return str(error)
        case asyncio.CancelledError():
            return CUT_OFF
    logging.getLogger("mockkrea").error("A webhook could not be sent", exc_info=error)
    return f"A mistake of mockkrea's own kept it from being sent: {type(error).__name__}."


async def _at_most(wait_us: int | None, changed: asyncio.Event) -> None:
    """Wait for a change; with `wait_us` no longer than that."""
    seconds = None if wait_us is None else min(wait_us / SECOND_US, SLEEP_S_MAX)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()
