"""`GET /usage`: what a workspace's jobs cost in compute units, for service keys alone."""

from __future__ import annotations

from collections.abc import Mapping

from mockkrea import calls
from mockkrea.adapters import library_wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.routing import Methods
from mockkrea.core.clock import DAY_US, day_of, iso_date
from mockkrea.core.errors import Forbidden, UnreadableRequest
from mockkrea.tenant import Tenant

DAYS_DEFAULT = 30  # ASSUMED


async def get_usage(tenant: Tenant, request: Request) -> Answer:
    """`GET /usage`: the jobs that were billed from one day to another, both included (ASSUMED), in UTC."""
    caller = await calls.identify(tenant, request.bearer)
    if not caller.is_service:
        raise Forbidden("Usage is told to service keys only.")
    start, end = _days(request.query, tenant.now_us())
    jobs = await tenant.query(
        lambda state: state.billed_jobs(caller.workspace_id, start * DAY_US, (end + 1) * DAY_US)
    )
    return json_answer(
        {
            "start_date": iso_date(start * DAY_US),
            "end_date": iso_date(end * DAY_US),
            "jobs": [library_wire.usage_row(job) for job in jobs],
        }
    )


ROUTES: dict[str, Methods] = {"/usage": {"GET": get_usage}}


def _days(query: Mapping[str, str], now_us: int) -> tuple[int, int]:
    """The first and the last day that are asked for, counted from the epoch."""
    today = now_us // DAY_US
    end = _day("end_date", query["end_date"]) if "end_date" in query else today
    start = _day("start_date", query["start_date"]) if "start_date" in query else end - DAYS_DEFAULT
    if start > end:
        raise UnreadableRequest(
            f"start_date {iso_date(start * DAY_US)} is after end_date {iso_date(end * DAY_US)}."
        )
    return start, end


def _day(name: str, text: str) -> int:
    try:
        day = day_of(text)
    except ValueError:
        raise UnreadableRequest(f"{name} must be a day such as 2026-11-22; it was {text[:40]!r}.") from None
    if day < 0:
        raise UnreadableRequest(f"{name} must be a day from {iso_date(0)} on; it was {text}.")
    return day
