"""Everything that can change a world, as frozen facts.

A command says what shall happen with all it needs already resolved (the model's price, the time a
job takes), so that replaying it asks no catalogue. It carries no time of its own: the world stamps
it when it takes it, as a `Record`. World + seed + records = state, byte for byte.

`apply` either refuses with a `MockKreaError`, having changed nothing, or makes the whole change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from mockkrea.core import codec, engine
from mockkrea.core.asset_commands import AddAsset, DeleteAsset
from mockkrea.core.clock import later
from mockkrea.core.coming import next_at_us
from mockkrea.core.command import Command
from mockkrea.core.consent_commands import CONSENT_COMMANDS
from mockkrea.core.errors import IllegalMove, InvalidChange
from mockkrea.core.fault_commands import FAULT_COMMANDS
from mockkrea.core.jobs import Event, Job, JobError, Order, Progression, Status
from mockkrea.core.ledger import Ledger, Meter
from mockkrea.core.library_commands import LIBRARY_COMMANDS
from mockkrea.core.money import Unit
from mockkrea.core.outbox_commands import OUTBOX_COMMANDS
from mockkrea.core.state import State
from mockkrea.core.workspaces import Workspace

Target = TypeVar("Target")
Done = TypeVar("Done")


class Record(NamedTuple):
    """A command that was taken, and when. What a journal keeps."""

    at_us: int
    command: Command[object]

    def as_data(self) -> dict[str, object]:
        """The record as plain JSON: `{"at_us", "command": its name, "facts": its fields}`."""
        name = type(self.command).__name__
        return {"at_us": self.at_us, "command": name, "facts": codec.to_data(self.command)}

    @staticmethod
    def from_data(data: Mapping[str, object]) -> Record:
        """The record that `as_data` described."""
        at_us = data["at_us"]
        assert isinstance(at_us, int)
        return Record(at_us, codec.from_data(COMMANDS[str(data["command"])], data["facts"]))


@dataclass(frozen=True, slots=True)
class Settle(Command[None]):
    """Let the ends come that the last command planned for its own moment: somebody is about to look."""

    keeping: str | None = None

    @property
    def keeps(self) -> str | None:
        """The job whose own command follows."""
        return self.keeping

    def apply(self, state: State, at_us: int) -> None:
        """Nothing more: settling goes before every command."""


@dataclass(frozen=True, slots=True)
class Submit(Command[Job]):
    """Ask for a generation. Refuses as `engine.submit` says."""

    order: Order

    def apply(self, state: State, at_us: int) -> Job:
        """The job, queued or backlogged."""
        return engine.submit(state, self.order, at_us=at_us)


@dataclass(frozen=True, slots=True)
class SubmitAll(Command[tuple[Job, ...]]):
    """Ask for several jobs at once, all or none. Refuses as `engine.submit` says."""

    orders: tuple[Order, ...]

    def apply(self, state: State, at_us: int) -> tuple[Job, ...]:
        """The jobs, in the order of their orders."""
        if len(self.orders) == 1:
            return (engine.submit(state, self.orders[0], at_us=at_us),)
        return _all_or_nothing(
            lambda target: tuple(engine.submit(target, order, at_us=at_us) for order in self.orders), state
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteJob(Command[Job]):
    """Take a job off the list, and cancel it if it has not ended."""

    workspace_id: str
    job_id: str
    refuse_finished: bool = False

    @property
    def keeps(self) -> str | None:
        """The job itself: submit, then cancel, cancels."""
        return self.job_id

    def apply(self, state: State, at_us: int) -> Job:
        """The job, cancelled or as it had ended.

        Raises:
            NotFound: no such job in this workspace.
            IllegalMove: it has ended and `refuse_finished` is set.
        """
        job = state.job(self.workspace_id, self.job_id)
        if job.is_terminal and self.refuse_finished:
            raise IllegalMove(f"Job {job.id} is {job.status} already; only unfinished jobs can be cancelled.")
        return engine.delete(state, job, at_us=at_us)


@dataclass(frozen=True, slots=True)
class Poll(Command[None]):
    """A client looked at these jobs. Moves the `manual` ones; ids that are gone count as nothing."""

    job_ids: tuple[str, ...]

    @staticmethod
    def moves(job: Job) -> bool:
        """Whether looking at this job is a command at all."""
        return job.order.progression is Progression.MANUAL and not job.is_terminal

    def apply(self, state: State, at_us: int) -> None:
        """Count the poll for each job, in the order given."""
        for job_id in self.job_ids:
            if (job := state.jobs.get(job_id)) is not None:
                engine.poll(state, job, at_us=at_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOutcome(Command[Job]):
    """End a job now, the way a test wants it."""

    job_id: str
    status: Status
    error: JobError | None = None
    result: Mapping[str, object] | None = None

    @property
    def keeps(self) -> str | None:
        """The job itself: its outcome comes before its usual life."""
        return self.job_id

    def apply(self, state: State, at_us: int) -> Job:
        """The ended job.

        Raises:
            NotFound: no such job.
            IllegalMove: it has ended already.
            InvalidChange: the outcome is no end of a job, or says what that end cannot have.
        """
        job = state.any_job(self.job_id)
        if self.error is not None and self.status is not Status.FAILED:
            raise InvalidChange(f"Only a failed job has an error; the outcome says {self.status}.")
        if self.result is not None and self.status is not Status.COMPLETED:
            raise InvalidChange(f"Only a completed job has a result; the outcome says {self.status}.")
        if self.status is Status.COMPLETED:
            return engine.complete(state, job, self.result, at_us=at_us)
        if self.status is Status.FAILED:
            return engine.fail(state, job, self.error, at_us=at_us)
        if self.status is not Status.CANCELLED:
            raise InvalidChange(f"{self.status} is no outcome; use completed, failed or cancelled.")
        if job.is_terminal:
            raise IllegalMove(f"Job {job.id} is {job.status} already and cannot {Event.CANCEL}.")
        return engine.delete(state, job, at_us=at_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Command[Workspace]):
    """Give a workspace more to spend, in the smallest parts of each unit."""

    workspace_id: str
    amounts: Mapping[Unit, int]
    memo: str = ""

    def apply(self, state: State, at_us: int) -> Workspace:
        """The workspace. Refuses as `Ledger.grant` says."""
        workspace = state.directory.workspace(self.workspace_id)

        def grant(ledger: Ledger) -> None:
            for unit, amount in self.amounts.items():
                ledger.grant(Meter(workspace.id, unit), amount, at_us=at_us, memo=self.memo)

        _all_or_nothing(grant, state.ledger)
        return workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBalance(Command[Workspace]):
    """Make what a workspace has, held or not, equal these amounts."""

    workspace_id: str
    amounts: Mapping[Unit, int]
    memo: str = ""

    def apply(self, state: State, at_us: int) -> Workspace:
        """The workspace. Refuses as `Ledger.set_balance` says."""
        workspace = state.directory.workspace(self.workspace_id)

        def set_balances(ledger: Ledger) -> None:
            for unit, amount in self.amounts.items():
                ledger.set_balance(Meter(workspace.id, unit), amount, at_us=at_us, memo=self.memo)

        _all_or_nothing(set_balances, state.ledger)
        return workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimits(Command[Workspace]):
    """Change some of a workspace's limits. Jobs that run go on; jobs that now may start do."""

    workspace_id: str
    changes: Mapping[str, int | None]

    def apply(self, state: State, at_us: int) -> Workspace:
        """The workspace with its new limits."""
        workspace = state.directory.workspace(self.workspace_id)
        workspace = replace(workspace, limits=replace(workspace.limits, **self.changes))
        state.directory.workspaces[workspace.id] = workspace
        engine.admit_waiting(state, workspace.id, at_us)
        return workspace


