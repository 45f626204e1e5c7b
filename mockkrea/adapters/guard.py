"""Who may talk to this server.

A web page anywhere can make its visitor's browser send requests to 127.0.0.1. Two things give such
a page away: the name in the Host header, when a DNS entry of its own points here, and the Origin
and Sec-Fetch-Site headers, which a page cannot set. Programs without a browser send neither.
Where other machines reach the server, control calls need the admin token besides.
"""

from __future__ import annotations

import re
from functools import lru_cache
from secrets import compare_digest

from mockkrea.adapters import hosts
from mockkrea.adapters.door import HOST, PORT_MAX, PREFIX, Door, Place
from mockkrea.adapters.http import Request
from mockkrea.adapters.own_urls import LOOPBACK, origin_of
from mockkrea.core.hints import shortened

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FOREIGN_SITES = frozenset({"cross-site", "same-site"})

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
    if origin is None or origin_of(origin) == origin_of(request.origin):
        return None
    return f"A page of {origin} must not change this mock; only pages of {request.origin} may."


def foreign_page(request: Request) -> str | None:
    """Why this MCP message is not read, in one sentence; None if it is.

    The protocol wants the Origin checked. Any page of this machine may speak: clients run in browsers too.
    """
    origin = request.header("origin")
    theirs = None if origin is None else origin_of(origin)
    ours = origin_of(request.origin)
    if (
        origin is None
        or origin in request.door.cors
        or (theirs and ours and theirs.host in (LOOPBACK, ours.host))
    ):
        return None
    return f"A page of {origin[:100]} must not speak to this server; pages of this machine may."


def encoding(request: Request) -> str | None:
    """How the body is encoded, if it is."""
    if b"content-encoding" not in request.headers:
        return None
    said = request.header("content-encoding") or "identity"
    return None if said.lower() == "identity" else shortened(said)


def is_admin(request: Request) -> bool:
    """Whether the request brings the admin token, or none is asked for."""
    token = request.door.admin_token
    return token is None or compare_digest((request.bearer or "").encode(), token.encode())


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
