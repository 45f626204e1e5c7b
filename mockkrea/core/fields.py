"""The field language of the catalogue: one short line per field, compiled to JSON Schema 2020-12.

A reader can hold one line against Krea's page of the model:

    prompt!: text ..1800                 required, at most 1,800 characters
    steps: integer 1..100 = 25           from 1 to 100, 25 when absent
    image_url: url or null               `url` is a definition, see below
    output_format: png | jpeg | webp = png
    resolution!: only 1K                 a single legal value
    styles: list ..3 of style            at most three of a definition
    distance: number >0                  more than 0
    tag: text 3..16 /^[a-z][a-z0-9_]+$/  a length and a pattern

The grammar:

    field   = type [" = " default] [", deprecated"]
    type    = kind {" or " kind}                         " or null" makes a kind nullable
    kind    = "text" [range] [" /" pattern "/"] | "uri" [range] | "uuid" | "null" | "boolean"
            | "number" [range] | "integer" [range]
            | "list" [range] " of " type
            | value " | " value {" | " value} | "only " value
            | name of a definition
    range   = [low] ".." [high] | ">" low
    default = text up to the end; '' is the empty string, [] the empty list

A mapping of fields is an object; a name that ends in "!" is a required field. A list of
such mappings means that exactly one of these forms fits; one field with fixed values in all of them
tells which. Values are numbers when all of them look like numbers; quotes
('422') keep them text. Definitions are named once and may use the ones before them.

Two rules are wider or narrower than Krea's schemas, and published like that in ours:
a `uri` is an http(s) URL or a base64 data URI, and its longest length counts for URLs only
(recorded: longer data URIs are taken); text without a longest length ends at 100,000 (ASSUMED).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mockkrea.core.hints import did_you_mean

Schema: TypeAlias = dict[str, Any]
"""One JSON Schema. Its parts are shared between models: read them, never change them."""

TEXT_LENGTH_MAX = 100_000

# The kinds that are one word, and what a range after them means.
KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "uri": {"type": "string", "format": "uri"},
    "uuid": {
        "type": "string",
        "format": "uuid",
        # RFC 9562: versions 1 to 8, the nil and the max UUID. `format` alone lets other versions pass.
        "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}"
        "-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$",
    },
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "list": {"type": "array"},
}
RANGES = {
    "text": ("minLength", "maxLength"),
    "uri": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "list": ("minItems", "maxItems"),
}

_HTTP = "[Hh][Tt][Tt][Pp][Ss]?://"
HTTP_URL: Schema = {"pattern": f"^{_HTTP}", "not": {"pattern": f",\\s*({_HTTP}|data:)"}}
DATA_URI: Schema = {"pattern": "^data:[^,]*;base64,[A-Za-z0-9+/=_-]+$"}

_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})?\.\.(?P<high>{_NUMBER})?|>(?P<above>{_NUMBER})")
_WORD = re.compile(r"(?P<kind>\w+)(?: (?P<range>\S*\.\.\S*|>\S+))?(?: /(?P<pattern>.+)/)?")
_LIST = re.compile(r"list(?: (?P<range>\S*\.\.\S*))? of (?P<item>.+)")


class NotationError(ValueError):
    """A line of the catalogue that the field language cannot read; the message quotes it.

    Args:
        model_id: the model that has the line, where that is known; the message begins with it.
    """

    def __init__(self, reason: str, model_id: str | None = None) -> None:
        super().__init__(reason if model_id is None else f"{model_id}: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FieldLanguage:
    """Compiles notations; knows the definitions made so far."""

    definitions: dict[str, Schema] = field(default_factory=dict)
    _compiled: dict[str, Schema] = field(default_factory=dict)  # the same line is compiled once

    def define(self, name: str, notation: object) -> None:
        """Make `name` usable in every notation compiled after this."""
        self.definitions[name] = self.compile(notation)

    def compile(self, notation: object) -> Schema:
        """The JSON Schema of a notation: text, a mapping of fields, or a list of forms."""
        if isinstance(notation, Mapping):
            return self.record(notation)
        if isinstance(notation, list):
            forms = [self.compile(form) for form in notation]
            tag_of(forms)
            return {"oneOf": forms}
        text = str(notation)
        if text not in self._compiled:
            self._compiled[text] = self._field(text)
        return self._compiled[text]

    def record(self, fields: Mapping[str, object]) -> Schema:
        """The JSON Schema of an object; it lets unknown keys pass, as Krea's nested objects do."""
        properties = {name.removesuffix("!"): self.compile(notation) for name, notation in fields.items()}
        required = [name.removesuffix("!") for name in fields if name.endswith("!")]
        record: Schema = {"type": "object", "properties": properties}
        return record | {"required": required} if required else record

    def _field(self, text: str) -> Schema:
        type_text, _, default = text.removesuffix(", deprecated").partition(" = ")
        schema = dict(self._type(type_text))
        if default:
            schema["default"] = _default(schema, default)
        if text.endswith(", deprecated"):
            schema["deprecated"] = True
        return schema

    def _type(self, text: str) -> Schema:
        first, *others = [self._kind(kind) for kind in text.split(" or ")]
        for other in others:
            first = _nullable(first) if other == KINDS["null"] else {"anyOf": [first, other]}
        return first

    def _kind(self, text: str) -> Schema:
        if text.startswith("list "):
            return self._list(text)
        if " | " in text or text.startswith("only "):
            return _choice(text.removeprefix("only ").split(" | "))
        if text in self.definitions:
            return self.definitions[text]
        word = _WORD.fullmatch(text)
        if word is None or word["kind"] not in KINDS:
            meant = did_you_mean(text, [*KINDS, *self.definitions])
            raise NotationError(f"{text!r} is neither a kind of field nor a definition.{meant}")
        schema = KINDS[word["kind"]] | _bounds(word["kind"], word["range"])
        if word["pattern"]:
            schema["pattern"] = word["pattern"]
        return _finished(word["kind"], schema)

    def _list(self, text: str) -> Schema:
        parts = _LIST.fullmatch(text)
        if parts is None:
            raise NotationError(f"{text!r} should read: list [low..high] of type.")
        return KINDS["list"] | {"items": self._type(parts["item"])} | _bounds("list", parts["range"])


