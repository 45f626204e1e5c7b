"""Serving worlds over HTTP: the socket, uvicorn, the lines on the terminal, and the end.

The ready line on stdout is what other people's scripts wait for; nothing is printed before it, and
the ready file appears after it, whole. SIGTERM and SIGINT stop the server cleanly within a second.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from mockkrea.adapters.door import Place, is_loopback
from mockkrea.adapters.http import CONTROL_PATH
from mockkrea.adapters.mcp.endpoint import MCP_PATH
from mockkrea.app import App
from mockkrea.cycle import Turn
from mockkrea.intercept import Proxy
from mockkrea.protocol import CONNECTIONS_MAX, KEEP_ALIVE_S, Protocol
from mockkrea.relay import Relay
from mockkrea.tunnels import RELAYS_MAX
from mockkrea.watch import Watch

HOST = "127.0.0.1"
IPV4 = 4
READY_LINE = "mockkrea listening on {url}"

# With an idle keep-alive connection open, 1 would make the stop take longer than a second.
SHUTDOWN_S = 0.3

# What uvicorn says of the requests that are not answered by then, before it cancels them.
CUT_OFF = "Cancel %s running task(s), timeout graceful shutdown exceeded"

TICKS_A_SECOND = 10
TICKS_PER_LOOK = 3

# For everything but connections: files, pipes, webhooks.
OTHER_FILES = 200

# What a world keeps are trees, and answering a request leaves no cycles (tests/test_server.py). So the
# collector finds next to nothing: it looks at new objects while they are still in the cache, and at
# old ones, of which there may be a million, as good as never.
GC_THRESHOLDS = (3_000, 10_000, 100)


def real_clock() -> Callable[[], int]:
    """The real time, in microseconds since the epoch; it never goes back, even when the system's is set."""
    base_ns = time.time_ns() - time.monotonic_ns()
    return lambda: (base_ns + time.monotonic_ns()) // 1000


def listen(port: int, host: str = HOST) -> socket.socket:
    """A socket at this name or address, and at the port, 0 for any free one.

    Raises:
        OSError: there is no such host here, or the port is taken or not ours to take.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    if os.name == "posix":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections have it from here: of a client that is gone without a word the system finds out.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def url_of(bound: socket.socket) -> str:
    """Where a client on this machine reaches the socket."""
    host, port = bound.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        address = ip_address(HOST if address.version == IPV4 else "::1")
    return f"http://{Place(str(address), port)}"


def is_beyond_loopback(bound: socket.socket) -> bool:
    """Whether other machines reach the socket."""
    return not is_loopback(bound.getsockname()[0])


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready and ends without raising the signal again."""

    def __init__(
        self,
        app: App,
        *,
        when_ready: Callable[[], None],
        watch: Watch | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                ws="none",
                server_header=False,
                proxy_headers=False,
                http=partial(Protocol, turn=Turn(), proxy=proxy),  # type: ignore[arg-type]
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=SHUTDOWN_S,  # type: ignore[arg-type]
            )
        )
        logging.getLogger("uvicorn.error").addFilter(_is_no_cut_off)
        self._app = app
        self._when_ready = when_ready
        self._watch = watch

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._when_ready()

    async def on_tick(self, counter: int) -> bool:
        """Every tenth of a second; once a second look for clients that keep us waiting."""
        if counter % TICKS_A_SECOND == 0:
            now_s = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                assert isinstance(connection, Protocol | Relay), "it is one of ours"
                connection.hang_up_if_overdue(now_s)
        if self._watch is not None and counter % TICKS_PER_LOOK == 0:
            await self._watch.look()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and end what the application runs beside requests."""
        self._app.stop()
        await super().shutdown(sockets)
        await self._app.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM end the server; a clean stop is exit code 0."""
        if threading.current_thread() is not threading.main_thread():
            # Then the process is another program's, and so are its signals.
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(
    app: App,
    bound: socket.socket,
    *,
    when_ready: Callable[[], None],
    watch: Watch | None = None,
    proxy: Proxy | None = None,
) -> None:
    """Serve the application at this socket until a signal comes."""
    # Any connection may have its request forwarded over another one.
    _allow_files(2 * CONNECTIONS_MAX + RELAYS_MAX + OTHER_FILES)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    Server(app, when_ready=when_ready, watch=watch, proxy=proxy).run(sockets=[bound])
    # The interpreter's last look for garbage would go through all that there is.
    gc.freeze()


def _allow_files(count: int) -> None:
    """Let this process open so many files, or as many as the system lets it."""
    if os.name != "posix":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _is_no_cut_off(record: logging.LogRecord) -> bool:
    """A request that the stop of the server cut off is no mistake: neither a line nor a traceback."""
    if record.msg == CUT_OFF:
        return False
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def ready_facts(
    url: str, api_key: str, admin_token: str | None, proxy: Mapping[str, str]
) -> dict[str, object]:
    """What a script has to know of this server once it is ready; `proxy` is what it has to know of one."""
    facts: dict[str, object] = {
        "url": url,
        "mcp_url": url + MCP_PATH,
        "control_url": url + CONTROL_PATH,
        "api_key": api_key,
    }
    if admin_token is not None:
        facts["admin_token"] = admin_token
    return facts | dict(proxy) | {"pid": os.getpid()}


def write_ready_file(path: Path, facts: dict[str, object]) -> None:
    """Put the facts there as JSON, all of them at once: a reader sees the whole file or none."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    unfinished.replace(path)
