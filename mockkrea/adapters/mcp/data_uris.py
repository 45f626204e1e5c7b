"""The bytes of a data URI."""

from __future__ import annotations

import asyncio
import binascii

from mockkrea.core.errors import InvalidInput, Issue

POINTER = "/file"


async def content_of(uri: str) -> bytes:
    """What a base64 data URI holds; it is decoded in a thread.

    Raises:
        InvalidInput: it is no such URI.
    """
    head, comma, data = uri.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise _refused("must be a base64 data URI, such as data:image/png;base64,iVBORw0KGgo…")
    try:
        return await asyncio.to_thread(binascii.a2b_base64, data, strict_mode=True)
    except binascii.Error as error:
        raise _refused(f"is no base64 behind its comma: {error}") from None


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput([Issue(POINTER, f"{POINTER} {sentence}.")])
