"""Names that a test misspelt."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mockkrea.core.errors import InvalidChange
from mockkrea.validation.nearest import nearest_word


def check_names(names: Iterable[str], known: Collection[str], *, what: str) -> None:
    """Raise unless every name is a known one.

    Raises:
        InvalidChange: one is not; says the nearest.
    """
    __tracebackhide__ = True
    for name in names:
        if name not in known:
            near = nearest_word(name, known)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}."
            raise InvalidChange(f"{name[:60]} is no {what}, {hint}")
