"""How a world looks from outside: domain objects to JSON, refusals to status and body.

The only place that knows both sides, so REST and MCP cannot disagree. Shapes: Krea's OpenAPI
(documented); status codes and texts as marked. State has paths only: the base URL of the request
is put before them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http import HTTPStatus

from mockkrea import __version__
from mockkrea.adapters import hosts
from mockkrea.adapters.http import CLOSE, Answer, Request, json_answer
from mockkrea.calls import JobView
from mockkrea.core import errors
from mockkrea.core.catalogue import Model
from mockkrea.core.clock import SECOND_US, iso
from mockkrea.core.consent import Tokens
from mockkrea.core.jobs import Job
from mockkrea.core.ledger import Entry, Meter
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.core.queue import Limits
from mockkrea.core.state import State
from mockkrea.core.workspaces import Workspace
from mockkrea.scenario.reading import Scenario
from mockkrea.scenario.source import InvalidScenario
from mockkrea.settings import ErrorKeys, Settings
from mockkrea.tenant import DEFAULT, Tenant

# The status of each refusal; that of InvalidInput is also a setting.
STATUS_OF: dict[type[errors.MockKreaError], int] = {
    errors.UnreadableRequest: 400,  # documented
    errors.NoValidFields: 400,  # documented
    errors.InvalidMedia: 400,  # documented for uploads; a media input in a body is an InvalidInput
    errors.Unauthorized: 401,  # recorded
    errors.MisspeltMagic: 401,  # our own
    errors.PlanRequired: 402,  # documented
    errors.InsufficientBalance: 402,  # recorded
    errors.Forbidden: 403,  # documented for styles; ASSUMED for presigned URLs
    errors.OAuthError: 400,  # RFC 6749, 5.2; an unknown client is a 401
    errors.NotFound: 404,  # recorded
    errors.UnknownModel: 404,  # documented
    errors.IllegalMove: 409,  # ASSUMED
    errors.ModelUnavailable: 410,  # documented
    errors.BodyTooLarge: 413,  # ASSUMED
    errors.UnusableReference: 422,  # ASSUMED, as documented for assets
    errors.InvalidInput: 422,  # recorded; the OpenAPI says 400: setting validation_status
    errors.RefusedMedia: 422,  # documented
    errors.RetentionUnsupported: 422,  # ASSUMED
    errors.InvalidChange: 422,  # our own control API
    errors.InvalidRule: 422,
    InvalidScenario: 422,
    errors.TooManyJobs: 429,  # recorded
    errors.RateLimited: 429,  # documented
    errors.UnknownWorld: 404,  # our own
    errors.WorldExists: 409,
    errors.TooManyWorlds: 503,
    errors.ServerStops: 503,
    errors.ServerBusy: 503,
}

# What Krea says, word for word (recorded, except the plan's: documented).
KREA_SAYS: dict[type[errors.MockKreaError], str] = {
    errors.Unauthorized: "Unauthorized",
    errors.PlanRequired: "Plan required",
    errors.TooManyJobs: "You have reached the maximum number of concurrent jobs.",
}
# By what was not found: a job's sentence is recorded, the others documented.
NOT_FOUND = {
    "job": "Job not found or unauthorized",
    "asset": "Asset not found",
    "style": "Style not found",
    "node app": "Node app not found",
    "node app version": "Node app version not found",
}
API_BALANCE_OUT = (
    "Your API balance is separate from your workspace compute balance."
    " Please top up your API balance to continue using the API."
)
COMPUTE_UNITS_OUT = "INSUFFICIENT_BALANCE"
CONCURRENCY_CODE = "CONCURRENCY_LIMIT_REACHED"
RATE_CODE = "RATE_LIMIT_REACHED"  # ASSUMED: no answer to too many requests was recorded

# Where the metadata of RFC 9728 lies.
PROTECTED_RESOURCE_PATH = "/.well-known/oauth-protected-resource"

# Where a browser brings a person who is asked for consent (recorded).
AUTHORIZE_PATH = "/auth/v1/oauth/authorize"

# Answers with tokens in them, or about them (RFC 6749, 5.1).
NOT_STORED = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))

# Krea's page about deprecations; the OpenAPI names it for old fields (documented), for models ASSUMED.
DEPRECATIONS_URL = "https://docs.krea.ai/developers/deprecations"

# A cursor is an item's time with its number behind the microseconds, in this many digits.
CURSOR_NUMBER_DIGITS = 12


def submitted(job: Job) -> dict[str, object]:
    """The answer to a submission, the only one with nulls in it. It says what was true at submission."""
    return {
        "job_id": job.id,
        "status": job.status.value,
        "created_at": iso(job.ticket.created_at_us),
        "completed_at": None,
        "result": None,
    }


def deprecation(model: Model) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that tell of a model's announced end (documented), none while nothing is announced."""
    if model.sunset is None:
        return ()
    ends = datetime.fromisoformat(model.sunset).replace(tzinfo=UTC)
    return (
        (b"deprecation", b"true"),
        (b"sunset", format_datetime(ends, usegmt=True).encode()),
        (b"link", f'<{DEPRECATIONS_URL}>; rel="deprecation"; type="text/html"'.encode()),
    )


