"""What a server that works all day holds on to: as much as one that has worked for an hour."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from dataclasses import replace

from mockkrea.core.commands import Advance, Grant, SetLimits
from mockkrea.core.money import Unit
from mockkrea.core.state import State
from mockkrea.data import Fixtures
from mockkrea.worlds import Worlds
from tests.asking import ADA, IMMEDIATE, KEY, Krea
from tests.real_time import RealTime

JOBS_KEPT = 50
WAITING = 1_000
YEAR_US = 365 * 86_400 * 1_000_000

# Caches of texts and times are filled to their bounds in either half.
SLACK_BLOCKS = 2_000


def test_memory_does_not_grow_with_the_jobs_that_were_made(fixtures: Fixtures) -> None:
    worlds = Worlds(
        fixtures,
        replace(IMMEDIATE, jobs_kept=JOBS_KEPT),
        seed=0,
        real_us=RealTime(),
        request_log_bytes=100_000,
    )
    with asyncio.Runner() as runner:
        krea = Krea(worlds, RealTime(), runner)
        runner.run(krea.tenant.execute(Grant(workspace_id=ADA, amounts={Unit.USD: 10**12})))
        sizes = [_blocks_after_a_checkpoint(krea) for _ in range(3)]
        krea.close()

    assert sizes[2] - sizes[1] < SLACK_BLOCKS


def submit(krea: Krea, count: int) -> None:
    """Submit so many jobs, past the client library, which takes longer than they do."""
    headers = [
        (b"host", b"localhost"),
        (b"authorization", f"Bearer {KEY}".encode()),
        (b"content-type", b"application/json"),
    ]
    body = json.dumps({"prompt": "a fox"}).encode()
    for _ in range(count):
        status, _ = krea.raw({"headers": headers}, [{"type": "http.request", "body": body}])
        assert status == 200


def _blocks_after_a_checkpoint(krea: Krea) -> int:
    """How many blocks of memory are in use, right after the journal has been cut next."""
    before = len(krea.tenant.journal.records)
    while len(krea.tenant.journal.records) >= before:
        before = len(krea.tenant.journal.records)
        submit(krea, 50)
    gc.collect()
    return sys.getallocatedblocks()


def test_each_job_is_planned_once_however_far_the_clock_jumps(krea: Krea) -> None:
    krea.run(
        krea.tenant.execute(SetLimits(workspace_id=ADA, changes={"concurrency": 10, "backlog": WAITING}))
    )
    submit(krea, WAITING)

    krea.run(krea.tenant.execute(Advance(YEAR_US)))

    def planned(state: State) -> tuple[int, int, int]:
        return state.agenda.made, state.agenda.size, len(state.finished)

    assert krea.run(krea.tenant.query(planned)) == (WAITING, 0, WAITING)


def test_answering_leaves_no_task_behind(krea: Krea) -> None:
    krea.submit()
    krea.get("/jobs")
    krea.get("/files/images/nobodys.png")
    krea.control("clock")

    async def others() -> set[asyncio.Task[object]]:
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert krea.run(others()) == set()
