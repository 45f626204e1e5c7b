"""The conformance suite of the Model Context Protocol, against our MCP and authorization servers."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.asking import Served
from tests.clients.programs import Program, give_consent
from tests.clients.signed_in import SignedIn
from tests.contract.requirements import requirement
from tests.oauth import REGISTER

EXPECTED_FAILURES = Path(__file__).parent / "expected_failures.yml"
REVISIONS = ["2025-11-25", "2026-07-28"]


@pytest.fixture
def suite(node: str, packages: Path) -> list[str]:
    """The command of the suite."""
    return [node, str(packages / "@modelcontextprotocol/conformance/dist/index.js")]


@requirement("mcp:conformance")
@pytest.mark.parametrize("revision", REVISIONS)
def test_the_server_does_all_that_a_revision_requires_but_what_is_written_down(
    suite: list[str], revision: str
) -> None:
    arguments = ["--requirements", revision, "--expected-failures", str(EXPECTED_FAILURES)]
    with (
        Served("--port", "0") as served,
        SignedIn(served) as proxy,
        Program(*suite, "server", "--url", f"{proxy.url}/mcp", *arguments) as program,
    ):
        assert program.end() == 0, program.said

    assert "✓ tools-list" in program.said


@requirement("oauth:conformance")
def test_the_authorization_server_gives_a_token_for_a_code(suite: list[str]) -> None:
    with Served("--port", "0", "--auto-approve") as served:
        port = free_port()
        callback = f"http://127.0.0.1:{port}/callback"
        arguments = ["--client-id", registered(served, callback), "--port", str(port)]
        resource = ["--resource", f"{served.url}/mcp"]
        with Program(*suite, "authorization", "--url", served.url, *arguments, *resource) as program:
            give_consent(served, program.hear(r"^(http\S+/authorize\?\S+)"))
            assert program.end() == 0, program.said

    assert re.search(r"✓ authorization-server-metadata-endpoint: [1-9]\d* passed, 0 failed", program.said)
    assert re.search(r"✓ authorization-code-grant: [1-9]\d* passed, 0 failed", program.said)


def test_every_failure_that_is_expected_says_why_and_is_of_a_scenario_that_counts(suite: list[str]) -> None:
    lines = [line for line in EXPECTED_FAILURES.read_text().splitlines() if line.startswith("  - ")]
    expected = [re.fullmatch(r"  - ([\w-]+)(?::[\w-]+)?  # (.{8,})", line) for line in lines]

    listed = ""
    for revision in REVISIONS:
        with Program(*suite, "list", "--requirements", revision) as program:
            assert program.end() == 0, program.said
        listed += program.said

    assert lines
    for line, match in zip(lines, expected, strict=True):
        assert match, f"say why: {line}"
        assert re.search(rf"- {match[1]}\b", listed), f"{match[1]} is no scenario"


def registered(served: Served, callback: str) -> str:
    with served.client() as client:
        body = {"client_name": "The conformance suite", "redirect_uris": [callback]}
        return str(client.post(REGISTER, json=body).raise_for_status().json()["client_id"])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
