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
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar

from mockkrea.core.assets import MediaInput
from mockkrea.core.catalogue import Model
from mockkrea.core.clock import LATEST_US, SECOND_US, iso_date
from mockkrea.core.commands import CountRequest, DeleteJob, Poll, Submit
from mockkrea.core.errors import Forbidden, ModelUnavailable, RateLimited
from mockkrea.core.jobs import Job, Order, Status
from mockkrea.core.magic import TOLD_SO, KeyWord
from mockkrea.core.matching import Adapter
from mockkrea.core.money import Unit
from mockkrea.core.pricing import duration_range_us, measured, price_of
from mockkrea.core.state import QUEUED_POSITION, State
from mockkrea.core.webhooks import Webhook
from mockkrea.core.workspaces import TokenKind
from mockkrea.fault_injection import apply_directives, magic_of_key
from mockkrea.inputs import Intake, Terms
from mockkrea.media.media_files import files_for
from mockkrea.tenant import Tenant
from mockkrea.validation.webhooks import read_webhook_url

Judged = TypeVar("Judged")


# What a key that says it is rate-limited is told to wait.
MAGIC_RETRY_AFTER_S = 1

LARGE_BYTES = 1_000_000


class Caller(NamedTuple):
    """Who asks, for which workspace, and which of its meters pays; `is_service`: with a service key.

    A viewer may only look. `magic` is the magic word of the key, `adapter` where the request came in.
    `bound`: the workspace was chosen, when the token was made or at consent; a session without that uses
    the person's default workspace and may not upload.
    """

    person_id: str
    workspace_id: str
    unit: Unit
    is_service: bool = False
    bound: bool = True
    is_viewer: bool = False
    magic: KeyWord | None = None
    adapter: Adapter = Adapter.REST

    def check_may_change(self) -> None:
        """Raise unless they may do more than look.

        Raises:
            Forbidden: a viewer may not (ASSUMED).
        """
        if self.is_viewer:
            refusal = Forbidden(
                "A viewer of the workspace may look, but not submit, upload or change anything."
            )
            raise refusal.as_provoked() if self.magic is KeyWord.VIEWER else refusal


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


async def identify(tenant: Tenant, api_token: str | None, *, keeping: str | None = None) -> Caller:
    """Who has this API token; counts the request where the workspace's request rate is limited.

    `keeping` is the job that the request wants to end, if any.

    Raises:
        Unauthorized: nobody has it.
        RateLimited: the workspace asked too often.
    """
    caller = await authenticate(tenant, api_token)
    await count_request(tenant, caller, keeping=keeping)
    return caller


async def authenticate(tenant: Tenant, api_token: str | None) -> Caller:
    """Who has this API token.

    Raises:
        Unauthorized: nobody has it.
    """
    secret = tenant.token_meant(api_token)
    # Only a world's own keys stand for another one, and only they can be magic.
    magic = None if secret is api_token else magic_of_key(tenant, api_token)
    token, workspace = await tenant.look_up(lambda directory: directory.token_of(secret))
    return Caller(
        token.person_id,
        token.workspace_id,
        Unit.USD,
        is_service=token.kind is TokenKind.SERVICE,
        is_viewer=magic is KeyWord.VIEWER or workspace.is_viewer(token.person_id),
        magic=magic,
    )


async def count_request(tenant: Tenant, caller: Caller, *, keeping: str | None = None) -> None:
    """Count a request where the workspace's request rate is limited; `keeping` as in `identify`.

    Raises:
        RateLimited: the workspace asked too often.
    """
    if caller.magic is KeyWord.RATE_LIMITED:
        raise RateLimited(TOLD_SO, retry_after_s=MAGIC_RETRY_AFTER_S).as_provoked()
    workspace = await tenant.look_up(lambda directory: directory.workspace(caller.workspace_id))
    if workspace.limits.requests_per_minute is not None:
        await tenant.execute(CountRequest(workspace.id, keeping))


async def authenticate_mcp(tenant: Tenant, token: str | None) -> Caller:
    """Who has this token, an API token or an OAuth access token, which pays with compute units.

    Raises:
        Unauthorized: nobody has it.
    """
    at_us = tenant.now_us()
    session = await tenant.look_up(lambda directory: directory.session_of(token or "", at_us=at_us))
    if session is None:
        return (await authenticate(tenant, token))._replace(adapter=Adapter.MCP)
    consent, workspace = session
    bound = consent.workspace_id is not None
    is_viewer = workspace.is_viewer(consent.person_id)
    return Caller(
        consent.person_id,
        workspace.id,
        Unit.COMPUTE_UNITS,
        bound=bound,
        is_viewer=is_viewer,
        adapter=Adapter.MCP,
    )


