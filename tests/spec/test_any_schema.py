"""Whatever a document's schemas look like: they are refused in words, or served without a stumble."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from mockkrea.core.errors import InvalidInput
from mockkrea.core.forms import PlainInputSpec
from mockkrea.data import Fixtures
from mockkrea.spec.document import InvalidDocument
from mockkrea.spec.drift import Kind, differences
from mockkrea.spec.fields import fields_of
from mockkrea.spec.report import as_json, as_text
from mockkrea.validation import Validation
from mockkrea.validation.words import expectation
from tests.asking import FLUX, TIMELESS, Json
from tests.spec.documents import describing, read

NAMES = st.sampled_from(["type", "id", "image_url", "url"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.sampled_from(["", "simple", "16:9", "https://a.b/c.png"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
KINDS = st.sampled_from(["string", "number", "integer", "boolean", "null", "array", "object"])


def keywords(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """A schema around others, as Krea writes them and as nobody does."""
    forms = st.lists(inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | st.lists(KINDS, max_size=3, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "items": inner,
            "anyOf": forms,
            "oneOf": forms,
            "allOf": forms,
            "enum": st.lists(VALUES, max_size=3),
            "const": VALUES,
            "default": VALUES,
            "nullable": st.booleans(),
            "format": st.sampled_from(["uri", "uuid", "date-time"]),
            "minimum": st.integers(-2, 5),
            "maxLength": st.integers(0, 5),
            "minItems": st.integers(0, 2),
            "additionalProperties": st.booleans(),
            "not": inner,
        },
    )


SCHEMAS: st.SearchStrategy[Json] = st.recursive(
    st.just(True) | st.just({}) | keywords(st.just({})), keywords, max_leaves=12
)


@TIMELESS
@given(st.dictionaries(NAMES, SCHEMAS, min_size=1))
def test_drift_from_any_schema_is_told(fixtures: Fixtures, properties: Json) -> None:
    document = describing({"type": "object", "properties": properties})
    document["paths"][f"/generate/{FLUX}"] = document["paths"].pop("/generate/image/acme/dreamer")
    try:
        spec = read(document)
    except InvalidDocument:
        return

    found = differences(fixtures.catalogue, spec, "2026-11-22")

    told = {each.where for each in found if each.kind is Kind.FIELD_ADDED}
    told |= {str(each.document) for each in found if each.kind is Kind.FIELD_RENAMED}
    assert told >= properties.keys() - {"image_url"}
    assert as_text(fixtures.catalogue, spec, found)
    assert json.loads(as_json(fixtures.catalogue, spec, found))


@TIMELESS
@example({"type": {"type": "string", "properties": {}}}, {"type": {}})
@example({"type": {"enum": [[]]}}, {"type": [1]})
@given(st.dictionaries(NAMES, SCHEMAS, min_size=1), st.dictionaries(NAMES, VALUES))
def test_bodies_of_any_schema_are_taken_or_refused_with_reasons(fields: Json, body: Json) -> None:
    try:
        [model] = read(describing({"type": "object", "properties": fields})).models
    except InvalidDocument as refusal:
        assert str(refusal).startswith("doc.json#/paths/")
        return
    form = PlainInputSpec(short_name="dreamer", input_schema=model.input_schema)

    try:
        input = Validation().normalise(form, body, on_date=lambda: "2026-11-22")
    except InvalidInput as refusal:
        assert str(refusal)
    else:
        assert input.keys() <= fields.keys()
    assert fields_of(model.input_schema).keys() >= fields.keys()
    assert all(expectation(part) for part in model.input_schema["properties"].values())
