"""A file beside the proxy's certificate that leads the clients of a shell to a mock and through its proxy."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mockkrea.environment import client_environment, node_option, proxy_environment
from mockkrea.variable_formats import as_shell

if TYPE_CHECKING:
    from mockkrea.intercept import Proxy

# The one variable that keeps what the shell has in it already.
KEPT = "NODE_OPTIONS"


def facts_of(proxy: Proxy | None, url: str, api_key: str) -> dict[str, str]:
    """Write the file, and say what a ready file does of the proxy; nothing if there is none."""
    if proxy is None:
        return {}
    path = proxy.ca_file.with_name("env.sh")
    path.write_text(_lines(client_environment(url, api_key) | proxy_environment({}, url, proxy.ca_file)))
    return {"proxy_url": url, "ca_file": str(proxy.ca_file), "env_file": str(path)}


def _lines(variables: Mapping[str, str]) -> str:
    plain = as_shell({name: value for name, value in variables.items() if name != KEPT})
    option = shlex.quote(node_option())
    return (
        f"{plain}\n"
        f'case "${{{KEPT}-}}" in\n'
        f"*{option}*) ;;\n"
        f'*) export {KEPT}="${{{KEPT}:+${KEPT} }}"{option} ;;\n'
        "esac\n"
    )
