"""The control API besides the clock: money, limits, outcomes, reset, and how it says no."""

from __future__ import annotations

import json
import os

import pytest

from mockkrea.scenario.format import SettingsShape, json_schema
from mockkrea.scenario.rules import fault_shape, next_error_schema
from mockkrea.scenario.shapes import Schema
from mockkrea.scenario.step_format import question_shape
from tests.asking import ADA, FLUX, FLUX_USD, IMMEDIATE, LIN, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.real_time import BEGINNING

NOBODYS_ID = "5d0c8b1e-0000-4000-8000-000000000000"


def ledger(krea: Krea) -> list[Json]:
    """The default key's ledger."""
    entries: list[Json] = krea.control(f"workspaces/{ADA}/ledger")["items"]
    return entries


def test_health_says_under_the_prefix_which_process_answers_besides(krea: Krea) -> None:
    process = {"pid": os.getpid(), "outbound": None}

    assert krea.control("health") == krea.get("/health").json() | process


def test_workspaces_are_shown_with_plan_and_both_meters(krea: Krea) -> None:
    items = krea.control("workspaces")["items"]

    assert [(each["id"], each["plan"], each["is_default"]) for each in items] == [
        (ADA, "pro", True),
        ("studio", "enterprise", False),
        (LIN, "free", False),
    ]
    assert items[0] == {
        "id": ADA,
        "name": "Ada's workspace",
        "plan": "pro",
        "is_default": True,
        "usd": {"balance": 100, "held": 0, "available": 100},
        "compute_units": {"balance": 50_000, "held": 0, "available": 50_000},
    }


@requirement("billing:daily")
@requirement("billing:daily-rest")
def test_a_free_plan_has_its_units_anew_each_day_of_the_mock_clock(krea: Krea) -> None:
    krea.control(f"workspaces/{LIN}/balance", {"compute_units": 40})
    today = krea.control("workspaces")["items"][2]["compute_units"]
    krea.clock(action="advance", seconds=86_400)
    tomorrow = krea.control("workspaces")["items"][2]["compute_units"]

    assert (today["available"], tomorrow["available"]) == (40, 100)
    rows = krea.control(f"workspaces/{LIN}/ledger")["items"]
    assert [(row["kind"], row["amount"], row["unit"]) for row in rows[-2:]] == [
        ("expire", 40, "compute_units"),
        ("grant", 100, "compute_units"),
    ]


def test_the_ledger_tells_each_movement_with_a_positive_amount(krea: Krea) -> None:
    job_id = krea.submit()
    krea.outcome(job_id, status="completed")

    assert ledger(krea)[-2:] == [
        {
            "seq": each["seq"],
            "at": BEGINNING,
            "kind": kind,
            "unit": "usd",
            "amount": FLUX_USD,
            "from": source,
            "to": target,
            "job_id": job_id,
            "memo": "",
        }
        for each, (kind, source, target) in zip(
            ledger(krea)[-2:],
            [("hold", "available", "held"), ("capture", "held", "revenue")],
            strict=True,
        )
    ]


def test_ledgers_count_one_sequence_and_show_only_their_own_workspace(krea: Krea) -> None:
    krea.submit(key="mockkrea:lin")
    krea.submit()

    lins = krea.control(f"workspaces/{LIN}/ledger")["items"]
    mine = ledger(krea)

    assert not {each["seq"] for each in lins} & {each["seq"] for each in mine}
    assert [each["seq"] for each in mine] == sorted(each["seq"] for each in mine)
    assert [each["kind"] for each in lins if each["job_id"]] == ["hold"]


def test_a_grant_adds_to_either_meter_and_leaves_its_memo(krea: Krea) -> None:
    answer = krea.control(f"workspaces/{ADA}/grant", {"usd": 12.5, "compute_units": 0.001, "memo": "a gift"})

    assert answer["usd"] == {"balance": 112.5, "held": 0, "available": 112.5}
    assert answer["compute_units"]["balance"] == 50_000.001
    assert [(each["unit"], each["amount"], each["memo"]) for each in ledger(krea)[-2:]] == [
        ("usd", 12.5, "a gift"),
        ("compute_units", 0.001, "a gift"),
    ]


