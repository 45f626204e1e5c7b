"""A figure: what was measured, beside what, and what was hoped for."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal


class NotMeasurable(Exception):
    """Something cannot be measured here and now; the message says why."""


@dataclass(frozen=True, slots=True)
class Goal:
    """At least, or at most, a number: of the ratio to the reference or of the figure itself."""

    sign: Literal["≥", "≤"]
    value: float
    of_ratio: bool = False

    def is_met(self, number: float) -> bool:
        """Whether a number reaches the goal."""
        return number >= self.value if self.sign == "≥" else number <= self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    ours, theirs: one number per round, the reference's of the same round at the same place.
        `theirs` is empty where there is no reference.
    more: what was seen besides, by name; only the JSON shows it.
    """

    name: str
    unit: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...] = ()
    goal: Goal | None = None
    more: dict[str, object] | None = None

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours to the reference's, round by round; none without a reference."""
        if not self.theirs:
            return ()
        return tuple(mine / other for mine, other in zip(self.ours, self.theirs, strict=True))

    @property
    def is_met(self) -> bool | None:
        """Whether the medians reach the goal; None without a goal."""
        if self.goal is None:
            return None
        return self.goal.is_met(median(self.ratios if self.goal.of_ratio else self.ours))

    def as_data(self) -> dict[str, object]:
        """The figure as plain JSON."""
        return {
            "name": self.name,
            "unit": self.unit,
            "mockkrea": self.ours,
            "reference": self.theirs,
            "ratios": self.ratios,
            "goal": None if self.goal is None else f"{self.goal.sign} {self.goal.value:g}",
            "goal_of": None if self.goal is None else "ratio" if self.goal.of_ratio else "mockkrea",
            "met": self.is_met,
            **(self.more or {}),
        }


HEADINGS = ("", "goal", "", "mockkrea", "reference", "ratio", "min to max")


def table(figures: list[Figure]) -> str:
    """The figures for a person: medians, and the spread of whatever the goal is about."""
    rows = [HEADINGS, *map(_row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in cells)
        for cells in (enumerate(zip(row, widths, strict=True)) for row in rows)
    )


def _row(figure: Figure) -> tuple[str, ...]:
    by_ratio = figure.goal.of_ratio if figure.goal else bool(figure.theirs)
    spread = figure.ratios if by_ratio else figure.ours
    return (
        figure.name,
        _goal(figure),
        {True: "met", False: "MISSED", None: ""}[figure.is_met],
        f"{_shown(median(figure.ours))} {figure.unit}",
        f"{_shown(median(figure.theirs))} {figure.unit}" if figure.theirs else "",
        f"{median(figure.ratios):.2f}" if figure.theirs else "",
        f"{_shown(min(spread))} to {_shown(max(spread))}",
    )


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    unit = "of it" if figure.goal.of_ratio else figure.unit
    return f"{figure.goal.sign} {figure.goal.value:g} {unit}"


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
