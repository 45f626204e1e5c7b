"""Jobs that hang, and previews: what a job shows between its beginning and its end."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from mockkrea.core.catalogue import Catalogue, Figures, Hosting
from mockkrea.core.jobs import Progression
from mockkrea.core.node_apps import NodeApps
from mockkrea.data import load_catalogue
from mockkrea.settings import Settings
from tests.adapters.test_node_apps import execute
from tests.adapters.test_styles import submit_training
from tests.asking import DEFAULTS, FLUX, IMMEDIATE, Krea, MakeKrea
from tests.contract.requirements import requirement

TRELLIS = "3d/microsoft/trellis-2"
BACKDROP = {"image_url": "https://example.com/a.png", "backdrop": "the sea"}
HOOK = "http://localhost:9/"


def hanging_krea(make_krea: MakeKrea, hosting: Hosting, settings: Settings = DEFAULTS) -> Krea:
    """A mock whose flux would take a day, and whose clock stands still."""
    usual = load_catalogue()
    day = Figures.read("86400", "seconds")
    models = [
        replace(each, seconds=day, hosting=hosting) if each.id == FLUX else each for each in usual.models
    ]
    krea = make_krea(settings, catalogue=Catalogue(models, edition=usual.edition))
    krea.clock("freeze")
    return krea


@requirement("job:timeout")
@requirement("job:timeout:code")
@pytest.mark.parametrize(("hosting", "timeout_s"), [(Hosting.KREA, 180), (Hosting.EXTERNAL, 7200)])
def test_a_job_that_hangs_runs_until_its_timeout_and_fails_unbilled(
    make_krea: MakeKrea, hosting: Hosting, timeout_s: int
) -> None:
    krea = hanging_krea(make_krea, hosting)
    job_id = krea.submit(hook=HOOK)

    krea.clock("advance", seconds=timeout_s - 0.001)
    before = krea.job(job_id)
    krea.clock("advance", seconds=0.001)
    after = krea.job(job_id)

    assert before["status"] == "sampling"
    assert after["status"] == "failed"
    assert after["error"] == {
        "code": "timeout",
        "message": f"The job did not end within {timeout_s} seconds.",
    }
    assert "result" not in after
    assert krea.usd() == {"balance": 100, "held": 0, "available": 100}
    assert krea.deliver() == [after]


@requirement("job:timeout:others")
@pytest.mark.parametrize("kind", ["training", "node app"])
def test_a_training_or_a_run_of_a_node_app_that_hangs_fails_after_two_hours(krea: Krea, kind: str) -> None:
    day_us = (86_400_000_000, 86_400_000_000)
    krea.tenant.training = replace(krea.tenant.training, duration_us=day_us)
    krea.tenant.node_apps = NodeApps(
        tuple(
            app._replace(versions=tuple(each._replace(duration_us=day_us) for each in app.versions))
            for app in krea.tenant.node_apps._apps
        )
    )
    krea.clock("freeze")
    if kind == "training":
        job_id = submit_training(krea)
    else:
        job_id = execute(krea, "backdrop-swap", BACKDROP).json()[0]["job_id"]

    krea.clock("advance", seconds=7_199)
    before = krea.job(job_id)["status"]
    krea.clock("advance", seconds=1)

    assert before == "sampling"
    assert krea.job(job_id)["error"]["code"] == "timeout"
    assert krea.usd()["available"] == 100


def test_a_slot_that_a_hanging_job_held_goes_to_the_next_in_line(make_krea: MakeKrea) -> None:
    krea = hanging_krea(make_krea, Hosting.KREA)
    krea.control("workspaces/ada-personal/limits", {"concurrency": 1, "backlog": 1})
    first, second = krea.submit(), krea.submit()

    krea.clock("run_until", until=first)

    assert [krea.job(each)["status"] for each in (first, second)] == ["failed", "queued"]


@pytest.mark.parametrize("speed", [0.01, 100.0])
def test_speed_divides_a_timeout_as_it_divides_every_job(make_krea: MakeKrea, speed: float) -> None:
    hanging = hanging_krea(make_krea, Hosting.KREA, Settings(speed=speed))
    usual = make_krea(Settings(speed=speed))
    usual.clock("freeze")
    jobs = [(hanging, hanging.submit()), (usual, usual.submit())]

    for krea, _ in jobs:
        krea.clock("advance", seconds=180 / speed)

    assert [krea.job(job_id)["status"] for krea, job_id in jobs] == ["failed", "completed"]


def test_under_immediate_a_job_that_hangs_fails_at_once(make_krea: MakeKrea) -> None:
    krea = hanging_krea(make_krea, Hosting.KREA, IMMEDIATE)

    assert krea.job(krea.submit())["error"]["code"] == "timeout"


def test_under_manual_no_job_hangs_for_polls_alone_move_it(make_krea: MakeKrea) -> None:
    krea = hanging_krea(make_krea, Hosting.KREA, Settings(progression=Progression.MANUAL))
    job_id = krea.submit()

    krea.clock("advance", seconds=10_000)

    assert krea.job(job_id)["status"] == "scheduled"


def test_no_model_of_the_catalogue_hangs_by_itself() -> None:
    for model in load_catalogue().models:
        longest_us = max(amount for row in model.seconds.rows for amount in row.amounts.values())
        assert longest_us * 1.1 < model.timeout_s * 1_000_000, model.id


@requirement("job:preview")
def test_a_3d_job_shows_its_preview_before_it_ends_and_the_model_only_then(krea: Krea) -> None:
    krea.clock("freeze")
    job_id = krea.submit(TRELLIS)
    seen = []
    while "completed_at" not in (job := krea.job(job_id)):
        seen.append(job["status"])
        if job["status"] == "intermediate-complete":
            [preview] = job["result"]["urls"]
        krea.clock("run_until", until="next")

    assert seen == ["queued", "scheduled", "processing", "sampling", "intermediate-complete"]
    assert preview["type"] == "preview"
    assert [each["type"] for each in job["result"]["urls"]] == ["model", "preview"]
    assert job["result"]["urls"][1] == preview


@requirement("job:preview")
def test_a_preview_can_be_looked_at_from_then_on_and_the_model_not_yet(krea: Krea) -> None:
    krea.clock("freeze")
    job_id = krea.submit(TRELLIS)
    preview, model = f"/files/previews/{job_id}.png", f"/files/models/{job_id}.glb"
    assert krea.get(preview).status_code == 404

    while krea.job(job_id)["status"] != "intermediate-complete":
        krea.clock("run_until", until="next")

    Image.open(io.BytesIO(krea.get(preview).content)).verify()
    assert krea.get(model).status_code == 404


def test_a_job_that_is_cancelled_at_its_preview_has_no_result(krea: Krea) -> None:
    krea.clock("freeze")
    job_id = krea.submit(TRELLIS)
    while krea.job(job_id)["status"] != "intermediate-complete":
        krea.clock("run_until", until="next")

    krea.cancel(job_id)

    assert "result" not in krea.job(job_id)
    assert krea.get(f"/files/previews/{job_id}.png").status_code == 404


def test_under_manual_the_preview_is_a_step_of_its_own(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(progression=Progression.MANUAL))
    job_id = krea.submit(TRELLIS)

    seen = [krea.job(job_id)["status"] for _ in range(5)]

    assert seen == ["scheduled", "processing", "sampling", "intermediate-complete", "completed"]


def test_no_other_job_passes_through_intermediate_complete(krea: Krea) -> None:
    krea.clock("freeze")
    job_id = krea.submit()
    seen = set()
    while "completed_at" not in (job := krea.job(job_id)):
        assert "result" not in job
        seen.add(job["status"])
        krea.clock("run_until", until="next")

    assert "intermediate-complete" not in seen
