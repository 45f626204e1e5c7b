"""What `mockkrea mcp-config` prints, in the hands of Claude Code and Codex: added, listed, signed in.

Neither reaches a model: nothing but the mock is asked.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.asking import Json, Served
from tests.clients.programs import Program, give_consent
from tests.contract.requirements import requirement
from tests.test_connect import printed
from tests.tools import require

QUIET = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
PROGRAMS = {"claude": "@anthropic-ai/claude-code/cli-wrapper.cjs", "codex": "@openai/codex/bin/codex.js"}
PATIENCE_S = 120


@pytest.fixture
def desk(coding_agents: Path, tmp_path: Path) -> Desk:
    return Desk(coding_agents, tmp_path)


class Desk:
    """A person's machine that has the agents and nothing else: an empty home and a short PATH."""

    def __init__(self, packages: Path, folder: Path) -> None:
        self.home = folder / "home"
        self.project = self.home / "project"
        self.project.mkdir(parents=True)
        programs = folder / "bin"
        programs.mkdir()
        for name, script in PROGRAMS.items():
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec "{require("node")}" "{packages / script}" "$@"\n')
            program.chmod(0o755)
        self.environment = {"HOME": str(self.home), "PATH": f"{programs}:/usr/bin:/bin", **QUIET}

    def sign_in(self, served: Served, line: str, workspace: str | None = None) -> None:
        """Run a line that asks for consent: nobody has to give it, or Ada does for this workspace."""
        # Claude Code signs in at a terminal alone, and in the project in which it was set up.
        line = f"cd '{self.project}' && {line}"
        terminal = (require("script"), "--quiet", "--return", "--command", line, "/dev/null")
        with Program(*terminal, environment=self.environment) as login:
            give_consent(served, login.hear(r"(http\S+/authorize\?\S+)"), workspace)
            assert login.end() == 0, login.said

    def shell(self, line: str) -> str:
        """What a line prints on stdout that a person pastes into a shell."""
        ran = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


@pytest.fixture
def served() -> Served:
    return Served("--port", "0", "--auto-approve")


@pytest.fixture
def asking() -> Served:
    """A mock that asks for consent."""
    return Served("--port", "0")


def sessions_of(served: Served) -> list[Json]:
    """What the mock knows of who has signed in."""
    with served.client() as client:
        items: list[Json] = client.get("/__mockkrea/oauth/sessions").raise_for_status().json()["items"]
    return items


@requirement("mcp:clients")
def test_claude_code_takes_the_command_and_finds_that_it_has_to_sign_in(served: Served, desk: Desk) -> None:
    with served:
        desk.shell(printed("mcp-config", "claude", "--url", served.url))
        listed = desk.shell("claude mcp list")
        got = desk.shell("claude mcp get krea-ai")

    assert f"krea-ai: {served.url}/mcp (HTTP)" in listed
    assert "Needs authentication" in listed
    assert f"URL: {served.url}/mcp" in got


@requirement("mcp:clients")
def test_claude_code_connects_with_the_key_by_command_alone(served: Served, desk: Desk) -> None:
    with served:
        desk.shell(printed("mcp-config", "claude", "--url", served.url, "--key"))
        listed = desk.shell("claude mcp list")

    assert f"krea-ai: {served.url}/mcp (HTTP)" in listed
    assert "Connected" in listed


@requirement("mcp:clients")
def test_claude_code_reads_the_file_of_a_project(served: Served, desk: Desk) -> None:
    with served:
        file = printed("mcp-config", "claude", "--url", served.url, "--format", "file")
        (desk.project / ".mcp.json").write_text(file)
        got = desk.shell("claude mcp get krea-ai")

    assert "Project config" in got
    assert f"URL: {served.url}/mcp" in got


@requirement("mcp:clients")
def test_codex_reads_the_file_and_signs_in_without_a_page(served: Served, desk: Desk) -> None:
    with served:
        settings = desk.home / ".codex" / "config.toml"
        settings.parent.mkdir()
        settings.write_text(printed("mcp-config", "codex", "--url", served.url))
        before = json.loads(desk.shell("codex mcp list --json"))
        desk.sign_in(served, "codex mcp login krea-ai")
        after = json.loads(desk.shell("codex mcp list --json"))

    assert before[0]["transport"]["url"] == f"{served.url}/mcp"
    assert (before[0]["auth_status"], after[0]["auth_status"]) == ("not_logged_in", "o_auth")


@requirement("mcp:clients")
def test_claude_code_signs_in_on_the_consent_page(asking: Served, desk: Desk) -> None:
    with asking:
        desk.shell(printed("mcp-config", "claude", "--url", asking.url))
        desk.sign_in(asking, "claude mcp login --no-browser krea-ai", "studio")
        listed = desk.shell("claude mcp list")
        sessions = sessions_of(asking)

    assert "Connected" in listed
    assert [session["workspace"] for session in sessions] == ["studio"]


@requirement("mcp:clients")
def test_codex_signs_in_on_the_consent_page(asking: Served, desk: Desk) -> None:
    with asking:
        settings = desk.home / ".codex" / "config.toml"
        settings.parent.mkdir()
        settings.write_text(printed("mcp-config", "codex", "--url", asking.url))
        desk.sign_in(asking, "codex mcp login krea-ai", "studio")
        [listed] = json.loads(desk.shell("codex mcp list --json"))
        sessions = sessions_of(asking)

    assert listed["auth_status"] == "o_auth"
    assert [session["workspace"] for session in sessions] == ["studio"]


@requirement("mcp:clients")
def test_codex_takes_the_commands_and_the_file_with_a_key(served: Served, desk: Desk) -> None:
    with served:
        desk.shell(printed("mcp-config", "codex", "--url", served.url, "--format", "command", "--key"))
        by_command = json.loads(desk.shell("codex mcp get krea-ai --json"))["transport"]
        desk.shell("codex mcp remove krea-ai")
        desk.sign_in(served, printed("mcp-config", "codex", "--url", served.url, "--format", "command"))
        [for_oauth] = json.loads(desk.shell("codex mcp list --json"))
        file = desk.home / ".codex" / "config.toml"
        file.write_text(printed("mcp-config", "codex", "--url", served.url, "--key"))
        by_file = json.loads(desk.shell("codex mcp get krea-ai --json"))["transport"]

    assert by_command["bearer_token_env_var"] == "KREA_API_KEY"
    assert for_oauth["auth_status"] == "o_auth"
    assert by_command["url"] == by_file["url"] == f"{served.url}/mcp"
    assert set(by_file["http_headers"]) == {"Authorization"}
