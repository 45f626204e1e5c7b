"""Webhooks that go wrong: twice, late, out of order, contradicting themselves."""

from __future__ import annotations

import pytest

from tests.asking import Json, Krea

HOOK = "http://localhost:9/hook"


@pytest.fixture
def frozen(krea: Krea) -> Krea:
    """A mock whose clock stands still."""
    krea.clock("freeze")
    return krea


def add(krea: Krea, then: Json, **when: Json) -> None:
    krea.control("faults", {"when": {"adapter": "webhook", **when}, "then": then})


def ended(krea: Krea, status: str = "completed") -> str:
    job_id = krea.submit(hook=HOOK)
    krea.outcome(job_id, status=status)
    return job_id


def test_a_duplicate_webhook_comes_twice(frozen: Krea) -> None:
    add(frozen, {"webhook": "duplicate"})
    job_id = ended(frozen)

    assert frozen.deliver() == [frozen.job(job_id)] * 2


def test_a_duplicate_can_come_later(frozen: Krea) -> None:
    add(frozen, {"webhook": "duplicate", "delay": "30s"})
    ended(frozen)

    assert len(frozen.deliver()) == 1
    frozen.clock("advance", seconds=30)
    assert len(frozen.deliver()) == 2


def test_a_late_webhook_comes_once_and_not_before_its_time(frozen: Krea) -> None:
    add(frozen, {"webhook": "late", "delay": "30s"})
    job_id = ended(frozen)

    assert frozen.deliver() == []
    frozen.clock("advance", seconds=29)
    assert frozen.deliver() == []
    frozen.clock("advance", seconds=1)
    assert frozen.deliver() == [frozen.job(job_id)]


def test_a_webhook_out_of_order_is_followed_by_the_job_as_it_was_before(frozen: Krea) -> None:
    add(frozen, {"webhook": "out_of_order", "delay": "1s"})
    job_id = frozen.submit(hook=HOOK)
    frozen.clock("run_until", until=job_id)
    frozen.clock("advance", seconds=1)

    end, before = frozen.deliver()

    assert end == frozen.job(job_id)
    assert before["status"] == "queued"
    assert not {"result", "completed_at"} & before.keys()


@pytest.mark.parametrize(("status", "other"), [("completed", "failed"), ("failed", "completed")])
def test_a_contradictory_webhook_is_followed_by_another_end(frozen: Krea, status: str, other: str) -> None:
    add(frozen, {"webhook": "contradictory"})
    job_id = ended(frozen, status)

    assert [each["status"] for each in frozen.deliver()] == [status, other]
    assert frozen.job(job_id)["status"] == status


def test_a_rule_about_other_models_or_requests_leaves_webhooks_alone(frozen: Krea) -> None:
    add(frozen, {"webhook": "duplicate"}, model="video/**")
    frozen.control("faults", {"when": {"path": "/jobs/nowhere"}, "then": {"status": 500}})
    frozen.control("faults", {"when": {"method": "PUT"}, "then": {"status": 500}})
    ended(frozen)

    assert len(frozen.deliver()) == 1


def test_webhooks_that_went_wrong_are_replayed_byte_for_byte(frozen: Krea) -> None:
    add(frozen, {"webhook": "duplicate", "delay": "5s"}, probability=0.5)
    for _ in range(6):
        ended(frozen)
    frozen.deliver()

    assert frozen.tenant.journal.replayed(frozen.tenant.now_us()).as_bytes() == frozen.state()
