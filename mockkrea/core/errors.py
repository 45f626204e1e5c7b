"""Everything mockkrea refuses to do.

The refusals: Unauthorized, MisspeltMagic, UnknownModel, ModelUnavailable, UnreadableRequest, InvalidMedia,
BodyTooLarge, ServerBusy, InvalidInput, UnusableReference, NoValidFields, PlanRequired, RefusedMedia,
RetentionUnsupported, TooManyJobs, RateLimited, InsufficientBalance, Forbidden, NotFound, OAuthError,
IllegalMove, InvalidChange, UnknownWorld, WorldExists, TooManyWorlds, ServerStops, InvalidRule.
`faults.py` and `scenario/source.py` have one more each, beside what raises it.

A message is one sentence with the numbers in it and what would have been right. Core raises
these and knows no status codes; `adapters/refusal_wire.py` alone turns them into answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self


class MockKreaError(Exception):
    """Base of every refusal. Its message is a whole sentence a test author can act on.

    `is_provoked`: a test asked for it, by a rule or a magic word.
    """

    is_provoked = False

    def as_provoked(self) -> Self:
        """The same, known to be what a test asked for."""
        self.is_provoked = True
        return self


class Unauthorized(MockKreaError):
    """No bearer token, or one that no workspace of this world has."""


class MisspeltMagic(Unauthorized):
    """The key nearly has one of mockkrea's magic words."""


class UnknownModel(MockKreaError):
    """No model has this id."""

    def __init__(self, model_id: str, *, nearest: str | None) -> None:
        hint = f"Did you mean {nearest}?" if nearest else "`mockkrea models` lists those there are."
        super().__init__(f"There is no model {model_id}. {hint}")
        self.model_id = model_id
        self.nearest = nearest


class ModelUnavailable(MockKreaError):
    """The model's sunset date has passed.

    Args:
        sunset_date: as YYYY-MM-DD.
    """

    def __init__(self, model_id: str, *, sunset_date: str, replacement: str | None) -> None:
        hint = f" Use {replacement} instead." if replacement else ""
        super().__init__(f"{model_id} is not available since {sunset_date}.{hint}")
        self.model_id = model_id
        self.sunset_date = sunset_date
        self.replacement = replacement


class UnreadableRequest(MockKreaError):
    """The body, a header or a query parameter cannot be read at all."""


class InvalidMedia(MockKreaError):
    """A file is no medium that Krea takes, or not what it seems to be.

    The sentence says what it is or seems to be and what is accepted.
    """


class BodyTooLarge(MockKreaError):
    """The request body is larger than Krea takes."""


class ServerBusy(MockKreaError):
    """The bodies of other requests take all the memory that there is for them.

    Args:
        retry_after_s: whole seconds after which it is worth another try.
    """

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


ID_SHOWN_MAX = 200
ISSUES_MAX = 100  # of more problems in one body only so many are named


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with a request body.

    `path` is an RFC 6901 JSON pointer ("/image_url", "" for the body itself); `message` a whole
    sentence that begins with the pointer, says what was expected and never repeats a large value.
    """

    path: str
    message: str


class InvalidInput(MockKreaError):
    """The body breaks the model's schema. Every offending field is an issue, in the order of the body.

    Args:
        issues: all that were found; those beyond the first 100 are only said to be there.
    """

    def __init__(self, issues: Sequence[Issue]) -> None:
        assert issues, "an invalid input has at least one issue"
        self.issues = tuple(issues[:ISSUES_MAX])
        count = "1 problem" if len(issues) == 1 else f"{len(issues)} problems"
        if len(issues) > ISSUES_MAX:
            count = f"More than {ISSUES_MAX} problems; the first {ISSUES_MAX}"
        super().__init__(f"{count}: {' '.join(issue.message for issue in self.issues)}")


class UnusableReference(InvalidInput):
    """The body fits its schema, but names styles or moodboards that are not there for the caller."""


class NoValidFields(MockKreaError):
    """The body of a change has no field that can be changed."""


class PlanRequired(MockKreaError):
    """The workspace's plan does not include the model."""


class RefusedMedia(MockKreaError):
    """Media inputs of a body cannot be used: their bytes, whose they are, or where they lie."""

    def __init__(self, issues: Sequence[Issue], *, headline: str) -> None:
        assert issues, "refused media have at least one issue"
        self.issues = tuple(issues[:ISSUES_MAX])
        self.headline = headline
        super().__init__(f"{headline}: {' '.join(issue.message for issue in self.issues)}")


class RetentionUnsupported(MockKreaError):
    """Zero data retention was asked of a model that does not work so."""


class TooManyJobs(MockKreaError):
    """The workspace's concurrency and its backlog are full."""


class RateLimited(MockKreaError):
    """The workspace asked more often than its plan allows.

    Args:
        reason: why these were too many, as the end of a sentence.
        retry_after_s: whole seconds until the next request would be taken.
    """

    def __init__(self, reason: str, *, retry_after_s: int) -> None:
        super().__init__(f"Too many requests: {reason}.")
        self.retry_after_s = retry_after_s


class InsufficientBalance(MockKreaError):
    """The workspace cannot pay for the job out of the meter that the caller's token uses.

    Args:
        unit: the ledger's word for the meter, "usd" or "compute_units".
        needed, available: in the unit's smallest parts (micro-dollars, thousandths of a unit).
    """

    def __init__(self, message: str, *, unit: str, needed: int, available: int) -> None:
        super().__init__(message)
        self.unit = unit
        self.needed = needed
        self.available = available


class Forbidden(MockKreaError):
    """Whoever asks may not do this: a signature has expired, or a thing is somebody else's."""


class NotFound(MockKreaError):
    """Nothing of this kind has this id here, or the caller may not see it.

    Args:
        hint: a sentence about what would have been right.
    """

    def __init__(self, kind: str, id: str, hint: str = "") -> None:
        shown = id if len(id) <= ID_SHOWN_MAX else f"{id[:ID_SHOWN_MAX]}…"
        super().__init__(f"There is no {kind} {shown!r} here. {hint}".rstrip())
        self.kind = kind
        self.id = id
        self.hint = hint


class OAuthError(MockKreaError):
    """A request to the authorization server that it refuses.

    Args:
        error: the word of RFC 6749 and its kin, such as "invalid_grant".
    """

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


class IllegalMove(MockKreaError):
    """The job is in a state that does not take the event."""


class InvalidChange(MockKreaError):
    """A control call asks for a change that cannot be made; nothing was changed.

    Args:
        found: the parts of the message, where each is about a part of what was asked.
    """

    def __init__(self, message: str, found: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.found = tuple(found)


class UnknownWorld(MockKreaError):
    """There is no world of this name, and this request makes none."""


class WorldExists(MockKreaError):
    """A world of this name is there already."""


class TooManyWorlds(MockKreaError):
    """No further world may be made now."""


class ServerStops(MockKreaError):
    """The server stops before the request's turn has come; nothing was done."""

    def __init__(self) -> None:
        super().__init__("The mock stops, and has not done this.")


class Finding(NamedTuple):
    """One thing wrong with a rule or a scenario, in a sentence.

    `path` leads from the top to the value that is wrong, or, `at_key`, to the key that is.
    """

    path: tuple[str | int, ...]
    message: str
    at_key: bool = False

    def __str__(self) -> str:
        return f"/{'/'.join(map(str, self.path))}: {self.message}"


class InvalidRule(MockKreaError):
    """Everything that is wrong with a rule, in the order in which it is written."""

    def __init__(self, found: Sequence[Finding]) -> None:
        super().__init__(" ".join(map(str, found)))
        self.found = tuple(found)
