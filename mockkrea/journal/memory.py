"""A journal in memory: a checkpoint, and the records since.

A checkpoint shares every frozen fact with the world it was taken of, so taking one costs a few
dictionary copies, and the journal of a world that runs all day stays as small as that of a new one.
"""

from __future__ import annotations

from mockkrea.core import codec, engine, world
from mockkrea.core.commands import Record
from mockkrea.core.state import State

RECORDS_MAX = 10_000


class MemoryJournal:
    """What happened since the checkpoint.

    Args:
        state: what the world is before the first record.
        records_max: how many records are kept until the next checkpoint is taken, or as many as there are
            jobs if these are more.
    """

    def __init__(self, state: State, *, records_max: int = RECORDS_MAX) -> None:
        self._checkpoint = codec.copy(state)
        self._records: list[Record] = []
        self._records_max = records_max

    @property
    def records(self) -> tuple[Record, ...]:
        """The records since the checkpoint, oldest first."""
        return tuple(self._records)

    def keep(self, record: Record, state: State) -> None:
        """Take down a record that was applied; `state` is the world after it."""
        self._records.append(record)
        # Copying takes time in proportion to the jobs, so the more there are the more seldom it is done.
        if len(self._records) >= self._records_max + len(state.jobs):
            self._checkpoint = codec.copy(state)
            self._records.clear()

    def replayed(self, at_us: int) -> State:
        """The world at this moment as its records tell it: a state of its own, equal to the living one."""
        state = world.replay(codec.copy(self._checkpoint), self._records)
        engine.settle(state, at_us)
        return state
