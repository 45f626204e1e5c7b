"""Size, duration and sound of an MP4 or MOV, from its `moov` box (ISO/IEC 14496-12); no frame is decoded."""

from __future__ import annotations

import struct

from mockkrea.media.probe.boxes import Box, Boxes, first
from mockkrea.media.probe.source import MediaInfo, Source, Unreadable, check_sides, microseconds

# A duration of all ones is an unknown one; so is zero in a film that comes in fragments.
_UNKNOWN = frozenset({0, 2**32 - 1, 2**64 - 1})


def read_mp4(source: Source) -> MediaInfo:
    """What is known of an MP4 that has a picture."""
    return _read(source, "video/mp4", "mp4")


def read_mov(source: Source) -> MediaInfo:
    """What is known of a QuickTime film that has a picture."""
    return _read(source, "video/quicktime", "mov")


def _read(source: Source, mime_type: str, extension: str) -> MediaInfo:
    boxes = Boxes(source)
    top = boxes.at_top()
    moov = first(top, b"moov")
    if moov is None or first(top, b"mdat") is None:
        raise Unreadable("it has no box 'moov' or no 'mdat'")
    parts = boxes.inside(moov)
    tracks = [(_kind(boxes, part), part) for part in parts if part.type == b"trak"]
    width, height = _size(boxes, tracks)
    check_sides(width, height)
    has_sound = any(kind == b"soun" for kind, _ in tracks)
    return MediaInfo(mime_type, extension, width, height, _duration_us(boxes, parts), has_sound)


def _kind(boxes: Boxes, track: Box) -> bytes:
    return boxes.content(boxes.one(track, b"mdia", b"hdlr"), 4, at=8)


def _size(boxes: Boxes, tracks: list[tuple[bytes, Box]]) -> tuple[int, int]:
    """The size, in pixels as shown, of the first track that has pictures."""
    for kind, track in tracks:
        if kind != b"vide":
            continue
        header = boxes.one(track, b"tkhd")
        later_edition = boxes.content(header, 1)[0]
        # Nine numbers of the matrix, then both sides, in 1/65536.
        fields = boxes.content(header, 44, at=52 if later_edition else 40)
        across, down = struct.unpack_from(">i", fields)[0], struct.unpack_from(">i", fields, 16)[0]
        width, height = (round(side / 65_536) for side in struct.unpack_from(">II", fields, 36))
        return (height, width) if across == down == 0 else (width, height)
    raise Unreadable("it has no video track")


def _duration_us(boxes: Boxes, parts: list[Box]) -> int | None:
    header = first(parts, b"mvhd")
    if header is None:
        raise Unreadable("it has no box 'mvhd'")
    if boxes.content(header, 1)[0]:
        per_second, duration = struct.unpack(">IQ", boxes.content(header, 12, at=20))
    else:
        per_second, duration = struct.unpack(">II", boxes.content(header, 8, at=12))
    if duration in _UNKNOWN and (extends := first(parts, b"mvex")) is not None:
        whole = first(boxes.inside(extends), b"mehd")
        if whole is None:
            return None
        later_edition = boxes.content(whole, 1)[0]
        duration = int.from_bytes(boxes.content(whole, 8 if later_edition else 4, at=4))
    return None if duration in _UNKNOWN else microseconds(duration, per_second)
