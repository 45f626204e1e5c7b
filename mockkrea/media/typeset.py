"""Lines of any script: cleaned, cut to a width, put in reading order and drawn.

A line is split by direction, each part by font, and only such runs are handed to Pillow; its raqm engine
shapes them. Where Pillow has no raqm (its wheels take fribidi from the system), letters are drawn one by one:
Arabic through `arabic`, Indic scripts without their ligatures.
Directions are the two levels captions need, not all of UAX 9: embedded left-to-right text and numbers
inside right-to-left text, and the reverse.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ImageDraw, ImageFont, features

from mockkrea.media import arabic, fonts

ELLIPSIS = "…"
# No caption has room for more, and typesetting 100,000 characters to show 200 would be slow.
CHARACTERS_MAX = 1_000

# East Asian characters: a line may break after each, but not before closing punctuation.
_WIDE = "\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_WORD = re.compile(rf"\s+|[{_WIDE}][、。，．！？：；）」』】〉》]*|[^\s{_WIDE}]+")
# Invisible in one ink: variation selectors and skin tones.
_UNSEEN = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\U0001f3fb-\U0001f3ff]")
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one direction in one font."""

    text: str
    file: str
    is_rtl: bool


@dataclass(frozen=True, slots=True)
class Typesetter:
    """Measures and draws lines in one size."""

    size_px: int
    layout: ImageFont.Layout

    def width_px(self, line: str) -> float:
        """Measure a line that `readable` has made."""
        return sum(self._length(run) for run in runs(line))

    def draw(self, pen: ImageDraw.ImageDraw, at: tuple[float, float], line: str, fill: int) -> None:
        """Draw a line from the left end of its baseline, `at`."""
        x, y = at
        parts = runs(line)
        for run in parts:
            text, direction = self._for_pillow(run)
            font = fonts.face(run.file, self.size_px, self.layout)
            pen.text((x, y), text, fill=fill, font=font, anchor="ls", direction=direction)
            x += self._length(run) if run is not parts[-1] else 0

    def wrap(self, text: str, width_px: float, rows: int) -> list[str]:
        """Cut `text` into at most `rows` lines; what is left over becomes an ellipsis."""
        lines: list[str] = []
        rest = text.strip()
        while rest and len(lines) < rows:
            cut = self._fitting(rest, width_px)
            if cut < len(rest) and len(lines) == rows - 1:
                cut = self._fitting(rest, width_px - self.width_px(ELLIPSIS))
                return [*lines, rest[:cut].rstrip() + ELLIPSIS]
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
        return lines

    def _fitting(self, text: str, width_px: float) -> int:
        """Count the characters of `text` that fit, by whole words where one fits at all."""
        # Most captions fit, and one measure of the whole costs a tenth of one per word.
        if len(text) * self.size_px < 4 * width_px and self.width_px(text) <= width_px:
            return len(text)
        at, used_px = 0, 0.0
        for word in _WORD.finditer(text):
            used_px += self.width_px(word[0])
            if used_px > width_px and not word[0].isspace():
                return at or self._fitting_in_word(word[0], width_px)
            at = word.end()
        return len(text)

    def _fitting_in_word(self, word: str, width_px: float) -> int:
        used_px = 0.0
        for at, character in enumerate(word):
            used_px += self.width_px(character)
            if used_px > width_px and not unicodedata.category(character).startswith("M"):
                return max(at, 1)
        return len(word)

    def _length(self, run: Run) -> float:
        text, direction = self._for_pillow(run)
        return fonts.face(run.file, self.size_px, self.layout).getlength(text, direction=direction)

    def _for_pillow(self, run: Run) -> tuple[str, str | None]:
        if self.layout is ImageFont.Layout.RAQM:
            return run.text, "rtl" if run.is_rtl else "ltr"
        return arabic.visual(run.text) if run.is_rtl else run.text, None


def best_layout() -> ImageFont.Layout:
    """The engine that shapes scripts where Pillow has it."""
    return ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC


def readable(text: str) -> str:
    """`text` on one line, each character our fonts lack as its code point, like ⟨U+1F9FF⟩."""
    short = _UNSEEN.sub("", text[:CHARACTERS_MAX])
    return " ".join("".join(_drawable(short)).split()) + (ELLIPSIS if len(text) > CHARACTERS_MAX else "")


def _drawable(text: str) -> Iterator[str]:
    previous = " "
    for character in text:
        kind = unicodedata.category(character)
        if character.isspace() or kind == "Cc":
            yield " "
        elif kind == "Cf":
            # Joiners shape the letters around them; other format characters would only confuse the order.
            if character in _JOINERS and previous.isalpha():
                yield character
        elif fonts.file_for(character) is None:
            yield f"⟨U+{ord(character):04X}⟩"
        else:
            yield character
        previous = character


def is_rtl(line: str) -> bool:
    """Whether the line reads from the right: whether its first letter does."""
    strong = (unicodedata.bidirectional(character) for character in line)
    return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)


def runs(line: str) -> list[Run]:
    """The runs of a line from left to right, as they are seen."""
    from_right = is_rtl(line)
    seen: list[Run] = []
    parts = list(_by_direction(line, from_right))
    for part, part_is_rtl in reversed(parts) if from_right else parts:
        pieces = [Run(text, file, part_is_rtl) for text, file in _by_font(part)]
        seen += reversed(pieces) if part_is_rtl else pieces
    return seen


def _by_direction(line: str, from_right: bool) -> Iterator[tuple[str, bool]]:
    """Split a line where its direction turns. Spaces between two directions follow the line's own."""
    part, neutral, current = "", "", from_right
    for character in line:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            here = kind != "L"
        elif kind in ("EN", "AN", "NSM"):
            here = current  # a number belongs to the words it follows
        else:
            neutral += character
            continue
        if here == current:
            part += neutral + character
        elif current == from_right:
            yield from _unless_empty(part + neutral, current)
            part, current = character, here
        else:
            yield from _unless_empty(part, current)
            part, current = neutral + character, here
        neutral = ""
    if current == from_right:
        yield from _unless_empty(part + neutral, current)
    else:
        yield from _unless_empty(part, current)
        yield from _unless_empty(neutral, from_right)


def _unless_empty(part: str, part_is_rtl: bool) -> Iterator[tuple[str, bool]]:
    if part:
        yield part, part_is_rtl


def _by_font(part: str) -> Iterator[tuple[str, str]]:
    """Split by font. What is no letter stays in the font before it if that has it, as marks must."""
    text, file = "", fonts.FILES[0]
    for character in part:
        stays = not character.isalpha() and fonts.has(file, character)
        here = file if stays or character in _JOINERS else fonts.file_for(character) or file
        if here != file and text:
            yield text, file
            text = ""
        text, file = text + character, here
    if text:
        yield text, file
