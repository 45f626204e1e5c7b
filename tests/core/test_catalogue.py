"""The notation of the catalogue, and the facts it ships with."""

from __future__ import annotations

import jsonschema_rs
import pytest

from mockkrea.core.catalogue import Catalogue, Category, Figures, Hosting, Model
from mockkrea.core.errors import UnknownModel
from mockkrea.core.fields import DATA_URI, HTTP_URL, FieldLanguage, NotationError, Schema
from mockkrea.data import load_catalogue

CATALOGUE = load_catalogue()
KREA_2 = "image/krea/krea-2/medium"

FIELDS: dict[str, Schema] = {
    "boolean = true": {"type": "boolean", "default": True},
    "boolean, deprecated": {"type": "boolean", "deprecated": True},
    "number": {"type": "number"},
    "number 0..1 = 0.5": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
    "number -10..10": {"type": "number", "minimum": -10, "maximum": 10},
    "number ..4096": {"type": "number", "maximum": 4096},
    "number 0.1..": {"type": "number", "minimum": 0.1},
    "number >0": {"type": "number", "exclusiveMinimum": 0},
    "number or null": {"type": ["number", "null"]},
    "null = null": {"type": "null", "default": None},
    "integer 1..100 = 25": {"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
    "text": {"type": "string", "maxLength": 100_000},
    "text = ''": {"type": "string", "maxLength": 100_000, "default": ""},
    "text 1..1800": {"type": "string", "minLength": 1, "maxLength": 1800},
    "text 3..16 /^[a-z][a-z0-9_-]+$/": {
        "type": "string",
        "minLength": 3,
        "maxLength": 16,
        "pattern": "^[a-z][a-z0-9_-]+$",
    },
    "uri": {"type": "string", "format": "uri", "anyOf": [HTTP_URL, DATA_URI]},
    "uri ..1024 or null": {
        "type": ["string", "null"],
        "format": "uri",
        "anyOf": [{**HTTP_URL, "maxLength": 1024}, DATA_URI],
    },
    "uri or only ''": {
        "anyOf": [
            {"type": "string", "format": "uri", "anyOf": [HTTP_URL, DATA_URI]},
            {"type": "string", "enum": [""]},
        ]
    },
    "16:9 | 2.35:1 = 16:9": {"type": "string", "enum": ["16:9", "2.35:1"], "default": "16:9"},
    "image | text": {"type": "string", "enum": ["image", "text"]},
    "png | jpeg or null": {"type": ["string", "null"], "enum": ["png", "jpeg", None]},
    "5 | 10 = 5": {"type": "number", "enum": [5, 10], "default": 5},
    "'512' | '1024' = 512": {"type": "string", "enum": ["512", "1024"], "default": "512"},
    "only 1K": {"type": "string", "enum": ["1K"]},
    "only 5 = 5": {"type": "number", "enum": [5], "default": 5},
    "list of half": {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}},
    "list 1..3 of only 5": {
        "type": "array",
        "items": {"type": "number", "enum": [5]},
        "minItems": 1,
        "maxItems": 3,
    },
    "list of number = []": {"type": "array", "items": {"type": "number"}, "default": []},
    "half = 0.25": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.25},
}


def a_catalogue(**facts: object) -> Catalogue:
    """One model, test/a/b, that has what every model needs and `facts` besides."""
    guesses = {"compute_units": "20", "seconds": "15", "job_type": "guessed"}
    model = {"name": "A", "about": "A model.", "fields": {"prompt!": "text"}} | facts
    return Catalogue.read(
        {"edition": "2026-01-01", "assumed": {"image": guesses}, "models": {"image/a/b": model}}
    )


def a_model(**facts: object) -> Model:
    return a_catalogue(**facts).find("image/a/b")


@pytest.mark.parametrize("notation", FIELDS)
def test_a_line_of_the_field_language_becomes_a_schema(notation: str) -> None:
    language = FieldLanguage()
    language.define("half", "number 0..1")

    assert language.compile(notation) == FIELDS[notation]


@pytest.mark.parametrize("notation", FIELDS)
def test_what_the_field_language_compiles_is_a_valid_json_schema(notation: str) -> None:
    language = FieldLanguage()
    language.define("half", "number 0..1")

    jsonschema_rs.meta.validate(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **language.compile(notation)}
    )


@pytest.mark.parametrize(
    ("notation", "complaint"),
    [
        ("textt", "'textt' is neither a kind of field nor a definition. Did you mean text?"),
        ("zzz", "'zzz' is neither a kind of field nor a definition."),
        ("text 1...5", "'1...5' is no range for text; write low..high, or >low for numbers."),
        ("boolean 1..5", "'1..5' is no range for boolean; write low..high, or >low for numbers."),
        ("list 3", "'list 3' should read: list [low..high] of type."),
        (
            [{"a": "text"}, {"a": "text"}],
            "a list of forms needs one, and a field that has fixed values in each of them.",
        ),
        ([], "a list of forms needs one, and a field that has fixed values in each of them."),
        ("text 9..1", "'9..1' is no range: its low is above its high."),
    ],
)
def test_a_line_that_cannot_be_read_says_what_would_have_been_right(notation: object, complaint: str) -> None:
    with pytest.raises(NotationError) as refusal:
        FieldLanguage().compile(notation)

    assert str(refusal.value) == complaint


