"""The media that a submission names: which are taken, what is known of them, and what a world keeps.

A URI is one of three things. A data URI has to hold one of the media that Krea takes; its bytes become a
blob. A URL of ours has to be an asset of the caller's workspace, or a result of one of its jobs. Any other
URL is taken as it is: this server fetches nothing. What a world keeps in the place of the first two are a
hash and a path, never bytes and never a host.
"""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple

from mockkrea.core.assets import FILE_BYTES_MAX, Asset, MediaInput
from mockkrea.core.catalogue import Model
from mockkrea.core.errors import InvalidMedia, Issue, NotFound, RefusedMedia, RetentionUnsupported
from mockkrea.core.state import State
from mockkrea.journal.blobs import BlobWriter
from mockkrea.media.work import Work
from mockkrea.media.works import extent_of, work_of
from mockkrea.settings import ExternalUrls
from mockkrea.tenant import Tenant

SHOWN_PATH_MAX = 100

EXTERNAL = "is a URL on another server"
INSTEAD = "send a data URI, or upload the file and send the URL that you are given."

_URL_SAFE = str.maketrans("-_", "+/")


class OwnFile(NamedTuple):
    """What a URL of this server names: the world, "default" at the root, and the path in it."""

    world: str
    path: str


class Terms(NamedTuple):
    """What a submission says of its media besides its body.

    `own_file` tells what a URL of this server names, and None for any other URL.
    """

    own_file: Callable[[str], OwnFile | None]
    zero_data_retention: bool = False


def check_retention(model: Model, terms: Terms) -> None:
    """See whether the model can work on these terms.

    That other models refuse the header rather than pass it over is ASSUMED: who asks that nothing be
    kept should learn that it would be.

    Raises:
        RetentionUnsupported: it cannot.
    """
    if terms.zero_data_retention and not model.zero_data_retention:
        raise RetentionUnsupported(
            f"{model.id} does not work with zero data retention, only the krea-2 models do;"
            " leave out the header X-Api-Zero-Data-Retention, or use one of those."
        )


@dataclass(slots=True)
class Intake:
    """Takes in the media of one submission.

    Args:
        tenant: the world that takes them.
        workspace_id: whose they have to be.
        holds: releases the blobs again unless the submission succeeds.

    `kept` is what the world keeps in the place of some URIs, by JSON pointer; `media` what was measured.
    """

    tenant: Tenant
    workspace_id: str
    terms: Terms
    holds: ExitStack
    kept: dict[str, str] = field(default_factory=dict)
    media: list[MediaInput] = field(default_factory=list)
    _refused: dict[str, str] = field(default_factory=dict)

    async def take(self, uris: Mapping[str, str]) -> None:
        """Take in the media at these JSON pointers.

        Raises:
            RefusedMedia: some cannot be used; every one of them is an issue.
        """
        for pointer, uri in uris.items():
            if _is_data(uri):
                await self._take_data(pointer, uri)
        await self.tenant.query(lambda state: self._take_urls(state, uris))
        if self._refused:
            issues = [Issue(each, f"{each} {self._refused[each]}") for each in uris if each in self._refused]
            only_data = all(_is_data(uris[each]) for each in self._refused)
            raise RefusedMedia(issues, headline="Invalid media input" if only_data else "Invalid asset URL")

    async def _take_data(self, pointer: str, uri: str) -> None:
        blobs = self.tenant.blobs
        try:
            with blobs.writer() as writer:
                # Decoding a picture takes milliseconds, a large one seconds.
                medium = await asyncio.to_thread(_written, writer, pointer, uri)
        except InvalidMedia as reason:
            self._refused[pointer] = f"cannot be used. {reason}"
            return
        self._keep(medium, f"data:{medium.mime_type};sha256={medium.blob}")
        self.holds.callback(blobs.release, writer.sha256)

    def _take_urls(self, state: State, uris: Mapping[str, str]) -> None:
        self.tenant.job_blobs.release_forgotten(state.jobs)
        for pointer, uri in uris.items():
            if _is_data(uri):
                continue
            own = self.terms.own_file(uri)
            if own is None:
                self._check_external(pointer)
            else:
                self._take_own(state, pointer, own)

    def _take_own(self, state: State, pointer: str, own: OwnFile) -> None:
        found = _file_of(state, self.workspace_id, own.path) if own.world == self.tenant.name else None
        if found is None:
            shown = own.path[:SHOWN_PATH_MAX]
            reason = "which is neither an asset of this workspace nor a result of one of its jobs"
            self._refused[pointer] = f"names {shown}, {reason}; {INSTEAD}"
            return
        if isinstance(found, Asset):
            medium = _of_asset(pointer, found)
            self.tenant.blobs.hold(found.blob)
            self.holds.callback(self.tenant.blobs.release, found.blob)
        else:
            medium = _of_result(pointer, own.path, found)
        self._keep(medium, own.path)

    def _check_external(self, pointer: str) -> None:
        if self.terms.zero_data_retention:
            self._refused[pointer] = f"{EXTERNAL}, and zero data retention takes none; {INSTEAD}"
        elif self.tenant.settings.external_urls is ExternalUrls.REFUSE:
            self._refused[pointer] = f"{EXTERNAL}, and the setting external_urls refuses those; {INSTEAD}"

    def _keep(self, medium: MediaInput, kept: str) -> None:
        self.media.append(medium)
        self.kept[medium.pointer] = kept


def _is_data(uri: str) -> bool:
    return uri.startswith("data:")


def _file_of(state: State, workspace_id: str, path: str) -> Asset | Work | None:
    try:
        asset = state.asset_of_file(path)
        return asset if asset.workspace_id == workspace_id else None
    except NotFound:
        pass
    try:
        job, role = state.file_at(path)
        return work_of(job, role) if job.order.workspace_id == workspace_id else None
    except NotFound:
        return None


def _of_asset(pointer: str, asset: Asset) -> MediaInput:
    return MediaInput(
        pointer=pointer,
        path=asset.path,
        blob=asset.blob,
        mime_type=asset.mime_type,
        width=asset.width,
        height=asset.height,
        duration_us=asset.duration_us,
    )


def _of_result(pointer: str, path: str, work: Work) -> MediaInput:
    extent = extent_of(work)
    return MediaInput(
        pointer=pointer,
        path=path,
        blob=None,
        mime_type=work.media_type,
        width=extent.width,
        height=extent.height,
        duration_us=extent.duration_us,
    )


def _written(writer: BlobWriter, pointer: str, uri: str) -> MediaInput:
    """Decode a data URI into a blob, and measure it.

    Raises:
        InvalidMedia: it is no base64, too large, or none of the media that Krea takes.
    """
    # The readers of media import Pillow, which a server without media inputs never needs.
    from mockkrea.media.facts import facts_of

    content = _decoded(uri)
    if len(content) > FILE_BYTES_MAX:
        raise InvalidMedia(f"It has {len(content):,} bytes; a medium may have {FILE_BYTES_MAX:,} at most.")
    facts = facts_of(BytesIO(content))
    writer.write(content)
    return MediaInput(
        pointer=pointer,
        path=None,
        blob=writer.sha256,
        mime_type=facts.mime_type,
        width=facts.width,
        height=facts.height,
        duration_us=facts.duration_us,
    )


def _decoded(uri: str) -> bytes:
    text = uri[uri.index(",") + 1 :].translate(_URL_SAFE).rstrip("=")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error:
        raise InvalidMedia("Its data are cut short or no base64 at all.") from None
