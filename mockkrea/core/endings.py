"""The end that was planned for a job when it was admitted."""

from __future__ import annotations

from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import Event, Job, JobError, advance, caught_up, completed
from mockkrea.core.outcomes import Ending

# Why a job that hangs fails. That it fails after a while is documented, the code is ASSUMED.
TIMEOUT_CODE = "timeout"


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
        return advance(caught_up(job, at_us), Event.CANCEL, at_us=at_us)._replace(listed=False)
    return _failed(job, None if outcome.code is None else JobError(outcome.code, outcome.message), at_us)


def _failed(job: Job, error: JobError | None, at_us: int) -> Job:
    return advance(caught_up(job, at_us), Event.FAIL, at_us=at_us)._replace(error=error)
