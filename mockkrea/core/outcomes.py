"""How a job ends when a rule or a magic prompt decides it, in place of its usual life.

Krea's silent failures are among them: completed with an empty result, failed without an error (recorded).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """The ways in which a job can end. The words are those of `jobs.Status`."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a job, decided when it is submitted.

    `duration_us` is from admission to the end, before the setting `speed` divides it; None for the usual
    one. `code` and `message` are the error of a failed job, `result` stands in for a completed job's file.
    """

    ending: Ending = Ending.COMPLETED
    duration_us: int | None = None
    code: str | None = None
    message: str | None = None
    result: Mapping[str, object] | None = None
