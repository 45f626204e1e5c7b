"""What is read of a document, and documents that are none."""

from __future__ import annotations

import json

import pytest

from mockkrea.core.fields import DATA_URI, HTTP_URL, TEXT_LENGTH_MAX
from mockkrea.spec import document as bounds
from mockkrea.spec.document import InvalidDocument
from mockkrea.spec.reading import read_spec
from tests.asking import FLUX, Json
from tests.spec.documents import describing, read, small

TEXT = {"type": "string", "maxLength": TEXT_LENGTH_MAX}
URI = {"type": "string", "format": "uri", "anyOf": [HTTP_URL, DATA_URI]}


def refusal_of(content: bytes) -> str:
    """Why the bytes are no document of Krea's."""
    with pytest.raises(InvalidDocument) as refusal:
        read_spec(content, "doc.json")
    return str(refusal.value)


def field_of(schema: Json, **components: Json) -> Json:
    """A field's schema as it is read."""
    document = describing({"type": "object", "properties": {"field": schema}}) | {"components": components}
    return read(document).models[0].input_schema["properties"]["field"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "doc.json:1:1: no JSON"),
        (b'{"openapi": "3.1.0", "paths": {"/gen', "Is it cut off?"),
        (b"openapi: 3.1.0\npaths: {}\n", "It looks like YAML; convert it to JSON first"),
        (b"<!doctype html><title>Sign in</title>", "It is a web page or XML"),
        (b"[]", 'no OpenAPI 3 document: it must be an object with "openapi"'),
        (b'{"swagger": "2.0", "paths": {}}', "no OpenAPI 3 document"),
        (b'{"openapi": "3.1.0"}', "doc.json has no paths."),
        (b'{"openapi": "3.1.0", "paths": []}', "doc.json#/paths must be an object, not a list."),
        (
            b'{"openapi": "3.0.1", "info": {"title": "Pet \\u001b[2J Store"}, "paths": {"/pets": {}}}',
            'the document of "Pet \\x1b[2J Store", not Krea\'s: it has no path such as /generate/image/krea/',
        ),
        (b"[" * 500 + b"]" * 500, "nested deeper than 50 levels"),
        (b'{"a":' * 100_000, "doc.json is nested deeper than 50 levels."),
        (b'{"openapi": NaN}', "no JSON: unexpected character, expected a JSON value."),
        (b'{"a": "\xff"}', "doc.json is no JSON: byte 8 is no UTF-8, in which JSON is written."),
    ],
    ids=[
        *("empty", "truncated", "yaml", "html", "list", "swagger", "no paths", "paths", "vendor", "deep"),
        *("too deep to read", "NaN", "binary"),
    ],
)
def test_what_is_no_document_of_kreas_is_refused_with_what_would_be_right(
    content: bytes, reason: str
) -> None:
    refusal = refusal_of(content)

    assert reason in refusal
    assert ("Is it cut off?" in refusal) == ("Is it cut off?" in reason)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"type": "colour"}, "/field/type is colour; the kinds are string, number"),
        ({"enum": []}, "/field must have at least one value in its enum."),
        ({"type": "string", "pattern": "("}, "is no JSON Schema"),
        ({"$ref": "#/components/schemas/Gone"}, "refers to #/components/schemas/Gone, which is not there."),
        ({"$ref": "https://example.com/x.json"}, "only places of the same document"),
        ({"$ref": "#/paths"}, "/properties/field"),
        (7, "/properties/field must be an object, not a number."),
    ],
    ids=["kind", "enum", "pattern", "missing", "elsewhere", "no schema", "number"],
)
def test_a_schema_that_cannot_be_read_is_named_by_its_place(field: Json, reason: str) -> None:
    document = describing({"type": "object", "properties": {"field": field}})
    if field == {"$ref": "#/paths"}:
        document["paths"]["items"] = 7

    refusal = refusal_of(json.dumps(document).encode())

    assert refusal.startswith("doc.json#/paths/~1generate~1image~1acme~1dreamer/post/requestBody/content/")
    assert reason in refusal


def test_a_schema_that_contains_itself_is_refused() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    document = describing(node) | {"components": {"schemas": {"Node": node}}}

    assert "leads back to itself by #/components/schemas/Node." in refusal_of(json.dumps(document).encode())


def test_a_model_that_cannot_be_read_is_left_out_with_the_reason_and_the_others_are_read() -> None:
    document = small()
    document["components"]["schemas"]["Film"]["properties"]["next"] = {"$ref": "#/components/schemas/Film"}

    spec = read(document)

    assert [each.id for each in spec.models] == [FLUX, "image/acme/dreamer"]
    assert list(spec.unreadable) == ["video/acme/film"]
    assert "leads back to itself by #/components/schemas/Film." in spec.unreadable["video/acme/film"]


def test_a_path_beside_the_models_that_takes_no_jobs_is_none_and_is_named() -> None:
    document = describing({"type": "object"})
    document["paths"]["/generate/image/acme/list"] = {"get": {}}

    spec = read(document)

    assert [each.id for each in spec.models] == ["image/acme/dreamer"]
    assert spec.without_post == ("/generate/image/acme/list",)


