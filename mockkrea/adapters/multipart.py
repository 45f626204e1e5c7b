"""The form in which a file is uploaded: `multipart/form-data` (RFC 7578), read as it arrives.

Two parts are known, `file` and `description`. The file's bytes go on to where they are kept, chunk by
chunk; its name and the type that its sender gives are not looked at, the bytes speak for themselves.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mockkrea.adapters.http import Request
from mockkrea.core.assets import FILE_BYTES_MAX
from mockkrea.core.errors import BodyTooLarge, InvalidMedia, UnreadableRequest

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELDS = ("file", "description")
# Krea's page names no other field for a presigned URL (documented).
FIELDS_PRESIGNED = ("file",)
FORM = "multipart/form-data with a part named file"

# As any text that is no media input (ASSUMED).
DESCRIPTION_CHARACTERS_MAX = 100_000
UTF8_BYTES_MAX = 4

# What the parser says, and what that means.
REASONS = {
    "header size": "the headers of a part are too long",
    "header count": "a part has too many headers",
    "header": "a part has a header that is malformed",
}
MALFORMED = "it is not well formed"

Write = Callable[[memoryview], None]


class UploadForm:
    """The form in a request's body, which may have these fields.

    Raises:
        UnreadableRequest: the request's Content-Type announces none.
    """

    def __init__(self, request: Request, fields: Sequence[str]) -> None:
        from python_multipart.multipart import parse_options_header

        content_type, options = parse_options_header(request.header("content-type"))
        if content_type != b"multipart/form-data":
            shown = request.shown_content_type
            raise UnreadableRequest(f"The body must be {FORM}; its Content-Type was {shown}.")
        if not options.get(b"boundary"):
            raise UnreadableRequest("The Content-Type multipart/form-data must name a boundary.")
        self._boundary = options[b"boundary"]
        self._request = request
        self._fields = fields

    async def read(self, write_file: Write) -> str | None:
        """Read all of the body, handing on the file's bytes; the description, if there is one.

        Raises:
            UnreadableRequest: the form is cut off, malformed, or has not just one file and one description.
            InvalidMedia: the file is empty or larger than 75 MiB.
        """
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser

        # What it has to say is said in the answer.
        logging.getLogger("python_multipart").setLevel(logging.ERROR)
        parts = _Parts(write_file, self._fields)
        try:
            parser = MultipartParser(self._boundary, parts.callbacks())
            async for chunk in _from_first(self._boundary, self._request.chunks()):
                parser.write(chunk)
        except FormParserError as error:
            reason = next((ours for theirs, ours in REASONS.items() if theirs in str(error)), MALFORMED)
            raise UnreadableRequest(f"The body is no {FORM}: {reason}.") from None
        except BodyTooLarge:
            raise _too_large() from None
        return parts.description()


async def _from_first(boundary: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Leave out what stands before the first boundary, as a preamble may (RFC 2046, 5.1.1)."""
    delimiter = b"\r\n--" + boundary
    # The body may begin with its boundary.
    waiting = b"\r\n"
    async for chunk in chunks:
        waiting += chunk
        at = waiting.find(delimiter)
        if at >= 0:
            yield waiting[at + 2 :]
            break
        waiting = waiting[-len(delimiter) :]
    else:
        raise UnreadableRequest("The boundary that the Content-Type names does not occur in the body.")
    async for chunk in chunks:
        yield chunk


class _Parts:
    """What has been read of a form so far. Its methods are what the parser calls."""

    def __init__(self, write_file: Write, fields: Sequence[str]) -> None:
        self._write_file = write_file
        self._fields = fields
        self._seen: set[str] = set()
        self._header, self._value = bytearray(), bytearray()
        self._disposition = ""
        self._part = ""
        self._file_bytes = 0
        self._description = bytearray()
        self._is_whole = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._name_part,
            "on_part_data": self._take,
            "on_end": self._end,
        }

    def description(self) -> str | None:
        """The description, once all is read.

        Raises:
            UnreadableRequest: something is missing, or the description is no text that can be kept.
            InvalidMedia: the file is empty.
        """
        if not self._is_whole:
            raise UnreadableRequest("The body ends before its last boundary: it was cut off.")
        if "file" not in self._seen:
            raise UnreadableRequest("The form has no part named file.")
        if not self._file_bytes:
            raise InvalidMedia("The file is empty.")
        if "description" not in self._seen:
            return None
        try:
            text = self._description.decode()
        except UnicodeDecodeError as error:
            raise UnreadableRequest(
                f"The description must be UTF-8, and byte {error.start} is not."
            ) from None
        if len(text) > DESCRIPTION_CHARACTERS_MAX:
            raise _too_long()
        return text

    def _begin_part(self) -> None:
        self._disposition = ""

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _name_part(self) -> None:
        from python_multipart.multipart import parse_options_header

        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise UnreadableRequest(
                "Each part of the form needs a Content-Disposition: form-data with a name."
            )
        name = options[b"name"].decode(errors="replace")
        if name not in self._fields:
            nearest = get_close_matches(name, self._fields, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"its fields: {', '.join(self._fields)}."
            raise UnreadableRequest(f"The form has no field {name[:40]!r}, {hint}")
        if name in self._seen:
            raise UnreadableRequest(f"The form has several parts named {name}; send one.")
        if name == "file" and b"filename" not in options:
            raise UnreadableRequest(
                "The part named file must be a file: it needs a filename, whatever it is."
            )
        self._seen.add(name)
        self._part = name

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._part == "file":
            self._file_bytes += end - start
            if self._file_bytes > FILE_BYTES_MAX:
                raise _too_large()
            self._write_file(memoryview(data)[start:end])
        else:
            self._description += data[start:end]
            if len(self._description) > UTF8_BYTES_MAX * DESCRIPTION_CHARACTERS_MAX:
                raise _too_long()

    def _end(self) -> None:
        self._is_whole = True


def _too_large() -> InvalidMedia:
    return InvalidMedia(f"The file is too large: it may have at most 75 MiB, {FILE_BYTES_MAX:,} bytes.")


def _too_long() -> UnreadableRequest:
    return UnreadableRequest(f"The description may have at most {DESCRIPTION_CHARACTERS_MAX:,} characters.")
