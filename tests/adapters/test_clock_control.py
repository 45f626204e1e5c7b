"""The clock through the control API: it stands, runs and jumps, forward only, and everything with it."""

from __future__ import annotations

import pytest

from mockkrea.core.jobs import Progression
from mockkrea.settings import Settings
from tests.asking import ADA, Json, Krea, MakeKrea
from tests.real_time import BEGINNING


def now(krea: Krea) -> str:
    """What the clock shows."""
    return str(krea.control("clock")["now"])


def test_a_fresh_clock_shows_the_real_time_and_runs_with_it(krea: Krea) -> None:
    assert krea.control("clock") == {"now": BEGINNING, "mode": "real", "speed": 1}

    krea.real_time.pass_by(1.5)

    assert now(krea) == "2026-11-22T10:00:01.500Z"


def test_a_frozen_clock_stands_still_and_jobs_with_it(krea: Krea) -> None:
    job_id = krea.submit()

    assert krea.clock("freeze") == {"now": BEGINNING, "mode": "frozen", "speed": 1}
    krea.real_time.pass_by(3600)

    assert now(krea) == BEGINNING
    assert krea.job(job_id)["status"] == "queued"


def test_a_resumed_clock_goes_on_from_where_it_stood(krea: Krea) -> None:
    krea.clock("freeze")
    krea.real_time.pass_by(3600)

    assert krea.clock("resume") == {"now": BEGINNING, "mode": "real", "speed": 1}
    krea.real_time.pass_by(2)

    assert now(krea) == "2026-11-22T10:00:02.000Z"


@pytest.mark.parametrize("mode", ["freeze", "resume"])
def test_advance_moves_time_and_settles_each_step_at_its_own_moment(krea: Krea, mode: str) -> None:
    krea.clock(mode)
    job_id = krea.submit()

    assert krea.clock("advance", seconds=3600.25)["now"] == "2026-11-22T11:00:00.250Z"

    assert krea.job(job_id)["status"] == "completed"
    assert krea.job(job_id)["completed_at"] < "2026-11-22T10:00:08"


def test_freezing_or_resuming_twice_is_the_same_as_once(krea: Krea) -> None:
    for action in ("freeze", "freeze", "resume", "resume"):
        assert krea.clock(action)["now"] == BEGINNING


def test_a_clock_may_be_advanced_by_nothing_at_all(krea: Krea) -> None:
    assert krea.clock("advance", seconds=0)["now"] == BEGINNING


def test_run_until_a_time_goes_exactly_there_whatever_its_zone(krea: Krea) -> None:
    krea.clock("freeze")

    assert krea.clock("run_until", until="2026-11-22T11:30:00Z")["now"] == "2026-11-22T11:30:00.000Z"
    assert krea.clock("run_until", until="2026-11-22T14:00:00+02:00")["now"] == "2026-11-22T12:00:00.000Z"
    assert krea.clock("run_until", until="2026-11-22T12:00:00Z")["now"] == "2026-11-22T12:00:00.000Z"


def test_run_until_a_job_goes_to_the_moment_of_its_end_and_no_further(krea: Krea) -> None:
    krea.clock("freeze")
    job_id = krea.submit()

    shown = krea.clock("run_until", until=job_id)

    job = krea.job(job_id)
    assert job["status"] == "completed"
    assert job["completed_at"] == shown["now"]


def test_run_until_a_job_that_has_ended_moves_nothing(krea: Krea) -> None:
    krea.clock("freeze")
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)
    ended = now(krea)

    assert krea.clock("run_until", until=job_id)["now"] == ended


def test_run_until_idle_goes_to_the_end_of_the_last_job_also_of_the_backlog(krea: Krea) -> None:
    krea.clock("freeze")
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 9})
    job_ids = [krea.submit() for _ in range(3)]

    shown = krea.clock("run_until", until="idle")

    jobs = [krea.job(each) for each in job_ids]
    assert [job["status"] for job in jobs] == ["completed"] * 3
    assert jobs[-1]["completed_at"] == shown["now"]
    assert krea.clock("run_until", until="idle") == shown


def test_run_until_next_goes_from_one_change_to_the_next(krea: Krea) -> None:
    krea.clock("freeze")
    job_id = krea.submit()

    seen = []
    for _ in range(4):
        krea.clock("run_until", until="next")
        seen.append(krea.job(job_id)["status"])

    assert seen == ["scheduled", "processing", "sampling", "completed"]


