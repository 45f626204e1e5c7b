"""What a server takes that has worked for long: its memory, and how long a jump of the clock takes.

Memory goes up and down, with the journal's records until its next checkpoint and with the jobs under way.
So what counts is how much higher it comes in the later rounds than it came in the earlier ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

from client import GENERATE, WORKSPACE, Client
from figures import Figure, Goal
from load import load
from servers import Server, mockkrea
from throughput import BODY

# By then as many finished jobs are there as are kept, and the log of requests is full.
SETTLED_JOBS = 40_000
JOBS = 200_000
JOBS_A_ROUND = 10_000

# Until jobs end as fast as they are submitted.
SETTLED_S = 10
LOADED_S = 60
SECONDS_A_ROUND = 5

WAITING_JOBS = 10_000
YEAR_S = 365 * 86_400

GROWTH_GOAL = Goal("≤", 5)
JUMP_GOAL = Goal("≤", 1)


def measure_memory(folder: Path) -> list[Figure]:
    """How much resident memory grows over 200,000 jobs, and over a minute of full load; MB are millions.

    Raises:
        NotMeasurable: some answer was no 2xx, or this system has no /proc.
    """
    with mockkrea(folder) as server, server.client() as client:
        client.grant()

        def submit(count: int) -> list[float]:
            seen_mb: list[float] = []
            for _ in range(count // JOBS_A_ROUND):
                _submit(server, client, JOBS_A_ROUND)
                seen_mb.append(server.memory_mb()["VmRSS"])
            return seen_mb

        def load_for(seconds: int) -> list[float]:
            seen_mb: list[float] = []
            for _ in range(seconds // SECONDS_A_ROUND):
                load(server, [GENERATE], body=json.dumps(BODY), seconds=SECONDS_A_ROUND)
                seen_mb.append(server.memory_mb()["VmRSS"])
            return seen_mb

        submit(SETTLED_JOBS)
        over_jobs = _growth(f"growth over {JOBS:,} jobs", submit(JOBS))
        load_for(SETTLED_S)
        return [over_jobs, _growth(f"growth in {LOADED_S} s of load", load_for(LOADED_S))]


def _growth(name: str, seen_mb: list[float]) -> Figure:
    half = len(seen_mb) // 2
    grown_mb = max(seen_mb[half:]) - max(seen_mb[:half])
    return Figure(name=name, unit="MB", ours=(grown_mb,), goal=GROWTH_GOAL, more={"seen_mb": seen_mb})


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


def _submit(server: Server, client: Client, count: int) -> None:
    """Submit so many jobs at full load, or some more, and let them all end."""
    submitted = 0
    while submitted < count:
        submitted += load(server, [GENERATE], body=json.dumps(BODY), seconds=1).answered
    client.let_all_end()
