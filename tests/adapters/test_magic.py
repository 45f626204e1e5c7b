"""Magic words in prompts and keys, each as docs/magic.md says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mockkrea.core.magic import JOB_WORDS, REQUEST_WORDS, KeyWord
from mockkrea.core.rule_reading import read_effect, read_ending
from mockkrea.settings import Settings
from tests.asking import ADA, FLUX, FLUX_USD, LIN, Json, Krea, MakeKrea
from tests.contract.requirements import requirement

DOCUMENT = (Path(__file__).parents[2] / "docs" / "magic.md").read_text(encoding="utf-8")


def ended(krea: Krea, words: str) -> Json:
    job_id = krea.submit(prompt=f"a fox {words}")
    krea.clock("run_until", until=job_id)
    return krea.job(job_id)


def refused(krea: Krea, word: str, **rest: Json) -> Json:
    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": f"a {word} fox"}, **rest)
    return answer.status_code, answer.json()


def test_the_documented_words_are_the_ones_there_are_and_mean_what_stands_there() -> None:
    rows = re.findall(r"^\| `\[\[mock:([^\]]+)\]\]` \| `(\{.*?\})` \|", DOCUMENT, re.MULTILINE)

    assert {word: json.loads(then) for word, then in rows} == {**JOB_WORDS, **REQUEST_WORDS}


def test_the_documented_keys_are_the_ones_there_are() -> None:
    assert re.findall(r"^\| `mk_NAME:([\w-]+)` \|", DOCUMENT, re.MULTILINE) == list(KeyWord)


@pytest.mark.parametrize("word", [*JOB_WORDS, *REQUEST_WORDS])
def test_each_word_stands_for_a_rule_without_contradictions(word: str) -> None:
    if word in JOB_WORDS:
        read_ending(JOB_WORDS[word])
    else:
        read_effect(REQUEST_WORDS[word])


@requirement("job:silent-failures")
def test_a_job_can_fail_without_saying_why(krea: Krea) -> None:
    job = ended(krea, "[[mock:fail]]")

    assert job["status"] == "failed"
    assert "error" not in job
    assert krea.usd()["balance"] == 100


@pytest.mark.parametrize("code", ["nsfw", "safety_filter", "ip_detected", "content_policy", "anything"])
def test_a_job_can_fail_with_any_code_and_costs_nothing(krea: Krea, code: str) -> None:
    job = ended(krea, f"[[mock:fail={code}]]")

    assert (job["status"], job["error"]) == ("failed", {"code": code})
    assert krea.usd() == {"balance": 100, "held": 0, "available": 100}


def test_a_job_can_complete_with_an_empty_result_and_is_billed(krea: Krea) -> None:
    job = ended(krea, "[[mock:empty]]")

    assert (job["status"], job["result"]) == ("completed", {})
    assert krea.usd()["balance"] == 100 - FLUX_USD


def test_a_job_can_be_cancelled_by_somebody_else(krea: Krea) -> None:
    job = ended(krea, "[[mock:cancelled]]")

    assert job["status"] == "cancelled"
    assert krea.listed() == []


def test_a_job_can_take_as_long_as_its_prompt_says(krea: Krea) -> None:
    job_id = krea.submit(prompt="[[mock:slow=2m]] fox")
    krea.clock("advance", seconds=119)
    running = krea.job(job_id)["status"]
    krea.clock("advance", seconds=1)

    assert running == "sampling"
    assert krea.job(job_id)["status"] == "completed"


def test_words_of_one_prompt_come_together(krea: Krea) -> None:
    job_id = krea.submit(prompt="[[mock:slow=2m]] fox [[mock:fail=nsfw]]")
    krea.clock("advance", seconds=119)
    running = krea.job(job_id)["status"]
    krea.clock("advance", seconds=1)

    assert (running, krea.job(job_id)["status"]) == ("sampling", "failed")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 418, 422, 429, 500, 502, 503, 504])
def test_a_status_in_a_prompt_is_the_status_of_the_answer(krea: Krea, status: int) -> None:
    seen, body = refused(krea, f"[[mock:{status}]]")

    assert seen == status
    assert body["message"] == body["error"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("fail", "empty"),
        ("fail", "cancelled"),
        ("fail=nsfw", "fail=safety_filter"),
        ("slow=2s", "slow=3s"),
        ("402", "503"),
        ("402", "html"),
        ("reset", "hang"),
        ("402", "fail"),
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_words_that_contradict_each_other_are_refused_by_name(
    krea: Krea, first: str, second: str, turn: int
) -> None:
    words = [f"[[mock:{word}]]" for word in (first, second)][::turn]

    status, body = refused(krea, " ".join(words))

    assert status == 422
    assert " contradicts [[mock:" in body["message"]
    assert all(word in body["message"] for word in words)
    assert body["message"].endswith("]]: use one of them. --no-magic turns them off.")


def test_words_that_agree_come_together(krea: Krea) -> None:
    job = ended(krea, "[[mock:fail]] [[mock:fail]] [[mock:fail=nsfw]] [[mock:slow=2s]]")

    assert (job["status"], job["error"]["code"]) == ("failed", "nsfw")


def test_words_of_which_one_lacks_the_other_are_refused_in_whole_sentences(krea: Krea) -> None:
    status, body = refused(krea, "[[mock:malformed]] [[mock:lost]]")

    assert status == 422
    assert body["message"].endswith("nothing is answered. --no-magic turns them off.")


def test_a_rate_limit_says_when_to_try_again(krea: Krea) -> None:
    answer = krea.generate(FLUX, {"prompt": "[[mock:rate-limited]]"})

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


def test_too_many_requests_are_refused_alike_by_prompt_key_rule_and_limit(krea: Krea) -> None:
    answers = [
        krea.generate(FLUX, {"prompt": "[[mock:rate-limited]]"}),
        krea.generate(FLUX, {"prompt": "x"}, key="mk_default:rate-limited"),
    ]
    krea.control("next-error", {"status": 429, "headers": {"retry-after": "9"}})
    answers.append(krea.generate(FLUX, {"prompt": "x"}))
    krea.control(f"workspaces/{ADA}/limits", {"requests_per_minute": 1})
    answers += [krea.generate(FLUX, {"prompt": "x"}) for _ in range(2)][1:]

    bodies = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} == {429}
    assert {body["code"] for body in bodies} == {"RATE_LIMIT_REACHED"}
    assert {body["message"] for body in bodies[:3]} == {"Too many requests: mockkrea was told to say so."}
    limited = "Too many requests: the workspace may make 1 request a minute and has made 1."
    assert bodies[3]["message"] == limited
    assert [answer.headers["retry-after"] for answer in answers] == ["1", "1", "9", "60"]


def test_a_plan_without_the_model_is_a_402_of_its_own(krea: Krea) -> None:
    assert refused(krea, "[[mock:plan]]") == (402, {"message": "Plan required", "error": "Plan required"})


@pytest.mark.parametrize(("word", "jobs"), [("reset", 0), ("empty-reply", 0), ("lost", 1)])
def test_a_connection_breaks_before_or_after_the_job_is_there(krea: Krea, word: str, jobs: int) -> None:
    with pytest.raises(ConnectionResetError):
        krea.generate(FLUX, {"prompt": f"[[mock:{word}]]"})

    assert len(krea.listed()) == jobs
    assert krea.usd()["held"] == jobs * FLUX_USD


def test_malformed_json_comes_of_a_job_that_was_accepted(krea: Krea) -> None:
    answer = krea.generate(FLUX, {"prompt": "[[mock:malformed]]"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()
    assert len(krea.listed()) == 1


def test_a_gateway_answers_with_a_page(krea: Krea) -> None:
    answer = krea.generate(FLUX, {"prompt": "[[mock:html]]"})

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert krea.listed() == []


def test_a_slow_answer_is_an_answer(krea: Krea) -> None:
    answer = krea.generate(FLUX, {"prompt": "[[mock:latency=1ms]]"})

    assert answer.json()["status"] == "queued"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("fial", "Did you mean fail?"),
        ("slow=fast", "such as 2h, 20s or 1500ms"),
        ("latency=2m", "60s at most"),
        ("200", "is not a magic word"),
        ("reset]] [[mock:402", "nothing is answered"),
    ],
)
def test_a_word_that_does_not_exist_is_refused_with_what_would_have_been_right(
    krea: Krea, word: str, hint: str
) -> None:
    status, body = refused(krea, f"[[mock:{word}]]")

    assert status == 422
    assert hint in body["message"]
    assert body["issues"][0]["path"] == "/prompt"


def test_a_refusal_of_krea_itself_goes_before_any_magic(krea: Krea) -> None:
    assert refused(krea, "[[mock:500]]", key=None)[0] == 401
    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": "[[mock:500]]", "promt": "x"})
    assert answer.status_code == 422


def test_without_magic_words_are_text_and_keys_are_keys(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(magic=False))

    assert krea.generate(FLUX, {"prompt": "[[mock:402]] [[mock:nonsense]]"}).status_code == 200
    assert krea.generate(FLUX, {"prompt": "x"}, key="mk_default:revoked").status_code == 200


def test_magic_works_in_the_prompts_of_node_apps(krea: Krea) -> None:
    apps = {each["slug"]: each["node_app_version_id"] for each in krea.get("/node-apps").json()["items"]}
    path = f"/node-apps/{apps['storyboard']}/execute"

    with krea.unchanged():
        assert krea.ask("POST", path, json={"prompt": "[[mock:402]]"}).status_code == 402
    jobs = krea.ask("POST", path, json={"prompt": "[[mock:fail=nsfw]]"}).json()
    krea.clock("run_until", until="idle")
    assert [krea.job(each["job_id"])["error"]["code"] for each in jobs] == ["nsfw"] * 3


@pytest.mark.parametrize("world", ["default", "alice"])
def test_a_revoked_key_is_unknown(krea: Krea, world: str) -> None:
    answer = krea.get("/jobs", key=f"mk_{world}:revoked")

    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_a_rate_limited_key_is_told_to_come_back(krea: Krea) -> None:
    answer = krea.get("/jobs", key="mk_default:rate-limited")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


def test_an_insufficient_key_may_look_and_cannot_pay(krea: Krea) -> None:
    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": "x"}, key="mk_default:insufficient")

    assert answer.status_code == 402
    assert answer.json()["message"].startswith("Your API balance is separate")
    assert krea.get("/jobs", key="mk_default:insufficient").status_code == 200


@requirement("viewer:403")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/generate/{FLUX}", {"json": {"prompt": "x"}}),
        ("DELETE", "/jobs/x", {}),
        ("POST", "/assets", {"files": {"file": ("x.png", b"x")}}),
        ("DELETE", "/assets/x", {}),
        ("PATCH", "/styles/x", {"json": {"title": "t"}}),
        ("GET", "/styles/x/share/link", {}),
        ("POST", "/styles/x/share/workspace", {}),
        ("DELETE", "/styles/x/share/workspace", {}),
        ("POST", "/styles/train", {"json": {}}),
    ],
)
def test_a_viewer_may_look_and_change_nothing(krea: Krea, method: str, path: str, body: Json) -> None:
    with krea.unchanged():
        answer = krea.ask(method, path, key="mk_default:viewer", **body)

    assert answer.status_code == 403
    assert answer.json()["message"].startswith("A viewer of the workspace may look")
    assert krea.get("/jobs", key="mk_default:viewer").status_code == 200


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("Viewer", "viewer"),
        ("view", "viewer"),
        ("rate_limited", "rate-limited"),
        ("insuficient", "insufficient"),
        ("REVOKE", "revoked"),
    ],
)
def test_a_key_whose_word_is_nearly_magic_is_refused_with_the_right_one(
    krea: Krea, written: str, right: str
) -> None:
    with krea.unchanged():
        answers = [krea.generate(FLUX, {"prompt": "x"}, key=f"mk_default:{written}"), ask_mcp(krea, written)]

    for answer in answers:
        assert answer.status_code == 401
        assert f"did you mean mk_default:{right}?" in answer.json()["message"]


def ask_mcp(krea: Krea, word: str) -> Json:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    return krea.ask("POST", "/mcp", key=f"mk_default:{word}", json=body)


@pytest.mark.parametrize(
    ("word", "workspace"), [("lin", LIN), ("studio", "studio"), ("dev", ADA), ("x", ADA)]
)
@pytest.mark.parametrize("world", ["default", "alice"])
def test_a_key_of_a_world_stands_for_the_token_that_its_word_names(
    krea: Krea, world: str, word: str, workspace: str
) -> None:
    krea.submit(key=f"mk_{world}:{word}")

    found = krea.ask("GET", "/__mockkrea/workspaces", key=f"mk_{world}:x").json()["items"]
    assert [each["id"] for each in found if each["usd"]["held"]] == [workspace]


def test_the_service_key_of_a_world_is_told_its_usage(krea: Krea) -> None:
    assert krea.get("/usage", key="mk_alice:usage").status_code == 200
    assert krea.get("/usage", key="mk_alice:x").status_code == 403


def test_without_magic_a_misspelt_word_is_like_any_other(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(magic=False))

    assert krea.get("/jobs", key="mk_default:view").status_code == 200


def test_other_keys_of_a_world_have_no_magic(krea: Krea) -> None:
    krea.submit(key="mk_default:anything")

    assert krea.entries("hold")[0]["amount"] == FLUX_USD
    assert krea.usd(ADA)["held"] == FLUX_USD
