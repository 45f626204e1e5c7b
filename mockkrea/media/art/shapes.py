"""The few shapes all our art is made of, in final pixels, each in one tone of a palette.

Coordinates are floats from the top left corner; angles are degrees, clockwise from three o'clock.
`top` and `bottom` let a renderer that works in bands skip what a band cannot show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]

# Tones of a palette: 0 is the ground and farthest away, 5 the nearest; ACCENT stands out against all.
GROUND = 0
NEAREST = 5
ACCENT = 6


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float
    tone: int


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle, or, between two angles, a slice of it."""

    x: float
    y: float
    radius: float
    tone: int
    start: float = 0.0
    end: float = 360.0

    @property
    def left(self) -> float:
        """Where the whole circle begins."""
        return self.x - self.radius

    @property
    def top(self) -> float:
        """The highest row the whole circle touches."""
        return self.y - self.radius

    @property
    def right(self) -> float:
        """Where the whole circle ends."""
        return self.x + self.radius

    @property
    def bottom(self) -> float:
        """The lowest row the whole circle touches."""
        return self.y + self.radius


@dataclass(frozen=True, slots=True)
class Patch:
    """A filled polygon."""

    points: tuple[Point, ...]
    tone: int

    @property
    def top(self) -> float:
        """The highest row it touches."""
        return min(y for _, y in self.points)

    @property
    def bottom(self) -> float:
        """The lowest row it touches."""
        return max(y for _, y in self.points)


Shape: TypeAlias = Box | Disc | Patch
