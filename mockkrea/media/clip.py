"""What a job's video has to show: which of a request's fields decide its size, length and sound.

Size; the first row that applies decides:

| the body has                          | the video is                                                       |
|---------------------------------------|--------------------------------------------------------------------|
| width and height, or target_…         | these, in even pixels                                              |
| one of them                           | that side; the other by aspect_ratio                               |
| a source that was measured            | the source's size, times upscale_factor                            |
| aspect_ratio in pixels ("1280:720")   | these                                                              |
| resolution, or mode                   | "720p": the short side is 720, the long one follows aspect_ratio;  |
|                                       | "4K" is 3840 x 2160; mode std is 720p, pro and master 1080p        |
| nothing of these                      | 1280 x 720, in that aspect_ratio, times upscale_factor             |

Length: num_frames at 24 a second, else duration, else the source's, else 5 seconds.
Sound: if generate_audio is true or audio_url is given; where there is no generate_audio, if the
model's videos or the source have sound.

Which models have which field is documented (catalogue of October 2026), and that std is 1280 x 720
recorded. How the fields combine is ASSUMED, as are the bounds: beyond them a video gets the nearest
size of the same aspect, or the nearest length, and says what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import Job, Source
from mockkrea.media.size import Bounds, Size, bounded, number, resolution, shape, to_multiple
from mockkrea.media.work import Work, words_of

SIDE_PX_MIN = 16
SIDE_PX_MAX = 3_840
# The chroma planes of a video are half as wide and half as high as it is.
SIDE_STEP = 2
DURATION_S_MIN = 0.125
DURATION_S_MAX = 60
DURATION_S = 5
FRAMES_PER_SECOND = 24  # what num_frames counts; 481 is the most of a model that takes up to 20 s

ASPECT = (16.0, 9.0)
SHORT_SIDE_PX = 720
SHORT_SIDE_PX_PER_K = 540  # "4K" is 3840 x 2160
MODES = {"std": 720, "pro": 1080, "master": 1080, "4k": 2160}
# A shape whose numbers are this large is a size in pixels.
PIXELS_FROM = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip(Work):
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
    def area_px(self) -> int:
        """The pixels of one frame."""
        return self.width * self.height

    @property
    def duration_s(self) -> Fraction:
        """Exactly."""
        return Fraction(self.duration_us, SECOND_US)


def clip_of(job: Job) -> Clip:
    """The video that a completed job shows."""
    order = job.order
    size = _size(order.input, order.source, order.side_step)
    wanted_s = _wanted_s(order.input, order.source)
    duration_s = min(max(wanted_s, DURATION_S_MIN), DURATION_S_MAX)
    return Clip(
        width=size.width,
        height=size.height,
        duration_us=round(duration_s * SECOND_US),
        has_sound=_has_sound(order.input, order.source, order.has_sound),
        asked=size.asked,
        asked_s=None if duration_s == wanted_s else wanted_s,
        **words_of(job),
    )


def _size(input: Mapping[str, object], source: Source | None, multiple_of: int) -> Size:
    width, height = _wanted(input, source, multiple_of)
    bounds = Bounds(
        side_min=SIDE_PX_MIN, side_max=SIDE_PX_MAX, area_max=SIDE_PX_MAX * SIDE_PX_MAX, step=SIDE_STEP
    )
    return bounded(width, height, bounds)


def _wanted(input: Mapping[str, object], source: Source | None, multiple_of: int) -> tuple[float, float]:
    width = number(input.get("width", input.get("target_width")))
    height = number(input.get("height", input.get("target_height")))
    wide, high = shape(input.get("aspect_ratio")) or (source[:2] if source else ASPECT)
    if width is not None or height is not None:
        return (
            width if width is not None else (height or 0) * wide / high,
            height if height is not None else (width or 0) * high / wide,
        )
    factor = number(input.get("upscale_factor")) or 1.0
    if source is not None:
        return source.width * factor, source.height * factor
    if min(wide, high) >= PIXELS_FROM:
        return wide, high
    long, short = _sides(input, max(wide, high) / min(wide, high), multiple_of)
    long, short = long * factor, short * factor
    return (long, short) if wide >= high else (short, long)


def _sides(input: Mapping[str, object], aspect: float, multiple_of: int) -> tuple[float, float]:
    """Give the long and the short side, both within the bounds if a named resolution can be."""
    amount, letter = resolution(input.get("resolution")) or (_by_mode(input), "p")
    short = amount * SHORT_SIDE_PX_PER_K if letter == "k" else amount
    if short <= SIDE_PX_MAX < short * aspect:
        return SIDE_PX_MAX, to_multiple(SIDE_PX_MAX / aspect, multiple_of)
    return to_multiple(short * aspect, multiple_of), short


def _by_mode(input: Mapping[str, object]) -> float:
    return MODES.get(str(input.get("mode")), SHORT_SIDE_PX)


def _wanted_s(input: Mapping[str, object], source: Source | None) -> float:
    duration_s = _seconds(input.get("duration"))
    frames = number(input.get("num_frames"))
    if frames is not None:
        return frames / FRAMES_PER_SECOND
    if duration_s is not None:
        return duration_s
    return source.duration_us / SECOND_US if source else DURATION_S


def _seconds(value: object) -> float | None:
    """Read seconds from a number or a text such as "5" or "8s"."""
    digits = value.strip().removesuffix("s") if isinstance(value, str) else ""
    return float(digits) if digits.isdecimal() and len(digits) < 10 else number(value)


def _has_sound(input: Mapping[str, object], source: Source | None, usually: bool) -> bool:
    if input.get("generate_audio") is not None:
        return input["generate_audio"] is True or bool(input.get("audio_url"))
    return usually or bool(input.get("audio_url")) or (source is not None and source.has_sound)
