"""`GET /usage`: what was billed in a time, for service keys alone."""

from __future__ import annotations

import pytest

from tests.asking import Json, Krea
from tests.contract.requirements import requirement

SERVICE = "mockkrea:usage"


def usage(krea: Krea, **query: str) -> Json:
    answer = krea.get("/usage", params=query, key=SERVICE)
    assert answer.status_code == 200, answer.text
    return answer.json()


@requirement("usage:403")
def test_an_ordinary_key_is_forbidden_to_ask_and_an_unknown_one_unauthorized(krea: Krea) -> None:
    assert krea.get("/usage").status_code == 403
    assert krea.get("/usage", key="unknown").status_code == 401


@requirement("usage:shape")
def test_usage_lists_the_completed_jobs_of_the_workspace_in_compute_units(krea: Krea) -> None:
    done, failed = krea.submit(), krea.submit()
    krea.outcome(failed, status="failed")
    krea.submit(key="mockkrea:studio")
    krea.clock("run_until", until="idle")
    krea.submit()

    assert usage(krea, start_date="2026-11-22", end_date="2026-11-22") == {
        "start_date": "2026-11-22",
        "end_date": "2026-11-22",
        "jobs": [{"job_id": done, "type": "flux", "compute_units": 3}],
    }


@requirement("usage:days")
def test_both_days_belong_to_the_time_and_a_job_to_the_day_on_which_it_completed(krea: Krea) -> None:
    first = krea.submit()
    krea.clock("run_until", until="2026-11-23T23:59:55Z")
    second = krea.submit()
    krea.clock("run_until", until="2026-11-24T12:00:00Z")

    def jobs(**query: str) -> list[str]:
        return [job["job_id"] for job in usage(krea, **query)["jobs"]]

    assert jobs(start_date="2026-11-22", end_date="2026-11-23") == [first]
    assert jobs(start_date="2026-11-24", end_date="2026-11-24") == [second]
    assert jobs() == [first, second]
    assert usage(krea)["start_date"] == "2026-10-25"


def test_a_job_that_was_deleted_after_its_end_stays_in_the_usage(krea: Krea) -> None:
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)

    krea.cancel(job_id)

    assert [job["job_id"] for job in usage(krea)["jobs"]] == [job_id]


@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize(
    "day",
    ["", "today", "2026-13-01", "2026-11-22T10:00:00Z", "22.11.2026", "9" * 50],
)
def test_what_is_no_day_is_a_400_that_names_it(krea: Krea, name: str, day: str) -> None:
    answer = krea.get("/usage", params={name: day}, key=SERVICE)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{name} must be a day such as 2026-11-22")


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31"])
def test_a_day_before_1970_is_a_400_that_names_the_first(krea: Krea, day: str) -> None:
    answer = krea.get("/usage", params={"end_date": day}, key=SERVICE)

    assert answer.status_code == 400
    assert answer.json()["message"] == f"end_date must be a day from 1970-01-01 on; it was {day}."


@pytest.mark.parametrize("day", ["1970-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_time_can_be_asked_for(krea: Krea, day: str) -> None:
    assert usage(krea, start_date=day, end_date=day)["jobs"] == []
    assert usage(krea, end_date=day)["end_date"] == day


def test_a_time_that_ends_before_it_begins_is_a_400(krea: Krea) -> None:
    query = {"start_date": "2026-11-23", "end_date": "2026-11-22"}

    assert krea.get("/usage", params=query, key=SERVICE).status_code == 400
