"""One POST of a job to a webhook.

A URL in a header must not make this machine reach into networks. The host's name decides whether it may
be reached, before anything is looked up; then the connection goes to an address that was looked up once,
so a second answer of the DNS leads nowhere. Redirects are not followed, the environment's proxies not
used, and of the answer only its head is read.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from ssl import SSLContext
from threading import Thread
from typing import TYPE_CHECKING

from mockkrea import __version__
from mockkrea.outbound import CONNECT

if TYPE_CHECKING:
    import httpx

# Where a server on this machine may listen for it.
LOCALHOST = ("127.0.0.1", "::1")

DEFAULT_PORTS = {"http": 80, "https": 443}

REASON_LENGTH_MAX = 200


class Blocked(Exception):
    """The host must not be reached; the message names the flag that allows it."""


class Undelivered(Exception):
    """No answer came; the message says why."""


class Poster:
    """Posts to hosts that may be reached.

    Args:
        may_reach: whether webhooks may go to this host, a name or address in lower case.
    """

    def __init__(self, may_reach: Callable[[str], bool]) -> None:
        self._may_reach = may_reach

    async def post(self, url: str, body: bytes) -> int:
        """The status of the answer, whatever it is.

        Raises:
            Blocked: the host must not be reached.
            Undelivered: there was no answer.
        """
        # The library and its certificates cost a few requests' time.
        tls = await asyncio.to_thread(_prepared)
        import httpx

        try:
            target = httpx.URL(url)
            host = target.raw_host.decode()
            if not self._may_reach(host):
                raise Blocked(
                    f"mockkrea sends webhooks to hosts of this machine and to those named with"
                    f" --webhook-host; start it with --webhook-host {host} to let this one through."
                )
            addresses = LOCALHOST if host == "localhost" else await _look_up(host)
            return await _post_to(target, addresses, body, tls)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise Undelivered(f"{type(error).__name__}: {error}"[:REASON_LENGTH_MAX]) from error


@cache
def _prepared() -> SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=False)


async def _post_to(target: httpx.URL, addresses: tuple[str, ...], body: bytes, tls: SSLContext) -> int:
    """Try the host's addresses one after the other until one takes the connection."""
    import httpx

    headers = {
        "Host": target.netloc.decode(),
        "Content-Type": "application/json",
        "User-Agent": f"mockkrea/{__version__}",
    }
    extensions = {"sni_hostname": target.raw_host.decode()}
    reason: httpx.ConnectError | None = None
    async with httpx.AsyncClient(verify=tls, trust_env=False, timeout=None) as client:
        for address in addresses:
            url = target.copy_with(host=address)
            request = client.build_request("POST", url, content=body, headers=headers, extensions=extensions)
            sys.audit(CONNECT, address, target.port or DEFAULT_PORTS[target.scheme])
            try:
                answer = await client.send(request, stream=True)
            except httpx.ConnectError as error:
                reason = reason or error
                continue
            await answer.aclose()
            return answer.status_code
    assert reason is not None, "a host that was found has an address"
    raise reason


async def _look_up(host: str) -> tuple[str, ...]:
    """The host's addresses, asked for in a thread of its own: one that hangs does not delay our end."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def settle(addresses: tuple[str, ...], error: OSError | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def ask() -> None:
        addresses: tuple[str, ...] = ()
        error: OSError | None = None
        try:
            infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as reason:
            error = reason
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, addresses, error)

    Thread(target=ask, name="mockkrea webhook DNS", daemon=True).start()
    return await found