def job_body(view: JobView, base_url: str) -> dict[str, object]:
    """A job; what it does not have yet is absent, never null."""
    job = view.job
    body: dict[str, object] = {
        "job_id": job.id,
        "status": job.status.value,
        "type": job.order.job_type,
        "created_at": iso(job.ticket.created_at_us),
    }
    if view.position is not None:
        body["position"] = view.position
    if (ended_at_us := job.ended_at_us) is not None:
        body["completed_at"] = iso(ended_at_us)
    if job.result is not None:
        body["result"] = with_base_url(job.result, base_url)
    if job.error is not None:
        body["error"] = {"code": job.error.code, **_if_any("message", job.error.message)}
    return body


def with_base_url(value: object, base_url: str) -> object:
    """A result whose paths to our own files are URLs that the client can reach."""
    if isinstance(value, str):
        return hosts.url(base_url, value) if value.startswith("/files/") else value
    if isinstance(value, Mapping):
        return {key: with_base_url(item, base_url) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_base_url(item, base_url) for item in value]
    return value


def cursor_after(created_at_us: int, number: int) -> str:
    """The cursor of the page that follows this item: its time, with its number as further digits.

    RFC 3339 allows any number of them, so it still is a time, and a page neither skips nor repeats
    items that were made in the same microsecond.
    """
    whole = iso(created_at_us).partition(".")[0]
    return f"{whole}.{created_at_us % SECOND_US:06d}{number:0{CURSOR_NUMBER_DIGITS}d}Z"


def refusal(error: errors.MockKreaError, settings: Settings) -> Answer:
    """The answer that says what was refused, in Krea's shape."""
    status, sentence, details = refusal_facts(error, settings)
    if isinstance(error, errors.ModelUnavailable):
        # One shape for all settings: it is documented key by key.
        return json_answer({"error": "model_unavailable", "message": sentence, **details}, status)
    if isinstance(error, errors.OAuthError):
        return _oauth_refusal(error, status)
    body = error_body(sentence, settings) | details
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if isinstance(error, errors.RateLimited | errors.ServerBusy):
        headers = ((b"retry-after", b"%d" % error.retry_after_s),)
    if isinstance(error, errors.ServerBusy):
        headers = (*headers, CLOSE)  # nobody wants to read the rest of its body
    return json_answer(body, status, headers)


def refusal_facts(error: errors.MockKreaError, settings: Settings) -> tuple[int, str, dict[str, object]]:
    """A refusal's status, its sentence, and what else there is to say of it."""
    return status_of(error, settings), _sentence(error), _details(error)


def status_of(error: errors.MockKreaError, settings: Settings) -> int:
    """A refusal's status."""
    return settings.validation_status if type(error) is errors.InvalidInput else STATUS_OF[type(error)]


