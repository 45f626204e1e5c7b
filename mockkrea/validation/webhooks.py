"""Which URLs a client may name for its webhook. What Krea refuses is unknown; all here is ASSUMED."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from mockkrea.core.errors import UnreadableRequest

URL_LENGTH_MAX = 2048
PORT_MAX = 65_535
VISIBLE_ASCII = re.compile(r"[!-~]+")
HOST = re.compile(r"[a-z0-9_-][a-z0-9._-]*|[0-9a-f:.]+")


def read_webhook_url(text: str) -> str:
    """The URL, if it is one that a job can be sent to.

    Raises:
        UnreadableRequest: it is not; says what would have been right, and repeats nothing of it.
    """
    reason = _what_is_wrong(text)
    if reason is not None:
        raise UnreadableRequest(
            f"X-Webhook-URL must be a URL such as https://example.com/hooks/krea: {reason}."
        )
    return text


def _what_is_wrong(text: str) -> str | None:
    if not text:
        return "it is empty"
    if len(text) > URL_LENGTH_MAX:
        return f"it has {len(text):,} characters, and {URL_LENGTH_MAX:,} are the most"
    if not VISIBLE_ASCII.fullmatch(text):
        return "it may hold visible ASCII characters only; write all others as %XX"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "it is not a valid URL, its host cannot be read"
    if parts.scheme not in ("http", "https"):
        return "it must begin with http:// or https://"
    if "@" in parts.netloc:
        return "it must not hold a user or a password"
    return _what_is_wrong_with_the_place(parts)


def _what_is_wrong_with_the_place(parts: SplitResult) -> str | None:
    if not parts.hostname:
        return "it is not a valid URL, it names no host"
    if not HOST.fullmatch(parts.hostname):
        return "it is not a valid URL, its host cannot be read"
    try:
        is_port = parts.port != 0
    except ValueError:
        is_port = False
    return None if is_port else f"it is not a valid URL, its port must be from 1 to {PORT_MAX}"
