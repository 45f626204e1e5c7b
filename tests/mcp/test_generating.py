"""Generating over MCP: at once or waiting, on the world's clock."""

from __future__ import annotations

import asyncio
import json

import pytest

from mockkrea.settings import Settings
from tests.adapters.test_rest_refusals import LIN_KEY
from tests.asking import ADA, FLUX, IMMEDIATE, KREA_2, KREA_2_BODY, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Era, Speaker, refusal_in
from tests.real_time import BEGINNING

REASON = "mockkrea/reason"
BODY = {"prompt": "a fox"}
SYNC_CALL = {"name": "generate", "arguments": {"model": FLUX, "input": BODY, "sync": True}}


@requirement("mcp:generate:async")
def test_a_generation_is_answered_at_once_with_the_job_beside_its_id(speaker: Speaker) -> None:
    result = speaker.result("generate", model=KREA_2, input=KREA_2_BODY)

    content = result["structuredContent"]
    assert content == {
        "mode": "async",
        "completed": False,
        "timedOut": False,
        "job_id": content["job_id"],
        "job": {
            "job_id": content["job_id"],
            "status": "queued",
            "type": "k2",
            "created_at": BEGINNING,
            "position": 0,
        },
    }
    assert json.loads(result["content"][0]["text"]) == content


@requirement("mcp:job")
def test_a_finished_job_has_its_files_and_nothing_that_is_null(speaker: Speaker) -> None:
    job_id = speaker.call("generate", model=FLUX, input=BODY)["job_id"]
    speaker.krea.clock("run_until", until=job_id)

    job = speaker.call("get_job", jobId=job_id)

    [url] = job["result"]["urls"]
    assert job["status"] == "completed"
    assert None not in job.values()
    assert speaker.krea.get(url, key=None).headers["content-type"] == "image/png"


def test_a_job_in_the_backlog_is_answered_with_its_place_in_the_line(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 5})
    speaker = Speaker(krea)

    jobs = [speaker.call("generate", model=FLUX, input=BODY)["job"] for _ in range(3)]

    assert [(job["status"], job["position"]) for job in jobs] == [
        ("queued", 0),
        ("backlogged", 1),
        ("backlogged", 2),
    ]


@requirement("mcp:generate:sync")
def test_a_sync_call_under_immediate_progression_is_answered_completed(make_krea: MakeKrea) -> None:
    speaker = Speaker(make_krea(IMMEDIATE))

    content = speaker.call("generate", model=FLUX, input=BODY, sync=True)

    assert (content["mode"], content["completed"], content["timedOut"]) == ("sync", True, False)
    assert content["job"]["result"]["urls"]


def test_an_async_call_under_immediate_progression_is_answered_queued(make_krea: MakeKrea) -> None:
    speaker = Speaker(make_krea(IMMEDIATE))

    content = speaker.call("generate", model=FLUX, input=BODY)

    assert content["job"]["status"] == "queued"
    assert speaker.call("get_job", jobId=content["job_id"])["status"] == "completed"


@requirement("mcp:generate:sync:stuck")
@pytest.mark.parametrize(
    ("progression", "frozen", "word"), [("manual", False, "get_job"), ("time", True, "frozen")]
)
def test_a_sync_call_that_would_wait_for_ever_is_answered_at_once_and_says_why(
    make_krea: MakeKrea, progression: str, frozen: bool, word: str
) -> None:
    krea = make_krea(Settings().having({"progression": progression}))
    if frozen:
        krea.clock("freeze")

    result = Speaker(krea).result("generate", model=FLUX, input=BODY, sync=True)

    content = result["structuredContent"]
    assert (content["mode"], content["completed"], content["timedOut"]) == ("sync", False, True)
    assert word in result["_meta"][REASON]
    assert krea.job(content["job_id"])["status"] in ("queued", "scheduled")


