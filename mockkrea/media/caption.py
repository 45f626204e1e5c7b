"""The strip at a picture's foot: prompt, job id, model, seed and size in small type.

Its height depends on the picture's size alone, so the art above it does not move with the words. Type grows
with the picture. A small picture gets fewer rows, one too small for a legible row gets no strip at all.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from PIL import Image, ImageDraw

from mockkrea.media.media_file import MediaFile
from mockkrea.media.typeset import Typesetter, best_layout, is_rtl, readable

TYPE_PX_MIN = 9
# The type is this often in the picture's mean side, or in its short side, whichever makes it smaller.
TYPES_IN_MEAN_SIDE = 58
TYPES_IN_SHORT_SIDE = 24
# The room left and right, for a narrow picture this share of its width.
MARGIN_EM = 1.5
MARGIN_SHARE_MAX = 0.04
MARGIN_PX_MIN = 4
# The strip takes at most this share of the picture.
STRIP_SHARE_MAX = 0.3
# The details take about this many of the prompt's ems in one row: a job id, a model's path, a seed, a size.
DETAILS_ROW_EM = 40
DETAILS_EM = 0.82
PROMPT_ROWS_MAX = 2
DETAIL_ROWS_MAX = 4
# From one baseline to the next, and the least room above and below all rows together.
ROW_EM = 1.45
PADDING_EM = 0.7
# From the top of a row to its baseline.
BASELINE_EM = 1.08
# Letters stand on whole pixels; drawn twice as large and reduced, they stand on halves and space evenly.
SCALE = 2
SEPARATOR = "  ·  "

# How much ink, of 255: the details step back behind the prompt.
PROMPT_INK = 255
DETAILS_INK = 190

# Pillow's fonts are shared by all threads and may be used by one at a time.
_drawing = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The measures of a strip, in pixels. `rows` 0: the picture has none."""

    width: int
    height: int
    type_px: int
    margin: int
    rows: int
    detail_rows: int

    @property
    def row_px(self) -> float:
        """From one baseline to the next."""
        return self.type_px * ROW_EM


def strip_for(width: int, height: int) -> Strip:
    """Measure the strip of a picture of `width` x `height` pixels."""
    mean_side, short_side = math.sqrt(width * height), min(width, height)
    type_px = max(TYPE_PX_MIN, round(min(mean_side / TYPES_IN_MEAN_SIDE, short_side / TYPES_IN_SHORT_SIDE)))
    margin = max(MARGIN_PX_MIN, round(min(type_px * MARGIN_EM, width * MARGIN_SHARE_MAX)))
    ems = max(1.0, (width - 2 * margin) / type_px)
    detail_rows = min(DETAIL_ROWS_MAX, math.ceil(DETAILS_ROW_EM / ems))
    rows_max = int((height * STRIP_SHARE_MAX / type_px - PADDING_EM) / ROW_EM)
    rows = max(0, min(PROMPT_ROWS_MAX + detail_rows, rows_max))
    padding_em = PADDING_EM if rows < 2 else 2 * PADDING_EM
    strip_px = round((rows * ROW_EM + padding_em) * type_px) if rows else 0
    return Strip(
        width=width,
        height=strip_px,
        type_px=type_px,
        margin=margin,
        rows=rows,
        detail_rows=min(detail_rows, max(1, rows - 1)),
    )


def draw_strip(strip: Strip, prompt: str, details: list[str]) -> Image.Image:
    """Draw the words: mode "L", the strip's size, 0 where paper shows and 255 where ink is full."""
    sheet = Image.new("L", (strip.width * SCALE, strip.height * SCALE))
    pen = ImageDraw.Draw(sheet)
    with _drawing:
        layout = best_layout()
        large = Typesetter(strip.type_px * SCALE, layout)
        small = Typesetter(round(max(TYPE_PX_MIN - 1, strip.type_px * DETAILS_EM) * SCALE), layout)
        room_px = (strip.width - 2 * strip.margin) * SCALE
        below = _flow([readable(detail) for detail in details], small, room_px, strip.detail_rows)
        above = large.wrap(readable(prompt), room_px, strip.rows - len(below))
        lines = [(large, line, PROMPT_INK) for line in above] + [(small, line, DETAILS_INK) for line in below]
        y = (sheet.height - len(lines) * strip.row_px * SCALE) / 2 + large.size_px * BASELINE_EM
        for type_, line, ink in lines:
            inset = room_px - type_.width_px(line) if is_rtl(line) else 0
            type_.draw(pen, (round(strip.margin * SCALE + inset), round(y)), line, ink)
            y += strip.row_px * SCALE
    return sheet.reduce(SCALE)


def details_of(file: MediaFile, *more: str) -> list[str]:
    """What stands below every prompt, and what this kind of file has besides."""
    return [file.owner_id, file.model, f"seed {file.seed}", *more]


def size_detail(size: tuple[int, int], asked: tuple[float, float] | None) -> str:
    """A size in pixels, and what was asked for where that was another."""
    told = f"{size[0]} × {size[1]}"
    return told if asked is None else f"{told} (asked for {asked[0]:g} × {asked[1]:g})"


def _flow(details: list[str], type_: Typesetter, room_px: float, rows: int) -> list[str]:
    """Fill rows with whole details; one wider than a row, and what the last row cannot hold, is cut short."""
    lines: list[str] = []
    for detail in details:
        longer = f"{lines[-1]}{SEPARATOR}{detail}" if lines else detail
        if lines and (len(lines) == rows or type_.width_px(longer) <= room_px):
            lines[-1] = longer
        else:
            lines.append(detail)
    return [cut for line in lines for cut in type_.wrap(line, room_px, 1)]