@pytest.mark.parametrize("amount", [0.007, 0.1, 0.29, 1.005, 4.35, 0.000001, 687, 8_000_000_000.123457])
def test_money_is_a_json_number_and_exact(krea: Krea, amount: float) -> None:
    answer = krea.control(f"workspaces/{ADA}/balance", {"usd": amount})

    assert answer["usd"]["balance"] == amount
    assert krea.usd()["available"] == amount


def test_three_hundred_prices_add_up_without_a_rounding_error(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    for _ in range(300):
        krea.submit()

    assert krea.usd()["balance"] == 97.9


def test_a_balance_is_set_up_or_down_by_one_adjustment(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": 1})
    krea.control(f"workspaces/{ADA}/balance", {"usd": 3})
    krea.control(f"workspaces/{ADA}/balance", {"usd": 3})

    adjustments = [(each["amount"], each["from"], each["to"]) for each in krea.entries("adjust")]
    assert adjustments == [(99, "available", "funding"), (2, "funding", "available")]
    assert krea.usd() == {"balance": 3, "held": 0, "available": 3}


def test_a_balance_counts_what_is_held_and_may_equal_it(krea: Krea) -> None:
    krea.submit()

    answer = krea.control(f"workspaces/{ADA}/balance", {"usd": FLUX_USD})

    assert answer["usd"] == {"balance": FLUX_USD, "held": FLUX_USD, "available": 0}


def test_a_meter_that_is_left_out_or_null_stays_as_it_is(krea: Krea) -> None:
    for body in ({"usd": 5}, {"usd": 5, "compute_units": None}):
        answer = krea.control(f"workspaces/{ADA}/balance", body)

        assert answer["compute_units"]["balance"] == 50_000


MONEY_REFUSED = [
    ({"usd": 0.0000001}, 422, "too fine; the smallest amount is 0.000001 USD"),
    ({"compute_units": 0.0005}, 422, "too fine; the smallest amount is 0.001 compute units"),
    ({"usd": -1}, 422, "-1 USD"),
    ({"usd": 1e30}, 422, "beyond"),
    ({"usd": 9_007_199_254.740992}, 422, "beyond"),
    ({"usd": "much"}, 422, "/usd"),
    ({"usd": -5}, 422, "cannot be negative: -5 USD."),
    ({"usd": True}, 422, "/usd"),
    ({"usd": [1]}, 422, "/usd"),
    ({"uds": 1}, 422, "/uds is not known here, did you mean usd?"),
    ({"concurrency": 1}, 422, "/concurrency is not known here; there are compute_units, memo, usd."),
    ({"compute_unit": 1}, 422, "/compute_unit is not known here, did you mean compute_units?"),
    ({"usd": True}, 422, "/usd must be a number, not true."),
    ({"usd": "5"}, 422, '/usd must be a number, not the text "5".'),
    ({"memo": "nothing"}, 422, "Name an amount: usd, compute_units or both."),
    ({"usd": 1, "compute_units": -1}, 422, "-1 compute units"),
    ({"usd": 1, "memo": 7}, 422, "/memo"),
    ([], 422, "The body must be an object, not a list."),
    ("usd", 422, 'The body must be an object, not the text "usd".'),
]


@pytest.mark.parametrize(("body", "status", "words"), MONEY_REFUSED)
@pytest.mark.parametrize("call", ["grant", "balance"])
def test_money_that_cannot_be_is_refused_and_neither_meter_changed(
    krea: Krea, call: str, body: Json, status: int, words: str
) -> None:
    with krea.unchanged():
        answer = krea.ask_control(f"workspaces/{ADA}/{call}", body)

    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_a_workspace_cannot_be_given_more_than_a_json_number_tells_exactly(krea: Krea) -> None:
    with krea.unchanged():
        answer = krea.ask_control(f"workspaces/{ADA}/grant", {"usd": 9_007_199_254})

    assert answer.status_code == 422
    assert "at most 9007199254.740991 USD in its life" in answer.json()["detail"]


def test_a_balance_below_what_unfinished_jobs_hold_is_refused(krea: Krea) -> None:
    krea.submit()
    krea.submit()

    with krea.unchanged():
        answer = krea.ask_control(f"workspaces/{ADA}/balance", {"compute_units": 1, "usd": 0.0139})

    assert answer.status_code == 422
    assert answer.json()["detail"] == "The balance cannot be 0.0139 USD: unfinished jobs hold 0.014 USD."


def test_limits_change_one_by_one_and_null_is_no_limit(krea: Krea) -> None:
    path = f"workspaces/{LIN}/limits"

    assert krea.control(path, {}) == {"concurrency": 2, "backlog": 10, "requests_per_minute": None}
    assert krea.control(path, {"backlog": None}) == {
        "concurrency": 2,
        "backlog": None,
        "requests_per_minute": None,
    }
    assert krea.control(path, {"concurrency": 3, "requests_per_minute": 60}) == {
        "concurrency": 3,
        "backlog": None,
        "requests_per_minute": 60,
    }


def test_raised_limits_start_jobs_that_waited_and_lowered_ones_stop_none(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 9})
    first, second, third = krea.submit(), krea.submit(), krea.submit()

    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 2})
    assert [krea.job(each)["status"] for each in (first, second, third)] == ["queued", "queued", "backlogged"]

    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 0})
    assert [krea.job(each)["status"] for each in (first, second, third)] == ["queued", "queued", "backlogged"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"concurrency": -1}, "/concurrency"),
        ({"backlog": 1.5}, "/backlog"),
        ({"requests_per_minute": "many"}, "/requests_per_minute"),
        ({"concurency": 1}, "/concurency is not known here, did you mean concurrency?"),
        ({"concurrency": 1, "backlog": -1}, "/backlog"),
    ],
)
def test_limits_that_cannot_be_are_refused_as_a_whole(krea: Krea, body: Json, words: str) -> None:
    with krea.unchanged():
        answer = krea.ask_control(f"workspaces/{ADA}/limits", body)

    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("call", "body"), [("grant", {"usd": 1}), ("balance", {"usd": 1}), ("limits", {"backlog": 1})]
)
def test_a_workspace_that_is_not_there_cannot_be_changed(krea: Krea, call: str, body: Json) -> None:
    with krea.unchanged():
        answer = krea.ask_control(f"workspaces/adas/{call}", body)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no workspace 'adas' here."
    assert krea.ask_control("workspaces/adas/ledger").status_code == 404


