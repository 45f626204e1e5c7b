"""Webhooks in the core: one delivery for each job that ends, its attempts, and their times."""

from __future__ import annotations

import pytest

from mockkrea.core import codec
from mockkrea.core.clock import SECOND_US
from mockkrea.core.commands import (
    Advance,
    DeleteJob,
    Freeze,
    RunToNextStep,
    RunUntilEnded,
    RunUntilIdle,
    SetOutcome,
    Submit,
)
from mockkrea.core.errors import IllegalMove, InvalidChange, NotFound
from mockkrea.core.jobs import Progression, Status
from mockkrea.core.outbox import CUT_OFF, DELIVERIES_KEPT, Attempt, Delivery, DeliveryStatus
from mockkrea.core.outbox_commands import RecordAttempt, Resend, TakeDeliveries
from mockkrea.core.state import State
from mockkrea.core.webhooks import RETRY_AFTER_US
from mockkrea.core.world import World, replay
from tests.making import DURATION_US, START_US, WEBHOOK, a_state, a_world, an_order


def a_frozen_world() -> World:
    return a_world(a_state(usd_micros=10**9), frozen=True)[0]


def state_of(world: World) -> State:
    return world.query(lambda state: state)


def deliveries(world: World) -> list[Delivery]:
    return list(state_of(world).outbox.deliveries.values())


def submit(world: World, progression: Progression = Progression.TIME) -> str:
    return world.execute(Submit(an_order(webhook=WEBHOOK, progression=progression))).id


def attempt(world: World, *, status: int | None = None, blocked: bool = False) -> Delivery:
    """Take the one delivery that is due, and record an attempt at it."""
    [taken] = world.execute(TakeDeliveries(16))
    assert taken.due_us is not None
    made = Attempt(at_us=taken.due_us, duration_us=3 * SECOND_US, status=status, blocked=blocked)
    return world.execute(RecordAttempt(taken.id, made))


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_every_way_to_end_leaves_one_delivery_of_the_job_as_it_ended(status: Status) -> None:
    world = a_frozen_world()
    job_id = submit(world)

    world.execute(SetOutcome(job_id=job_id, status=status))

    [delivery] = deliveries(world)
    assert delivery.job == state_of(world).jobs[job_id]
    assert (delivery.job.status, delivery.due_us) == (status, START_US)


def test_a_job_without_a_webhook_leaves_nothing() -> None:
    world = a_frozen_world()
    world.execute(Submit(an_order()))

    world.execute(RunUntilIdle())

    assert deliveries(world) == []


def test_a_job_that_has_not_ended_leaves_nothing_yet_and_a_deleted_one_nothing_more() -> None:
    world = a_frozen_world()
    job_id = submit(world)
    assert deliveries(world) == []

    for _ in range(2):
        world.execute(DeleteJob(workspace_id="w", job_id=job_id))

    assert [each.job.status for each in deliveries(world)] == [Status.CANCELLED]


def test_a_jump_of_the_clock_makes_deliveries_due_in_the_order_in_which_jobs_ended() -> None:
    world = a_frozen_world()
    first = submit(world)
    world.execute(Advance(SECOND_US))
    second = submit(world)

    world.execute(Advance(DURATION_US * 9))

    taken = world.execute(TakeDeliveries(16))
    assert [(each.job.id, each.due_us) for each in taken] == [
        (first, START_US + DURATION_US),
        (second, START_US + DURATION_US + SECOND_US),
    ]


def test_what_is_under_way_cannot_be_taken_again() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))

    assert len(world.execute(TakeDeliveries(16))) == 1
    world.execute(Advance(3600 * SECOND_US))

    assert world.execute(TakeDeliveries(16)) == ()
    assert [each.status for each in deliveries(world)] == [DeliveryStatus.SENDING]


