"""The media that a submission names: which are taken, what is known of them, and what a world keeps.

A URI is one of three things. A data URI has to hold one of the media that Krea takes; its bytes become a
blob. A URL of ours has to be an asset of the caller's workspace, a result of one of its jobs, or the picture
of a style that the caller can see. Any other URL is taken as it is: this server fetches nothing. The first
two have to be a medium that their field takes; what a world keeps in their place are a hash and a path,
never bytes and never a host.
"""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

from mockkrea.core.assets import FILE_BYTES_MAX, UPLOADS_PATH, Asset, MediaInput
from mockkrea.core.errors import InvalidMedia, Issue, NotFound, RefusedMedia, RetentionUnsupported
from mockkrea.core.forms import InputSpec
from mockkrea.core.jobs import Job
from mockkrea.core.media_fields import in_words, media_taken_at
from mockkrea.core.state import State
from mockkrea.core.styles import Style
from mockkrea.core.webhooks import Webhook
from mockkrea.journal.blobs import BlobWriter
from mockkrea.media.media_file import MediaFile
from mockkrea.media.media_files import owned_file_at
from mockkrea.settings import ExternalUrls
from mockkrea.tenant import Tenant

SHOWN_PATH_MAX = 100

# What Krea makes of them is unknown: ASSUMED, as for webhooks.
CREDENTIALS = "must not hold a user or a password; send a URL without them."
EXTERNAL = "is a URL on another server"
INSTEAD = "send a data URI, or upload the file and send the URL that you are given."
UPLOAD_INSTEAD = "upload the file and send the URL that you are given."

_URL_SAFE = str.maketrans("-_", "+/")


class OwnFile(NamedTuple):
    """What a URL of this server names: the world, "default" at the root, and the path in it."""

    world: str
    path: str


class Terms(NamedTuple):
    """What a submission says besides its body.

    `own_file` tells what a URL of this server names, and None for any other URL. `webhook` is told when the
    job has ended.
    """

    own_file: Callable[[str], OwnFile | None]
    zero_data_retention: bool = False
    webhook: Webhook | None = None


