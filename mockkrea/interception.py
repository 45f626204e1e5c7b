"""Whether clients that have Krea's own address written into them come to a mock: by a proxy, with trust."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping

import httpx

from mockkrea.adapters.hosts import API, ORIGIN
from mockkrea.environment import TRUSTED
from mockkrea.findings import Finding, ok, problem, warn
from mockkrea.probe import ERRORS, Health, Mock, NoAnswer
from mockkrea.surroundings import is_excepted, place_of, proxy_for, trusting

CHECK = "interception"
PATIENCE_S = 5

FIX = (
    "Run clients with: mockkrea exec -- … or, in a new shell, read the env.sh that a running"
    " `mockkrea serve --tls-proxy` names."
)


def interception(mock: Mock, health: Health, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What the proxy for HTTPS of this environment does to such clients; nothing where none is set.

    No other proxy than the mock itself is asked for Krea: so nothing leaves this machine.
    """
    found = proxy_for("https", environment)
    if found is None:
        return
    named, proxy = found
    place = place_of(proxy)
    seen = mock.health_at(f"http://{place}{mock.prefix}")
    if isinstance(seen, NoAnswer):
        yield problem(CHECK, f"nothing answers at {place}, where {named} leads: {seen}", fix=FIX)
    elif not health.is_of(seen):
        yield warn(
            CHECK,
            f"{named} leads to {place}, which is not this mock:"
            " clients with Krea's own address in them get past it",
            fix=FIX,
        )
    elif is_excepted(API, environment):
        yield problem(
            CHECK,
            f"{named} leads to the mock, but NO_PROXY has {API}: clients ask Krea itself",
            fix=f"Take what stands for {API} out of NO_PROXY and no_proxy.",
        )
    else:
        yield _tunnels(named, place, mock.prefix, health, environment)


def _tunnels(named: str, place: str, prefix: str, health: Health, environment: Mapping[str, str]) -> Finding:
    """What comes of asking for Krea through the mock, with each of the files that clients may trust."""
    try:
        distrusting = [
            name for name in TRUSTED if not _is_trusted(environment.get(name, ""), place, prefix, health)
        ]
    except httpx.ProxyError as refusal:
        return problem(
            CHECK,
            f"{named} leads to the mock, which is no proxy: {refusal}",
            fix="Start it with --tls-proxy.",
        )
    if not distrusting:
        return ok(CHECK, f"{API} leads to the mock through {named}, and its certificate is trusted")
    found = (
        f"{API} leads to the mock through {named}, but {' and '.join(distrusting)}"
        f" {'do' if len(distrusting) > 1 else 'does'} not name its authority"
    )
    return (problem if len(distrusting) == len(TRUSTED) else warn)(CHECK, found, fix=FIX)


def _is_trusted(path: str, place: str, prefix: str, health: Health) -> bool:
    """Whether the mock is Krea through itself as a proxy, for whoever trusts this file; "" trusts nobody.

    `prefix` leads to the world that is looked at.

    Raises:
        httpx.ProxyError: it is no proxy.
    """
    try:
        context = trusting(path) if path else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with httpx.Client(
            proxy=f"http://{place}", verify=context, trust_env=False, timeout=PATIENCE_S
        ) as client:
            return health.is_of(Health.of(client.get(f"{ORIGIN}{prefix}/health")))
    except httpx.ProxyError:
        raise
    except (*ERRORS, OSError):
        return False
