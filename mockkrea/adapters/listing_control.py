"""The part of the control API that lists what the Krea API shows only to its owner: sessions, uploads.

And the scenarios that come with the package.
"""

from __future__ import annotations

import asyncio

from fastapi import Request

from mockkrea.adapters import control_schemas, library_wire, session_wire
from mockkrea.adapters.control_context import Addressed, Answered, Route
from mockkrea.core.state import State
from mockkrea.scenario.loading import ready_made
from mockkrea.scenario.summaries import summaries


async def list_sessions(tenant: Addressed) -> Answered:
    """The OAuth sessions that were allowed and not revoked, oldest first."""

    def all_of(state: State) -> list[Answered]:
        return [session_wire.session_body(each) for each in session_wire.sessions(state)]

    return {"items": await tenant.query(all_of)}


async def list_uploads(request: Request, tenant: Addressed) -> Answered:
    """The uploads of all workspaces, oldest first."""
    base_url = request.scope["mockkrea.base_url"]

    def all_of(state: State) -> list[Answered]:
        return [
            {"workspace": each.workspace_id, **library_wire.asset_body(each, base_url)}
            for each in state.assets.values()
        ]

    return {"items": await tenant.query(all_of)}


async def list_scenarios() -> Answered:
    """The scenarios that come with the package, by their names."""
    found = await asyncio.to_thread(lambda: summaries(ready_made()))
    return {"items": [each._asdict() for each in found]}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/oauth/sessions", list_sessions, control_schemas.Sessions),
    Route("GET", "/uploads", list_uploads, control_schemas.Uploads),
    Route("GET", "/scenarios", list_scenarios, control_schemas.Scenarios),
)
