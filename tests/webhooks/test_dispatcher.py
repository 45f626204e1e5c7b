"""When webhooks are sent: by itself, once, so many at a time, and what becomes of those under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from mockkrea.core.outbox import CUT_OFF
from mockkrea.data import Fixtures
from mockkrea.server import real_clock
from mockkrea.settings import Settings
from mockkrea.webhooks import dispatcher as dispatching
from mockkrea.webhooks.dispatcher import AT_ONCE_MAX
from mockkrea.worlds import Worlds
from tests.asking import IMMEDIATE, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.real_time import RealTime

HOOK = "http://localhost:9/"
WAIT_S = 20


class Held:
    """A receiver that answers nobody until it is let go."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0
        self.began = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, url: str, body: bytes) -> int:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.began.set()
        await self.let_go.wait()
        self.under_way -= 1
        return 200


@pytest.fixture
def held(fixtures: Fixtures) -> Iterator[tuple[Krea, Held]]:
    """A mock whose webhooks hang, and stand-still time."""
    with asyncio.Runner() as runner:
        held, real_time = Held(), RealTime()
        krea = Krea(Worlds(fixtures, Settings(), seed=0, real_us=real_time), real_time, runner, post=held)
        krea.clock("freeze")
        yield krea, held
        krea.close()


def ended(krea: Krea) -> str:
    """A job that has just ended, with a webhook."""
    job_id = krea.submit(hook=HOOK)
    krea.outcome(job_id, status="failed")
    return job_id


def soon(krea: Krea, event: asyncio.Event) -> None:
    """Wait until the event has come."""
    krea.run(asyncio.wait_for(event.wait(), WAIT_S))


def tasks(krea: Krea) -> int:
    """How many tasks the loop has, besides the one that asks."""

    async def count() -> int:
        return len(asyncio.all_tasks()) - 1

    return krea.run(count())


def test_a_job_that_ends_while_nobody_asks_is_posted_all_the_same(fixtures: Fixtures) -> None:
    with asyncio.Runner() as runner:
        settings = Settings(speed=1000.0)
        worlds = Worlds(fixtures, settings, seed=0, real_us=real_clock())
        krea = Krea(worlds, RealTime(), runner)

        job_id = krea.submit(hook=HOOK)
        soon(krea, krea.mailbox.arrived)

        assert [job["job_id"] for job in krea.mailbox.jobs] == [job_id]
        krea.close()


def test_a_jump_of_the_clock_sends_what_is_due_without_a_further_call(krea: Krea) -> None:
    krea.clock("freeze")
    krea.submit(hook=HOOK)

    krea.clock("advance", seconds=60)
    soon(krea, krea.mailbox.arrived)

    assert krea.mailbox.jobs[0]["status"] == "completed"


def test_a_world_without_webhooks_and_one_that_stands_still_have_no_task(krea: Krea) -> None:
    krea.submit()
    assert tasks(krea) == 0

    krea.clock("freeze")
    krea.submit(hook=HOOK)
    assert tasks(krea) == 0

    krea.clock("resume")
    assert tasks(krea) == 1


def test_a_world_has_no_task_once_its_last_webhook_is_delivered(krea: Krea) -> None:
    krea.submit(hook=HOOK)
    krea.clock("run_until", until="idle")

    async def settle() -> None:
        await asyncio.wait([task for task in asyncio.all_tasks() if task is not asyncio.current_task()])

    if tasks(krea):
        krea.run(settle())

    assert tasks(krea) == 0


def test_so_many_are_under_way_at_once_and_the_others_follow(held: tuple[Krea, Held]) -> None:
    krea, receiver = held
    for _ in range(AT_ONCE_MAX + 4):
        ended(krea)
    soon(krea, receiver.began)
    statuses = [each["status"] for each in krea.webhooks()]
    assert (statuses.count("sending"), statuses.count("pending")) == (AT_ONCE_MAX, 4)

    receiver.let_go.set()
    krea.clock("run_until", until="idle")

    assert {each["status"] for each in krea.webhooks()} == {"delivered"}
    assert receiver.most == AT_ONCE_MAX


