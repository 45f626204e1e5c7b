"""Prices and times as a document of Krea's gives them.

US dollars stand in `x-krea-pricing` (shape: as clients read it), compute units and average times in a table
of the description (documented: the documents of May 2026). Figures whose dimensions are not those of
`core/pricing.py` are not understood: then it is as if the document said nothing of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from mockkrea.core.catalogue import Figures, Row
from mockkrea.core.money import AMOUNT_MAX, SMALLEST_PARTS, Unit
from mockkrea.core.pricing import DIMENSIONS

UNITS = "computeunits"
UNITS_PER_SECOND = "computeunitseachsecond"
TIME = "averagecompletiontime"

# Columns of Krea's tables that are not called as in `x-krea-pricing`.
DIMENSION_OF_COLUMN = {name.lower(): name for name in DIMENSIONS} | {
    "audio": "generateAudio",
    "characterreference": "hasCharacterRefs",
    "lora": "hasLora",
    "referenceimages": "referenceImageCount",
    "videoreference": "hasVideoReference",
}
WORDS = {"Yes": "true", "No": "false"}

_NUMBER = r"\d{1,9}(?:\.\d{1,6})?"
_SECONDS = re.compile(rf"(?P<low>{_NUMBER})s")
_DURATION = re.compile(rf"~?\s*(?P<low>{_NUMBER})(?: to (?P<high>{_NUMBER}))? seconds?")
_AMOUNT = re.compile(rf"~?\s*(?P<amount>{_NUMBER})")

Cells = Mapping[str, str]


class Stated(NamedTuple):
    """What a document says of a model's figures; None where it is silent, or not understood."""

    usd: Figures | None
    compute_units: Figures | None
    seconds: Figures | None


def stated_figures(pricing: object, description: str) -> Stated:
    """The figures of one operation: its `x-krea-pricing`, and the table of its description."""
    table = list(_table(description))
    return Stated(_usd(pricing), _compute_units(table), _seconds(table))


def without_table(description: str) -> str:
    """The description without its table and its notes on old names."""
    kept = [line for line in description.splitlines() if not line.lstrip().startswith(("|", ">"))]
    return "\n".join(kept).strip()


def _usd(pricing: object) -> Figures | None:
    match pricing:
        case {"currency": "USD", "unit": str() as unit, "price_points": [*points]}:
            name = "per_second" if unit == "second" else "flat"
        case _:
            return None
    rows = []
    for point in points:
        match point:
            case {"amount": int() | float() as price, "dimensions": dict() as where} if price >= 0:
                amount = _scaled(str(price), Unit.USD)
            case _:
                return None
        if amount is None:
            return None
        rows.append(Row({str(key): _text(value) for key, value in where.items()}, {name: amount}))
    return _figures(rows)


def _text(value: object) -> str:
    """A dimension's value as the catalogue's tables write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _table(description: str) -> Iterator[Cells]:
    """The rows of the first table with compute units: column → cell, both in the catalogue's words."""
    lines = [line.strip() for line in description.splitlines()]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    if not rows:
        return
    columns = [re.sub(r"\W", "", title).lower() for title in rows[0]]
    names = [DIMENSION_OF_COLUMN.get(column, column) for column in columns]
    for cells in rows[1:]:
        if len(cells) == len(names) and not all(set(cell) <= set("-: ") and len(cell) > 2 for cell in cells):
            yield {name: _cell(cell) for name, cell in zip(names, cells, strict=True)}


def _cell(text: str) -> str:
    seconds = _SECONDS.fullmatch(text)
    return f"{float(seconds['low']):g}" if seconds else WORDS.get(text, text)


def _compute_units(table: Sequence[Cells]) -> Figures | None:
    for column, name in ((UNITS, "flat"), (UNITS_PER_SECOND, "per_second")):
        if table and column in table[0]:
            amounts = [_AMOUNT.fullmatch(cells[column].replace(",", "")) for cells in table]
            rows = [
                Row(_where(cells), {name: scaled})
                for cells, amount in zip(table, amounts, strict=True)
                if amount and (scaled := _scaled(amount["amount"], Unit.COMPUTE_UNITS)) is not None
            ]
            approximate = any("~" in cells[column] for cells in table)
            return _figures(rows, approximate=approximate) if len(rows) == len(table) else None
    return None


def _seconds(table: Sequence[Cells]) -> Figures | None:
    rows = []
    for cells in table:
        duration = _DURATION.fullmatch(cells.get(TIME, ""))
        if duration is None:
            return None
        low, high = (int(Decimal(duration[end] or 0).scaleb(6)) for end in ("low", "high"))
        rows.append(Row(_where(cells), {"shortest": low, "longest": high} if high else {"flat": low}))
    if rows and all(row.amounts == rows[0].amounts for row in rows):
        rows = [Row({}, rows[0].amounts)]
    return _figures(rows)


def _where(cells: Cells) -> Cells:
    return {name: cell for name, cell in cells.items() if name not in (UNITS, UNITS_PER_SECOND, TIME)}


def _figures(rows: list[Row], *, approximate: bool = False) -> Figures | None:
    """The rows without the dimensions that say nothing; None if the rest cannot be understood."""
    names = {name for row in rows for name in row.where}
    telling = {name for name in names if len({row.where.get(name) for row in rows}) > 1}
    telling |= names & DIMENSIONS.keys() - {name for name in names if rows[0].where.get(name) == "-"}
    if not rows or not telling <= DIMENSIONS.keys() or any(not telling <= row.where.keys() for row in rows):
        return None
    kept = [
        Row({name: row.where[name] for name in row.where if name in telling}, row.amounts) for row in rows
    ]
    return Figures(tuple(kept), approximate)


def _scaled(text: str, unit: Unit) -> int | None:
    """An amount in its smallest parts, rounded; None for what is none, or far too much."""
    try:
        amount = Decimal(text) * SMALLEST_PARTS[unit]
    except InvalidOperation:
        return None
    return round(amount) if amount <= AMOUNT_MAX else None
