"""How a logged request looks in the control API: decoded only here, and without whole keys.

Bodies that are JSON are shown as JSON, texts as text, everything else as null.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from mockkrea.adapters.bodies import RequestFilter
from mockkrea.core.clock import iso, moment_of
from mockkrea.core.errors import InvalidChange
from mockkrea.request_log import Exchange

# As much of a key as tells two of them apart, and no use to anybody.
KEY_CHARACTERS_SHOWN = 4

# By the first part of the path; all others are REST.
ADAPTERS = {"mcp": "mcp", "files": "files", "auth": "oauth", ".well-known": "oauth", "public-api": "upload"}
PRESIGNED = "/assets/presigned"


def adapter_of(path: str) -> str:
    """Which adapter answers this path."""
    return "upload" if path == PRESIGNED else ADAPTERS.get(path[1:].partition("/")[0], "rest")


def exchange_body(exchange: Exchange) -> dict[str, object]:
    """One request and its answer."""
    query = exchange.query.decode("latin-1")
    return {
        "id": exchange.id.decode("ascii"),
        "number": exchange.number,
        "at": iso(exchange.at_us),
        "adapter": adapter_of(exchange.path),
        "method": exchange.method,
        "path": f"{exchange.path}?{query}" if query else exchange.path,
        "key": _key_shown(exchange.authorization),
        "status": exchange.status,
        "latency_ms": round(exchange.seconds * 1000, 3),
        "request_bytes": exchange.request_bytes,
        "request_body": _body(exchange.request),
        "answer_bytes": exchange.answer_bytes,
        "answer_body": _body(exchange.answer),
        "job_id": job_id_of(exchange),
    }


def job_id_of(exchange: Exchange) -> str | None:
    """The job that the answer tells of; of several the first."""
    if b'"job_id"' not in exchange.answer:
        return None
    try:
        answer = orjson.loads(exchange.answer)
    except orjson.JSONDecodeError:
        return None
    match answer:
        case {"result": {"structuredContent": {"job_id": str() as job_id}}}:
            return job_id
        case {"job_id": str() as job_id} | [{"job_id": str() as job_id}, *_]:
            return job_id
    return None


def matching(exchanges: list[Exchange], wanted: RequestFilter) -> list[Exchange]:
    """Those that the filter takes, in the order of arrival, of too many the last ones.

    Raises:
        InvalidChange: `since` is no time.
    """
    taken = [each for each in exchanges if _takes(wanted, each, _moment(wanted.since))]
    return taken[-wanted.limit :]


def _takes(wanted: RequestFilter, exchange: Exchange, since_us: int) -> bool:
    return (
        exchange.at_us >= since_us
        and exchange.number > wanted.after
        and (wanted.method is None or exchange.method == wanted.method.upper())
        and (wanted.path is None or _pattern(wanted.path).fullmatch(exchange.path) is not None)
        and (wanted.status is None or _is_status(exchange.status, wanted.status))
        and (wanted.adapter is None or adapter_of(exchange.path) == wanted.adapter)
        and (wanted.job_id is None or job_id_of(exchange) == wanted.job_id)
    )


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, path.split("*"))), re.DOTALL)


def _is_status(status: int, wanted: str) -> bool:
    return all(digit in ("x", shown) for digit, shown in zip(wanted, str(status), strict=True))


def _moment(text: str | None) -> int:
    if text is None:
        return 0
    try:
        return moment_of(text)
    except ValueError as error:
        raise InvalidChange(f"/since: {error}.") from None


def _key_shown(authorization: bytes) -> str | None:
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
