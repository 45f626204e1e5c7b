"""Node apps over REST: listing and executing (shapes: Krea's OpenAPI and the pages of docs.krea.ai)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockkrea import calls, node_app_calls
from mockkrea.adapters import guard, library_wire, wire
from mockkrea.adapters.http import Answer, Request, json_answer
from mockkrea.adapters.paging import before_in, limit_in
from mockkrea.adapters.routing import Methods
from mockkrea.calls import Caller
from mockkrea.core.errors import UnreadableRequest
from mockkrea.core.node_apps import NodeApp, Scope, Version
from mockkrea.tenant import Tenant

OWNERS = ("all", "workspace")


async def list_apps(tenant: Tenant, request: Request) -> Answer:
    """`GET /node-apps`: each app in its newest version."""
    caller = await _caller(tenant, request)
    owner = request.query.get("owner", "all")
    if owner not in OWNERS:
        raise UnreadableRequest(f"owner must be one of {', '.join(OWNERS)}; it was {owner[:40]!r}.")
    apps = [
        app
        for app in node_app_calls.see_apps(tenant, caller)
        if owner == "all" or (app.scope is Scope.WORKSPACE and app.workspace_id == caller.workspace_id)
    ]
    return _page([(app, app.last_version, (app.created_at_us, app.number)) for app in apps], request.query)


async def list_versions(tenant: Tenant, request: Request) -> Answer:
    """`GET /node-apps/{app id}/versions`, newest first."""
    [app_id] = request.args
    caller = await _caller(tenant, request)
    app = node_app_calls.find_app(tenant, caller, app_id)
    versions = reversed(app.versions)
    return _page([(app, each, (each.created_at_us, each.number)) for each in versions], request.query)


async def get_version(tenant: Tenant, request: Request) -> Answer:
    """`GET /node-apps/{version id}`."""
    [version_id] = request.args
    caller = await _caller(tenant, request)
    app, version = node_app_calls.find_version(tenant, caller, version_id)
    return json_answer(library_wire.node_app_body(app, version))


async def execute(tenant: Tenant, request: Request) -> Answer:
    """`POST /node-apps/{version id}/execute`."""
    [version_id] = request.args
    caller = await _caller(tenant, request)
    _, version = node_app_calls.find_version(tenant, caller, version_id)
    terms = guard.terms_of(request)
    body, size_bytes = await request.json()
    jobs = await node_app_calls.execute(tenant, caller, version, body, size_bytes=size_bytes, terms=terms)
    return json_answer([library_wire.started(job) for job in jobs])


ROUTES: dict[str, Methods] = {
    "/node-apps": {"GET": list_apps},
    "/node-apps/{version_id}": {"GET": get_version},
    "/node-apps/{app_id}/versions": {"GET": list_versions},
    "/node-apps/{version_id}/execute": {"POST": execute},
}


async def _caller(tenant: Tenant, request: Request) -> Caller:
    return await calls.identify(tenant, request.bearer)


def _page(found: Sequence[tuple[NodeApp, Version, tuple[int, int]]], query: Mapping[str, str]) -> Answer:
    """A page of apps in versions, each with its time and number, by which they are ordered."""
    limit, before = limit_in(query), before_in(query)
    wanted = [each for each in found if before is None or each[2] < before]
    items = [library_wire.runnable_body(app, version) for app, version, _ in wanted[:limit]]
    next_cursor = wire.cursor_after(*wanted[limit - 1][2]) if len(wanted) > limit else None
    return json_answer({"items": items, "next_cursor": next_cursor})
