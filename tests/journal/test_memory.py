from mockkrea.core.clock import SECOND_US, Clock
from mockkrea.core.commands import Submit
from mockkrea.core.jobs import Progression
from mockkrea.core.world import World
from mockkrea.journal.memory import MemoryJournal
from tests.making import a_state, an_order
from tests.real_time import RealTime


def a_kept_world(*, records_max: int, jobs_kept: int = 3) -> tuple[World, RealTime, MemoryJournal]:
    state = a_state(jobs_kept=jobs_kept)
    journal = MemoryJournal(state, records_max=records_max)
    real = RealTime()
    return World(state, Clock(real, at_us=state.now_us), keep=journal.keep), real, journal


def test_a_journal_tells_the_world_as_it_is_before_and_after_its_checkpoints() -> None:
    world, real, journal = a_kept_world(records_max=5)

    for n in range(40):
        world.execute(Submit(an_order(price=100, progression=list(Progression)[n % 3])))
        real.us += SECOND_US

        living = world.query(lambda state: state.as_bytes())
        assert journal.replayed(world.now_us()).as_bytes() == living


def test_a_journal_keeps_no_more_records_than_it_may_and_there_are_jobs() -> None:
    world, _, journal = a_kept_world(records_max=5)

    for _ in range(60):
        world.execute(Submit(an_order(price=0, progression=Progression.IMMEDIATE)))
        jobs = world.query(lambda state: len(state.jobs))
        assert len(journal.records) <= 5 + jobs + 1

    assert len(journal.records) < 12


def test_a_replayed_state_is_its_own_and_changes_nothing_in_the_journal() -> None:
    world, _, journal = a_kept_world(records_max=100)
    world.execute(Submit(an_order()))
    replayed = journal.replayed(world.now_us())

    replayed.jobs.clear()
    replayed.ledger.entries["w"].clear()

    assert journal.replayed(world.now_us()).as_bytes() == world.query(lambda state: state.as_bytes())
