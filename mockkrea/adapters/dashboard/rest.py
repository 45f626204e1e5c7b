"""The pages about what stands beside jobs: webhooks, OAuth sessions, uploads."""

from __future__ import annotations

from itertools import islice

from mockkrea.adapters import session_wire
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.tone import Tone
from mockkrea.adapters.dashboard.words import ago, clock_time, redacted_text, shown_json, size, span
from mockkrea.adapters.webhook_wire import delivery_body
from mockkrea.core.assets import Asset, Medium
from mockkrea.core.outbox import Attempt, Delivery, DeliveryStatus
from mockkrea.core.state import State

SHOWN_MAX = 60

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
        newest = islice(reversed(state.outbox.deliveries.values()), SHOWN_MAX)
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
        "time": clock_time(attempt.at_us),
        "result": attempt.status or "no answer",
        "tone": Tone.GOOD if attempt.has_delivered else Tone.BAD,
        "took": f"{attempt.duration_us / 1000:,.0f} ms",
        "error": attempt.error,
    }


async def sessions_page(look: Look) -> Facts:
    """The OAuth sessions, newest first."""

    def page(state: State) -> Facts:
        sessions = [_session(look, state, each) for each in session_wire.sessions(state)]
        directory = state.directory
        return {
            "sessions": sessions[: -SHOWN_MAX - 1 : -1],
            "total": len(sessions),
            "people": list(directory.people.values()),
            "workspaces": list(directory.workspaces.values()),
        }

    return await look.ask(page)


def _session(look: Look, state: State, session: session_wire.Session) -> Facts:
    grant, until_us, now_us = session.grant, session.access_until_us, look.now_us
    person = state.directory.people[grant.consent.person_id]
    workspace_id = grant.consent.workspace_id
    return {
        "id": grant.id,
        "client": session.client,
        "person": person.name,
        "workspace": None if workspace_id is None else state.directory.workspaces[workspace_id].name,
        "scope": grant.consent.scope,
        "lives": until_us is not None and until_us > now_us,
        "access": "none" if until_us is None else ago(until_us, now_us),
        "refresh": ago(grant.refresh_until_us, now_us),
    }


async def uploads_page(look: Look) -> Facts:
    """The last uploads, newest first."""

    def page(state: State) -> Facts:
        newest = islice(reversed(state.assets.values()), SHOWN_MAX)
        return {"uploads": [_upload(look, state, each) for each in newest], "total": len(state.assets)}

    return await look.ask(page)


def _upload(look: Look, state: State, asset: Asset) -> Facts:
    medium = asset.mime_type.partition("/")[0]
    sides = f"{asset.width} × {asset.height}" if asset.width else ""
    plays = span(asset.duration_us) if asset.duration_us else ""
    return {
        "id": asset.id,
        "url": look.file(asset.path),
        "is_picture": medium == Medium.IMAGE,
        "glyph": medium if medium in ("video", "audio", "model") else "image",
        "mime_type": asset.mime_type,
        "facts": " · ".join(filter(None, (sides, plays, size(asset.size_bytes)))),
        "description": asset.description or "",
        "workspace": state.directory.workspaces[asset.workspace_id].name,
        "age": ago(asset.created_at_us, look.now_us),
        "at_ms": asset.created_at_us // 1000,
    }
