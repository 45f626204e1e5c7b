"""The commands about webhooks: taking those that are due, telling how it went, sending one again."""

from __future__ import annotations

from dataclasses import dataclass

from mockkrea.core.command import Command
from mockkrea.core.outbox import CUT_OFF, Attempt, Delivery
from mockkrea.core.state import State


@dataclass(frozen=True, slots=True)
class TakeDeliveries(Command[tuple[Delivery, ...]]):
    """Take webhooks that are due, to send them."""

    at_most: int

    def apply(self, state: State, at_us: int) -> tuple[Delivery, ...]:
        """Those taken, in the order of time; nobody else can take them."""
        return state.outbox.take(at_us, self.at_most)


@dataclass(frozen=True, slots=True)
class RecordAttempt(Command[Delivery]):
    """Tell how sending a webhook went."""

    delivery_id: str
    attempt: Attempt

    def apply(self, state: State, at_us: int) -> Delivery:
        """The delivery. Refuses as `Outbox.delivery` and `Outbox.record` say."""
        # While the clock stands still an attempt takes no time, so that retries come at foreseeable times.
        took_us = 0 if state.frozen else self.attempt.duration_us
        failed_at_us = self.attempt.at_us + took_us
        return state.outbox.record(self.delivery_id, self.attempt, failed_at_us=failed_at_us)


@dataclass(frozen=True, slots=True)
class GiveUpAttempts(Command[None]):
    """Count every attempt that is under way as failed: whoever made them is gone."""

    def apply(self, state: State, at_us: int) -> None:
        """Plan the next attempts where there are to be some."""
        for delivery in state.outbox.under_way():
            assert delivery.due_us is not None
            attempt = Attempt(at_us=delivery.due_us, duration_us=0, error=CUT_OFF)
            state.outbox.record(delivery.id, attempt, failed_at_us=delivery.due_us)


@dataclass(frozen=True, slots=True)
class Resend(Command[Delivery]):
    """Send a webhook once more, with retries if need be."""

    delivery_id: str

    def apply(self, state: State, at_us: int) -> Delivery:
        """The delivery. Refuses as `Outbox.resend` says."""
        return state.outbox.resend(self.delivery_id, at_us=at_us)


OUTBOX_COMMANDS: dict[str, type[Command[object]]] = {
    kind.__name__: kind for kind in (TakeDeliveries, RecordAttempt, GiveUpAttempts, Resend)
}
