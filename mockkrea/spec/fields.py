"""The fields of a request body as flat facts: `styles[].strength` has a type, bounds, a default.

The forms of an object are told apart by the word that says which is meant: `camera_control(simple).config`.
That a text ends somewhere although nothing says so is our own rule, and no fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from mockkrea.core.fields import TEXT_LENGTH_MAX, NotationError, Schema, tag_of

Facts: TypeAlias = dict[str, Any]
"""Of one field: "type", "required", "deprecated", "bounds" by JSON Schema's words, "options", "default"."""

BOUNDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
)


def fields_of(schema: Schema) -> dict[str, Facts]:
    """The fields of an object at every depth, by their paths."""
    return dict(_fields(schema, ""))


def _fields(schema: Schema, before: str) -> Iterator[tuple[str, Facts]]:
    required = frozenset(schema.get("required", ()))
    for name, part in schema.get("properties", {}).items():
        path = before + name
        yield path, _facts(part) | ({"required": True} if name in required else {})
        yield from _parts(part, path)


def _parts(schema: Schema, path: str) -> Iterator[tuple[str, Facts]]:
    """What a field is made of."""
    yield from _fields(schema, f"{path}.")
    if "items" in schema:
        yield f"{path}[]", _facts(schema["items"])
        yield from _parts(schema["items"], f"{path}[]")
    if schema.get("format") == "uri":
        return
    forms = schema.get("oneOf") or schema.get("anyOf") or []
    for form, label in zip(forms, _labels(forms), strict=True):
        yield f"{path}({label})", _facts(form)
        yield from _parts(form, f"{path}({label})")


def _labels(forms: list[Schema]) -> list[str]:
    try:
        tag = tag_of(forms)
    except (NotationError, IndexError):
        return [str(number) for number, _ in enumerate(forms, 1)]
    return ["|".join(map(str, form["properties"][tag]["enum"])) for form in forms]


def _facts(schema: Schema) -> Facts:
    bounds = {word: schema[word] for word in BOUNDS if word in schema}
    if bounds.get("maxLength") == TEXT_LENGTH_MAX:
        del bounds["maxLength"]
    if schema.get("format") == "uri":
        bounds |= {word: form[word] for form in schema["anyOf"] for word in ("maxLength",) if word in form}
    kinds = schema.get("type", "one of several")
    facts: Facts = {"type": " or ".join(sorted(kinds)) if isinstance(kinds, list) else kinds}
    if "format" in schema:
        facts["type"] += f" ({schema['format']})"
    if bounds:
        facts["bounds"] = bounds
    if schema.get("deprecated") is True:
        facts["deprecated"] = True
    if "enum" in schema:
        facts["options"] = schema["enum"]
    if "default" in schema:
        facts["default"] = schema["default"]
    return facts
