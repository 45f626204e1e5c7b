"""What may be wrong between a client and a mock, looked at from where the client is.

The mock is asked as a client would ask it, but never through a proxy; nothing in its worlds changes.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from mockkrea import __version__, sockets
from mockkrea.adapters.door import DEFAULT_PORTS, is_loopback
from mockkrea.adapters.http import CONTROL_PATH
from mockkrea.adapters.wire import PROTECTED_RESOURCE_PATH
from mockkrea.findings import Finding, ok, problem, surroundings, warn
from mockkrea.target import Target

PATIENCE_S = 5

# How far the clocks of two machines may be apart before tokens and dates look odd.
APART_S = 5

Json = dict[str, Any]


def examine(at: Target, environment: Mapping[str, str], *, now_s: float) -> Iterator[Finding]:
    """Everything that may be wrong, one finding a check; of a mock that does not answer only what is around.

    Args:
        at: the mock.
        environment: the variables that clients here have.
        now_s: the real time, in seconds since the epoch.
    """
    context = ssl.create_default_context()
    with httpx.Client(verify=context, trust_env=False, timeout=PATIENCE_S) as client:
        mock = _Mock(at, client)
        health = mock.health_at(at.url)
        yield _answering(at.url, health)
        if isinstance(health, dict):
            try:
                yield from _looked_into(mock, health, now_s)
            except httpx.TransportError as error:
                yield problem(
                    "end",
                    f"{at.url} does not answer any more: {_reason(error)}",
                    fix="Start it again, and see what it last wrote on stderr.",
                )
    yield from surroundings(at.url, at.api_key, environment)


def _looked_into(mock: _Mock, health: Json, now_s: float) -> Iterator[Finding]:
    yield _versions(health)
    yield from _localhost(mock, health)
    yield _returned_urls(mock, health)
    yield _clock(mock, now_s)
    yield _outbound(mock)


class _Mock:
    """Asks one mock."""

    def __init__(self, at: Target, client: httpx.Client) -> None:
        self.url = at.url
        self._client = client
        token = at.admin_token
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, url: str) -> httpx.Response:
        """GET, as anybody.

        Raises:
            httpx.TransportError: there is no answer.
        """
        return self._client.get(url)

    def control(self, path: str) -> Json | httpx.Response:
        """A control call; the answer itself if it is a refusal."""
        answer = self._client.get(f"{self.url}{CONTROL_PATH}/{path}", headers=self._headers)
        return _object(answer) if answer.is_success else answer

    def health_at(self, url: str) -> Json | httpx.Response | httpx.TransportError:
        """What the mock at this URL says of itself; the answer or error if it is none."""
        try:
            answer = self.get(f"{url}/health")
        except httpx.TransportError as error:
            return error
        body = _object(answer) if answer.is_success else {}
        return body if "models" in body else answer


def _object(answer: httpx.Response) -> Json:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _answering(url: str, health: Json | httpx.Response | httpx.TransportError) -> Finding:
    host = urlsplit(url).hostname
    match health:
        case httpx.TransportError() if "CERTIFICATE_VERIFY_FAILED" in str(health):
            return problem(
                "trust",
                f"the certificate of {url} is not trusted here",
                fix="Let SSL_CERT_FILE name the file of its authority, and NODE_EXTRA_CA_CERTS for Node.",
            )
        case httpx.TransportError():
            port = urlsplit(url).port
            start = f"mockkrea serve --port {port}" if port else "mockkrea serve"
            return problem(
                "port",
                f"nothing answers at {url}: {_reason(health)}",
                fix=f"Start it with `{start}`, or say where it is with --url or --ready-file.",
            )
        case httpx.Response(status_code=421):
            return problem(
                "host names",
                f"the server does not answer to the name {host}",
                fix=f"Start it with --allowed-host {host}, or ask it as 127.0.0.1.",
            )
        case httpx.Response():
            return problem(
                "port",
                f"what answers at {url} is not mockkrea ({health.status_code})",
                fix="Start mockkrea on another port, `mockkrea serve --port 0`, and give its --url here.",
            )
    return ok("port", f"{url} answers, {health['models']} models ({health['catalogue']})")


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _versions(health: Json) -> Finding:
    if health["version"] == __version__:
        return ok("versions", f"mockkrea {__version__}, here and there")
    return warn(
        "versions",
        f"the server is mockkrea {health['version']}, this command {__version__}",
        fix="Install one version for both, and start the server anew.",
    )


def _localhost(mock: _Mock, health: Json) -> Iterator[Finding]:
    """Whether "localhost" leads to a mock that listens at a loopback address: it may be ::1 first."""
    parts = urlsplit(mock.url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        return
    try:
        found = socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
    except OSError as reason:
        yield warn("host names", f"localhost is not known here: {reason}", fix="Write 127.0.0.1 in URLs.")
        return
    address = str(found[0][4][0])
    first = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
    if _is_same(mock.health_at(first + parts.path), health):
        yield ok("host names", f"localhost is {address} and leads here too")
        return
    yield warn(
        "host names",
        f"localhost is {address} first, which does not lead to the mock; not every client tries the next",
        fix=f"Write {parts.hostname} in URLs, as `mockkrea env` does.",
    )


def _returned_urls(mock: _Mock, health: Json) -> Finding:
    """Whether a caller here reaches what URLs in answers begin with; told by OAuth's discovery."""
    said = _object(mock.get(mock.url + PROTECTED_RESOURCE_PATH)).get("authorization_servers", [None])[0]
    base = str(said).rstrip("/")
    if _is_same(mock.health_at(base), health):
        return ok("URLs", f"URLs in answers begin with {base} and lead here")
    return problem(
        "URLs",
        f"URLs in answers begin with {base}, which does not lead to the mock from here",
        fix="Start the server with a --public-url that callers reach, or let its proxy send the right Host.",
    )


