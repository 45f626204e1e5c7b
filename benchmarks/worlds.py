"""What a thousand worlds cost: memory, and how long the first request of each takes.

A world is made by the first request that comes with its key, so that request is timed beside the same
one to a world that is there already. Each world then has a few jobs.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from figures import Figure, Goal
from servers import Server, mockkrea
from throughput import BODY

WORLDS = 1000
JOBS_OF_EACH = 3

FRESH_GOAL = Goal("≤", 2)
MEMORY_GOAL = Goal("≤", 100)


def measure_worlds(folder: Path) -> list[Figure]:
    """Milliseconds until a new world answers, and the memory of all of them; MB are millions of bytes.

    Raises:
        NotMeasurable: some answer was no 200, or this system has no /proc.
    """
    with mockkrea(folder) as server:
        with server.client() as client:
            client.submit(BODY, JOBS_OF_EACH)
        before_mb = server.memory_mb()["VmRSS"]
        first_ms, second_ms = zip(*(_asked_ms(server, number) for number in range(WORLDS)), strict=True)
        fresh_mb = server.memory_mb()["VmRSS"]
        for number in range(WORLDS):
            with server.client(api_key=f"mk_world-{number}:x") as client:
                client.submit(BODY, JOBS_OF_EACH)
        used_mb = server.memory_mb()["VmRSS"]
    return [
        Figure(name="first answer of a world", unit="ms", ours=first_ms, theirs=second_ms, goal=FRESH_GOAL),
        Figure(name=f"{WORLDS:,} fresh worlds", unit="MB", ours=(fresh_mb - before_mb,), goal=MEMORY_GOAL),
        Figure(name=f"  {JOBS_OF_EACH} jobs in each", unit="MB", ours=(used_mb - before_mb,)),
    ]


def _asked_ms(server: Server, number: int) -> tuple[float, float]:
    """How long a world's first and second request take, in milliseconds."""
    with server.client(api_key=f"mk_world-{number}:x") as client:
        # Connecting is no part of it.
        client.get("/health")
        began_s = perf_counter()
        client.get("/jobs")
        made_s = perf_counter()
        client.get("/jobs")
        return (made_s - began_s) * 1000, (perf_counter() - made_s) * 1000
