"""A job is submitted, seen and billed in Krea's shapes: these keys and no others."""

from __future__ import annotations

import pytest

from mockkrea.core.pricing import price_of
from mockkrea.settings import Settings
from tests.asking import ADA, FLUX, FLUX_USD, IMMEDIATE, KREA_2, KREA_2_BODY, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.real_time import BEGINNING

BODIES = {
    KREA_2: KREA_2_BODY,
    "image/krea/krea-2/large": KREA_2_BODY,
    "image/krea/krea-2/medium-turbo": KREA_2_BODY,
    FLUX: {"prompt": ""},
    "image/bfl/flux-1-kontext-dev": {"prompt": "x"},
    "image/google/nano-banana-pro": {"prompt": "abc", "resolution": "4K"},
    "image/openai/gpt-image-2": {"prompt": "x"},
    "image/bytedance/seedream-4": {"prompt": "x", "width": 1024, "height": 1024},
    "enhance/topaz/standard-enhance": {
        "width": 1024,
        "height": 1024,
        "image_url": "https://example.com/a.png",
        "model": "CGI",
    },
}


@requirement("submit:answer")
def test_a_submission_is_answered_with_exactly_five_keys_two_of_them_null(krea: Krea) -> None:
    answer = krea.generate(KREA_2, KREA_2_BODY)

    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(body) == ["job_id", "status", "created_at", "completed_at", "result"]
    assert body == {
        "job_id": body["job_id"],
        "status": "queued",
        "created_at": BEGINNING,
        "completed_at": None,
        "result": None,
    }


@requirement("job:position")
def test_a_waiting_job_has_a_position_and_nothing_that_is_null(krea: Krea) -> None:
    job_id = krea.submit()

    assert krea.job(job_id) == {
        "job_id": job_id,
        "status": "queued",
        "type": "flux",
        "created_at": BEGINNING,
        "position": 0,
    }


@requirement("job:position:numbers")
def test_jobs_in_the_backlog_count_their_place_in_the_line_from_one(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 5})

    first, second, third = krea.submit(), krea.submit(), krea.submit()

    assert [krea.job(each).get("position") for each in (first, second, third)] == [0, 1, 2]
    assert [krea.job(each)["status"] for each in (first, second)] == ["queued", "backlogged"]


def test_a_submission_that_has_to_wait_says_backlogged_at_once(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 0, "backlog": 1})

    assert krea.generate(FLUX, {"prompt": "x"}).json()["status"] == "backlogged"


@requirement("job:shape")
def test_a_running_job_has_neither_position_nor_completion_nor_result(krea: Krea) -> None:
    job_id = krea.submit()

    krea.real_time.pass_by(2)

    assert krea.job(job_id) == {
        "job_id": job_id,
        "status": "sampling",
        "type": "flux",
        "created_at": BEGINNING,
    }


def test_a_completed_job_has_its_time_and_a_url_of_this_server(krea: Krea) -> None:
    job_id = krea.submit()

    krea.real_time.pass_by(60)

    job = krea.job(job_id)
    assert list(job) == ["job_id", "status", "type", "created_at", "completed_at", "result"]
    assert job["status"] == "completed"
    assert BEGINNING < job["completed_at"] < "2026-11-22T10:00:10.000Z"
    assert job["result"] == {"urls": [f"http://127.0.0.1:5732/files/images/{job_id}.png"]}


@requirement("job:error")
def test_a_failed_job_has_an_error_and_no_result(krea: Krea) -> None:
    job_id = krea.submit()

    krea.outcome(job_id, status="failed", error={"code": "nsfw", "message": "Not this."})

    assert krea.job(job_id) == {
        "job_id": job_id,
        "status": "failed",
        "type": "flux",
        "created_at": BEGINNING,
        "completed_at": BEGINNING,
        "error": {"code": "nsfw", "message": "Not this."},
    }


