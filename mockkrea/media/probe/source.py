"""What is known of a medium, the bytes it is known from, and why one cannot be read."""

from __future__ import annotations

import io
from typing import BinaryIO, NamedTuple

from mockkrea.core.clock import SECOND_US
from mockkrea.media.size import AREA_PX_MAX, SIDE_PX_MAX

# No file that fits an upload plays longer: such a header lies.
DURATION_S_MAX = 24 * 3600


class MediaInfo(NamedTuple):
    """What a file holds, as its bytes tell.

    `width` and `height` are pixels as the medium is shown, None for sound and 3D models. `duration_us` is
    None for pictures and models, and for a video whose header does not tell it (a live recording).
    `has_sound`: it is a video with a sound track.
    """

    mime_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    duration_us: int | None = None
    has_sound: bool = False


class Unreadable(Exception):
    """Why a file is not what its first bytes promise: the end of "This seems to be a PNG image, but …"."""


class Source:
    """A file's bytes by their place. Reading what is not there is a reason to refuse the file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        file.seek(0, io.SEEK_END)
        self.size = file.tell()

    def at(self, start: int, count: int) -> bytes:
        """These bytes.

        Raises:
            Unreadable: the file ends before them.
        """
        if start + count > self.size:
            raise Unreadable("the file ends too early")
        self.file.seek(start)
        return self.file.read(count)

    def head(self, count: int) -> bytes:
        """The first bytes, fewer of a shorter file."""
        return self.at(0, min(count, self.size))

    def tail(self, count: int) -> bytes:
        """The last bytes, all of a shorter file."""
        count = min(count, self.size)
        return self.at(self.size - count, count)


def check_sides(width: int, height: int) -> None:
    """Refuse a picture that nobody should have to decode.

    Raises:
        Unreadable: a side is zero or too long, or there are too many pixels.
    """
    if min(width, height) < 1:
        raise Unreadable("it has no size")
    if max(width, height) > SIDE_PX_MAX or width * height > AREA_PX_MAX:
        raise Unreadable(
            f"it has {width} × {height} pixels; taken are up to {SIDE_PX_MAX} a side"
            f" and {AREA_PX_MAX // 1_000_000} megapixels"
        )


def microseconds(amount: float, per_second: float) -> int:
    """A duration given in parts of a second.

    Raises:
        Unreadable: it is negative, no number, or longer than a day.
    """
    if not (per_second > 0 and 0 <= amount <= DURATION_S_MAX * per_second):
        raise Unreadable("its header tells a duration that cannot be")
    return round(amount * SECOND_US / per_second)
