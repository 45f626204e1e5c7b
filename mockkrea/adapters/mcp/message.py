"""What a message has to be before the SDK reads it: one message of JSON-RPC 2.0, as MCP narrows that.

The SDK takes a request whose id it does not like for a notification, and tells of other mistakes in the
words of its library. Codes: JSON-RPC 2.0, 5.1. Ids: MCP, a text or a whole number, never null.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602

# The last revision in which a request that can be read is answered 200, whatever the answer.
LAST_WITH_HANDSHAKE = "2025-11-25"

SHOWN_MAX = 60


class Mistake(NamedTuple):
    """What is wrong with a message; `id` is the message's, if it can be told."""

    code: int
    sentence: str
    id: str | int | None = None


def read(body: bytes) -> Any:  # noqa: ANN401 - whatever the JSON says
    """The JSON value in a body, or the mistake that it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Mistake(PARSE_ERROR, f"The body is no JSON: {error}.")


def mistake_in(message: object) -> Mistake | None:
    """What keeps the SDK from being given this message, if anything does."""
    if isinstance(message, Mistake):
        return message
    if isinstance(message, list):
        return Mistake(INVALID_REQUEST, "Batches are not supported: POST each message by itself.")
    if not isinstance(message, dict):
        return Mistake(INVALID_REQUEST, "A message must be a JSON object.")
    id = message.get("id")
    known = id if _is_id(id) else None
    if message.get("jsonrpc") != "2.0":
        return Mistake(INVALID_REQUEST, '/jsonrpc must be "2.0".', known)
    if "id" in message and known is None and "error" not in message:
        return Mistake(INVALID_REQUEST, "/id must be a text or a whole number; leave it out to notify.")
    if "method" not in message and not ("result" in message or "error" in message):
        return Mistake(INVALID_REQUEST, "/method is required.", known)
    if "method" in message and not isinstance(message["method"], str):
        return Mistake(INVALID_REQUEST, "/method must be a text.", known)
    return _mistake_in_params(message, known)


def about(message: dict[str, Any]) -> str:
    """What a message asks for, in a few words."""
    method = str(message.get("method", "an answer"))[:SHOWN_MAX]
    return f"{method} {message['params']['name'][:SHOWN_MAX]}" if method == "tools/call" else method


def refusal(mistake: Mistake, request: Request) -> Answer:
    """The answer to a message that is none: 400, but for parameters of the revisions with a handshake."""
    error = {"code": mistake.code, "message": mistake.sentence}
    revision = request.header("mcp-protocol-version") or LAST_WITH_HANDSHAKE
    is_taken = mistake.code == INVALID_PARAMS and revision <= LAST_WITH_HANDSHAKE
    return json_answer({"jsonrpc": "2.0", "id": mistake.id, "error": error}, 200 if is_taken else 400)


def _mistake_in_params(message: dict[str, Any], id: str | int | None) -> Mistake | None:
    params = message.get("params")
    if not isinstance(params, dict | None):
        return Mistake(INVALID_PARAMS, "/params must be an object.", id)
    if message.get("method") != "tools/call":
        return None
    params = params or {}
    if not isinstance(params.get("name"), str):
        return Mistake(INVALID_PARAMS, "/params/name must be the name of a tool.", id)
    if not isinstance(params.get("arguments"), dict | None):
        return Mistake(INVALID_PARAMS, "/params/arguments must be an object.", id)
    return None


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
