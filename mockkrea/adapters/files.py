"""The files that results and assets point at, under `/files/`: no key needed, as on Krea (recorded).

`GET` and `HEAD`, byte ranges (RFC 9110: one range; several are answered with the whole file), and
an ETag, so that a browser which saw another world's picture at this path looks again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, FileAnswer, Response
from mockkrea.core.assets import UPLOADS_PATH, Asset, MediaInput
from mockkrea.core.errors import NotFound
from mockkrea.core.state import State
from mockkrea.media.media_file import Check, MediaFile, unchecked
from mockkrea.media.media_files import EXPORTS_PATH, export_at, owned_file_at
from mockkrea.media.picture import Enlargement
from mockkrea.media.render_cache import RenderCache, Rendering
from mockkrea.tenant import Tenant

# A placeholder can hold text that a client chose: it must never run as a page of this origin.
SAFETY = ((b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"sandbox"))

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


# Answers a question about a world, with or without a trace.
Ask = Callable[[Callable[[State], Any]], Awaitable[Any]]


class Files:
    """The route of all files, with the cache of those that were made.

    Args:
        check: raises once the server stops, which ends the making of a file.
    """

    def __init__(self, check: Check = unchecked) -> None:
        self._cache = RenderCache(check=check)

    async def get(self, tenant: Tenant, request: Request) -> Response:
        """`GET /files/…`.

        Raises:
            NotFound: nothing lies at this path, or not yet.
            ServerStops: the file was not whole before.
        """
        return await self._shown(tenant, request, request.path, tenant.query)

    async def glimpse(self, tenant: Tenant, request: Request, path: str) -> Response:
        """The same file for somebody who only watches: nobody can tell that it was looked at.

        Raises:
            NotFound: as `get`.
        """
        return await self._shown(tenant, request, path, tenant.glimpse)

    async def _shown(self, tenant: Tenant, request: Request, path: str, ask: Ask) -> Response:
        if path.startswith(UPLOADS_PATH):
            return await _uploaded(tenant, request, path, ask)
        file, rendering = await self._rendered(tenant, path, ask)
        return ranged(request, rendering.content, f'"{rendering.etag}"', file.media_type.encode())

    async def _rendered(self, tenant: Tenant, path: str, ask: Ask) -> tuple[MediaFile, Rendering]:
        file: MediaFile = await ask(lambda state: _media_file_at(state, path))
        if isinstance(file, Enlargement):
            return file, await self._cache.get(file, partial(self._source, tenant, path, file.source, ask))
        return file, await self._cache.get(file)

    async def _source(self, tenant: Tenant, path: str, source: MediaInput, ask: Ask) -> bytes | None:
        """The picture that an enhance job was given for the file at `path`; None if its job is forgotten.

        Raises:
            NotFound: the world began anew meanwhile, and has no such file any more.
        """
        if source.blob is not None:
            return await asyncio.to_thread(tenant.blobs.open(source.blob).content)
        assert source.path is not None, "what has no blob is a file of ours"
        try:
            _, rendering = await self._rendered(tenant, source.path, ask)
        except NotFound:
            await ask(lambda state: _media_file_at(state, path))
            return None
        return rendering.content


def _media_file_at(state: State, path: str) -> MediaFile:
    return export_at(state, path) if path.startswith(EXPORTS_PATH) else owned_file_at(state, path).file


class Part(NamedTuple):
    """How a request for a file is answered, and with which of its bytes."""

    status: int
    first: int
    size_bytes: int
    headers: tuple[tuple[bytes, bytes], ...]


def ranged(request: Request, content: bytes, etag: str, media_type: bytes) -> Answer:
    """The content, the part of it that the request wants, or the news that it has it already."""
    part = wanted_part(request, len(content), etag)
    body = content[part.first : part.first + part.size_bytes]
    return Answer(part.status, body, media_type, part.headers)


def wanted_part(request: Request, size_bytes: int, etag: str) -> Part:
    """The part of a file of this size that the request wants: all, some or nothing of it."""
    headers = (
        (b"accept-ranges", b"bytes"),
        (b"etag", etag.encode()),
        (b"cache-control", b"no-cache"),
        *SAFETY,
    )
    whole = Part(200, 0, size_bytes, headers)
    known = request.header("if-none-match") or ""
    if known == "*" or etag in known:
        return Part(304, 0, 0, headers)
    # A range means something to GET only (RFC 9110, 14.2).
    wanted = request.header("range") if request.method == "GET" else None
    if wanted is None or request.header("if-range") not in (None, etag):
        return whole
    match = ONE_RANGE.fullmatch(wanted.replace(" ", ""))
    if match is None or not _is_range(match[1], match[2]):
        return whole
    first, last = _bounds(match[1], match[2], size_bytes)
    if first > last:
        return Part(416, 0, 0, (*headers, (b"content-range", b"bytes */%d" % size_bytes)))
    content_range = (b"content-range", b"bytes %d-%d/%d" % (first, last, size_bytes))
    return Part(206, first, last - first + 1, (*headers, content_range))


async def _uploaded(tenant: Tenant, request: Request, path: str, ask: Ask) -> FileAnswer:
    asset: Asset = await ask(lambda state: state.asset_of_file(path))
    part = wanted_part(request, asset.size_bytes, f'"{asset.blob}"')
    blob = tenant.blobs.open(asset.blob)
    return FileAnswer(part.status, blob, part.first, part.size_bytes, asset.mime_type.encode(), part.headers)


def _is_range(first: str, last: str) -> bool:
    return int(first) <= int(last) if first and last else bool(first or last)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte wanted; the first above the last when there is no such part."""
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1
