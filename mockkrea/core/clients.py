"""OAuth clients: where they may be sent back to, and ids that carry the whole registration.

A client keeps the id it was given for as long as it keeps the server's address, while a mock restarts
all day. So an id is the registration itself with a signature, and is known again after every restart
and reset: registering changes no world. The key is no secret. It only tells ids that were made here
from ids that were made up or cut short; what protects a code is PKCE.

Redirect URIs: RFC 8252 (loopback with any port, private-use schemes), RFC 9700 (exact match otherwise).
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from mockkrea.core.errors import OAuthError
from mockkrea.core.hints import shortened

SIGNATURE_KEY = b"mockkrea client registration"
SIGNATURE_BYTES = 16

REDIRECT_URIS_MAX = 10
REDIRECT_URI_LENGTH_MAX = 500
NAME_LENGTH_MAX = 100
UNNAMED = "An unnamed client"

URI = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):"
    r"(?://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]*)(?::(?P<port>[0-9]{1,5}))?)?"
    r"(?P<rest>(?:[/?][a-z0-9._~:/?@!$&'()*+,;=%\[\]-]*)?)",
    re.IGNORECASE | re.ASCII,
)
LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]", re.IGNORECASE | re.ASCII)

# Schemes that a browser, not an installed application, would act on.
NO_APPLICATION = frozenset(
    {
        "about",
        "blob",
        "chrome",
        "data",
        "file",
        "filesystem",
        "ftp",
        "intent",
        "javascript",
        "mailto",
        "sms",
        "tel",
        "vbscript",
        "view-source",
        "ws",
        "wss",
    }
)
ALLOWED = "an https URL, an http URL of localhost or a loopback address, or an application's own scheme"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What a client registered. Build one with `register`, or with `known_by` from its id."""

    name: str
    redirect_uris: tuple[str, ...]

    @property
    def id(self) -> str:
        """The registration and its signature, both in base64url."""
        said = json.dumps(
            [self.name, *self.redirect_uris], ensure_ascii=False, separators=(",", ":")
        ).encode()
        return f"{_in_base64(said)}.{_in_base64(_signature(said))}"

    def may_return_to(self, uri: str) -> bool:
        """Whether it registered this redirect URI; a loopback one matches on any port (RFC 8252, 7.3)."""
        wanted = _without_loopback_port(uri)
        return any(_without_loopback_port(registered) == wanted for registered in self.redirect_uris)


def register(name: str | None, redirect_uris: Sequence[str]) -> Client:
    """A client that may be known from now on.

    Raises:
        OAuthError: `invalid_redirect_uri` or `invalid_client_metadata`.
    """
    if not 1 <= len(redirect_uris) <= REDIRECT_URIS_MAX:
        raise OAuthError(
            "invalid_redirect_uri",
            f"redirect_uris must list 1 to {REDIRECT_URIS_MAX} URIs; it lists {len(redirect_uris)}.",
        )
    for uri in redirect_uris:
        _check(uri)
    # Nothing that turns the direction of writing or hides: people are asked about this name.
    shown = "".join(filter(str.isprintable, name or "")).strip() or UNNAMED
    if len(shown) > NAME_LENGTH_MAX:
        raise OAuthError(
            "invalid_client_metadata",
            f"client_name may have {NAME_LENGTH_MAX} characters; it has {len(shown)}.",
        )
    return Client(name=shown, redirect_uris=tuple(redirect_uris))


def own() -> Client:
    """The client to which tokens belong that nobody consented to; no browser is ever sent back to it."""
    return register("mockkrea", ["http://localhost/callback"])


def known_by(client_id: str) -> Client:
    """The client whose registration this id carries.

    Raises:
        OAuthError: `invalid_client`, if it is no id of ours.
    """
    said, _, signature = client_id.partition(".")
    try:
        registration = urlsafe_b64decode(said + "=" * (-len(said) % 4))
    except (NotBase64, ValueError):
        registration = b""
    if not registration or signature != _in_base64(_signature(registration)):
        raise OAuthError(
            "invalid_client", "This client_id was not given by mockkrea; register the client again."
        )
    name, *redirect_uris = json.loads(registration)
    return Client(name=name, redirect_uris=tuple(redirect_uris))


def _check(uri: str) -> None:
    parts = URI.fullmatch(uri) if len(uri) <= REDIRECT_URI_LENGTH_MAX else None
    if parts is None:
        raise OAuthError(
            "invalid_redirect_uri",
            f"A redirect URI must be {ALLOWED}, without user or fragment and of at most"
            f" {REDIRECT_URI_LENGTH_MAX} characters; it was {shortened(uri)!r}.",
        )
    scheme, host = parts["scheme"].lower(), parts["host"] or ""
    allowed = {"https": bool(host), "http": LOOPBACK.fullmatch(host) is not None}
    if not allowed.get(scheme, scheme not in NO_APPLICATION):
        raise OAuthError(
            "invalid_redirect_uri", f"A redirect URI must be {ALLOWED}; it was {shortened(uri)!r}."
        )


def _without_loopback_port(uri: str) -> str:
    parts = URI.fullmatch(uri)
    if parts is None or parts["scheme"].lower() != "http" or not LOOPBACK.fullmatch(parts["host"] or ""):
        return uri
    return f"http://{parts['host']}{parts['rest']}"


def _signature(said: bytes) -> bytes:
    return blake2b(said, key=SIGNATURE_KEY, digest_size=SIGNATURE_BYTES).digest()


def _in_base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
