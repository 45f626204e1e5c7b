"""The webhooks of a world: which have to be sent, when, and how each attempt went.

A job that ends leaves one delivery here. The core has no network: whoever has one takes the deliveries
that are due and tells how each attempt went. What was taken is not due, so nobody else takes it; what was
delivered never becomes due again, unless somebody asks for that.

Times follow the mock clock: an attempt counts as made when it was due, and the next one is due some
seconds after it failed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mockkrea.core.agenda import Agenda
from mockkrea.core.errors import IllegalMove, NotFound
from mockkrea.core.jobs import Job
from mockkrea.core.webhooks import Webhook

DELIVERIES_KEPT = 1_000


class DeliveryStatus(StrEnum):
    """Where a delivery is. The words are ours."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    BLOCKED = "blocked"


# Why an attempt failed whose process ended.
CUT_OFF = "mockkrea stopped before an answer came."

UNSETTLED = frozenset({DeliveryStatus.PENDING, DeliveryStatus.SENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try, and what came of it: an HTTP status, or in one sentence why there was none.

    `duration_us` is real time. `blocked`: nothing was sent, and nothing ever will be.
    """

    at_us: int
    duration_us: int
    status: int | None = None
    error: str | None = None
    blocked: bool = False

    @property
    def has_delivered(self) -> bool:
        """Whether the answer says that the job has arrived."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One job as it ended, on its way to its webhook.

    `due_us` is when its next, or present, attempt is due; None when nothing more will be tried.
    `failures` are the attempts that failed since it was first due, or since it was asked for again.
    """

    id: str
    job: Job
    created_at_us: int
    due_us: int | None
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: tuple[Attempt, ...] = ()
    failures: int = 0

    @property
    def webhook(self) -> Webhook:
        """Where it goes."""
        webhook = self.job.order.webhook
        assert webhook is not None, "only a job with a webhook is delivered"
        return webhook


@dataclass(slots=True)
class Outbox:
    """The deliveries of one world.

    `deliveries` is by id, oldest first. `agenda` has the pending ones by their due times. `settled` are the
    ids of those for which nothing more will be done, the last of which are kept. `expected` counts the
    unfinished jobs that have a webhook.
    """

    deliveries: dict[str, Delivery] = field(default_factory=dict)
    agenda: Agenda = field(default_factory=Agenda)
    settled: deque[str] = field(default_factory=deque)
    made: int = 0
    expected: int = 0

    def delivery(self, delivery_id: str) -> Delivery:
        """The delivery with this id.

        Raises:
            NotFound: there is none, or it is no longer kept.
        """
        try:
            return self.deliveries[delivery_id]
        except KeyError:
            raise NotFound("webhook", delivery_id) from None

    def post(self, delivery_id: str, job: Job, *, at_us: int, due_us: int) -> None:
        """Take up a job that has just ended, to be sent when it is due."""
        self.made += 1
        self._await(Delivery(id=delivery_id, job=job, created_at_us=at_us, due_us=due_us))

    def take(self, until_us: int, at_most: int) -> tuple[Delivery, ...]:
        """Take out deliveries that are due by then, in the order of time; each is then `sending`."""
        taken: list[Delivery] = []
        while len(taken) < at_most and (plan := self.agenda.take(until_us)) is not None:
            delivery = replace(self.deliveries[plan[2]], status=DeliveryStatus.SENDING)
            self.deliveries[delivery.id] = delivery
            taken.append(delivery)
        return tuple(taken)

    def record(self, delivery_id: str, attempt: Attempt, *, failed_at_us: int) -> Delivery:
        """Keep how an attempt went, and plan the next one where that is to be.

        Raises:
            IllegalMove: no attempt is under way.
        """
        delivery = self.delivery(delivery_id)
        if delivery.status is not DeliveryStatus.SENDING:
            raise IllegalMove(f"Webhook {delivery_id} is {delivery.status}; no attempt is under way.")
        delivery = replace(delivery, attempts=(*delivery.attempts, attempt))
        if attempt.has_delivered:
            return self._settle(delivery, DeliveryStatus.DELIVERED)
        if attempt.blocked:
            return self._settle(delivery, DeliveryStatus.BLOCKED)
        waits_us = delivery.webhook.retry_after_us[delivery.failures :]
        delivery = replace(delivery, failures=delivery.failures + 1)
        if not waits_us:
            return self._settle(delivery, DeliveryStatus.FAILED)
        return self._await(
            replace(delivery, status=DeliveryStatus.PENDING, due_us=failed_at_us + waits_us[0])
        )

    def under_way(self) -> tuple[Delivery, ...]:
        """Those that are being sent."""
        return tuple(each for each in self.deliveries.values() if each.status is DeliveryStatus.SENDING)

    def resend(self, delivery_id: str, *, at_us: int) -> Delivery:
        """Begin again with a delivery, as if its job had ended now.

        Raises:
            NotFound: there is none, or it is no longer kept.
            IllegalMove: it is still being tried.
        """
        delivery = self.delivery(delivery_id)
        if delivery.status in UNSETTLED:
            raise IllegalMove(
                f"Webhook {delivery_id} is {delivery.status}: it is still being tried."
                " Advance the clock for the next attempt, or run it until idle for all."
            )
        self.settled.remove(delivery_id)
        return self._await(replace(delivery, status=DeliveryStatus.PENDING, due_us=at_us, failures=0))

    def _await(self, delivery: Delivery) -> Delivery:
        assert delivery.due_us is not None
        self.deliveries[delivery.id] = delivery
        self.agenda.add(delivery.due_us, delivery.id)
        return delivery

    def _settle(self, delivery: Delivery, status: DeliveryStatus) -> Delivery:
        delivery = self.deliveries[delivery.id] = replace(delivery, status=status, due_us=None)
        self.settled.append(delivery.id)
        if len(self.settled) > DELIVERIES_KEPT:
            del self.deliveries[self.settled.popleft()]
        return delivery
