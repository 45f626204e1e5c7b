"""Tool calls a second over MCP, beside the least that the same SDK can serve, and the list of tools."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

from client import Client
from figures import Figure, Goal
from load import Load, load
from servers import Server, mcp_reference, mockkrea
from throughput import BODY, Effort

CALL_GOAL = Goal("≥", 0.85, of_ratio=True)
LIST_GOAL = Goal("≤", 20)
LISTS = 30

HANDSHAKE, SESSIONLESS = "2025-11-25", "2026-07-28"
ACCEPT = {"Accept": "application/json, text/event-stream"}


def measure_mcp(effort: Effort, folder: Path) -> list[Figure]:
    """Calls of get_job for a finished job, in both eras of the protocol; tools/list of all tools.

    Raises:
        NotMeasurable: some answer was no 2xx.
    """
    with ExitStack() as stack:
        mock = stack.enter_context(mockkrea(folder, "--tools", "all"))
        other = stack.enter_context(mcp_reference(folder))
        client = stack.enter_context(mock.client())
        client.grant()
        [job_id] = client.submit(BODY, 1)
        client.let_all_end()
        calls = [
            _measure_calls(version, job_id, (mock, other), effort) for version in (HANDSHAKE, SESSIONLESS)
        ]
        return [*calls, _measure_list(client)]


def _measure_calls(version: str, job_id: str, servers: tuple[Server, Server], effort: Effort) -> Figure:
    headers, body = _spoken(version, "tools/call", {"name": "get_job", "arguments": {"jobId": job_id}})
    loads: tuple[list[Load], list[Load]] = ([], [])
    for _ in range(1 + effort.rounds):
        for server, rounds in zip(servers, loads, strict=True):
            rounds.append(
                load(server, ["/mcp"], body=json.dumps(body), seconds=effort.seconds, headers=headers)
            )
    ours, theirs = (tuple(each.answered_per_s for each in rounds[1:]) for rounds in loads)
    costs = {
        f"{name}_cpu_us": [each.cpu_us for each in rounds[1:]]
        for name, rounds in zip(("mockkrea", "reference"), loads, strict=True)
    }
    return Figure(
        name=f"MCP call, {version}", unit="/s", ours=ours, theirs=theirs, goal=CALL_GOAL, more={**costs}
    )


def _measure_list(client: Client) -> Figure:
    waits_ms = []
    headers, body = _spoken(HANDSHAKE, "tools/list", {})
    for _ in range(1 + LISTS):
        began_s = perf_counter()
        client.post("/mcp", body, headers=headers)
        waits_ms.append((perf_counter() - began_s) * 1e3)
    return Figure(name="MCP tools/list, all", unit="ms", ours=tuple(waits_ms[1:]), goal=LIST_GOAL)


def _spoken(version: str, method: str, params: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The headers and the body of a request in a revision of the protocol."""
    headers = {**ACCEPT, "MCP-Protocol-Version": version}
    if version == SESSIONLESS:
        headers |= {"Mcp-Method": method, "Mcp-Name": params["name"]}
        envelope = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        params = {**params, "_meta": envelope}
    return headers, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
