"""Defaults and canonical values of a body that fits its schema, at every depth.

A filled value shares no list or object with what came in. Whole numbers written as 7.0 become 7.
Keys that a nested object does not name pass validation and are left out here (ASSUMED).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mockkrea.core.fields import Schema, tag_of

Fill: TypeAlias = Callable[[object], object]

_WHOLE_MAX = 2**53  # beyond it a float no longer says which whole number was meant
_ABSENT = object()


def fill_of(schema: Schema) -> Fill:
    """The function that fills a value of this schema."""
    return _special_fill(schema) or _unchanged


def _special_fill(schema: Schema) -> Fill | None:
    """The fill of a schema whose values may need one, None for text and truth values."""
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if "oneOf" in schema:
        return _forms_fill(schema["oneOf"])
    if kind == "object":
        return _record_fill(schema) if "properties" in schema else None
    if kind == "array":
        return _list_fill(schema)
    return _whole if kind in ("number", "integer") else None


def _record_fill(schema: Schema) -> Fill:
    parts = schema["properties"].items()
    # Tuples of name, default and fill: this loop is the hot path of every generation.
    fields = [(name, part.get("default", _ABSENT), _special_fill(part)) for name, part in parts]

    def fill(value: object) -> object:
        if not isinstance(value, dict):
            return value
        filled: dict[str, object] = {}
        for name, default, fill_field in fields:
            if name in value:
                filled[name] = value[name] if fill_field is None else fill_field(value[name])
            elif default is not _ABSENT:
                filled[name] = [] if default == [] else default
        return filled

    return fill


def _list_fill(schema: Schema) -> Fill:
    fill_item = fill_of(schema["items"])
    return lambda value: [fill_item(item) for item in value] if isinstance(value, list) else value


def _forms_fill(forms: list[Schema]) -> Fill:
    tag = tag_of(forms)
    fill_by_word = {word: _record_fill(form) for form in forms for word in form["properties"][tag]["enum"]}
    return lambda value: fill_by_word[value[tag]](value) if isinstance(value, dict) else value


def _whole(value: object) -> object:
    if type(value) is float and value.is_integer() and abs(value) <= _WHOLE_MAX:
        return int(value)
    return value


def _unchanged(value: object) -> object:
    return value
