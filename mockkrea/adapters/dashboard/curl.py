"""Calls as curl commands that a shell takes as they stand."""

from __future__ import annotations

import shlex

JSON = "application/json"
# The variables of the environment that have the credentials.
API_TOKEN = "KREA_API_TOKEN"
OAUTH_TOKEN = "KREA_OAUTH_TOKEN"


def curl(
    method: str, url: str, *, body: str = "", content_type: str = JSON, token: str = "", webhook: str = ""
) -> str:
    """The command that makes this call; `token` is the variable of the environment that has its key."""
    parts = ["curl"]
    if method != "GET":
        parts += ["-X", method]
    parts.append(shlex.quote(url))
    if token:
        # Expanded by the shell, so not in single quotes.
        parts.append(f'-H "Authorization: Bearer ${token}"')
    if webhook:
        parts += ["-H", shlex.quote(f"X-Webhook-URL: {webhook}")]
    if body:
        parts += ["-H", shlex.quote(f"Content-Type: {content_type}"), "--data-binary", shlex.quote(body)]
    return " ".join(parts)
