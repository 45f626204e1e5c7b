"""What time alone does to a job: the steps between admission and end, and the end that was planned.

The steps touch neither the queue nor the money, so nobody takes them on time. They are read off the
job's timetable, which its duration and the usual life make, when somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import (
    LIFE_WITH_PREVIEW,
    TRANSITIONS,
    USUAL_LIFE,
    Event,
    FileRole,
    Job,
    JobError,
    Life,
    Progression,
    Status,
    advance,
    moved,
)
from mockkrea.core.outcomes import Ending

# Why a job that hangs fails. That it fails after a while is documented, the code is ASSUMED.
TIMEOUT_CODE = "timeout"


def _states_between(life: Life) -> Iterator[tuple[Status, int]]:
    status = Status.QUEUED
    for event, hundredths in life[:-1]:
        status = TRANSITIONS[status][event]
        yield status, hundredths


# The same, as the states that a job comes into between `queued` and `completed`.
BETWEEN = tuple(_states_between(USUAL_LIFE))
BETWEEN_WITH_PREVIEW = tuple(_states_between(LIFE_WITH_PREVIEW))


def caught_up(job: Job, at_us: int) -> Job:
    """The job as it stands at `at_us`."""
    if not _has_timetable(job):
        return job
    due = [(status, due_us) for status, due_us in _timetable(job) if due_us <= at_us]
    return moved(job, *due) if due else job


def next_step(job: Job) -> tuple[Status, int] | None:
    """The next state between admission and end, and when the job comes into it; None if time brings none."""
    return next(iter(_timetable(job)), None) if _has_timetable(job) else None


def end_at_us(job: Job) -> int | None:
    """When the clock completes the job; None if it has ended, waits for a slot, or for something else."""
    return job.moves[0][1] + job.ticket.duration_us if _has_timetable(job) else None


def progress(job: Job, at_us: int) -> float:
    """How much of the way from admission to its end lies behind the job, from 0 to 1.

    Where no clock moves it, that is the part after which its last step usually comes.
    """
    if job.is_terminal:
        return 1.0
    if _has_timetable(job):
        return min(1.0, max(0, at_us - job.moves[0][1]) / max(1, job.ticket.duration_us))
    return dict(_between(job)).get(job.status, 0) / 100


def completed(job: Job, *, at_us: int, given_result: Mapping[str, object] | None = None) -> Job:
    """The admitted job, finished at `at_us`; `history` tells the steps that it went through."""
    moves = (*job.moves, (Status.COMPLETED, at_us))
    return Job(job.ticket, moves, job.polls, given_result, job.error, job.listed)


def ended_by_time(job: Job, *, at_us: int) -> Job:
    """The admitted job at its planned end: finished, given up because it hangs, or as its outcome says."""
    outcome = job.order.outcome
    if job.ticket.hangs:
        assert job.order.timeout_us is not None, "only a timeout makes a job hang"
        message = f"The job did not end within {job.order.timeout_us / SECOND_US:g} seconds."
        return _failed(job, JobError(TIMEOUT_CODE, message), at_us)
    if outcome is None or outcome.ending is Ending.COMPLETED:
        return completed(job, at_us=at_us, given_result=None if outcome is None else outcome.result)
    if outcome.ending is Ending.CANCELLED:
        # Krea's only way to cancel a job is to delete it, which takes it off the list.
        return advance(caught_up(job, at_us), Event.CANCEL, at_us=at_us)._replace(listed=False)
    return _failed(job, None if outcome.code is None else JobError(outcome.code, outcome.message), at_us)


def history(job: Job) -> tuple[tuple[Status, int], ...]:
    """Every move of the job so far, also of a completed one's steps that nobody looked at."""
    if job.status is not Status.COMPLETED:
        return job.moves
    *seen, end = job.moves
    admitted = Job(job.ticket, tuple(seen))
    if job.order.progression is Progression.MANUAL:
        passed = [(status, end[1]) for status, _ in _coming(admitted)]
    else:
        passed = [(status, min(due_us, end[1])) for status, due_us in _timetable(admitted)]
    return (*seen, *passed, end)


def _has_timetable(job: Job) -> bool:
    return job.order.progression is Progression.TIME and job.was_admitted and not job.is_terminal


def _timetable(job: Job) -> list[tuple[Status, int]]:
    admitted_us, duration_us = job.moves[0][1], job.ticket.duration_us
    return [(status, admitted_us + duration_us * hundredths // 100) for status, hundredths in _coming(job)]


def _coming(job: Job) -> tuple[tuple[Status, int], ...]:
    return _between(job)[len(job.moves) - 1 :]


def _between(job: Job) -> tuple[tuple[Status, int], ...]:
    return BETWEEN_WITH_PREVIEW if FileRole.PREVIEW in job.order.files else BETWEEN


def _failed(job: Job, error: JobError | None, at_us: int) -> Job:
    return advance(caught_up(job, at_us), Event.FAIL, at_us=at_us)._replace(error=error)
