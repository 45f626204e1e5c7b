"""HTTP/1.1 on one connection: uvicorn's protocol, and limits to what a client may make it hold or wait for.

What can be too much: connections, bytes and fields of a request's head, and seconds: for a head to come
whole, for a body to go on and to come whole, for a client to read its answer. uvicorn limits none of
these with httptools. The times are looked at once a second, all connections at once, so they cost a
request nothing.

With a proxy (`intercept.py`) a connection may become a tunnel: to ourselves, then another `Protocol` goes on
inside it, or to a host that was allowed. A plain HTTP request to such a host is forwarded (`forward.py`).
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockkrea import tunnels
from mockkrea.adapters import hosts
from mockkrea.adapters.http_answers import AT_ONCE
from mockkrea.cycle import Cycle, Turn
from mockkrea.intercept import ESTABLISHED, Destination, Proxy, RefusedTunnel

CONNECTIONS_MAX = 2_000

# Request line and header fields together, as many as other servers take.
HEAD_BYTES_MAX = 65_536
HEAD_FIELDS_MAX = 100

# What a client without credentials is told that needs them for a tunnel.
CHALLENGE = b'proxy-authenticate: Basic realm="mockkrea"\r\n'

KEEP_ALIVE_S = 75
HEAD_S_MAX = 15
BODY_PAUSE_S_MAX = 30
BODY_S_MAX = 300
UNREAD_S_MAX = 60

# For an answer to begin, from its request on, where the client has closed its half: it may as well be gone.
HALF_CLOSED_S_MAX = 5


class Protocol(HttpToolsProtocol):
    """One connection. `hang_up_if_overdue` has to be called every second or so.

    Args:
        turn: what the server's connections write together.
        proxy: which tunnels a client may ask for; none if there is no proxy.
        meant: the one of Krea's hosts that its client takes us for.
        uvicorns: what uvicorn gives each connection.
    """

    def __init__(
        self,
        *,
        turn: Turn,
        proxy: Proxy | None = None,
        meant: str | None = None,
        **uvicorns: Any,  # noqa: ANN401 - handed on as it is
    ) -> None:
        super().__init__(**uvicorns)
        self._turn = turn
        self._proxy = proxy
        self._meant = meant
        self._tunnel: Destination | None = None
        self._is_half_closed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are as many connections as there may be."""
        super().connection_made(transport)
        now_s = self.loop.time()
        # Since when a head is awaited, or is there in part; None while none is.
        self._head_since_s: float | None = now_s
        self._heard_s = self._head_ended_s = self._unread_since_s = now_s
        self._is_in_head = self._is_new_head = False
        self._chunk_bytes = 0
        # What came of an unfinished head after the chunk in which it began.
        self._head_bytes = 0
        if len(self.connections) > CONNECTIONS_MAX:
            self._refuse(503, f"This server takes {CONNECTIONS_MAX:,} connections at once.")

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._heard_s = self.loop.time()
        self._chunk_bytes = len(data)
        while data:
            try:
                self.parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as offer:
                # Java's client offers HTTP/2 with its first request. It is answered as if it did not.
                data = data[offer.args[0] :]
                if self._tunnel is not None:
                    self._begin_tunnel(self._tunnel, data)
                    break
            except httptools.HttpParserError as error:
                self._refuse(*_reason(error))
                break
        if self._is_in_head:
            self._count_unfinished_head()

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio wants it so
        """Nothing more will come. Who waits for an answer still gets it; over TLS nobody can."""
        self._turn.end()
        cycle = self.cycle
        if self._meant is not None or cycle is None or cycle.more_body or cycle.response_started:
            return False
        cycle.keep_alive = False
        self._is_half_closed = True
        return True

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_in_head = self._is_new_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._is_in_head = False
        self._head_since_s = None
        self._head_ended_s = self._heard_s
        if len(self.headers) > HEAD_FIELDS_MAX:
            raise _HeadTooLarge
        # Most heads come in one small chunk, and need not be measured.
        may_be_large = not self._is_new_head or self._chunk_bytes > HEAD_BYTES_MAX
        if may_be_large and self._size_of_head() > HEAD_BYTES_MAX:
            raise _HeadTooLarge
        app = self.app if self.url[:1] == b"/" else self._asked_as_proxy()
        if self._tunnel is not None:
            return
        before, self.cycle = self.cycle, self._begun_cycle()
        if app is not self.app:
            # The answer has its own Date.
            self.cycle.default_headers = []
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, app)
        else:
            # It came before the answer to the one before it.
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, app))

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        if not self.cycle.response_complete:
            self.cycle.body += body
            if len(self.cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            self.cycle.message_event.set()

    def on_message_complete(self) -> None:
        """The whole request is there."""
        if self._tunnel is None and not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def on_response_complete(self) -> None:
        """An answer is complete. uvicorn would set a timer; `hang_up_if_overdue` does without."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def shutdown(self) -> None:
        """Hang up, or do so after the answer that is under way."""
        self._turn.end()
        super().shutdown()

    def pause_writing(self) -> None:
        """The client does not read as fast as it is answered."""
        self._unread_since_s = self.loop.time()
        super().pause_writing()

    def hang_up_if_overdue(self, now_s: float) -> None:
        """End a connection that has kept us waiting for too long; `now_s` by the event loop's clock."""
        if self._head_since_s is not None and now_s - self._head_since_s > HEAD_S_MAX:
            self._refuse(408, f"The head of a request has to come within {HEAD_S_MAX} seconds.")
        if self._is_overdue(now_s):
            self.transport.abort()

    def _is_overdue(self, now_s: float) -> bool:
        if self.flow.write_paused:
            return now_s - self._unread_since_s > UNREAD_S_MAX
        if self.transport.is_closing():
            return now_s - self._heard_s > UNREAD_S_MAX
        if self.cycle is None:
            return False
        if self.cycle.response_complete:
            # Also when the rest of a body drips in that nobody waits for.
            return now_s - self._heard_s > KEEP_ALIVE_S
        if self._is_half_closed and not self.cycle.response_started:
            return now_s - self._heard_s > HALF_CLOSED_S_MAX
        if not self.cycle.more_body or self.flow.read_paused:
            return False
        return now_s - self._heard_s > BODY_PAUSE_S_MAX or now_s - self._head_ended_s > BODY_S_MAX

    def _begun_cycle(self) -> Cycle:
        """As uvicorn begins one, but for what is never asked of us: upgrades and an access log."""
        scope, parser = self.scope, self.parser
        url = httptools.parse_url(self.url)
        # A whole URL need not have one.
        raw_path = url.path or b"/"
        path = raw_path.decode("ascii")
        version = parser.get_http_version()
        scope["http_version"] = version
        scope["method"] = parser.get_method().decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw_path
        scope["query_string"] = url.query or b""
        scope[AT_ONCE] = True  # type: ignore[literal-required]
        if self._meant is not None:
            scope[hosts.MEANT] = self._meant  # type: ignore[literal-required]
        cycle = Cycle(
            scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            self.access_log,
            self.server_state.default_headers,
            asyncio.Event(),
            self.expect_100_continue,
            version != "1.0" and parser.should_keep_alive(),
            self.on_response_complete,
        )
        cycle.turn = self._turn
        return cycle

    def _asked_as_proxy(self) -> Any:  # noqa: ANN401 - uvicorn's type of it is not for our own messages
        """The ASGI application for a request whose target is no path; a tunnel that it asks for is noted.

        Raises:
            RefusedTunnel: nowhere.
        """
        own_port = None if self.server is None else self.server[1]
        asked = tunnels.asked(self.parser.get_method(), self.url, self._proxy, own_port)
        if asked is None:
            return self.app
        destination = asked.destination
        if not destination.is_krea:
            assert self._proxy is not None, "it has named the host"
            credentials = dict(self.headers).get(b"proxy-authorization", b"").decode("latin-1")
            self._proxy.check_peer(self.client and self.client[0], credentials)
        if asked.is_tunnel:
            self._tunnel = destination
        elif destination.is_krea:
            self.scope["scheme"] = "https"
            self.scope[hosts.MEANT] = destination.host  # type: ignore[literal-required]
        else:
            from mockkrea.forward import Forward

            return Forward(destination, self.url, self.headers)
        return self.app

    def _begin_tunnel(self, destination: Destination, rest: bytes) -> None:
        if rest or (self.cycle is not None and not self.cycle.response_complete):
            self._refuse(400, "CONNECT has to be the only thing that waits for an answer.")
            return
        self._turn.end()
        # What comes now is not for this parser.
        self.transport.pause_reading()
        task = self.loop.create_task(self._lead_to(destination))
        self.tasks.add(task)
        task.add_done_callback(self._have_led)

    def _have_led(self, task: asyncio.Task[None]) -> None:
        """Leave nobody waiting if that went wrong, by a mistake of ours."""
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.logger.error("A tunnel did not begin.", exc_info=task.exception())
            self.transport.abort()

    async def _lead_to(self, destination: Destination) -> None:
        """Let this connection become a tunnel there."""
        # A transport tells whoever writes to it of its next pause only, not of the one that it is in.
        await self.flow.drain()
        if self.transport.is_closing():
            return
        if destination.is_krea:
            await self._go_on_as(destination.host)
            return
        try:
            relay = await tunnels.relayed(destination, self.connections)
        except RefusedTunnel as refusal:
            self._refuse(refusal.status, str(refusal))
            return
        if self.transport.is_closing():
            relay.shutdown()
            return
        self.connections.discard(self)
        self.connections.add(relay)  # type: ignore[arg-type]
        self.transport.write(ESTABLISHED)
        relay.join(self.transport)

    async def _go_on_as(self, host: str) -> None:
        """Let another connection go on inside this one, over TLS, as this host of Krea's."""
        assert self._proxy is not None, "it has named the host"
        self.transport.write(ESTABLISHED)
        try:
            secured = await self._proxy.begin_tls(self.transport, host)
        except OSError:
            self.transport.abort()
            return
        finally:
            self.connections.discard(self)
        inside = Protocol(
            turn=self._turn,
            meant=host,
            config=self.config,
            server_state=self.server_state,
            app_state=self.app_state,
            _loop=self.loop,
        )
        secured.transport.set_protocol(inside)
        inside.connection_made(secured.transport)
        if secured.said:
            inside.data_received(secured.said)

    def _count_unfinished_head(self) -> None:
        if self._head_since_s is None:
            self._head_since_s = self._heard_s
        self._head_bytes = 0 if self._is_new_head else self._head_bytes + self._chunk_bytes
        self._is_new_head = False
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(*_too_large())

    def _size_of_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _refuse(self, status: int, sentence: str) -> None:
        """Say what is wrong, outside of any world, and hang up."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                # The request before it is answered first, and then the connection ends.
                cycle.keep_alive = False
                self.flow.pause_reading()
                return
            if cycle.response_started:
                self.transport.close()
        if self.transport.is_closing():
            return
        body = sentence.encode()
        challenge = CHALLENGE if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED else b""
        self._turn.end()
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"%sconnection: close\r\n\r\n%s"
            % (status, HTTPStatus(status).phrase.encode(), len(body), challenge, body)
        )
        self.transport.close()


class _HeadTooLarge(Exception):
    """Raised in a callback of the parser, which wraps it."""


def _too_large() -> tuple[int, str]:
    return (
        431,
        f"The head of a request may have {HEAD_FIELDS_MAX} fields and {HEAD_BYTES_MAX:,} bytes.",
    )


def _reason(error: Any) -> tuple[int, str]:  # noqa: ANN401 - httptools has no types
    if isinstance(error.__context__, RefusedTunnel):
        return error.__context__.status, str(error.__context__)
    if isinstance(error.__context__, _HeadTooLarge):
        return _too_large()
    return 400, "The request is not valid HTTP/1.1."
