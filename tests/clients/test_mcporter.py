"""mcporter, a command line for MCP servers: with a key, and signed in on the consent page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.asking import KEY, KREA_2, KREA_2_BODY, Served
from tests.clients.programs import Program, give_consent
from tests.contract.requirements import requirement

GENERATION = json.dumps({"model": KREA_2, "input": KREA_2_BODY})


class Mcporter:
    """A person's mcporter, in an empty home."""

    def __init__(self, node: str, packages: Path, home: Path) -> None:
        self._command = (node, str(packages / "mcporter/dist/cli.js"))
        self._settings = home / "mcporter.json"
        # No PATH, and so no browser.
        self._surroundings = {"HOME": str(home), "PATH": str(home), "KREA_API_KEY": KEY}

    def set_up(self, served: Served, **headers: str) -> None:
        """Write the settings."""
        server = {"url": f"{served.url}/mcp", "headers": headers}
        self._settings.write_text(json.dumps({"mcpServers": {"krea": server}, "imports": []}))

    def start(self, *arguments: str) -> Program:
        """Start a command."""
        settings = ("--config", str(self._settings))
        return Program(*self._command, *settings, *arguments, environment=self._surroundings)

    def run(self, *arguments: str) -> tuple[int, str]:
        """A command's exit code, and what it says."""
        with self.start(*arguments) as program:
            return program.end(), program.said


@pytest.fixture
def mcporter(node: str, packages: Path, tmp_path: Path) -> Mcporter:
    return Mcporter(node, packages, tmp_path)


@requirement("mcp:clients")
def test_mcporter_with_a_key_lists_tools_generates_and_reads_a_refusal(mcporter: Mcporter) -> None:
    with Served("--port", "0", "--progression", "immediate") as served:
        mcporter.set_up(served, Authorization="Bearer ${KREA_API_KEY}")
        listed = mcporter.run("list", "krea", "--json")
        generated = mcporter.run("call", "krea.generate", "--args", GENERATION, "--output", "json")
        job_id = json.loads(generated[1])["job_id"]
        ended = mcporter.run("call", "krea.get_job", f"jobId={job_id}", "--output", "json")
        refused = mcporter.run("call", "krea.get_job", "jobId=nobodys", "--output", "json")

    assert listed[0] == generated[0] == ended[0] == 0, listed[1]
    assert "generate" in [tool["name"] for tool in json.loads(listed[1])["tools"]]
    assert json.loads(ended[1])["status"] == "completed"
    assert refused[0] == 1
    assert json.loads(refused[1])["status"] == 404


@requirement("mcp:clients")
def test_mcporter_signs_in_on_the_consent_page(mcporter: Mcporter) -> None:
    with Served("--port", "0", "--progression", "immediate") as served:
        mcporter.set_up(served)
        before = json.loads(mcporter.run("list", "--json", "--no-oauth")[1])
        with mcporter.start("auth", "krea", "--no-browser") as login:
            give_consent(served, login.hear(r"(http\S+/authorize\?[^\s\"]+)"), "studio")
            assert login.end() == 0, login.said
        generated = mcporter.run("call", "krea.generate", "--args", GENERATION, "--output", "json")
        job_id = json.loads(generated[1])["job_id"]
        with served.client(headers={"Authorization": "Bearer mockkrea:studio"}) as client:
            kept = client.get(f"/jobs/{job_id}").raise_for_status().json()

    assert before["servers"][0]["issue"]["kind"] == "auth"
    assert kept["status"] == "completed"
