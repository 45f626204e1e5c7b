"""What a message has to be before the SDK reads it: one message of JSON-RPC 2.0, as MCP narrows that.

The SDK takes a request whose id it does not like for a notification, and tells of other mistakes in the
words of its library. Codes: JSON-RPC 2.0, 5.1. Ids: MCP, a text or a whole number, never null.
"""

from __future__ import annotations

from typing import Any

import orjson

from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602

# The last revision in which a request that can be read is answered 200, whatever the answer.
LAST_WITH_HANDSHAKE = "2025-11-25"

SHOWN_MAX = 60


class MessageRefused(Exception):
    """A message that the SDK is not given; `id` is the message's, if it can be told."""

    def __init__(self, code: int, sentence: str, id: str | int | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.id = id


def parse(body: bytes) -> dict[str, Any]:
    """The message in a body.

    Raises:
        MessageRefused: there is none, or not one that the SDK reads as it is meant.
    """
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MessageRefused(PARSE_ERROR, f"The body is no JSON: {error}.") from error
    if isinstance(message, list):
        raise MessageRefused(INVALID_REQUEST, "Batches are not supported: POST each message by itself.")
    if not isinstance(message, dict):
        raise MessageRefused(INVALID_REQUEST, "A message must be a JSON object.")
    _check(message)
    return message


def about(message: dict[str, Any]) -> str:
    """What a message asks for, in a few words."""
    method = str(message.get("method", "an answer"))[:SHOWN_MAX]
    return f"{method} {message['params']['name'][:SHOWN_MAX]}" if method == "tools/call" else method


def refusal(refused: MessageRefused, request: Request) -> Answer:
    """The answer to a message that is none: 400, but for parameters of the revisions with a handshake."""
    error = {"code": refused.code, "message": str(refused)}
    revision = request.header("mcp-protocol-version") or LAST_WITH_HANDSHAKE
    # Revisions are dates as ISO 8601 writes them, which are in their order as texts too.
    is_taken = refused.code == INVALID_PARAMS and revision <= LAST_WITH_HANDSHAKE
    return json_answer({"jsonrpc": "2.0", "id": refused.id, "error": error}, 200 if is_taken else 400)


def _check(message: dict[str, Any]) -> None:
    id = message.get("id")
    known = id if _is_id(id) else None
    if message.get("jsonrpc") != "2.0":
        raise MessageRefused(INVALID_REQUEST, '/jsonrpc must be "2.0".', known)
    if "id" in message and known is None and "error" not in message:
        raise MessageRefused(INVALID_REQUEST, "/id must be a text or a whole number; leave it out to notify.")
    if "method" not in message and not ("result" in message or "error" in message):
        raise MessageRefused(INVALID_REQUEST, "/method is required.", known)
    if "method" in message and not isinstance(message["method"], str):
        raise MessageRefused(INVALID_REQUEST, "/method must be a text.", known)
    _check_params(message, known)


def _check_params(message: dict[str, Any], id: str | int | None) -> None:
    params = message.get("params")
    if not isinstance(params, dict | None):
        raise MessageRefused(INVALID_PARAMS, "/params must be an object.", id)
    if message.get("method") != "tools/call":
        return
    params = params or {}
    if not isinstance(params.get("name"), str):
        raise MessageRefused(INVALID_PARAMS, "/params/name must be the name of a tool.", id)
    if not isinstance(params.get("arguments"), dict | None):
        raise MessageRefused(INVALID_PARAMS, "/params/arguments must be an object.", id)


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
