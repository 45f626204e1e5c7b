"""What time alone brings next, as the command, the button and the pages are told it."""

from __future__ import annotations

import pytest

from mockkrea.core.clock import LATEST_US, SECOND_US
from mockkrea.core.coming import Kind, coming, next_at_us
from mockkrea.core.commands import Advance, DeleteJob, RunToNextStep, SetOutcome, Submit
from mockkrea.core.errors import InvalidChange
from mockkrea.core.jobs import Progression, Status
from mockkrea.core.outbox import Attempt
from mockkrea.core.outbox_commands import RecordAttempt, TakeDeliveries
from mockkrea.core.world import World
from tests.making import DURATION_US, START_US, WEBHOOK, a_state, a_world, an_order


@pytest.fixture
def world() -> World:
    return a_world(a_state(), frozen=True)[0]


def seen(world: World) -> list[tuple[int, Kind]]:
    """What comes, with the microseconds from the beginning to it, the next first."""
    return world.query(lambda state: sorted((each.at_us - START_US, each.kind) for each in coming(state)))


def test_a_job_that_runs_has_its_next_step_and_its_end_before_it(world: World) -> None:
    world.execute(Submit(an_order()))
    assert seen(world) == [(DURATION_US // 20, Kind.STEP), (DURATION_US, Kind.END)]

    world.execute(Advance(DURATION_US - 1))

    assert seen(world) == [(DURATION_US, Kind.END)]


def test_a_step_says_which_state_it_leads_to_and_the_job_is_in_it_then(world: World) -> None:
    job = world.execute(Submit(an_order()))
    while steps := [each for each in world.query(coming) if each.kind is Kind.STEP]:
        [step] = steps
        world.execute(Advance(step.at_us - world.query(lambda state: state.settled_us)))
        assert world.query(lambda state: state.any_job(job.id).status) == step.status


def test_nothing_comes_of_jobs_that_were_cancelled_have_ended_or_wait_for_polls(world: World) -> None:
    cancelled = world.execute(Submit(an_order()))
    world.execute(DeleteJob(workspace_id="w", job_id=cancelled.id))
    world.execute(Submit(an_order(progression=Progression.MANUAL)))
    world.execute(Submit(an_order(progression=Progression.IMMEDIATE)))

    assert seen(world) == []


def test_a_webhook_comes_only_if_its_attempt_is_not_due_yet(world: World) -> None:
    job = world.execute(Submit(an_order(webhook=WEBHOOK)))
    world.execute(SetOutcome(job_id=job.id, status=Status.FAILED))
    assert seen(world) == []

    [taken] = world.execute(TakeDeliveries(1))
    world.execute(RecordAttempt(taken.id, Attempt(at_us=START_US, duration_us=3, status=500)))

    assert seen(world) == [(SECOND_US, Kind.WEBHOOK)]


def test_what_lies_beyond_the_end_of_time_never_comes(world: World) -> None:
    world.execute(Advance(LATEST_US - START_US - DURATION_US // 2))
    world.execute(Submit(an_order()))
    world.execute(Advance(DURATION_US // 2 - 1))

    assert world.query(next_at_us) is None
    with pytest.raises(InvalidChange, match="Nothing is planned"):
        world.execute(RunToNextStep())
