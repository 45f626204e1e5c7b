"""MCP clients of agent frameworks, unchanged: tools listed, an image generated, a refusal read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asking import KEY, KREA_2, KREA_2_BODY, Json, Served
from tests.clients.programs import Program, give_consent
from tests.contract.requirements import requirement

PROGRAMS = Path(__file__).parent / "mcp_clients"
GENERATION = json.dumps({"model": KREA_2, "input": KREA_2_BODY})

# Each program, and the environment that has its client.
CLIENTS = {
    "fastmcp": "python_2",
    "langchain": "python_1",
    "openai_agents": "python_2",
    "pydantic_ai": "python_2",
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("--port", "0", "--progression", "immediate") as served:
        yield served


@requirement("mcp:clients")
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_with_a_key_generates_and_reads_a_refusal(
    client: str, served: Served, request: pytest.FixtureRequest
) -> None:
    python = request.getfixturevalue(CLIENTS[client])
    command = (python, str(PROGRAMS / f"with_{client}.py"))
    with Program(*command, f"{served.url}/mcp", KEY, GENERATION) as program:
        done = json.loads(program.hear("DONE (.*)"))
        assert program.end() == 0, program.said

    check(served, done, KEY)


@requirement("hosts:clients")
@pytest.mark.parametrize("client", ["fastmcp", "langchain"], ids=["SDK 2", "SDK 1"])
def test_a_client_set_up_for_kreas_own_address_comes_to_the_mock(
    client: str, request: pytest.FixtureRequest
) -> None:
    python = request.getfixturevalue(CLIENTS[client])
    beside = (sys.executable, "-m", "mockkrea", "exec", python, str(PROGRAMS / f"with_{client}.py"))
    with Program(*beside, "https://api.krea.ai/mcp", KEY, GENERATION) as program:
        done = json.loads(program.hear("DONE (.*)"))
        assert program.end() == 0, program.said

    assert done["ended"]["result"]["urls"][0].startswith("https://gen.krea.ai/")
    assert "1 job (1 completed)" in program.said


@requirement("mcp:clients")
def test_fastmcp_signs_in_on_the_consent_page_and_generates_for_the_workspace_chosen_there(
    served: Served, python_2: str
) -> None:
    command = (python_2, str(PROGRAMS / "with_fastmcp.py"))
    # It opens a browser, which here prints the address and leaves the rest to the test.
    browser = {"BROWSER": "echo AUTHORIZE %s"}
    with Program(*command, f"{served.url}/mcp", "oauth", GENERATION, environment=browser) as program:
        give_consent(served, program.hear("AUTHORIZE (.*)"), "studio")
        done = json.loads(program.hear("DONE (.*)"))
        assert program.end() == 0, program.said

    check(served, done, "mockkrea:studio")


def check(served: Served, done: Json, key: str) -> None:
    """See that the client knows all tools and why it was refused, and that the job is the key's."""
    job = done["ended"]
    with served.client(headers={"Authorization": f"Bearer {key}"}) as client:
        kept = client.get(f"/jobs/{job['job_id']}").raise_for_status().json()
        [url] = kept["result"]["urls"]
        picture = client.get(url).raise_for_status()

    assert {"list_models", "get_model_schema", "generate", "get_job", "cancel_job"} <= set(done["tools"])
    assert kept["status"] == job["status"] == "completed"
    assert job["result"]["urls"] == [url]
    assert picture.headers["content-type"] == "image/png"
    assert json.loads(done["refused"])["status"] == 404
