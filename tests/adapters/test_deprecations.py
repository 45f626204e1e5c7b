"""Rehearsing deprecations: moving the clock across a date changes what the same calls answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockkrea.core.catalogue import Catalogue
from mockkrea.data import load_catalogue
from tests.asking import FLUX, Json, Krea, MakeKrea
from tests.contract.requirements import requirement

DAY_S = 86_400

# Krea's announcements, with bodies that these models take.
REAL_SUNSETS = [
    ("video/bytedance/seedance-1.0-lite", "2026-04-27", "video/bytedance/seedance-1.0-pro-fast", {}),
    ("video/openai/sora-2", "2026-04-27", None, {}),
    (
        "image/bytedance/seedream-3",
        "2026-05-13",
        "image/bytedance/seedream-5-lite",
        {"width": 1024, "height": 1024},
    ),
]


def on(make_krea: MakeKrea, date: str) -> Krea:
    """A mock whose clock stands still in the first hour of a day."""
    krea = make_krea(beginning=f"{date}T00:30:00Z")
    krea.clock("freeze")
    return krea


def day_before(date: str) -> str:
    """The ISO date of the day before; none of these dates is the first of a month."""
    return f"{date[:8]}{int(date[8:]) - 1:02d}"


@requirement("model:410")
@requirement("model:deprecated")
@pytest.mark.parametrize(("model", "date", "replacement", "body"), REAL_SUNSETS)
def test_a_model_of_kreas_is_announced_until_its_date_and_gone_from_then_on(
    make_krea: MakeKrea, model: str, date: str, replacement: str | None, body: Json
) -> None:
    krea = on(make_krea, day_before(date))
    asked = {"prompt": "a fox"} | body

    before = krea.generate(model, asked)
    krea.clock("advance", seconds=DAY_S)
    after = krea.generate(model, asked)

    assert before.status_code == 200, before.text
    assert before.headers["deprecation"] == "true"
    assert 'rel="deprecation"' in before.headers["link"]
    assert after.status_code == 410
    assert after.json()["sunset_date"] == date
    assert after.json().get("replacement") == replacement
    assert "deprecation" not in after.headers
    if replacement is not None:
        assert krea.generate(replacement, asked).status_code == 200


@pytest.mark.parametrize(("model", "date", "replacement", "body"), REAL_SUNSETS)
def test_the_document_lists_a_model_as_deprecated_until_its_date_and_no_longer(
    make_krea: MakeKrea, model: str, date: str, replacement: str | None, body: Json
) -> None:
    krea = on(make_krea, day_before(date))

    before = krea.get("/openapi.json").json()["paths"]
    krea.clock("advance", seconds=DAY_S)
    after = krea.get("/openapi.json").json()["paths"]

    assert before[f"/generate/{model}"]["post"]["deprecated"] is True
    assert f"/generate/{model}" not in after
    assert after.keys() < before.keys()


def test_a_job_that_was_taken_before_the_date_is_finished_and_shown_after_it(make_krea: MakeKrea) -> None:
    model, date, *_ = REAL_SUNSETS[0]
    krea = on(make_krea, day_before(date))
    job_id = krea.submit(model)

    krea.clock("advance", seconds=DAY_S)

    assert krea.job(job_id)["status"] == "completed"
    assert krea.listed() == [job_id]


@pytest.mark.parametrize("date", ["2026-12-24", "2027-02-02"])
def test_any_model_can_be_given_a_sunset_and_rehearsed(make_krea: MakeKrea, date: str) -> None:
    usual = load_catalogue()
    models = [
        replace(each, sunset=date, replacement="image/krea/krea-2/medium") if each.id == FLUX else each
        for each in usual.models
    ]
    krea = make_krea(catalogue=Catalogue(models, edition=usual.edition))
    krea.clock("run_until", until=f"{day_before(date)}T23:59:59.999Z")
    krea.clock("freeze")

    before = krea.generate(FLUX, {"prompt": "a fox"})
    krea.clock("advance", seconds=0.001)
    with krea.unchanged():
        after = krea.generate(FLUX, {"prompt": "a fox"})

    assert (before.status_code, after.status_code) == (200, 410)
    assert date[8:] in before.headers["sunset"]
    assert after.json()["message"].startswith(f"{FLUX} is not available since {date}.")


def test_old_field_names_are_taken_until_their_date_and_refused_from_then_on(make_krea: MakeKrea) -> None:
    krea = on(make_krea, "2026-06-18")
    body = {"prompt": "a fox", "imageUrl": "https://example.com/a.png"}

    before = krea.generate(FLUX, body)
    krea.clock("advance", seconds=DAY_S)
    with krea.unchanged():
        after = krea.generate(FLUX, body)

    assert (before.status_code, after.status_code) == (200, 422)
    assert [each["path"] for each in after.json()["issues"]] == ["/imageUrl"]
    assert "image_url" in after.json()["message"]
