"""Steps: tool calls, sessions, presigned uploads, and what one step keeps for the next ones."""

import asyncio

import pytest

from mockkrea.core.clock import moment_of
from mockkrea.data import Fixtures
from mockkrea.scenario.kept import Missing, filled
from mockkrea.scenario.loading import load_scenario, scenario_defaults
from mockkrea.scenario.reading import read_scenario
from mockkrea.scenario_run import run_scenario, run_scenario_alone
from tests.asking import Krea
from tests.real_time import BEGINNING

STUDIO = """
name: studio
clock: {at: 2026-11-22T10:00:00Z}
workspaces: [{id: studio, usd: 1, compute_units: 500, members: [ada, lin], tokens: ["mockkrea:dev"]}]
"""
GENERATE = "tool: generate, arguments: {model: image/bfl/flux-1-dev, input: {prompt: a fox}}"


def played(fixtures: Fixtures, *texts: str) -> list[str]:
    """What comes of a scenario's steps in the studio: what did not come true."""
    files = {f"{number}.yaml": text for number, text in enumerate((STUDIO, *texts))}
    scenario = read_scenario(files, scenario_defaults(fixtures))
    summary = asyncio.run(run_scenario_alone(scenario, fixtures, at_us=moment_of(BEGINNING)))
    return [line.strip() for line in summary.wrong]


def test_a_step_can_ask_for_what_a_url_of_an_answer_leads_to(fixtures: Fixtures) -> None:
    steps = """
        steps:
          - submit: {model: image/bfl/flux-1-dev, body: {prompt: a fox}, as: fox}
          - wait: fox
          - request: {path: /jobs/$fox, as: done}
          - request: {path: $done.result.urls.0}
        expect:
          - requests: {path: /files/**, status: 200, times: 1}
    """

    assert played(fixtures, steps) == []


def test_a_tool_call_pays_with_units_and_its_job_is_named_by_later_steps(fixtures: Fixtures) -> None:
    steps = f"""
        steps:
          - sign_in: {{person: lin, as: lin}}
          - call: {{{GENERATE}, key: $lin, as: fox}}
          - wait: fox
          - call: {{tool: get_job, arguments: {{jobId: $fox}}, key: $lin, answer: {{status: completed}}}}
          - request: {{path: /jobs/$fox, answer: {{job_id: $fox}}}}
        expect:
          - jobs: {{status: completed, count: 1}}
          - ledger: {{workspace: studio, captured_usd: 0, balance_compute_units: 497}}
    """

    assert played(fixtures, steps) == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (f"call: {{{GENERATE}, status: 402}}", "step 1, call: generate: expected 402, was 200"),
        (
            "call: {tool: get_job, arguments: {jobId: no}}",
            "step 1, call: get_job: expected success, was 404 Job not found or unauthorized",
        ),
        (
            "call: {tool: get_job, arguments: {jobId: no}, error: nsfw}",
            "step 1, call: get_job: expected nsfw in the refusal, was 404 Job not found or unauthorized",
        ),
        (
            "request: {path: /jobs, answer: {items: 1}}",
            "step 1, request: GET /jobs: answer/items: expected 1, was []",
        ),
        ("request: {path: /jobs, error: x}", "step 1, request: GET /jobs: expected a refusal, was 200"),
    ],
)
def test_a_step_that_is_not_answered_as_it_says_is_told_with_what_came(
    fixtures: Fixtures, step: str, said: str
) -> None:
    assert played(fixtures, f"steps: [{{{step}}}]") == [f"1.yaml:1:9: {said}"]


def test_a_refresh_gives_its_session_new_tokens_and_an_end_takes_them(fixtures: Fixtures) -> None:
    steps = """
        steps:
          - sign_in: {as: ada, expires_in: 5m}
          - call: {tool: list_models, key: $ada}
          - advance: 6m
          - call: {tool: list_models, key: $ada, status: 401}
          - refresh: ada
          - call: {tool: list_models, key: $ada}
          - expire: ada
          - call: {tool: list_models, key: $ada, status: 401}
          - refresh: ada
          - revoke: ada
          - refresh: {session: ada, error: invalid_grant}
    """

    assert played(fixtures, steps) == []


def test_sessions_of_the_file_are_there_with_the_tokens_and_lives_that_it_gives(fixtures: Fixtures) -> None:
    steps = """
        oauth:
          access_token_life: 10m
          refresh_token_life: 1h
          sessions:
            - {access_token: ada-now, person: ada}
            - {as: old, access_token: ada-old, refresh_token: ada-again, person: ada, expired: true}
        steps:
          - call: {tool: list_models, key: ada-now}
          - call: {tool: list_models, key: $old, status: 401}
          - refresh: old
          - advance: 10m
          - call: {tool: list_models, key: ada-now, status: 401}
          - call: {tool: list_models, key: $old, status: 401}
          - advance: 1h
          - refresh: {session: old, error: expired}
    """

    assert played(fixtures, steps) == []


