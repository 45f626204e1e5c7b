from collections.abc import Callable

import pytest

from mockkrea.core.clock import LATEST_US, SECOND_US, iso
from mockkrea.core.command import Command
from mockkrea.core.commands import (
    Advance,
    AdvanceTo,
    ChangeSettings,
    CountRequest,
    DeleteJob,
    Freeze,
    Grant,
    Poll,
    RunToNextStep,
    RunUntilEnded,
    RunUntilIdle,
    SetBalance,
    SetLimits,
    SetOutcome,
    Submit,
)
from mockkrea.core.errors import (
    IllegalMove,
    InsufficientBalance,
    InvalidChange,
    MockKreaError,
    NotFound,
    PlanRequired,
    RateLimited,
    TooManyJobs,
)
from mockkrea.core.jobs import FileRole, Job, JobError, Progression, Status
from mockkrea.core.ledger import Balance, Meter
from mockkrea.core.money import Unit
from mockkrea.core.queue import Limits
from mockkrea.core.state import State
from mockkrea.core.timetable import history
from mockkrea.core.world import World
from tests.making import DURATION_US, PRICE, START_US, a_state, a_world, an_order

USD = Meter("w", Unit.USD)
IMMEDIATE, MANUAL = Progression.IMMEDIATE, Progression.MANUAL


def status_of(world: World, job: Job) -> Status:
    return world.query(lambda state: state.any_job(job.id).status)


def balance_of(world: World) -> Balance:
    return world.query(lambda state: state.ledger.balance(USD, at_us=state.settled_us))


def cancel(job: Job) -> DeleteJob:
    return DeleteJob(workspace_id=job.order.workspace_id, job_id=job.id)


# --- time


def test_a_job_goes_through_its_life_as_time_passes_and_is_billed_at_its_end() -> None:
    world, real, _ = a_world(a_state())
    job = world.execute(Submit(an_order()))
    seen = []

    for _ in range(21):
        seen.append(status_of(world, job).value)
        real.us += DURATION_US // 20

    assert seen == ["queued"] + ["scheduled"] + ["processing"] * 3 + ["sampling"] * 15 + ["completed"]
    assert balance_of(world) == Balance(-1_000_000, 1_000_000 - PRICE, 0, PRICE)


def test_a_job_nobody_looked_at_still_ended_on_time() -> None:
    world, real, _ = a_world(a_state())
    job = world.execute(Submit(an_order()))

    real.us += 3600 * SECOND_US

    ended = world.query(lambda state: state.any_job(job.id))
    assert ended.ended_at_us == START_US + DURATION_US
    assert ended.result == {"urls": [job.files[FileRole.IMAGE]]}


def test_the_duration_is_dealt_between_the_shortest_and_the_longest() -> None:
    world, _, _ = a_world(a_state())
    durations = {
        world.execute(Submit(an_order(price=0, duration_us=(1_000, 1_010)))).ticket.duration_us
        for _ in range(50)
    }

    assert durations <= set(range(1_000, 1_011))
    assert len(durations) > 5


def test_advancing_moves_a_frozen_clock_and_everything_with_it() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    job = world.execute(Submit(an_order()))

    world.execute(Advance(DURATION_US))

    assert status_of(world, job) is Status.COMPLETED
    assert world.now_us() == START_US + DURATION_US


def test_a_clock_that_was_frozen_resumes_without_a_jump() -> None:
    world, real, _ = a_world(a_state())
    world.execute(Freeze(True))
    real.us += 60 * SECOND_US

    world.execute(Freeze(False))
    real.us += SECOND_US

    assert world.now_us() == START_US + SECOND_US


def test_running_to_the_end_of_a_job_stops_at_that_very_moment() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    world.execute(Submit(an_order(duration_us=(5_000_000, 5_000_000))))
    job = world.execute(Submit(an_order()))
    last = world.execute(Submit(an_order(duration_us=(20_000_000, 20_000_000))))

    world.execute(RunUntilEnded(job.id))

    assert world.now_us() == START_US + DURATION_US
    assert status_of(world, last) is Status.SAMPLING


def test_running_until_idle_ends_every_job_that_time_moves() -> None:
    world, _, _ = a_world(a_state(limits=Limits(concurrency=1)), frozen=True)
    jobs = [world.execute(Submit(an_order())) for _ in range(3)]

    world.execute(RunUntilIdle())

    assert [status_of(world, job) for job in jobs] == [Status.COMPLETED] * 3
    assert world.now_us() == START_US + 3 * DURATION_US