@dataclass(frozen=True, slots=True)
class CountRequest(Command[None]):
    """A request came from a workspace whose request rate is limited; it may be about a job, `keeping`."""

    workspace_id: str
    keeping: str | None = None

    @property
    def keeps(self) -> str | None:
        """The job that the request is about: to count it must not end the job it wants to cancel."""
        return self.keeping

    def apply(self, state: State, at_us: int) -> None:
        """Count it.

        Raises:
            RateLimited: the minute is full.
        """
        engine.count_request(state, state.directory.workspace(self.workspace_id), at_us=at_us)


@dataclass(frozen=True, slots=True)
class ChangeSettings(Command[None]):
    """Keep these settings from now on. What they mean, and whether they may be, was checked before."""

    values: Mapping[str, object]

    def apply(self, state: State, at_us: int) -> None:
        """Put them over the ones before."""
        state.settings.update(self.values)


@dataclass(frozen=True, slots=True)
class Freeze(Command[None]):
    """Stop the clock, or let it run with the real one again."""

    frozen: bool

    def apply(self, state: State, at_us: int) -> None:
        """Set the mode; mock time itself does not jump."""
        state.frozen = self.frozen


@dataclass(frozen=True, slots=True)
class Advance(Command[None]):
    """Move the clock forward by some microseconds, and everything with it."""

    by_us: int

    def apply(self, state: State, at_us: int) -> None:
        """Settle at the new time. Refuses as `clock.later` says."""
        _move_to(state, later(at_us, self.by_us))


