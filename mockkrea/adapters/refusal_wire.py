"""How refusals look to clients of Krea's API: each error's status, its sentence, and what else is said of it.

The only place that knows both sides, so REST and MCP cannot disagree. Status codes and texts as marked.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import CLOSE, Answer, json_answer
from mockkrea.adapters.wire import DEPRECATIONS_URL, NOT_STORED, PROTECTED_RESOURCE_PATH
from mockkrea.core import errors
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.scenario.source import InvalidScenario
from mockkrea.settings import ErrorKeys, Settings

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


def challenge(request: Request) -> tuple[bytes, bytes]:
    """The header of a 401 that tells an MCP client where to begin (RFC 9728; its form is recorded)."""
    where = f'resource_metadata="{request.base_url}{PROTECTED_RESOURCE_PATH}/mcp"'
    invalid = 'error="invalid_token", ' if request.bearer else ""
    return b"www-authenticate", f"Bearer {invalid}{where}".encode("latin-1")


def error_answer(status: int, sentence: str, settings: Settings) -> Answer:
    """The answer to a request that no handler has refused, in Krea's shape."""
    return json_answer(error_body(sentence, settings), status)


def not_allowed(methods: Iterable[str], settings: Settings) -> Answer:
    """The answer to a method that a path does not take (ASSUMED: Krea's is unknown)."""
    allowed = methods_in_words(methods)
    body = error_body(f"This path takes {allowed}.", settings)
    return json_answer(body, 405, ((b"allow", allowed.encode()),))


def methods_in_words(methods: Iterable[str]) -> str:
    """Methods as the Allow header lists them; who takes GET takes HEAD."""
    return ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else set(methods)))


def prefers_json(request: Request) -> bool:
    """Whether the first type in the request's Accept is JSON."""
    first = (request.header("accept") or "").partition(",")[0].partition(";")[0].strip().lower()
    return first == "application/json" or first.endswith("+json")


def not_found(request: Request, sentence: str, settings: Settings, *, see: str = "") -> Answer:
    """The answer where nothing is: an HTML page (documented), or JSON if the client asks for that first.

    `see` is the URL where something is.
    """
    if prefers_json(request):
        return json_answer(error_body(f"{sentence} See {see}." if see else sentence, settings), 404)
    link = f' See <a href="{escape(see)}">{escape(see)}</a>.' if see else ""
    page = (
        f"<!doctype html><title>404 Not Found</title><h1>404 Not Found</h1><p>{escape(sentence)}{link}</p>\n"
    )
    return Answer(404, page.encode(errors="replace"), b"text/html; charset=utf-8")


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
            **({} if error.replacement is None else {"replacement": error.replacement}),
            "migration_url": DEPRECATIONS_URL,
        }
    if isinstance(error, errors.RateLimited):
        return {"code": RATE_CODE}
    return {"code": CONCURRENCY_CODE} if isinstance(error, errors.TooManyJobs) else {}


def _oauth_refusal(error: errors.OAuthError, status: int) -> Answer:
    body = {"error": error.error, "error_description": str(error)}
    return json_answer(body, 401 if error.error == "invalid_client" else status, NOT_STORED)