@pytest.mark.parametrize("wants_idle", [True, False])
def test_a_run_to_an_end_beyond_all_time_names_that_job_and_the_time_that_is_shown(wants_idle: bool) -> None:
    state = a_state()
    world, _, _ = a_world(state, frozen=True)
    world.execute(Submit(an_order()))
    cancelled, endless = (world.execute(Submit(an_order(duration_us=(LATEST_US, LATEST_US)))) for _ in "12")
    world.execute(cancel(cancelled))
    before = state.as_bytes()

    with pytest.raises(InvalidChange, match=f"Job {endless.id} .* it shows {iso(START_US)} now"):
        world.execute(RunUntilIdle() if wants_idle else RunUntilEnded(endless.id))

    assert state.as_bytes() == before


def test_running_to_the_next_step_passes_over_steps_of_cancelled_jobs() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    cancelled = world.execute(Submit(an_order(duration_us=(100, 100))))
    job = world.execute(Submit(an_order()))
    world.execute(cancel(cancelled))

    world.execute(RunToNextStep())

    assert status_of(world, job) is Status.SCHEDULED
    assert world.now_us() == START_US + DURATION_US // 20


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (Advance(-1), "cannot go backwards"),
        (AdvanceTo(START_US - 1), "cannot go backwards"),
        (Advance(LATEST_US), "ends at 9999"),
        (RunToNextStep(), "Nothing is planned"),
        (RunUntilIdle(), "Time alone will not get there: job [0-9a-f-]{36} waits"),
        (RunUntilEnded("no such job"), "no job 'no such job'"),
    ],
)
def test_a_move_of_the_clock_that_cannot_be_is_refused_and_moves_nothing(
    command: Command[None], reason: str
) -> None:
    state = a_state()
    world, _, records = a_world(state, frozen=True)
    world.execute(Submit(an_order(progression=MANUAL)))
    before, kept = state.as_bytes(), len(records)

    with pytest.raises(MockKreaError, match=reason):
        world.execute(command)

    assert state.as_bytes() == before
    assert len(records) == kept


def test_a_run_that_gets_stuck_halfway_leaves_time_where_it_was() -> None:
    state = a_state(limits=Limits(concurrency=1))
    world, _, _ = a_world(state, frozen=True)
    world.execute(Submit(an_order()))
    world.execute(Submit(an_order(progression=MANUAL)))
    stuck = world.execute(Submit(an_order()))
    before = state.as_bytes()

    with pytest.raises(InvalidChange, match="waits for a client's poll"):
        world.execute(RunUntilEnded(stuck.id))

    assert state.as_bytes() == before


# --- the queue


def test_a_freed_slot_admits_the_next_job_at_the_moment_it_was_freed() -> None:
    world, real, _ = a_world(a_state(limits=Limits(concurrency=1, backlog=5)))
    first, second = (world.execute(Submit(an_order())) for _ in range(2))
    assert (first.status, second.status) == (Status.QUEUED, Status.BACKLOGGED)

    real.us += 3600 * SECOND_US

    assert world.query(lambda state: state.any_job(second.id).moves[0]) == (
        Status.QUEUED,
        START_US + DURATION_US,
    )
    assert world.query(lambda state: state.any_job(second.id).ended_at_us) == START_US + 2 * DURATION_US


