"""Bodies become normalised inputs, or refusals that name every offending field."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockkrea.core.catalogue import Catalogue, Model
from mockkrea.core.errors import InvalidInput
from mockkrea.data import load_catalogue
from mockkrea.validation import Validation
from tests.bodies import NIL_UUID, URL, largest, smallest, without_traps
from tests.contract.requirements import requirement

CATALOGUE = load_catalogue()
VALIDATION = Validation()

BEFORE_SUNSET, AFTER_SUNSET = "2026-06-18", "2026-06-19"

KREA_2, FLUX, KONTEXT = "image/krea/krea-2/medium", "image/bfl/flux-1-dev", "image/bfl/flux-1-kontext-dev"
GPT_IMAGE_2, TOPAZ = "image/openai/gpt-image-2", "enhance/topaz/standard-enhance"

DATA_URI = "data:image/png;base64,iVBORw0KGgo="
URL_OR_DATA = "an http or https URL of at most 1,024 characters or a base64 data URI"

KREA_2_BODY: dict[str, object] = {"prompt": "x", "aspect_ratio": "16:9", "resolution": "1K"}


def normalise(
    model: str | Model, body: object, *, on: str = AFTER_SUNSET, old: bool = False
) -> dict[str, object]:
    found = CATALOGUE.find(model) if isinstance(model, str) else model
    return VALIDATION.normalise(found, body, on_date=lambda: on, accept_old_names=old)


def issues(model: str | Model, body: object, *, on: str = AFTER_SUNSET, old: bool = False) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        normalise(model, body, on=on, old=old)
    for issue in refusal.value.issues:
        assert issue.message.startswith(issue.path)
    return [issue.message for issue in refusal.value.issues]


def a_model(fields: object, **facts: object) -> Model:
    guesses = {"compute_units": "80/s", "seconds": "90", "job_type": "videoV2"}
    model = {"name": "A", "about": "A model.", "fields": fields} | facts
    return Catalogue.read(
        {"edition": "2026-01-01", "assumed": {"video": guesses}, "models": {"video/a/b": model}}
    ).models[0]


# ---- what fits


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_every_model_takes_a_body_of_its_required_fields_alone(model: Model) -> None:
    fields, body = model.input_schema["properties"], smallest(model.input_schema)
    defaults = {name: part["default"] for name, part in fields.items() if "default" in part}

    assert body.keys() == set(model.input_schema.get("required", ()))
    assert normalise(model, body) == defaults | body


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_every_model_takes_a_body_of_all_its_fields(model: Model) -> None:
    body = without_traps(model, largest(model.input_schema))

    assert normalise(model, body) == body


@requirement("validation:unknown-key")
@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_every_model_refuses_an_unknown_key_by_its_name(model: Model) -> None:
    [message] = issues(model, {**smallest(model.input_schema), "credits_used": 1})

    assert message.startswith(f"/credits_used is not a field of {model.short_name}; its fields are ")


def test_many_unknown_keys_are_told_the_fields_once() -> None:
    first, *others = issues(FLUX, {"prompt": "x"} | {f"zzz{number}": 1 for number in range(50)})

    assert "; its fields are prompt, " in first
    assert others == [f"/zzz{number} is not a field of flux-1-dev." for number in range(1, 50)]


def test_defaults_are_filled_in_at_every_depth() -> None:
    body = {**KREA_2_BODY, "image_style_references": [{"url": URL}], "moodboards": [{"id": NIL_UUID}]}

    assert normalise(KREA_2, body) == {
        **KREA_2_BODY,
        "image_style_references": [{"url": URL, "strength": 0.5}],
        "moodboards": [{"id": NIL_UUID, "strength": 0.23}],
        "creativity": "low",
        "intensity": 0,
        "complexity": 0,
        "movement": 0,
        "strength": 0.99,
    }


def test_the_input_has_its_fields_in_the_order_of_the_schema() -> None:
    backwards = dict(reversed(normalise(FLUX, {"prompt": "x"}).items()))

    assert list(normalise(FLUX, backwards)) == [
        "prompt",
        "steps",
        "width",
        "height",
        "strength",
        "guidance_scale",
    ]


def test_flux_1_dev_is_given_no_default_seed() -> None:
    assert "seed" not in normalise(FLUX, {"prompt": "x"})
    assert normalise(KONTEXT, {"prompt": "x"})["seed"] == 1337


def test_whole_numbers_may_be_written_with_a_fraction_of_zero() -> None:
    filled = normalise(FLUX, {"prompt": "x", "seed": 7.0, "steps": 30.0, "strength": 0.5})

    assert (filled["seed"], filled["steps"], filled["strength"]) == (7, 30, 0.5)
    assert [type(filled[name]) for name in ("seed", "steps")] == [int, int]


def test_a_number_too_large_for_exact_whole_numbers_stays_as_it_is() -> None:
    assert normalise(FLUX, {"prompt": "x", "seed": 1e300})["seed"] == 1e300


def test_the_input_shares_nothing_with_the_body_that_was_sent() -> None:
    body = {"prompt": "x", "styles": [{"id": "a", "strength": 1}]}
    before = deepcopy(body)

    filled: Any = normalise(FLUX, body)
    filled["styles"][0]["strength"] = 2
    filled["styles"].append("more")

    assert body == before


def test_two_inputs_do_not_share_the_default_of_an_empty_list() -> None:
    model = a_model({"image_urls": "list of uri = []"})

    first: Any = normalise(model, {})
    first["image_urls"].append(URL)

    assert normalise(model, {}) == {"image_urls": []}


def test_unknown_keys_of_nested_objects_pass_and_are_left_out() -> None:
    style = {"id": "a", "strength": 1}

    assert normalise(FLUX, {"prompt": "x", "styles": [{**style, "note": 1, "\ud800": 2}]})["styles"] == [
        style
    ]


@requirement("validation:media")
@pytest.mark.parametrize(
    "url", [URL, "http://localhost:5732/files/a,b.png", "HTTPS://EXAMPLE.COM/", DATA_URI, None]
)
def test_a_media_input_is_a_url_or_a_data_uri_or_null_where_allowed(url: object) -> None:
    assert normalise(FLUX, {"prompt": "x", "image_url": url})["image_url"] == url


def test_the_longest_length_of_a_url_does_not_count_for_data_uris() -> None:
    data_uri = DATA_URI + "A" * 2_000_000

    assert normalise(FLUX, {"prompt": "x", "image_url": data_uri})["image_url"] == data_uri


def test_a_scenarios_own_version_of_a_model_is_judged_by_its_own_schema() -> None:
    ours, theirs = a_model({"a": "text"}), a_model({"b": "text"})

    assert normalise(ours, {"a": "x"}) == {"a": "x"}
    assert normalise(theirs, {"b": "x"}) == {"b": "x"}


# ---- what does not fit


def test_every_offending_field_is_named_with_what_would_have_been_right() -> None:
    body = {"prompt": "x", "aspect": "16:9", "resolution": "2K"}

    with pytest.raises(InvalidInput) as refusal:
        normalise(KREA_2, body)

    assert str(refusal.value) == (
        "3 problems: /aspect is not a field of krea-2/medium, did you mean aspect_ratio? "
        "/aspect_ratio is required. /resolution must be 1K."
    )
    assert [issue.path for issue in refusal.value.issues] == ["/aspect", "/aspect_ratio", "/resolution"]


@pytest.mark.parametrize(
    ("model_id", "field", "value", "expected"),
    [
        (FLUX, "prompt", "p" * 2000, "text of at most 1,800 characters, not of 2,000."),
        (FLUX, "prompt", None, "text of at most 1,800 characters, not null."),
        (KONTEXT, "prompt", "", "text of 1 to 100,000 characters, not empty."),
        (KREA_2, "prompt", "p" * 100_001, "text of at most 100,000 characters, not of 100,001."),
        (FLUX, "width", 100, "a number from 512 to 2368, not 100."),
        (FLUX, "width", "1024", 'a number from 512 to 2368, not the text "1024".'),
        (FLUX, "width", float("nan"), "a number from 512 to 2368, not nan."),
        (FLUX, "width", 10**5000, "a number from 512 to 2368, not a number that large."),
        (FLUX, "steps", 7.5, "a whole number from 1 to 100, not 7.5."),
        (FLUX, "steps", True, "a whole number from 1 to 100, not true."),
        (FLUX, "seed", False, "a number, not false."),
        (FLUX, "seed", [7], "a number, not a list."),
        (FLUX, "styles", {"id": "a"}, "a list, not an object."),
        ("image/bytedance/seedream-4", "width", 5000, "a number of at most 4096, not 5000."),
        (KREA_2, "seed", "7", 'a number or null, not the text "7".'),
        (KREA_2, "resolution", 1, "1K, not the number 1."),
        (KREA_2, "creativity", "Medium", "one of raw, low, medium or high, did you mean medium?"),
        (KREA_2, "creativity", "zzz", "one of raw, low, medium or high, not zzz."),
        (KREA_2, "moodboards", [{"id": NIL_UUID}] * 2, "a list of at most 1 item, not of 2."),
        (TOPAZ, "face_enhancement", "yes", 'true or false, not the text "yes".'),
        (FLUX, "image_url", "a.png", f"{URL_OR_DATA}, not text without a scheme."),
        (FLUX, "image_url", "ftp://example.com/a", f"{URL_OR_DATA}, not a URL with the scheme ftp."),
        (FLUX, "image_url", f"{URL}, {URL}", f"{URL_OR_DATA}, not several URLs separated by commas."),
        (FLUX, "image_url", "data:image/png,x", f"{URL_OR_DATA}, not a data URI that is not base64."),
        (
            FLUX,
            "image_url",
            "https://a.test/a b",
            f"{URL_OR_DATA}, not a URL with characters it cannot hold.",
        ),
        (FLUX, "image_url", f"{URL}?{'q' * 1024}", f"{URL_OR_DATA}, not a URL of 1,050."),
        (FLUX, "image_url", 5, f"{URL_OR_DATA}, not the number 5."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else type(value).__name__,
)
def test_a_value_that_does_not_fit_is_told_what_was_expected(
    model_id: str, field: str, value: object, expected: str
) -> None:
    if field == "image_url":  # it may be null as well
        expected = expected.replace(
            "characters or a base64 data URI", "characters, a base64 data URI or null"
        )

    body = smallest(CATALOGUE.find(model_id).input_schema)

    assert issues(model_id, {**body, field: value}) == [f"/{field} must be {expected}"]


def test_problems_inside_lists_are_named_by_their_place() -> None:
    body = {"prompt": "x", "styles": [{"id": 5}, "b"], "style_images": [{"strength": 3, "url": URL}]}

    assert issues(FLUX, body) == [
        "/styles/0/id must be text of at most 100,000 characters, not the number 5.",
        "/styles/0/strength is required.",
        '/styles/1 must be an object, not the text "b".',
        "/style_images/0/strength must be a number from -2 to 2, not 3.",
    ]


def test_a_list_with_wrong_length_and_wrong_items_is_told_both() -> None:
    assert issues(KREA_2, {**KREA_2_BODY, "moodboards": [{"id": "x"}, {}]}) == [
        "/moodboards must be a list of at most 1 item, not of 2.",
        "/moodboards/0/id must be a UUID, not x.",
        "/moodboards/1/id is required.",
    ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [([], "a list"), ("{}", 'the text "{}"'), (None, "null"), (7, "the number 7"), (True, "true")],
)
def test_a_body_that_is_no_object_is_one_problem_of_the_whole(body: object, kind: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        normalise(FLUX, body)

    [issue] = refusal.value.issues
    assert issue.path == ""
    assert issue.message == f"The body must be an object with the fields of flux-1-dev, not {kind}."


def test_pointers_escape_what_a_json_pointer_must_escape() -> None:
    with pytest.raises(InvalidInput) as refusal:
        normalise(FLUX, {"prompt": "x", "a/b~c": 1})

    assert refusal.value.issues[0].path == "/a~1b~0c"


def test_large_names_and_values_are_not_repeated() -> None:
    body = {
        "prompt": "x",
        "k" * 10_000: "v" * 10_000,
        "image_url": "x:" + "v" * 10_000,
        "width": "v" * 10_000,
    }

    assert all(len(message) < 300 for message in issues(FLUX, body))


def test_names_that_are_not_unicode_are_refused_in_sendable_text() -> None:
    [message] = issues(FLUX, {"prompt": "x", "\ud800": 1})

    assert message.startswith("/? is not a field of flux-1-dev; ")
    assert issues(KREA_2, {**KREA_2_BODY, "resolution": "\ud800"}) == ["/resolution must be 1K."]


def test_of_a_million_problems_the_first_hundred_are_named_and_the_count_says_so() -> None:
    with pytest.raises(InvalidInput, match=r"^More than 100 problems; the first 100: ") as refusal:
        normalise(FLUX, {"prompt": "x", "styles": ["x"] * 1_000_000})

    assert [issue.path for issue in refusal.value.issues] == [f"/styles/{place}" for place in range(100)]


def test_exactly_a_hundred_problems_are_all_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"^100 problems: ") as refusal:
        normalise(FLUX, {"prompt": "x", "styles": ["x"] * 100})

    assert len(refusal.value.issues) == 100


@pytest.mark.parametrize(
    ("value", "nearest"),
    [("16:10", "3:2"), ("1920x1080", "16:9"), ("20:9", "2.35:1"), ("1:1.2", "4:5"), ("16/9", "16:9")],
)
def test_the_nearest_ratio_is_the_one_of_about_the_same_shape(value: str, nearest: str) -> None:
    model = a_model({"aspect_ratio": "1:1 | 4:3 | 3:2 | 16:9 | 2.35:1 | 4:5 | 2:3 | 9:16"})

    assert issues(model, {"aspect_ratio": value})[0].endswith(f", did you mean {nearest}?")


@pytest.mark.parametrize(
    ("value", "ending"),
    [
        ("1440p", "did you mean 1080p?"),
        ("1080P", "did you mean 1080p?"),
        ("3k", "did you mean 2K?"),
        ("0:0", "not 0:0."),
    ],
)
def test_the_nearest_resolution_is_the_one_of_about_as_many_lines(value: str, ending: str) -> None:
    model = a_model({"resolution": "480p | 720p | 1080p | 2K"})

    assert issues(model, {"resolution": value})[0].endswith(f", {ending}")


def test_the_nearest_of_several_numbers_is_the_one_with_the_least_difference() -> None:
    model = a_model({"duration": "5 | 10", "seconds": "'4' | '8'"})

    assert issues(model, {"duration": 8, "seconds": 8}) == [
        "/duration must be one of 5 or 10, not 8; the nearest is 10.",
        '/seconds must be one of "4" or "8", not the number 8.',
    ]
    assert issues(model, {"duration": "5", "seconds": "9"}) == [
        '/duration must be one of 5 or 10, not the text "5".',
        '/seconds must be one of "4" or "8", did you mean "8"?',
    ]


def test_values_nested_deeper_than_any_stack_are_refused_in_words() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    assert issues(FLUX, {"prompt": deep}) == ["/prompt must be text of at most 1,800 characters, not a list."]
    assert issues(FLUX, {"prompt": "x", "deep": deep})[0].startswith("/deep is not a field of flux-1-dev")


def test_a_refused_body_is_left_as_it_was() -> None:
    body = {"prompt": 5, "imageUrl": URL, "styles": [{"id": "a", "strength": 9}]}
    before = deepcopy(body)

    issues(FLUX, body, on=BEFORE_SUNSET)

    assert body == before


# ---- old names


@requirement("validation:old-names")
def test_old_field_names_pass_until_their_sunset_and_become_the_new_ones() -> None:
    body = {"prompt": "x", "imageUrl": URL, "presetStyles": []}

    filled = normalise(FLUX, body, on=BEFORE_SUNSET)

    assert (filled["image_url"], filled["styles"]) == (URL, [])
    assert filled == normalise(FLUX, body, on=AFTER_SUNSET, old=True)
    assert list(body) == ["prompt", "imageUrl", "presetStyles"]


def test_old_field_names_are_refused_after_their_sunset_naming_the_new_and_the_setting() -> None:
    assert issues(FLUX, {"prompt": "x", "imageUrl": URL}) == [
        "/imageUrl is the old name of image_url, not taken since 2026-06-19; "
        "send image_url, or let old names pass with the setting accept_old_names."
    ]


def test_a_wrong_value_under_an_old_name_is_pointed_at_where_it_was_sent() -> None:
    [message] = issues(KREA_2, {**KREA_2_BODY, "presetStyles": 5}, on=BEFORE_SUNSET)

    assert message == "/presetStyles must be a list, not the number 5."


def test_an_old_name_beside_its_new_one_is_refused() -> None:
    assert issues(FLUX, {"prompt": "x", "imageUrl": URL, "image_url": URL}, on=BEFORE_SUNSET) == [
        "/imageUrl is the old name of image_url, which is given as well; send image_url alone."
    ]


def test_an_old_name_whose_field_is_gone_is_refused_on_every_day() -> None:
    for day in (BEFORE_SUNSET, AFTER_SUNSET):
        [message] = issues(GPT_IMAGE_2, {"prompt": "x", "styleImages": []}, on=day)

        assert message.startswith(
            "/styleImages is the old name of style_images, which gpt-image-2 does not have"
        )


# ---- traps


@requirement("validation:multiples-of-16")
def test_gpt_image_2_takes_sides_in_multiples_of_16_only() -> None:
    assert normalise(GPT_IMAGE_2, {"prompt": "x", "width": 1024.0, "height": 1360})["width"] == 1024
    assert issues(GPT_IMAGE_2, {"prompt": "x", "width": 1000, "height": 7}) == [
        "/width must be a multiple of 16, not 1000; the nearest is 1008.",
        "/height must be a multiple of 16, not 7; the nearest is 16.",
    ]


def test_traps_are_named_together_with_the_problems_of_the_schema() -> None:
    assert issues(GPT_IMAGE_2, {"prompt": "", "width": 1000.5, "height": True}) == [
        "/prompt must be text of 1 to 100,000 characters, not empty.",
        "/height must be a number, not true.",
        "/width must be a multiple of 16, not 1000.5; the nearest is 1008.",
    ]


def test_inputs_that_exclude_each_other_are_refused_together_and_taken_alone() -> None:
    model = a_model(
        {"end_image": "uri", "reference_images": "list of uri"}, not_both="end_image, reference_images"
    )

    assert normalise(model, {"end_image": URL, "reference_images": []})["end_image"] == URL
    assert issues(model, {"end_image": URL, "reference_images": [URL]}) == [
        "/reference_images cannot be combined with end_image; send one of them."
    ]


# ---- forms that only later models have

CAMERA = a_model(
    {
        "camera": [
            {"type!": "only simple", "config": {"zoom": "number -10..10 = 1"}},
            {"type!": "only down_back | forward_up", "config": "null = null"},
        ],
        "scene": "uri or only '' = ''",
        "distance": "number >0",
        "tag": "text 3..16 /^[a-z]+$/",
        "format": "png | jpeg or null",
        "frames": "list 1.. of 5 | 10",
    }
)


def test_an_object_of_several_forms_is_filled_by_its_own_form() -> None:
    simple = normalise(CAMERA, {"camera": {"type": "simple", "config": {}}})
    moving = normalise(CAMERA, {"camera": {"type": "forward_up"}})

    assert simple == {"camera": {"type": "simple", "config": {"zoom": 1}}, "scene": ""}
    assert moving["camera"] == {"type": "forward_up", "config": None}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"camera": 5}, "/camera must be an object, not the number 5."),
        ({"camera": {}}, "/camera/type is required."),
        (
            {"camera": {"type": "circle"}},
            "/camera/type must be one of simple, down_back or forward_up, not circle.",
        ),
        (
            {"camera": {"type": "simple", "config": {"zoom": 11}}},
            "/camera/config/zoom must be a number from -10 to 10, not 11.",
        ),
        ({"camera": {"type": "down_back", "config": {}}}, "/camera/config must be null, not an object."),
        ({"scene": "nope"}, "/scene must be an http or https URL, a base64 data URI or empty, not nope."),
        ({"distance": 0}, "/distance must be a number above 0, not 0."),
        ({"tag": "AB"}, "/tag must be text of 3 to 16 characters that matches ^[a-z]+$, not AB."),
        ({"format": "gif"}, "/format must be one of png, jpeg or null, not gif."),
        ({"frames": []}, "/frames must be a list of at least 1 item, not of 0."),
        ({"frames": [7]}, "/frames/0 must be one of 5 or 10, not 7; the nearest is 5."),
    ],
)
def test_the_rarer_forms_of_fields_are_explained_as_well(body: object, message: str) -> None:
    assert issues(CAMERA, body) == [message]


# ---- agreement with the schema that is published

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(URL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELD_NAMES = sorted({name for model in CATALOGUE.models for name in model.input_schema["properties"]})


@settings(deadline=None)  # two cores are shared by many
@given(
    model=st.sampled_from([*CATALOGUE.models, CAMERA]),
    body=JSON | st.dictionaries(st.sampled_from(FIELD_NAMES) | st.text(), JSON, max_size=6),
)
def test_any_json_is_normalised_or_refused_exactly_as_the_published_schema_says(
    model: Model, body: object
) -> None:
    allowed = jsonschema_rs.is_valid(model.input_schema, body, validate_formats=True)
    try:
        filled = normalise(model, body)
    except InvalidInput as refusal:
        traps = [issue for issue in refusal.issues if "multiple of" in issue.message]
        assert not allowed or len(traps) == len(refusal.issues)
    else:
        assert allowed
        assert normalise(model, filled) == filled
