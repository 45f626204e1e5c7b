"""Compositions with a horizon: hills, a sea at dusk, flowing waves.

Each takes the sheet to fill and a dice, and returns shapes from back to front. Lengths are shares of the
sheet's sides, so a composition keeps its character from 1:1 to 8:1.
"""

from __future__ import annotations

import math
from random import Random
from typing import TypeAlias

from mockkrea.media.art.shapes import ACCENT, GROUND, NEAREST, Box, Disc, Patch, Point, Shape

# Straight steps per crest: enough that no corner shows at 4K, few enough to draw in no time.
CREST_STEPS = 160

# Height in pixels, radians per pixel, radians at the left edge.
Sine: TypeAlias = tuple[float, float, float]


def hills(width: float, height: float, dice: Random) -> list[Shape]:
    """Layered ridges, far to near, before a sun in a banded sky."""
    short = min(width, height)
    radius = short * dice.uniform(0.11, 0.19)
    sun = (width * dice.choice((0.27, 0.34, 0.66, 0.74)), height * dice.uniform(0.26, 0.36))
    shapes: list[Shape] = [Box(0, 0, width, height, GROUND)]
    shapes.append(Disc(*sun, radius * 1.9, 1))
    shapes.append(Disc(*sun, radius, ACCENT))
    horizon = dice.uniform(0.40, 0.48)
    for tone in range(1 + dice.randrange(2), NEAREST + 1):
        depth = (tone - 1) / (NEAREST - 1)
        base = height * (horizon + depth * (0.88 - horizon))
        swell = short * (0.035 + 0.05 * (1 - abs(depth - 0.4))) * dice.uniform(0.8, 1.3)
        shapes += _ridge(width, height, base=base, swell=swell, tone=tone, dice=dice)
    return shapes


def sea(width: float, height: float, dice: Random) -> list[Shape]:
    """A large sun going down in a calm sea, its light broken into bars."""
    short = min(width, height)
    line = height * dice.uniform(0.52, 0.6)
    radius = short * dice.uniform(0.24, 0.31)
    x = width * dice.choice((0.36, 0.5, 0.62))
    shapes: list[Shape] = [Box(0, 0, width, height, GROUND)]
    shapes.append(Disc(x, line, radius * 1.5, 1))
    shapes.append(Disc(x, line, radius, ACCENT))
    shapes += _ridge(width, line + 1, base=line - short * 0.05, swell=short * 0.03, tone=2, dice=dice)
    steps = (0.0, 0.07, 0.19, 0.38, 0.66)
    depth = height - line
    for step, tone in zip(steps, (3, 3, 4, 4, NEAREST), strict=True):
        shapes.append(Box(0, line + depth * step, width, height, tone))
    for bar in range(9):
        y = line + depth * (0.035 + 0.098 * bar)
        reach = radius * (1.0 - 0.085 * bar) * dice.uniform(0.55, 1.0)
        thick = short * (0.005 + 0.0016 * bar)
        drift = radius * dice.uniform(-0.12, 0.12)
        shapes += _capsule(x + drift, y, reach, thick, ACCENT if bar % 2 == 0 else 2)
    return shapes


def waves(width: float, height: float, dice: Random) -> list[Shape]:
    """Slow parallel waves from edge to edge, each a little out of step with the one before."""
    short = min(width, height)
    length = short * dice.uniform(0.85, 1.25)
    phase, drift = dice.uniform(0, math.tau), dice.uniform(0.35, 0.8) * dice.choice((-1, 1))
    swell = short * dice.uniform(0.045, 0.07)
    tones = dice.choice(((1, 2, 3, 4, NEAREST), (ACCENT, 1, 2, 3, 4, NEAREST), (1, 2, ACCENT, 3, 4, NEAREST)))
    # The ground shows between the waves.
    rows = [row for tone in tones for row in (GROUND, tone)]
    first = dice.uniform(0.2, 0.3)
    shapes: list[Shape] = [Box(0, 0, width, height, GROUND)]
    for order, tone in enumerate(rows):
        base = height * (first + order * (1 - first) / len(rows))
        rate = math.tau / length
        parts = [(swell, rate, phase + drift * order), (swell * 0.35, rate * 0.43, phase)]
        shapes += _crest(width, height, base, parts, tone)
    return shapes


def _ridge(width: float, floor: float, *, base: float, swell: float, tone: int, dice: Random) -> list[Shape]:
    span = max(width, floor)
    parts = []
    for overtone in (1, 2, 4):
        rate = 1.6 * math.tau / span * overtone * dice.uniform(0.75, 1.25)
        parts.append((swell / overtone, rate, dice.uniform(0, math.tau)))
    return _crest(width, floor, base, parts, tone)


def _crest(width: float, floor: float, base: float, parts: list[Sine], tone: int) -> list[Shape]:
    """Draw a sum of sines, and below it a plain box: a box costs a renderer far less than a polygon."""
    points: list[Point] = []
    for step in range(CREST_STEPS + 1):
        x = width * step / CREST_STEPS
        y = base + sum(height * math.sin(rate * x + phase) for height, rate, phase in parts)
        points.append((x, min(y, floor)))
    low = min(max(y for _, y in points) + 1, floor)
    return [Patch((*points, (width, low), (0.0, low)), tone), Box(0, low, width, floor, tone)]


def _capsule(x: float, y: float, reach: float, thick: float, tone: int) -> list[Shape]:
    return [
        Box(x - reach, y - thick, x + reach, y + thick, tone),
        Disc(x - reach, y, thick, tone),
        Disc(x + reach, y, thick, tone),
    ]
