"""Webhooks through REST and the control API; where they arrive stands a mailbox in this process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockkrea.core.jobs import Progression
from mockkrea.settings import Settings
from mockkrea.webhooks.posting import Blocked, Undelivered
from tests.asking import FLUX, IMMEDIATE, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.real_time import BEGINNING

HOOK = "http://localhost:9/hooks?job=1"
HOOKED = {"X-Webhook-URL": HOOK}
NOBODYS_ID = "5d0c8b1e-0000-4000-8000-000000000000"


@pytest.fixture
def frozen(krea: Krea) -> Krea:
    """A mock whose clock stands still."""
    krea.clock("freeze")
    return krea


@requirement("webhook:body")
@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_job_that_ends_is_posted_once_as_get_shows_it(frozen: Krea, status: str) -> None:
    job_id = frozen.submit(hook=HOOK)
    frozen.outcome(job_id, status=status)

    assert frozen.deliver() == [frozen.job(job_id)]
    frozen.clock("advance", seconds=3600)
    assert frozen.deliver() == [frozen.job(job_id)]
    assert frozen.mailbox.got[0][0] == HOOK


@requirement("webhook:once")
def test_nothing_is_posted_before_a_job_has_ended(frozen: Krea) -> None:
    frozen.submit(hook=HOOK)

    frozen.clock("advance", seconds=3)

    assert frozen.deliver() == []
    assert frozen.webhooks() == []


def test_a_client_that_cancels_is_told_so(frozen: Krea) -> None:
    job_id = frozen.submit(hook=HOOK)
    frozen.cancel(job_id)

    [job] = frozen.deliver()

    assert (job["job_id"], job["status"]) == (job_id, "cancelled")
    assert "result" not in job


def test_urls_in_a_webhook_begin_as_the_submitter_saw_the_server(frozen: Krea) -> None:
    frozen.generate(FLUX, {"prompt": "a fox"}, headers={**HOOKED, "Host": "localhost:1234"})
    frozen.clock("run_until", until="idle")

    [job] = frozen.deliver()

    assert job["result"]["urls"][0].startswith("http://localhost:1234/files/")


def test_each_world_sends_its_own_webhooks(frozen: Krea) -> None:
    answer = frozen.generate(FLUX, {"prompt": "x"}, key="mk_other:x", headers=HOOKED)
    assert answer.status_code == 200

    other = "/w/other/__mockkrea"
    clock = frozen.ask("POST", f"{other}/clock", key=None, json={"action": "run_until", "until": "idle"})

    assert clock.status_code == 200
    [job] = frozen.mailbox.jobs
    assert job["result"]["urls"][0].startswith("http://127.0.0.1:5732/w/other/files/")
    assert frozen.webhooks() == []
    assert len(frozen.ask("GET", f"{other}/webhooks", key=None).json()["items"]) == 1


@requirement("webhook:url")
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "it is empty"),
        ("localhost:9/x", "begin with http:// or https://"),
        ("ftp://localhost/x", "begin with http:// or https://"),
        ("javascript:alert(1)", "begin with http:// or https://"),
        ("/hooks", "begin with http:// or https://"),
        ("http://", "not a valid URL, it names no host"),
        ("http:///x", "not a valid URL, it names no host"),
        ("http://ho st/x", "visible ASCII"),
        ("http://local\thost/x", "visible ASCII"),
        ("http://localhost/\x7f", "visible ASCII"),
        ("http://localhost/\xe9", "visible ASCII"),
        ("http://ada:secret@localhost/x", "user or a password"),
        ("http://ada@localhost/x", "user or a password"),
        ("http://@localhost/x", "user or a password"),
        ("http://localhost:0/x", "not a valid URL, its port must be from 1 to 65535"),
        ("http://localhost:65536/x", "not a valid URL, its port must be from 1 to 65535"),
        ("http://localhost:x/x", "not a valid URL, its port must be from 1 to 65535"),
        ("http://[::1/x", "not a valid URL, its host cannot be read"),
        ("http://a%41/x", "not a valid URL, its host cannot be read"),
        ("http://a\\b/x", "not a valid URL, its host cannot be read"),
        ("http://localhost/" + "x" * 2048, "2,048 are the most"),
    ],
)
def test_a_url_that_nothing_can_be_sent_to_is_refused_and_no_job_made(
    krea: Krea, url: str, words: str
) -> None:
    header: Any = url.encode("latin-1")
    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": "a fox"}, headers={"X-Webhook-URL": header})

    assert answer.status_code == 400
    assert words in answer.json()["message"]
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "HTTP://Example.COM:8443/a/b?c=%20#d",
        "http://[::1]:9/x",
        "http://10.0.0.1/x",
        "http://xn--bcher-kva.example/",
        "http://my_service:3000/hook",
    ],
)
def test_any_other_url_is_taken_wherever_it_leads(krea: Krea, url: str) -> None:
    assert krea.submit(hook=url)


def test_the_url_is_read_after_the_model_was_found_and_before_the_body(krea: Krea) -> None:
    bad = {"X-Webhook-URL": "nowhere"}

    assert krea.generate("image/nobody/nothing", {}, headers=bad).status_code == 404
    assert krea.generate(FLUX, {"wrong": 1}, headers=bad).status_code == 400
    assert krea.generate(FLUX, {"wrong": 1}, key="nobody", headers=bad).status_code == 401


@requirement("webhook:retries")
def test_a_webhook_that_fails_comes_again_by_the_mock_clock_and_all_attempts_are_shown(frozen: Krea) -> None:
    frozen.mailbox.answers = [500, Undelivered("ConnectError: refused"), 302, 404]
    job_id = frozen.submit(hook=HOOK)
    frozen.outcome(job_id, status="failed")

    counts = [len(frozen.deliver())]
    for seconds in (0.999, 0.001, 4.999, 0.001, 24.999, 0.001, 3600):
        frozen.clock("advance", seconds=seconds)
        counts.append(len(frozen.deliver()))

    assert counts == [1, 1, 2, 2, 3, 3, 4, 4]
    [webhook] = frozen.webhooks()
    assert webhook["status"] == "failed"
    assert "due_at" not in webhook
    told = [{key: each[key] for key in each if key != "duration"} for each in webhook["attempts"]]
    assert told == [
        {"at": "2026-11-22T10:00:00.000Z", "status": 500},
        {"at": "2026-11-22T10:00:01.000Z", "error": "ConnectError: refused"},
        {"at": "2026-11-22T10:00:06.000Z", "status": 302},
        {"at": "2026-11-22T10:00:31.000Z", "status": 404},
    ]
    assert all(each["duration"] >= 0 for each in webhook["attempts"])


def test_a_webhook_is_shown_with_what_is_sent_and_when_it_is_due(frozen: Krea) -> None:
    frozen.mailbox.answers = [500]
    job_id = frozen.submit(hook=HOOK)
    frozen.outcome(job_id, status="completed")
    frozen.deliver()

    [webhook] = frozen.webhooks()

    assert webhook == {
        "id": webhook["id"],
        "url": HOOK,
        "status": "pending",
        "created_at": BEGINNING,
        "due_at": "2026-11-22T10:00:01.000Z",
        "attempts": [{"at": BEGINNING, "duration": webhook["attempts"][0]["duration"], "status": 500}],
        "job": frozen.job(job_id),
    }


def test_speed_divides_the_waits_between_attempts(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(speed=10.0))
    krea.clock("freeze")
    krea.mailbox.answers = [500] * 4
    krea.outcome(krea.submit(hook=HOOK), status="failed")

    krea.clock("advance", seconds=3.1)
    krea.deliver()

    [webhook] = krea.webhooks()
    assert [each["at"][-7:] for each in webhook["attempts"]] == ["00.000Z", "00.100Z", "00.600Z", "03.100Z"]


def test_running_until_idle_leaves_no_webhook_undelivered(frozen: Krea) -> None:
    frozen.mailbox.answers = [500, 500, 500]
    job_id = frozen.submit(hook=HOOK)

    clock = frozen.clock("run_until", until="idle")

    assert [job["job_id"] for job in frozen.mailbox.jobs] == [job_id] * 4
    [webhook] = frozen.webhooks()
    assert (webhook["status"], webhook["attempts"][-1]["at"]) == ("delivered", clock["now"])


def test_running_until_idle_under_immediate_delivers_what_was_submitted(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    job_id = krea.submit(hook=HOOK)

    krea.clock("run_until", until="idle")

    assert krea.mailbox.jobs == [krea.job(job_id)]


def test_a_hundred_jobs_that_end_in_one_jump_are_posted_once_each(frozen: Krea) -> None:
    job_ids = {frozen.submit(hook=HOOK) for _ in range(100)}

    frozen.clock("advance", seconds=60)

    delivered = [job["job_id"] for job in frozen.deliver()]
    assert len(delivered) == 100
    assert set(delivered) == job_ids


def test_a_blocked_webhook_is_recorded_with_the_reason_and_not_tried_again(frozen: Krea) -> None:
    frozen.mailbox.answers = [Blocked("start it with --webhook-host example.com")]
    frozen.outcome(frozen.submit(hook=HOOK), status="failed")
    frozen.deliver()

    frozen.clock("run_until", until="idle")

    [webhook] = frozen.webhooks()
    assert (webhook["status"], len(webhook["attempts"])) == ("blocked", 1)
    assert "--webhook-host example.com" in webhook["attempts"][0]["error"]


def test_a_delivered_webhook_can_be_sent_again(frozen: Krea) -> None:
    job_id = frozen.submit(hook=HOOK)
    frozen.outcome(job_id, status="failed")
    frozen.deliver()
    [webhook] = frozen.webhooks()

    answer = frozen.control(f"webhooks/{webhook['id']}/resend", {})

    assert (answer["status"], answer["due_at"]) == ("pending", BEGINNING)
    assert [job["job_id"] for job in frozen.deliver()] == [job_id, job_id]
    assert len(frozen.webhooks()[0]["attempts"]) == 2


def test_a_webhook_that_is_not_there_or_still_tried_is_not_sent_again(frozen: Krea) -> None:
    frozen.mailbox.answers = [500]
    frozen.outcome(frozen.submit(hook=HOOK), status="failed")
    frozen.deliver()
    [webhook] = frozen.webhooks()

    with frozen.unchanged():
        nobodys = frozen.ask_control(f"webhooks/{NOBODYS_ID}/resend", {})
        pending = frozen.ask_control(f"webhooks/{webhook['id']}/resend", {})

    assert (nobodys.status_code, pending.status_code) == (404, 409)
    assert "is pending: it is still being tried" in pending.json()["detail"]


def test_a_reset_takes_the_webhooks_with_it(frozen: Krea) -> None:
    frozen.mailbox.answers = [500]
    frozen.outcome(frozen.submit(hook=HOOK), status="failed")
    frozen.deliver()

    frozen.control("reset", {})
    frozen.clock("advance", seconds=60)

    assert len(frozen.deliver()) == 1
    assert frozen.webhooks() == []


def test_under_manual_the_poll_that_ends_a_job_makes_its_webhook_due(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(progression=Progression.MANUAL))
    job_id = krea.submit(hook=HOOK)

    while krea.job(job_id)["status"] != "completed":
        assert krea.deliver() == []

    assert krea.deliver() == [krea.job(job_id)]


def test_the_same_seed_and_calls_give_webhooks_of_the_same_ids(make_krea: MakeKrea) -> None:
    def ids(krea: Krea) -> list[Json]:
        krea.clock("freeze")
        for _ in range(2):
            krea.outcome(krea.submit(hook=HOOK), status="failed")
        return [each["id"] for each in krea.webhooks()]

    first = ids(make_krea())

    assert ids(make_krea()) == first
    assert len(set(first)) == 2


def test_a_submission_is_answered_before_its_webhook_is_sent_and_that_needs_no_further_call(
    make_krea: MakeKrea,
) -> None:
    krea = make_krea(IMMEDIATE)
    krea.clock("freeze")

    job_id = krea.submit(hook=HOOK)
    assert krea.mailbox.got == []
    krea.run(asyncio.wait_for(krea.mailbox.arrived.wait(), 20))

    assert krea.mailbox.jobs == [krea.job(job_id)]


def test_under_immediate_a_cancel_right_after_the_submission_is_what_the_webhook_tells(
    make_krea: MakeKrea,
) -> None:
    krea = make_krea(IMMEDIATE)
    krea.cancel(krea.submit(hook=HOOK))

    assert [job["status"] for job in krea.deliver()] == ["cancelled"]
