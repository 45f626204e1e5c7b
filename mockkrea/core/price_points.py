"""A model's prices point by point, as Krea publishes them: an amount for each case of the input.

A rate is told out, for each duration and each number of references that the schema allows. The
amounts are those that `pricing.py` charges for such an input.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from mockkrea.core.catalogue import Figures, Model, Row
from mockkrea.core.fields import Schema
from mockkrea.core.money import Unit
from mockkrea.core.pricing import REFERENCE_FIELDS, Input, price_of

Where = Mapping[str, str]


class PricePoint(NamedTuple):
    """What a job costs on one meter, in its smallest parts, when its input has these values.

    `where` is dimension → value, written as in Krea's price tables. `is_per_second`: the schema does
    not say how long the output can be, and the amount is that of one second.
    """

    where: Where
    amount: int
    is_per_second: bool


def price_points(model: Model, unit: Unit) -> list[PricePoint]:
    """The prices on one meter, in the order of the table; where it has no table the other one's rows."""
    of_usd, of_cu = [figures.rows if figures else () for figures in (model.usd, model.compute_units)]
    if of_usd and (unit is Unit.USD or not of_cu):
        alone = [(row, replace(model, usd=Figures((row,)), compute_units=None)) for row in of_usd]
    else:
        alone = [(row, replace(model, usd=None, compute_units=Figures((row,)))) for row in of_cu]
    return [point for row, of_row in alone for point in _points(of_row, row, unit)]


def _points(model: Model, row: Row, unit: Unit) -> Iterator[PricePoint]:
    """The row told out; `model` has no other."""
    for duration, length in _durations(model, row):
        for references, count in _references(model, row):
            price = price_of(model, {**length, **count})
            amount = price.usd_micros if unit is Unit.USD else price.cu_thousandths
            where = {**row.where, **duration, **references}
            yield PricePoint(where, amount, _is_rate(row) and "duration" not in where)


def _durations(model: Model, row: Row) -> list[tuple[Where, Input]]:
    if not _is_rate(row):
        return [({}, {})]
    if "duration" in row.where:
        return [({}, {"duration": float(row.where["duration"])})]
    values = _values_of(model.input_schema["properties"].get("duration", {}))
    return [({"duration": f"{value:g}"}, {"duration": value}) for value in values] or [({}, {"duration": 1})]


def _references(model: Model, row: Row) -> list[tuple[Where, Input]]:
    if "per_reference" not in row.amounts:
        return [({}, {})]
    properties = model.input_schema["properties"]
    most = sum(properties.get(field, {}).get("maxItems", 0) for field in REFERENCE_FIELDS)
    counts = range(max(most, row.amounts.get("free_references", 0) + 1) + 1)
    return [({"referenceImageCount": str(count)}, {"image_urls": [""] * count}) for count in counts]


def _is_rate(row: Row) -> bool:
    return any(name.startswith("per_") and name.endswith("second") for name in row.amounts)


def _values_of(schema: Schema) -> list[int | float]:
    """The numbers that a field may have: those it lists, or the whole ones between its bounds."""
    if "enum" in schema:
        return [value for value in schema["enum"] if isinstance(value, int | float)]
    if "minimum" in schema and "maximum" in schema:
        return [*range(math.ceil(schema["minimum"]), math.floor(schema["maximum"]) + 1)]
    return []