def problem(status: int, detail: str) -> Answer:
    """An error of the control API, as RFC 9457 wants it."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = ((b"www-authenticate", b"Bearer"),) if status == 401 else ()
    return Answer(status, json_answer(body).body, b"application/problem+json", headers)


def refused_control(refusal: errors.MockKreaError) -> Answer:
    """What the control API answers to a refusal."""
    return problem(STATUS_OF[type(refusal)], str(refusal))


def scenario_body(scenario: Scenario | None) -> dict[str, object]:
    """What a world began with, as it was written."""
    if scenario is None:
        return {"name": "", "description": "", "files": [], "scenario": {}}
    return {
        "name": scenario.name,
        "description": scenario.description,
        "files": list(scenario.files),
        "scenario": scenario.source,
    }


def challenge(request: Request) -> tuple[bytes, bytes]:
    """The header of a 401 that tells an MCP client where to begin (RFC 9728; its form is recorded)."""
    where = f'resource_metadata="{request.base_url}{PROTECTED_RESOURCE_PATH}/mcp"'
    invalid = 'error="invalid_token", ' if request.bearer else ""
    return b"www-authenticate", f"Bearer {invalid}{where}".encode("latin-1")


def mistake(settings: Settings) -> Answer:
    """The answer when mockkrea itself went wrong."""
    sentence = "mockkrea made a mistake; its log has the traceback. Please report it."
    return json_answer(error_body(sentence, settings), 500)


def misdirected(sentence: str, settings: Settings) -> Answer:
    """The answer to a request for a host that this server is not."""
    return json_answer(error_body(sentence, settings), 421)


def undecodable(sentence: str, settings: Settings) -> Answer:
    """The answer to a body in an encoding that is not decoded here (ASSUMED: Krea's is unknown)."""
    return json_answer(error_body(sentence, settings), 415)


def not_allowed(methods: Iterable[str], settings: Settings) -> Answer:
    """The answer to a method that a path does not take (ASSUMED: Krea's is unknown)."""
    allowed = _in_words(methods)
    body = error_body(f"This path takes {allowed}.", settings)
    return json_answer(body, 405, ((b"allow", allowed.encode()),))


def not_allowed_control(methods: Iterable[str]) -> Answer:
    """The same from the control API."""
    allowed = _in_words(methods)
    refused = problem(405, f"This path takes {allowed}.")
    return refused._replace(headers=((b"allow", allowed.encode()),))


def _in_words(methods: Iterable[str]) -> str:
    return ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else set(methods)))


def prefers_json(request: Request) -> bool:
    """Whether the first type in the request's Accept is JSON."""
    first = (request.header("accept") or "").partition(",")[0].partition(";")[0].strip().lower()
    return first == "application/json" or first.endswith("+json")


def not_found(request: Request, sentence: str, settings: Settings) -> Answer:
    """The answer where nothing is: an HTML page (documented), or JSON if the client asks for that first."""
    if prefers_json(request):
        return json_answer(error_body(sentence, settings), 404)
    page = f"<!doctype html><title>404 Not Found</title><h1>404 Not Found</h1><p>{escape(sentence)}</p>\n"
    return Answer(404, page.encode(errors="replace"), b"text/html; charset=utf-8")


def health_body(tenant: Tenant) -> dict[str, object]:
    """That the mock answers, and which one it is."""
    return {
        "status": "ok",
        "version": __version__,
        "world": tenant.name,
        "seed": tenant.seed,
        "models": len(tenant.catalogue.models),
        "catalogue": tenant.catalogue.edition,
    }


def world_body(tenant: Tenant, origin: str, idle_us: int = 0) -> dict[str, object]:
    """A world as the control API lists it: where a client finds it, by path or by key alone."""
    return {
        "name": tenant.name,
        "url": origin if tenant.name == DEFAULT else f"{origin}/w/{tenant.name}",
        "api_key": tenant.api_key,
        "seed": tenant.seed,
        "idle_seconds": idle_us // SECOND_US,
    }


