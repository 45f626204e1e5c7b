"""The boxes of ISO base media files (ISO/IEC 14496-12), in which HEIC, MP4 and MOV keep everything.

A box is a length of four bytes, a type of four, and content; length 1 puts the true length in eight bytes
behind the type, length 0 means up to the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mockkrea.media.probe.source import Source, Unreadable

# An hour of video in fragments of a second has some ten thousand.
BOXES_MAX = 100_000


class Box(NamedTuple):
    """A box's type, and where its content begins and ends in the file."""

    type: bytes
    start: int
    end: int


class Boxes:
    """The boxes of one file. All questions together look at `BOXES_MAX` boxes at most."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = BOXES_MAX

    def at_top(self) -> list[Box]:
        """The outermost boxes, which together make up the whole file.

        Raises:
            Unreadable: they do not.
        """
        return list(self._between(0, self._source.size))

    def inside(self, box: Box, *, skip: int = 0) -> list[Box]:
        """The boxes that this one contains, after `skip` bytes of its own."""
        return list(self._between(box.start + skip, box.end))

    def one(self, box: Box, *types: bytes, skip: int = 0) -> Box:
        """The first box of the first type inside this one, the first of the next type inside that, …

        Args:
            skip: how many bytes of its own the outermost box begins with.

        Raises:
            Unreadable: there is none.
        """
        for type in types:
            found = first(self.inside(box, skip=skip), type)
            if found is None:
                raise Unreadable(f"its box {box.type.decode('latin-1')!r} has no {type.decode('latin-1')!r}")
            box, skip = found, 0
        return box

    def content(self, box: Box, count: int, *, at: int = 0) -> bytes:
        """`count` bytes of the box's content.

        Raises:
            Unreadable: it is shorter.
        """
        if box.start + at + count > box.end:
            raise Unreadable(f"its box {box.type.decode('latin-1')!r} is too short")
        return self._source.at(box.start + at, count)

    def _between(self, at: int, end: int) -> Iterator[Box]:
        # QuickTime may end a list of boxes with four zeros.
        while at < end and not (end - at == 4 and self._source.at(at, 4) == bytes(4)):
            self._left -= 1
            if self._left < 0:
                raise Unreadable(f"it has more than {BOXES_MAX} boxes")
            box = self._box(at, end)
            yield box
            at = box.end

    def _box(self, at: int, end: int) -> Box:
        head = self._source.at(at, 8)
        length, type, start = int.from_bytes(head[:4]), head[4:], at + 8
        if length == 1:
            length, start = int.from_bytes(self._source.at(at + 8, 8)), at + 16
        box = Box(type, start, at + length if length else end)
        if not start <= box.end <= end:
            raise Unreadable("its boxes do not fit into the file; it may be cut short")
        return box


def first(boxes: list[Box], type: bytes) -> Box | None:
    """The first box of this type, if there is one."""
    return next((box for box in boxes if box.type == type), None)


def brands_of(head: bytes) -> frozenset[bytes]:
    """The brands that a file with these first bytes calls itself, none if it has no `ftyp`."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(head[:4]), len(head))
    compatible = (head[at : at + 4] for at in range(16, end - 3, 4))
    return frozenset({head[8:12], *compatible})
