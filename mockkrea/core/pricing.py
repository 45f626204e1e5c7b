"""What a job costs and how long it takes, from the rows of its model's figures.

Two meters, never mixed: US dollars for API tokens, compute units for MCP sessions. Krea publishes
one or both; the other follows at 11 USD for 6,000 units (the mark-up of the pages of May 2026).
All amounts are integers: micro-dollars, thousandths of a unit, microseconds.

A row holds when the input has all its values. For an input between the rows (ASSUMED): of the rows
that agree in the most dimensions the one nearest in its numbers, and of equally near ones the dearest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from mockkrea.core.assets import MediaInput
from mockkrea.core.catalogue import Figures, Model, Row
from mockkrea.core.clock import SECOND_US

Input = Mapping[str, object]

ASSUMED_DURATION_S = 5  # ASSUMED: the length of a medium that cannot be measured, or is not asked for

USD_STEP_MICROS = 100  # a derived price is rounded half up to 0.0001 USD …
CU_STEP_THOUSANDTHS = 100  # … or to 0.1 units

# Amounts of a price row, and what one of them is for.
PER = {
    "flat": (),
    "per_second": ("each second",),
    "per_billable_second": ("each second of output and reference video",),
    "per_reference": ("each reference",),
}


# The lists of pictures that count as references.
REFERENCE_FIELDS = ("image_urls", "reference_images", "style_images")

# The video that a model makes another from, which then is as long (ASSUMED).
SOURCES = ("video_url", "init_video", "edit_video")


class Price(NamedTuple):
    """What one job costs on either meter."""

    usd_micros: int
    cu_thousandths: int


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """One row of a price list: when it holds, in words ("" is always); None where a meter lists none.

    `per` is what the amount is for: "flat" the whole job, "per_second" a second of it, and so on.
    """

    when: str
    per: str
    usd_micros: int | None
    cu_thousandths: int | None


def price_of(model: Model, input: Input) -> Price:
    """The price of a job with this normalised input."""
    usd = None if model.usd is None else _amount(model.usd, input)
    cu = None if model.compute_units is None else _amount(model.compute_units, input)
    return _price(usd, cu)


def measured(input: Input, media: Iterable[MediaInput]) -> Input:
    """The input with what its media tell, in the fields in which a client could tell it: what Krea's tables
    ask for. What the client tells itself stays (ASSUMED).
    """
    seconds = {each.pointer: each.duration_us / SECOND_US for each in media if each.duration_us is not None}
    told: dict[str, object] = {}
    made_from = next((seconds[f"/{field}"] for field in SOURCES if f"/{field}" in seconds), None)
    if made_from is not None and "duration" not in input:
        told["duration"] = made_from
    if (count := _count(input, "reference_videos")) and "reference_video_seconds" not in input:
        lengths = [seconds.get(f"/reference_videos/{place}", ASSUMED_DURATION_S) for place in range(count)]
        told["reference_video_seconds"] = sum(lengths)
    return {**input, **told}


def price_in_units(cu_thousandths: int) -> Price:
    """The price of what has one in compute units alone."""
    return _price(None, cu_thousandths)


def range_us(text: str) -> tuple[int, int]:
    """A range of seconds, "900..2700", as the shortest and the longest duration."""
    shortest, longest = text.split("..")
    return int(shortest) * SECOND_US, int(longest) * SECOND_US


def price_list(model: Model) -> list[ListedPrice]:
    """What the model's tables of both meters say, row by row; a meter without a table is derived."""
    usd, cu = _listed(model.usd), _listed(model.compute_units)
    assert usd or cu, f"{model.id} has no price"
    usd = usd or {held: _price(None, amount).usd_micros for held, amount in cu.items()}
    cu = cu or {held: _price(amount, None).cu_thousandths for held, amount in usd.items()}
    return [ListedPrice(*held, usd.get(held), cu.get(held)) for held in dict.fromkeys([*usd, *cu])]


def duration_range_us(model: Model, input: Input) -> tuple[int, int]:
    """The shortest and the longest a whole job may take, in microseconds.

    Krea publishes averages; a job stays within a tenth of them (ASSUMED).
    """
    amounts = _row_for(model.seconds, input).amounts
    if "flat" in amounts:
        return _about(amounts["flat"])
    return amounts["shortest"], amounts["longest"]


# The jobs of a model share one range: a world keeps tens of thousands of them.
@lru_cache(maxsize=1024)
def _about(duration_us: int) -> tuple[int, int]:
    return duration_us * 9 // 10, duration_us * 11 // 10


@lru_cache(maxsize=4096)
def _price(usd_micros: int | None, cu_thousandths: int | None) -> Price:
    if usd_micros is None:
        assert cu_thousandths is not None, "a model has at least one price"
        usd_micros = _rounded(cu_thousandths * 11, 6, USD_STEP_MICROS)
    if cu_thousandths is None:
        cu_thousandths = _rounded(usd_micros * 6, 11, CU_STEP_THOUSANDTHS)
    return Price(usd_micros, cu_thousandths)


