"""The parts of the server that need no process: its clock, its socket, its ready file, its log lines."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mockkrea import server
from mockkrea.log import JsonFormatter, RequestLines, printable
from tests.asking import Krea

NOON = datetime(2026, 11, 22, 12, 0, 0, 5000, tzinfo=UTC)


def test_the_real_clock_counts_microseconds_and_never_goes_back() -> None:
    clock = server.real_clock()

    shown = [clock() for _ in range(1000)]

    assert shown == sorted(shown)
    assert abs(shown[0] / 1_000_000 - datetime.now(UTC).timestamp()) < 60


def test_port_zero_takes_a_free_port_of_loopback() -> None:
    with server.listen(0) as bound:
        host, port = bound.getsockname()

    assert host == "127.0.0.1"
    assert port > 0


def test_a_taken_port_is_an_error_and_leaves_no_socket_open() -> None:
    with server.listen(0) as bound:
        bound.listen()

        with pytest.raises(OSError, match="in use"):
            server.listen(bound.getsockname()[1])


def test_a_ready_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"

    server.write_ready_file(path, {"url": "http://127.0.0.1:1", "pid": os.getpid()})

    assert json.loads(path.read_text()) == {"url": "http://127.0.0.1:1", "pid": os.getpid()}
    assert path.read_text().endswith("\n")
    assert list(tmp_path.iterdir()) == [path]


def lines_of(*requests: tuple[Any, ...], as_json: bool) -> list[str]:
    """What is logged for these requests."""
    stream = io.StringIO()

    async def serve() -> None:
        log = RequestLines(stream, as_json=as_json, now=NOON.timestamp)
        for request in requests:
            log(*request)
        assert stream.getvalue() == "", "lines are gathered first"
        log.flush()

    asyncio.run(serve())
    return stream.getvalue().splitlines()


def test_a_request_is_one_line_in_columns() -> None:
    lines = lines_of(("GET", "/jobs", 200, 0.00123), ("DELETE", "/jobs/x", 404, 1.5), as_json=False)

    assert lines == [
        "12:00:00  200  GET    /jobs  1.2 ms",
        "12:00:00  404  DELETE /jobs/x  1500.0 ms",
    ]


def test_an_mcp_message_is_told_by_what_it_asked_for() -> None:
    call = ("POST", "/mcp", 200, 0.001, "tools/call generate → 402")

    [plain] = lines_of(call, as_json=False)
    [facts] = lines_of(call, as_json=True)

    assert plain == "12:00:00  200  POST   /mcp  tools/call generate → 402  1.0 ms"
    assert json.loads(facts)["mcp"] == "tools/call generate → 402"


def test_a_request_is_one_object_with_milliseconds_as_json() -> None:
    [line] = lines_of(("GET", "/a\nb\u2028ü", 200, 0.0012344), as_json=True)

    assert json.loads(line) == {
        "at": "2026-11-22T12:00:00.005+00:00",
        "method": "GET",
        "path": "/a\nb\u2028ü",
        "status": 200,
        "ms": 1.234,
    }
    assert line.isascii()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/jobs/ü/灯", "/jobs/ü/灯"),
        ("/\x1b[2J", "/\\x1b[2J"),
        ("/a\r\nb", "/a\\r\\nb"),
        ("/\u202e", "/\\u202e"),
        ("/\x00", "/\\x00"),
    ],
)
def test_a_terminal_is_never_sent_what_it_would_obey(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_method_is_as_safe_for_a_terminal_as_a_path() -> None:
    [line] = lines_of(("\x1b[2J", "/", 405, 0), as_json=False)

    assert "\x1b" not in line


def test_a_log_record_is_one_line_of_json_with_its_traceback_inside() -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        record = logging.LogRecord(
            "mockkrea", logging.ERROR, __file__, 1, "%s failed", ("it",), sys.exc_info()
        )

    line = JsonFormatter().format(record)

    facts = json.loads(line)
    assert "\n" not in line
    assert (facts["level"], facts["message"]) == ("error", "it failed")
    assert facts["traceback"].endswith("ValueError: odd")


def test_answering_requests_leaves_no_cycles_for_the_garbage_collector(krea: Krea) -> None:
    """This is what lets a server look for garbage so seldom, see `server.GC_THRESHOLDS`."""
    headers = [(b"host", b"localhost"), (b"authorization", b"Bearer mockkrea:dev")]
    submission = json.dumps({"prompt": "a fox"}).encode()
    json_headers = [*headers, (b"content-type", b"application/json")]
    asked = [
        ({"method": "POST", "path": "/generate/image/bfl/flux-1-dev", "headers": json_headers}, submission),
        ({"method": "POST", "path": "/generate/image/bfl/flux-1-dev", "headers": json_headers}, b"{}"),
        ({"method": "GET", "path": "/jobs", "headers": headers}, b""),
        ({"method": "GET", "path": "/jobs/nobodys", "headers": headers}, b""),
    ]

    def answer_all(times: int) -> int:
        gc.collect()
        for scope, body in asked * times:
            krea.raw(scope, [{"type": "http.request", "body": body, "more_body": False}])
        return gc.collect()

    answer_all(2)
    gc.disable()
    try:
        garbage = answer_all(50)
    finally:
        gc.enable()

    assert garbage < 50
