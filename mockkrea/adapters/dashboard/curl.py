"""Calls as curl commands that a shell takes as they stand."""

from __future__ import annotations

import shlex

JSON = "application/json"
# Expanded by the shell, so not in single quotes.
AUTHORIZATION = '-H "Authorization: Bearer $KREA_API_TOKEN"'


def curl(method: str, url: str, *, body: str = "", content_type: str = JSON, has_key: bool = False) -> str:
    """The command that makes this call; the key is left to the environment."""
    parts = ["curl"]
    if method != "GET":
        parts += ["-X", method]
    parts.append(shlex.quote(url))
    if has_key:
        parts.append(AUTHORIZATION)
    if body:
        parts += ["-H", shlex.quote(f"Content-Type: {content_type}"), "--data-binary", shlex.quote(body)]
    return " ".join(parts)
