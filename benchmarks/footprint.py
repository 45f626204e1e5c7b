"""How long mockkrea takes to come up, and how much memory it has then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter

from figures import Figure, Goal
from servers import ENVIRONMENT, mockkrea, reference

STARTUP_GOAL = Goal("≤", 0.45)
MEMORY_GOAL = Goal("≤", 60)

# What both need before they have done anything.
IMPORTS = "import uvicorn, starlette.applications"


def measure_footprint(rounds: int, folder: Path) -> list[Figure]:
    """Command to first 200, and resident memory after it; MB are millions of bytes.

    A first round, which is not counted, leaves the bytecode that an installed package has.

    Raises:
        NotMeasurable: a server did not come up, or this system has no /proc.
    """
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    imports_s = []
    for _ in range(1 + rounds):
        imports_s.append(_imports_s())
        with reference(folder) as server:
            theirs.append({"startup_s": server.startup_s, **server.memory_mb()})
        with mockkrea(folder) as server:
            ours.append({"startup_s": server.startup_s, **server.memory_mb()})

    def figure(name: str, key: str, unit: str, goal: Goal | None) -> Figure:
        mine, others = (tuple(each[key] for each in side[1:]) for side in (ours, theirs))
        return Figure(name=name, unit=unit, ours=mine, theirs=others, goal=goal)

    startup = figure("startup", "startup_s", "s", STARTUP_GOAL)

    return [
        startup,
        Figure(name="  beside imports alone", unit="s", ours=startup.ours, theirs=tuple(imports_s[1:])),
        figure("idle memory, RSS", "VmRSS", "MB", MEMORY_GOAL),
        figure("  PSS", "Pss", "MB", None),
    ]


def _imports_s() -> float:
    began_s = perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, timeout=60, env=ENVIRONMENT)
    return perf_counter() - began_s
