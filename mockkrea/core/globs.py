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
    for part in re.findall(r"\*\*|.", glob, re.DOTALL):
        if part in wild:
            wild[part] |= place
        else:
            literals[part] |= place
        if part not in ("*", "**"):
            place <<= 1
    return _Pattern(literals, wild["?"], wild["*"], wild["**"], place.bit_length() - 1)
