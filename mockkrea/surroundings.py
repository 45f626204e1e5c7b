"""What the variables of an environment do to clients of a mock: the checks that need nobody to ask."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mockkrea.adapters.door import DEFAULT_PORTS, is_loopback
from mockkrea.adapters.hosts import ORIGIN
from mockkrea.adapters.mcp.endpoint import MCP_PATH
from mockkrea.environment import TRUSTED, client_environment
from mockkrea.findings import Finding, ok, problem, warn

# The addresses among the variables that clients read; the rest are keys.
ADDRESSES = ("KREA_BASE_URL", "KREA_API_BASE_URL", "KREA_MCP_URL")

LEAD_HERE = 'Run eval "$(mockkrea env)" with the --url of this mock, or run clients with: mockkrea exec -- …'


def surroundings(
    url: str,
    api_key: str,
    environment: Mapping[str, str],
    *,
    is_there: bool = True,
    is_intercepted: bool = False,
) -> Iterator[Finding]:
    """What is found around a mock at this URL.

    Args:
        is_there: whether anybody answers at the URL.
        is_intercepted: whether a proxy leads Krea's own address to the mock, too.
    """
    yield _proxy(url, environment, is_there=is_there)
    yield _authorities(url, environment)
    wanted = client_environment(url, api_key)
    yield _variables(wanted, environment, is_intercepted=is_intercepted)


def proxy_for(scheme: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The variable that names the proxy for URLs of this scheme, and the proxy's URL."""
    for word in (f"{scheme}_proxy", "all_proxy"):
        name = _spelt(word, environment)
        if proxy := environment.get(name):
            return name, proxy if "://" in proxy else f"http://{proxy}"
    return None


def start_command(url: str, environment: Mapping[str, str]) -> str:
    """What starts a mock at this URL, and a proxy where the environment has one there."""
    port = urlsplit(url).port
    flags = ["--tls-proxy"] if _proxies_at(url, environment) else []
    return " ".join(["mockkrea serve", *flags, *([f"--port {port}"] if port else [])])


def is_excepted(host: str, environment: Mapping[str, str]) -> bool:
    """Whether NO_PROXY has this host, itself or as part of a domain; ports in it are passed over."""
    for each in environment.get(_spelt("no_proxy", environment), "").split(","):
        name = each.strip().strip("[]")
        name = (name if name.count(":") > 1 else name.partition(":")[0]).removeprefix("*").lstrip(".")
        if each.strip() == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return True
    return False


def place_of(url: str) -> str:
    """Host and port of a URL without the password that may stand before them."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port or DEFAULT_PORTS.get(parts.scheme, '')}"
    except ValueError:
        return "something that is no URL"


def trusting(path: str) -> ssl.SSLContext:
    """A client's context that trusts the authorities of this file or folder, and no others.

    Raises:
        OSError: there is none.
    """
    folder = Path(path).is_dir()
    return ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)


def _spelt(word: str, environment: Mapping[str, str]) -> str:
    """The spelling that counts: most clients take the lower-case one if it is there, be it empty."""
    return word if word in environment else word.upper()


def _proxies_at(url: str, environment: Mapping[str, str]) -> list[str]:
    """The variables by which programs take the server at this URL for their proxy."""
    found = filter(None, (proxy_for(scheme, environment) for scheme in DEFAULT_PORTS))
    return list(dict.fromkeys(named for named, proxy in found if place_of(proxy) == place_of(url)))


def _proxy(url: str, environment: Mapping[str, str], *, is_there: bool) -> Finding:
    dead = [] if is_there else _proxies_at(url, environment)
    if dead:
        names = " and ".join(dead)
        return problem(
            "proxy",
            f"nobody answers at {place_of(url)}, where {names} lead{'s' if len(dead) == 1 else ''}:"
            " programs reach nothing through it",
            fix=f"Start `{start_command(url, environment)}` and read the env.sh that it names in a new shell,"
            f" or unset {names}.",
        )
    parts = urlsplit(url)
    host = parts.hostname or ""
    found = proxy_for(parts.scheme, environment)
    if found is None:
        return ok("proxy", f"no proxy is set for {parts.scheme} URLs")
    named, proxy = found
    if place_of(proxy) == place_of(url):
        return ok("proxy", f"{named} leads to the mock's own address")
    if is_excepted(host, environment):
        return ok("proxy", f"{named} is set, and NO_PROXY has {host}")
    return problem(
        "proxy",
        f"{named} is set to {place_of(proxy)} and NO_PROXY does not have {host}:"
        " clients look for the mock there",
        fix=f"Add {host} to NO_PROXY and no_proxy, unset {named}, or run clients with: mockkrea exec -- …",
    )


def _authorities(url: str, environment: Mapping[str, str]) -> Finding:
    for name in TRUSTED:
        path = environment.get(name)
        if path and (reason := _unreadable(path)):
            return problem(
                "CA",
                f"{name} names {_shortened(path)}, which has no authorities ({reason}):"
                " some clients refuse every HTTPS server then",
                fix=f"Unset {name}, or let it name the file of an authority.",
            )
    if urlsplit(url).scheme == "http":
        return ok("CA", "the mock speaks plain HTTP, which needs no certificate")
    return ok("CA", "the mock's certificate is checked by the system's authorities")


def _unreadable(path: str) -> str:
    """Why there are no authorities, in a few words; nothing if there are some."""
    try:
        trusting(path)
    except ssl.SSLError as error:
        return error.reason or "no certificate"
    except OSError as error:
        return error.strerror or "unreadable"
    return ""


def _shortened(path: str, shown_max: int = 200) -> str:
    return path if len(path) <= shown_max else f"{path[:shown_max]}…"


def _variables(wanted: Mapping[str, str], environment: Mapping[str, str], *, is_intercepted: bool) -> Finding:
    given = {name: environment[name] for name in ADDRESSES if environment.get(name)}
    for name, value in given.items():
        kreas = ORIGIN + MCP_PATH if name == "KREA_MCP_URL" else ORIGIN
        if is_intercepted and _meant(value) == _meant(kreas):
            continue
        if _meant(value) != _meant(wanted[name]):
            return problem("variables", f"{name} is {_shown(value)} and not {wanted[name]}", fix=LEAD_HERE)
    if not given:
        return warn("variables", "clients of this shell are not told where the mock is", fix=LEAD_HERE)
    return ok("variables", f"{' and '.join(given)} lead{'s' if len(given) == 1 else ''} to the mock")


def _meant(url: str) -> tuple[str, str, int | None, str]:
    """What of a URL counts; the names of this machine are one, which another check looks at."""
    try:
        parts = urlsplit(url.rstrip("/"))
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return ("", "", None, url)
    return parts.scheme, "127.0.0.1" if is_loopback(host) else host, port, parts.path + parts.query


def _shown(url: str) -> str:
    """A URL without the password that may stand in it."""
    before, scheme, rest = url.rpartition("://")
    place, slash, path = rest.partition("/")
    return _shortened(f"{before}{scheme}{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}")
