"""What to paste into MCP clients so that they come to a mock.

As Claude Code 2.1, Codex 0.169 and Cursor read it; tests/clients/test_mcp_config.py asks the first two.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

# What the server is called in a client's list.
NAME = "krea-ai"


class Client(NamedTuple):
    """How one client is told of a server at a URL, with a key to send or None for OAuth.

    command: the line for a shell; None if the client has none.
    file: the content of its file of settings.
    path: where that file is.
    sign_in: what to do in the end for OAuth.
    """

    command: Callable[[str, str | None], str] | None
    file: Callable[[str, str | None], str]
    path: str
    sign_in: str


def clients() -> Mapping[str, Client]:
    """All clients by their names."""
    return {
        "claude": Client(claude_command, claude_file, ".mcp.json", "In Claude Code, /mcp signs in."),
        "codex": Client(
            codex_command, codex_file, "~/.codex/config.toml", f"`codex mcp login {NAME}` signs in."
        ),
        "cursor": Client(None, cursor_file, ".cursor/mcp.json", "Cursor's MCP settings sign in."),
    }


def claude_command(url: str, key: str | None) -> str:
    """`claude mcp add …`."""
    header = [] if key is None else ["--header", f"Authorization: Bearer {key}"]
    return shlex.join(["claude", "mcp", "add", "--transport", "http", NAME, url, *header])


def claude_file(url: str, key: str | None) -> str:
    """`.mcp.json`."""
    return _servers({"type": "http", "url": url, **_headers("headers", key)})


def codex_command(url: str, key: str | None) -> str:
    """`codex mcp add …`; a key it takes from the environment only."""
    if key is None:
        return shlex.join(["codex", "mcp", "add", NAME, "--url", url])
    command = ["codex", "mcp", "add", NAME, "--url", url, "--bearer-token-env-var", "KREA_API_KEY"]
    return f"export KREA_API_KEY={shlex.quote(key)}\n{shlex.join(command)}"


def codex_file(url: str, key: str | None) -> str:
    """A table of `config.toml`. What JSON writes as a string is one in TOML too."""
    lines = [f"[mcp_servers.{NAME}]", f"url = {json.dumps(url)}"]
    if key is not None:
        lines.append(f"http_headers = {{ Authorization = {json.dumps(f'Bearer {key}')} }}")
    return "\n".join(lines)


def cursor_file(url: str, key: str | None) -> str:
    """`.cursor/mcp.json`."""
    return _servers({"url": url, **_headers("headers", key)})


def _headers(name: str, key: str | None) -> dict[str, object]:
    return {} if key is None else {name: {"Authorization": f"Bearer {key}"}}


def _servers(server: Mapping[str, object]) -> str:
    return json.dumps({"mcpServers": {NAME: server}}, indent=2)
