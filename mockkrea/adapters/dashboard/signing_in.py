"""How a browser brings the admin token, which it cannot send as a header: a form, and a cookie after it.

The cookie is no token: it is a digest of it, good for the dashboard of this very token and for nothing
else. Its name has a part of that digest: cookies know no ports, and servers of one machine would sign each
other's users out. Scripts cannot read it, other sites cannot make the browser send it, and it ends with
the browser.
"""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from mockkrea.adapters.http import CONTROL_PATH, Header, Request

PURPOSE = b"mockkrea dashboard"


def is_signed_in(request: Request) -> bool:
    """Whether the request brings the cookie of this server's admin token."""
    token = request.door.admin_token
    if token is None:
        return True
    try:
        cookies = SimpleCookie(request.header("cookie") or "")
    except CookieError:
        return False
    name = _name(token)
    brought = cookies[name].value if name in cookies else ""
    return hmac.compare_digest(brought.encode(), _digest(token).encode())


def fits(request: Request, token: str) -> bool:
    """Whether this is the admin token."""
    expected = request.door.admin_token or ""
    return hmac.compare_digest(token.encode(errors="replace"), expected.encode())


def cookie(request: Request) -> Header:
    """The header that lets the browser in from now on, to the dashboard of this world."""
    token = request.door.admin_token
    assert token is not None, "nobody signs in where no token is asked for"
    origin = urlsplit(request.origin)
    secure = "; Secure" if origin.scheme == "https" else ""
    path = f"{origin.path}{request.world_path}{CONTROL_PATH}"
    value = f"{_name(token)}={_digest(token)}; Path={path}; HttpOnly; SameSite=Strict{secure}"
    return b"set-cookie", value.encode()


def _name(token: str) -> str:
    return f"mockkrea_admin_{_digest(token)[:8]}"


def _digest(token: str) -> str:
    return hmac.digest(token.encode(), PURPOSE, "sha256").hex()
