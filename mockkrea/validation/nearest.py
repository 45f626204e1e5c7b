"""Which of a field's legal values somebody probably meant: the nearest by what it means, else by spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite, log
from typing import NamedTuple, TypeGuard

from mockkrea.core.hints import nearest_word

# "16:9", "1920x1080"; "720p", "2K", "30fps", "5". Nine digits are enough for any size.
_RATIO = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*[:x/]\s*(\d{1,9}(?:\.\d{1,9})?)\s*", re.ASCII)
_QUANTITY = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]{0,9})\s*", re.ASCII | re.IGNORECASE)


class _Measure(NamedTuple):
    """A value that can be compared with those of one `kind`; equal distances look equally far."""

    kind: str
    value: float


def nearest_option(value: object, options: Sequence[object]) -> object | None:
    """The one of a field's legal values nearest to `value`; None where none is near.

    A ratio is near a ratio of about the same quotient, a number near a number, whatever they are
    spelled like; words are near words that are spelled alike.
    """
    texts = [option for option in options if isinstance(option, str)]
    if isinstance(value, str):
        same = next((text for text in texts if text.lower() == value.lower()), None)
        return same or _nearest_by_measure(value, texts) or nearest_word(value, texts)
    if not is_number(value):
        return None
    numbers = [option for option in options if is_number(option)]
    return min(numbers, key=lambda number: abs(number - value), default=None)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether this is a JSON number that can be compared with others."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _nearest_by_measure(text: str, texts: Sequence[str]) -> str | None:
    wanted = _measure(text)
    measures: Mapping[str, _Measure] = {each: found for each in texts if (found := _measure(each))}
    comparable = [each for each, measure in measures.items() if wanted and measure.kind == wanted.kind]
    if wanted is None or not comparable:
        return None
    return min(comparable, key=lambda each: abs(measures[each].value - wanted.value))


def _measure(text: str) -> _Measure | None:
    if ratio := _RATIO.fullmatch(text):
        wide, high = float(ratio[1]), float(ratio[2])
        return _Measure("ratio", log(wide / high)) if wide and high else None
    if quantity := _QUANTITY.fullmatch(text):
        return _Measure(quantity[2].lower(), float(quantity[1]))
    return None
