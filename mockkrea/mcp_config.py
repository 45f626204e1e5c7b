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


class Form(NamedTuple):
    """One way to tell a client of a server.

    write: the text, of the server's URL and a key to send, None for OAuth.
    place: where the text goes.
    sign_in: what comes after it for OAuth.
    """

    write: Callable[[str, str | None], str]
    place: str
    sign_in: str


def claude_command(url: str, key: str | None) -> str:
    """`claude mcp add …`."""
    header = [] if key is None else ["--header", f"Authorization: Bearer {key}"]
    return shlex.join(["claude", "mcp", "add", "--transport", "http", NAME, url, *header])


def claude_file(url: str, key: str | None) -> str:
    """`.mcp.json`."""
    return _servers({"type": "http", "url": url, **_headers(key)})


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
    return _servers({"url": url, **_headers(key)})


def _headers(key: str | None) -> dict[str, object]:
    return {} if key is None else {"headers": {"Authorization": f"Bearer {key}"}}


def _servers(server: Mapping[str, object]) -> str:
    return json.dumps({"mcpServers": {NAME: server}}, indent=2)


IN_A_SHELL = "Run this in a shell."
BY_HAND = "In Claude Code, /mcp signs in."

# All clients, and the forms of each by their names, the usual one first.
CLIENTS: Mapping[str, Mapping[str, Form]] = {
    "claude": {
        "command": Form(claude_command, IN_A_SHELL, BY_HAND),
        "file": Form(claude_file, "This goes into .mcp.json, beside what is there.", BY_HAND),
    },
    "codex": {
        "file": Form(
            codex_file,
            "This goes into ~/.codex/config.toml, in the place of what has the same name there.",
            f"Then `codex mcp login {NAME}` signs in.",
        ),
        "command": Form(codex_command, IN_A_SHELL, "It signs in at once."),
    },
    "cursor": {
        "file": Form(
            cursor_file,
            "This goes into .cursor/mcp.json, beside what is there.",
            "Cursor's MCP settings sign in.",
        )
    },
}
