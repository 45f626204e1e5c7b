"""Where this server is for its clients: the hosts it answers to, and what URLs for them begin with.

These are settings of the process, the same in all worlds. Who may do what is decided in `guard.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from mockkrea.core.workspaces import KEY_MARK

# A label of a name as resolvers take it: never empty, and at most 63 letters (RFC 1035, 2.3.4).
LABEL = "[0-9a-z_][0-9a-z_-]{0,62}"

# A name or an address, and a port: no user, path or query, which a URL's reader would look past.
HOST = re.compile(
    rf"(?:\[([0-9a-f:.]+)\]|({LABEL}(?:\.{LABEL})*\.?))(?::([0-9]{{1,5}}))?", re.IGNORECASE | re.ASCII
)
PORT_MAX = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}

# The part of a path that a proxy takes off before it asks us.
PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")

TOKEN = re.compile(r"[!-~]+")
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s*]+", re.ASCII)


class Place(NamedTuple):
    """A host name or address in lower case, and the port if one was named."""

    name: str
    port: int | None

    @classmethod
    def of(cls, host: str) -> Place | None:
        """The place that a Host header names; None if it is none."""
        match = HOST.fullmatch(host)
        if match is None or not 0 < int(match[3] or 1) <= PORT_MAX:
            return None
        return cls((match[1] or match[2]).lower(), int(match[3]) if match[3] else None)

    @classmethod
    def written_by(cls, text: str) -> Place | None:
        """The place that somebody wrote, who may have left the brackets of an IPv6 address away."""
        return cls.of(f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text)

    def __str__(self) -> str:
        """As URLs write it."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the name stands for this machine only."""
        return is_loopback(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Door:
    """How a server can be reached.

    beyond_loopback: whether other machines reach it: then any host is taken, for containers have any name.
    public_url: what URLs begin with for a request that came for its host; it ends without a slash.
    allowed_hosts: names besides loopback's and the public one, as `read_host_name` gives them.
    webhook_hosts: hosts that webhooks may go to, as `read_host_name` gives them.
    trust_proxy: whether X-Forwarded-Host, -Proto and -Prefix are believed.
    admin_token: what a control call has to bring; None asks for nothing.
    cors: the origins whose pages may call, as `read_origin` gives them.
    """

    beyond_loopback: bool = False
    public_url: str | None = None
    allowed_hosts: frozenset[str] = frozenset()
    webhook_hosts: frozenset[str] = frozenset()
    trust_proxy: bool = False
    admin_token: str | None = None
    cors: frozenset[str] = frozenset()

    def answers_to(self, host: str) -> bool:
        """Whether a request with this Host header is meant for this server."""
        return _answers_to(self, host)

    def may_send_to(self, host: str) -> bool:
        """Whether webhooks may go to this host: where only this machine reaches us, also to itself."""
        return host in self.webhook_hosts or (not self.beyond_loopback and is_loopback(host))

    def url(self, scheme: str, host: str, prefix: str = "") -> str:
        """What URLs begin with for a client that reaches the server at this scheme, host and prefix."""
        if self.public_url is not None and _is_place_of(self.public_url, host):
            return self.public_url
        return f"{scheme}://{host}{prefix}"


def is_loopback(name: str) -> bool:
    """Whether a host name or address stands for this machine only."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def read_public_url(text: str) -> str:
    """A public URL as somebody wrote it, without the slash at its end.

    Raises:
        ValueError: it is none; says what would have been right.
    """
    scheme, host, path, query, fragment = urlsplit(text)
    is_whole = scheme in DEFAULT_PORTS and Place.of(host) is not None and PREFIX.fullmatch(path) is not None
    if not is_whole or query or fragment:
        raise ValueError(
            f"it must be a URL such as https://mock.example or http://box:8080/krea, not {text!r}."
        )
    return text.rstrip("/")


def read_host_name(text: str) -> str:
    """A host name or address as somebody wrote it, in lower case and without brackets.

    Raises:
        ValueError: it is none; says what would have been right.
    """
    place = Place.written_by(text)
    if place is None or place.port is not None:
        raise ValueError(f"it must be a name or an address without port, such as mock.example, not {text!r}.")
    return place.name


def read_token(text: str) -> str:
    """An admin token as somebody chose it.

    Raises:
        ValueError: no header could hold it; says what would have been right.
    """
    if not TOKEN.fullmatch(text) or text.startswith(KEY_MARK):
        raise ValueError(f"it must be visible ASCII without spaces and not begin with {KEY_MARK}.")
    return text


def read_origin(text: str) -> str:
    """The origin of web pages as browsers write it: lower case, no default port, no path.

    Raises:
        ValueError: it is none, or every origin; says what would have been right.
    """
    origin = text.lower().rstrip("/")
    if not ORIGIN.fullmatch(origin):
        raise ValueError(f"it must be one origin such as http://localhost:3000, not {text!r}.")
    scheme, _, host = origin.partition("://")
    return origin.removesuffix(f":{DEFAULT_PORTS.get(scheme)}") if ":" in host else origin


@lru_cache(maxsize=64)
def _answers_to(door: Door, host: str) -> bool:
    place = Place.of(host)
    if place is None:
        return False
    if door.beyond_loopback or place.is_loopback or place.name in door.allowed_hosts:
        return True
    return door.public_url is not None and place.name == _public_place(door.public_url).name


@lru_cache(maxsize=64)
def _is_place_of(public_url: str, host: str) -> bool:
    """Whether the host is the public URL's; behind a proxy that ends TLS it comes without the port."""
    place, public = Place.of(host), _public_place(public_url)
    default = DEFAULT_PORTS[urlsplit(public_url).scheme]
    return (
        place is not None
        and place.name == public.name
        and (place.port or default) == (public.port or default)
    )


def _public_place(public_url: str) -> Place:
    place = Place.of(urlsplit(public_url).netloc)
    assert place is not None, "read_public_url has seen to it"
    return place
