"""Webhooks as a test sees them and hurries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from mockkrea.adapters.webhook_wire import webhook_body
from mockkrea.core.outbox import Attempt, Delivery, DeliveryStatus
from mockkrea.core.outbox_commands import Resend
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach


class Webhook(NamedTuple):
    """A job as it ended, on its way to its URL; `body` is what is sent.

    `status` is "pending", "sending", "delivered", "failed" (no attempt is left) or "blocked" (its host is
    not this machine).
    """

    id: str
    url: str
    status: DeliveryStatus
    attempts: tuple[Attempt, ...]
    body: Mapping[str, object]

    @classmethod
    def of(cls, delivery: Delivery) -> Webhook:
        """What a delivery shows."""
        body = orjson.loads(webhook_body(delivery))
        return cls(delivery.id, delivery.webhook.url, delivery.status, delivery.attempts, body)


@pointing_at_the_test
class Webhooks:
    """The webhooks of one world. They are sent by themselves when they are due."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def deliveries(self) -> list[Webhook]:
        """All of them with their attempts, oldest first, as they are now."""
        return self._reach.query(
            lambda state: [Webhook.of(each) for each in state.outbox.deliveries.values()]
        )

    def deliver(self) -> list[Webhook]:
        """Send those that are due, and wait until it is known how that went; then all of them.

        The receiver has to answer meanwhile, so it cannot run in the event loop that this call blocks.
        """

        async def send() -> None:
            await self._reach.thread.app.dispatcher.drain(self._reach.tenant)

        self._reach.run(send())
        return self.deliveries()

    def resend(self, id: str) -> None:
        """Send one again that was delivered, given up or blocked.

        Raises:
            NotFound, IllegalMove: there is none with this id, or it is still on its way.
        """
        self._reach.execute(Resend(id))
