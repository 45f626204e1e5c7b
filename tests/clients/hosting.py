"""A web server for a host of MCP Apps, and one on another origin for the sandbox of its widgets."""

from __future__ import annotations

import json
import mimetypes
import re
import threading
from base64 import b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from mockkrea.adapters.mcp import apps

HERE = Path(__file__).parent / "apps"

mimetypes.add_type("text/javascript", ".mjs")


class Hosting:
    """Both servers, from entering to leaving."""

    def __init__(self, packages: Path) -> None:
        class OfHost(_Answering):
            modules = packages

        class OfSandbox(_Sandboxing):
            modules = packages

        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), each) for each in (OfHost, OfSandbox)]
        self._threads = [threading.Thread(target=each.serve_forever, args=(0.05,)) for each in self._servers]
        self.origin, self.sandbox = (f"http://127.0.0.1:{each.server_port}" for each in self._servers)

    def __enter__(self) -> Hosting:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


class _Answering(BaseHTTPRequestHandler):
    """The host's page, and the modules that it imports."""

    protocol_version = "HTTP/1.1"
    modules = Path()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        below = path.removeprefix("/node_modules/")
        self.answer(self.modules / below if below != path else HERE / "host.html")

    def answer(self, file: Path, policy: str | None = None) -> None:
        """Give this file, under this policy."""
        body = file.read_bytes() if file.is_file() else b""
        self.send_response(200 if file.is_file() else 404)
        self.send_header("Content-Type", mimetypes.guess_type(file.name)[0] or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if policy is not None:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Sandboxing(_Answering):
    """The sandbox, under the policy that the resource asks for."""

    def do_GET(self) -> None:
        [asked] = parse_qs(urlsplit(self.path).query)["csp"]
        self.answer(HERE / "sandbox.html", policy_for(json.loads(asked)))


def policy_for(csp: dict[str, list[str]]) -> str:
    """The specification's policy, but stricter: hashes of what is inline in place of 'unsafe-inline'."""
    resources = " ".join(csp.get("resourceDomains", []))
    html = [(HERE / "sandbox.html").read_text(encoding="utf-8"), apps.contents("http://localhost")["text"]]
    scripts, styles = (" ".join(_hash_of(tag, text) for text in html) for tag in ("script", "style"))
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data: {resources};"
        f" media-src data: {resources}; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _hash_of(tag: str, html: str) -> str:
    [text] = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
