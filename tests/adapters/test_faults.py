"""Fault rules through the control API, and what Krea's clients see of them."""

from __future__ import annotations

import re

import httpx
import orjson
import pytest

from mockkrea.data import Fixtures
from mockkrea.scenario.loading import scenario_defaults
from mockkrea.scenario.reading import read_scenario
from mockkrea.scenario.source import InvalidScenario
from tests.asking import ADA, FLUX, FLUX_USD, IMMEDIATE, LIN, Json, Krea, MakeKrea
from tests.real_time import BEGINNING


def add(krea: Krea, then: Json, times: int | None = None, **when: Json) -> str:
    body = {"when": when, "then": then} | ({} if times is None else {"times": times})
    return str(krea.control("faults", body)["id"])


def held(krea: Krea) -> float:
    return float(krea.usd()["held"])


KREA_SAYS = {
    401: {"message": "Unauthorized"},
    402: {
        "message": "Your API balance is separate from your workspace compute balance."
        " Please top up your API balance to continue using the API."
    },
    404: {"message": "Job not found or unauthorized"},
    429: {
        "message": "You have reached the maximum number of concurrent jobs.",
        "code": "CONCURRENCY_LIMIT_REACHED",
    },
    503: {"message": "Service Unavailable"},
}


@pytest.mark.parametrize("status", KREA_SAYS)
def test_a_status_is_answered_in_krea_shape_and_with_its_words(krea: Krea, status: int) -> None:
    add(krea, {"status": status}, path="/generate/**")

    answer = krea.generate(FLUX, {"prompt": "x"})

    said = KREA_SAYS[status]
    assert answer.status_code == status
    assert answer.json() == said | {"error": said["message"]}
    assert held(krea) == 0


def test_a_status_that_has_no_name_is_an_error_all_the_same(krea: Krea) -> None:
    add(krea, {"status": 599})

    answer = krea.get("/jobs")

    assert (answer.status_code, answer.json()) == (599, {"message": "Error", "error": "Error"})


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body_is_answered_without_one(krea: Krea, status: int) -> None:
    add(krea, {"status": status})

    answer = krea.get("/jobs")

    assert (answer.status_code, answer.content) == (status, b"")


def test_a_fault_before_the_request_leaves_jobs_and_money_alone(krea: Krea) -> None:
    add(krea, {"status": 500})

    krea.generate(FLUX, {"prompt": "x"})
    krea.ask("DELETE", "/__mockkrea/faults", key=None)

    assert krea.listed() == []
    assert held(krea) == 0


def test_an_answer_lost_after_apply_leaves_a_job_that_is_charged(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    add(krea, {"phase": "after_apply", "connection": "reset"}, first=1)

    with pytest.raises(ConnectionResetError):
        krea.generate(FLUX, {"prompt": "x"})
    krea.submit()

    assert len(krea.listed()) == 2
    assert krea.usd()["balance"] == 100 - 2 * FLUX_USD


def test_a_status_after_apply_replaces_the_answer_of_a_job_that_is_there(krea: Krea) -> None:
    add(krea, {"phase": "after_apply", "status": 502}, times=1)

    answer = krea.generate(FLUX, {"prompt": "x"})

    assert answer.status_code == 502
    assert len(krea.listed()) == 1
    assert held(krea) == FLUX_USD


def test_a_reset_before_the_request_leaves_nothing_behind(krea: Krea) -> None:
    add(krea, {"connection": "reset"}, times=1)

    with pytest.raises(ConnectionResetError):
        krea.generate(FLUX, {"prompt": "x"})

    assert krea.listed() == []


@pytest.mark.parametrize("connection", ["empty", "truncated"])
def test_other_broken_connections_show_as_an_exception_without_sockets(krea: Krea, connection: str) -> None:
    add(krea, {"connection": connection}, times=1)

    with pytest.raises(ConnectionResetError):
        krea.get("/jobs")


def test_a_hang_ends_after_the_time_that_it_was_given(krea: Krea) -> None:
    add(krea, {"connection": "hang", "lasting": "1ms"})

    with pytest.raises(ConnectionResetError):
        krea.get("/jobs")


def test_malformed_json_has_the_length_that_it_announces(krea: Krea) -> None:
    add(krea, {"malformed": True}, path="/jobs")

    answer = krea.get("/jobs")

    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content) > 0
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_a_body_and_its_content_type_are_sent_as_they_were_written(krea: Krea) -> None:
    add(krea, {"status": 502, "body": "<h1>é</h1>", "content_type": "text/html", "headers": {"Via": "x"}})

    answer = krea.get("/jobs")

    assert (answer.status_code, answer.text) == (502, "<h1>é</h1>")
    assert (answer.headers["content-type"], answer.headers["via"]) == ("text/html", "x")


