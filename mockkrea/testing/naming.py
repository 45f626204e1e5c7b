"""Names that a test misspelt."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mockkrea.core.errors import InvalidChange
from mockkrea.core.hints import hint, shortened


def check_names(names: Iterable[str], known: Collection[str], *, what: str) -> None:
    """Raise unless every name is a known one.

    Raises:
        InvalidChange: one is not; says the nearest.
    """
    __tracebackhide__ = True
    for name in names:
        if name not in known:
            raise InvalidChange(f"Unknown {what} {shortened(name)}.{hint(name, known)}")
