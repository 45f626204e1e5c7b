"""How a logged request looks in the control API: decoded only here, and without whole keys.

Bodies that are JSON are shown as JSON, texts as text, everything else as null.
"""

from __future__ import annotations

from typing import Any

import orjson

from mockkrea.adapters import control_wire
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.core.clock import iso
from mockkrea.request_log import Exchange
from mockkrea.verification import Seen, Verdict, request_line

# As much of a key as tells two of them apart, and no use to anybody.
KEY_CHARACTERS_SHOWN = 4


def exchange_body(exchange: Exchange) -> dict[str, object]:
    """One request and its answer."""
    seen = Seen.of(exchange)
    query = exchange.query.decode("latin-1")
    return {
        "id": exchange.id.decode("ascii"),
        "number": exchange.number,
        "at": iso(exchange.at_us),
        "adapter": seen.adapter,
        "tool": seen.tool,
        "is_error": is_error(seen),
        "method": exchange.method,
        "path": f"{exchange.path}?{query}" if query else exchange.path,
        "key": key_shown(exchange.authorization),
        "status": exchange.status,
        "unanswered": None if exchange.status else seen.answered,
        "latency_ms": round(exchange.seconds * 1000, 3),
        "request_bytes": exchange.request_bytes,
        "request_body": _body(exchange.request),
        "answer_bytes": exchange.answer_bytes,
        "answer_body": _body(exchange.answer),
        "job_id": job_id_of(exchange),
        "fault_id": exchange.fault_id or None,
    }


def is_error(seen: Seen) -> bool | None:
    """Whether an MCP message was answered with an error, of the protocol or of a tool; None for all else."""
    if seen.adapter != "mcp":
        return None
    match seen.answer:
        case {"error": _} | {"result": {"isError": True}}:
            return True
    return not 200 <= seen.status < 300


def verdict_answer(verdict: Verdict) -> Answer:
    """Whether clients asked what was expected: 200, or 422 with the requests that came closest."""
    found = [_seen_body(seen) for seen in verdict.found]
    if verdict.holds:
        return json_answer({"holds": True, "detail": verdict.sentence, "found": found})
    nearest = [
        {**_seen_body(near.seen), "differences": [each._asdict() for each in near.differences]}
        for near in verdict.closest
    ]
    problem = control_wire.problem(422, "\n".join(verdict.lines()))
    facts = {**orjson.loads(problem.body), "holds": False, "found": found, "closest": nearest}
    return problem._replace(body=orjson.dumps(facts))


def _seen_body(seen: Seen) -> dict[str, object]:
    return {"number": seen.number, "line": request_line(seen)}


def job_id_of(exchange: Exchange) -> str | None:
    """The job that the answer tells of, or would have told of had it been sent; of several the first."""
    return exchange.lost_job_id or job_id_in(exchange.answer)


def job_id_in(body: bytes) -> str | None:
    """The job that this answer tells of; of several the first."""
    if b'"job_id"' not in body:
        return None
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    match answer:
        case {"result": {"structuredContent": {"job_id": str() as job_id}}}:
            return job_id
        case {"job_id": str() as job_id} | [{"job_id": str() as job_id}, *_]:
            return job_id
    return None


def key_shown(authorization: bytes) -> str | None:
    """As much of the key in this header as tells it from others; None if there is none."""
    _, _, key = authorization.decode("latin-1").strip().rpartition(" ")
    if not key:
        return None
    return f"{key[:KEY_CHARACTERS_SHOWN]}…" if len(key) > 2 * KEY_CHARACTERS_SHOWN else "…"


def _body(body: bytes) -> Any:  # noqa: ANN401 - whatever the JSON says, or its text
    if not body:
        return None
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return _text(body)
    # Written as it came: neither deep nesting nor long numbers can spoil it.
    return orjson.Fragment(body)


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # The cut at 64 KB may go through a character.
        return (
            body[: error.start].decode() if error.end == len(body) and error.start > len(body) - 4 else None
        )
