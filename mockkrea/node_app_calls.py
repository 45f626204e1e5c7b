"""What a caller can do with node apps, the same through every adapter; beside `calls.py`, which has jobs."""

from __future__ import annotations

from mockkrea.calls import Caller, at_speed, judged, without_bytes
from mockkrea.core.clock import iso_date
from mockkrea.core.commands import SubmitAll
from mockkrea.core.jobs import Job, Order
from mockkrea.core.node_apps import NodeApp, Version
from mockkrea.tenant import Tenant

NODE_APP_JOB_TYPE = "node-app"  # recorded


def see_apps(tenant: Tenant, caller: Caller) -> list[NodeApp]:
    """The apps that the caller may execute, newest first."""
    return tenant.node_apps.newest(person_id=caller.person_id, workspace_id=caller.workspace_id)


def find_app(tenant: Tenant, caller: Caller, app_id: str) -> NodeApp:
    """The app with this id.

    Raises:
        NotFound: there is none that the caller may execute.
    """
    return tenant.node_apps.app(app_id, person_id=caller.person_id, workspace_id=caller.workspace_id)


def find_version(tenant: Tenant, caller: Caller, version_id: str) -> tuple[NodeApp, Version]:
    """The version with this id, and its app.

    Raises:
        NotFound: there is none that the caller may execute.
    """
    return tenant.node_apps.version(version_id, person_id=caller.person_id, workspace_id=caller.workspace_id)


async def execute(
    tenant: Tenant, caller: Caller, version: Version, body: object, *, size_bytes: int
) -> tuple[Job, ...]:
    """Execute a version; one job or, where the app says so, several: all or none.

    Raises:
        InvalidInput: the body breaks the version's schema.
        PlanRequired, TooManyJobs, InsufficientBalance: as `engine.submit` says.
    """
    orders = await judged(size_bytes, lambda: _orders(tenant, caller, version, body))
    return await tenant.execute(SubmitAll(orders))


def _orders(tenant: Tenant, caller: Caller, version: Version, body: object) -> tuple[Order, ...]:
    settings = tenant.settings
    input = tenant.validation.normalise(version.form, body, on_date=lambda: iso_date(tenant.now_us()))
    order = Order(
        workspace_id=caller.workspace_id,
        person_id=caller.person_id,
        model=f"node-apps/{version.id}",
        job_type=NODE_APP_JOB_TYPE,
        input=without_bytes(input),
        unit=caller.unit,
        usd_micros=version.price.usd_micros,
        cu_thousandths=version.price.cu_thousandths,
        progression=settings.progression,
        duration_us=at_speed(version.duration_us, settings.speed),
        files={},
        polls_per_step=settings.polls_per_step,
        outputs=version.outputs,
    )
    return (order,) * version.job_count(input)