@pytest.mark.parametrize("end", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_every_end_of_a_running_job_lets_the_next_one_start(end: Status) -> None:
    world, _, _ = a_world(a_state(limits=Limits(concurrency=1, backlog=5)), frozen=True)
    first, second = (world.execute(Submit(an_order())) for _ in range(2))

    world.execute(SetOutcome(job_id=first.id, status=end))

    assert status_of(world, second) is Status.QUEUED


def test_the_position_counts_the_jobs_that_start_before_and_goes_when_it_starts() -> None:
    world, _, _ = a_world(a_state(limits=Limits(concurrency=1)), frozen=True)
    jobs = [world.execute(Submit(an_order())) for _ in range(4)]
    world.execute(cancel(jobs[2]))

    def positions(state: State) -> list[int | None]:
        return [state.position(state.any_job(job.id)) for job in jobs]

    assert world.query(positions) == [0, 1, None, 2]
    world.execute(RunToNextStep())
    assert world.query(positions) == [None, 1, None, 2]


def test_raising_the_limits_starts_waiting_jobs_at_once() -> None:
    world, _, _ = a_world(a_state(limits=Limits(concurrency=1, backlog=9)), frozen=True)
    jobs = [world.execute(Submit(an_order())) for _ in range(4)]

    workspace = world.execute(SetLimits(workspace_id="w", changes={"concurrency": 3}))

    assert workspace.limits == Limits(concurrency=3, backlog=9)
    assert [status_of(world, job).value for job in jobs] == ["queued", "queued", "queued", "backlogged"]


# --- immediate


def test_under_immediate_a_job_is_complete_for_whoever_looks_next() -> None:
    world, _, _ = a_world(a_state(), frozen=True)

    job = world.execute(Submit(an_order(progression=IMMEDIATE)))

    assert job.status is Status.QUEUED
    assert status_of(world, job) is Status.COMPLETED
    assert world.query(lambda state: state.any_job(job.id).ended_at_us) == START_US


def test_under_immediate_submit_then_cancel_cancels_and_bills_nothing() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    job = world.execute(Submit(an_order(progression=IMMEDIATE)))

    assert world.execute(cancel(job)).status is Status.CANCELLED
    assert balance_of(world) == Balance(-1_000_000, 1_000_000)


def test_under_immediate_an_outcome_comes_before_the_usual_life() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    job = world.execute(Submit(an_order(progression=IMMEDIATE)))

    world.execute(SetOutcome(job_id=job.id, status=Status.FAILED, error=JobError("nsfw")))

    assert status_of(world, job) is Status.FAILED


def test_under_immediate_a_look_between_submit_and_cancel_completes_the_job() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    job = world.execute(Submit(an_order(progression=IMMEDIATE)))
    status_of(world, job)

    assert world.execute(cancel(job)).status is Status.COMPLETED
    assert balance_of(world).revenue == PRICE


def test_under_immediate_no_number_of_submits_fills_the_queue() -> None:
    world, _, _ = a_world(a_state(limits=Limits(concurrency=1, backlog=0)), frozen=True)

    jobs = [world.execute(Submit(an_order(progression=IMMEDIATE))) for _ in range(20)]

    assert {status_of(world, job) for job in jobs} == {Status.COMPLETED}


def test_a_cancel_spares_only_steps_of_its_own_moment_not_those_that_time_brought() -> None:
    world, real, _ = a_world(a_state(limits=Limits(concurrency=1)))
    world.execute(Submit(an_order()))
    waiting = world.execute(Submit(an_order(progression=IMMEDIATE)))

    # The slot is freed and the waiting job runs and completes, unseen, before the cancel comes.
    real.us += 2 * DURATION_US

    assert world.execute(cancel(waiting)).status is Status.COMPLETED


# --- manual


def test_a_manual_job_moves_one_step_at_every_second_poll_and_never_by_time() -> None:
    world, real, _ = a_world(a_state())
    job = world.execute(Submit(an_order(progression=MANUAL, polls_per_step=2)))
    seen = []

    for _ in range(8):
        real.us += 3600 * SECOND_US
        world.execute(Poll((job.id,)))
        seen.append(status_of(world, job).value)

    assert seen == [
        "queued",
        "scheduled",
        "scheduled",
        "processing",
        "processing",
        "sampling",
        "sampling",
        "completed",
    ]


def test_polls_of_a_waiting_manual_job_count_but_do_not_move_it() -> None:
    world, _, _ = a_world(a_state(limits=Limits(concurrency=1)), frozen=True)
    first, second = (world.execute(Submit(an_order(progression=MANUAL))) for _ in range(2))

    world.execute(Poll((second.id, "an id that is gone")))

    assert status_of(world, second) is Status.BACKLOGGED
    world.execute(cancel(first))
    world.execute(Poll((second.id,)))
    assert status_of(world, second) is Status.SCHEDULED


# --- ending jobs


def test_cancelling_a_running_job_gives_the_money_back_and_takes_it_off_the_list() -> None:
    world, real, _ = a_world(a_state())
    job = world.execute(Submit(an_order()))
    real.us += DURATION_US // 2

    cancelled = world.execute(cancel(job))

    assert cancelled.status is Status.CANCELLED
    assert balance_of(world) == Balance(-1_000_000, 1_000_000)
    assert list(world.query(lambda state: list(state.newest_jobs("w")))) == []
    assert status_of(world, job) is Status.CANCELLED


def test_deleting_a_finished_job_takes_it_off_the_list_and_gives_nothing_back() -> None:
    world, real, _ = a_world(a_state())
    job = world.execute(Submit(an_order()))
    real.us += DURATION_US

    deleted = world.execute(cancel(job))

    assert (deleted.status, deleted.listed) == (Status.COMPLETED, False)
    assert balance_of(world).revenue == PRICE
    assert world.query(lambda state: state.file_at(job.files[FileRole.IMAGE])[0]).id == job.id


def test_an_outcome_completes_a_waiting_job_through_all_its_states() -> None:
    world, _, _ = a_world(a_state(limits=Limits(concurrency=1)), frozen=True)
    running, waiting = (world.execute(Submit(an_order())) for _ in range(2))

    ended = world.execute(SetOutcome(job_id=waiting.id, status=Status.COMPLETED, result={}))

    assert [status.value for status, _ in history(ended)] == [
        "queued",
        "scheduled",
        "processing",
        "sampling",
        "completed",
    ]
    assert ended.result == {}
    assert status_of(world, running) is Status.QUEUED
    assert balance_of(world) == Balance(-1_000_000, 1_000_000 - 2 * PRICE, PRICE, PRICE)


def test_a_job_can_fail_silently_as_krea_has_been_seen_to_do() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    job = world.execute(Submit(an_order()))

    failed = world.execute(SetOutcome(job_id=job.id, status=Status.FAILED))

    assert (failed.status, failed.error, failed.result) == (Status.FAILED, None, None)
    assert balance_of(world) == Balance(-1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"status": Status.SAMPLING}, InvalidChange),
        ({"status": Status.COMPLETED, "error": JobError("nsfw")}, InvalidChange),
        ({"status": Status.FAILED, "result": {}}, InvalidChange),
        ({"status": Status.COMPLETED, "job_id": "nope"}, NotFound),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_and_changes_nothing(
    wanted: dict[str, object], refusal: type[MockKreaError]
) -> None:
    state = a_state()
    world, _, _ = a_world(state, frozen=True)
    job = world.execute(Submit(an_order()))
    before = state.as_bytes()

    with pytest.raises(refusal):
        world.execute(SetOutcome(**({"job_id": job.id} | wanted)))  # type: ignore[arg-type]

    assert state.as_bytes() == before


