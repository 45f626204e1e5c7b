"""Faults and magic words over MCP: a tool's refusal where that is all, else what is done to HTTP."""

from __future__ import annotations

import pytest

from mockkrea.core.tools import Tools
from mockkrea.settings import Settings
from tests.asking import FLUX, FLUX_USD, IMMEDIATE, Json, Krea, MakeKrea
from tests.mcp.speaking import Era, Speaker, refusal_in

BODY = {"model": FLUX, "input": {"prompt": "a fox"}}


def add(krea: Krea, then: Json, **when: Json) -> None:
    krea.control("faults", {"when": when, "then": then, "times": 1})


def spoken(words: str) -> Json:
    return {"model": FLUX, "input": {"prompt": f"a fox {words}"}}


@pytest.mark.parametrize("era", [Era.HANDSHAKE, Era.MODERN])
@pytest.mark.parametrize(
    "when", [{"adapter": "mcp"}, {"tool": "generate"}, {"model": "image/**"}, {"workspace": "ada-personal"}]
)
def test_a_status_is_the_refusal_of_the_tool(krea: Krea, era: Era, when: Json) -> None:
    add(krea, {"status": 429}, **when)
    speaker = Speaker(krea, era)

    result = speaker.result("generate", **BODY)

    assert refusal_in(result) == {
        "status": 429,
        "response": {
            "message": "You have reached the maximum number of concurrent jobs.",
            "code": "CONCURRENCY_LIMIT_REACHED",
        },
    }
    assert krea.listed() == []
    assert speaker.call("generate", **BODY)["job_id"]


def test_a_fault_that_says_when_to_come_back_says_so_to_an_agent(krea: Krea) -> None:
    add(krea, {"status": 429, "headers": {"Retry-After": "7"}}, tool="generate")

    assert refusal_in(Speaker(krea).result("generate", **BODY))["retry_after_seconds"] == 7


def test_a_rule_about_another_tool_or_model_lets_a_call_pass(krea: Krea) -> None:
    add(krea, {"status": 429}, tool="get_job")
    add(krea, {"status": 429}, model="video/**")

    assert Speaker(krea).call("generate", **BODY)["job_id"]


def test_a_model_without_its_category_is_the_same_model_to_a_rule(krea: Krea) -> None:
    add(krea, {"status": 503}, model=FLUX)

    result = Speaker(krea).result("generate", **BODY | {"model": FLUX.partition("/")[2]})

    assert refusal_in(result)["status"] == 503


@pytest.mark.parametrize(
    ("tool", "arguments", "model"),
    [
        (
            "create_style",
            {"name": "foxes", "images": ["x"] * 3, "model": "flux_dev"},
            "styles/train/flux_dev",
        ),
        ("execute_node_app", {"nodeAppVersionId": "v1", "input": {}}, "node-apps/v1"),
    ],
)
def test_trainings_and_apps_are_models_to_a_rule(
    make_krea: MakeKrea, tool: str, arguments: Json, model: str
) -> None:
    krea = make_krea(Settings(tools=Tools.ALL))
    add(krea, {"status": 503}, model=model)

    assert refusal_in(Speaker(krea).result(tool, **arguments))["status"] == 503


def test_an_error_before_any_tool_is_the_one_of_http(krea: Krea) -> None:
    add(krea, {"status": 503}, adapter="mcp")
    speaker = Speaker(krea)

    assert speaker.post(speaker.message("tools/list", {})).status_code == 503
    assert speaker.tools()


def test_a_401_of_a_tool_call_is_the_one_of_http(krea: Krea) -> None:
    add(krea, {"status": 401}, tool="generate")
    speaker = Speaker(krea)

    answer = speaker.post(speaker.message("tools/call", {"name": "generate", "arguments": BODY}))

    assert answer.status_code == 401


