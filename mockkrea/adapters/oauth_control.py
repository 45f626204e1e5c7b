"""The part of the control API that makes, ages and ends OAuth sessions."""

from __future__ import annotations

from mockkrea import control_calls
from mockkrea.adapters import bodies, control_schemas, wire
from mockkrea.adapters.control_context import Addressed, Answered, Route
from mockkrea.core import clients
from mockkrea.core.clock import SECOND_US
from mockkrea.core.consent_commands import ExpireAccessTokens, RevokeGrants


async def issue_tokens(tenant: Addressed, wanted: bodies.IssueBody) -> Answered:
    """Tokens as if a person had allowed a client; answers what it would get, and its id for refreshing."""
    tokens = await control_calls.issue_tokens(
        tenant,
        person=wanted.person,
        workspace=wanted.workspace,
        life_us=None if wanted.expires_in is None else wanted.expires_in * SECOND_US,
        legacy=wanted.legacy,
    )
    return {**wire.tokens_body(tokens), "client_id": clients.own().id}


async def expire_tokens(tenant: Addressed, wanted: bodies.TokenBody) -> Answered:
    """End access tokens now; their clients can refresh. Answers how many lived until now."""
    return {"expired": await tenant.execute(ExpireAccessTokens(wanted.token, wanted.session))}


async def revoke_grants(tenant: Addressed, wanted: bodies.TokenBody) -> Answered:
    """End sessions with all their tokens; their clients have to ask for consent anew. Answers how many."""
    return {"revoked": await tenant.execute(RevokeGrants(wanted.token, wanted.session))}


ROUTES: tuple[Route, ...] = (
    Route("POST", "/oauth/issue", issue_tokens, control_schemas.IssuedTokens, (403, 404, 422)),
    Route("POST", "/oauth/expire", expire_tokens, control_schemas.Expired, (404, 422)),
    Route("POST", "/oauth/revoke", revoke_grants, control_schemas.Revoked, (404, 422)),
)
