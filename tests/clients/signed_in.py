"""A proxy that adds the default key to each request, for clients that have no way to sign in."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

from tests.asking import KEY, Served

SET_ANEW = {"authorization", "connection", "content-length", "transfer-encoding"}


class SignedIn:
    """The proxy before a server, from entering to leaving."""

    def __init__(self, served: Served) -> None:
        class Handler(Forwarding):
            target = urlsplit(served.url).netloc

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> SignedIn:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Forwarding(BaseHTTPRequestHandler):
    """Sends on what it gets, each other header as it is, Host and Origin too."""

    protocol_version = "HTTP/1.1"
    target = ""

    def forward(self) -> None:
        """Ask the server and give its answer."""
        connection = http.client.HTTPConnection(self.target, timeout=Served.WAIT_S)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in SET_ANEW:
                connection.putheader(name, value)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Authorization", f"Bearer {KEY}")
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()

        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in SET_ANEW:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = forward

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""