def test_a_body_without_status_is_a_success_in_json(krea: Krea) -> None:
    add(krea, {"body": {"items": None}})

    answer = krea.get("/jobs")

    assert (answer.status_code, answer.json()) == (200, {"items": None})


def test_the_true_answer_can_have_a_wrong_content_type_and_more_headers(krea: Krea) -> None:
    add(krea, {"content_type": "text/plain", "headers": {"X-Proxy": "1"}})

    answer = krea.get("/jobs")

    assert (answer.headers["content-type"], answer.headers["x-proxy"]) == ("text/plain", "1")
    assert answer.json()["items"] == []


def test_a_stale_job_is_shown_as_it_was_before_its_end(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    job_id = krea.submit()
    add(krea, {"job_status": "processing"}, path="/jobs**", first=2)

    stale, [listed] = krea.job(job_id), krea.get("/jobs").json()["items"]
    true = krea.job(job_id)

    assert stale == listed
    assert stale["status"] == "processing"
    assert not {"result", "completed_at"} & stale.keys()
    assert true["status"] == "completed"


def test_a_result_file_can_be_missing(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    [url] = krea.job(krea.submit())["result"]["urls"]
    add(krea, {"status": 404}, times=1, adapter="files")

    assert krea.get(url, key=None).status_code == 404
    assert krea.get(url, key=None).status_code == 200


def test_a_result_file_can_end_halfway(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    [url] = krea.job(krea.submit())["result"]["urls"]
    add(krea, {"malformed": True}, times=1, adapter="files")

    cut, whole = krea.get(url, key=None).content, krea.get(url, key=None).content

    assert 0 < len(cut) < len(whole)
    assert whole.startswith(cut)


def test_an_uploaded_file_can_end_halfway_too(krea: Krea) -> None:
    from tests.media.samples import png

    content = png()
    url = krea.upload(content)["image_url"]
    add(krea, {"malformed": True}, adapter="files")

    assert krea.get(url, key=None).content == content[: len(content) // 2]


def test_the_clock_moves_when_a_rule_fires(krea: Krea) -> None:
    krea.clock("freeze")
    add(krea, {"advance": "2h"}, times=1, path="/jobs/*")
    job_id = krea.submit()

    assert krea.job(job_id)["status"] == "completed"
    assert krea.control("clock")["now"] == BEGINNING.replace("T10", "T12")


def test_after_apply_the_clock_moves_behind_the_answer(krea: Krea) -> None:
    krea.clock("freeze")
    add(krea, {"phase": "after_apply", "advance": "2h"}, times=1, path="/jobs/*")
    job_id = krea.submit()

    assert krea.job(job_id)["status"] == "queued"
    assert krea.job(job_id)["status"] == "completed"


def test_latency_lets_real_time_pass_before_the_answer(krea: Krea, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[float] = []

    async def pass_by(seconds: float) -> None:
        passed.append(seconds)

    monkeypatch.setattr(krea.tenant.shutdown, "sleep", pass_by)
    add(krea, {"latency": "1500ms"})

    assert krea.get("/jobs").status_code == 200
    assert passed == [1.5]


def test_a_drip_sends_the_whole_body_in_small_pieces(krea: Krea) -> None:
    krea.submit()
    whole = krea.get("/jobs").content
    add(krea, {"connection": "drip", "lasting": "20ms"})

    assert krea.get("/jobs").content == whole


@pytest.mark.parametrize(
    ("when", "statuses"),
    [
        ({"workspace": LIN}, (200, 500)),
        ({"workspace": ADA}, (500, 200)),
        ({"key": "mockkrea:lin"}, (200, 500)),
        ({"model": "image/bfl/*"}, (500, 500)),
        ({"model": "video/**"}, (200, 200)),
        ({"adapter": "mcp"}, (200, 200)),
        ({"method": "get"}, (200, 200)),
    ],
)
def test_a_rule_is_about_the_requests_that_it_names(
    krea: Krea, when: Json, statuses: tuple[int, int]
) -> None:
    add(krea, {"status": 500}, **when)

    seen = [
        krea.generate(FLUX, {"prompt": "x"}, key=key).status_code for key in ("mockkrea:dev", "mockkrea:lin")
    ]

    assert tuple(seen) == statuses


TRAINING = {"urls": [], "name": "foxes", "model": "flux_dev"}


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("/generate/image/bfl/flux-1-dev", {}, "image/bfl/*"),
        ("/styles/train", TRAINING, "styles/train/flux_dev"),
        ("/styles/train", TRAINING, "styles/train/*"),
        ("/node-apps/00000000-0000-4000-8000-000000000000/execute", {}, "node-apps/**"),
    ],
)
def test_a_rule_about_a_model_is_met_wherever_a_job_is_submitted(
    krea: Krea, path: str, body: Json, model: str
) -> None:
    add(krea, {"status": 503}, model=model)

    assert krea.ask("POST", path, json=body).status_code == 503
    assert krea.get("/styles").status_code == 200


@pytest.mark.parametrize("model", ["image/**", "styles/train/other"])
def test_a_training_of_another_model_meets_no_rule_and_is_read_as_ever(krea: Krea, model: str) -> None:
    add(krea, {"status": 503}, model=model)

    answer = krea.ask("POST", "/styles/train", json=TRAINING)

    assert answer.status_code == 422
    assert "urls" in answer.text


@pytest.mark.parametrize("path", ["/styles/train", "/mcp"])
def test_a_body_that_is_too_large_is_refused_as_ever_in_a_world_with_faults(krea: Krea, path: str) -> None:
    add(krea, {"status": 503}, model="video/**")
    headers = [
        (b"content-length", b"999999999"),
        (b"content-type", b"application/json"),
        (b"authorization", b"Bearer mockkrea:dev"),
    ]

    status, _ = krea.raw({"path": path, "headers": headers}, [{"type": "http.request", "body": b"{}"}])

    assert status == 413


def test_health_and_the_control_api_meet_no_faults(krea: Krea) -> None:
    add(krea, {"connection": "reset"})

    assert krea.get("/health").status_code == 200
    assert len(krea.control("faults")["items"]) == 1


def test_a_fault_does_not_end_the_job_that_its_request_wants_to_cancel(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    add(krea, {"headers": {"X-Seen": "1"}})
    job_id = krea.submit()

    krea.cancel(job_id)

    assert krea.job(job_id)["status"] == "cancelled"
    assert krea.usd()["balance"] == 100


def test_a_request_that_no_rule_is_about_changes_nothing(krea: Krea) -> None:
    add(krea, {"status": 500}, path="/generate/**")

    with krea.unchanged():
        assert krea.get("/jobs").status_code == 200


def test_rules_are_listed_as_they_were_written_with_what_came_of_them(krea: Krea) -> None:
    id = add(krea, {"status": 500, "latency": "0s"}, times=3, path="/jobs", every=2)

    krea.get("/jobs")
    krea.get("/jobs")

    assert krea.control("faults")["items"] == [
        {
            "id": id,
            "when": {"path": "/jobs", "every": 2},
            "then": {"status": 500, "latency": "0s"},
            "times": 3,
            "matched": 2,
            "fired": 1,
            "on": True,
        }
    ]


def test_rules_can_be_taken_away_one_by_one(krea: Krea) -> None:
    first, second = add(krea, {"status": 500}), add(krea, {"status": 501})

    answer = krea.ask("DELETE", f"/__mockkrea/faults/{first}", key=None)

    assert answer.json() == {"id": first, "deleted": True}
    assert [each["id"] for each in krea.control("faults")["items"]] == [second]
    assert krea.ask("DELETE", f"/__mockkrea/faults/{first}", key=None).status_code == 404


def test_a_reset_takes_rules_away_that_were_added_at_run_time(krea: Krea) -> None:
    add(krea, {"status": 500})

    krea.control("reset", {})

    assert krea.control("faults")["items"] == []
    assert krea.get("/jobs").status_code == 200


def test_worlds_have_rules_of_their_own(krea: Krea) -> None:
    add(krea, {"status": 500})

    assert krea.get("/jobs", key="mk_alice:dev").status_code == 200


def test_a_wrong_rule_is_refused_with_every_place_and_changes_nothing(krea: Krea) -> None:
    with krea.unchanged():
        answer = krea.ask_control("faults", {"when": {"pth": "/x"}, "then": {"statsu": 500}})

    assert answer.status_code == 422
    assert answer.json()["detail"] == (
        '/when/pth: unknown key "pth"; did you mean "path"?'
        ' /then/statsu: unknown key "statsu"; did you mean "status"?'
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"when": {"pth": "/x", "model": "image/bfl/flux-1-dv"}, "then": {"statsu": 500}, "times": 0},
        {"when": {"path": 1, "workspace": "nowhere"}, "then": {}, "tmies": 2},
        {"when": {"path": "/jobs", "model": "vidoe/**"}, "then": {"status": 500}},
        {"when": {"nth": 1, "model": 7}, "then": {"status": 500}, "times": 3},
        {"when": [], "then": [], "times": "often"},
        {},
    ],
)
def test_a_rule_is_told_by_the_control_api_all_that_it_is_told_in_a_file(
    krea: Krea, fixtures: Fixtures, rule: Json
) -> None:
    with pytest.raises(InvalidScenario) as in_a_file:
        read_scenario({"f": orjson.dumps({"faults": [rule]})}, scenario_defaults(fixtures))

    with krea.unchanged():
        refused = krea.ask_control("faults", rule)

    assert refused.status_code == 422
    said = [message.partition(": ")[2] for message in re.split(r"(?<=[.?]) (?=/)", refused.json()["detail"])]
    assert sorted(said) == sorted(each.message for each in in_a_file.value.findings)


def test_the_next_error_meets_one_request_to_the_api_and_no_file(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    [url] = krea.job(krea.submit())["result"]["urls"]
    krea.control("next-error", {"status": 503, "headers": {"Retry-After": "2"}})

    assert krea.get(url, key=None).status_code == 200
    answer = krea.get("/jobs")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert krea.get("/jobs").status_code == 200


def test_the_next_error_takes_numbers_as_headers_like_any_rule(krea: Krea) -> None:
    krea.control("next-error", {"status": 503, "headers": {"Retry-After": 2}})

    assert krea.get("/jobs").headers["retry-after"] == "2"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"staus": 503}, '/staus: unknown key "staus"; did you mean "status"?'),
        ({}, "/status: status must be an HTTP status from 200 to 599; it is missing."),
        ({"message": "x"}, "/status: status must be an HTTP status from 200 to 599; it is missing."),
        ({"status": 99}, "/status: status must be an HTTP status from 200 to 599; it is 99."),
        ({"status": 200}, "/status: 200 is no error, and needs a body beside it."),
        ({"status": 503, "whne": {}}, '/whne: unknown key "whne"; did you mean "when"?'),
        ({"status": 503, "when": "x"}, '/when: when must be a mapping of keys to values; it is "x".'),
        (
            {"status": 503, "headers": {"A": True}},
            "/headers/A: A must be text of printable ASCII; it is true.",
        ),
        (
            {"status": "503", "when": {"model": "image/bfl/flux-1-dv"}},
            '/status: status must be an HTTP status from 200 to 599; it is "503".'
            ' /when/model: there is no model "image/bfl/flux-1-dv"; did you mean "image/bfl/flux-1-dev"?',
        ),
    ],
)
def test_a_next_error_that_cannot_be_is_told_once_why(krea: Krea, body: Json, sentence: str) -> None:
    refused = krea.ask_control("next-error", body)

    assert (refused.status_code, refused.json()["detail"]) == (422, sentence)


