"""The list of jobs: its order, its pages, its filters, and what is not on it."""

from __future__ import annotations

import re

import pytest

from mockkrea.settings import Settings
from tests.asking import ADA, FLUX, KEY, KREA_2, KREA_2_BODY, Krea, MakeKrea
from tests.contract.requirements import requirement

BAD_LIMITS = ["0", "1001", "-1", "ten", "1.0", "", " 1", "+1", "1e2", "99999999999999999999", "²", "١"]
BAD_CURSORS = [
    *("", "x", "null", "2026-11-22", "2026-11-22T10:00:00", "2026-13-01T00:00:00Z", "1763805600"),
    *("2026-11-22T10:00:00.Z", "2026-11-22T25:00:00Z", "2026-11-22T10:00:00+99:99", "0000-01-01T00:00:00Z"),
]


def test_an_empty_list_has_no_items_and_no_next_page(krea: Krea) -> None:
    assert krea.get("/jobs").json() == {"items": [], "next_cursor": None}


@requirement("jobs:order")
def test_the_newest_job_stands_first_also_among_jobs_of_one_instant(krea: Krea) -> None:
    first, second = krea.submit(), krea.submit()
    krea.real_time.pass_by(1)
    third = krea.submit()

    assert krea.listed() == [third, second, first]


def test_an_item_of_the_list_is_the_job_as_it_is_by_its_id(krea: Krea) -> None:
    job_id = krea.submit()
    krea.real_time.pass_by(60)

    [item] = krea.get("/jobs").json()["items"]

    assert item == krea.job(job_id)


@requirement("jobs:limit")
def test_a_page_has_a_hundred_jobs_unless_another_limit_is_asked_for(krea: Krea) -> None:
    for _ in range(101):
        krea.submit()

    assert len(krea.listed()) == 100
    assert len(krea.listed(limit=1)) == 1
    assert len(krea.listed(limit=1000)) == 101


@requirement("jobs:cursor:exact")
@pytest.mark.parametrize("limit", [1, 7, 100, 249, 250])
def test_pages_neither_skip_nor_repeat_jobs_of_one_frozen_instant(krea: Krea, limit: int) -> None:
    krea.clock("freeze")
    made = [krea.submit() for _ in range(250)]

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = krea.get("/jobs", params={"limit": limit} | cursor).json()
        seen += [job["job_id"] for job in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert seen == made[::-1]


def test_jobs_that_come_or_go_between_two_pages_do_not_disturb_the_second(krea: Krea) -> None:
    made = [krea.submit() for _ in range(6)]
    cursor = krea.get("/jobs", params={"limit": 2}).json()["next_cursor"]

    krea.submit()
    krea.cancel(made[4])
    krea.cancel(made[2])

    assert krea.listed(cursor=cursor) == [made[3], made[1], made[0]]


def test_a_cursor_is_a_time_that_any_rfc_3339_reader_can_read(krea: Krea) -> None:
    krea.submit()
    krea.submit()

    cursor = krea.get("/jobs", params={"limit": 1}).json()["next_cursor"]

    assert re.fullmatch(r"2026-11-22T10:00:00\.\d+Z", cursor)


@requirement("jobs:cursor")
def test_a_plain_time_as_cursor_means_strictly_before_it(krea: Krea) -> None:
    before = krea.submit()
    krea.real_time.pass_by(1)
    krea.submit()

    assert krea.listed(cursor="2026-11-22T10:00:01Z") == [before]
    assert krea.listed(cursor="2026-11-22T10:00:00Z") == []
    assert krea.listed(cursor="2026-11-22T12:00:01+02:00") == [before]
    assert len(krea.listed(cursor="2026-11-22T10:00:01.000001Z")) == 2


def test_a_plus_that_was_not_escaped_still_is_a_time_zone(krea: Krea) -> None:
    job_id = krea.submit()

    assert krea.get("/jobs?cursor=2026-11-22T12:00:01+02:00").json()["items"][0]["job_id"] == job_id


@requirement("jobs:filters")
def test_types_take_one_or_several_words_and_leave_the_others_out(krea: Krea) -> None:
    flux, k2 = krea.submit(), krea.submit(KREA_2, **KREA_2_BODY)

    assert krea.listed(types="flux") == [flux]
    assert krea.listed(types="k2,flux") == [k2, flux]
    assert krea.listed(types="loraTraining") == []


def test_status_takes_one_of_kreas_words(krea: Krea) -> None:
    done = krea.submit()
    krea.outcome(done, status="completed")
    failed = krea.submit()
    krea.outcome(failed, status="failed")
    waiting = krea.submit()

    assert krea.listed(status="completed") == [done]
    assert krea.listed(status="failed") == [failed]
    assert krea.listed(status="queued") == [waiting]
    assert krea.listed(status="intermediate-complete") == []
    assert krea.listed(status="queued", types="k2") == []


def test_filters_hold_from_page_to_page(krea: Krea) -> None:
    made = [krea.submit(), krea.submit(KREA_2, **KREA_2_BODY), krea.submit(), krea.submit()]

    first = krea.get("/jobs", params={"types": "flux", "limit": 2}).json()

    assert [job["job_id"] for job in first["items"]] == [made[3], made[2]]
    assert krea.listed(types="flux", limit=2, cursor=first["next_cursor"]) == [made[0]]


@requirement("jobs:400")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", limit) for limit in BAD_LIMITS),
        *(("cursor", cursor) for cursor in BAD_CURSORS),
        *(("status", status) for status in ("done", "", "COMPLETED", "completed,failed")),
    ],
)
def test_a_query_parameter_that_makes_no_sense_is_a_400_that_names_it(
    krea: Krea, name: str, value: str
) -> None:
    krea.submit()

    with krea.unchanged():
        answer = krea.get("/jobs", params={name: value})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{name} must be ")