def workspace_body(state: State, workspace: Workspace) -> dict[str, object]:
    """A workspace as the control API shows it; money in whole units."""
    return {
        "id": workspace.id,
        "name": workspace.name,
        "plan": workspace.plan.id,
        "is_default": workspace.id == state.directory.first_person.default_workspace_id,
        **{unit.value: _meter_body(state, Meter(workspace.id, unit)) for unit in Unit},
    }


def limits_body(limits: Limits) -> dict[str, object]:
    """A workspace's limits; null is no limit."""
    return {
        "concurrency": limits.concurrency,
        "backlog": limits.backlog,
        "requests_per_minute": limits.requests_per_minute,
    }


def entry_body(entry: Entry) -> dict[str, object]:
    """One movement in the ledger."""
    return {
        "seq": entry.seq,
        "at": iso(entry.at_us),
        "kind": entry.kind.value,
        "unit": entry.unit.value,
        "amount": in_whole_units(entry.unit, entry.amount),
        "from": entry.source.value,
        "to": entry.target.value,
        "job_id": entry.job_id,
        "memo": entry.memo,
    }


def tokens_body(tokens: Tokens) -> dict[str, object]:
    """What a client gets for a code or a refresh token (RFC 6749, 5.1)."""
    return {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in_s,
        "refresh_token": tokens.refresh_token,
        "scope": tokens.scope,
    }


def number(value: float) -> int | float:
    """A number as a person would write it: 10, not 10.0."""
    return int(value) if value.is_integer() else value


def _meter_body(state: State, meter: Meter) -> dict[str, object]:
    balance = state.ledger.balance(meter, at_us=state.settled_us)
    parts = {
        "balance": balance.available + balance.held,
        "held": balance.held,
        "available": balance.available,
    }
    return {name: in_whole_units(meter.unit, amount) for name, amount in parts.items()}


def error_body(sentence: str, settings: Settings) -> dict[str, object]:
    """The sentence of an error under the keys that the settings want."""
    both = settings.error_keys is ErrorKeys.BOTH
    return dict.fromkeys(("message", "error") if both else (settings.error_keys.value,), sentence)


def _sentence(error: errors.MockKreaError) -> str:
    if isinstance(error, errors.InsufficientBalance):
        return API_BALANCE_OUT if error.unit == Unit.USD else COMPUTE_UNITS_OUT
    if isinstance(error, errors.NotFound) and error.kind in NOT_FOUND:
        return f"{NOT_FOUND[error.kind]}. {error.hint}" if error.hint else NOT_FOUND[error.kind]
    return KREA_SAYS.get(type(error), str(error))


def _details(error: errors.MockKreaError) -> dict[str, object]:
    if isinstance(error, errors.InvalidInput | errors.RefusedMedia):
        return {"issues": [{"path": issue.path, "message": issue.message} for issue in error.issues]}
    if isinstance(error, errors.InsufficientBalance) and error.unit == Unit.COMPUTE_UNITS:
        return {"availableUnits": in_whole_units(Unit.COMPUTE_UNITS, error.available)}
    if isinstance(error, errors.ModelUnavailable):
        return {
            "reason": "deprecated",
            "sunset_date": error.sunset_date,
            **_if_any("replacement", error.replacement),
            "migration_url": DEPRECATIONS_URL,
        }
    if isinstance(error, errors.RateLimited):
        return {"code": RATE_CODE}
    return {"code": CONCURRENCY_CODE} if isinstance(error, errors.TooManyJobs) else {}


def _oauth_refusal(error: errors.OAuthError, status: int) -> Answer:
    body = {"error": error.error, "error_description": str(error)}
    return json_answer(body, 401 if error.error == "invalid_client" else status, NOT_STORED)


def _if_any(key: str, value: str | None) -> dict[str, object]:
    return {} if value is None else {key: value}
