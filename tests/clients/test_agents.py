"""Agents on SDKs that others wrote sign in by OAuth, find models, generate and cancel, over HTTP."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx
import pytest

from tests.asking import KREA_2, KREA_2_BODY, Json, Served, facts_in
from tests.clients.programs import Program, callback_of
from tests.contract.requirements import requirement

HERE = Path(__file__).parent
GENERATION = json.dumps({"model": KREA_2, "input": KREA_2_BODY})

# Calls that are refused, each with the status that it is told.
WRONG_CALLS: list[tuple[int, str, Json]] = [
    (402, "generate", {"model": KREA_2, "input": KREA_2_BODY | {"prompt": "[[mock:402]]"}}),
    (404, "generate", {"model": "image/krea/krea-2/mediun", "input": KREA_2_BODY}),
    (404, "get_job", {"jobId": "nobodys"}),
    (422, "generate", {"model": KREA_2, "input": {"prompt": "a fox"}}),
    (422, "cancel_job", {}),
]


@pytest.fixture(params=["Python SDK 1", "Python SDK 2", "TypeScript SDK"])
def agent(request: pytest.FixtureRequest) -> list[str]:
    """The command of each agent, which takes the server's URL, the generation and the wrong calls besides."""
    if request.param == "TypeScript SDK":
        node, packages = (request.getfixturevalue(name) for name in ("node", "packages"))
        return [node, str(HERE / "agent.mjs"), str(packages)]
    if request.param == "Python SDK 1":
        return [request.getfixturevalue("python_1"), str(HERE / "agent_python_1.py")]
    return [sys.executable, str(HERE / "agent_python_2.py")]


@requirement("mcp:clients")
@pytest.mark.parametrize("person", ["nobody", "Ada"])
def test_an_agent_signs_in_finds_models_generates_cancels_and_reads_refusals(
    agent: list[str], person: str
) -> None:
    flags = [] if person == "Ada" else ["--auto-approve", "studio"]
    with Served("--port", "0", *flags) as served:
        still(served)
        wrong_calls = json.dumps([call for _, *call in WRONG_CALLS])
        with Program(*agent, f"{served.url}/mcp", GENERATION, wrong_calls) as program:
            page = program.hear("AUTHORIZE (.*)")
            program.say(callback_of(served, page, "studio" if person == "Ada" else None))
            done = json.loads(program.hear("DONE (.*)"))
            assert program.end() == 0, program.said
        kept = job_of_studio(served, done["generated"]["job_id"])
        entries = movements_of(served, kept["job_id"])

    assert {"list_models", "generate", "cancel_job"} <= set(done["tools"])
    assert KREA_2 in [model["id"] for model in done["models"]]
    assert done["generated"]["job"]["status"] == "queued"
    assert done["cancelled"] == {"job_id": kept["job_id"], "deleted": True}
    assert kept["status"] == "cancelled"
    assert [each["status"] for each in done["refused"]] == [status for status, *_ in WRONG_CALLS]
    assert [(entry["kind"], entry["unit"]) for entry in entries] == [
        ("hold", "compute_units"),
        ("release", "compute_units"),
    ]


@requirement("hosts:oauth")
def test_an_agent_set_up_for_kreas_own_address_signs_in_through_the_proxy(
    any_node: str, packages: Path, tmp_path: Path
) -> None:
    ready_file = tmp_path / "ready.json"
    beside = (sys.executable, "-m", "mockkrea", "exec", "--set", "auto_approve=studio", "--ready-file")
    agent = (any_node, str(HERE / "agent.mjs"), str(packages), "https://api.krea.ai/mcp", GENERATION, "[]")

    with Program(*beside, str(ready_file), *agent) as program:
        page = program.hear("AUTHORIZE (.*)")
        # A browser that takes the proxy too; whom it trusts is no matter here.
        with httpx.Client(proxy=facts_in(ready_file)["url"], verify=False, trust_env=False) as browser:
            callback = browser.get(page).headers["location"]
        program.say(callback)
        done = json.loads(program.hear("DONE (.*)"))
        assert program.end() == 0, program.said

    assert page.startswith("https://www.krea.ai/auth/v1/oauth/authorize?")
    assert "iss=https%3A%2F%2Fwww.krea.ai&" in f"{callback}&"
    assert done["cancelled"] == {"job_id": done["generated"]["job_id"], "deleted": True}


def still(served: Served) -> None:
    """Stop the clock, so that the job does not end before it is cancelled."""
    with served.client() as client:
        client.post("/__mockkrea/clock", json={"action": "freeze"}).raise_for_status()


def job_of_studio(served: Served, job_id: str) -> Json:
    with served.client(headers={"Authorization": "Bearer mockkrea:studio"}) as client:
        return client.get(f"/jobs/{job_id}").raise_for_status().json()


def movements_of(served: Served, job_id: str) -> list[Json]:
    """What the job moved in the ledger."""
    with served.client() as client:
        entries = client.get("/__mockkrea/workspaces/studio/ledger").raise_for_status().json()["items"]
    return [entry for entry in entries if entry["job_id"] == job_id]
