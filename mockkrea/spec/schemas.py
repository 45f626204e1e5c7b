"""Schemas of a foreign document, written as the catalogue writes its own (`core/fields.py`).

What means the same reads the same: `const` and unions of constants are an `enum`, `nullable` and a union
with null are a kind more, `uri` and text without a longest length are as in the field language. So schemas
of both sides can be compared, and whatever the validation says of ours it can say of these.
Nested objects let unknown keys pass, as Krea's do. What only describes (titles, examples) goes; a keyword
that would restrict, but is not read, goes as well, and the document remembers it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator

from mockkrea.core.fields import DATA_URI, HTTP_URL, KINDS, TEXT_LENGTH_MAX, NotationError, Schema, tag_of
from mockkrea.spec.document import Part, printable
from mockkrea.spec.fields import BOUNDS, fields_of

ANYTHING = ["string", "number", "boolean", "object", "array", "null"]

# Lower and upper ends; of two that hold at once, the one that lets less through.
ENDS: Mapping[str, Callable[[float, float], float]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), min),
}

# Taken over as they are; the validator knows them.
DESCRIBING = ("default", "deprecated", "description")
KEPT = (*BOUNDS, "format", *DESCRIBING)
READ = frozenset({*KEPT, "type", "enum", "const", "properties", "required", "items"}) | {
    *("anyOf", "oneOf", "allOf", "nullable", "additionalProperties"),
}
ONLY_DESCRIBING = frozenset(
    {"title", "example", "examples", "$schema", "$comment", "$id", "externalDocs", "readOnly", "writeOnly"}
)
UNIONS = ("anyOf", "oneOf")

FIELDS_MAX = 1_000  # of one model, at all depths


def read_body(part: Part) -> Schema:
    """The schema of a request body: an object that takes its own fields and no others.

    Raises:
        InvalidDocument: it is none, or something in it is no JSON Schema.
    """
    schema = _read(part, takes_others=False)
    forms = schema.get("oneOf") or schema.get("anyOf") or []
    if forms and all(form.get("type") == "object" for form in forms):
        part.document.passed_over.update(part.mapping().keys() & set(UNIONS) or schema.keys() & set(UNIONS))
        beside = {word: value for word, value in schema.items() if word not in UNIONS}
        schema = _both(part, _loosest(forms), beside)
    schema = _finished(part, schema)
    if schema.get("type") != "object":
        raise part.wrong("must be the schema of an object: the fields of the request body.")
    body: Schema = {"properties": {}, **schema, "additionalProperties": False}
    try:
        Draft202012Validator(body, validate_formats=True)
    except ValueError as error:
        reason = printable(str(error).partition("\n")[0])
        raise part.wrong(f"is no JSON Schema: {reason}") from None
    if len(fields_of(body)) > FIELDS_MAX:
        raise part.wrong(f"has more than {FIELDS_MAX:,} fields.")
    return body


def _loosest(forms: list[Schema]) -> Schema:
    """An object with the fields of all forms, of which it requires those that every form does."""
    fields = {name: field for form in reversed(forms) for name, field in form.get("properties", {}).items()}
    demanded = [frozenset(form.get("required", ())) for form in forms]
    required = [name for name in fields if all(name in names for names in demanded)]
    return {"type": "object", "properties": fields, **({"required": required} if required else {})}


def read_schema(part: Part) -> Schema:
    """The schema at this place, references expanded."""
    return _finished(part, _read(part))


def _read(part: Part, *, takes_others: bool = True) -> Schema:
    """What the schema says, before it is written as the catalogue would.

    Args:
        takes_others: whether an object here is served so that it lets unknown keys pass.
    """
    if part.value is True:
        return {"type": ANYTHING}
    keys = part.mapping()
    part.document.passed_over.update(_not_read(keys, takes_others))
    schema = _own(part)
    for member in part.at("allOf").parts() if "allOf" in keys else ():
        schema = _both(part, schema, _read(member))
    for word in UNIONS:
        if word in keys:
            schema = _with_forms(schema, part.at(word))
    return _nullable(schema) if keys.get("nullable") is True else schema


def _own(part: Part) -> Schema:
    """What stands there beside `allOf` and unions."""
    keys = part.mapping()
    schema = _with_exclusive_ends({name: keys[name] for name in KEPT if name in keys})
    for word in (*ENDS, "multipleOf"):
        if not isinstance(schema.get(word, 0), int | float) or isinstance(schema.get(word), bool):
            raise part.at(word).wrong("must be a number.")
    if "enum" in keys:
        schema["enum"] = part.at("enum").values()
        if not schema["enum"]:
            raise part.wrong("must have at least one value in its enum.")
    if "const" in keys:
        schema = _both(part, schema, {"enum": [keys["const"]]})
    if "type" in keys:
        schema["type"] = _kinds(part.at("type"))
    if "items" in keys:
        schema["items"] = read_schema(part.at("items"))
    if "properties" in keys:
        schema["properties"] = {name: read_schema(inner) for name, inner in part.at("properties").items()}
    if "required" in keys and (required := [each.text() for each in part.at("required").parts()]):
        schema["required"] = required
    return schema


def _with_exclusive_ends(schema: Schema) -> Schema:
    """With numbers as exclusive ends: in OpenAPI 3.0 they are true or false, beside the number."""
    for exclusive, end in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool):
            is_exclusive = schema.pop(exclusive)
            if is_exclusive and end in schema:
                schema[exclusive] = schema.pop(end)
    return schema


def _not_read(keys: Mapping[str, object], takes_others: bool) -> set[str]:
    unknown = {name for name in keys.keys() - READ - ONLY_DESCRIBING if not name.startswith("x-")}
    others = keys.get("additionalProperties", takes_others)
    is_served = others is takes_others or (takes_others and others == {})
    return unknown if is_served else unknown | {"additionalProperties"}


def _kinds(part: Part) -> str | list[str]:
    """A kind, or several; one kind in a list is that kind."""
    kinds = [each.text() for each in part.parts()] if isinstance(part.value, list) else [part.text()]
    if not kinds:
        raise part.wrong("must name at least one kind.")
    for kind in kinds:
        if kind not in (*ANYTHING, "integer"):
            raise part.wrong(f"is {printable(kind)}; the kinds are {', '.join(ANYTHING)} and integer.")
    return kinds[0] if len(kinds) == 1 else kinds


def _kinds_in_both(ours: str | list[str], theirs: str | list[str]) -> str | list[str]:
    """The kinds of both; an integer is a number."""
    mine, others = (kinds if isinstance(kinds, list) else [kinds] for kinds in (ours, theirs))
    kinds = [kind for kind in mine if kind in others or (kind == "integer" and "number" in others)]
    kinds += [kind for kind in others if kind == "integer" and "number" in mine and kind not in mine]
    return kinds[0] if len(kinds) == 1 else kinds


def _options_in_both(ours: list[Any], theirs: list[Any]) -> list[Any]:
    allowed = {json.dumps(option, sort_keys=True) for option in theirs}
    return [option for option in ours if json.dumps(option, sort_keys=True) in allowed]


def _names_of_both(ours: list[str], theirs: list[str]) -> list[str]:
    return list(dict.fromkeys([*ours, *theirs]))


JOINED: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": _kinds_in_both,
    "enum": _options_in_both,
    "required": _names_of_both,
}


def _both(part: Part, outer: Schema, inner: Schema) -> Schema:
    """What lets through what both let through; `part` is where they stand. What describes is the outer one's.

    Raises:
        InvalidDocument: nothing would be let through.
    """
    both = inner | outer
    for word in both.keys() & inner.keys() & outer.keys() - set(DESCRIBING):
        ours, theirs = outer[word], inner[word]
        if word in ENDS:
            both[word] = ENDS[word](ours, theirs)
        elif word == "properties":
            both[word] = _both_fields(part, ours, theirs)
        elif word == "items":
            both[word] = _both(part, ours, theirs)
        elif word in JOINED:
            both[word] = JOINED[word](ours, theirs)
            if both[word] == []:
                raise part.wrong(f"says two things of {word} that contradict each other.")
        elif ours != theirs:
            part.document.passed_over.add(word)
    return both


def _both_fields(part: Part, ours: Schema, theirs: Schema) -> Schema:
    shared = {name: _both(part, ours[name], theirs[name]) for name in ours if name in theirs}
    return ours | theirs | shared


def _with_forms(schema: Schema, forms: Part) -> Schema:
    """The schema with what a union says besides; beside fields of its own a union is not read."""
    if not forms.values():
        raise forms.wrong("must have at least one form.")
    if schema.get("format") == "uri" and (longest := _length_of_uri(forms.values())) is not None:
        return _both(forms, schema, longest)
    if schema.get("format") == "uri" or "properties" in schema:
        forms.document.passed_over.add(forms.pointer.rpartition("/")[2])
        return schema
    union = _union([(form, _read(form)) for form in forms.parts()])
    if forms.pointer.endswith("/oneOf") and _may_overlap(union.get("anyOf", [])):
        forms.document.passed_over.add("oneOf")
    return _both(forms, schema, union)


def _may_overlap(forms: list[Schema]) -> bool:
    """Whether a value may be of several forms, by their kinds alone; an integer is a number."""
    kinds = ["number" if kind == "integer" else kind for form in forms for kind in set(_kinds_of(form))]
    return len(set(kinds)) < len(kinds)


def _length_of_uri(forms: list[Any]) -> Schema | None:
    """The longest length of URLs, if these are the forms in which the catalogue writes a URI."""
    url = forms[0] if isinstance(forms[0], dict) else {}
    longest = {"maxLength": url["maxLength"]} if isinstance(url.get("maxLength"), int) else {}
    return longest if forms == [HTTP_URL | longest, DATA_URI] else None


def _union(forms: list[tuple[Part, Schema]]) -> Schema:
    real = [(part, form) for part, form in forms if form.get("type") != "null"]
    if not real:
        return dict(KINDS["null"])
    union = real[0][1] if len(real) == 1 else _several([_finished(part, form) for part, form in real])
    return union if len(real) == len(forms) else _nullable(union)


def _several(forms: list[Schema]) -> Schema:
    if all("enum" in form for form in forms):
        options = [option for form in forms for option in form["enum"]]
        kinds = list(dict.fromkeys(kind for form in forms for kind in _kinds_of(form)))
        return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": options}
    return {"oneOf" if _are_told_apart(forms) else "anyOf": forms}


def _are_told_apart(forms: list[Schema]) -> bool:
    """Whether a required field with other fixed values in each of the forms says which is meant."""
    try:
        tag = tag_of(forms)
    except NotationError:
        return False
    words = [str(word) for form in forms for word in form["properties"][tag]["enum"]]
    return len(set(words)) == len(words) and all(tag in form.get("required", ()) for form in forms)


def _nullable(schema: Schema) -> Schema:
    if "type" not in schema and ("anyOf" in schema or "oneOf" in schema):
        forms = schema.get("anyOf") or schema["oneOf"]
        rest = {name: value for name, value in schema.items() if name not in ("anyOf", "oneOf")}
        return {**rest, "anyOf": [*forms, dict(KINDS["null"])]}
    kinds = [kind for kind in _kinds_of(schema) if kind != "null"]
    options = {"enum": [*schema["enum"], None]} if "enum" in schema and None not in schema["enum"] else {}
    return {**schema, "type": [*kinds, "null"], **options}


def _kinds_of(schema: Schema) -> list[str]:
    kinds = schema.get("type")
    if kinds is None:
        return _guessed(schema)
    return list(kinds) if isinstance(kinds, list) else [kinds]


def _guessed(schema: Schema) -> list[str]:
    """The kinds of a schema that does not say them."""
    if "enum" in schema:
        return list(dict.fromkeys(_kind_of(option) for option in schema["enum"])) or ANYTHING
    if "properties" in schema:
        return ["object"]
    return ["array"] if "items" in schema else ANYTHING


def _kind_of(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _finished(part: Part, schema: Schema) -> Schema:
    """As the catalogue writes it; `part` is where it stands."""
    schema = dict(schema)
    if "required" in schema:
        schema = _with_required_fields(part, schema)
    if schema.get("format") == "uri":
        if "string" in _kinds_of(schema):
            return _uri(schema)
        del schema["format"]
    if "type" not in schema and not schema.keys() & set(UNIONS):
        kinds = _guessed(schema)
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    kinds = _kinds_of(schema) if "type" in schema else []
    if "array" in kinds and kinds != ANYTHING:
        schema.setdefault("items", {"type": ANYTHING})
    if schema.get("format") == "uuid":
        schema["pattern"] = KINDS["uuid"]["pattern"]
    elif "string" in kinds and "enum" not in schema and kinds != ANYTHING:
        schema.setdefault("maxLength", TEXT_LENGTH_MAX)
    return schema


def _with_required_fields(part: Part, schema: Schema) -> Schema:
    """With a field for each name that is required; of what may be no object, or has forms, names are none."""
    if "properties" not in schema and (_kinds_of(schema) != ["object"] or schema.keys() & set(UNIONS)):
        part.document.passed_over.add("required")
        return {word: value for word, value in schema.items() if word != "required"}
    fields = schema.get("properties", {})
    anything = {name: {"type": ANYTHING} for name in schema["required"] if name not in fields}
    return schema | {"properties": fields | anything}


def _uri(schema: Schema) -> Schema:
    """Any http(s) URL or base64 data URI; the longest length counts for URLs, as in the field language."""
    longest = {"maxLength": schema.pop("maxLength")} if "maxLength" in schema else {}
    return {"type": "string", **schema, "anyOf": [HTTP_URL | longest, DATA_URI]}
