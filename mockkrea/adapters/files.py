"""The files that results point at, under `/files/`: no key needed, as on Krea (recorded).

`GET` and `HEAD`, byte ranges (RFC 9110: one range; several are answered with the whole file), and
an ETag, so that a browser which saw another world's picture at this path looks again.
"""

from __future__ import annotations

import re

from mockkrea.adapters.http import Answer, Request
from mockkrea.core.node_apps import OUTPUTS_PATH
from mockkrea.core.state import State
from mockkrea.core.styles import COVERS_PATH
from mockkrea.media.gallery import Gallery
from mockkrea.media.picture import Picture, cover_picture, output_picture, picture_of
from mockkrea.worlds import Tenant

# A placeholder can hold text that a client chose: it must never run as a page of this origin.
SAFETY = ((b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"sandbox"))

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Files:
    """The route of all files, with the gallery that their pictures hang in."""

    def __init__(self) -> None:
        self._gallery = Gallery()

    async def get(self, tenant: Tenant, request: Request) -> Answer:
        """`GET /files/…`.

        Raises:
            NotFound: nothing lies at this path, or not yet.
        """
        picture = await tenant.query(lambda state: _picture_at(state, request.path))
        rendering = await self._gallery.show(picture)
        return ranged(request, rendering.content, f'"{rendering.etag}"', picture.format.media_type.encode())


def _picture_at(state: State, path: str) -> Picture:
    if path.startswith(OUTPUTS_PATH):
        return output_picture(*state.output_at(path))
    if path.startswith(COVERS_PATH):
        return cover_picture(state.library.style_of_cover(path))
    return picture_of(state.job_of_file(path))


def ranged(request: Request, content: bytes, etag: str, media_type: bytes) -> Answer:
    """The content, the part of it that the request wants, or the news that it has it already."""
    headers = (
        (b"accept-ranges", b"bytes"),
        (b"etag", etag.encode()),
        (b"cache-control", b"no-cache"),
        *SAFETY,
    )
    known = request.header("if-none-match") or ""
    if known == "*" or etag in known:
        return Answer(304, b"", media_type, headers)
    # A range means something to GET only (RFC 9110, 14.2).
    wanted = request.header("range") if request.method == "GET" else None
    if wanted is None or request.header("if-range") not in (None, etag):
        return Answer(200, content, media_type, headers)
    match = ONE_RANGE.fullmatch(wanted.replace(" ", ""))
    if match is None or not _is_range(match[1], match[2]):
        return Answer(200, content, media_type, headers)
    first, last = _bounds(match[1], match[2], len(content))
    if first > last:
        return Answer(416, b"", media_type, (*headers, (b"content-range", b"bytes */%d" % len(content))))
    part = (b"content-range", b"bytes %d-%d/%d" % (first, last, len(content)))
    return Answer(206, content[first : last + 1], media_type, (*headers, part))


def _is_range(first: str, last: str) -> bool:
    return int(first) <= int(last) if first and last else bool(first or last)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte wanted; the first above the last when there is no such part."""
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1
