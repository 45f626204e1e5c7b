"""What moves a job: the clock, its submission alone, or a client's polls."""

from __future__ import annotations

import pytest

from mockkrea.core.jobs import Progression
from mockkrea.settings import Settings
from tests.asking import ADA, FLUX_USD, IMMEDIATE, KREA_2, KREA_2_BODY, Krea, MakeKrea
from tests.contract.requirements import requirement

MANUAL = Settings(progression=Progression.MANUAL)
LIFE = ["queued", "scheduled", "processing", "sampling", "completed"]


@requirement("job:seconds")
def test_with_time_a_job_passes_every_state_and_ends_near_its_models_seconds(krea: Krea) -> None:
    job_id = krea.submit()

    seen = [krea.job(job_id)["status"]]
    for _ in range(80):
        krea.real_time.pass_by(0.1)
        seen.append(krea.job(job_id)["status"])

    assert list(dict.fromkeys(seen)) == LIFE
    assert 63 <= seen.index("completed") <= 77


def test_a_job_ends_at_its_own_time_and_not_when_somebody_looks(krea: Krea) -> None:
    job_id = krea.submit()

    krea.real_time.pass_by(3600)

    assert krea.job(job_id)["completed_at"] < "2026-11-22T10:00:08"


def test_speed_divides_how_long_a_job_takes(make_krea: MakeKrea) -> None:
    usual, fast = make_krea(), make_krea(Settings(speed=1000))
    job_ids = [usual.submit(), fast.submit()]

    for krea in (usual, fast):
        krea.real_time.pass_by(0.008)

    assert [krea.job(id)["status"] for krea, id in zip((usual, fast), job_ids, strict=True)] == [
        "queued",
        "completed",
    ]


def test_the_highest_speed_still_lets_a_submission_say_queued(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(speed=1_000_000))

    job_id = krea.submit()

    assert krea.job(job_id)["status"] == "queued"
    krea.real_time.pass_by(0.001)
    assert krea.job(job_id)["status"] == "completed"


@pytest.mark.parametrize("speed", [1e-6, 1e-12, 1e-300, 5e-324])
def test_the_lowest_speeds_make_a_job_that_never_seems_to_end(make_krea: MakeKrea, speed: float) -> None:
    krea = make_krea(Settings(speed=speed))

    job_id = krea.submit()
    krea.real_time.pass_by(3600)

    assert krea.job(job_id)["status"] == "queued"


