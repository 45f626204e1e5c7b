"""What Krea published about prices and durations, apart from our catalogue: `core/published_figures.csv`.

The table was taken from Krea's pages and OpenAPI files (the catalogue's `source` lines say which),
not from our files: a case a line, `when` in the names of Krea's price tables, amounts of one job.
A line may hold the figures of one meter only.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockkrea.core.catalogue import Model
from tests.bodies import NIL_UUID, URL

FILE = Path(__file__).parent / "core" / "published_figures.csv"

STYLE_REFERENCE = {"image_style_references": [{"url": URL}]}
MOODBOARD = {"moodboards": [{"id": NIL_UUID}]}

# Values of dimensions that follow from something else in the input; any other value needs nothing.
INPUTS: Mapping[tuple[str, str], dict[str, Any]] = {
    ("k2BillingTier", "srefs"): STYLE_REFERENCE,
    ("k2BillingTier", "moodboards"): MOODBOARD,
    ("resolutionTier", "1.5k"): {"width": 1536, "height": 1024},
    ("resolutionTier", "2k"): {"width": 1024, "height": 2048},
    ("hasCharacterRefs", "true"): {"character_reference_images": [URL]},
    ("hasLora", "true"): {"styles": [{"id": "a", "strength": 1}]},
}
PLAIN: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "resolution": lambda value: {"resolution": value},
    "mode": lambda value: {"mode": value},
    "quality": lambda value: {"quality": value},
    "duration": lambda value: {"duration": float(value)},
    "generateAudio": lambda value: {"generate_audio": value == "true"},
}


@dataclass(frozen=True, slots=True)
class Case:
    """One job of a model. Amounts as Krea writes them; "" is unknown, seconds may be "30..40"."""

    model: str
    when: str
    usd: str
    compute_units: str
    seconds: str

    def __str__(self) -> str:
        return f"{self.model} {self.when}".rstrip()


def published() -> list[Case]:
    """All cases of the table."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return [Case(**row) for row in csv.DictReader(lines)]


def input_when(model: Model, when: Mapping[str, str]) -> dict[str, Any]:
    """What a job's input has when these dimensions of Krea's price tables have these values."""
    input: dict[str, Any] = {}
    for dimension, value in when.items():
        input |= _input_of(model, dimension, value)
    return input


def _input_of(model: Model, dimension: str, value: str) -> dict[str, Any]:
    fields = model.input_schema["properties"]
    if dimension == "referenceImageCount":
        [field] = fields.keys() & {"style_images", "image_urls", "reference_images"}
        return {field: [URL] * int(value)}
    if dimension == "hasVideoReference" and value == "true":
        tagged = {"video_reference": {"url": URL, "tag": "abc"}}
        return tagged if "video_reference" in fields else {"reference_videos": [URL]}
    return PLAIN[dimension](value) if dimension in PLAIN else INPUTS.get((dimension, value), {})
