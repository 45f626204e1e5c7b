"""The MCP Inspector's command line, which judges tools and the widget by the specifications."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from tests.asking import KEY, KREA_2, KREA_2_BODY, Json, Served
from tests.clients.programs import Program
from tests.contract.requirements import requirement


@pytest.fixture(params=["documented", "live"])
def served(request: pytest.FixtureRequest) -> Served:
    """A mock with each profile of tools, not yet running."""
    return Served("--port", "0", "--tools", request.param)


def inspected(node: str, packages: Path, served: Served, *arguments: str) -> tuple[int, str]:
    """The Inspector's exit code, and what it says."""
    inspector = packages / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    key = f"Authorization: Bearer {KEY}"
    server = ["--transport", "http", "--server-url", f"{served.url}/mcp", "--header", key]
    with Program(node, str(inspector), "--cli", *server, *arguments) as program:
        return program.end(), program.said


@requirement("mcp:widget")
def test_each_tool_with_the_widget_is_an_app_with_our_own_origin(
    node: str, packages: Path, served: Served
) -> None:
    with served:
        code, said = inspected(node, packages, served, "--method", "tools/list", "--app-info")

    apps: list[Json] = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    with_widget = [app for app in apps if app.get("hasApp")]
    assert code == 0, said
    assert with_widget, said
    for app in with_widget:
        assert app["resourceUri"] == "ui://krea-public-api/job-result-frame"
        assert app["csp"] == {"resourceDomains": [served.url]}


def test_no_tools_schema_is_a_problem_for_any_client(node: str, packages: Path, served: Served) -> None:
    with served:
        code, said = inspected(node, packages, served, "--method", "tools/list", "--strict")

    assert code == 0, said


@requirement("mcp:clients")
def test_the_inspector_calls_tools_and_sees_what_is_refused(node: str, packages: Path) -> None:
    generation = ["--tool-name", "generate", "--tool-arg", f"model={KREA_2}"]
    body = ["--tool-arg", f"input={json.dumps(KREA_2_BODY)}"]
    look = ["--tool-name", "get_job", "--tool-arg"]
    with Served("--port", "0", "--progression", "immediate") as served:
        call = partial(inspected, node, packages, served, "--method", "tools/call")
        generated = call(*generation, *body)
        job_id = json.loads(generated[1])["structuredContent"]["job_id"]
        ended = call(*look, f"jobId={job_id}")
        refused = call(*look, "jobId=nobodys")

    assert generated[0] == ended[0] == 0
    assert json.loads(ended[1])["structuredContent"]["status"] == "completed"
    assert refused[0] != 0
    assert "Job not found or unauthorized" in refused[1]
