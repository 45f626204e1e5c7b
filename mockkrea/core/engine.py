"""What happens to jobs and to the money behind them. The only code that changes either.

Settle on touch: nobody runs between two calls. Whatever reads or changes a world first settles it,
which applies every step that is due by now, each at its own due time. A job's steps are planned one
after the other from the moment it is admitted, so a job in the backlog has no due time yet, and a
slot that is freed at time t admits the next job at t. Steps of one microsecond are applied in the
order they were planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import islice

from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import IllegalMove, PlanRequired, RateLimited
from mockkrea.core.jobs import (
    Event,
    Job,
    JobError,
    Order,
    Progression,
    Status,
    Ticket,
    advance,
    steps_of,
)
from mockkrea.core.ledger import Meter
from mockkrea.core.randomness import between, uuid_of
from mockkrea.core.state import Due, State
from mockkrea.core.workspaces import Workspace

# Short enough for any speed, long enough that each step takes time; only `immediate` jobs take none.
DURATION_US_MIN = 100

# Steps of cancelled jobs stay planned until they are due, or until they outnumber the others by this.
STALE_STEPS_MAX = 1_000

MINUTE_US = 60 * SECOND_US

# A JSON client can carry a whole number of 31 bits everywhere.
PICTURE_SEED_MAX = 2**31 - 1


def submit(state: State, order: Order, *, at_us: int) -> Job:
    """Accept an order: hold its price, and start the job or let it wait.

    Raises, in this order and having changed nothing:
        PlanRequired: the workspace's plan lacks the model.
        TooManyJobs: concurrency and backlog, or the model's own limit, are full.
        InsufficientBalance: the workspace cannot pay.
    """
    workspace = state.directory.workspace(order.workspace_id)
    if order.model in workspace.plan.excluded_models:
        raise PlanRequired("Plan required")
    state.queue.check_model(workspace.id, order.model, order.unfinished_max)
    state.queue.check(workspace.id, workspace.limits)
    meter = Meter(workspace.id, order.unit)
    state.ledger.check(meter, order.amount)

    ticket = _draw_ticket(state, order, at_us)
    state.jobs[ticket.id] = Job(ticket)
    state.by_workspace[workspace.id][ticket.number] = ticket.id
    state.ledger.hold(meter, order.amount, at_us=at_us, job_id=ticket.id)
    state.queue.join(workspace.id, ticket.number, ticket.id)
    if order.unfinished_max is not None:
        state.queue.count_unfinished(workspace.id, order.model, +1)
    admit_waiting(state, workspace.id, at_us)
    _forget_oldest_finished(state)
    return state.jobs[ticket.id]


def settle(state: State, at_us: int, *, sparing: str | None = None) -> None:
    """Apply every step that is due by `at_us`, except fresh ones of the job `sparing`."""
    due, spared = state.due, list[Due]()
    while due and due[0][0] <= at_us:
        step = heappop(due)
        if step[2] == sparing and step[0] <= state.now_us:
            spared.append(step)
            continue
        job = state.jobs.get(step[2])
        # A step outlives a job that was cancelled or given an outcome before it was due.
        if job is not None and not job.is_terminal:
            take_step(state, job, at_us=step[0])
    for step in spared:
        heappush(due, step)


def take_step(state: State, job: Job, *, at_us: int) -> Job:
    """Let an admitted job take the next step of its life, and plan the one after."""
    job = advance(job, job.next_step, at_us=at_us)
    if job.is_terminal:
        return end(state, replace(job, result={"urls": [job.ticket.file_path]}))
    state.jobs[job.id] = job
    _plan_next(state, job, at_us)
    return job


def end(state: State, job: Job) -> Job:
    """Take a job that just came into a terminal state out of the queue, and close its hold."""
    workspace_id = job.order.workspace_id
    status, at_us = job.moves[-1]
    state.jobs[job.id] = job
    state.finished[job.id] = job.ticket.number
    if status is Status.COMPLETED:
        state.ledger.capture(job.id, at_us=at_us)
        state.files[job.ticket.file_path] = job.id
    else:
        state.ledger.release(job.id, at_us=at_us)
    if job.order.unfinished_max is not None:
        state.queue.count_unfinished(workspace_id, job.order.model, -1)
    if job.was_admitted:
        state.queue.free_slot(workspace_id)
        admit_waiting(state, workspace_id, at_us)
    else:
        state.queue.leave_line(workspace_id, job.ticket.number)
    _forget_stale_steps(state)
    return job


def admit_waiting(state: State, workspace_id: str, at_us: int) -> None:
    """Start as many waiting jobs of the workspace as there are free slots."""
    limits = state.directory.workspace(workspace_id).limits
    while (job_id := state.queue.next_ready(workspace_id, limits)) is not None:
        job = state.jobs[job_id] = advance(state.jobs[job_id], Event.ADMIT, at_us=at_us)
        _plan_next(state, job, at_us)


def delete(state: State, job: Job, *, at_us: int) -> Job:
    """Take the job off the list; one that has not ended is cancelled, which costs nothing."""
    job = replace(job, listed=False)
    if not job.is_terminal:
        return end(state, advance(job, Event.CANCEL, at_us=at_us))
    state.jobs[job.id] = job
    return job


def bring_to_end(state: State, job: Job, event: Event, *, at_us: int) -> Job:
    """Let an unfinished job reach the end that `event` names now, through the states in between.

    Raises:
        IllegalMove: the job has ended already.
    """
    if job.is_terminal:
        raise IllegalMove(f"Job {job.id} is {job.status} already and cannot {event}.")
    if not job.was_admitted and event is not Event.CANCEL:
        job = _admit_out_of_turn(state, job, at_us)
    while event is Event.FINISH and job.next_step is not Event.FINISH:
        job = advance(job, job.next_step, at_us=at_us)
    return advance(job, event, at_us=at_us)


def complete(state: State, job: Job, result: Mapping[str, object] | None, *, at_us: int) -> Job:
    """Complete a job now, with Krea's answer `result` or, for None, with a picture of ours."""
    job = bring_to_end(state, job, Event.FINISH, at_us=at_us)
    return end(state, replace(job, result={"urls": [job.ticket.file_path]} if result is None else result))


