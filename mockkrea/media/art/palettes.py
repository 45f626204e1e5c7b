"""Curated palettes. Each was chosen by eye; a test holds the caption's contrast.

Tones run from the ground (farthest) to the nearest, then one accent: see `shapes`.
`paper` and `ink` are the caption's two colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Rgb: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Seven tones for the art and two colours for the caption, sRGB."""

    name: str
    tones: tuple[Rgb, ...]
    paper: Rgb
    ink: Rgb


def _palette(name: str, tones: str, *, paper: str, ink: str) -> Palette:
    return Palette(name, tuple(_rgb(tone) for tone in tones.split()), _rgb(paper), _rgb(ink))


def _rgb(hexadecimal: str) -> Rgb:
    red, green, blue = bytes.fromhex(hexadecimal)
    return red, green, blue


PALETTES = (
    _palette("dawn", "fdf0e2 fbd7b8 f3a78b d3756f 8c4e6d 3d2b4d f4b942", paper="fdf6ee", ink="35263f"),
    _palette("meadow", "f5f3e4 dbe6c6 adcda0 6fa886 3a7670 1d4350 f2a65a", paper="faf8ee", ink="1d3d49"),
    _palette("harbour", "eef5f5 cbe2e8 93c1d1 5594b4 2d5f88 163251 ff8a5c", paper="f6fafa", ink="163251"),
    _palette("mesa", "fbeedd f2d6ae e4ad77 c87b53 8a4b44 462833 2f8f8b", paper="fdf6ec", ink="3f2730"),
    _palette("atelier", "f4ede0 e6d7b8 efb73e d9573c 2f628f 1f2a3c e99a86", paper="faf5ea", ink="1f2a3c"),
    _palette("lilac", "f6f0fa dfd1ee bca7dc 8d7cc2 57529a 28295a ffb087", paper="faf6fd", ink="28295a"),
    _palette("night", "2b3566 35407a 4a4f92 3b3f7d 23295a 10163a f7e3b5", paper="10163a", ink="f1ead8"),
    _palette("olive", "f6f1df e6dcae c9bd74 98984f 5f6f43 2d4238 d9694a", paper="faf7ea", ink="2b3d34"),
    _palette("rose", "fff1ee fbd3cf f3a5aa d9718a 96456f 4a2450 5fb3a8", paper="fff7f5", ink="432149"),
    _palette("fjord", "e9f1ee c3dbd6 8fbcb8 5a9599 33696f 173f49 f0c05a", paper="f4f8f6", ink="173a43"),
    _palette("ember", "3a2038 5b2a45 8c3a4c bf5148 e67f4a f6b65e fbe3b4", paper="2b1830", ink="f8e6cc"),
    _palette("print", "f2efe6 f6c8b6 f08a6c 4f9d94 25687a 22304a f2c14e", paper="f8f6f0", ink="22304a"),
)