def test_objects_name_their_required_fields_with_an_exclamation_mark() -> None:
    schema = FieldLanguage().compile({"id!": "text", "strength": "number"})

    assert schema["required"] == ["id"]
    assert list(schema["properties"]) == ["id", "strength"]


def test_a_body_may_be_put_together_from_definitions_and_its_own_fields() -> None:
    facts = {
        "edition": "2026-01-01",
        "assumed": {"image": {"compute_units": "20", "seconds": "15", "job_type": "guessed"}},
        "definitions": {"size": {"width!": "number", "height": "number"}},
        "models": {"image/a/b": {"name": "A", "about": "A.", "fields": [{"prompt!": "text"}, "size"]}},
    }

    schema = Catalogue.read(facts).find("image/a/b").input_schema

    assert list(schema["properties"]) == ["prompt", "width", "height"]
    assert schema["required"] == ["prompt", "width"]
    assert schema["additionalProperties"] is False


def test_a_body_without_required_fields_has_no_empty_list_of_them() -> None:
    assert "required" not in a_model(fields={"prompt": "text"}).input_schema


def test_a_wrong_line_names_the_model_it_stands_in() -> None:
    with pytest.raises(NotationError, match=r"^image/a/b: 'txt' is neither .* Did you mean text"):
        a_catalogue(fields={"prompt": "txt"})


def test_a_wrong_key_of_a_model_is_answered_with_the_nearest_right_one() -> None:
    with pytest.raises(
        NotationError, match=r"image/a/b: compute_unit is not a key of a model\. Did you mean comp"
    ):
        a_catalogue(compute_unit="3")


def test_a_mapping_that_is_no_mapping_is_refused_with_what_it_is() -> None:
    with pytest.raises(NotationError, match="'imageUrl' should be a mapping"):
        a_catalogue(renamed="imageUrl")


@pytest.mark.parametrize(
    ("text", "column", "amounts"),
    [
        ("0.0175", "usd", {"flat": 17_500}),
        ("0.1415/s", "usd", {"per_second": 141_500}),
        ("~3", "cu", {"flat": 3_000}),
        ("80/s", "cu", {"per_second": 80_000}),
        ("7.5", "seconds", {"flat": 7_500_000}),
        ("30..40", "seconds", {"shortest": 30_000_000, "longest": 40_000_000}),
    ],
)
def test_a_figure_on_one_line_is_read_without_rounding(
    text: str, column: str, amounts: dict[str, int]
) -> None:
    figures = Figures.read(text, column)

    assert [(row.where, row.amounts) for row in figures.rows] == [({}, amounts)]
    assert figures.approximate == text.startswith("~")


def test_a_table_of_figures_keeps_its_dimensions_and_amounts_apart() -> None:
    table = "resolution  usd/s  usd/reference  free_references\n480p  0.05  0.042  5\n768p  0.08  0.042  5\n"

    rows = Figures.read(table, "usd").rows

    assert [row.where for row in rows] == [{"resolution": "480p"}, {"resolution": "768p"}]
    assert rows[0].amounts == {"per_second": 50_000, "per_reference": 42_000, "free_references": 5}


def test_a_dimension_may_run_across_its_table_with_gaps() -> None:
    table = "resolution  duration:  5  10\n720p  ~207  ~389\n1080p  ~487  -\n"

    figures = Figures.read(table, "cu")

    assert figures.approximate
    assert [(dict(row.where), row.amounts["flat"]) for row in figures.rows] == [
        ({"resolution": "720p", "duration": "5"}, 207_000),
        ({"resolution": "720p", "duration": "10"}, 389_000),
        ({"resolution": "1080p", "duration": "5"}, 487_000),
    ]


@pytest.mark.parametrize(
    ("usd", "complaint"),
    [
        ("duration: 5 10\n0.1\n", "image/a/b: the row 0.1 needs 2 cells: duration: 5 10."),
        ("resolution usd\n1K\n", "image/a/b: the row 1K needs 2 cells: resolution usd."),
        ("0.00000001", "image/a/b: 0.00000001 has more than 6 decimal places."),
        ("cheap", "image/a/b: 'cheap' should be a number."),
    ],
)
def test_a_figure_that_cannot_be_exact_is_refused(usd: str, complaint: str) -> None:
    with pytest.raises(NotationError) as refusal:
        a_catalogue(usd=usd)

    assert str(refusal.value) == complaint


def test_a_table_without_any_amount_names_the_columns_that_there_are() -> None:
    with pytest.raises(NotationError, match=r"needs a column of usd, usd/s, .*; it has resolution, uds\."):
        a_catalogue(usd="resolution uds\n1K 0.15\n")


