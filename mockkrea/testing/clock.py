"""The world's clock in the hands of a test."""

from __future__ import annotations

from datetime import datetime, timedelta

from mockkrea.control_calls import move_clock, run_until
from mockkrea.core.command import Command
from mockkrea.core.commands import Advance, AdvanceTo, Freeze, RunUntilEnded
from mockkrea.testing.jobs import Job
from mockkrea.testing.moments import at_us_of, microseconds_of, moment
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach


@pointing_at_the_test
class Clock:
    """Mock time. It goes forward only: by itself with the real time, or frozen, when a test moves it."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    @property
    def now(self) -> datetime:
        """Mock time, in UTC."""
        return moment(self._reach.query(lambda state: self._reach.tenant.now_us()))

    @property
    def frozen(self) -> bool:
        """Whether it stands still until it is moved."""
        return self._reach.query(lambda state: state.frozen)

    def freeze(self) -> None:
        """Stop it where it is."""
        self._reach.execute(Freeze(True))

    def resume(self) -> None:
        """Let it run with the real time."""
        self._reach.execute(Freeze(False))

    def advance(self, by: str | float | timedelta) -> None:
        """Move it forward: by "2h", "90s", "1500ms", by so many seconds, or by a timedelta.

        Raises:
            InvalidChange: that is no duration, it is negative, or leads beyond the year 9999.
        """
        self._reach.execute(Advance(microseconds_of(by)))

    def run_until(self, until: Job | str | datetime) -> None:
        """Move it to the end of a job (or its id), to a time, to what happens "next", or until all is "idle".

        Idle: no job waits or runs, and every webhook has been sent, with all its retries.

        Raises:
            InvalidChange: that is no moment, it is past, or time alone does not end the job.
            NotFound: there is no such job.
        """
        if isinstance(until, Job):
            command: Command[None] = RunUntilEnded(until.id)
        elif isinstance(until, datetime):
            command = AdvanceTo(at_us_of(until))
        else:
            command = run_until(until)
        self._move(command)

    def _move(self, command: Command[None]) -> None:
        reach = self._reach
        reach.run(move_clock(reach.tenant, reach.thread.app.dispatcher, command))
