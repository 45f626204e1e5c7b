"""Rules at work in the core: what they match, which of it they pick, and that it can be replayed."""

from __future__ import annotations

from typing import Any

import pytest

from mockkrea.core.commands import Submit
from mockkrea.core.errors import InsufficientBalance, InvalidChange, NotFound
from mockkrea.core.fault_commands import AddFault, AddOutcome, MeetFaults, PassTime, RemoveFaults
from mockkrea.core.jobs import Job, JobError, Order, Status
from mockkrea.core.matching import Adapter, RuleSubject, When
from mockkrea.core.outcomes import Ending, Outcome
from mockkrea.core.rule_reading import read_fault, read_outcome
from mockkrea.core.state import State
from mockkrea.core.world import World, replay
from tests.making import START_US, a_state, a_world, an_order

ASKED = RuleSubject(
    adapter=Adapter.REST,
    method="POST",
    path="/generate/image/krea/krea-2",
    model="image/krea/krea-2",
    workspace="w",
    key="k",
    prompt="A Fox",
)


def a_fault(status: int = 500, times: int | None = None, **when: object) -> AddFault:
    rule: dict[str, Any] = {"when": when, "then": {"status": status}}
    return AddFault(read_fault(rule | ({} if times is None else {"times": times})))


def an_outcome(then: dict[str, Any], **when: object) -> AddOutcome:
    return AddOutcome(read_outcome({"when": when, "then": then}))


def met(world: World, times: int) -> list[int | None]:
    """The statuses that so many requests meet."""
    faults = [world.execute(MeetFaults(ASKED)) for _ in range(times)]
    return [None if fault is None else fault.effect.status for fault in faults]


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({}, True),
        ({"adapter": "rest", "method": "POST", "workspace": "w", "key": "k"}, True),
        ({"adapter": ["mcp", "rest"]}, True),
        ({"adapter": "files"}, False),
        ({"method": "GET"}, False),
        ({"path": "/generate/**"}, True),
        ({"path": "/generate/*"}, False),
        ({"path": "/generate/*/krea/krea-?"}, True),
        ({"path": "/jobs/*"}, False),
        ({"model": "image/**"}, True),
        ({"model": "image/krea/krea-2"}, True),
        ({"model": "image.krea.krea-2"}, False),
        ({"model": "video/**"}, False),
        ({"tool": "generate"}, False),
        ({"workspace": "other"}, False),
        ({"key": "other"}, False),
    ],
)
def test_a_rule_matches_when_everything_it_names_agrees(when: dict[str, Any], matches: bool) -> None:
    assert a_fault(**when).fault.when.matches(ASKED) is matches


@pytest.mark.parametrize(("prompt", "matches"), [("fox", True), ("a f", True), ("wolf", False)])
def test_a_prompt_matches_by_a_text_in_it_in_any_case(prompt: str, matches: bool) -> None:
    assert an_outcome({"empty": True}, prompt=prompt).rule.when.matches(ASKED) is matches


@pytest.mark.parametrize(
    ("when", "picked"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 3}, [3]),
        ({"first": 2}, [1, 2]),
        ({"after": 4}, [5, 6]),
        ({"every": 2}, [2, 4, 6]),
        ({"after": 1, "first": 2}, [2, 3]),
        ({"after": 2, "every": 2}, [4, 6]),
        ({"after": 2, "nth": 1}, [3]),
    ],
)
def test_counting_begins_behind_after_and_picks_what_was_said(
    when: dict[str, Any], picked: list[int]
) -> None:
    world, _, _ = a_world(a_state())
    world.execute(a_fault(**when))

    assert [number for number, status in enumerate(met(world, 6), 1) if status] == picked


def test_the_first_rule_that_fires_ends_the_search_and_the_next_counts_from_there() -> None:
    world, _, _ = a_world(a_state())
    world.execute(a_fault(500, first=1))
    world.execute(a_fault(429, first=1))

    assert met(world, 3) == [500, 429, None]


def test_a_rule_fires_only_so_many_times() -> None:
    world, _, _ = a_world(a_state())
    world.execute(a_fault(times=2))

    assert met(world, 3) == [500, 500, None]
    assert not world.query(lambda state: state.rules.concern(ASKED))


def test_chance_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    def rolled(seed: int) -> list[int | None]:
        world, _, _ = a_world(a_state(seed=seed))
        world.execute(a_fault(probability=0.3))
        return met(world, 200)

    assert rolled(1) == rolled(1) != rolled(2)
    assert 35 <= rolled(1).count(500) <= 85


@pytest.mark.parametrize(("probability", "fired"), [(0, 0), (1, 20)])
def test_the_ends_of_chance_are_never_and_always(probability: int, fired: int) -> None:
    world, _, _ = a_world(a_state())
    world.execute(a_fault(probability=probability))

    assert met(world, 20).count(500) == fired


def test_a_world_with_rules_is_replayed_byte_for_byte() -> None:
    state = a_state()
    beginning = a_state()
    world, _, records = a_world(state)
    world.execute(a_fault(probability=0.5))
    world.execute(an_outcome({"status": "failed", "seconds": 5}, every=2))
    for _ in range(10):
        world.execute(MeetFaults(ASKED))
        world.execute(Submit(an_order()))
    world.execute(RemoveFaults())
    world.execute(PassTime(20_000_000))

    assert replay(beginning, records).as_bytes() == state.as_bytes()
    assert len(state.finished) == 10