def test_the_next_error_comes_before_every_rule_and_several_come_in_turn(krea: Krea) -> None:
    add(krea, {"status": 500}, times=2)
    add(krea, {"advance": "1s"})
    krea.control("next-error", {"status": 503})
    krea.control("next-error", {"status": 504})

    assert [krea.get("/jobs").status_code for _ in range(5)] == [503, 504, 500, 500, 200]


def test_the_next_error_can_name_its_request_and_its_sentence(krea: Krea) -> None:
    krea.control("next-error", {"status": 500, "message": "Out of luck", "when": {"method": "POST"}})

    assert krea.get("/jobs").status_code == 200
    assert krea.generate(FLUX, {"prompt": "x"}).json()["message"] == "Out of luck"


def test_the_same_seed_and_calls_fail_alike(make_krea: MakeKrea) -> None:
    def transcript(seed: int) -> list[int]:
        krea = make_krea(seed=seed)
        add(krea, {"status": 503}, probability=0.5)
        return [krea.get("/jobs").status_code for _ in range(30)]

    assert transcript(7) == transcript(7) != transcript(8)


def test_a_world_with_faults_is_replayed_byte_for_byte(krea: Krea) -> None:
    add(krea, {"phase": "after_apply", "status": 500, "advance": "1m"}, probability=0.5)
    for _ in range(10):
        krea.generate(FLUX, {"prompt": "a [[mock:fail=nsfw]] fox"})

    replayed = krea.tenant.journal.replayed(krea.tenant.now_us())

    assert replayed.as_bytes() == krea.state()


