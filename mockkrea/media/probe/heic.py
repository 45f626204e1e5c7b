"""The size of a HEIC picture, from its boxes (ISO/IEC 23008-12); the picture itself is not decoded.

`meta` lists items (`pitm` names the primary one) and properties (`ipco`), and `ipma` says which properties
an item has: `ispe` its size, `irot` by how many quarters it is to be turned. A crop (`clap`) is passed over.
"""

from __future__ import annotations

import struct

from mockkrea.media.probe.boxes import Box, Boxes, first
from mockkrea.media.probe.source import MediaInfo, Source, Unreadable, check_sides

# A phone's picture of 48 megapixels has about fifty tiles.
ITEMS_MAX = 10_000

# A "full box" begins with a version and flags.
_FULL = 4


def read(source: Source) -> MediaInfo:
    """What is known of a HEIC; the size is that of its primary item, as shown."""
    boxes = Boxes(source)
    meta = first(boxes.at_top(), b"meta")
    if meta is None:
        raise Unreadable("it has no box 'meta'")
    item = _primary_item(boxes, boxes.one(meta, b"pitm", skip=_FULL))
    properties = boxes.one(meta, b"iprp", skip=_FULL)
    listed = boxes.inside(boxes.one(properties, b"ipco"))
    its_own = _properties_of(boxes, boxes.one(properties, b"ipma"), item)
    mine = [listed[index - 1] for index in its_own if 0 < index <= len(listed)]
    size = first(mine, b"ispe")
    if size is None:
        raise Unreadable("its primary item has no size")
    width, height = struct.unpack(">II", boxes.content(size, 8, at=_FULL))
    turn = first(mine, b"irot")
    if turn is not None and boxes.content(turn, 1)[0] & 1:
        width, height = height, width
    check_sides(width, height)
    return MediaInfo("image/heic", "heic", width, height)


def _primary_item(boxes: Boxes, pitm: Box) -> int:
    version = boxes.content(pitm, 1)[0]
    return int.from_bytes(boxes.content(pitm, 4 if version else 2, at=_FULL))


def _properties_of(boxes: Boxes, ipma: Box, item: int) -> list[int]:
    """The indices, from 1, of the properties of this item."""
    head = boxes.content(ipma, 8)
    version, wide = head[0], head[3] & 1
    entries, at = int.from_bytes(head[4:]), 8
    id_bytes, index_bytes = (4 if version else 2), (2 if wide else 1)
    for _ in range(min(entries, ITEMS_MAX)):
        entry = boxes.content(ipma, id_bytes + 1, at=at)
        at += id_bytes + 1
        indices = boxes.content(ipma, entry[-1] * index_bytes, at=at)
        at += len(indices)
        if int.from_bytes(entry[:-1]) == item:
            # The highest bit says whether a reader must know the property.
            essential = 1 << 8 * index_bytes - 1
            return [
                int.from_bytes(indices[place : place + index_bytes]) & ~essential
                for place in range(0, len(indices), index_bytes)
            ]
    raise Unreadable("its primary item has no properties")