def test_an_answer_lost_over_mcp_leaves_a_job_that_is_charged(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    add(krea, {"phase": "after_apply", "connection": "reset"}, tool="generate")

    with pytest.raises(ConnectionResetError):
        Speaker(krea).result("generate", **BODY)

    assert krea.usd()["balance"] == 100 - FLUX_USD
    assert len(krea.listed()) == 1


def test_a_fault_does_not_end_the_job_that_a_tool_wants_to_cancel(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    add(krea, {"headers": {"X-Seen": "1"}}, tool="cancel_job")
    job_id = Speaker(krea).call("generate", **BODY)["job_id"]

    Speaker(krea).call("cancel_job", jobId=job_id)

    assert krea.usd()["balance"] == 100


@pytest.mark.parametrize("word", ["402", "plan", "rate-limited", "500"])
def test_a_magic_refusal_is_the_refusal_of_the_tool(krea: Krea, word: str) -> None:
    refused = Speaker(krea).refused("generate", **spoken(f"[[mock:{word}]]"))

    over_rest = krea.generate(FLUX, {"prompt": f"[[mock:{word}]]"})
    assert refused["status"] == over_rest.status_code
    assert refused["response"]["message"] == over_rest.json()["message"]


def test_a_session_that_pays_with_units_is_told_that_units_are_out(krea: Krea) -> None:
    token = krea.control("oauth/issue", {})["access_token"]

    refused = Speaker(krea, key=token).refused("generate", **spoken("[[mock:402]]"))

    assert refused == {"status": 402, "response": {"message": "INSUFFICIENT_BALANCE"}, "availableUnits": 0}


@pytest.mark.parametrize(("word", "jobs"), [("reset", 0), ("lost", 1), ("empty-reply", 0)])
def test_a_magic_word_breaks_the_connection_of_a_tool_call(krea: Krea, word: str, jobs: int) -> None:
    with pytest.raises(ConnectionResetError):
        Speaker(krea).result("generate", **spoken(f"[[mock:{word}]]"))

    assert len(krea.listed()) == jobs


def test_a_gateways_page_can_come_in_the_place_of_a_tools_answer(krea: Krea) -> None:
    speaker = Speaker(krea)

    answer = speaker.post(
        speaker.message("tools/call", {"name": "generate", "arguments": spoken("[[mock:html]]")})
    )

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")


def test_a_job_fails_over_mcp_as_its_prompt_says(krea: Krea) -> None:
    speaker = Speaker(krea)
    job_id = speaker.call("generate", **spoken("[[mock:fail=nsfw]]"))["job_id"]
    krea.clock("run_until", until=job_id)

    assert speaker.call("get_job", jobId=job_id)["error"] == {"code": "nsfw"}


@pytest.mark.parametrize(("word", "status"), [("insufficient", 402), ("rate-limited", 429), ("viewer", 403)])
def test_magic_keys_count_over_mcp_too(krea: Krea, word: str, status: int) -> None:
    result = Speaker(krea, key=f"mk_default:{word}").result("generate", **BODY)

    assert refusal_in(result)["status"] == status


def test_a_key_without_magic_is_one_like_any_other_over_mcp(krea: Krea) -> None:
    assert Speaker(krea, key="mk_default:anything").call("generate", **BODY)["job_id"]


def test_a_revoked_key_has_to_sign_in(krea: Krea) -> None:
    speaker = Speaker(krea, key="mk_default:revoked")

    answer = speaker.post(speaker.message("tools/list", {}))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_viewer_gets_no_url_to_upload_to(krea: Krea) -> None:
    assert Speaker(krea, key="mk_default:viewer").refused("get_upload_url")["status"] == 403


def test_a_401_tells_where_to_sign_in_as_a_true_one_does(krea: Krea) -> None:
    true = krea.ask("POST", "/mcp", key="guessed").headers["www-authenticate"]
    add(krea, {"status": 401}, adapter="mcp")

    answer = Speaker(krea).post(Speaker(krea).message("tools/list", {}))

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, true)
