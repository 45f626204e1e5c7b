"""What a caller can do with node apps, the same through every adapter; beside `calls.py`, which has jobs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from mockkrea.calls import Caller, at_speed, judged, range_at_speed
from mockkrea.core.assets import MediaInput
from mockkrea.core.catalogue import EXTERNAL_TIMEOUT_US
from mockkrea.core.clock import iso_date
from mockkrea.core.commands import SubmitAll
from mockkrea.core.jobs import Job, Order
from mockkrea.core.matching import app_model
from mockkrea.core.node_apps import NodeApp, Scope, Version
from mockkrea.fault_injection import apply_directives
from mockkrea.inputs import Intake, Terms
from mockkrea.tenant import Tenant

NODE_APP_JOB_TYPE = "node-app"  # recorded


class Owner(StrEnum):
    """Whose apps a list has (documented)."""

    ALL = "all"
    WORKSPACE = "workspace"


class Listed(NamedTuple):
    """An app in one of its versions, and the time and number by which its list is ordered."""

    app: NodeApp
    version: Version
    moment: tuple[int, int]


class Page(NamedTuple):
    """What of a list a caller wants: so many, and strictly before a time and number if any."""

    limit: int
    before: tuple[int, int] | None

    def of(self, listed: list[Listed]) -> tuple[list[Listed], bool]:
        """These items of a list that begins with the newest, and whether there are more."""
        wanted = [each for each in listed if self.before is None or each.moment < self.before]
        return wanted[: self.limit], len(wanted) > self.limit


def see_apps(tenant: Tenant, caller: Caller, page: Page, *, owner: Owner) -> tuple[list[Listed], bool]:
    """The apps that the caller may execute, each in its newest version, and whether there are more."""
    apps = tenant.node_apps.newest(person_id=caller.person_id, workspace_id=caller.workspace_id)
    return page.of(
        [
            Listed(app, app.last_version, (app.created_at_us, app.number))
            for app in apps
            if owner is Owner.ALL
            or (app.scope is Scope.WORKSPACE and app.workspace_id == caller.workspace_id)
        ]
    )


def see_versions(tenant: Tenant, caller: Caller, page: Page, app_id: str) -> tuple[list[Listed], bool]:
    """The versions of an app, newest first, and whether there are more.

    Raises:
        NotFound: there is no such app that the caller may execute.
    """
    app = tenant.node_apps.app(app_id, person_id=caller.person_id, workspace_id=caller.workspace_id)
    return page.of([Listed(app, each, (each.created_at_us, each.number)) for each in reversed(app.versions)])


def find_version(tenant: Tenant, caller: Caller, version_id: str) -> tuple[NodeApp, Version]:
    """The version with this id, and its app.

    Raises:
        NotFound: there is none that the caller may execute.
    """
    return tenant.node_apps.version(version_id, person_id=caller.person_id, workspace_id=caller.workspace_id)


async def execute(
    tenant: Tenant, caller: Caller, version: Version, body: object, *, size_bytes: int, terms: Terms
) -> tuple[Job, ...]:
    """Execute a version; one job or, where the app says so, several: all or none.

    Raises:
        InvalidInput: the body breaks the version's schema.
        PlanRequired, TooManyJobs, InsufficientBalance: as `engine.submit` says.
        RetentionUnsupported, RefusedMedia: no app suits the terms, or a medium does not.
    """
    caller.check_may_change()
    input = await judged(size_bytes, lambda: _normalised(tenant, version, body))
    with Intake(tenant, caller.person_id, caller.workspace_id, terms) as intake:
        await intake.check_model(_model(version), zero_data_retention=False)
        input = await intake.take(version.form, input)
        order = _order(tenant, caller, version, input, intake.media)._replace(webhook=terms.webhook)
        directed = await apply_directives(tenant, order, caller.magic)
        jobs = await tenant.execute(SubmitAll((directed.order,) * version.job_count(input)))
        intake.hand_over(*jobs)
    directed.end(jobs[0])
    return jobs


def _normalised(tenant: Tenant, version: Version, body: object) -> dict[str, object]:
    return tenant.validation.normalise(version.form, body, on_date=lambda: iso_date(tenant.now_us()))


def _model(version: Version) -> str:
    return app_model(version.id)


def _order(
    tenant: Tenant,
    caller: Caller,
    version: Version,
    input: Mapping[str, object],
    media: tuple[MediaInput, ...],
) -> Order:
    settings = tenant.settings
    return Order(
        workspace_id=caller.workspace_id,
        person_id=caller.person_id,
        model=_model(version),
        job_type=NODE_APP_JOB_TYPE,
        input=input,
        unit=caller.unit,
        usd_micros=version.price.usd_micros,
        cu_thousandths=version.price.cu_thousandths,
        progression=settings.progression,
        duration_us=range_at_speed(version.duration_us, settings.speed),
        files={},
        polls_per_step=settings.polls_per_step,
        media=media,
        outputs=version.outputs,
        timeout_us=at_speed(EXTERNAL_TIMEOUT_US, settings.speed),
        speed=settings.speed,
        adapter=caller.adapter,
    )