def test_no_more_are_taken_than_were_asked_for() -> None:
    world = a_frozen_world()
    for _ in range(3):
        world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))

    assert [len(world.execute(TakeDeliveries(2))) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("status", [200, 204, 299])
def test_any_2xx_is_delivered_and_never_due_again(status: int) -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))

    delivery = attempt(world, status=status)
    world.execute(Advance(3600 * SECOND_US))

    assert (delivery.status, delivery.due_us) == (DeliveryStatus.DELIVERED, None)
    assert world.execute(TakeDeliveries(16)) == ()


@pytest.mark.parametrize("status", [None, 199, 302, 404, 500])
def test_anything_else_is_tried_again_after_1_5_and_25_seconds_and_then_given_up(status: int | None) -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))

    for wait_s in (1, 5, 25):
        assert attempt(world, status=status).status is DeliveryStatus.PENDING
        world.execute(Advance(wait_s * SECOND_US - 1))
        assert world.execute(TakeDeliveries(16)) == ()
        world.execute(Advance(1))
    delivery = attempt(world, status=status)

    assert (delivery.status, delivery.due_us) == (DeliveryStatus.FAILED, None)
    assert [each.at_us - START_US for each in delivery.attempts] == [
        seconds * SECOND_US for seconds in (0, 1, 6, 31)
    ]


def test_one_jump_of_31_seconds_makes_all_attempts_due_one_after_the_other() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    world.execute(Advance(31 * SECOND_US))

    made = [attempt(world, status=500).status for _ in range(4)]

    assert made == [DeliveryStatus.PENDING] * 3 + [DeliveryStatus.FAILED]


def test_while_the_clock_runs_the_wait_begins_when_the_attempt_has_failed() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    world.execute(Freeze(False))

    assert attempt(world).due_us == START_US + (3 + 1) * SECOND_US


def test_what_is_blocked_is_not_tried_again() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))

    assert attempt(world, blocked=True).status is DeliveryStatus.BLOCKED
    world.execute(RunUntilIdle())

    assert world.execute(TakeDeliveries(16)) == ()


def test_a_result_that_nobody_waits_for_is_refused() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    delivery = attempt(world, status=200)
    before = state_of(world).as_bytes()

    with pytest.raises(IllegalMove, match="is delivered"):
        world.execute(RecordAttempt(delivery.id, delivery.attempts[0]))
    with pytest.raises(NotFound):
        world.execute(RecordAttempt("nobody's", delivery.attempts[0]))

    assert state_of(world).as_bytes() == before


def test_a_settled_delivery_can_be_sent_again_with_all_its_retries() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    delivery = attempt(world, status=200)
    world.execute(Advance(60 * SECOND_US))

    world.execute(Resend(delivery.id))
    again = [attempt(world, status=500).status]
    for wait_s in (1, 5, 25):
        world.execute(Advance(wait_s * SECOND_US))
        again.append(attempt(world, status=500).status)

    assert again == [DeliveryStatus.PENDING] * 3 + [DeliveryStatus.FAILED]
    assert len(deliveries(world)[0].attempts) == 5


@pytest.mark.parametrize("under_way", [False, True])
def test_a_delivery_that_is_still_being_tried_cannot_be_sent_again(under_way: bool) -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    if under_way:
        world.execute(TakeDeliveries(1))
    [delivery] = deliveries(world)

    with pytest.raises(IllegalMove, match="still being tried"):
        world.execute(Resend(delivery.id))


def test_running_until_idle_goes_on_until_the_last_retry_is_due() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    attempt(world, status=500)

    world.execute(RunUntilIdle())

    assert world.now_us() == START_US + SECOND_US
    assert len(world.execute(TakeDeliveries(16))) == 1


def test_running_until_a_job_ends_waits_for_no_webhook() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    attempt(world, status=500)
    job_id = submit(world)

    world.execute(RunUntilEnded(job_id))

    assert world.now_us() == START_US + DURATION_US


def test_the_next_thing_that_happens_may_be_a_retry() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    attempt(world, status=500)

    world.execute(RunToNextStep())

    assert world.now_us() == START_US + SECOND_US


