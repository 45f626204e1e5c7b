"""Compositions without a horizon: tiles, arches, overlapping discs, orbits.

Each takes the sheet to fill and a dice, and returns shapes from back to front.
"""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

from mockkrea.media.art.shapes import ACCENT, GROUND, NEAREST, Box, Disc, Patch, Shape

# The two tones of a tile: always far enough apart to be told from each other in every palette.
TILE_PAIRS = (
    *((0, 3), (0, 4), (0, 5), (1, 4), (1, 5), (2, 5)),
    *((3, 0), (4, 1), (5, 0), (5, ACCENT), (0, ACCENT), (4, ACCENT)),
)
# A lens is a polygon; so many points a side keep it round at 4K.
ARC_STEPS = 48
SEAM_PX = 0.75


def tiles(width: float, height: float, dice: Random) -> list[Shape]:
    """A grid of square tiles, each with quarter circles, half circles, leaves or rings."""
    rows, columns = _grid(width, height, dice.choice((3, 4, 4, 5)))
    side = max(width / columns, height / rows)
    shapes: list[Shape] = [Box(0, 0, width, height, GROUND)]
    previous = (-1, -1)
    for row in range(rows):
        for column in range(columns):
            pair = dice.choice(TILE_PAIRS)
            if pair == previous:
                pair = dice.choice(TILE_PAIRS)
            previous = pair
            shapes += _tile(column * side, row * side, side, pair, dice)
    return shapes


def arches(width: float, height: float, dice: Random) -> list[Shape]:
    """Nested arches standing side by side, as a child draws rainbows."""
    shapes: list[Shape] = [Box(0, 0, width, height, GROUND)]
    count = max(1, round(width / height * dice.choice((1.6, 2.0))))
    step = width / count
    shapes.append(Disc(width * dice.uniform(0.2, 0.8), height * 0.2, min(width, height) * 0.1, ACCENT))
    for order in range(count):
        x = step * (order + 0.5)
        outer = step * dice.uniform(0.5, 0.62)
        foot = height - (height - outer) * dice.uniform(0.28, 0.5)
        tones = [1, 2, 3, 4, NEAREST] if dice.random() < 0.5 else [4, 3, ACCENT, 1, NEAREST]
        for ring, tone in enumerate(tones):
            radius = outer * (1 - ring / (len(tones) + 0.6))
            shapes.append(Disc(x, foot, radius, tone))
            shapes.append(Box(x - radius, foot, x + radius, height, tone))
    return shapes


def lenses(width: float, height: float, dice: Random) -> list[Shape]:
    """A row of large discs that overlap as if translucent."""
    short, long = min(width, height), max(width, height)
    radius = short * dice.uniform(0.27, 0.33)
    step = radius * dice.uniform(1.2, 1.4)
    count = max(2, math.floor((long - 2.2 * radius) / step) + 1)
    sway = radius * dice.uniform(0.1, 0.35) * dice.choice((-1, 1))
    places = [((index - (count - 1) / 2) * step, sway * (-1) ** index) for index in range(count)]
    if height > width:
        places = [(aside, along) for along, aside in places]
    centres = [(width / 2 + x, height / 2 + y) for x, y in places]
    tones = dice.choice(((2, ACCENT), (3, ACCENT), (2, 3), (ACCENT, 1)))
    dotted = dice.randrange(2)

    shapes: list[Shape] = [Box(0, 0, width, height, GROUND)]
    shapes += [Disc(x, y, radius, tones[index % 2]) for index, (x, y) in enumerate(centres)]
    # A polygon and a disc of one radius are not rasterised alike: the lenses lie over the seam.
    shapes += [_lens(*one, *next_one, radius + SEAM_PX, 4) for one, next_one in pairwise(centres)]
    shapes += [Disc(x, y, radius * 0.16, NEAREST) for x, y in centres[dotted::2]]
    return shapes


def orbits(width: float, height: float, dice: Random) -> list[Shape]:
    """Wide rings around a centre off to one side, with a few planets on them."""
    short, long = min(width, height), max(width, height)
    x, y = width * dice.choice((0.3, 0.38, 0.62, 0.7)), height * dice.uniform(0.42, 0.56)
    shapes: list[Shape] = [Box(0, 0, width, height, NEAREST)]
    step = short * dice.uniform(0.125, 0.15)
    rings = [radius * step for radius in range(1, math.ceil(long * 0.85 / step) + 1)]
    for index, radius in reversed(list(enumerate(rings))):
        # Inwards darker; beyond the fifth ring the two farthest tones take turns.
        shapes.append(Disc(x, y, radius, NEAREST - 1 - index if index < NEAREST else index % 2))
    shapes.append(Disc(x, y, step * 0.62, ACCENT))
    for index, radius in enumerate(rings[1:], start=1):
        turn = dice.uniform(0, math.tau)
        size = step * dice.uniform(0.14, 0.3)
        tone = dice.choice((ACCENT, NEAREST, 3)) if index > 3 else dice.choice((ACCENT, GROUND))
        shapes.append(Disc(x + radius * math.cos(turn), y + radius * math.sin(turn), size, tone))
    return shapes


def _grid(width: float, height: float, short_side_tiles: int) -> tuple[int, int]:
    """Rows and columns of square tiles that cover the sheet, the last ones cut by its edge."""
    side = min(width, height) / short_side_tiles
    return math.ceil(round(height / side, 6)), math.ceil(round(width / side, 6))


def _tile(x: float, y: float, side: float, pair: tuple[int, int], dice: Random) -> list[Shape]:
    back, front = pair
    ground = Box(x, y, x + side, y + side, back)
    turn = dice.randrange(4)
    corner = (x + side * (turn in (1, 2)), y + side * (turn in (2, 3)))
    middle = (x + side / 2, y + side / 2)
    start = 90.0 * turn
    motif = dice.randrange(6)
    if motif == 0:
        return [ground, Disc(*corner, side, front, start, start + 90)]
    if motif == 1:
        rings = ((1.0, front), (0.75, back), (0.5, front), (0.25, back))
        return [ground, *(Disc(*corner, side * share, tone, start, start + 90) for share, tone in rings)]
    if motif == 2:
        opposite = (2 * middle[0] - corner[0], 2 * middle[1] - corner[1])
        return [ground, _lens(*corner, *opposite, side, front)]
    if motif == 3:
        return [ground, Disc(*middle, side * 0.36, front)]
    if motif == 4:
        edge = ((x, middle[1]), (middle[0], y), (x + side, middle[1]), (middle[0], y + side))[turn]
        return [ground, Disc(*edge, side / 2, front, start - 90, start + 90)]
    return [ground, Disc(*middle, side / 2, front), Disc(*middle, side * 0.25, back)]


def _lens(ax: float, ay: float, bx: float, by: float, radius: float, tone: int) -> Patch:
    """What two equal discs share; they must overlap."""
    apart = math.hypot(bx - ax, by - ay)
    bearing = math.atan2(by - ay, bx - ax)
    half = math.acos(min(1.0, apart / (2 * radius)))
    points = []
    for x, y, toward in ((ax, ay, bearing), (bx, by, bearing + math.pi)):
        for step in range(ARC_STEPS + 1):
            angle = toward - half + 2 * half * step / ARC_STEPS
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return Patch(tuple(points), tone)
