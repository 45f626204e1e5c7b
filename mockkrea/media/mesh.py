"""The shape of a sculpture: a closed surface that prompt and seed decide, as points and triangles.

It is a superellipsoid: a ball whose cross-sections are anything from squares over circles to stars,
with flutes from pole to pole, twisted about its axis. Right-handed, y up, about 2 units high; triangles
are counter-clockwise seen from outside, as glTF wants it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import NamedTuple, TypeAlias

from mockkrea.media.art.composing import dice_for, palette_for
from mockkrea.media.art.palettes import Palette

Vector: TypeAlias = tuple[float, float, float]
Triangle: TypeAlias = tuple[int, int, int]

# How fine a mesh is: so many circles between the poles, and twice as many lines from pole to pole.
PARALLELS_MIN, PARALLELS_MAX = 2, 47

# Of the palette's tones these are neither ground nor nearly black.
TONES = (2, 3, 4, 6)


@dataclass(frozen=True, slots=True)
class Mesh:
    """A closed surface with one normal of length 1 a point, and what it is made of.

    `tone` is which of the palette's tones it has; `metallic` and `roughness` are 0..1.
    """

    points: tuple[Vector, ...]
    normals: tuple[Vector, ...]
    triangles: tuple[Triangle, ...]
    palette: Palette
    tone: int
    metallic: float
    roughness: float

    @property
    def colour(self) -> Vector:
        """Its tone in sRGB, each channel 0..1."""
        red, green, blue = self.palette.tones[self.tone]
        return red / 255, green / 255, blue / 255

    @property
    def shininess(self) -> float:
        """The exponent of a Phong highlight that looks about as rough."""
        return round(8 / self.roughness**2, 2)


class _Form(NamedTuple):
    """What decides a superellipsoid. Exponents: 0.4 is nearly a box, 1 a ball, 1.4 nearly a double cone."""

    upright: float
    around: float
    flutes: int
    depth: float
    twist: float
    height: float

    def point(self, latitude: float, longitude: float) -> Vector:
        out = _power(math.cos(latitude), self.upright)
        up = _power(math.sin(latitude), self.upright)
        out *= 1 + self.depth * math.cos(self.flutes * longitude)
        x, z = out * _power(math.cos(longitude), self.around), out * _power(math.sin(longitude), self.around)
        turn = self.twist * up
        cos, sin = math.cos(turn), math.sin(turn)
        return x * cos + z * sin, up * self.height, z * cos - x * sin


class _Grid(NamedTuple):
    """How many parallels a mesh has without its poles, and how many meridians."""

    parallels: int

    @property
    def meridians(self) -> int:
        return 2 * (self.parallels + 1)


# A sculpture and the picture of it are looked at together.
@lru_cache(maxsize=8)
def mesh_for(prompt: str, seed: float, triangles_max: int | None = None) -> Mesh:
    """The mesh of this prompt and seed: 9,024 triangles, or at most `triangles_max`, but at least 24."""
    dice = dice_for(prompt, seed)
    grid = _grid(triangles_max)
    points = tuple(_points(_form(dice), grid))
    triangles = tuple(_triangles(grid))
    return Mesh(
        points=points,
        normals=_normals(points, triangles),
        triangles=triangles,
        palette=palette_for(prompt, seed),
        tone=dice.choice(TONES),
        metallic=dice.choice((0.0, 0.0, 0.6)),
        roughness=round(dice.uniform(0.25, 0.6), 2),
    )


def _form(dice: Random) -> _Form:
    return _Form(
        upright=dice.uniform(0.5, 1.3),
        around=dice.uniform(0.5, 1.2),
        flutes=dice.choice((4, 5, 6, 8, 12)),
        depth=dice.uniform(0.05, 0.2),
        twist=dice.uniform(-1.2, 1.2),
        height=dice.uniform(0.85, 1.35),
    )


def _grid(triangles_max: int | None) -> _Grid:
    """The finest grid with no more triangles: 4 p (p + 1) of them are on p parallels."""
    if triangles_max is None:
        return _Grid(PARALLELS_MAX)
    parallels = (math.isqrt(1 + max(0, triangles_max)) - 1) // 2
    return _Grid(min(max(parallels, PARALLELS_MIN), PARALLELS_MAX))


def _points(form: _Form, grid: _Grid) -> Iterator[Vector]:
    """The south pole, the parallels from south to north, and the north pole."""
    yield 0.0, -form.height, 0.0
    for parallel in range(1, grid.parallels + 1):
        latitude = math.pi * (parallel / (grid.parallels + 1) - 0.5)
        for meridian in range(grid.meridians):
            yield form.point(latitude, 2 * math.pi * meridian / grid.meridians)
    yield 0.0, form.height, 0.0


def _triangles(grid: _Grid) -> Iterator[Triangle]:
    around = grid.meridians
    north = 1 + around * grid.parallels
    for here in range(around):
        east = (here + 1) % around
        yield 0, 1 + here, 1 + east
        for south in range(1, north - around, around):
            yield south + here, south + around + here, south + east
            yield south + east, south + around + here, south + around + east
        yield north, north - around + east, north - around + here


def _normals(points: tuple[Vector, ...], triangles: tuple[Triangle, ...]) -> tuple[Vector, ...]:
    """The mean of the triangles around each point, large ones counting more."""
    sums = [[0.0, 0.0, 0.0] for _ in points]
    for triangle in triangles:
        x, y, z = face_normal(*(points[corner] for corner in triangle))
        for corner in triangle:
            total = sums[corner]
            total[0] += x
            total[1] += y
            total[2] += z
    return tuple(unit(x, y, z) for x, y, z in sums)


def face_normal(a: Vector, b: Vector, c: Vector) -> Vector:
    """The vector that stands on a triangle, as long as twice its area."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


def unit(x: float, y: float, z: float) -> Vector:
    """This direction with length 1."""
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length) if length else (0.0, 1.0, 0.0)


def _power(value: float, exponent: float) -> float:
    return math.copysign(abs(value) ** exponent, value)
