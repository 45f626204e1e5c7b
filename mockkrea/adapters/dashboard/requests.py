"""The page about requests: what clients asked and got, and how to ask it again."""

from __future__ import annotations

from mockkrea.adapters.dashboard.curl import JSON, curl
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.tone import Tone
from mockkrea.adapters.dashboard.words import HIDDEN, ago, redacted_text, shown_body, size
from mockkrea.adapters.request_wire import job_id_of, key_shown
from mockkrea.request_log import ABANDONED, PENDING, Exchange
from mockkrea.verification import adapter_of

REQUESTS_A_PAGE = 60
NO_ANSWER = "no answer"
ADAPTERS = ("rest", "mcp", "oauth", "upload", "files")
CLASSES = ("2xx", "3xx", "4xx", "5xx", NO_ANSWER)
BODY_IN_CURL_MAX = 4_000

FORM = "application/x-www-form-urlencoded"


async def requests_page(look: Look) -> Facts:
    """The last requests, newest first."""
    query = look.request.query
    adapter, status, path = query.get("adapter", ""), query.get("status", ""), query.get("path", "")

    def is_wanted(each: Exchange) -> bool:
        return (
            (not adapter or adapter_of(each.path) == adapter)
            and (not status or _class(each.status) == status)
            and path.lower() in each.path.lower()
        )

    everything = look.tenant.requests.exchanges()
    found = [each for each in everything if is_wanted(each)]
    return {
        "requests": [request_facts(look, each) for each in reversed(found[-REQUESTS_A_PAGE:])],
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
    is_abandoned = each.why == ABANDONED
    return {
        "id": f"request-{each.number}",
        "number": each.number,
        "method": each.method,
        "path": path,
        "adapter": adapter_of(each.path).upper(),
        "status": each.status or (NO_ANSWER if is_abandoned else each.why or NO_ANSWER),
        "is_abandoned": is_abandoned,
        "fault": each.fault_id,
        "fault_url": f"{look.ui}/faults#fault-{each.fault_id}",
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
        "curl": _curl(look, each, path),
    }


def _class(status: int) -> str:
    return f"{status // 100}xx" if status else NO_ANSWER


def _tone(status: int) -> Tone:
    if status == 0 or status >= 500:
        return Tone.BAD
    return Tone.WAIT if status >= 400 else Tone.GOOD


def _curl(look: Look, each: Exchange, path: str) -> str | None:
    """The command that asks the same again; None if not all of it may be shown, or it is no short text."""
    shown = shown_body(each.request)
    if HIDDEN in path + shown or each.request_bytes > BODY_IN_CURL_MAX:
        return None
    if len(each.request) != each.request_bytes or bool(shown) != bool(each.request):
        return None
    try:
        body = each.request.decode()
    except UnicodeDecodeError:
        return None
    return curl(
        each.method,
        look.request.base_url + path,
        body=body,
        content_type=JSON if body[:1] in ("{", "[") else FORM,
        has_key=bool(each.authorization),
    )