@pytest.mark.parametrize("again", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_a_job_that_has_ended_takes_no_outcome_any_more(again: Status) -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    job = world.execute(Submit(an_order()))
    world.execute(SetOutcome(job_id=job.id, status=Status.FAILED))

    with pytest.raises(IllegalMove, match="is failed already"):
        world.execute(SetOutcome(job_id=job.id, status=again))


# --- refusals


@pytest.mark.parametrize(
    ("state", "command", "refusal"),
    [
        (lambda: a_state(usd_micros=PRICE - 1), Submit(an_order()), InsufficientBalance),
        (lambda: a_state(limits=Limits(concurrency=0, backlog=0)), Submit(an_order()), TooManyJobs),
        (
            lambda: a_state(excluded_models=frozenset({"image/bfl/flux-1-dev"})),
            Submit(an_order()),
            PlanRequired,
        ),
        (a_state, Submit(an_order(unfinished_max=0)), TooManyJobs),
        (a_state, Submit(an_order(workspace_id="nowhere")), NotFound),
        (a_state, DeleteJob(workspace_id="w", job_id="nope"), NotFound),
        (a_state, Grant(workspace_id="w", amounts={Unit.USD: 5, Unit.COMPUTE_UNITS: -1}), InvalidChange),
        (a_state, SetBalance(workspace_id="w", amounts={Unit.USD: 5, Unit.COMPUTE_UNITS: -1}), InvalidChange),
        (lambda: a_state(limits=Limits(requests_per_minute=0)), CountRequest("w"), RateLimited),
    ],
)
def test_a_refused_command_changes_nothing_and_is_not_recorded(
    state: Callable[[], State], command: Command[object], refusal: type[MockKreaError]
) -> None:
    made = state()
    world, _, records = a_world(made, frozen=True)
    before = made.as_bytes()

    with pytest.raises(refusal):
        world.execute(command)

    assert made.as_bytes() == before
    assert records == []


def test_a_refused_submission_draws_no_randomness() -> None:
    world, _, _ = a_world(a_state(usd_micros=PRICE), frozen=True)
    undisturbed, _, _ = a_world(a_state(usd_micros=PRICE), frozen=True)

    with pytest.raises(InsufficientBalance):
        world.execute(Submit(an_order(price=PRICE + 1)))

    assert world.execute(Submit(an_order())).id == undisturbed.execute(Submit(an_order())).id


def test_the_plan_is_refused_before_concurrency_and_concurrency_before_the_balance() -> None:
    model, full = frozenset({"image/bfl/flux-1-dev"}), Limits(concurrency=0, backlog=0)

    for state, refusal in (
        (a_state(usd_micros=0, limits=full, excluded_models=model), PlanRequired),
        (a_state(usd_micros=0, limits=full), TooManyJobs),
        (a_state(usd_micros=0), InsufficientBalance),
    ):
        with pytest.raises(refusal):
            a_world(state)[0].execute(Submit(an_order()))


def test_exactly_one_of_many_submissions_wins_the_last_cents() -> None:
    world, _, _ = a_world(a_state(usd_micros=PRICE), frozen=True)
    outcomes: list[Status | None] = []

    for _ in range(5):
        try:
            outcomes.append(world.execute(Submit(an_order())).status)
        except InsufficientBalance:
            outcomes.append(None)

    assert outcomes == [Status.QUEUED, None, None, None, None]


def test_a_job_of_another_workspace_can_neither_be_seen_nor_cancelled() -> None:
    world, _, _ = a_world(a_state(), frozen=True)
    job = world.execute(Submit(an_order()))

    with pytest.raises(NotFound):
        world.query(lambda state: state.job("other", job.id))
    with pytest.raises(NotFound):
        world.execute(DeleteJob(workspace_id="other", job_id=job.id))

    assert status_of(world, job) is Status.QUEUED


def test_the_request_rate_is_a_sliding_minute_and_says_when_to_come_back() -> None:
    world, real, _ = a_world(a_state(limits=Limits(requests_per_minute=2)))
    world.execute(CountRequest("w"))
    real.us += 20 * SECOND_US
    world.execute(CountRequest("w"))
    real.us += SECOND_US // 2

    with pytest.raises(RateLimited, match="may make 2 requests a minute and has made 2") as refusal:
        world.execute(CountRequest("w"))
    assert refusal.value.retry_after_s == 40

    real.us += 39 * SECOND_US + SECOND_US // 2
    world.execute(CountRequest("w"))


# --- what is kept


def test_only_the_newest_finished_jobs_stay_and_the_book_still_adds_up() -> None:
    state = a_state(jobs_kept=3)
    world, _, _ = a_world(state, frozen=True)
    jobs = []
    for _ in range(6):
        jobs.append(world.execute(Submit(an_order(progression=IMMEDIATE))))
        status_of(world, jobs[-1])
    running = world.execute(Submit(an_order()))

    kept = [job.id for job in jobs[-3:]]
    assert list(state.jobs) == [*kept, running.id]
    assert balance_of(world) == Balance(-1_000_000, 1_000_000 - 7 * PRICE, PRICE, 6 * PRICE)
    assert [row.kind.value for row in state.ledger.entries_at("w", at_us=state.settled_us)] == [
        "grant",
        "carried_forward",
        *["hold", "capture"] * 3,
        "hold",
    ]


def test_planned_ends_of_cancelled_jobs_do_not_pile_up_while_the_clock_stands() -> None:
    state = a_state()
    world, _, _ = a_world(state, frozen=True)

    for _ in range(3_000):
        world.execute(cancel(world.execute(Submit(an_order()))))

    assert state.agenda.size <= 1_001


def test_settings_are_kept_with_the_world_and_not_looked_at() -> None:
    state = a_state()
    world, _, _ = a_world(state)

    world.execute(ChangeSettings({"speed": 2.0}))
    world.execute(ChangeSettings({"speed": 3.0, "colour": "red"}))

    assert state.settings == {"speed": 3.0, "colour": "red"}


def test_a_glimpse_shows_a_fresh_end_and_leaves_it_to_be_found_by_whoever_comes_next() -> None:
    world, _, records = a_world(a_state())
    job = world.execute(Submit(an_order(progression=IMMEDIATE)))

    seen = world.glimpse(lambda state: state.any_job(job.id).status)

    assert seen is Status.COMPLETED
    assert len(records) == 1
    assert world.has_ends_due_now()
    assert world.execute(cancel(job)).status is Status.CANCELLED
