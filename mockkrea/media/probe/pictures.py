"""JPEG, PNG and WebP: walked to their end, measured, and decoded once to see that they can be.

Pillow's own opener is not used: it warns of large pictures, and a warning may be an error where tests run.
Here the sides are checked before anything is decoded.
"""

from __future__ import annotations

import re
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from mockkrea.media.probe.source import MediaInfo, Source, Unreadable, check_sides
from mockkrea.media.size import LARGE_PX

# What Pillow raises for broken files; a UserWarning only where warnings are errors.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    EOFError,
    UserWarning,
    struct.error,
    zlib.error,
)

# A real file has some thousands of PNG chunks or JPEG segments at most, and some tens of scans. Each scan
# of a JPEG may visit every pixel, so a small file of many scans could keep a decoder busy for hours.
PARTS_MAX = 50_000
SCANS_MAX = 64

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
# Within a scan 0xFF stands before a zero or a restart marker.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Before a marker any number of these may stand.
_FILL = re.compile(rb"\xff*(?=\xff)")
_MARKUP = re.compile(rb"<(?:!doctype|html|script|svg|\?php)", re.IGNORECASE)

# EXIF's orientations, as what has to be done to a picture to show it.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})

# One large picture at a time: decoded, 100 megapixels take 400 MB.
_one_large = threading.Lock()


class _Jpeg(JpegImagePlugin.JpegImageFile):
    def _read_dpi_from_exif(self) -> None:
        """Leave the EXIF block alone: Pillow would warn of every oddity in it, and its dpi is not needed."""


def read_jpeg(source: Source) -> MediaInfo:
    """What is known of a JPEG."""
    return _decoded(source, "image/jpeg", "jpg")


def read_png(source: Source) -> MediaInfo:
    """What is known of a PNG; of an animated one, the first frame is decoded."""
    return _decoded(source, "image/png", "png")


def read_webp(source: Source) -> MediaInfo:
    """What is known of a WebP; of an animated one, the first frame is decoded."""
    return _decoded(source, "image/webp", "webp")


@contextmanager
def one_large_at_a_time(width: int, height: int) -> Iterator[None]:
    """Wait for one's turn to decode a picture of this size; small ones need not."""
    if width * height <= LARGE_PX:
        yield
        return
    with _one_large:
        yield


@contextmanager
def opened(source: Source) -> Iterator[ImageFile.ImageFile]:
    """A JPEG, PNG or WebP with its sides checked, to be decoded within this context.

    Raises:
        Unreadable: it is damaged, too large, or none of the three; also for what goes wrong within.
    """
    try:
        image = _opened(source)
        with one_large_at_a_time(*image.size):
            yield image
    except DAMAGE as damage:
        raise Unreadable("it cannot be decoded") from damage


def upright(image: Image.Image) -> Image.Image:
    """The decoded picture as it is shown, turned as its EXIF block says."""
    turn = _UPRIGHT.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _decoded(source: Source, mime_type: str, extension: str) -> MediaInfo:
    with opened(source) as image:
        width, height = image.size
        # A JPEG is decoded at an eighth of its size: all its data are read, for a fraction of the memory.
        image.draft("L", (max(1, width // 8), max(1, height // 8)))
        image.load()
    if _orientation(image) in _SIDEWAYS:
        width, height = height, width
    return MediaInfo(mime_type, extension, width, height)


def _opened(source: Source) -> ImageFile.ImageFile:
    """The picture with its sides checked and nothing decoded."""
    head = source.head(12)
    image: ImageFile.ImageFile
    if head.startswith(b"\xff\xd8"):
        _check_jpeg_segments(source.head(source.size))
        source.file.seek(0)
        image = _Jpeg(source.file)
    elif head.startswith(b"\x89PNG"):
        _check_png_chunks(source)
        source.file.seek(0)
        image = PngImagePlugin.PngImageFile(source.file)
    elif head[8:12] == b"WEBP":
        _check_webp_header(source)
        source.file.seek(0)
        image = WebPImagePlugin.WebPImageFile(source.file)
    else:
        raise Unreadable("it is neither a JPEG nor a PNG nor a WebP")
    check_sides(*image.size)
    return image


def _check_jpeg_segments(content: bytes) -> None:
    """See that a JPEG goes on to its end marker, in a bearable number of scans."""
    at, scans = 2, 0
    for _ in range(PARTS_MAX):
        fill = _FILL.match(content, at)
        if fill is None or fill.end() + 4 > len(content):
            break
        at = fill.end()
        marker = content[at + 1]
        if marker == _END_OF_IMAGE:
            break
        at += 2 if marker in _STANDALONE else 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == _START_OF_SCAN:
            scans += 1
            following = _AFTER_SCAN.search(content, at)
            at = following.start() if following else len(content)
    if content[at : at + 2] != b"\xff\xd9" or not scans:
        raise Unreadable("it breaks off before its end marker")
    if scans > SCANS_MAX:
        raise Unreadable(f"it has {scans} scans; taken are up to {SCANS_MAX}")
    # More pictures or a film may follow, as phones append them, but no page.
    if _MARKUP.search(content, at):
        raise Unreadable("markup follows its end")


def _check_png_chunks(source: Source) -> None:
    """See that a PNG goes on to its last chunk, and not beyond it."""
    at = 8
    for _ in range(PARTS_MAX):
        length, type = struct.unpack(">I4s", source.at(at, 8))
        at += 12 + length
        if type == b"IEND":
            break
    else:
        raise Unreadable(f"it has more than {PARTS_MAX} chunks")
    if at != source.size:
        raise Unreadable("the file does not end where the picture ends")


def _check_webp_header(source: Source) -> None:
    """See that a WebP is as long as it says, and measure it before the decoder takes memory for it."""
    size = int.from_bytes(source.at(4, 4), "little") + 8
    if not size <= source.size <= size + 1:
        raise Unreadable("the file does not end where the picture ends")
    head = source.at(12, 18)
    wide = high = 0
    if head.startswith(b"VP8X"):
        wide = int.from_bytes(head[12:15], "little") + 1
        high = int.from_bytes(head[15:18], "little") + 1
    elif head.startswith(b"VP8L"):
        bits = int.from_bytes(head[9:13], "little")
        wide, high = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif head.startswith(b"VP8 "):
        wide = int.from_bytes(head[14:16], "little") & 0x3FFF
        high = int.from_bytes(head[16:18], "little") & 0x3FFF
    check_sides(wide, high)


def _orientation(image: Image.Image) -> int:
    """How EXIF says the picture is to be turned; 1, upright, where it does not say or cannot be read."""
    block = image.info.get("exif")
    if not isinstance(block, bytes):
        return 1
    tiff = block.removeprefix(b"Exif\x00\x00")
    order = "<" if tiff.startswith(b"II") else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:
        return 1
    return 1
