"""How large a picture will be: which of a request's fields decide, and within which bounds.

The fields of the image and enhance models combine so; the first row that applies decides:

| the body has                          | the picture is                                                     |
|---------------------------------------|--------------------------------------------------------------------|
| width and height                      | exactly these, in whole pixels                                     |
| width or height                       | that side; the other by aspect_ratio, else square                  |
| aspect_ratio or resolution            | resolution's area ("2K" is 2048 x 2048) in that aspect, the sides  |
|                                       | rounded to a multiple (16:9 at 1K is 1368 x 768)                   |
| resolution such as "720p"             | the short side is 720, the long one follows aspect_ratio           |
| nothing of these                      | 1024 x 1024                                                        |
| image_scaling_factor besides          | all of the above times the factor, unless upscaling_activated is   |
|                                       | there and false                                                    |

Which models have which field is documented (catalogue of October 2026); how the fields combine is ASSUMED:
no source says. The factor multiplies width and height because enhance bodies carry both: were width and
height the target already, the factor would have nothing to do. An aspect_ratio alone is honoured, though
Krea's own scripts note that nano-banana-pro ignores it.

What the enhance models make of an input whose size is known is another table, that of `enhanced_size`.

No number makes this raise: beyond the bounds a picture gets the nearest size of the same aspect.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mockkrea.media.formats import ImageFormat, output_format

SIDE_PX_MAX = 16_384
AREA_PX_MAX = 100_000_000
LARGE_PX = 16_000_000  # larger ones are drawn or decoded one at a time: each takes hundreds of megabytes
WEBP_SIDE_PX_MAX = 16_383  # the format's own limit: 14 bits a side
UNIT_PX = 1024  # "1K"
SIDE_STEP = 8  # sides that follow from a shape are multiples of it
# Past a float's square root nothing is a size any more; the clamp keeps every product finite.
ASKED_MAX = 1e150
ASKED_MIN = 1 / ASKED_MAX

_ASPECT = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*[:x/]\s*(\d{1,9}(?:\.\d{1,9})?)\s*", re.ASCII)
_RESOLUTION = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*([kp])\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Which sizes a medium can have, in pixels; every side is a multiple of `step`."""

    side_min: int
    side_max: int
    area_max: int
    step: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Whole pixels to render, and what was asked for where that is beyond the bounds."""

    width: int
    height: int
    asked: tuple[float, float] | None


def image_size(input: Mapping[str, object], *, multiple_of: int = SIDE_STEP) -> Size:
    """The size that a normalised request body asks for, by the table above.

    Args:
        input: the body with the schema's defaults filled in.
        multiple_of: what the sides are rounded to when they come from a resolution, in pixels.
    """
    width, height = _scaled(_wanted(input, multiple_of), _scaling_factor(input))
    return bounded(width, height, _bounds(input))


def enhanced_size(input: Mapping[str, object], source: tuple[int, int]) -> Size:
    """The size of what an enhance model makes of an input; the first row that applies decides.

    | the body has                      | models                               | the result is               |
    |-----------------------------------|--------------------------------------|-----------------------------|
    | width and height                  | topaz generative, standard, bloom,   | exactly these, times        |
    |                                   | bloom-2, wonder-35; both magnifics   | image_scaling_factor        |
    | target_width and/or target_height | topaz video-upscale, starlights,     | these; one that is missing  |
    |                                   | astras, hyperion; seedvr-2           | follows the input's aspect  |
    | image_scaling_factor              | krea enhance and legacy-enhance      | the input times the factor  |
    | upscale_factor                    | flux-video-upscale                   | the input times the factor  |
    | nothing of these                  | runway ruby                          | as large as the input       |

    image_scaling_factor counts unless upscaling_activated is there and false. The fields are documented,
    how they combine is ASSUMED. The bounds are those of pictures; a video's are narrower.

    Args:
        input: the body with the schema's defaults filled in.
        source: the input's width and height in pixels, as shown.
    """
    return bounded(*enhanced_sides(input, source), _bounds(input))


def enhanced_sides(input: Mapping[str, object], source: tuple[int, int]) -> tuple[float, float]:
    """Width and height by the table of `enhanced_size`, within bounds or not."""
    wide, high = (number(input.get(name, input.get(f"target_{name}"))) for name in ("width", "height"))
    factor = number(input.get("upscale_factor")) or _scaling_factor(input)
    return _scaled(completed(wide, high, source), factor)


def completed(width: float | None, height: float | None, source: tuple[float, float]) -> tuple[float, float]:
    """Both sides; one that is missing follows the source's aspect, both are the source's own."""
    if width is not None and height is not None:
        return width, height
    if width is not None:
        return width, width * source[1] / source[0]
    if height is not None:
        return height * source[0] / source[1], height
    return source


def bounded(width: float, height: float, bounds: Bounds) -> Size:
    """This size in whole steps, or beyond the bounds the nearest one of the same aspect."""
    step, side_min, side_max = bounds.step, bounds.side_min, bounds.side_max
    whole = round(width / step) * step, round(height / step) * step
    if min(whole) >= side_min and max(whole) <= side_max and whole[0] * whole[1] <= bounds.area_max:
        return Size(width=whole[0], height=whole[1], asked=None)
    # Nothing has the aspect of zero or less: such a side counts as one pixel.
    wide, high = (max(side, ASKED_MIN) if side > 0 else 1.0 for side in (width, height))
    scale = max(1.0, side_min / wide, side_min / high)
    scale = min(scale, side_max / wide, side_max / high, math.sqrt(bounds.area_max / wide) / math.sqrt(high))
    return Size(
        # Floor, not round: rounding up could step over the area again.
        width=min(max(math.floor(wide * scale / step) * step, side_min), side_max),
        height=min(max(math.floor(high * scale / step) * step, side_min), side_max),
        asked=(width, height),
    )


def number(value: object) -> float | None:
    """A number as one that can be multiplied without leaving the floats; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _within_floats(value)


