"""Which of the shipped fonts has which character, and fonts ready to draw with.

A font's own `cmap` table is the only source: no list of scripts to keep in step with the files. Files are
read when a character first needs them. README in this folder says what each file is and under which licence.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

# The first file that has a character draws it: text faces, symbols, then the two that have nearly everything.
FILES = (
    "NotoSans-Regular.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansBengali-Regular.ttf",
    "NotoSansTamil-Regular.ttf",
    "NotoSansTelugu-Regular.ttf",
    "NotoSansGujarati-Regular.ttf",
    "NotoSansGurmukhi-Regular.ttf",
    "NotoSansKannada-Regular.ttf",
    "NotoSansMalayalam-Regular.ttf",
    "NotoSansSinhala-Regular.ttf",
    "NotoSansKhmer-Regular.ttf",
    "NotoSansLao-Regular.ttf",
    "NotoSansMyanmar-Regular.ttf",
    "NotoSansGeorgian-Regular.ttf",
    "NotoSansArmenian-Regular.ttf",
    "NotoSansEthiopic-Regular.ttf",
    "DroidSansFallback.ttf",
    "Symbola-subset.ttf",
    "DejaVuSans.ttf",
)
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Coverage:
    """The characters of one font, as ranges without gaps in rising order."""

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def __contains__(self, code_point: int) -> bool:
        at = bisect_left(self.lasts, code_point)
        return at < len(self.lasts) and self.firsts[at] <= code_point


@lru_cache(maxsize=4096)
def file_for(character: str) -> str | None:
    """Name the file that draws `character`, or None where none can."""
    return next((file for file in FILES if has(file, character)), None)


def has(file: str, character: str) -> bool:
    """Whether `file` has a glyph for `character`."""
    return ord(character) in coverage(file)


@lru_cache(maxsize=256)
def face(file: str, size_px: int, layout: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    """Open a font. Not for two threads at once: the caption holds a lock around all its drawing."""
    return ImageFont.truetype(str(FOLDER / file), size_px, layout_engine=layout)


@cache
def coverage(file: str) -> Coverage:
    """Read the Unicode `cmap` of a font (OpenType specification, formats 4 and 12)."""
    with (FOLDER / file).open("rb") as font:
        (tables,) = struct.unpack(">4xH6x", font.read(12))
        directory = [struct.unpack(">4s4xII", font.read(16)) for _ in range(tables)]
        start, size = next((offset, length) for tag, offset, length in directory if tag == b"cmap")
        font.seek(start)
        cmap = font.read(size)
    (count,) = struct.unpack_from(">2xH", cmap)
    offsets = {struct.unpack_from(">4xI", cmap, 4 + 8 * index)[0] for index in range(count)}
    by_format = {struct.unpack_from(">H", cmap, offset)[0]: offset for offset in offsets}
    ranges = _format_12(cmap, by_format[12]) if 12 in by_format else _format_4(cmap, by_format[4])
    return Coverage(tuple(first for first, _ in ranges), tuple(last for _, last in ranges))


def _format_12(cmap: bytes, at: int) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">12xI", cmap, at)
    return [struct.unpack_from(">II", cmap, at + 16 + 12 * index) for index in range(count)]


def _format_4(cmap: bytes, at: int) -> list[tuple[int, int]]:
    (twice,) = struct.unpack_from(">6xH", cmap, at)
    count = twice // 2
    lasts = struct.unpack_from(f">{count}H", cmap, at + 14)
    firsts = struct.unpack_from(f">{count}H", cmap, at + 16 + twice)
    offsets_at = at + 16 + 3 * twice
    offsets = struct.unpack_from(f">{count}H", cmap, offsets_at)
    ranges: list[tuple[int, int]] = []
    for index, (first, last, offset) in enumerate(zip(firsts, lasts, offsets, strict=True)):
        if first == 0xFFFF:  # the table's end mark, not a character
            continue
        if offset == 0:
            ranges.append((first, last))
            continue
        # Such a segment lists its glyphs one by one, and a glyph 0 is a gap.
        glyphs = struct.unpack_from(f">{last - first + 1}H", cmap, offsets_at + 2 * index + offset)
        ranges += [(first + step, first + step) for step, glyph in enumerate(glyphs) if glyph]
    return ranges
