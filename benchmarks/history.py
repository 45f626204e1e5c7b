"""Whether a world with a long past answers more slowly than a young one.

Both have their jobs ended before a round. Requests go one after the other over one connection; what
counts is the server's processor time, or, where the system does not tell it, the client's wait.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from client import Client
from figures import Figure
from servers import Server, mockkrea
from throughput import BODY

OLD_JOBS = 10_000
YOUNG_JOBS = 10
REQUESTS = 300


def measure_history(rounds: int, folder: Path) -> list[Figure]:
    """What a request costs with 10,000 finished jobs, beside what it costs with 10.

    Raises:
        NotMeasurable: some answer was no 200.
    """
    old_costs: list[dict[str, float]] = []
    young_costs: list[dict[str, float]] = []
    young_folder = folder / "young"
    young_folder.mkdir()
    with ExitStack() as stack:
        old, young = stack.enter_context(mockkrea(folder)), stack.enter_context(mockkrea(young_folder))
        old_client, young_client = (stack.enter_context(each.client()) for each in (old, young))
        old_client.grant()
        old_client.submit(BODY, OLD_JOBS)
        for _ in range(1 + rounds):
            young_client.post("/__mockkrea/reset", {})
            young_client.grant()
            young_client.submit(BODY, YOUNG_JOBS)
            young_costs.append(_costs_us(young, young_client))
            old_costs.append(_costs_us(old, old_client))
    return [
        Figure(
            name=f"{name}, {OLD_JOBS:,} jobs beside {YOUNG_JOBS}",
            unit="µs",
            ours=tuple(each[name] for each in old_costs[1:]),
            theirs=tuple(each[name] for each in young_costs[1:]),
        )
        for name in ("POST", "GET", "list")
    ]


def _costs_us(server: Server, client: Client) -> dict[str, float]:
    client.let_all_end()
    newest = client.get("/jobs?limit=1")["items"][0]["job_id"]
    return {
        "GET": _each_us(server, lambda: client.get(f"/jobs/{newest}")),
        "list": _each_us(server, lambda: client.get(f"/jobs?limit={YOUNG_JOBS}")),
        "POST": _each_us(server, lambda: client.submit(BODY, 1)),
    }


def _each_us(server: Server, ask: Callable[[], object]) -> float:
    began_s = _spent_s(server)
    for _ in range(REQUESTS):
        ask()
    return (_spent_s(server) - began_s) / REQUESTS * 1e6


def _spent_s(server: Server) -> float:
    cpu_s = server.cpu_s()
    return perf_counter() if cpu_s is None else cpu_s
