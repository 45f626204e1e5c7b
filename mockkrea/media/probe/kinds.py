"""Which medium a file seems to be, by its first bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mockkrea.media.probe import heic, models, movies, sound, webm
from mockkrea.media.probe.boxes import brands_of
from mockkrea.media.probe.source import MediaInfo, Source

HEAD_BYTES = 4096

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_MP4_BRANDS = frozenset({b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash", b"isom", b"iso2", b"iso4"}) | {
    b"iso%d" % edition for edition in range(5, 10)
}
# Files of the same family that are something else, however compatible they call themselves.
_OTHER_BRANDS = frozenset({b"avif", b"avis", b"M4A ", b"M4B "})
# A QuickTime film older than brands begins with one of these boxes.
_OLD_MOV_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_EBML = b"\x1a\x45\xdf\xa3"


class Kind(NamedTuple):
    """An accepted medium: its name, how its first bytes are known, and who reads it."""

    name: str
    begins: Callable[[bytes], bool]
    read: Callable[[Source], MediaInfo]


def kind_of(head: bytes) -> Kind | None:
    """The accepted medium that a file with these first `HEAD_BYTES` seems to be, if any."""
    return next((kind for kind in _kinds() if kind.begins(head)), None)


def refused_name(head: bytes) -> str:
    """What a file that is none of the accepted media seems to be, with its article."""
    if not head:
        return "empty"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((name for name, begins in _refused(head, text) if begins), "of no kind known here")


def _kinds() -> tuple[Kind, ...]:
    return (
        Kind("a JPEG picture", lambda head: head.startswith(b"\xff\xd8\xff"), _read_jpeg),
        Kind("a PNG picture", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), _read_png),
        Kind("a WebP picture", lambda head: _is_riff(head, b"WEBP"), _read_webp),
        Kind("a HEIC picture", lambda head: bool(brands_of(head) & _HEIC_BRANDS), heic.read),
        Kind("a MOV video", _begins_mov, movies.read_mov),
        Kind("an MP4 video", _begins_mp4, movies.read_mp4),
        Kind("a WebM video", lambda head: head.startswith(_EBML) and b"webm" in head[:64], webm.read),
        Kind("a GLB model", lambda head: head.startswith(b"glTF"), models.read),
        Kind("a WAV sound", lambda head: _is_riff(head, b"WAVE"), sound.read_wav),
        Kind("an MP3 sound", sound.begins_mp3, sound.read_mp3),
    )


def _refused(head: bytes, text: bytes) -> tuple[tuple[str, bool], ...]:
    return (
        ("a GIF picture", head.startswith(b"GIF8")),
        ("a BMP picture", head.startswith(b"BM") and head[6:10] == bytes(4)),
        ("a TIFF picture", head.startswith((b"II*\x00", b"MM\x00*"))),
        ("an AVIF picture", bool(brands_of(head) & {b"avif", b"avis"})),
        ("an MPEG-4 sound", head[4:12] in (b"ftypM4A ", b"ftypM4B ")),
        ("an ISO media file of another kind", bool(brands_of(head))),
        ("a Matroska video", head.startswith(_EBML)),
        ("an AVI video", _is_riff(head, b"AVI ")),
        ("an Ogg file", head.startswith(b"OggS")),
        ("a FLAC sound", head.startswith(b"fLaC")),
        ("a PDF document", head.startswith(b"%PDF-")),
        ("a ZIP archive", head.startswith(b"PK\x03\x04")),
        ("an SVG picture", text.startswith(b"<") and b"<svg" in text),
        ("an HTML page", text.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<script"))),
        ("an XML document", text.startswith(b"<?xml")),
        ("text", b"\x00" not in head and head.isascii()),
    )


def _begins_mov(head: bytes) -> bool:
    return head[4:12] == b"ftypqt  " or head[4:8] in _OLD_MOV_BOXES


def _begins_mp4(head: bytes) -> bool:
    return bool(brands_of(head) & _MP4_BRANDS) and head[8:12] not in _OTHER_BRANDS


def _is_riff(head: bytes, form: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == form


# Pillow costs a tenth of a second to import; a server that nobody sends a picture never does.


def _read_jpeg(source: Source) -> MediaInfo:
    from mockkrea.media.probe import pictures

    return pictures.read_jpeg(source)


def _read_png(source: Source) -> MediaInfo:
    from mockkrea.media.probe import pictures

    return pictures.read_png(source)


def _read_webp(source: Source) -> MediaInfo:
    from mockkrea.media.probe import pictures

    return pictures.read_webp(source)