def test_a_kept_refresh_token_that_is_presented_twice_ends_its_session(fixtures: Fixtures) -> None:
    steps = """
        oauth: {sessions: [{as: old, access_token: ada-old, refresh_token: ada-again}]}
        faults: [{when: {adapter: oauth, nth: 2}, then: {phase: after_apply, connection: reset}}]
        steps:
          - refresh: {session: old, lost: true}
          - refresh: {session: old, status: 400, error: used before}
          - refresh: {session: old, status: 400, error: not known}
          - call: {tool: list_models, key: ada-old, status: 401}
    """

    assert played(fixtures, steps) == []


def test_consent_needs_nobody_where_the_file_says_who_approves(fixtures: Fixtures) -> None:
    setup = "oauth: {auto_approve: studio}"
    steps = "steps: [{request: {path: /__mockkrea/settings, answer: {auto_approve: studio}}}]"

    assert played(fixtures, setup, steps) == []


def test_a_webhook_is_tried_again_as_the_file_says_and_its_receiver_answers(fixtures: Fixtures) -> None:
    steps = """
        webhooks: {retry_after: [2s, 3s], receiver: [500, 503, 502]}
        steps:
          - submit: {model: image/bfl/flux-1-dev, body: {prompt: a fox}, webhook: "http://localhost:3000/"}
          - wait: idle
        expect: [{webhooks: {job: 1, status: completed, outcome: failed, attempts: 3, late: 1s, none: true}}]
    """
    fine = "expect: [{webhooks: {job: 1, status: completed, outcome: failed, attempts: 3, count: 1}}]"
    wrong = "expect: [{webhooks: {outcome: delivered}}]"

    assert played(fixtures, steps, fine) == []
    assert played(fixtures, steps, wrong) == [
        "webhooks: expected at least 1 delivered, found none",
        "job 1 completed → http://localhost:3000/  failed (500, 503, 502), 0 s after its end",
    ]


def test_deliveries_are_expected_in_the_order_in_which_they_went_out(fixtures: Fixtures) -> None:
    submit = 'submit: {model: image/bfl/flux-1-dev, body: {prompt: a fox}, webhook: "http://localhost:3000/"}'
    steps = f"""
        webhooks: {{faults: [{{when: {{nth: 1}}, then: {{webhook: late, delay: 1h}}}}]}}
        steps: [{{{submit}}}, {{wait: idle}}, {{{submit}}}, {{wait: idle}}]
    """
    together = f"""
        webhooks: {{faults: [{{when: {{nth: 1}}, then: {{webhook: late, delay: 1h}}}}]}}
        jobs: [{{when: {{nth: 1}}, then: {{seconds: 1}}}}, {{then: {{seconds: 2}}}}]
        steps: [{{{submit}}}, {{{submit}}}, {{wait: idle}}]
    """

    assert played(fixtures, steps, "expect: [{webhooks: {in_order: [{job: 1}, {job: 2}]}}]") == []
    assert played(fixtures, together, "expect: [{webhooks: {in_order: [{job: 2}, {job: 1}]}}]") == []
    first, *_ = played(fixtures, together, "expect: [{webhooks: {in_order: [{job: 1}, {job: 2}]}}]")
    assert first == "webhooks: expected of job 2 (2 of 2 in order), found none"


def test_names_are_filled_in_whole_in_parts_and_inside_texts() -> None:
    kept = {"fox": {"job_id": "j1", "result": {"urls": ["u1"]}}, "text": "t"}

    told = filled({"a": "$fox", "b": "/x/$fox.result.urls.0/y", "c": ["$fox.result"], "d": "$$5 $5"}, kept)

    assert told == {"a": "j1", "b": "/x/u1/y", "c": [{"urls": ["u1"]}], "d": "$5 $5"}
    assert filled("$text", kept) == "t"


@pytest.mark.parametrize("text", ["$hen", "$fox.nothing", "$fox.result.urls.7", "$fox.job_id.deeper"])
def test_a_name_that_stands_for_nothing_is_an_error(text: str) -> None:
    with pytest.raises(Missing):
        filled(text, {"fox": {"job_id": "j1", "result": {"urls": ["u1"]}}})


def test_steps_are_played_in_a_world_that_has_a_name_too(krea: Krea, fixtures: Fixtures) -> None:
    scenario = load_scenario(["presigned-url-expired"], scenario_defaults(fixtures))
    tenant = krea.worlds.make("alice", scenario=scenario)

    assert krea.run(run_scenario(krea.app, tenant, scenario)).lines == ["✓ presigned-url-expired"]
    assert krea.listed() == []