def test_an_outcome_of_completed_gives_the_usual_picture_and_the_bill(krea: Krea) -> None:
    job_id = krea.submit()

    job = krea.outcome(job_id, status="completed")

    assert job == krea.job(job_id)
    assert job["completed_at"] == BEGINNING
    assert krea.get(job["result"]["urls"][0]).status_code == 200
    assert len(krea.entries("capture")) == 1


@pytest.mark.parametrize(
    "result",
    [{}, {"urls": []}, {"urls": ["https://gen.krea.ai/x.png"]}, {"style_id": "s", "deep": {"a": [1.5]}}],
)
def test_an_outcome_of_completed_may_say_any_result_also_none_at_all(krea: Krea, result: Json) -> None:
    job_id = krea.submit()

    krea.outcome(job_id, status="completed", result=result)

    assert krea.job(job_id)["result"] == result
    assert krea.usd()["balance"] == 99.993


@requirement("job:silent-failures")
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, None),
        ({"code": "nsfw"}, {"code": "nsfw"}),
        ({"code": "ip_detected", "message": "A mouse."}, {"code": "ip_detected", "message": "A mouse."}),
    ],
)
def test_an_outcome_of_failed_may_have_an_error_or_none(krea: Krea, error: Json, told: Json) -> None:
    job_id = krea.submit()

    krea.outcome(job_id, status="failed", error=error)

    assert krea.job(job_id)["status"] == "failed"
    assert krea.job(job_id).get("error") == told
    assert krea.usd()["balance"] == 100


def test_an_outcome_of_cancelled_is_as_if_the_client_had_cancelled(krea: Krea) -> None:
    job_id = krea.submit()

    job = krea.outcome(job_id, status="cancelled")

    assert job["status"] == "cancelled"
    assert krea.listed() == []
    assert krea.usd()["held"] == 0


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_job_in_the_backlog_can_be_given_an_outcome_and_nobody_loses_a_turn(
    krea: Krea, status: str
) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 9})
    first, second, third = krea.submit(), krea.submit(), krea.submit()

    krea.outcome(second, status=status)

    assert krea.job(second)["status"] == status
    assert krea.job(first)["status"] == "queued"
    assert krea.job(third)["position"] == 1


