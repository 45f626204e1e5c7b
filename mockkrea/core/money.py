"""Amounts of either unit: whole numbers of its smallest part, and how people write them.

Never floats: 0.1 + 0.2 has to be 0.3.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum

from mockkrea.core.errors import InvalidChange


class Unit(StrEnum):
    """The two meters, never mixed: API tokens spend USD, OAuth sessions compute units (documented)."""

    USD = "usd"
    COMPUTE_UNITS = "compute_units"


# Micro-dollars, thousandths of a compute unit.
SMALLEST_PARTS = {Unit.USD: 1_000_000, Unit.COMPUTE_UNITS: 1_000}
UNIT_NAMES = {Unit.USD: "USD", Unit.COMPUTE_UNITS: "compute units"}

# Beyond this a JSON number loses its last digits in JavaScript clients.
AMOUNT_MAX = 2**53 - 1


def in_words(unit: Unit, amount: int) -> str:
    """An amount for people: `0.03 USD`, `16.4 compute units`."""
    whole, part = divmod(abs(amount), SMALLEST_PARTS[unit])
    digits = f"{part:0{len(str(SMALLEST_PARTS[unit])) - 1}d}".rstrip("0")
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}{'.' + digits if digits else ''} {UNIT_NAMES[unit]}"


def in_whole_units(unit: Unit, amount: int) -> int | float:
    """An amount as the JSON number a person would write: 0.007, 687."""
    whole, part = divmod(amount, SMALLEST_PARTS[unit])
    return amount / SMALLEST_PARTS[unit] if part else whole


def parts_of(unit: Unit, text: str) -> int:
    """A decimal number of whole units ("0.03") in the unit's smallest parts, exactly.

    Raises:
        InvalidChange: it is no number, or finer than the smallest part.
    """
    try:
        parts = Decimal(text) * SMALLEST_PARTS[unit]
    except InvalidOperation:
        raise InvalidChange(f"{text!r} is no amount of {UNIT_NAMES[unit]}; write one such as 12.5.") from None
    if not parts.is_finite() or abs(parts) > AMOUNT_MAX:
        raise InvalidChange(f"{text} {UNIT_NAMES[unit]} is beyond {in_words(unit, AMOUNT_MAX)}.")
    if parts != int(parts):
        finest = in_words(unit, 1)
        raise InvalidChange(f"{text} {UNIT_NAMES[unit]} is too fine; the smallest amount is {finest}.")
    return int(parts)
