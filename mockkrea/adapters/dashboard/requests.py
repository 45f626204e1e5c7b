"""The page about requests: what clients asked and got, and how to ask it again."""

from __future__ import annotations

from typing import NamedTuple

from mockkrea.adapters.dashboard.curl import API_TOKEN, JSON, OAUTH_TOKEN, curl
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.tone import Tone
from mockkrea.adapters.dashboard.words import HIDDEN, ago, redacted_text, shown_body, size
from mockkrea.adapters.request_wire import is_error, job_id_of, key_shown
from mockkrea.core.globs import fits
from mockkrea.request_log import ABANDONED, PENDING, Exchange
from mockkrea.verification import Seen, adapter_of

REQUESTS_A_PAGE = 60
NO_ANSWER = "no answer"
ADAPTERS = ("rest", "mcp", "oauth", "upload", "files")
CLASSES = ("2xx", "3xx", "4xx", "5xx", NO_ANSWER)
BODY_IN_CURL_MAX = 4_000
METHOD_SHOWN = 40

FORM = "application/x-www-form-urlencoded"

# What the access tokens of OAuth sessions begin with; every other key is an API token.
OAUTH_KEY = "oat_"


async def requests_page(look: Look) -> Facts:
    """The last requests, newest first."""
    query = look.request.query
    adapter, status, path = query.get("adapter", ""), query.get("status", ""), query.get("path", "")

    def is_wanted(each: Exchange) -> bool:
        return (
            (not adapter or adapter_of(each.path) == adapter)
            and (not status or _class(each.status) == status)
            and _is_at(path.lower(), each.path.lower())
        )

    everything = look.tenant.requests.exchanges()
    found = [each for each in everything if is_wanted(each)]
    older = found if look.before is None else [each for each in found if each.number < look.before]
    shown = older[-REQUESTS_A_PAGE:]
    return {
        "requests": [request_facts(look, each) for each in reversed(shown)],
        "older": look.here(before=shown[0].number) if len(older) > len(shown) else None,
        "newest": None if look.before is None else look.here(before=None),
        "found": len(found),
        "total": len(everything),
        "dropped": look.tenant.requests.dropped,
        "adapters": ADAPTERS,
        "classes": CLASSES,
        "adapter": adapter,
        "status": status,
        "path": path,
    }


def request_facts(look: Look, each: Exchange) -> Facts:
    """One request and its answer, without anything that would let somebody in."""
    query = redacted_text(each.query.decode("latin-1"))
    path = f"{each.path}?{query}" if query else each.path
    job_id = job_id_of(each)
    seen = Seen.of(each)
    command = _command(look, each, path)
    is_abandoned = each.why == ABANDONED
    return {
        "id": f"request-{each.number}",
        "number": each.number,
        "method": each.method,
        "path": path,
        "message": seen.tool or _method_of_message(seen),
        "is_refused": bool(is_error(seen)) and each.status < 400,
        "adapter": seen.adapter.upper(),
        "status": each.status or (NO_ANSWER if is_abandoned else each.why or NO_ANSWER),
        "is_abandoned": is_abandoned,
        "fault": each.fault_id,
        "fault_url": f"{look.ui}/faults#fault-{each.fault_id}",
        "is_answer_lost": bool(each.lost_job_id),
        "was_cut_off": not each.status and each.why not in ("", PENDING, ABANDONED),
        "tone": Tone.WAIT if each.why == PENDING else _tone(each.status),
        "latency": f"{each.seconds * 1000:,.1f} ms",
        "age": ago(each.at_us, look.now_us),
        "at_ms": each.at_us // 1000,
        "key": key_shown(each.authorization),
        "asked": shown_body(each.request),
        "asked_size": size(each.request_bytes),
        "answered": shown_body(each.answer),
        "answered_size": size(each.answer_bytes),
        "job_url": f"{look.ui}/jobs/{job_id}" if job_id else None,
        "curl": command.text,
        "no_curl": command.reason,
        "needs_session": OAUTH_TOKEN in command.text,
    }


def _is_at(wanted: str, path: str) -> bool:
    """Whether the path has this in it or, with stars or question marks, is what the glob describes."""
    return fits(wanted, path) if set(wanted) & {"*", "?"} else wanted in path


def _method_of_message(seen: Seen) -> str:
    """The method of an MCP message that calls no tool, such as `tools/list`; empty if it is none."""
    if seen.adapter != "mcp":
        return ""
    match seen.body:
        case {"method": str() as method}:
            return method[:METHOD_SHOWN]
    return ""


def _class(status: int) -> str:
    return f"{status // 100}xx" if status else NO_ANSWER


def _tone(status: int) -> Tone:
    if status == 0 or status >= 500:
        return Tone.BAD
    return Tone.WAIT if status >= 400 else Tone.GOOD


class _Command(NamedTuple):
    """The curl command that asks the same again, or the reason why there is none."""

    text: str = ""
    reason: str = ""


def _command(look: Look, each: Exchange, path: str) -> _Command:
    webhook = redacted_text(each.webhook.decode("latin-1"))
    if HIDDEN in path + shown_body(each.request) + webhook:
        return _Command(reason="it has a secret in it.")
    if each.request_bytes > BODY_IN_CURL_MAX:
        return _Command(reason=f"a command takes bodies of up to {size(BODY_IN_CURL_MAX)}.")
    if len(each.request) != each.request_bytes:
        return _Command(reason="the body was not kept.")
    try:
        body = each.request.decode()
    except UnicodeDecodeError:
        return _Command(reason="the body is no text.")
    if "\0" in body:
        return _Command(reason="the body is no text.")
    return _Command(
        curl(
            each.method,
            look.request.base_url + path,
            body=body,
            content_type=JSON if body[:1] in ("{", "[") else FORM,
            token=_token(each),
            webhook=webhook,
        )
    )


def _token(each: Exchange) -> str:
    """The variable that has to have the credential of the request; empty if it brought none."""
    _, _, key = each.authorization.decode("latin-1").strip().rpartition(" ")
    if not key:
        return ""
    return OAUTH_TOKEN if key.startswith(OAUTH_KEY) else API_TOKEN
