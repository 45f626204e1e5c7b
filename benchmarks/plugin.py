"""What the pytest plugin costs a test run: the session's server, and a fresh world for each test.

Each round is a process of its own, as each test run is. Imports are told apart: pytest's collection has
them in the background of everything else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from figures import Figure, Goal, NotMeasurable

START_GOAL = Goal("≤", 100)
WORLD_GOAL = Goal("≤", 2)

WORLDS = 200
WAIT_S = 60

SESSION = f"""
import json
from time import perf_counter

began_s = perf_counter()
from mockkrea.testing import MockServer
imported_s = perf_counter()
server = MockServer()
started_s = perf_counter()
worlds_ms = []
for number in range({WORLDS}):
    before_s = perf_counter()
    krea = server.world(f"test-{{number}}")
    worlds_ms.append((perf_counter() - before_s) * 1e3)
    krea.submit("bfl/flux-1-dev", prompt="a fox")
    server.drop(krea)
server.close()
print(json.dumps({{
    "imports_ms": (imported_s - began_s) * 1e3,
    "start_ms": (started_s - imported_s) * 1e3,
    "worlds_ms": worlds_ms,
}}))
"""


def measure_plugin(rounds: int) -> list[Figure]:
    """Milliseconds until the session's server answers, and until a test has its world.

    Raises:
        NotMeasurable: a session failed.
    """
    sessions = [_session() for _ in range(rounds)]
    return [
        Figure(
            name="server of a test session",
            unit="ms",
            ours=tuple(each["start_ms"] for each in sessions),
            goal=START_GOAL,
            more={"imports_ms": [each["imports_ms"] for each in sessions]},
        ),
        Figure(
            name="fresh world of a test",
            unit="ms",
            ours=tuple(ms for each in sessions for ms in each["worlds_ms"]),
            goal=WORLD_GOAL,
        ),
    ]


def _session() -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-c", SESSION], capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    if ran.returncode:
        raise NotMeasurable(f"The session failed: {ran.stderr.strip().splitlines()[-1:]}")
    facts: dict[str, Any] = json.loads(ran.stdout)
    return facts