def test_a_body_of_very_many_fields_is_refused() -> None:
    document = describing({"type": "object", "properties": {f"f{n}": {} for n in range(1_001)}})

    assert "has more than 1,000 fields." in refusal_of(json.dumps(document).encode())


def test_references_that_multiply_are_followed_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PARTS_MAX", 3_000)
    doubled = {
        f"S{n}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/components/schemas/S{n + 1}"} for side in "abcd"},
        }
        for n in range(12)
    }
    schemas = {**doubled, "S12": {"type": "string"}}
    document = describing({"$ref": "#/components/schemas/S0"}) | {"components": {"schemas": schemas}}

    assert "has more than 3,000 parts." in refusal_of(json.dumps(document).encode())


def test_a_document_that_is_too_large_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "SIZE_BYTES_MAX", 10)

    assert refusal_of(b"no JSON at all") == "doc.json is larger than 10 bytes."


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ({"type": "string"}, TEXT),
        ({"type": "string", "title": "T", "example": "x"}, TEXT),
        ({"type": "string", "format": "uri"}, URI),
        (
            {"type": "string", "format": "uri", "maxLength": 9},
            {**URI, "anyOf": [{**HTTP_URL, "maxLength": 9}, DATA_URI]},
        ),
        ({"type": "string", "format": "uri", "nullable": True}, {**URI, "type": ["string", "null"]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {**TEXT, "type": ["string", "null"]}),
        ({"const": "std"}, {"type": "string", "enum": ["std"]}),
        (
            {"anyOf": [{"type": "number", "const": 5}, {"type": "number", "const": 10}], "default": 5},
            {"type": "number", "enum": [5, 10], "default": 5},
        ),
        ({"allOf": [{"$ref": "#/components/Count"}], "default": 3}, {"type": "integer", "default": 3}),
        ({"$ref": "#/components/Count", "maximum": 4}, {"type": "integer", "maximum": 4}),
        (
            {
                "type": "number",
                "minimum": 0,
                "exclusiveMinimum": True,
                "maximum": 1,
                "exclusiveMaximum": False,
            },
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        ),
    ],
    ids=[
        "text",
        "titled",
        "uri",
        "short uri",
        "3.0",
        "null",
        "const",
        "consts",
        "allOf",
        "beside",
        "3.0 ends",
    ],
)
def test_what_means_the_same_reads_as_the_catalogue_writes_it(written: Json, read_as: Json) -> None:
    assert field_of(written, Count={"type": "integer"}) == read_as


COUNT = {"type": "integer", "minimum": 1}
OBJECT = {"type": "object", "properties": {"a": COUNT}, "required": ["a"]}


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ({"allOf": [{"type": "integer", "maximum": 10}, {"maximum": 5}]}, {"type": "integer", "maximum": 5}),
        ({"allOf": [{"minimum": 3}], **COUNT}, {"type": "integer", "minimum": 3}),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"type": "string", "enum": ["b"]}),
        ({"enum": [1, 3], "const": 3}, {"type": "number", "enum": [3]}),
        ({"allOf": [COUNT, {"type": ["number", "string"]}]}, COUNT),
        ({"allOf": [{"type": ["number", "null"]}, {"type": "integer"}]}, {"type": "integer"}),
        (
            {"allOf": [OBJECT, {"type": "object", "properties": {"a": {"maximum": 3}}}]},
            {**OBJECT, "properties": {"a": {**COUNT, "maximum": 3}}},
        ),
        ({"allOf": [{"type": "object", "properties": {"a": COUNT}}], "required": ["a"]}, OBJECT),
        (
            {"allOf": [{"type": "array", "items": COUNT}, {"items": {"maximum": 3}}]},
            {"type": "array", "items": {**COUNT, "maximum": 3}},
        ),
        ({"allOf": [{"type": "string", "maxLength": 9}, {"maxLength": 12}]}, {**TEXT, "maxLength": 9}),
        (
            {"allOf": [{"type": "string", "format": "uri", "maxLength": 9}], "maxLength": 5},
            {**URI, "anyOf": [{**HTTP_URL, "maxLength": 5}, DATA_URI]},
        ),
        (
            {**URI, "maxLength": 9, "anyOf": [{**HTTP_URL, "maxLength": 5}, DATA_URI]},
            {**URI, "anyOf": [{**HTTP_URL, "maxLength": 5}, DATA_URI]},
        ),
        ({"anyOf": [{"type": "integer", "minimum": 1}], "maximum": 3}, {**COUNT, "maximum": 3}),
        (
            {"$ref": "#/components/Few", "maximum": 4, "default": 2},
            {"type": "integer", "maximum": 3, "default": 2},
        ),
    ],
    ids=[
        *("maximum", "minimum", "enum", "const", "kinds", "integer", "fields", "required", "items"),
        *("length", "uri in allOf", "uri beside", "one form", "reference"),
    ],
)
def test_of_two_things_that_hold_at_once_the_stricter_one_is_read(written: Json, read_as: Json) -> None:
    few = {"type": "integer", "maximum": 3, "default": 1}
    document = describing({"type": "object", "properties": {"field": written}})

    spec = read(document | {"components": {"Few": few}})

    assert spec.models[0].input_schema["properties"]["field"] == read_as
    assert not spec.passed_over


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "type"),
        ({"allOf": [{"enum": ["a"]}, {"enum": ["b"]}]}, "enum"),
        ({"enum": [1, 2], "const": 3}, "enum"),
        ({"type": "string", "anyOf": [{"type": "integer"}]}, "type"),
    ],
    ids=["kinds", "options", "constant", "form"],
)
def test_what_no_value_can_fulfil_is_refused(written: Json, word: str) -> None:
    document = describing({"type": "object", "properties": {"field": written}})

    refusal = refusal_of(json.dumps(document).encode())

    assert f"says two things of {word} that contradict each other." in refusal


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ({"type": "string", "pattern": "^a", "allOf": [{"pattern": "b$"}]}, "pattern"),
        ({"type": "number", "multipleOf": 2, "allOf": [{"multipleOf": 3}]}, "multipleOf"),
        ({"type": "object", "additionalProperties": False}, "additionalProperties"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "additionalProperties"),
        ({"type": "string", "format": "uri", "anyOf": [{"maxLength": 5}, {"maxLength": 9}]}, "anyOf"),
        ({"oneOf": [{"type": "integer", "minimum": 1}, {"type": "number", "maximum": 5}]}, "oneOf"),
        ({"required": ["a"]}, "required"),
        ({**OBJECT, "anyOf": [{"required": ["b"]}]}, "anyOf"),
    ],
    ids=["patterns", "multiples", "closed", "typed", "uri", "exactly one", "no object", "forms"],
)
def test_a_restriction_that_is_not_served_is_remembered(written: Json, word: str) -> None:
    spec = read(describing({"type": "object", "properties": {"field": written}}))

    assert spec.passed_over == {word}


