"""What clients asked and got, as the control API shows it."""

from __future__ import annotations

import pytest

from tests.asking import FLUX, KEY, Json, Krea, MakeKrea
from tests.media.samples import png


def requests(krea: Krea, query: str = "", world: str = "") -> list[Json]:
    """The logged requests that the query takes."""
    answer = krea.get(f"{world}/__mockkrea/requests{query}", key=None)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


def test_a_request_is_logged_with_its_answer_and_its_job(krea: Krea) -> None:
    answer = krea.generate(FLUX, {"prompt": "ein Fuchs für Ärzte"}, headers={"X-Request-Id": "mine"})

    [logged] = requests(krea)

    assert logged.pop("latency_ms") >= 0
    assert logged == {
        "id": "mine",
        "number": 1,
        "at": "2026-11-22T10:00:00.000Z",
        "adapter": "rest",
        "tool": None,
        "is_error": None,
        "method": "POST",
        "path": f"/generate/{FLUX}",
        "key": "mock…",
        "status": 200,
        "unanswered": None,
        "request_bytes": int(answer.request.headers["content-length"]),
        "request_body": {"prompt": "ein Fuchs für Ärzte"},
        "answer_bytes": int(answer.headers["content-length"]),
        "answer_body": answer.json(),
        "job_id": answer.json()["job_id"],
        "fault_id": None,
    }


@pytest.mark.parametrize("then", [{"status": 503}, {"latency": "1ms"}])
def test_a_request_names_the_fault_rule_that_fired_for_it(krea: Krea, then: Json) -> None:
    krea.control("faults", {"when": {"path": "/assets"}, "then": {"status": 500}})
    id = krea.control("faults", {"when": {"path": "/jobs"}, "then": then, "times": 1})["id"]
    krea.get("/jobs")
    krea.get("/jobs")

    assert [each["fault_id"] for each in requests(krea)] == [id, None]


def test_each_answer_carries_the_id_under_which_it_is_logged(krea: Krea) -> None:
    ids = [krea.get("/jobs").headers["x-request-id"] for _ in range(3)]
    ids.append(krea.get("/jobs", headers={"X-Request-Id": "abc-123"}).headers["x-request-id"])

    assert ids == ["req-1", "req-2", "req-3", "abc-123"]
    assert [each["id"] for each in requests(krea)] == ids


@pytest.mark.parametrize("id", ["two words", "x" * 129, "bell\x07", "ü"])
def test_an_id_that_no_header_should_carry_is_not_sent_back(krea: Krea, id: str) -> None:
    answer = krea.get("/jobs", headers={"X-Request-Id": id.encode("latin-1")})

    assert answer.headers["x-request-id"] == "req-1"


def test_control_calls_send_an_id_back_and_are_not_logged(krea: Krea) -> None:
    answer = krea.ask_control("clock", {"action": "freeze"}, headers={"X-Request-Id": "mine"})
    refused = krea.ask_control("clock", {"action": "stop"}, headers={"X-Request-Id": "mine"})
    krea.get("/health")

    assert [answer.headers["x-request-id"], refused.headers["x-request-id"]] == ["mine", "mine"]
    assert "x-request-id" not in krea.ask_control("clock").headers
    assert requests(krea) == []


def test_refusals_are_logged_with_what_was_wrong(krea: Krea) -> None:
    krea.get("/jobs", key=None)
    krea.get("/jobs", key="a-real-key-of-somebody:0123456789")
    krea.post(f"/generate/{FLUX}", b'{"prompt":')

    without, wrong, broken = requests(krea)

    assert [each["status"] for each in (without, wrong, broken)] == [401, 401, 400]
    assert [each["key"] for each in (without, wrong, broken)] == [None, "a-re…", "mock…"]
    assert "0123456789" not in str(requests(krea))
    assert broken["request_body"] == '{"prompt":'
    assert "no JSON" in broken["answer_body"]["message"]


def test_of_media_only_the_size_is_kept(krea: Krea) -> None:
    picture = png()
    asset = krea.upload(picture)
    krea.get(asset["image_url"].removeprefix("http://127.0.0.1:5732"))
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)
    krea.get(f"/files/images/{job_id}.png")

    upload, file, _, drawn = requests(krea)

    assert (upload["request_body"], upload["answer_body"]) == (None, asset)
    assert upload["request_bytes"] > len(picture)
    assert (file["adapter"], file["answer_body"], file["answer_bytes"]) == ("files", None, len(picture))
    assert (drawn["answer_body"], drawn["answer_bytes"] > 1000) == (None, True)


