"""Size, duration and sound of a WebM, from its header's elements (EBML, RFC 8794; Matroska, RFC 9559).

An element is an id, a length and content, id and length in as many bytes as the zeros before their first one
tell. A length of all ones is unknown: such an element (a live recording has them) goes on to the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mockkrea.media.probe.source import MediaInfo, Source, Unreadable, check_sides, microseconds

# An hour of video has some thousand clusters.
ELEMENTS_MAX = 50_000
# Numbers and short texts only are read whole.
VALUE_BYTES_MAX = 64

_DOC_TYPE = 0x4282
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_INFO, _TIMESTAMP_SCALE_NS, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _VIDEO, _AUDIO = 0x1654AE6B, 0xAE, 0xE0, 0xE1
_WIDTH, _HEIGHT = 0xB0, 0xBA
_SCALE_NS = 1_000_000
_SECOND_NS = 1_000_000_000


class Element(NamedTuple):
    """An element's id, and where its content begins and ends in the file."""

    id: int
    start: int
    end: int
    is_open: bool


class Elements:
    """The elements of one file. All questions together look at `ELEMENTS_MAX` elements at most."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = ELEMENTS_MAX

    def between(self, at: int, end: int) -> Iterator[Element]:
        """The elements in this part of the file, up to the first cluster of unknown length."""
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise Unreadable(f"it has more than {ELEMENTS_MAX} elements")
            element = self._element(at, end)
            yield element
            if element.is_open and element.id == _CLUSTER:
                return
            at = element.end

    def inside(self, element: Element) -> Iterator[Element]:
        """The elements that this one contains."""
        return self.between(element.start, element.end)

    def value(self, element: Element) -> bytes:
        """The content of a short element."""
        return self._source.at(element.start, min(element.end - element.start, VALUE_BYTES_MAX))

    def _element(self, at: int, end: int) -> Element:
        id, at = self._number(at, marked=True)
        length, start = self._number(at, marked=False)
        if length is None:
            return Element(id or 0, start, end, is_open=True)
        if start + length > end:
            raise Unreadable("its elements do not fit into the file; it may be cut short")
        return Element(id or 0, start, start + length, is_open=False)

    def _number(self, at: int, *, marked: bool) -> tuple[int | None, int]:
        """A number of variable length and where it ends; None if all its bits are ones."""
        bytes_ = 9 - self._source.at(at, 1)[0].bit_length()
        if bytes_ > 8:
            raise Unreadable("it has an element of no length")
        number = int.from_bytes(self._source.at(at, bytes_))
        ones = (1 << 7 * bytes_) - 1
        if marked:
            return number, at + bytes_
        return (None if number & ones == ones else number & ones), at + bytes_


def read(source: Source) -> MediaInfo:
    """What is known of a WebM that has a picture; no duration if its header tells none."""
    elements = Elements(source)
    outermost = elements.between(0, source.size)
    header = next(outermost)
    doc_type = [elements.value(each) for each in elements.inside(header) if each.id == _DOC_TYPE]
    if [each.rstrip(b"\x00") for each in doc_type] != [b"webm"]:
        raise Unreadable("it does not call itself webm")
    size: tuple[int, int] | None = None
    has_sound = False
    duration_us: int | None = None
    for element in _children_of_segments(elements, outermost):
        if element.id == _INFO:
            duration_us = _duration_us(elements, element)
        elif element.id == _TRACKS and size is None:
            size, has_sound = _tracks(elements, element)
    if size is None:
        raise Unreadable("it has no video track")
    check_sides(*size)
    return MediaInfo("video/webm", "webm", *size, duration_us, has_sound)


def _children_of_segments(elements: Elements, outermost: Iterator[Element]) -> Iterator[Element]:
    for element in outermost:
        if element.id == _SEGMENT:
            yield from elements.inside(element)


def _duration_us(elements: Elements, info: Element) -> int | None:
    scale_ns, duration = _SCALE_NS, None
    for element in elements.inside(info):
        value = elements.value(element)
        if element.id == _TIMESTAMP_SCALE_NS:
            scale_ns = int.from_bytes(value)
        elif element.id == _DURATION and len(value) in (4, 8):
            (duration,) = struct.unpack(">f" if len(value) == 4 else ">d", value)
    return None if duration is None else microseconds(duration * scale_ns, _SECOND_NS)


def _tracks(elements: Elements, tracks: Element) -> tuple[tuple[int, int] | None, bool]:
    """The sides of the first video, and whether there is sound."""
    size, has_sound = None, False
    for track in elements.inside(tracks):
        for part in elements.inside(track) if track.id == _TRACK else ():
            has_sound = has_sound or part.id == _AUDIO
            if part.id == _VIDEO and size is None:
                sides = {each.id: int.from_bytes(elements.value(each)) for each in elements.inside(part)}
                size = sides.get(_WIDTH, 0), sides.get(_HEIGHT, 0)
    return size, has_sound
