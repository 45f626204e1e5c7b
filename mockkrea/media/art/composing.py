"""From prompt and seed to a composition and a palette: the one place where chance enters what is made.

The same prompt, seed and size give the same art. Neighbouring seeds of one prompt always get another
composition and another palette, so four variations of a prompt look like four.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from mockkrea.media.art.geometry import arches, lenses, orbits, tiles
from mockkrea.media.art.landscapes import hills, sea, waves
from mockkrea.media.art.palettes import PALETTES, Palette
from mockkrea.media.art.shapes import Shape

COMPOSITIONS: tuple[Callable[[float, float, Random], list[Shape]], ...] = (
    hills,
    tiles,
    sea,
    lenses,
    waves,
    arches,
    orbits,
)
# Steps through the palettes from one seed to the next; shares no factor with their number.
PALETTE_STRIDE = 5
# A sheet longer than this is a cut-out of a higher one: a row of a million tiles would serve nobody.
ASPECT_MAX = 12


@dataclass(frozen=True, slots=True)
class Art:
    """Shapes from back to front, and the palette that gives their tones colours."""

    shapes: tuple[Shape, ...]
    palette: Palette


def compose(prompt: str, seed: float, width: int, height: int) -> Art:
    """Compose a sheet of `width` by `height` pixels."""
    composition = COMPOSITIONS[(_start(prompt) + int(seed)) % len(COMPOSITIONS)]
    sheet = max(width, height / ASPECT_MAX), max(height, width / ASPECT_MAX)
    return Art(tuple(composition(*sheet, dice_for(prompt, seed))), palette_for(prompt, seed))


def palette_for(prompt: str, seed: float) -> Palette:
    """The palette of whatever is made from this prompt and seed."""
    return PALETTES[(_start(prompt) // len(COMPOSITIONS) + int(seed) * PALETTE_STRIDE) % len(PALETTES)]


def dice_for(prompt: str, seed: float) -> Random:
    """The chance of whatever is made from this prompt and seed."""
    return Random(f"{_start(prompt)} {seed}")


def _start(prompt: str) -> int:
    # surrogatepass: a prompt may hold half a character, and still decides the art.
    return int.from_bytes(hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()[:8])
