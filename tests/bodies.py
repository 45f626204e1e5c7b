"""Request bodies made from a JSON Schema: the smallest, the largest, any that fits, and broken ones."""

from __future__ import annotations

from random import Random
from typing import Any

from mockkrea.core.catalogue import Model
from mockkrea.core.fields import Schema

URL = "https://example.com/a.png"
NIL_UUID = "00000000-0000-0000-0000-000000000000"

# Text for the patterns that the catalogue has, all of them for tags.
TAG = "abc"

# What fits nowhere, or nearly nowhere. Data URIs and other schemes are not among them: there our
# schemas differ from Krea's on purpose.
STRANGERS: list[object] = [None, True, "", "nope", -(10**9), 10**9, 7.5, [], {}, ["nope"], {"id": "nope"}]


def smallest(schema: Schema) -> Any:  # noqa: ANN401 - JSON
    """A value that has what the schema requires, each part at its lower end, and nothing else."""
    if options := _options(schema):
        return options[0]
    kind = _kinds(schema)[0]
    if kind == "object":
        return {name: smallest(schema["properties"][name]) for name in schema.get("required", [])}
    if kind == "array":
        return [smallest(schema["items"])] * schema.get("minItems", 0)
    if kind == "string":
        return _text(schema, schema.get("minLength", 0))
    return False if kind == "boolean" else schema.get("minimum", 1)


def largest(schema: Schema) -> Any:  # noqa: ANN401 - JSON
    """A value that gives every field of the schema, each at its upper end."""
    if ("anyOf" in schema and "type" not in schema) or "oneOf" in schema:
        return largest((schema.get("anyOf") or schema["oneOf"])[0])
    if options := _options(schema):
        return options[-1]
    kind = _kinds(schema)[0]
    if kind == "object":
        return {name: largest(part) for name, part in schema["properties"].items()}
    if kind == "array":
        return [largest(schema["items"])] * schema.get("maxItems", 20)
    if kind == "string":
        return _text(schema, schema.get("maxLength", 100))
    return True if kind == "boolean" else schema.get("maximum", 1024)


def without_traps(model: Model, body: dict[str, Any]) -> dict[str, Any]:
    """The body without the fields that the model does not take beside others of them."""
    return {name: value for name, value in body.items() if name not in model.not_both[1:]}


def some(schema: Schema, dice: Random) -> Any:  # noqa: ANN401 - JSON
    """Any value that fits the schema."""
    if options := _options(schema):
        return dice.choice(options)
    if forms := _forms(schema):
        return some(dice.choice(forms), dice)
    kind = dice.choice(_kinds(schema))
    if kind == "object":
        required = schema.get("required", [])
        chosen = [name for name in schema["properties"] if name in required or dice.random() < 0.5]
        return {name: some(schema["properties"][name], dice) for name in chosen}
    if kind == "array":
        length = dice.randint(schema.get("minItems", 0), schema.get("maxItems", 4))
        return [some(schema["items"], dice) for _ in range(length)]
    if kind == "string":
        lowest = schema.get("minLength", 0)
        return _text(schema, dice.choice([lowest, schema.get("maxLength", lowest + 50)]))
    return {"boolean": dice.random() < 0.5, "null": None}.get(kind, _some_number(schema, kind, dice))


def broken(schema: Schema, value: Any, dice: Random) -> Any:  # noqa: ANN401 - JSON
    """The value with one place of it changed, so that it probably fits no more."""
    if isinstance(value, dict) and "properties" in schema and dice.random() < 0.9:
        return _broken_object(schema, value, dice)
    if isinstance(value, list) and "items" in schema and value and dice.random() < 0.5:
        place = dice.randrange(len(value))
        return [*value[:place], broken(schema["items"], value[place], dice), *value[place + 1 :]]
    return dice.choice([*_just_beyond(schema, value), *STRANGERS])


def _broken_object(schema: Schema, value: dict[str, Any], dice: Random) -> dict[str, Any]:
    what = dice.choice(["drop", "add", "break", "break", "break"]) if value else "add"
    if what == "add":
        return {**value, "credits_used": 1}
    name = dice.choice(sorted(value))
    if what == "drop":
        return {other: part for other, part in value.items() if other != name}
    return {**value, name: broken(schema["properties"][name], value[name], dice)}


def _just_beyond(schema: Schema, value: object) -> list[object]:
    """Values on the other side of each bound that the schema has."""
    beyond: list[object] = []
    if "minimum" in schema:
        beyond += [schema["minimum"] - 1, schema["minimum"] - 0.001]
    if "maximum" in schema:
        beyond += [schema["maximum"] + 1, schema["maximum"] + 0.001]
    if "exclusiveMinimum" in schema:
        beyond += [schema["exclusiveMinimum"]]
    if "maxLength" in schema:
        beyond += [_text(schema, schema["maxLength"]) + "p"]
    if "minLength" in schema:
        beyond += ["p" * (schema["minLength"] - 1)]
    if "maxItems" in schema:
        beyond += [[smallest(schema["items"])] * (schema["maxItems"] + 1)]
    if isinstance(value, list):
        beyond += [value[: schema["minItems"] - 1]] if schema.get("minItems") else []
    return beyond


def _options(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))


def _forms(schema: Schema) -> list[Schema]:
    # A `type` beside `anyOf` is how our schemas write URIs.
    return [] if "type" in schema else list(schema.get("anyOf") or schema.get("oneOf") or [])


def _kinds(schema: Schema) -> list[str]:
    kinds = schema["type"]
    return kinds if isinstance(kinds, list) else [kinds]


def _text(schema: Schema, length: int) -> str:
    if schema.get("format") == "uuid":
        return NIL_UUID
    if schema.get("format") == "uri":
        return URL.ljust(min(length, 1024), "a") if schema.get("maxLength") else URL
    return TAG.ljust(length, "c") if "pattern" in schema else "p" * length


def _some_number(schema: Schema, kind: str, dice: Random) -> Any:  # noqa: ANN401 - JSON
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", -101) + 1)
    highest = schema.get("maximum", 5000)
    between = (lowest + highest) / 2
    return dice.choice([lowest, highest, int(between) if kind == "integer" else between])
