"""The authorization server as programs talk to it: metadata, registration, tokens, revocation.

Paths: the endpoints are Krea's (recorded), `revoke` is ASSUMED. Metadata lies wherever a client looks
for it: at the root and behind the path of the server or the world it wants to reach.
People are asked in `authorize.py`.

Pages of any origin may call these: there are no cookies, so a page can do no more with its own code or
token than any program could. (The MCP Inspector is such a page.)
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import wraps

from mockkrea.adapters import cors, hosts, refusal_wire, wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.oauth_fields import Fields, form_of
from mockkrea.adapters.routing import Methods
from mockkrea.core import clients
from mockkrea.core.clock import SECOND_US
from mockkrea.core.consent import SCOPES, Denial, Presented, Tokens
from mockkrea.core.consent_commands import ExchangeCode, RefreshTokens, RevokeToken
from mockkrea.core.errors import MockKreaError, OAuthError, UnreadableRequest
from mockkrea.tenant import Tenant

TOKEN_PATH = "/auth/v1/oauth/token"
REGISTER_PATH = "/auth/v1/oauth/clients/register"
REVOKE_PATH = "/auth/v1/oauth/revoke"

# RFC 8414 and RFC 9728 put the well-known part first, OpenID Connect Discovery last; clients try both.
WELL_KNOWN = "/.well-known/"
_WHAT = r"/\.well-known/(?:oauth-protected-resource|oauth-authorization-server|openid-configuration)"
FIRST = re.compile(rf"(?P<what>{_WHAT})(?P<world>/w/[^/]+)?(?P<server>/mcp)?/?")
LAST = re.compile(rf"(?P<world>/w/[^/]+)?(?P<server>/mcp)?(?P<what>{_WHAT})/?")

GRANT_TYPES = ("authorization_code", "refresh_token")

FOR_ANY_PAGE = ((b"access-control-allow-origin", b"*"),)

Endpoint = Callable[[Tenant, Request], Awaitable[Answer]]


def path_in_world(path: str) -> str:
    """The path of metadata with the world in front and the server behind: /w/NAME/.well-known/WHAT/mcp.

    Any other path as it is.
    """
    if WELL_KNOWN not in path:
        return path
    match = FIRST.fullmatch(path) or LAST.fullmatch(path)
    return "".join(match[part] or "" for part in ("world", "what", "server")) if match else path


def open_to_pages(endpoint: Endpoint) -> Endpoint:
    """The endpoint, refusals included, for pages of any origin."""

    @wraps(endpoint)
    async def shared(tenant: Tenant, request: Request) -> Answer:
        try:
            answer = await endpoint(tenant, request)
        except MockKreaError as refusal:
            answer = refusal_wire.refusal(refusal, tenant.settings)
        return answer._replace(headers=(*answer.headers, *FOR_ANY_PAGE))

    return shared


@open_to_pages
async def preflight(tenant: Tenant, request: Request) -> Answer:
    """A browser asks whether a page may call."""
    return cors.allowing("GET, POST")


@open_to_pages
async def protected_resource(tenant: Tenant, request: Request) -> Answer:
    """What protects the MCP server (RFC 9728)."""
    return json_answer(
        {
            "resource": f"{request.base_url}/mcp",
            "resource_name": "Krea (mock)",
            "authorization_servers": [hosts.issuer(request.base_url)],
            "scopes_supported": SCOPES,
            "bearer_methods_supported": ["header"],
        }
    )


@open_to_pages
async def authorization_server(tenant: Tenant, request: Request) -> Answer:
    """What this authorization server can do (RFC 8414)."""
    issuer = hosts.issuer(request.base_url)
    return json_answer(
        {
            "issuer": issuer,
            "authorization_endpoint": issuer + wire.AUTHORIZE_PATH,
            "token_endpoint": issuer + TOKEN_PATH,
            "registration_endpoint": issuer + REGISTER_PATH,
            "revocation_endpoint": issuer + REVOKE_PATH,
            "scopes_supported": SCOPES,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": GRANT_TYPES,
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
    )


@open_to_pages
async def register(tenant: Tenant, request: Request) -> Answer:
    """Give a client an id (RFC 7591). Whatever it asked for, it becomes a public one."""
    try:
        wanted, _ = await request.json()
    except UnreadableRequest as refusal:
        raise OAuthError("invalid_client_metadata", str(refusal)) from None
    if not isinstance(wanted, dict):
        raise OAuthError("invalid_client_metadata", "Send the client's metadata as a JSON object.")
    name, uris = wanted.get("client_name"), wanted.get("redirect_uris")
    if not isinstance(name, str | None):
        raise OAuthError("invalid_client_metadata", "client_name must be a text.")
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise OAuthError("invalid_redirect_uri", "redirect_uris must be a list of URIs.")
    client = clients.register(name, uris)
    body = {
        "client_id": client.id,
        "client_id_issued_at": tenant.now_us() // SECOND_US,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": GRANT_TYPES,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": " ".join(SCOPES),
    }
    return json_answer(body, 201, wire.NOT_STORED)


@open_to_pages
async def token(tenant: Tenant, request: Request) -> Answer:
    """Give tokens for a code or a refresh token (RFC 6749, RFC 7636)."""
    form = await form_of(request)
    exchange = EXCHANGES.get(form.needed("grant_type"))
    if exchange is None:
        raise OAuthError("unsupported_grant_type", f"grant_type must be {' or '.join(GRANT_TYPES)}.")
    client_id = form.needed("client_id")
    clients.known_by(client_id)
    form.check_resource(request)
    answer = await exchange(tenant, client_id, form)
    if isinstance(answer, Denial):
        raise OAuthError("invalid_grant", answer.sentence)
    return json_answer(wire.tokens_body(answer), headers=wire.NOT_STORED)


@open_to_pages
async def revoke(tenant: Tenant, request: Request) -> Answer:
    """End a token, or with a refresh token the session (RFC 7009). An unknown one is no error."""
    form = await form_of(request)
    await tenant.execute(RevokeToken(token=form.needed("token"), client_id=form.get("client_id")))
    return json_answer({})


async def _from_code(tenant: Tenant, client_id: str, form: Fields) -> Tokens | Denial:
    code, redirect_uri, verifier = (form.needed(name) for name in ("code", "redirect_uri", "code_verifier"))
    return await tenant.execute(ExchangeCode(Presented(code, client_id, redirect_uri, verifier)))


async def _from_refresh_token(tenant: Tenant, client_id: str, form: Fields) -> Tokens | Denial:
    refresh_token = form.needed("refresh_token")
    return await tenant.execute(
        RefreshTokens(refresh_token=refresh_token, client_id=client_id, scope=form.get("scope"))
    )


EXCHANGES = {"authorization_code": _from_code, "refresh_token": _from_refresh_token}

RESOURCE_METHODS: Methods = {"GET": protected_resource, "OPTIONS": preflight}
SERVER_METHODS: Methods = {"GET": authorization_server, "OPTIONS": preflight}

ROUTES: dict[str, Methods] = {
    wire.PROTECTED_RESOURCE_PATH: RESOURCE_METHODS,
    f"{wire.PROTECTED_RESOURCE_PATH}/mcp": RESOURCE_METHODS,
    "/.well-known/oauth-authorization-server": SERVER_METHODS,
    "/.well-known/oauth-authorization-server/mcp": SERVER_METHODS,
    "/.well-known/openid-configuration": SERVER_METHODS,
    "/.well-known/openid-configuration/mcp": SERVER_METHODS,
    REGISTER_PATH: {"POST": register, "OPTIONS": preflight},
    TOKEN_PATH: {"POST": token, "OPTIONS": preflight},
    REVOKE_PATH: {"POST": revoke, "OPTIONS": preflight},
}
