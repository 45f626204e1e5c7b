"""What a caller can ask for, the same through every adapter.

An adapter reads its own kind of request and calls one of these; so REST and MCP refuse in the same
order, charge the same price, and a job that one submits the other sees.

Order of refusals (Krea's is unknown, ASSUMED): 401 unknown token · 429 request rate · 404 unknown
model · 410 sunset · 400 unreadable body · 413 too large · 422 schema · 402 plan · 422 media, retention and
styles · 429 concurrency · 402 balance. The first four are here before the body is read; the plan, the styles
and the last two inside the command. A submission with media asks for its plan here as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import NamedTuple, TypeVar

from mockkrea.core.assets import MediaInput
from mockkrea.core.catalogue import Model
from mockkrea.core.clock import LATEST_US, iso_date
from mockkrea.core.commands import CountRequest, DeleteJob, Poll, Submit
from mockkrea.core.errors import ModelUnavailable
from mockkrea.core.jobs import Job, Order, Status
from mockkrea.core.money import Unit
from mockkrea.core.pricing import duration_range_us, measured, price_of
from mockkrea.core.state import State
from mockkrea.core.workspaces import TokenKind, Workspace
from mockkrea.inputs import Intake, Terms, check_retention
from mockkrea.media.works import files_for
from mockkrea.tenant import Tenant

Judged = TypeVar("Judged")

MAY_HOLD_TEXT = {str, list, dict}

LARGE_BYTES = 1_000_000

# A data URI up to this length is kept as it is.
SHORT_TEXT = 1024
MEDIA_TYPE_LENGTH_MAX = 100


class Caller(NamedTuple):
    """Who asks, for which workspace, and which of its meters pays; `is_service`: with a service key.

    `bound` is whether the workspace was chosen: an OAuth session from before the workspace picker only
    falls back to the person's default one.
    """

    person_id: str
    workspace_id: str
    unit: Unit
    is_service: bool = False
    bound: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a listing wants, newest first.

    `before` is (created_at_us, number): only jobs made strictly before that one.
    """

    limit: int
    before: tuple[int, int] | None = None
    types: frozenset[str] | None = None
    status: Status | None = None

    def takes(self, job: Job) -> bool:
        """Whether the job belongs into the listing."""
        ticket = job.ticket
        return (
            (self.before is None or (ticket.created_at_us, ticket.number) < self.before)
            and (self.types is None or ticket.order.job_type in self.types)
            and (self.status is None or job.status is self.status)
        )


class JobView(NamedTuple):
    """A job, and its place in the line while it has one."""

    job: Job
    position: int | None


async def identify(tenant: Tenant, api_token: str | None, *, sparing: str | None = None) -> Caller:
    """Who has this API token; counts the request where the workspace's request rate is limited.

    `sparing` is the job that the request wants to end, if any.

    Raises:
        Unauthorized: nobody has it.
        RateLimited: the workspace asked too often.
    """
    secret = tenant.token_meant(api_token)
    token, workspace = await tenant.look_up(lambda directory: directory.token_of(secret))
    await _count(tenant, workspace, sparing)
    is_service = token.kind is TokenKind.SERVICE
    return Caller(token.person_id, token.workspace_id, Unit.USD, is_service)


async def identify_mcp(tenant: Tenant, token: str | None, *, sparing: str | None = None) -> Caller:
    """Who has this token, an API token or an OAuth access token; counts the request as `identify` does.

    Raises:
        Unauthorized, RateLimited: as `identify`.
    """
    at_us = tenant.now_us()
    session = await tenant.look_up(lambda directory: directory.session_of(token or "", at_us=at_us))
    if session is None:
        return await identify(tenant, token, sparing=sparing)
    consent, workspace = session
    await _count(tenant, workspace, sparing)
    bound = consent.workspace_id is not None
    return Caller(consent.person_id, workspace.id, Unit.COMPUTE_UNITS, bound=bound)


async def _count(tenant: Tenant, workspace: Workspace, sparing: str | None) -> None:
    if workspace.limits.requests_per_minute is not None:
        await tenant.execute(CountRequest(workspace.id, sparing))


def find_model(tenant: Tenant, model_id: str) -> Model:
    """The model with this id, if it is still on sale.

    Raises:
        UnknownModel: there is none.
        ModelUnavailable: its sunset date has passed.
    """
    model = tenant.catalogue.find(model_id)
    if model.sunset is not None and not model.is_available_on(iso_date(tenant.now_us())):
        raise ModelUnavailable(model.id, sunset_date=model.sunset, replacement=model.replacement)
    return model