@pytest.mark.parametrize("ended", ["completed", "failed", "cancelled"])
@pytest.mark.parametrize("wanted", ["completed", "failed", "cancelled"])
def test_a_finished_job_takes_no_other_outcome(krea: Krea, ended: str, wanted: str) -> None:
    job_id = krea.submit()
    krea.outcome(job_id, status=ended)

    with krea.unchanged():
        answer = krea.ask_control(f"jobs/{job_id}/outcome", {"status": wanted})

    assert answer.status_code == 409
    assert f"{ended} already" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "/status is required."),
        ({"status": "queued"}, "/status"),
        ({"status": "done"}, "/status"),
        ({"status": "completed", "error": {"code": "x"}}, "Only a failed job has an error"),
        ({"status": "cancelled", "error": {"code": "x"}}, "Only a failed job has an error"),
        ({"status": "failed", "result": {}}, "Only a completed job has a result"),
        ({"status": "failed", "error": {"message": "x"}}, "/error/code is required."),
        ({"status": "failed", "error": "nsfw"}, "/error"),
        ({"status": "completed", "result": []}, "/result"),
        ({"statsu": "failed"}, "/statsu is not known here, did you mean status?"),
        ({"status": "failed", "error": {"code": "x", "mesage": "y"}}, "/error/mesage is not known here"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused(krea: Krea, body: Json, words: str) -> None:
    job_id = krea.submit()

    with krea.unchanged():
        answer = krea.ask_control(f"jobs/{job_id}/outcome", body)

    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_job_that_is_not_there_has_no_outcome(krea: Krea) -> None:
    answer = krea.ask_control(f"jobs/{NOBODYS_ID}/outcome", {"status": "failed"})

    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no job '{NOBODYS_ID}' here."


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ('{"x": NaN}', 400),
        ('{"x": 1e999}', 400),
        ('{"x": "\\ud800"}', 400),
        ('{"\\udfff": 1}', 400),
        ("[" * 2000, 400),
        (f'{{"x": {"[" * 400}{"]" * 400}}}', 422),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_result_that_could_not_be_sent_again_is_refused(krea: Krea, result: str, status: int) -> None:
    job_id = krea.submit()
    body = f'{{"status": "completed", "result": {result}}}'.encode()

    with krea.unchanged():
        answer = krea.post(f"/__mockkrea/jobs/{job_id}/outcome", body)

    assert answer.status_code == status
    assert krea.get(f"/jobs/{job_id}").status_code == 200


def test_a_result_with_an_enormous_number_can_still_be_polled_and_listed(krea: Krea) -> None:
    job_id = krea.submit()
    body = b'{"status": "completed", "result": {"x": %b}}' % (b"1" * 40)

    assert krea.post(f"/__mockkrea/jobs/{job_id}/outcome", body).status_code == 200

    assert krea.get(f"/jobs/{job_id}").status_code == 200
    assert krea.get("/jobs").status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The body is empty"),
        (b"{", "The body is no JSON: unexpected end of data: line 1 column 2 (char 1)."),
        (b"\xff", "The body is no JSON"),
        (b'{"usd": 1, "memo": "\\ud800"}', "The body is no JSON"),
        (b'{"usd": Infinity}', "The body is no JSON"),
    ],
)
def test_a_control_body_that_is_no_json_is_told_so(krea: Krea, body: bytes, words: str) -> None:
    with krea.unchanged():
        answer = krea.post(f"/__mockkrea/workspaces/{ADA}/grant", body)

    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_a_control_body_of_another_content_type_is_told_which_to_send(krea: Krea) -> None:
    """A page of another site can send text/plain without asking first; JSON it cannot."""
    with krea.unchanged():
        answer = krea.ask(
            "POST",
            f"/__mockkrea/workspaces/{ADA}/grant",
            content=b'{"usd": 1}',
            headers={"Content-Type": "text/plain"},
        )

    assert answer.status_code == 400
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_reset_begins_anew_with_the_same_people_seed_and_ids(krea: Krea) -> None:
    beginning = krea.state()
    first = krea.submit()
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1})
    krea.control(f"workspaces/{ADA}/grant", {"usd": 5})
    krea.clock("freeze")
    krea.clock("speed", speed=50)
    krea.clock("advance", seconds=1000)

    assert krea.control("reset", {}) == krea.get("/health").json()

    assert krea.state() == beginning
    assert krea.control("clock") == {"now": BEGINNING, "mode": "real", "speed": 1}
    assert krea.get(f"/jobs/{first}").status_code == 404
    assert krea.submit() == first


