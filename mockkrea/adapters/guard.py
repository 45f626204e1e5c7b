"""Who may talk to a server that listens on loopback.

A web page anywhere can make its visitor's browser send requests to 127.0.0.1. Two things give such
a page away: the name in the Host header, when a DNS entry of its own points here, and the Origin
and Sec-Fetch-Site headers, which a page cannot set. Programs without a browser send neither.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from mockkrea.adapters.http import Request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FOREIGN_SITES = frozenset({"cross-site", "same-site"})

# A name or an address, and a port: no user, path or query, which a URL's reader would look past.
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([0-9a-z.-]+))(?::([0-9]{1,5}))?", re.IGNORECASE | re.ASCII)
PORT_MAX = 65_535


def foreign_host(request: Request) -> str | None:
    """What is wrong with the request's Host header, in one sentence; None if nothing is."""
    if _is_ours(request.host):
        return None
    return f"This server answers to loopback names such as localhost and 127.0.0.1, not to {request.host!r}."


def foreign_origin(request: Request) -> str | None:
    """Why this control call must not change anything, in one sentence; None if it may."""
    if request.method in SAFE_METHODS:
        return None
    site, origin = request.header("sec-fetch-site"), request.header("origin")
    if site in FOREIGN_SITES:
        return f"A page of another site ({site}) must not change this mock."
    if origin is None or _place(origin) == _place(request.base_url):
        return None
    return f"A page of {origin} must not change this mock; only pages of {request.base_url} may."


def foreign_page(request: Request) -> str | None:
    """Why this MCP message is not read, in one sentence; None if it is.

    The protocol wants the Origin checked. Any page of this machine may speak: clients run in browsers too.
    """
    origin = request.header("origin")
    place = None if origin is None else _place(origin)
    ours = _place(request.base_url)
    if origin is None or (place and ours and place[1] in ("localhost", ours[1])):
        return None
    return f"A page of {origin[:100]} must not speak to this server; pages of this machine may."


def is_loopback(host: str) -> bool:
    """Whether a host name or address stands for this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=64)
def _is_ours(host: str) -> bool:
    name = _host_name(host)
    return name is not None and is_loopback(name)


def _place(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; all loopback names count as one host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    return (parts.scheme, "localhost" if is_loopback(host) else host, port) if host else None


def _host_name(header: str) -> str | None:
    match = HOST.fullmatch(header)
    if match is None or not 0 < int(match[3] or 1) <= PORT_MAX:
        return None
    return (match[1] or match[2]).lower()
