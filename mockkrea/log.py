"""What `mockkrea serve` says on stderr: a line for every request, for people or as JSON.

Lines are gathered for a moment too short to notice and written together, so that logging costs a
loaded server next to nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import time
from typing import TextIO

GATHERED_S = 0.02

# When, method, path, status, the seconds it took, and what an MCP message was about.
Answered = tuple[float, str, str, int, float, str]


class RequestLines:
    """Writes a line per request.

    Args:
        stream: where to.
        as_json: one JSON object a line instead of columns.
        now: the real time, to be shown, in seconds since the epoch.
    """

    def __init__(self, stream: TextIO, *, as_json: bool, now: Callable[[], float] = time) -> None:
        self._stream = stream
        self._lines = _json_lines if as_json else _plain_lines
        self._now = now
        self._waiting: list[Answered] = []

    def __call__(self, method: str, path: str, status: int, seconds: float, note: str = "") -> None:
        """Take down one answered request."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(GATHERED_S, self.flush)
        self._waiting.append((self._now(), method, path, status, seconds, note))

    def flush(self) -> None:
        """Write what was gathered; also when the server stops."""
        waiting, self._waiting = self._waiting, []
        self._stream.writelines(self._lines(waiting))
        self._stream.flush()


class JsonFormatter(logging.Formatter):
    """Python's log records in the same JSON as the requests."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, the traceback inside it."""
        at = datetime.fromtimestamp(record.created, UTC)
        facts: dict[str, object] = {"at": at.isoformat(), "level": record.levelname.lower()}
        facts["message"] = record.getMessage()
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts)


def _plain_lines(requests: list[Answered]) -> Iterator[str]:
    second, clock = -1, ""
    for now, method, path, status, seconds, note in requests:
        if int(now) != second:
            second, clock = int(now), f"{datetime.fromtimestamp(now, UTC):%H:%M:%S}"
        about = f"  {printable(note)}" if note else ""
        yield f"{clock}  {status}  {printable(method):<6} {printable(path)}{about}  {seconds * 1000:.1f} ms\n"


def _json_lines(requests: list[Answered]) -> Iterator[str]:
    for now, method, path, status, seconds, note in requests:
        facts = {
            "at": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
            "method": method,
            "path": path,
            "status": status,
            "ms": round(seconds * 1000, 3),
        }
        yield json.dumps(facts | ({"mcp": note} if note else {})) + "\n"


def printable(text: str) -> str:
    """The text with whatever a terminal would obey written out."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def set_up(as_json: bool) -> None:
    """Let warnings and errors of this process go to stderr, a JSON object a line if that is wanted."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # uvicorn warns of every client that talks nonsense, and how to install what we do not want.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
