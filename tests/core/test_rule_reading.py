"""Rules as people write them: what is right is read, what is wrong is found where it stands."""

from collections.abc import Callable
from typing import Any

import pytest

from mockkrea.core import codec
from mockkrea.core.errors import InvalidRule
from mockkrea.core.faults import Connection, Effect, Fault, Phase, WebhookFault
from mockkrea.core.matching import Adapter, When
from mockkrea.core.outcomes import Ending, Outcome
from mockkrea.core.rule_reading import read_fault, read_next_error, read_outcome, read_webhook_fault

Rule = dict[str, Any]


def found(
    rule: object, read: Callable[[object], object] = read_fault
) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(InvalidRule) as caught:
        read(rule)
    return [(finding.path, finding.message) for finding in caught.value.found]


def test_a_fault_is_read_with_all_its_keys() -> None:
    fault = read_fault(
        {
            "when": {
                "adapter": ["rest", "mcp"],
                "method": "post",
                "path": "/mc*",
                "tool": "generate",
                "model": "video/**",
                "workspace": "w",
                "key": "k",
                "after": 2,
                "every": 3,
                "probability": 0.5,
            },
            "then": {
                "phase": "after_apply",
                "status": 503,
                "message": "gone",
                "headers": {"Retry-After": 2},
                "content_type": "text/html",
                "latency": "1500ms",
                "advance": "2h",
                "connection": "drip",
                "lasting": "1.5s",
            },
            "times": 4,
        }
    )

    assert fault.when == When(
        adapter=(Adapter.REST, Adapter.MCP),
        method="POST",
        path="/mc*",
        tool="generate",
        model="video/**",
        workspace="w",
        key="k",
        after=2,
        every=3,
        probability=0.5,
    )
    assert fault.then == Effect(
        phase=Phase.AFTER_APPLY,
        status=503,
        message="gone",
        headers={"Retry-After": "2"},
        content_type="text/html",
        latency_us=1_500_000,
        advance_us=7_200_000_000,
        connection=Connection.DRIP,
        lasting_us=1_500_000,
    )
    assert fault.times == 4


def test_a_fault_of_webhooks_is_read_with_its_delay() -> None:
    fault = read_fault({"when": {"adapter": "webhook"}, "then": {"webhook": "late", "delay": "30s"}})

    assert fault.then == Effect(webhook=WebhookFault.LATE, delay_us=30_000_000)


def test_a_fault_among_those_of_webhooks_need_not_say_what_it_is_about() -> None:
    fault = read_webhook_fault({"when": {"model": "video/**"}, "then": {"webhook": "duplicate"}, "times": 2})

    assert fault.when == When(adapter=(Adapter.WEBHOOK,), model="video/**")
    assert fault == read_fault(fault.source)


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"when": {"path": "/jobs"}, "then": {"webhook": "duplicate"}}, ("when", "path")),
        ({"then": {"status": 500}}, ("then", "status")),
        ({"then": {"webhook": "late"}}, ("then", "webhook")),
        ({}, ("then",)),
    ],
)
def test_a_fault_among_those_of_webhooks_has_their_keys_only(rule: Rule, path: tuple[str, ...]) -> None:
    assert found(rule, read_webhook_fault)[0][0] == path


def test_an_outcome_is_read_with_all_its_keys() -> None:
    rule = read_outcome(
        {
            "when": {"model": "image/**", "workspace": "w", "prompt": "fox", "nth": 2},
            "then": {"seconds": 2.5, "status": "failed", "error": {"code": "nsfw", "message": "no"}},
        }
    )

    assert rule.when == When(model="image/**", workspace="w", prompt="fox", nth=2)
    assert rule.then == Outcome(ending=Ending.FAILED, duration_us=2_500_000, code="nsfw", message="no")


def test_an_empty_result_is_read_as_a_result_without_anything() -> None:
    assert read_outcome({"then": {"empty": True}}).then == Outcome(result={})


def test_a_rule_survives_the_journal_as_itself() -> None:
    fault = read_fault({"then": {"status": 418, "body": [1, {"a": None}]}, "times": 2})

    assert codec.from_data(Fault, codec.to_data(fault)) == fault


