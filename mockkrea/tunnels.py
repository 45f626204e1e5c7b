"""What a request asks of this server as a proxy, and the tunnels that lead to hosts that were allowed."""

from __future__ import annotations

from typing import Any, NamedTuple

import httptools

from mockkrea.adapters.door import DEFAULT_PORTS, Place
from mockkrea.intercept import Destination, Proxy, RefusedTunnel
from mockkrea.relay import Relay

# Each is a file more than its client's connection.
RELAYS_MAX = 500


class Asked(NamedTuple):
    """Where a request wants to go: through a tunnel, or by itself, with its whole URL."""

    destination: Destination
    is_tunnel: bool


def asked(method: bytes, url: bytes, proxy: Proxy | None, own_port: int | None) -> Asked | None:
    """What a request asks for whose target is no path; None if it asks us for something of our own.

    Plain HTTP goes to hosts that were allowed, as clients ask a proxy for it. HTTPS goes so to Krea's, as
    Axios asks.

    Args:
        own_port: where this server listens: a URL with that port, or with a name of loopback, is ours
            where its host was not allowed.

    Raises:
        RefusedTunnel: it asks for what there is not.
    """
    if method == b"CONNECT":
        if proxy is None:
            raise RefusedTunnel(405, "This is no proxy; `mockkrea serve --tls-proxy` is one.")
        return Asked(proxy.destination_of(url.decode("latin-1")), is_tunnel=True)
    scheme = url.partition(b"://")[0].lower().decode("latin-1")
    if proxy is None or scheme not in DEFAULT_PORTS:
        return None
    parts = httptools.parse_url(url)
    place = Place(parts.host.decode("latin-1").lower(), parts.port or DEFAULT_PORTS[scheme])
    is_ours = place.is_loopback or place.port == own_port
    if scheme == "http" and is_ours and not proxy.allows(place):
        return None
    destination = proxy.destination_of(str(place))
    if destination.is_krea and scheme == "http":
        raise RefusedTunnel(403, f"{place.name} is asked by https here, not by http.")
    if not destination.is_krea and scheme == "https":
        raise RefusedTunnel(403, f"Ask for a tunnel to {place} with CONNECT, for https.")
    return Asked(destination, is_tunnel=False)


async def relayed(destination: Destination, connections: set[Any]) -> Relay:
    """A relay whose far end is the allowed host; it leaves the server's connections when it is over.

    Raises:
        RefusedTunnel: there are too many, or the host cannot be reached.
    """
    if sum(isinstance(each, Relay) for each in connections) >= RELAYS_MAX:
        raise RefusedTunnel(503, f"This proxy holds {RELAYS_MAX} tunnels to allowed hosts at once.")
    relay = Relay(connections.discard)
    try:
        await relay.reach(destination.host, destination.port)
    except OSError as reason:
        raise RefusedTunnel(502, unreachable(Place(destination.host, destination.port), reason)) from None
    return relay


def unreachable(place: Place, reason: OSError) -> str:
    """What a client is told that wanted to go there."""
    return f"{place} cannot be reached: {reason.strerror or 'no answer'}."