def test_a_webhook_that_is_due_already_is_no_next_step() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))

    with pytest.raises(InvalidChange, match="Nothing is planned"):
        world.execute(RunToNextStep())


def test_a_delivery_outlives_its_job_which_the_world_forgets() -> None:
    world, _, _ = a_world(a_state(usd_micros=10**9, jobs_kept=1), frozen=True)
    job_id = submit(world)
    world.execute(SetOutcome(job_id=job_id, status=Status.COMPLETED))

    for _ in range(2):
        world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))

    assert job_id not in state_of(world).jobs
    assert [each.job.id for each in world.execute(TakeDeliveries(1))] == [job_id]


def test_of_settled_deliveries_the_last_thousand_are_kept_and_all_that_are_not() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    [waiting] = world.execute(TakeDeliveries(1))

    for _ in range(DELIVERIES_KEPT + 3):
        world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
        attempt(world, status=200)

    kept = deliveries(world)
    assert len(kept) == DELIVERIES_KEPT + 1
    assert kept[0].id == waiting.id


def test_a_webhook_may_be_due_when_the_next_job_ends_if_one_with_a_webhook_is_unfinished() -> None:
    world, real, _ = a_world(a_state())
    assert world.real_us_to_webhook() is None
    world.execute(Submit(an_order()))
    assert world.real_us_to_webhook() is None

    submit(world)

    assert world.real_us_to_webhook() == DURATION_US
    real.us += DURATION_US - 5
    assert world.real_us_to_webhook() == 5
    real.us += 60
    assert world.real_us_to_webhook() == 0


def test_in_a_world_that_stands_still_no_webhook_becomes_due_by_itself() -> None:
    world = a_frozen_world()
    submit(world)

    assert world.real_us_to_webhook() is None


def test_asking_when_a_webhook_is_due_completes_no_immediate_job() -> None:
    world = a_frozen_world()
    job_id = submit(world, Progression.IMMEDIATE)

    assert world.real_us_to_webhook() == 0

    assert world.execute(DeleteJob(workspace_id="w", job_id=job_id)).status is Status.CANCELLED


@pytest.mark.parametrize("frozen", [True, False])
def test_an_attempt_that_was_under_way_when_its_process_died_has_failed_and_is_made_again(
    frozen: bool,
) -> None:
    world, _, _ = a_world(a_state(), frozen=frozen)
    job_id = submit(world)
    world.execute(SetOutcome(job_id=job_id, status=Status.FAILED))
    world.execute(TakeDeliveries(16))
    kept = state_of(world).as_bytes()

    restored, _, records = a_world(codec.from_bytes(State, kept), frozen=frozen)

    [delivery] = deliveries(restored)
    assert (delivery.status, delivery.failures) == (DeliveryStatus.PENDING, 1)
    assert delivery.due_us == START_US + RETRY_AFTER_US[0]
    assert delivery.attempts == (Attempt(at_us=START_US, duration_us=0, error=CUT_OFF),)
    living = state_of(restored).as_bytes()
    assert replay(codec.from_bytes(State, kept), records).as_bytes() == living
    restored.execute(Advance(RETRY_AFTER_US[0]))
    assert attempt(restored, status=200).status is DeliveryStatus.DELIVERED


def test_the_last_attempt_of_a_process_that_died_is_not_made_again() -> None:
    world = a_frozen_world()
    world.execute(SetOutcome(job_id=submit(world), status=Status.FAILED))
    for wait_us in RETRY_AFTER_US:
        attempt(world, status=500)
        world.execute(Advance(wait_us))
    world.execute(TakeDeliveries(16))

    restored, _, _ = a_world(codec.from_bytes(State, state_of(world).as_bytes()), frozen=True)

    [delivery] = deliveries(restored)
    assert (delivery.status, delivery.failures) == (DeliveryStatus.FAILED, 4)