def fail(state: State, job: Job, error: JobError | None, *, at_us: int) -> Job:
    """Fail a job now. Without an error it fails silently, as Krea has been seen to do (recorded)."""
    job = bring_to_end(state, job, Event.FAIL, at_us=at_us)
    return end(state, replace(job, error=error))


def poll(state: State, job: Job, *, at_us: int) -> Job:
    """Count one client poll of a `manual` job; every Nth moves it one step."""
    if job.is_terminal or job.order.progression is not Progression.MANUAL:
        return job
    job = state.jobs[job.id] = replace(job, polls=job.polls + 1)
    if not job.was_admitted or job.polls % job.order.polls_per_step:
        return job
    return take_step(state, job, at_us=at_us)


def count_request(state: State, workspace: Workspace, *, at_us: int) -> None:
    """Take one request of a workspace with a request rate into its sliding minute.

    Raises:
        RateLimited: the last minute has as many requests as the workspace may make.
    """
    rate = workspace.limits.requests_per_minute
    assert rate is not None
    recent = [asked for asked in state.asked_at_us.get(workspace.id, ()) if asked > at_us - MINUTE_US]
    if len(recent) >= rate:
        free_in_us = recent[-rate] + MINUTE_US - at_us if rate else MINUTE_US
        raise RateLimited(
            f"The workspace may make {rate} requests a minute and has made {len(recent)}.",
            retry_after_s=-(-free_in_us // SECOND_US),
        )
    state.asked_at_us[workspace.id] = [*recent, at_us]


def _draw_ticket(state: State, order: Order, at_us: int) -> Ticket:
    state.jobs_made += 1
    dealt = state.randomness.deal("job", state.jobs_made)
    duration_us = 0
    if order.progression is not Progression.IMMEDIATE:
        duration_us = max(between(dealt[32:40], *order.duration_us), DURATION_US_MIN)
    return Ticket(
        id=uuid_of(dealt),
        number=state.jobs_made,
        order=order,
        created_at_us=at_us,
        step_us=steps_of(duration_us),
        seed=between(dealt[40:48], 0, PICTURE_SEED_MAX),
        file_path=order.file_path.format(id=uuid_of(dealt[16:32])),
    )


def _plan_next(state: State, job: Job, at_us: int) -> None:
    if job.order.progression is Progression.MANUAL:
        return
    state.steps_planned += 1
    heappush(state.due, (at_us + job.ticket.step_us[job.steps_taken], state.steps_planned, job.id))


def _admit_out_of_turn(state: State, job: Job, at_us: int) -> Job:
    # It takes a slot it will free in the same moment, so nobody's turn is changed by it.
    state.queue.leave_line(job.order.workspace_id, job.ticket.number)
    state.queue.take_slot(job.order.workspace_id)
    return advance(job, Event.ADMIT, at_us=at_us)


def _forget_oldest_finished(state: State) -> None:
    surplus = max(0, len(state.finished) - state.jobs_kept)
    for job_id in list(islice(state.finished, surplus)):
        del state.finished[job_id]
        job = state.jobs.pop(job_id)
        del state.by_workspace[job.order.workspace_id][job.ticket.number]
        state.files.pop(job.ticket.file_path, None)
        state.ledger.fold(job_id)


def _forget_stale_steps(state: State) -> None:
    unfinished = len(state.jobs) - len(state.finished)
    if len(state.due) > 2 * unfinished + STALE_STEPS_MAX:
        live = [step for step in state.due if step[2] in state.jobs and step[2] not in state.finished]
        state.due[:] = live
        heapify(state.due)
