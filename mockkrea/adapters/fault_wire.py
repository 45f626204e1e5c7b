"""How a fault looks from outside: the answer that it brings, and the rule as the control API shows it."""

from __future__ import annotations

from http import HTTPStatus

from mockkrea.adapters import refusal_wire, wire
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.core import errors
from mockkrea.core.faults import Effect, Fault, Tally
from mockkrea.core.magic import TOLD_SO
from mockkrea.core.rule_reading import BODILESS
from mockkrea.settings import Settings

# What a fault says that names only a status; of others the name of the status.
FAULT_SAYS: dict[int, tuple[str, dict[str, object]]] = {
    401: (refusal_wire.KREA_SAYS[errors.Unauthorized], {}),
    402: (refusal_wire.API_BALANCE_OUT, {}),
    404: (refusal_wire.NOT_FOUND["job"], {}),
    429: (refusal_wire.KREA_SAYS[errors.TooManyJobs], {"code": refusal_wire.CONCURRENCY_CODE}),
}


PHRASES = {status.value: status.phrase for status in HTTPStatus}
UNNAMED = "Error"


# What OAuth calls a refusal (RFC 6749, 4.1.2.1 and 5.2); every other one is the client's or the server's.
OAUTH_SAYS = {401: "invalid_client", 403: "access_denied", 429: "temporarily_unavailable"}
OAUTH_SAYS |= {502: "temporarily_unavailable", 503: "temporarily_unavailable", 504: "temporarily_unavailable"}


def oauth_fault_response(effect: Effect, settings: Settings) -> Answer:
    """The same of OAuth's endpoints, which have errors of their own shape."""
    if not effect.is_refusal:
        return fault_response(effect, settings)
    assert effect.status is not None
    code = OAUTH_SAYS.get(effect.status, "server_error" if effect.status >= 500 else "invalid_request")
    sentence = effect.message or PHRASES.get(effect.status, UNNAMED)
    headers = tuple((name.encode(), text.encode()) for name, text in effect.headers.items())
    body = {"error": code, "error_description": sentence}
    return json_answer(body, effect.status, (*wire.NOT_STORED, *headers))


def fault_response(effect: Effect, settings: Settings) -> Answer:
    """The answer that a fault or a magic word brings: Krea's for its status, unless it says which."""
    status = 200 if effect.status is None else effect.status
    headers = tuple((name.encode(), text.encode()) for name, text in effect.headers.items())
    if isinstance(effect.body, str):
        return Answer(status, effect.body.encode(), b"text/plain; charset=utf-8", headers)
    if effect.body is not None:
        return json_answer(effect.body, status, headers)
    if status in BODILESS:
        return Answer(status, b"", b"", headers)
    sentence, details = fault_facts(effect)
    return json_answer(refusal_wire.error_body(sentence, settings) | details, status, headers)


def fault_facts(effect: Effect) -> tuple[str, dict[str, object]]:
    """The sentence of an effect that refuses, and what else there is to say."""
    assert effect.status is not None
    if effect.message is not None:
        return effect.message, {}
    if effect.status == 429 and any(name.lower() == "retry-after" for name in effect.headers):
        # Only too many requests are answered with it, too many jobs are not.
        refusal = errors.RateLimited(TOLD_SO, retry_after_s=0)
        return str(refusal), {"code": refusal_wire.RATE_CODE}
    return FAULT_SAYS.get(effect.status) or (PHRASES.get(effect.status, UNNAMED), {})


def fault_body(id: str, fault: Fault, tally: Tally) -> dict[str, object]:
    """A fault rule as the control API shows it: as it was written, and what came of it."""
    return {
        "id": id,
        "when": fault.source["when"],
        "then": fault.source["then"],
        "times": fault.times,
        "on": fault.on,
        "matched": tally.matched,
        "fired": tally.fired,
    }