def shape(value: object) -> tuple[float, float] | None:
    """The two numbers of a shape such as "16:9"; None for what is none."""
    named = _ASPECT.fullmatch(value) if isinstance(value, str) else None
    wide, high = (float(named[1]), float(named[2])) if named else (0.0, 0.0)
    return (wide, high) if wide and high else None


def resolution(value: object) -> tuple[float, str] | None:
    """Amount and letter of a resolution such as "720p" or "4K": (720.0, "p"), (4.0, "k")."""
    named = _RESOLUTION.fullmatch(value) if isinstance(value, str) else None
    amount = float(named[1]) if named else 0.0
    return (amount, named[2].lower()) if named and amount else None


def to_multiple(side: float, multiple_of: int) -> float:
    """The nearest multiple, at least one."""
    return float(max(round(side / multiple_of), 1) * multiple_of)


def _wanted(input: Mapping[str, object], multiple_of: int) -> tuple[float, float]:
    width, height = number(input.get("width")), number(input.get("height"))
    wide, high = shape(input.get("aspect_ratio")) or (1.0, 1.0)
    aspect = wide / high
    if width is None and height is None:
        return _of_resolution(input.get("resolution"), aspect, multiple_of)
    return completed(width, height, (aspect, 1.0))


def _of_resolution(value: object, aspect: float, multiple_of: int) -> tuple[float, float]:
    amount, letter = resolution(value) or (1.0, "k")
    if letter == "p":
        long = to_multiple(amount * max(aspect, 1 / aspect), multiple_of)
        return (long, amount) if aspect >= 1 else (amount, long)
    side = UNIT_PX * amount
    root = math.sqrt(aspect)
    return to_multiple(side * root, multiple_of), to_multiple(side / root, multiple_of)


def _scaling_factor(input: Mapping[str, object]) -> float:
    factor = number(input.get("image_scaling_factor"))
    return 1.0 if factor is None or input.get("upscaling_activated") is False else factor


def _scaled(sides: tuple[float, float], factor: float) -> tuple[float, float]:
    """The sides times the factor, or as much of it as keeps their shape within floats."""
    if factor > 0 and min(sides) > 0:
        factor = min(max(factor, ASKED_MIN / min(sides)), ASKED_MAX / max(sides))
    return _within_floats(sides[0] * factor), _within_floats(sides[1] * factor)


def _bounds(input: Mapping[str, object]) -> Bounds:
    side_max = WEBP_SIDE_PX_MAX if output_format(input) is ImageFormat.WEBP else SIDE_PX_MAX
    return Bounds(side_min=1, side_max=side_max, area_max=AREA_PX_MAX)


def _within_floats(side: float) -> float:
    return float(max(-ASKED_MAX, min(side, ASKED_MAX)))
