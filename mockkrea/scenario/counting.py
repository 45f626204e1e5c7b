"""How many of something there must be, and of which statuses: what expectations and questions share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockkrea.core.errors import Finding
from mockkrea.core.hints import shown
from mockkrea.scenario.shapes import Findings, Schema, Shape, Table, must
from mockkrea.scenario.source import Path
from mockkrea.verification import STATUS

EXACT = ("times", "count", "none", "in_order")
BOUNDS = ("at_least", "at_most")


@dataclass(frozen=True, slots=True)
class StatusOrKind:
    """An HTTP status, or several such as "4xx"."""

    def read(self, value: object, path: Path, findings: Findings) -> int | str | None:
        is_status = isinstance(value, int | str) and not isinstance(value, bool)
        if not is_status or not re.fullmatch(STATUS, str(value)):
            findings.append(
                must(path, f"be a status such as 404, or 40x or 4xx for several; it is {shown(value)}.")
            )
            return None
        assert isinstance(value, int | str), "nothing else was taken"
        return int(value) if str(value).isdigit() else value

    def schema(self) -> Schema:
        pattern = f"^{STATUS}$"
        return {
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": pattern},
            ]
        }


@dataclass(frozen=True, slots=True)
class Either:
    """A table, or one with the same keys that is wider, for those values that ask for it."""

    narrow: Table
    wide: Table
    is_wide: Callable[[Mapping[str, object]], bool]

    def read(self, value: object, path: Path, findings: Findings) -> dict[str, Any]:
        is_wide = isinstance(value, Mapping) and self.is_wide(value)
        return (self.wide if is_wide else self.narrow).read(value, path, findings)

    def schema(self) -> Schema:
        return self.wide.schema()


@dataclass(frozen=True, slots=True)
class Counted:
    """A table whose bounds, if it has both, leave a number between them."""

    table: Shape

    def read(self, value: object, path: Path, findings: Findings) -> dict[str, Any]:
        facts: dict[str, Any] = self.table.read(value, path, findings)
        least, most = (facts.get(bound) for bound in BOUNDS)
        if least is not None and most is not None and least > most:
            message = f"at_least must be at most at_most, which is {most:,}; it is {least:,}."
            findings.append(Finding((*path, "at_least"), message))
        return facts

    def schema(self) -> Schema:
        return self.table.schema()


def alone(keys: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    """What cannot stand beside each other in a table with these keys: both bounds can.

    An order has its matchers inside.
    """
    exact = tuple(key for key in EXACT if key in keys)
    inside = [key for key in keys if key not in (*EXACT, *BOUNDS)] if "in_order" in keys else []
    beside = [(bound, key) for bound in BOUNDS for key in exact]
    return (exact, *beside, *((key, "in_order") for key in inside))
