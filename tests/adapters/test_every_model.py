"""What holds for every model of the catalogue, asked as a client would ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockkrea.core.catalogue import Catalogue, Category, Model
from mockkrea.core.pricing import price_of
from mockkrea.data import load_catalogue
from tests.asking import ADA, IMMEDIATE, Json, Krea, MakeKrea
from tests.bodies import largest, smallest, without_traps
from tests.contract.requirements import requirement

CATALOGUE = load_catalogue()

MEDIA_TYPES = {
    Category.IMAGE: [{"image/png", "image/jpeg", "image/webp"}],
    Category.VIDEO: [{"video/mp4"}],
    Category.AUDIO: [{"audio/mpeg"}],
    Category.THREE_D: [{"model/gltf-binary"}, {"image/png"}],
}

each_model = pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)


@pytest.fixture
def shop(make_krea: MakeKrea) -> Krea:
    """A mock that completes every job at once and sells every model, also those past their sunset."""
    on_sale = [replace(model, sunset=None) for model in CATALOGUE.models]
    return make_krea(IMMEDIATE, catalogue=Catalogue(on_sale, edition=CATALOGUE.edition))


def naming_what_is_there(body: Json) -> Json:
    """The body with styles and moodboards that everybody may use."""
    for field, id in (("styles", "inkwash01"), ("moodboards", "0a7c3d52-9e41-4b6f-8d20-6f1b5e9c7a01")):
        body |= {field: [each | {"id": id} for each in body[field]]} if field in body else {}
    return body


@each_model
def test_a_model_takes_its_smallest_body_and_gives_files_of_its_medium(model: Model, shop: Krea) -> None:
    answer = shop.generate(model.id, smallest(model.input_schema))

    assert answer.status_code == 200, answer.text
    job = shop.job(answer.json()["job_id"])
    assert (job["status"], job["type"]) == ("completed", model.job_type)
    files = [shop.get(each["url"] if isinstance(each, dict) else each) for each in job["result"]["urls"]]
    assert [file.status_code for file in files] == [200] * len(files)
    for file, media_types in zip(files, MEDIA_TYPES[model.medium], strict=True):
        assert file.headers["content-type"] in media_types


@each_model
def test_a_model_takes_a_body_of_all_its_fields_and_is_paid_for_it(model: Model, shop: Krea) -> None:
    before = shop.usd(ADA)["available"]

    answer = shop.generate(model.id, naming_what_is_there(without_traps(model, largest(model.input_schema))))

    assert answer.status_code == 200, answer.text
    assert shop.usd(ADA)["available"] < before


@requirement("validation:unknown-key")
@each_model
def test_a_model_refuses_an_unknown_key_by_its_name(model: Model, shop: Krea) -> None:
    with shop.unchanged():
        answer = shop.generate(model.id, {**smallest(model.input_schema), "credits_used": 1})

    assert answer.status_code == 422
    assert [issue["path"] for issue in answer.json()["issues"]] == ["/credits_used"]


@each_model
@pytest.mark.parametrize("body_of", [smallest, largest])
def test_every_body_has_a_price_on_both_meters(model: Model, body_of: type) -> None:
    price = price_of(model, body_of(model.input_schema))

    assert price.usd_micros > 0
    assert price.cu_thousandths > 0


def test_three_models_are_gone_and_name_what_replaces_them(krea: Krea) -> None:
    gone = {model.id: krea.generate(model.id, {}) for model in CATALOGUE.models if model.sunset}

    assert {id: (answer.status_code, answer.json().get("replacement")) for id, answer in gone.items()} == {
        "image/bytedance/seedream-3": (410, "image/bytedance/seedream-5-lite"),
        "video/bytedance/seedance-1.0-lite": (410, "video/bytedance/seedance-1.0-pro-fast"),
        "video/openai/sora-2": (410, None),
    }


@requirement("limits:model")
def test_the_thirteenth_unfinished_job_of_seedance_2_is_refused(krea: Krea) -> None:
    seedance = "video/bytedance/seedance-2"
    for _ in range(12):
        krea.submit(seedance)

    with krea.unchanged():
        answer = krea.generate(seedance, {"prompt": "a fox"})

    assert (answer.status_code, answer.json()["code"]) == (429, "CONCURRENCY_LIMIT_REACHED")
    assert krea.generate("video/bytedance/seedance-2-fast", {"prompt": "a fox"}).status_code == 200


@requirement("validation:exclusive")
def test_seedance_2_takes_a_last_frame_or_reference_pictures(krea: Krea) -> None:
    url = "https://example.com/a.png"
    body = {"prompt": "a fox", "end_image": url, "reference_images": [url]}

    answer = krea.generate("video/bytedance/seedance-2", body)

    assert answer.status_code == 422
    assert answer.json()["issues"] == [
        {
            "path": "/reference_images",
            "message": "/reference_images cannot be combined with end_image; send one of them.",
        }
    ]
