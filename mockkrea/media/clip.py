"""What a job's video has to show: which of a request's fields decide its size, length and sound.

Size; the first row that applies decides:

| the body has                          | the video is                                                       |
|---------------------------------------|--------------------------------------------------------------------|
| video_url, so it is to be enhanced    | as `enhanced_size` says of a picture; a source that could not be   |
|                                       | measured counts as 1280 x 720                                      |
| a video to work on, no field for size | as large as that video                                             |
| aspect_ratio in pixels ("1280:720")   | exactly that                                                       |
| width and height                      | exactly these                                                      |
| resolution such as "720p", or mode    | the short side is 720, the long one follows aspect_ratio; "4K" is  |
|                                       | 3840 x 2160; mode std is 720p, pro and master are 1080p            |
| nothing of these                      | 1280 x 720, in that aspect_ratio                                   |

Without an aspect_ratio, or with "adaptive", a video has the shape of the first input that was measured,
else 16:9.
Length: num_frames at 24 a second, else duration, else that of the video to work on, else 5 seconds.
Sound: as generate_audio says; where that is not there, if the model's videos have sound. A video for
which the body names an audio_url always has, and an enhanced one has it if its source was measured and has.

Which models have which field is documented (catalogue of October 2026); that std is 1280 x 720 is recorded.
How the fields combine is ASSUMED, as are the bounds: beyond them a video gets the nearest size of
the same aspect, or the nearest length, and says what was asked for. Sides are even.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from mockkrea.core.assets import MediaInput
from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import Job, Order
from mockkrea.media.media_file import Extent, MediaFile, provenance_of
from mockkrea.media.size import (
    Bounds,
    bounded,
    completed,
    enhanced_sides,
    number,
    resolution,
    shape,
    to_multiple,
)

SIDE_PX_MIN = 16
SIDE_PX_MAX = 3_840
# The planes of colour in a video are half as wide and half as high as it is.
SIDE_STEP = 2
DURATION_S_MIN = 0.125
DURATION_S_MAX = 60
DURATION_S = 5
FRAMES_PER_SECOND = 24  # what num_frames counts; 481 is the most of a model that takes up to 20 s

ENHANCED = "video_url"
# Where the video to work on stands in the input.
SOURCES = frozenset({"/video_url", "/start_video", "/init_video"})
SIZED_BY = frozenset({"aspect_ratio", "width", "height", "resolution", "mode"})
SIZE = (1280, 720)
SHORT_SIDE_PX_PER_K = 540  # "4K" is 3840 x 2160
RESOLUTION_OF_MODE = {"std": 720, "pro": 1080, "master": 1080, "4k": 2160}
# A shape whose numbers are this large is a size in pixels.
PIXELS_FROM = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip(MediaFile):
    """All a video shows. `asked` and `asked_s` are what was wanted where it is beyond our bounds."""

    width: int
    height: int
    duration_us: int
    has_sound: bool
    asked: tuple[float, float] | None = None
    asked_s: float | None = None

    @property
    def media_type(self) -> str:
        """MP4, whatever was asked for."""
        return "video/mp4"

    @property
    def extent(self) -> Extent:
        """Its size, its length, and whether it has sound."""
        return Extent(self.width, self.height, self.duration_us, self.has_sound)

    @property
    def area_px(self) -> int:
        """The pixels of one frame."""
        return self.width * self.height

    @property
    def takes_long(self) -> bool:
        """True: a video of fifteen seconds in 4K takes four seconds."""
        return True

    @property
    def duration_s(self) -> Fraction:
        """How long it lasts, exact to the microsecond."""
        return Fraction(self.duration_us, SECOND_US)


def clip_of(job: Job) -> Clip:
    """The video that a completed job shows."""
    order = job.order
    area_max = SIDE_PX_MAX * SIDE_PX_MAX
    bounds = Bounds(side_min=SIDE_PX_MIN, side_max=SIDE_PX_MAX, area_max=area_max, step=SIDE_STEP)
    size = bounded(*_sides(order), bounds)
    wanted_s = _wanted_s(order)
    duration_s = min(max(wanted_s, DURATION_S_MIN), DURATION_S_MAX)
    return Clip(
        width=size.width,
        height=size.height,
        duration_us=round(duration_s * SECOND_US),
        has_sound=_has_sound(order),
        asked=size.asked,
        asked_s=None if duration_s == wanted_s else wanted_s,
        **provenance_of(job),
    )


def _sides(order: Order) -> tuple[float, float]:
    input, source = order.input, _source(order)
    source_px = _seen(source) if source else None
    if ENHANCED in input:
        return enhanced_sides(input, source_px or SIZE)
    if source_px is not None and not input.keys() & SIZED_BY:
        return source_px
    named = shape(input.get("aspect_ratio"))
    if named is not None and min(named) >= PIXELS_FROM:
        return named
    aspect = named or next(filter(None, map(_seen, order.media)), SIZE)
    width, height = number(input.get("width")), number(input.get("height"))
    if width is not None or height is not None:
        return completed(width, height, aspect)
    return _of_resolution(input, aspect, max(SIDE_STEP, order.side_step))


def _of_resolution(
    input: Mapping[str, object], aspect: tuple[float, float], multiple_of: int
) -> tuple[float, float]:
    usual = float(RESOLUTION_OF_MODE.get(str(input.get("mode")), SIZE[1]))
    amount, letter = resolution(input.get("resolution")) or (usual, "p")
    short = amount * SHORT_SIDE_PX_PER_K if letter == "k" else amount
    ratio = max(aspect) / min(aspect)
    long = to_multiple(short * ratio, multiple_of)
    if short <= SIDE_PX_MAX < long:
        # 21:9 in 4K is as wide as 16:9, not as high.
        long, short = SIDE_PX_MAX, to_multiple(SIDE_PX_MAX / ratio, multiple_of)
    return (long, short) if aspect[0] >= aspect[1] else (short, long)


def _wanted_s(order: Order) -> float:
    frames = number(order.input.get("num_frames"))
    if frames is not None:
        return frames / FRAMES_PER_SECOND
    duration_s = _seconds(order.input.get("duration"))
    if duration_s is not None:
        return duration_s
    source = _source(order)
    return source.duration_us / SECOND_US if source and source.duration_us else DURATION_S


def _seconds(value: object) -> float | None:
    """The seconds in a number or in a text such as "5" or "8s"."""
    digits = value.strip().removesuffix("s") if isinstance(value, str) else ""
    return float(digits) if digits.isdecimal() and len(digits) < 10 else number(value)


def _has_sound(order: Order) -> bool:
    asked = order.input.get("generate_audio")
    if order.input.get("audio_url"):
        return True
    if asked is not None:
        return asked is True
    source = _source(order) if ENHANCED in order.input else None
    return order.has_sound or (source is not None and source.has_sound)


def _source(order: Order) -> MediaInput | None:
    """The video to work on; one that is only a reference says nothing of the result."""
    return next((each for each in order.media if each.pointer in SOURCES), None)


def _seen(medium: MediaInput) -> tuple[int, int] | None:
    return (medium.width, medium.height) if medium.width and medium.height else None