WRONG: dict[str, tuple[Rule, tuple[str, ...], str]] = {
    "unknown key": (
        {"then": {"statsu": 500}},
        ("then", "statsu"),
        'unknown key "statsu"; did you mean "status"?',
    ),
    "unknown outer key": ({"them": {}, "then": {"status": 500}}, ("them",), 'did you mean "then"?'),
    "no word": ({"then": {"connection": "rest"}}, ("then", "connection"), "did you mean reset?"),
    "no adapter": ({"when": {"adapter": "webhok"}, "then": {"status": 500}}, ("when", "adapter"), "webhook?"),
    "text for number": ({"then": {"status": "500"}}, ("then", "status"), "must be an HTTP status"),
    "true for number": ({"when": {"nth": True}, "then": {"status": 500}}, ("when", "nth"), "it is true"),
    "status too low": ({"then": {"status": 99}}, ("then", "status"), "from 200 to 599; it is 99"),
    "no unit": ({"then": {"latency": 20}}, ("then", "latency"), "a unit is missing: 20s?"),
    "wrong unit": ({"then": {"latency": "20sec"}}, ("then", "latency"), "(the units are ms, s, m, h, d)"),
    "too long": ({"then": {"latency": "2m"}}, ("then", "latency"), "60s at most"),
    "endless": ({"then": {"advance": "999999999999d"}}, ("then", "advance"), "longer than time itself"),
    "percent": ({"when": {"probability": 30}, "then": {"status": 500}}, ("when", "probability"), "then 0.3"),
    "negative": ({"when": {"probability": -1}, "then": {"status": 500}}, ("when", "probability"), "0 to 1"),
    "none": ({"when": {"first": 0}, "then": {"status": 500}}, ("when", "first"), "whole number from 1"),
    "two counters": (
        {"when": {"nth": 1, "first": 2}, "then": {"status": 500}},
        ("when", "first"),
        "contradicts nth",
    ),
    "nth and often": (
        {"when": {"nth": 1}, "then": {"status": 500}, "times": 3},
        ("times",),
        "never be 3 where nth picks 1",
    ),
    "first and oftener": (
        {"when": {"first": 2}, "then": {"status": 500}, "times": 3},
        ("times",),
        "where first picks 2",
    ),
    "only before": ({"then": {"phase": "before"}}, ("then",), "phase says when; say what happens too"),
    "only after": ({"then": {"phase": "after_apply"}}, ("then",), "phase says when; say what happens too"),
    "tool of REST": (
        {"when": {"adapter": "rest", "tool": "generate"}, "then": {"status": 500}},
        ("when", "tool"),
        "needs adapter: mcp",
    ),
    "model of a file": (
        {"when": {"adapter": ["files", "oauth"], "model": "video/**"}, "then": {"status": 500}},
        ("when", "model"),
        "contradicts adapter: files or oauth",
    ),
    "path of a webhook": (
        {"when": {"adapter": "webhook", "path": "/jobs"}, "then": {"webhook": "duplicate"}},
        ("when", "path"),
        "say model or workspace",
    ),
    "body of 204": ({"then": {"status": 204, "body": "x"}}, ("then", "body"), "which has no body"),
    "body with reset": (
        {"then": {"connection": "reset", "body": {}}},
        ("then", "body"),
        "nothing is answered",
    ),
    "two bodies": (
        {"then": {"status": 500, "body": "x", "message": "y"}},
        ("then", "message"),
        "contradicts body",
    ),
    "only a message": ({"then": {"message": "y"}}, ("then", "message"), "needs a status"),
    "lasting alone": ({"then": {"status": 500, "lasting": "1s"}}, ("then", "lasting"), "hang or drip"),
    "stale with status": (
        {"then": {"job_status": "queued", "status": 500}},
        ("then", "job_status"),
        "leave out",
    ),
    "ended is not stale": ({"then": {"job_status": "failed"}}, ("then", "job_status"), "before the end"),
    "nothing happens": ({"then": {}}, ("then",), "does not say what happens"),
    "no then": ({"when": {}}, ("then",), "does not say what happens"),
    "own header": (
        {"then": {"status": 500, "headers": {"Content-Length": "1"}}},
        ("then", "headers", "Content-Length"),
        "Content-Length is the server's to write.",
    ),
    "own content type": (
        {"then": {"status": 500, "headers": {"content-type": "text/html"}}},
        ("then", "headers", "content-type"),
        "content_type changes it",
    ),
    "name of no header": (
        {"then": {"status": 500, "headers": {"A b": "1"}}},
        ("then", "headers", "A b"),
        "letters, digits, - and _",
    ),
    "line break": (
        {"then": {"status": 500, "headers": {"A": "b\r\nc"}}},
        ("then", "headers", "A"),
        "ASCII",
    ),
    "MCP of REST": (
        {"when": {"adapter": "rest", "path": "/mcp"}, "then": {"status": 500}},
        ("when", "path"),
        "path contradicts adapter: rest; it leads to mcp.",
    ),
    "generating by signing in": (
        {"when": {"adapter": "oauth", "path": "/generate/**"}, "then": {"status": 500}},
        ("when", "path"),
        "path contradicts adapter: oauth; it leads to rest.",
    ),
    "tool of a path": (
        {"when": {"path": "/jobs", "tool": "generate"}, "then": {"status": 500}},
        ("when", "tool"),
        "tools are called at /mcp",
    ),
    "model of a path": (
        {"when": {"path": "/jobs", "model": "image/**"}, "then": {"status": 500}},
        ("when", "model"),
        "model contradicts path: /jobs",
    ),
    "model of a tool": (
        {"when": {"adapter": "mcp", "tool": "list_models", "model": "video/**"}, "then": {"status": 500}},
        ("when", "model"),
        "model contradicts tool: list_models",
    ),
    "health": (
        {"when": {"path": "/health"}, "then": {"status": 500}},
        ("when", "path"),
        "/health is mockkrea's own",
    ),
    "success without a body": ({"then": {"status": 200}}, ("then", "status"), "needs a body beside it"),
    "prompt of a request": (
        {"when": {"prompt": "fox"}, "then": {"status": 500}},
        ("when", "prompt"),
        'unknown key "prompt"; only rules about jobs have it.',
    ),
    "webhook elsewhere": ({"then": {"webhook": "late"}}, ("then", "webhook"), "adapter: webhook"),
    "late without delay": (
        {"when": {"adapter": "webhook"}, "then": {"webhook": "late"}},
        ("then", "webhook"),
        "needs a delay",
    ),
    "status of webhook": (
        {"when": {"adapter": "webhook"}, "then": {"webhook": "late", "status": 500}},
        ("then", "status"),
        "does not belong to a webhook",
    ),
    "false": ({"then": {"malformed": False}}, ("then", "malformed"), "must be true; it is false"),
    "a list": ({"then": []}, ("then",), "it is a list"),
    "spoilt success": (
        {"then": {"status": 200, "connection": "drip"}},
        ("then", "status"),
        "200 is no error: leave status out to spoil the true answer, or put a body beside it.",
    ),
    "no such path": (
        {"when": {"path": "/generate"}, "then": {"status": 500}},
        ("when", "path"),
        "/generate/**",
    ),
    "no such method": (
        {"when": {"path": "/jobs", "method": "POST"}, "then": {"status": 500}},
        ("when", "method"),
        "method contradicts path: /jobs, which is served for GET and HEAD.",
    ),
}


