"""What a user may set about a world: one frozen object, every field documented.

The names are public: flags, environment and the control API use them. Whatever Krea's behaviour
page leaves open between two recorded answers is a setting here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mockkrea.core.jobs import Progression
from mockkrea.core.state import JOBS_KEPT

SPEED_MAX = 1_000_000


class ErrorKeys(StrEnum):
    """Under which keys an error's sentence is sent; Krea's OpenAPI and its recorded answers differ."""

    BOTH = "both"
    MESSAGE = "message"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one world.

    progression: what moves a job: the clock, nothing but its submission, or a client's polls.
    polls_per_step: under `manual`, how many polls move a job one step.
    speed: divides how long jobs take, for jobs submitted from now on; up to 1,000,000.
    error_keys: the keys of an error body.
    validation_status: what a body that breaks the model's schema is answered with, 422 or 400.
    accept_old_names: take renamed request fields after their sunset date too.
    delete_finished: what DELETE of a finished job answers, 200 (off the list) or 409 (refused).
    jobs_kept: how many finished jobs a world remembers.
    """

    progression: Progression = Progression.TIME
    polls_per_step: int = 1
    speed: float = 1.0
    error_keys: ErrorKeys = ErrorKeys.BOTH
    validation_status: int = 422
    accept_old_names: bool = False
    delete_finished: int = 200
    jobs_kept: int = JOBS_KEPT
