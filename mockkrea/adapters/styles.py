"""Styles over REST: training, listing, changing, sharing (shapes: Krea's OpenAPI)."""

from __future__ import annotations

from collections.abc import Mapping

from mockkrea import calls, style_calls
from mockkrea.adapters import library_wire, submissions, wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.query import before_in, choice_in, limit_in, words_in
from mockkrea.adapters.routing import Methods
from mockkrea.core.errors import UnreadableRequest
from mockkrea.style_calls import StyleFilter, StyleListFilter
from mockkrea.tenant import Tenant

TRUTH = {"true": True, "false": False}


async def train(tenant: Tenant, request: Request) -> Answer:
    """`POST /styles/train`."""
    caller = await calls.identify(tenant, request.bearer)
    terms = submissions.submission_terms_of(tenant, request)
    body, size_bytes = await request.json()
    job = await style_calls.train(tenant, caller, body, size_bytes=size_bytes, terms=terms)
    return json_answer(wire.submitted(job))


async def list_styles(tenant: Tenant, request: Request) -> Answer:
    """`GET /styles`."""
    caller = await calls.identify(tenant, request.bearer)
    views, more = await style_calls.see_styles(tenant, caller, _filter(request.query))
    return json_answer(library_wire.style_page(views, more, request.base_url))


async def get_style(tenant: Tenant, request: Request) -> Answer:
    """`GET /styles/{id}`."""
    [style_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    view = await style_calls.see_style(tenant, caller, style_id)
    return json_answer(library_wire.style_body(view, request.base_url))


async def update_style(tenant: Tenant, request: Request) -> Answer:
    """`PATCH /styles/{id}`."""
    [style_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    terms = submissions.terms_of(request)
    changes, _ = await request.json()
    view = await style_calls.update_style(tenant, caller, style_id, changes, terms=terms)
    return json_answer(library_wire.style_body(view, request.base_url))


async def get_share_link(tenant: Tenant, request: Request) -> Answer:
    """`GET /styles/{id}/share/link`."""
    [style_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    token, is_new = await style_calls.share_link(tenant, caller, style_id)
    body = library_wire.share_link_body(token, is_new, request.base_url)
    return json_answer(body, 201 if is_new else 200)


async def share_with_workspace(tenant: Tenant, request: Request) -> Answer:
    """`POST /styles/{id}/share/workspace`; whatever its body says is not read."""
    [style_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    workspace, person = await style_calls.share(tenant, caller, style_id)
    return json_answer(library_wire.shared_body(style_id, workspace, person))


async def unshare_from_workspace(tenant: Tenant, request: Request) -> Answer:
    """`DELETE /styles/{id}/share/workspace`."""
    [style_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    await style_calls.unshare(tenant, caller, style_id)
    return json_answer({"success": True})


ROUTES: dict[str, Methods] = {
    "/styles": {"GET": list_styles},
    "/styles/train": {"POST": train},
    "/styles/{style_id}": {"GET": get_style, "PATCH": update_style},
    "/styles/{style_id}/share/link": {"GET": get_share_link},
    "/styles/{style_id}/share/workspace": {"POST": share_with_workspace, "DELETE": unshare_from_workspace},
}


def _filter(query: Mapping[str, str]) -> StyleFilter:
    return StyleFilter(
        limit=limit_in(query),
        before=before_in(query),
        ids=words_in(query, "ids"),
        liked=_liked(query.get("liked", "false")),
        owner=query.get("user") or None,
        base_model=query.get("model") or None,
        list_filter=choice_in(query, "filter", StyleListFilter) or StyleListFilter.ALL,
    )


def _liked(text: str) -> bool:
    # Clients in Python send True and False.
    if text.lower() not in TRUTH:
        raise UnreadableRequest(f"liked must be true or false; it was {text[:40]!r}.")
    return TRUTH[text.lower()]