def test_while_all_that_may_be_are_under_way_the_task_sleeps(
    held: tuple[Krea, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    krea, receiver = held
    for _ in range(AT_ONCE_MAX + 4):
        ended(krea)
    soon(krea, receiver.began)
    asked: list[int | None] = []
    really = krea.tenant.real_us_to_webhook

    def count() -> int | None:
        asked.append(really())
        return asked[-1]

    async def let_others_run() -> None:
        for _ in range(200):
            await asyncio.sleep(0)

    monkeypatch.setattr(krea.tenant, "real_us_to_webhook", count)
    krea.run(let_others_run())

    assert len(asked) < 5


@requirement("webhook:once")
def test_what_is_under_way_is_not_sent_again_whoever_asks_for_it(held: tuple[Krea, Held]) -> None:
    krea, receiver = held
    ended(krea)
    soon(krea, receiver.began)

    krea.clock("advance", seconds=3600)
    receiver.let_go.set()
    krea.deliver()

    [webhook] = krea.webhooks()
    assert (webhook["status"], len(webhook["attempts"]), receiver.most) == ("delivered", 1, 1)


@requirement("webhook:retries")
def test_an_answer_that_does_not_come_in_time_is_a_failed_attempt(
    held: tuple[Krea, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    krea, _ = held
    assert dispatching.TIMEOUT_S == 10
    monkeypatch.setattr(dispatching, "TIMEOUT_S", 0.01)
    ended(krea)

    krea.deliver()

    [webhook] = krea.webhooks()
    assert webhook["status"] == "pending"
    assert webhook["attempts"][0]["error"] == "No answer came within 0.01 seconds."


def test_closing_gives_up_what_is_under_way_and_says_so(held: tuple[Krea, Held]) -> None:
    krea, receiver = held
    ended(krea)
    soon(krea, receiver.began)

    krea.run(asyncio.wait_for(krea.app.dispatcher.close(), WAIT_S))

    assert tasks(krea) == 0
    [attempt] = krea.webhooks()[0]["attempts"]
    assert attempt["error"] == CUT_OFF


def test_a_mistake_of_ours_is_recorded_by_its_name_logged_and_tried_again(
    krea: Krea, caplog: pytest.LogCaptureFixture
) -> None:
    krea.clock("freeze")
    krea.mailbox.answers = [KeyError("oh")]
    ended(krea)

    krea.deliver()

    [webhook] = krea.webhooks()
    [attempt] = webhook["attempts"]
    assert webhook["status"] == "pending"
    assert attempt["error"] == "A mistake of mockkrea's own kept it from being sent: KeyError."
    [record] = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


def test_a_new_event_loop_goes_on_where_the_one_before_ended(fixtures: Fixtures) -> None:
    worlds, real_time = Worlds(fixtures, Settings(), seed=0, real_us=RealTime()), RealTime()
    with asyncio.Runner() as runner:
        first = Krea(worlds, real_time, runner)
        first.clock("freeze")
        ended(first)
        first.mailbox.answers = [500]
        first.deliver()
        first.close()

    with asyncio.Runner() as runner:
        second = Krea(worlds, real_time, runner, app=first.app)
        second.clock("advance", seconds=1)
        second.deliver()

        assert [each["status"] for each in second.webhooks()] == ["delivered"]
        second.close()


def test_an_answer_that_comes_after_a_reset_says_nothing_of_the_new_world(held: tuple[Krea, Held]) -> None:
    krea, receiver = held
    ended(krea)
    soon(krea, receiver.began)
    krea.control("reset", {})
    krea.clock("freeze")
    receiver.let_go.set()
    assert krea.webhooks() == []

    job_id = ended(krea)
    krea.deliver()

    assert [(each["job"]["job_id"], len(each["attempts"])) for each in krea.webhooks()] == [(job_id, 1)]


def test_a_world_that_was_dropped_sends_nothing_more(krea: Krea) -> None:
    krea.control("worlds", {"name": "other"})
    krea.submit(key="mk_other:x", hook=HOOK)
    [(tenant, _)] = krea.worlds.made()

    krea.ask("DELETE", "/w/other/__mockkrea/worlds", key=None)
    krea.real_time.pass_by(3600)

    assert tenant.real_us_to_webhook() is None


def test_a_hundred_immediate_jobs_are_posted_although_nobody_looks(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    job_ids = {krea.submit(hook=HOOK) for _ in range(100)}

    async def all_came() -> None:
        while len(krea.mailbox.got) < 100:
            krea.mailbox.arrived.clear()
            await krea.mailbox.arrived.wait()

    krea.run(asyncio.wait_for(all_came(), WAIT_S))

    came: list[Json] = [job["job_id"] for job in krea.mailbox.jobs]
    assert sorted(came) == sorted(job_ids)
