"""What `mockkrea serve` says under its ready line: where everything is, and how agents get there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from mockkrea import mcp_config
from mockkrea.adapters.control_wire import number

if TYPE_CHECKING:
    from mockkrea.tenant import Tenant

DASHBOARD_PATH = "/ui"
DOCS_PATH = "/docs"


def lines(tenant: Tenant, facts: Mapping[str, object]) -> str:
    """At most 14 lines, the first and the last empty; `facts` are those of the ready file.

    Words are styled for a terminal; `click.echo` takes that away where there is none.
    """
    url, mcp_url, control_url = (str(facts[name]) for name in ("url", "mcp_url", "control_url"))
    admin = f"admin token  {facts['admin_token']}" if "admin_token" in facts else ""
    cursor = json.dumps(json.loads(mcp_config.cursor_file(mcp_url, None)))
    rows = {
        "REST": (url, f"key  {_strong(str(facts['api_key']))}"),
        "MCP": (mcp_url, "OAuth, or the key as Bearer token"),
        "Control": (control_url + DOCS_PATH, admin),
        "Watch": (control_url + DASHBOARD_PATH, ""),
    }
    width = max(len(at) for at, note in rows.values() if note)
    return "\n".join(
        [
            "",
            *(_row(name, f"{at:<{width}}    {note}" if note else at) for name, (at, note) in rows.items()),
            *(_way_through(facts) if "proxy_url" in facts else [""]),
            _row("Claude", mcp_config.claude_command(mcp_url, None)),
            _row("Codex", mcp_config.codex_command(mcp_url, None)),
            _row("Cursor", f"{cursor} in .cursor/mcp.json"),
            "",
            f"  {_summary(tenant)}",
            "",
        ]
    )


def color(environment: Mapping[str, str]) -> bool | None:
    """What `click.echo` is told: no colour under NO_COLOR, else as the terminal can."""
    return False if environment.get("NO_COLOR") else None


def _way_through(facts: Mapping[str, object]) -> list[str]:
    """How clients come through the proxy."""
    return [
        _row("Proxy", f"{facts['proxy_url']}    CA  {facts['ca_file']}"),
        _row("", f". {facts['env_file']}    leads the clients of a shell there"),
        "",
    ]


def _row(name: str, text: str) -> str:
    return f"  {click.style(f'{name:<8}', dim=True)} {text}"


def _strong(text: str) -> str:
    return click.style(text, bold=True)


def _summary(tenant: Tenant) -> str:
    settings = tenant.settings
    pace = f"{settings.progression} progression"
    if settings.progression == "time":
        pace = "real time" if settings.speed == 1 else f"{number(settings.speed):,} times as fast"
    count = len(tenant.catalogue.models)
    return (
        f"{count} model{'' if count == 1 else 's'} · seed {tenant.seed} · {pace}"
        " · mockkrea doctor if something is odd · Ctrl-C stops"
    )
