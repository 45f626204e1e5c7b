from mockkrea.core.clock import SECOND_US, Clock
from mockkrea.core.commands import Advance, Submit
from mockkrea.core.jobs import Progression
from mockkrea.core.world import World
from mockkrea.journal.memory import MemoryJournal
from tests.making import RealTime, a_state, an_order


def a_kept_world(records_max: int) -> tuple[World, MemoryJournal]:
    state = a_state()
    journal = MemoryJournal(state, records_max=records_max)
    return World(state, Clock(RealTime(), at_us=state.now_us), keep=journal.keep), journal


def test_a_journal_tells_the_world_as_it_is_before_and_after_its_checkpoints() -> None:
    world, journal = a_kept_world(records_max=7)

    for n in range(20):
        world.execute(Submit(an_order(price=100, progression=list(Progression)[n % 3])))
        world.execute(Advance(SECOND_US))

        at_us = world.now_us()
        replayed = journal.replayed()
        assert replayed.as_bytes() == world.query(lambda state: state.as_bytes())
        assert replayed.now_us == at_us


def test_a_journal_never_keeps_more_records_than_it_may() -> None:
    world, journal = a_kept_world(records_max=5)

    for _ in range(23):
        world.execute(Submit(an_order(price=0)))

    assert len(journal.records) < 5 + 23


def test_a_replayed_state_is_its_own_and_changes_nothing_in_the_journal() -> None:
    world, journal = a_kept_world(records_max=100)
    world.execute(Submit(an_order()))
    replayed = journal.replayed()

    replayed.jobs.clear()
    replayed.ledger.entries["w"].clear()

    assert journal.replayed().as_bytes() == world.query(lambda state: state.as_bytes())
