"""A proxy in which Krea's own hosts lead to this mock, and no other host leads anywhere.

A client that has `https://api.krea.ai` written into it asks its proxy for a tunnel there (CONNECT, RFC 9110
9.3.6). The tunnel ends here, with a certificate from an authority that was made for this run. Hosts that
were allowed are reached as they are, through tunnels and by plain HTTP, at the port that was named, 443 and
80 else.

The authority's key stays in this process. The keys of the four hosts' certificates pass through a file, from
which OpenSSL reads them, in a temporary folder that nobody else can enter. There another file has whom
clients are to trust: this authority, certifi's, and others that were named.
"""

from __future__ import annotations

import asyncio
import binascii
import logging
import ssl
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from secrets import compare_digest
from tempfile import TemporaryDirectory
from typing import NamedTuple

from mockkrea import authorities
from mockkrea.adapters.door import DEFAULT_PORTS, Place
from mockkrea.adapters.hosts import INTERCEPTED, bare
from mockkrea.signals import held_back

HTTPS_PORT = DEFAULT_PORTS["https"]

# What is opened of a host that was allowed without a port.
PORTS = tuple(DEFAULT_PORTS.values())

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"

HANDSHAKE_S_MAX = 10
# How long a client may take to read what it was still told, and to answer our goodbye.
GOODBYE_S_MAX = 60

SHOWN_MAX = 100

# What a client says that does not know our authority (RFC 8446, 6.2).
DISTRUST = ("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE")

# What OpenSSL says where we did not take the name; that has been logged.
REFUSED_NAME = "CALLBACK_FAILED"

# Each sentence is logged once, and there may be so many.
SENTENCES_MAX = 100

_log = logging.getLogger("mockkrea")


class RefusedTunnel(Exception):
    """Why there is no tunnel, in one sentence, and the status that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Destination(NamedTuple):
    """Where a client is led: to a host of Krea's, which is to say here, or to one that was allowed."""

    host: str
    port: int
    is_krea: bool