def test_a_reset_needs_no_body_at_all(krea: Krea) -> None:
    krea.submit()

    assert krea.ask("POST", "/__mockkrea/reset", key=None).status_code == 200
    assert krea.listed() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "nowhere"), ("POST", "nowhere"), ("GET", "clock/")],
)
def test_a_control_path_that_is_not_there_is_told_where_all_paths_stand(
    krea: Krea, method: str, path: str
) -> None:
    answer = krea.ask(method, f"/__mockkrea/{path}", key=None)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": f"The control API has no path /__mockkrea/{path}; see /__mockkrea/openapi.json.",
    }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "clock", "GET, HEAD, POST"),
        ("PUT", "worlds", "DELETE, GET, HEAD, POST"),
        ("GET", "reset", "POST"),
        ("PUT", f"workspaces/{ADA}/grant", "POST"),
        ("GET", "jobs/x/outcome", "POST"),
        ("POST", "openapi.json", "GET, HEAD"),
    ],
)
def test_a_control_method_that_is_not_there_is_told_which_ones_are(
    krea: Krea, method: str, path: str, allowed: str
) -> None:
    answer = krea.ask(method, f"/__mockkrea/{path}", key=None)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == f"This path takes {allowed}."


def test_the_control_api_describes_itself(krea: Krea) -> None:
    paths = krea.control("openapi.json")["paths"]

    assert "/__mockkrea/clock" in paths
    outcome = paths["/__mockkrea/jobs/{job_id}/outcome"]["post"]["responses"]
    assert outcome["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Job")
    assert outcome.keys() == {"200", "400", "404", "409", "413", "422", "default"}
    for status in outcome.keys() - {"200"}:
        [(media_type, content)] = outcome[status]["content"].items()
        assert media_type == "application/problem+json"
        assert content["schema"]["required"] == ["type", "title", "status", "detail"]


def test_bodies_that_take_parts_of_scenarios_are_described_as_there(krea: Krea) -> None:
    document = krea.control("openapi.json")
    schemas, rule = document["components"]["schemas"], in_json(fault_shape().schema())

    assert {key: schemas["FaultBody"][key] for key in rule} == rule
    next_error = in_json(next_error_schema())
    assert {key: schemas["NextErrorBody"][key] for key in next_error} == next_error
    assert in_json(json_schema()) in schemas["WorldBody"]["properties"]["scenario"]["anyOf"]
    for method, path, schema in (
        ("post", "scenario", json_schema()),
        ("post", "requests/verify", question_shape().schema()),
        ("patch", "settings", SettingsShape().schema()),
    ):
        taken = document["paths"][f"/__mockkrea/{path}"][method]["requestBody"]["content"]["application/json"]
        assert taken["schema"].items() >= in_json(schema).items(), path


def in_json(schema: Schema) -> Json:
    read: Json = json.loads(json.dumps(schema))
    return read


def test_what_is_done_by_control_is_seen_over_rest_and_the_other_way_round(krea: Krea) -> None:
    job_id = krea.submit()
    assert krea.usd()["held"] == FLUX_USD

    krea.outcome(job_id, status="failed", error={"code": "safety_filter"})

    assert krea.job(job_id)["error"]["code"] == "safety_filter"
    assert krea.generate(FLUX, {"prompt": "x"}).status_code == 200


@pytest.mark.parametrize(("levels", "status"), [(252, 200), (253, 422)])
def test_a_body_may_be_nested_as_deeply_as_the_refusal_of_a_deeper_one_says(
    krea: Krea, levels: int, status: int
) -> None:
    # Two levels stand around it.
    nested = "[" * (levels - 2) + "]" * (levels - 2)
    question = f'{{"none": true, "match": {{"body": {nested}}}}}'

    answer = krea.post("/__mockkrea/requests/verify", question.encode())

    assert answer.status_code == status, answer.text[:300]
    assert ("it may have at most 252 levels" in answer.text) == (status == 422)