def find_model(tenant: Tenant, model_id: str) -> Model:
    """The model with this id, its category included, if it is still on sale.

    Raises:
        UnknownModel: there is none.
        ModelUnavailable: its sunset date has passed.
    """
    return _on_sale(tenant, tenant.catalogue.find(model_id))


def find_model_by_any_id(tenant: Tenant, model_id: str) -> Model:
    """The same for an id that need not begin with the category.

    Raises:
        UnknownModel, ModelUnavailable: as `find_model`.
    """
    return _on_sale(tenant, tenant.catalogue.find_by_any_id(model_id))


def _on_sale(tenant: Tenant, model: Model) -> Model:
    if model.sunset is not None and not model.is_available_on(iso_date(tenant.now_us())):
        raise ModelUnavailable(model.id, sunset_date=model.sunset, replacement=model.replacement)
    return model


def read_webhook(tenant: Tenant, url: str, *, base_url: str) -> Webhook:
    """What the header `X-Webhook-URL` asks for.

    Raises:
        UnreadableRequest: nothing can be sent to this URL.
    """
    retry_after_us = tuple(at_speed(wait_us, tenant.settings.speed) for wait_us in tenant.retry_after_us)
    return Webhook(read_webhook_url(url), base_url, retry_after_us)


async def submit(
    tenant: Tenant, caller: Caller, model: Model, body: object, *, size_bytes: int, terms: Terms
) -> Job:
    """Ask for a generation.

    Raises:
        InvalidInput: the body breaks the model's schema.
        PlanRequired, TooManyJobs, InsufficientBalance: as `engine.submit` says.
        RetentionUnsupported, RefusedMedia: the model or a medium does not suit the terms.
    """
    caller.check_may_change()
    # As `judged` does, without the detour: most submissions are small.
    if size_bytes > LARGE_BYTES:
        input = await asyncio.to_thread(_normalised, tenant, model, body)
    else:
        input = _normalised(tenant, model, body)
    if not terms.zero_data_retention and not tenant.validation.has_media(model, input):
        order = _order(tenant, caller, model, input, (), terms.webhook)
        directed = await apply_directives(tenant, order, caller.magic)
        job = await tenant.execute(Submit(directed.order))
        directed.end(job)
        return job
    with Intake(tenant, caller.person_id, caller.workspace_id, terms) as intake:
        await intake.check_model(model.id, zero_data_retention=model.zero_data_retention)
        input = await intake.take(model, input)
        order = _order(tenant, caller, model, input, intake.media, terms.webhook)
        directed = await apply_directives(tenant, order, caller.magic)
        job = await tenant.execute(Submit(directed.order))
        intake.hand_over(job)
    directed.end(job)
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
    tenant: Tenant,
    caller: Caller,
    model: Model,
    input: dict[str, object],
    media: tuple[MediaInput, ...],
    webhook: Webhook | None,
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
        duration_us=range_at_speed(duration_range_us(model, told), settings.speed),
        files=files_for(model, input),
        side_step=model.multiple_of,
        has_sound=model.has_sound,
        polls_per_step=settings.polls_per_step,
        unfinished_max=model.unfinished_max,
        media=media,
        speed=settings.speed,
        timeout_us=at_speed(model.timeout_s * SECOND_US, settings.speed),
        webhook=webhook,
        adapter=caller.adapter,
    )


async def see_submitted(tenant: Tenant, job: Job) -> JobView:
    """A job as its submission left it: looking at one that is not backlogged moves nothing in the world."""
    if job.status is Status.BACKLOGGED:
        return await tenant.query(lambda state: _view(state, state.any_job(job.id)))
    return JobView(job, QUEUED_POSITION)


async def poll_job(tenant: Tenant, caller: Caller, job_id: str) -> JobView:
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


async def poll_jobs(tenant: Tenant, caller: Caller, wanted: JobFilter) -> tuple[list[JobView], bool]:
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
    caller.check_may_change()
    refuse_finished = tenant.settings.delete_finished == 409
    command = DeleteJob(workspace_id=caller.workspace_id, job_id=job_id, refuse_finished=refuse_finished)
    return await tenant.execute(command)


def at_speed(duration_us: int, speed: float) -> int:
    """How long it takes at this speed; the slowest would take longer than time, which ends in 9999."""
    return duration_us if speed == 1 else int(min(duration_us / speed, LATEST_US))


def range_at_speed(range_us: tuple[int, int], speed: float) -> tuple[int, int]:
    """A job's shortest and longest duration at this speed."""
    if speed == 1:
        return range_us
    shortest_us, longest_us = range_us
    return at_speed(shortest_us, speed), at_speed(longest_us, speed)


def _view(state: State, job: Job) -> JobView:
    return JobView(job, state.position(job))
