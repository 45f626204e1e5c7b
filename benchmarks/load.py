"""Load by wrk: as many requests as a server answers in some seconds."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from figures import NotMeasurable
from servers import Server

CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("load.lua")

# A stall is part of the figure, not a failure of the client.
PATIENCE_S = 20

HOW_TO_INSTALL = (
    "wrk is not here, and it is what makes the load."
    " Install it with `apt install wrk` or `brew install wrk`, or see https://github.com/wg/wrk."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of one round. `cpu_us` is the server's processor time per answer, where it is known."""

    answered: int
    answered_per_s: float
    cpu_us: float | None
    p50_ms: float
    p99_ms: float
    longest_ms: float


def is_possible() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(
    server: Server,
    paths: Sequence[str],
    *,
    body: str = "",
    seconds: int,
    headers: Mapping[str, str] | None = None,
) -> Load:
    """Ask for the paths over 32 connections, again and again: POST with a body, GET without.

    Raises:
        NotMeasurable: some answer was no 2xx, or none came.
    """
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        f"--timeout={PATIENCE_S}s",
        *(part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")),
        "-s",
        str(SCRIPT),
    ]
    before_s = server.cpu_s()
    finished = subprocess.run(
        [*command, server.url, "--", server.api_key, body, *paths],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 2 * PATIENCE_S,
    )
    after_s = server.cpu_s()
    if finished.returncode:
        raise NotMeasurable(f"wrk ended with {finished.returncode}: {finished.stderr.strip()[:200]}")
    said = json.loads(finished.stdout.strip().splitlines()[-1])
    if said["failed"] or not said["answered"]:
        raise NotMeasurable(
            f"{said['failed']} of {said['answered']} requests to {server.name} failed; {server.log_end()}"
        )
    return Load(
        answered=said["answered"],
        answered_per_s=said["answered"] / said["duration_us"] * 1e6,
        cpu_us=_each_us(before_s, after_s, said["answered"]),
        p50_ms=said["p50_us"] / 1e3,
        p99_ms=said["p99_us"] / 1e3,
        longest_ms=said["longest_us"] / 1e3,
    )


def _each_us(before_s: float | None, after_s: float | None, count: int) -> float | None:
    return None if before_s is None or after_s is None else (after_s - before_s) / count * 1e6
