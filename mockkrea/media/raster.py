"""Shapes to pixels: anti-aliased flat art in one byte per pixel.

The trick that makes it fast: art is drawn twice as large in "L" mode and reduced by 2 x 2, so each pixel
becomes the mean of four. Tones are drawn as four times a *weight*, and weights are chosen so that every
mix of two tones has a sum no other mix has. The mean is then the palette index of that mix, and the
palette holds the mixed colour: smooth edges without ever touching three channels.
Mixes of three tones meet in single pixels; where their sum is taken, that pixel shows a neighbouring mix.

Large sheets are drawn in bands, so the doubled copy never outgrows `BAND_PX_MAX`.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement

from PIL import Image, ImageDraw

from mockkrea.media.art.composing import Art
from mockkrea.media.art.palettes import Palette, Rgb
from mockkrea.media.art.shapes import Box, Patch, Shape

# One per tone. Found by search: the smallest largest weight whose mixes of two all differ (see the test).
WEIGHTS = (0, 1, 8, 27, 31, 42, 44)
# The caption's ramp from paper to ink takes the palette's end.
RAMP_FIRST = 192
RAMP = 64
# How much ink, 0..255, to the index of that step.
INK_TO_INDEX = [RAMP_FIRST + ink * (RAMP - 1) // 255 for ink in range(256)]

SCALE = 2
BAND_PX_MAX = 16_000_000


def draw(art: Art, width: int, height: int) -> Image.Image:
    """Draw `art`: mode "L", width x height pixels, each value an index into `colours(art.palette)`."""
    band = max(1, BAND_PX_MAX // (width * SCALE * SCALE))
    if band >= height:
        return _band(art.shapes, width, 0, height)
    sheet = Image.new("L", (width, height))
    for top in range(0, height, band):
        sheet.paste(_band(art.shapes, width, top, min(top + band, height)), (0, top))
    return sheet


@cache
def colours(palette: Palette) -> bytes:
    """256 RGB triples: every mix of tones at its index, then the caption's ramp."""
    tones = palette.tones
    table = [tones[0]] * 256
    for mix in _mixes():
        table[sum(WEIGHTS[tone] for tone in mix)] = _mean([tones[tone] for tone in mix])
    for step in range(RAMP):
        table[RAMP_FIRST + step] = _mean([palette.paper] * (RAMP - 1 - step) + [palette.ink] * step)
    return bytes(channel for colour in table for channel in colour)


def _band(shapes: tuple[Shape, ...], width: int, top: int, bottom: int) -> Image.Image:
    doubled = Image.new("L", (width * SCALE, (bottom - top) * SCALE))
    pen = ImageDraw.Draw(doubled)
    for shape in shapes:
        if shape.top < bottom and shape.bottom >= top:
            _draw_shape(pen, shape, top)
    return doubled.reduce(SCALE)


def _draw_shape(pen: ImageDraw.ImageDraw, shape: Shape, top: int) -> None:
    value = SCALE * SCALE * WEIGHTS[shape.tone]
    # Rounded before the band's top is taken off, so every band rounds alike.
    rows_up = top * SCALE
    if isinstance(shape, Patch):
        points = [(round(x * SCALE), round(y * SCALE) - rows_up) for x, y in shape.points]
        pen.polygon(points, fill=value)
        return
    # Pillow counts the last pixel in; a shape ends before its right and bottom edge.
    left, right = round(shape.left * SCALE), round(shape.right * SCALE) - 1
    upper, lower = round(shape.top * SCALE) - rows_up, round(shape.bottom * SCALE) - rows_up - 1
    if left > right or upper > lower:
        return
    box = (left, upper, right, lower)
    if isinstance(shape, Box):
        pen.rectangle(box, fill=value)
    elif shape.end - shape.start >= 360:
        pen.ellipse(box, fill=value)
    else:
        pen.pieslice(box, shape.start, shape.end, fill=value)


@cache
def _mixes() -> tuple[tuple[int, ...], ...]:
    """Every way four doubled pixels can share tones, the plainest last: of two with one sum it stays."""
    mixes = combinations_with_replacement(range(len(WEIGHTS)), SCALE * SCALE)
    return tuple(sorted(mixes, key=lambda mix: -len(set(mix))))


def _mean(colours: list[Rgb]) -> Rgb:
    red, green, blue = (round(sum(channel) / len(colours)) for channel in zip(*colours, strict=True))
    return red, green, blue