def tag_of(forms: Sequence[Schema]) -> str:
    """The field whose fixed values tell the forms of an object apart."""
    for name in forms[0].get("properties", {}) if forms else ():
        if all("enum" in form.get("properties", {}).get(name, {}) for form in forms):
            return str(name)
    raise NotationError("a list of forms needs one, and a field that has fixed values in each of them.")


def _bounds(kind: str, text: str | None) -> Schema:
    if text is None:
        return {}
    bounds = _RANGE.fullmatch(text)
    if bounds is None or kind not in RANGES:
        raise NotationError(f"{text!r} is no range for {kind}; write low..high, or >low for numbers.")
    if bounds["above"]:
        return {"exclusiveMinimum": _number(bounds["above"])}
    low, high = (_number(bounds[end]) if bounds[end] else None for end in ("low", "high"))
    if low is not None and high is not None and low > high:
        raise NotationError(f"{text!r} is no range: its low is above its high.")
    return {keyword: end for keyword, end in zip(RANGES[kind], (low, high), strict=True) if end is not None}


def _finished(kind: str, schema: Schema) -> Schema:
    if kind == "text":
        schema.setdefault("maxLength", TEXT_LENGTH_MAX)
    if kind == "uri":
        longest = {"maxLength": schema.pop("maxLength")} if "maxLength" in schema else {}
        schema["anyOf"] = [{**HTTP_URL, **longest}, DATA_URI]
    return schema


def _nullable(schema: Schema) -> Schema:
    options = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **options}


def _choice(options: Sequence[str]) -> Schema:
    if all(re.fullmatch(_NUMBER, option) for option in options):
        return {"type": "number", "enum": [_number(option) for option in options]}
    return {"type": "string", "enum": [option.strip("'") for option in options]}


def _default(schema: Schema, text: str) -> object:
    """`text` as a value of the schema's type."""
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind in ("number", "integer"):
        return _number(text)
    constants: dict[str, object] = {"true": True, "false": False, "null": None, "[]": []}
    if kind == "string" or text not in constants:
        return text.strip("'")
    return constants[text]


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
