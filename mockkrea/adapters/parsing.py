"""JSON that a client sent, and what is wrong with it."""

from __future__ import annotations

import orjson

from mockkrea.core.errors import UnreadableRequest


def parsed(body: bytes) -> object:
    """The JSON value in a body.

    Raises:
        UnreadableRequest: it is no JSON; says where.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = f"The body is no JSON: {error}."
        try:
            body.decode()
        except UnicodeDecodeError as undecodable:
            reason = f"The body is no JSON: it must be UTF-8, and byte {undecodable.start} is not."
        raise UnreadableRequest(reason) from None
