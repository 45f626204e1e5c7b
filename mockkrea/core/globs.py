"""Globs over paths and ids: `*` is anything within a part, `**` anything at all, `?` one character.

A text is read once, whatever the glob: all the ways in which it may fit are followed side by side, as the
bits of one number. Bit n says that the text so far fits the glob up to its nth character that is no star.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

STARS = ("*", "**")

# Comparing two globs takes as long as the product of their lengths.
COMPARED_MAX = 100_000


def fits(glob: str, text: str) -> bool:
    """Whether the whole text is what the glob describes."""
    pattern = _pattern(glob)
    ways = 1
    for character in text:
        taking, staying = pattern.literals.get(character, 0), pattern.any_stars
        if character != "/":
            taking, staying = taking | pattern.questions, staying | pattern.part_stars
        ways = (ways & taking) << 1 | ways & staying
        if not ways:
            return False
    return bool(ways >> pattern.length)


def overlap(glob: str, other: str) -> bool:
    """Whether there is a text that both globs describe; taken for granted of very long ones."""
    if len(glob) * len(other) > COMPARED_MAX:
        return True
    parts, others = [*_parts(glob), ""], [*_parts(other), ""]
    # Pairs of places up to which some text fits both, each in its glob.
    reached, ahead = {(0, 0)}, [(0, 0)]
    while ahead:
        place, its_place = ahead.pop()
        part, its_part = parts[place], others[its_place]
        if part == its_part == "":
            return True
        # A star may be left behind, or take a character and stay.
        following = set()
        if part in STARS:
            following.add((place + 1, its_place))
        if its_part in STARS:
            following.add((place, its_place + 1))
        if part and its_part and _may_step_together(part, its_part):
            following.add((place + (part not in STARS), its_place + (its_part not in STARS)))
        ahead += following - reached
        reached |= following
    return False


def _may_step_together(part: str, other: str) -> bool:
    """Whether there is a character that both take."""
    if part == other or "**" in (part, other):
        return True
    literals = {part, other} - {"*", "?"}
    return len(literals) < 2 and "/" not in literals


class _Pattern(NamedTuple):
    """Bit n of each number is about the place before the nth character that is no star.

    `literals` has for each character the places that it follows, `questions` the places that a `?` follows;
    `part_stars` and `any_stars` are the places of `*` and `**`.
    """

    literals: Mapping[str, int]
    questions: int
    part_stars: int
    any_stars: int
    length: int


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> _Pattern:
    literals: defaultdict[str, int] = defaultdict(int)
    wild = {"?": 0, "*": 0, "**": 0}
    place = 1
    for part in _parts(glob):
        if part in wild:
            wild[part] |= place
        else:
            literals[part] |= place
        if part not in STARS:
            place <<= 1
    return _Pattern(literals, wild["?"], wild["*"], wild["**"], place.bit_length() - 1)


def _parts(glob: str) -> list[str]:
    return re.findall(r"\*\*|.", glob, re.DOTALL)
