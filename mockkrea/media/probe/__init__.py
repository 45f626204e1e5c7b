"""What an uploaded file is, by its bytes alone: never by its name or by what its sender says.

Taken are the media of Krea's `POST /assets` (documented): JPEG, PNG, WebP, HEIC, MP4, MOV, WebM, GLB, WAV
and MP3. Pictures are decoded, but for HEIC; of the rest the containers' headers are read, by our own short
parsers, because each of them stays within bounds for any input and costs nothing to import.
Work and memory are bounded by the file's size: everything nested has a fixed depth, everything listed a
largest number, and a picture is measured before it is decoded.
"""

from __future__ import annotations

from typing import BinaryIO

from mockkrea.core.errors import InvalidMedia
from mockkrea.media.probe.kinds import HEAD_BYTES, kind_of, refused_name
from mockkrea.media.probe.polyglots import check_single
from mockkrea.media.probe.source import MediaInfo, Source, Unreadable

__all__ = ["ACCEPTED", "MediaInfo", "probe"]

ACCEPTED = "Accepted are JPEG, PNG, WebP, HEIC, MP4, MOV, WebM, GLB, WAV and MP3."


def probe(file: BinaryIO) -> MediaInfo:
    """Read what the file holds. It must be seekable; its position afterwards is anywhere.

    Raises:
        InvalidMedia: it is none of the accepted media, damaged, cut short, too large to be decoded, or
            a file of another kind as well.
    """
    source = Source(file)
    head = source.head(HEAD_BYTES)
    kind = kind_of(head)
    if kind is None:
        raise InvalidMedia(f"This file is {refused_name(head)}. {ACCEPTED}")
    try:
        check_single(source)
        return kind.read(source)
    except Unreadable as why:
        raise InvalidMedia(f"This file seems to be {kind.name}, but {why}. {ACCEPTED}") from why
