"""A real clock that a test moves."""

from __future__ import annotations

from mockkrea.core.clock import SECOND_US, moment_of

BEGINNING = "2026-11-22T10:00:00.000Z"


class RealTime:
    """A real clock that a test moves."""

    def __init__(self, beginning: str = BEGINNING) -> None:
        self.us = moment_of(beginning)

    def __call__(self) -> int:
        return self.us

    def pass_by(self, seconds: float) -> None:
        """Let so much real time pass."""
        self.us += round(seconds * SECOND_US)