def test_speed_holds_for_jobs_submitted_from_then_on(krea: Krea) -> None:
    krea.clock("freeze")
    slow = krea.submit()
    assert krea.clock("speed", speed=2.5) == {"now": BEGINNING, "mode": "frozen", "speed": 2.5}
    fast = krea.submit()

    krea.clock("advance", seconds=4)

    assert krea.job(slow)["status"] != "completed"
    assert krea.job(fast)["status"] == "completed"


def test_time_never_goes_backwards_whatever_is_done_to_the_clock(krea: Krea) -> None:
    shown = [now(krea)]
    for action, rest in (
        ("advance", {"seconds": 100}),
        ("freeze", {}),
        ("advance", {"seconds": 0.001}),
        ("resume", {}),
        ("speed", {"speed": 100}),
        ("freeze", {}),
    ):
        krea.clock(action, **rest)
        shown.append(now(krea))

    assert shown == sorted(shown)


NO_JOB = "7f3c9b1a-0000-4000-8000-000000000000"

REFUSED = [
    ({"action": "run_until", "until": "2026-11-22T09:59:59Z"}, 422, "cannot go backwards"),
    ({"action": "run_until", "until": "9999-12-31T23:59:59.5Z"}, 422, "ends at 9999-12-31T23:59:59"),
    ({"action": "run_until", "until": NO_JOB}, 404, f"no job '{NO_JOB}'"),
    ({"action": "run_until", "until": "nobody"}, 422, "a job id, idle or next; it was 'nobody'."),
    (
        {"action": "run_until", "until": "2026-11-22"},
        422,
        "until must be a time such as 2026-11-22T10:00:00Z",
    ),
    ({"action": "run_until", "until": "next"}, 422, "Nothing is planned"),
    ({"action": "run_until"}, 422, "/until is required."),
    ({"action": "run_until", "until": 7}, 422, "/until"),
    ({"action": "advance", "seconds": -1}, 422, "/seconds"),
    ({"action": "advance", "seconds": 1e300}, 422, "ends at 9999-12-31T23:59:59"),
    ({"action": "advance", "seconds": 1.7e308}, 422, "ends at 9999-12-31T23:59:59"),
    ({"action": "advance", "seconds": "soon"}, 422, "/seconds"),
    ({"action": "advance", "second": 1}, 422, "/second is not known here, did you mean seconds?"),
    ({"action": "freeze", "seconds": 1}, 422, "/seconds does not belong here."),
    ({"action": "speed"}, 422, "/speed is required."),
    ({"action": "speed", "speed": 0}, 422, "above 0 and at most 1,000,000; it was 0."),
    ({"action": "speed", "speed": -1}, 422, "it was -1."),
    ({"action": "speed", "speed": 1_000_001}, 422, "at most 1,000,000"),
    ({"action": "stop"}, 422, "/action must be one of freeze, resume, advance, run_until, speed."),
    ({"acton": "freeze"}, 422, "/acton is not known here, did you mean action? /action is required"),
    ({}, 422, "/action is required"),
    ([], 422, "The body"),
]


@pytest.mark.parametrize(("body", "status", "words"), REFUSED)
def test_what_the_clock_cannot_do_is_refused_in_one_sentence(
    krea: Krea, body: Json, status: int, words: str
) -> None:
    with krea.unchanged():
        answer = krea.ask_control("clock", body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("until", ["idle", "the job", "next"])
def test_a_clock_does_not_run_for_a_job_that_only_polls_can_move(make_krea: MakeKrea, until: str) -> None:
    krea = make_krea(Settings(progression=Progression.MANUAL))
    job_id = krea.submit()

    with krea.unchanged():
        answer = krea.ask_control(
            "clock", {"action": "run_until", "until": job_id if until == "the job" else until}
        )

    assert answer.status_code == 422


def test_a_clock_does_not_run_for_a_job_that_never_gets_a_slot(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 0, "backlog": 9})
    job_id = krea.submit()

    with krea.unchanged():
        answer = krea.ask_control("clock", {"action": "run_until", "until": job_id})

    assert answer.status_code == 422
    assert "slot" in answer.json()["detail"]


def test_the_last_second_of_the_year_9999_can_be_reached_and_not_passed(krea: Krea) -> None:
    krea.clock("run_until", until="9999-12-31T23:59:59Z")

    krea.real_time.pass_by(10)

    assert now(krea) == "9999-12-31T23:59:59.000Z"
    assert krea.submit()
    assert krea.get("/jobs").status_code == 200


def test_a_moment_that_is_misspelt_is_answered_with_the_nearest(krea: Krea) -> None:
    refused = krea.ask_control("clock", {"action": "run_until", "until": "idel"})

    assert refused.status_code == 422
    assert refused.json()["detail"].endswith("it was 'idel'. Did you mean idle?")
