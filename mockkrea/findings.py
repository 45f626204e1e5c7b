"""What a check finds: how bad it is, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    PROBLEM = "problem"

    @property
    def color(self) -> str:
        """Its colour on a terminal."""
        return {Level.OK: "green", Level.WARN: "yellow", Level.PROBLEM: "red"}[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in a sentence; and how to mend it, in another, unless it is well."""

    level: Level
    check: str
    found: str
    fix: str = ""

    def __post_init__(self) -> None:
        assert (self.level is Level.OK) == (not self.fix), "whatever is not well has a fix"


def ok(check: str, found: str) -> Finding:
    """Nothing to mend."""
    return Finding(Level.OK, check, found)


def warn(check: str, found: str, *, fix: str) -> Finding:
    """It may be what somebody wanted."""
    return Finding(Level.WARN, check, found, fix)


def problem(check: str, found: str, *, fix: str) -> Finding:
    """Clients will not get what they ask for."""
    return Finding(Level.PROBLEM, check, found, fix)
