"""What is read of a document, and documents that are none."""

from __future__ import annotations

import json

import pytest

from mockkrea.core.fields import DATA_URI, HTTP_URL, TEXT_LENGTH_MAX
from mockkrea.spec import document as bounds
from mockkrea.spec.document import InvalidDocument
from mockkrea.spec.reading import read_spec
from tests.asking import Json
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
        (b'{"openapi": "3.1.0"}', "doc.json# has no paths."),
        (b'{"openapi": "3.1.0", "paths": []}', "doc.json#/paths must be an object, not a list."),
        (
            b'{"openapi": "3.0.1", "info": {"title": "Pet \\u001b[2J Store"}, "paths": {"/pets": {}}}',
            'the document of "Pet \\x1b[2J Store", not Krea\'s: it has no path such as /generate/image/krea/',
        ),
        (b"[" * 500 + b"]" * 500, "nested deeper than 50 levels"),
    ],
    ids=["empty", "truncated", "yaml", "html", "list", "swagger", "no paths", "paths", "vendor", "deep"],
)
def test_what_is_no_document_of_kreas_is_refused_with_what_would_be_right(
    content: bytes, reason: str
) -> None:
    assert reason in refusal_of(content)


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
    ],
    ids=["text", "titled", "uri", "short uri", "3.0", "null", "const", "consts", "allOf", "beside"],
)
def test_what_means_the_same_reads_as_the_catalogue_writes_it(written: Json, read_as: Json) -> None:
    assert field_of(written, Count={"type": "integer"}) == read_as


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
