"""The page about OAuth sessions, and how to get tokens without a client."""

from __future__ import annotations

import orjson

from mockkrea.adapters import session_wire
from mockkrea.adapters.dashboard.curl import curl
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import ago
from mockkrea.adapters.http import CONTROL_PATH
from mockkrea.core.state import State

SESSIONS_A_PAGE = 60


async def sessions_page(look: Look) -> Facts:
    """The OAuth sessions, newest first."""

    def page(state: State) -> Facts:
        sessions = [_session(look, state, each) for each in session_wire.sessions(state)]
        directory = state.directory
        return {
            "sessions": sessions[: -SESSIONS_A_PAGE - 1 : -1],
            "total": len(sessions),
            "had_some": directory.consents.grants_made > 0,
            "issue_curl": _issue_curl(look, directory.first_person.id),
            "people": list(directory.people.values()),
            "workspaces": list(directory.workspaces.values()),
        }

    return await look.ask(page)


def _issue_curl(look: Look, person_id: str) -> str:
    """The command that issues tokens as the form stands at first; the script keeps it up to date."""
    body = orjson.dumps({"person": person_id}).decode()
    return curl("POST", f"{look.request.base_url}{CONTROL_PATH}/oauth/issue", body=body)


def _session(look: Look, state: State, session: session_wire.Session) -> Facts:
    grant, until_us, now_us = session.grant, session.access_until_us, look.now_us
    person = state.directory.people[grant.consent.person_id]
    workspace_id = grant.consent.workspace_id
    return {
        "id": grant.id,
        "short_id": grant.id[:8],
        "client": session.client,
        "person": person.name,
        "workspace": None if workspace_id is None else state.directory.workspaces[workspace_id].name,
        "scope": grant.consent.scope,
        "lives": until_us is not None and until_us > now_us,
        "access": "none" if until_us is None else ago(until_us, now_us),
        "refresh": ago(grant.refresh_until_us, now_us),
    }
