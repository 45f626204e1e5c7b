"""What becomes of a job's webhook when a fault is about it: which jobs are sent in its place, and when."""

from __future__ import annotations

from mockkrea.core.faults import Effect, WebhookFault
from mockkrea.core.jobs import Job, Status


def deliveries_for(job: Job, effect: Effect | None) -> list[tuple[Job, int]]:
    """What is sent of a job that has ended, each with how many microseconds after its end.

    Krea sends the job once. `duplicate` sends it twice; `late` once, later; `out_of_order` sends it and
    then the job as it was before its end; `contradictory` sends it and then another end of it.
    """
    if effect is None or effect.webhook is None:
        return [(job, 0)]
    if effect.webhook is WebhookFault.LATE:
        return [(job, effect.delay_us)]
    again = {
        WebhookFault.DUPLICATE: job,
        WebhookFault.OUT_OF_ORDER: job._replace(moves=job.moves[:-1], given_result=None, error=None),
        WebhookFault.CONTRADICTORY: _contradicted(job),
    }
    return [(job, 0), (again[effect.webhook], effect.delay_us)]


def _contradicted(job: Job) -> Job:
    # No move of the job: what is sent is a lie on purpose, which the table of transitions does not allow.
    status, at_us = job.moves[-1]
    other = Status.FAILED if status is Status.COMPLETED else Status.COMPLETED
    return job._replace(moves=(*job.moves[:-1], (other, at_us)), error=None)
