"""What happens to jobs and to the money behind them. The only code that changes either.

Settle on touch: nobody runs between two calls. Whatever reads or changes a world first settles it,
which ends every job whose end is due by now, each at its own due time. An end is planned when the
job is admitted, so a job in the backlog has none yet, and a slot that is freed at time t admits the
next job at t. Ends of one microsecond come in the order they were planned. An end that the last command
planned for its own moment, as under `immediate`, waits for the next touch; a command about that very job
comes before it, so that submit, then cancel, cancels. What happens to a job
between admission and end concerns nobody else and is read off its timetable (`timetable.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from mockkrea.core.agenda import Due
from mockkrea.core.clock import LATEST_US, SECOND_US, iso
from mockkrea.core.errors import IllegalMove, InvalidChange, RateLimited
from mockkrea.core.jobs import Event, Job, JobError, Order, Progression, Status, Ticket, advance
from mockkrea.core.ledger import Meter
from mockkrea.core.matching import Adapter, RuleSubject
from mockkrea.core.randomness import between, draw, uuid_of
from mockkrea.core.state import State
from mockkrea.core.styles import check_styles
from mockkrea.core.timetable import caught_up, completed, ended_by_time
from mockkrea.core.webhook_faults import deliveries_for
from mockkrea.core.workspaces import Workspace

# Short enough for any speed, long enough that every step takes time; only `immediate` jobs take none.
DURATION_US_MIN = 100

# Ends of cancelled jobs stay planned until they are due, or until they outnumber the others by this.
STALE_PLANS_MAX = 1_000

FORGOTTEN_AT_ONCE = 32

MINUTE_US = 60 * SECOND_US

# A JSON client can carry a whole number of 31 bits everywhere.
PICTURE_SEED_MAX = 2**31 - 1


def submit(state: State, order: Order, *, at_us: int) -> Job:
    """Accept an order: hold its price, and start the job or let it wait.

    Raises, in this order and having changed nothing:
        PlanRequired: the workspace's plan lacks the model.
        UnusableReference: a style or moodboard of the input is not there for whoever orders.
        TooManyJobs: concurrency and backlog, or the model's own limit, are full.
        InsufficientBalance: the workspace cannot pay.
    """
    state.directory.check_plan(order.workspace_id, order.model)
    workspace = state.directory.workspace(order.workspace_id)
    check_styles(state.library, order)
    if order.unfinished_max is not None:
        state.queue.check_model(workspace.id, order.model, order.unfinished_max)
    starts = state.queue.has_room(workspace.id, workspace.limits)
    meter = Meter(workspace.id, order.unit)
    state.ledger.check(meter, order.amount, at_us=at_us)

    order = _with_outcome(state, order)
    ticket = _draw_ticket(state, order, at_us)
    job = Job(ticket)
    state.ledger.hold(meter, order.amount, at_us=at_us, job_id=ticket.id)
    if order.unfinished_max is not None:
        state.queue.count_unfinished(workspace.id, order.model, +1)
    if order.webhook is not None:
        state.outbox.expected += 1
    if starts:
        state.queue.take_slot(workspace.id)
        job = _admit(state, job, at_us)
    else:
        state.jobs[ticket.id] = job
        state.queue.join(workspace.id, ticket.number, ticket.id)
    _forget_oldest_finished(state)
    return job


def settle(state: State, at_us: int, *, keeping: str | None = None) -> None:
    """End every job whose end is due by `at_us`, except `keeping` if the last command was at its due time."""
    kept: list[Due] = []
    agenda = state.agenda
    while (plan := agenda.take(at_us)) is not None:
        due_us, _, job_id = plan
        if job_id == keeping and due_us <= state.now_us:
            kept.append(plan)
            continue
        job = state.jobs.get(job_id)
        # A plan outlives a job that was cancelled or given an outcome before its time.
        if job is not None and not job.is_terminal:
            end(state, ended_by_time(job, at_us=due_us))
    for plan in kept:
        agenda.put(plan)
    state.settled_us = max(state.settled_us, at_us)


def run_until_ended(state: State, job_id: str | None, *, at_us: int) -> None:
    """Go from end to end, beginning at `at_us`, until this job has ended, or for None all have.

    Raises:
        InvalidChange: time alone will not end it; some ends may have come already.
    """
    moment_us = at_us
    while not state.is_idle if job_id is None else state.is_unfinished(job_id):
        plan = state.agenda.next()
        if plan is None:
            waiting = job_id or next(filter(state.is_unfinished, state.jobs))
            raise InvalidChange(
                f"Time alone will not get there: job {waiting} waits for a client's poll or for a slot."
            )
        due_us, _, next_id = plan
        if not state.is_unfinished(next_id):
            state.agenda.take(due_us)
        elif due_us > LATEST_US:
            raise InvalidChange(
                f"Job {next_id} would end only after {iso(LATEST_US)}, where mock time ends;"
                f" it shows {iso(at_us)} now."
            )
        else:
            moment_us = max(moment_us, due_us)
            settle(state, moment_us)
    state.now_us = max(state.now_us, moment_us)


def end(state: State, job: Job) -> Job:
    """Take a job that just came into a terminal state out of the queue, and close its hold."""
    job_id, order = job.ticket.id, job.ticket.order
    workspace_id = order.workspace_id
    status, at_us = job.moves[-1]
    state.jobs[job_id] = job
    state.finished.append(job_id)
    if status is Status.COMPLETED:
        state.ledger.capture(job_id, at_us=at_us)
        if job.makes_style:
            state.library.add_style(job, at_us=at_us)
    else:
        state.ledger.release(job_id, at_us=at_us)
        _forget_stale_plans(state)
    if order.unfinished_max is not None:
        state.queue.count_unfinished(workspace_id, order.model, -1)
    if order.webhook is not None:
        _post(state, job, at_us)
    if job.was_admitted:
        state.queue.free_slot(workspace_id)
        if state.queue.waiting.get(workspace_id):
            admit_waiting(state, workspace_id, at_us)
    else:
        state.queue.leave_line(workspace_id, job.ticket.number)
    return job


def admit_waiting(state: State, workspace_id: str, at_us: int) -> None:
    """Start as many waiting jobs of the workspace as there are free slots."""
    limits = state.directory.workspace(workspace_id).limits
    while (job_id := state.queue.next_ready(workspace_id, limits)) is not None:
        _admit(state, state.jobs[job_id], at_us)


def delete(state: State, job: Job, *, at_us: int) -> Job:
    """Take the job off the list; one that has not ended is cancelled, which costs nothing."""
    job = job._replace(listed=False)
    if not job.is_terminal:
        return end(state, advance(caught_up(job, at_us), Event.CANCEL, at_us=at_us))
    state.jobs[job.id] = job
    return job


def complete(state: State, job: Job, given_result: Mapping[str, object] | None, *, at_us: int) -> Job:
    """Complete a job now, with this result or, for None, with a picture of ours.

    Raises:
        IllegalMove: the job has ended already.
    """
    job = _admitted_at_least(state, job, Event.FINISH, at_us)
    return end(state, completed(job, at_us=at_us, given_result=given_result))


def fail(state: State, job: Job, error: JobError | None, *, at_us: int) -> Job:
    """Fail a job now. Without an error it fails silently, as Krea has been seen to do (recorded).

    Raises:
        IllegalMove: the job has ended already.
    """
    job = _admitted_at_least(state, job, Event.FAIL, at_us)
    return end(state, advance(caught_up(job, at_us), Event.FAIL, at_us=at_us)._replace(error=error))


def poll(state: State, job: Job, *, at_us: int) -> Job:
    """Count one client poll of a `manual` job; every Nth moves it one step."""
    if job.is_terminal or job.order.progression is not Progression.MANUAL:
        return job
    job = state.jobs[job.id] = job._replace(polls=job.polls + 1)
    if not job.was_admitted or job.polls % job.order.polls_per_step:
        return job
    if job.next_step is Event.FINISH:
        return end(state, ended_by_time(job, at_us=at_us))
    job = state.jobs[job.id] = advance(job, job.next_step, at_us=at_us)
    return job


def count_request(state: State, workspace: Workspace, *, at_us: int) -> None:
    """Take one request of a workspace with a request rate into its minute.

    That the minute slides is ASSUMED; documented are the limit and the 429.

    Raises:
        RateLimited: the last minute has as many requests as the workspace may make.
    """
    rate = workspace.limits.requests_per_minute
    if rate is None:
        return
    recent = [asked for asked in state.asked_at_us.get(workspace.id, ()) if asked > at_us - MINUTE_US]
    if len(recent) >= rate:
        free_in_us = recent[-rate] + MINUTE_US - at_us if rate else MINUTE_US
        allowed = "1 request" if rate == 1 else f"{rate} requests"
        raise RateLimited(
            f"the workspace may make {allowed} a minute and has made {len(recent)}",
            retry_after_s=-(-free_in_us // SECOND_US),
        )
    state.asked_at_us[workspace.id] = [*recent, at_us]


def _draw_ticket(state: State, order: Order, at_us: int) -> Ticket:
    state.jobs_made += 1
    drawn = draw(state.seed, "job", state.jobs_made)
    wanted_us = _wanted_us(order, drawn[16:24])
    timeout_us = wanted_us if order.timeout_us is None else order.timeout_us
    is_immediate = order.progression is Progression.IMMEDIATE
    return Ticket(
        id=uuid_of(drawn),
        number=state.jobs_made,
        order=order,
        created_at_us=at_us,
        duration_us=0 if is_immediate else max(min(wanted_us, timeout_us), DURATION_US_MIN),
        seed=between(drawn[24:32], 0, PICTURE_SEED_MAX),
        hangs=wanted_us > timeout_us,
    )


def _with_outcome(state: State, order: Order) -> Order:
    """The order with the end that a rule gives its job; what its prompt asked for goes before."""
    if order.outcome is not None or not state.rules.outcomes:
        return order
    prompt = order.input.get("prompt")
    asked = RuleSubject(
        model=order.model,
        workspace=order.workspace_id,
        prompt=prompt if isinstance(prompt, str) else None,
    )
    return order._replace(outcome=state.rules.outcome_of(asked, state.seed))


def _wanted_us(order: Order, drawn: bytes) -> int:
    if order.outcome is None or order.outcome.duration_us is None:
        return between(drawn, *order.duration_us)
    return int(min(order.outcome.duration_us / order.speed, LATEST_US))


def _admit(state: State, job: Job, at_us: int) -> Job:
    """Let a job that has a slot now begin, and plan its end."""
    ticket = job.ticket
    job = state.jobs[ticket.id] = advance(job, Event.ADMIT, at_us=at_us)
    if ticket.order.progression is not Progression.MANUAL:
        state.agenda.add(at_us + ticket.duration_us, ticket.id)
    return job


def _admitted_at_least(state: State, job: Job, event: Event, at_us: int) -> Job:
    if job.is_terminal:
        raise IllegalMove(f"Job {job.id} is {job.status} already and cannot {event}.")
    if job.was_admitted:
        return job
    # It takes a slot that it frees in the same moment, so nobody's turn is changed by it.
    state.queue.leave_line(job.order.workspace_id, job.ticket.number)
    state.queue.take_slot(job.order.workspace_id)
    return advance(job, Event.ADMIT, at_us=at_us)


def _post(state: State, job: Job, at_us: int) -> None:
    state.outbox.expected -= 1
    asked = RuleSubject(adapter=Adapter.WEBHOOK, model=job.order.model, workspace=job.order.workspace_id)
    fired = state.rules.fault_on(asked, state.seed) if state.rules.faults else None
    for sent, delay_us in deliveries_for(job, fired and fired.effect):
        id = uuid_of(draw(state.seed, "webhook", state.outbox.made))
        state.outbox.post(id, sent, at_us=at_us, due_us=min(at_us + delay_us, LATEST_US))


def _forget_oldest_finished(state: State) -> None:
    # A few at a time: after thousands of jobs ended at once, no single submission pays for them all.
    for _ in range(min(FORGOTTEN_AT_ONCE, len(state.finished) - state.jobs_kept)):
        job_id = state.finished.popleft()
        del state.jobs[job_id]
        state.ledger.carry_forward(job_id)


def _forget_stale_plans(state: State) -> None:
    unfinished = len(state.jobs) - len(state.finished)
    if state.agenda.size > 2 * unfinished + STALE_PLANS_MAX:
        state.agenda.keep(state.is_unfinished)
