"""Assets: files that somebody uploaded, to be used as media inputs; and the media inputs of a job.

An asset is its facts and the SHA-256 of its bytes, its blob; the bytes themselves lie outside
(`journal/blobs.py`). It belongs to one workspace for good and never changes; a deleted one is gone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

# Documented as 75 MB for an upload, and for every media input. ASSUMED: mebibytes, the larger reading.
FILE_BYTES_MAX = 75 * 1024 * 1024

# Where the files of assets lie, as results lie under `/files/`.
UPLOADS_PATH = "/files/uploads/"


class Medium(StrEnum):
    """What kind of thing a file is: the first half of its media type."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL = "model"


class Asset(NamedTuple):
    """One uploaded file.

    `number` counts the world's uploads from 1. `blob` is the SHA-256 of the bytes, in hexadecimal digits.
    `width` and `height` are in pixels, None where there is nothing to see; `duration_us` is None where
    nothing plays. `has_sound`: it is a video with a sound track. `path` is a path, never a host.
    """

    id: str
    number: int
    workspace_id: str
    person_id: str
    blob: str
    path: str
    mime_type: str
    width: int | None
    height: int | None
    duration_us: int | None
    size_bytes: int
    created_at_us: int
    description: str | None
    has_sound: bool = False


class MediaInput(NamedTuple):
    """A medium among a job's inputs that mockkrea has, and what was measured of it.

    `pointer` is its place in the input, as an RFC 6901 JSON pointer. `path` is that of our own file, None
    for a data URI. `blob` is the SHA-256 of its bytes, None for the result of a job, which is drawn when
    somebody looks. `width` and `height` are pixels; `has_sound`: it is a video with a sound track.
    External URLs are not fetched, so they have none of this.
    """

    pointer: str
    path: str | None
    blob: str | None
    mime_type: str
    width: int | None
    height: int | None
    duration_us: int | None
    has_sound: bool = False

    @property
    def medium(self) -> Medium:
        """What kind of thing it is."""
        return Medium(self.mime_type.partition("/")[0])