def while_waiting(speaker: Speaker, happens: list[Json], *, seconds: int = 30) -> Json:
    """What a sync call answers when these control calls come while it waits.

    Each call waits until the one before has been answered; the first until the job is there.
    """
    krea = speaker.krea

    async def control(path: str, body: Json) -> None:
        answer = await krea.client.request("POST", f"/__mockkrea/{path}", json=body)
        assert answer.status_code == 200, answer.text

    async def both() -> Json:
        message = speaker.message(
            "tools/call",
            {
                "name": "generate",
                "arguments": {"model": FLUX, "input": BODY, "sync": True, "timeoutSeconds": seconds},
            },
        )
        waiting = asyncio.create_task(speaker.send(message))
        while not await krea.tenant.query(lambda state: bool(state.jobs)):
            await asyncio.sleep(0)
        job_id = await krea.tenant.query(lambda state: next(iter(state.jobs)))
        for path, body in happens:
            assert not waiting.done()
            await control(path.format(job_id=job_id), body)
        return (await waiting).json()["result"]

    return krea.run(both())


@requirement("mcp:generate:sync")
def test_a_sync_call_ends_when_the_clock_comes_to_the_jobs_end(speaker: Speaker) -> None:
    result = while_waiting(speaker, [("clock", {"action": "run_until", "until": "idle"})])

    content = result["structuredContent"]
    assert (content["completed"], content["timedOut"]) == (True, False)
    assert content["job"]["status"] == "completed"
    assert "_meta" not in result or REASON not in result["_meta"]


@requirement("mcp:generate:sync:timeout")
def test_a_sync_call_times_out_on_the_worlds_clock_and_the_job_goes_on(speaker: Speaker) -> None:
    result = while_waiting(speaker, [("clock", {"action": "advance", "seconds": 2})], seconds=2)

    content = result["structuredContent"]
    assert (content["completed"], content["timedOut"]) == (False, True)
    assert "2 s" in result["_meta"][REASON]
    speaker.krea.clock("run_until", until=content["job_id"])
    assert speaker.call("get_job", jobId=content["job_id"])["status"] == "completed"


def test_a_sync_call_goes_on_waiting_while_the_clock_has_not_come_far_enough(speaker: Speaker) -> None:
    steps = [("clock", {"action": "advance", "seconds": 1})] * 2
    result = while_waiting(speaker, [*steps, ("clock", {"action": "advance", "seconds": 60})])

    assert result["structuredContent"]["completed"] is True


def test_a_clock_that_is_frozen_while_a_sync_call_waits_ends_the_wait(speaker: Speaker) -> None:
    result = while_waiting(speaker, [("clock", {"action": "freeze"})])

    assert result["structuredContent"]["timedOut"] is True
    assert "frozen" in result["_meta"][REASON]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_job_that_ends_otherwise_ends_the_wait_and_is_neither_completed_nor_timed_out(
    speaker: Speaker, status: str
) -> None:
    outcome = {"status": status} | ({"error": {"code": "nsfw"}} if status == "failed" else {})

    content = while_waiting(speaker, [("jobs/{job_id}/outcome", outcome)])["structuredContent"]

    assert (content["completed"], content["timedOut"]) == (False, False)
    assert content["job"]["status"] == status


def test_a_reset_ends_the_wait_with_a_refusal(speaker: Speaker) -> None:
    result = while_waiting(speaker, [("reset", {})])

    assert refusal_in(result)["status"] == 404


def test_the_stop_of_the_server_ends_the_wait(speaker: Speaker) -> None:
    async def stop() -> Json:
        waiting = asyncio.create_task(speaker.send(speaker.message("tools/call", SYNC_CALL)))
        while not await speaker.krea.tenant.query(lambda state: bool(state.jobs)):
            await asyncio.sleep(0)
        assert not waiting.done()
        speaker.krea.app.stop()
        return (await waiting).json()["result"]

    result = speaker.krea.run(stop())

    assert result["structuredContent"]["timedOut"] is True
    assert "stops" in result["_meta"][REASON]


def test_a_sync_wait_is_no_poll(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings().having({"progression": "manual", "polls_per_step": 1}))

    content = Speaker(krea).call("generate", model=FLUX, input=BODY, sync=True)

    assert content["job"]["status"] == "queued"


