"""Expectations about requests, jobs and money; what did not come true is said so that one can act on it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from mockkrea.data import Fixtures
from mockkrea.scenario.loading import load_scenario, scenario_defaults
from mockkrea.scenario.reading import read_scenario
from mockkrea.scenario_run import run_scenario, summary
from mockkrea.verification import Count, Match, Seen
from tests.asking import FLUX, KREA_2, KREA_2_BODY, Json, Krea


@pytest.fixture
def busy(krea: Krea) -> Krea:
    """A mock that was asked for two foxes and a hen, and refused the hen."""
    krea.submit(prompt="a fox")
    krea.clock("advance", seconds=1)
    krea.submit(prompt="a fox")
    krea.generate(FLUX, {"prompt": "a hen", "seeed": 1})
    return krea


def verify(krea: Krea, body: Mapping[str, Any]) -> tuple[int, Json]:
    answer = krea.ask_control("requests/verify", body)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ({}, True),
        ({"match": {"path": "/generate/**"}, "times": 3}, True),
        ({"match": {"path": "/generate/**"}, "times": 2}, False),
        ({"match": {"path": "/generate/*"}, "none": True}, True),
        ({"match": {"model": "image/**", "status": 200}, "at_most": 2}, True),
        ({"match": {"model": "image/**", "status": 200}, "at_least": 3}, False),
        ({"match": {"method": "GET"}, "none": True}, True),
        ({"match": {"adapter": "mcp"}}, False),
        ({"match": {"status": "4xx"}, "times": 1}, True),
        ({"match": {"status": "20x"}, "times": 1}, False),
        ({"match": {"status": "200"}, "times": 2}, True),
        ({"match": {"path": "/generate/**"}, "at_least": 2, "at_most": 3}, True),
        ({"match": {"path": "/generate/**"}, "at_least": 1, "at_most": 2}, False),
        ({"match": {"path": "/generate/**"}, "at_least": 4, "at_most": 5}, False),
        ({"match": {"body": {"prompt": "a fox"}}, "times": 2}, True),
        ({"match": {"body": {"prompt": "a f"}}}, False),
        ({"match": {"tool": "generate"}}, False),
        ({"in_order": [{"status": 200}, {"status": 422}]}, True),
        ({"in_order": [{"status": 422}, {"status": 200}]}, False),
    ],
)
def test_requests_are_matched_and_counted(busy: Krea, body: Mapping[str, Any], holds: bool) -> None:
    with busy.unchanged():
        status, answer = verify(busy, body)

    assert (status, answer["holds"]) == (200 if holds else 422, holds)


def test_a_miss_shows_the_closest_requests_and_the_parts_that_differ(busy: Krea) -> None:
    _, answer = verify(busy, {"match": {"model": FLUX, "status": 200, "body": {"prompt": "a hen"}}})

    first, *others = answer["closest"]
    assert first["differences"] == [{"part": "status", "expected": 200, "actual": 422}]
    assert [each["differences"][0]["part"] for each in others] == ["/body/prompt", "/body/prompt"]
    assert answer["detail"].splitlines()[0] == (
        f'expected at least 1 request to {FLUX} answered 200 with {{"prompt": "a hen"}}, saw none'
    )
    assert "status: expected 200, was 422" in answer["detail"].splitlines()[1]


def test_too_many_requests_are_all_shown(busy: Krea) -> None:
    _, answer = verify(busy, {"match": {"path": "/generate/**"}, "times": 1})

    sentence, *lines = answer["detail"].splitlines()
    assert sentence == "expected 1 request to /generate/**, saw 3"
    assert [line.split()[:3] for line in lines] == [
        ["POST", f"/generate/{FLUX}", status] for status in ("200", "200", "422")
    ]
    assert answer["closest"] == []


def test_of_very_many_requests_the_first_ten_are_shown(krea: Krea) -> None:
    for _ in range(12):
        krea.get("/jobs")

    _, answer = verify(krea, {"match": {"path": "/jobs"}, "none": True})

    sentence, *lines = answer["detail"].splitlines()
    assert sentence == "expected no requests to /jobs, saw 12"
    assert lines == ["  GET /jobs  200"] * 10 + ["  … and 2 more"]
    assert len(answer["found"]) == 12


def test_what_is_missing_from_an_order_is_named(busy: Krea) -> None:
    _, answer = verify(busy, {"in_order": [{"status": 422}, {"method": "GET"}]})

    assert answer["detail"].splitlines()[0] == ("expected GET after answered 422 (2 of 2 in order), saw none")


def test_a_question_that_is_wrong_is_refused_by_its_pointers(busy: Krea) -> None:
    status, answer = verify(busy, {"match": {"pth": "/x"}, "times": 1, "none": True})

    assert status == 422
    assert answer["detail"] == (
        '/none: "none" and "times" cannot both stand here.'
        ' /match/pth: unknown key "pth"; did you mean "path"?'
    )


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"in_order": [{"path": "/generate/**"}], "match": {"path": "/jobs"}},
            '"match" and "in_order" cannot both stand here.',
        ),
        *(
            ({"in_order": [{"status": 200}], **count}, " cannot both stand here.")
            for count in ({"times": 1}, {"none": True}, {"at_least": 1}, {"at_most": 1})
        ),
        ({"at_least": 3, "at_most": 2}, "at_least must be at most at_most, which is 2; it is 3."),
        ({"at_least": 3, "times": 2}, '"times" and "at_least" cannot both stand here.'),
        (
            {"match": {"status": "6xx"}},
            "/match/status: status must be a status such as 404, or 40x or 4xx for several; it is ",
        ),
        ({"match": {"status": True}}, "status must be a status such as 404"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(
    busy: Krea, body: Mapping[str, Any], detail: str
) -> None:
    status, answer = verify(busy, body)

    assert status == 422
    assert detail in answer["detail"]


def test_several_statuses_and_both_bounds_are_named_in_a_miss(busy: Krea) -> None:
    _, answer = verify(busy, {"match": {"status": "5xx"}, "at_least": 1, "at_most": 3})

    sentence, first, *_ = answer["detail"].splitlines()
    assert sentence == "expected 1 to 3 requests to answered 5xx, saw none"
    assert first.endswith("status: expected 5xx, was 422")


def test_a_call_of_a_tool_is_seen_with_its_tool_model_and_arguments() -> None:
    body = (
        b'{"method":"tools/call","params":{"name":"generate","arguments":{"model":"image/a/b","input":{}}}}'
    )
    seen = Seen.of(_exchange(path="/mcp", request=body))

    assert (seen.adapter, seen.tool, seen.model) == ("mcp", "generate", "image/a/b")
    assert not Match(tool="gen*", model="image/**", body={"input": {}}).differences(seen)


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("/styles/train", b'{"model":"flux_dev"}', "styles/train/flux_dev"),
        ("/styles/train", b"{}", None),
        ("/node-apps/v1/execute", b"{}", "node-apps/v1"),
        ("/jobs", b"", None),
        (
            "/mcp",
            b'{"method":"tools/call","params":{"name":"execute_node_app","arguments":{"nodeAppVersionId":"v1"}}}',
            "node-apps/v1",
        ),
    ],
)
def test_trainings_and_apps_are_seen_as_models(path: str, body: bytes, model: str | None) -> None:
    assert Seen.of(_exchange(path=path, request=body)).model == model


@pytest.mark.parametrize(
    ("facts", "right"),
    [
        ({}, [1, 2]),
        ({"none": True}, [0]),
        ({"times": 2}, [2]),
        ({"at_most": 1}, [0, 1]),
        ({"at_least": 2}, [2]),
    ],
)
def test_each_way_of_counting_takes_the_numbers_it_says(facts: Mapping[str, Any], right: list[int]) -> None:
    assert [number for number in range(3) if Count.read(facts).holds(number)] == right


def test_a_summary_says_what_did_not_come_true_and_why(busy: Krea, fixtures: Fixtures) -> None:
    text = """
        name: pays-twice
        expect:
          - requests: {path: "/generate/**", at_most: 2}
          - jobs: {status: completed, count: 1}
          - jobs: {status: failed, count: 1}
          - ledger: {workspace: ada-personal, captured_usd: 0.007, balance_compute_units: 50000}
    """
    scenario = read_scenario({"f.yaml": text}, scenario_defaults(fixtures))
    busy.clock("run_until", until="idle")

    lines = busy.run(summary(busy.tenant, scenario)).lines

    assert lines[:2] == ["✗ pays-twice", "  requests: expected at most 2 requests to /generate/**, saw 3"]
    ids = ", ".join(f"{id[:4]}…" for id in reversed(busy.listed()))
    assert lines[5:] == [
        f"  jobs: expected 1 completed, found 2 ({ids}): submitted twice with the same body, 1.0 s apart",
        "  jobs: expected 1 failed, found 0; others are 2 completed",
        "  ledger ada-personal: expected 0.007 USD captured, found 0.014",
    ]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (
            "[{advance: 1s}, {submit: {model: image/bfl/flux-1-dev}}]",
            "24: step 2, submit: POST /generate/image/bfl/flux-1-dev: expected success, was 422"
            " 1 problem: /prompt is required.",
        ),
        (
            "[{submit: {model: image/bfl/flux-1-dev, status: 422, as: fox}}, {cancel: fox}]",
            '72: step 2, cancel: there is no job "fox": its submit gave no job.',
        ),
        ("[{request: {path: /jobs, status: 404}}]", "9: step 1, request: GET /jobs: expected 404, was 200"),
    ],
)
def test_a_step_that_is_answered_otherwise_ends_the_play(
    krea: Krea, fixtures: Fixtures, steps: str, why: str
) -> None:
    scenario = read_scenario({"f.yaml": f"name: odd\nsteps: {steps}"}, scenario_defaults(fixtures))

    lines = asyncio.run(run_scenario(krea.app, krea.tenant, scenario)).lines

    assert lines == ["✗ odd", f"  f.yaml:2:{why}"]


def test_a_client_that_retries_blindly_pays_twice_and_is_told_so(krea: Krea, fixtures: Fixtures) -> None:
    scenario = load_scenario(["answer-lost-after-charge"], scenario_defaults(fixtures))
    krea.worlds.begin_all(scenario)

    with pytest.raises(ConnectionResetError):
        krea.generate(KREA_2, KREA_2_BODY)
    krea.clock("advance", seconds=1)
    krea.generate(KREA_2, KREA_2_BODY)
    krea.clock("run_until", until="idle")
    lines = krea.run(summary(krea.tenant, scenario)).lines

    ids = ", ".join(f"{id[:4]}…" for id in reversed(krea.listed()))
    assert lines == [
        "✗ answer-lost-after-charge",
        f"  jobs: expected 1 completed, found 2 ({ids}): submitted twice with the same body, 1.0 s apart",
        "  ledger studio: expected 0.03 USD captured, found 0.06",
    ]


def test_the_rules_of_a_scenario_come_back_with_a_reset(krea: Krea, fixtures: Fixtures) -> None:
    krea.worlds.begin_all(load_scenario(["flaky-5xx"], scenario_defaults(fixtures)))
    krea.ask("DELETE", "/__mockkrea/faults", key=None)
    assert krea.control("faults")["items"] == []

    krea.control("reset", {})

    assert len(krea.control("faults")["items"]) == 1


def _exchange(**facts: Any) -> Any:  # noqa: ANN401
    from mockkrea.request_log import Exchange

    usual = dict.fromkeys(Exchange._fields, b"") | Exchange._field_defaults
    return Exchange(
        **{**usual, "number": 1, "at_us": 0, "method": "POST", "status": 200, "seconds": 0.0, **facts}
    )
