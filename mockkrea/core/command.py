"""What a command is: a frozen fact that says how to change a state.

`commands.py` has those about jobs, money and time, `library_commands.py` those about styles.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from mockkrea.core.state import State

Answer = TypeVar("Answer", covariant=True)


class Command(ABC, Generic[Answer]):
    """One change. `spares` names the job whose fresh end must not come before it."""

    __slots__ = ()

    @property
    def spares(self) -> str | None:
        """The id of a job that this command may catch before an `immediate` life begins."""
        return None

    @abstractmethod
    def apply(self, state: State, at_us: int) -> Answer:
        """Make the change in a state that is settled at `at_us`, and say what came of it."""