def _is_same(seen: object, health: Json) -> bool:
    return isinstance(seen, dict) and all(seen.get(key) == health[key] for key in ("world", "seed"))


def _clock(mock: _Mock, now_s: float) -> Finding:
    clock = mock.control("clock")
    if isinstance(clock, httpx.Response):
        return _refused("clock", clock)
    shown = str(clock["now"])
    if clock["mode"] == "frozen":
        return warn(
            "clock",
            f"the clock stands still at {shown}: jobs that take time do not end by themselves",
            fix=f'Let it run: POST {mock.url}{CONTROL_PATH}/clock {{"action":"resume"}}.',
        )
    apart_s = datetime.fromisoformat(shown).timestamp() - now_s
    if abs(apart_s) <= APART_S:
        return ok("clock", f"the clock runs and shows this machine's time; speed {clock['speed']}")
    return warn(
        "clock",
        f"the clock is {abs(apart_s):,.0f} seconds {'ahead of' if apart_s > 0 else 'behind'} this machine's",
        fix=f"Begin anew with POST {mock.url}{CONTROL_PATH}/reset, or set this machine's clock.",
    )


def _outbound(mock: _Mock) -> Finding:
    """Whether the server connected to other machines: by its own count and the kernel's."""
    health = mock.control("health")
    if isinstance(health, httpx.Response):
        return _refused("network", health)
    if health["outbound"] is None:
        return warn(
            "network",
            "nobody counts this mock's connections, as it shares a process with a test",
            fix="Look at one that was started with `mockkrea serve`.",
        )
    places = {_written(each["host"], each["port"]): each["on_purpose"] for each in health["outbound"]}
    parts = urlsplit(mock.url)
    is_here = is_loopback(parts.hostname or "")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    open_now = sockets.outgoing(health["pid"], port) if is_here else None
    places = dict.fromkeys(open_now or (), False) | places
    return _verdict(
        places,
        "by its own count" if open_now is None else "by its own count and the kernel's list of its sockets",
    )


def _verdict(places: Mapping[str, bool], how: str) -> Finding:
    """What connections to these places mean, each on purpose or not."""
    beyond = {place: wanted for place, wanted in places.items() if not _is_local(place)}
    if not places:
        return ok("network", f"no connection left the server's process since its start, {how}")
    if not beyond:
        return ok("network", f"the server connected to this machine only, {', '.join(places)}, {how}")
    if all(beyond.values()):
        return warn(
            "network",
            f"the server connected to {', '.join(beyond)}, as its flags allow",
            fix="Start it without --webhook-host and --allow-host, and it stays on this machine.",
        )
    unwanted = ", ".join(place for place, wanted in beyond.items() if not wanted)
    return problem(
        "network",
        f"the server connected to {unwanted}, as no flag allows",
        fix="That is a mistake of mockkrea: please report it, and run it without a network meanwhile.",
    )


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_local(place: str) -> bool:
    return is_loopback(place.rpartition(":")[0].strip("[]"))


def _refused(check: str, answer: httpx.Response) -> Finding:
    if answer.status_code == 401:
        return warn(
            check,
            "the control API does not tell without the admin token",
            fix="Give --admin-token or --ready-file; the token was printed when the server started.",
        )
    said = str(_object(answer).get("detail", answer.status_code))
    return warn(check, f"the control API does not tell: {said}", fix="Give the --world of one that is there.")
