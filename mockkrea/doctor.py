"""What may be wrong between a client and a mock, looked at from where the client is.

The mock is asked as a client would ask it, but never through a proxy that is not the mock itself.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from mockkrea import __version__, sockets
from mockkrea.adapters.door import DEFAULT_PORTS, is_loopback
from mockkrea.adapters.hosts import INTERCEPTED
from mockkrea.adapters.http import CONTROL_PATH
from mockkrea.adapters.wire import PROTECTED_RESOURCE_PATH
from mockkrea.findings import Finding, Level, ok, problem, warn
from mockkrea.interception import interception
from mockkrea.probe import Health, Mock, NoAnswer, object_of
from mockkrea.surroundings import LEAD_HERE, start_command, surroundings
from mockkrea.target import Target

PATIENCE_S = 5

# How far the clocks of two machines may be apart before tokens and dates look odd.
APART_S = 5

KEYS = ("KREA_API_KEY", "KREA_API_TOKEN")


def examine(at: Target, environment: Mapping[str, str], *, now_s: float) -> Iterator[Finding]:
    """Everything that may be wrong, one finding a check; of a mock that does not answer only what is around.

    Args:
        at: the mock.
        environment: the variables that clients here have.
        now_s: the real time, in seconds since the epoch.
    """
    if urlsplit(at.url).hostname in INTERCEPTED:
        yield problem(
            "port",
            f"{at.url} is Krea's own address, and Krea is not asked",
            fix="Give the --url that the server printed; what leads Krea's address there is looked at too.",
        )
        return
    context = ssl.create_default_context()
    is_intercepted = False
    with httpx.Client(verify=context, trust_env=False, timeout=PATIENCE_S) as client:
        mock = Mock(at, client)
        health = mock.health_at(at.url)
        yield _answering(mock, health, environment)
        if isinstance(health, Health):
            try:
                yield from _looked_into(mock, health, now_s)
                yield from _keys(mock, at.api_key, environment)
                for finding in interception(mock, health, environment):
                    is_intercepted = finding.level is not Level.PROBLEM
                    yield finding
            except NoAnswer as reason:
                yield problem(
                    "end",
                    f"{at.url} does not answer any more: {reason}",
                    fix="Start it again, and see what it last wrote on stderr.",
                )
    is_there = not isinstance(health, NoAnswer)
    yield from surroundings(at.url, at.api_key, environment, is_there=is_there, is_intercepted=is_intercepted)


def _looked_into(mock: Mock, health: Health, now_s: float) -> Iterator[Finding]:
    yield _versions(health)
    yield from _localhost(mock, health)
    yield _returned_urls(mock, health)
    yield _clock(mock, now_s)
    yield _outbound(mock)


def _answering(
    mock: Mock, health: Health | httpx.Response | NoAnswer, environment: Mapping[str, str]
) -> Finding:
    url = mock.url
    if isinstance(health, Health):
        number = f"{health.models} model{'' if health.models == 1 else 's'}"
        return ok("port", f"{url} answers, {number} ({health.catalogue})")
    if isinstance(health, NoAnswer):
        return _unanswered(url, health, environment)
    host = urlsplit(url).hostname
    if health.status_code == httpx.codes.MISDIRECTED_REQUEST:
        return problem(
            "host names",
            f"the server does not answer to the name {host}",
            fix=f"Start it with --allowed-host {host}, or ask it as 127.0.0.1.",
        )
    root = url.removesuffix(urlsplit(url).path)
    if root != url and isinstance(mock.health_at(root), Health):
        return problem("port", f"mockkrea answers at {root}, not at {url}", fix=f"Give --url {root}.")
    return problem(
        "port",
        f"what answers at {url} is not mockkrea ({health.status_code})",
        fix="Start mockkrea on another port, `mockkrea serve --port 0`, and give its --url here.",
    )


def _unanswered(url: str, nothing: NoAnswer, environment: Mapping[str, str]) -> Finding:
    """Why nothing was heard of a mock there, by the error."""
    match nothing.error:
        case httpx.ConnectError() if "CERTIFICATE_VERIFY_FAILED" in str(nothing):
            return problem(
                "trust",
                f"the certificate of {url} is not trusted here",
                fix="Let SSL_CERT_FILE name the file of its authority, and NODE_EXTRA_CA_CERTS for Node.",
            )
        case httpx.ConnectError() if "[SSL" in str(nothing):
            return problem(
                "port",
                f"what listens at {url} does not speak TLS: {nothing}",
                fix="Write http:// if it is the mock, which speaks TLS behind a proxy of its own only.",
            )
        case httpx.ReadTimeout() | httpx.WriteTimeout():
            return problem(
                "port",
                f"something listens at {url}, and has said nothing within {PATIENCE_S} seconds",
                fix="Look what has that port; start mockkrea on another, `mockkrea serve --port 0`.",
            )
        case httpx.ConnectError() | httpx.TimeoutException() | UnicodeError():
            return problem(
                "port",
                f"nothing answers at {url}: {nothing}",
                fix=f"Start it with `{start_command(url, environment)}`,"
                " or say where it is with --url or --ready-file.",
            )
    return problem(
        "port",
        f"what listens at {url} does not answer in HTTP: {nothing}",
        fix="Write https:// if it speaks TLS; else start mockkrea on another port, as by --port 0.",
    )


def _versions(health: Health) -> Finding:
    if health.version == __version__:
        return ok("versions", f"mockkrea {__version__}, here and there")
    return warn(
        "versions",
        f"the server is mockkrea {health.version}, this command {__version__}",
        fix="Install one version for both, and start the server anew.",
    )


def _localhost(mock: Mock, health: Health) -> Iterator[Finding]:
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
    if health.is_of(mock.health_at(first + parts.path)):
        yield ok("host names", f"localhost is {address} and leads here too")
        return
    yield warn(
        "host names",
        f"localhost is {address} first, which does not lead to the mock; not every client tries the next",
        fix=f"Write {parts.hostname} in URLs, as `mockkrea env` does.",
    )


def _returned_urls(mock: Mock, health: Health) -> Finding:
    """Whether a caller here reaches what URLs in answers begin with; told by OAuth's discovery."""
    match object_of(mock.get(mock.url + PROTECTED_RESOURCE_PATH)):
        case {"authorization_servers": [str() as said, *_]}:
            base = said.rstrip("/")
        case _:
            return problem(
                "URLs",
                f"{PROTECTED_RESOURCE_PATH} does not say what URLs in answers begin with",
                fix="Look what stands between here and the mock, such as a proxy that answers itself.",
            )
    if health.is_of(mock.health_at(base)):
        return ok("URLs", f"URLs in answers begin with {base} and lead here")
    return problem(
        "URLs",
        f"URLs in answers begin with {base}, which does not lead to the mock from here",
        fix="Start the server with a --public-url that callers reach, or let its proxy send the right Host.",
    )


