"""What can change the rules of a world, and what a request that a rule is about does to it."""

from __future__ import annotations

from dataclasses import dataclass

from mockkrea.core import engine
from mockkrea.core.clock import LATEST_US
from mockkrea.core.command import Command
from mockkrea.core.faults import Fault, FiredFault, OutcomeRule, Phase
from mockkrea.core.matching import RuleSubject
from mockkrea.core.state import State


@dataclass(frozen=True, slots=True)
class AddFault(Command[str]):
    """Let requests go wrong from now on."""

    fault: Fault

    def apply(self, state: State, at_us: int) -> str:
        """The rule's id. Refuses as `RuleBook.add` says."""
        return state.rules.add(self.fault, state.seed)


@dataclass(frozen=True, slots=True)
class AddOutcome(Command[str]):
    """Decide how jobs end that are submitted from now on."""

    rule: OutcomeRule

    def apply(self, state: State, at_us: int) -> str:
        """The rule's id. Refuses as `RuleBook.add` says."""
        return state.rules.add(self.rule, state.seed)


@dataclass(frozen=True, slots=True)
class RemoveFaults(Command[None]):
    """Take away one fault, or all of them."""

    fault_id: str | None = None

    def apply(self, state: State, at_us: int) -> None:
        """Forget it with what it has counted.

        Raises:
            NotFound: there is no such fault.
        """
        if self.fault_id is None:
            state.rules.remove_faults()
        else:
            state.rules.remove_fault(self.fault_id)


@dataclass(frozen=True, slots=True)
class SwitchFault(Command[None]):
    """Let one fault rest, or count and fire again."""

    fault_id: str
    on: bool

    def apply(self, state: State, at_us: int) -> None:
        """Refuses as `RuleBook.switch_fault` says."""
        state.rules.switch_fault(self.fault_id, on=self.on)


@dataclass(frozen=True, slots=True)
class MeetFaults(Command[FiredFault | None]):
    """A request came that some fault is about."""

    asked: RuleSubject

    @property
    def keeps(self) -> str | None:
        """The job that the request is about: a fault must not end the job that it wants to cancel."""
        return self.asked.job_id

    def apply(self, state: State, at_us: int) -> FiredFault | None:
        """The fault that fires; one that moves the clock before the request has done so."""
        fired = state.rules.fault_on(self.asked, state.seed)
        if fired is not None and fired.effect.advance_us and fired.effect.phase is Phase.BEFORE:
            pass_time(state, at_us, fired.effect.advance_us)
        return fired


@dataclass(frozen=True, slots=True)
class PassTime(Command[None]):
    """Move the clock because a fault that comes after its request says so."""

    by_us: int

    def apply(self, state: State, at_us: int) -> None:
        """Settle at the new time."""
        pass_time(state, at_us, self.by_us)


def pass_time(state: State, at_us: int, by_us: int) -> None:
    """Move the clock, at most to its end: a client's request must not fail for a rule that moves too far."""
    state.now_us = min(at_us + by_us, LATEST_US)
    engine.settle(state, state.now_us)


FAULT_COMMANDS: dict[str, type[Command[object]]] = {
    kind.__name__: kind for kind in (AddFault, AddOutcome, RemoveFaults, SwitchFault, MeetFaults, PassTime)
}