@dataclass(slots=True)
class Intake:
    """Takes in the media of one submission. In a `with` block: without an error its jobs have their bytes
    then, with one nobody has.

    What was decoded counts as held only when the submission has succeeded; so a world that restarts
    meanwhile holds, like any other, just what its jobs have.

    Args:
        tenant: the world that takes them.
        person_id, workspace_id: who has to be allowed to use them.
        keeps_bytes: whether what they are for has jobs, which keep bytes; without them data URIs are refused.

    `measured` is what is known of them so far.
    """

    tenant: Tenant
    person_id: str
    workspace_id: str
    terms: Terms
    keeps_bytes: bool = True
    measured: list[MediaInput] = field(default_factory=list)
    _kept: dict[str, str] = field(default_factory=dict)
    _refused: dict[str, str] = field(default_factory=dict)
    _written: list[BlobWriter] = field(default_factory=list)
    _writing: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Intake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writing.__exit__(kind, error, trace)

    @property
    def media(self) -> tuple[MediaInput, ...]:
        """What was measured, as an order has it."""
        return tuple(self.measured)

    async def check_model(self, model: str, *, zero_data_retention: bool) -> None:
        """Raise unless the plan has what an order calls its model, and that works on these terms.

        That only some models take the header rather than pass it over is ASSUMED: who asks that nothing be
        kept should learn that it would be.

        Args:
            zero_data_retention: whether the model works with it.

        Raises:
            PlanRequired: the workspace's plan lacks the model.
            RetentionUnsupported: it does not work on the terms.
        """
        await self.tenant.look_up(lambda directory: directory.check_plan(self.workspace_id, model))
        if self.terms.zero_data_retention and not zero_data_retention:
            raise RetentionUnsupported(
                f"{model} does not work with zero data retention, only the krea-2 models do;"
                " leave out the header X-Api-Zero-Data-Retention, or use one of those."
            )

    async def take(self, form: InputSpec, input: Mapping[str, object]) -> dict[str, object]:
        """Take in the media of a normalised input; the input as a world keeps it.

        Raises:
            RefusedMedia: some cannot be used; every one of them is an issue.
        """
        uris = self.tenant.validation.media_of(form, input)
        for pointer, uri in uris.items():
            if _is_data(uri):
                await self._take_data(pointer, uri)
        await self.tenant.query(lambda state: self._take_urls(state, uris))
        if self._refused:
            issues = [Issue(each, f"{each} {self._refused[each]}") for each in uris if each in self._refused]
            only_data = all(_is_data(uris[each]) for each in self._refused)
            raise RefusedMedia(issues, headline="Invalid media input" if only_data else "Invalid asset URL")
        return self.tenant.validation.with_media(form, input, self._kept)

    @property
    def _instead(self) -> str:
        return INSTEAD if self.keeps_bytes else UPLOAD_INSTEAD

    def hand_over(self, *jobs: Job) -> None:
        """Let the jobs of the submission hold the bytes of its media, each for itself.

        An asset may have gone since it was measured: a submission can wait in between.
        """
        self._writing.close()
        named = [each.blob for each in self.measured if each.blob is not None]
        blobs = [blob for blob in named if blob in self.tenant.blobs]
        for job in jobs:
            self.tenant.job_blobs.hold(job.id, blobs)
        for writer in self._written:
            self.tenant.blobs.release(writer.sha256)

    async def _take_data(self, pointer: str, uri: str) -> None:
        if not self.keeps_bytes:
            self._refused[pointer] = f"is a data URI, and only jobs keep bytes; {UPLOAD_INSTEAD}"
            return
        writer = self._writing.enter_context(self.tenant.blobs.writer())
        try:
            # Decoding a picture takes milliseconds, a large one seconds.
            medium = await asyncio.to_thread(_written, writer, pointer, uri)
        except InvalidMedia as reason:
            self._refused[pointer] = f"cannot be used. {reason}"
            return
        finally:
            writer.close()
        self._written.append(writer)
        self._keep(medium, f"data:{medium.mime_type};sha256={medium.blob}")

    def _take_urls(self, state: State, uris: Mapping[str, str]) -> None:
        self.tenant.job_blobs.release_forgotten(state.jobs)
        for pointer, uri in uris.items():
            if _is_data(uri):
                continue
            own = self.terms.own_file(uri)
            if _has_credentials(uri):
                self._refused[pointer] = CREDENTIALS
            elif own is None:
                self._check_external(pointer, uri)
            else:
                self._take_own(state, pointer, own)

    def _take_own(self, state: State, pointer: str, own: OwnFile) -> None:
        found = self._file_at(state, own.path) if own.world == self.tenant.name else None
        if found is None:
            shown = own.path[:SHOWN_PATH_MAX]
            reason = "which is neither an asset of this workspace nor a result of one of its jobs"
            self._refused[pointer] = f"names {shown}, {reason}; {self._instead}"
        elif isinstance(found, Asset):
            self._keep(_of_asset(pointer, found), own.path)
        else:
            self._keep(_of_media_file(pointer, own.path, found), own.path)

    def _file_at(self, state: State, path: str) -> Asset | MediaFile | None:
        """What lies at this path, for the caller to use."""
        try:
            if path.startswith(UPLOADS_PATH):
                asset = state.asset_of_file(path)
                return asset if asset.workspace_id == self.workspace_id else None
            file, owner = owned_file_at(state, path)
        except NotFound:
            return None
        if isinstance(owner, Style):
            return file if owner.is_visible(self.person_id, self.workspace_id) else None
        return file if owner.order.workspace_id == self.workspace_id else None

    def _check_external(self, pointer: str, url: str) -> None:
        if not _has_place(url):
            self._refused[pointer] = f"is not a valid URL: its host or its port is not valid; {self._instead}"
        elif self.terms.zero_data_retention:
            self._refused[pointer] = f"{EXTERNAL}, and zero data retention takes none; {self._instead}"
        elif self.tenant.settings.external_urls is ExternalUrls.REFUSE:
            self._refused[pointer] = (
                f"{EXTERNAL}, and the setting external_urls refuses those; {self._instead}"
            )

    def _keep(self, medium: MediaInput, kept: str) -> None:
        taken = media_taken_at(medium.pointer)
        if medium.medium in taken:
            self.measured.append(medium)
            self._kept[medium.pointer] = kept
        else:
            self._refused[medium.pointer] = f"takes {in_words(taken)}, not {medium.mime_type}."


def _is_data(uri: str) -> bool:
    return uri.startswith("data:")


def _has_credentials(url: str) -> bool:
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def _has_place(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _of_asset(pointer: str, asset: Asset) -> MediaInput:
    return MediaInput(
        pointer=pointer,
        path=asset.path,
        blob=asset.blob,
        mime_type=asset.mime_type,
        width=asset.width,
        height=asset.height,
        duration_us=asset.duration_us,
        has_sound=asset.has_sound,
    )


def _of_media_file(pointer: str, path: str, file: MediaFile) -> MediaInput:
    extent = file.extent
    return MediaInput(
        pointer=pointer,
        path=path,
        blob=None,
        mime_type=file.media_type,
        width=extent.width,
        height=extent.height,
        duration_us=extent.duration_us,
        has_sound=extent.has_sound,
    )


def _written(writer: BlobWriter, pointer: str, uri: str) -> MediaInput:
    """Decode a data URI into a blob, and measure it.

    Raises:
        InvalidMedia: it is no base64, too large, or none of the media that Krea takes.
    """
    # The readers of media import Pillow, which a server without media inputs never needs.
    from mockkrea.media.probe import probe

    content = decoded(uri)
    if len(content) > FILE_BYTES_MAX:
        raise InvalidMedia(f"It has {len(content):,} bytes; a medium may have {FILE_BYTES_MAX:,} at most.")
    info = probe(BytesIO(content))
    writer.write(content)
    return MediaInput(
        pointer=pointer,
        path=None,
        blob=writer.sha256,
        mime_type=info.mime_type,
        width=info.width,
        height=info.height,
        duration_us=info.duration_us,
        has_sound=info.has_sound,
    )


def decoded(uri: str) -> bytes:
    """The bytes in a base64 data URI.

    Raises:
        InvalidMedia: it is no base64.
    """
    text = uri[uri.index(",") + 1 :].translate(_URL_SAFE).rstrip("=")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error:
        raise InvalidMedia("Its data are cut short or no base64 at all.") from None