def _listed(figures: Figures | None) -> dict[tuple[str, str], int]:
    return {
        (_when(row, per), per): amount
        for row in (figures.rows if figures else ())
        for per, amount in row.amounts.items()
        if per in PER
    }


def _when(row: Row, per: str) -> str:
    free = row.amounts.get("free_references") if per == "per_reference" else None
    words = [f"{word} beyond {free}" if free else word for word in PER[per]]
    return ", ".join([*(f"{dimension} {value}" for dimension, value in row.where.items()), *words])


def _billing_tier(input: Input) -> str:
    if _count(input, "moodboards"):
        return "moodboards"  # the dearer one wins when there are style references as well (documented)
    return "srefs" if _count(input, "image_style_references") else "text-to-image"


def _resolution_tier(input: Input) -> str:
    """ASSUMED: the longer side decides, and 1.5k reaches to 1,536 pixels."""
    return "1.5k" if max(_number(input, "width"), _number(input, "height")) <= 1536 else "2k"


def _reference_count(input: Input) -> int:
    return sum(_count(input, field) for field in REFERENCE_FIELDS)


def _duration_s(input: Input) -> int | float:
    return _number(input, "duration") or ASSUMED_DURATION_S


def _billable_s(input: Input) -> int | float:
    """ASSUMED: the output and the reference videos, which are as long together as the client says."""
    if "reference_video_seconds" in input:
        return _duration_s(input) + _number(input, "reference_video_seconds")
    return _duration_s(input) + ASSUMED_DURATION_S * _count(input, "reference_videos")


# Dimension, as Krea's price tables name it → the input's value, as the tables write it.
DIMENSIONS: Mapping[str, Callable[[Input], str]] = {
    "k2BillingTier": _billing_tier,
    "resolution": lambda input: str(input.get("resolution", "")),
    "resolutionTier": _resolution_tier,
    "mode": lambda input: str(input.get("mode", "")),
    "quality": lambda input: str(input.get("quality", "")),
    "duration": lambda input: f"{_duration_s(input):g}",
    "generateAudio": lambda input: _yes(input.get("generate_audio") is True),
    "billableSeconds": lambda input: f"{_billable_s(input):g}",
    "hasVideoReference": lambda input: _yes("video_reference" in input or _count(input, "reference_videos")),
    "hasCharacterRefs": lambda input: _yes(_count(input, "character_reference_images")),
    "hasLora": lambda input: _yes(_count(input, "styles")),
    "referenceImageCount": lambda input: str(_reference_count(input)),
}


def _amount(figures: Figures, input: Input) -> int:
    return _charge(_row_for(figures, input), input)


def _charge(row: Row, input: Input) -> int:
    amounts = row.amounts
    total = amounts.get("flat", 0)
    if "per_second" in amounts:
        total += _for_seconds(amounts["per_second"], _duration_s(input))
    if "per_billable_second" in amounts:
        total += _for_seconds(amounts["per_billable_second"], _billable_s(input))
    if "per_reference" in amounts:
        paid_references = max(0, _reference_count(input) - amounts.get("free_references", 0))
        total += amounts["per_reference"] * paid_references
    return total


def _for_seconds(rate: int, seconds: float) -> int:
    return _rounded(rate * int(Decimal(str(seconds)) * SECOND_US), SECOND_US, 1)


def _row_for(figures: Figures, input: Input) -> Row:
    if len(figures.rows) == 1:
        return figures.rows[0]
    asked = {dimension: DIMENSIONS[dimension](input) for dimension in figures.rows[0].where}
    for row in figures.rows:
        if row.where == asked:
            return row
    return max(figures.rows, key=lambda row: (*_closeness(row, asked), _charge(row, input)))


def _closeness(row: Row, asked: Mapping[str, str]) -> tuple[int, float]:
    agreeing = sum(row.where[dimension] == value for dimension, value in asked.items())
    distance = sum(abs(_as_number(row.where[name]) - _as_number(value)) for name, value in asked.items())
    return agreeing, -distance


def _rounded(numerator: int, denominator: int, step: int) -> int:
    """numerator / denominator to a multiple of `step`, half up; both are not negative."""
    unit = denominator * step
    return (2 * numerator + unit) // (2 * unit) * step


def _count(input: Input, field: str) -> int:
    value = input.get(field)
    return len(value) if isinstance(value, list) else 0


def _number(input: Input, field: str) -> int | float:
    value = input.get(field)
    return value if isinstance(value, int | float) else 0


def _as_number(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdecimal() else 0.0


def _yes(value: object) -> str:
    return "true" if value else "false"