def test_what_nobody_published_is_taken_from_the_category_and_marked() -> None:
    unknown, known = a_model(), a_model(usd="0.1", seconds="3", job_type="flux")

    assert unknown.assumed == {"price", "seconds", "job_type"}
    assert unknown.compute_units == Figures.read("20", "cu")
    assert unknown.job_type == "guessed"
    assert known.assumed == frozenset()
    assert known.compute_units is None


def test_what_is_given_may_be_a_guess_as_well() -> None:
    assert a_model(usd="0.1", seconds="3", job_type="flux", assumed="price, fields").assumed == {
        "price",
        "fields",
    }


@pytest.mark.parametrize(
    ("model_id", "medium"),
    [
        (KREA_2, "image"),
        ("video/vidu/q3", "video"),
        ("enhance/topaz/standard-enhance", "image"),
        ("enhance/topaz/astra", "video"),
        ("audio/elevenlabs/tts", "audio"),
        ("3d/tripo/tripo", "3d"),
    ],
)
def test_an_enhancer_gives_back_what_it_is_given(model_id: str, medium: str) -> None:
    assert CATALOGUE.find(model_id).medium == medium


def test_no_two_models_have_the_same_description() -> None:
    descriptions = [model.description for model in CATALOGUE.models]

    assert len(set(descriptions)) == len(descriptions) == 122


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_every_trap_names_fields_that_the_model_has(model: Model) -> None:
    assert model.input_schema["properties"].keys() >= set(model.not_both)
    assert model.multiple_of == 1 or {"width", "height"} <= model.input_schema["properties"].keys()


def test_a_model_is_gone_from_its_sunset_date_on() -> None:
    model = a_model(sunset="2026-04-27", replacement="image/a/c")

    assert [model.is_available_on(day) for day in ("2026-04-26", "2026-04-27", "2026-04-28")] == [
        True,
        False,
        False,
    ]
    assert a_model().is_available_on("9999-12-31")


def test_traps_and_limits_of_a_model_are_facts_of_the_catalogue() -> None:
    model = a_model(not_both="end_image, reference_images", unfinished_max="12", multiple_of="16")

    assert model.not_both == ("end_image", "reference_images")
    assert (model.unfinished_max, model.multiple_of) == (12, 16)


def test_an_unknown_model_is_answered_with_the_nearest_id() -> None:
    with pytest.raises(UnknownModel) as refusal:
        CATALOGUE.find("image/krea/krea2/medium")

    assert str(refusal.value) == (
        "There is no model image/krea/krea2/medium. Did you mean image/krea/krea-2/medium?"
    )


@pytest.mark.parametrize(
    ("part", "nearest"),
    [
        ("nano", "image/google/nano-banana"),
        ("image/Nano", "image/google/nano-banana"),
        ("kling-3", "video/kling/kling-3.0"),
        ("x", None),
    ],
)
def test_a_part_of_an_id_is_answered_with_an_id_that_has_it(part: str, nearest: str | None) -> None:
    with pytest.raises(UnknownModel) as refusal:
        CATALOGUE.find(part)

    assert refusal.value.nearest == nearest


def test_an_unknown_id_of_a_million_characters_is_not_repeated() -> None:
    with pytest.raises(UnknownModel) as refusal:
        CATALOGUE.find("x" * 1_000_000)

    assert len(str(refusal.value)) < 200


def test_the_catalogue_keeps_its_order_and_knows_its_edition() -> None:
    categories = [model.category for model in CATALOGUE.models]

    assert CATALOGUE.models[0].id == KREA_2
    assert categories == sorted(categories, key=list(Category).index)
    assert CATALOGUE.edition == "2026-10-09"


def test_categories_short_names_and_hosting_follow_from_the_facts() -> None:
    krea, topaz = CATALOGUE.find(KREA_2), CATALOGUE.find("enhance/topaz/standard-enhance")

    assert (krea.category, krea.short_name, krea.hosting) == (Category.IMAGE, "krea-2/medium", Hosting.KREA)
    assert (topaz.category, topaz.short_name) == (Category.ENHANCE, "standard-enhance")
    assert (krea.timeout_s, topaz.timeout_s) == (180, 7_200)


def test_flux_1_dev_publishes_no_default_seed_and_deals_one_instead() -> None:
    model = CATALOGUE.find("image/bfl/flux-1-dev")

    assert model.deals_seed
    assert "default" not in model.input_schema["properties"]["seed"]
    assert [each.id for each in CATALOGUE.models if each.deals_seed] == [model.id]


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_every_model_says_where_its_figures_come_from(model: Model) -> None:
    assert model.source or model.assumed >= {"price", "seconds"}
    assert model.name
    assert model.description.endswith(".")


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_every_default_fits_the_field_it_stands_in(model: Model) -> None:
    for name, schema in model.input_schema["properties"].items():
        if "default" in schema:
            assert jsonschema_rs.is_valid(schema, schema["default"]), name