@pytest.mark.parametrize(("rule", "path", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_fault_is_found_where_it_stands(
    rule: Rule, path: tuple[str, ...], message: str
) -> None:
    findings = found(rule)

    assert findings[0][0] == path
    assert message in findings[0][1]


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("-2h", "time does not go backwards"),
        ("1h30m", "one number with one unit: 90m"),
        ("1m 500ms", "one number with one unit: 60500ms"),
        ("5 s", "without a space: 5s"),
        ("20", "a unit is missing: 20s?"),
        ("1w", "the units are ms, s, m, h, d"),
        ("999999999d", "longer than time itself"),
    ],
)
def test_what_is_no_duration_is_told_why_and_once(written: str, cause: str) -> None:
    [(_, message)] = found({"then": {"advance": written}})

    assert message == f'advance must be a duration such as 2h, 20s or 1500ms; it is "{written}" ({cause}).'


def test_what_can_only_be_no_duration_is_told_no_cause() -> None:
    [(_, message)] = found({"then": {"advance": "soon"}})

    assert message == 'advance must be a duration such as 2h, 20s or 1500ms; it is "soon".'


def test_a_model_is_not_judged_by_a_path_that_the_adapter_never_sees() -> None:
    when = {"adapter": "rest", "path": "/mcp", "model": "image/**"}

    assert [path for path, _ in found({"when": when, "then": {"status": 500}})] == [("when", "path")]


def test_all_headers_that_cannot_be_are_found() -> None:
    findings = found({"then": {"status": 500, "headers": {"A b": 1, "B": True, "C": "fine"}}})

    assert [path[-1] for path, _ in findings] == ["A b", "B"]


