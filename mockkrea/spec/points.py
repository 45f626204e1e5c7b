"""Prices and times as points, case of the input → amount, so that those of two sides can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from mockkrea.core.catalogue import Figures, Model
from mockkrea.core.clock import SECOND_US
from mockkrea.core.money import Unit
from mockkrea.core.price_points import price_points
from mockkrea.spec.figures import Stated

Case: TypeAlias = frozenset[tuple[str, str]]
"""The values of the dimensions, such as ("duration", "5")."""

Points: TypeAlias = Mapping[Case, tuple[int, bool]]
"""The amount in the unit's smallest parts, and whether it is that of one second."""


def points_of_model(model: Model, unit: Unit) -> Points:
    """What the catalogue's model costs on one meter, as `/openapi.json` would publish it."""
    return {
        frozenset(point.where.items()): (point.amount, point.is_per_second)
        for point in price_points(model, unit)
    }


def stated_points(stated: Stated, unit: Unit) -> Points | None:
    """What a document says of one meter; None where it says nothing."""
    figures = stated.usd if unit is Unit.USD else stated.compute_units
    return None if figures is None else _points(figures)


def agrees(model: Model, stated: Stated) -> bool:
    """Whether the catalogue charges what the document states, on each meter that it speaks of."""
    points = {unit: stated_points(stated, unit) for unit in Unit}
    return all(points[unit] in (None, points_of_model(model, unit)) for unit in Unit)


def times_of(figures: Figures) -> Mapping[Case, float | str]:
    """Seconds by the case of the input, a number or a range; of no case in particular if all are alike."""
    times = {frozenset(row.where.items()): _time(row.amounts) for row in figures.rows}
    return times if len(set(times.values())) > 1 else {frozenset(): next(iter(times.values()))}


def _time(amounts: Mapping[str, int]) -> float | str:
    if "flat" in amounts:
        return amounts["flat"] / SECOND_US
    return f"{amounts['shortest'] / SECOND_US:g} to {amounts['longest'] / SECOND_US:g}"


def _points(figures: Figures) -> Points:
    return {
        frozenset(row.where.items()): (amount, name == "per_second")
        for row in figures.rows
        for name, amount in row.amounts.items()
    }
