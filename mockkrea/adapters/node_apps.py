"""Node apps over REST: listing and executing (shapes: Krea's OpenAPI and the pages of docs.krea.ai)."""

from __future__ import annotations

from collections.abc import Mapping

from mockkrea import calls, node_app_calls
from mockkrea.adapters import library_wire, submissions
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.query import before_in, choice_in, limit_in
from mockkrea.adapters.routing import Methods
from mockkrea.node_app_calls import Owner, Page
from mockkrea.tenant import Tenant


async def list_apps(tenant: Tenant, request: Request) -> Answer:
    """`GET /node-apps`: each app in its newest version."""
    caller = await calls.identify(tenant, request.bearer)
    owner, page = choice_in(request.query, "owner", Owner) or Owner.ALL, _page(request.query)
    return json_answer(
        library_wire.runnable_page(*node_app_calls.see_apps(tenant, caller, page, owner=owner))
    )


async def list_versions(tenant: Tenant, request: Request) -> Answer:
    """`GET /node-apps/{app id}/versions`, newest first."""
    [app_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    page = _page(request.query)
    return json_answer(library_wire.runnable_page(*node_app_calls.see_versions(tenant, caller, page, app_id)))


async def get_version(tenant: Tenant, request: Request) -> Answer:
    """`GET /node-apps/{version id}`."""
    [version_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    app, version = node_app_calls.find_version(tenant, caller, version_id)
    return json_answer(library_wire.node_app_body(app, version))


async def execute(tenant: Tenant, request: Request) -> Answer:
    """`POST /node-apps/{version id}/execute`."""
    [version_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    _, version = node_app_calls.find_version(tenant, caller, version_id)
    terms = submissions.submission_terms_of(tenant, request)
    body, size_bytes = await request.json()
    jobs = await node_app_calls.execute(tenant, caller, version, body, size_bytes=size_bytes, terms=terms)
    return json_answer([library_wire.started(job) for job in jobs])


ROUTES: dict[str, Methods] = {
    "/node-apps": {"GET": list_apps},
    "/node-apps/{version_id}": {"GET": get_version},
    "/node-apps/{app_id}/versions": {"GET": list_versions},
    "/node-apps/{version_id}/execute": {"POST": execute},
}


def _page(query: Mapping[str, str]) -> Page:
    return Page(limit_in(query), before_in(query))
