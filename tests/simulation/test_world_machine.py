"""Random days in a world: whatever is asked in whatever order, the rules of the core hold.

Hypothesis chooses commands, clock jumps and looks; after every step the invariants are checked, and
at the end the whole day is replayed from its records and compared byte for byte.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import astuple
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from mockkrea.core import codec, engine
from mockkrea.core.asset_commands import DeleteAsset
from mockkrea.core.clock import DAY_US, SECOND_US
from mockkrea.core.coming import next_at_us
from mockkrea.core.command import Command
from mockkrea.core.commands import (
    Advance,
    CountRequest,
    DeleteJob,
    Freeze,
    Grant,
    Poll,
    Record,
    RunToNextStep,
    RunUntilEnded,
    RunUntilIdle,
    SetBalance,
    SetLimits,
    SetOutcome,
    Submit,
    SubmitAll,
)
from mockkrea.core.errors import MockKreaError
from mockkrea.core.fault_commands import AddFault, AddOutcome, MeetFaults, RemoveFaults
from mockkrea.core.jobs import TRANSITIONS, JobError, Progression, Status
from mockkrea.core.ledger import Balance, Meter
from mockkrea.core.library_commands import (
    DeleteStyle,
    MakeShareLink,
    ShareStyle,
    UnshareStyle,
    UpdateStyle,
)
from mockkrea.core.matching import Adapter, RuleSubject
from mockkrea.core.money import Unit
from mockkrea.core.outbox import Attempt, Delivery, DeliveryStatus
from mockkrea.core.outbox_commands import RecordAttempt, Resend, TakeDeliveries
from mockkrea.core.queue import Limits
from mockkrea.core.rule_reading import read_fault, read_outcome
from mockkrea.core.state import State
from mockkrea.core.timetable import history
from mockkrea.core.webhooks import Webhook
from mockkrea.core.world import replay
from tests.making import WEBHOOK, a_state, a_training, a_world, an_order, an_upload

WORKSPACES = ("w", "other")
JOBS_KEPT = 2

prices = st.integers(0, 400_000)
limits = st.none() | st.integers(0, 3)
workspaces = st.sampled_from(WORKSPACES)
jumps_us = st.sampled_from([0, 1, 100, 600 * SECOND_US, DAY_US]) | st.integers(0, 30 * SECOND_US)


class RandomDay(RuleBasedStateMachine):
    """One world, and the ids of its jobs as far as they are known."""

    jobs = Bundle("jobs")
    assets = Bundle("assets")

    @initialize(seed=st.integers(0, 2**31), concurrency=limits, backlog=limits)
    def begin(self, seed: int, concurrency: int | None, backlog: int | None) -> None:
        first_limits = Limits(concurrency=concurrency, backlog=backlog, requests_per_minute=3)
        self.state = a_state(seed=seed, limits=first_limits, jobs_kept=JOBS_KEPT, daily_cu_thousandths=5_000)
        self.beginning = codec.copy(self.state)
        self.world, self.real, self.records = a_world(self.state)
        self.limits_were_lowered = False
        self.under_way: dict[str, Delivery] = {}
        self.told: set[str] = set()
        self.deleted_styles: set[str] = set()

    def try_(self, command: Command[object]) -> bool:
        """Make a change, or see that its refusal changed nothing; whether it was made."""
        self.world.query(lambda state: None)
        before, kept = self.state.as_bytes(), len(self.records)
        try:
            self.world.execute(command)
        except MockKreaError as refusal:
            assert str(refusal)
            assert self.state.as_bytes() == before
            assert len(self.records) == kept
            return False
        return True

    @rule(
        target=jobs,
        workspace_id=workspaces,
        price=st.tuples(prices, st.sampled_from(Unit)),
        progression=st.sampled_from(Progression),
        duration_s=st.integers(0, 20),
        polls_per_step=st.integers(1, 2),
        unfinished_max=st.none() | st.integers(0, 2),
        trains=st.booleans(),
        webhook=st.sampled_from([None, WEBHOOK]),
        timeout_s=st.none() | st.integers(0, 20),
    )
    def submit(  # noqa: PLR0917 - Hypothesis names them all
        self,
        workspace_id: str,
        price: tuple[int, Unit],
        progression: Progression,
        duration_s: int,
        polls_per_step: int,
        unfinished_max: int | None,
        trains: bool = False,
        webhook: Webhook | None = WEBHOOK,
        timeout_s: int | None = None,
    ) -> str:
        amount, unit = price
        make = a_training if trains else an_order
        order = make(
            workspace_id=workspace_id,
            price=amount,
            unit=unit,
            progression=progression,
            duration_us=(duration_s * SECOND_US, (duration_s + 1) * SECOND_US),
            polls_per_step=polls_per_step,
            unfinished_max=unfinished_max,
        )._replace(webhook=webhook, timeout_us=None if timeout_s is None else timeout_s * SECOND_US)
        # Not through `try_`: looking first would keep immediate jobs from being cancelled.
        try:
            job = self.world.execute(Submit(order))
        except MockKreaError:
            return "refused"
        # Fewer than 32 jobs ever end between two submissions of such a short day.
        assert len(self.state.finished) <= JOBS_KEPT
        return job.id

    @rule(seconds_between=st.integers(0, 3), look=st.booleans(), price=prices)
    def submit_immediately_then_delete(self, seconds_between: int, look: bool, price: int) -> None:
        job_id = self.submit("w", (price, Unit.USD), Progression.IMMEDIATE, 0, 1, None)
        self.real.us += seconds_between * SECOND_US
        if look:
            self.look()
        self.delete(job_id, "w", False)

    @rule(job_id=jobs, workspace_id=workspaces, refuse_finished=st.booleans())
    def delete(self, job_id: str, workspace_id: str, refuse_finished: bool) -> None:
        command = DeleteJob(workspace_id=workspace_id, job_id=job_id, refuse_finished=refuse_finished)
        try:
            self.world.execute(command)
        except MockKreaError:
            return

    @rule(at_most=st.integers(0, 3))
    def take_webhooks(self, at_most: int) -> None:
        for delivery in self.world.execute(TakeDeliveries(at_most)):
            assert delivery.id not in self.told, "it was delivered already"
            assert delivery.id not in self.under_way, "somebody else has it"
            assert delivery.due_us is not None
            assert delivery.due_us <= self.state.now_us
            self.under_way[delivery.id] = delivery

    @rule(number=st.integers(0, 9), status=st.sampled_from([None, 200, 302, 500]), blocked=st.booleans())
    def record_an_attempt(self, number: int, status: int | None, blocked: bool) -> None:
        if not self.under_way:
            return
        delivery = self.under_way.pop(list(self.under_way)[number % len(self.under_way)])
        assert delivery.due_us is not None
        attempt = Attempt(at_us=delivery.due_us, duration_us=3, status=status, blocked=blocked)
        assert self.try_(RecordAttempt(delivery.id, attempt))
        assert not self.try_(RecordAttempt(delivery.id, attempt))
        if status == 200:
            self.told.add(delivery.id)

    @rule(number=st.integers(0, 9))
    def send_a_webhook_again(self, number: int) -> None:
        if deliveries := list(self.state.outbox.deliveries.values()):
            delivery = deliveries[number % len(deliveries)]
            settled = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.BLOCKED)
            assert self.try_(Resend(delivery.id)) is (delivery.status in settled)
            self.told.discard(delivery.id)

    @rule(job_ids=st.lists(jobs, max_size=3))
    def poll(self, job_ids: list[str]) -> None:
        self.try_(Poll(tuple(job_ids)))

    @rule(job_id=consumes(jobs), status=st.sampled_from(Status), silent=st.booleans())
    def set_outcome(self, job_id: str, status: Status, silent: bool) -> None:
        error = None if silent else JobError("nsfw", "too much skin")
        self.try_(SetOutcome(job_id=job_id, status=status, error=error))

    @rule(count=st.integers(2, 3), price=prices, style=st.integers(0, 3))
    def submit_several_jobs_in_a_style(self, count: int, price: int, style: int) -> None:
        order = an_order(price=price, input={"prompt": "a fox", "styles": [{"id": self.style(style)}]})
        before = self.state.jobs_made
        made = count if self.try_(SubmitAll((order,) * count)) else 0
        assert self.state.jobs_made == before + made

    @rule(style=st.integers(0, 3), person_id=st.sampled_from(["ada", "lin"]), workspace_id=workspaces)
    def share_or_take_back_a_style(self, style: int, person_id: str, workspace_id: str) -> None:
        style_id = self.style(style)
        self.try_(ShareStyle(person_id=person_id, workspace_id=workspace_id, style_id=style_id))
        self.try_(UnshareStyle(person_id=person_id, workspace_id=workspace_id, style_id=style_id))
        self.try_(UpdateStyle(person_id=person_id, style_id=style_id, public=True))
        self.try_(MakeShareLink(person_id=person_id, style_id=style_id))

    @rule(style=st.integers(0, 3), person_id=st.sampled_from(["ada", "lin"]))
    def delete_a_style(self, style: int, person_id: str) -> None:
        style_id = self.style(style)
        if self.try_(DeleteStyle(person_id=person_id, style_id=style_id)):
            self.deleted_styles.add(style_id)

    def style(self, index: int) -> str:
        """The id of one of the styles, or one that none has."""
        return [*self.state.library.styles, "none", "none", "none", "none"][index]

    @rule(workspace_id=workspaces, usd=prices, units=st.integers(-1, 10))
    def grant(self, workspace_id: str, usd: int, units: int) -> None:
        self.try_(Grant(workspace_id=workspace_id, amounts={Unit.USD: usd, Unit.COMPUTE_UNITS: units}))

    @rule(workspace_id=workspaces, usd=prices, units=st.integers(-1, 10))
    def set_balance(self, workspace_id: str, usd: int, units: int) -> None:
        self.try_(SetBalance(workspace_id=workspace_id, amounts={Unit.USD: usd, Unit.COMPUTE_UNITS: units}))

    @rule(concurrency=limits, backlog=limits)
    def set_limits(self, concurrency: int | None, backlog: int | None) -> None:
        self.limits_were_lowered = True
        self.try_(SetLimits(workspace_id="w", changes={"concurrency": concurrency, "backlog": backlog}))

    @rule()
    def count_a_request(self) -> None:
        self.try_(CountRequest("w"))

    @rule(target=assets, workspace_id=workspaces, description=st.none() | st.text(max_size=3))
    def upload(self, workspace_id: str, description: str | None) -> tuple[str, str]:
        command = an_upload(workspace_id=workspace_id, description=description)
        return workspace_id, self.world.execute(command).id

    @rule(asset=assets, workspace_id=workspaces)
    def delete_an_asset(self, asset: tuple[str, str], workspace_id: str) -> None:
        its_workspace_id, asset_id = asset
        was_there = asset_id in self.state.assets and its_workspace_id == workspace_id
        assert self.try_(DeleteAsset(workspace_id=workspace_id, asset_id=asset_id)) is was_there

    @rule(
        then=st.sampled_from(
            [
                {"status": "failed"},
                {"status": "failed", "error": {"code": "nsfw"}},
                {"status": "cancelled"},
                {"empty": True, "seconds": 3},
            ]
        ),
        when=st.sampled_from([{"every": 2}, {"first": 2}, {"probability": 0.5}]),
    )
    def decide_how_jobs_end(self, then: dict[str, object], when: dict[str, object]) -> None:
        self.try_(AddOutcome(read_outcome({"when": when, "then": then, "times": 2})))

    @rule(
        then=st.sampled_from([{"status": 500}, {"advance": "3s"}]),
        when=st.sampled_from([{"nth": 2}, {"probability": 0.5}, {"adapter": "files"}]),
    )
    def add_a_fault(self, then: dict[str, object], when: dict[str, object]) -> None:
        self.try_(AddFault(read_fault({"when": when, "then": then})))

    @rule(job_id=st.none() | jobs)
    def meet_the_faults(self, job_id: str | None) -> None:
        self.try_(MeetFaults(RuleSubject(adapter=Adapter.REST, job_id=job_id)))

    @rule()
    def remove_the_faults(self) -> None:
        self.try_(RemoveFaults())

    @rule(by_us=jumps_us)
    def let_real_time_pass(self, by_us: int) -> None:
        self.real.us += by_us

    @rule(by_us=jumps_us)
    def advance(self, by_us: int) -> None:
        self.try_(Advance(by_us))

    @rule(frozen=st.booleans())
    def freeze_or_resume(self, frozen: bool) -> None:
        self.try_(Freeze(frozen))

    @rule(job_id=jobs)
    def run_until_ended(self, job_id: str) -> None:
        if self.try_(RunUntilEnded(job_id)):
            assert self.state.jobs[job_id].is_terminal

    @rule()
    def run_until_idle(self) -> None:
        self.try_(RunUntilIdle())

    @rule()
    def run_to_what_a_watcher_sees_coming_next(self) -> None:
        next_us = self.world.glimpse(next_at_us)
        assert self.try_(RunToNextStep()) is (next_us is not None)
        assert next_us in (None, self.world.now_us())

    @rule()
    def look(self) -> None:
        self.world.query(lambda state: None)

    @rule(first_us=jumps_us, then_us=jumps_us)
    def settling_in_one_step_or_in_two_is_the_same(self, first_us: int, then_us: int) -> None:
        at_us = self.world.now_us()
        once, twice = codec.copy(self.state), codec.copy(self.state)

        engine.settle(twice, at_us + first_us)
        engine.settle(twice, at_us + first_us + then_us)
        engine.settle(once, at_us + first_us + then_us)

        assert once.as_bytes() == twice.as_bytes()

    @invariant()
    def each_meter_sums_to_zero_and_is_what_its_rows_add_up_to(self) -> None:
        ledger, at_us = self.state.ledger, self.world.now_us()
        for workspace_id in WORKSPACES:
            rows = ledger.entries_at(workspace_id, at_us=at_us)
            for unit in Unit:
                balance = ledger.balance(Meter(workspace_id, unit), at_us=at_us)
                assert sum(astuple(balance)) == 0
                assert min(balance.available, balance.held, balance.revenue) >= 0
                added_up = Balance()
                for row in (row for row in rows if row.unit is unit):
                    added_up.move(row.amount, row.source, row.target)
                assert added_up == balance
            assert [row.seq for row in rows] == sorted({row.seq for row in rows})

    @invariant()
    def exactly_the_unfinished_jobs_hold_their_price(self) -> None:
        unfinished = {job.id: job.order.amount for job in self.state.jobs.values() if not job.is_terminal}

        bills = self.state.ledger.charges.items()
        assert {job_id: bill.amount for job_id, bill in bills if bill.end is None} == unfinished

    @invariant()
    def the_queue_knows_who_runs_and_who_waits(self) -> None:
        queue, state = self.state.queue, self.state
        for workspace_id in WORKSPACES:
            mine = [job for job in state.jobs.values() if job.order.workspace_id == workspace_id]
            unfinished = [job for job in mine if not job.is_terminal]
            running = [job for job in unfinished if job.was_admitted]
            waiting = [job.id for job in unfinished if not job.was_admitted]
            its_limits = state.directory.workspace(workspace_id).limits
            assert queue.running.get(workspace_id, 0) == len(running)
            assert [id for _, id in queue.waiting.get(workspace_id, [])] == waiting
            counted = Counter(job.order.model for job in unfinished if job.order.unfinished_max is not None)
            assert +Counter(queue.unfinished.get(workspace_id, {})) == counted
            if its_limits.concurrency is not None and not self.limits_were_lowered:
                assert len(running) <= its_limits.concurrency
            if waiting:
                assert its_limits.concurrency is not None
                assert len(running) >= its_limits.concurrency, "a slot is free and somebody waits"

    @invariant()
    def each_job_that_ended_has_one_webhook_to_tell_of_it_if_it_named_one(self) -> None:
        outbox, jobs = self.state.outbox, self.state.jobs.values()
        told_of = [each.job.id for each in outbox.deliveries.values()]
        assert len(told_of) == len(set(told_of)) == outbox.made
        hooked = [job for job in jobs if job.order.webhook is not None]
        assert {job.id for job in hooked if job.is_terminal} <= set(told_of)
        assert not {job.id for job in hooked if not job.is_terminal} & set(told_of)
        assert outbox.expected == sum(not job.is_terminal for job in hooked)

    @invariant()
    def a_webhook_is_due_under_way_or_settled_and_nothing_else(self) -> None:
        outbox = self.state.outbox
        by_status: dict[DeliveryStatus, set[str]] = {status: set() for status in DeliveryStatus}
        for delivery in outbox.deliveries.values():
            by_status[delivery.status].add(delivery.id)
            is_settled = delivery.status not in (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
            assert (delivery.due_us is None) is is_settled
        due = {id: due_us for due_us, _, id in outbox.agenda.all()}
        assert due == {id: outbox.deliveries[id].due_us for id in by_status[DeliveryStatus.PENDING]}
        assert by_status[DeliveryStatus.SENDING] == self.under_way.keys()
        assert by_status[DeliveryStatus.DELIVERED] == self.told
        assert len(outbox.settled) == len(outbox.deliveries) - len(due) - len(self.under_way)

    @invariant()
    def every_job_came_to_where_it_is_by_moves_of_the_table(self) -> None:
        for job in self.state.jobs.values():
            states = [Status.BACKLOGGED, *(status for status, _ in history(job))]
            times = [job.ticket.created_at_us, *(at_us for _, at_us in history(job))]
            assert all(after in TRANSITIONS[at].values() for at, after in pairwise(states))
            assert times == sorted(times)

    @invariant()
    def assets_are_numbered_in_the_order_of_their_times_and_found_by_their_files(self) -> None:
        assets = list(self.state.assets.values())
        moments = [(asset.number, asset.created_at_us) for asset in assets]
        assert moments == sorted(set(moments))
        assert all(self.state.asset_of_file(asset.path) == asset for asset in assets)

    @invariant()
    def finished_jobs_are_known_as_such_and_their_entries_kept_with_them(self) -> None:
        state = self.state
        finished = {job.id for job in state.jobs.values() if job.is_terminal}
        bills = state.ledger.charges.items()
        assert set(state.finished) == finished == {job_id for job_id, bill in bills if bill.end is not None}

    @invariant()
    def a_training_has_a_style_when_it_completed_with_its_own_result_and_none_otherwise(self) -> None:
        for job in self.state.jobs.values():
            has_style = job.style_id in {*self.state.library.styles, *self.deleted_styles}
            completed = job.order.trains and job.status is Status.COMPLETED
            assert has_style is (completed and job.given_result is None)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.query(lambda state: None)
        records = [Record.from_data(json.loads(json.dumps(record.as_data()))) for record in self.records]

        assert self.told_again(records, JOBS_KEPT).as_bytes() == self.state.as_bytes()
        assert codec.from_bytes(State, self.state.as_bytes()).as_bytes() == self.state.as_bytes()
        self.check_the_bill(self.told_again(records, jobs_kept=10**9))

    def told_again(self, records: list[Record], jobs_kept: int) -> State:
        beginning = codec.copy(self.beginning)
        beginning.jobs_kept = jobs_kept
        state = replay(beginning, records)
        engine.settle(state, self.world.now_us())
        return state

    def check_the_bill(self, remembering: State) -> None:
        """Captures equal the prices of completed jobs, and forgetting jobs has changed no balance."""
        for workspace_id in WORKSPACES:
            completed = [
                job.order.amount
                for job in remembering.jobs.values()
                if job.status is Status.COMPLETED and job.order.workspace_id == workspace_id
            ]
            revenue = 0
            for unit in Unit:
                meter, at_us = Meter(workspace_id, unit), self.world.now_us()
                balance = remembering.ledger.balance(meter, at_us=at_us)
                assert balance == self.state.ledger.balance(meter, at_us=at_us)
                revenue += balance.revenue
            assert revenue == sum(completed)
        trained = [job.id for job in remembering.jobs.values() if job.makes_style]
        assert remembering.library.styles_made == self.state.library.styles_made == len(trained)


RandomDay.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestARandomDayKeepsEveryRule = RandomDay.TestCase