def test_a_request_is_told_which_rule_it_met() -> None:
    world, _, _ = a_world(a_state())
    world.execute(a_fault(503, method="DELETE"))
    id = world.execute(a_fault(500))

    fired = world.execute(MeetFaults(ASKED))

    assert fired is not None
    assert (fired.rule_id, fired.effect.status) == (id, 500)


def test_a_fault_that_advances_moves_the_clock_and_ends_jobs() -> None:
    world, _, _ = a_world(a_state())
    job = world.execute(Submit(an_order()))
    world.execute(AddFault(read_fault({"then": {"advance": "2h"}})))

    world.execute(MeetFaults(ASKED))

    assert world.now_us() == START_US + 7_200_000_000
    assert world.query(lambda state: state.any_job(job.id).status) is Status.COMPLETED


def test_a_fault_cannot_move_the_clock_beyond_its_end() -> None:
    world, _, _ = a_world(a_state())
    world.execute(AddFault(read_fault({"then": {"advance": "2900000d"}})))

    world.execute(MeetFaults(ASKED))
    world.execute(MeetFaults(ASKED))

    assert world.now_us() == 253_402_300_799_000_000


def test_faults_go_one_by_one_or_all_together() -> None:
    state = a_state()
    world, _, _ = a_world(state)
    first, second = world.execute(a_fault()), world.execute(a_fault())
    outcome = world.execute(an_outcome({"empty": True}))

    world.execute(RemoveFaults(first))
    with pytest.raises(NotFound, match=f"no fault '{first}' here"):
        world.execute(RemoveFaults(first))
    assert list(state.rules.faults) == [second]
    world.execute(RemoveFaults())
    assert list(state.rules.tallies) == [outcome]


def test_there_may_be_a_thousand_rules() -> None:
    world, _, _ = a_world(a_state())
    for _ in range(1000):
        world.execute(a_fault())

    with pytest.raises(InvalidChange, match="1,000"):
        world.execute(a_fault())


def submitted(world: World, order: Order | None = None) -> str:
    return world.execute(Submit(order or an_order())).id


def ended(world: World, job_id: str) -> Job:
    world.execute(PassTime(3_600_000_000))
    return world.query(lambda state: state.any_job(job_id))


def test_a_job_fails_with_the_error_that_its_rule_says_and_costs_nothing() -> None:
    state = a_state()
    world, _, _ = a_world(state)
    world.execute(an_outcome({"status": "failed", "error": {"code": "nsfw", "message": "no"}}))

    job = ended(world, submitted(world))

    assert (job.status, job.error) == (Status.FAILED, JobError("nsfw", "no"))
    assert captured(state) == 0


def test_a_job_with_an_empty_result_completes_and_is_billed() -> None:
    state = a_state()
    world, _, _ = a_world(state)
    world.execute(an_outcome({"empty": True}))

    job = ended(world, submitted(world))

    assert (job.status, job.result) == (Status.COMPLETED, {})
    assert captured(state) == job.order.amount > 0


def test_a_cancelled_outcome_takes_the_job_off_the_list() -> None:
    world, _, _ = a_world(a_state())
    world.execute(an_outcome({"status": "cancelled"}))

    job = ended(world, submitted(world))

    assert (job.status, job.listed, job.error) == (Status.CANCELLED, False, None)


def test_the_seconds_of_an_outcome_are_divided_by_the_speed_of_the_order() -> None:
    world, _, _ = a_world(a_state())
    world.execute(an_outcome({"seconds": 60}))

    durations = [
        world.execute(Submit(an_order()._replace(speed=speed))).ticket.duration_us for speed in (1, 10)
    ]

    assert durations == [60_000_000, 6_000_000]


def test_the_outcome_of_a_prompt_goes_before_the_rules_and_does_not_count() -> None:
    state = a_state()
    world, _, _ = a_world(state)
    world.execute(an_outcome({"empty": True}, first=1))

    job = ended(world, submitted(world, an_order()._replace(outcome=Outcome(ending=Ending.FAILED))))

    assert (job.status, job.error) == (Status.FAILED, None)
    assert [tally.matched for tally in state.rules.tallies.values()] == [0]


def test_a_refused_order_counts_for_no_rule_and_rolls_nothing() -> None:
    state = a_state()
    world, _, _ = a_world(state)
    world.execute(an_outcome({"empty": True}, probability=0.5))
    before = state.as_bytes()

    with pytest.raises(InsufficientBalance, match="The job costs"):
        submitted(world, an_order(price=10**15))

    assert state.as_bytes() == before


def captured(state: State) -> int:
    rows = state.ledger.entries_at("w", at_us=state.settled_us)
    return sum(entry.amount for entry in rows if entry.kind == "capture")


@pytest.mark.parametrize(
    ("when", "other", "covers"),
    [
        (When(), When(), True),
        (When(), When(path="/jobs", nth=2), True),
        (When(path="/jobs"), When(path="/jobs", method="GET"), True),
        (When(path="/jobs"), When(), False),
        (When(first=2), When(), False),
        (When(after=1), When(), False),
        (When(probability=0.5), When(), False),
        (When(), When(adapter=(Adapter.WEBHOOK,)), False),
        (When(adapter=(Adapter.WEBHOOK,)), When(adapter=(Adapter.WEBHOOK,), model="video/**"), True),
        (When(adapter=(Adapter.REST,)), When(), False),
        (When(adapter=(Adapter.REST, Adapter.MCP)), When(adapter=(Adapter.MCP,)), True),
    ],
)
def test_a_rule_covers_another_if_it_picks_all_that_the_other_matches(
    when: When, other: When, covers: bool
) -> None:
    assert when.covers(other) is covers