def test_a_body_that_lets_unknown_fields_pass_is_served_strictly_and_that_is_remembered() -> None:
    assert read(describing({"type": "object", "additionalProperties": True})).passed_over == {
        "additionalProperties"
    }
    assert not read(describing({"type": "object", "additionalProperties": False})).passed_over


def test_keywords_that_are_not_read_are_remembered() -> None:
    spec = read(small())

    assert spec.passed_over == {"not"}
    assert spec.left_out == ("smell/acme/rose",)


def test_a_body_of_several_forms_takes_the_fields_of_all() -> None:
    forms = [
        {
            "type": "object",
            "properties": {"prompt": {"type": "string"}, field: {"type": "boolean"}},
            "required": ["prompt", field],
        }
        for field in ("a", "b")
    ]

    [model] = read(describing({"oneOf": forms})).models

    assert list(model.input_schema["properties"]) == ["prompt", "b", "a"]
    assert model.input_schema["required"] == ["prompt"]


def test_what_a_body_requires_beside_its_forms_it_requires_of_each() -> None:
    form = {"type": "object", "properties": {"prompt": {"type": "string"}}}
    several = {"oneOf": [form, {"type": "object", "properties": {"a": {"type": "boolean"}}}]}

    [of_one] = read(describing({"oneOf": [form], "required": ["prompt"]})).models
    [of_several] = read(describing({**several, "required": ["prompt"]})).models

    assert of_one.input_schema["required"] == of_several.input_schema["required"] == ["prompt"]


@pytest.mark.parametrize(
    "said",
    [
        {
            "x-krea-pricing": {
                "currency": "EUR",
                "unit": "request",
                "price_points": [{"amount": 1, "dimensions": {}}],
            }
        },
        {"x-krea-pricing": {"currency": "USD", "unit": "request", "price_points": []}},
        {
            "x-krea-pricing": {
                "currency": "USD",
                "unit": "request",
                "price_points": [{"amount": n, "dimensions": {"weather": n}} for n in (1, 2)],
            }
        },
        {"description": "| Weather | Compute Units |\n|---|---|\n| rain | 1 |\n| sun | 2 |"},
        {"description": "| Compute Units |\n|---|\n| many |"},
        {"description": "No table."},
    ],
    ids=["currency", "no points", "dimension", "column", "amount", "no table"],
)
def test_prices_that_are_not_understood_are_as_if_nothing_were_said(said: Json) -> None:
    [model] = read(describing({"type": "object"}, **said)).models

    assert model.figures == (None, None, None)


def test_a_byte_order_mark_before_a_document_does_no_harm() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(small()).encode()

    assert read_spec(content, "doc.json").models == read(small()).models


def test_a_date_that_is_none_is_refused() -> None:
    alias = {"from": "a", "to": "b", "sunset_date": "soon"}
    document = describing({"type": "object"}, **{"x-krea-deprecated-field-aliases": [alias]})

    assert "names the date 'soon', which must be one such as 2026-06-19." in refusal_of(
        json.dumps(document).encode()
    )
