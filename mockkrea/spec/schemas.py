"""Schemas of a foreign document, written as the catalogue writes its own (`core/fields.py`).

What means the same reads the same: `const` and unions of constants are an `enum`, `nullable` and a union
with null are a kind more, `uri` and text without a longest length are as in the field language. So schemas
of both sides can be compared, and whatever the validation says of ours it can say of these.
Nested objects let unknown keys pass, as Krea's do. What only describes (titles, examples) goes; a keyword
that would restrict, but is not read, goes as well, and the document remembers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jsonschema_rs import Draft202012Validator

from mockkrea.core.fields import DATA_URI, HTTP_URL, KINDS, TEXT_LENGTH_MAX, NotationError, Schema, tag_of
from mockkrea.spec.document import Part, printable

ANYTHING = ["string", "number", "boolean", "object", "array", "null"]

# Taken over as they are; the validator knows them.
KEPT = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems"),
    *("default", "deprecated", "description"),
)
READ = frozenset({*KEPT, "type", "enum", "const", "properties", "required", "items"}) | {
    *("anyOf", "oneOf", "allOf", "nullable", "additionalProperties"),
}
ONLY_DESCRIBING = frozenset(
    {"title", "example", "examples", "$schema", "$comment", "$id", "externalDocs", "readOnly", "writeOnly"}
)


def read_body(part: Part) -> Schema:
    """The schema of a request body: an object that takes its own fields and no others.

    Raises:
        InvalidDocument: it is none, or something in it is no JSON Schema.
    """
    schema = read_schema(part)
    forms = schema.get("oneOf") or schema.get("anyOf") or []
    if forms and all(form.get("type") == "object" for form in forms):
        part.document.passed_over.update(schema.keys() & {"oneOf", "anyOf"})
        schema = _loosest(forms)
    if schema.get("type") != "object":
        raise part.wrong("must be the schema of an object: the fields of the request body.")
    body: Schema = {"properties": {}, **schema, "additionalProperties": False}
    try:
        Draft202012Validator(body, validate_formats=True)
    except ValueError as error:
        reason = printable(str(error).partition("\n")[0])
        raise part.wrong(f"is no JSON Schema: {reason}") from None
    return body


def _loosest(forms: list[Schema]) -> Schema:
    """An object with the fields of all forms, of which it requires those that every form does."""
    fields = {name: field for form in reversed(forms) for name, field in form.get("properties", {}).items()}
    required = [name for name in fields if all(name in form.get("required", ()) for form in forms)]
    return {"type": "object", "properties": fields, **({"required": required} if required else {})}


def read_schema(part: Part) -> Schema:
    """The schema at this place, references expanded."""
    if part.value is True:
        return {"type": ANYTHING}
    keys = part.mapping()
    part.document.passed_over.update(_not_read(keys))
    schema: Schema = {name: keys[name] for name in KEPT if name in keys}
    options = part.at("enum").values() if "enum" in keys else [keys["const"]] if "const" in keys else None
    if options is not None:
        if not options:
            raise part.wrong("must have at least one value in its enum.")
        schema["enum"] = options
    if "type" in keys:
        schema["type"] = _kinds(part.at("type"))
    if "items" in keys:
        schema["items"] = read_schema(part.at("items"))
    if "properties" in keys:
        schema |= _fields(part)
    elif "required" in keys:
        part.document.passed_over.add("required")
    for member in part.at("allOf").parts() if "allOf" in keys else ():
        schema = _both(read_schema(member), schema)
    if schema.get("format") == "uri":
        if "string" in _kinds_of(schema):
            return _uri(schema, keys)
        del schema["format"]
    for word in ("anyOf", "oneOf"):
        if word in keys:
            schema = _with_forms(schema, part.at(word))
    return _finished(_nullable(schema) if keys.get("nullable") is True else schema)


def _not_read(keys: Mapping[str, object]) -> Iterable[str]:
    return {name for name in keys.keys() - READ - ONLY_DESCRIBING if not name.startswith("x-")}


def _kinds(part: Part) -> str | list[str]:
    """A kind, or several; one kind in a list is that kind."""
    kinds = [each.text() for each in part.parts()] if isinstance(part.value, list) else [part.text()]
    if not kinds:
        raise part.wrong("must name at least one kind.")
    for kind in kinds:
        if kind not in (*ANYTHING, "integer"):
            raise part.wrong(f"is {printable(kind)}; the kinds are {', '.join(ANYTHING)} and integer.")
    return kinds[0] if len(kinds) == 1 else kinds


def _fields(part: Part) -> Schema:
    fields = {name: read_schema(inner) for name, inner in part.at("properties").items()}
    required = [each.text() for each in part.at("required").parts()] if "required" in part.mapping() else []
    for name in required:
        fields.setdefault(name, {"type": ANYTHING})
    return {"properties": fields, **({"required": required} if required else {})}


def _both(inner: Schema, outer: Schema) -> Schema:
    """What both say; where they contradict each other the outer one counts."""
    fields = {**inner.get("properties", {}), **outer.get("properties", {})}
    required = list(dict.fromkeys([*inner.get("required", ()), *outer.get("required", ())]))
    return {
        **inner,
        **outer,
        **({"properties": fields} if fields else {}),
        **({"required": required} if required else {}),
    }


def _with_forms(schema: Schema, forms: Part) -> Schema:
    """The schema with what a union says besides; beside fields of its own a union is not read."""
    read = [read_schema(form) for form in forms.parts()]
    if not read:
        raise forms.wrong("must have at least one form.")
    if "properties" in schema:
        forms.document.passed_over.add(forms.pointer.rpartition("/")[2])
        return schema
    return _both(_union(read), schema)


def _union(forms: list[Schema]) -> Schema:
    real = [form for form in forms if form.get("type") != "null"]
    if not real:
        return dict(KINDS["null"])
    union = real[0] if len(real) == 1 else _several(real)
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


def _uri(schema: Schema, keys: Mapping[str, object]) -> Schema:
    """Any http(s) URL or base64 data URI; the longest length counts for URLs, as in the field language."""
    forms = keys.get("anyOf")
    lengths = (
        [form.get("maxLength") for form in forms if isinstance(form, dict)] if isinstance(forms, list) else []
    )
    longest = next(
        (length for length in [schema.pop("maxLength", None), *lengths] if length is not None), None
    )
    url = HTTP_URL if longest is None else {**HTTP_URL, "maxLength": longest}
    uri = {"type": "string", **schema, "anyOf": [url, DATA_URI]}
    return _nullable(uri) if keys.get("nullable") is True else uri


def _finished(schema: Schema) -> Schema:
    if "type" not in schema and not schema.keys() & {"anyOf", "oneOf"}:
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
