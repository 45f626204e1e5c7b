"""What a server takes that has worked for long: its memory, and how long a jump of the clock takes.

Memory is looked at once the world has as many finished jobs as it keeps, and after many more: what
it grows by in between is what it would go on growing by.
"""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

from client import GENERATE, WORKSPACE, Client
from figures import Figure, Goal
from load import load
from servers import Server, mockkrea
from throughput import BODY, Effort

# Ten thousand finished jobs are kept, and the log of requests is full before these have ended.
SETTLED_JOBS = 40_000
JOBS = 200_000
LOADED_S = 60

WAITING_JOBS = 10_000
YEAR_S = 365 * 86_400

GROWTH_GOAL = Goal("≤", 5)
JUMP_GOAL = Goal("≤", 1)


def measure_memory(effort: Effort, folder: Path) -> list[Figure]:
    """How much resident memory grows over 200,000 jobs, and over a minute of full load; MB are millions.

    Raises:
        NotMeasurable: some answer was no 2xx, or this system has no /proc.
    """
    with mockkrea(folder) as server, server.client() as client:
        client.grant()
        _submit(server, client, SETTLED_JOBS, effort.seconds)
        settled_mb = server.memory_mb()["VmRSS"]
        _submit(server, client, JOBS, effort.seconds)
        grown_mb = server.memory_mb()["VmRSS"]
        load(server, [GENERATE], body=json.dumps(BODY), seconds=LOADED_S)
        client.let_all_end()
        loaded_mb = server.memory_mb()["VmRSS"]
    return [
        Figure(
            name=f"growth over {JOBS:,} jobs",
            unit="MB",
            ours=(grown_mb - settled_mb,),
            goal=GROWTH_GOAL,
            more={"before_mb": settled_mb, "after_mb": grown_mb},
        ),
        Figure(name=f"  and {LOADED_S} s of load", unit="MB", ours=(loaded_mb - grown_mb,), goal=GROWTH_GOAL),
    ]


def measure_jump(rounds: int, folder: Path) -> list[Figure]:
    """Seconds until the clock is a year on, with 10,000 jobs waiting for slots and for their ends.

    Raises:
        NotMeasurable: some answer was no 200.
    """
    seconds = []
    with mockkrea(folder) as server, server.client() as client:
        for _ in range(rounds):
            client.post("/__mockkrea/reset", {})
            client.grant()
            client.post(f"{WORKSPACE}/limits", {"concurrency": 100, "backlog": WAITING_JOBS})
            client.submit(BODY, WAITING_JOBS)
            began_s = perf_counter()
            client.post("/__mockkrea/clock", {"action": "advance", "seconds": YEAR_S})
            seconds.append(perf_counter() - began_s)
    name = f"a year's jump, {WAITING_JOBS:,} jobs"
    return [Figure(name=name, unit="s", ours=tuple(seconds), goal=JUMP_GOAL)]


def _submit(server: Server, client: Client, count: int, seconds: int) -> None:
    """Submit so many jobs at full load, or some more, and let them all end."""
    submitted = 0
    while submitted < count:
        submitted += load(server, [GENERATE], body=json.dumps(BODY), seconds=seconds).answered
        client.let_all_end()