class Proxy:
    """Where clients get through it, and the certificates of Krea's hosts. `close` takes its folder away.

    Args:
        allowed: hosts besides Krea's, as `read_allowed` gives them.
        trusted: certificates in PEM of authorities that clients are to trust besides.
        admin_token: what a client on another machine has to bring for an allowed host.

    `ca_file` is what a client has to trust, in PEM. `was_asked` says whether anybody wanted to get through.

    Raises:
        OSError: there is no room for temporary files.
    """

    def __init__(
        self,
        allowed: Iterable[Place] = (),
        *,
        trusted: Iterable[str] = (),
        admin_token: str | None = None,
    ) -> None:
        import certifi
        import trustme

        self._allowed = frozenset(allowed)
        self._admin_token = admin_token
        self._authority = trustme.CA(organization_name="mockkrea, for one run")
        self._said: set[str] = set()
        with held_back():
            self._folder = TemporaryDirectory(prefix="mockkrea-")
        self._contexts = {host: self._context_for(host) for host in INTERCEPTED}
        self.was_asked = False
        self.ca_file = Path(self._folder.name) / "ca.pem"
        certifis = authorities.certificates_in(Path(certifi.where()).read_text(encoding="ascii"))
        own = self._authority.cert_pem.bytes().decode()
        self.ca_file.write_text("\n".join(dict.fromkeys([*certifis, *trusted, own])), encoding="ascii")

    def destination_of(self, asked: str) -> Destination:
        """Where this HOST:PORT leads.

        Raises:
            RefusedTunnel: nowhere.
        """
        self.was_asked = True
        place = Place.of(asked)
        if place is None or place.port is None:
            shown = asked[:SHOWN_MAX]
            sentence = f"A proxy is asked for a host and a port, such as api.krea.ai:443, not {shown!r}."
            raise RefusedTunnel(400, sentence)
        name, port = bare(place.name), place.port
        if name in INTERCEPTED and port == HTTPS_PORT:
            return Destination(name, port, is_krea=True)
        if self.allows(place):
            return Destination(name, port, is_krea=False)
        if name in INTERCEPTED:
            sentence = f"Krea's hosts are at port {HTTPS_PORT}, for https, not at {port}."
        else:
            to_allow = Place(name, None if port in PORTS else port)
            sentence = (
                f"This mock lets nobody out to {place}; its proxy leads to {', '.join(sorted(INTERCEPTED))}"
                f" alone. --allow-host {to_allow} opens it."
            )
        self.say(sentence)
        raise RefusedTunnel(403, sentence)

    def allows(self, place: Place) -> bool:
        """Whether clients are let out there."""
        return Place(bare(place.name), place.port) in self._allowed

    def check_peer(self, peer: str | None, credentials: str) -> None:
        """See that this peer may go to an allowed host: from another machine only with the admin token.

        Otherwise whoever reaches this server would reach through it what only this machine does.

        Args:
            peer: the address of the client.
            credentials: its Proxy-Authorization, "" if it sent none.

        Raises:
            RefusedTunnel: it may not.
        """
        if self._admin_token is None or (peer is not None and _is_of_this_machine(peer)):
            return
        if not compare_digest(_password(credentials).encode(), self._admin_token.encode()):
            raise RefusedTunnel(
                407,
                "From another machine an allowed host is reached with the admin token alone: as the password"
                " of the proxy's URL, http://any:TOKEN@HOST:PORT, or as `Proxy-Authorization: Bearer TOKEN`.",
            )

    async def begin_tls(self, transport: asyncio.Transport, host: str) -> Secured:
        """Shake hands with the client at the other end as this host of Krea's.

        Raises:
            OSError: it did not, or not in time.
        """
        beginning = _Beginning()
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,
                beginning,
                self._contexts[host],
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S_MAX,
                ssl_shutdown_timeout=GOODBYE_S_MAX,
            )
        except ssl.SSLError as error:
            reason = error.reason or ""
            if reason.endswith(DISTRUST):
                self.say(f"A client did not trust this mock to be {host}; it has to trust {self.ca_file}.")
            elif reason != REFUSED_NAME:
                self.say(f"A client's TLS handshake in a tunnel to {host} failed: {reason or error}.")
            raise
        if secured is None or beginning.is_over:
            raise ConnectionResetError("The client has gone.")
        return Secured(secured, beginning.said)

    def say(self, sentence: str) -> None:
        """Log what a person should know, once."""
        if sentence not in self._said and len(self._said) < SENTENCES_MAX:
            self._said.add(sentence)
            _log.warning(sentence)

    @contextmanager
    def tells_of_odd_names(self) -> Iterator[None]:
        """While the block runs, a server name that is no ASCII is told like others that are refused.

        CPython decodes a name before it asks us, and hands what goes wrong there to a hook of the process.
        """
        before = sys.unraisablehook

        def tell(ignored: sys.UnraisableHookArgs) -> None:
            error = ignored.exc_value
            # The object is the name; from CPython 3.14 on there is none, and the message says what it was.
            about = ignored.err_msg or ""
            if isinstance(error, UnicodeDecodeError) and (
                ignored.object == error.object or "ssl servername callback" in about
            ):
                shown = error.object[:SHOWN_MAX]
                self.say(f"A client asked for {shown!r} in a tunnel, and was refused: names are ASCII.")
            else:
                before(ignored)

        sys.unraisablehook = tell
        try:
            yield
        finally:
            sys.unraisablehook = before

    def close(self) -> None:
        """Take the folder away."""
        with held_back():
            self._folder.cleanup()

    def _context_for(self, host: str) -> ssl.SSLContext:
        """How to be this host, and no other that a client may name in its handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        file = Path(self._folder.name) / "certificate.pem"
        try:
            self._authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(file)
            context.load_cert_chain(file)
        finally:
            file.unlink(missing_ok=True)

        def check_name(connection: object, name: str | None, context: ssl.SSLContext) -> int | None:
            if name is None or bare(name.lower()) == host:
                return None
            self.say(f"A client asked for {name[:SHOWN_MAX]!r} in a tunnel to {host}, and was refused.")
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

        context.sni_callback = check_name
        return context


class Secured(NamedTuple):
    """A tunnel after the handshake, and what the client has said in it already."""

    transport: asyncio.Transport
    said: bytes


class _Beginning(asyncio.Protocol):
    """Hears what comes with the last words of a handshake, before anybody else can."""

    def __init__(self) -> None:
        self.said = b""
        self.is_over = False

    def data_received(self, data: bytes) -> None:
        self.said += data

    def connection_lost(self, error: Exception | None) -> None:
        self.is_over = True


def read_allowed(text: str) -> tuple[Place, ...]:
    """Where to let clients out to, as somebody wrote it: HOST:PORT, or HOST for both 443 and 80.

    Raises:
        ValueError: it is none; says what would have been right.
    """
    place = Place.written_by(text)
    if place is None:
        raise ValueError(f"it must be HOST or HOST:PORT, such as example.com, not {text!r}.")
    name = bare(place.name)
    if name in INTERCEPTED:
        raise ValueError(f"{name} is what this mock plays itself; no client of its proxy gets past it.")
    return tuple(Place(name, port) for port in ([place.port] if place.port else PORTS))


def _is_of_this_machine(address: str) -> bool:
    """Whether a peer's address is loopback's, also as an IPv6 socket shows one of IPv4."""
    read = ip_address(address)
    return (getattr(read, "ipv4_mapped", None) or read).is_loopback


def _password(credentials: str) -> str:
    """What a Proxy-Authorization brings, as Bearer or as the password of Basic; "" if nothing."""
    scheme, _, rest = credentials.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return binascii.a2b_base64(rest).decode().partition(":")[2]
    except ValueError:
        return ""
