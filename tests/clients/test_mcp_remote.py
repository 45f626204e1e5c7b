"""mcp-remote, the bridge for hosts that only start programs: stdio on one side, our server on the other."""

from __future__ import annotations

import json
from pathlib import Path

from tests.asking import Json, Served
from tests.clients.programs import Program, give_consent
from tests.contract.requirements import requirement

HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "a host", "version": "1"},
}


@requirement("mcp:clients")
def test_mcp_remote_signs_in_and_passes_a_tool_call_on(node: str, packages: Path, tmp_path: Path) -> None:
    bridge = [node, str(packages / "mcp-remote/dist/proxy.js")]
    # It finds no browser, so nobody but the test opens the page.
    surroundings = {"MCP_REMOTE_CONFIG_DIR": str(tmp_path), "PATH": str(tmp_path)}
    with (
        Served("--port", "0", "--auto-approve") as served,
        Program(*bridge, f"{served.url}/mcp", environment=surroundings) as program,
    ):
        give_consent(served, program.hear(r"^(http\S+/authorize\?\S+)"))

        hello = asked(program, 1, "initialize", HELLO)
        program.say(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        call = {"name": "list_models", "arguments": {"category": "audio"}}
        models = asked(program, 2, "tools/call", call)["structuredContent"]["models"]

    assert hello["serverInfo"]["name"] == "mockkrea"
    assert models
    assert {model["category"] for model in models} == {"audio"}


def asked(program: Program, id: int, method: str, params: Json) -> Json:
    """The result of a request through the bridge."""
    program.say(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    answer = json.loads(program.hear(rf'^({{.*"id":{id}\b.*}})'))
    assert "result" in answer, answer
    return answer["result"]