@requirement("mcp:invalid-input")
def test_an_input_that_does_not_fit_is_refused_with_every_issue_and_where_to_look(speaker: Speaker) -> None:
    refusal = speaker.refused(
        "generate", model=KREA_2, input={"prompt": "x", "aspect": "16:9", "resolution": "2K"}
    )

    message = refusal["response"]["message"]
    assert refusal["status"] == 422
    assert [issue["path"] for issue in refusal["response"]["issues"]] == [
        "/aspect",
        "/aspect_ratio",
        "/resolution",
    ]
    assert "did you mean aspect_ratio?" in message
    assert f"get_model_schema with model {KREA_2}" in message


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({}, "/model is required. /input is required."),
        ({"model": "", "input": {}}, "/model"),
        ({"model": 7, "input": {}}, "/model"),
        ({"model": FLUX, "input": "a fox"}, "/input must be an object"),
        ({"model": FLUX, "prompt": "a fox"}, "/prompt is not a field of generate"),
        ({"model": FLUX, "input": {}, "sync": "yes"}, "/sync"),
        ({"model": FLUX, "input": {}, "timeoutSeconds": 0}, "/timeoutSeconds"),
        ({"model": FLUX, "input": {}, "timeoutSeconds": 301}, "300"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_so_that_a_model_can_mend_them(
    speaker: Speaker, arguments: Json, word: str
) -> None:
    refusal = speaker.refused("generate", **arguments)

    assert refusal["status"] == 422
    assert word in refusal["response"]["message"]


@requirement("mcp:unknown-model")
@pytest.mark.parametrize("tool", ["generate", "get_model_schema"])
def test_an_unknown_model_is_refused_with_the_nearest_id(speaker: Speaker, tool: str) -> None:
    refusal = speaker.refused(tool, model="image/krea/krea-2/mediun", input={})

    assert refusal["status"] == 404
    assert f"Did you mean {KREA_2}?" in refusal["response"]["message"]
    assert "list_models" in refusal["response"]["message"]


def test_an_unknown_model_that_is_like_no_other_is_told_what_an_agent_can_do(speaker: Speaker) -> None:
    message = speaker.refused("generate", model="§", input={})["response"]["message"]

    assert message == "There is no model § here. Call list_models for the ids of all models."


def test_too_many_requests_are_told_with_the_seconds_until_the_next(krea: Krea) -> None:
    krea.clock("freeze")
    krea.control(f"workspaces/{ADA}/limits", {"requests_per_minute": 1})
    Speaker(krea).call("list_models")
    krea.clock("advance", seconds=20)

    assert Speaker(krea).refused("list_models")["retry_after_seconds"] == 40


def test_concurrent_calls_of_both_eras_do_not_disturb_each_other(krea: Krea) -> None:
    speakers = [Speaker(krea, era, key=key) for era in Era for key in (None, LIN_KEY, "mockkrea:dev")]

    async def all_at_once() -> list[Json]:
        message = {"name": "generate", "arguments": {"model": FLUX, "input": BODY}}
        return [
            (each.key, answer.status_code, answer.json())
            for each, answer in zip(
                speakers * 3,
                await asyncio.gather(
                    *(each.send(each.message("tools/call", message)) for each in speakers * 3)
                ),
                strict=True,
            )
        ]

    answers = krea.run(all_at_once())

    assert {status for key, status, _ in answers if key is None} == {401}
    ids = [body["result"]["structuredContent"]["job_id"] for key, _, body in answers if key is not None]
    assert len(set(ids)) == len(ids) == 18
    assert sorted(krea.listed()) == sorted(
        body["result"]["structuredContent"]["job_id"] for key, _, body in answers if key == "mockkrea:dev"
    )


@requirement("media:zero-data-retention")
@requirement("media:zero-data-retention:models")
def test_the_header_for_zero_data_retention_means_the_same_as_over_rest(krea: Krea) -> None:
    header = {"X-Api-Zero-Data-Retention": "1"}
    external = {**KREA_2_BODY, "image_url": "https://example.com/a.png"}
    speaker = Speaker(krea, headers=header)

    assert speaker.call("generate", model=KREA_2, input=KREA_2_BODY)["job"]["status"] == "queued"
    for model, input in ((KREA_2, external), (FLUX, BODY)):
        told = speaker.refused("generate", model=model, input=input)
        rest = krea.generate(model, input, headers=header)
        assert told["status"] == rest.status_code == 422
        assert told["response"]["message"] == rest.json()["message"]
    wrong = Speaker(krea, headers={"X-Api-Zero-Data-Retention": "yes"})
    assert wrong.refused("generate", model=KREA_2, input=KREA_2_BODY)["status"] == 400
