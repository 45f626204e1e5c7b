"""The bodies that the control API takes, and what it says of one that does not fit.

Strict: a number is a JSON number, an unknown key is an error that names the nearest right one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field

from mockkrea.control_calls import API_ADAPTERS, run_until
from mockkrea.core.clock import SECOND_US
from mockkrea.core.command import Command
from mockkrea.core.commands import Advance, Freeze
from mockkrea.core.errors import InvalidChange
from mockkrea.core.money import Unit, parts_of
from mockkrea.core.randomness import SEED_MAX
from mockkrea.validation.words import mismatch


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


class WorldBody(_Body):
    """A world to be made."""

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


class FaultBody(_Body):
    """A rule about requests; README and docs/faults.md say what can stand under `when` and `then`."""

    when: dict[str, Any] = Field(default_factory=dict)
    then: dict[str, Any]
    times: int | None = Field(None, ge=1)


class SwitchBody(_Body):
    """Whether a fault rule is on."""

    on: bool


class NextErrorBody(_Body):
    """What the next request is answered with; without `message` or `body` what Krea says."""

    status: int = Field(ge=200, le=599)
    message: str | None = None
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    when: dict[str, Any] = Field(default_factory=lambda: {"adapter": list(API_ADAPTERS)})


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


# What a value must be, by the name of pydantic's finding.
EXPECTED = {
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 4,300 digits",
    "string_pattern_mismatch": "a status such as 404, or 40x or 4xx for several",
    "string_type": "text",
    "bool_type": "true or false",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}
# Where a text is wanted, one that does not fit is shown as it is; elsewhere a number is.
TEXTS = ("string_type", "literal_error", "string_pattern_mismatch")
INTEGERS = ("int_type", "int_from_float")
TEXT = {"type": "string", "pattern": ""}
NUMBER = {"type": "number"}

ACTIONS = ("freeze", "resume", "advance", "run_until", "speed")


def fields_of(handler: Callable[..., object]) -> list[str]:
    """The names that a body for this handler may have, whatever its form; the handler calls it `wanted`."""
    wanted = get_type_hints(handler).get("wanted")
    forms = get_args(wanted) or (wanted,)
    return sorted({name for form in forms for name in getattr(form, "model_fields", ())})


def unreadable(error: Mapping[str, Any]) -> str | None:
    """What is wrong if one of pydantic's findings is that there is no JSON at all."""
    if error["type"] == "missing" and len(error["loc"]) == 1:
        return "The body is empty; send a JSON object."
    if isinstance(error["input"], bytes):
        return "The body must be JSON and say so: send the header Content-Type: application/json."
    return None


def sentence(error: Mapping[str, Any], known: list[str]) -> str:
    """One of pydantic's findings: the JSON pointer, what is wrong, and the nearest right name."""
    kind, place = error["type"], [str(part) for part in error["loc"][1:]]
    if kind == "union_tag_not_found":
        unknown = [_unknown(f"/{name}", name, known) for name in error["input"] if name not in known]
        return " ".join([*unknown, f"/action is required: {', '.join(ACTIONS)}."])
    if kind == "union_tag_invalid":
        return f"/action must be one of {', '.join(ACTIONS)}."
    # Of a body with several forms pydantic puts the form's tag before the field.
    if len(place) > 1 and place[0] in ACTIONS:
        place = place[1:]
    pointer = "".join(f"/{name}" for name in place)
    if kind == "extra_forbidden":
        return _unknown(pointer, place[-1], known)
    if kind == "missing":
        return f"{pointer} is required."
    if kind not in EXPECTED:
        return f"{pointer}: {error['msg']}."
    # JSON's longest whole numbers are read as floats.
    if kind in INTEGERS and isinstance(error["input"], float) and abs(error["input"]) > SEED_MAX:
        return f"{pointer} is beyond what a whole number may be, from {-SEED_MAX} to {SEED_MAX}."
    expected = EXPECTED[kind].format(**error.get("ctx", {}))
    # In a query all values are texts.
    wanted = TEXT if kind in TEXTS or error["loc"][0] == "query" else NUMBER
    return f"{pointer or 'The body'} must be {expected}, not {mismatch(error['input'], wanted)}."


def _unknown(pointer: str, name: str, known: list[str]) -> str:
    if name in known:
        return f"{pointer} does not belong here."
    nearest = get_close_matches(name, known, n=1)
    hint = f", did you mean {nearest[0]}?" if nearest else f"; there are {', '.join(known)}."
    return f"{pointer} is not known here{hint}"