def test_a_long_body_is_cut_at_64_kilobytes(krea: Krea) -> None:
    krea.generate(FLUX, {"prompt": "ü" * 60_000})

    [logged] = requests(krea)

    assert logged["request_bytes"] > 120_000
    assert 65_534 <= len(logged["request_body"].encode()) <= 65_536
    assert logged["request_body"].startswith('{"prompt":"üü')


def test_json_of_any_depth_is_shown_as_it_came(krea: Krea) -> None:
    body = b"[" * 600 + b"]" * 600
    krea.post(f"/generate/{FLUX}", body)

    answer = krea.get("/__mockkrea/requests", key=None)

    assert b'"request_body":' + body in answer.content


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("?method=post", [1, 2]),
        ("?path=/jobs", [3]),
        ("?path=/jobs*", [3]),
        ("?path=/jobs**", [3, 4]),
        ("?path=/generate/**/flux-1-dev", [1, 2]),
        ("?path=/generate/*/*/flux-1-dev", [1, 2]),
        ("?path=/generate/*/flux-1-dev", []),
        ("?path=/jobs.", []),
        ("?status=200", [1, 3, 4]),
        ("?status=4xx", [2, 5]),
        ("?status=40x", [5]),
        ("?adapter=files", [5]),
        ("?adapter=rest&method=GET", [3, 4]),
        ("?job_id=JOB", [1, 4]),
        ("?since=2026-11-22T10:01:00Z", [4, 5]),
        ("?after=3", [4, 5]),
        ("?limit=2", [4, 5]),
        ("?limit=1&method=POST", [2]),
    ],
)
def test_requests_are_found_by_what_they_were(krea: Krea, query: str, numbers: list[int]) -> None:
    job_id = krea.submit()
    krea.generate(FLUX, {"prompt": 1})
    krea.get("/jobs?limit=1")
    krea.clock("advance", seconds=60)
    krea.job(job_id)
    krea.get("/files/images/nobodys.png")

    found = requests(krea, query.replace("JOB", job_id))

    assert [each["number"] for each in found] == numbers


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("mehtod=GET", "/mehtod is not known here, did you mean method?"),
        (
            "foo=1",
            "/foo is not known here; there are adapter, after, job_id, limit, method, path, since, status.",
        ),
        ("status=abc", "/status must be a status such as 404, or 40x or 4xx for several, not abc."),
        ("after=x", "/after must be a whole number, not x."),
        ("after=-1", '/after must be at least 0, not "-1".'),
        (f"after={'9' * 5000}", "/after must be a whole number of at most 4,300 digits, not "),
        ("adapter=soap", "/adapter"),
        ("method=FOO", "/method must be one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, not FOO."),
        ("limit=0", "/limit"),
        ("since=yesterday", "/since: 'yesterday' is not a time such as"),
    ],
)
def test_a_wrong_filter_is_refused_by_its_name(krea: Krea, query: str, sentence: str) -> None:
    answer = krea.ask_control(f"requests?{query}")

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_each_world_has_a_log_of_its_own_that_goes_with_it(krea: Krea) -> None:
    krea.get("/jobs")
    krea.get("/jobs", key="mk_alice:x")
    krea.get("/w/alice/jobs", headers={"X-Request-Id": "second"})

    assert len(requests(krea)) == 1
    assert [each["id"] for each in requests(krea, world="/w/alice")] == ["req-1", "second"]
    assert requests(krea, world="/w/alice")[1]["path"] == "/jobs"

    krea.ask("DELETE", "/w/alice/__mockkrea/worlds")
    krea.get("/jobs", key="mk_alice:x")
    assert len(requests(krea, world="/w/alice")) == 1


def test_requests_are_forgotten_on_demand_and_by_a_reset(krea: Krea) -> None:
    krea.get("/jobs")
    krea.get("/jobs")

    assert krea.ask("DELETE", "/__mockkrea/requests").json() == {"deleted": 2}
    assert requests(krea) == []
    assert krea.get("/jobs").headers["x-request-id"] == "req-3"

    krea.control("reset", {})
    assert requests(krea) == []
    assert krea.get("/jobs").headers["x-request-id"] == "req-1"


def test_looking_at_requests_changes_nothing_in_the_world(krea: Krea) -> None:
    krea.submit()

    with krea.unchanged():
        requests(krea)
        krea.ask("DELETE", "/__mockkrea/requests")


def test_whether_requests_are_logged_does_not_show_in_the_state(krea: Krea, make_krea: MakeKrea) -> None:
    other = make_krea()
    for each in (krea, other):
        each.submit()
    other.get("/jobs/nobodys", key=KEY)

    assert krea.state() == other.state()