@pytest.mark.parametrize(
    "when",
    [
        {"path": "/styles/*", "model": "styles/train/**"},
        {"path": "/node-apps/*/execute", "model": "node-apps/**"},
        {"path": "/mcp", "tool": "generate", "model": "video/**"},
        {"adapter": ["files", "rest"], "path": "/g*/**", "model": "video/**"},
        {"adapter": "rest", "path": "/public-api/**"},
        {"adapter": "mcp", "path": "**", "tool": "create_style", "model": "styles/train/*"},
        {"adapter": "oauth", "path": "/.well-known/**"},
    ],
)
def test_what_some_request_can_be_is_no_contradiction(when: Rule) -> None:
    assert read_fault({"when": when, "then": {"status": 500}})


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ({"than": {"status": 500}}, "than"),
        ({"then": {"message": "x", "statsu": 500}}, "statsu"),
        ({"then": {"status": 200, "bdy": "x"}}, "bdy"),
        ({"then": {"lasting": "1s", "conection": "drip"}}, "conection"),
        ({"when": {"adapter": "webhook"}, "then": {"webhook": "late", "dellay": "1s"}}, "dellay"),
        ({"when": {"adapter": "webhook"}, "then": {"webhok": "duplicate"}}, "webhok"),
    ],
)
def test_what_a_misspelt_key_was_to_say_is_not_missed(rule: Rule, key: str) -> None:
    [(path, message)] = found(rule)

    assert path[-1] == key
    assert "did you mean" in message


def test_a_fault_among_those_of_webhooks_is_told_that_their_adapter_is_known() -> None:
    [(path, message)] = found(
        {"when": {"adapter": "webhook"}, "then": {"webhook": "duplicate"}}, read_webhook_fault
    )

    assert path == ("when", "adapter")
    assert message == 'unknown key "adapter"; the rules here are about webhooks only.'


WRONG_OUTCOMES: dict[str, tuple[Rule, tuple[str, ...], str]] = {
    "a unit": ({"then": {"seconds": "8s"}}, ("then", "seconds"), "without a unit"),
    "error of success": ({"then": {"error": {"code": "x"}}}, ("then", "error"), "needs status: failed"),
    "result of failure": ({"then": {"status": "failed", "result": {}}}, ("then", "result"), "contradicts"),
    "two results": ({"then": {"empty": True, "result": {}}}, ("then", "empty"), "contradicts result"),
    "error without code": ({"then": {"status": "failed", "error": {}}}, ("then", "error"), "with code"),
    "no ending": ({"then": {"status": "queued"}}, ("then", "status"), "completed, failed, cancelled"),
    "a request's key": ({"when": {"path": "/x"}, "then": {"empty": True}}, ("when", "path"), "unknown key"),
}


@pytest.mark.parametrize(("rule", "path", "message"), WRONG_OUTCOMES.values(), ids=WRONG_OUTCOMES)
def test_what_is_wrong_with_an_outcome_is_found_where_it_stands(
    rule: Rule, path: tuple[str, ...], message: str
) -> None:
    findings = found(rule, read_outcome)

    assert findings[0][0] == path
    assert message in findings[0][1]


def test_all_findings_of_a_rule_come_at_once() -> None:
    findings = found({"when": {"pth": "/x"}, "then": {"statsu": 1, "latency": 3}, "times": "many"})

    assert [path for path, _ in findings] == [
        ("times",),
        ("when", "pth"),
        ("then", "statsu"),
        ("then", "latency"),
    ]


@pytest.mark.parametrize("rule", [None, [], "reset", 7])
def test_what_is_no_mapping_is_no_rule(rule: object) -> None:
    assert found(rule)[0][0] == ()


def test_a_finding_never_repeats_a_large_value() -> None:
    [(_, message)] = found({"then": {"status": "x" * 100_000}})

    assert len(message) < 200


@pytest.mark.parametrize("status", [{}, {"status": 503}])
def test_a_next_error_of_a_webhook_is_told_once_that_it_is_of_a_request(status: dict[str, int]) -> None:
    with pytest.raises(InvalidRule) as refusal:
        read_next_error({"when": {"adapter": ["webhook"]}, **status})

    assert read_next_error({"when": {"adapter": ["rest", "webhook"]}, "status": 503})
    [of_webhooks] = [each for each in refusal.value.found if each.path != ("status",)]
    assert of_webhooks.path == ("when", "adapter")
    assert of_webhooks.message == "the next error is of a request; a rule of faults can be about webhooks."


def test_a_misspelt_key_of_a_jobs_error_is_found_where_it_stands_with_the_right_one() -> None:
    error = {"cod": "nsfw", "message": 5}

    with pytest.raises(InvalidRule) as refusal:
        read_outcome({"then": {"status": "failed", "error": error}})

    assert [(each.path, each.message, each.at_key) for each in refusal.value.found] == [
        (("then", "error", "cod"), 'unknown key "cod"; did you mean "code"?', True),
        (("then", "error", "message"), "message must be a text; it is 5.", False),
    ]