def test_parameters_that_krea_does_not_know_are_passed_over(krea: Krea) -> None:
    job_id = krea.submit()

    assert krea.listed(liked="False", page=2) == [job_id]


def test_a_query_that_is_no_utf_8_is_answered_like_any_other(krea: Krea) -> None:
    scope = {"method": "GET", "path": "/jobs", "headers": [(b"authorization", b"Bearer mockkrea:dev")]}

    assert krea.raw(scope | {"query_string": b"cursor=%FF%00\xff"}, [])[0] == 400
    assert krea.raw(scope | {"query_string": b"%FF=\xff&&=&;"}, [])[0] == 200


@requirement("job:cancel:list")
def test_a_cancelled_job_leaves_the_list_and_still_answers_by_its_id(krea: Krea) -> None:
    job_id, other = krea.submit(), krea.submit()

    assert krea.cancel(job_id) == {"job_id": job_id, "deleted": True}

    assert krea.listed() == [other]
    assert krea.listed(status="cancelled") == []
    assert krea.job(job_id)["status"] == "cancelled"
    assert "result" not in krea.job(job_id)


@requirement("job:delete:finished")
def test_a_finished_job_that_is_deleted_leaves_the_list_and_keeps_its_state_and_price(krea: Krea) -> None:
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)
    finished = krea.job(job_id)

    assert krea.cancel(job_id) == {"job_id": job_id, "deleted": True}

    assert krea.listed() == []
    assert krea.job(job_id) == finished
    assert krea.usd()["balance"] == 99.993


@requirement("job:delete")
def test_deleting_twice_is_answered_alike_and_gives_nothing_back_twice(krea: Krea) -> None:
    job_id = krea.submit()

    assert krea.cancel(job_id) == krea.cancel(job_id) == {"job_id": job_id, "deleted": True}
    assert len(krea.entries("release")) == 1


def test_another_workspaces_jobs_are_not_there(krea: Krea) -> None:
    mine, lins = krea.submit(), krea.submit(key="mockkrea:lin")

    assert krea.listed() == [mine]
    assert krea.get(f"/jobs/{lins}").status_code == 404
    assert krea.get(f"/jobs/{lins}", key="mockkrea:lin").status_code == 200


def test_a_world_remembers_only_so_many_finished_jobs_and_none_unfinished_is_lost(
    make_krea: MakeKrea,
) -> None:

    krea = make_krea(Settings(jobs_kept=3))
    waiting = krea.submit()
    for _ in range(6):
        krea.outcome(krea.submit(), status="completed")
    last = krea.submit()

    assert len(krea.listed()) == 5
    assert {waiting, last} <= set(krea.listed())
    assert krea.usd()["balance"] == pytest.approx(100 - 6 * 0.007)
    assert sum(each["amount"] for each in krea.entries("carried_forward")) == pytest.approx(3 * 0.007)


def test_a_listed_page_of_a_frozen_world_reads_the_same_twice(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 2, "backlog": 9})
    for _ in range(5):
        krea.generate(FLUX, {"prompt": "x"})

    assert krea.get("/jobs").text == krea.get("/jobs").text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/jobs?types=flux&types=k2", "types"),
        ("/jobs?limit=1&cursor=2026-11-22T10:00:00Z&limit=2", "limit"),
        ("/assets?limit=1&limit=1", "limit"),
        ("/styles?ids=a&ids=b", "ids"),
        ("/node-apps?owner=me&owner=all", "owner"),
        ("/usage?start_date=2026-11-22&start_date=2026-11-23", "start_date"),
    ],
)
def test_a_parameter_that_stands_there_twice_is_refused_by_its_name(krea: Krea, path: str, name: str) -> None:
    answer = krea.get(path, key="mockkrea:usage" if path.startswith("/usage") else KEY)

    assert answer.status_code == 400
    assert answer.json()["message"] == f"{name} must stand in the query once; it stood there 2 times."


@pytest.mark.parametrize(("path", "name"), [("/jobs", "types"), ("/styles", "ids")])
def test_a_list_of_words_that_has_none_is_refused(krea: Krea, path: str, name: str) -> None:
    answer = krea.get(f"{path}?{name}=")

    assert answer.status_code == 400
    assert (
        answer.json()["message"] == f"{name} must name at least one, with commas between them; it was empty."
    )


def test_parameters_that_nobody_knows_are_passed_over(krea: Krea) -> None:
    assert krea.get("/jobs?foo=1").json() == {"items": [], "next_cursor": None}
