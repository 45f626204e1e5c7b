"""What time alone brings a world: steps and ends of its jobs, and attempts at its webhooks.

It is worked out here and nowhere else. So the command that moves the clock to the next of these, the button
that offers that command and the pages that show what comes agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from mockkrea.core.clock import LATEST_US
from mockkrea.core.jobs import Job, Status
from mockkrea.core.state import State
from mockkrea.core.timetable import next_step


class Kind(StrEnum):
    """What there is that time brings."""

    STEP = "step"
    END = "end"
    WEBHOOK = "webhook"


class Coming(NamedTuple):
    """Something that happens at `at_us`, and the job that it is about.

    `status`: the state that a step leads to.
    """

    at_us: int
    kind: Kind
    job: Job
    status: Status | None = None


def coming(state: State) -> Iterator[Coming]:
    """All that is planned for later than now, in no order: of each job its next step and its end.

    A webhook that is due already is not among it, for no time has to pass before it is sent, nor is what lies
    beyond the end of mock time.
    """
    return (each for each in _planned(state) if state.settled_us < each.at_us <= LATEST_US)


def next_at_us(state: State) -> int | None:
    """When the first of it comes; None if nothing is planned."""
    return min((each.at_us for each in coming(state)), default=None)


def _planned(state: State) -> Iterator[Coming]:
    for end_us, _, job_id in state.agenda.all():
        if state.is_unfinished(job_id):
            job = state.any_job(job_id)
            if (step := next_step(job)) is not None:
                status, step_us = step
                yield Coming(step_us, Kind.STEP, job, status)
            yield Coming(end_us, Kind.END, job)
    for due_us, _, delivery_id in state.outbox.agenda.all():
        yield Coming(due_us, Kind.WEBHOOK, state.outbox.deliveries[delivery_id].job)
