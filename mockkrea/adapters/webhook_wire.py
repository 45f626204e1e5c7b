"""How webhooks look from outside: what is sent, and what the control API tells of it."""

from __future__ import annotations

import orjson

from mockkrea.adapters import wire
from mockkrea.calls import JobView
from mockkrea.core.clock import SECOND_US, iso
from mockkrea.core.outbox import Attempt, Delivery


def webhook_body(delivery: Delivery) -> bytes:
    """What a webhook gets: its job as `GET /jobs/{id}` shows it to whoever submitted it (documented)."""
    return orjson.dumps(_delivered_job(delivery))


def delivery_body(delivery: Delivery) -> dict[str, object]:
    """A webhook as the control API shows it, with all attempts; durations in seconds of real time."""
    body: dict[str, object] = {
        "id": delivery.id,
        "url": delivery.webhook.url,
        "status": delivery.status.value,
        "created_at": iso(delivery.created_at_us),
    }
    if delivery.due_us is not None:
        body["due_at"] = iso(delivery.due_us)
    attempts = [_attempt_body(attempt) for attempt in delivery.attempts]
    return body | {"attempts": attempts, "job": _delivered_job(delivery)}


def _delivered_job(delivery: Delivery) -> dict[str, object]:
    return wire.job_body(JobView(delivery.job, None), delivery.webhook.base_url)


def _attempt_body(attempt: Attempt) -> dict[str, object]:
    body: dict[str, object] = {"at": iso(attempt.at_us), "duration": attempt.duration_us / SECOND_US}
    if attempt.status is not None:
        body["status"] = attempt.status
    if attempt.error is not None:
        body["error"] = attempt.error
    return body
