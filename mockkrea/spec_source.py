"""The bytes of a document, from where somebody says that it is: a file, a URL, or stdin."""

from __future__ import annotations

import os
import stat
import sys
from io import BufferedReader
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import httpx

from mockkrea.adapters.door import is_loopback
from mockkrea.spec.document import SIZE_BYTES_MAX, InvalidDocument

STDIN = "-"

STEP_S_MAX = 15  # for a connection, and between two parts of an answer
FETCH_S_MAX = 60


def name_of(source: str) -> str:
    """What messages call it: what stands around host and path of a URL may be secret."""
    if source == STDIN:
        return "stdin"
    return source.partition("?")[0].rpartition("@")[2] if "://" in source else source


def content_of(source: str) -> bytes:
    """The bytes there, as far as they are read: one more than a document may have.

    Raises:
        InvalidDocument: there are none.
    """
    if not source:
        raise InvalidDocument("it is empty; name a file, a URL, or - for stdin.")
    if source == STDIN:
        return sys.stdin.buffer.read(SIZE_BYTES_MAX + 1)
    scheme, is_url, _ = source.partition("://")
    if is_url and scheme.lower() not in ("http", "https"):
        raise InvalidDocument(f"{name_of(source)} cannot be read: URLs begin with http:// or https://.")
    return _fetched(source) if is_url else _read(Path(source))


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISFIFO(mode):
                return _piped(path, file)
            if stat.S_ISREG(mode):
                return file.read(SIZE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidDocument(f"{path}: {error.strerror}.") from None
    raise InvalidDocument(f"{path} is no file but a device; - is stdin.")


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for a pipe's other end; Windows, without the flag, has no such pipes."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _piped(path: Path, pipe: BufferedReader) -> bytes:
    """What a pipe brings that somebody has opened to write, as the shell's <(…) does."""
    # None where there is a writer who has not written yet.
    first = pipe.raw.read(1)
    if first == b"":
        raise InvalidDocument(f"{path} is a pipe that nobody writes to; name a file, or - for stdin.")
    os.set_blocking(pipe.fileno(), True)
    return (first or b"") + pipe.read(SIZE_BYTES_MAX + 1)


def _fetched(url: str) -> bytes:
    try:
        # A proxy has no way to this machine, and its refusal would hide the reason.
        by_proxy = not is_loopback(urlsplit(url).hostname or "")
        # A packed answer could be any size once it is unpacked.
        headers = {"Accept-Encoding": "identity"}
        with (
            httpx.Client(timeout=STEP_S_MAX, follow_redirects=True, trust_env=by_proxy) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            return _received(answer)
    # Beside its own errors, httpx lets out those of the resolver (ValueError), of a file of authorities
    # (OSError) and of a kind of proxy that it needs another package for (ImportError).
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError, ImportError) as error:
        raise InvalidDocument(f"{name_of(url)} cannot be fetched: {error or type(error).__name__}.") from None


def _received(answer: httpx.Response) -> bytes:
    if not answer.is_success:
        raise InvalidDocument(f"the answer is {answer.status_code} {answer.reason_phrase}.")
    packed = answer.headers.get("content-encoding", "identity")
    if packed != "identity":
        raise InvalidDocument(f"it comes as {packed}; get it with `curl --compressed` and name the file.")
    until, content = monotonic() + FETCH_S_MAX, bytearray()
    for chunk in answer.iter_raw():
        content += chunk
        if monotonic() > until:
            raise InvalidDocument(f"it did not come within {FETCH_S_MAX} seconds.")
        if len(content) > SIZE_BYTES_MAX:
            break
    return bytes(content)