def test_a_first_request_that_was_applied_makes_its_world_although_its_answer_is_lost(krea: Krea) -> None:
    with pytest.raises(ConnectionResetError):
        krea.generate(FLUX, {"prompt": "[[mock:lost]]"}, key="mk_bob:dev")

    assert len(krea.get("/jobs", key="mk_bob:dev").json()["items"]) == 1


def test_httpx_sees_a_mock_error_status_as_any_other(krea: Krea) -> None:
    krea.control("next-error", {"status": 502})

    with pytest.raises(httpx.HTTPStatusError):
        krea.get("/jobs").raise_for_status()


@pytest.mark.parametrize(
    ("then", "error", "sentence"),
    [
        ({"status": 400}, "invalid_request", "Bad Request"),
        ({"status": 401}, "invalid_client", "Unauthorized"),
        ({"status": 503, "message": "Come back later."}, "temporarily_unavailable", "Come back later."),
    ],
)
def test_a_refusal_of_oauth_has_the_shape_of_oauth(krea: Krea, then: Json, error: str, sentence: str) -> None:
    krea.control("faults", {"when": {"adapter": "oauth"}, "then": then})

    answer = krea.ask("POST", "/auth/v1/oauth/token", key=None, data={"grant_type": "refresh_token"})

    assert answer.status_code == then["status"]
    assert answer.json() == {"error": error, "error_description": sentence}


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_has_no_headers_about_one(krea: Krea, status: int) -> None:
    krea.control("faults", {"when": {}, "then": {"status": status}})

    answer = krea.get("/jobs")

    assert (answer.status_code, answer.content) == (status, b"")
    assert not {"content-type", "content-length"} & set(answer.headers)
