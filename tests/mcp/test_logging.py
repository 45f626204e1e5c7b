"""What is logged of MCP messages: which tool was called, and whether that was refused."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mockkrea.adapters.door import Door
from mockkrea.app import App
from tests.asking import FLUX, URL, Json, Krea
from tests.mcp.speaking import Speaker

CALL = {"name": "generate", "arguments": {"model": FLUX, "input": {"prompt": "a fox"}}}
WRONG = {"name": "generate", "arguments": {"model": FLUX, "input": {}}}
UNKNOWN = {"name": "generat", "arguments": {}}
POOR = {"name": "generate", "arguments": {"model": FLUX, "input": {"prompt": "[[mock:402]]"}}}


@pytest.fixture
def notes(krea: Krea) -> Iterator[list[str]]:
    """What is logged besides path and status, in the order of the answers."""
    notes: list[str] = []
    app = App(krea.worlds, Door(), log_request=lambda *answered: notes.append(answered[-1]))
    krea.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL)
    yield notes
    krea.run(app.close())


@pytest.mark.parametrize(
    ("method", "params", "note"),
    [
        ("tools/list", {}, "tools/list"),
        ("tools/call", CALL, "tools/call generate"),
        ("tools/call", WRONG, "tools/call generate → 422"),
        ("tools/call", POOR, "tools/call generate → 402"),
        ("tools/call", UNKNOWN, "tools/call generat → -32602"),
        ("tools/call", [], "→ -32602"),
    ],
)
def test_a_line_says_what_was_asked_and_how_it_was_refused(
    krea: Krea, notes: list[str], method: str, params: Json, note: str
) -> None:
    Speaker(krea).post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})

    assert notes == [note]


@pytest.mark.parametrize(
    ("method", "params", "tool", "is_error"),
    [
        ("tools/list", {}, None, False),
        ("tools/call", CALL, "generate", False),
        ("tools/call", WRONG, "generate", True),
        ("tools/call", UNKNOWN, "generat", True),
    ],
)
def test_a_logged_message_tells_its_tool_and_whether_it_was_refused(
    krea: Krea, method: str, params: Json, tool: str | None, is_error: bool
) -> None:
    speaker = Speaker(krea)

    speaker.post(speaker.message(method, params))

    [logged] = krea.control("requests")["items"]
    assert (logged["tool"], logged["is_error"]) == (tool, is_error)


def test_a_request_to_rest_has_no_tool(krea: Krea) -> None:
    krea.get("/jobs")

    [logged] = krea.control("requests")["items"]
    assert (logged["tool"], logged["is_error"]) == (None, None)
