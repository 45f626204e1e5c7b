"""What a request body has to fit, whatever it asks for: a generation, a training, a node app.

`catalogue.Model` is such a form with a price and more; `PlainInputSpec` is one and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mockkrea.core.fields import FieldLanguage, Schema

RENAMED_UNTIL = "2026-06-19"  # one date for all old field names (documented)


class InputSpec(Protocol):
    """What validation has to know; `catalogue.Model` says what each part means."""

    @property
    def short_name(self) -> str:
        """What a refusal calls it."""

    @property
    def input_schema(self) -> Schema:
        """JSON Schema 2020-12 of the body; unknown keys are refused."""

    @property
    def renamed(self) -> Mapping[str, str]:
        """Old field name → field."""

    @property
    def renamed_until(self) -> str:
        """ISO date from which the old names are refused."""

    @property
    def multiple_of(self) -> int:
        """Width and height must be multiples of this."""

    @property
    def not_both(self) -> tuple[str, ...]:
        """Fields of which a body may hold one at most."""


# Compiled validators are kept by form and go with it: so forms can be hashed and weakly referred to.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class PlainInputSpec:
    """A form of its own. Two are equal when they are the same object."""

    short_name: str
    input_schema: Schema
    renamed: Mapping[str, str] = field(default_factory=dict)
    renamed_until: str = RENAMED_UNTIL
    multiple_of: int = 1
    not_both: tuple[str, ...] = ()

    @classmethod
    def read(cls, short_name: str, fields: Mapping[str, object], language: FieldLanguage) -> PlainInputSpec:
        """The form with these fields, in the notation of `fields.py`."""
        return cls(
            short_name=short_name, input_schema=language.record(fields) | {"additionalProperties": False}
        )
