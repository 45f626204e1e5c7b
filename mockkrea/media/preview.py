"""A picture of a sculpture: its own triangles, lit from the upper left, on a ground with its shadow.

Triangles are drawn from back to front at twice the size and then reduced. There is no perspective.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFilter

from mockkrea.media import caption, metadata
from mockkrea.media.art.palettes import Rgb
from mockkrea.media.art.shapes import GROUND
from mockkrea.media.mesh import Mesh, Vector, face_normal, mesh_for, unit
from mockkrea.media.sculpture import Preview

SCALE = 2
# How the sculpture is turned about its axis and the camera raised, in radians.
TURN, RAISE = 0.5, 0.4
# How many of the sculpture's units the picture shows at least: the widest one with its shadow, and a margin.
VIEW_WIDTH, VIEW_HEIGHT = 3.8, 3.4
LIGHT = unit(-0.45, 0.85, 0.55)
HALFWAY = unit(LIGHT[0], LIGHT[1], LIGHT[2] + 1)  # between the light and the camera

# How bright a surface is that faces away from the light, and one that faces it.
AMBIENT = 0.45
FULL = 1.05
# How much of the sculpture's middle brightness the ground has to differ from, as WCAG counts contrast.
CONTRAST_MIN = 2
# How dark the shadow is, and how soft: a part of the picture's height.
SHADOW = 70
SOFTNESS = 0.012
# The shadow is blurred anyway, so it is drawn this much smaller.
SHADOW_SCALE = 4


class _Facet(NamedTuple):
    """A triangle that faces the camera; of two the one with less `depth` is farther away."""

    depth: float
    corners: tuple[Vector, Vector, Vector]
    colour: Rgb


class _Stage(NamedTuple):
    """Where things stand in a picture, in its pixels; `middle` is in units what is seen in its middle."""

    width: int
    height: int
    middle: tuple[float, float]

    def place(self, seen: Vector) -> tuple[float, float]:
        unit_px = min(self.width / VIEW_WIDTH, self.height / VIEW_HEIGHT)
        x, y = seen[0] - self.middle[0], seen[1] - self.middle[1]
        return self.width / 2 + x * unit_px, self.height / 2 - y * unit_px


def render(preview: Preview) -> bytes:
    """PNG bytes, square, sRGB, no alpha, with a caption."""
    mesh = mesh_for(preview.prompt, preview.seed, preview.triangles_max)
    side = preview.side
    strip = caption.strip_for(side, side)
    sheet = Image.new("RGB", (side, side), mesh.palette.paper)
    sheet.paste(_scene(mesh, side, side - strip.height), (0, 0))
    if strip.rows:
        details = caption.details_of(preview, f"{len(mesh.triangles):,} triangles")
        inked = caption.draw_strip(strip, preview.prompt, details)
        sheet.paste(mesh.palette.ink, (0, side - strip.height), inked)
    file = io.BytesIO()
    sheet.save(file, "PNG", compress_level=1, pnginfo=metadata.png_text(preview))
    return file.getvalue()


def _scene(mesh: Mesh, width: int, height: int) -> Image.Image:
    seen, cast = [_seen(point) for point in mesh.points], _cast(mesh)
    stage = _Stage(width * SCALE, height * SCALE, _middle([*seen, *cast]))
    size = stage.width, stage.height
    sheet = Image.new("RGB", size, backdrop(mesh))
    darkest = min(*mesh.palette.tones, mesh.palette.paper, key=sum)
    sheet.paste(darkest, (0, 0), _shadow(mesh, cast, stage).resize(size))
    pen = ImageDraw.Draw(sheet)
    for facet in sorted(_facets(mesh, seen)):
        pen.polygon([stage.place(corner) for corner in facet.corners], facet.colour)
    return sheet.reduce(SCALE)


def backdrop(mesh: Mesh) -> Rgb:
    """The palette's ground, or the colour that differs most where a sculpture would be lost on that."""
    shade = (AMBIENT + FULL) / 2
    red, green, blue = (channel * shade for channel in mesh.palette.tones[mesh.tone])

    def contrast(colour: Rgb) -> float:
        dark, light = sorted((_luminance(red, green, blue), _luminance(*colour)))
        return (light + 0.05) / (dark + 0.05)

    ground = mesh.palette.tones[GROUND]
    if contrast(ground) >= CONTRAST_MIN:
        return ground
    return max((*mesh.palette.tones, mesh.palette.paper, mesh.palette.ink), key=contrast)


