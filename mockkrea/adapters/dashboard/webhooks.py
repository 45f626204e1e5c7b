"""The page about webhooks: each with its attempts."""

from __future__ import annotations

from itertools import islice

from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.tone import Tone
from mockkrea.adapters.dashboard.words import ago, moment, redacted_text, shown_json
from mockkrea.adapters.webhook_wire import delivery_body
from mockkrea.core.outbox import Attempt, Delivery, DeliveryStatus
from mockkrea.core.state import State

WEBHOOKS_A_PAGE = 60

TONES = {
    DeliveryStatus.PENDING: Tone.WAIT,
    DeliveryStatus.SENDING: Tone.BUSY,
    DeliveryStatus.DELIVERED: Tone.GOOD,
    DeliveryStatus.FAILED: Tone.BAD,
    DeliveryStatus.BLOCKED: Tone.BAD,
}
SETTLED = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.BLOCKED)


async def webhooks_page(look: Look) -> Facts:
    """The last webhooks, newest first."""

    def page(state: State) -> Facts:
        newest = islice(reversed(state.outbox.deliveries.values()), WEBHOOKS_A_PAGE)
        return {
            "webhooks": [delivery_facts(look, each) for each in newest],
            "total": len(state.outbox.deliveries),
            "expected": state.outbox.expected,
        }

    return await look.ask(page)


def delivery_facts(look: Look, delivery: Delivery) -> Facts:
    """One webhook with its attempts."""
    due_us = delivery.due_us
    return {
        "id": delivery.id,
        "url": redacted_text(delivery.webhook.url),
        "status": delivery.status.value,
        "tone": TONES[delivery.status],
        "can_be_resent": delivery.status in SETTLED,
        "age": ago(delivery.created_at_us, look.now_us),
        "at_ms": delivery.created_at_us // 1000,
        "due": None if due_us is None else ago(due_us, look.now_us),
        "attempts": [_attempt(each) for each in delivery.attempts],
        "job_id": delivery.job.id,
        "job_url": f"{look.ui}/jobs/{delivery.job.id}",
        "body": shown_json(delivery_body(delivery)["job"]),
    }


def _attempt(attempt: Attempt) -> Facts:
    return {
        "time": moment(attempt.at_us),
        "result": attempt.status or "no answer",
        "tone": Tone.GOOD if attempt.has_delivered else Tone.BAD,
        "took": f"{attempt.duration_us / 1000:,.0f} ms",
        "error": attempt.error,
    }
