"""Arabic without a shaping engine: letters into the forms they take beside their neighbours.

Used only where Pillow finds no fribidi on the system. The forms come from Unicode itself: the presentation
forms' decompositions say which letter, and where in a word, each of them stands for.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_PRESENTATION_FORMS = (*range(0xFB50, 0xFBB2), *range(0xFBFC, 0xFC00), *range(0xFE70, 0xFEFD))
_NUMBER = re.compile(r"\d(?:[\d.,:/]*\d)?")
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


def visual(text: str) -> str:
    """Right-to-left `text` as the characters to draw from left to right."""
    backwards = joined(text)[::-1].translate(_MIRRORED)
    return _NUMBER.sub(lambda number: number[0][::-1], backwards)


def joined(text: str) -> str:
    """Replace letters by their initial, medial, final or isolated forms, and lam-alef by its ligature."""
    forms = _forms()
    letters = [character for character in text if not unicodedata.combining(character)]
    shaped: list[str] = []
    at = 0
    while at < len(letters):
        pair = "".join(letters[at : at + 2])
        letter = pair if len(pair) == 2 and pair in forms else letters[at]
        before = at > 0 and _joins(letters[at - 1], "<initial>")
        after_at = at + len(letter)
        after = after_at < len(letters) and _joins(letters[after_at], "<final>")
        shaped.append(_form(letter, before=before, after=after))
        at = after_at
    return "".join(shaped)


def _form(letter: str, *, before: bool, after: bool) -> str:
    mine = _forms().get(letter, {})
    # A letter that never joins onwards has no medial form; its final form is the one.
    wanted = {
        (True, True): ("<medial>", "<final>"),
        (True, False): ("<final>",),
        (False, True): ("<initial>",),
        (False, False): (),
    }[before, after]
    return next((mine[position] for position in (*wanted, "<isolated>") if position in mine), letter)


def _joins(letter: str, side: str) -> bool:
    return letter == "\N{ARABIC TATWEEL}" or side in _forms().get(letter, {})


@cache
def _forms() -> dict[str, dict[str, str]]:
    forms: dict[str, dict[str, str]] = {}
    for code_point in _PRESENTATION_FORMS:
        position, *letters = unicodedata.decomposition(chr(code_point)).split() or ["", ""]
        if position in ("<initial>", "<medial>", "<final>", "<isolated>") and "0020" not in letters:
            letter = "".join(chr(int(hexadecimal, 16)) for hexadecimal in letters)
            forms.setdefault(letter, {})[position] = chr(code_point)
    return forms
