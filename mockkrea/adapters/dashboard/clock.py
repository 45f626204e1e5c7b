"""The page about time: the clock, how to move it, and what comes next."""

from __future__ import annotations

from itertools import islice

from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import ago, moment
from mockkrea.core.clock import iso
from mockkrea.core.jobs import Progression
from mockkrea.core.state import State
from mockkrea.core.timetable import next_step_at_us

EVENTS_SHOWN = 12
JUMPS = ((1, "1 s"), (10, "10 s"), (60, "1 min"), (3_600, "1 h"), (86_400, "1 day"))


async def time_page(look: Look) -> Facts:
    """The clock and the next events."""
    events = await look.ask(lambda state: _events(look, state))
    return {"events": events, "jumps": JUMPS, "progressions": [each.value for each in Progression]}


def _events(look: Look, state: State) -> list[Facts]:
    coming = list[tuple[int, str, str, str]]()
    live = (plan for plan in state.agenda.all() if state.is_unfinished(plan[2]))
    for end_us, _, job_id in islice(live, EVENTS_SHOWN):
        job = state.any_job(job_id)
        if step_us := next_step_at_us(job):
            coming.append((step_us, "job", job_id, f"{job.order.model} takes its next step"))
        coming.append((end_us, "job", job_id, f"{job.order.model} ends"))
    for due_us, _, delivery_id in islice(state.outbox.agenda.all(), EVENTS_SHOWN):
        job = state.outbox.deliveries[delivery_id].job
        coming.append((due_us, "webhook", job.id, "an attempt at a webhook"))
    return [
        {
            "time": moment(at_us),
            "iso": iso(at_us),
            "in": ago(at_us, look.now_us),
            "kind": kind,
            "what": what,
            "job": job_id[:8],
            "job_url": f"{look.ui}/jobs/{job_id}",
        }
        for at_us, kind, job_id, what in sorted(coming)[:EVENTS_SHOWN]
    ]