async def submit(
    tenant: Tenant, caller: Caller, model: Model, body: object, *, size_bytes: int, terms: Terms
) -> Job:
    """Ask for a generation.

    Raises:
        InvalidInput: the body breaks the model's schema.
        PlanRequired, TooManyJobs, InsufficientBalance: as `engine.submit` says.
        RetentionUnsupported, RefusedMedia: the model or a medium does not suit the terms.
    """
    input = await judged(size_bytes, lambda: _normalised(tenant, model, body))
    uris = tenant.validation.media_of(model, input)
    if uris or terms.zero_data_retention:
        await tenant.look_up(lambda directory: directory.check_plan(caller.workspace_id, model.id))
        check_retention(model, terms)
    if not uris:
        return await tenant.execute(Submit(_order(tenant, caller, model, input, ())))
    with ExitStack() as holds:
        intake = Intake(tenant, caller.workspace_id, terms, holds)
        await intake.take(uris)
        input = tenant.validation.with_media(model, input, intake.kept)
        job = await tenant.execute(Submit(_order(tenant, caller, model, input, tuple(intake.media))))
        tenant.job_blobs.hand_over(job.id, [each.blob for each in intake.media if each.blob is not None])
        holds.pop_all()
    return job


async def judged(size_bytes: int, judge: Callable[[], Judged]) -> Judged:
    """What becomes of a body; one of a large size is judged in a thread: others are answered meanwhile."""
    return await asyncio.to_thread(judge) if size_bytes > LARGE_BYTES else judge()


def _normalised(tenant: Tenant, model: Model, body: object) -> dict[str, object]:
    return tenant.validation.normalise(
        model,
        body,
        on_date=lambda: iso_date(tenant.now_us()),
        accept_old_names=tenant.settings.accept_old_names,
    )


def _order(
    tenant: Tenant, caller: Caller, model: Model, input: dict[str, object], media: tuple[MediaInput, ...]
) -> Order:
    settings = tenant.settings
    told = measured(input, media) if media else input
    price = price_of(model, told)
    return Order(
        workspace_id=caller.workspace_id,
        person_id=caller.person_id,
        model=model.id,
        job_type=model.job_type,
        input=input,
        unit=caller.unit,
        usd_micros=price.usd_micros,
        cu_thousandths=price.cu_thousandths,
        progression=settings.progression,
        duration_us=at_speed(duration_range_us(model, told), settings.speed),
        files=files_for(model.medium, input),
        side_step=model.multiple_of,
        has_sound=model.has_sound,
        polls_per_step=settings.polls_per_step,
        unfinished_max=model.unfinished_max,
        media=media,
    )


async def see_job(tenant: Tenant, caller: Caller, job_id: str) -> JobView:
    """A client polls one job: under `manual` progression that may move it.

    Raises:
        NotFound: no such job in the caller's workspace.
    """

    def look(state: State) -> JobView:
        return _view(state, state.job(caller.workspace_id, job_id))

    view = await tenant.query(look)
    if not Poll.moves(view.job):
        return view
    await tenant.execute(Poll((job_id,)))
    return await tenant.query(look)


async def see_jobs(tenant: Tenant, caller: Caller, wanted: JobFilter) -> tuple[list[JobView], bool]:
    """A client lists its jobs, which polls each listed one. The views, and whether there are more."""

    def page(state: State) -> list[Job]:
        matching = filter(wanted.takes, state.newest_jobs(caller.workspace_id))
        return list(islice(matching, wanted.limit + 1))

    jobs = await tenant.query(page)
    listed, more = jobs[: wanted.limit], len(jobs) > wanted.limit
    if moving := tuple(job.id for job in listed if Poll.moves(job)):
        await tenant.execute(Poll(moving))
    views = await tenant.query(lambda state: [_view(state, state.any_job(job.id)) for job in listed])
    return views, more


async def delete_job(tenant: Tenant, caller: Caller, job_id: str) -> Job:
    """Cancel a job, or take a finished one off the list.

    Raises:
        NotFound: no such job in the caller's workspace.
        IllegalMove: it has finished, and the setting `delete_finished` is 409.
    """
    refuse_finished = tenant.settings.delete_finished == 409
    command = DeleteJob(workspace_id=caller.workspace_id, job_id=job_id, refuse_finished=refuse_finished)
    return await tenant.execute(command)


def at_speed(range_us: tuple[int, int], speed: float) -> tuple[int, int]:
    """A job's shortest and longest duration at this speed."""
    if speed == 1:
        return range_us
    # The slowest speeds would take longer than time itself, which ends with the year 9999.
    shortest_us, longest_us = (int(min(duration_us / speed, LATEST_US)) for duration_us in range_us)
    return shortest_us, longest_us


def _view(state: State, job: Job) -> JobView:
    return JobView(job, state.position(job))


def without_bytes(input: dict[str, object]) -> dict[str, object]:
    """The input with each long data URI told by its hash: what a world keeps has to stay small."""
    return {key: _told(item) if type(item) in MAY_HOLD_TEXT else item for key, item in input.items()}


def _told(value: object) -> object:
    if isinstance(value, str):
        if len(value) <= SHORT_TEXT or not value.startswith("data:"):
            return value
        media_type = value[: value.find(";")][:MEDIA_TYPE_LENGTH_MAX]
        return f"{media_type};sha256={sha256(value.encode()).hexdigest()}"
    if isinstance(value, dict):
        return without_bytes(value)
    return [_told(item) for item in value] if isinstance(value, list) else value