def _luminance(*channels: float) -> float:
    """The relative luminance of an sRGB colour (WCAG), 0..1, by a gamma of 2.2."""
    return sum(
        share * math.pow(channel / 255, 2.2)
        for share, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True)
    )


def _middle(seen: list[Vector]) -> tuple[float, float]:
    """The middle of all that is seen, to the right and up."""
    across, up = ([vector[axis] for vector in seen] for axis in (0, 1))
    return (min(across) + max(across)) / 2, (min(up) + max(up)) / 2


def _cast(mesh: Mesh) -> list[Vector]:
    """Where on the ground the shadow of each point falls, as the camera sees it."""
    floor = min(y for _, y, _ in mesh.points)
    light = _undone(LIGHT)
    return [
        _seen((x - light[0] * (y - floor) / light[1], floor, z - light[2] * (y - floor) / light[1]))
        for x, y, z in mesh.points
    ]


def _shadow(mesh: Mesh, cast: list[Vector], stage: _Stage) -> Image.Image:
    """How dark the shadow on the ground is: mode "L", smaller than the stage."""
    small = _Stage(stage.width // SHADOW_SCALE, stage.height // SHADOW_SCALE, stage.middle)
    mask = Image.new("L", (small.width, small.height))
    pen = ImageDraw.Draw(mask)
    placed = [small.place(point) for point in cast]
    for triangle in mesh.triangles:
        pen.polygon([placed[corner] for corner in triangle], SHADOW)
    return mask.filter(ImageFilter.GaussianBlur(small.height * SOFTNESS))


def _facets(mesh: Mesh, seen: list[Vector]) -> Iterator[_Facet]:
    normals = [_seen(normal) for normal in mesh.normals]
    tone = mesh.palette.tones[mesh.tone]
    for triangle in mesh.triangles:
        a, b, c = (seen[corner] for corner in triangle)
        if face_normal(a, b, c)[2] > 0:
            normal = unit(
                *(sum(axis) for axis in zip(*(normals[corner] for corner in triangle), strict=True))
            )
            yield _Facet(a[2] + b[2] + c[2], (a, b, c), _lit(normal, tone, mesh))


def _lit(normal: Vector, tone: Rgb, mesh: Mesh) -> Rgb:
    """The colour of a surface: the tone by how much it faces the light, and a highlight."""
    facing = max(0.0, _dot(normal, LIGHT))
    diffuse = AMBIENT + (FULL - AMBIENT) * facing
    gloss = max(0.0, _dot(normal, HALFWAY)) ** mesh.shininess
    highlight = 255 * gloss * (1 - mesh.roughness)
    red, green, blue = (min(255, round(channel * diffuse + highlight)) for channel in tone)
    return red, green, blue


def _dot(one: Vector, other: Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _seen(vector: Vector) -> Vector:
    """Turn a vector of the sculpture's into the camera's: x right, y up, z towards it."""
    x, y, z = vector
    x, z = x * math.cos(TURN) + z * math.sin(TURN), z * math.cos(TURN) - x * math.sin(TURN)
    return x, y * math.cos(RAISE) - z * math.sin(RAISE), y * math.sin(RAISE) + z * math.cos(RAISE)


def _undone(vector: Vector) -> Vector:
    """Turn a vector of the camera's into the sculpture's."""
    x, y, z = vector
    y, z = y * math.cos(RAISE) + z * math.sin(RAISE), z * math.cos(RAISE) - y * math.sin(RAISE)
    return x * math.cos(TURN) - z * math.sin(TURN), y, z * math.cos(TURN) + x * math.sin(TURN)