def test_urls_in_answers_use_the_name_under_which_the_client_asked(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    job_id = krea.submit()

    job = krea.get(f"/jobs/{job_id}", headers={"Host": "localhost:5732"}).json()

    assert job["result"]["urls"][0].startswith("http://localhost:5732/files/")


@pytest.mark.parametrize("seed", [7, 7.0, -3, 2**40])
def test_a_seed_may_be_any_number_also_with_a_decimal_point(krea: Krea, seed: float) -> None:
    assert krea.generate(FLUX, {"prompt": "x", "seed": seed}).status_code == 200


@requirement("submit:seed")
def test_seed_seven_and_seed_seven_point_zero_are_the_same_seed(krea: Krea) -> None:
    krea.submit(seed=7.0)

    assert b'"seed":7,' in krea.state()
    assert b'"seed":7.0' not in krea.state()


@requirement("billing:price")
@pytest.mark.parametrize(("model", "body"), BODIES.items())
def test_the_bill_in_the_ledger_equals_the_price_in_the_catalogue(
    krea: Krea, model: str, body: dict[str, object]
) -> None:
    found = krea.tenant.catalogue.find(model)
    input = krea.tenant.validation.normalise(found, body, on_date=lambda: "2026-11-22")

    job_id = krea.generate(model, body).json()["job_id"]
    krea.clock("run_until", until=job_id)

    [bill] = krea.entries("capture")
    assert bill["amount"] * 1_000_000 == pytest.approx(price_of(found, input).usd_micros)
    assert (bill["unit"], bill["from"], bill["to"]) == ("usd", "held", "revenue")
    assert bill["job_id"] == job_id


def test_every_model_of_the_catalogue_has_a_body_in_these_tests(krea: Krea) -> None:
    """The bill above is checked for each of them as long as the catalogue is small."""
    assert {model.id for model in krea.tenant.catalogue.models} >= BODIES.keys()


@requirement("billing:hold")
def test_an_unfinished_job_holds_its_price_and_a_completed_one_spends_it(krea: Krea) -> None:
    job_id = krea.submit()

    assert krea.usd() == {"balance": 100, "held": FLUX_USD, "available": 99.993}

    krea.clock("run_until", until=job_id)
    assert krea.usd() == {"balance": 99.993, "held": 0, "available": 99.993}


@requirement("billing:completed-only")
def test_a_failed_job_gives_its_price_back(krea: Krea) -> None:
    job_id = krea.submit()

    krea.outcome(job_id, status="failed")

    assert krea.usd() == {"balance": 100, "held": 0, "available": 100}
    assert [each["amount"] for each in krea.entries("release")] == [FLUX_USD]
    assert krea.entries("capture") == []


def test_the_last_job_that_can_be_paid_is_taken_and_the_next_only_after_a_top_up(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": FLUX_USD})
    krea.submit()

    assert krea.generate(FLUX, {"prompt": "x"}).status_code == 402

    krea.control(f"workspaces/{ADA}/grant", {"usd": FLUX_USD})
    assert krea.generate(FLUX, {"prompt": "x"}).status_code == 200


@requirement("billing:in-flight")
def test_a_job_in_flight_finishes_although_the_balance_has_run_out(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": FLUX_USD})
    job_id = krea.submit()

    krea.clock("run_until", until=job_id)

    assert krea.job(job_id)["status"] == "completed"
    assert krea.usd() == {"balance": 0, "held": 0, "available": 0}


def test_old_field_names_are_taken_after_their_sunset_only_with_the_setting(make_krea: MakeKrea) -> None:
    body = {"prompt": "x", "imageUrl": "https://example.com/a.png"}
    strict, lenient = make_krea(), make_krea(Settings(accept_old_names=True))

    refused = strict.generate(FLUX, body)

    assert refused.status_code == 422
    assert "accept_old_names" in refused.json()["message"]
    assert "image_url" in refused.json()["message"]
    assert lenient.generate(FLUX, body).status_code == 200


def test_the_same_seed_and_calls_give_the_same_answers_and_another_seed_others(make_krea: MakeKrea) -> None:
    def transcript(krea: Krea) -> list[str]:
        ids = [krea.submit(), krea.submit(KREA_2, **KREA_2_BODY)]
        krea.real_time.pass_by(60)
        return [krea.get(f"/jobs/{id}").text for id in ids]

    first, second, other = (transcript(make_krea(seed=seed)) for seed in (5, 5, 6))

    assert first == second
    assert first != other
