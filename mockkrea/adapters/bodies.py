"""The bodies that the control API takes; `body_errors` says what is wrong with one that does not fit.

Strict: a number is a JSON number, an unknown key is an error that names the nearest right one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from mockkrea.control_calls import run_until
from mockkrea.core.clock import SECOND_US
from mockkrea.core.command import Command
from mockkrea.core.commands import Advance, Freeze
from mockkrea.core.errors import InvalidChange
from mockkrea.core.money import Unit, parts_of
from mockkrea.core.randomness import SEED_MAX
from mockkrea.scenario.format import json_schema
from mockkrea.scenario.rules import fault_shape, next_error_schema
from mockkrea.scenario.shapes import Schema


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class FreezeBody(_Body):
    """Stop the clock, or let it run again."""

    action: Literal["freeze", "resume"]


class AdvanceBody(_Body):
    """Move the clock forward."""

    action: Literal["advance"]
    seconds: float = Field(ge=0, allow_inf_nan=False)


class RunUntilBody(_Body):
    """Move the clock to a time, to the end of a job, to `idle`, or to the `next` thing that happens."""

    action: Literal["run_until"]
    until: str


class SpeedBody(_Body):
    """Let jobs that are submitted from now on take so many times less time."""

    action: Literal["speed"]
    speed: float


ClockBody = Annotated[FreezeBody | AdvanceBody | RunUntilBody | SpeedBody, Field(discriminator="action")]


def clock_command(wanted: FreezeBody | AdvanceBody | RunUntilBody) -> Command[None]:
    """What a body that moves the clock asks for.

    Raises:
        InvalidChange: it names no moment.
    """
    if isinstance(wanted, FreezeBody):
        return Freeze(wanted.action == "freeze")
    if isinstance(wanted, AdvanceBody):
        # As a float the largest numbers of seconds would be infinitely many microseconds.
        return Advance(round(Fraction(wanted.seconds) * SECOND_US))
    return run_until(wanted.until)


def _with_scenario(schema: Schema) -> None:
    described: Schema = schema["properties"]["scenario"]
    described["anyOf"] = [
        each | (json_schema() if each["type"] == "object" else {}) for each in described["anyOf"]
    ]


class WorldBody(_Body):
    """A world to be made."""

    model_config = ConfigDict(json_schema_extra=_with_scenario)

    name: str
    seed: int | None = Field(None, ge=-SEED_MAX, le=SEED_MAX)
    scenario: str | dict[str, Any] | None = None


class AmountsBody(_Body):
    """Amounts in whole units; a meter that is left out stays as it is."""

    usd: float | None = None
    compute_units: float | None = None
    memo: str = ""

    def amounts(self) -> dict[Unit, int]:
        """What was given, in smallest parts.

        Raises:
            InvalidChange: no amount, or one that is too fine or too large.
        """
        given = {Unit.USD: self.usd, Unit.COMPUTE_UNITS: self.compute_units}
        if all(number is None for number in given.values()):
            raise InvalidChange("Name an amount: usd, compute_units or both.")
        return {unit: parts_of(unit, str(number)) for unit, number in given.items() if number is not None}


class LimitsBody(_Body):
    """New limits; null is no limit, one that is left out stays as it is."""

    concurrency: int | None = Field(None, ge=0)
    backlog: int | None = Field(None, ge=0)
    requests_per_minute: int | None = Field(None, ge=0)


class ErrorBody(_Body):
    """Why a job failed."""

    code: str
    message: str | None = None


class OutcomeBody(_Body):
    """How a job ends. Failed without error, or completed with `result: {}`: Krea's silent failures."""

    status: Literal["completed", "failed", "cancelled"]
    error: ErrorBody | None = None
    result: dict[str, Any] | None = None


def _as_rule(schema: Schema) -> None:
    schema |= fault_shape().schema()


def _as_next_error(schema: Schema) -> None:
    schema |= next_error_schema()


class FaultBody(RootModel[dict[str, Any]]):
    """A rule about requests: `when` says which it is about, `then` what they meet."""

    # `read_fault` judges it, as it judges those in files, so that all that is wrong is said at once.
    model_config = ConfigDict(json_schema_extra=_as_rule)


class NextErrorBody(RootModel[dict[str, Any]]):
    """What the next request is answered with; without `message` or `body` what Krea says."""

    model_config = ConfigDict(json_schema_extra=_as_next_error)


class SwitchBody(_Body):
    """Whether a fault rule is on."""

    on: bool


class RequestFilter(BaseModel):
    """Which logged requests are wanted; of too many the last ones."""

    model_config = ConfigDict(extra="forbid")

    method: str | None = None
    path: str | None = Field(None, description="A glob: * stays within a part of the path, ** does not.")
    status: str | None = Field(None, pattern="^[1-5]([0-9][0-9]|[0-9]x|xx)$", description="A status, or 4xx.")
    adapter: Literal["rest", "mcp", "oauth", "upload", "files"] | None = None
    job_id: str | None = None
    since: str | None = Field(None, description="A time of the world: only requests from then on.")
    after: int = Field(0, ge=0, description="A request's number: only requests that came after it.")
    limit: int = Field(100, ge=1, le=1000)


class IssueBody(_Body):
    """For whom tokens are made: who is left out, and where, as an unattended sign-in has it.

    `expires_in` is the access token's life in seconds; `legacy` binds no workspace.
    """

    workspace: str | None = None
    person: str | None = None
    expires_in: int | None = Field(None, ge=0, le=10**9)
    legacy: bool = False


class TokenBody(_Body):
    """The session that is meant, by its id or by one of its tokens; all there are if none is named."""

    token: str | None = None
    session: str | None = None
