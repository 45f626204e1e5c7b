"""The environment variables that point a Krea client at a mock: one table for `env`, `exec` and pytest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mockkrea import authorities
from mockkrea.adapters.http import CONTROL_PATH
from mockkrea.adapters.mcp.endpoint import MCP_PATH

# A client that is told to use a proxy would look for the mock there.
NO_PROXY = ("NO_PROXY", "no_proxy")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

TRUSTED = authorities.VARIABLES

# Most programs look for the lower-case name first.
PROXIES = (
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy",
)  # fmt: skip


def client_environment(url: str, api_key: str) -> dict[str, str]:
    """The variables that Krea clients read: KREA_API_TOKEN is documented, the others were seen in clients.

    MOCKKREA_CONTROL_URL is ours, for tests in other languages that move the clock or verify requests;
    mockkrea's own commands find the mock by MOCKKREA_URL.
    """
    return {
        "KREA_API_TOKEN": api_key,
        "KREA_API_KEY": api_key,
        "KREA_BASE_URL": url,
        "KREA_API_BASE_URL": url,
        "KREA_MCP_URL": url + MCP_PATH,
        "MOCKKREA_CONTROL_URL": url + CONTROL_PATH,
        "MOCKKREA_URL": url,
    }


def process_environment(inherited: Mapping[str, str], url: str, api_key: str) -> dict[str, str]:
    """What to set for a process with this environment, so that its Krea clients come to the mock."""
    return client_environment(url, api_key) | _without_proxy(inherited)


def proxy_environment(inherited: Mapping[str, str], url: str, ca_file: Path) -> dict[str, str]:
    """What to set besides, so that also those come that have Krea's own address written into them.

    They find everything but this machine through the proxy at `url`, by https and by http, whatever they
    could reach without it before: so nobody who honours the proxy gets past the mock.
    """
    return {
        **dict.fromkeys(PROXIES, url),
        **dict.fromkeys(TRUSTED, str(ca_file)),
        **dict.fromkeys(NO_PROXY, ",".join(LOOPBACK)),
        "NODE_USE_ENV_PROXY": "1",
        "NODE_OPTIONS": _with_node_option(inherited.get("NODE_OPTIONS", "")),
    }


def _with_node_option(before: str) -> str:
    option = node_option()
    return before if option in before else f"{before} {option}".lstrip()


def node_option() -> str:
    """What lets a Node through the proxy that does not go there by itself."""
    path = str(Path(__file__).with_name("through_proxy.cjs"))
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'--require "{quoted}"'


def _without_proxy(inherited: Mapping[str, str]) -> dict[str, str]:
    """What both spellings had before, and the names of this machine, in both."""
    before = [host.strip() for name in NO_PROXY for host in inherited.get(name, "").split(",")]
    hosts = dict.fromkeys(filter(None, [*before, *LOOPBACK]))
    # The star counts only where it stands alone.
    return dict.fromkeys(NO_PROXY, "*" if "*" in hosts else ",".join(hosts))
