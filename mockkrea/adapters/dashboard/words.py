"""Facts as a person reads them: amounts, times, sizes, and JSON without secrets."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import orjson

from mockkrea.core.clock import DAY_US, SECOND_US, iso, iso_exact
from mockkrea.core.money import SMALLEST_PARTS, Unit

# Units of time, each with its microseconds, the largest first.
UNITS = (("d", DAY_US), ("h", 3_600 * SECOND_US), ("min", 60 * SECOND_US), ("s", SECOND_US))
# Below this, a span has a decimal.
FINE_US = 10 * SECOND_US
# Below this, the decimal says too little.
TINY_US = SECOND_US // 10
MILLI_US = 1_000

KILO = 1_000

# What a browser would choke on is cut; the whole of it is an answer of the control API.
JSON_SHOWN = 20_000

HIDDEN = "•••"
# Names of fields and parameters whose values let somebody in.
SECRETS = (
    "access_token",
    "refresh_token",
    "token",
    "code_verifier",
    "client_secret",
    "id_token",
    "csrf",
    "signature",
    "password",
)
# In a query or form `code` is an authorization code; in JSON it names an error.
SECRET_IN_TEXT = re.compile(rf"\b({'|'.join(SECRETS)}|code)=[^&\s\"]+", re.IGNORECASE)
SECRET_LOOK = re.compile(r"\b(oat|ort|oac)_[0-9a-zA-Z_]{8,}")


def money(unit: Unit, amount: int) -> str:
    """`$0.03`, `16.4 CU`; never rounded."""
    sign = "−" if amount < 0 else ""
    whole, part = divmod(abs(amount), SMALLEST_PARTS[unit])
    digits = f"{part:0{len(str(SMALLEST_PARTS[unit])) - 1}d}".rstrip("0")
    if unit is Unit.USD:
        return f"{sign}${whole:,}.{digits.ljust(2, '0')}"
    return f"{sign}{whole:,}{'.' + digits if digits else ''} CU"


def clock_time(at_us: int) -> str:
    """The time of day: `10:00:07`."""
    return iso(at_us)[11:19]


def moment(at_us: int, decimals: int = 0) -> str:
    """Day and time: `2026-11-22 10:00:07`, with 3 decimals `2026-11-22 10:00:07.004`."""
    return iso_exact(at_us)[: 20 + decimals].rstrip(".").replace("T", " ")


def decimals_between(*moments_us: int) -> int:
    """How many decimals it takes for different moments to read differently: 0, 3 or 6."""
    different = set(moments_us)
    steps_us = {0: SECOND_US, 3: MILLI_US, 6: 1}
    return next(
        decimals
        for decimals, step_us in steps_us.items()
        if len({each // step_us for each in different}) == len(different)
    )


def span(us: int) -> str:
    """How long, to two units: `4 ms`, `0.4 s`, `12 s`, `2 min 50 s`, `3 h`, `2 d 4 h`."""
    if 0 < us < TINY_US:
        return f"{us / MILLI_US:.3g} ms"
    if us < FINE_US:
        return f"{us / SECOND_US:.1f}".removesuffix(".0") + " s"
    for (large, large_us), (small, small_us) in pairwise(UNITS):
        wholes, rest = divmod(round(us / small_us) * small_us, large_us)
        if wholes:
            return f"{wholes} {large}" + (f" {rest // small_us} {small}" if rest else "")
    return f"{round(us / SECOND_US)} s"


def ago(at_us: int, now_us: int) -> str:
    """About how long ago that was, or in how long it will be, to one unit: `12 s ago`, `in 3 min`."""
    us = abs(now_us - at_us)
    words = next((f"{round(us / unit_us)} {name}" for name, unit_us in UNITS if us >= unit_us), span(us))
    return f"in {words}" if at_us > now_us else f"{words} ago"


def size(size_bytes: int) -> str:
    """`512 B`, `14.2 kB`, `1.3 MB`."""
    if size_bytes < KILO:
        return f"{size_bytes} B"
    if size_bytes < KILO**2:
        return f"{size_bytes / KILO:.1f} kB"
    return f"{size_bytes / KILO**2:.1f} MB"


def shown_json(value: object) -> str:
    """Any value of ours as indented JSON, secrets hidden and the end of a very long one left out."""
    return _cut(orjson.dumps(_redacted(value), option=orjson.OPT_INDENT_2, default=_plain).decode())


def json_line(value: object) -> str:
    """The same in one line, as it was written."""
    return json.dumps(value, ensure_ascii=False)


def shown_body(body: bytes) -> str:
    """A logged body: JSON indented, other texts as they are, secrets hidden; empty if it is no text."""
    try:
        return shown_json(orjson.loads(body))
    except (orjson.JSONDecodeError, TypeError):
        return _cut(redacted_text(body.decode("utf-8", "replace"))) if _is_text(body) else ""


def redacted_text(text: str) -> str:
    """A query, form or line without what would let somebody in."""
    return SECRET_LOOK.sub(rf"\1_{HIDDEN}", SECRET_IN_TEXT.sub(rf"\1={HIDDEN}", text))


def _is_text(body: bytes) -> bool:
    return b"\0" not in body


def _redacted(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {
            name: HIDDEN if name.lower() in SECRETS and isinstance(each, str) else _redacted(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    return redacted_text(value) if isinstance(value, str) else value


def _plain(value: object) -> object:
    return dict(value) if hasattr(value, "keys") else str(value)  # type: ignore[call-overload]


def _cut(text: str) -> str:
    if len(text) <= JSON_SHOWN:
        return text
    return f"{text[:JSON_SHOWN]}\n… {len(text) - JSON_SHOWN:,} characters more"