def test_immediate_says_queued_and_is_completed_at_the_next_look(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    job_id = krea.submit()

    job = krea.job(job_id)
    assert job["status"] == "completed"
    assert job["completed_at"] == job["created_at"]


def test_immediate_lets_a_submitted_job_be_cancelled_unbilled(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    job_id = krea.submit()
    krea.cancel(job_id)

    assert krea.job(job_id)["status"] == "cancelled"
    assert krea.entries("capture") == []
    assert krea.usd() == {"balance": 100, "held": 0, "available": 100}


def test_immediate_cancels_nothing_that_was_already_seen(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    job_id = krea.submit()
    krea.get("/jobs")

    krea.cancel(job_id)

    assert krea.job(job_id)["status"] == "completed"
    assert len(krea.entries("capture")) == 1


def test_immediate_lets_another_call_between_submission_and_cancel_complete_the_job(
    make_krea: MakeKrea,
) -> None:
    krea = make_krea(IMMEDIATE)

    first = krea.submit()
    second = krea.submit()
    krea.cancel(first)

    assert krea.job(first)["status"] == "completed"
    assert krea.job(second)["status"] == "completed"


def test_immediate_lets_an_outcome_come_before_the_usual_end(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    job_id = krea.submit()
    krea.outcome(job_id, status="failed", error={"code": "timeout"})

    assert krea.job(job_id)["error"] == {"code": "timeout"}
    assert krea.usd()["balance"] == 100


def test_immediate_never_fills_the_queue(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 0})

    job_ids = [krea.submit() for _ in range(50)]

    assert [krea.job(each)["status"] for each in job_ids] == ["completed"] * 50


def test_manual_moves_a_job_one_step_at_every_poll_and_never_by_time(make_krea: MakeKrea) -> None:
    krea = make_krea(MANUAL)
    job_id = krea.submit()

    krea.real_time.pass_by(3600)

    assert [krea.job(job_id)["status"] for _ in range(6)] == [*LIFE[1:], "completed", "completed"]


def test_manual_moves_a_job_at_every_nth_poll_only(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(progression=Progression.MANUAL, polls_per_step=3))
    job_id = krea.submit()

    seen = [krea.job(job_id)["status"] for _ in range(12)]

    assert seen == ["queued"] * 2 + ["scheduled"] * 3 + ["processing"] * 3 + ["sampling"] * 3 + ["completed"]


def test_under_manual_being_listed_is_a_poll_and_being_left_out_is_none(make_krea: MakeKrea) -> None:
    krea = make_krea(MANUAL)
    flux, k2 = krea.submit(), krea.submit(KREA_2, **KREA_2_BODY)

    for _ in range(4):
        krea.listed(types="flux")

    assert krea.job(flux)["status"] == "completed"
    assert krea.job(k2)["status"] == "scheduled"


def test_under_manual_the_list_shows_what_its_own_poll_has_moved(make_krea: MakeKrea) -> None:
    krea = make_krea(MANUAL)
    krea.submit()

    seen = [krea.get("/jobs").json()["items"][0]["status"] for _ in range(4)]

    assert seen == LIFE[1:]


def test_under_manual_jobs_beyond_the_page_are_not_polled(make_krea: MakeKrea) -> None:
    krea = make_krea(MANUAL)
    older, newer = krea.submit(), krea.submit()

    for _ in range(4):
        krea.listed(limit=1)

    assert krea.job(newer)["status"] == "completed"
    assert krea.job(older)["status"] == "scheduled"


def test_under_manual_the_control_api_and_refused_polls_count_as_nothing(make_krea: MakeKrea) -> None:
    krea = make_krea(MANUAL)
    job_id = krea.submit()

    with krea.unchanged():
        for path in ("clock", "workspaces", f"workspaces/{ADA}/ledger", "health"):
            krea.control(path)
        krea.get(f"/jobs/{job_id}", key=None)
        krea.get(f"/jobs/{job_id}", key="mockkrea:lin")
        krea.get("/jobs", params={"limit": 0})

    assert krea.job(job_id)["status"] == "scheduled"


def test_under_manual_a_completed_job_lets_the_next_in_line_begin(make_krea: MakeKrea) -> None:
    krea = make_krea(MANUAL)
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 9})
    first, second = krea.submit(), krea.submit()

    while krea.job(first)["status"] != "completed":
        pass

    assert krea.job(second)["status"] == "scheduled"


@requirement("job:cancel")
@pytest.mark.parametrize("steps", range(4))
def test_a_job_can_be_cancelled_unbilled_in_every_state_before_its_end(
    make_krea: MakeKrea, steps: int
) -> None:
    krea = make_krea(MANUAL)
    job_id = krea.submit()
    for _ in range(steps):
        krea.job(job_id)

    krea.cancel(job_id)

    assert krea.job(job_id)["status"] == "cancelled"
    assert krea.usd() == {"balance": 100, "held": 0, "available": 100}
    assert [each["amount"] for each in krea.entries("release")] == [FLUX_USD]


def test_a_backlogged_job_can_be_cancelled_and_the_line_moves_up(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 9})
    _, second, third = krea.submit(), krea.submit(), krea.submit()

    krea.cancel(second)

    assert krea.job(third)["position"] == 1
    assert krea.job(second)["status"] == "cancelled"


@requirement("limits:backlog")
def test_a_slot_freed_by_a_cancel_admits_the_next_job_at_once(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 9})
    first, second = krea.submit(), krea.submit()

    krea.cancel(first)

    assert krea.job(second)["status"] == "queued"


def test_a_cancelled_job_stays_cancelled_however_long_one_waits(krea: Krea) -> None:
    job_id = krea.submit()
    krea.cancel(job_id)
    cancelled = krea.job(job_id)

    krea.real_time.pass_by(3600)

    assert krea.job(job_id) == cancelled


def test_immediate_lets_a_submitted_job_be_cancelled_also_where_requests_are_counted(
    make_krea: MakeKrea,
) -> None:
    krea = make_krea(IMMEDIATE)
    krea.control(f"workspaces/{ADA}/limits", {"requests_per_minute": 60})

    job_id = krea.submit()
    krea.cancel(job_id)

    assert krea.job(job_id)["status"] == "cancelled"
