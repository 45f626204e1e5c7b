"""`GET /openapi.json`: it describes every path that there is, each model as the catalogue has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockkrea.adapters import oauth
from mockkrea.adapters.authorize import Authorize
from mockkrea.core.catalogue import Catalogue, Model
from mockkrea.core.clock import iso_date
from tests.asking import FLUX, KREA_2, KREA_2_BODY, Json, Krea, MakeKrea
from tests.contract.requirements import requirement

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "krea-openapi-2026-05.json"

# Paths of our own, MCP, OAuth, presigned URLs and the document itself, which Krea's does not describe
# either.
NOT_DESCRIBED = {
    *("/files/{}", "/health", "/mcp", "/openapi.json"),
    *("/assets/presigned", "/public-api/assets/presigned/{}"),
    *oauth.ROUTES,
    *Authorize().routes,
}

METHODS = {"get", "post", "put", "patch", "delete"}
ENDING = "video/a/ending"
SUCCESSOR = "video/a/successor"


def ending_catalogue() -> Catalogue:
    """Two video models; one has an announced end, ten days after the beginning."""
    fields = {"prompt!": "text", "image_url": "uri ..1024", "duration": "number 4..6 = 5"}
    model = {"name": "A", "about": "A model.", "fields": fields, "usd": "0.1/s"}
    return Catalogue.read(
        {
            "edition": "2026-01-01",
            "assumed": {"video": {"compute_units": "80/s", "seconds": "90", "job_type": "videoV2"}},
            "models": {ENDING: {**model, "sunset": "2026-12-02", "replacement": SUCCESSOR}, SUCCESSOR: model},
        }
    )


@pytest.fixture
def ending_krea(make_krea: MakeKrea) -> Krea:
    """A mock that sells a model with an announced end."""
    return make_krea(catalogue=ending_catalogue())


def document(krea: Krea) -> Json:
    answer = krea.get("/openapi.json", key=None)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def model_operations(krea: Krea) -> dict[str, Json]:
    """Model id → its operation."""
    prefix = "/generate/"
    paths = document(krea)["paths"]
    return {path.removeprefix(prefix): paths[path]["post"] for path in paths if path.startswith(prefix)}


def on_sale(krea: Krea) -> list[Model]:
    """The models that have not ended."""
    today = iso_date(krea.tenant.now_us())
    return [model for model in krea.tenant.catalogue.models if model.is_available_on(today)]


def operations(paths: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in paths.items():
        for method in METHODS & methods.keys():
            yield path, method, methods[method]


def references(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def names_of(operation: Json) -> list[tuple[str, str, str]]:
    """The old field names, each with the new one and the day it ends."""
    aliases = operation["x-krea-deprecated-field-aliases"]
    return [(each["from"], each["to"], each["sunset_date"]) for each in aliases]


def without_names(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


@requirement("openapi:public")
def test_the_document_needs_no_token_and_changes_nothing(krea: Krea) -> None:
    with krea.unchanged():
        assert document(krea)["openapi"] == "3.1.0"
        assert krea.ask("HEAD", "/openapi.json", key="nobody's").status_code == 200


def test_every_path_and_method_that_is_answered_is_described_and_no_other(krea: Krea) -> None:
    described = {(without_names(path), method) for path, method, _ in operations(document(krea)["paths"])}
    models = {(f"/generate/{model.id}", "post") for model in on_sale(krea)}
    answered = {
        (without_names(pattern), method.lower())
        for pattern, methods in krea.app.routes.items()
        for method in methods
        if pattern != "/generate/{model...}"
    }

    assert described == models | {each for each in answered if each[0] not in NOT_DESCRIBED}


def test_every_operation_says_what_it_is_where_it_belongs_and_how_it_is_refused(krea: Krea) -> None:
    whole = document(krea)
    names = [operation["operationId"] for _, _, operation in operations(whole["paths"])]

    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in whole["tags"]}
    for path, _, operation in operations(whole["paths"]):
        assert operation["summary"] and operation["description"], path
        assert set(operation["tags"]) <= tags
        assert {"200", "401", "429"} <= operation["responses"].keys(), path
        takes_json = "application/json" in operation.get("requestBody", {}).get("content", {})
        assert ("413" in operation["responses"]) == takes_json, path
    assert tags == {tag for _, _, operation in operations(whole["paths"]) for tag in operation["tags"]}


def test_every_reference_in_the_document_leads_somewhere_and_every_shared_part_is_used(krea: Krea) -> None:
    whole = document(krea)
    used = set(references(whole))

    parts = {f"#/components/{kind}/{name}" for kind, them in whole["components"].items() for name in them}
    assert used <= parts
    unused = {part for part in parts - used if "/securitySchemes/" not in part}
    assert unused <= {f"#/components/{name}" for name in OF_DEPRECATION}


# Only referred to while a model has an announced end.
OF_DEPRECATION = (
    *("responses/SubmittedToDeprecated", "responses/Gone"),
    *("headers/Deprecation", "headers/Sunset", "headers/Link", "schemas/ModelUnavailable"),
)


def test_the_server_that_is_named_is_the_one_that_was_asked(krea: Krea) -> None:
    for host in ("localhost:5732", "127.0.0.1:1234"):
        servers = krea.get("/openapi.json", key=None, headers={"Host": host}).json()["servers"]

        assert [server["url"] for server in servers] == [f"http://{host}"]


def test_each_model_is_described_with_the_very_schema_that_judges_its_bodies(krea: Krea) -> None:
    described = model_operations(krea)

    for model in on_sale(krea):
        content = described[model.id]["requestBody"]["content"]
        assert content == {"application/json": {"schema": model.input_schema}}
        assert described[model.id]["summary"] == model.name
        assert ("deprecated" in described[model.id]) == (model.sunset is not None)


def test_a_uri_is_described_as_a_short_url_or_a_data_uri_of_any_length(ending_krea: Krea) -> None:
    body = model_operations(ending_krea)[ENDING]["requestBody"]["content"]["application/json"]["schema"]

    url, data_uri = body["properties"]["image_url"]["anyOf"]
    assert url["maxLength"] == 1024 and "maxLength" not in data_uri
    assert data_uri["pattern"].startswith("^data:")


def test_a_training_is_described_with_the_very_schema_that_judges_its_bodies(krea: Krea) -> None:
    operation = document(krea)["paths"]["/styles/train"]["post"]

    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == krea.tenant.training.input_schema


@requirement("openapi:pricing")
def test_prices_stand_at_the_models_as_clients_of_krea_read_them(krea: Krea) -> None:
    pricing = model_operations(krea)[KREA_2]["x-krea-pricing"]

    assert pricing == {
        "type": "fixed",
        "currency": "USD",
        "unit": "request",
        "price_points": [
            {"amount": 0.03, "dimensions": {"k2BillingTier": "text-to-image"}},
            {"amount": 0.035, "dimensions": {"k2BillingTier": "srefs"}},
            {"amount": 0.04, "dimensions": {"k2BillingTier": "moodboards"}},
        ],
    }
    krea.submit(KREA_2, **KREA_2_BODY)
    assert krea.entries("hold")[0]["amount"] == 0.03


def test_a_price_by_the_second_is_told_out_with_numbers_as_numbers(ending_krea: Krea) -> None:
    pricing = model_operations(ending_krea)[SUCCESSOR]["x-krea-pricing"]

    assert pricing["unit"] == "request"
    assert pricing["price_points"] == [
        {"amount": 0.4, "dimensions": {"duration": 4}},
        {"amount": 0.5, "dimensions": {"duration": 5}},
        {"amount": 0.6, "dimensions": {"duration": 6}},
    ]


@requirement("openapi:description")
def test_units_and_seconds_stand_in_a_table_of_the_description(krea: Krea) -> None:
    about = model_operations(krea)[FLUX]["description"]

    assert about.endswith(
        "\n\n| Compute Units | Average Completion Time |\n| --- | --- |\n| ~3 | ~7 seconds |"
    )


@requirement("openapi:old-names")
def test_old_field_names_stand_at_the_models_with_the_day_they_end(krea: Krea) -> None:
    aliases = model_operations(krea)[FLUX]["x-krea-deprecated-field-aliases"]

    assert {each["from"]: each["to"] for each in aliases} == krea.tenant.catalogue.find(FLUX).renamed
    assert {each["sunset_date"] for each in aliases} == {"2026-06-19"}


def test_figures_that_are_guesses_are_called_so(ending_krea: Krea) -> None:
    assert model_operations(ending_krea)[SUCCESSOR]["x-mockkrea-assumed"] == ["job_type", "seconds"]


@requirement("openapi:deprecated")
def test_a_model_is_called_deprecated_before_its_end_and_is_left_out_from_then_on(ending_krea: Krea) -> None:
    described = model_operations(ending_krea)

    assert described[ENDING]["deprecated"] is True
    assert "410" in described[ENDING]["responses"]
    assert "deprecated" not in described[SUCCESSOR] and "410" not in described[SUCCESSOR]
    ending_krea.clock("run_until", until="2026-12-02T00:00:00Z")
    assert list(model_operations(ending_krea)) == [SUCCESSOR]


@requirement("model:deprecated")
def test_a_deprecated_model_answers_with_headers_that_tell_its_end(ending_krea: Krea) -> None:
    answer = ending_krea.generate(ENDING, {"prompt": "a fox"})

    assert answer.status_code == 200
    assert answer.headers["deprecation"] == "true"
    assert answer.headers["sunset"] == "Wed, 02 Dec 2026 00:00:00 GMT"
    assert answer.headers["link"] == (
        '<https://docs.krea.ai/developers/deprecations>; rel="deprecation"; type="text/html"'
    )
    refused = ending_krea.generate(ENDING, {})
    assert refused.status_code == 422
    for undeprecated in (refused, ending_krea.generate(SUCCESSOR, {"prompt": "a fox"})):
        assert not {"deprecation", "sunset", "link"} & undeprecated.headers.keys()


@requirement("model:410")
def test_a_model_answers_until_the_last_moment_before_its_end_by_the_clock_of_the_world(
    ending_krea: Krea,
) -> None:
    ending_krea.clock("freeze")
    ending_krea.clock("run_until", until="2026-12-01T23:59:59.999Z")
    job_id = ending_krea.submit(ENDING)

    ending_krea.clock("advance", seconds=0.001)

    with ending_krea.unchanged():
        answer = ending_krea.generate(ENDING, {"prompt": "a fox"})
    assert answer.status_code == 410
    assert answer.json() == {
        "error": "model_unavailable",
        "reason": "deprecated",
        "message": f"{ENDING} is not available since 2026-12-02. Use {SUCCESSOR} instead.",
        "sunset_date": "2026-12-02",
        "replacement": SUCCESSOR,
        "migration_url": "https://docs.krea.ai/developers/deprecations",
    }
    ending_krea.clock("run_until", until=job_id)
    assert ending_krea.job(job_id)["status"] == "completed"


def test_what_kreas_own_document_says_of_a_path_ours_says_as_well(krea: Krea) -> None:
    if not REFERENCE.exists():
        pytest.skip("Krea's document is not at hand")
    real = json.loads(REFERENCE.read_text(encoding="utf-8"))["paths"]
    ours = document(krea)["paths"]

    both = [(path, method) for path, method, _ in operations(ours) if method in real.get(path, {})]
    assert both
    for path, method in both:
        theirs, mine = real[path][method], ours[path][method]
        assert theirs["tags"] == mine["tags"], path
        assert theirs["responses"].keys() <= mine["responses"].keys(), path
        assert ("requestBody" in theirs) == ("requestBody" in mine), path
        if "x-krea-deprecated-field-aliases" in theirs:
            assert names_of(theirs) == names_of(mine), path
