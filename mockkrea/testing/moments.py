"""Times as tests write them and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from mockkrea.core.clock import SECOND_US, duration_of
from mockkrea.core.errors import InvalidChange

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds_of(duration: str | float | timedelta) -> int:
    """How many microseconds "2h", 7200 (seconds) or a timedelta are.

    Raises:
        InvalidChange: it is no duration.
    """
    if isinstance(duration, timedelta):
        return duration // timedelta(microseconds=1)
    try:
        return duration_of(duration) if isinstance(duration, str) else round(Fraction(duration) * SECOND_US)
    except (ValueError, OverflowError) as reason:
        raise InvalidChange(f"{reason}; a number is seconds.") from None


def moment(at_us: int) -> datetime:
    """The time in UTC, to the microsecond."""
    return _EPOCH + timedelta(microseconds=at_us)


def at_us_of(at: datetime) -> int:
    """The time in microseconds since 1970.

    Raises:
        InvalidChange: it does not say in which zone.
    """
    if at.tzinfo is None:
        raise InvalidChange(f"{at} has no time zone; write datetime(…, tzinfo=UTC).")
    return (at - _EPOCH) // timedelta(microseconds=1)
