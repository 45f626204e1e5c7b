"""Waiting for a job as a `sync` call does: on the world's clock, and never as a poll.

Whoever waits is woken when the clock comes to the job's end, and when anybody changes the world: moves the
clock, cancels the job, resets. Where no time passes for the job, or the server stops, waiting would never
end, so the answer comes at once and says why.
"""

from __future__ import annotations

from typing import NamedTuple

from mockkrea.calls import Caller, JobView
from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import Job, Progression
from mockkrea.core.state import State
from mockkrea.core.timetable import end_at_us
from mockkrea.tenant import Tenant

# A microsecond or two of real time must not make the last look come too early.
MARGIN_S = 0.001

STOPS = "The mock stops, and nobody waits longer than it runs."


class Waited(NamedTuple):
    """A job that ended, or did not end in time; `reason` says why, in one sentence."""

    view: JobView
    reason: str | None = None

    @property
    def timed_out(self) -> bool:
        """Whether the job had not ended."""
        return not self.view.job.is_terminal


class _Look(NamedTuple):
    """The job, when something can happen that concerns it, and whether the clock stands."""

    view: JobView
    next_us: int | None
    frozen: bool


async def wait_for(tenant: Tenant, caller: Caller, job_id: str, *, timeout_s: int) -> Waited:
    """The job when it has ended, or as it is after so many seconds of the world's clock.

    Raises:
        NotFound: no such job in the caller's workspace, or the world was reset meanwhile.
    """

    def look(state: State) -> _Look:
        job = state.job(caller.workspace_id, job_id)
        plan = state.agenda.next()
        next_us = end_at_us(job) or (plan and plan[0])
        return _Look(JobView(job, state.position(job)), next_us, state.frozen)

    deadline_us = tenant.now_us() + timeout_s * SECOND_US
    while True:
        view, next_us, frozen = await tenant.query(look)
        if view.job.is_terminal:
            return Waited(view)
        if reason := STOPS if tenant.shutdown.has_begun else _stuck(view.job, frozen):
            return Waited(view, reason)
        now_us = tenant.now_us()
        if now_us >= deadline_us:
            return Waited(view, f"The job had not ended after {timeout_s} s; get_job shows how it goes on.")
        until_us = deadline_us if next_us is None else min(deadline_us, next_us)
        await tenant.next_change(within_s=max(0, until_us - now_us) / SECOND_US + MARGIN_S)


def _stuck(job: Job, frozen: bool) -> str | None:
    if job.order.progression is Progression.MANUAL:
        return "Under manual progression only polls move a job: call get_job until it has ended."
    if frozen:
        return "The world's clock is frozen, so waiting would never end: move the clock, then call get_job."
    return None
