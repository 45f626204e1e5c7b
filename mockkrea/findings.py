"""What a check finds, and the checks of a client's surroundings that need no mock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from mockkrea.adapters.door import DEFAULT_PORTS
from mockkrea.environment import TRUSTED, client_environment

# The addresses among the variables that clients read; the rest are keys.
ADDRESSES = ("KREA_BASE_URL", "KREA_API_BASE_URL", "KREA_MCP_URL")


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in a sentence; and how to mend it, in another, unless it is well."""

    level: Level
    check: str
    found: str
    fix: str = ""

    def __post_init__(self) -> None:
        assert (self.level is Level.OK) == (not self.fix), "whatever is not well has a fix"


def ok(check: str, found: str) -> Finding:
    """Nothing to mend."""
    return Finding(Level.OK, check, found)


def warn(check: str, found: str, *, fix: str) -> Finding:
    """It may be what somebody wanted."""
    return Finding(Level.WARN, check, found, fix)


def problem(check: str, found: str, *, fix: str) -> Finding:
    """Clients will not get what they ask for."""
    return Finding(Level.PROBLEM, check, found, fix)


def surroundings(url: str, api_key: str, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What the variables of this environment do to clients of a mock at this URL."""
    yield _proxy(url, environment)
    yield _authorities(url, environment)
    yield _variables(client_environment(url, api_key), environment)


def _proxy(url: str, environment: Mapping[str, str]) -> Finding:
    host, scheme = urlsplit(url).hostname or "", urlsplit(url).scheme
    # The lower-case name goes first, as in most clients.
    names = {name.lower(): name for name in sorted(environment) if environment[name]}
    named = names.get(f"{scheme}_proxy") or names.get("all_proxy")
    if named is None:
        return ok("proxy", f"no proxy is set for {scheme} URLs")
    proxy = environment[named]
    proxy_place = _place(proxy if "://" in proxy else f"http://{proxy}")
    if proxy_place == _place(url):
        return ok("proxy", f"{named} leads to the mock itself")
    if _is_excepted(host, environment.get(names.get("no_proxy", ""), "")):
        return ok("proxy", f"{named} is set, and NO_PROXY has {host}")
    return problem(
        "proxy",
        f"{named} is set to {proxy_place} and NO_PROXY does not have {host}: clients look for the mock there",
        fix=f"Add {host} to NO_PROXY and no_proxy, unset {named}, or run clients with: mockkrea exec -- …",
    )


def _is_excepted(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY has this host, itself or as part of a domain; ports in it are passed over."""
    for each in no_proxy.split(","):
        name = each.strip().strip("[]")
        name = (name if name.count(":") > 1 else name.partition(":")[0]).removeprefix("*").lstrip(".")
        if each.strip() == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return True
    return False


def _place(url: str) -> str:
    """Host and port of a URL without the password that may stand before them."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or DEFAULT_PORTS.get(parts.scheme, '')}"
    except ValueError:
        return "something that is no URL"


def _authorities(url: str, environment: Mapping[str, str]) -> Finding:
    for name in TRUSTED:
        path = environment.get(name)
        if path and not Path(path).is_file():
            return problem(
                "CA",
                f"{name} names {path}, which is no file: some clients refuse every HTTPS server then",
                fix=f"Unset {name}, or let it name the file of an authority.",
            )
    if urlsplit(url).scheme == "http":
        return ok("CA", "the mock speaks plain HTTP, which needs no certificate")
    return ok("CA", "the mock's certificate is checked by the system's authorities")


def _variables(wanted: Mapping[str, str], environment: Mapping[str, str]) -> Finding:
    fix = 'Run eval "$(mockkrea env)" with the --url of this mock, or run clients with: mockkrea exec -- …'
    given = {name: environment[name] for name in ADDRESSES if environment.get(name)}
    for name, value in given.items():
        if value.rstrip("/") != wanted[name]:
            return problem("variables", f"{name} leads to {_place(value)} and not to {wanted[name]}", fix=fix)
    if not given:
        return warn("variables", "clients of this shell are not told where the mock is", fix=fix)
    return ok("variables", f"{' and '.join(given)} lead{'s' if len(given) == 1 else ''} to the mock")