@dataclass(frozen=True, slots=True)
class AdvanceTo(Command[None]):
    """Move the clock forward to a moment, and everything with it."""

    to_us: int

    def apply(self, state: State, at_us: int) -> None:
        """Settle at the new time. Refuses as `clock.later` says."""
        _move_to(state, later(at_us, self.to_us - at_us))


@dataclass(frozen=True, slots=True)
class RunUntilEnded(Command[None]):
    """Move the clock to the moment in which a job ends."""

    job_id: str

    def apply(self, state: State, at_us: int) -> None:
        """Go from end to end.

        Raises:
            NotFound: no such job.
            InvalidChange: time alone will not end it.
        """
        state.any_job(self.job_id)
        _all_or_nothing(lambda target: engine.run_until_ended(target, self.job_id, at_us=at_us), state)


@dataclass(frozen=True, slots=True)
class RunUntilIdle(Command[None]):
    """Move the clock until no job waits or runs and every webhook is due."""

    def apply(self, state: State, at_us: int) -> None:
        """Go from end to end.

        Raises:
            InvalidChange: time alone will not end some job.
        """
        _all_or_nothing(lambda target: engine.run_until_ended(target, None, at_us=at_us), state)
        last_us = max((due_us for due_us, _, _ in state.outbox.agenda.all()), default=at_us)
        _move_to(state, max(state.now_us, last_us))


@dataclass(frozen=True, slots=True)
class RunToNextStep(Command[None]):
    """Move the clock to the moment in which something happens next."""

    def apply(self, state: State, at_us: int) -> None:
        """Settle at that moment.

        Raises:
            InvalidChange: nothing is planned.
        """
        next_us = next_at_us(state)
        if next_us is None:
            raise InvalidChange(
                "Nothing is planned: time moves no job any further, and no webhook waits for a later attempt."
            )
        _move_to(state, next_us)


COMMANDS: dict[str, type[Command[object]]] = (
    {
        kind.__name__: kind
        for kind in (
            Settle,
            Submit,
            SubmitAll,
            DeleteJob,
            Poll,
            SetOutcome,
            Grant,
            SetBalance,
            SetLimits,
            CountRequest,
            ChangeSettings,
            Freeze,
            Advance,
            AdvanceTo,
            RunUntilEnded,
            RunUntilIdle,
            RunToNextStep,
            AddAsset,
            DeleteAsset,
        )
    }
    | LIBRARY_COMMANDS
    | FAULT_COMMANDS
    | CONSENT_COMMANDS
    | OUTBOX_COMMANDS
)


def _all_or_nothing(change: Callable[[Target], Done], target: Target) -> Done:
    """Make a change of many steps on a copy first, so that a refusal halfway leaves nothing behind."""
    change(codec.copy(target))
    return change(target)


def _move_to(state: State, at_us: int) -> None:
    engine.settle(state, at_us)
    state.now_us = at_us
