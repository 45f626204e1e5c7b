"""The strip at a picture's foot: prompt, job id, model, seed and size in small type.

Its height depends on the picture's size alone, so the art above it does not move with the words. Type grows
with the picture. A small picture gets fewer rows, one too small for a legible row gets no strip at all.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from PIL import Image, ImageDraw

from mockkrea.media.typeset import Typesetter, best_layout, is_rtl, readable
from mockkrea.media.work import Work

TYPE_PX_MIN = 9
# The strip takes at most this share of the picture.
STRIP_SHARE_MAX = 0.3
# Facts take about this many of the prompt's ems in one row: a job id, a model's path, a seed, a size.
FACTS_ROW_EM = 40
FACTS_EM = 0.82
PROMPT_ROWS_MAX = 2
# From one baseline to the next, and the least room above and below all rows together.
ROW_EM = 1.45
PADDING_EM = 0.7
# From the top of a row to its baseline.
BASELINE_EM = 1.08
# Letters stand on whole pixels; drawn twice as large and reduced, they stand on halves and space evenly.
SCALE = 2
SEPARATOR = "  ·  "

# How much ink, of 255: the facts step back behind the prompt.
PROMPT_INK = 255
FACTS_INK = 190

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
    facts_rows: int

    @property
    def row_px(self) -> float:
        """From one baseline to the next."""
        return self.type_px * ROW_EM


def strip_for(width: int, height: int) -> Strip:
    """Measure the strip of a picture of `width` x `height` pixels."""
    type_px = max(TYPE_PX_MIN, round(min(math.sqrt(width * height) / 58, min(width, height) / 24)))
    margin = max(4, round(min(type_px * 1.5, width * 0.04)))
    ems = max(1.0, (width - 2 * margin) / type_px)
    facts_rows = min(4, math.ceil(FACTS_ROW_EM / ems))
    rows_max = int((height * STRIP_SHARE_MAX / type_px - PADDING_EM) / ROW_EM)
    rows = max(0, min(PROMPT_ROWS_MAX + facts_rows, rows_max))
    padding_em = PADDING_EM if rows < 2 else 2 * PADDING_EM
    strip_px = round((rows * ROW_EM + padding_em) * type_px) if rows else 0
    return Strip(
        width=width,
        height=strip_px,
        type_px=type_px,
        margin=margin,
        rows=rows,
        facts_rows=min(facts_rows, max(1, rows - 1)),
    )


def draw_strip(strip: Strip, prompt: str, facts: list[str]) -> Image.Image:
    """Draw the words: mode "L", the strip's size, 0 where paper shows and 255 where ink is full."""
    sheet = Image.new("L", (strip.width * SCALE, strip.height * SCALE))
    pen = ImageDraw.Draw(sheet)
    with _drawing:
        layout = best_layout()
        large = Typesetter(strip.type_px * SCALE, layout)
        small = Typesetter(round(max(TYPE_PX_MIN - 1, strip.type_px * FACTS_EM) * SCALE), layout)
        room_px = (strip.width - 2 * strip.margin) * SCALE
        below = _flow([readable(fact) for fact in facts], small, room_px, strip.facts_rows)
        above = large.wrap(readable(prompt), room_px, strip.rows - len(below))
        lines = [(large, line, PROMPT_INK) for line in above] + [(small, line, FACTS_INK) for line in below]
        y = (sheet.height - len(lines) * strip.row_px * SCALE) / 2 + large.size_px * BASELINE_EM
        for type_, line, ink in lines:
            inset = room_px - type_.width_px(line) if is_rtl(line) else 0
            type_.draw(pen, (round(strip.margin * SCALE + inset), round(y)), line, ink)
            y += strip.row_px * SCALE
    return sheet.reduce(SCALE)


def facts_of(work: Work, *more: str) -> list[str]:
    """Give the facts that stand below every prompt, and what this kind of work has besides."""
    return [work.job_id, work.model, f"seed {work.seed}", *more]


def size_fact(size: tuple[int, int], asked: tuple[float, float] | None) -> str:
    """Say a size in pixels, and what was asked for where that was another."""
    told = f"{size[0]} × {size[1]}"
    return told if asked is None else f"{told} (asked for {asked[0]:g} × {asked[1]:g})"


def _flow(facts: list[str], type_: Typesetter, room_px: float, rows: int) -> list[str]:
    """Fill rows with whole facts; one wider than a row, and what the last row cannot hold, is cut short."""
    lines: list[str] = []
    for fact in facts:
        longer = f"{lines[-1]}{SEPARATOR}{fact}" if lines else fact
        if lines and (len(lines) == rows or type_.width_px(longer) <= room_px):
            lines[-1] = longer
        else:
            lines.append(fact)
    return [cut for line in lines for cut in type_.wrap(line, room_px, 1)]
