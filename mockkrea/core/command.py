"""What a command is. The commands there are stand in `commands.py` and `asset_commands.py`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from mockkrea.core.state import State

Answer = TypeVar("Answer", covariant=True)


class Command(ABC, Generic[Answer]):
    """One change. `keeps` names the job whose end, due at the last command's moment, must not precede it."""

    __slots__ = ()

    @property
    def keeps(self) -> str | None:
        """The id of a job that this command may catch before an `immediate` life begins."""
        return None

    @abstractmethod
    def apply(self, state: State, at_us: int) -> Answer:
        """Make the change in a state that is settled at `at_us`, and say what came of it."""
