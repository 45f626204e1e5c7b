"""Who may talk to this server.

A web page anywhere can make its visitor's browser send requests to 127.0.0.1. Two things give such
a page away: the name in the Host header, when a DNS entry of its own points here, and the Origin
and Sec-Fetch-Site headers, which a page cannot set. Programs without a browser send neither.
Where other machines reach the server, control calls need the admin token besides.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from http import HTTPStatus
from secrets import compare_digest
from urllib.parse import unquote, urlsplit

from mockkrea import calls
from mockkrea.adapters import hosts, wire
from mockkrea.adapters.door import DEFAULT_PORTS, HOST, PORT_MAX, PREFIX, Door, Place, is_loopback
from mockkrea.adapters.http import Request, Response
from mockkrea.core.errors import Unauthorized, UnreadableRequest
from mockkrea.core.hints import shortened
from mockkrea.inputs import OwnFile, Terms
from mockkrea.tenant import DEFAULT, Tenant

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FOREIGN_SITES = frozenset({"cross-site", "same-site"})

KREA_HOSTS = frozenset({"krea.ai"}) | hosts.INTERCEPTED
FILE_PATH = re.compile(r"(?:/w/([^/]+))?(/files/.+)", re.DOTALL)

SEND_TOKEN = "send Authorization: Bearer and an API token"

# What a proxy may say in X-Forwarded-…
FORWARDED = {
    "host": HOST,
    "proto": re.compile("https?"),
    "prefix": PREFIX,
}


def foreign_host(request: Request) -> str | None:
    """What is wrong with the host that the request is for, in one sentence; None if nothing is."""
    if len(request.headers) != len(request.scope["headers"]) and _hosts(request) > 1:
        return "The request has more than one Host header; this server wants to know which one is meant."
    if meant := request.scope.get(hosts.MEANT):
        return _other_than_meant(request, meant)
    door = request.door
    if not _is_for(door, request.headers.get(b"host", b"")):
        host = shortened(request.host)
        if door.beyond_loopback or _has_wrong_port(request.host):
            return (
                f"The Host header must be a name or an address, and a port from 1 to {PORT_MAX} if any,"
                f" not {host!r}."
            )
        return (
            "This server answers to loopback names such as localhost and 127.0.0.1, to --public-url's host"
            f" and to each --allowed-host, not to {host!r}."
        )
    return _unreadable_forward(request) if door.trust_proxy else None


def _has_wrong_port(host: str) -> bool:
    """Whether a Host header names a host, and then what is no port."""
    name, colon, _ = host.rpartition(":")
    return bool(colon) and Place.of(name) is not None and Place.of(host) is None


def foreign_origin(request: Request) -> str | None:
    """Why this control call must not change anything, in one sentence; None if it may."""
    if request.method in SAFE_METHODS:
        return None
    site, origin = request.header("sec-fetch-site"), request.header("origin")
    if origin in request.door.cors:
        return None
    if site in FOREIGN_SITES:
        return f"A page of another site ({site}) must not change this mock."
    if origin is None or _place(origin) == _place(request.origin):
        return None
    return f"A page of {origin} must not change this mock; only pages of {request.origin} may."


def foreign_page(request: Request) -> str | None:
    """Why this MCP message is not read, in one sentence; None if it is.

    The protocol wants the Origin checked. Any page of this machine may speak: clients run in browsers too.
    """
    origin = request.header("origin")
    place = None if origin is None else _place(origin)
    ours = _place(request.origin)
    if (
        origin is None
        or origin in request.door.cors
        or (place and ours and place[1] in ("localhost", ours[1]))
    ):
        return None
    return f"A page of {origin[:100]} must not speak to this server; pages of this machine may."


def is_admin(request: Request) -> bool:
    """Whether the request brings the admin token, or none is asked for."""
    token = request.door.admin_token
    return token is None or compare_digest((request.bearer or "").encode(), token.encode())


async def why_unauthorized(tenant: Tenant, request: Request, answer: Response) -> str:
    """What is wrong with the token of a request that was refused for it, for whoever looks at the log.

    The client itself is answered as Krea answers it; nothing of an answer that says more, or is no 401.
    """
    if answer.status != HTTPStatus.UNAUTHORIZED or wire.KREA_SAYS[Unauthorized].encode() not in answer.text:
        return ""
    said = request.headers.get(b"authorization", b"").decode("latin-1").strip()
    if not said:
        has_other = b"x-api-key" in request.headers
        wrong = "the header x-api-key is not read" if has_other else "there is no Authorization header"
        return f"{wrong}; {SEND_TOKEN}"
    token = request.bearer
    if token is None:
        wrong = "is of another scheme" if " " in said else "lacks Bearer before its token"
        return f"the Authorization header {wrong}; {SEND_TOKEN}"
    at_us = tenant.now_us()
    if await tenant.look_up(lambda directory: directory.session_of(token, at_us=at_us)):
        return "this is an OAuth access token, which only /mcp takes; REST takes API tokens"
    return f"this world has no token {shortened(token)}; its own is {tenant.api_key}"


def terms_of(request: Request) -> Terms:
    """What a request that brings media says besides its body.

    Raises:
        UnreadableRequest: the header for zero data retention says something else than 1.
    """
    said = request.header("x-api-zero-data-retention")
    if said is not None and said != "1":
        raise UnreadableRequest(
            f"X-Api-Zero-Data-Retention must be 1, or left out; it was {shortened(said)!r}."
        )
    return Terms(partial(own_file, request), zero_data_retention=said is not None)


def submission_terms_of(tenant: Tenant, request: Request) -> Terms:
    """The same of a submission, which may name a webhook.

    Raises:
        UnreadableRequest: as `terms_of`, or nothing can be sent to the webhook's URL.
    """
    terms = terms_of(request)
    url = request.header("x-webhook-url")
    if url is None:
        return terms
    return terms._replace(webhook=calls.read_webhook(tenant, url, base_url=request.base_url))


def is_here(request: Request, url: str) -> bool:
    """Whether a URL names this server, under any of the names that a file of ours may have in it."""
    place = _place(url)
    return place is not None and _is_ours(request, place[1], place[2])


def own_file(request: Request, url: str) -> OwnFile | None:
    """The file of this server that a URL names for this client; None for a URL of any other server.

    A URL is ours if its host is one we answer to, all loopback names being one; another port is another
    server. Krea's hosts count as ours for files alone: their other paths are Krea's own. There need not be
    such a file.
    """
    place = _place(url)
    if place is None or not _is_ours(request, place[1], place[2]):
        return None
    path = unquote(urlsplit(url).path).removeprefix(urlsplit(request.origin).path)
    if file := FILE_PATH.fullmatch(path):
        return OwnFile(file[1] or DEFAULT, file[2])
    return None if place[1] in KREA_HOSTS else OwnFile(DEFAULT, path or "/")


def _is_ours(request: Request, host: str, port: int | None) -> bool:
    if host in KREA_HOSTS:
        return True
    direct = _place(_reached_at(request))
    for here in filter(None, (direct, _place(request.origin))):
        if (host, port) == here[1:]:
            return True
    return direct is not None and port == direct[2] and host in {"localhost", *request.door.allowed_hosts}


def _reached_at(request: Request) -> str:
    """Where this server is for its client, or would be if the client did not believe it to be Krea."""
    if hosts.MEANT in request.scope:
        return f"http://localhost:{request.scope['server'][1]}"
    return f"{request.scope['scheme']}://{request.host}"


def _other_than_meant(request: Request, meant: str) -> str | None:
    if hosts.is_named_by(request.host, meant):
        return None
    named = shortened(request.host)
    return f"This connection was opened for {meant}; the Host header must name it, not {named!r}."


# Asked with every request, and most of them name the same host.
@lru_cache(maxsize=64)
def _is_for(door: Door, host: bytes) -> bool:
    return door.answers_to(host.decode("latin-1").strip())


def _hosts(request: Request) -> int:
    return sum(name == b"host" for name, _ in request.scope["headers"])


def _unreadable_forward(request: Request) -> str | None:
    for what, pattern in FORWARDED.items():
        said = request.forwarded(what)
        if said and not pattern.fullmatch(said):
            return f"X-Forwarded-{what.title()} cannot be {said[:100]!r}; no URL could begin with that."
    return None


def _host_and_port(url: str) -> tuple[str, int | None] | None:
    place = _place(url)
    return place and (place[1], place[2])


def _place(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; all loopback names count as one host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    port = port or DEFAULT_PORTS.get(parts.scheme)
    return (parts.scheme, "localhost" if is_loopback(host) else host, port) if host else None
