import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.errors import IllegalMove
from mockkrea.core.jobs import (
    LIFE_WITH_PREVIEW,
    TERMINAL,
    TRANSITIONS,
    USUAL_LIFE,
    Event,
    Job,
    Life,
    Status,
    Ticket,
    advance,
)
from mockkrea.core.timetable import caught_up, completed, history, next_step
from tests.contract.requirements import requirement
from tests.making import START_US, an_order


def a_job(status: Status = Status.BACKLOGGED) -> Job:
    ticket = Ticket(
        id="j1",
        number=1,
        order=an_order(),
        created_at_us=START_US,
        duration_us=100,
        seed=0,
    )
    return Job(ticket, ((status, START_US),) if status is not Status.BACKLOGGED else ())


def test_a_finished_job_remembers_when_it_ended_and_how_it_came_there() -> None:
    job = a_job()
    for event in (Event.ADMIT, *(event for event, _ in USUAL_LIFE)):
        job = advance(job, event, at_us=START_US + len(job.moves))

    assert job.status is Status.COMPLETED
    assert job.ended_at_us == START_US + 4
    assert [status.value for status, _ in job.moves] == [
        "queued",
        "scheduled",
        "processing",
        "sampling",
        "completed",
    ]


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("event", Event)
def test_every_state_takes_an_event_or_refuses_it_and_nothing_else(status: Status, event: Event) -> None:
    job = a_job(status)

    if event in TRANSITIONS[status]:
        assert advance(job, event, at_us=START_US).status is TRANSITIONS[status][event]
    else:
        with pytest.raises(IllegalMove, match=f"is {status} and cannot {event}"):
            advance(job, event, at_us=START_US)
    assert job == a_job(status)


@requirement("job:states")
def test_the_three_endings_are_endings_and_no_other_state_is() -> None:
    assert {Status.COMPLETED, Status.FAILED, Status.CANCELLED} == TERMINAL


def test_every_state_can_be_reached_from_the_backlog() -> None:
    reached: set[Status] = set()
    frontier = {Status.BACKLOGGED}
    while frontier:
        reached |= frontier
        frontier = {to for at in frontier for to in TRANSITIONS[at].values()} - reached

    assert reached == set(Status)


def test_a_job_can_be_cancelled_in_every_state_that_is_not_an_end() -> None:
    assert {status for status, moves in TRANSITIONS.items() if Event.CANCEL in moves} == set(
        Status
    ) - TERMINAL


@requirement("job:arrows")
@pytest.mark.parametrize("life", [USUAL_LIFE, LIFE_WITH_PREVIEW])
def test_every_life_is_a_way_through_the_table_to_completion(life: Life) -> None:
    status = Status.QUEUED
    for event, _ in life:
        status = TRANSITIONS[status][event]

    assert status is Status.COMPLETED


@given(st.integers(0, 200), st.integers(0, 200))
def test_catching_up_in_one_step_or_in_two_is_the_same(first_us: int, then_us: int) -> None:
    job = a_job(Status.QUEUED)

    halfway = caught_up(job, START_US + first_us)

    assert caught_up(halfway, START_US + first_us + then_us) == caught_up(job, START_US + first_us + then_us)


def test_a_timetable_puts_every_step_but_the_last_at_its_part_of_the_duration() -> None:
    job = caught_up(a_job(Status.QUEUED), START_US + 10**9)

    assert job.moves == (
        (Status.QUEUED, START_US),
        (Status.SCHEDULED, START_US + 5),
        (Status.PROCESSING, START_US + 10),
        (Status.SAMPLING, START_US + 25),
    )
    assert next_step(job) is None


def test_a_completed_job_took_every_step_and_shows_its_file() -> None:
    job = completed(a_job(Status.QUEUED), at_us=START_US + 12)

    assert [at_us - START_US for _, at_us in history(job)] == [0, 5, 10, 12, 12]
    assert job.result == {"urls": ["/files/images/j1.png"]}
    assert completed(a_job(Status.QUEUED), at_us=START_US, given_result={}).result == {}


def test_a_job_cannot_move_before_it_was_made() -> None:
    with pytest.raises(AssertionError, match="before it was made"):
        advance(a_job(), Event.ADMIT, at_us=START_US - 1)
