"""How OAuth sessions look from outside: whom they act for and how long, and no secret of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mockkrea.core import clients
from mockkrea.core.clock import iso
from mockkrea.core.consent import Grant
from mockkrea.core.state import State

ISSUED = "issued by the control API"


class Session(NamedTuple):
    """A grant. `client` is the name that its client registered; `access_until_us` when its last access
    token ends or ended, None if it has none."""

    grant: Grant
    client: str
    access_until_us: int | None


def sessions(state: State) -> Iterator[Session]:
    """All sessions of the world, oldest first."""
    consents = state.directory.consents
    until_us = dict[str, int]()
    for token in consents.access_tokens.values():
        until_us[token.grant_id] = max(token.expires_at_us, until_us.get(token.grant_id, 0))
    for grant in consents.grants.values():
        client_id = grant.consent.client_id
        client = ISSUED if client_id is None else clients.known_by(client_id).name
        yield Session(grant, client, until_us.get(grant.id))


def session_body(session: Session) -> dict[str, object]:
    """A session as the control API shows it."""
    grant, until_us = session.grant, session.access_until_us
    return {
        "id": grant.id,
        "client": session.client,
        "person": grant.consent.person_id,
        "workspace": grant.consent.workspace_id,
        "scope": grant.consent.scope,
        "access_until": None if until_us is None else iso(until_us),
        "refresh_until": iso(grant.refresh_until_us),
    }
