"""Submissions that come at the same time: for the last cents, for the last slot, for a model's limit."""

from __future__ import annotations

import asyncio
import base64
import io
from collections import Counter
from random import Random

import pytest
from PIL import Image

from tests.asking import ADA, FLUX, FLUX_USD, KEY, Krea
from tests.contract.requirements import requirement

SEEDANCE = "video/bytedance/seedance-2"


def large_picture() -> str:
    """A data URI of more than a megabyte: noise, which does not compress."""
    side = 600
    noise = Image.frombytes("RGB", (side, side), Random(0).randbytes(side * side * 3))
    file = io.BytesIO()
    noise.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def race(krea: Krea, number: int, model: str = FLUX, **body: object) -> Counter[int]:
    """How many of so many simultaneous submissions were answered with which status."""

    async def ask() -> list[int]:
        asked = (
            krea.client.post(
                f"/generate/{model}",
                json={"prompt": "a fox"} | body,
                headers={"Authorization": f"Bearer {KEY}"},
            )
            for _ in range(number)
        )
        return [answer.status_code for answer in await asyncio.gather(*asked)]

    return Counter(krea.run(ask()))


@requirement("billing:402")
@requirement("billing:hold")
@pytest.mark.parametrize("paid", [1, 3])
def test_of_submissions_that_race_for_the_last_cents_as_many_win_as_are_paid(krea: Krea, paid: int) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": round(FLUX_USD * (paid + 0.9), 6)})

    assert race(krea, 10) == {200: paid, 402: 10 - paid}

    krea.clock("run_until", until="idle")
    assert len(krea.listed(status="completed")) == paid
    assert len(krea.entries("capture")) == paid
    assert krea.usd()["available"] == round(FLUX_USD * 0.9, 6)


def test_bodies_that_are_judged_in_threads_race_by_the_same_rule(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": FLUX_USD})

    assert race(krea, 4, image_url=large_picture()) == {200: 1, 402: 3}
    assert krea.usd()["held"] == FLUX_USD


@requirement("limits:429")
def test_of_submissions_that_race_for_the_last_place_in_the_line_one_wins(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 1})

    assert race(krea, 10) == {200: 2, 429: 8}
    assert krea.usd()["held"] == 2 * FLUX_USD


@requirement("limits:model")
def test_seedance_2_takes_twelve_unfinished_jobs_of_a_workspace_and_no_thirteenth(krea: Krea) -> None:
    assert race(krea, 20, SEEDANCE) == {200: 12, 429: 8}

    krea.cancel(krea.listed()[0])

    assert race(krea, 2, SEEDANCE) == {200: 1, 429: 1}
    assert krea.submit(FLUX)


@pytest.mark.parametrize("way", ["fail", "cancel", "outcome cancelled"])
def test_what_a_job_held_can_be_spent_again_when_it_ends_unfinished(krea: Krea, way: str) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": FLUX_USD})
    job_id = krea.submit()
    assert krea.generate(FLUX, {"prompt": "x"}).status_code == 402

    if way == "cancel":
        krea.cancel(job_id)
    else:
        krea.outcome(job_id, status="failed" if way == "fail" else "cancelled")

    assert krea.generate(FLUX, {"prompt": "x"}).status_code == 200
    assert [each["kind"] for each in krea.entries("release")] == ["release"]
