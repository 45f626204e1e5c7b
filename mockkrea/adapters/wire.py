"""How a world looks to clients of Krea's API: domain objects to JSON.

Used by REST and MCP alike, so that they cannot disagree. Shapes: Krea's OpenAPI (documented). State has
paths only: the base URL of the request is put before them here. Refusals are in `refusal_wire`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from mockkrea.adapters import hosts
from mockkrea.calls import JobView
from mockkrea.core.catalogue import Model
from mockkrea.core.clock import SECOND_US, iso
from mockkrea.core.consent import Tokens
from mockkrea.core.jobs import Job

# Where the metadata of RFC 9728 lies.
PROTECTED_RESOURCE_PATH = "/.well-known/oauth-protected-resource"

# Where a browser brings a person who is asked for consent (recorded).
AUTHORIZE_PATH = "/auth/v1/oauth/authorize"

# Answers with tokens in them, or about them (RFC 6749, 5.1).
NOT_STORED = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))

# Krea's page about deprecations; the OpenAPI names it for old fields (documented), for models ASSUMED.
DEPRECATIONS_URL = "https://docs.krea.ai/developers/deprecations"

# A cursor is an item's time with its number behind the microseconds, in this many digits.
CURSOR_NUMBER_DIGITS = 12


def submitted(job: Job) -> dict[str, object]:
    """The answer to a submission, the only one with nulls in it. It says what was true at submission."""
    return {
        "job_id": job.id,
        "status": job.status.value,
        "created_at": iso(job.ticket.created_at_us),
        "completed_at": None,
        "result": None,
    }


def deprecation(model: Model) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that tell of a model's announced end (documented), none while nothing is announced."""
    if model.sunset is None:
        return ()
    ends = datetime.fromisoformat(model.sunset).replace(tzinfo=UTC)
    return (
        (b"deprecation", b"true"),
        (b"sunset", format_datetime(ends, usegmt=True).encode()),
        (b"link", f'<{DEPRECATIONS_URL}>; rel="deprecation"; type="text/html"'.encode()),
    )


def job_body(view: JobView, base_url: str) -> dict[str, object]:
    """A job; what it does not have yet is absent, never null."""
    job = view.job
    body: dict[str, object] = {
        "job_id": job.id,
        "status": job.status.value,
        "type": job.order.job_type,
        "created_at": iso(job.ticket.created_at_us),
    }
    if view.position is not None:
        body["position"] = view.position
    if (ended_at_us := job.ended_at_us) is not None:
        body["completed_at"] = iso(ended_at_us)
    if job.result is not None:
        body["result"] = with_base_url(job.result, base_url)
    if job.error is not None:
        body["error"] = {"code": job.error.code, **_if_any("message", job.error.message)}
    return body


def with_base_url(value: object, base_url: str) -> object:
    """A result whose paths to our own files are URLs that the client can reach."""
    if isinstance(value, str):
        return hosts.url(base_url, value) if value.startswith("/files/") else value
    if isinstance(value, Mapping):
        return {key: with_base_url(item, base_url) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_base_url(item, base_url) for item in value]
    return value


def page(items: Sequence[object], last: tuple[int, int] | None) -> dict[str, object]:
    """A page of a list; `last` is the time and number of its last item if more items follow."""
    return {"items": items, "next_cursor": None if last is None else cursor_after(*last)}


def cursor_after(created_at_us: int, number: int) -> str:
    """The cursor of the page that follows this item: its time, with its number as further digits.

    RFC 3339 allows any number of them, so it still is a time, and a page neither skips nor repeats
    items that were made in the same microsecond.
    """
    whole = iso(created_at_us).partition(".")[0]
    return f"{whole}.{created_at_us % SECOND_US:06d}{number:0{CURSOR_NUMBER_DIGITS}d}Z"


def tokens_body(tokens: Tokens) -> dict[str, object]:
    """What a client gets for a code or a refresh token (RFC 6749, 5.1)."""
    return {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in_s,
        "refresh_token": tokens.refresh_token,
        "scope": tokens.scope,
    }


def _if_any(key: str, value: str | None) -> dict[str, object]:
    return {} if value is None else {key: value}
