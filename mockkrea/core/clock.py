"""Mock time: whole microseconds since 1970-01-01T00:00:00Z.

Nothing in `core` reads the real time. The real clock comes in as a function, of which only
differences count, so a test passes its own. Time goes forward only and ends with the year 9999,
the last one that an ISO date can name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache

from mockkrea.core.errors import InvalidChange
from mockkrea.core.hints import shortened

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
LATEST_US = 253_402_300_799 * SECOND_US  # 9999-12-31T23:59:59Z

# This and `DURATION` stand in JSON Schemas too, so they have no names for their groups.
RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,40}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

UNITS_US = {
    "ms": 1_000,
    "s": SECOND_US,
    "m": 60 * SECOND_US,
    "h": 3_600 * SECOND_US,
    "d": DAY_US,
}

DURATION = re.compile(rf"([0-9]{{1,12}}(?:\.[0-9]{{1,6}})?)({'|'.join(UNITS_US)})")

TOO_LONG = "longer than time itself"

_EPOCH = datetime(1970, 1, 1)


class Clock:
    """A clock that runs with the real one, stands still, or is moved by hand.

    Args:
        real_us: a real clock in microseconds; monotonic, its zero does not matter.
        at_us: what the mock clock shows now.
        frozen: whether it stands still until it is moved.
    """

    def __init__(self, real_us: Callable[[], int], *, at_us: int, frozen: bool = False) -> None:
        self._real_us = real_us
        self._frozen = frozen
        # When the real clock said `_real_base_us`, mock time was `_base_us`.
        self._base_us = at_us
        self._real_base_us = real_us()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen

    def now_us(self) -> int:
        """Mock time, never earlier than any answer before."""
        if self._frozen:
            return self._base_us
        now_us = self._base_us + self._real_us() - self._real_base_us
        return now_us if now_us < LATEST_US else LATEST_US

    def follow(self, at_us: int, *, frozen: bool) -> None:
        """Stand at `at_us`, or at the present where that is later, and go on running or stand still."""
        self._base_us = max(at_us, self.now_us())
        self._real_base_us = self._real_us()
        self._frozen = frozen


def later(at_us: int, by_us: int) -> int:
    """The moment `by_us` after `at_us`.

    Raises:
        InvalidChange: for a move into the past or past the year 9999.
    """
    if by_us < 0:
        raise InvalidChange(f"Mock time cannot go backwards; it shows {iso(at_us)}.")
    if at_us + by_us > LATEST_US:
        raise InvalidChange(f"Mock time ends at {iso(LATEST_US)}; it shows {iso(at_us)} now.")
    return at_us + by_us


def iso(at_us: int) -> str:
    """The moment as RFC 3339 in UTC with milliseconds: `2026-11-22T10:00:00.000Z`."""
    seconds, micros = divmod(at_us, SECOND_US)
    return f"{_whole_second(seconds)}.{micros // 1000:03}Z"


def iso_exact(at_us: int) -> str:
    """The same to the microsecond, from which `moment_of` reads the very moment."""
    seconds, micros = divmod(at_us, SECOND_US)
    return f"{_whole_second(seconds)}.{micros:06}Z"


def moment_of(text: str) -> int:
    """The moment that an RFC 3339 time names; digits beyond the microsecond are left out.

    Raises:
        ValueError: it is no such time, or lacks its zone.
    """
    match = RFC_3339.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        whole, digits, zone = match.groups(default="")
        moment = datetime.fromisoformat(whole.upper() + zone.upper())
    except ValueError:
        raise ValueError(f"{shortened(text)!r} is not a time such as 2026-11-22T10:00:00Z") from None
    whole_us = (moment - _EPOCH.replace(tzinfo=UTC)) // timedelta(microseconds=1)
    return whole_us + int(digits[:6].ljust(6, "0"))


def iso_date(at_us: int) -> str:
    """The day of the moment in UTC: `2026-11-22`."""
    return _whole_second(at_us // SECOND_US)[:10]


def day_of(date: str) -> int:
    """The day that an ISO date names, counted from the epoch.

    Raises:
        ValueError: it is no date such as 2026-11-22.
    """
    return moment_of(f"{date}T00:00:00Z") // DAY_US


# Most times of an answer, and of the answers around it, lie in the same few seconds.
@lru_cache(maxsize=1024)
def _whole_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()


def duration_of(text: str) -> int:
    """How many microseconds `2h`, `20s`, `1.5m` or `1500ms` are.

    Raises:
        ValueError: it is no duration, or longer than time itself.
    """
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{shortened(text)!r} is not a duration such as 2h, 20s or 1500ms")
    if (duration_us := _microseconds(*match.groups())) > LATEST_US:
        raise ValueError(f"{shortened(text)!r} is {TOO_LONG}")
    return duration_us


def mistake_in_duration(text: str) -> str:
    """What is wrong with a text that is no duration, as a clause; nothing if that cannot be told."""
    if DURATION.fullmatch(text):
        return TOO_LONG
    if text.startswith("-"):
        return "time does not go backwards"
    parts = DURATION.findall(squeezed := "".join(text.split()))
    if len(parts) > 1 and "".join(map("".join, parts)) == squeezed:
        smallest = min((unit for _, unit in parts), key=UNITS_US.__getitem__)
        total = Fraction(sum(_microseconds(*part) for part in parts), UNITS_US[smallest])
        return f"one number with one unit: {float(total):g}{smallest}"
    if DURATION.fullmatch(squeezed):
        return f"without a space: {squeezed}"
    if DURATION.fullmatch(f"{text}s"):
        return f"a unit is missing: {text}s?"
    return f"the units are {', '.join(UNITS_US)}" if text[:1].isdecimal() else ""


def _microseconds(number: str, unit: str) -> int:
    return int(Fraction(number) * UNITS_US[unit])
