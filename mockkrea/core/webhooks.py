"""Where a client wants to be told that its job has ended, and when to try again.

That a URL in the header `X-Webhook-URL` gets one POST when the job completes, fails or is cancelled is
documented. Which URLs are refused, what counts as delivered, and the retries are ASSUMED.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import UnreadableRequest

# After each failed attempt, how long until the next one.
RETRY_AFTER_US = (1 * SECOND_US, 5 * SECOND_US, 25 * SECOND_US)

URL_LENGTH_MAX = 2048
VISIBLE_ASCII = re.compile(r"[!-~]+")
HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)


class Webhook(NamedTuple):
    """A URL to POST a job to. `base_url` is what its own URLs begin with for whoever submitted it."""

    url: str
    base_url: str
    retry_after_us: tuple[int, ...] = RETRY_AFTER_US


def read_url(text: str) -> str:
    """The URL, if it is one that a job can be sent to.

    Raises:
        UnreadableRequest: it is not; says what would have been right, and repeats no credentials.
    """
    reason = _what_is_wrong(text)
    if reason is not None:
        raise UnreadableRequest(
            f"X-Webhook-URL must be a URL such as https://example.com/hooks/krea: {reason}."
        )
    return text


def _what_is_wrong(text: str) -> str | None:
    if len(text) > URL_LENGTH_MAX:
        return f"it has {len(text):,} characters, and {URL_LENGTH_MAX:,} are the most"
    if not VISIBLE_ASCII.fullmatch(text):
        return "it may hold visible ASCII characters only; write all others as %XX" if text else "it is empty"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it must begin with http:// or https://"
    if "@" in parts.netloc:
        return "it must not hold a user or password"
    if not host or not HOST.fullmatch(host) or port == 0:
        return "it names no host" if not host else "its host or port is none"
    return None
