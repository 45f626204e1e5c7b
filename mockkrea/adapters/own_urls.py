"""Which URLs name this server, and the file that one of them names."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mockkrea.adapters import hosts
from mockkrea.adapters.door import DEFAULT_PORTS, is_loopback
from mockkrea.adapters.http import Request
from mockkrea.inputs import OwnFile
from mockkrea.tenant import DEFAULT

# What stands for all loopback names.
LOOPBACK = "localhost"
KREA_HOSTS = frozenset({"krea.ai"}) | hosts.INTERCEPTED
FILE_PATH = re.compile(r"(?:/w/([^/]+))?(/files/.+)", re.DOTALL)


class Origin(NamedTuple):
    """Where a URL leads; all loopback names count as one host, localhost."""

    scheme: str
    host: str
    port: int | None


def is_here(request: Request, url: str) -> bool:
    """Whether a URL names this server, under any of the names that a file of ours may have in it."""
    named = origin_of(url)
    return named is not None and _is_ours(request, named)


def own_file(request: Request, url: str) -> OwnFile | None:
    """The file of this server that a URL names for this client; None for a URL of any other server.

    A URL is ours if its host is one we answer to, all loopback names being one; another port is another
    server. Krea's hosts count as ours for files alone: their other paths are Krea's own. There need not be
    such a file.
    """
    named = origin_of(url)
    if named is None or not _is_ours(request, named):
        return None
    path = unquote(urlsplit(url).path).removeprefix(urlsplit(request.origin).path)
    if file := FILE_PATH.fullmatch(path):
        return OwnFile(file[1] or DEFAULT, file[2])
    return None if named.host in KREA_HOSTS else OwnFile(DEFAULT, path or "/")


def _is_ours(request: Request, named: Origin) -> bool:
    if named.host in KREA_HOSTS:
        return True
    direct = origin_of(_reached_at(request))
    for here in filter(None, (direct, origin_of(request.origin))):
        if (named.host, named.port) == (here.host, here.port):
            return True
    names = {LOOPBACK, *request.door.allowed_hosts}
    return direct is not None and named.port == direct.port and named.host in names


def _reached_at(request: Request) -> str:
    """Where this server is for its client, or would be if the client did not believe it to be Krea."""
    if hosts.MEANT in request.scope:
        return f"http://localhost:{request.scope['server'][1]}"
    return f"{request.scope['scheme']}://{request.host}"


def origin_of(url: str) -> Origin | None:
    """The origin of a URL; None if it names no host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    port = port or DEFAULT_PORTS.get(parts.scheme)
    return Origin(parts.scheme, LOOPBACK if is_loopback(host) else host, port) if host else None