def _clock(mock: Mock, now_s: float) -> Finding:
    clock = mock.control("clock", "now", "mode", "speed")
    if isinstance(clock, httpx.Response):
        return _refused(mock, "clock", clock)
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


def _outbound(mock: Mock) -> Finding:
    """Whether the server connected to other machines: by its own count and the kernel's."""
    health = mock.control("health", "outbound", "pid")
    if isinstance(health, httpx.Response):
        return _refused(mock, "network", health)
    if health["outbound"] is None:
        return warn(
            "network",
            "nobody counts this mock's connections: it shares a process with a test or with `mockkrea exec`",
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
        return ok("network", f"the server began connections to this machine only, {', '.join(places)}, {how}")
    if all(beyond.values()):
        return warn(
            "network",
            f"the server began connections to {', '.join(beyond)}, as its flags allow",
            fix="Start it without --webhook-host and --allow-host, and it stays on this machine.",
        )
    unwanted = ", ".join(place for place, wanted in beyond.items() if not wanted)
    return problem(
        "network",
        f"the server began connections to {unwanted}, as no flag allows",
        fix="That is a mistake of mockkrea: please report it, and run it without a network meanwhile.",
    )


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_local(place: str) -> bool:
    return is_loopback(place.rpartition(":")[0].strip("[]"))


def _refused(mock: Mock, check: str, answer: httpx.Response) -> Finding:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        found = (
            "does not know this admin token" if mock.has_token else "does not tell without the admin token"
        )
        return warn(
            check,
            f"the control API {found}",
            fix="Give --admin-token or --ready-file; the token was printed when the server started.",
        )
    if answer.is_success:
        return warn(
            check,
            "the control API answers otherwise than this version of mockkrea expects",
            fix="Install one version here and there.",
        )
    said = str(object_of(answer).get("detail", answer.status_code))
    return warn(check, f"the control API does not tell: {said}", fix="Give the --world of one that is there.")


def _keys(mock: Mock, api_key: str, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the mock takes the keys that clients here would send; its own need not be tried."""
    given = {name: environment[name] for name in KEYS if environment.get(name)}
    unknown = [name for name, key in given.items() if key != api_key and not mock.knows(key)]
    if unknown:
        yield problem(
            "key",
            f"the mock does not know the key in {' and '.join(unknown)}: it answers 401 to clients here",
            fix=LEAD_HERE,
        )
    elif given:
        yield ok("key", f"the mock knows the key in {' and '.join(given)}")
